"""A sheet as Parquet: typed columns for programs, a batch of rows at a time, with its provenance in the file's metadata."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import islice
from typing import IO

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from dashboard.export.provenance import lines
from dashboard.export.sheet import Cell, Sheet, Type, exact

BATCH = 20_000
_TYPES = {
    Type.WHOLE: pa.int64(),
    Type.NUMBER: pa.float64(),
    Type.SHARE: pa.float64(),
    Type.MONEY: pa.float64(),
    Type.DAY: pa.date32(),
    Type.MOMENT: pa.timestamp("us", "UTC"),
}


def write(sheet: Sheet, to: IO[bytes]) -> None:
    """Write the sheet; the metadata holds ``provenance`` (pairs as JSON), and each column its title and unit."""
    fields = [
        pa.field(c.key, _TYPES.get(c.type, pa.string()), metadata={"title": c.title, "unit": c.unit or ""}) for c in sheet.columns
    ]
    about = orjson.dumps([list(pair) for pair in lines(sheet.about)]).decode()
    schema = pa.schema(fields, metadata={"title": sheet.title, "provenance": about})
    makers = [_MAKERS.get(column.type, _words) for column in sheet.columns]
    rows = iter(sheet.rows)
    with pq.ParquetWriter(to, schema, compression="zstd") as writer:
        while batch := list(islice(rows, BATCH)):
            columns = [
                pa.array([make(cell) for cell in cells], field.type)
                for make, cells, field in zip(makers, zip(*batch, strict=True), fields, strict=True)
            ]
            writer.write_batch(pa.record_batch(columns, schema=schema))


def _words(cell: Cell) -> Cell:
    return None if cell is None else str(cell).encode("utf-8", "replace").decode()


def _number(cell: Cell) -> Cell:
    return exact(cell) if isinstance(cell, int | float) else None


def _whole(cell: Cell) -> Cell:
    return int(cell) if isinstance(cell, int | float) and math.isfinite(cell) else None


def _moment(cell: Cell) -> Cell:
    return cell.astimezone(UTC) if isinstance(cell, datetime) else None


def _day(cell: Cell) -> Cell:
    return cell if isinstance(cell, date) else None


_MAKERS: dict[Type, Callable[[Cell], Cell]] = {
    Type.WHOLE: _whole,
    Type.NUMBER: _number,
    Type.SHARE: _number,
    Type.MONEY: _number,
    Type.DAY: _day,
    Type.MOMENT: _moment,
}
