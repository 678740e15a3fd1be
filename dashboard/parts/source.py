"""A source's line: how its last run ended, its age, and the fate of every row it ever delivered; the rest when it is opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import htpy
from htpy import dd, details, div, dl, dt, h2, h3, li, p, span, strong, summary, ul

from dashboard import text
from dashboard.parts.marks import freshness_chip, state_of
from layers.model import Outcome
from layers.snapshot import SourceState

if TYPE_CHECKING:
    from dashboard.page import View

OUTCOMES = {
    Outcome.OK: "berhasil",
    Outcome.NOTHING_NEW: "berhasil, tidak ada yang baru",
    Outcome.TRANSIENT: "gangguan sementara, dicoba lagi",
    Outcome.RATE_LIMITED: "diminta melambat oleh sumber",
    Outcome.AUTH: "akses ditolak, perlu dibuka oleh pemilik sumber",
    Outcome.DRIFT: "bentuk jawaban berubah, penghubung perlu diperiksa",
    Outcome.REFUSED: "tidak diambil, alamat atau berkas tidak diizinkan",
}


Trouble = tuple[str, str, int]
"""Field, reason, and how many rows of the source wait in quarantine for it."""


def outcome_words(outcome: Outcome | None, view: View) -> str:
    """How the last run ended, in words."""
    return text.say(view.lang, OUTCOMES[outcome] if outcome else "belum pernah dijalankan")


def source_card(source: SourceState, view: View, troubles: Sequence[Trouble] | None) -> htpy.Element:
    """One source in one line that opens; ``troubles`` are the reasons in its quarantine, ``None`` where they cannot be had."""
    good = source.outcome is not None and source.outcome.good
    return details(
        ".panel.source",
        {"data-source": source.source, "data-state": state_of(source.freshness, view).value},
        id=f"source-{source.source}",
    )[
        summary[
            div(".who")[h2[source.title], p(".kicker")[_kicker(source, view)]],
            div(".how")[
                p(class_="outcome" if good or source.outcome is None else "outcome bad")[
                    strong[outcome_words(source.outcome, view)], f": {source.message}" if source.message else None
                ],
                _failures(source, view),
            ],
            identity(source, view),
            freshness_chip(source.freshness, view),
        ],
        _details(source, troubles, view),
    ]


def _kicker(source: SourceState, view: View) -> str:
    budget = text.age(source.freshness.budget.total_seconds(), view.lang)
    said = [source.connector, text.say(view.lang, "batas umur data {budget}", budget=budget)]
    if not source.tested_on_real:
        said.append(text.say(view.lang, "belum diuji pada sistem asli"))
    return " · ".join(said)


def _failures(source: SourceState, view: View) -> htpy.Element | None:
    if not source.failures:
        return None
    words = "Gagal {n} kali berturut-turut. Percobaan berikut berjalan sendiri, dengan jeda yang makin panjang."
    return p(".failures")[text.say(view.lang, words, n=source.failures)]


def identity(source: SourceState, view: View) -> htpy.Element:
    """``dilihat = disimpan + tetap + dikecualikan + karantina``; says so plainly should it ever not add up."""
    parts = (
        ("disimpan", source.kept),
        ("tidak berubah", source.unchanged),
        ("dikecualikan", sum(source.excluded.values())),
        ("dikarantina", source.quarantined),
    )
    total = sum(n for _, n in parts)
    terms = [_term("=" if k == 0 else "+", name, n, view) for k, (name, n) in enumerate(parts)]
    wrong = total != source.seen
    return div(".identity", data_adds_up="false" if wrong else "true")[
        div(".sum", role="group")[_count("dilihat", source.seen, view), terms],
        p(".bad")[text.say(view.lang, "Jumlah tidak cocok: selisih {n} baris.", n=source.seen - total)] if wrong else None,
    ]


def _term(sign: str, name: str, n: int, view: View) -> htpy.Element:
    """A sign with the count after it, so that a narrow screen never parts them."""
    return span(".term")[span(".op", aria_hidden="true")[sign], _count(name, n, view)]


def _count(name: str, n: int, view: View) -> htpy.Element:
    return span(".count", {"data-count": name, "data-value": str(n)})[
        strong[text.number(n, 0, view.lang)], span[text.say(view.lang, name)]
    ]


def _details(source: SourceState, troubles: Sequence[Trouble] | None, view: View) -> htpy.Element:
    lang = view.lang
    excluded = sorted(source.excluded.items(), key=lambda item: (-item[1], item[0]))
    return div(".details")[
        dl[
            dt[text.say(lang, "Catatan tersimpan")],
            dd[text.number(source.records, 0, lang)],
            dt[text.say(lang, "Terakhir diambil")],
            dd[text.moment(source.freshness.fetched_at, view.city.zone, lang)]
            if source.freshness.fetched_at
            else dd[text.say(lang, "belum pernah")],
        ],
        div[
            h3[text.say(lang, "Dikecualikan menurut aturan")],
            ul(".fates")[[li[span[name.replace("_", " ")], " ", strong[text.number(n, 0, lang)]] for name, n in excluded]],
        ]
        if excluded
        else None,
        div[
            h3[text.say(lang, "Karantina: {n} baris menunggu perbaikan", n=text.number(source.quarantine_open, 0, lang))],
            p(".quiet")[text.say(lang, "Rinciannya tidak dapat dibaca saat ini.")]
            if troubles is None
            else ul(".fates")[
                [li[span[f"{field}: {reason}"], " ", strong[text.number(n, 0, lang)]] for field, reason, n in troubles]
            ],
        ]
        if source.quarantine_open
        else None,
    ]
