"""An answer says the same as the snapshot wherever both speak, adds up, stays within the asker's rights and within its bounds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from itertools import product
from random import Random
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.analysis import engine, plan
from layers.analysis.ask import FILTERS, Ask
from layers.analysis.dimensions import DIMENSIONS, Sort, bounded_by, clock_of, of_kind
from layers.analysis.engine import answer, units
from layers.analysis.measures import groups
from layers.analysis.plan import TooMuchError
from layers.analysis.small import HIDDEN, SMALLEST, small
from layers.areas import AreaTree
from layers.catalog import Kpi, Total, catalog
from layers.city import load
from layers.frames import Still
from layers.model import UNPLACED, Kind, NotYoursError, Role, Scope
from layers.periods import Period, Unit, buckets
from layers.readings import Room, readings
from layers.windows import When
from tests.layers.histories import room, view
from tests.layers.made import ANALYST, NOW, PUBLIC

CITY = load("36.71")
CUTS = {None: None, "kecamatan": "kecamatan", "area": "area", "opd": "opd"}


@cache
def here(seed: int = 1) -> Room:
    return room(CITY, view(seed))


def test_every_kpi_at_every_published_cut_says_the_same_as_the_snapshot() -> None:
    kpis = catalog()
    published = {(r.kpi, r.area, r.opd): r for r in readings(kpis.values(), here())}
    asked = 0
    for kpi in kpis.values():
        for cut in kpi.cuts if kpi.kind else (None,):
            found = answer(ANALYST, here(), kpis, Ask(kpi=kpi.id, by=CUTS[cut]))
            whole: tuple[str | None, ...] = (None,) if cut else ()
            for key in (whole, *((value,) for values in found.keys for value in values)):
                value = key[0] if key else None
                at = (kpi.id, CITY.code, value) if cut == "opd" and value is not None else (kpi.id, value or CITY.code, None)
                if at not in published or (cut, value) == ("kecamatan", UNPLACED):  # rows of no office or no kecamatan
                    assert value in ("", UNPLACED), at
                    continue
                mine, its = found.cells[key], published[at]
                asked += 1
                assert (mine.value, mine.why_none, mine.n) == (pytest.approx(its.value), its.why_none, its.n), at
                assert mine.evidence.numerator == pytest.approx(its.evidence.numerator), at
                assert mine.evidence.denominator == pytest.approx(its.evidence.denominator), at
                assert (mine.evidence.sources, mine.freshness) == (its.evidence.sources, its.freshness), at
                if kpi.kind:
                    assert mine.target == its.target, at
    assert asked > 5000


def whole(kpi: Kpi, when: When) -> list[str | None]:
    """Dimensions by which the figure can be asked."""
    timed = kpi.history or (kpi.kind is not Kind.MEASUREMENT and bounded_by(kpi, when) is not None)
    return [None, *(name for name, each in of_kind(kpi.kind).items() if each.sort is not Sort.TIME or timed)]


@settings(max_examples=60)
@given(st.integers(0, 10**6))
def test_any_answer_adds_up_and_its_parts_say_the_same_when_asked_by_themselves(seed: int) -> None:
    rng, kpis = Random(seed), catalog()
    every = [each for those in groups(kpis, units(here().whole)).values() for each in those]
    kpi = rng.choice([each for each in every if each.kind])
    when = kpi.window.at(here().now, CITY.zone)
    by = rng.choice(whole(kpi, when)[1:])
    per = rng.choice(
        [name for name in whole(kpi, when) if name is None or (name != by and DIMENSIONS[name].sort is not Sort.TIME)]
    )
    free = kpi.history and rng.random() < 0.5
    ask = Ask(kpi=kpi.id, by=by, per=per, period=Period.read(rng.choice(("90h", "bulan-ini", "2026-10"))) if free else None)
    found = answer(ANALYST, here(), kpis, ask)
    detail = [reading for key, reading in found.cells.items() if None not in key]
    counted = kpi.additive and not any(d.sort is Sort.TIME for d in found.dimensions)
    if counted and found.total.value is not None:
        assert sum(r.value or 0 for r in detail) == pytest.approx(found.total.value)
    for key, reading in rng.sample([*found.cells.items()], min(4, len(found.cells))):
        chosen = {d.id: v for d, v in zip(found.dimensions, key, strict=True) if v}
        if any(not DIMENSIONS[name].filters for name in chosen) or None in key or "" in key:
            continue
        if chosen.pop("kecamatan", None) is not None or "tanpa-lokasi" in chosen.values():
            continue
        if "opd" in chosen and CITY.opd(chosen["opd"]) is None:
            continue
        where = tuple((name, chosen[name]) for name in FILTERS if name in chosen)
        alone = answer(ANALYST, here(), kpis, Ask(kpi=kpi.id, period=ask.period, where=where)).total
        assert (alone.value, alone.n) == (pytest.approx(reading.value), reading.n), (ask, key)


@pytest.mark.parametrize("unit", ["month", "week", "day"])
def test_a_part_of_time_is_the_figure_of_that_time(unit: str) -> None:
    period = Period.read("2026-09-05..2026-11-20")
    for name in (
        "aduan_masuk_30h",
        "aduan_terbuka",
        "selesai_tepat_waktu",
        "tingkat_penyelesaian",
        "lama_penyelesaian",
        "nilai_kontrak",
    ):
        kpi = catalog()[name]
        found = answer(ANALYST, here(), catalog(), Ask(kpi=name, by=unit, period=period))
        when = period.when(kpi.window, CITY.zone, here().now)
        for day, part in buckets(DIMENSIONS[unit].unit or Unit.DAY, when):
            first, last = part.start.astimezone(CITY.zone).date(), part.end.astimezone(CITY.zone).date()
            alone = answer(ANALYST, here(), catalog(), Ask(kpi=name, period=Period.between(first, last))).total
            mine = found.cells[(str(day),)]
            assert (mine.value, mine.n) == (pytest.approx(alone.value), alone.n), (name, day)


def test_weekdays_and_hours_are_local() -> None:
    found = answer(ANALYST, here(), catalog(), Ask(kpi="aduan_masuk_30h", by="weekday", per="hour", period=Period.read("90h")))
    rows = here().whole[Kind.COMPLAINT]["received"].dt.convert_time_zone(CITY.zone.key).to_list()
    first = found.when.start
    counted: dict[tuple[str, str], int] = {}
    for at in (at for at in rows if first <= at <= found.when.end):
        key = (str(at.isoweekday()), str(at.hour))
        counted[key] = counted.get(key, 0) + 1
    assert {key: reading.n for key, reading, _ in found.lines() if reading.n} == counted


def test_the_time_that_counts_is_one_and_always_the_same() -> None:
    expected = {
        "aduan_masuk_30h": "received",
        "aduan_ditutup_30h": "closed",
        "nilai_kontrak": "contracted",
        "aduan_terbuka": "received",
    }
    for name, column in expected.items():
        kpi = catalog()[name]
        assert clock_of(kpi, kpi.window.at(here().now, CITY.zone)) == column


def test_a_comparison_stands_beside_its_own_part() -> None:
    ask = Ask(kpi="aduan_masuk_30h", by="week", period=Period.read("2026-11-02..2026-11-15"), against="lalu")
    found = answer(ANALYST, here(), catalog(), ask)
    alone = answer(
        ANALYST, here(), catalog(), Ask(kpi="aduan_masuk_30h", by="week", period=Period.read("2026-10-19..2026-11-01"))
    )
    assert [before.value for _, _, before in found.lines() if before] == [now.value for _, now, _ in alone.lines()]
    assert found.before[(None,)].value == alone.total.value
    late = answer(ANALYST, here(), catalog(), Ask(kpi="aduan_masuk_30h", against="tahun"))
    assert (late.before, late.why_earlier) == ({}, "periode pembanding dimulai sebelum data pertama")


# --- rights ------------------------------------------------------------------------------------

HEAD = Scope(user="kadis", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
CAMAT = Scope(user="camat", role=Role.CAMAT, areas=frozenset({"36.71.01"}))
BIDANG = Scope(user="kabid", role=Role.BIDANG, opds=frozenset({"dlh"}), categories=frozenset({"Sampah"}))


def test_nobody_counts_rows_outside_their_scope() -> None:
    rows = here().whole[Kind.COMPLAINT]
    all_ = Ask(kpi="rekam_aduan", by="opd", period=Period.read("2026"))
    mine = answer(HEAD, here(), catalog(), all_)
    assert mine.limited
    assert mine.total.n == rows.filter(rows["opd"] == "dlh").height
    assert mine.keys == (("dlh",),)
    own = answer(BIDANG, here(), catalog(), Ask(kpi="rekam_aduan", by="category", period=Period.read("2026")))
    assert own.keys == (("Sampah",),)
    assert own.total.n == rows.filter((rows["opd"] == "dlh") & (rows["category"] == "Sampah")).height
    there = answer(CAMAT, here(), catalog(), Ask(kpi="rekam_aduan", by="area", period=Period.read("2026")))
    assert there.total.n == rows.filter(rows["kecamatan"] == "36.71.01").height
    assert all(code.startswith("36.71.01") for code in there.keys[0])


@pytest.mark.parametrize(
    ("scope", "where"),
    [
        (HEAD, ("opd", "dpupr")),
        (CAMAT, ("area", "36.71.05.1004")),
        (CAMAT, ("area", "36.71")),
        (BIDANG, ("category", "Banjir")),
        (ANALYST, ("area", "99")),
    ],
)
def test_to_ask_about_what_is_not_ones_own_is_to_ask_about_nothing(scope: Scope, where: tuple[str, str]) -> None:
    with pytest.raises(NotYoursError):
        answer(scope, here(), catalog(), Ask(kpi="aduan_masuk_30h", where=(where,)))


@settings(max_examples=25)
@given(st.integers(0, 10**6))
def test_small_cells_are_hidden_from_who_may_not_see_rows_and_do_not_follow_from_the_others(seed: int) -> None:
    rng = Random(seed)
    by, per = rng.sample(["area", "kecamatan", "opd", "category", "channel", "status", "weekday"], 2)
    ask = Ask(kpi="rekam_aduan", by=by, per=rng.choice((per, None)), period=Period.read(rng.choice(("90h", "7h", "30h"))))
    open_, veiled = answer(ANALYST, here(), catalog(), ask), answer(PUBLIC, here(), catalog(), ask)
    hidden = {key for key, reading in veiled.cells.items() if reading.why_none == HIDDEN}
    assert veiled.hidden == len(hidden)
    assert not [key for key, reading in veiled.cells.items() if key not in hidden and 0 < reading.n < SMALLEST]
    assert all(veiled.cells[key].n == 0 and veiled.cells[key].value is None for key in hidden)
    for at, values in enumerate(veiled.keys):
        for fixed in product(*((*v, None) if k != at else (None,) for k, v in enumerate(veiled.keys))):
            line = [(*fixed[:at], value, *fixed[at + 1 :]) for value in values]
            shut = [key for key in line if key in hidden]
            margin = (*fixed[:at], None, *fixed[at + 1 :])
            if len(shut) == 1 and margin not in hidden:  # then nothing else of the line is there to be hidden
                assert not [key for key in line if key not in hidden and open_.cells[key].n]
            if shut and 0 < sum(open_.cells[key].n for key in shut) < SMALLEST:
                assert not [key for key in line if key not in hidden and open_.cells[key].n]


def test_a_counter_is_as_small_as_whom_it_served_and_few_hidden_together_take_a_third() -> None:
    kpi = next(k for k in catalog().values() if k.kind is Kind.SERVICE and isinstance(k.form, Total))
    some = answer(ANALYST, here(), catalog(), Ask(kpi=kpi.id)).total
    served: dict[tuple[str | None, ...], float] = {("a",): 1.0, ("b",): 2.0, ("c",): 300.0, ("d",): 9.0, (None,): 312.0}
    cells = {key: replace(some, value=value, n=30 if value < 5 else 1) for key, value in served.items()}
    assert small(kpi, (("a", "b", "c", "d"),), cells) == {("a",), ("b",), ("d",)}


# --- bounds ------------------------------------------------------------------------------------


def test_a_question_beyond_the_bounds_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TooMuchError, match="terlalu banyak sel"):
        answer(ANALYST, here(), catalog(), Ask(kpi="aduan_masuk_30h", by="day", per="area", period=Period.read("2026")))
    monkeypatch.setattr(plan, "MOST_WORK", 1000)
    with pytest.raises(TooMuchError, match="terlalu banyak baris"):
        answer(ANALYST, here(), catalog(), Ask(kpi="aduan_terbuka", by="day", period=Period.read("2026")))


def test_what_is_remembered_is_bounded_by_its_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    asks = [Ask(kpi="rekam_aduan", by=by) for by in ("area", "opd", "channel")]
    frames, asked = Still(view(1)), []
    monkeypatch.setattr(engine, "REMEMBERED", 1000)
    cells = [len(answer(ANALYST, here(), catalog(), ask).cells) for ask in asks]
    monkeypatch.setattr(engine, "MOST_REMEMBERED", cells[1] + cells[2])
    monkeypatch.setattr(engine, "answer", lambda *given: asked.append(given[-1]) or answer(*given))
    for ask in (*asks, asks[2], asks[1], asks[0]):
        engine.analyse(ANALYST, frames, catalog(), AreaTree.of(CITY), CITY, ask, (), NOW)
    assert asked == [*(ask.question for ask in asks), asks[0].question]


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (Ask(kpi="penduduk", by="month"), "saat lampau"),
        (Ask(kpi="aduan_masuk_30h", by="method"), "tidak dapat diurai"),
        (Ask(kpi="aduan_masuk_30h", by="month", per="week"), "disilangkan"),
        (Ask(kpi="tidak_ada"), "tidak dikenal"),
        (Ask(kpi="nilai:tidak.ada"), "tidak dikenal"),
    ],
)
def test_what_a_figure_cannot_be_asked_is_said(ask: Ask, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        answer(ANALYST, here(), catalog(), ask)


@given(
    st.builds(
        Ask,
        kpi=st.sampled_from(("aduan_terbuka", "nilai:situs.terjangkau")),
        by=st.sampled_from((None, "area", "month")),
        period=st.sampled_from((None, Period.read("bulan-lalu"), Period.between(date(2026, 1, 2), date(2026, 2, 3)))),
        against=st.sampled_from(("", "lalu", "tahun")),
        where=st.sampled_from(((), (("area", "36.71.01"), ("opd", "dlh"), ("category", "Jalan & trotoar = rusak?")))),
        form=st.sampled_from((None, "peta", "pivot")),
        order=st.sampled_from(("", "-value")),
    )
)
def test_an_address_says_the_whole_question(ask: Ask) -> None:
    assert Ask.read(dict(parse_qsl(ask.query()))) == ask


def test_rows_of_an_answer_are_typed_as_its_columns_say() -> None:
    types = {"text": str, "date": date, "whole": int | float, "number": int | float}
    ask = Ask(kpi="selesai_tepat_waktu", by="month", per="opd", period=Period.read("2026"), against="lalu")
    found = answer(ANALYST, here(), catalog(), ask)
    rows = list(found.rows(CITY, here().tree, "id"))
    assert len(rows) == len(found.keys[0]) * len(found.keys[1])
    for row in rows:
        for value, column in zip(row, found.columns, strict=True):
            assert value is None or isinstance(value, types[column.type]), (column, value)
    at = [column.key for column in found.columns].index("value")
    assert all((row[at] is None) == (row[-1] is not None) for row in rows)
