"""Whether time passing can have changed a figure: only if some row's time lies between where a window's edge was and is.

How a figure depends on its window is found by looking at its expressions for several moments: each edge must be a
column compared with the window's start or end, or with a moment at a fixed distance from one. A figure that uses its
window in any other way (the time that passed since a receipt) is not understood, and never taken as unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl

from layers.evaluate import Ask, Cells, Cut, figures
from layers.forms import Form
from layers.memo import kept
from layers.sqltypes import micros
from layers.windows import When, Window

_MOMENT = r"(\d+)\.strict_cast\(Datetime\('μs',\ 'UTC'\)\)"
_EDGE = re.compile(
    rf"""\[\(col\("(?P<compared>\w+)"\)\)\ (?:<|>|<=|>=)\ \({_MOMENT}\)\]
    |col\("(?P<within>\w+)"\)\.is_between\(\[{_MOMENT},\ {_MOMENT}\]\)""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"\d+(?=\.strict_cast)")
_PROBES = tuple(
    datetime(2026, month, day, hour, minute, second, 7 * day, tzinfo=UTC)
    for month, day, hour, minute, second in ((2, 3, 1, 11, 5), (5, 17, 8, 23, 41), (9, 30, 14, 47, 29), (12, 11, 20, 2, 53))
)
"""Moments of one local year that share neither month, day, weekday, hour nor minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A column compared with a moment ``shift`` microseconds after the window's end, or its start."""

    column: str
    of_end: bool
    shift: int

    def at(self, when: When) -> int:
        return micros(when.end if self.of_end else when.start) + self.shift


MOST_FORMS = 1024
"""So many forms are known at a time: packs of other days bring their own."""

_known: dict[tuple[int, Window], tuple[Form, tuple[Edge, ...] | None]] = {}


def edges(form: Form, window: Window, zone: ZoneInfo) -> tuple[Edge, ...] | None:
    """The edges by which a figure depends on its window within one local year; ``None`` when it does in another way too."""
    key = (id(form), window)
    known = _known.get(key)
    if known is None:
        known = _known[key] = (form, _seen(form, [window.at(now, zone) for now in _PROBES]))  # it is held: its id stays its own
        for oldest in [*_known][:-MOST_FORMS]:
            _known.pop(oldest, None)
    return known[1]


class Stillness:
    """Which times of one frame lie between two moments; each question is asked of the rows once."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame
        self._crossed: dict[tuple[str, int, int], bool] = {}

    def unmoved(self, form: Form, before: When, now: When) -> bool:
        """Whether a figure of this frame is sure to be the same in two windows of one kind."""
        if (before.window, before.zone) != (now.window, now.zone) or before.year != now.year:
            return False
        found = edges(form, now.window, now.zone)
        return found is not None and not any(self._between(edge.column, edge.at(before), edge.at(now)) for edge in found)

    def _between(self, column: str, some: int, other: int) -> bool:
        if some == other:
            return False
        low, high = min(some, other), max(some, other)
        if (column, low, high) not in self._crossed:
            times = self._frame[column].to_physical()
            self._crossed[column, low, high] = bool(times.is_between(low, high).any())
        return self._crossed[column, low, high]


def recalled(frame: pl.DataFrame, names: Sequence[Hashable], asks: Sequence[Ask], cuts: Sequence[Cut]) -> list[Cells]:
    """:func:`layers.evaluate.figures`, but what was asked of this frame before under the same name is only made anew if it
    can have changed since."""
    held = kept(frame, ("cells", *cuts), dict[Hashable, tuple[Form, When, Cells]])
    still = Stillness(frame)
    found: dict[int, Cells] = {}  # what is held may be another thread's by the end
    for i, (name, (form, when)) in enumerate(zip(names, asks, strict=True)):
        former = held.get(name)
        if former is not None and former[0] is form and still.unmoved(form, former[1], when):
            found[i] = former[2]
    anew = [i for i in range(len(asks)) if i not in found]
    for i, cells in zip(anew, figures(frame, [asks[i] for i in anew], cuts) if anew else [], strict=True):
        held[names[i]] = (*asks[i], cells)
        found[i] = cells
    return [found[i] for i in range(len(asks))]


def _seen(form: Form, whens: Sequence[When]) -> tuple[Edge, ...] | None:
    texts = ["|".join(str(expr) for expr in _moving(form, when)) for when in whens]
    if len({_EDGE.sub(lambda found: _NUMBER.sub("", found[0]), text) for text in texts}) != 1:
        return None
    found = {_edge(places[0][0], [at for _, at in places], whens) for places in zip(*map(_moments, texts), strict=True)}
    return None if None in found else tuple(edge for edge in found if edge)


def _moving(form: Form, when: When) -> list[pl.Expr]:
    """The expressions of a form that are given the window."""
    return [made(when) for field in fields(form) if callable(made := getattr(form, field.name))]


def _moments(text: str) -> list[tuple[str, int]]:
    """Each column that is compared with a moment, and the moment, in their order."""
    return [(found["compared"] or found["within"], int(at)) for found in _EDGE.finditer(text) for at in _NUMBER.findall(found[0])]


def _edge(column: str, moments: Sequence[int], whens: Sequence[When]) -> Edge | None:
    """The edge that lies at these moments for these windows: an end itself rather than so far from the other."""
    for most in (0, None):
        for of_end in (True, False):
            shifts = {at - Edge(column=column, of_end=of_end, shift=0).at(when) for at, when in zip(moments, whens, strict=True)}
            if len(shifts) == 1 and (most is None or shifts == {most}):
                return Edge(column=column, of_end=of_end, shift=shifts.pop())
    return None
