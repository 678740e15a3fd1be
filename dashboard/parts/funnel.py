"""The funnel plot as SVG: each point by its cases and its value, the limits of chance, and in words who lies outside."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import htpy
from htpy import circle, div, figcaption, figure, g, h2, li, line, p, path, span, strong, svg, ul

from dashboard import text
from dashboard.parts.scale import SPAN, em, pc, ticks
from dashboard.parts.standings import number, said
from layers.funnel import Funnel, Point

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi
    from layers.ranking import Ranking

STRETCHED = {"viewBox": f"0 0 {SPAN} {SPAN}", "preserveAspectRatio": "none", "width": "100%", "height": "100%"}
NAMED = 6
"""At most so many points are named in the plot; the list below it names all that lie outside."""

MIDDLE, ROW, LETTER = 55, 8, 4.4
"""Right of this a name stands at the left of its point; the height of a row and the width of an em in a narrow plot: percent."""


def funnel_plot(
    title: str, found: Funnel, ranking: Ranking, kpi: Kpi, view: View, *, name: Callable[[str], str], element: str = "funnel"
) -> htpy.Element:
    """The plot, and below it in words who lies outside of what chance explains."""
    outside = sorted((x for x in found.points if x.beyond), key=lambda x: (-x.beyond, -abs(x.value - found.centre), x.key))
    return figure(".panel.chart.funnel", id=element, role="group", aria_label=title)[
        figcaption[h2[title], span(".aside")[_limits(found, view)]],
        div(".plot-box")[_plot(found, outside, ranking, kpi, view, name)],
        _outside(outside, ranking, kpi, view, name, len(found.points)),
    ]


def _limits(found: Funnel, view: View) -> str:
    words = text.say(view.lang, "batas 95 % dan 99,8 %")
    if found.spread <= 1:
        return words
    factor = text.number(math.sqrt(found.spread), 1, view.lang)
    return f"{words}, {text.say(view.lang, 'dilebarkan {factor} kali karena sebaran lebih dari kebetulan', factor=factor)}"


def _plot(
    found: Funnel, outside: Sequence[Point], ranking: Ranking, kpi: Kpi, view: View, name: Callable[[str], str]
) -> htpy.Element:
    values = [x.value for x in found.points] + [v for row in found.limits[len(found.limits) // 6 :] for v in row]
    marks = ticks(max(min(values), 0), min(max(values), 100.0) if ranking.method == "share" else max(values))
    low, high = marks[0], marks[-1]
    left, right = math.log(found.sizes[0]), math.log(found.sizes[-1])
    wide = (right - left) or 1.0

    def x(size: float) -> float:
        return 2 + 96 * (math.log(size) - left) / wide

    def y(value: float) -> float:
        return 100 - (min(max(value, low), high) - low) / (high - low) * 100

    def curve(k: int) -> str:
        return "M" + "L".join(f"{x(n) * 10:.0f} {y(row[k]) * 10:.0f}" for n, row in zip(found.sizes, found.limits, strict=True))

    spoken = text.say(
        view.lang, "{all} titik, {out} di luar batas 95 %", all=len(found.points), out=sum(1 for q in found.points if q.beyond)
    )
    return svg(".plot", role="img", aria_label=spoken)[
        g(".grid")[[line(x1="0", x2="100%", y1=pc(y(m)), y2=pc(y(m))) for m in marks]],
        g(".axis.y")[[htpy.text(x="0", y=pc(y(m)), dx="-8", dy=".33em")[number(m, ranking, kpi, view)] for m in marks]],
        g(".axis.x")[[htpy.text(x=pc(x(n)), y="100%", dy="1.6em")[words] for n, words in _sizes(found, ranking, view)]],
        svg(STRETCHED)[[path(class_=f"limit l{k}", d=curve(k)) for k in range(4)]],
        line(".centre", x1="0", x2="100%", y1=pc(y(found.centre)), y2=pc(y(found.centre))),
        [circle(class_=f"point b{q.beyond}", cx=pc(x(q.size)), cy=pc(y(q.value)), r="4.5") for q in found.points],
        [_named(q, x(q.size), y(q.value), name) for q in _apart(outside, x, y, name)],
    ]


def _apart(
    outside: Sequence[Point], x: Callable[[float], float], y: Callable[[float], float], name: Callable[[str], str]
) -> list[Point]:
    """The furthest out whose names do not lie on each other."""
    kept: dict[Point, tuple[float, float]] = {}
    for q in outside:
        wide, at = em(name(q.key)) * LETTER + 2, x(q.size)
        here = (at - wide, at) if at > MIDDLE else (at, at + wide)
        free = all(abs(y(q.value) - y(k.value)) > ROW or here[0] > there[1] or there[0] > here[1] for k, there in kept.items())
        if free and len(kept) < NAMED:
            kept[q] = here
    return list(kept)


def _named(q: Point, x: float, y: float, name: Callable[[str], str]) -> htpy.Element:
    end = x > MIDDLE
    return htpy.text(".direct", x=pc(x), y=pc(y), dx="-9" if end else "9", dy=".33em", text_anchor="end" if end else "start")[
        name(q.key)
    ]


def _sizes(found: Funnel, ranking: Ranking, view: View) -> list[tuple[float, str]]:
    """Round numbers of cases along the axis, by its logarithm; of a rate they are residents."""
    first, last = found.sizes[0], found.sizes[-1]
    each = 1.0 if ranking.method == "share" else 1000.0
    powers = range(math.floor(math.log10(first * each)), math.ceil(math.log10(last * each)) + 1)
    some = ([m * 10.0**k / each for k in powers for m in steps] for steps in ((1, 2, 5), (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8)))
    found_ = ([n for n in rounds if first <= n <= last] for rounds in some)
    inside = next((ns for ns in found_ if len(ns) > 2), [first, last])
    while len(inside) > 5:
        inside = inside[::2]
    label = "n {n}" if ranking.method == "share" else "{n} jiwa"
    return [(n, text.say(view.lang, label, n=text.number(n * each, 0, view.lang))) for n in inside]


def _outside(
    outside: Sequence[Point], ranking: Ranking, kpi: Kpi, view: View, name: Callable[[str], str], every: int
) -> htpy.Element:
    if not outside:
        return p(".outside")[
            text.say(view.lang, "Tidak ada yang di luar batas: perbedaan {n} titik ini dapat karena kebetulan.", n=every)
        ]
    return ul(".outside")[
        [
            li[
                strong[name(q.key)],
                " ",
                said(q.value, ranking, kpi, view),
                ": ",
                text.say(view.lang, _WORDS[q.beyond, q.side]),
            ]
            for q in outside
        ]
    ]


_WORDS = {
    (1, 1): "di atas batas 95 %, patut dilihat",
    (1, -1): "di bawah batas 95 %, patut dilihat",
    (2, 1): "di atas batas 99,8 %, hampir pasti bukan kebetulan",
    (2, -1): "di bawah batas 99,8 %, hampir pasti bukan kebetulan",
}
