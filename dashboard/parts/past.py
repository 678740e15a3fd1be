"""A moment gone by on a page: the line that says which one, the other account's value, and the way to ask for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import htpy
from htpy import a, button, details, form, label, nav, summary

from dashboard import text
from dashboard.parts.marks import value_words
from layers.snapshot import Reading

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi


def past_line(view: View) -> htpy.Element | None:
    """Both accounts of the moment and the way back to the live room; nothing on a live page."""
    if view.past is None:
        return None
    accounts = (
        (view.past.then_address, "Yang diketahui waktu itu", not view.past.now),
        (view.past.now_address, "Menurut yang diketahui sekarang", view.past.now),
    )
    return nav(".past-line", aria_label=text.say(view.lang, "Mesin waktu"))[
        [a(href=href, aria_current="true" if here else None)[text.say(view.lang, words)] for href, words, here in accounts],
        a(".past-back", href=view.past.live_address)[text.say(view.lang, "Kembali ke keadaan terkini")],
    ]


def past_form(view: View) -> htpy.Element:
    """Asks for this page at another moment; works without scripts."""
    at = view.past.pada if view.past else text.local(view.now, view.city.zone)
    return details(".past-ask")[
        summary[text.say(view.lang, "Mesin waktu")],
        form(method="get")[
            label[
                text.say(view.lang, "Waktu ({zone})", zone=text.zone_mark(view.now, view.city.zone)),
                htpy.input(type="datetime-local", name="pada", value=at, required=True),
            ],
            [htpy.input(type="hidden", name=name, value=value) for name, value in view.params.items() if name != "code"],
            button(type="submit")[text.say(view.lang, "Lihat")],
        ],
    ]


def other_words(reading: Reading, kpi: Kpi, view: View) -> str | None:
    """``kini 412`` on a page as it was known then, ``waktu itu 398`` on one as it is known now; ``None`` where both agree."""
    other = view.past.other(reading) if view.past else None
    if view.past is None or other is None or (words := value_words(other, kpi, view)) == value_words(reading, kpi, view):
        return None
    return text.say(view.lang, "waktu itu {value}" if view.past.now else "kini {value}", value=words)
