"""A sheet: what one chart or table of a page says, as typed columns and rows, with where it came from.

Every format is written from a sheet, so that all of them say the same. A sheet holds what its page may show to the asker and
nothing else; whoever makes one has the asker's Scope.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from itertools import chain

from dashboard.page import Lang
from layers.city import City
from layers.snapshot import Freshness

Cell = str | int | float | bool | date | datetime | None
"""One value; ``None`` where nobody knows it. Moments know their zone."""
Row = Sequence[Cell]


class NothingError(Exception):
    """The page as it is asked for has no such chart or table: alone it is absent, and the whole page comes without it."""


class Type(StrEnum):
    """What the cells of a column are. ``MONEY`` is in rupiah, ``SHARE`` in percent as on the screen (95.78), ``AREA`` a code."""

    TEXT = "teks"
    WHOLE = "bilangan"
    NUMBER = "angka"
    SHARE = "persen"
    MONEY = "rupiah"
    DAY = "tanggal"
    MOMENT = "waktu"
    AREA = "wilayah"

    @property
    def numeric(self) -> bool:
        return self in (Type.WHOLE, Type.NUMBER, Type.SHARE, Type.MONEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: ``key`` for programs, ``title`` for people, ``unit`` where its numbers have one."""

    key: str
    title: str
    type: Type = Type.TEXT
    unit: str | None = None
    decimals: int = 0

    @property
    def heading(self) -> str:
        """The title, with the unit where neither the type nor the title says it."""
        return f"{self.title} ({self.unit})" if self.unit and self.unit.casefold() not in self.title.casefold() else self.title


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A source of a sheet: its title and how old its data are."""

    name: str
    title: str
    freshness: Freshness


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a sheet came from, in the words of ``lang``.

    ``filters`` are the choices of the page by their names, ``formulas`` and ``rules`` what the figures mean, ``missing`` the
    reasons why values are. ``address`` leads back to the page; ``moment`` is what the snapshot speaks of, ``taken`` when the
    file was made. ``notice`` says that this is not the live city.
    """

    city: City
    lang: Lang
    title: str
    page: str
    address: str
    version: int
    moment: datetime
    taken: datetime
    whose: str
    filters: tuple[tuple[str, str], ...] = ()
    period: str | None = None
    formulas: tuple[tuple[str, str], ...] = ()
    rules: tuple[str, ...] = ()
    sources: tuple[Origin, ...] = ()
    notice: str | None = None
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One chart or table. ``rows`` may be read once and may be long; ``count`` is how many there are where that is known.

    ``name`` is short and stable: a file's name. A sheet whose part of the page draws a chart also comes as a picture, unless
    ``hidden`` says that small counts are left out, which the page's drawing shows.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Iterable[Row] = field(repr=False)
    about: Provenance
    count: int | None = None
    hidden: bool = False

    @property
    def areas(self) -> int | None:
        """Which column names areas, where one does: then the sheet can be a map."""
        return next((k for k, column in enumerate(self.columns) if column.type is Type.AREA), None)


def ahead(rows: Iterable[Row], most: int) -> tuple[list[Row], Iterator[Row]]:
    """The first rows, and all of them."""
    every = iter(rows)
    first = [row for _, row in zip(range(most), every, strict=False)]
    return first, chain(first, every)


PLACES = 6


def exact(number: float) -> float | None:
    """A number to :data:`PLACES` decimals, which no figure of the room exceeds; ``None`` for what is none."""
    return round(number, PLACES) if number - number == 0 else None


UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
"""Controls, which XML cannot hold."""

DANGEROUS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
"""How a text begins that a spreadsheet program could take for a formula, full-width signs included."""
BLANKS = " \u00a0\ufeff"


def harmless(text: str, separators: str = ";") -> str:
    """A text as a cell of a file without types: one that a spreadsheet program would run gets an apostrophe before it.

    Blanks before a sign do not hide it, and a text that begins with an apostrophe gets another, so that taking one away
    always gives back what it was. So does each piece behind a semicolon: where numbers have decimal commas, spreadsheet programs
    part cells there, whatever the file's own separator is.
    """
    if not any(mark in text for mark in separators):
        return _piece(text, BLANKS)
    first, *more = re.split(f"([{separators}])", text)
    return _piece(first, BLANKS) + "".join(piece if k % 2 == 0 else _piece(piece, BLANKS + '"') for k, piece in enumerate(more))


def _piece(text: str, blanks: str) -> str:
    start = text.lstrip(blanks)[:1]
    return f"'{text}" if start and (start in DANGEROUS or start == "'") else text
