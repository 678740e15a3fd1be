"""The data dictionary beside an answer: what a figure means, by which rule, from where and since when, and its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

import htpy
from htpy import a, details, div, dl, h2, header, p, section, summary, tbody, td, th, thead, tr

from dashboard import text
from dashboard.parts.cells import HEADINGS
from dashboard.parts.marks import source_titles

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.analysis.desk import Entry, Field


def dictionary(entry: Entry, view: View, *, element: str) -> htpy.Element:
    """The entry of one figure, and of the fields of its records."""
    kpi, lang = entry.kpi, view.lang
    rule = kpi.rule.name if kpi.rule.article == "-" else f"{kpi.rule.name}, {kpi.rule.article}"
    facts = [
        ("Arti", kpi.definition),
        ("Satuan", text.say(lang, kpi.unit)),
        ("Rumus", kpi.formula[lang]),
        ("Aturan", rule),
        ("Pemilik", kpi.owner),
        ("Sumber", source_titles(entry.sources, view)),
        ("Sejak", text.day(entry.since, view.city.zone, lang) if entry.since else text.say(lang, "belum ada data")),
        ("Catatan", text.number(entry.records, 0, lang)),
        ("Waktu acuan", _heading(entry.clock, view)) if entry.clock else None,
    ]
    return section(".panel.dictionary", id=element)[
        header[h2[text.say(lang, "Kamus data")]],
        p(".lead")[kpi.title[lang]],
        dl(".facts")[[[htpy.dt[text.say(lang, fact[0])], htpy.dd[fact[1]]] for fact in facts if fact]],
        _fields(entry.fields, view) if entry.fields else None,
        p[a(".back", href=f"/metrik#{kpi.id}")[text.say(lang, "Arti angka ini")]] if kpi.id in view.catalog else None,
    ]


def _fields(fields: tuple[Field, ...], view: View) -> htpy.Element:
    lang, title = view.lang, text.say(view.lang, "Bidang yang dibaca dan yang dapat mengurai")
    heads = [th(scope="col")[text.say(lang, "Bidang")], th(".num", scope="col")[text.say(lang, "Terisi")]]
    return details(".fields")[
        summary[title],
        div(".scroll", tabindex="0", role="region", aria_label=title)[
            htpy.table[thead[tr[heads]], tbody[[_field(each, view) for each in fields]]]
        ],
    ]


def _field(field: Field, view: View) -> htpy.Element:
    lang = view.lang
    named = field.title[lang] if field.meaning else _heading(field.name, view)
    meaning = field.meaning[lang] if field.meaning else None
    filled = "-" if field.filled is None else text.quantity(100 * field.filled, "persen", 1, lang)
    return tr[th(scope="row", title=meaning)[named], td(".num")[filled]]


def _heading(name: str, view: View) -> str:
    """A field as people call it; one that has no such name by its own."""
    words = HEADINGS.get(name)
    return text.say(view.lang, words) if words else name.replace("_", " ")
