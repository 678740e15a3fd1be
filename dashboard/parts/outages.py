"""What is down, as a list: where or whose, since when, for how long, and how long in the month."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import htpy
from htpy import b, button, div, h2, header, li, ol, p, section, span

from dashboard import text
from dashboard.parts.marks import age, band_mark, by_state
from dashboard.parts.tile import hooks
from layers.explain import place, short
from layers.outages import OFFICES
from layers.snapshot import Band, Outage, Reading, Snapshot, State

if TYPE_CHECKING:
    from dashboard.page import View


def down(title: str, kpi: str, snapshot: Snapshot, view: View, *, element: str, calm: Mapping[State, str]) -> htpy.Element:
    """The outages that a KPI counts; ``calm`` says that there is none, by how old the data are."""
    whole = snapshot.reading(kpi)
    if whole is None or whole.value is None:
        words = whole.why_none if whole else text.say(view.lang, "belum dihitung")
        return section(".down", id=element)[header[h2[title]], p(".empty")[words]]
    found = [outage for outage in snapshot.outages if outage.kpi == kpi]
    return section(".down", hooks(whole, view), id=element, aria_label=title)[
        header[h2[title, " ", b[text.number(whole.value, 0, view.lang)]], span(".aside")[age(whole.freshness, view)]],
        ol[[_row(outage, _cut(outage, snapshot), view) for outage in found]] if found else by_state(whole.freshness, view, calm),
    ]


def _cut(outage: Outage, snapshot: Snapshot) -> Reading | None:
    """The published reading that the outage is part of: of its area, else of its OPD."""
    return snapshot.reading(outage.kpi, outage.area) or snapshot.reading(outage.kpi, opd=outage.opd)


def _row(outage: Outage, reading: Reading | None, view: View) -> htpy.Element:
    name, of = _names(outage, view)
    zone, since, age_of = view.city.zone, outage.since.isoformat(timespec="seconds"), view.now - outage.since
    today = outage.since.astimezone(zone).date() == view.now.astimezone(zone).date()
    when = (text.clock if today else text.moment)(outage.since, zone, view.lang)
    where = " · ".join(filter(None, (of, text.say(view.lang, "sejak {when}", when=when))))
    hours = text.quantity(outage.hours, "jam", 1, view.lang) if outage.hours is not None else None
    return li(".outage", hooks(reading, view) if reading else {})[
        band_mark(Band.ACT, view),
        div(".what")[button(".name", type="button", aria_haspopup="dialog")[name], p[where]],
        div(".who")[
            htpy.time({"data-observed": since}, datetime=since)[text.age(age_of.total_seconds(), view.lang)],
            span[text.say(view.lang, "{hours} bulan ini", hours=hours)] if hours else None,
        ],
    ]


def _names(outage: Outage, view: View) -> tuple[str, str]:
    """What is down, and where it is or whose."""
    if outage.kpi != OFFICES:
        return outage.subject, short(outage.opd, view.city) or text.say(view.lang, "belum ada pemilik")
    code = outage.subject if outage.subject in view.tree.areas else outage.area
    name, _, above = place(code, view.tree).partition(", ")
    return name, above
