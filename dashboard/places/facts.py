"""A panel of figures, one line each: its value, what stands beside it, its age; a panel nobody feeds says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import htpy
from htpy import button, h2, header, li, ol, p, section, span

from dashboard import text
from dashboard.parts.marks import age, band_mark, change_words, value_words
from dashboard.parts.tile import hooks
from layers.ranking import PER
from layers.snapshot import Reading, Snapshot

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi

PER_HEAD = frozenset({"aduan", "layanan", "rupiah", "paket"})
"""Units of counts and sums that grow with the number of people."""


def facts(
    title: str,
    readings: Sequence[Reading],
    snapshot: Snapshot,
    view: View,
    *,
    element: str,
    people: Mapping[str, float],
    more: htpy.Node = None,
    aside: htpy.Node = None,
) -> htpy.Element:
    """Readings of one place in their order, ``more`` below them; ``people`` are the dated counts of residents by area."""
    reasons = list(dict.fromkeys(r.why_none for r in readings))
    if not any(r.value is not None for r in readings):
        said = [reason for reason in reasons if reason] or [text.say(view.lang, "belum dihitung")]
        rows: htpy.Node = [p(".empty")[reason] for reason in said[:1]]
    else:
        rows = ol(".fact-rows")[[_row(r, snapshot, view, people) for r in readings]]
    return section(".panel.fact-panel", id=element, aria_label=title)[
        header[h2[title], span(".aside")[aside] if aside else None], rows, more
    ]


def _row(reading: Reading, snapshot: Snapshot, view: View, people: Mapping[str, float]) -> htpy.Element:
    kpi = view.catalog[reading.kpi]
    name = kpi.short[view.lang]
    if reading.value is None:
        return li(".fact-row.none", hooks(reading, view))[span(".name")[name], span(".why")[reading.why_none]]
    words = value_words(reading, kpi, view)
    return li(".fact-row", hooks(reading, view))[
        span(".name")[name],
        button(".val", type="button", aria_haspopup="dialog", aria_label=f"{name}: {words}")[
            band_mark(reading.band, view), words
        ],
        span(".beside")[_beside(reading, kpi, snapshot, view, people)],
        age(reading.freshness, view),
    ]


def _beside(reading: Reading, kpi: Kpi, snapshot: Snapshot, view: View, people: Mapping[str, float]) -> str:
    """Per resident and against the whole city: only so can places of different size be compared."""
    lang, whole = view.lang, snapshot.reading(reading.kpi)
    if kpi.additive and kpi.unit not in PER_HEAD:
        return ""
    if kpi.additive:
        mine, all_ = (_per_head(r, people) for r in (reading, whole))
        words = [] if mine is None else [_head_words(mine, kpi, view)]
        if mine is not None and all_ is not None and whole and whole.area != reading.area:
            words.append(text.say(lang, "{region} {value}", region=_region(view), value=_head_number(all_, kpi, view)))
        return " · ".join(words)
    words = [change_words(reading, kpi, view) or ""]
    if not kpi.additive and whole and whole.value is not None and whole.area != reading.area:
        words.append(text.say(lang, "{region} {value}", region=_region(view), value=value_words(whole, kpi, view)))
    return " · ".join(filter(None, words))


def _region(view: View) -> str:
    return text.say(view.lang, "kota" if view.city.code[3:5] >= "71" else "kabupaten")


def _per_head(reading: Reading | None, people: Mapping[str, float]) -> float | None:
    living = people.get(reading.area) if reading else None
    if reading is None or not reading.value or not living:
        return None
    return reading.value / living


def _head_words(each: float, kpi: Kpi, view: View) -> str:
    number = _head_number(each, kpi, view)
    words = "{value} per penduduk" if kpi.unit == "rupiah" else "{value} per 1.000 penduduk"
    return text.say(view.lang, words, value=number)


def _head_number(each: float, kpi: Kpi, view: View) -> str:
    if kpi.unit == "rupiah":
        return text.quantity(each, "rupiah", 0, view.lang)
    value = each * PER
    return text.number(value, 0 if value >= 100 else 1 if value >= 1 else 2, view.lang)
