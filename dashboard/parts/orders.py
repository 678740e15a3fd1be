"""Orders on screen: the form to give one, and each with its time left, its answer and what may be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import htpy
from htpy import (
    a,
    article,
    button,
    details,
    div,
    footer,
    form,
    h2,
    header,
    label,
    option,
    p,
    section,
    select,
    span,
    strong,
    summary,
    textarea,
)

from dashboard import text
from dashboard.parts.evidence import area_words
from dashboard.parts.marks import band_mark
from dashboard.places.address import area_address
from layers.calendar import Calendar
from layers.duewords import standing
from layers.model import OFFICES
from layers.orders import LONGEST, About, Order, OrderState, deadline, may_answer, may_give
from layers.snapshot import Band

if TYPE_CHECKING:
    from dashboard.page import View

STATES = {
    OrderState.GIVEN: "belum dijawab",
    OrderState.ANSWERED: "dijawab",
    OrderState.DONE: "selesai",
    OrderState.CANCELLED: "dibatalkan",
}


def order_form(view: View) -> htpy.Element | None:
    """What a leader fills in, with what stood in it before where it was not taken."""
    if not may_give(view.scope) or view.past is not None:
        return None
    lang, given = view.lang, view.params
    opds = [opd for opd in view.city.opds if view.scope.opds is None or opd.slug in view.scope.opds]
    about = About(kpi=given.get("kpi"), area=given.get("area"))
    usual = deadline(view.city, opds[0].slug, view.now) if opds else view.now
    local = view.now.astimezone(view.city.zone).date().isoformat()
    wrong = given.get("salah") if "jawaban" not in given else None
    return section(".panel.order-form", id="beri")[
        header[h2[text.say(lang, "Beri arahan")]],
        p(".wrong", role="alert")[text.say(lang, wrong)] if wrong else None,
        p(".about")[text.say(lang, "Tentang {what}", what=about_words(about, view))] if about.kpi or about.area else None,
        form(method="post", action="/arahan/beri")[
            [
                htpy.input(type="hidden", name=name, value=value)
                for name, value in (("kpi", about.kpi), ("area", about.area))
                if value
            ],
            label[
                text.say(lang, "Kepada"),
                select(name="opd", required=True)[
                    option(value="")[text.say(lang, "Pilih OPD")],
                    [option(value=opd.slug, selected=opd.slug == given.get("opd"))[opd.name] for opd in opds],
                ],
            ],
            label[
                text.say(lang, "Isi arahan"),
                textarea(name="isi", rows="4", maxlength=str(LONGEST), required=True, aria_describedby="isi-hint")[
                    given.get("isi", "")
                ],
            ],
            p(".hint", id="isi-hint")[text.say(lang, "Singkat, tanpa nama atau NIK warga.")],
            label[
                text.say(lang, "Sampai hari kerja"),
                htpy.input(type="date", name="sampai", min=local, value=given.get("sampai", ""), aria_describedby="sampai-hint"),
            ],
            p(".hint", id="sampai-hint")[
                text.say(lang, "Tanpa tanggal: satu hari kerja, sampai {when}.", when=text.moment(usual, view.city.zone, lang))
            ],
            button(".button", type="submit")[text.say(lang, "Kirim arahan")],
        ],
    ]


def about_words(about: About, view: View) -> str:
    """``Aduan lewat tenggat, Kec. Benda``."""
    kpi = view.catalog.get(about.kpi) if about.kpi else None
    place = area_words(about.area, view) if about.area else None
    return ", ".join(filter(None, (kpi.title[view.lang] if kpi else about.kpi, place)))


def order_card(order: Order, view: View) -> htpy.Element:
    """One order."""
    lang, zone, opd = view.lang, view.city.zone, view.city.opd(order.opd)
    late = order.late(view.now)
    giver = text.say(lang, OFFICES[order.giver_role])
    return article(
        ".panel.order", {"data-band": Band.ACT.value if late else None, "data-order": order.state.value}, id=f"a{order.id}"
    )[
        header[
            h2[opd.short if opd else order.opd],
            span(".due")[band_mark(Band.ACT, view) if late else None, _due_words(order, view)],
        ],
        p(".order-text")[order.text],
        p(".aside")[
            _about(order, view),
            text.say(lang, "{giver} ({name}), {when}", giver=giver, name=order.giver, when=text.moment(order.given, zone, lang)),
        ],
        _answer(order, view),
        _acts(order, view),
    ]


def _answer(order: Order, view: View) -> htpy.Element | None:
    if order.answer is None or order.answered is None:
        return None
    when = text.moment(order.answered, view.city.zone, view.lang)
    return div(".answer")[
        p[order.answer],
        p(".aside")[text.say(view.lang, "Dijawab {name}, {when}", name=order.answered_by or "", when=when)],
    ]


def _due_words(order: Order, view: View) -> str:
    """The time left while it waits; else how it stands."""
    if order.state is not OrderState.GIVEN:
        return text.say(view.lang, STATES[order.state])
    return standing(view.now, order.due, Calendar.of(view.city, view.now, opd=order.opd), view.lang)


def _about(order: Order, view: View) -> htpy.Node:
    if not order.about.kpi and not order.about.area:
        return None
    code = order.about.area or view.city.code
    return [a(href=area_address(code))[about_words(order.about, view)], " · "]


def _acts(order: Order, view: View) -> htpy.Node:
    """What the asker may do about it; of the past nothing."""
    if view.past is not None:
        return None
    lang, about = view.lang, order.about.area
    number = htpy.input(type="hidden", name="arahan", value=str(order.id))
    if order.state is OrderState.GIVEN and may_answer(view.scope, order.opd, about):
        again = view.params.get("arahan") == str(order.id)
        wrong = view.params.get("salah") if again else None
        return details(open=again or None)[
            summary(".button")[text.say(lang, "Jawab")],
            form(method="post", action="/arahan/jawab")[
                number,
                p(".wrong", role="alert")[text.say(lang, wrong)] if wrong else None,
                label[
                    text.say(lang, "Jawaban, tanpa nama atau NIK warga"),
                    textarea(name="jawaban", rows="3", maxlength=str(LONGEST), required=True)[
                        view.params.get("jawaban", "") if again else ""
                    ],
                ],
                button(".button", type="submit")[text.say(lang, "Kirim jawaban")],
            ],
        ]
    if not order.state.open or not may_give(view.scope, order.opd, about):
        return None
    return footer[
        form(method="post", action="/arahan/selesai")[number, button(".button", type="submit")[text.say(lang, "Selesai")]]
        if order.state is OrderState.ANSWERED
        else None,
        form(method="post", action="/arahan/batal")[number, button(".plain-button", type="submit")[text.say(lang, "Batalkan")]],
    ]


def order_count(orders: int, late: int, view: View) -> htpy.Element:
    """How many are open, and how many of them are late."""
    said = text.say(view.lang, "{n} terbuka", n=orders)
    return p(".aside")[said, [", ", strong[text.say(view.lang, "{n} lewat tenggat", n=late)]] if late else None]
