"""Messages on their way: claimed one at a time, sent at least once, put off longer after each failure, given up in the end.

A message is claimed before it is sent and marked after, so that a process that is killed between the two leaves it to be
sent again when the claim is over: one may come twice, none is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from layers import schema
from layers.database import Database

CLAIM = timedelta(minutes=2)
"""How long a message is one sender's: longer than any try to send it."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(hours=1)
"""The pause after a failure doubles from the first to the longest."""

GIVEN_UP = timedelta(hours=24)
"""A message that could not be sent for so long after it was due the first time is dropped: it would tell of another day."""

UNSENT = "tidak terkirim dalam 24 jam"

_table = schema.notice
_waits = (_table.c.sent.is_(None), _table.c.dropped.is_(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A claimed message; ``tries`` counts this one too."""

    target: str
    key: str
    title: str
    body: str
    tries: int
    html: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a target stands: messages that wait, the last one sent, messages that were dropped, how often the next was tried."""

    waiting: int = 0
    sent: datetime | None = None
    dropped: int = 0
    tries: int = 0


def claim(store: Database, target: str, now: datetime) -> Message | None:
    """The most urgent message that is due for a target, for the caller alone; ``None`` where none is."""
    c = _table.c
    due = select(c.key).where(c.target == target, *_waits, c.due <= now).order_by(c.priority, c.created, c.key).limit(1)
    with store.read() as connection:
        if connection.execute(due).first() is None:
            return None
    with store.write() as connection:
        connection.execute(
            update(_table).where(c.target == target, *_waits, c.created <= now - GIVEN_UP, c.tries > 0).values(dropped=UNSENT)
        )
        mine = (c.target == target, c.key == due.scalar_subquery(), *_waits, c.due <= now)
        taken = update(_table).where(*mine).values(due=now + CLAIM, tries=c.tries + 1)
        row = connection.execute(taken.returning(c.key, c.title, c.body, c.tries, c.html)).first()
    return Message(target=target, **row._mapping) if row else None  # noqa: SLF001 - a row as a mapping is called so


def sent(store: Database, message: Message, now: datetime) -> None:
    """The message has arrived as far as its service says."""
    _mark(store, message, sent=now)


def put_off(store: Database, message: Message, now: datetime) -> None:
    """The message could not be sent: again after a pause."""
    _mark(store, message, due=now + min(FIRST_PAUSE * 2 ** min(message.tries - 1, 20), LONGEST_PAUSE))


def drop(store: Database, message: Message, why: str) -> None:
    """The message must not be sent any more."""
    _mark(store, message, dropped=why)


def _mark(store: Database, message: Message, **values: datetime | str) -> None:
    with store.write() as connection:
        mine = (_table.c.target == message.target, _table.c.key == message.key)
        connection.execute(update(_table).where(*mine).values(**values))


def standing(store: Database) -> dict[str, Standing]:
    """How every target stands that ever was to be told something."""
    c = _table.c
    waits = func.count().filter(*_waits)
    tries = func.max(c.tries).filter(*_waits)
    query = select(c.target, waits, func.max(c.sent), func.count(c.dropped), tries).group_by(c.target)
    with store.read() as connection:
        return {
            target: Standing(waiting=waiting, sent=last, dropped=dropped, tries=tried or 0)
            for target, waiting, last, dropped, tried in connection.execute(query)
        }
