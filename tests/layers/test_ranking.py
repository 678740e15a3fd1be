"""Fair ranking: ranks as ranges that hold the true one, nobody on too few cases, the funnel's limits, and certain improvement."""

from __future__ import annotations

import math
from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from scipy.stats import poisson as chance

from layers.areas import AreaTree
from layers.catalog import Mean, catalog
from layers.evaluate import WHOLE, figures
from layers.explain import wilson
from layers.forms import Quantile
from layers.funnel import LEVELS, control, funnel, overdispersion
from layers.improvement import difference, improved
from layers.ranking import (
    Ranking,
    at_level,
    least,
    of_level,
    poisson,
    rankable,
    ranking,
    ranks,
    residents,
    shrunk_rates,
    shrunk_shares,
)
from layers.snapshot import Evidence, Reading
from layers.windows import Window
from tests.dashboard.snapshots import CITY, KELURAHAN, NOW, reading, snapshot

ON_TIME = catalog()["selesai_tepat_waktu"]
OVERDUE = catalog()["aduan_lewat_tenggat"]
REOPENED = catalog()["aduan_dibuka_kembali"]
RATE = catalog()["laju_aduan"]
ABSORBED = catalog()["serapan_anggaran"]
RESOLVED = catalog()["lama_penyelesaian"]
TREE = AreaTree.of(CITY)

Cases = list[tuple[int, int]]


def share(opd: str, part: int, whole: int, kpi: str = "selesai_tepat_waktu", **fields: object) -> Reading:
    """A published share, as the room makes it: without a value on fewer than 20 cases."""
    if whole < 20:
        return reading(kpi, opd=opd, n=whole, why_none=f"belum cukup data: n = {whole}, perlu 20")
    low, high = wilson(part, whole)
    proof = Evidence(sources=("laksa",), numerator=part, denominator=whole, low=low, high=high, **fields)  # type: ignore[arg-type]
    return reading(kpi, opd=opd, value=100 * part / whole, n=whole, evidence=proof)


def shares(cases: Cases) -> list[Reading]:
    return [share(f"opd-{k:02}", part, whole) for k, (part, whole) in enumerate(cases)]


WORKED = [
    share("dishub", 95, 100),
    share("dlh", 45, 50),
    share("dpupr", 62, 100),
    share("dinkes", 6, 7),
    share("disdik", 12, 20),
]


def test_a_worked_ranking() -> None:
    """Wilson: dishub 88.8-97.8, dlh 78.6-95.7, dpupr 52.2-70.9, disdik 38.7-78.1: two groups of two, and one on too few cases."""
    found = ranking(ON_TIME, WORKED, city=reading("selesai_tepat_waktu", value=80.0))
    assert [(row.key, row.first, row.last) for row in found.rows] == [
        ("dishub", 1, 2),
        ("dlh", 1, 2),
        ("disdik", 3, 4),
        ("dpupr", 3, 4),
    ]
    assert [row.against for row in found.rows] == [1, 0, -1, -1]
    assert [(x.key, x.n, x.why) for x in found.lacking] == [("dinkes", 7, "belum cukup data: n = 7, perlu 20")]
    assert not found.undecided
    small = found.rows[2]
    assert small.value < found.rows[3].value < small.shrunk < 80, "twenty cases are drawn to the middle, so they come first"
    assert abs(found.rows[0].shrunk - 95) < 2, "a hundred are hardly"


def test_less_is_better_where_the_kpi_says_so() -> None:
    found = ranking(REOPENED, [share("a", 5, 100, "aduan_dibuka_kembali"), share("b", 60, 100, "aduan_dibuka_kembali")])
    assert [(row.key, row.first, row.last) for row in found.rows] == [("a", 1, 1), ("b", 2, 2)]


def test_equal_values_of_complete_accounts_share_their_ranks() -> None:
    rows = [reading("serapan_anggaran", opd=opd, value=value, n=1) for opd, value in (("a", 70.0), ("b", 80.0), ("c", 70.0))]
    found = ranking(ABSORBED, rows)
    assert [(row.key, row.first, row.last) for row in found.rows] == [("b", 1, 1), ("a", 2, 3), ("c", 2, 3)]


def test_chance_alone_leaves_every_order_open() -> None:
    assert ranking(ON_TIME, shares([(18, 20), (17, 20), (19, 20)])).undecided


