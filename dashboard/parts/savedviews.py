"""Saved views beside an answer: to open, to keep the present question, to rename, share and forget one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import htpy
from htpy import a, button, details, form, h2, header, label, li, option, p, section, select, span, summary, ul

from dashboard import text
from dashboard.parts.account import ROLES
from dashboard.parts.analysisform import PATH
from layers.model import Role
from layers.savedviews import AUDIENCES, EVERYBODY, LONGEST, OWN, SavedView, may_keep

if TYPE_CHECKING:
    from dashboard.page import View


def saved_views(query: str, view: View) -> htpy.Element | None:
    """The views that the asker may open; nothing for who has no account."""
    if not may_keep(view.scope):
        return None
    lang, found = view.lang, view.saved()
    if found is None:
        words: htpy.Node = p(".empty")[text.say(lang, "Tampilan tersimpan sedang tidak terjangkau. Coba lagi sebentar lagi.")]
    elif found:
        words = ul[[_one(each, query, view) for each in found]]
    else:
        words = p(".empty")[text.say(lang, "Belum ada. Simpan pertanyaan ini agar dapat dibuka lagi atau dibagikan.")]
    return section("#tampilan.panel.saved")[
        header[h2[text.say(lang, "Tampilan tersimpan")]],
        p(".wrong", role="alert")[_upper(view.params["salah"])] if "salah" in view.params else None,
        words,
        form(".keep", method="post", action=f"{PATH}/simpan")[
            _hidden("alamat", query),
            label[text.say(lang, "Nama"), htpy.input(name="nama", required=True, maxlength=str(LONGEST))],
            _audience(OWN, view),
            button(".button", type="submit")[text.say(lang, "Simpan")],
        ],
    ]


def _one(saved: SavedView, query: str, view: View) -> htpy.Element:
    lang = view.lang
    pinned = "pada=" in saved.query
    whose = text.say(lang, "milik {who}", who=saved.owner) if not saved.mine else None
    shared = _audience_words(saved.audience, view) if saved.mine and saved.audience != OWN else None
    notes = [whose, shared, text.say(lang, "terkunci") if pinned else None]
    return li[
        a(href=f"{PATH}?{saved.query}", aria_current="true" if saved.query == query else None)[saved.title],
        span(".aside")[" · ".join(note for note in notes if note)],
        _acts(saved, query, view) if saved.mine or view.scope.role is Role.ADMIN else None,
    ]


def _acts(saved: SavedView, query: str, view: View) -> htpy.Element:
    lang = view.lang
    number = _hidden("tampilan", str(saved.id)), _hidden("alamat", query)
    return details[
        summary(aria_label=text.say(lang, "Ubah {name}", name=saved.title))[text.say(lang, "Ubah")],
        form(method="post", action=f"{PATH}/ubah")[
            number,
            label[text.say(lang, "Nama"), htpy.input(name="nama", value=saved.title, required=True, maxlength=str(LONGEST))],
            _audience(saved.audience, view),
            button(".button", type="submit")[text.say(lang, "Simpan")],
        ]
        if saved.mine
        else None,
        form(method="post", action=f"{PATH}/hapus")[number, button(type="submit")[text.say(lang, "Hapus")]],
    ]


def _audience(chosen: str, view: View) -> htpy.Element:
    options = [option(value=each, selected=each == chosen)[_audience_words(each, view)] for each in AUDIENCES]
    return label[text.say(view.lang, "Untuk"), select(name="untuk")[options]]


def _audience_words(audience: str, view: View) -> str:
    words = {OWN: "saya sendiri", EVERYBODY: "semua pengguna"}.get(audience)
    return text.say(view.lang, words or ROLES[Role(audience)])


def _hidden(name: str, value: str) -> htpy.Element:
    return htpy.input(type="hidden", name=name, value=value)


def _upper(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
