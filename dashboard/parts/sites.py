"""The sites of each OPD as a small matrix: how many answer, and what is wrong with them; those with faults first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import htpy
from htpy import button, h2, header, li, ol, p, section, span

from dashboard import text
from dashboard.parts.marks import age, band_mark, value_words
from dashboard.parts.tile import hooks
from layers.explain import short
from layers.ranking import at_level
from layers.snapshot import Band, Reading, Snapshot

if TYPE_CHECKING:
    from dashboard.page import View

REACHABLE = "situs_terjangkau"


def _missing(reading: Reading) -> float | None:
    """How many of the whole are not part of it."""
    whole, part = reading.evidence.denominator, reading.evidence.numerator
    return None if whole is None or part is None else whole - part


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One column: the KPI, its heading, how many faults its reading tells of, and how grave one is."""

    kpi: str
    heading: str
    count: Callable[[Reading], float | None]
    band: Band = Band.WATCH


FAULTS = (
    Fault(kpi=REACHABLE, heading="Hidup", count=_missing),
    Fault(kpi="situs_sertifikat_habis", heading="Sertifikat", count=lambda r: r.value),
    Fault(kpi="situs_usang", heading="Usang", count=lambda r: r.evidence.numerator),
    Fault(kpi="situs_disusupi", heading="Disusupi", count=lambda r: r.value, band=Band.ACT),
)


def sites(snapshot: Snapshot, view: View, *, element: str = "sites") -> htpy.Element:
    """One row for each OPD that has a site."""
    whole, title = snapshot.reading(REACHABLE), text.say(view.lang, "Situs per OPD")
    if whole is None or whole.value is None or REACHABLE not in view.catalog:
        words = whole.why_none if whole else text.say(view.lang, "belum dihitung")
        return section(".sites", id=element)[header[h2[title]], p(".empty")[words]]
    owners = [r.opd for r in at_level(snapshot, view.tree, view.catalog[REACHABLE], "opd") if r.opd]
    rows = {opd: [snapshot.reading(fault.kpi, opd=opd) for fault in FAULTS] for opd in owners}
    wrong = {opd: _weight(found) for opd, found in rows.items()}
    order = sorted(owners, key=lambda opd: (tuple(-n for n in wrong[opd]), short(opd, view.city) or opd))
    well = sum(not any(wrong[opd]) for opd in owners)
    said = text.say(view.lang, "{n} dari {all} OPD tanpa masalah", n=well, all=len(owners))
    return section(".sites", hooks(whole, view), id=element, aria_label=title)[
        header[h2[title], span(".aside")[said, " · ", age(whole.freshness, view)]],
        p(".heads", aria_hidden="true")[span, [span[text.say(view.lang, fault.heading)] for fault in FAULTS]],
        ol[[_row(short(opd, view.city) or opd, rows[opd], view) for opd in order]],
    ]


def _weight(found: list[Reading | None]) -> tuple[float, ...]:
    """The faults by gravity: the last column's first, then what is down, then the rest."""
    counts = [(fault.count(r) or 0) if r else 0 for fault, r in zip(FAULTS, found, strict=True)]
    return (counts[3], counts[0], counts[1], counts[2])


def _row(name: str, found: list[Reading | None], view: View) -> htpy.Element:
    return li[span(".name")[name], [_cell(name, fault, r, view) for fault, r in zip(FAULTS, found, strict=True)]]


def _cell(name: str, fault: Fault, reading: Reading | None, view: View) -> htpy.Element:
    count = fault.count(reading) if reading else None
    if reading is None or count is None:
        return span(".cell.none")[text.say(view.lang, "belum ada")]
    number = text.number(count, 0, view.lang)
    if fault.kpi == REACHABLE:
        whole = reading.evidence.denominator or 0
        number = f"{text.number(whole - count, 0, view.lang)}/{text.number(whole, 0, view.lang)}"
    spoken = f"{name}, {view.catalog[fault.kpi].short[view.lang]}: {value_words(reading, view.catalog[fault.kpi], view)}"
    look = ".cell" if count else ".cell.well"
    return button(look, hooks(reading, view), type="button", aria_haspopup="dialog", aria_label=spoken)[
        band_mark(fault.band, view) if count else None, number
    ]
