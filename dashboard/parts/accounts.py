"""One's own account, everybody's for an admin, and the audit: tables with the few things that can be done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import htpy
from htpy import (
    a,
    button,
    code,
    dd,
    div,
    dl,
    dt,
    form,
    h2,
    header,
    label,
    nav,
    option,
    p,
    section,
    select,
    span,
    table,
    tbody,
    td,
    th,
    thead,
    tr,
)

from dashboard import text
from dashboard.page import View
from dashboard.parts.account import ROLES, limit_words
from layers.accounts import Account, Session
from layers.auditlog import Line, Lines
from layers.people import FREE_FAILURES
from layers.rights import PASSWORD_LENGTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What somebody's own page shows. ``here`` is the session that asks; ``wrong`` says which form could not be taken and why."""

    sessions: Sequence[Session]
    here: str
    password: bool
    second_factor: bool
    codes_left: int
    removable: bool
    wrong: tuple[str, str] | None = None
    done: str | None = None


def own_account(own: Own, view: View) -> htpy.Node:
    """Rights, sessions, password and second factor."""
    return [
        p(".done", role="status")[text.say(view.lang, own.done)] if own.done else None,
        div(".own-account")[_rights(view), _sessions(own, view), _password(own, view), _second(own, view)],
    ]


def _rights(view: View) -> htpy.Element:
    lang, scope = view.lang, view.scope
    said = (
        ("Nama", scope.user),
        ("Peran", text.say(lang, ROLES[scope.role])),
        ("Lingkup", limit_words(view) or text.say(lang, "seluruh kota")),
        ("Baris", _yes(scope.may_see_rows, view)),
        ("Isi laporan warga", _yes(scope.free_text, view)),
        ("Ekspor baris", _yes(scope.may_export_rows, view)),
    )
    return section(".panel")[
        header[h2[text.say(lang, "Hak")]], dl(".facts")[[[dt[text.say(lang, name)], dd[value]] for name, value in said]]
    ]


def _yes(right: bool, view: View) -> str:
    return text.say(view.lang, "boleh" if right else "tidak")


def _sessions(own: Own, view: View) -> htpy.Element:
    lang, mine = view.lang, [session for session in own.sessions if session.name == view.scope.user]
    rows = [
        tr[
            th(scope="row")[
                session.device or text.say(lang, "perangkat tidak dikenal"),
                " ",
                span(".quiet")[text.say(lang, "sesi ini")] if session.id == own.here else None,
            ],
            _cell("Mulai", view)[_moment(session.started, view)],
            _cell("Terakhir dipakai", view)[_moment(session.used, view)],
            td[_press("/akun/sesi", "Akhiri", view, sesi=session.id) if session.id != own.here else None],
        ]
        for session in mine
    ]
    return section(".panel.table")[
        header[h2[text.say(lang, "Sesi")], _press("/akun/sesi-lain", "Akhiri semua sesi lain", view) if len(mine) > 1 else None],
        _table(("Perangkat", "Mulai", "Terakhir dipakai", "Tindakan"), rows, "Sesi", view),
        p(".hint")[text.say(lang, "Sesi berakhir setelah 30 menit tanpa dipakai, paling lama 12 jam.")],
    ]


def _password(own: Own, view: View) -> htpy.Element:
    lang = view.lang
    if not own.password:
        words = text.say(lang, "Anda masuk lewat penyedia; kata sandi diatur di sana.")
        return section(".panel")[header[h2[text.say(lang, "Kata sandi")]], p[words]]
    fields = (
        ("lama", "Kata sandi sekarang", "current-password"),
        ("baru", "Kata sandi baru", "new-password"),
        ("ulang", "Kata sandi baru, sekali lagi", "new-password"),
    )
    return section(".panel.own-form")[
        header[h2[text.say(lang, "Kata sandi")]],
        _wrong(own, "sandi", view),
        form(method="post", action="/akun/sandi")[
            [
                label[
                    text.say(lang, words),
                    htpy.input(type="password", name=name, autocomplete=use, required=True, maxlength="256"),
                ]
                for name, words, use in fields
            ],
            p(".hint")[text.say(lang, "Sedikitnya {n} huruf. Sesi Anda yang lain berakhir.", n=PASSWORD_LENGTH.start)],
            button(".button", type="submit")[text.say(lang, "Ganti kata sandi")],
        ],
    ]


