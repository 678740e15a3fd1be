"""The charts of a desk agree with counting by hand: each under the choices of the others, and never under its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.areas import AreaTree
from layers.catalog import catalog
from layers.city import City
from layers.courses import BOUND, course, sparks, year_ago
from layers.crossing import crossed
from layers.drill import Query, readings_at
from layers.frames import Frames
from layers.model import UNPLACED, Complaint, Role, Scope, Status
from layers.ownrows import own_rows
from layers.reasons import reasons
from layers.room import Room
from tests.layers.made import DAY, NOW, PUBLIC, complaint, give, new_store

AREAS = ("36.71.01.1001", "36.71.01.1002", "36.71.05.1004", UNPLACED)
STATUSES = (Status.DONE, Status.IN_PROCESS, Status.WAITING)
KEYS = {"category": ("Sampah", "Banjir"), "channel": ("aplikasi", "112"), "status": STATUSES, "area": AREAS}


def made(i: int) -> Complaint:
    """Three hundred complaints over a hundred days, by rule."""
    received, status = NOW - timedelta(hours=8 * i + 1), STATUSES[i % 3]
    return complaint(
        str(i),
        area=AREAS[i % 4],
        opd=("dlh", "dpupr")[i % 5 == 0],
        category=KEYS["category"][i % 2],
        channel=KEYS["channel"][i // 2 % 2],
        received=received,
        due=received + 5 * DAY,
        responded=received + timedelta(hours=3),
        closed=received + timedelta(hours=i % 200) if status is Status.DONE else None,
        status=status,
    )


ALL = [made(i) for i in range(300)]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, city: City) -> Iterator[Room]:
    folder, tree = tmp_path_factory.mktemp("crossing"), AreaTree.of(city)
    store = new_store(f"sqlite:///{folder}/s.sqlite")
    give(store, ALL)
    frames = Frames(folder / "frames", city, tree)
    frames.refresh(store)
    yield Room(frames.view(), tree, city, store.source_states(), NOW)
    store.close()


def counted(record: Complaint, measure: str, days: int) -> bool:
    start = NOW - days * DAY
    is_open = record.status is not Status.DONE
    return {
        "open": is_open,
        "overdue": is_open and record.due is not None and record.due < NOW,
        "received": start <= record.received <= NOW,
        "closed": record.closed is not None and start <= record.closed <= NOW,
    }[measure]


def fits(record: Complaint, query: Query, but: str) -> bool:
    same = all(getattr(record, n) == v for n in ("category", "channel", "status") if n != but and (v := getattr(query, n)))
    here = but == "area" or query.area in (None, record.area) or record.area.startswith(f"{query.area}.")
    within = but == "span" or query.span is None or query.span[0] <= record.received < query.span[1]
    return record.opd == query.opd and same and here and within


queries = st.builds(
    Query,
    opd=st.sampled_from(("dlh", "dpupr")),
    area=st.sampled_from((None, "36.71.01", "36.71.05.1004", UNPLACED)),
    category=st.sampled_from((None, "Sampah")),
    channel=st.sampled_from((None, "112")),
    status=st.sampled_from((None, "diproses", "selesai")),
    days=st.sampled_from((7, 30, 90)),
    span=st.sampled_from((None, (NOW - 9 * DAY, NOW - 4 * DAY))),
)


@settings(max_examples=40, deadline=None)
@given(query=queries)
def test_every_chart_equals_counting_by_hand(room: Room, query: Query) -> None:
    found = crossed(PUBLIC, room, query)
    for by in KEYS:
        for measure in ("overdue", "open", "received", "closed"):
            hand = Counter(str(getattr(r, by)) for r in ALL if fits(r, query, by) and counted(r, measure, query.days))
            assert {key: n for key, c in found.by[by].items() if (n := getattr(c, measure))} == dict(hand)
    assert found.whole.open == sum(fits(r, query, "") and counted(r, "open", 1) for r in ALL)
    assert sum(s.received for s in found.days) == sum(fits(r, query, "span") and counted(r, "received", query.days) for r in ALL)
    assert found.days[-1].last == room.today


def test_the_cards_of_a_cut_are_those_of_a_drill(room: Room, city: City) -> None:
    query = Query(opd="dlh", category="Sampah", days=30)
    kpis = {name: catalog()[name] for name in ("selesai_tepat_waktu", "aduan_terbuka", "lama_penyelesaian")}
    assert (
        readings_at(PUBLIC, room, kpis, query, own_rows(PUBLIC, room, query))["aduan_terbuka"].value
        == crossed(PUBLIC, room, query).whole.open
    )
    bound = readings_at(PUBLIC, room, kpis, stood := Query(opd="dlh", status="diproses"), own_rows(PUBLIC, room, stood))
    assert [found.change for found in bound.values()] == [None] * 3  # how they stand now tells nothing of before


def test_a_limited_scope_counts_its_own(room: Room) -> None:
    camat = Scope(user="camat", role=Role.LEADER, areas=frozenset({"36.71.05"}))
    assert set(crossed(camat, room, Query(opd="dlh")).by["area"]) == {"36.71.05.1004"}
    other = Scope(user="lain", role=Role.OPD_HEAD, opds=frozenset({"dpupr"}))
    assert crossed(other, room, Query(opd="dlh")).by["category"] == {}


def test_a_course_ends_where_the_figure_stands(room: Room) -> None:
    query, kpi = Query(opd="dlh", days=30), catalog()["aduan_terbuka"]
    line = course(PUBLIC, room, kpi, query)
    assert (len(line.days), line.days[-1], line.rolling) == (31, room.today.isoformat(), None)
    assert line.values[-1] == crossed(PUBLIC, room, query).whole.open == sparks(PUBLIC, room, [kpi], query)[kpi.id][-1]
    assert line.city[-1] == sum(counted(r, "open", 1) for r in ALL)
    share = course(PUBLIC, room, catalog()["selesai_tepat_waktu"], query)
    assert share.rolling == 7
    assert any(value is not None for value in share.values)


@pytest.mark.parametrize("query", [Query(opd="dlh", status="selesai"), Query(opd="dlh", span=(NOW - 9 * DAY, NOW - 4 * DAY))])
def test_days_or_a_status_chosen_have_no_course_and_no_year_ago_but_why(room: Room, query: Query) -> None:
    kpi = catalog()["aduan_terbuka"]
    line = course(PUBLIC, room, kpi, query)
    assert (line.values, line.why_none) == ((), BOUND)
    assert sparks(PUBLIC, room, [kpi], query) == {}
    assert year_ago(PUBLIC, room, kpi, query) == (None, BOUND)


def test_a_year_ago_nobody_watched(room: Room) -> None:
    value, why = year_ago(PUBLIC, room, catalog()["selesai_tepat_waktu"], Query(opd="dlh"))
    assert (value, why) == (None, "data setahun lalu belum tersimpan")


def test_the_reasons_add_up_to_the_change(room: Room) -> None:
    found = reasons(PUBLIC, room, catalog()["aduan_terbuka"], Query(opd="dlh", days=30))
    assert found.change
    assert sum(part.total for part in found.parts) == pytest.approx(found.change)
    sampah = reasons(PUBLIC, room, catalog()["aduan_terbuka"], Query(opd="dlh", days=30, category="Sampah"))
    assert {part.by[0] for part in sampah.parts if part.by} == {"Sampah"}
    inside = reasons(PUBLIC, room, catalog()["aduan_terbuka"], Query(opd="dlh", days=30, area="36.71.01"))
    assert {part.by[1] for part in inside.parts if part.by} <= set(AREAS)
