"""What a desk's card says below its number: a bar against target and before, its course, and what was ordered about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import htpy
from htpy import a, li, line, p, rect, strong, svg, ul

from dashboard import text
from dashboard.parts.orders import STATES
from dashboard.parts.scale import pc
from dashboard.parts.trend import spark
from layers.orders import OrderState
from layers.snapshot import Band, Reading

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi
    from layers.orders import Order

ROOM = 1.15
"""The bar goes beyond the largest of what stands on it by this."""
TOLD = 2
"""So many orders are told on a card."""


def below(reading: Reading, kpi: Kpi, values: Sequence[float | None], orders: Sequence[Order], view: View) -> htpy.Fragment:
    """The bullet, the course and the orders."""
    return htpy.fragment[
        bullet(reading, kpi), spark(values, reading.target, reading.band) if values else None, recalled(orders, reading, view)
    ]


def bullet(reading: Reading, kpi: Kpi) -> htpy.Element | None:
    """A bar of the value, a tick at the target, a thin one where it stood before; nothing without a value."""
    if reading.value is None:
        return None
    before = reading.value - reading.change if reading.change is not None else None
    marks = [mark for mark in (reading.value, reading.target, before) if mark is not None]
    full = 100.0 if kpi.unit == "persen" else max(marks) * ROOM or 1.0

    def at(value: float) -> str:
        return pc(min(max(value / full * 100, 0), 100))

    return svg(".bullet", {"data-band": reading.band.value}, aria_hidden="true")[
        rect(".track", width="100%", height="100%"),
        rect(".fill", width=at(reading.value), y="25%", height="50%"),
        line(".before", x1=at(before), x2=at(before), y1="10%", y2="90%") if before is not None else None,
        line(".tick", x1=at(reading.target), x2=at(reading.target), y1="0", y2="100%") if reading.target is not None else None,
    ]


def returned(orders: Sequence[Order], reading: Reading) -> list[Order]:
    """The orders that this number calls back: those still open, and while it is out of target again also those that ended."""
    mine = [o for o in orders if o.about.kpi == reading.kpi and o.opd == reading.opd and o.state is not OrderState.CANCELLED]
    return [o for o in mine if o.state.open or reading.band is not Band.NORMAL][:TOLD]


def recalled(orders: Sequence[Order], reading: Reading, view: View) -> htpy.Element | None:
    """What was ordered about this number: who, until when, answered or not."""
    told = returned(orders, reading)
    if not told:
        return None
    lang, zone = view.lang, view.city.zone
    return ul(".recall", aria_label=text.say(lang, "Arahan tentang angka ini"))[
        [
            li[
                a(href=f"/arahan#a{order.id}")[
                    strong[text.say(lang, "Arahan {day}", day=text.day(order.given, zone, lang))],
                    " · ",
                    text.say(lang, STATES[order.state]),
                    f" · {text.say(lang, 'tenggat {when}', when=text.moment(order.due, zone, lang))}"
                    if order.state is OrderState.GIVEN
                    else None,
                ],
                p[order.text if order.answer is None else f"{order.text} — {order.answer}"],
            ]
            for order in told
        ]
    ]
