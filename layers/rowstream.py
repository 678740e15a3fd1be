"""All rows behind a number, in the order of the page that lists them, a batch at a time: for those who may take rows away.

What is held for a whole answer is the place and the share of each row (20 bytes), never the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import polars as pl

from layers import rows as behind
from layers.catalog import Kpi
from layers.drill import Query
from layers.model import Scope
from layers.readings import Room

BATCH = 10_000
"""Rows that are made into values at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """The rows behind a reading: ``count`` of them; ``part`` gives some from a place on, or all, as :class:`layers.rows.Row`."""

    columns: tuple[str, ...]
    count: int
    part: Callable[[int, int | None], Iterator[behind.Row]] = field(repr=False)
    why: str | None


def every(scope: Scope, room: Room, kpi: Kpi, query: Query, order: str = "") -> Every:
    """The rows that :func:`layers.rows.rows` gives by pages, all of them.

    Raises ``PermissionError`` where the scope may not take rows away, ``ValueError`` for an unknown area or order.
    """
    if not scope.may_export_rows:
        raise PermissionError("baris tidak dapat diunduh oleh peran ini")
    key, falling = behind.sorting(kpi, order)
    frame, found = behind.counted(scope, room, kpi, query)
    places = found.sort(*key, descending=falling).select(behind.PLACE, "+part", "+whole").collect()
    columns = behind.COLUMNS[kpi.kind]

    def part(first: int, most: int | None) -> Iterator[behind.Row]:
        return _rows(frame, places.slice(first, most), columns, kpi)

    return Every(columns=columns, count=places.height, part=part, why=room.origin(kpi).why_none)


def _rows(frame: pl.DataFrame, places: pl.DataFrame, columns: tuple[str, ...], kpi: Kpi) -> Iterator[behind.Row]:
    names = list(dict.fromkeys((*columns, "source")))
    for some in places.iter_slices(BATCH):
        batch = frame.select(names)[some[behind.PLACE]].hstack(some.select("+part", "+whole"))
        for row in batch.iter_rows(named=True):
            yield behind.row(row, columns, kpi.kind)
