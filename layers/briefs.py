"""The briefs that were made, kept as they were in the store; which of them someone may read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from layers import schema
from layers.briefmail import Letter
from layers.brieftypes import Brief, decode, encode
from layers.database import Database
from layers.model import Role, Scope
from layers.orders import READERS, may_see

ROLES = READERS | {Role.ANALYST}
"""Roles that read briefs; an analyst's is without the orders."""

SHOWN = 31
"""So many former days can be chosen from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The brief asked for, ``None`` where none was made, and the days that have one, newest first."""

    brief: Brief | None
    days: tuple[date, ...]


def may_read(scope: Scope, opd: str | None = None) -> bool:
    """Whether the asker may read the city's brief, or the digest of an OPD.

    The city's is for those whose rights cover the whole city; who leads some OPDs has the digests of those.
    """
    if scope.role not in ROLES or scope.areas is not None or scope.categories is not None:
        return False
    return scope.opds is None or (opd is not None and opd in scope.opds)


class Briefs:
    """The table of briefs: each is kept once and never changed."""

    def __init__(self, store: Database) -> None:
        self._store = store

    def keep(self, brief: Brief, letters: Iterable[Letter] = ()) -> bool:
        """Keep a brief and put its letters on their way, all or nothing; false where the day has one of its subject already."""
        facts = {"day": brief.day.isoformat(), "subject": brief.subject, "made": brief.made, "version": brief.version}
        insert = sqlite.insert if self._store.sqlite else postgresql.insert
        new = insert(schema.brief).values(facts | {"body": encode(brief)}).on_conflict_do_nothing()
        with self._store.write() as connection:
            first = connection.execute(new.returning(schema.brief.c.day)).first() is not None
            for letter in letters if first else ():
                connection.execute(schema.notice.insert().values(_row(letter, brief)))
        return first

    def made(self, day: date) -> frozenset[str]:
        """The subjects that have their brief of a day."""
        table = schema.brief.c
        with self._store.read() as connection:
            return frozenset(connection.execute(select(table.subject).where(table.day == day.isoformat())).scalars())

    def read(
        self, scope: Scope, city: str, opd: str | None = None, day: date | None = None, until: datetime | None = None
    ) -> Shelf:
        """The brief of a day (the newest without one) as the asker may read it, and the days that have one.

        ``until`` leaves out what was made later.
        """
        if not may_read(scope, opd):
            return Shelf(brief=None, days=())
        table = schema.brief.c
        mine = table.subject == (opd or city)
        if until is not None:
            mine &= table.made <= until
        with self._store.read() as connection:
            known = connection.execute(select(table.day).where(mine).order_by(table.day.desc()).limit(SHOWN)).scalars()
            days = tuple(date.fromisoformat(each) for each in known)
            wanted = day or (days[0] if days else None)
            if wanted is None:
                return Shelf(brief=None, days=days)
            body = connection.execute(select(table.body).where(mine, table.day == wanted.isoformat())).scalar()
        return Shelf(brief=None if body is None else _readable(scope, decode(body)), days=days)


def _row(letter: Letter, brief: Brief) -> dict[str, Any]:
    """A letter in the outbox; of the first priority, so that a flood of alarms does not keep it back."""
    told = {"key": letter.key, "title": letter.title, "body": letter.body, "html": letter.html, "due": letter.due}
    return told | {"target": letter.target.name, "alarm": "ringkasan", "since": brief.due, "priority": 1, "created": brief.made}


def _readable(scope: Scope, brief: Brief) -> Brief:
    """Without the orders that the asker may not see."""
    return replace(brief, orders=tuple(order for order in brief.orders if may_see(scope, order.opd, order.area)))
