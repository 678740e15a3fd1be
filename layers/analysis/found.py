"""What was found: a reading for each cell with its margins, and the same as typed columns and rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import product
from typing import Literal

from babel.dates import format_date, get_day_names

from layers.analysis.ask import Ask
from layers.analysis.dimensions import Dimension, Sort
from layers.areas import AreaTree
from layers.catalog import Kpi, When
from layers.city import City
from layers.model import UNPLACED
from layers.numbers import LOCALES, Lang
from layers.periods import Unit
from layers.snapshot import Reading

Key = tuple[str | None, ...]
"""A value of each dimension; ``None`` stands for all of them, the empty text for rows that have none."""

Type = Literal["text", "number", "whole", "date"]

NONE = {"id": "tidak disebut", "en": "not stated"}
_UNPLACED = {"id": "Tanpa lokasi", "en": "No location"}
_MONTHS = {Unit.MONTH: "MMM y", Unit.YEAR: "y", Unit.QUARTER: "QQQ y", Unit.WEEK: "d MMM y", Unit.DAY: "d MMM y"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the answer as a table: its key, its heading, its unit and what its cells are."""

    key: str
    title: Mapping[str, str]
    type: Type
    unit: str | None = None
    decimals: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The answer to an :class:`~layers.analysis.ask.Ask`.

    ``keys`` are the values of each dimension in their order; ``cells`` and ``before`` have a reading for every
    combination of them and for their margins (``None``). ``when`` and ``earlier`` are the windows; ``why_earlier`` says why
    nothing is compared although it was asked. ``hidden`` cells were too small to be shown to this asker. ``limited`` says
    that the asker's rights leave rows out. ``at_end``: the figure speaks of the end of the period, not of all of it.
    """

    ask: Ask
    kpi: Kpi
    at: datetime
    version: int
    when: When
    earlier: When | None
    why_earlier: str | None
    dimensions: tuple[Dimension, ...]
    keys: tuple[tuple[str, ...], ...]
    cells: Mapping[Key, Reading]
    before: Mapping[Key, Reading]
    hidden: int
    limited: bool
    at_end: bool
    seconds: float

    @property
    def total(self) -> Reading:
        """The figure of all rows asked for."""
        return self.cells[(None,) * len(self.dimensions)]

    def lines(self) -> Iterator[tuple[tuple[str, ...], Reading, Reading | None]]:
        """Each combination of the dimensions with its reading, and the one that it is compared with."""
        for key in product(*self.keys):
            yield key, self.cells[key], self.before.get(key)

    def label(self, index: int, key: str, city: City, tree: AreaTree, lang: Lang) -> str:
        """A value of the dimension ``index`` as people call it."""
        return label(self.dimensions[index], key, city, tree, lang)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of :meth:`rows`: the dimensions, the figure and what it rests on, and the comparison where asked."""
        unit, decimals = self.kpi.unit, self.kpi.decimals
        figure: Type = "whole" if decimals == 0 and unit != "rupiah" else "number"
        parts = {"id": "Pembilang", "en": "Numerator"}, {"id": "Penyebut", "en": "Denominator"}
        found = [Column(key=d.id, title=d.title, type="date" if d.sort is Sort.TIME else "text") for d in self.dimensions]
        found.append(Column(key="value", title=self.kpi.short, type=figure, unit=unit, decimals=decimals))
        found.append(Column(key="n", title={"id": "n", "en": "n"}, type="whole"))
        if self.total.evidence.denominator is not None:
            names = zip(("numerator", "denominator"), parts, strict=True)
            found += [Column(key=key, title=title, type="number") for key, title in names]
        if self.earlier is not None:
            found.append(
                Column(key="before", title={"id": "Pembanding", "en": "Compared with"}, type=figure, unit=unit, decimals=decimals)
            )
            change = "poin" if unit == "persen" else unit
            found.append(
                Column(key="change", title={"id": "Selisih", "en": "Difference"}, type=figure, unit=change, decimals=decimals)
            )
        found.append(Column(key="why", title={"id": "Keterangan", "en": "Note"}, type="text"))
        return tuple(found)

    def rows(self, city: City, tree: AreaTree, lang: Lang) -> Iterator[Sequence[object]]:
        """The cells in the order of :attr:`columns`: texts, numbers, dates; what is not known is ``None`` with its reason."""
        names = [column.key for column in self.columns]
        for key, now, before in self.lines():
            labels: list[object] = [
                date.fromisoformat(value) if d.sort is Sort.TIME else self.label(k, value, city, tree, lang)
                for k, (d, value) in enumerate(zip(self.dimensions, key, strict=True))
            ]
            facts = {
                "value": now.value,
                "n": now.n,
                "numerator": now.evidence.numerator,
                "denominator": now.evidence.denominator,
                "before": before.value if before else None,
                "change": change(now, before),
                "why": now.why_none,
            }
            yield [*labels, *(facts[name] for name in names[len(labels) :])]


def change(now: Reading, before: Reading | None) -> float | None:
    """By how much a figure differs from the one that it is compared with; a share by points."""
    if before is None or now.value is None or before.value is None:
        return None
    return now.value - before.value


def label(dimension: Dimension, key: str, city: City, tree: AreaTree, lang: Lang) -> str:
    """A value of a dimension as people call it."""
    if key == UNPLACED:
        return _UNPLACED[lang]
    if not key:
        return NONE[lang]
    match dimension.sort:
        case Sort.PLACE:
            return tree.name(key) if key in tree.areas else key
        case Sort.OFFICE:
            opd = city.opd(key)
            return opd.short if opd else key
        case Sort.TIME if dimension.unit:
            return str(format_date(date.fromisoformat(key), _MONTHS[dimension.unit], locale=LOCALES[lang]))
        case Sort.ROUND if dimension.id == "weekday":
            return str(get_day_names("wide", locale=LOCALES[lang])[int(key) - 1]).capitalize()
        case Sort.ROUND:
            return f"{int(key):02d}"
    return key.replace("_", " ") if dimension.id in ("status", "stage") else key
