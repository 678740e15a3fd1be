"""Alarms kept: their lives and the messages about them in the store, what people did about them in the people's database."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from layers import peopleschema, schema
from layers.alarmrules import StateRule
from layers.alarms import Acknowledgement, Acts, Life, Silence, shown, step
from layers.alarmtypes import About
from layers.citystate import state_of
from layers.database import Database
from layers.findings import Found, Look, find
from layers.floods import WINDOW, Flood, floods, recent, under_way
from layers.notices import RINGS, Notice, Writer
from layers.screens import Screen, Screens
from layers.snapshot import Snapshot

TAKE, SILENCE = "terima", "diamkan"
"""What a person may do about an alarm; a silence that ends at once lets it ring again."""

LOOKS_BACK = timedelta(days=1)
"""Rings of this long decide whether there is a flood."""

SHOWN_DAYS = timedelta(days=7)
"""How far back the alarm page looks."""

HISTORY = timedelta(days=90)
"""How long an alarm that has ended, and a message about it, stay in the books."""

MOST_WAITING = 200
"""Messages that may wait for one target; beyond it the least urgent and oldest are dropped, with that reason."""

EARLY, FLOODED, FULL = "reda sebelum dikirim", "masuk ringkasan banjir", "antrean penuh"

log = logging.getLogger(__name__)


class PeopleBook(Database):
    """The people's database for those who only read and write what was done about alarms."""

    branch = "people"


# --- what people did -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing that a person did about one occurrence of an alarm."""

    alarm: str
    raised: datetime
    what: str
    who: str
    office: str
    at: datetime
    until: datetime | None = None
    reason: str | None = None


def record_act(people: Database, act: Act) -> None:
    """Keep an act."""
    with people.write() as connection:
        connection.execute(insert(peopleschema.alarm_act).values(asdict(act)))


def acts_on(people: Database, alarms: Collection[str], until: datetime | None = None) -> Acts:
    """What was done about these alarms, ``until`` a moment; the first acknowledgement of each, and the last silence, hold."""
    if not alarms:
        return Acts()
    table = peopleschema.alarm_act
    query = select(table).where(people.among(table.c.alarm, sorted(alarms))).order_by(table.c.id)
    if until is not None:
        query = query.where(table.c.at <= until)
    taken: dict[tuple[str, datetime], Acknowledgement] = {}
    silent: dict[str, Silence] = {}
    with people.read() as connection:
        for row in connection.execute(query):
            if row.what == TAKE:
                taken.setdefault((row.alarm, row.raised), Acknowledgement(at=row.at, who=row.who, office=row.office))
            else:
                until = row.until or row.at
                silent[row.alarm] = Silence(at=row.at, until=until, who=row.who, office=row.office, reason=row.reason or "")
    return Acts(taken=taken, silent=silent)


# --- lives -----------------------------------------------------------------------------------

_MOMENTS = ("raised", "rang", "calm", "cleared", "ended")


def _life(row: Any) -> Life:
    return Life(id=row.id, since=row.since, about=About(**row.about), **{name: getattr(row, name) for name in _MOMENTS})


def _row(life: Life) -> dict[str, Any]:
    about = {"rule": life.about.rule, "priority": life.about.priority, "about": asdict(life.about)}
    return {"id": life.id, "since": life.since, **about, **{name: getattr(life, name) for name in _MOMENTS}}


def lives_of(connection: Connection) -> list[Life]:
    """The lives that go on."""
    return [_life(row) for row in connection.execute(select(schema.alarm).where(schema.alarm.c.ended.is_(None)))]


def history(store: Database, since: datetime) -> list[Life]:
    """The alarms that were raised since then, newest first."""
    table = schema.alarm
    query = select(table).where(table.c.raised >= since).order_by(table.c.raised.desc(), table.c.id)
    with store.read() as connection:
        return [_life(row) for row in connection.execute(query)]


def _rang(connection: Connection, now: datetime) -> list[datetime]:
    """The moments at which alarms rang lately."""
    table = schema.alarm
    return list(connection.execute(select(table.c.rang).where(table.c.rang > now - LOOKS_BACK)).scalars())


