"""What was erased stays away: a person is found in the store, taken out of every version, and kept out by a tombstone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from cryptography.fernet import InvalidToken
from sqlalchemy import Connection, Table, delete, insert, or_, select, update

from layers import clock, privacy, schema
from layers.model import PRIVATE, RECORDS, Kind, Record, Scope
from layers.privacy import DISGUISE, Identity
from layers.quarantine import CHUNK, Quarantine, Reject
from layers.schema import RECORD_TABLES, REPLACED_TABLES
from layers.shelves import Shelves, as_record
from layers.sqltypes import record_fields
from layers.vault import NAME_LETTERS
from layers.versions import candidate

Key = tuple[Kind, str, str]
"""A record: its kind, its source, its identifier there."""

TAKEN = {kind: {f.name: None for f in fields(RECORDS[kind]) if f.name in PRIVATE | {"lat", "lon"}} for kind in Kind}
"""What an erasure takes from every version. The area stays, so that no count changes."""

_KINDS = tuple(kind for kind in Kind if TAKEN[kind])
_PURGED = ("complaint", "complaint_replaced", "service", "service_replaced", "quarantine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """Where a person is, or was: records, all their versions, quarantined rows; ``unreadable`` rows could not be searched."""

    records: int = 0
    versions: int = 0
    quarantined: int = 0
    unreadable: int = 0


class Tombstones(Quarantine, Shelves):
    """The store's part in finding and erasing a person.

    A tombstone is a keyed digest: of a person's keyed name, or of a record that carried it. The record's keeps its
    other versions bare too, whomever they name, so that the order in which versions come does not matter.
    """

    def find_person(self, scope: Scope, who: Identity) -> Traces:
        """Where somebody is found; ``PermissionError`` unless an operator asks."""
        _must_operate(scope)
        with self.read() as connection:
            keys = self._carrying(connection, who)
            versions = sum(1 for _ in self._versions_of(connection, keys))
        rows, unreadable = self._quarantined(who)
        return Traces(records=len(keys), versions=versions, quarantined=len(rows), unreadable=unreadable)

    def erase_person(self, scope: Scope, who: Identity) -> Traces:
        """Take somebody out of every version and out of the quarantine; return what was done.

        The tombstone is committed with the records: nothing of the person comes in afterwards. The bytes in the
        files go with :meth:`scour`. ``PermissionError`` unless an operator asks.
        """
        _must_operate(scope)
        with self.write(alone=True) as connection:
            self._overwrite(connection)
            self._bury(connection, [self._stone(self.vault.name(*who))])
            keys = self._carrying(connection, who)
            versions, dropped = self._redact(connection, keys)
        rows, unreadable = self._quarantined(who)
        with self.write() as connection:
            self._overwrite(connection)
            for start in range(0, len(rows), CHUNK):
                connection.execute(delete(schema.quarantine).where(schema.quarantine.c.id.in_(rows[start : start + CHUNK])))
            self._stand(connection, clock.now(), *connection.execute(select(schema.source.c.source)).scalars())
        return Traces(records=len(keys), versions=versions, quarantined=len(rows) + dropped, unreadable=unreadable)

    def scour(self) -> bool:
        """Write the tables that held persons anew, so that no freed page keeps their bytes; whether all of it is done.

        SQLite: the whole file, and the write-ahead log emptied, which a long reader can delay. PostgreSQL:
        ``VACUUM FULL``. Others wait meanwhile: seconds for a store of a million records.
        """
        if not self.sqlite:
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                for name in _PURGED:
                    connection.exec_driver_sql(f"VACUUM FULL {name}")
            return True
        raw = self._engine.raw_connection()
        try:
            cursor = raw.cursor()
            cursor.execute("PRAGMA secure_delete=ON")
            cursor.execute("VACUUM")
            busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy
        finally:
            raw.close()

    # --- what comes again ------------------------------------------------------------------------

    def _stones(self, connection: Connection) -> frozenset[bytes]:
        return frozenset(map(bytes, connection.execute(select(schema.erased.c.digest)).scalars()))

    def _without_erased(self, connection: Connection, records: Sequence[Record], stones: frozenset[bytes]) -> Sequence[Record]:
        """A batch's records, bare where they carry an erased person or are a record that once did."""
        named = {_key(record) for record in records if any(self._stone(name) in stones for name in _names(record))}
        if fresh := {key for key in named if self._stone(*key) not in stones}:
            self._overwrite(connection)
            self._redact(connection, fresh)
        return [_bare(record) if _key(record) in named or self._stone(*_key(record)) in stones else record for record in records]

    def _is_erased(self, source: str, reject: Reject, stones: frozenset[bytes]) -> bool:
        """Whether a row that is not believed carries an erased person, or is of a record that once did."""
        if any(self._stone(kind, source, reject.source_id or "") in stones for kind in _KINDS):
            return True
        everybody = {who for text in leaves(reject.original) for who in _everybody(text)}
        return any(self._stone(self.vault.name(*who)) in stones for who in everybody)

    # --- finding ---------------------------------------------------------------------------------

    def _carrying(self, connection: Connection, who: Identity) -> set[Key]:
        """The records of which any version carries somebody's keyed name."""
        name, keys = self.vault.name(*who), set()
        for kind, table in _tables():
            where = [table.c.reporter == name, table.c.source_id.startswith(f"{DISGUISE}{name}-", autoescape=True)]
            if "mentions" in table.c:
                where.append(table.c.mentions.contains(name, autoescape=True))
            query = select(table.c.source, table.c.source_id).where(or_(*where)).distinct()
            keys |= {(kind, row.source, row.source_id) for row in connection.execute(query)}
        return keys

    def _versions_of(self, connection: Connection, keys: Collection[Key]) -> Iterator[tuple[Kind, Table, Any]]:
        """Every version of some records, also the replaced, as (kind, table, row): its fields, ``seq`` and ``known_to``."""
        ids: dict[tuple[Kind, str], list[str]] = defaultdict(list)
        for kind, source, source_id in sorted(keys):
            ids[kind, source].append(source_id)
        for (kind, source), mine in ids.items():
            for table in (RECORD_TABLES[kind], REPLACED_TABLES[kind]):
                query = select(*(table.c[name] for name in (*record_fields(kind), "seq", "known_to")))
                rows = connection.execute(query.where(table.c.source == source, self.among(table.c.source_id, mine))).all()
                yield from ((kind, table, row) for row in rows)

    def _quarantined(self, who: Identity) -> tuple[list[int], int]:
        """The quarantined rows whose originals hold an identifier in any spelling, and how many cannot be decrypted."""
        table, holds = schema.quarantine, privacy.searcher(who)
        query = select(table.c.id, table.c.original).where(table.c.original.is_not(None)).order_by(table.c.id).limit(CHUNK)
        found, unreadable, last = [], 0, 0
        while True:
            with self.read() as connection:
                rows = connection.execute(query.where(table.c.id > last)).all()
            for row in rows:
                try:
                    original = self.vault.unseal(row.original)
                except InvalidToken:
                    unreadable += 1
                    continue
                if any(map(holds, leaves(original))):
                    found.append(row.id)
            if len(rows) < CHUNK:
                return found, unreadable
            last = rows[-1].id

    # --- taking out ------------------------------------------------------------------------------

    def _redact(self, connection: Connection, keys: Collection[Key]) -> tuple[int, int]:
        """Make every version of some records bare, under tombstones; return how many versions and quarantined rows.

        What is known now gets a new change number, so that the frames follow.
        """
        self._bury(connection, [self._stone(*key) for key in keys])
        rows = list(self._versions_of(connection, keys))
        for kind, table, row in rows:
            record = _bare(as_record(kind, row))
            changed: dict[str, Any] = {**TAKEN[kind], "digest": candidate(record).digest}
            if row.known_to is None and table is RECORD_TABLES[kind]:
                changed["seq"] = self._numbers(connection, 1)
            connection.execute(update(table).where(table.c.seq == row.seq).values(changed))
        dropped = 0
        for _, source, source_id in keys:
            held = schema.quarantine
            dropped += connection.execute(delete(held).where(held.c.source == source, held.c.source_id == source_id)).rowcount
        return len(rows), dropped

    def _bury(self, connection: Connection, stones: Iterable[bytes]) -> None:
        if fresh := [{"digest": stone} for stone in set(stones) - self._stones(connection)]:
            connection.execute(insert(schema.erased), fresh)

    def _stone(self, *parts: str) -> bytes:
        return self.vault.mac("\0".join(("erased", *parts)).encode("utf-8", "surrogatepass"))

    def _overwrite(self, connection: Connection) -> None:
        """From here on SQLite overwrites what this connection deletes, instead of only letting go of it."""
        if self.sqlite:
            connection.exec_driver_sql("PRAGMA secure_delete=ON")


