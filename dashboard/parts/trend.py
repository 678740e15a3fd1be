"""Lines over time: the sparkline of a tile, and the chart with axes, direct labels and a target line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import htpy
from babel.dates import format_date
from htpy import div, figcaption, figure, g, line, path, svg

from dashboard import text
from dashboard.parts.marks import provenance
from dashboard.parts.scale import SPAN, line_path, pc, span_of, ticks
from layers.snapshot import Band, Reading

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi

STRETCHED = {"viewBox": f"0 0 {SPAN} {SPAN}", "preserveAspectRatio": "none", "width": "100%", "height": "100%"}
"""An inner drawing that fills its chart whatever its shape; strokes and text stay outside its stretching."""

FAR = 2.0
"""A target further from a sparkline than so many of its heights is not drawn."""
NEAR = 9.0
"""Two direct labels closer than this (percent of the height) are moved apart."""
LOWEST = 97.0
"""Where the lowest direct label may stand (percent of the height), clear of the dates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line: its direct label, its values oldest first (``None``: no value that day), and its look."""

    label: str
    values: Sequence[float | None]
    look: str = "a"


def spark(values: Sequence[float | None], target: float | None, band: Band) -> htpy.Element:
    """The last 30 days at a glance, with the target as a dashed line and the last day as a dot."""
    spread = span_of(values)
    if spread is None:
        return svg(".spark", aria_hidden="true")
    low, high = spread
    if target is not None:
        # A target far from the line would press it flat; the tile says the target in words anyway.
        far = FAR * (high - low or abs(high) * 0.1 or 1)
        target = target if low - far <= target <= high + far else None
        low, high = min(low, target or low), max(high, target or high)
    room = (high - low) * 0.06 or abs(high) * 0.1 or 1
    low, high = low - room, high + room
    last = values[-1]
    return svg(".spark", {"data-band": band.value}, aria_hidden="true")[
        _target(target, low, high) if target is not None else None,
        svg(STRETCHED)[path(d=line_path(values, low, high))],
        htpy.circle(cx="100%", cy=pc(100 - (last - low) / (high - low) * 100), r="3") if last is not None else None,
    ]


def _target(target: float, low: float, high: float) -> htpy.Element:
    y = pc(100 - (target - low) / ((high - low) or 1) * 100)
    return line(".target-line", x1="0", x2="100%", y1=y, y2=y)


def trend(
    title: str,
    days: Sequence[str],
    series: Sequence[Series],
    origin: tuple[Reading, Kpi],
    view: View,
    *,
    target: float | None = None,
    formula: str | None = None,
    element: str = "trend",
    from_zero: bool = True,
) -> htpy.Element:
    """A line chart over local days (ISO, oldest first), its ``origin`` told in the line below it."""
    spread = span_of([target, *(v for s in series for v in s.values)])
    if spread is None:
        body: htpy.Node = htpy.p(".empty")[text.say(view.lang, "Belum ada data pada rentang ini.")]
    else:
        marks = ticks(min(0, spread[0]) if from_zero else spread[0], spread[1])
        body = plot(days, series, marks, target, kpi=origin[1], view=view)
    return figure(".panel.chart", id=element, role="group", aria_label=title)[
        figcaption[htpy.h2[title]], div(".plot-box")[body], provenance(*origin, view, formula=formula)
    ]


def plot(
    days: Sequence[str],
    series: Sequence[Series],
    marks: list[float],
    target: float | None,
    *,
    kpi: Kpi,
    view: View,
    written: str = "d MMM",
) -> htpy.Element:
    """The lines with their axes, as high as ``marks``; days are ``written`` as babel does."""
    low, high = marks[0], marks[-1]

    def y(value: float) -> float:
        return 100 - (value - low) / ((high - low) or 1) * 100

    spoken = "; ".join(f"{s.label}: {_spoken(s, kpi, view)}" for s in series)
    return svg(".plot", role="img", aria_label=spoken)[
        g(".grid")[[line(x1="0", x2="100%", y1=pc(y(m)), y2=pc(y(m))) for m in marks]],
        g(".axis.y")[[htpy.text(x="0", y=pc(y(m)), dx="-8", dy=".33em")[tick(m, marks, kpi, view)] for m in marks]],
        g(".axis.x")[
            [htpy.text({"data-i": str(i)}, x=pc(x), y="100%", dy="1.6em")[words] for i, x, words in dates(days, view, written)]
        ],
        target_label(target, y(target), kpi, view) if target is not None else None,
        svg(STRETCHED)[[path(class_=f"line {s.look}", d=line_path(s.values, low, high)) for s in series]],
        labels(series, y),
    ]


def target_label(target: float, y: float, kpi: Kpi, view: View) -> htpy.Fragment:
    """The target as a dashed line with its words, ``y`` percent from above."""
    words = text.quantity(target, kpi.unit, 0 if float(target).is_integer() else kpi.decimals, view.lang)
    return htpy.fragment[
        line(".target-line", x1="0", x2="100%", y1=pc(y), y2=pc(y)),
        htpy.text(".target-words", x="0", y=pc(y), dx="4", dy="-.45em")[f"{text.say(view.lang, 'target')} {words}"],
    ]


def labels(series: Sequence[Series], y: Callable[[float], float]) -> list[htpy.Fragment]:
    """A dot and the name at the end of each line; names too near each other are moved apart."""
    ends = sorted(((y(last), s) for s in series if (last := _last(s)) is not None), key=lambda end: end[0])
    places: list[float] = []
    for at, _ in ends:
        places.append(max(at, places[-1] + NEAR) if places else at)
    below = LOWEST
    for k in reversed(range(len(places))):  # what was pushed into the dates below goes up again
        places[k] = below = min(places[k], below)
        below -= NEAR
    return [
        htpy.fragment[
            htpy.circle(class_=f"end {s.look}", cx="100%", cy=pc(at), r="4"),
            htpy.text(class_=f"direct {s.look}", x="100%", y=pc(place), dx="10", dy=".33em")[s.label],
        ]
        for (at, s), place in zip(ends, places, strict=True)
    ]


def _last(series: Series) -> float | None:
    return next((v for v in reversed(series.values) if v is not None), None)


def _spoken(series: Series, kpi: Kpi, view: View) -> str:
    last = _last(series)
    return text.say(view.lang, "belum ada data") if last is None else text.quantity(last, kpi.unit, kpi.decimals, view.lang)


def tick(value: float, marks: list[float], kpi: Kpi, view: View) -> str:
    """A number at an axis: money shortened, else all of it whole, or all with one decimal."""
    if kpi.unit == "rupiah":
        return text.quantity(value, kpi.unit, 0, view.lang)
    whole = all(float(m).is_integer() for m in marks)
    return text.number(value, 0 if whole else 1, view.lang)


def dates(days: Sequence[str], view: View, written: str = "d MMM") -> list[tuple[int, float, str]]:
    """Up to five dates along the axis, the last day always among them."""
    count = len(days)
    if count == 0:
        return []
    steps = min(4, count - 1) or 1
    places = sorted({round(i * (count - 1) / steps) for i in range(steps + 1)})
    return [(i, i / max(count - 1, 1) * 100, format_date(date.fromisoformat(days[i]), written, locale=view.lang)) for i in places]
