"""Cases that an OPD gave to one of its divisions (bidang): by name, until taken back or given to another."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from layers import peopleschema as schema
from layers.model import MendError, NotYoursError, Role, Scope
from layers.people import People
from layers.privacy import own_words
from layers.queue import Key

LONGEST = 60
"""Characters of a division's name."""

GIVERS = frozenset({Role.OPD_HEAD, Role.ADMIN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """Who has a case within its OPD, since when, and who gave it."""

    division: str
    who: str
    at: datetime
    ended: datetime | None = None


def may_hand(scope: Scope, opd: str) -> bool:
    """Whether the asker may give the OPD's cases to its divisions."""
    return scope.role in GIVERS and (scope.opds is None or opd in scope.opds) and scope.areas is None and scope.categories is None


class Handovers:
    """The handovers in the people database; each change is one transaction with its line in the audit."""

    def __init__(self, people: People) -> None:
        self._people = people

    def hand(self, scope: Scope, opd: str, cases: Collection[Key], division: str, now: datetime) -> None:
        """Give cases that the caller has found to be the OPD's to a division; without a name they come back to the head.

        :class:`NotYoursError` without the right to, :class:`MendError` without a case or with too long a name.
        """
        if not may_hand(scope, opd):
            raise NotYoursError
        name = own_words(division, LONGEST) if division.strip() else None
        if not cases:
            raise MendError("pilih sedikitnya satu kasus")
        table = schema.handover
        with self._people.write(alone=True) as connection:
            for source, number in sorted(cases):
                held = table.c.source == source, table.c.source_id == number, table.c.ended.is_(None)
                connection.execute(update(table).where(*held).values(ended=now, ended_by=scope.user))
                if name is not None:
                    facts = {"source": source, "source_id": number, "opd": opd, "division": name, "who": scope.user, "at": now}
                    connection.execute(table.insert().values(facts))
                said = {"kasus": f"{source}/{number}", "opd": opd, "bidang": name or "-"}
                self._people.note(connection, scope.user, "kasus diserahkan", said, now)

    def held(self, scope: Scope, opd: str, *, at: datetime | None = None) -> Mapping[Key, Handover]:
        """Which cases of the OPD are with which division (or were ``at`` a moment); none for who may not see its rows."""
        if not scope.may_see_rows or not (scope.opds is None or opd in scope.opds):
            return {}
        table = schema.handover
        query = select(table).where(table.c.opd == opd).order_by(table.c.id)
        if at is None:
            query = query.where(table.c.ended.is_(None))
        with self._people.read() as connection:
            rows = connection.execute(query).all()
        return {
            (row.source, row.source_id): Handover(division=row.division, who=row.who, at=row.at, ended=row.ended)
            for row in rows
            if at is None or (row.at <= at and (row.ended is None or row.ended > at))
        }
