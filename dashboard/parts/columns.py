"""A figure of each day as columns; today's, which is not over, looks so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import htpy
from htpy import button, div, figcaption, figure, g, h2, i, line, p, rect, span, svg

from dashboard import text
from dashboard.parts.marks import age, value_words
from dashboard.parts.scale import SPAN, pc, span_of, ticks
from dashboard.parts.tile import hooks
from dashboard.parts.trend import STRETCHED, dates, tick
from layers.snapshot import Reading, Trend

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi

GAP = 0.14
"""Room left free on each side of a column, in columns."""
FEW = 6
"""Numbers longer than this need a wider margin."""


def columns(title: str, trend: Trend | None, today: Reading | None, kpi: Kpi, view: View, *, element: str) -> htpy.Element:
    """The days of a KPI that counts what happened in a day, up to ``today``."""
    if trend is None or today is None or today.value is None or not any(v is not None for v in trend.values):
        why = today.why_none if today else None
        words = p(".empty")[why or text.say(view.lang, "Belum ada data pada rentang ini.")]
        return figure(".chart.columns", id=element)[figcaption[h2[title]], words]
    wide = " wide" if max(map(len, _axis(trend, kpi, view).values())) > FEW else ""
    sign = span[i(".key.today"), " ", text.say(view.lang, "hari ini, belum selesai")]
    return figure(".chart.columns", hooks(today, view), id=element, role="group", aria_label=title)[
        figcaption[h2[title], span(".aside")[sign, " · ", age(today.freshness, view)]],
        div(class_=f"plot-box{wide}")[_plot(trend, kpi, view)],
        button(".evidence-open", type="button", aria_haspopup="dialog", aria_label=f"{title}: {value_words(today, kpi, view)}"),
    ]


def _axis(trend: Trend, kpi: Kpi, view: View) -> dict[float, str]:
    """Round numbers that span the columns, and their words."""
    spread = span_of(trend.values) or (0.0, 0.0)
    marks = ticks(min(0, spread[0]), spread[1], about=3)
    return {mark: tick(mark, marks, kpi, view) for mark in marks}


def _plot(trend: Trend, kpi: Kpi, view: View) -> htpy.Element:
    marks, count = _axis(trend, kpi, view), len(trend.days)
    low, high, wide = min(marks), max(marks), SPAN / count

    def y(value: float) -> float:
        return 100 - (value - low) / ((high - low) or 1) * 100

    def column(k: int, value: float) -> htpy.Element:
        top, foot = sorted((y(value), y(0)))
        sizes = {"x": (k + GAP) * wide, "width": (1 - 2 * GAP) * wide, "y": top / 100 * SPAN, "height": (foot - top) / 100 * SPAN}
        return rect({name: f"{size:.1f}" for name, size in sizes.items()}, class_="today" if k == count - 1 else "day")

    return svg(".plot", aria_hidden="true")[
        g(".grid")[[line(x1="0", x2="100%", y1=pc(y(m)), y2=pc(y(m))) for m in marks]],
        g(".axis.y")[[htpy.text(x="0", y=pc(y(m)), dx="-8", dy=".33em")[words] for m, words in marks.items()]],
        g(".axis.x")[
            [
                htpy.text({"data-i": str(k)}, x=pc((k + 0.5) / count * 100), y="100%", dy="1.6em")[words]
                for k, _, words in dates(trend.days, view)
            ]
        ],
        svg(STRETCHED)[[column(k, value) for k, value in enumerate(trend.values) if value is not None]],
    ]
