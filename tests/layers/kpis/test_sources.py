"""Sources: how many of the configured ones speak for this moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from layers.areas import AreaTree
from layers.catalog import catalog
from layers.city import City, SourceConfig
from layers.frames import Frames
from layers.model import Measurement
from layers.readings import Room, readings
from layers.runs import SourceFacts
from layers.snapshot import Reading, State
from tests.layers.kpis.worked import figure, table
from tests.layers.made import HOUR, NOW

CASES: Mapping[str, tuple[str, timedelta | None, timedelta | None, State]] = {
    #        delivery, last good answer, newest record, hence
    "laksa": ("live", timedelta(minutes=30), 90 * HOUR, State.LIVE),
    "lapor": ("live", 2 * HOUR, HOUR, State.LATE),
    "ekspor": ("export", timedelta(minutes=1), 4 * HOUR, State.STALE),
    "baru": ("live", None, None, State.NEVER),
}


def before(age: timedelta | None) -> datetime | None:
    return None if age is None else NOW - age


@pytest.fixture
def four(city: City) -> City:
    sources = tuple(
        SourceConfig(
            name=name, connector="tabular", title=name, owner="Diskominfo", interval="1m", budget="1h", delivery=delivery
        )  # type: ignore[arg-type]
        for name, (delivery, *_) in CASES.items()
    )
    return city.model_copy(update={"sources": sources})


def test_one_of_four_is_fresh(tmp_path: Path, four: City) -> None:
    """A live source speaks for its last answer, an export only for its newest record; a source that never ran counts too."""
    facts = [
        SourceFacts(source=name, fetched_at=before(fetched), newest=before(newest))
        for name, (_, fetched, newest, _) in CASES.items()
        if fetched is not None
    ]
    tree = AreaTree.of(four)
    room = Room(Frames(tmp_path, four, tree).view(), tree, four, facts, NOW)
    assert {s.source: s.freshness.state(NOW) for s in room.sources} == {name: state for name, (*_, state) in CASES.items()}
    (reading,) = readings([catalog()["sumber_segar"]], room)
    assert isinstance(reading, Reading)
    assert (reading.value, reading.evidence.numerator, reading.evidence.denominator) == (25, 1, 4)
    assert reading.freshness.state(NOW) is State.LIVE
    assert reading.evidence.sources == tuple(CASES)


REPORTS = """
ukuran              | hal                   | kelurahan     | opd | diukur            | nilai | catatan
pelaporan.kelurahan | antrean/36.71.01.1001 | 36.71.01.1001 |     | 20 Nov 2026 00.00 | 1     |
pelaporan.kelurahan | antrean/36.71.01.1002 | 36.71.01.1002 |     | 20 Nov 2026 00.00 | 0     |
pelaporan.kelurahan | kios/36.71.01.1002    | 36.71.01.1002 |     | 20 Nov 2026 00.00 | 0     | kelurahan yang sama
pelaporan.kelurahan | antrean/36.71.05.1001 | 36.71.05.1001 |     | 19 Nov 2026 00.00 | 0     | kemarin; lalu melapor
pelaporan.kelurahan | antrean/36.71.05.1001 | 36.71.05.1001 |     | 20 Nov 2026 00.00 | 1     |
pelaporan.opd       | apbd/dlh              |               | dlh | 31 Oct 2026 00.00 | 0     |
pelaporan.source    | laksa/laksa           |               |     | 20 Nov 2026 00.00 | 0     |
pelaporan.source    | lapor/lapor           |               |     | 20 Nov 2026 00.00 | 1     |
"""


@pytest.mark.parametrize(
    ("kpi", "value", "n"),
    [
        ("kelengkapan_pelaporan", 100 * 3 / 7, 7),
        ("loket_tidak_melapor", 1, 1),
        ("opd_tidak_melapor", 1, 1),
        ("sumber_tidak_melapor", 1, 1),
    ],
)
def test_who_is_silent(tmp_path: Path, city: City, kpi: str, value: float, n: int) -> None:
    reading = figure(tmp_path, city, kpi, table(Measurement, REPORTS))
    assert (reading.value, reading.n) == (pytest.approx(value), n)


@pytest.mark.parametrize("kpi", ["kelengkapan_pelaporan", "loket_tidak_melapor"])
def test_nobody_asked_is_no_zero(tmp_path: Path, city: City, kpi: str) -> None:
    assert (figure(tmp_path, city, kpi, []).why_none or "").startswith("belum ada sumber")
