"""Who has signed in, at the foot of the navigation: name, role, limits, the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import htpy
from htpy import a, button, form, p, strong

from dashboard import text
from dashboard.parts.guide import guide_link
from layers.explain import short
from layers.model import ROWS, Role

if TYPE_CHECKING:
    from dashboard.page import View

ROLES = {
    Role.PUBLIC: "Publik, data agregat",
    Role.SCREEN: "Layar",
    Role.LEADER: "Pimpinan",
    Role.OPD_HEAD: "Kepala OPD",
    Role.BIDANG: "Kepala bidang",
    Role.CAMAT: "Camat",
    Role.LURAH: "Lurah",
    Role.ANALYST: "Analis",
    Role.OPERATOR: "Operator",
    Role.ADMIN: "Admin",
}
FEW = 3
"""So many limits of a kind are named; of more it is said how many they are."""


def account(view: View) -> htpy.Node:
    """The account's entry. A page that is shared by all with the same rights has the name filled in by a script."""
    lang, scope = view.lang, view.scope
    role = text.say(lang, ROLES[scope.role])
    if scope.role not in ROWS:
        return [p[role], a(href="/masuk")[text.say(lang, "Masuk")] if scope.role is Role.PUBLIC else None]
    shared = scope.user == scope.role.value
    admin = (("/pengguna", "Pengguna"), ("/audit", "Catatan audit")) if scope.role is Role.ADMIN else ()
    limits = limit_words(view)
    return htpy.div(".account")[
        a(".account-name", href="/akun")[strong(data_account=shared)[text.say(lang, "Akun saya") if shared else scope.user]],
        p[role, f" · {limits}" if limits else None],
        p(".account-links")[[a(href=href)[text.say(lang, words)] for href, words in admin]] if admin else None,
        htpy.div(".account-links")[
            form(method="post", action="/keluar")[button(type="submit", name="keluar", value="1")[text.say(lang, "Keluar")]],
            guide_link(view),
        ],
    ]


def limit_words(view: View) -> str:
    """What the asker is limited to, empty for somebody with the whole city."""
    scope, lang = view.scope, view.lang
    kinds = (
        ([short(slug, view.city) or slug for slug in sorted(scope.opds or ())], "{n} OPD"),
        ([view.tree.name(code) for code in sorted(scope.areas or ())], "{n} wilayah"),
        (sorted(scope.categories or ()), "{n} kategori"),
    )
    return " · ".join(
        ", ".join(names) if len(names) <= FEW else text.say(lang, words, n=len(names)) for names, words in kinds if names
    )
