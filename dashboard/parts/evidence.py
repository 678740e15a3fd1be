"""The evidence card: everything a number can be walked back to, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import htpy
from htpy import article, button, dd, div, dl, dt, footer, h2, header, li, p, span, strong, ul

from dashboard import text
from dashboard.parts.marks import band_mark, change_words, freshness_chip, target_words, value_words
from dashboard.parts.source import outcome_words
from dashboard.parts.tile import hooks
from layers.areas import prefix
from layers.model import UNPLACED, Level
from layers.snapshot import Reading, Snapshot

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi


def evidence(reading: Reading, kpi: Kpi, snapshot: Snapshot, view: View) -> htpy.Element:
    """The card of one reading; ``snapshot`` gives the states of its sources, its version and its moment."""
    lang, zone = view.lang, view.city.zone
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
        dl[[(dt[text.say(lang, name)], dd[node]) for name, node in _facts(reading, kpi, view) if node]],
        htpy.h3[text.say(lang, "Sumber data")],
        _sources(reading, snapshot, view),
        footer[
            text.say(
                lang,
                "Potret versi {version}, disusun {when}",
                version=text.number(snapshot.version, 0, lang),
                when=f"{text.moment(snapshot.built_at, zone, lang)} {text.zone_mark(snapshot.built_at, zone)}",
            ),
            f". {snapshot.notice}" if snapshot.notice else None,
        ],
    ]


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


def _facts(reading: Reading, kpi: Kpi, view: View) -> list[tuple[str, htpy.Node]]:
    lang, proof = view.lang, reading.evidence

    def count(value: float | None) -> str | None:
        return None if value is None else text.number(value, 0 if float(value).is_integer() else 2, lang)

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
        ("Rumus", kpi.formula[lang]),
        ("Aturan", _rule(kpi, view)),
        ("Pemilik definisi", kpi.owner),
        ("Dikecualikan menurut aturan", fates(proof.excluded, view) if proof.excluded else None),
        ("Di karantina", count(proof.quarantined) if proof.quarantined else None),
        ("Tanpa lokasi", count(proof.unplaced) if proof.unplaced else None),
    ]


def _rule(kpi: Kpi, view: View) -> htpy.Node:
    rule = kpi.rule
    since = text.day(rule.valid_from, view.city.zone, view.lang)
    until = text.day(rule.valid_to, view.city.zone, view.lang) if rule.valid_to else None
    valid = (
        text.say(view.lang, "berlaku {since} sampai {until}", since=since, until=until)
        if until
        else text.say(view.lang, "berlaku sejak {since}", since=since)
    )
    return htpy.fragment[", ".join(words for words in (rule.name, rule.article) if words != "-"), htpy.br, span(".quiet")[valid]]


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
        fetched = source.freshness.fetched_at
        when = text.moment(fetched, view.city.zone, view.lang) if fetched else text.say(view.lang, "belum pernah")
        rows.append(
            li[
                strong[source.title],
                freshness_chip(source.freshness, view),
                span(".quiet")[
                    text.say(view.lang, "diambil {when}, {outcome}", when=when, outcome=outcome_words(source.outcome, view))
                ],
            ]
        )
    return ul(".source-list")[rows] if rows else p(".empty")[text.say(view.lang, "Belum ada sumber untuk angka ini.")]
