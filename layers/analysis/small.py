"""Cells so small that a person could be singled out, for those who may not see rows; and what would give them away."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import product

from layers.analysis.found import Found, Key
from layers.model import Kind
from layers.snapshot import Band, Reading

SMALLEST = 5
"""A figure about fewer cases than this is not shown."""

PERSONAL = (Kind.COMPLAINT, Kind.SERVICE)
"""Kinds whose rows can be about one person."""

HIDDEN = f"disamarkan: kurang dari {SMALLEST} kasus, atau akan membuka sel yang disamarkan"


def small(keys: tuple[tuple[str, ...], ...], cells: Mapping[Key, Reading]) -> set[Key]:
    """The cells to hide: those about 1 to 4 cases, and where one alone of a line would follow from its sum, the next smallest."""
    found = {key for key, reading in cells.items() if 0 < reading.n < SMALLEST}
    for _ in range(2 * sum(map(len, keys)) + 1):  # what is hidden in one line may leave one alone in another
        more = {other for line in _lines(keys) if (other := _second(line, found, cells)) is not None}
        if not more:
            break
        found |= more
    return found


def without_small(found: Found) -> Found:
    """The answer without its small cells, where single cases could be people; as it is where they are left out already."""
    if found.hidden or found.kpi.kind not in PERSONAL:
        return found
    hidden = small(found.keys, found.cells) | (small(found.keys, found.before) if found.before else set())
    return replace(found, cells=veiled(found.cells, hidden), before=veiled(found.before, hidden), hidden=len(hidden))


def _lines(keys: tuple[tuple[str, ...], ...]) -> list[list[Key]]:
    """The cells that add up to one margin: those that differ in one dimension only."""
    found: list[list[Key]] = []
    for at, own in enumerate(keys):
        others = [[*values, None] if k != at else [""] for k, values in enumerate(keys)]
        found += [[(*fixed[:at], value, *fixed[at + 1 :]) for value in own] for fixed in product(*others)]
    return found


def _second(line: Collection[Key], hidden: set[Key], cells: Mapping[Key, Reading]) -> Key | None:
    """The smallest cell of a line that has to go too, because one hidden alone would follow from the others."""
    if sum(1 for key in line if key in hidden) != 1:
        return None
    return min((key for key in line if key not in hidden and cells[key].n), key=lambda key: cells[key].n, default=None)


def veiled(cells: Mapping[Key, Reading], hidden: Collection[Key]) -> dict[Key, Reading]:
    """The cells, those to hide without anything that tells their size."""
    return {key: _veil(reading) if key in hidden else reading for key, reading in cells.items()}


def _veil(reading: Reading) -> Reading:
    proof = replace(reading.evidence, numerator=None, denominator=None, unplaced=0, low=None, high=None, earlier=None)
    return replace(reading, value=None, why_none=HIDDEN, n=0, evidence=proof, change=None, band=Band.NORMAL)
