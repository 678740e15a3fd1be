"""The queue goes by working time: over weekends, for 112 by the clock; every case once over all its pages, for who may see it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from layers.areas import AreaTree
from layers.catalog import catalog
from layers.city import City
from layers.disputes import Dispute, disputed
from layers.drill import Query
from layers.frames import Frames
from layers.handovers import Handover
from layers.model import Kind, Role, Scope, Status
from layers.opdbook import Book
from layers.queue import SIZE, SORTED_BY, held, queue
from layers.room import Room
from tests.layers.made import DAY, HOUR, PUBLIC, complaint, give, new_store

FRIDAY = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
"""15.00 WIB; the office closes at 16.30 and opens again on Monday at 07.30."""
DLH = Scope(user="kadis", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
LEADER = Scope(user="sekda", role=Role.LEADER)
CASES = {
    "lewat-kerja": {"due": FRIDAY - 3 * HOUR},
    "lewat-lama": {"due": FRIDAY - 9 * DAY},
    "sore": {"due": FRIDAY + HOUR},
    "senin": {"due": FRIDAY + timedelta(days=2, hours=17)},
    "sabtu-112": {"due": FRIDAY + 20 * HOUR, "channel": "112"},
    "tanpa": {"due": None},
    "dishub": {"due": FRIDAY + HOUR, "opd": "dishub"},
    "selesai": {"due": FRIDAY + HOUR, "status": Status.DONE, "closed": FRIDAY - HOUR},
}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, city: City) -> Iterator[Room]:
    folder, tree = tmp_path_factory.mktemp("queue"), AreaTree.of(city)
    store = new_store(f"sqlite:///{folder}/s.sqlite")
    facts = {"received": FRIDAY - 20 * DAY, "seen_at": FRIDAY, "status": Status.IN_PROCESS}
    many = [complaint(f"N-{i:03}", **facts | {"due": FRIDAY + (90 + i) * DAY, "category": f"K{i % 3}"}) for i in range(60)]
    give(store, [*(complaint(name, **facts | more) for name, more in CASES.items()), *many])
    frames = Frames(folder / "frames", city, tree)
    frames.refresh(store)
    yield Room(frames.view(), tree, city, store.source_states(), FRIDAY)
    store.close()


def test_the_least_working_time_comes_first(room: Room) -> None:
    found = queue(DLH, room, Query(opd="dlh"))
    assert [case.source_id for case in found.cases[:5]] == ["lewat-lama", "lewat-kerja", "sore", "sabtu-112", "senin"]
    left = {case.source_id: case.left for case in found.cases}
    assert (left["sore"], left["sabtu-112"]) == (3600, 20 * 3600)  # a 112 ticket runs by the clock
    assert left["senin"] == int(1.5 * 3600) + int(0.5 * 3600)  # Monday 08.00: the weekend does not count
    office = [
        case.left
        for page in range(1, found.pages + 1)
        for case in queue(DLH, room, Query(opd="dlh"), page=page).cases
        if case.working
    ]
    assert office[:-1] == sorted(left for left in office if left is not None)  # the last has no deadline
    assert found.by_urgency == {"late": 2, "today": 1, "later": 62, "none": 1}


def test_every_case_is_on_one_page_whatever_the_order(room: Room) -> None:
    for order in (*SORTED_BY, *(f"-{name}" for name in SORTED_BY)):
        first = queue(DLH, room, Query(opd="dlh"), order=order)
        pages = [queue(DLH, room, Query(opd="dlh"), order=order, page=n) for n in range(1, first.pages + 1)]
        keys = [case.key for page in pages for case in page.cases]
        assert len(keys) == len(set(keys)) == first.total == 66
        assert {len(page.cases) for page in pages[:-1]} == {SIZE}
    beyond = queue(DLH, room, Query(opd="dlh"), page=99)
    assert (beyond.page, beyond.cases) == (first.pages, queue(DLH, room, Query(opd="dlh"), page=first.pages).cases)
    assert queue(DLH, room, Query(opd="dlh"), page=9, number="tidak-ada").page == 1
    assert queue(DLH, room, Query(opd="dlh"), order="left", page=first.pages).cases[-1].source_id == "tanpa"


def test_the_queue_is_narrowed_by_every_choice(room: Room) -> None:
    query = Query(opd="dlh")
    assert [case.source_id for case in queue(DLH, room, query, urgency="late").cases] == ["lewat-lama", "lewat-kerja"]
    assert queue(DLH, room, query, number="n-00").total == 10
    assert [case.source_id for case in queue(DLH, room, query, among=[("laksa", "sore"), ("laksa", "dishub")]).cases] == ["sore"]
    assert queue(DLH, room, Query(opd="dlh", category="K1")).total == 20
    assert queue(DLH, room, query, among=[]).total == 0


def test_nobody_sees_cases_that_are_not_theirs(room: Room) -> None:
    with pytest.raises(PermissionError):
        queue(PUBLIC, room, Query(opd="dlh"))
    with pytest.raises(PermissionError):
        held(PUBLIC, room, "dlh", [("laksa", "sore")])
    assert queue(DLH, room, Query(opd="dishub")).total == 0
    assert queue(LEADER, room, Query(opd="dishub")).total == 1
    assert held(DLH, room, "dlh", [("laksa", "sore"), ("laksa", "dishub"), ("lain", "sore")]) == {("laksa", "sore")}
    for wrong in ({"order": "text"}, {"urgency": "besok"}):
        with pytest.raises(ValueError, match="tidak dikenal"):
            queue(DLH, room, Query(opd="dlh"), **wrong)


def test_a_disputed_case_counts_in_the_figures_that_hold_it(room: Room) -> None:
    cases = [("laksa", "sore"), ("laksa", "lewat-lama"), ("laksa", "tidak-ada")]
    kpis = catalog()
    assert disputed(PUBLIC, room, kpis["aduan_terbuka"], Query(opd="dlh"), cases) == 2
    assert disputed(PUBLIC, room, kpis["aduan_lewat_tenggat"], Query(opd="dlh"), cases) == 1
    assert disputed(PUBLIC, room, kpis["aduan_terbuka"], Query(opd="dishub"), cases) == 0
    assert disputed(PUBLIC, room, kpis["sumber_segar"], Query(), cases) == 0


def test_what_was_written_about_a_case_is_for_who_may_see_the_case(room: Room) -> None:
    cases = [("laksa", "sore"), ("laksa", "tidak-ada")]
    disputes = tuple(
        Dispute(id=i, source=s, source_id=n, opd="dlh", reason="", who="", at=FRIDAY) for i, (s, n) in enumerate(cases)
    )
    book = Book(disputes=disputes, handed={key: Handover(division="Sampah", who="kadis", at=FRIDAY) for key in cases})
    assert book.within(DLH, None, "dlh") == book
    here = room.whole[Kind.COMPLAINT].filter(pl.col("source_id") == "sore")["area"].cast(pl.String).item()
    for scope, seen in (
        (Scope(user="lurah", role=Role.LURAH, areas=frozenset({here})), cases[:1]),
        (Scope(user="lurah", role=Role.LURAH, areas=frozenset({"36.71.02"})), []),
        (Scope(user="seksi", role=Role.BIDANG, opds=frozenset({"dlh"}), categories=frozenset({"lain"})), []),
        (PUBLIC, []),
    ):
        found = book.within(scope, room, "dlh")
        assert ([dispute.key for dispute in found.disputes], list(found.handed)) == (seen, seen)
        assert not book.within(scope, None, "dlh").handed
