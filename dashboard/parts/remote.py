"""The telephone's side of the wall: which screen, what it shows, and large buttons to steer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import htpy
from htpy import a, button, div, form, h1, h2, label, nav, p, section, span, strong

from dashboard import text
from dashboard.access import REMOTE
from dashboard.scene import rotation, scenes
from layers.remote import ALL, DIGITS, Act, Steering

if TYPE_CHECKING:
    from dashboard.page import View

SIGNS = {Act.BACK: "M15 4 7 12l8 8", Act.PAUSE: "M9 5v14M15 5v14", Act.NEXT: "M9 4l8 8-8 8", Act.FREE: "M8 5l11 7-11 7z"}
WORDS = {Act.BACK: "Mundur", Act.PAUSE: "Jeda", Act.NEXT: "Maju", Act.FREE: "Lepas"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the page tells: the ``screen`` chosen among ``screens``, its ``scene`` now and why; ``who`` has signed in."""

    screen: str
    screens: Sequence[str]
    scene: str
    told: Steering | None
    alarm: bool
    who: str | None


def remote(seen: Seen, view: View) -> htpy.Node:
    """The whole page: screens, what the chosen one shows, the buttons, its scenes."""
    lang = view.lang
    own = [scene.name for scene in rotation(view.city, None if seen.screen == ALL else seen.screen)]
    pinned = seen.told.scene if seen.told and seen.told.steps == 0 else None
    middle = Act.FREE if seen.told else Act.PAUSE
    return div(".remote")[
        h1[text.say(lang, "Kendali layar")],
        nav(".screens", aria_label=text.say(lang, "Layar"))[[_screen(name, seen, view) for name in seen.screens]]
        if len(seen.screens) > 1
        else None,
        section(".now-showing", role="status")[
            p(".kicker")[_name(seen.screen, view)],
            strong[scenes()[seen.scene].title(view)],
            p[_standing(seen, view)],
        ],
        form(method="post", action=REMOTE)[
            htpy.input(type="hidden", name="layar", value=seen.screen),
            div(".pad")[[_press(act, view) for act in (Act.BACK, middle, Act.NEXT)]],
            h2[text.say(lang, "Sematkan adegan")],
            div(".pins")[
                [
                    button(type="submit", name="adegan", value=name, aria_pressed=str(name == pinned).lower())[
                        scenes()[name].title(view)
                    ]
                    for name in dict.fromkeys((*own, *scenes()))
                ]
            ],
        ],
        p(".reference")[
            text.say(lang, "Masuk sebagai {who}.", who=seen.who)
            if seen.who
            else text.say(lang, "Dibuka dengan kode layar; berlaku satu jam.")
        ],
    ]


def _screen(name: str, seen: Seen, view: View) -> htpy.Element:
    here = "page" if name == seen.screen else None
    return a(href=f"{REMOTE}?{urlencode({'layar': name})}", aria_current=here)[_name(name, view)]


def _name(screen: str, view: View) -> str:
    return text.say(view.lang, "Semua layar") if screen == ALL else screen


def _press(act: Act, view: View) -> htpy.Element:
    sign = htpy.svg(viewBox="0 0 24 24", aria_hidden="true")[htpy.path(d=SIGNS[act])]
    return button(class_=act.value, type="submit", name="aksi", value=act.value)[sign, span[text.say(view.lang, WORDS[act])]]


def _standing(seen: Seen, view: View) -> str:
    """Why this scene stands there, and until when."""
    lang = view.lang
    if seen.alarm:
        return text.say(lang, "Alarm menahan layar; kendali berlaku sesudahnya.")
    if seen.told is None or seen.told.until is None:
        return text.say(lang, "Bergiliran menurut jam.")
    until = text.clock(seen.told.until, view.city.zone, lang, mark=True)
    words = "Disematkan sampai {until}." if seen.told.scene and not seen.told.steps else "Dijeda sampai {until}."
    return text.say(lang, words, until=until)


def code_form(lang: text.Lang, wrong: str | None) -> htpy.Node:
    """The form for the code that a wall shows; ``wrong`` says why the last try failed."""
    return [
        h1[text.say(lang, "Kendali layar")],
        p[text.say(lang, "Ketik kode enam angka yang tampil di sudut kanan atas layar.")],
        wrong and p(".wrong", role="alert")[wrong],
        form(method="post", action=f"{REMOTE}/kode")[
            label(for_="kode")[text.say(lang, "Kode layar")],
            htpy.input(
                "#kode.code",
                name="kode",
                inputmode="numeric",
                autocomplete="one-time-code",
                pattern=rf"\s*(\d\s*){{{DIGITS}}}",
                maxlength="12",
                required=True,
                autofocus=True,
            ),
            button(type="submit")[text.say(lang, "Buka kendali")],
        ],
        p(".reference")[
            text.say(lang, "Punya akun pimpinan atau operator?"), " ", a(href=f"/masuk?lanjut={REMOTE}")[text.say(lang, "Masuk")]
        ],
    ]
