"""A tile: the number, its age, its band, its change, and what it says when it has no number or an old one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from dashboard.parts.marks import change_words, lateness, raw, target_words
from dashboard.parts.tile import missing_tile, tile
from layers.catalog import catalog
from layers.snapshot import Band, Freshness, State
from tests.dashboard.snapshots import NOW, reading
from tests.dashboard.views import STALE, view

SEEN = view()
ON_TIME = catalog()["selesai_tepat_waktu"]
OPEN = catalog()["aduan_terbuka"]


def test_it_carries_the_hooks_and_the_age() -> None:
    drawn = str(tile(reading("aduan_terbuka", value=1234.0), OPEN, SEEN))
    assert 'data-kpi="aduan_terbuka"' in drawn
    assert 'data-value="1234"' in drawn
    assert 'data-state="live"' in drawn
    assert 'data-band="normal"' in drawn
    assert 'data-observed="2026-11-22T07:31:20+00:00" data-budget="600"' in drawn
    assert ">1.234</span>" in drawn
    assert 'class="mark"' not in drawn, "normal has no mark"


@pytest.mark.parametrize(("band", "words"), [(Band.WATCH, "di luar target"), (Band.ACT, "perlu tindakan")])
def test_a_band_is_a_shape_with_a_name_and_not_only_a_colour(band: Band, words: str) -> None:
    drawn = str(tile(reading("selesai_tepat_waktu", value=88.0, band=band), ON_TIME, SEEN))
    assert f'class="mark" data-band="{band.value}"' in drawn
    assert f'aria-label="{words}"' in drawn


def test_no_value_is_said_in_words() -> None:
    drawn = str(tile(reading("selesai_tepat_waktu"), ON_TIME, SEEN))
    assert "Belum cukup data (n = 3, perlu 20)" in drawn
    assert 'class="num"' not in drawn


def test_a_stale_number_stays_and_says_how_late_it_is() -> None:
    drawn = str(tile(reading("aduan_terbuka", value=9.0, freshness=STALE), OPEN, SEEN))
    assert 'data-state="stale"' in drawn
    assert ">9</span>" in drawn
    assert "data terlambat 2\u00a0hari" in drawn
    assert 'class="clock-mark"' in drawn.split('class="figure')[1].split("</p>", maxsplit=1)[0]


def test_before_the_first_reading_it_says_so() -> None:
    drawn = str(missing_tile(OPEN, SEEN))
    assert 'data-value=""' in drawn
    assert f'data-state="{State.NEVER.value}"' in drawn


def test_a_longer_number_has_a_wider_class() -> None:
    def width(value: float) -> int:
        drawn = str(tile(reading("aduan_terbuka", value=value), OPEN, SEEN))
        return int(drawn.split('class="figure em')[1].split('"', maxsplit=1)[0])

    assert width(7) < width(1234) < width(1_234_567)
    assert width(7) % 2 == 0


def test_change_says_its_direction_and_its_period() -> None:
    assert change_words(reading("aduan_terbuka", value=5.0, change=19.0), OPEN, SEEN) == "▲ 19 dari kemarin"
    assert change_words(reading("selesai_tepat_waktu", value=5.0, change=-1.84), ON_TIME, SEEN) == "▼ 1,8 poin dari periode lalu"
    assert change_words(reading("aduan_terbuka", value=5.0, change=0.2), OPEN, SEEN) == "tetap dari kemarin"
    assert change_words(reading("aduan_terbuka", value=5.0), OPEN, SEEN) is None
    narrowed = view(params={"days": "7"})
    words = change_words(reading("selesai_tepat_waktu", value=5.0, change=2.0), ON_TIME, narrowed, full=True)
    assert words == "▲ 2,0 poin dari 7 hari sebelumnya"


def test_a_target_is_a_limit_where_less_is_better() -> None:
    late = catalog()["aduan_lewat_tenggat"]
    assert target_words(reading("aduan_lewat_tenggat", value=1.0, target=40.0), late, SEEN) == "batas 40\u00a0aduan"
    assert target_words(reading("selesai_tepat_waktu", value=1.0, target=95.0), ON_TIME, SEEN) == "target 95\u00a0%"
    assert target_words(reading("selesai_tepat_waktu", value=1.0, target=92.5), ON_TIME, SEEN) == "target 92,5\u00a0%"


def test_lateness_counts_from_the_end_of_the_budget() -> None:
    just = Freshness(observed_at=NOW - timedelta(minutes=10), fetched_at=NOW, budget=timedelta(minutes=10))
    assert lateness(just, SEEN) is None
    assert lateness(replace(just, observed_at=NOW - timedelta(minutes=15)), SEEN) == "data terlambat 5\u00a0mnt"
    assert lateness(replace(just, observed_at=None), SEEN) == "belum pernah ada data"


def test_raw_numbers_have_no_grouping() -> None:
    assert [raw(v) for v in (None, 0.0, 1234567.0, 91.25, 1e-9)] == ["", "0", "1234567", "91.25", "0"]
