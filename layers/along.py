"""The same figures in many windows, over few rows: each row beside each window, in place of an expression for each window.

To plan an expression takes a tenth of a millisecond whatever the rows; a line of thirty points over a hundred cases is
mostly that. Over many rows it is the other way round (:data:`FEW`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from layers.catalog import Form, When
from layers.evaluate import WHOLE, Ask, Cell, empty, expressions, figures, together
from layers.sqltypes import micros

FEW = 150_000
"""Rows times windows up to which rows are set beside windows."""

_STEP, _OPENS, _ENDS = "+step", "+opens", "+ends"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beside(When):
    """The window that stands beside each row; its own start and end are nobody's."""

    @property
    def opens(self) -> pl.Expr:
        return pl.col(_OPENS)

    @property
    def ends(self) -> pl.Expr:
        return pl.col(_ENDS)


def along(rows: pl.LazyFrame, n: int, asks: Sequence[Ask]) -> list[Cell]:
    """Each figure in its window over all ``rows``, at most ``n`` of them, as :func:`layers.evaluate.figures` gives it."""
    windows = list(dict.fromkeys(when for _, when in asks))
    forms = list({id(form): form for form, _ in asks}.values())
    first, last = _beside(windows[0]), _beside(windows[-1])
    if len(windows) == 1 or n * len(windows) > FEW or not all(_told_by_ends(form, first, last) for form in forms):
        return [cells[None][WHOLE] for cells in figures(rows, asks, (None,))]
    ends = {_OPENS: [micros(when.start) for when in windows], _ENDS: [micros(when.end) for when in windows]}
    table = pl.DataFrame({_STEP: range(len(windows)), **ends}).with_columns(pl.col(_OPENS, _ENDS).cast(pl.Datetime("us", "UTC")))
    found = together(rows.join(table.lazy(), how="cross"), [(form, first) for form in forms], _STEP)
    place = {id(form): number for number, form in enumerate(forms)}
    steps = {when: str(number) for number, when in enumerate(windows)}
    return [found[steps[when]][place[id(form)]] if steps[when] in found else empty(form) for form, when in asks]


def _beside(when: When) -> _Beside:
    return _Beside(window=when.window, start=when.start, end=when.end, zone=when.zone)


def _told_by_ends(form: Form, first: _Beside, last: _Beside) -> bool:
    """Whether the expressions of a form ask nothing of a window but its ends, which stand in columns."""
    each = [list(expressions(form, when)) for when in (first, last)]
    return all(a.meta.eq(b) for a, b in zip(*each, strict=True))
