"""Search as it is drawn: its way in at the side of every desk page, its dialog, what was found as one types, and as a page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import htpy
from htpy import a, button, dialog, div, form, h2, header, kbd, label, li, mark, p, section, span, ul

from dashboard import text
from layers.finding import LONGEST, words

if TYPE_CHECKING:
    from dashboard.page import View

PATH = "/cari"
AS_TYPED = f"{PATH}/hasil"

Kind = Literal["place", "opd", "figure", "page", "package"]
KINDS: dict[Kind, str] = {"place": "Wilayah", "opd": "OPD", "figure": "Metrik", "page": "Halaman", "package": "Paket pengadaan"}
WHAT = "Kelurahan, kecamatan, OPD, metrik, halaman, paket"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing that was found: where it is, its name, and what tells it from others of that name."""

    href: str
    title: str
    about: str


@dataclass(frozen=True, slots=True)
class Group:
    """Things of one kind, the closest first, out of ``total``; ``rest`` is where all of them are listed."""

    kind: Kind
    found: tuple[Found, ...]
    total: int
    rest: str | None = None


def opener(view: View) -> htpy.Element:
    """The way in: a link to the page of search, which with scripts opens the dialog instead."""
    lang = view.lang
    return a(".find-open", href=PATH, data_find=True, aria_keyshortcuts="Control+K Meta+K /")[
        _lens(), span[text.say(lang, "Cari")], kbd(aria_hidden="true")["Ctrl K"]
    ]


def dialog_of(view: View) -> htpy.Element:
    """The dialog: a combobox over a list that comes from the server as one types."""
    lang, says = view.lang, text.say
    return dialog(
        "#temukan.find",
        {"data-failed": says(lang, "Pencarian tidak menjawab. Tekan Enter untuk mencoba di halamannya.")},
        aria_label=says(lang, "Cari di ruang kendali"),
    )[
        form(".find-form", method="get", action=PATH, role="search")[
            _lens(),
            htpy.input(
                name="q",
                type="text",
                role="combobox",
                maxlength=str(LONGEST),
                autocomplete="off",
                autocapitalize="none",
                spellcheck="false",
                enterkeyhint="go",
                placeholder=says(lang, WHAT),
                aria_label=says(lang, WHAT),
                aria_expanded="false",
                aria_controls="temuan",
                aria_autocomplete="list",
            ),
            button(type="button", data_find_close=True, aria_label=says(lang, "Tutup pencarian"))[
                kbd(aria_hidden="true")["Esc"], span(".wide-touch", aria_hidden="true")[says(lang, "Tutup")]
            ],
        ],
        div("#temuan.find-list", role="listbox", aria_label=says(lang, "Hasil pencarian")),
        p(".find-told", role="status"),
        div(".find-keys", aria_hidden="true")[
            span[kbd["↑"], kbd["↓"], says(lang, "pilih")],
            span[kbd["Enter"], says(lang, "buka")],
            span[kbd["/"], says(lang, "cari dari mana saja")],
        ],
    ]


def listed(groups: Sequence[Group], asked: str, view: View) -> htpy.Node:
    """The options of the dialog's list, under their kinds; ``data-told`` is what a screen reader says of them."""
    lang, numbers = view.lang, iter(range(1000))
    return div(data_told=told(groups, asked, view), data_none=str(not groups).lower())[
        [
            div(role="group", aria_labelledby=f"temuan-{group.kind}")[
                p(".find-kind", id=f"temuan-{group.kind}")[text.say(lang, KINDS[group.kind])],
                [_option(one.href, _lit(one.title, asked), one.about, next(numbers)) for one in group.found],
                _option(group.rest, _all(group, view), "", next(numbers))
                if group.rest and group.total > len(group.found)
                else None,
            ]
            for group in groups
        ]
    ]


def _option(href: str, title: htpy.Node, about: str, number: int) -> htpy.Element:
    return a(".find-one", id=f"temuan-{number}", role="option", href=href, tabindex="-1", aria_selected="false")[
        span(".title")[title], span(".about")[about] if about else None
    ]


def told(groups: Sequence[Group], asked: str, view: View) -> str:
    """How many were found, in a sentence; what to do where there are none."""
    if not words(asked):
        return ""
    if not groups:
        return text.say(
            view.lang,
            "Tidak ada yang cocok dengan “{asked}” di antara yang boleh Anda buka. Coba kata yang lebih pendek.",
            asked=asked,
        )
    return text.say(view.lang, "{n} hasil", n=text.number(sum(group.total for group in groups), 0, view.lang))


def page(groups: Sequence[Group], asked: str, view: View) -> htpy.Node:
    """The same as a page, for who has no scripts or wants all of it."""
    lang, typed = view.lang, bool(words(asked))
    return [
        div(".find-again")[
            form(".search", method="get", action=PATH, role="search")[
                label(for_="cari-kata")[text.say(lang, WHAT)],
                div[
                    htpy.input("#cari-kata", type="search", name="q", value=asked, maxlength=str(LONGEST), autocomplete="off"),
                    button(".button", type="submit")[text.say(lang, "Cari")],
                ],
            ],
            p(".aside", role="status")[told(groups, asked, view)] if typed else None,
        ],
        [
            section(".panel.find-group", aria_labelledby=f"jenis-{group.kind}")[
                header[h2(id=f"jenis-{group.kind}")[text.say(lang, KINDS[group.kind])], _of(group, view) if typed else None],
                ul[[li[a(href=one.href)[_lit(one.title, asked)], span(".about")[one.about]] for one in group.found]],
                p(".links")[a(href=group.rest)[_all(group, view)]] if group.rest and group.total > len(group.found) else None,
            ]
            for group in groups
        ],
    ]


def _of(group: Group, view: View) -> htpy.Element:
    shown, total = (text.number(n, 0, view.lang) for n in (len(group.found), group.total))
    return span(".aside")[total if shown == total else text.say(view.lang, "{shown} dari {total}", shown=shown, total=total)]


def _all(group: Group, view: View) -> str:
    return text.say(view.lang, "Lihat semua {n} paket", n=text.number(group.total, 0, view.lang))


def _lit(title: str, asked: str) -> Iterator[htpy.Node]:
    """A title with the beginnings of words that were asked for marked."""
    given = sorted(words(asked), key=len, reverse=True)
    if not given:
        return iter((title,))
    parts = re.split(rf"\b({'|'.join(map(re.escape, given))})", title, flags=re.IGNORECASE)
    return (mark[part] if k % 2 else part for k, part in enumerate(parts))


def _lens() -> htpy.Element:
    return htpy.svg(".lens", viewBox="0 0 16 16", aria_hidden="true")[
        htpy.circle(cx="7", cy="7", r="4.6"), htpy.path(d="M10.5 10.5 14 14")
    ]
