"""The store: versioned records, with cursor, run counts and quarantine, in ONE transaction a batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, delete, func, insert, literal, or_, select, update

from layers import schema, sqltypes
from layers.clock import month_of
from layers.known import Known
from layers.model import Kind, Record
from layers.quarantine import QuarantineRow, Reject
from layers.runs import Breaker, RunClosedError, Runs, SourceFacts
from layers.schema import RECORD_TABLES, REPLACED_TABLES
from layers.settings import Settings
from layers.sqltypes import MICROSECOND, micros
from layers.tombstones import Tombstones
from layers.vault import Vault
from layers.versions import FIELDS, TWIN, Candidate, Changes, Link, candidate, fold, merge

BATCH_ROWS = 5_000
"""The most rows that one transaction takes."""

_BOOKS = ("known_from", "known_to", "digest", "run_id", "month", "moved_from", "kept_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Rows of one source with the cursor that is true once they are kept. At most :data:`BATCH_ROWS`.

    ``gone`` names records (by kind and id) that the source still has or had, but that do not count any more, such
    as a plan that was withdrawn: what was kept of them ends now, until a row of theirs is kept again. One that is
    among ``records`` too is not gone. It changes no counts: the rows behind it are in ``excluded``. ``now`` is when
    the store takes it in: from then on it is known.
    """

    source: str
    run_id: int
    records: Sequence[Record]
    excluded: Mapping[str, int]
    rejects: Sequence[Reject]
    cursor: Mapping[str, Any] | None
    now: datetime
    gone: Sequence[tuple[Kind, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """What became of a batch's rows; the four sum to its rows. ``excluded`` includes twins."""

    kept: int
    unchanged: int
    excluded: Mapping[str, int]
    quarantined: int


class Store(Runs, Tombstones, Known):
    """All records of one city. ``zone`` decides the month of a record, ``secret`` seals the quarantine."""

    branch = "store"

    def __init__(self, url: str, zone: ZoneInfo, secret: str) -> None:
        super().__init__(url)
        self._zone = zone
        self.vault = Vault(secret)
        self._raw_inserts = {kind: self._compile(kind) for kind in Kind} if self.sqlite else {}

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The room's own store, opened."""
        store = cls(settings.database_url, settings.city.zone, settings.secret)
        store.open()
        return store

    def upsert_batch(self, batch: Batch) -> BatchResult:
        """Keep a batch: records, cursor, counts and quarantine are committed together or not at all.

        Raises ``ValueError`` for too many rows or a foreign record, :class:`layers.runs.RunClosedError` when the
        run was closed meanwhile.
        """
        seen = len(batch.records) + sum(batch.excluded.values()) + len(batch.rejects)
        if len(batch.records) + len(batch.rejects) > BATCH_ROWS:
            raise ValueError(f"batch {seen} baris: paling banyak {BATCH_ROWS}")
        if any(record.source != batch.source for record in batch.records):
            raise ValueError(f"batch sumber {batch.source} memuat rekaman sumber lain")
        by_kind: dict[Kind, list[Record]] = defaultdict(list)
        with self.write(alone=True) as connection:
            stones = self._stones(connection)
            for record in self._without_erased(connection, batch.records, stones) if stones else batch.records:
                by_kind[record.kind].append(record)
            done = [self._keep(connection, batch, kind, records) for kind, records in by_kind.items()]
            self._end(connection, batch, by_kind)
            excluded = dict(batch.excluded)
            if twins := sum(changes.twins for changes in done):
                excluded[TWIN] = excluded.get(TWIN, 0) + twins
            kept = sum(len(changes.added) for changes in done)
            unchanged = sum(changes.unchanged for changes in done)
            if batch.rejects:
                erased = {id(reject) for reject in batch.rejects if stones and self._is_erased(batch.source, reject, stones)}
                self._reject(connection, batch.source, batch.rejects, batch.now, erased)
            counts = {"seen": seen, "kept": kept, "unchanged": unchanged, "excluded": excluded, "quarantined": len(batch.rejects)}
            self._count(connection, batch.run_id, batch.source, counts)
            self._note(connection, batch, sum(changes.first_sights for changes in done), _newest(batch))
            self._stand(connection, batch.now, batch.source)
        return BatchResult(kept=kept, unchanged=unchanged, excluded=excluded, quarantined=len(batch.rejects))

    def _keep(self, connection: Connection, batch: Batch, kind: Kind, records: Sequence[Record]) -> Changes:
        """Put the records of one kind into their chains."""
        changes = Changes()
        by_id = fold(map(candidate, records), changes)
        back = self._back(connection, batch, kind, list(by_id))
        chains = self._chains(connection, batch.source, kind, by_id, back)
        months: dict[int, str] = {}

        def month(moment: datetime) -> str:
            quarter = int(moment.timestamp()) // 900  # every zone's midnight falls on a quarter of an hour
            if quarter not in months:
                months[quarter] = month_of(moment, self._zone)
            return months[quarter]

        for source_id, candidates in by_id.items():
            merge(chains.get(source_id, ()), candidates, month, changes)
        self._apply(connection, batch, kind, changes)
        self._mended(connection, batch.source, list(by_id), batch.now)
        return changes

    def _chains(
        self, connection: Connection, source: str, kind: Kind, by_id: Mapping[str, Sequence[Any]], back: Sequence[int]
    ) -> dict[str, list[Link]]:
        """The versions that a batch can touch: of its ids, those in force at its earliest version or later, and ``back``."""
        table = RECORD_TABLES[kind]
        names = ("known_from", "digest", "seen_at", "known_to", "month", "moved_from", "seq")
        lowest = min(new.known_from for candidates in by_id.values() for new in candidates)
        query = select(table.c.source_id, *(table.c[name] for name in names)).where(
            table.c.source == source,
            self.among(table.c.source_id, list(by_id)),
            or_(table.c.known_to.is_(None), table.c.known_to > lowest, *([table.c.seq.in_(back)] if back else [])),
        )
        chains: dict[str, list[Link]] = defaultdict(list)
        for source_id, known_from, digest, *rest in connection.execute(query):
            chains[source_id].append(Link(known_from, bytes(digest), *rest))
        return chains

    def _back(self, connection: Connection, batch: Batch, kind: Kind, source_ids: Sequence[str]) -> list[int]:
        """Records are not gone any more, as the source has delivered them again; their newest versions, which had ended."""
        table = schema.gone
        mine = (table.c.kind == kind.value, table.c.source == batch.source)
        if connection.execute(select(table.c.seq).where(*mine).limit(1)).first() is None:
            return []
        again = delete(table).where(*mine, self.among(table.c.source_id, source_ids)).returning(table.c.seq, table.c.version)
        rows = connection.execute(again).all()
        if rows:
            over = update(schema.absence).where(schema.absence.c.seq == bindparam("at")).values(until=batch.now)
            connection.execute(over, [{"at": row.seq} for row in rows])
        return [row.version for row in rows]

    def _end(self, connection: Connection, batch: Batch, kept: Mapping[Kind, Sequence[Record]]) -> None:
        """End the current versions of the records that are gone, each under a change number of its own."""
        by_kind: dict[Kind, set[str]] = defaultdict(set)
        for kind, source_id in batch.gone:
            by_kind[kind].add(source_id)
        for kind, wanted in by_kind.items():
            table = RECORD_TABLES[kind]
            ids = sorted(wanted - {record.source_id for record in kept.get(kind, ())})
            names = ("seq", "source_id", "month", "moved_from", "known_from")
            query = select(*(table.c[name] for name in names)).order_by(table.c.seq)
            mine = (table.c.source == batch.source, self.among(table.c.source_id, ids), table.c.known_to.is_(None))
            rows = connection.execute(query.where(*mine)).all()
            if not rows:
                continue
            close = update(table).where(table.c.seq == bindparam("at")).values(known_to=bindparam("until"))
            connection.execute(close, [{"at": r.seq, "until": max(batch.now, r.known_from + MICROSECOND)} for r in rows])
            ended = [
                {"kind": kind.value, "source": batch.source, "source_id": row.source_id, "seq": seq, "version": row.seq}
                | {"months": ",".join(sorted({row.month, *(row.moved_from or row.month).split(",")}))}
                for seq, row in enumerate(rows, self._numbers(connection, len(rows)))
            ]
            connection.execute(insert(schema.gone), ended)
            since = [{name: row[name] for name in ("seq", "kind", "source", "source_id")} | {"since": batch.now} for row in ended]
            connection.execute(insert(schema.absence), since)

    def _apply(self, connection: Connection, batch: Batch, kind: Kind, changes: Changes) -> None:
        """Write what changed; every new row gets the next change number, in the order of commits.

        A version that another story of it replaces is put aside, so that what was said stays known.
        """
        table, aside = RECORD_TABLES[kind], REPLACED_TABLES[kind]
        if changes.removed:
            told = select(*table.c, literal(batch.now, sqltypes.Moment)).where(table.c.seq == bindparam("at"))
            replaced = [{"at": seq} for seq in changes.removed]
            connection.execute(insert(aside).from_select([*table.c.keys(), "replaced"], told, include_defaults=False), replaced)
            connection.execute(delete(table).where(table.c.seq == bindparam("at")), replaced)
        if changes.mended:
            mend = update(table).where(table.c.seq == bindparam("at")).values(known_to=bindparam("until"))
            connection.execute(mend, [{"at": seq, "until": until} for seq, until in changes.mended])
        if changes.reopened:
            first = self._numbers(connection, len(changes.reopened))
            reopen = update(table).where(table.c.seq == bindparam("at")).values(seq=bindparam("new"), known_to=None)
            connection.execute(reopen, [{"at": at, "new": new} for new, at in enumerate(changes.reopened, first)])
        if not changes.added:
            return
        for seq, (link, _) in enumerate(changes.added, self._numbers(connection, len(changes.added))):
            link.seq = seq
        if self.sqlite:
            kept_at = micros(batch.now)
            connection.exec_driver_sql(
                self._raw_inserts[kind], [_stored(*added, batch.run_id, kept_at) for added in changes.added]
            )
        else:
            connection.execute(insert(table), [_named(*added, batch) for added in changes.added])

    def _compile(self, kind: Kind) -> str:
        """SQLAlchemy's own INSERT as text, for rows that are already as SQLite stores them, in the table's order."""
        return str(insert(RECORD_TABLES[kind]).compile(self._engine))

    def _note(self, connection: Connection, batch: Batch, first_sights: int, newest: datetime | None) -> None:
        """The source's cursor, its number of records and the newest moment that they speak of."""
        facts: dict[str, Any] = {"records": schema.source.c.records + first_sights}
        if batch.cursor is not None:
            facts["cursor"] = dict(batch.cursor)
        if newest is not None:
            held = schema.source.c.newest
            value = bindparam("told", newest, type_=sqltypes.Moment)
            facts["newest"] = func.max(func.coalesce(held, value), value) if self.sqlite else func.greatest(held, value)
        connection.execute(update(schema.source).where(schema.source.c.source == batch.source).values(facts))


def _newest(batch: Batch) -> datetime | None:
    """The latest moment that the batch's records speak of; what lies ahead of us says nothing about their age."""
    told = [record.at for record in batch.records] + [record.known_at for record in batch.records if record.known_at]
    return max((moment for moment in told if moment <= batch.now), default=None)


def _stored(link: Link, new: Candidate, run_id: int, kept_at: int) -> tuple[Any, ...]:
    until = None if link.known_to is None else micros(link.known_to)
    return (link.seq, *new.values, micros(link.known_from), until, link.digest, run_id, link.month, link.moved_from, kept_at)


def _named(link: Link, new: Candidate, batch: Batch) -> dict[str, Any]:
    books = (link.known_from, link.known_to, link.digest, batch.run_id, link.month, link.moved_from, batch.now)
    fields = {name: getattr(new.record, name) for name in FIELDS[new.record.kind]}
    return {"seq": link.seq, **fields, **dict(zip(_BOOKS, books, strict=True))}


__all__ = [
    "BATCH_ROWS",
    "Batch",
    "BatchResult",
    "Breaker",
    "QuarantineRow",
    "Reject",
    "RunClosedError",
    "SourceFacts",
    "Store",
]
