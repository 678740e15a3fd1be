"""The desk of an OPD: its figures against target, its queue by working time left, and why they changed; any click narrows all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import htpy
from htpy import div, h1, h2, header, p, section, span

from dashboard import text
from dashboard.opdcut import ASKS, BUDGET, CARDS, DAYS, PATH, Choice, card_readings, cut_readings, whole
from dashboard.opdsheets import SHEETS
from dashboard.page import EVERYONE, AreaPaint, Page
from dashboard.parts import casebook, course, crossfilter, kpicard
from dashboard.parts.beside import beside, others
from dashboard.parts.casequeue import ELEMENT as QUEUE
from dashboard.parts.casequeue import by_state, case_queue, unknown
from dashboard.parts.frame import banner, desk, sources_state
from dashboard.parts.map import map_stage
from dashboard.parts.marks import compared
from dashboard.parts.tile import missing_tile, tile
from dashboard.parts.whychanged import why
from layers.courses import course as course_of
from layers.courses import sparks, year_ago
from layers.crossing import Crossed, crossed
from layers.disputes import may_dispute
from layers.handovers import may_hand
from layers.notes import about
from layers.opdbook import Book
from layers.queue import queue
from layers.reasons import reasons
from layers.smallcells import HIDDEN, untold
from layers.snapshot import Reading, Snapshot

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi
    from layers.room import Room

EMPTY = ("course", "why", "beside", "cross-category", "cross-channel", "cross-status", "cross-days", QUEUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a drawing rests on: the choice, the figures, and what people wrote; ``None``: there are no frames, or no accounts."""

    choice: Choice
    room: Room | None
    book: Book | None

    @classmethod
    def of(cls, view: View, *, book: bool = True) -> _Asked:
        choice = Choice.of(view.params, view.city.zone)
        reach, room = view.reach, view.figures() if view.figures else None
        written = reach.book(view.scope, choice.opd, None) if reach and book else None
        return cls(choice=choice, room=room, book=written and written.within(view.scope, room, choice.opd))


def parts(snapshot: Snapshot, view: View) -> dict[str, htpy.Element]:
    """Everything on the page that a new snapshot or another choice can change."""
    asked = _Asked.of(view)
    choice, room = asked.choice, asked.room
    seen = replace(view, params={**view.params, "days": str(choice.days)})
    readings = card_readings(view.scope, view.catalog, snapshot, room, choice)
    head = {
        "notice": banner(snapshot),
        "sources-state": sources_state(snapshot, view),
        "opd-head": _head(choice, view),
        "opd-filters": _filters(choice, view),
    }
    kpi = view.catalog[choice.asked.get("kpi", CARDS[0])]
    if room is None or _untold(choice, view):
        words = text.say(view.lang, HIDDEN if room else "Rincian tersedia setelah data pertama selesai diambil.")
        empty = {name: section(".panel", id=name)[p(".empty")[words]] for name in EMPTY}
        return (
            head | _cards(readings, {}, seen) | empty | {"others": others(kpi, snapshot, choice, view)} | _map(None, choice, view)
        )
    query, scope = choice.query, view.scope
    found = crossed(scope, room, query)
    charted = [view.catalog[name] for name in CARDS]
    lines = sparks(scope, room, charted, query)
    short = next((opd.short for opd in view.city.opds if opd.slug == choice.opd), choice.opd)
    reading = readings.get(kpi.id)
    line = course_of(scope, room, kpi, query)
    notes = about(asked.book.notes if asked.book else (), kpi.id, line.days)
    figures = course.figures(charted, kpi, choice, view)
    return (
        head
        | _cards(readings, lines, seen)
        | {
            "course": course.chart(line, (reading, kpi), short, notes, figures, seen)
            if reading
            else section(".panel", id="course"),
            "why": why(
                None if query.bound else reasons(scope, room, kpi, query),
                kpi,
                choice,
                view,
            ),
            "beside": beside(reading, kpi, year_ago(scope, room, kpi, query), snapshot, choice, view),
            "others": others(kpi, snapshot, choice, view),
            "cross-category": crossfilter.bars("category", "Kategori", found.by["category"], choice, view),
            "cross-channel": crossfilter.bars("channel", "Kanal", found.by["channel"], choice, view),
            "cross-status": crossfilter.bars(
                "status", "Status", found.by["status"], choice, view, lambda key: text.say(view.lang, key.replace("_", " "))
            ),
            "cross-days": crossfilter.days(found.days, choice, view),
            QUEUE: _queue(room, asked, found, view),
        }
        | _map(found, choice, view)
    )


def _untold(choice: Choice, view: View) -> bool:
    """Whether the counts of the choice are kept from the asker."""
    return untold(view.scope, view.city, view.tree, **choice.place)


def areas(_snapshot: Snapshot, view: View) -> dict[str, AreaPaint]:
    """Colours of the map, under all other choices."""
    asked = _Asked.of(view, book=False)
    if asked.room is None or _untold(asked.choice, view):
        return crossfilter.unpainted(view, HIDDEN if asked.room else "belum ada data")
    return crossfilter.paints(crossed(view.scope, asked.room, asked.choice.query), asked.choice, view)


