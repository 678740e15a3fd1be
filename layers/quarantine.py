"""Rows that could not be believed: a masked excerpt to look at, the original encrypted for operators and only for 30 days."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as _field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from layers.excerpts import mask_row
from layers.model import Scope
from layers.privacy import mask, mask_reason
from layers.schema import quarantine as table
from layers.standings import Standings
from layers.vault import Vault

KEPT = timedelta(days=30)
"""How long an original is kept after its first sight, and a row after its last."""

CHUNK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A row for the quarantine: what is wrong where, and the row as the source wrote it (never in the ``repr``)."""

    source_id: str | None
    field: str
    reason: str
    original: Mapping[str, Any] = _field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRow:
    """A row in quarantine as an operator may see it; ``masked`` names nobody."""

    id: int
    source: str
    source_id: str | None
    field: str
    reason: str
    masked: Mapping[str, Any]
    first_seen: datetime
    last_seen: datetime
    times: int


class Quarantine(Standings):
    """The store's quarantine."""

    vault: Vault

    def quarantine(self, scope: Scope, source: str | None = None, limit: int = 100, offset: int = 0) -> list[QuarantineRow]:
        """Open rows, newest first. Nobody knows whose area or OPD they are, so only who may see all rows may see them.

        Raises ``PermissionError`` for everybody else.
        """
        if not scope.may_see_rows or scope.limited:
            raise PermissionError("baris karantina hanya untuk peran yang boleh melihat seluruh baris")
        names = [column for column in table.c if column.name in QuarantineRow.__slots__]
        query = select(*names).where(table.c.resolved.is_(None)).order_by(table.c.last_seen.desc(), table.c.id.desc())
        if source is not None:
            query = query.where(table.c.source == source)
        with self.read() as connection:
            return [QuarantineRow(**row._mapping) for row in connection.execute(query.limit(limit).offset(offset))]  # noqa: SLF001

    def quarantine_reasons(self, source: str) -> list[tuple[str, str, int]]:
        """(field, reason, open rows), most first: for everybody, so the reason is without anything of the row."""
        n = func.count().label("n")
        query = (
            select(table.c.field, table.c.cause, n)
            .where(table.c.source == source, table.c.resolved.is_(None))
            .group_by(table.c.field, table.c.cause)
            .order_by(n.desc(), table.c.field, table.c.cause)
        )
        with self.read() as connection:
            return [(row.field, row.cause, row.n) for row in connection.execute(query)]

    def quarantine_originals(self, scope: Scope, source: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Open rows as the source wrote them, oldest first, for a replay; ``PermissionError`` unless an operator asks."""
        if not scope.may_operate:
            raise PermissionError("baris asli hanya untuk operator")
        return self._originals(source)

    def _originals(self, source: str) -> Iterator[tuple[int, dict[str, Any]]]:
        last = 0
        query = select(table.c.id, table.c.original).order_by(table.c.id).limit(CHUNK)
        query = query.where(table.c.source == source, table.c.resolved.is_(None), table.c.original.is_not(None))
        while True:
            with self.read() as connection:
                rows = connection.execute(query.where(table.c.id > last)).all()
            for row in rows:
                yield row.id, self.vault.unseal(row.original)
            if len(rows) < CHUNK:
                return
            last = rows[-1].id

    def resolve_quarantine(self, ids: Sequence[int], now: datetime) -> None:
        """Close rows, by a replay or by hand; their originals go at once."""
        sources: set[str] = set()
        with self.write() as connection:
            for start in range(0, len(ids), CHUNK):
                chosen = table.c.id.in_(ids[start : start + CHUNK])
                close = update(table).where(chosen).values(resolved=now, original=None).returning(table.c.source)
                sources.update(connection.execute(close).scalars())
            self._stand(connection, now, *sources)

    def purge_quarantine(self, now: datetime) -> int:
        """Delete originals first seen, and rows last seen, :data:`KEPT` ago or earlier; return how many lost something."""
        with self.write() as connection:
            past = delete(table).where(table.c.last_seen <= now - KEPT).returning(table.c.source)
            sources = connection.execute(past).scalars().all()
            self._stand(connection, now, *set(sources))
            old = (table.c.first_seen <= now - KEPT, table.c.original.is_not(None))
            return len(sources) + connection.execute(update(table).where(*old).values(original=None)).rowcount

    def _reject(
        self,
        connection: Connection,
        source: str,
        rejects: Sequence[Reject],
        now: datetime,
        erased: Collection[int],
    ) -> None:
        """Put rejects into quarantine within a batch's transaction; a row that is known only counts up.

        Of those whose ``id()`` is in ``erased`` (they carry somebody whose data was) nothing but the fault is kept.
        """
        by_digest = {self.vault.digest(reject.original): reject for reject in rejects}
        times: dict[bytes, int] = dict.fromkeys(by_digest, 0)
        for reject in rejects:
            times[self.vault.digest(reject.original)] += 1
        digests = list(by_digest)
        known: dict[bytes, Any] = {}
        for start in range(0, len(digests), CHUNK):
            query = select(table.c.id, table.c.digest, table.c.resolved, table.c.times)
            chosen = table.c.digest.in_(digests[start : start + CHUNK])
            known |= {bytes(row.digest): row for row in connection.execute(query.where(table.c.source == source, chosen))}
        fresh = []
        for digest, reject in by_digest.items():
            told: dict[str, Any] = {
                "field": _clean(reject.field),
                "reason": mask_reason(_clean(reject.reason)),
                "cause": cause(reject.reason),
            }
            held = known.get(digest)
            if held is None:
                told |= {"source": source, "source_id": reject.source_id and mask(_clean(reject.source_id)), "digest": digest}
                told |= {"masked": {}, "original": None} if id(reject) in erased else self._told(reject)
                fresh.append(told | {"first_seen": now, "last_seen": now, "times": times[digest]})
                continue
            again = told | {"last_seen": now, "times": held.times + times[digest], "resolved": None}
            if held.resolved is not None:
                again |= {"first_seen": now}
                again |= {} if id(reject) in erased else self._told(reject)
            connection.execute(update(table).where(table.c.id == held.id).values(again))
        if fresh:
            connection.execute(table.insert(), fresh)

    def _told(self, reject: Reject) -> dict[str, Any]:
        return {"masked": mask_row(reject.original), "original": self.vault.seal(reject.original)}

    def _mended(self, connection: Connection, source: str, source_ids: Sequence[str], now: datetime) -> None:
        """Close the open rows of ids that the source has now delivered well."""
        mine = (table.c.source == source, table.c.resolved.is_(None))
        if connection.execute(select(table.c.id).where(*mine, table.c.source_id.is_not(None)).limit(1)).first() is None:
            return
        chosen = self.among(table.c.source_id, source_ids)
        connection.execute(update(table).where(*mine, chosen).values(resolved=now, original=None))


def cause(reason: str) -> str:
    """A reason without what it quotes of the row: safe for everybody, and the same for the same mistake."""
    bare = re.sub(r"(['\"]).*\1", "…", _clean(reason), flags=re.DOTALL)
    return re.sub(r"\d[\d.,]{4,}", "…", mask(bare))


def _clean(text: str) -> str:
    """Text that both databases can keep: no NUL, no half surrogates."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
