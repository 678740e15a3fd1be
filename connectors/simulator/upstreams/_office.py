"""What simulated offices that send files have in common: clerks fill in tables, mistype, and lay them into the drop folder."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
from openpyxl import Workbook

from connectors.simulator.world import World

Rows = Iterable[Sequence[object]]
SHORT_HISTORY = 14
"""Days that an office keeps day by day; before them it has the sums of months."""


def drop_folder(folder: Path) -> Path:
    """The drop folder of the demo's source of the same name; ``folder`` is ``DATA/demo/<name>``."""
    place = folder.parents[1] / "inbox" / f"demo_{folder.name}"
    place.mkdir(parents=True, exist_ok=True)
    return place


def lay_book(folder: Path, name: str, sheets: Mapping[str, Rows]) -> None:
    """Lay down an XLSX file whole."""
    book = Workbook(write_only=True)
    for title, rows in sheets.items():
        page = book.create_sheet(title[:31])
        for row in rows:
            page.append(list(row))
    part = drop_folder(folder) / ".tulis.xlsx"
    book.save(part)
    part.replace(part.with_name(name))


def lay_text(folder: Path, name: str, rows: Rows) -> None:
    """Lay down a CSV file whole, as Windows with Indonesian settings writes it."""
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(rows)
    part = drop_folder(folder) / ".tulis.csv"
    part.write_bytes(out.getvalue().encode("cp1252"))
    part.replace(part.with_name(name))


def due(world: World, at: time, since: datetime, until: datetime) -> Iterator[date]:
    """The days on which a time of day falls into ``(since, until]``."""
    day = since.astimezone(world.city.zone).date()
    while day <= until.astimezone(world.city.zone).date():
        if since < datetime.combine(day, at, world.city.zone) <= until:
            yield day
        day += timedelta(days=1)


def months(world: World, now: datetime) -> list[date]:
    """The first days of the months that ended within the history before today, oldest first; the last one always."""
    found: list[date] = []
    month = now.date().replace(day=1)
    earliest = now.date() - timedelta(days=world.HISTORY_DAYS)
    while not found or month > earliest:
        month = (month - timedelta(days=1)).replace(day=1)
        found.append(month)
    return found[::-1]


def end_of(month: date) -> date:
    """The last day of a month."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def mistyped(chance: np.random.Generator, value: object, share: float) -> object:
    """A clerk's number, now and then with a letter for a digit."""
    text = str(value)
    return text[:-1] + {"0": "O", "1": "l"}.get(text[-1], "?") if chance.random() < share else value
