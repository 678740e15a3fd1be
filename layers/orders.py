"""Orders (arahan): what a leader asked of an OPD, until when, and whether it was answered; kept beside the accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, select, update

from layers import peopleschema as schema
from layers.calendar import Calendar
from layers.city import City
from layers.clock import start_of_day
from layers.model import UNPLACED, MendError, NotYoursError, Role, Scope
from layers.people import People
from layers.privacy import own_words

LONGEST = 600
"""Characters of an order or an answer, as its refusal says too; what is longer is a letter, not an order."""
FARTHEST = timedelta(days=366)
"""A deadline lies no farther ahead."""
MOST = 500
"""Orders of one answer at most, the open ones first."""

GIVERS = frozenset({Role.LEADER, Role.ADMIN})
READERS = frozenset({Role.LEADER, Role.ADMIN, Role.OPERATOR, Role.OPD_HEAD})


class OrderState(StrEnum):
    """How an order stands. It is open until it is done or cancelled; answered once, by whom it was given to."""

    GIVEN = "dibuat"
    ANSWERED = "dijawab"
    DONE = "selesai"
    CANCELLED = "dibatalkan"

    @property
    def open(self) -> bool:
        return self in (OrderState.GIVEN, OrderState.ANSWERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The number that an order is about; all ``None`` for a free one."""

    kpi: str | None = None
    area: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order. ``text`` and ``answer`` are people's own words, with identifiers masked; ``due`` by working time.

    ``ended`` is when it was found done or cancelled.
    """

    id: int
    given: datetime
    giver: str
    giver_role: Role
    opd: str
    text: str
    about: About
    due: datetime
    state: OrderState
    answer: str | None = None
    answered_by: str | None = None
    answered: datetime | None = None
    ended_by: str | None = None
    ended: datetime | None = None

    def late(self, now: datetime) -> bool:
        """Whether it waits for its answer beyond its deadline."""
        return self.state is OrderState.GIVEN and now > self.due

    def at(self, moment: datetime) -> Order | None:
        """The order as it stood at a moment gone by; ``None`` before it was given."""
        if self.given > moment:
            return None
        order = self
        if order.ended and order.ended > moment:
            order = replace(order, ended=None, ended_by=None, state=OrderState.ANSWERED if order.answered else OrderState.GIVEN)
        if order.answered and order.answered > moment:
            order = replace(order, answer=None, answered=None, answered_by=None, state=OrderState.GIVEN)
        return order


def may_give(scope: Scope, opd: str | None = None, area: str | None = None) -> bool:
    """Whether the asker may give orders: to anyone at all, or to ``opd`` about ``area``."""
    if scope.role not in GIVERS:
        return False
    return (opd is None or scope.opds is None or opd in scope.opds) and (opd is None or _within(scope, area))


def may_see(scope: Scope, opd: str, area: str | None = None) -> bool:
    """Whether the asker may see an order to ``opd`` about ``area``."""
    return scope.role in READERS and (scope.opds is None or opd in scope.opds) and _within(scope, area)


def may_answer(scope: Scope, opd: str, area: str | None = None) -> bool:
    """Only the head of the OPD answers for it."""
    return scope.role is Role.OPD_HEAD and scope.opds is not None and may_see(scope, opd, area)


def _within(scope: Scope, area: str | None) -> bool:
    """An order about the whole city is not one about a part of it."""
    if scope.areas is None:
        return True
    return area is not None and any(area == own or area.startswith(f"{own}.") for own in scope.areas)


def deadline(city: City, opd: str, now: datetime, day: date | None = None) -> datetime:
    """Until when: one working day from now, or the closing time of the office on a chosen working day.

    Raises :class:`MendError` for a day without working time, one that is over, or one more than a year away.
    """
    calendar = Calendar.of(city, now, opd=opd)
    if day is None:
        return calendar.add(now, days=1).moment
    if day > (now + FARTHEST).astimezone(city.zone).date():
        raise MendError("tenggat paling jauh satu tahun lagi")
    spans = calendar.spans(day)
    if not spans:
        raise MendError("tanggal itu bukan hari kerja; pilih hari kerja")
    midnight = datetime(day.year, day.month, day.day, tzinfo=city.zone)
    due = (midnight + timedelta(seconds=spans[-1][1])).astimezone(UTC)
    if due <= now:
        raise MendError("tenggat sudah lewat; pilih hari kerja berikutnya")
    return due


class Orders:
    """The orders in the people database; each change is one transaction with its line in the audit."""

    def __init__(self, people: People) -> None:
        self._people = people

    def give(
        self,
        scope: Scope,
        city: City,
        opd: str,
        text: str,
        now: datetime,
        *,
        about: About | None = None,
        until: date | None = None,
    ) -> Order:
        """Give an order; raises :class:`NotYoursError` without the right to, :class:`MendError` for what cannot be ordered."""
        about = about or About()
        if city.opd(opd) is None:
            raise MendError("pilih OPD yang diberi arahan")
        if about.area not in (None, UNPLACED, city.code, *(area.code for area in city.areas)):
            raise MendError("wilayah tidak dikenal")
        if not may_give(scope, opd, about.area):
            raise NotYoursError
        words, due = own_words(text, LONGEST), deadline(city, opd, now, until)
        facts = {
            "given": now,
            "giver": scope.user,
            "giver_role": scope.role.value,
            "opd": opd,
            "text": words,
            "kpi": about.kpi,
            "area": about.area,
            "due": due,
            "state": OrderState.GIVEN.value,
        }
        table = schema.orders
        with self._people.write(alone=True) as connection:
            row = connection.execute(table.insert().values(facts).returning(*table.c)).one()
            said = {"id": row.id, "opd": opd, "isi": words, "tenggat": due.isoformat()}
            self._people.note(connection, scope.user, "arahan dibuat", said, now)
        return _order(row)

    def answer(self, scope: Scope, number: int, text: str, now: datetime) -> Order:
        """Answer an open order, once, for the OPD that it was given to."""
        words = own_words(text, LONGEST)
        facts = {"state": OrderState.ANSWERED.value, "answer": words, "answered_by": scope.user, "answered": now}
        return self._change(scope, number, (OrderState.GIVEN,), facts, "arahan dijawab", now, {"isi": words})

    def end(self, scope: Scope, number: int, state: OrderState, now: datetime) -> Order:
        """Find an answered order done, or cancel an open one: whoever may give such orders."""
        if state.open:
            raise MendError("arahan hanya dapat diselesaikan atau dibatalkan")
        before = (OrderState.ANSWERED,) if state is OrderState.DONE else (OrderState.GIVEN, OrderState.ANSWERED)
        facts = {"state": state.value, "ended_by": scope.user, "ended": now}
        return self._change(scope, number, before, facts, f"arahan {state.value}", now, {})

    def seen(self, scope: Scope, *, since: datetime | None = None, opd: str | None = None) -> tuple[Order, ...]:
        """The orders that the asker may see: the open ones by their deadlines, then the others, newest first.

        With ``since`` only those that are open or were given or ended from then on.
        """
        if scope.role not in READERS:
            return ()
        table = schema.orders.c
        query: Select[Any] = select(schema.orders)
        if scope.opds is not None:
            query = query.where(table.opd.in_(sorted(scope.opds)))
        if opd is not None:
            query = query.where(table.opd == opd)
        is_open = table.state.in_([state.value for state in OrderState if state.open])
        if since is not None:
            query = query.where(is_open | (table.given >= since) | (table.ended >= since))
        query = query.order_by(is_open.desc(), table.given.desc(), table.id.desc()).limit(MOST)
        with self._people.read() as connection:
            found = [_order(row) for row in connection.execute(query)]
        allowed = [order for order in found if may_see(scope, order.opd, order.about.area)]
        ahead = sorted((o for o in allowed if o.state.open), key=lambda o: (o.state is not OrderState.GIVEN, o.due, o.id))
        return (*ahead, *(order for order in allowed if not order.state.open))

    def _change(
        self,
        scope: Scope,
        number: int,
        before: Sequence[OrderState],
        facts: dict[str, Any],
        what: str,
        now: datetime,
        said: dict[str, Any],
    ) -> Order:
        table, may = schema.orders, may_answer if "answer" in facts else may_give
        with self._people.write(alone=True) as connection:
            row = connection.execute(select(table).where(table.c.id == number)).first()
            if row is None or not may(scope, row.opd, row.area):
                raise NotYoursError
            if row.state not in before:
                raise MendError(f"arahan ini sudah {row.state}")
            changed = connection.execute(update(table).where(table.c.id == number).values(facts).returning(*table.c)).one()
            self._people.note(connection, scope.user, what, {"id": number, "opd": row.opd} | said, now)
        return _order(changed)


def former_day(city: City, now: datetime) -> datetime:
    """Local midnight of the working day before today: a Monday asks about Friday and the days off since."""
    calendar, today = Calendar.of(city, now), now.astimezone(city.zone).date()
    days = (today - timedelta(days=back) for back in range(1, 32))
    day = next((day for day in days if calendar.works(day)), today - timedelta(days=1))
    return start_of_day(datetime(day.year, day.month, day.day, 12, tzinfo=city.zone), city.zone)


def _order(row: Row[Any]) -> Order:
    return Order(
        id=row.id,
        given=row.given,
        giver=row.giver,
        giver_role=Role(row.giver_role),
        opd=row.opd,
        text=row.text,
        about=About(kpi=row.kpi, area=row.area),
        due=row.due,
        state=OrderState(row.state),
        answer=row.answer,
        answered_by=row.answered_by,
        answered=row.answered,
        ended_by=row.ended_by,
        ended=row.ended,
    )
