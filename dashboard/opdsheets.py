"""What can be taken away of an OPD's desk: its figures, the course of the one chosen, what its cases are made of."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from dashboard import text
from dashboard.access import Refused
from dashboard.export.makers import daily, figures, narrowed, slices, value_column
from dashboard.export.sheet import Sheet
from dashboard.opdcut import BUDGET, CARDS, PATH, Choice, card_readings
from dashboard.page import Export, Page, find_page
from layers.courses import course
from layers.crossing import crossed
from layers.drill import Slice
from layers.smallcells import sensitive, small

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.room import Room
    from layers.snapshot import Reading, Snapshot

CROSSED = {"category": "Kategori", "channel": "Kanal", "status": "Status"}


def _page(choice: Choice) -> Page:
    found = find_page(f"{PATH}/{choice.opd}")
    if found is None:
        raise LookupError(choice.opd)
    return found[0]


def _asked(snapshot: Snapshot, view: View) -> tuple[Choice, Room, dict[str, Reading]]:
    """The choice, the figures it is made of and the cards; ``LookupError`` while there are no frames.

    404 where all the counts are of one category that could name a person in the area (:mod:`layers.smallcells`).
    """
    if view.figures is None:
        raise LookupError("rincian belum tersedia")
    choice, room = Choice.of(view.params, view.city.zone), view.figures()
    if _small(choice, view) and sensitive(choice.asked.get("category", "")):
        raise Refused(view.scope)
    return choice, room, card_readings(view.scope, view.catalog, snapshot, room, choice)


def _small(choice: Choice, view: View) -> bool:
    area = view.tree.areas.get(choice.asked.get("area", ""))
    return area is not None and small(area)


def _titled(words: str, choice: Choice, view: View) -> str:
    opd = view.city.opd(choice.opd)
    return f"{opd.name if opd else choice.opd}: {words}"


def _cut(choice: Choice, view: View) -> list[tuple[str, str]]:
    """The choices that no filter of all pages is."""
    area, status = choice.asked.get("area"), choice.asked.get("status")
    days = " – ".join(day.isoformat() for day in choice.span) if choice.span else None
    some = (("Wilayah", view.tree.name(area) if area in view.tree.areas else None), ("Status", status), ("Hari", days))
    return [(text.say(view.lang, name), words) for name, words in some if words]


def _figures(snapshot: Snapshot, view: View) -> Sheet:
    choice, _, found = _asked(snapshot, view)
    some = [(view.catalog[name], found.get(name)) for name in (*CARDS, BUDGET) if name in found or name != BUDGET]
    title = _titled(text.say(view.lang, "Angka").lower(), choice, view)
    return narrowed(figures(snapshot, view, _page(choice), title, some), _cut(choice, view))


def _course(snapshot: Snapshot, view: View) -> Sheet:
    """The OPD's line, and the city's where the two can be compared; where there is no line, no row but why."""
    choice, room, found = _asked(snapshot, view)
    kpi = view.catalog[choice.asked.get("kpi", CARDS[0])]
    if (reading := found.get(kpi.id)) is None:
        raise LookupError("rincian belum tersedia")
    line = course(view.scope, room, kpi, choice.query)
    series = {"nilai": (value_column(kpi, view.lang), line.values)}
    if not kpi.additive and any(value is not None for value in line.city):
        series["kota"] = (value_column(kpi, view.lang, "kota", title=text.say(view.lang, "kota")), line.city)
    title = _titled(kpi.title[view.lang], choice, view)
    name = f"{kpi.id}-per-hari"
    days = () if line.why_none else line.days
    sheet = daily(snapshot, view, _page(choice), title, days, series, origin=(reading, kpi), name=name)
    if line.why_none:
        why = text.say(view.lang, line.why_none)
        sheet = replace(sheet, about=replace(sheet.about, notes=(*sheet.about.notes, why)))
    return narrowed(sheet, _cut(choice, view))


def _crossed(name: str, snapshot: Snapshot, view: View) -> Sheet:
    """The values of a dimension under all other choices, the most overdue first."""
    choice, room, readings = _asked(snapshot, view)
    kpi = view.catalog[CARDS[0]]
    reading = readings.get(kpi.id)
    if reading is None:
        raise LookupError("rincian belum tersedia")
    counts = crossed(view.scope, room, choice.query).by[name]
    found = [
        Slice(key=key, label=key, received=c.received, closed=c.closed, open=c.open, overdue=c.overdue)
        for key, c in counts.items()
    ]
    found.sort(key=lambda s: (-s.overdue, -s.open, -s.received, s.key))
    people = name == "category" and _small(choice, view)
    title = _titled(text.say(view.lang, CROSSED[name]), choice, view)
    sheet = slices(snapshot, view, _page(choice), title, found, (reading, kpi), name=f"menurut-{name}", people=people)
    return narrowed(sheet, _cut(choice, view))


SHEETS = {
    "figures": Export(sheet=_figures),
    "course": Export(sheet=_course),
    **{f"cross-{name}": Export(sheet=partial(_crossed, name)) for name in CROSSED},
}