def narrowed(view: View) -> Mapping[str, Reading]:
    """The readings of the cards where they are not the published ones."""
    choice = Choice.of(view.params, view.city.zone)
    if view.figures is None or (choice.plain and whole(view.scope)):
        return {}
    return cut_readings(view.scope, view.catalog, view.figures(), choice)


def _cards(readings: Mapping[str, Reading], lines: Mapping[str, Sequence[float | None]], view: View) -> dict[str, htpy.Element]:
    orders = view.orders() or ()
    return {
        f"tile-{name}": _card(view.catalog[name], readings.get(name), lines.get(name, ()), orders, view)
        for name in (*CARDS, BUDGET)
        if name in readings or name != BUDGET
    }


def _card(
    kpi: Kpi, reading: Reading | None, values: Sequence[float | None], orders: Sequence[object], view: View
) -> htpy.Element:
    if reading is None:
        return missing_tile(kpi, view)
    return tile(reading, kpi, view, below=kpicard.below(reading, kpi, values, orders, view))


def _head(choice: Choice, view: View) -> htpy.Element:
    opd = view.city.opd(choice.opd)
    lang = view.lang
    limits = None
    if view.scope.areas is not None:
        names = ", ".join(sorted(view.tree.name(code) for code in view.scope.areas))
        limits = p(".aside.own")[text.say(lang, "hanya wilayah Anda: {names}", names=names)]
    return header(".page-head.beside-head", id="opd-head")[
        div[h1[opd.name if opd else choice.opd], p(".aside")[compared(choice.days, view)], limits],
        crossfilter.periods(choice, view, DAYS),
    ]


def _filters(choice: Choice, view: View) -> htpy.Element:
    return div(".opd-filters", id="opd-filters")[crossfilter.measures(choice, view), crossfilter.chips(choice, view)]


def _queue(room: Room, asked: _Asked, found: Crossed, view: View) -> htpy.Element:
    choice, scope = asked.choice, view.scope
    if not scope.may_see_rows:
        counts = {
            "lewat tenggat": found.whole.overdue,
            "terbuka": found.whole.open,
            "masuk pada rentang ini": found.whole.received,
        }
        return by_state(counts, view)
    given = choice.asked
    among = None
    if "bidang" in given:
        if asked.book is None:
            return unknown(casebook.AWAY, view)
        among = [key for key, one in asked.book.handed.items() if one.division == given["bidang"]]
    shown = queue(
        scope,
        room,
        choice.query,
        page=int(given.get("halaman", "1")),
        order=given.get("urut", "left"),
        urgency=given.get("urgency"),
        number=given.get("cari"),
        among=among,
    )
    texts = view.reach.texts(scope, [case.key for case in shown.cases]) if view.reach and scope.free_text else {}
    acts = view.past is None and (may_hand(scope, choice.opd) or may_dispute(scope, choice.opd))
    return case_queue(shown, choice, asked.book, texts or {}, view, acts=acts)


def _map(found: Crossed | None, choice: Choice, view: View) -> dict[str, htpy.Element]:
    return {"map-overlay": crossfilter.chosen_area(choice, view), "map-legend": crossfilter.legend(found, choice, view)}


def layout(found: dict[str, htpy.Element], view: View, paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """Cards above; the course and the queue beside the map, the causes and the comparison."""
    asked = _Asked.of(view)
    choice, lang = asked.choice, view.lang
    sketch = span(".schematic")[text.say(lang, "batas skematis"), " · "] if view.map.schematic else None
    map_panel = section(".panel.map-panel")[
        header[
            h2[text.say(lang, "Per {unit}", unit=view.tree.unit)], span(".aside")[sketch, text.say(lang, "klik untuk menyaring")]
        ],
        map_stage(view, paint, found["map-overlay"], turn=lambda code: choice.turned("area", code)),
        found["map-legend"],
    ]
    return desk(
        view,
        PATH,
        found["sources-state"],
        found["notice"],
        found["opd-head"],
        found["opd-filters"],
        div(".kpis")[[part for key, part in found.items() if key.startswith("tile-")]],
        div(".split.opd-split")[
            div(".stack")[
                found["course"],
                found[QUEUE],
                casebook.acts(choice, asked.book, view),
                casebook.notes(choice, asked.book, view),
                div(".halves")[found["beside"], found["others"]],
            ],
            div(".stack")[
                found["why"],
                map_panel,
                found["cross-days"],
                found["cross-category"],
                found["cross-channel"],
                found["cross-status"],
            ],
        ],
    )


PAGE = Page(
    path=f"{PATH}/{{opd}}",
    title={"id": "Meja OPD", "en": "OPD desk"},
    theme="light",
    roles=EVERYONE,
    parts=parts,
    layout=layout,
    areas=areas,
    readings=narrowed,
    asks=ASKS,
    fresh=True,
    sheets=SHEETS,
)
