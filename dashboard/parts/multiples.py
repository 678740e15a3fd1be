"""Figures over time as lines, one chart for all or a small one for each, all by the same scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import htpy
from htpy import circle, div, figcaption, figure, h2, h3, li, p, span, svg, ul

from dashboard import text
from dashboard.parts.marks import value_words
from dashboard.parts.scale import line_path, pc, span_of, ticks
from dashboard.parts.trend import STRETCHED, Series, plot
from layers.analysis.dimensions import Sort
from layers.analysis.found import Found, Key
from layers.periods import Unit
from layers.snapshot import Reading

if TYPE_CHECKING:
    from dashboard.page import View

MOST_LINES = 5
MOST_MULTIPLES = 60
LOOKS = ("a", "b", "c", "d", "e")
WRITTEN = {Unit.YEAR: "y", Unit.QUARTER: "QQQ y", Unit.MONTH: "MMM y", Unit.WEEK: "d MMM", Unit.DAY: "d MMM"}


def over_time(found: Found) -> int | None:
    """Which of the dimensions is a calendar."""
    return next((k for k, each in enumerate(found.dimensions) if each.sort is Sort.TIME), None)


def lines(found: Found, view: View, *, element: str) -> htpy.Element:
    """The figure over time; by a second dimension its largest values, each a line named at its end."""
    at = over_time(found) or 0
    title, days = found.kpi.title[view.lang], found.keys[at]
    groups = [(words, values) for _, words, values in _groups(found, at, view) if any(r.value for r in values)]
    groups.sort(key=lambda group: -sum(abs(r.value or 0) for r in group[1]))
    shown = groups[:MOST_LINES]
    series = [
        Series(label=words, values=[r.value for r in values], look=look)
        for (words, values), look in zip(shown, LOOKS, strict=False)
    ]
    if found.before and len(found.dimensions) == 1:
        before = [found.before[key].value for key in _keys(found, at, None)]
        series.append(Series(label=text.say(view.lang, "pembanding"), values=before, look="before"))
    spread = span_of([value for one in series for value in one.values])
    if spread is None:
        body: htpy.Node = p(".empty")[text.say(view.lang, "Belum ada data pada rentang ini.")]
    else:
        marks = ticks(min(0, spread[0]), spread[1])
        unit = found.dimensions[at].unit or Unit.DAY
        body = [
            plot(days, series, marks, None, kpi=found.kpi, view=view, written=WRITTEN[unit]),
            _points(found, at, shown, (marks[0], marks[-1]), view),
        ]
    left = len(groups) - len(shown)
    return figure(".panel.chart.answer-lines", id=element, role="group", aria_label=title)[
        figcaption[h2[title], span(".aside")[text.say(view.lang, "{n} lagi di tabel", n=left)] if left else None],
        div(".plot-box")[body],
    ]


def _points(found: Found, at: int, shown: list[tuple[str, list[Reading]]], ends: tuple[float, float], view: View) -> htpy.Element:
    """What each point says when it is pointed at."""
    low, high = ends
    count = max(len(found.keys[at]) - 1, 1)

    def point(k: int, words: str, reading: Reading) -> htpy.Element:
        y = 100 - ((reading.value or 0) - low) / ((high - low) or 1) * 100
        day = found.label(at, found.keys[at][k], view.city, view.tree, view.lang)
        return circle(cx=pc(k / count * 100), cy=pc(y), r="7")[
            htpy.title[f"{words}, {day}: {value_words(reading, found.kpi, view)}"]
        ]

    return svg(".points", aria_hidden="true")[
        [point(k, words, r) for words, values in shown for k, r in enumerate(values) if r.value is not None]
    ]


def _groups(found: Found, at: int, view: View) -> list[tuple[str | None, str, list[Reading]]]:
    """The values of the other dimension, each with its readings along the calendar; without one, the figure itself."""
    if len(found.dimensions) == 1:
        return [(None, found.kpi.short[view.lang], [found.cells[key] for key in _keys(found, at, None)])]
    other = 1 - at
    return [
        (value, found.label(other, value, view.city, view.tree, view.lang), [found.cells[key] for key in _keys(found, at, value)])
        for value in found.keys[other]
    ]


def _keys(found: Found, at: int, other: str | None) -> list[Key]:
    if len(found.dimensions) == 1:
        return [(day,) for day in found.keys[at]]
    return [(day, other) if at == 0 else (other, day) for day in found.keys[at]]


def multiples(found: Found, view: View, *, element: str) -> htpy.Element:
    """A small chart for each value of one dimension along the other, which are ordered: time, hours, or the values themselves."""
    along = over_time(found)
    along = along if along is not None else len(found.dimensions) - 1
    groups = _groups(found, along, view)
    spread = span_of([r.value for _, _, values in groups for r in values])
    title = found.kpi.title[view.lang]
    if spread is None:
        return figure(".panel", id=element)[
            figcaption[h2[title]], p(".empty")[text.say(view.lang, "Belum ada data pada rentang ini.")]
        ]
    low, high = min(0.0, spread[0]), spread[1]
    left = len(groups) - MOST_MULTIPLES
    return figure(".panel.multiples", id=element, role="group", aria_label=title)[
        figcaption[h2[title], span(".aside")[_scale(found, low, high, along, view)]],
        ul[[_small(words, values, low, high, found, view) for _, words, values in groups[:MOST_MULTIPLES]]],
        p(".aside")[text.say(view.lang, "{n} lagi di tabel", n=left)] if left > 0 else None,
    ]


def _scale(found: Found, low: float, high: float, along: int, view: View) -> str:
    ends = [text.quantity(each, found.kpi.unit, found.kpi.decimals, view.lang) for each in (low, high)]
    keys = [found.label(along, key, view.city, view.tree, view.lang) for key in (found.keys[along][0], found.keys[along][-1])]
    return text.say(view.lang, "semua berskala {low} sampai {high}, {first} sampai {last}", low=ends[0], high=ends[1],
                    first=keys[0], last=keys[1])  # fmt: skip


def _small(words: str, values: list[Reading], low: float, high: float, found: Found, view: View) -> htpy.Element:
    last = next((r for r in reversed(values) if r.value is not None), None)
    said = value_words(last, found.kpi, view) if last else text.say(view.lang, "belum ada data")
    return li[
        h3[words],
        svg(".spark", role="img", aria_label=f"{words}: {said}")[
            svg(STRETCHED)[htpy.path(d=line_path([r.value for r in values], low, high))]
        ],
        span(".val")[said],
    ]
