"""A sheet as CSV: RFC 4180, decimal points, ISO dates, UTF-8; written as it is read, whatever its length.

For people it begins with a byte order mark, so that spreadsheet programs read it as UTF-8, and with its provenance in lines that
begin with ``#`` (the comment of CSV on the Web). ``clean`` leaves both away for programs, and has the columns' keys for headings.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from dashboard.export.provenance import lines
from dashboard.export.sheet import Cell, Sheet, exact, harmless

CHUNK = 1 << 16
"""Letters that are gathered before they are sent."""
BOM = b"\xef\xbb\xbf"


def write(sheet: Sheet, *, clean: bool = False) -> Iterator[bytes]:
    """The sheet's bytes, a piece at a time."""
    if not clean:
        said = (harmless(f"# {name}: {words}", ",;") for name, words in lines(sheet.about))  # parted there too: no cell is quoted
        yield BOM + "".join(f"{line}\r\n" for line in said).encode("utf-8", "replace")
    heads = [column.key if clean else column.heading for column in sheet.columns]
    yield from plain(heads, sheet.rows, sheet.about.city.zone)


def plain(heads: Iterable[str], rows: Iterable[Iterable[Cell]], zone: ZoneInfo) -> Iterator[bytes]:
    """Rows below their heading; moments in the zone."""
    held = io.StringIO()
    writer = csv.writer(held, lineterminator="\r\n")
    writer.writerow([harmless(head) for head in heads])

    def said(cell: Cell) -> str | int | float | None:
        if isinstance(cell, str):
            return harmless(cell)
        if isinstance(cell, bool):
            return str(cell).lower()
        if isinstance(cell, datetime):
            return cell.astimezone(zone).isoformat(timespec="seconds")
        if isinstance(cell, date):
            return cell.isoformat()
        if isinstance(cell, float):
            return int(cell) if cell.is_integer() and abs(cell) < 1e15 else exact(cell)
        return cell

    for row in rows:
        writer.writerow([said(cell) for cell in row])
        if held.tell() > CHUNK:
            yield held.getvalue().encode("utf-8", "replace")
            held.seek(0)
            held.truncate()
    yield held.getvalue().encode("utf-8", "replace")
