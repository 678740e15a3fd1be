"""New complaints on the map: a dot each, and one counted mark where so many lie together that nobody could count them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import hypot

import htpy
from htpy import circle, g

from dashboard.parts.labels import Box

Spot = tuple[float, float]
MANY = 3
"""So many in one place become one mark: a pair can still be seen as what it is."""
DOT = 3.2
"""Radius of a dot, in units of a view box 1000 wide."""


@dataclass(frozen=True, slots=True)
class Heap:
    """Dots in one place; ``size`` is the height of their number."""

    spots: tuple[Spot, ...]
    size: float
    up: float = 0.0
    """By how much its mark stands higher than they do, so that a name can be read."""

    @property
    def n(self) -> int:
        return len(self.spots)

    @property
    def counted(self) -> bool:
        return self.n >= MANY

    @property
    def middle(self) -> Spot:
        return sum(x for x, _ in self.spots) / self.n, sum(y for _, y in self.spots) / self.n - self.up

    @property
    def radius(self) -> float:
        return self.size * (0.5 + 0.22 * len(str(self.n))) if self.counted else DOT

    def meets(self, other: Heap) -> bool:
        """Whether both are one place: dots nearer than a number is high, marks that would touch."""
        (x, y), (u, v) = self.middle, other.middle
        reach = self.radius + other.radius if self.counted or other.counted else self.size
        return hypot(x - u, y - v) < reach


def heaps(spots: Sequence[Spot], size: float) -> list[Heap]:
    """The dots by place, each in one; no two of them meet."""
    found: list[Heap] = []
    for spot in sorted(spots):
        new = Heap((spot,), size)
        while (near := next((heap for heap in found if heap.meets(new)), None)) is not None:
            found.remove(near)
            new = Heap(near.spots + new.spots, size)
        found.append(new)
    return found


def ways_off(spot: Spot, r: float, names: Sequence[Box]) -> list[float]:
    """By how much a mark must go up (down: less than zero) to lie off the names that it is under, the shorter way first."""
    x, y = spot
    under = [box for box in names if box[0] < x + r and x - r < box[2] and box[1] < y + r and y - r < box[3]]
    ways = (y + r - min(box[1] for box in under), y - r - max(box[3] for box in under)) if under else ()
    return sorted(ways, key=abs)


def clear(found: Sequence[Heap], names: Sequence[Box]) -> list[Heap]:
    """Counted marks moved off the names that they lie under, up or down, where there is room for them."""
    out = list(found)
    for place, heap in enumerate(out):
        for up in ways_off(heap.middle, heap.radius, names) if heap.counted else ():
            moved = replace(heap, up=up)
            if not any(moved.meets(other) for other in out if other is not heap):
                out[place] = moved
                break
    return out


def dots(spots: Sequence[Spot], size: float, names: Sequence[Box] = ()) -> htpy.Element:
    """The marks of all complaints, the counted ones clear of ``names``; ``size`` is the height of the numbers."""
    found = clear(heaps(spots, size), names)
    return g(".dots")[
        [circle(cx=f"{x:.0f}", cy=f"{y:.0f}", r=f"{DOT:g}") for heap in found if not heap.counted for x, y in heap.spots],
        [_counted(heap) for heap in found if heap.counted],
    ]


def _counted(heap: Heap) -> htpy.Element:
    x, y = (f"{part:.0f}" for part in heap.middle)
    return g(".heap")[
        circle(cx=x, cy=y, r=f"{heap.radius:.1f}"), htpy.text(x=x, y=y, style=f"font-size: {heap.size:.0f}px")[str(heap.n)]
    ]
