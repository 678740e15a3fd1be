"""Bars, lines, arrivals and tables: lengths, gaps, intervals, ticks, and the origin below each."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import font_source_sans_pro
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from dashboard.parts.arrivals import arrivals
from dashboard.parts.bars import bars, worst_first
from dashboard.parts.scale import area_path, em, line_path, pc, ticks
from dashboard.parts.table import Column, table
from dashboard.parts.trend import Series, spark, trend
from layers.catalog import catalog
from layers.ranking import ranking
from layers.snapshot import Arrivals, Band, Evidence, Reading
from tests.dashboard.snapshots import KELURAHAN, NOW, reading
from tests.dashboard.views import STALE, view

SEEN = view()
OPEN = catalog()["aduan_terbuka"]
ON_TIME = catalog()["selesai_tepat_waktu"]
ORIGIN = (reading("aduan_terbuka", value=1234.0), OPEN)


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9))
def test_ticks_are_round_and_span_the_values(low: float, room: float) -> None:
    high = low + room
    found = ticks(low, high)
    assert 2 <= len(found) <= 8
    slack = 1e-6 * max(abs(low), abs(high), 1)
    assert found[0] <= low + slack
    assert found[-1] >= high - slack


@pytest.mark.parametrize("text", ["1.234.567", "91,4", "Rp12,5", "−98.765,4", "aduan", "MWMW", "Lama penyelesaian"])
def test_the_guessed_width_is_never_less_than_the_type_needs(text: str) -> None:
    font = TTFont(font_source_sans_pro.font_files_ttf["SourceSansProSemibold"])
    widths, letters = font["hmtx"], font.getBestCmap()
    real = sum(widths[letters[ord(c)]][0] for c in text) / font["head"].unitsPerEm
    assert real <= em(text) <= real * 1.2


def test_a_day_without_a_value_is_a_gap_and_a_lone_day_a_dash() -> None:
    assert line_path([0.0, 10.0, None, 5.0], 0, 10) == "M0 1000L333 0M1000 500h1"
    assert area_path([], [], 10, 5) == ""
    assert pc(33.333333) == "33.33%"
    assert pc(50.0) == "50%"


def test_a_far_target_does_not_press_the_sparkline_flat() -> None:
    near = str(spark([90.0, 92.0, 91.0], 95.0, Band.WATCH))
    far = str(spark([3.0, 3.4, 3.2], 24.0, Band.NORMAL))
    assert "target-line" in near
    assert "target-line" not in far
    assert str(spark([None, None], 5.0, Band.NORMAL)).count("<path") == 0


def test_a_trend_has_two_lines_of_ninety_days_with_their_names_and_origin() -> None:
    days = [(date(2026, 8, 25) + timedelta(days=d)).isoformat() for d in range(90)]
    lines = [
        Series(label="masuk", values=[float(d % 7) for d in range(90)]),
        Series(label="selesai", values=[3.0] * 90, look="b"),
    ]
    drawn = str(trend("Per hari", days, lines, ORIGIN, SEEN, target=5.0))
    paths = re.findall(r'class="line [ab]" d="([^"]*)"', drawn)
    assert [len(re.findall("[ML]", path)) for path in paths] == [90, 90]
    for words in (">masuk</text>", ">selesai</text>", "target 5", "25 Agu", "22 Nov", "Rumus:", "n = 20"):
        assert words in drawn


def test_names_of_lines_that_end_together_are_moved_apart() -> None:
    lines = [Series(label="a", values=[0.0, 5.0]), Series(label="b", values=[0.0, 5.0], look="b")]
    drawn = str(trend("t", ["2026-11-21", "2026-11-22"], lines, ORIGIN, SEEN))
    heights = [float(y) for y in re.findall(r'class="direct [ab]" x="100%" y="([\d.]+)%"', drawn)]
    assert abs(heights[0] - heights[1]) >= 9


def test_a_trend_without_any_value_says_so() -> None:
    assert "Belum ada data pada rentang ini." in str(trend("t", [], [Series(label="a", values=[])], ORIGIN, SEEN))


def test_bars_have_length_interval_and_target() -> None:
    proof = Evidence(sources=("laksa",), low=80.0, high=90.0)
    drawn = str(
        bars("Per OPD", [("DLH", reading("selesai_tepat_waktu", value=86.0, target=95.0, evidence=proof))], ON_TIME, SEEN)
    )
    assert 'class="fill" width="86%"' in drawn
    assert 'class="whisker" x1="80%" x2="90%"' in drawn
    assert 'class="tick" x1="95%" x2="95%"' in drawn
    assert "n 20" in drawn
    assert "target 95\u00a0%" in drawn


def test_too_few_cases_are_said_and_not_drawn() -> None:
    drawn = str(bars("Per OPD", [("DLH", reading("selesai_tepat_waktu"))], ON_TIME, SEEN))
    assert "Belum cukup data" in drawn
    assert 'class="fill"' not in drawn


def test_thirty_bars_of_counts_scale_to_the_longest() -> None:
    rows = [(f"OPD {k}", reading("aduan_terbuka", value=float(k), opd=f"o{k}")) for k in range(30, 0, -1)]
    drawn = str(bars("Terbuka", rows, OPEN, SEEN))
    assert drawn.count('class="fill"') == 30
    assert 'class="fill" width="100%"' in drawn
    assert ">n " not in drawn, "a count is its own n"


def test_the_worst_come_first_and_the_unknown_last() -> None:
    found = [reading("selesai_tepat_waktu", value=v, opd=o) for o, v in (("a", 99.0), ("b", None), ("c", 70.0))]
    assert [r.opd for r in worst_first(found, None, "up")] == ["c", "a", "b"]
    assert [r.opd for r in worst_first(found, None, "down")] == ["a", "c", "b"]


def test_ranked_bars_show_the_ranks_that_chance_leaves_open() -> None:
    """The last of the ranking comes first; of the complaints, those of a kelurahan with too few keep their bar without a rank."""
    counts = {KELURAHAN[0]: 60.0, KELURAHAN[1]: 5.0, KELURAHAN[2]: 150.0}
    found = [reading("aduan_terbuka", area, value=n, n=int(n)) for area, n in counts.items()]
    ranked = ranking(OPEN, found)
    rows = [(r.area, r) for r in worst_first(found, ranked, "down")]
    assert [name for name, _ in rows] == [KELURAHAN[2], KELURAHAN[0], KELURAHAN[1]]
    drawn = str(bars("Terbuka", rows, OPEN, SEEN, ranking=ranked))
    assert re.findall(r'class="rank">([^<]*)<', drawn) == ["#2", "#1"]
    assert drawn.count('class="whisker"') == 2
    assert "# peringkat" in drawn


def total(**fields: object) -> Reading:
    return replace(reading("aduan_masuk_hari_ini", value=7.0), **fields)  # type: ignore[arg-type]


def test_arrivals_sum_small_channels_and_stop_where_the_data_stop() -> None:
    channels = {f"k{k}": (k,) * 29 for k in range(1, 8)}
    drawn = str(arrivals(Arrivals(minutes=30, channels=channels), total(), SEEN))
    sums = [int(n.replace(".", "")) for n in re.findall(r"<b>([\d.]+)</b>", drawn)]
    assert sum(sums) == sum(map(sum, channels.values())), "no channel is lost"
    assert len(sums) == 5
    assert "lainnya" in drawn
    assert "sekarang <tspan>14.32</tspan>" in drawn
    old = str(arrivals(Arrivals(minutes=30, channels=channels), total(freshness=STALE), SEEN))
    assert 'd=""' in old, "three days old data say nothing of today"


def test_a_channel_that_speaks_for_less_says_until_when() -> None:
    channels = {"LAKSA": (1,) * 29, "112": (2,) * 20}
    until = {"LAKSA": NOW, "112": NOW - timedelta(hours=4), "SP4N-LAPOR!": NOW - timedelta(days=1)}
    drawn = str(arrivals(Arrivals(minutes=30, channels=channels, until=until), total(freshness=STALE), SEEN))
    assert 'd=""' not in drawn, "a channel that is live is drawn, whatever the oldest source of the total"
    said = dict(re.findall(r"<span>([^<]+)</span>[^<]*(?:<b>[^<]*</b>)?<span class=\"until\">data s\.d\. ([^<]+)</span>", drawn))
    assert said == {"112": "10.32", "SP4N-LAPOR!": "21 November 2026"}


def test_arrivals_without_data_claim_nothing() -> None:
    none = Arrivals(minutes=30, channels={})
    assert "Belum ada aduan masuk hari ini." in str(arrivals(none, total(), SEEN))
    assert "datanya belum mutakhir" in str(arrivals(none, total(freshness=STALE), SEEN))
    assert "belum ada data" in str(arrivals(none, None, view(now=NOW)))


def test_a_table_of_fifty_rows_and_eight_columns() -> None:
    columns = [Column(title=f"K{k}", cell=lambda row, k=k: str(row * k), numeric=k > 3) for k in range(8)]
    drawn = str(table("Antrean", columns, range(50), SEEN, element="antrean", origin=ORIGIN, aside="50 baris"))
    assert drawn.count("<tr>") == 51
    assert drawn.count('scope="row"') == 50
    assert drawn.count('<td class="num">') == 200
    assert "50 baris" in drawn
    assert "Belum ada baris." in str(table("Antrean", columns, [], SEEN, element="antrean"))
