"""The forms by which people come in: name and password, the second factor, its enrolment; each works without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import htpy
import segno
from htpy import a, button, code, details, div, form, h1, h2, label, li, ol, p, span, strong, summary, ul
from markupsafe import Markup

from dashboard.page import Lang
from dashboard.parts.account import ROLES
from dashboard.text import say
from layers.demousers import DemoUser
from layers.factors import Offer


def login(*, lang: Lang, following: str, wrong: str | None, provider: str | None, demo: Sequence[DemoUser]) -> htpy.Node:
    """The form of ``/masuk``; ``wrong`` says why the last try failed, ``provider`` is who else vouches for people."""
    return [
        h1[say(lang, "Masuk ke Ruang Kendali")],
        _wrong(wrong),
        provider
        and p[a(".provider", href=f"/masuk/oidc?{_query(following)}")[say(lang, "Masuk dengan {provider}", provider=provider)],],
        form(method="post", action="/masuk")[
            htpy.input(type="hidden", name="lanjut", value=following),
            label(for_="nama")[say(lang, "Nama pengguna")],
            htpy.input("#nama", name="nama", autocomplete="username", required=True, maxlength="80", autofocus=wrong is None),
            label(for_="sandi")[say(lang, "Kata sandi")],
            htpy.input("#sandi", type="password", name="sandi", autocomplete="current-password", required=True, maxlength="256"),
            button(type="submit")[say(lang, "Masuk")],
        ],
        _demo(demo, following, lang) if demo else None,
    ]


def _demo(users: Sequence[DemoUser], following: str, lang: Lang) -> htpy.Element:
    """The demo's users, each behind one button; only the demo has them."""
    return htpy.section(".demo-users")[
        h2[say(lang, "Pengguna demo")],
        p[say(lang, "Hanya di demo pada komputer ini. Pilih peran untuk melihat apa yang dilihatnya.")],
        ul[
            [
                li[
                    form(method="post", action="/masuk")[
                        htpy.input(type="hidden", name="lanjut", value=following),
                        htpy.input(type="hidden", name="nama", value=user.name),
                        htpy.input(type="hidden", name="sandi", value=user.password),
                        button(type="submit")[strong[say(lang, ROLES[user.role])], span[user.about]],
                    ]
                ]
                for user in users
            ]
        ],
        details[
            summary[say(lang, "Nama dan kata sandi")],
            ul(".secrets")[[li[user.name, " ", code[user.password]] for user in users]],
        ],
    ]


def second(*, lang: Lang, wrong: str | None) -> htpy.Node:
    """Asks for the code of the authenticator, or for a recovery code."""
    return [
        h1[say(lang, "Kode kedua")],
        _wrong(wrong),
        p[say(lang, "Ketik enam angka dari aplikasi autentikator di ponsel Anda, atau salah satu kode cadangan.")],
        form(method="post", action="/masuk/kode")[
            label(for_="kode")[say(lang, "Kode")],
            htpy.input(
                "#kode.code",
                name="kode",
                autocomplete="one-time-code",
                required=True,
                maxlength="30",
                autofocus=True,
                autocapitalize="characters",
                spellcheck="false",
            ),
            button(type="submit")[say(lang, "Masuk")],
        ],
        p[a(href="/masuk")[say(lang, "Mulai lagi dengan nama lain")]],
    ]


def enrolment(offer: Offer, ticket: str, *, lang: Lang, action: str, wrong: str | None, needed: bool) -> htpy.Node:
    """The secret as a QR code and in letters, and the form that proves that the telephone has it."""
    return [
        h1[say(lang, "Pasang kode kedua")],
        _wrong(wrong),
        p[say(lang, "Peran Anda memerlukan kode kedua saat masuk.")] if needed else None,
        ol(".steps-list")[
            li[say(lang, "Buka aplikasi autentikator di ponsel, lalu pindai gambar ini.")],
            li[say(lang, "Ketik enam angka yang ditampilkan aplikasi itu.")],
        ],
        div(".enrol-code", role="img", aria_label=say(lang, "Kode QR untuk aplikasi autentikator"))[_code(offer.address)],
        details[
            summary[say(lang, "Tidak dapat memindai?")],
            p[say(lang, "Ketik kunci ini di aplikasi:"), " ", code(".secret-key")[_grouped(offer.secret)]],
        ],
        form(method="post", action=action)[
            htpy.input(type="hidden", name="tiket", value=ticket),
            label(for_="kode")[say(lang, "Enam angka")],
            htpy.input(
                "#kode.code", name="kode", inputmode="numeric", autocomplete="one-time-code", required=True, maxlength="10"
            ),
            button(type="submit")[say(lang, "Pasang")],
        ],
        None if needed else p(".back-link")[a(href="/akun")[say(lang, "Kembali ke akun saya")]],
    ]


def recovery(codes: Sequence[str], *, lang: Lang, onward: str) -> htpy.Node:
    """The recovery codes, shown this once."""
    return [
        h1[say(lang, "Simpan kode cadangan ini")],
        p[say(lang, "Masing-masing menggantikan ponsel Anda satu kali. Hanya ditampilkan sekarang: cetak atau catat.")],
        ul(".recovery")[[li[code[one]] for one in codes]],
        p[a(".provider", href=onward)[say(lang, "Sudah saya simpan, lanjut")]],
    ]


def _code(address: str) -> Markup:
    """Dark modules on white with the quiet zone that readers need, whatever the page's colours are."""
    drawn = segno.make(address, error="m", micro=False).svg_inline(border=4, dark="#000", light="#fff", omitsize=True)
    return Markup(drawn)  # noqa: S704 - drawn by segno, of modules alone


def _wrong(words: str | None) -> htpy.Element | None:
    return p(".wrong", role="alert")[words] if words else None


def _grouped(secret: str) -> str:
    return " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))


def _query(following: str) -> str:
    return urlencode({"lanjut": following})
