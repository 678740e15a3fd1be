"""How records are read again: columnar for the frames, and as rows for those whose scope allows it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import pyarrow as pa
from sqlalchemy import BigInteger, ColumnElement, Connection, Select, Table, and_, exists, null, or_, select, type_coerce, update

from layers import schema, sqltypes
from layers.database import Database
from layers.holding import VERSIONS
from layers.model import PRIVATE, RECORDS, UNPLACED, Kind, Record, Scope, Stage, Status
from layers.schema import AT, RECORD_TABLES
from layers.sqltypes import record_fields

CHUNK_ROWS = 25_000
"""Rows of one columnar chunk; bounds the memory of a reader."""

FEW = 500
"""So many rows are asked for by their numbers, more by the stretch that they are in."""

_ARROW: dict[type, Any] = {
    datetime: pa.timestamp("us", tz="UTC"),
    Decimal: pa.int64(),
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
    str: pa.string(),
}
_OPEN = MappingProxyType(
    {
        Kind.COMPLAINT: ("status", (Status.WAITING.value, Status.IN_PROCESS.value)),
        Kind.PACKAGE: ("stage", (Stage.PLANNED.value, Stage.SELECTION.value, Stage.CONTRACT.value)),
    }
)
ORDERS = ("newest", "oldest", "due")
MOST_ROWS = 10_000
"""Rows of one answer at most, whatever is asked: records may carry free text."""


def arrow_schema(kind: Kind) -> Any:
    """Columns of a chunk: the record's fields but the private (money as whole sen), then ``seq``, ``month``, ``moved_from``."""
    open_fields = ((name, python) for name, (python, _) in record_fields(kind).items() if name not in PRIVATE)
    own = [(name, _ARROW[str if issubclass(python, StrEnum) else python]) for name, python in open_fields]
    return pa.schema([*own, ("seq", pa.int64()), ("month", pa.string()), ("moved_from", pa.string())])


_SCHEMAS = {kind: arrow_schema(kind) for kind in Kind}
_TIMES = {name for name, (python, _) in record_fields(Kind.COMPLAINT).items() if python is datetime} | {"known_from"}
_VERSIONS = pa.schema([(name, _ARROW[datetime if name in _TIMES else str]) for name in VERSIONS])


