"""What the tests of tabular sources share: a small map of measurements, and how to pull and read it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from connectors.http import Http, origins
from connectors.source import Context, Cursor, Kept, Page, Row
from connectors.sources.tabular import Tabular, pages, parse
from layers.model import Measurement

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
HEADINGS = ("nomor", "tanggal", "nilai")
CELLS = [("A-1", "2026-11-02 07:31", 1.5), ("A-2", "2026-11-03 08:00", 2.0), ("A-3", "2026-11-04 09:15", -3.25)]
EXPECTED = {
    "A-1": (datetime(2026, 11, 2, 0, 31, tzinfo=UTC), 1.5),
    "A-2": (datetime(2026, 11, 3, 1, 0, tzinfo=UTC), 2.0),
    "A-3": (datetime(2026, 11, 4, 2, 15, tzinfo=UTC), -3.25),
}
MAP: dict[str, Any] = {
    "kind": "measurement",
    "id": "nomor",
    "fields": {
        "measured": {"column": "tanggal"},
        "value": {"column": "nilai"},
        "name": {"constant": "suhu"},
        "subject": {"constant": "kota"},
        "unit": {"constant": "C"},
    },
}


def table(**more: Any) -> Tabular:
    return Tabular.model_validate(MAP | more)


def pull(config: Tabular, ctx: Context, cursor: Cursor | None = None) -> list[Page]:
    with Http(origins(config), pause=0.001) as http:
        return list(pages(http, config, cursor, ctx))


def rows_of(found: list[Page]) -> list[Row]:
    return [row for page in found for row in page.rows]


def measured(config: Tabular, ctx: Context, rows: list[Row]) -> dict[str, tuple[datetime, float]]:
    read = [parse(row, config, ctx) for row in rows]
    records = [item.record for item in read if isinstance(item, Kept)]
    assert len(records) == len(rows)
    return {record.source_id: (record.measured, record.value) for record in records if isinstance(record, Measurement)}


def last_cursor(found: list[Page]) -> Cursor:
    return [page.cursor for page in found if page.cursor is not None][-1]
