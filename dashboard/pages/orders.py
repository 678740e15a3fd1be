"""Orders (arahan): a leader gives them, the head of the OPD answers; what is open first, with the working time left."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import htpy
from htpy import div, h1, h2, header, p, section

from dashboard import text
from dashboard.export.makers import heads, listed
from dashboard.export.sheet import Sheet, Type
from dashboard.page import AreaPaint, Export, Page
from dashboard.parts.frame import banner, desk, sources_state
from dashboard.parts.orders import STATES, order_card, order_count, order_form
from layers.model import OFFICES
from layers.orders import READERS
from layers.snapshot import Snapshot

if TYPE_CHECKING:
    from dashboard.page import View

KEPT = ("kpi", "area", "opd", "isi", "sampai", "arahan", "jawaban")
"""Fields of a form that come back with it where it was not taken."""


def parts(snapshot: Snapshot, view: View) -> dict[str, htpy.Element]:
    """The frame alone: an order that someone is writing must not be replaced under their hands."""
    return {"notice": banner(snapshot), "sources-state": sources_state(snapshot, view)}


def layout(found: dict[str, htpy.Element], view: View, _paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """The form beside the open orders, the ended ones below."""
    lang, orders = view.lang, view.orders()
    if orders is None:
        words = text.say(lang, "Daftar arahan tidak dapat dibaca sekarang. Muat ulang sebentar lagi.")
        shown: htpy.Node = section(".panel")[p(".empty")[words]]
        head = None
    else:
        ahead, ended = [o for o in orders if o.state.open], [o for o in orders if not o.state.open]
        head = order_count(len(ahead), sum(o.late(view.now) for o in ahead), view)
        shown = [
            [order_card(order, view) for order in ahead]
            if ahead
            else section(".panel")[p(".empty")[text.say(lang, "Tidak ada arahan yang terbuka.")]],
            [h2(".order-past")[text.say(lang, "Selesai dan dibatalkan")], [order_card(order, view) for order in ended]]
            if ended
            else None,
        ]
    given = order_form(view)
    return desk(
        view,
        "/arahan",
        found["sources-state"],
        found["notice"],
        header(".page-head")[h1[text.say(lang, "Arahan")], head],
        div(class_="orders with-form" if given else "orders")[given, div(".order-list", id="orders")[shown]],
    )


def _sheet(snapshot: Snapshot, view: View) -> Sheet:
    """The orders that the asker may see, how they stand and until when; neither their words nor who wrote them."""
    orders = view.orders()
    if orders is None:
        raise LookupError("arahan belum dapat dibaca")
    columns = heads(
        view,
        ("nomor", "Nomor", Type.WHOLE),
        ("opd", "OPD"),
        ("angka", "Angka"),
        ("wilayah", "Wilayah", Type.AREA),
        ("diberikan", "Diberikan", Type.MOMENT),
        ("oleh", "Oleh"),
        ("tenggat", "Tenggat", Type.MOMENT),
        ("keadaan", "Keadaan"),
        ("dijawab", "Dijawab", Type.MOMENT),
        ("berakhir", "Berakhir", Type.MOMENT),
        ("terlambat", "Terlambat"),
    )
    say = partial(text.say, view.lang)
    rows = [
        (o.id, o.opd, o.about.kpi, o.about.area, o.given, say(OFFICES[o.giver_role]), o.due, say(STATES[o.state]), o.answered,
         o.ended, say("ya" if o.late(view.now) else "tidak"))
        for o in orders
    ]  # fmt: skip
    notes = [say("Isi arahan dan jawabannya tidak ikut.")]
    return listed(snapshot, view, PAGE, say("Arahan"), columns, rows, name="arahan", notes=notes)


PAGE = Page(
    path="/arahan",
    title={"id": "Arahan", "en": "Orders"},
    theme="light",
    roles=READERS,
    parts=parts,
    layout=layout,
    asks={"kpi": r"[a-z0-9_]{1,60}", "area": r"[\d.]{5,13}|tanpa-lokasi"},
    fresh=True,
    sheets={"orders": Export(sheet=_sheet)},
)