def _second(own: Own, view: View) -> htpy.Element | None:
    lang, title = view.lang, header[h2[text.say(view.lang, "Kode kedua")]]
    if not own.password:
        return None
    if not own.second_factor:
        words = text.say(lang, "Belum terpasang. Dengan kode dari ponsel, kata sandi yang bocor saja tidak cukup untuk masuk.")
        return section(".panel.own-form")[title, p[words], a(".button", href="/akun/kode")[text.say(lang, "Pasang kode kedua")]]
    left = text.say(lang, "Terpasang. Kode cadangan yang tersisa: {n}.", n=own.codes_left)
    return section(".panel.own-form")[
        title,
        _wrong(own, "kode", view),
        p[left],
        form(method="post", action="/akun/kode/ubah")[
            label[
                text.say(lang, "Kode dari aplikasi"),
                htpy.input(name="kode", autocomplete="one-time-code", required=True, maxlength="30"),
            ],
            button(".button", type="submit", name="apa", value="cadangan")[text.say(lang, "Buat kode cadangan baru")],
            button(".button.second", type="submit", name="apa", value="lepas")[text.say(lang, "Lepas kode kedua")]
            if own.removable
            else p(".hint")[text.say(lang, "Peran Anda memerlukan kode kedua saat masuk.")],
        ],
    ]


def _wrong(own: Own, which: str, view: View) -> htpy.Element | None:
    if own.wrong is None or own.wrong[0] != which:
        return None
    return p(".wrong", role="alert")[text.say(view.lang, own.wrong[1])]


# --- admins --------------------------------------------------------------------------------------


def all_accounts(accounts: Sequence[Account], views: Mapping[str, View], view: View) -> htpy.Node:
    """Every account; ``views`` are by name what each is limited to in words."""
    lang = view.lang
    columns = ("Nama", "Peran dan lingkup", "Kode kedua", "Gagal masuk", "Sesi", "Tindakan")
    rows = [
        tr[
            th(scope="row")[account.scope.user, span(".quiet")[text.say(lang, " lewat penyedia")] if account.elsewhere else None],
            _cell("Peran dan lingkup", view)[_role(views[account.scope.user])],
            _cell("Kode kedua", view)[
                text.say(lang, "terpasang") if account.second_factor else span(".quiet")[text.say(lang, "belum")]
            ],
            _cell("Gagal masuk", view)[_tries(account, view)],
            _cell("Sesi", view)[_open(account, view)],
            td[
                _press("/pengguna/sesi", "Akhiri sesi", view, akun=account.scope.user) if account.sessions else None,
                _press("/pengguna/buka", "Hapus penundaan", view, akun=account.scope.user) if account.failures else None,
                _press("/pengguna/kode", "Lepas kode kedua", view, akun=account.scope.user) if account.second_factor else None,
            ],
        ]
        for account in accounts
    ]
    return section(".panel.table")[
        _table(columns, rows, "Pengguna", view),
        p(".hint")[
            text.say(lang, "Menambah, menghapus, dan mengatur ulang kata sandi:"),
            " ",
            code["liveroom user add"],
            ", ",
            code["liveroom user remove"],
            ", ",
            code["liveroom user password"],
        ],
    ]


def _role(view: View) -> htpy.Node:
    limits = limit_words(view)
    return [text.say(view.lang, ROLES[view.scope.role]), span(".quiet")[f" · {limits}"] if limits else None]


def _tries(account: Account, view: View) -> htpy.Node:
    if not account.failures:
        return span(".quiet")["0"]
    said = text.number(account.failures, 0, view.lang)
    if account.until:
        return [said, span(".locked")[text.say(view.lang, " ditunda sampai {when}", when=_moment(account.until, view))]]
    return said if account.failures < FREE_FAILURES else [said, span(".quiet")[text.say(view.lang, " boleh mencoba lagi")]]


