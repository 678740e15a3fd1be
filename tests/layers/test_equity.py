"""Equity: Theil within and between, Gini, P90/P10 and Lorenz's curve, by hand and by their laws."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.areas import AreaTree
from layers.catalog import catalog
from layers.equity import Place, equity, measurable, measured
from layers.model import UNPLACED
from layers.snapshot import Evidence
from tests.dashboard.snapshots import CITY, KELURAHAN, reading, snapshot

TREE = AreaTree.of(CITY)
OVERDUE = catalog()["aduan_lewat_tenggat"]


def places(*rows: tuple[str, float, float]) -> list[Place]:
    """Rows of group, people and amount."""
    return [Place(code=str(k), group=group, people=people, amount=amount) for k, (group, people, amount) in enumerate(rows)]


def test_by_hand() -> None:
    """A 100 people and 10; B 100 and 30; C 200 and 60, in the groups x (A, B) and y (C).

    Shares of the amount 0.1, 0.3, 0.6, of the people 0.25, 0.25, 0.5.
    """
    found = measured(places(("x", 100, 10), ("x", 100, 30), ("y", 200, 60)), counted=True)
    total = 0.1 * math.log(0.4) + 0.3 * math.log(1.2) + 0.6 * math.log(1.2)
    between = 0.4 * math.log(0.8) + 0.6 * math.log(1.2)
    assert found.theil == pytest.approx(total)
    assert found.between == pytest.approx(between)
    assert found.within == pytest.approx(0.4 * (0.25 * math.log(0.5) + 0.75 * math.log(1.5)))
    assert found.gini == pytest.approx(0.15)
    assert (found.p10, found.p90, found.p90_p10) == (0.1, 0.3, pytest.approx(3))
    assert [y for _, y in found.lorenz] == pytest.approx([0, 0.1, 0.4, 1])
    assert [x for x, _ in found.lorenz] == pytest.approx([0, 0.25, 0.5, 1])
    assert found.chance == pytest.approx(2 / 200)


def test_all_the_same_per_head_is_no_inequality() -> None:
    found = measured(places(("x", 100, 10), ("x", 300, 30), ("y", 50, 5)))
    assert (found.theil, found.within, found.between, found.gini) == pytest.approx((0, 0, 0, 0), abs=1e-15)
    assert found.p90_p10 == 1


def test_one_place_that_has_all_is_the_most() -> None:
    found = measured(places(("x", 100, 0), ("x", 100, 0), ("y", 100, 0), ("y", 100, 12)))
    assert found.theil == pytest.approx(math.log(4))
    assert found.gini == pytest.approx(0.75)
    assert (found.p90_p10, found.why_no_ratio) == (None, "sepersepuluh penduduk tinggal di wilayah yang nilainya nol")


SOME = st.lists(
    st.tuples(st.sampled_from("abcd"), st.floats(1, 1e6), st.one_of(st.just(0.0), st.floats(1e-3, 1e7))), min_size=2, max_size=40
).filter(lambda rows: sum(amount for _, _, amount in rows) > 0)


@given(SOME)
def test_theil_is_exactly_within_and_between(rows: list[tuple[str, float, float]]) -> None:
    found = measured(places(*rows))
    assert found.theil is not None
    assert found.within is not None
    assert found.between is not None
    assert abs(found.theil - found.within - found.between) <= 1e-12 * max(1, found.theil)
    assert found.within >= -1e-12
    assert found.between >= -1e-12


@given(SOME, st.floats(0.01, 1000), st.randoms())
def test_only_the_shares_matter(rows: list[tuple[str, float, float]], times: float, chance: object) -> None:
    mixed = [(group, people, amount * times) for group, people, amount in rows]
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = measured(places(*rows)), measured(places(*mixed))
    for a, b in ((one.theil, other.theil), (one.gini, other.gini), (one.between, other.between)):
        assert a == pytest.approx(b, abs=1e-9)


@given(SOME)
def test_gini_and_the_curve_keep_their_bounds(rows: list[tuple[str, float, float]]) -> None:
    found = measured(places(*rows))
    assert found.gini is not None
    assert -1e-12 <= found.gini < 1
    assert all(y <= x + 1e-9 for x, y in found.lorenz)
    assert found.p90_p10 is None or found.p90_p10 >= 1


def test_from_a_snapshot_with_every_population() -> None:
    counts = [
        reading("aduan_lewat_tenggat", area, value=n, n=int(n))
        for area, n in zip(KELURAHAN, (10.0, 30.0, 30.0, 30.0), strict=True)
    ]
    people = [reading("penduduk", area, value=100.0, n=1) for area in KELURAHAN]
    lost = reading("aduan_lewat_tenggat", UNPLACED, value=7.0, n=7)
    found = equity(OVERDUE, snapshot(readings=(*counts, *people, lost)), TREE)
    assert (found.places, found.unplaced, found.gini) == (4, 7, pytest.approx(0.15))
    without = equity(OVERDUE, snapshot(readings=(*counts, *people[1:])), TREE)
    assert (without.theil, without.why_none) == (None, "jumlah penduduk bertanggal belum ada untuk 1 dari 4 kelurahan")


def test_a_rate_counts_what_stands_above_its_line() -> None:
    rates = [
        reading("laju_aduan", area, value=1.0, evidence=Evidence(sources=(), numerator=n, denominator=100.0))
        for area, n in zip(KELURAHAN, (10.0, 30.0, 30.0, 30.0), strict=True)
    ]
    people = [reading("penduduk", area, value=100.0, n=1) for area in KELURAHAN]
    assert equity(catalog()["laju_aduan"], snapshot(readings=(*rates, *people)), TREE).gini == pytest.approx(0.15)


def test_nothing_to_share_says_so() -> None:
    assert measured(places(("x", 100, 0), ("y", 100, 0))).why_none == "tidak ada yang dapat dibagi: jumlahnya nol"
    unfed = [reading("aduan_lewat_tenggat", area, why_none="belum ada sumber") for area in KELURAHAN]
    assert equity(OVERDUE, snapshot(readings=tuple(unfed)), TREE).why_none == "belum ada sumber"


def test_only_amounts_at_each_kelurahan_can_be_shared() -> None:
    assert measurable(OVERDUE)
    assert measurable(catalog()["laju_aduan"])
    assert not measurable(catalog()["selesai_tepat_waktu"])
    assert not measurable(replace(OVERDUE, cuts=(None, "opd")))
