"""The main chart of a desk: one figure over the window, the city beside it, its target, and numbered notes at their days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import htpy
from babel.dates import format_date
from htpy import a, div, figcaption, figure, g, h2, line, nav, path, span, svg

from dashboard import text
from dashboard.parts.marks import provenance
from dashboard.parts.scale import line_path, pc, span_of, ticks
from dashboard.parts.trend import STRETCHED, Series, dates, labels, target_label, tick
from layers.courses import Course
from layers.notes import Note
from layers.snapshot import Reading

if TYPE_CHECKING:
    from dashboard.opdcut import Choice
    from dashboard.page import View
    from layers.catalog import Kpi


def figures(kpis: Sequence[Kpi], here: Kpi, choice: Choice, view: View) -> htpy.Element:
    """Which figure the chart shows, each a link."""
    return nav(".segments.kpi-choice", aria_label=text.say(view.lang, "Angka pada grafik"))[
        [
            a(href=choice.address(kpi=None if k == 0 else kpi.id), data_turn=True, aria_current="true" if kpi is here else None)[
                kpi.short[view.lang]
            ]
            for k, kpi in enumerate(kpis)
        ]
    ]


def chart(
    course: Course, origin: tuple[Reading, Kpi], name: str, notes: Sequence[Note], choices: htpy.Element, view: View
) -> htpy.Element:
    """``name`` is what the OPD is called; the notes are those whose days the chart covers."""
    reading, kpi = origin
    lang = view.lang
    title = kpi.title[lang]
    if course.rolling:
        title += f", {text.say(lang, 'tiap {n} hari', n=course.rolling)}"
    lines = [
        Series(label=name, values=course.values, look="a"),
        Series(label=text.say(lang, "kota"), values=() if kpi.additive else course.city, look="b"),
    ]
    lines = [one for one in lines if any(value is not None for value in one.values)]
    spread = span_of([reading.target, *(value for one in lines for value in one.values)])
    body: htpy.Node = htpy.p(".empty")[text.say(lang, course.why_none or "Belum ada data pada rentang ini.")]
    if spread is not None and lines:
        body = div(".plot-box")[_plot(course, lines, ticks(*spread), reading.target, notes, kpi, view)]
    return figure(".panel.chart.course", id="course", role="group", aria_label=title)[
        figcaption[h2[title], span(".aside")[text.say(lang, "garis putus: kota") if len(lines) > 1 else None]],
        choices,
        body,
        _told(notes, view),
        provenance(reading, kpi, view),
    ]


def _plot(
    course: Course, lines: Sequence[Series], marks: list[float], target: float | None, notes: Sequence[Note], kpi: Kpi, view: View
) -> htpy.Element:
    low, high = marks[0], marks[-1]

    def y(value: float) -> float:
        return 100 - (value - low) / ((high - low) or 1) * 100

    last = next((v for v in reversed(course.values) if v is not None), None)
    said = text.say(view.lang, "belum ada data") if last is None else text.quantity(last, kpi.unit, kpi.decimals, view.lang)
    return svg(".plot", role="img", aria_label=f"{lines[0].label}: {said}")[
        g(".grid")[[line(x1="0", x2="100%", y1=pc(y(m)), y2=pc(y(m))) for m in marks]],
        g(".axis.y")[[htpy.text(x="0", y=pc(y(m)), dx="-8", dy=".33em")[tick(m, marks, kpi, view)] for m in marks]],
        g(".axis.x")[
            [htpy.text({"data-i": str(i)}, x=pc(x), y="100%", dy="1.6em")[words] for i, x, words in dates(course.days, view)]
        ],
        target_label(target, y(target), kpi, view) if target is not None else None,
        svg(STRETCHED)[[path(class_=f"line {one.look}", d=line_path(one.values, low, high)) for one in lines]],
        labels(lines, y),
        [_mark(k, note, course, view) for k, note in enumerate(notes, start=1)],
    ]


def _mark(number: int, note: Note, course: Course, view: View) -> htpy.Element:
    """A dotted line at the note's day, with its number above."""
    first, last = (date.fromisoformat(course.days[k]) for k in (0, -1))
    at = pc((note.day - first).days / max((last - first).days, 1) * 100)
    return g(".note-mark", {"data-note": str(note.id)})[
        line(x1=at, x2=at, y1="0", y2="100%"),
        htpy.circle(cx=at, cy="0", r="9"),
        htpy.text(x=at, y="0", dy=".35em")[
            str(number), htpy.title[f"{format_date(note.day, 'd MMM', locale=view.lang)}: {note.text}"]
        ],
    ]


def _told(notes: Sequence[Note], view: View) -> htpy.Element | None:
    """The notes in words, under the numbers of their marks."""
    if not notes:
        return None
    return htpy.ol(".note-key")[
        [htpy.li[htpy.strong[format_date(note.day, "d MMM", locale=view.lang)], " · ", note.text] for note in notes]
    ]
