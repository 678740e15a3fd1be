"""Satisfaction (IKM) and its elements: each mean as a bar from 1 to 4 against the limits of the grades."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import htpy
from htpy import b, button, h2, header, li, line, ol, p, rect, section, span, svg

from dashboard import text
from dashboard.parts.marks import age, band_mark, value_words
from dashboard.parts.scale import pc
from dashboard.parts.tile import hooks
from layers.kpis.satisfaction import ELEMENTS, GRADES, SCALE, grade
from layers.snapshot import Reading, Snapshot

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi

IKM = "ikm"
LOWEST, HIGHEST = 1.0, 4.0
"""The scores that a survey can give: the ends of the bars."""


def satisfaction(snapshot: Snapshot, view: View, *, element: str = "satisfaction") -> htpy.Element:
    """The index with its grade in words, and its elements, the lowest first."""
    whole, title = snapshot.reading(IKM), text.say(view.lang, "Kepuasan (IKM)")
    if whole is None or whole.value is None:
        words = whole.why_none if whole else text.say(view.lang, "belum dihitung")
        return section(".bars.satisfaction", id=element)[header[h2[title]], p(".empty")[words]]
    found = [(kpi, r) for name in ELEMENTS if (kpi := view.catalog.get(f"nrr_{name}")) and (r := snapshot.reading(kpi.id))]
    found.sort(key=lambda pair: (pair[1].value is None, pair[1].value or 0, pair[0].id))
    return section(".bars.satisfaction", hooks(whole, view), id=element, aria_label=title)[
        header[
            h2[
                title,
                " ",
                b[text.number(whole.value, view.catalog[IKM].decimals, view.lang)],
                " ",
                _grade_words(whole.value, view),
            ],
            span(".aside")[age(whole.freshness, view)],
        ],
        svg(".grades", aria_hidden="true")[[htpy.text(x=pc(middle), y="50%", dy=".35em")[letter] for letter, middle in _zones()]],
        ol[[_row(kpi, r, view) for kpi, r in found]],
    ]


def _grade_words(index: float, view: View) -> str | None:
    found = grade(index)
    return f"{text.say(view.lang, 'mutu')} {found[0]}, {text.say(view.lang, found[1]).lower()}" if found else None


def _at(score: float) -> float:
    """Percent of the bar's length."""
    return (score - LOWEST) / (HIGHEST - LOWEST) * 100


def _zones() -> list[tuple[str, float]]:
    """Each grade's letter and the middle of its part of the scale."""
    ends = [HIGHEST, *(least / SCALE for least, _, _ in GRADES)]
    return [(letter, _at((high + low) / 2)) for (high, low), (_, letter, _) in zip(pairwise(ends), GRADES, strict=True)]


def _row(kpi: Kpi, reading: Reading, view: View) -> htpy.Element:
    name = kpi.short[view.lang].removeprefix("NRR ").capitalize()
    if reading.value is None:
        return li(hooks(reading, view), class_="bar-row none")[span(".name")[name], span(".why")[reading.why_none]]
    graded = grade(reading.value * SCALE)
    return li(hooks(reading, view), class_="bar-row")[
        span(".name")[name],
        svg(".bar", aria_hidden="true")[
            rect(".track", width="100%", height="100%"),
            rect(".fill", width=pc(_at(reading.value)), height="100%"),
            [line(".tick", x1=pc(x), x2=pc(x), y1="0", y2="100%") for x in (_at(least / SCALE) for least, _, _ in GRADES[:-1])],
        ],
        button(".val", type="button", aria_haspopup="dialog", aria_label=f"{name}: {value_words(reading, kpi, view)}")[
            band_mark(reading.band, view), text.number(reading.value, kpi.decimals, view.lang)
        ],
        span(".n")[graded[0] if graded else None],
    ]