def _marks(lives: Iterable[Life]) -> set[tuple[Any, ...]]:
    """What decides how lives go on; what an alarm says is written with it, not at each change of its figure."""
    return {(life.id, life.since, *(getattr(life, name) for name in _MOMENTS)) for life in lives}


@dataclass(slots=True, kw_only=True)
class AlarmBook:
    """The one place where alarms go on; any process may do it, and which one does makes no difference."""

    store: Database
    people: Database
    writer: Writer
    _opened: bool = False
    _acts: Acts = field(default_factory=Acts)
    _away: bool = False
    _over: set[datetime] = field(default_factory=set)

    def watch(self, look: Look) -> Snapshot:
        """The snapshot with its alarms and the city's state. What changed is kept, with the messages about it, first."""
        look = replace(look, screens=self._screens())
        now, found = look.now, find(look)
        with self.store.read() as connection:
            former, rang = lives_of(connection), _rang(connection, now)
        acts = self._done({life.id for life in former} | {*found.findings})
        later = step(former, found, acts, now)
        ended = self._just_over(rang, now)
        if _marks(later) != _marks(former) or ended:
            later, rang = self._keep(found, acts, ended, now)
        flood = under_way(rang, now)
        alarms = shown(later, acts, now)
        state = state_of(look.city.state, look.snapshot, alarms, recent(rang, now) if flood else None)
        return replace(look.snapshot, alarms=alarms, state=state)

    def _screens(self) -> Sequence[Screen] | None:
        """The wall's screens; ``None`` while the people's database is away, and then it is not asked again in this look."""
        try:
            if not self._opened:
                self.people.open()
                self._opened = True
            screens = Screens(self.people).all()
        except SQLAlchemyError as error:
            self._lost(error)
            return None
        self._away = False
        return screens

    def _done(self, alarms: Collection[str]) -> Acts:
        """What people did; while their database is away what was known of before."""
        if not self._away:
            try:
                self._acts = acts_on(self.people, alarms)
            except SQLAlchemyError as error:
                self._lost(error)
        return self._acts

    def _lost(self, error: SQLAlchemyError) -> None:
        if not self._away:
            log.warning("event=alarm galat=%s", type(error).__name__)
        self._away = True

    def _just_over(self, rang: Sequence[datetime], now: datetime) -> Flood | None:
        """A flood that ended within the last hour and was not spoken of by this process."""
        past = [flood for flood in floods(rang, now) if flood.until and now - flood.until < timedelta(hours=1)]
        return next((flood for flood in past if flood.since not in self._over), None)

    def _keep(self, found: Found, acts: Acts, over: Flood | None, now: datetime) -> tuple[tuple[Life, ...], list[datetime]]:
        """Step again from what is kept now, and keep that with its messages, in one transaction that is alone."""
        with self.store.write(alone=True) as connection:
            former = lives_of(connection)
            later = step(former, found, acts, now)
            self._write(connection, former, later)
            rang = _rang(connection, now)
            self._tell(connection, former, later, under_way(rang, now), now)
            if over:
                self._queue(connection, self.writer.over(over, later, now), now)
                self._over.add(over.since)
            connection.execute(delete(schema.alarm).where(schema.alarm.c.ended < now - HISTORY))
            connection.execute(delete(schema.notice).where(schema.notice.c.created < now - HISTORY))
        return later, rang

    def _write(self, connection: Connection, former: Sequence[Life], later: Sequence[Life]) -> None:
        table, stay = schema.alarm, {(life.id, life.since) for life in later}
        for life in former:
            if (life.id, life.since) not in stay:  # its condition went before it had lasted: it never was an alarm
                connection.execute(delete(table).where(table.c.id == life.id, table.c.since == life.since))
        changed = _marks(later) - _marks(former)
        for life in later:
            if any(mark[:2] == (life.id, life.since) for mark in changed):
                row = _row(life)
                new = self._insert(table).values(row)
                connection.execute(new.on_conflict_do_update(index_elements=["id", "since"], set_=row))

    # --- messages ---

    def _tell(
        self, connection: Connection, former: Sequence[Life], later: Sequence[Life], flood: Flood | None, now: datetime
    ) -> None:
        notices = [*self.writer.rings(later, flood, now)]
        table = schema.notice
        if flood and flood.since == now:
            unsent = (table.c.tries == 0, table.c.sent.is_(None), table.c.dropped.is_(None), table.c.priority > 1)
            summed = (table.c.key.startswith(f"{RINGS}:"), table.c.created > now - WINDOW)  # what the summary tells
            connection.execute(update(table).where(*unsent, *summed).values(dropped=FLOODED))
        before = {(life.id, life.since) for life in former if life.cleared is None}
        for life in later:
            if life.cleared and (life.id, life.since) in before and life.rang:
                mine = (table.c.alarm == life.id, table.c.since == life.since, table.c.dropped.is_(None))
                held = (table.c.sent.is_(None), table.c.tries == 0, table.c.due > now)
                connection.execute(update(table).where(*mine, *held).values(dropped=EARLY))
                told = connection.execute(select(table.c.target).where(*mine)).scalars()
                notices += self.writer.clearing(life, told, now)
        self._queue(connection, notices, now)

    def _queue(self, connection: Connection, notices: Iterable[Notice], now: datetime) -> None:
        """Put messages on their way, none twice; of too many for one target the least urgent and oldest are dropped."""
        table, targets = schema.notice, set()
        for notice in notices:
            new = self._insert(table).values(asdict(notice) | {"created": now, "tries": 0})
            connection.execute(new.on_conflict_do_nothing())
            targets.add(notice.target)
        for target in targets:
            waiting = (table.c.target == target, table.c.sent.is_(None), table.c.dropped.is_(None))
            most = connection.execute(select(func.count()).where(*waiting)).scalar_one() - MOST_WAITING
            if most > 0:
                least = select(table.c.key).where(*waiting).order_by(table.c.priority.desc(), table.c.created).limit(most)
                keys = connection.execute(least).scalars().all()
                drop = update(table).where(*waiting, self.store.among(table.c.key, keys)).values(dropped=FULL)
                connection.execute(drop)

    def _insert(self, table: Any) -> Any:
        return sqlite.insert(table) if self.store.sqlite else postgresql.insert(table)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmLog:
    """What the alarm page tells beside the snapshot: the last days' alarms and what was done about them."""

    lives: Sequence[Life] = ()
    acts: Acts = field(default_factory=Acts)


