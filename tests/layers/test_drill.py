"""A drill is the standard figures at any cut: equal to counting by hand, within the scope, remembered while it is true."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.areas import AreaTree
from layers.catalog import catalog
from layers.city import City
from layers.drill import Drill, Query, drill
from layers.frames import Frames
from layers.model import UNPLACED, Complaint, Role, Scope, Status
from layers.publish import build
from layers.snapshot import Band
from layers.store import Store
from tests.layers.made import DAY, HOUR, NOW, PUBLIC, complaint, give, new_store

AREAS = ("36.71.01.1001", "36.71.01.1002", "36.71.05.1004", UNPLACED)
OPDS = ("dlh", "dpupr", None)
CATEGORIES = ("Sampah", "Banjir")
CHANNELS = ("aplikasi", "112")


def made(i: int) -> Complaint:
    """A hundred different complaints over a hundred days, by rule."""
    received = NOW - timedelta(hours=23 * i + 1)
    done = i % 3 == 0
    return complaint(
        str(i),
        area=AREAS[i % 4],
        opd=OPDS[i % 3],
        category=CATEGORIES[i % 2],
        channel=CHANNELS[i // 2 % 2],
        received=received,
        due=received + 5 * DAY if i % 5 else None,
        responded=received + timedelta(hours=i % 7),
        closed=received + timedelta(hours=i) if done else None,
        status=Status.DONE if done else Status.IN_PROCESS,
    )


ALL = [made(i) for i in range(100)]


class Desk:
    """A store, its frames and someone who asks."""

    def __init__(self, folder: Path, city: City) -> None:
        self.city, self.tree = city, AreaTree.of(city)
        self.store: Store = new_store(f"sqlite:///{folder}/s.sqlite")
        self.frames = Frames(folder / "frames", city, self.tree)

    def give(self, *records: Complaint) -> None:
        give(self.store, records)
        self.frames.refresh(self.store)

    def ask(self, query: Query, scope: Scope = PUBLIC, later: timedelta = timedelta(0)) -> Drill:
        return drill(scope, self.frames, catalog(), self.tree, self.city, query, self.store.source_states(), NOW + later)


@pytest.fixture
def empty(tmp_path: Path, city: City) -> Iterator[Desk]:
    desk = Desk(tmp_path, city)
    yield desk
    desk.store.close()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, city: City) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("desk"), city)
    desk.give(*ALL)
    yield desk
    desk.store.close()


def value(found: Drill, kpi: str) -> float | None:
    return next(r.value for r in found.readings if r.kpi == kpi)


def inside(record: Complaint, area: str | None) -> bool:
    return area in (None, "36.71", record.area) or record.area.startswith(area + ".")


queries = st.builds(
    Query,
    area=st.sampled_from((None, "36.71", "36.71.01", "36.71.05.1004", UNPLACED, "36.71.13")),
    opd=st.sampled_from((None, "dlh", "dpupr", "dishub")),
    category=st.sampled_from((None, "Sampah", "Banjir", "tidak ada")),
    channel=st.sampled_from((None, "aplikasi", "112")),
    days=st.sampled_from((1, 7, 30, 90)),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(queries)
def test_any_cut_equals_counting_by_hand(desk: Desk, query: Query) -> None:
    rows = [r for r in ALL if inside(r, query.area)]
    rows = [r for r in rows if all(getattr(r, n) == v for n in ("opd", "category", "channel") if (v := getattr(query, n)))]
    start = NOW - timedelta(days=query.days)
    is_open = [r for r in rows if r.status is Status.IN_PROCESS]
    overdue = [r for r in is_open if r.due and r.due < NOW]
    received = [r for r in rows if start <= r.received <= NOW]
    closed = [r for r in rows if r.closed and start <= r.closed <= NOW]
    found = desk.ask(query)
    assert value(found, "aduan_terbuka") == len(is_open)
    assert value(found, "aduan_lewat_tenggat") == len(overdue)
    assert value(found, "aduan_masuk_30h") == len(received)
    for slices in (found.by_category, found.by_channel):
        assert sum(s.received for s in slices) == len(received)
        assert sum(s.closed for s in slices) == len(closed)
        assert sum(s.open for s in slices) == len(is_open)
        assert sum(s.overdue for s in slices) == len(overdue)
    assert sum(s.open for s in found.by_opd) == len([r for r in is_open if r.opd])
    first = (NOW - 89 * DAY).date()
    assert sum(found.received) == len([r for r in rows if (r.received + 7 * HOUR).date() >= first])
    assert len(found.days) == len(found.received) == len(found.closed) == 90


def test_the_whole_city_equals_the_snapshot(desk: Desk) -> None:
    snapshot = build(desk.frames, catalog(), desk.tree, desk.city, desk.store, NOW, 1)
    for reading in desk.ask(Query()).readings:
        assert reading == snapshot.reading(reading.kpi)
    for reading in desk.ask(Query(area="36.71.01")).readings:
        assert reading == snapshot.reading(reading.kpi, "36.71.01")


def test_slices_are_labelled_and_the_most_overdue_comes_first(desk: Desk) -> None:
    found = desk.ask(Query())
    assert [s.overdue for s in found.by_category] == sorted((s.overdue for s in found.by_category), reverse=True)
    assert {s.key: s.label for s in found.by_opd} == {"dlh": "DLH", "dpupr": "DPUPR"}


def test_the_target_of_a_count_does_not_hold_for_a_part(desk: Desk) -> None:
    readings = {r.kpi: r for r in desk.ask(Query(category="Sampah")).readings}
    assert (readings["aduan_lewat_tenggat"].target, readings["aduan_lewat_tenggat"].band) == (None, Band.NORMAL)
    assert readings["selesai_tepat_waktu"].target == 95


def test_a_limited_scope_counts_only_its_own_rows(desk: Desk) -> None:
    dlh = Scope(user="kepala", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
    camat = Scope(user="camat", role=Role.LEADER, areas=frozenset({"36.71.01"}))
    nobody = Scope(user="x", role=Role.ANALYST, opds=frozenset())
    assert [s.key for s in desk.ask(Query(), dlh).by_opd] == ["dlh"]
    assert value(desk.ask(Query(), dlh), "aduan_masuk_30h") == value(desk.ask(Query(opd="dlh")), "aduan_masuk_30h")
    assert value(desk.ask(Query(), camat), "aduan_masuk_30h") == value(desk.ask(Query(area="36.71.01")), "aduan_masuk_30h")
    assert value(desk.ask(Query(area="36.71.05"), camat), "aduan_terbuka") == 0
    assert value(desk.ask(Query(), nobody), "aduan_terbuka") == 0
    bidang = Scope(user="b", role=Role.BIDANG, opds=frozenset({"dlh"}), categories=frozenset({"Sampah"}))
    assert [s.key for s in desk.ask(Query(), bidang).by_category] == ["Sampah"]
    own = value(desk.ask(Query(), bidang), "aduan_masuk_30h")
    assert (
        own
        == value(desk.ask(Query(opd="dlh", category="Sampah")), "aduan_masuk_30h")
        != value(desk.ask(Query(), dlh), "aduan_masuk_30h")
    )


def test_the_same_question_in_the_same_minute_is_answered_from_memory(empty: Desk) -> None:
    empty.give(complaint("a", due=NOW + timedelta(seconds=90)))
    first = empty.ask(Query())
    assert empty.ask(Query(), later=timedelta(seconds=30)) is first
    later = empty.ask(Query(), later=timedelta(seconds=120))
    assert (value(first, "aduan_lewat_tenggat"), value(later, "aduan_lewat_tenggat")) == (0, 1)
    empty.give(complaint("b"))
    assert value(empty.ask(Query()), "aduan_terbuka") == 2
    limited = Scope(user="x", role=Role.OPD_HEAD, opds=frozenset({"dpupr"}))
    assert value(empty.ask(Query(), limited), "aduan_terbuka") == 0


def test_without_records_a_drill_says_why(empty: Desk) -> None:
    found = empty.ask(Query())
    assert {r.why_none for r in found.readings} == {"belum ada sumber"}
    assert (found.by_category, sum(found.received)) == ((), 0)


@pytest.mark.parametrize("days", [0, -1, 367])
def test_days_out_of_bounds_are_refused(days: int) -> None:
    with pytest.raises(ValueError, match="days"):
        Query(days=days)


@pytest.mark.parametrize("parts", [{"area": "36.71.99"}, {"area": "x"}])
def test_an_unknown_area_is_refused(desk: Desk, parts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="tidak dikenal"):
        desk.ask(Query(**parts))
