"""Notes beside the figures of an OPD ("18 Oktober, 9 truk rusak"): who wrote them, about which day, and whether withdrawn."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select, update

from layers import peopleschema as schema
from layers.model import MendError, NotYoursError, Role, Scope
from layers.people import People
from layers.privacy import own_words

LONGEST = 160
"""Characters of a note: it stands beside a line."""
MOST = 200
"""Notes of one answer at most, the newest days first."""

WRITERS = frozenset({Role.OPD_HEAD, Role.LEADER, Role.ANALYST, Role.OPERATOR, Role.ADMIN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One note: about a local day, of the figure ``kpi`` or, without one, of all figures of the OPD."""

    id: int
    opd: str
    kpi: str | None
    day: date
    text: str
    who: str
    at: datetime
    withdrawn: datetime | None = None


def may_read(scope: Scope, opd: str) -> bool:
    """Whether the asker sees what people wrote about the OPD: those who see its rows."""
    return scope.may_see_rows and (scope.opds is None or opd in scope.opds) and scope.areas is None and scope.categories is None


def may_write(scope: Scope, opd: str) -> bool:
    """Whether the asker may write beside the OPD's figures."""
    return scope.role in WRITERS and may_read(scope, opd)


class Notes:
    """The notes in the people database; each change is one transaction with its line in the audit."""

    def __init__(self, people: People) -> None:
        self._people = people

    def write(self, scope: Scope, opd: str, day: date, text: str, now: datetime, *, today: date, kpi: str | None = None) -> Note:
        """Write one; :class:`NotYoursError` without the right to, :class:`MendError` for what cannot be noted."""
        if not may_write(scope, opd):
            raise NotYoursError
        if day > today or (today - day).days > 3660:
            raise MendError("hari itu belum tiba atau terlalu lama berlalu")
        words = own_words(text, LONGEST)
        facts = {"opd": opd, "kpi": kpi, "day": day.isoformat(), "text": words, "who": scope.user, "at": now}
        with self._people.write(alone=True) as connection:
            row = connection.execute(schema.note.insert().values(facts).returning(*schema.note.c)).one()
            said = {"id": row.id, "opd": opd, "kpi": kpi, "hari": facts["day"], "isi": words}
            self._people.note(connection, scope.user, "catatan ditulis", said, now)
        return _note(row)

    def withdraw(self, scope: Scope, number: int, now: datetime) -> None:
        """Take a note back, for whoever may write there: it stays in the database, and is no longer shown."""
        table = schema.note
        with self._people.write(alone=True) as connection:
            row = connection.execute(select(table).where(table.c.id == number, table.c.withdrawn.is_(None))).first()
            if row is None or not may_write(scope, row.opd):
                raise NotYoursError
            connection.execute(update(table).where(table.c.id == number).values(withdrawn=now, withdrawn_by=scope.user))
            self._people.note(connection, scope.user, "catatan ditarik", {"id": number, "opd": row.opd}, now)

    def seen(self, scope: Scope, opd: str, *, at: datetime | None = None) -> tuple[Note, ...]:
        """The notes of an OPD that stand (or stood ``at`` a moment), by their days; none for who may not read them."""
        if not may_read(scope, opd):
            return ()
        table = schema.note
        stands: ColumnElement[bool] = table.c.withdrawn.is_(None)
        if at is not None:
            stands = and_(table.c.at <= at, or_(stands, table.c.withdrawn > at))
        query = select(table).where(table.c.opd == opd, stands).order_by(table.c.day.desc(), table.c.id.desc())
        with self._people.read() as connection:
            found = [_note(row) for row in connection.execute(query.limit(MOST))]
        return tuple(sorted(found, key=lambda n: (n.day, n.id)))


def about(notes: Collection[Note], kpi: str, days: Collection[str]) -> tuple[Note, ...]:
    """The notes that stand beside a chart of the figure over those days (ISO, first and last count), in their order."""
    first, last = min(days, default=""), max(days, default="")
    return tuple(note for note in notes if note.kpi in (None, kpi) and first <= note.day.isoformat() <= last)


def _note(row: Row[Any]) -> Note:
    return Note(
        id=row.id,
        opd=row.opd,
        kpi=row.kpi,
        day=date.fromisoformat(row.day),
        text=row.text,
        who=row.who,
        at=row.at,
        withdrawn=row.withdrawn,
    )
