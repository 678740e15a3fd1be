"""Disputed cases ("bukan kewenangan kami"): an OPD says why a record is not its own; every figure that counts it says so too."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Row, and_, or_, select, update

from layers import peopleschema as schema
from layers.catalog import Kpi
from layers.drill import Query
from layers.model import Kind, MendError, NotYoursError, Role, Scope
from layers.people import People
from layers.privacy import own_words
from layers.queue import Key
from layers.room import Room
from layers.rows import counted

LONGEST = 300
MOST = 5000
"""Open disputes that are looked at."""

RAISERS = frozenset({Role.OPD_HEAD, Role.ADMIN})
SETTLERS = frozenset({Role.LEADER, Role.OPERATOR, Role.ADMIN})


class Verdict(StrEnum):
    """How a dispute was settled: the case goes elsewhere, it stays, or the OPD took the dispute back."""

    AGREED = "diterima"
    REFUSED = "ditolak"
    TAKEN_BACK = "ditarik"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """One disputed case, until it is ``settled``."""

    id: int
    source: str
    source_id: str
    opd: str
    reason: str
    who: str
    at: datetime
    settled: datetime | None = None

    @property
    def key(self) -> Key:
        """Which case it is."""
        return self.source, self.source_id


def may_dispute(scope: Scope, opd: str) -> bool:
    """Whether the asker may say that a case is not the OPD's."""
    return scope.role in RAISERS and _covers(scope, opd)


def may_settle(scope: Scope, opd: str) -> bool:
    """Whether the asker may decide whose the OPD's disputed cases are."""
    return scope.role in SETTLERS and _covers(scope, opd)


def _covers(scope: Scope, opd: str) -> bool:
    return (scope.opds is None or opd in scope.opds) and scope.areas is None and scope.categories is None


class Disputes:
    """The disputes in the people database; each change is one transaction with its line in the audit."""

    def __init__(self, people: People) -> None:
        self._people = people

    def raise_(self, scope: Scope, opd: str, cases: Collection[Key], reason: str, now: datetime) -> int:
        """Dispute cases that the caller has found to be the OPD's; those that are disputed already stay as they are.

        Returns how many are new. :class:`NotYoursError` without the right to, :class:`MendError` without a reason or a case.
        """
        if not may_dispute(scope, opd):
            raise NotYoursError
        words = own_words(reason, LONGEST)
        if not cases:
            raise MendError("pilih sedikitnya satu kasus")
        table, new = schema.dispute, 0
        with self._people.write(alone=True) as connection:
            for source, number in sorted(cases):
                held = table.c.source == source, table.c.source_id == number, table.c.settled.is_(None)
                if connection.execute(select(table.c.id).where(*held)).first():
                    continue
                facts = {"source": source, "source_id": number, "opd": opd, "reason": words, "who": scope.user, "at": now}
                connection.execute(table.insert().values(facts))
                new += 1
                said = {"kasus": f"{source}/{number}", "opd": opd, "alasan": words}
                self._people.note(connection, scope.user, "atribusi diperselisihkan", said, now)
        return new

    def settle(self, scope: Scope, number: int, verdict: Verdict, now: datetime) -> None:
        """End a dispute: settlers decide, who may dispute may take it back."""
        table = schema.dispute
        with self._people.write(alone=True) as connection:
            row = connection.execute(select(table).where(table.c.id == number, table.c.settled.is_(None))).first()
            may = may_dispute if verdict is Verdict.TAKEN_BACK else may_settle
            if row is None or not may(scope, row.opd):
                raise NotYoursError
            facts = {"settled": now, "settled_by": scope.user, "outcome": verdict.value}
            connection.execute(update(table).where(table.c.id == number).values(facts))
            said = {"kasus": f"{row.source}/{row.source_id}", "opd": row.opd, "putusan": verdict.value}
            self._people.note(connection, scope.user, "sengketa atribusi selesai", said, now)

    def open(self, scope: Scope, *, at: datetime | None = None) -> tuple[Dispute, ...]:
        """The disputes that are not settled (or were not ``at`` a moment), of all OPDs: what they say is for who sees their rows.

        Only their number is shown to others, by :func:`disputed`. A case of another OPD comes without its reason.
        """
        table = schema.dispute
        stands: ColumnElement[bool] = table.c.settled.is_(None)
        if at is not None:
            stands = and_(table.c.at <= at, or_(stands, table.c.settled > at))
        query = select(table).where(stands).order_by(table.c.at.desc(), table.c.id.desc()).limit(MOST)
        with self._people.read() as connection:
            return tuple(_dispute(row, scope) for row in connection.execute(query))


def disputed(scope: Scope, room: Room, kpi: Kpi, query: Query, cases: Collection[Key]) -> int:
    """How many of the disputed cases the figure counts at the cut, within the scope; only complaints are disputed."""
    if kpi.kind is not Kind.COMPLAINT or not cases:
        return 0
    keys = pl.DataFrame(list(cases), schema={"source": pl.String, "source_id": pl.String}, orient="row").lazy()
    _, found = counted(scope, room, kpi, query)
    rows = found.filter(pl.col("source_id").is_in([number for _, number in cases]))
    rows = rows.select(pl.col("source").cast(pl.String), "source_id").join(keys, on=["source", "source_id"], how="semi")
    return int(rows.select(pl.len()).collect().item())


def _dispute(row: Row[Any], scope: Scope) -> Dispute:
    mine = scope.may_see_rows and _covers(scope, row.opd)
    return Dispute(
        id=row.id,
        source=row.source,
        source_id=row.source_id,
        opd=row.opd,
        reason=row.reason if mine else "",
        who=row.who if mine else "",
        at=row.at,
        settled=row.settled,
    )
