"""Packages one by one and in sum: the parts add up, the figures are the published ones, signs are those that the KPIs count."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers import buying
from layers.buying import FLAGS, SORTED_BY, Wanted, figures, packages
from layers.catalog import catalog
from layers.city import load
from layers.model import Role, Scope, Stage
from layers.readings import Room, readings
from tests.layers import furnished, histories
from tests.layers.furnished import HERE, MILLION
from tests.layers.made import ANALYST, PUBLIC

NAMES = ("paket_diumumkan", "pagu_diumumkan", "nilai_kontrak", "paket_dipecah", "kontrak_dekat_hps", "peserta_tunggal")
BIDANG = Scope(user="b", role=Role.BIDANG, opds=frozenset({"dlh"}), categories=frozenset({"Sampah"}))


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    return furnished.figures(tmp_path_factory.mktemp("furnished"))


def titles(found: buying.Packages) -> list[str]:
    return [one.title for one in found.rows]


@settings(max_examples=4)
@given(st.integers(0, 10**6))
def test_the_parts_add_up_and_whatever_is_narrowed_is_a_part(seed: int) -> None:
    here = histories.room(load("36.71"), histories.view(seed))
    whole = packages(ANALYST, here, Wanted())
    staged = {stage: packages(ANALYST, here, Wanted(stage=stage.value)).total for stage in Stage}
    assert sum(staged.values()) == whole.total
    live = whole.total - staged[Stage.CANCELLED]
    for groups in (whole.by_method, whole.by_opd, whole.by_area):
        assert sum(group.packages for group in groups) == live
        assert sum(group.pagu for group in groups) == pytest.approx(sum(g.pagu for g in whole.by_method))
    kpis = [catalog()[name] for name in NAMES]
    published = {r.kpi: r.value for r in readings(kpis, here) if (r.area, r.opd) == ("36.71", None)}
    assert {name: r.value for name, r in figures(ANALYST, here, kpis, Wanted()).items()} == pytest.approx(published)


def test_a_package_is_found_by_all_that_it_is(room: Room) -> None:
    road, bins, *_ = ("Pemeliharaan jalan lingkungan", "Pengadaan kontainer sampah")
    assert titles(packages(PUBLIC, room, Wanted(area=HERE))) == [road, bins]
    assert titles(packages(PUBLIC, room, Wanted(stage="kontrak"))) == [road, "Normalisasi saluran"]
    assert titles(packages(PUBLIC, room, Wanted(method="pengadaanlangsung"))) == ["Pemasangan lampu jalan"]
    assert titles(packages(PUBLIC, room, Wanted(opd="dlh", area="36.71.01"))) == [bins]
    assert titles(packages(PUBLIC, room, Wanted(words=("karya", "JALAN")))) == [road], "words in title or provider, any case"
    assert titles(packages(PUBLIC, room, Wanted(words=("alan",)))) == [], "a word begins where a word begins"
    assert titles(packages(PUBLIC, room, Wanted(words=("100%", "[")))) == []


def test_signs_are_those_that_the_figures_count(room: Room) -> None:
    first = packages(PUBLIC, room, Wanted()).rows[0]
    assert (first.title, first.flags) == ("Pemeliharaan jalan lingkungan", ("hps", "tunggal"))
    for flag in FLAGS:
        found = packages(PUBLIC, room, Wanted(flag=flag))
        assert all(flag in one.flags for one in found.rows)
    narrowed = figures(PUBLIC, room, [catalog()["kontrak_dekat_hps"]], Wanted(flag="hps"))
    assert narrowed["kontrak_dekat_hps"].value == 100.0


def test_the_year_goes_from_plan_to_contract(room: Room) -> None:
    months = packages(PUBLIC, room, Wanted()).months
    assert [month for month, *_ in months] == list(range(1, 12))
    assert months[-1][1:] == (2410.0 * MILLION, 1517.0 * MILLION)
    assert all(a[1] <= b[1] and a[2] <= b[2] for a, b in itertools.pairwise(months))


@pytest.mark.parametrize("order", SORTED_BY)
def test_every_column_sorts_both_ways_with_the_unknown_last(room: Room, order: str) -> None:
    up, down = ([getattr(one, order) for one in packages(PUBLIC, room, Wanted(), order=sign + order).rows] for sign in ("", "-"))
    known = [value for value in up if value is not None]
    assert up[len(known) :] == down[len(known) :] == [None] * (len(up) - len(known))
    if order not in ("stage", "opd", "area", "method"):
        assert known == sorted(known) == [value for value in down if value is not None][::-1]


def test_a_scope_is_told_of_its_own_packages(room: Room) -> None:
    lurah = Scope(user="l", role=Role.LURAH, areas=frozenset({HERE}))
    found = packages(lurah, room, Wanted())
    assert found.limited
    assert {one.area for one in found.rows} == {HERE}
    assert packages(lurah, room, Wanted(area="36.71.05")).total == 0
    assert {one.opd for one in packages(BIDANG, room, Wanted()).rows} == {"dlh"}
    assert figures(lurah, room, [catalog()["paket_diumumkan"]], Wanted())["paket_diumumkan"].value == 2
    assert not packages(PUBLIC, room, Wanted()).limited, "package names and providers are public"


def test_what_cannot_be_asked_is_refused(room: Room) -> None:
    for wrong in (Wanted(flag="x"), Wanted(area="36.99")):
        with pytest.raises(ValueError, match="tidak dikenal"):
            packages(PUBLIC, room, wrong)
    with pytest.raises(ValueError, match="urutan"):
        packages(PUBLIC, room, Wanted(), order="-plan_id")


def test_pages_hold_each_package_once(room: Room) -> None:
    pages = [packages(PUBLIC, room, Wanted(), page=k, size=4) for k in (1, 2, 3)]
    assert [len(page.rows) for page in pages] == [4, 2, 0]
    assert len({one.source_id for page in pages for one in page.rows}) == 6


def test_titles_are_made_ready_to_be_searched_once_however_many_words_are_asked_for(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one types each letter asks anew: of thousands of titles that must not cost the making of their words each time."""
    packages(PUBLIC, room, Wanted(words=("jalan",)))
    made: list[object] = []
    monkeypatch.setattr(buying, "_padded", made.append)
    found = packages(PUBLIC, room, Wanted(words=("pem", "jal", "ling")))
    assert titles(found) == ["Pemeliharaan jalan lingkungan"]
    assert packages(PUBLIC, room, Wanted(words=tuple("abcdefghijklmnopqrstuvwxyz"))).total == 0
    assert made == []
