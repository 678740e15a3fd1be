"""What was known at a moment gone by: which records have changed since, and what the store said of them then.

The store's own time counts: a version is known from the moment at which it was kept (``kept_at``) until another story
of the same version replaces it. Of the versions known then, the one that began last (``known_from``) is what held, as
for what is known now; a record that was gone then was not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, Table, and_, func, or_, select, union, union_all

from layers import schema
from layers.holding import VERSIONS
from layers.model import Kind
from layers.schema import RECORD_TABLES, REPLACED_TABLES
from layers.shelves import CHUNK_ROWS, Shelves, arrow_schema, as_batch, as_versions

Key = tuple[str, str]
"""A record of a kind: its source and its identifier there."""


class Known(Shelves):
    """The store's records as they stood."""

    def changed_since(self, kind: Kind, at: datetime, seq: int) -> list[Key]:
        """Records whose current state began after ``at``, or under a change number beyond ``seq``, and those gone since."""
        with self.read() as connection:
            return [(row.source, row.source_id) for row in connection.execute(select(_changed(kind, at, seq)))]

    def known_at(self, kind: Kind, at: datetime, seq: int | None) -> Iterator[Any]:
        """What was known at ``at`` of the records of :meth:`changed_since` (of all, without ``seq``), as Arrow batches.

        The columns are those of :meth:`layers.shelves.Shelves.changes`; a record that was gone is left out.
        """
        form, changed = arrow_schema(kind), None if seq is None else _changed(kind, at, seq)
        tables = (RECORD_TABLES[kind], REPLACED_TABLES[kind])
        versions = union_all(*(self._versions_at(table, form.names, at, changed) for table in tables)).subquery()
        v = versions.c
        turn = func.row_number().over(partition_by=(v.source, v.source_id), order_by=v.known_from.desc())
        ranked = select(versions, turn.label("turn")).subquery()
        table = schema.absence
        same = and_(table.c.source == ranked.c.source, table.c.source_id == ranked.c.source_id)
        away = select(table.c.seq).where(table.c.kind == kind.value, same, table.c.since <= at, _lasts(at)).exists()
        query = select(*(ranked.c[name] for name in form.names)).where(ranked.c.turn == 1, ~away)
        with self.read() as connection:
            found = connection.execution_options(yield_per=CHUNK_ROWS).execute(query)
            yield from (as_batch(rows, form) for rows in found.partitions())

    def versions_at(self, at: datetime, seq: int | None) -> Any:
        """The versions known at ``at`` of the complaints of :meth:`known_at` that had several, as an Arrow table."""
        changed = None if seq is None else _changed(Kind.COMPLAINT, at, seq)
        tables = (RECORD_TABLES[Kind.COMPLAINT], REPLACED_TABLES[Kind.COMPLAINT])
        versions = union_all(*(self._versions_at(table, [*VERSIONS], at, changed) for table in tables)).subquery()
        v = versions.c
        counted = select(versions, func.count().over(partition_by=(v.source, v.source_id)).label("versions")).subquery()
        query = select(*(counted.c[name] for name in VERSIONS)).where(counted.c.versions > 1)
        with self.read() as connection:
            return as_versions(connection.execute(query).all())

    def _versions_at(self, table: Table, names: list[str], at: datetime, changed: CTE | None) -> Select[Any]:
        """The versions of a table that were known."""
        columns = [self._raw(table.c[name]).label(name) for name in dict.fromkeys((*names, "known_from"))]
        query = select(*columns).where(_kept_by(table, at))
        if "replaced" in table.c:
            query = query.where(table.c.replaced > at)
        if changed is None:
            return query
        same = and_(table.c.source == changed.c.source, table.c.source_id == changed.c.source_id)
        return query.join_from(changed, table, same)


def _kept_by(table: Table, at: datetime) -> ColumnElement[bool]:
    return or_(table.c.kept_at.is_(None), table.c.kept_at <= at)


def _lasts(at: datetime) -> ColumnElement[bool]:
    return or_(schema.absence.c.until.is_(None), schema.absence.c.until > at)


def _changed(kind: Kind, at: datetime, seq: int) -> CTE:
    table, absence = RECORD_TABLES[kind], schema.absence
    later = select(table.c.source, table.c.source_id).where(or_(table.c.kept_at > at, table.c.seq > seq))
    away = select(absence.c.source, absence.c.source_id).where(absence.c.kind == kind.value, _lasts(at))
    return union(later, away).cte("changed")
