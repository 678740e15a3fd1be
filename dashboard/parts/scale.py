"""Geometry of the charts: round ticks, positions in percent, paths with gaps, widths of text in em."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

SPAN = 1000
"""Width and height of the stretched inner view box of a chart."""

_NARROW, _SLIM, _WIDE = set(".,:;'|iljtI!() \u00a0"), set("fr-"), set("MWmw%@")


def em(text: str) -> float:
    """About how wide ``text`` is, in em of the semibold face; errs on the wide side."""
    return sum(_width(c) for c in text)


def _width(c: str) -> float:
    if c in _SLIM:
        return 0.4
    if c in _NARROW:
        return 0.29
    if c in _WIDE:
        return 0.9
    return 0.66 if c.isupper() else 0.525 if c.isdigit() else 0.57


def pc(value: float) -> str:
    """A position in percent, short."""
    return f"{value:.2f}".rstrip("0").rstrip(".") + "%"


def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Round numbers that span ``low`` to ``high`` (1, 2 or 5 times a power of ten apart); at least two."""
    if high - low <= abs(high) * 1e-9 + 1e-12:
        high = low + max(abs(low), 1)
    rough = (high - low) / about
    power = 10 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(n * step, 10) for n in range(first, last + 1)]


def line_path(values: Sequence[float | None], low: float, high: float) -> str:
    """A path through the values in a ``SPAN`` square; ``None`` leaves a gap, a lone point becomes a short dash."""
    height, width = (high - low) or 1, max(len(values) - 1, 1)
    out: list[str] = []
    pen = False
    for i, value in enumerate(values):
        if value is None:
            pen = False
            continue
        x, y = i / width * SPAN, SPAN - (value - low) / height * SPAN
        out.append(f"{'L' if pen else 'M'}{x:.0f} {y:.0f}")
        alone = not pen and (i + 1 == len(values) or values[i + 1] is None)
        if alone:
            out.append("h1")
        pen = True
    return "".join(out)


def area_path(lower: Sequence[float], upper: Sequence[float], high: float, slots: int) -> str:
    """The band between two lines over the first slots of ``slots``, in a ``SPAN`` square."""

    def point(i: int, value: float) -> str:
        return f"{i / max(slots - 1, 1) * SPAN:.1f} {SPAN - value / (high or 1) * SPAN:.1f}"

    there = [point(i, v) for i, v in enumerate(upper)]
    back = [point(i, v) for i, v in reversed(list(enumerate(lower)))]
    return f"M{'L'.join([*there, *back])}Z" if there else ""


def span_of(values: Iterable[float | None]) -> tuple[float, float] | None:
    """Smallest and largest of the values there are."""
    known = [v for v in values if v is not None]
    return (min(known), max(known)) if known else None