class Shelves(Database):
    """The store's records, read."""

    def head(self) -> int:
        """The highest change number given; read it before :meth:`changes`, so that nothing falls between."""
        with self.read() as connection:
            return int(connection.execute(select(schema.change.c.head)).scalar_one())

    def _numbers(self, connection: Connection, count: int) -> int:
        """Take the next ``count`` change numbers; return the first."""
        head = schema.change.c.head
        last: int = connection.execute(update(schema.change).values(head=head + count).returning(head)).scalar_one()
        return last - count + 1

    def identity(self) -> str:
        """What tells this store from every other one: drawn once, when it was made."""
        with self.read() as connection:
            return str(connection.execute(select(schema.identity.c.id)).scalar_one())

    def changes(self, kind: Kind, since: int, limit: int | None = None) -> Iterator[Any]:
        """Current versions with ``seq > since`` as Arrow record batches by rising ``seq``, at most ``limit`` rows in all.

        Each record comes once, as it stands up to the head at the first chunk. ``moved_from`` holds the
        other months that it was ever in, joined by commas, or null.
        """
        columns = RECORD_TABLES[kind].c
        yield from self._chunks(kind, (columns.seq <= self.head(),), since, limit)

    def gone(self, kind: Kind, since: int) -> list[tuple[str, str, str]]:
        """(source, source_id, the months it was ever in joined by commas) of records that went after ``since`` and stay away.

        Read it after :meth:`changes`: a record that was current there and went meanwhile is here.
        """
        table = schema.gone
        query = select(table.c.source, table.c.source_id, table.c.months).where(table.c.kind == kind.value, table.c.seq > since)
        with self.read() as connection:
            return [(row.source, row.source_id, row.months) for row in connection.execute(query.order_by(table.c.seq))]

    def month(self, kind: Kind, month: str) -> Any:
        """All current rows of one month's partition as an Arrow table."""
        chunks = self._chunks(kind, (RECORD_TABLES[kind].c.month == month,), 0, None)
        return pa.Table.from_batches(list(chunks), schema=_SCHEMAS[kind])

    def versions(self, seqs: Sequence[int]) -> Any:
        """All versions of those complaints that have several, of current ones by their ``seq``, as an Arrow table.

        Of nearly all complaints there is one version; the index ``complaint_past`` knows the others. Of many it gives
        those between the least and the greatest number too.
        """
        table, now, past = (RECORD_TABLES[Kind.COMPLAINT].alias(name) for name in ("version", "now", "past"))
        many = exists().where(past.c.source == now.c.source, past.c.source_id == now.c.source_id, past.c.known_to.is_not(None))
        same = and_(table.c.source == now.c.source, table.c.source_id == now.c.source_id)
        query = select(*(self._raw(table.c[name]) for name in VERSIONS)).select_from(now).join(table, same)
        asked = now.c.seq.in_(seqs) if len(seqs) <= FEW else now.c.seq.between(min(seqs), max(seqs))
        query = query.where(now.c.known_to.is_(None), asked, many)
        with self.read() as connection:
            rows = connection.execute(query).all()
        return as_versions(rows)

    def photos(self, source: str, source_ids: Sequence[str]) -> dict[str, tuple[datetime | None, datetime | None, str | None]]:
        """(closed, known_at, the hash of the photo that shows the closing) of current complaints of a source, by id."""
        columns = RECORD_TABLES[Kind.COMPLAINT].c
        query = select(columns.source_id, columns.closed, columns.known_at, columns.photo).where(
            columns.source == source, self.among(columns.source_id, source_ids), columns.known_to.is_(None)
        )
        with self.read() as connection:
            return {row.source_id: (row.closed, row.known_at, row.photo) for row in connection.execute(query)}

    def retold(self, since: int) -> Any:
        """Current complaints of which an earlier version came after ``since``, and no newer: chunks as of :meth:`changes`."""
        now, past = (RECORD_TABLES[Kind.COMPLAINT].alias(name) for name in ("now", "past"))
        same = and_(past.c.source == now.c.source, past.c.source_id == now.c.source_id)
        late = select(now.c.seq).select_from(past).join(now, same).where(past.c.seq > since, past.c.known_to.is_not(None))
        found = late.where(now.c.known_to.is_(None), now.c.seq <= since)
        yield from self._chunks(Kind.COMPLAINT, (RECORD_TABLES[Kind.COMPLAINT].c.seq.in_(found),), 0, None)

    def _chunks(self, kind: Kind, where: tuple[ColumnElement[bool], ...], since: int, limit: int | None) -> Iterator[Any]:
        table, form = RECORD_TABLES[kind], _SCHEMAS[kind]
        raw = [self._raw(table.c[name]) for name in form.names]
        query = select(*raw).where(table.c.known_to.is_(None), *where).order_by(table.c.seq)
        at_seq = form.names.index("seq")
        while limit is None or limit > 0:
            size = CHUNK_ROWS if limit is None else min(CHUNK_ROWS, limit)
            with self.read() as connection:
                rows = connection.execute(query.where(table.c.seq > since).limit(size)).all()
            if rows:
                yield as_batch(rows, form)
            if len(rows) < size:
                return
            since = rows[-1][at_seq]
            limit = None if limit is None else limit - len(rows)

    def _raw(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """A column without a Python step for each value: whole numbers go to Arrow as they are."""
        plain = isinstance(column.type, sqltypes.Money) or (self.sqlite and isinstance(column.type, sqltypes.Moment))
        return type_coerce(column, BigInteger) if plain else column

    # --- rows ----------------------------------------------------------------------------------

    def rows(
        self,
        scope: Scope,
        kind: Kind,
        *,
        area: str | None = None,
        opd: str | None = None,
        open_only: bool = False,
        order: str = "newest",
        limit: int = 100,
        offset: int = 0,
    ) -> list[Record]:
        """Current records that the scope may see, in one of :data:`ORDERS` (``due``: nearest deadline first).

        At most :data:`MOST_ROWS`; ``text`` and ``reporter`` are ``None`` for a scope that may not see them.
        ``area`` is a code of any level and takes in all below it; the city's takes in the unplaced too.
        Raises ``PermissionError`` where the scope sees aggregates only, ``ValueError`` for an order or a
        filter that the kind does not have.
        """
        table = RECORD_TABLES[kind]
        query = self._seen_by(scope, kind).where(table.c.known_to.is_(None))
        if area is not None:
            query = query.where(within(table.c.area, area))
        if opd is not None:
            query = query.where(table.c.opd == opd)
        if open_only:
            if kind not in _OPEN:
                raise ValueError(f"{kind.value} tidak memiliki keadaan terbuka")
            name, states = _OPEN[kind]
            query = query.where(table.c[name].in_(states))
        query = query.order_by(*_order(kind, order)).limit(min(limit, MOST_ROWS)).offset(offset)
        with self.read() as connection:
            return [as_record(kind, row) for row in connection.execute(query)]

    def record(self, scope: Scope, source: str, source_id: str) -> Record | None:
        """The record as known now, or ``None`` where there is none that the scope may see."""
        found = [record for record, known_to in self._versions(scope, source, source_id) if known_to is None]
        return found[0] if found else None

    def history(self, scope: Scope, source: str, source_id: str) -> list[Record]:
        """Every version of a record that the scope may see, oldest first."""
        return [record for record, _ in self._versions(scope, source, source_id)]

    def texts(self, scope: Scope, cases: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """What citizens wrote in these complaints (source, number), of those that the scope may see and may read."""
        if not scope.free_text or not cases:
            return {}
        table = RECORD_TABLES[Kind.COMPLAINT]
        query = self._seen_by(scope, Kind.COMPLAINT).with_only_columns(table.c.source, table.c.source_id, table.c.text)
        sources, numbers = {source for source, _ in cases}, [number for _, number in cases]
        query = query.where(_among(table, sources, numbers), table.c.known_to.is_(None))
        with self.read() as connection:
            return {(row[0], row[1]): row[2] for row in connection.execute(query) if row[2] and (row[0], row[1]) in cases}

    def _versions(self, scope: Scope, source: str, source_id: str) -> list[tuple[Record, datetime | None]]:
        found: list[tuple[Record, datetime | None]] = []
        for kind, table in RECORD_TABLES.items():
            query = self._seen_by(scope, kind).add_columns(table.c.known_to)
            query = query.where(_among(table, [source], [source_id])).order_by(table.c.known_from)
            with self.read() as connection:
                found += [(as_record(kind, row), row[-1]) for row in connection.execute(query)]
        return found

    def _seen_by(self, scope: Scope, kind: Kind) -> Select[Any]:
        """The rows of a kind that a scope may see, with the fields that it may: every query for rows begins here."""
        if not scope.may_see_rows:
            raise PermissionError("peran ini hanya melihat angka gabungan, bukan baris")
        table, hidden = RECORD_TABLES[kind], _hidden(scope)
        query: Select[Any] = select(*(null().label(name) if name in hidden else table.c[name] for name in record_fields(kind)))
        if scope.opds is not None:
            query = query.where(table.c.opd.in_(scope.opds))
        if scope.areas is not None:
            query = query.where(or_(*(within(table.c.area, area) for area in scope.areas)) if scope.areas else table.c.seq < 0)
        if scope.categories is not None and kind is Kind.COMPLAINT:
            query = query.where(table.c.category.in_(scope.categories))
        return query


def _among(table: Table, sources: Collection[str], numbers: Collection[str]) -> ColumnElement[bool]:
    """Whether a version is of one of the records, found by these and not by the scope's OPD or area, which has many."""
    return table.c.seq.in_(select(table.c.seq).where(table.c.source.in_(sources), table.c.source_id.in_(numbers)))


def as_batch(rows: Sequence[Any], form: Any) -> Any:
    """Rows as an Arrow record batch with the columns of ``form``; there must be one row at least."""
    arrays = [pa.array(values, type=field.type) for values, field in zip(zip(*rows, strict=True), form, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=form)


def _hidden(scope: Scope) -> frozenset[str]:
    """The private fields that a scope does not get: free text is for few, keyed names for operators."""
    return PRIVATE - ({"text"} if scope.free_text else set()) - ({"reporter", "mentions"} if scope.may_operate else set())


def within(column: ColumnElement[str], area: str) -> ColumnElement[bool]:
    """Whether a record's area is ``area`` or below it; everything unplaced belongs to the city."""
    depth = area.count(".")
    if area == UNPLACED or depth >= 3:
        return column == area
    below = or_(column == area, column.startswith(area + ".", autoescape=True))
    return or_(below, column == UNPLACED) if depth <= 1 else below


def _order(kind: Kind, order: str) -> list[ColumnElement[Any]]:
    columns = RECORD_TABLES[kind].c
    at, tie = columns[AT[kind]], columns.seq
    if order == "due" and kind is Kind.COMPLAINT:
        return [columns.due.asc().nulls_last(), at.asc(), tie.asc()]
    if order not in ("newest", "oldest"):
        raise ValueError(f"urutan tidak dikenal untuk {kind.value}: {order}")
    return [at.desc(), tie.desc()] if order == "newest" else [at.asc(), tie.asc()]


def as_record(kind: Kind, row: Any) -> Record:
    """A record from a row that begins with its fields in order."""
    values = dict(zip(record_fields(kind), row, strict=False))
    for name, (python, _) in record_fields(kind).items():
        if issubclass(python, StrEnum) and values[name] is not None:
            values[name] = python(values[name])
    return RECORDS[kind](**values)


def as_versions(rows: Sequence[Any]) -> Any:
    """Versions of complaints (:data:`layers.holding.VERSIONS`) as an Arrow table."""
    columns = zip(*rows, strict=True) if rows else [()] * len(_VERSIONS)
    return pa.Table.from_arrays([pa.array(v, type=f.type) for v, f in zip(columns, _VERSIONS, strict=True)], schema=_VERSIONS)
