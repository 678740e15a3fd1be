"""The rows behind a number are the rows that it counted: as many, adding up to its parts, and no others for whoever asks."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.alike import beside
from layers.buying import Wanted, packages
from layers.catalog import Count, Ratio, Share, catalog
from layers.city import load
from layers.citykpis import catalog_of
from layers.drill import Query
from layers.model import PRIVATE, Kind, Role, Scope
from layers.ownkpis import OwnKpi
from layers.placed import counters
from layers.readings import Room, readings
from layers.rows import COLUMNS, PAGE, SORTED_BY, rows
from tests.layers.histories import room, view
from tests.layers.made import ANALYST

OWN = (
    {"id": "sendiri_hitung", "form": "count", "unit": "aduan", "time": "received"},
    {"id": "sendiri_bagian", "form": "share", "unit": "persen", "time": "received", "part": {"status": ["selesai"]}},
    {"id": "sendiri_median", "form": "median", "unit": "jam", "time": "closed", "value": "jam_penyelesaian"},
    {"id": "sendiri_rasio", "form": "ratio", "unit": "persen", "kind": "package", "value": "value", "whole": "pagu"},
)
WORDS = {"id": "Sendiri", "en": "Own"}
MINE = tuple(
    OwnKpi.model_validate(
        {"kind": "complaint", "title": WORDS, "formula": WORDS, "definition": "x", "owner": "DLH", "window": "days30"} | own
    )
    for own in OWN
)
CITY = load("36.71").model_copy(update={"kpis": MINE})


@cache
def history(seed: int) -> Room:
    return room(CITY, view(seed))


@settings(max_examples=3)
@given(st.integers(0, 10**6))
def test_the_rows_are_as_many_as_counted_and_add_up_to_the_parts(seed: int) -> None:
    here = room(CITY, view(seed))
    kpis, cuts = catalog_of(CITY), defaultdict(list)
    for reading in readings(kpis.values(), here):
        cuts[reading.kpi].append(reading)
    rng = Random(seed)
    for reading in (r for each in cuts.values() for r in (each[0], rng.choice([r for r in each if r.n] or each))):
        kpi = kpis[reading.kpi]
        found = rows(ANALYST, here, kpi, Query(area=reading.area, opd=reading.opd))
        where = (reading.kpi, reading.area, reading.opd)
        assert found.n == reading.n, where
        assert len(found.rows) == min(found.total, PAGE), where
        if isinstance(kpi.form, Share | Ratio) and reading.evidence.denominator and not getattr(kpi.form, "distinct", None):
            assert found.part == pytest.approx(reading.evidence.numerator), where
            assert found.whole == pytest.approx(reading.evidence.denominator), where
        if kpi.additive and reading.value is not None:
            assert (found.total if isinstance(kpi.form, Count) else found.part) == pytest.approx(reading.value), where


def test_the_pages_together_are_all_rows_each_once() -> None:
    here, kpi = history(7), catalog()["aduan_masuk_tahun_ini"]
    first = rows(ANALYST, here, kpi, Query())
    pages = [rows(ANALYST, here, kpi, Query(), page=k + 1) for k in range(first.pages)]
    ids = [row.cells["source_id"] for page in pages for row in page.rows]
    assert len(ids) == len(set(ids)) == first.total > PAGE
    received = [row.cells["received"] for page in pages for row in page.rows]
    assert received == sorted(received, reverse=True)
    beyond = rows(ANALYST, here, kpi, Query(), page=first.pages + 1)
    assert (beyond.rows, beyond.why) == ((), "halaman ini melewati baris terakhir")


@pytest.mark.parametrize(
    ("kpi", "order"),
    [(kpi, order) for kpi in ("aduan_terbuka", "paket_diumumkan", "layanan_30h") for order in SORTED_BY[catalog()[kpi].kind]],
)
def test_sorted_by_a_column_both_ways(kpi: str, order: str) -> None:
    here = history(7)
    for sign in ("", "-"):
        found = [row.cells[order] for row in rows(ANALYST, here, catalog()[kpi], Query(), order=sign + order).rows]
        known = [cell for cell in found if cell is not None]
        assert known == sorted(known, reverse=bool(sign))


def test_money_is_rupiah() -> None:
    here = history(7)
    found = rows(ANALYST, here, catalog()["pagu_diumumkan"], Query())
    assert sum(row.cells["pagu"] for row in found.rows) == pytest.approx(sum(row.part or 0 for row in found.rows))


def test_only_the_rows_of_the_scope() -> None:
    here, kpi = history(7), catalog()["aduan_masuk_tahun_ini"]
    mine = Scope(user="kepala", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
    found = rows(mine, here, kpi, Query())
    assert found.limited
    assert found.rows
    assert {row.cells["opd"] for row in found.rows} == {"dlh"}
    assert 0 < found.total < rows(ANALYST, here, kpi, Query()).total
    assert rows(mine, here, kpi, Query(opd="dpupr")).why == "tidak ada baris dalam lingkup Anda"
    nearby = Scope(user="camat", role=Role.LEADER, areas=frozenset({"36.71.01"}))
    assert {str(row.cells["area"])[:8] for row in rows(nearby, here, kpi, Query()).rows} == {"36.71.01"}
    bidang = Scope(user="b", role=Role.BIDANG, opds=frozenset({"dlh"}), categories=frozenset({"Sampah"}))
    some = rows(bidang, here, kpi, Query())
    assert {(row.cells["opd"], row.cells["category"]) for row in some.rows} == {("dlh", "Sampah")}
    assert 0 < some.total < found.total
    packages = catalog()["paket_diumumkan"]
    assert rows(bidang, here, packages, Query()).total == rows(mine, here, packages, Query()).total, "a package has no category"


def test_categories_limit_complaints_and_break_nothing_of_other_kinds() -> None:
    """What stands beside complaints (packages, counters) is asked by the same scope."""
    here = history(7)
    head = Scope(user="k", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
    bidang = Scope(user="b", role=Role.BIDANG, opds=frozenset({"dlh"}), categories=frozenset({"Sampah"}))
    assert packages(bidang, here, Wanted()) == packages(head, here, Wanted())
    assert counters(bidang, here, CITY.code) == counters(head, here, CITY.code)
    assert beside(bidang, here, CITY.alike)


def test_whoever_sees_aggregates_only_gets_none() -> None:
    for role in (Role.PUBLIC, Role.SCREEN):
        with pytest.raises(PermissionError):
            rows(Scope(user="x", role=role), history(7), catalog()["aduan_terbuka"], Query())


def test_nothing_private_is_a_column() -> None:
    assert not PRIVATE & {name for names in COLUMNS.values() for name in names}


@pytest.mark.parametrize("order", ["text", "-reporter", "received;"])
def test_another_order_is_refused(order: str) -> None:
    with pytest.raises(ValueError, match="urutan"):
        rows(ANALYST, history(7), catalog()["aduan_terbuka"], Query(), order=order)


def test_a_longer_window_reaches_further_back() -> None:
    here, kpi = history(7), catalog()["aduan_masuk_30h"]
    month, quarter = (rows(ANALYST, here, kpi, Query(days=days)).total for days in (30, 90))
    assert 0 < month < quarter == rows(ANALYST, here, kpi, Query(days=366)).total


def test_a_figure_without_a_source_says_why() -> None:
    nothing = room(CITY, view(1, dict.fromkeys(Kind, 0)))
    found = rows(ANALYST, nothing, catalog()["aduan_terbuka"], Query())
    assert (found.total, found.rows) == (0, ())
    assert found.why is not None
    assert "belum ada sumber" in found.why