def read_log(store: Database, people: Database, since: datetime, also: Collection[str]) -> AlarmLog:
    """The log of the alarms that were raised since then; what was done about those and about the alarms ``also``."""
    lives = history(store, since)
    return AlarmLog(lives=lives, acts=acts_on(people, {*also, *(life.id for life in lives)}))


def log_at(store: Database, people: Database, at: datetime, now: datetime) -> AlarmLog | None:
    """The log as it stood at a moment gone by; ``None`` where that is longer ago than the books are kept.

    What an alarm says is as it was when its life last changed.
    """
    if at < now - HISTORY:
        return None
    table = schema.alarm
    lasting = (table.c.raised > at - SHOWN_DAYS) | table.c.ended.is_(None) | (table.c.ended > at)
    query = select(table).where(table.c.raised <= at, lasting).order_by(table.c.raised.desc(), table.c.id)
    with store.read() as connection:
        lives = [_life(row).at(at) for row in connection.execute(query)]
    return AlarmLog(lives=lives, acts=acts_on(people, {life.id for life in lives}, until=at))


def with_log(snapshot: Snapshot, log: AlarmLog, states: Sequence[StateRule]) -> Snapshot:
    """A snapshot of a moment gone by with the alarms of :func:`log_at`, and the city's state by the rules of that day."""
    now, rang = snapshot.built_at, [life.rang for life in log.lives if life.rang]
    alarms = shown(log.lives, log.acts, now)
    state = state_of(states, snapshot, alarms, recent(rang, now) if under_way(rang, now) else None)
    return replace(snapshot, alarms=alarms, state=state)
