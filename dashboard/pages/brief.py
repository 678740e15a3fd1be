"""The morning brief of the city, as it was made; former mornings by their day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import htpy
from htpy import a, button, div, form, h1, header, label, li, nav, option, p, section, select, ul

from dashboard import text
from dashboard.briefsheets import SHEETS, chosen_day, own
from dashboard.page import AreaPaint, Page
from dashboard.parts.brief import Desk, brief_parts, no_brief
from dashboard.parts.frame import banner, desk, sources_state
from layers import briefwords as words
from layers.briefs import ROLES, Shelf, may_read
from layers.snapshot import Snapshot

if TYPE_CHECKING:
    from dashboard.page import View

ASKS = {"tanggal": r"20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"}


def parts(snapshot: Snapshot, view: View) -> dict[str, htpy.Element]:
    """The frame alone: a brief does not change."""
    return {"notice": banner(snapshot), "sources-state": sources_state(snapshot, view)}


def layout(found: dict[str, htpy.Element], view: View, _paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """The city's brief; for who leads some OPDs the way to their digests."""
    content = page_of(view, None) if may_read(view.scope) else own_digests(view)
    return desk(view, "/ringkasan", found["sources-state"], found["notice"] if view.past else None, content)


def page_of(view: View, opd: str | None) -> htpy.Node:
    """The brief of a subject for the day that is asked for."""
    lang, shelf = view.lang, view.shelf(opd, chosen_day(view))
    if shelf is None:
        words_ = text.say(lang, "Ringkasan tidak dapat dibaca sekarang. Muat ulang sebentar lagi.")
        return [header(".page-head")[h1[text.say(lang, "Ringkasan")]], section(".panel")[p(".empty")[words_]]]
    brief, tell = shelf.brief, Desk(view)
    heading = words.title(brief, tell) if brief else text.say(lang, "Ringkasan")
    day = tell.day(brief.day) if brief else None
    return div(".brief")[
        header(".page-head")[p(".aside.brief-day")[day] if day else None, h1[heading], _chooser(shelf, view, opd)],
        brief_parts(brief, view) if brief else no_brief(view, digest=opd is not None),
    ]


def _chooser(shelf: Shelf, view: View, opd: str | None) -> htpy.Element | None:
    """Former days; without scripts by its button."""
    if not shelf.days or (len(shelf.days) == 1 and shelf.brief):
        return None
    here = shelf.brief.day if shelf.brief else None
    return form(".filters.no-print", method="get", action=f"/ringkasan/{opd}" if opd else "/ringkasan")[
        label[
            text.say(view.lang, "Hari"),
            select(name="tanggal")[
                [
                    option(value=day.isoformat(), selected=day == here)[text.day(day, view.city.zone, view.lang, weekday=True)]
                    for day in shelf.days
                ]
            ],
        ],
        button(".button", type="submit")[text.say(view.lang, "Buka")],
    ]


def own_digests(view: View) -> htpy.Node:
    """The digests of the OPDs that the asker leads; the only one at once."""
    slugs = own(view)
    if len(slugs) == 1:
        return page_of(view, slugs[0])
    opds = [opd for opd in view.city.opds if opd.slug in slugs]
    links = ul[[li[a(href=f"/ringkasan/{opd.slug}")[opd.name]] for opd in opds]]
    empty = p(".empty")[text.say(view.lang, "Belum ada ringkasan untuk lingkup Anda.")]
    head = header(".page-head")[h1[text.say(view.lang, "Ringkasan pekan")]]
    return [head, nav(".panel.own-digests", aria_label="OPD")[links] if opds else section(".panel")[empty]]


PAGE = Page(
    path="/ringkasan",
    title={"id": "Ringkasan", "en": "Brief"},
    theme="light",
    roles=ROLES,
    parts=parts,
    layout=layout,
    asks=ASKS,
    fresh=True,
    sheets=SHEETS,
)
