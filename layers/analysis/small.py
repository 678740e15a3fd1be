"""Cells so small that a person could be singled out, for those who may not see rows; and what would give them away."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import product

from layers.analysis.found import Found, Key
from layers.catalog import Kpi, Total
from layers.model import Kind
from layers.smallcells import PERSONAL, veil
from layers.snapshot import Reading

SMALLEST = 5
"""A figure about fewer cases than this is not shown."""

HIDDEN = f"disamarkan: kurang dari {SMALLEST} kasus, atau akan membuka sel yang disamarkan"


def small(kpi: Kpi, keys: tuple[tuple[str, ...], ...], cells: Mapping[Key, Reading]) -> set[Key]:
    """The cells to hide: those about 1 to 4 cases, and the next smallest of a line whose sum would give the hidden ones away."""
    sizes = {key: _size(kpi, reading) for key, reading in cells.items()}
    found = {key for key, size in sizes.items() if 0 < size < SMALLEST}
    lines = _lines(keys)
    while more := {other for line in lines if (other := _next(line, found, sizes)) is not None}:
        found |= more  # what is hidden in one line may leave one alone in another
    return found


def without_small(found: Found) -> Found:
    """The answer without its small cells, where single cases could be people; as it is where they are left out already."""
    if found.hidden or found.kpi.kind not in PERSONAL:
        return found
    hidden = small(found.kpi, found.keys, found.cells)
    if found.before:
        hidden |= small(found.kpi, found.keys, found.before)
    return replace(found, cells=veiled(found.cells, hidden), before=veiled(found.before, hidden), hidden=len(hidden))


def _size(kpi: Kpi, reading: Reading) -> float:
    """How many cases a cell is about: a row of a counter tells of all whom it served."""
    summed = kpi.kind is Kind.SERVICE and isinstance(kpi.form, Total)
    return reading.value if summed and reading.value is not None else reading.n


def _lines(keys: tuple[tuple[str, ...], ...]) -> list[list[Key]]:
    """The cells that add up to one margin: those that differ in one dimension only."""
    found: list[list[Key]] = []
    for at, own in enumerate(keys):
        others = [[*values, None] if k != at else [""] for k, values in enumerate(keys)]
        found += [[(*fixed[:at], value, *fixed[at + 1 :]) for value in own] for fixed in product(*others)]
    return found


def _next(line: Collection[Key], hidden: set[Key], sizes: Mapping[Key, float]) -> Key | None:
    """The smallest cell of a line that has to go too: one hidden alone follows from the others, few hidden together nearly so."""
    shut = [sizes[key] for key in line if key in hidden]
    if not shut or (len(shut) > 1 and sum(shut) >= SMALLEST):
        return None
    return min((key for key in line if key not in hidden and sizes[key]), key=sizes.__getitem__, default=None)


def veiled(cells: Mapping[Key, Reading], hidden: Collection[Key]) -> dict[Key, Reading]:
    """The cells, those to hide without anything that tells their size."""
    return {key: veil(reading, HIDDEN) if key in hidden else reading for key, reading in cells.items()}
