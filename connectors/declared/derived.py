"""Fields that no column holds: made of several, such as the minutes between two times or whether they kept to a standard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from connectors.declared.cells import Reader, as_text, filled, reader
from connectors.source import Config

Name = Annotated[str, Field(min_length=1, max_length=200)]
Make = Callable[[Mapping[str, Any]], Any]
"""A row's cell that no column holds; ``None`` where what it is made of is not known."""


class Derived(Config):
    """How a field is made of several columns; at most one of these.

    ``filled``: 1 where the column is filled, else 0. ``minutes_between``: minutes from the first time to the
    second. ``within``: 1 where those minutes are not more than the third column's, else 0. ``joined``: the texts of
    the columns joined by a slash, for a code table of their combinations.
    """

    filled: Name | None = None
    minutes_between: tuple[Name, Name] | None = None
    within: tuple[Name, Name, Name] | None = None
    joined: tuple[Name, ...] = ()

    @property
    def made_of(self) -> tuple[str, ...]:
        """The columns that it is made of: all of them are needed."""
        return (*((self.filled,) if self.filled else ()), *(self.minutes_between or ()), *(self.within or ()), *self.joined)


def maker(column: Derived, times: Reader, zone: ZoneInfo, decimal: str) -> Make | None:
    """The function that makes a field; it raises ``ValueError`` with the reason. ``times`` reads the column's times."""
    if column.filled is not None:
        there = column.filled
        return lambda row: int(filled(row.get(there)) is not None)
    if column.minutes_between is not None:
        return _minutes(*column.minutes_between, times)
    if column.within is not None:
        start, end, most = column.within
        minutes, standard = _minutes(start, end, times), reader("float", zone, (), decimal)

        def within(row: Mapping[str, Any]) -> int | None:
            took, allowed = minutes(row), standard(row.get(most))
            return None if took is None or allowed is None else int(took <= allowed)

        return within
    if column.joined:
        return lambda row: _joined([filled(row.get(name)) for name in column.joined])
    return None


def bounded(read: Reader, least: float, most: float) -> Reader:
    """A reader of numbers that believes none outside of the bounds."""

    def inside(cell: Any) -> Any:
        value = read(cell)
        if value is not None and not least <= value <= most:
            raise ValueError(f"harus antara {least:g} dan {most:g}")
        return value

    return inside


def _minutes(start: str, end: str, times: Reader) -> Callable[[Mapping[str, Any]], float | None]:
    def minutes(row: Mapping[str, Any]) -> float | None:
        began, ended = times(row.get(start)), times(row.get(end))
        if began is None or ended is None:
            return None
        if ended < began:
            raise ValueError(f"{end} lebih awal dari {start}")
        return float(round((ended - began).total_seconds() / 60, 2))

    return minutes


def _joined(parts: list[Any]) -> str | None:
    return None if None in parts else "/".join(map(as_text, parts))
