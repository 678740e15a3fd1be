"""Orders (arahan): a leader gives them, the head of the OPD answers; what is open first, with the working time left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import htpy
from htpy import div, h1, h2, header, p, section

from dashboard import text
from dashboard.page import AreaPaint, Page
from dashboard.parts.frame import banner, desk, sources_state
from dashboard.parts.orders import order_card, order_count, order_form
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
        listed: htpy.Node = section(".panel")[p(".empty")[words]]
        head = None
    else:
        ahead, ended = [o for o in orders if o.state.open], [o for o in orders if not o.state.open]
        head = order_count(len(ahead), sum(o.late(view.now) for o in ahead), view)
        listed = [
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
        div(class_="orders with-form" if given else "orders")[given, div(".order-list")[listed]],
    )


PAGE = Page(
    path="/arahan",
    title={"id": "Arahan", "en": "Orders"},
    theme="light",
    roles=READERS,
    parts=parts,
    layout=layout,
    asks={"kpi": r"[a-z0-9_]{1,60}", "area": r"[\d.]{5,13}|tanpa-lokasi"},
    fresh=True,
)