def _tables() -> Iterator[tuple[Kind, Table]]:
    """Where versions with somebody in them may be."""
    for kind in _KINDS:
        yield kind, RECORD_TABLES[kind]
        yield kind, REPLACED_TABLES[kind]


def leaves(value: Any) -> Iterator[str]:
    """Every single value in a row of any depth, as text; also the names of its fields."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield str(name)
            yield from leaves(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from leaves(inner)
    elif value is not None:
        yield str(value)


def _everybody(text: str) -> Iterator[Identity]:
    """Whom a value names, wholly or somewhere in it."""
    whole = privacy.identify(text)
    if whole is not None:
        yield whole
    yield from privacy.identities(text)


def _key(record: Record) -> Key:
    return record.kind, record.source, record.source_id


def _names(record: Record) -> Iterator[str]:
    """The keyed names that a record carries."""
    if reporter := getattr(record, "reporter", None):
        yield reporter
    yield from (getattr(record, "mentions", None) or "").split()
    if record.source_id.startswith(DISGUISE):
        yield record.source_id[len(DISGUISE) :][:NAME_LETTERS]


def _bare(record: Record) -> Record:
    taken: dict[str, Any] = TAKEN[record.kind]
    return replace(record, **taken) if taken else record


def _must_operate(scope: Scope) -> None:
    if not scope.may_operate:
        raise PermissionError("mencari dan menghapus data pribadi hanya untuk operator")
