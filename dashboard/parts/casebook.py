"""What people write and do on an OPD's desk: notes, cases given to a division or disputed, and the forms for them."""

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
    li,
    option,
    p,
    section,
    select,
    span,
    strong,
    summary,
    ul,
)

from dashboard import text
from dashboard.opdcut import CARDS, PATH
from dashboard.parts.casequeue import ACTS, search
from layers.disputes import LONGEST as REASON
from layers.disputes import Verdict, may_dispute, may_settle
from layers.handovers import LONGEST as DIVISION
from layers.handovers import may_hand
from layers.notes import LONGEST as NOTE
from layers.notes import may_read, may_write

if TYPE_CHECKING:
    from dashboard.opdcut import Choice
    from dashboard.page import View
    from layers.disputes import Dispute
    from layers.notes import Note
    from layers.opdbook import Book

VERDICTS = {
    Verdict.AGREED: "Terima: bukan kewenangan OPD ini",
    Verdict.REFUSED: "Tolak: tetap di OPD ini",
    Verdict.TAKEN_BACK: "Tarik kembali",
}
AWAY = "Catatan dan penyerahan tidak dapat dibaca sekarang. Muat ulang sebentar lagi."


def acts(choice: Choice, book: Book | None, view: View) -> htpy.Element | None:
    """The search, and the form of the cases chosen in the queue; then what is disputed and who has how many."""
    scope, opd, lang = view.scope, choice.opd, view.lang
    if not scope.may_see_rows:
        return None
    hands, disputes = may_hand(scope, opd), may_dispute(scope, opd)
    live = view.past is None
    return section(".panel.case-acts", id="kasus")[
        header[h2[text.say(lang, "Kasus: cari, serahkan, perselisihkan")]],
        p(".wrong", role="alert")[text.say(lang, wrong)] if (wrong := view.params.get("salah")) else None,
        search(choice, view),
        form(id=ACTS, method="post", action=f"{PATH}/{opd}/serahkan")[
            p(".hint")[text.say(lang, "Centang kasus pada antrean, lalu pilih tindakan.")],
            htpy.input(type="hidden", name="kembali", value=choice.address()),
            _hand(book, view) if hands else None,
            _dispute(choice, view) if disputes else None,
        ]
        if live and (hands or disputes)
        else None,
        p(".empty")[text.say(lang, AWAY)] if book is None else [_divisions(choice, book, view), _disputed(choice, book, view)],
    ]


def _hand(book: Book | None, view: View) -> htpy.Element:
    names = sorted({one.division for one in book.handed.values()}) if book else []
    return div(".act")[
        label[
            text.say(view.lang, "Bidang"),
            htpy.input(
                name="bidang",
                maxlength=str(DIVISION),
                list="bidang-dikenal",
                value=view.params.get("bidang_baru", ""),
                autocomplete="off",
            ),
        ],
        htpy.datalist(id="bidang-dikenal")[[option(value=name) for name in names]],
        button(".button", type="submit")[text.say(view.lang, "Serahkan ke bidang")],
    ]


def _dispute(choice: Choice, view: View) -> htpy.Element:
    return div(".act")[
        label[
            text.say(view.lang, "Alasan, tanpa nama atau NIK warga"),
            htpy.input(name="alasan", maxlength=str(REASON), value=view.params.get("alasan", ""), autocomplete="off"),
        ],
        button(".button.plain", type="submit", formaction=f"{PATH}/{choice.opd}/sengketa")[
            text.say(view.lang, "Bukan kewenangan kami")
        ],
    ]


def _divisions(choice: Choice, book: Book, view: View) -> htpy.Element | None:
    """How many open handovers each division has, each a filter of the queue."""
    if not book.handed:
        return None
    counts: dict[str, int] = {}
    for one in book.handed.values():
        counts[one.division] = counts.get(one.division, 0) + 1
    here = choice.asked.get("bidang")
    return htpy.nav(".segments", aria_label=text.say(view.lang, "Kasus menurut bidang"))[
        [
            a(href=choice.turned("bidang", name), aria_current="true" if name == here else None)[
                f"{name} ", strong[text.number(n, 0, view.lang)]
            ]
            for name, n in sorted(counts.items())
        ]
    ]