def _open(account: Account, view: View) -> htpy.Node:
    if not account.sessions:
        return span(".quiet")[text.say(view.lang, "tidak ada")]
    last = max(session.used for session in account.sessions)
    return text.say(view.lang, "{n}, terakhir {when}", n=len(account.sessions), when=_moment(last, view))


def audit_page(found: Lines, who: str, what: str, checked: tuple[int, int | None], view: View) -> htpy.Node:
    """The lines, newest first, with the choice of account and kind above them.

    ``checked`` says how many of the newest lines were looked at, and the first of them that is not what was written.
    """
    lang, (most, broken) = view.lang, checked
    state = (
        text.say(lang, "Rantai utuh: dari {n} catatan terakhir tidak ada yang diubah atau hilang.", n=text.number(most, 0, lang))
        if broken is None
        else text.say(lang, "Rantai catatan putus pada baris {n}: ada yang diubah atau hilang.", n=broken)
    )
    kinds = [option(value="")[text.say(lang, "semua kejadian")], [option(value=k, selected=k == what)[k] for k in found.kinds]]
    rows = [_line(line, view) for line in found.lines]
    return [
        p({"data-band": "act" if broken else None}, class_="aside chain")[state],
        form(".filters", method="get")[
            label[text.say(lang, "Akun"), htpy.input(name="akun", value=who, maxlength="100")],
            label[text.say(lang, "Kejadian"), select(name="apa")[kinds]],
            button(".button", type="submit")[text.say(lang, "Lihat")],
        ],
        section(".panel.table")[
            _table(("Waktu", "Akun", "Kejadian", "Rincian"), rows, "Catatan audit", view)
            if rows
            else p(".empty")[text.say(lang, "Tidak ada catatan seperti itu. Ubah akun atau kejadian di atas.")],
            _pages(found, who, what, view),
        ],
    ]


def _line(line: Line, view: View) -> htpy.Element:
    told = " · ".join(f"{name} {value if isinstance(value, str) else json.dumps(value)}" for name, value in line.detail.items())
    return tr[th(scope="row")[_moment(line.at, view)], td[line.who], td[line.what], td(".told")[told]]


def _pages(found: Lines, who: str, what: str, view: View) -> htpy.Element | None:
    if found.pages == 1:
        return None

    def to(page: int) -> str:
        return f"/audit?{urlencode({k: v for k, v in (('akun', who), ('apa', what), ('halaman', str(page))) if v})}"

    lang, here = view.lang, found.page
    return nav(".pages", aria_label=text.say(lang, "Halaman"))[
        a(rel="prev", href=to(here - 1))[text.say(lang, "Sebelumnya")] if here > 1 else span,
        span(".quiet")[text.say(lang, "halaman {here} dari {all}", here=str(here), all=str(found.pages))],
        a(rel="next", href=to(here + 1))[text.say(lang, "Berikutnya")] if here < found.pages else span,
    ]


# --- both ----------------------------------------------------------------------------------------


def _table(columns: Sequence[str], rows: Sequence[htpy.Element], title: str, view: View) -> htpy.Element:
    heads = [th(scope="col")[text.say(view.lang, words)] for words in columns]
    return div(".scroll", tabindex="0", role="region", aria_label=text.say(view.lang, title))[
        table(".rows.people")[thead[tr[heads]], tbody[rows]]
    ]


def _cell(words: str, view: View) -> htpy.Element:
    """A cell that says on a phone, where a row is a card, what it is of."""
    return td({"data-label": text.say(view.lang, words)})


def _press(action: str, words: str, view: View, **fields: str) -> htpy.Element:
    hidden = [htpy.input(type="hidden", name=name, value=value) for name, value in fields.items()]
    return form(".press", method="post", action=action)[hidden, button(type="submit")[text.say(view.lang, words)]]


def _moment(at: object, view: View) -> str:
    return text.moment(at, view.city.zone, view.lang)  # type: ignore[arg-type]
