"""Short lists of the wall: a name, a bar, a value and what stands beside it; and figures of the city one line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import htpy
from htpy import button, h2, header, li, line, ol, p, rect, section, span, svg

from dashboard import text
from dashboard.parts.marks import age, band_mark, by_state, clock_mark, value_words
from dashboard.parts.scale import pc
from dashboard.parts.tile import hooks
from layers.snapshot import Band, Reading, State

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi

NOT_NEW = "Tidak diketahui; datanya belum mutakhir."


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: ``size`` is the length of its bar in percent, ``limit`` where a mark stands on it; ``None``: there is none."""

    name: str
    value: str
    beside: str = ""
    size: float | None = None
    limit: float | None = None
    band: Band = Band.NORMAL


def lines(
    title: str, origin: Reading | None, found: Sequence[Line], nothing: str, view: View, *, element: str, note: str | None = None
) -> htpy.Element:
    """The list, with the age of the figure that it goes with; empty it says ``nothing``, as long as the data are fresh enough."""
    if origin is None or (origin.value is None and origin.freshness.observed_at is None):
        words = origin.why_none if origin else text.say(view.lang, "belum ada data")
        return section(".bars.lines", id=element, aria_label=title)[header[h2[title]], p(".empty")[words]]
    said = {State.LIVE: nothing, State.LATE: NOT_NEW, State.STALE: NOT_NEW}
    return section(".bars.lines", hooks(origin, view), id=element, aria_label=title)[
        header[
            h2[title],
            button(".aside", type="button", aria_haspopup="dialog")[
                note, " · " if note else None, clock_mark(), age(origin.freshness, view)
            ],
        ],
        ol[[_line(one, view) for one in found]] if found else by_state(origin.freshness, view, said),
    ]


def _line(one: Line, view: View) -> htpy.Element:
    return li({"data-band": one.band.value}, class_="bar-row plain" if one.size is None else "bar-row")[
        span(".name")[one.name],
        _bar(one.size, one.limit) if one.size is not None else None,
        span(".val")[band_mark(one.band, view), one.value],
        span(".n")[one.beside],
    ]


def _bar(size: float, limit: float | None) -> htpy.Element:
    return svg(".bar", aria_hidden="true")[
        rect(".track", width="100%", height="100%"),
        rect(".fill", width=pc(min(max(size, 0), 100)), height="100%"),
        line(".tick", x1=pc(limit), x2=pc(limit), y1="0", y2="100%") if limit is not None and limit <= 100 else None,
    ]


def figures(
    title: str, readings: Sequence[Reading], catalog: Mapping[str, Kpi], view: View, *, element: str, sentence: str
) -> htpy.Element:
    """Figures of the city, one line each with its n, and under them the sentence without which they must not be shown."""
    return section(".bars.lines.figures", id=element, aria_label=title)[
        header[h2[title], span(".aside")[age(readings[0].freshness, view)] if readings else None],
        ol[[_figure(reading, catalog[reading.kpi], view) for reading in readings]]
        if readings
        else p(".empty")[text.say(view.lang, "belum ada data")],
        p(".sentence")[sentence],
    ]


def _figure(reading: Reading, kpi: Kpi, view: View) -> htpy.Element:
    if reading.value is None:
        return li(".bar-row.plain.none", hooks(reading, view))[
            span(".name")[kpi.short[view.lang]], span(".why")[reading.why_none]
        ]
    counted = None if kpi.additive else f"n {text.number(reading.n, 0, view.lang)}"
    return li(".bar-row.plain", hooks(reading, view))[
        span(".name")[kpi.short[view.lang]],
        button(
            ".val", type="button", aria_haspopup="dialog", aria_label=f"{kpi.short[view.lang]}: {value_words(reading, kpi, view)}"
        )[band_mark(reading.band, view), value_words(reading, kpi, view)],
        span(".n")[counted],
    ]
