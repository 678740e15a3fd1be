"""Places names on the map near their points so that no two collide and none leaves the map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

WIDTH, HEIGHT = 0.7, 1.15
"""Of one capital letter with its spacing, and of a line; in sizes of the text."""
_SHIFTS = tuple((dx, dy) for dy in (0.0, -0.7, 0.7, -1.3, 1.3) for dx in (0.0, -1.2, 1.2, -2.0, 2.0))

Box = tuple[float, float, float, float]


def box_of(name: str, middle: tuple[float, float], size: float) -> Box:
    """The room that a name takes around its middle."""
    half, up = len(name) * size * WIDTH / 2, size * HEIGHT / 2
    return (middle[0] - half, middle[1] - up, middle[0] + half, middle[1] + up)


def place_labels(
    names: Mapping[str, str],
    points: Mapping[str, tuple[float, float]],
    size: float,
    width: float,
    height: float,
    beside: Iterable[Box] = (),
) -> dict[str, tuple[float, float]]:
    """Middle of each name (x, y): its own point, else the nearest free place around it; a name without room is left out.

    What stands on the map already lies ``beside`` them.
    """
    taken = [*beside]
    out: dict[str, tuple[float, float]] = {}
    # Long names first: they are the hardest to place.
    for code in sorted((c for c in names if c in points), key=lambda c: (-len(names[c]), c)):
        half = len(names[code]) * size * WIDTH / 2
        for dx, dy in sorted(_SHIFTS, key=lambda s: s[0] ** 2 / 4 + s[1] ** 2):
            x, y = points[code][0] + dx * size, points[code][1] + dy * size
            x = min(max(x, half), width - half)
            y = min(max(y, size * HEIGHT / 2), height - size * HEIGHT / 2)
            box = box_of(names[code], (x, y), size)
            if not any(_meet(box, other) for other in taken):
                taken.append(box)
                out[code] = (x, y)
                break
    return out


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
