"""Orders: who gives, answers and sees them, until when they run, and what stays of each change; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select

from layers import peopleschema as schema
from layers.calendar import Calendar
from layers.city import City
from layers.model import UNPLACED, MendError, NotYoursError, Role, Scope
from layers.orders import LONGEST, About, Order, Orders, OrderState, deadline, former_day, may_see
from layers.people import People
from tests.layers.made import DAY, HOUR, SECRET

NOW = datetime(2026, 11, 19, 3, 0, tzinfo=UTC)
"""Thursday 10.00 WIB."""
LEADER = Scope(user="sekda", role=Role.LEADER)
ASSISTANT = Scope(user="asisten", role=Role.LEADER, opds=frozenset({"dlh"}))
DLH = Scope(user="kadis", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
PUPR = Scope(user="lain", role=Role.OPD_HEAD, opds=frozenset({"dpupr"}))
OPERATOR = Scope(user="jaga", role=Role.OPERATOR)
BENDA = Scope(user="camat", role=Role.LEADER, areas=frozenset({"36.71.03"}))
NOBODY = tuple(Scope(user="x", role=role) for role in (Role.PUBLIC, Role.SCREEN, Role.ANALYST))
NO_LIMITS = Scope(user="kosong", role=Role.OPD_HEAD)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    found: str = f"sqlite:///{tmp_path}/p.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    return found


@pytest.fixture
def people(url: str) -> Iterator[People]:
    people = People(url, SECRET)
    people.open()
    yield people
    people.close()


@pytest.fixture
def orders(people: People) -> Orders:
    return Orders(people)


def order(orders: Orders, city: City, scope: Scope = LEADER, **parts: Any) -> Order:
    opd, text, now = parts.pop("opd", "dlh"), parts.pop("text", "Angkut sampah di TPS Neglasari"), parts.pop("now", NOW)
    return orders.give(scope, city, opd, text, now, **parts)


def test_an_order_runs_one_working_day_and_comes_back_as_given(orders: Orders, city: City) -> None:
    given = order(orders, city, about=About(kpi="aduan_lewat_tenggat", area="36.71.01"))
    assert given.due == NOW + DAY  # Friday 10.00
    friday = order(orders, city, now=NOW + DAY)
    assert friday.due == NOW + 4 * DAY  # Monday 10.00
    assert orders.seen(LEADER) == (given, friday)
    assert (given.giver, given.giver_role, given.state) == ("sekda", Role.LEADER, OrderState.GIVEN)


def test_a_chosen_day_ends_when_the_office_closes(city: City) -> None:
    assert deadline(city, "dlh", NOW, date(2026, 11, 20)) == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)  # Friday 16.30
    assert deadline(city, "dlh", NOW, date(2026, 11, 19)) == datetime(2026, 11, 19, 9, 0, tzinfo=UTC)
    for day, said in (
        (date(2026, 11, 21), "bukan hari kerja"),
        (date(2026, 12, 25), "bukan hari kerja"),
        (date(2026, 11, 18), "sudah lewat"),
        (date(2027, 12, 1), "satu tahun"),
        (date(9999, 12, 31), "satu tahun"),
    ):
        with pytest.raises(MendError, match=said):
            deadline(city, "dlh", NOW, day)


@given(hours=st.integers(0, 24 * 700))
def test_every_deadline_lies_in_working_time_ahead(hours: int) -> None:
    city = _city()
    now = NOW - timedelta(days=300) + hours * HOUR
    due = deadline(city, "dlh", now)
    calendar = Calendar.of(city, now, opd="dlh")
    assert due > now
    assert calendar.works(due.astimezone(city.zone).date())
    left = calendar.left(now, due)
    assert (left.days, left.seconds, left.over) == (1, 0, False)


def _city() -> City:
    from layers.city import load

    return load("36.71")


def test_only_leaders_give_and_only_to_those_they_lead(orders: Orders, city: City) -> None:
    for scope in (*NOBODY, OPERATOR, DLH, NO_LIMITS):
        with pytest.raises(NotYoursError):
            order(orders, city, scope)
    with pytest.raises(NotYoursError):
        order(orders, city, ASSISTANT, opd="dpupr")
    with pytest.raises(NotYoursError):
        order(orders, city, BENDA)
    with pytest.raises(NotYoursError):
        order(orders, city, BENDA, about=About(area="36.71.01"))
    assert order(orders, city, ASSISTANT).opd == "dlh"
    assert order(orders, city, BENDA, about=About(area="36.71.03.1001")).about.area == "36.71.03.1001"
    for opd, about in (("entah", About()), ("dlh", About(area="36.99"))):
        with pytest.raises(MendError):
            order(orders, city, opd=opd, about=about)


def test_who_sees_which(orders: Orders, city: City) -> None:
    dlh = order(orders, city)
    pupr = order(orders, city, opd="dpupr", about=About(area="36.71.03.1001"))
    unplaced = order(orders, city, opd="dpupr", about=About(area=UNPLACED))
    for scope, seen in (
        (LEADER, {dlh, pupr, unplaced}),
        (OPERATOR, {dlh, pupr, unplaced}),
        (ASSISTANT, {dlh}),
        (DLH, {dlh}),
        (PUPR, {pupr, unplaced}),
        (BENDA, {pupr}),
        *((scope, set()) for scope in NOBODY),
    ):
        assert set(orders.seen(scope)) == seen, scope
        assert all(may_see(scope, each.opd, each.about.area) is (each in seen) for each in (dlh, pupr, unplaced))
    assert orders.seen(LEADER, opd="dlh") == (dlh,)


def test_an_order_is_answered_once_by_its_opd_and_then_ended(orders: Orders, city: City) -> None:
    given = order(orders, city)
    for scope in (LEADER, OPERATOR, PUPR, NO_LIMITS, *NOBODY):
        with pytest.raises(NotYoursError):
            orders.answer(scope, given.id, "Sudah", NOW)
    with pytest.raises(NotYoursError):
        orders.answer(DLH, given.id + 1, "Sudah", NOW)
    with pytest.raises(MendError):
        orders.end(LEADER, given.id, OrderState.DONE, NOW)
    assert given.late(given.due + HOUR)
    answered = orders.answer(DLH, given.id, "Truk  dikirim\n13.00", NOW + HOUR)
    assert (answered.answer, answered.answered_by, answered.answered) == ("Truk dikirim 13.00", "kadis", NOW + HOUR)
    assert not answered.late(given.due + HOUR)
    with pytest.raises(MendError, match="sudah dijawab"):
        orders.answer(DLH, given.id, "Lagi", NOW)
    with pytest.raises(NotYoursError):
        orders.end(DLH, given.id, OrderState.CANCELLED, NOW)
    done = orders.end(LEADER, given.id, OrderState.DONE, NOW + 2 * HOUR)
    assert (done.state, done.ended_by, done.ended) == (OrderState.DONE, "sekda", NOW + 2 * HOUR)
    for state in (OrderState.DONE, OrderState.CANCELLED, OrderState.GIVEN):
        with pytest.raises(MendError):
            orders.end(LEADER, given.id, state, NOW)


def test_open_orders_come_first_by_deadline_and_ended_ones_go(orders: Orders, city: City) -> None:
    late = order(orders, city, until=date(2026, 11, 27))
    soon = order(orders, city)
    answered = order(orders, city, until=date(2026, 11, 20))
    gone = order(orders, city, now=NOW - 30 * DAY)
    answered = orders.answer(DLH, answered.id, "Sudah", NOW)
    gone = orders.end(LEADER, gone.id, OrderState.CANCELLED, NOW - 20 * DAY)
    assert orders.seen(LEADER) == (soon, late, answered, gone)
    assert orders.seen(LEADER, since=NOW - DAY) == (soon, late, answered)
    assert orders.seen(LEADER, since=NOW - 20 * DAY) == (soon, late, answered, gone)


def test_identifiers_are_masked_and_each_change_stands_in_the_audit(people: People, orders: Orders, city: City) -> None:
    given = order(orders, city, text="Hubungi 0812-3456-7890,\n NIK 3671010101010001")
    assert given.text == "Hubungi [telepon], NIK [nik]"
    orders.answer(DLH, given.id, "Sudah ke 081234567890", NOW)
    orders.end(LEADER, given.id, OrderState.DONE, NOW)
    with people.read() as connection:
        lines = connection.execute(select(schema.audit.c.who, schema.audit.c.what, schema.audit.c.detail)).all()
    assert [(line.who, line.what) for line in lines] == [
        ("sekda", "arahan dibuat"),
        ("kadis", "arahan dijawab"),
        ("sekda", "arahan selesai"),
    ]
    assert all("3456" not in line.detail for line in lines)
    assert people.audit_broken_at() is None


@pytest.mark.parametrize("text", ["", "  \n ", "\u200b", "a" * (LONGEST + 1)])
def test_nothing_and_too_much_are_refused(people: People, orders: Orders, city: City, text: str) -> None:
    with pytest.raises(MendError):
        order(orders, city, text=text)
    assert orders.seen(LEADER) == ()
    with people.read() as connection:
        assert connection.execute(select(schema.audit)).all() == []


MOVES = st.tuples(st.sampled_from(["jawab", "selesai", "batal"]), st.sampled_from([LEADER, DLH, PUPR]))


@given(moves=st.lists(MOVES, max_size=6))
@hypothesis_settings(max_examples=10)
def test_whatever_is_tried_an_order_goes_forward_only(tmp_path_factory: pytest.TempPathFactory, moves: list[Any]) -> None:
    people = People(f"sqlite:///{tmp_path_factory.mktemp('o')}/p.sqlite", SECRET)
    people.open()
    orders, rank = Orders(people), list(OrderState)
    given = order(orders, _city())
    before = given
    for move, scope in moves:
        try:
            if move == "jawab":
                after = orders.answer(scope, given.id, "Sudah", NOW)
            else:
                after = orders.end(scope, given.id, OrderState.DONE if move == "selesai" else OrderState.CANCELLED, NOW)
        except (MendError, NotYoursError):
            (after,) = orders.seen(LEADER)
            assert after == before
        else:
            assert rank.index(after.state) > rank.index(before.state)
            assert before.state.open
        before = after
    people.close()


def test_the_day_before_is_a_working_day(city: City) -> None:
    assert former_day(city, NOW) == datetime(2026, 11, 17, 17, 0, tzinfo=UTC)  # Wednesday 00.00 WIB
    assert former_day(city, NOW + 4 * DAY) == datetime(2026, 11, 19, 17, 0, tzinfo=UTC)  # Monday asks about Friday
