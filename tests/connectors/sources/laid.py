"""A person's workbook laid into the drop folder of a real run, and what became of its rows."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import openpyxl
import pytest

from connectors import inbox
from layers.city import City
from layers.model import Run
from layers.settings import Settings
from tests.connectors.sources.real import Real, served


class Laid:
    """A source with a drop folder; :meth:`lay` pulls it once with a file in there."""

    def __init__(self, real: Real) -> None:
        self.real = real
        self.place = inbox.folder(real.settings.data, "uji")

    def lay(self, name: str, content: bytes) -> Run:
        self.place.mkdir(parents=True, exist_ok=True)
        (self.place / name).write_bytes(content)
        return self.real.pull()

    def answer(self, name: str) -> str:
        return (self.place / f"{name}.hasil.txt").read_text("utf-8")


@contextmanager
def laid(connector: str, city: City, settings: Settings, config: Mapping[str, Any] | None = None) -> Iterator[Laid]:
    """A configured source whose files need not stand still before they are read."""
    with pytest.MonkeyPatch.context() as patch, served(connector, config or {}, city, settings) as real:
        patch.setattr(inbox, "SETTLE", 0.0)
        yield Laid(real)


def book(sheets: Mapping[str, Iterable[Sequence[object]]]) -> bytes:
    """An XLSX file."""
    made = openpyxl.Workbook(write_only=True)
    for title, rows in sheets.items():
        page = made.create_sheet(title)
        for row in rows:
            page.append(list(row))
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()
