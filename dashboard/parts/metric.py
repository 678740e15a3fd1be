"""One KPI of the catalogue: what it means, by which rule, for whom, what feeds it, and what it stands at now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

import htpy
from htpy import a, button, code, dd, details, div, dl, dt, h3, li, p, span, summary, ul

from dashboard import text
from dashboard.parts.behind import rows_address
from dashboard.parts.marks import band_mark, freshness_chip, target_words, value_words
from dashboard.parts.mismatch import mismatch_note
from layers.catalog import Kpi
from layers.snapshot import Reading, Snapshot

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.city import Target

BETTER = {"up": "makin tinggi makin baik", "down": "makin rendah makin baik", "neutral": "tanpa arah baik atau buruk"}
CUTS = {None: "kota", "kecamatan": "kecamatan", "area": "kelurahan", "opd": "OPD"}
KINDS = {"complaint": "aduan", "service": "layanan", "package": "paket pengadaan", "measurement": "ukuran", None: "sumber data"}

Fact = tuple[str, htpy.Node]


def metric(kpi: Kpi, snapshot: Snapshot, view: View, *, opened: bool = False) -> htpy.Element:
    """A line with the title and the present value; opened, everything that is declared of the KPI. ``#<id>`` opens it."""
    lang, reading = view.lang, snapshot.reading(kpi.id)
    return details(".panel.metric", id=f"metrik-{kpi.id}", open=opened)[
        summary[
            div(".who")[h3[kpi.title[lang]], p(".kicker")[kpi.definition]],
            _value(reading, kpi, view),
            freshness_chip(reading.freshness, view) if reading else None,
        ],
        div(".metric-body", id=kpi.id, tabindex="-1")[
            facts(meaning(kpi, view), view),
            div[
                facts((*metadata(kpi, view), *_here(kpi, view)), view),
                _feeds(reading, snapshot, view),
                p(".links")[
                    button({"data-kpi": kpi.id}, type="button", aria_haspopup="dialog")[text.say(lang, "Asal-usul angka ini")],
                    rows_link(reading, view) if reading else None,
                ],
            ],
        ],
    ]  # fmt: skip


def facts(known: Iterable[Fact], view: View) -> htpy.Element:
    """Names and what they are; those that are not known are left out."""
    return dl(".facts")[[(dt[text.say(view.lang, name)], dd[node]) for name, node in known if node]]


def _value(reading: Reading | None, kpi: Kpi, view: View) -> htpy.Element:
    if reading is None:
        return div(".now")[p(".none")[text.say(view.lang, "belum dihitung")]]
    return div(".now")[
        p(class_="value" if reading.value is not None else "value none")[
            band_mark(reading.band, view), value_words(reading, kpi, view)
        ],
        mismatch_note(reading, kpi, view),
        p(".quiet")[words] if (words := target_words(reading, kpi, view)) else None,
    ]


def meaning(kpi: Kpi, view: View) -> list[Fact]:
    """Formula, window, rule, target and owner: what decides the figure."""
    lang = view.lang
    return [
        ("Rumus", kpi.formula[lang]),
        ("Rentang", text.say(lang, kpi.periodicity)),
        ("Arah", text.say(lang, BETTER[kpi.better])),
        ("Target", targets(kpi, view)),
        ("Aturan", rule_words(kpi, view)),
        ("Pemilik definisi", kpi.owner),
        ("Syarat", text.say(lang, "n paling sedikit {n}", n=kpi.n_min) if kpi.n_min else None),
        ("Tidak ditunjukkan tanpa", _beside(kpi, view)),
    ]


def metadata(kpi: Kpi, view: View) -> list[Fact]:
    """The metadata that Satu Data Indonesia asks for (Perpres 39/2019)."""
    return [
        ("Konsep", kpi.concept),
        ("Definisi", kpi.definition),
        ("Klasifikasi", kpi.classification),
        ("Satuan", text.say(view.lang, kpi.unit)),
        ("Periode", text.say(view.lang, kpi.periodicity)),
    ]


def _here(kpi: Kpi, view: View) -> list[Fact]:
    reads = [[" " if k else "", code[name]] for k, name in enumerate(kpi.names)]
    cuts = kpi.cuts if kpi.kind else (None,)
    return [
        ("Dibaca dari", [text.say(view.lang, KINDS[kpi.kind]), " ", reads]),
        ("Potongan", ", ".join(text.say(view.lang, CUTS[cut]) for cut in cuts)),
        ("Kode", code[kpi.id]),
    ]


def _beside(kpi: Kpi, view: View) -> htpy.Node:
    beside = view.catalog.get(kpi.beside or "")
    return a(href=f"/metrik#{beside.id}")[beside.title[view.lang]] if beside else None


def targets(kpi: Kpi, view: View) -> htpy.Node:
    """The targets of the pack, each with the days on which it holds, and the limit beyond which to act."""
    known = view.city.targets.get(kpi.id, ())
    return ul(".targets")[[li[_target(kpi, target, view)] for target in known]] if known else None


def _target(kpi: Kpi, target: Target, view: View) -> htpy.Node:
    lang = view.lang

    def limit(value: float) -> str:
        return text.quantity(value, kpi.unit, 0 if float(value).is_integer() else kpi.decimals, lang)

    said = [limit(target.target)]
    if target.act is not None:
        said.append(text.say(lang, "tindakan pada {limit}", limit=limit(target.act)))
    return htpy.fragment[", ".join(said), htpy.br, span(".quiet")[valid_words(target.valid_from, target.valid_to, view)]]


def rule_words(kpi: Kpi, view: View) -> htpy.Node:
    """The rule with its article, and the days on which it holds."""
    rule = kpi.rule
    named = ", ".join(words for words in (rule.name, rule.article) if words != "-")
    return htpy.fragment[named, htpy.br, span(".quiet")[valid_words(rule.valid_from, rule.valid_to, view)]]


def valid_words(since: date, until: date | None, view: View) -> str:
    """``berlaku sejak 1 Januari 2025``, or from and to."""
    first, last = (text.day(day, view.city.zone, view.lang) if day else None for day in (since, until))
    words = "berlaku {since} sampai {until}" if last else "berlaku sejak {since}"
    return text.say(view.lang, words, since=first, until=last)


def _feeds(reading: Reading | None, snapshot: Snapshot, view: View) -> htpy.Element:
    """The sources that feed the figure now, each with the age of its data."""
    states = {source.source: source for source in snapshot.sources}
    names = reading.evidence.sources if reading else ()
    heading = p(".feeds-head")[text.say(view.lang, "Sumber yang memberi sekarang")]
    if not names:
        return div(".feeds")[heading, p(".quiet")[text.say(view.lang, "Belum ada sumber untuk angka ini.")]]
    return div(".feeds")[
        heading,
        ul(".source-list")[
            [
                li[
                    span[states[n].title if n in states else n],
                    freshness_chip(states[n].freshness, view) if n in states else None,
                ]
                for n in names
            ]
        ],
    ]


def rows_link(reading: Reading, view: View) -> htpy.Element | None:
    """The way to the rows that a reading counted, for those who may see rows."""
    address = rows_address(reading, view)
    return a(".rows-link", href=address)[text.say(view.lang, "Lihat baris")] if address else None
