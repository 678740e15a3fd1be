"""A tile: one reading as large as it can be, with its age, change, target and last 30 days."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import htpy
from htpy import article, button, div, h3, header, p, span

from dashboard import text
from dashboard.parts.marks import (
    age,
    band_mark,
    change_words,
    clock_mark,
    days,
    lateness,
    raw,
    state_of,
    target_words,
    value_words,
)
from dashboard.parts.mismatch import mismatch_note
from dashboard.parts.past import other_words
from dashboard.parts.scale import em
from dashboard.parts.trend import spark
from layers.catalog import Window
from layers.snapshot import Band, Reading, State, Trend

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi

UNIT_SIZE = 0.4
"""Size of the unit beside the number, in sizes of the number."""
MARK_SIZE = 0.62
"""Room of the band's or the clock's mark before the number, in sizes of the number."""
WIDTHS = (16, 80)
"""Least and greatest width class, in tenths of an em (the style sheet has one rule for each even step)."""


def hooks(reading: Reading, view: View) -> dict[str, str | None]:
    """What names a reading in the page: for tests, for the evidence card, for the styles."""
    return {
        "data-kpi": reading.kpi,
        "data-scope": reading.area,
        "data-opd": reading.opd,
        "data-value": raw(reading.value),
        "data-state": state_of(reading.freshness, view).value,
        "data-band": reading.band.value,
    }


def tile(
    reading: Reading, kpi: Kpi, view: View, trend: Trend | None = None, *, element: str | None = None, below: htpy.Node = None
) -> htpy.Element:
    """The tile of a reading. A value of ``None`` is said in words; a stale one keeps its number and says how late.

    ``below`` stands in the place of the last 30 days.
    """
    words = (text.say(view.lang, "Asal-usul angka"), kpi.short[view.lang], value_words(reading, kpi, view))
    late = lateness(reading.freshness, view)
    return article(".tile", hooks(reading, view), id=element or f"tile-{kpi.id}")[
        header[h3[kpi.short[view.lang]], age(reading.freshness, view)],
        _figure(reading, kpi, view),
        div(".notes")[
            p(".late-line")[clock_mark(), span(".late")[late]],
            _note(".other", other_words(reading, kpi, view)),
            mismatch_note(reading, kpi, view) or _note(".change", change_words(reading, kpi, view)),
            _note(".target", _context(reading, kpi, view)),
        ],
        below or (spark(trend.values, reading.target, reading.band) if trend else spark((), None, Band.NORMAL)),
        button(".evidence-open", type="button", aria_haspopup="dialog", aria_label=": ".join((words[0], " ".join(words[1:])))),
    ]


def missing_tile(kpi: Kpi, view: View) -> htpy.Element:
    """The place of a tile whose reading the snapshot does not hold yet."""
    return article(".tile", {"data-kpi": kpi.id, "data-value": "", "data-state": State.NEVER.value}, id=f"tile-{kpi.id}")[
        header[h3[kpi.short[view.lang]]], p(".figure.none")[text.say(view.lang, "belum dihitung")]
    ]


def _note(kind: str, words: str | None) -> htpy.Element | None:
    return p(kind)[words] if words else None


def _context(reading: Reading, kpi: Kpi, view: View) -> str:
    """What stands beside the number in small: the target, the window, and n where a share or median rests on it."""
    window = {Window.DAYS30: "{days} hari", Window.YEAR: "tahun ini"}.get(kpi.window)
    rests = reading.evidence.denominator is not None or kpi.n_min
    parts = (
        target_words(reading, kpi, view),
        text.say(view.lang, window, days=days(view)) if window else None,
        f"n{text.NBSP}{text.number(reading.n, 0, view.lang)}" if rests else None,
    )
    return " · ".join(part for part in parts if part)


def _figure(reading: Reading, kpi: Kpi, view: View) -> htpy.Element:
    if reading.value is None:
        return p(".figure.none")[reading.why_none]
    number, unit = text.figure(reading.value, kpi.unit, kpi.decimals, view.lang)
    stale = state_of(reading.freshness, view) is State.STALE
    mark = clock_mark() if stale else band_mark(reading.band, view)
    width = em(number) + (em(unit) * UNIT_SIZE + 0.14 if unit else 0) + (MARK_SIZE if mark else 0)
    step = min(max(math.ceil(width * 5) * 2, WIDTHS[0]), WIDTHS[1])
    return p(class_=f"figure em{step}")[mark, span(".num")[number], span(".unit")[unit] if unit else None]
