"""The rain to come: columns while there is any, a sentence when there is none, and never calm from old data."""

from __future__ import annotations

from datetime import timedelta

from dashboard.parts.situation import rain
from layers.snapshot import Freshness, Observation, Sign
from tests.dashboard.snapshots import CITY, NOW, reading, snapshot
from tests.dashboard.views import view

OLD = Freshness(observed_at=NOW - timedelta(days=2), fetched_at=NOW, budget=timedelta(hours=1))


def drawn(wet: float, **fields: Freshness) -> str:
    steps = tuple(
        Observation(
            sign=Sign.RAIN, at=NOW + timedelta(hours=3 * k), area=CITY.code, subject=None, values={"mm": wet, "kelurahan": wet}
        )
        for k in range(8)
    )
    return str(rain(snapshot(readings=(reading("hujan_24j", value=wet, **fields),), observations=steps), view()))


def test_a_dry_day_is_a_sentence_and_a_wet_one_has_columns() -> None:
    assert "Tidak ada hujan yang diprakirakan." in drawn(0.0)
    assert "<li" not in drawn(0.0)
    assert drawn(12.0).count("<li") == 8
    assert "Tidak ada hujan" not in drawn(0.0, freshness=OLD), "nobody knows that from a forecast of two days ago"