SOME = st.lists(st.integers(20, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=20)


@given(SOME, st.randoms())
def test_the_order_of_the_rows_does_not_matter(cases: Cases, chance: object) -> None:
    rows = shares(cases)
    mixed = list(rows)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert ranking(ON_TIME, rows) == ranking(ON_TIME, mixed)


@given(SOME)
def test_somebody_may_be_the_first_and_somebody_the_last(cases: Cases) -> None:
    rows = ranking(ON_TIME, shares(cases)).rows
    assert rows[0].first == 1
    assert rows[-1].last == len(rows)
    assert all(1 <= row.first <= row.last <= len(rows) and row.low <= row.high for row in rows)
    for better, worse in ((a, b) for a in rows for b in rows if a.low > b.high):
        assert better.first < worse.first
        assert better.last < worse.last


@given(SOME, st.integers(2, 5))
def test_more_cases_of_the_same_rate_narrow_the_ranges(cases: Cases, times: int) -> None:
    few = {row.key: row for row in ranking(ON_TIME, shares(cases)).rows}
    for row in ranking(ON_TIME, shares([(times * k, times * n) for k, n in cases])).rows:
        assert few[row.key].first <= row.first <= row.last <= few[row.key].last
        assert few[row.key].low <= row.low + 1e-9
        assert row.high <= few[row.key].high + 1e-9


def test_the_ranges_hold_the_true_rank_as_often_as_they_say() -> None:
    """Two hundred cities of fifteen OPDs with known rates: the true rank lies in the range in at least 95 % of cases."""
    dice, held, seen, width = np.random.default_rng(20261122), 0, 0, 0.0
    for _ in range(200):
        true = dice.beta(12, 4, 15)
        n = dice.integers(20, 600, 15)
        part = dice.binomial(n, true)
        low, high = np.array([wilson(k, m) for k, m in zip(part, n, strict=True)]).T
        first, last = ranks(low, high)
        rank = 1 + (true[:, None] < true[None, :]).sum(axis=1)
        held += int(((first <= rank) & (rank <= last)).sum())
        seen += 15
        width += float((last - first).mean())
    assert held / seen >= 0.95
    assert width / 200 < 10, "ranges that say everything hold the truth too, and are of no use"


# --- shrinkage, counts, medians --------------------------------------------------------------------


@given(SOME)
def test_shrunk_shares_lie_between_their_own_and_that_of_all(cases: Cases) -> None:
    part, whole = np.array(cases, float).T
    mean, own = part.sum() / whole.sum(), part / whole
    found = shrunk_shares(part, whole)
    assert ((np.minimum(own, mean) - 1e-9 <= found) & (found <= np.maximum(own, mean) + 1e-9)).all()


def test_shrinkage_by_hand() -> None:
    """P = 0.7, S = 2 (100 x 0.04) / 0.21 = 38.095; r = (38.095 - 1) / (200 - 100 - 1) = 0.3747; the prior weighs 1.669 cases."""
    found = shrunk_shares(np.array([90.0, 50.0]), np.array([100.0, 100.0]))
    assert found == pytest.approx([(90 + 1.6688 * 0.7) / 101.6688, (50 + 1.6688 * 0.7) / 101.6688], abs=1e-5)
    assert shrunk_shares(np.array([70.0, 71.0]), np.array([100.0, 100.0])) == pytest.approx([0.705, 0.705])
    """Rates 4 and 1 of 10 each: m = 2.5, s2 = 2.25, A = 2.25 - 0.25 = 2; (40 + 3.125) / (10 + 1.25) = 3.8333."""
    assert shrunk_rates(np.array([40.0, 10.0]), np.array([10.0, 10.0])) == pytest.approx([3.83333, 1.16667], abs=1e-5)
    assert shrunk_rates(np.array([20.0, 21.0]), np.array([10.0, 10.0])) == pytest.approx([2.05, 2.05])


@pytest.mark.parametrize(
    ("events", "low", "high"), [(0, 0, 3.689), (1, 0.0253, 5.572), (20, 12.217, 30.888), (100, 81.36, 121.63)]
)
def test_the_exact_interval_of_a_count(events: int, low: float, high: float) -> None:
    """Garwood's table (1936)."""
    assert poisson(events) == pytest.approx((low, high), abs=0.01)


WHEN = Window.NOW.at(NOW, ZoneInfo("Asia/Jakarta"))


def hours(q: float) -> Quantile:
    return Quantile(where=lambda _when: pl.lit(value=True), value=pl.col("hours"), q=q, bounds=True)


@pytest.mark.parametrize(("q", "n"), [(0.5, 20), (0.5, 61), (0.9, 60), (0.9, 300)])
def test_the_bounds_of_a_quantile_hold_it_as_often_as_they_say(q: float, n: int) -> None:
    values = np.random.default_rng(7).exponential(size=(2000, n))
    frame = pl.DataFrame({"town": np.repeat(np.arange(2000), n).astype(str), "hours": values.ravel()})
    towns = figures(frame, [(hours(q), WHEN)], ("town",))[0]["town"].values()
    held = [cell.low <= -math.log(1 - q) <= cell.high for cell in towns if cell.low is not None and cell.high is not None]
    assert len(held) == 2000
    assert 0.93 <= sum(held) / len(held) <= 0.99


def test_too_few_values_do_not_bound_a_p90() -> None:
    frame = pl.DataFrame({"hours": [float(k) for k in range(20)]})
    found = figures(frame, [(hours(0.9), WHEN)], (None,))[0][None][WHOLE]
    assert found.value == pytest.approx(17.1)
    assert (found.low is not None, found.high) == (True, None)


def test_medians_are_ranked_by_their_published_bounds() -> None:
    def hours(opd: str, low: float | None, value: float, high: float | None) -> Reading:
        return reading("lama_penyelesaian", opd=opd, value=value, n=40, evidence=Evidence(sources=(), low=low, high=high))

    found = ranking(RESOLVED, [hours("a", 5, 6, 7), hours("b", 6.5, 8, 9), hours("c", 9.5, 11, 12), hours("d", 1, 2, None)])
    assert [(row.key, row.first, row.last) for row in found.rows] == [("a", 1, 2), ("b", 1, 2), ("c", 3, 3)]
    assert [(x.key, x.why) for x in found.lacking] == [("d", "selangnya tidak diketahui")]


def test_what_has_no_known_spread_is_not_ranked() -> None:
    assert not rankable(catalog()["skor_risiko_pengadaan"], "opd")
    assert not rankable(replace(OVERDUE, cuts=(None,)), "opd")
    assert not rankable(catalog()["aduan_masuk_30h"], "opd"), "to receive much is neither good nor bad"
    assert rankable(ON_TIME, "opd")
    assert (least(ON_TIME), least(OVERDUE), least(ABSORBED)) == (20, 20, 0)
    with pytest.raises(ValueError, match="tidak dapat diperingkat"):
        ranking(replace(ON_TIME, form=Mean(where=lambda _: pl.lit(value=True), value=pl.col("x"))), [])


# --- counts per head ------------------------------------------------------------------------------


def test_counts_among_areas_are_set_against_the_dated_residents() -> None:
    people = {KELURAHAN[0]: 10_000.0, KELURAHAN[1]: 40_000.0, KELURAHAN[2]: 20_000.0, "36.71": 100_000.0}
    rows = [reading("aduan_lewat_tenggat", area, value=float(n), n=n) for area, n in zip(KELURAHAN, (60, 80, 5, 30), strict=True)]
    found = ranking(OVERDUE, rows, city=reading("aduan_lewat_tenggat", value=175.0), people=people)
    assert [(row.key, row.value, row.first, row.last) for row in found.rows] == [(KELURAHAN[1], 2, 1, 1), (KELURAHAN[0], 6, 2, 2)]
    assert {x.key: x.why for x in found.lacking} == {
        KELURAHAN[2]: "belum cukup data: n = 5, perlu 20",
        KELURAHAN[3]: "belum ada jumlah penduduk bertanggal untuk wilayah ini",
    }
    assert found.city == pytest.approx(1.75)


def test_a_kecamatan_has_residents_only_if_all_of_its_parts_were_counted() -> None:
    counted = [reading("penduduk", area, value=10_000.0, n=1) for area in KELURAHAN[:3]]
    shown = snapshot(readings=(*counted, reading("penduduk", KELURAHAN[3], value=0.0, n=0)))
    assert residents(shown, TREE) == {**dict.fromkeys(KELURAHAN[:3], 10_000.0), "36.71.01": 20_000.0}


def test_a_rate_is_ranked_by_its_own_parts() -> None:
    def rate(area: str, n: int, people: float) -> Reading:
        proof = Evidence(sources=(), numerator=float(n), denominator=people)
        return reading("laju_aduan", area, value=1000 * n / people, n=n, evidence=proof)

    found = ranking(RATE, [rate(KELURAHAN[0], 100, 10_000), rate(KELURAHAN[1], 30, 10_000)])
    assert [(row.key, row.value) for row in found.rows] == [(KELURAHAN[0], 10), (KELURAHAN[1], 3)]
    assert found.rows[0].low == pytest.approx(8.136, abs=0.01)


def test_the_ranking_of_a_level_takes_what_the_snapshot_holds() -> None:
    found = of_level(snapshot(), TREE, ON_TIME, "opd")
    assert isinstance(found, Ranking)
    assert [row.key for row in found.rows] == ["dpupr", "dlh"]
    assert of_level(snapshot(), TREE, catalog()["skor_risiko_pengadaan"], "opd") is None
    assert [r.area for r in at_level(snapshot(), TREE, OVERDUE, "kecamatan")] == ["36.71.01", "36.71.02"]
    lost = of_level(snapshot(), TREE, OVERDUE, "kelurahan")
    assert lost is not None
    assert {x.why for x in lost.lacking} == {"belum ada jumlah penduduk bertanggal untuk wilayah ini"}


# --- the funnel -----------------------------------------------------------------------------------


@given(st.integers(1, 3000), st.floats(0.02, 0.98))
def test_the_limits_of_a_share_lie_between_the_whole_numbers_that_the_binomial_gives(n: int, centre: float) -> None:
    limits = control(np.array([float(n)]), centre, "share")[:, 0] * n
    for p, limit in zip(LEVELS, limits, strict=True):
        exact = binom.ppf(p, n, centre)
        assert exact - 1.001 <= limit <= exact + 1e-6
    assert list(limits) == sorted(limits)


@given(st.floats(0.5, 3000))
def test_the_limits_of_a_rate_follow_the_poisson(expected: float) -> None:
    limits = control(np.array([expected]), 1.0, "rate")[:, 0] * expected
    for p, limit in zip(LEVELS, limits, strict=True):
        exact = chance.ppf(p, expected)
        assert exact - 1.001 <= limit <= exact + 1e-6


def test_chance_alone_puts_few_outside_and_a_true_outlier_stands_out() -> None:
    dice = np.random.default_rng(3)
    n = dice.integers(30, 900, 60)
    cases = [(int(dice.binomial(m, 0.8)), int(m)) for m in n]
    found = funnel(ranking(ON_TIME, shares([*cases, (200, 400)])))
    assert found is not None
    beyond = [p for p in found.points if p.beyond]
    assert [p.key for p in beyond if p.beyond == 2] == ["opd-60"]
    assert len(beyond) <= 6
    assert found.points[-1].side in (-1, 0)
    assert found.centre == pytest.approx(100 * (sum(k for k, _ in cases) + 200) / (sum(m for _, m in cases) + 400))
    widths = [d - a for a, _, _, d in found.limits]
    assert widths == sorted(widths, reverse=True), "more cases, narrower limits"


def test_more_spread_than_chance_widens_the_limits() -> None:
    rates, sizes = np.array([0.2, 0.4, 0.5, 0.6, 0.8]), np.full(5, 100.0)
    """z: -6, -2, 0, 2, 6, winsorised at the 10th and 90th percentile to -4.4 and 4.4: (2 x 19.36 + 2 x 4) / 5."""
    spread = overdispersion(rates, sizes, 0.5, "share")
    assert spread == pytest.approx((2 * 4.4**2 + 2 * 4) / 5)
    assert overdispersion(np.full(5, 0.5), sizes, 0.5, "share") == 1
    narrow, wide = control(sizes[:1], 0.5, "share"), control(sizes[:1], 0.5, "share", spread)
    assert wide[3] - 0.5 == pytest.approx((narrow[3] - 0.5) * math.sqrt(spread))


def test_figures_without_cases_have_no_funnel() -> None:
    assert funnel(ranking(ABSORBED, [reading("serapan_anggaran", opd=o, value=7.0, n=1) for o in "abcd"])) is None
    assert funnel(ranking(ON_TIME, shares([(20, 20), (30, 30), (40, 40)]))) is None
    assert funnel(ranking(ON_TIME, shares([(10, 20), (20, 40)]))) is None


# --- who improved ---------------------------------------------------------------------------------


def test_the_interval_of_a_difference() -> None:
    """Newcombe (1998), table II: 56/70 - 48/80 has 0.0524 to 0.3339, 9/10 - 3/10 has 0.1705 to 0.8090."""
    assert difference(80, 70, 60, 80) == pytest.approx((5.24, 33.39), abs=0.01)
    assert difference(90, 10, 30, 10) == pytest.approx((17.05, 80.90), abs=0.01)


def test_only_certain_improvement_on_enough_cases_is_praised() -> None:
    def moved(opd: str, part: int, whole: int, change: float, earlier: float, kpi: str = "selesai_tepat_waktu") -> Reading:
        return replace(share(opd, part, whole, kpi, earlier=earlier), change=change)

    rows = [
        moved("sure", 90, 100, 20.0, 120),
        moved("perhaps", 90, 100, 3.0, 120),
        moved("few", 19, 20, 40.0, 8),
        moved("worse", 60, 100, -20.0, 120),
        moved("surer", 900, 1000, 20.0, 1200),
    ]
    assert [x.key for x in improved(ON_TIME, rows)] == ["surer", "sure"]
    best = improved(ON_TIME, rows)[1]
    assert 0 < best.low < best.change == 20 < best.high
    down = [moved("a", 10, 100, -30.0, 100, "aduan_dibuka_kembali"), moved("b", 40, 100, 30.0, 100, "aduan_dibuka_kembali")]
    assert [x.key for x in improved(REOPENED, down)] == ["a"]
