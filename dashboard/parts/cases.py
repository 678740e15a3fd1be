"""Cases that a pattern of closing names, and a count with its share as one cell of a table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import htpy
from htpy import button, details, div, h3, p, section, span, strong, summary

from dashboard import text
from dashboard.parts.evidence import area_words
from dashboard.parts.marks import value_words
from dashboard.parts.tile import hooks
from layers.snapshot import Reading
from layers.suspicion import PATTERNS, Suspect, Suspicion

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi


def counted(reading: Reading | None, kpi: Kpi, view: View) -> htpy.Node:
    """A reading in a cell, opening its evidence: of a share the count and the percentage, or on how few cases it would rest."""
    if reading is None:
        return span(".quiet")["-"]
    proof, value = reading.evidence, value_words(reading, kpi, view)
    if kpi.unit == "persen" and proof.denominator:
        few = text.say(view.lang, "dari {n}", n=text.number(proof.denominator, 0, view.lang))
        shown = [
            strong[text.number(proof.numerator or 0, 0, view.lang)],
            " ",
            span(".quiet")[few if reading.value is None else value],
        ]
    elif reading.value is None:
        n = text.number(reading.n, 0, view.lang)
        shown = [span(".quiet", title=reading.why_none)[f"n = {n}" if reading.n else "-"]]
    elif kpi.additive:
        shown = [text.number(reading.value, 0, view.lang)]
    else:
        shown = [value]
    label = f"{kpi.short[view.lang]}: {value}"
    return span(".counted", hooks(reading, view))[button(type="button", aria_haspopup="dialog", aria_label=label)[shown]]


def findings(found: Sequence[Suspicion], view: View) -> htpy.Node:
    """What the patterns name, by pattern; each finding opens to its cases. Never who reported them."""
    if not found:
        return p(".empty")[text.say(view.lang, "Tidak ada kasus yang dikenai pola-pola ini.")]
    order = list(PATTERNS)
    by_pattern = sorted(found, key=lambda s: (order.index(s.pattern), -s.n, s.id))
    return [
        section[h3[_title(pattern, view)], [_finding(one, view) for one in some]]
        for pattern, some in groupby(by_pattern, key=lambda s: s.pattern)
    ]


def _title(pattern: str, view: View) -> str:
    kpi = view.catalog.get(f"curiga_{pattern}")
    return kpi.title[view.lang] if kpi else pattern


def _finding(one: Suspicion, view: View) -> htpy.Element:
    zone, lang = view.city.zone, view.lang
    days = list(dict.fromkeys(text.day(moment, zone, lang) for moment in (one.since, one.until)))
    more = one.n - len(one.cases)
    return details(".finding")[
        summary[
            strong[_holders(one, view)],
            span(".n")[text.say(lang, "{n} aduan", n=text.number(one.n, 0, lang))],
            span[one.detail],
            span(".quiet")[" - ".join(days)],
        ],
        div(".scroll", tabindex="0", role="region", aria_label=_title(one.pattern, view))[_cases(one.cases, view)],
        p(".quiet")[text.say(lang, "{n} lagi tidak ditampilkan", n=text.number(more, 0, lang))] if more else None,
    ]


def _cases(cases: Sequence[Suspect], view: View) -> htpy.Element:
    heads = ("Nomor", "Wilayah", "OPD", "Kategori", "Ditutup", "Tenggat")
    return htpy.table[
        htpy.thead[htpy.tr[[htpy.th(scope="col")[text.say(view.lang, head)] for head in heads]]],
        htpy.tbody[[_case(case, view) for case in cases]],
    ]


def _case(case: Suspect, view: View) -> htpy.Element:
    times = [text.moment(moment, view.city.zone, view.lang) if moment else "-" for moment in (case.closed, case.due)]
    cells = (area_words(case.area, view), opd_name(case.opd, view), case.category, *times)
    return htpy.tr[htpy.th(scope="row")[case.source_id], [htpy.td[cell] for cell in cells]]


def opd_name(slug: str | None, view: View) -> str:
    """An OPD as it is called."""
    found = view.city.opd(slug) if slug else None
    return found.short if found else slug or text.say(view.lang, "tanpa OPD")


def _holders(one: Suspicion, view: View) -> str:
    """Whose cases they are: of one OPD, of several, or of none."""
    return text.say(view.lang, "beberapa OPD") if one.several else opd_name(one.opd, view)