def _disputed(choice: Choice, book: Book, view: View) -> htpy.Element | None:
    """The disputed cases of this OPD, with what may be done about each."""
    mine = list(book.disputed(choice.opd).values())
    if not mine:
        return None
    lang = view.lang
    return details(".disputes")[
        summary[text.say(lang, "{n} rekaman diperselisihkan", n=text.number(len(mine), 0, lang))],
        ul[[li[_one(dispute, choice, view)] for dispute in mine]],
    ]


def _one(dispute: Dispute, choice: Choice, view: View) -> htpy.Element:
    lang, scope = view.lang, view.scope
    allowed = [v for v in Verdict if (may_dispute if v is Verdict.TAKEN_BACK else may_settle)(scope, dispute.opd)]
    return article(".dispute")[
        p[htpy.code[dispute.source_id], " ", dispute.reason],
        p(".aside")[text.say(lang, "{who}, {when}", who=dispute.who, when=text.moment(dispute.at, view.city.zone, lang))],
        footer[
            [
                form(method="post", action=f"{PATH}/{choice.opd}/putuskan")[
                    htpy.input(type="hidden", name="sengketa", value=str(dispute.id)),
                    htpy.input(type="hidden", name="putusan", value=verdict.value),
                    button(".plain-button", type="submit")[text.say(lang, VERDICTS[verdict])],
                ]
                for verdict in allowed
            ]
        ]
        if allowed and view.past is None
        else None,
    ]


def notes(choice: Choice, book: Book | None, view: View) -> htpy.Element | None:
    """The notes of this OPD, the newest day first, and the form for another."""
    if not may_read(view.scope, choice.opd):
        return None
    lang = view.lang
    title = text.say(lang, "Catatan pada angka")
    if book is None:
        return section(".panel.notes-list", id="catatan")[header[h2[title]], p(".empty")[text.say(lang, AWAY)]]
    return section(".panel.notes-list", id="catatan")[
        header[h2[title], span(".aside")[text.say(lang, "tampil bernomor pada grafik")]],
        ul[[li[_note(note, choice, view)] for note in reversed(book.notes)]]
        if book.notes
        else p(".empty")[text.say(lang, "Belum ada catatan. Tulis apa yang terjadi pada suatu hari agar grafik dapat dibaca.")],
        _write(choice, view) if view.past is None and may_write(view.scope, choice.opd) else None,
    ]


def _note(note: Note, choice: Choice, view: View) -> htpy.Element:
    lang = view.lang
    kpi = view.catalog.get(note.kpi or "")
    about = kpi.short[lang] if kpi else text.say(lang, "semua angka")
    return article(".note")[
        p[strong[text.day(note.day, view.city.zone, lang)], " · ", note.text],
        p(".aside")[
            text.say(lang, "{about} · {who}, {when}", about=about, who=note.who, when=text.moment(note.at, view.city.zone, lang))
        ],
        form(method="post", action=f"{PATH}/{choice.opd}/tarik")[
            htpy.input(type="hidden", name="catatan", value=str(note.id)),
            button(".plain-button", type="submit")[text.say(lang, "Tarik")],
        ]
        if view.past is None and may_write(view.scope, choice.opd)
        else None,
    ]


def _write(choice: Choice, view: View) -> htpy.Element:
    lang, today = view.lang, view.now.astimezone(view.city.zone).date().isoformat()
    kpis = [view.catalog[name] for name in CARDS]
    here = choice.asked.get("kpi")
    return form(".note-form", method="post", action=f"{PATH}/{choice.opd}/catat")[
        htpy.input(type="hidden", name="kembali", value=choice.address()),
        label[
            text.say(lang, "Hari"),
            htpy.input(type="date", name="hari", required=True, max=today, value=view.params.get("hari", today)),
        ],
        label[
            text.say(lang, "Tentang"),
            select(name="kpi")[
                option(value="")[text.say(lang, "semua angka")],
                [option(value=kpi.id, selected=kpi.id == here)[kpi.short[lang]] for kpi in kpis],
            ],
        ],
        label(".wide")[
            text.say(lang, "Catatan, tanpa nama atau NIK warga"),
            htpy.input(name="isi", maxlength=str(NOTE), required=True, value=view.params.get("isi", ""), autocomplete="off"),
        ],
        button(".button", type="submit")[text.say(lang, "Catat")],
    ]
