"""The demo's guide as it is drawn: a small dialog that leaves the page usable, and the way back to it in the account's entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import htpy
from htpy import a, button, dialog, div, footer, h2, p, section, span

from dashboard import text
from dashboard.guide import guide_of

if TYPE_CHECKING:
    from dashboard.page import View

ELEMENT = "panduan"


def guide_link(view: View) -> htpy.Element | None:
    """Opens the guide again, on its page; nothing outside the demo."""
    guide = guide_of(view.scope, view.city) if view.demo else None
    return guide and a(href=f"{guide.start}#{ELEMENT}", data_guide=True)[text.say(view.lang, "Panduan dua menit")]


def guide(here: str, view: View) -> htpy.Element | None:
    """The guide on the page that it is about; shown by a script, once in a browser for each role."""
    found = guide_of(view.scope, view.city) if view.demo and view.past is None else None
    if found is None or not found.on(here, view):
        return None
    lang, (onward, name) = view.lang, found.onward
    return dialog(f"#{ELEMENT}.guide", {"data-role": view.scope.role.value}, aria_label=text.say(lang, "Panduan dua menit"))[
        div(aria_live="polite")[
            [
                section({"data-at": step.at}, hidden=True)[
                    p(".guide-count")[span(data_count=True), " ", text.say(lang, "dari"), " ", span(data_all=True)],
                    h2[text.say(lang, step.title)],
                    p[text.say(lang, step.words)],
                ]
                for step in found.steps
            ]
        ],
        footer[
            button(".guide-skip", type="button", data_guide_skip=True, data_done=text.say(lang, "Selesai"))[
                text.say(lang, "Lewati panduan")
            ],
            button(".guide-back", type="button", data_guide_back=True)[text.say(lang, "Kembali")],
            button(".button", type="button", data_guide_next=True)[text.say(lang, "Lanjut")],
            a(".button", href=onward, data_guide_onward=True, hidden=True)[
                text.say(lang, "Buka {page}", page=text.say(lang, name))
            ],
        ],
    ]
