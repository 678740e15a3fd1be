"""The evidence card: everything a number can be walked back to, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import htpy
from htpy import a, article, button, details, div, footer, h2, h3, header, li, p, section, span, strong, summary, ul

from dashboard import text
from dashboard.opdcut import query_of
from dashboard.parts.changes import why_changed
from dashboard.parts.marks import band_mark, change_words, freshness_chip, target_words, value_words
from dashboard.parts.metric import Fact, facts, meaning, metadata, rows_link
from dashboard.parts.mismatch import by_subject, cases_words, mismatch_words, touching, unequal
from dashboard.parts.orderlink import order_link
from dashboard.parts.source import outcome_words
from dashboard.parts.tile import hooks
from layers.areas import prefix
from layers.catalog import Ratio
from layers.disputes import disputed
from layers.model import UNPLACED, Kind, Level
from layers.snapshot import Reading, Snapshot

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi

MOST_CASES = 4
"""So many cases of a figure that does not agree are told on its card; the page of checks has the others."""


WHOSE = {"opd": "aduan yang sekarang dipegang OPD ini", "holder": "aduan yang dipegang OPD ini saat tenggat atau selesai"}


def evidence(reading: Reading, kpi: Kpi, snapshot: Snapshot, view: View) -> htpy.Element:
    """The card of one reading; ``snapshot`` gives the states of its sources, its version and its moment."""
    lang = view.lang
    return article(".evidence", hooks(reading, view), aria_labelledby="evidence-title")[
        header[
            div[p(".kicker")[_cut(reading, view)], h2(id="evidence-title")[kpi.title[lang]]],
            button(".close", type="button", data_close=True, aria_label=text.say(lang, "Tutup"))["×"],
        ],
        div(".headline")[
            band_mark(reading.band, view),
            strong(class_="big" if reading.value is not None else "big none")[value_words(reading, kpi, view)],
            freshness_chip(reading.freshness, view),
        ],
        p(".context")[" · ".join(filter(None, (change_words(reading, kpi, view, full=True), target_words(reading, kpi, view))))],
        _mismatch(reading, kpi, snapshot, view),
        h3[text.say(lang, "Dari apa")],
        facts(_counted(reading, kpi, view), view),
        h3[text.say(lang, "Artinya")],
        facts((*meaning(kpi, view), *_beside(kpi, reading, snapshot, view)), view),
        h3[text.say(lang, "Sumber data")],
        _sources(reading, snapshot, view),
        details(".satu-data")[summary[text.say(lang, "Metadata Satu Data Indonesia")], facts(metadata(kpi, view), view)],
        _footer(reading, kpi, snapshot, view),
    ]


def _footer(reading: Reading, kpi: Kpi, snapshot: Snapshot, view: View) -> htpy.Element:
    """Where to go from here, and which snapshot this was."""
    lang, zone = view.lang, view.city.zone
    return footer[
        p(".links")[
            rows_link(reading, view),
            why_changed(reading, view),
            a(href=f"/metrik#{kpi.id}")[text.say(lang, "Katalog metrik")],
            button(".print", type="button", data_print=True)[text.say(lang, "Cetak")],
        ],
        p[
            text.say(
                lang,
                "Potret versi {version}, disusun {when}",
                version=text.number(snapshot.version, 0, lang),
                when=f"{text.moment(snapshot.built_at, zone, lang)} {text.zone_mark(snapshot.built_at, zone)}",
            ),
            f". {snapshot.notice}" if snapshot.notice else None,
        ],
        order_link(view, kpi=reading.kpi, area=reading.area, opd=reading.opd),
    ]


def _mismatch(reading: Reading, kpi: Kpi, snapshot: Snapshot, view: View) -> htpy.Element | None:
    """What the figure does not agree with, and who has to settle it."""
    words = mismatch_words(reading, kpi, view)
    if words is None:
        return None
    cases = touching(reading, snapshot, view)
    owners = ", ".join(dict.fromkeys(case.owner for case in cases))
    return section(".mismatch-box", aria_label=text.say(view.lang, "Tidak cocok"))[
        p(".mismatch")[unequal(), strong[words]],
        ul[[li[cases_words(group, view)] for group in by_subject(cases)[:MOST_CASES]]],
        p(".quiet")[
            text.say(view.lang, "Perlu diselesaikan oleh {owner}.", owner=owners) if owners else None,
            " ",
            a(href="/kecocokan")[text.say(view.lang, "Semua pemeriksaan")],
        ],
    ]


def _beside(kpi: Kpi, reading: Reading, snapshot: Snapshot, view: View) -> list[Fact]:
    """The figure without which this one must not be read, at the same cut."""
    other = view.catalog.get(kpi.beside or "")
    beside = snapshot.reading(other.id, reading.area, reading.opd) if other else None
    if other is None or beside is None:
        return []
    return [("Dibaca bersama", f"{other.title[view.lang]}: {value_words(beside, other, view)}")]


def _cut(reading: Reading, view: View) -> str:
    opd = view.city.opd(reading.opd) if reading.opd else None
    return " · ".join(filter(None, (area_words(reading.area, view), opd.name if opd else reading.opd)))


def area_words(code: str, view: View) -> str:
    """Name of an area with its parent: ``Kel. Neglasari, Kec. Neglasari``, ``Desa Ciwulan, Kec. Telagasari``."""
    area = view.tree.areas.get(code)
    if area is None or code == UNPLACED:
        return text.say(view.lang, "Tanpa lokasi")
    if area.parent is None:
        return area.name
    if area.level is Level.KECAMATAN:
        return f"Kec. {area.name}"
    return f"{prefix(code)} {area.name}, Kec. {view.tree.name(area.parent)}"


def _counted(reading: Reading, kpi: Kpi, view: View) -> list[Fact]:
    """What was counted and what was not, with the interval that the count leaves."""
    lang, proof = view.lang, reading.evidence

    def count(value: float | None) -> str | None:
        if value is None:
            return None
        if isinstance(kpi.form, Ratio) and kpi.kind is Kind.PACKAGE:
            return text.quantity(value, "rupiah", 0, lang)
        return text.number(value, 0 if float(value).is_integer() else 2, lang)

    share = None
    if proof.denominator is not None:
        share = f"{count(proof.numerator)} ÷ {count(proof.denominator)}"
        if reading.value is not None and kpi.unit == "persen":
            share += f" = {value_words(reading, kpi, view)}"
    interval = None
    if proof.low is not None and proof.high is not None:
        low, high = (text.number(v, kpi.decimals, lang) for v in (proof.low, proof.high))
        interval = text.say(lang, "{low} sampai {high} (tingkat keyakinan 95 %)", low=low, high=high)
    return [
        ("Jumlah kasus (n)", text.number(reading.n, 0, lang)),
        ("Pembilang ÷ penyebut", share),
        ("Selang", interval),
        ("Milik OPD", text.say(lang, WHOSE[kpi.by_opd]) if reading.opd and kpi.kind is Kind.COMPLAINT else None),
        ("Dikecualikan menurut aturan", fates(proof.excluded, view) if proof.excluded else None),
        ("Di karantina", text.number(proof.quarantined, 0, lang) if proof.quarantined else None),
        ("Diperselisihkan", _disputed(reading, kpi, view)),
        ("Tanpa lokasi", text.number(proof.unplaced, 0, lang) if proof.unplaced else None),
    ]


def _disputed(reading: Reading, kpi: Kpi, view: View) -> str | None:
    """How many of the records that the figure counts an OPD says are not its own; nothing where there is none."""
    book = view.reach.book(view.scope, None, None) if view.reach else None
    if view.figures is None or book is None or not book.disputes:
        return None
    query = query_of(reading, view.params, view.city.zone)
    n = disputed(view.scope, view.figures(), kpi, query, [dispute.key for dispute in book.disputes])
    return text.say(view.lang, "{n} rekaman diperselisihkan", n=text.number(n, 0, view.lang)) if n else None


def fates(excluded: Mapping[str, int], view: View) -> htpy.Element:
    """Rows that do not count, by the name of the rule, most first."""
    rows = sorted(excluded.items(), key=lambda item: (-item[1], item[0]))
    return ul(".fates")[[li[span[name.replace("_", " ")], " ", strong[text.number(n, 0, view.lang)]] for name, n in rows]]


def _sources(reading: Reading, snapshot: Snapshot, view: View) -> htpy.Element:
    states = {source.source: source for source in snapshot.sources}
    rows = []
    for name in reading.evidence.sources:
        source = states.get(name)
        if source is None:
            rows.append(li[strong[name], span(".quiet")[text.say(view.lang, "belum pernah diambil")]])
            continue
        fetched, spoken = source.freshness.fetched_at, source.freshness.observed_at
        data = text.moment(spoken, view.city.zone, view.lang) if spoken else text.say(view.lang, "belum pernah")
        when = text.moment(fetched, view.city.zone, view.lang) if fetched else text.say(view.lang, "belum pernah")
        rows.append(
            li[
                strong[source.title],
                freshness_chip(source.freshness, view),
                span(".quiet")[
                    text.say(view.lang, "data s.d. {when}", when=data),
                    " · ",
                    text.say(view.lang, "diambil {when}, {outcome}", when=when, outcome=outcome_words(source.outcome, view)),
                ],
            ]
        )
    return ul(".source-list")[rows] if rows else p(".empty")[text.say(view.lang, "Belum ada sumber untuk angka ini.")]
