"""The catalogue of the city's figures: what each means, by which rule, and what it stands at now; searched without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import TYPE_CHECKING

import htpy
from htpy import a, button, div, form, h1, h2, header, label, li, nav, p, section, span, ul
from htpy import input as field

from dashboard import text
from dashboard.export.provenance import provenance, rule_words
from dashboard.export.sheet import Column, Row, Sheet, Type
from dashboard.page import EVERYONE, AreaPaint, Export, Page
from dashboard.parts.frame import banner, desk, sources_state
from dashboard.parts.metric import metric
from layers.catalog import Kpi
from layers.snapshot import Snapshot

if TYPE_CHECKING:
    from dashboard.page import View

SEARCH = "cari"
FEW = 3
"""So many findings are shown opened."""


def parts(snapshot: Snapshot, view: View) -> dict[str, htpy.Element]:
    """The heading with the search, and each KPI that is found."""
    found = _found(view)
    return {
        "notice": banner(snapshot),
        "sources-state": sources_state(snapshot, view),
        "metrik-head": _head(len(found), view),
        **{f"metrik-{kpi.id}": metric(kpi, snapshot, view, opened=len(found) <= FEW) for kpi in found},
    }


def _found(view: View) -> list[Kpi]:
    """The KPIs in whose words each word of the search is, by domain."""
    words = view.params.get(SEARCH, "").casefold().split()
    found = [kpi for kpi in view.catalog.values() if all(word in _text(kpi) for word in words)]
    return sorted(found, key=lambda kpi: kpi.concept)


def _text(kpi: Kpi) -> str:
    """Everything of a KPI that may be searched for."""
    said = (*kpi.title.values(), *kpi.short.values(), *kpi.formula.values(), kpi.definition, kpi.concept, kpi.classification)
    return " ".join((kpi.id, kpi.unit, kpi.owner, kpi.rule.name, kpi.rule.article, *kpi.names, *said)).casefold()


def _head(n: int, view: View) -> htpy.Element:
    lang, asked = view.lang, view.params.get(SEARCH, "")
    if asked:
        count = text.say(lang, "{n} dari {all} metrik memuat “{asked}”", n=n, all=len(view.catalog), asked=asked)
    else:
        count = text.say(lang, "{n} metrik kota ini, dengan rumus, aturan, target dan sumbernya", n=n)
    return header(".page-head", id="metrik-head")[
        h1[text.say(lang, "Katalog metrik")],
        p(".aside", role="status")[count],
        form(".search", method="get", action="/metrik", role="search")[
            label(for_="cari")[text.say(lang, "Cari metrik, aturan, pemilik")],
            div[
                field("#cari", type="search", name=SEARCH, value=asked, maxlength="80", autocomplete="off"),
                button(".button", type="submit")[text.say(lang, "Cari")],
                a(".reset", href="/metrik")[text.say(lang, "Tampilkan semua")] if asked else None,
            ],
        ],
        p(".empty")[text.say(lang, "Tidak ada yang cocok. Coba kata yang lebih pendek, atau tampilkan semua.")]
        if not n
        else None,
    ]


def layout(found: dict[str, htpy.Element], view: View, _paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """By domain, with a way to each of them."""
    groups = {concept: list(some) for concept, some in groupby(_found(view), key=lambda kpi: kpi.concept)}
    return desk(
        view,
        "/metrik",
        found["sources-state"],
        found["notice"],
        found["metrik-head"],
        nav(".domains", aria_label=text.say(view.lang, "Bidang"))[
            ul[
                [
                    li[a(href=f"#{_anchor(concept)}")[concept, " ", span(".quiet")[str(len(some))]]]
                    for concept, some in groups.items()
                ]
            ]
        ]
        if len(groups) > 1
        else None,
        [
            section(".domain", id=_anchor(concept))[h2[concept], div(".cards")[[found[f"metrik-{kpi.id}"] for kpi in some]]]
            for concept, some in groups.items()
        ],
    )


def _anchor(concept: str) -> str:
    return "bidang-" + "-".join(concept.casefold().split())


def _catalogue(snapshot: Snapshot, view: View) -> Sheet:
    """The figures that are found: what each means, and what it stands at in the city."""
    lang, found = view.lang, _found(view)
    headings = (
        ("kpi", "Kode"), ("bidang", "Bidang"), ("angka", "Angka"), ("rumus", "Rumus"), ("aturan", "Aturan"),
        ("pemilik", "Pemilik"), ("satuan", "Satuan"), ("nilai", "Nilai"), ("target", "Target"), ("n", "n"),
        ("data_per", "Data per"), ("alasan", "Mengapa tidak ada nilai"),
    )  # fmt: skip
    types = {"nilai": Type.NUMBER, "target": Type.NUMBER, "n": Type.WHOLE, "data_per": Type.MOMENT}
    columns = tuple(
        Column(key=key, title=text.say(lang, words), type=types.get(key, Type.TEXT), decimals=2 * (key in ("nilai", "target")))
        for key, words in headings
    )
    readings = {kpi.id: snapshot.reading(kpi.id) for kpi in found}

    def row(kpi: Kpi) -> Row:
        meant = (kpi.id, kpi.concept, kpi.title[lang], kpi.formula[lang], rule_words(kpi), kpi.owner, kpi.unit)
        if (r := readings[kpi.id]) is None:
            return (*meant, None, None, None, None, text.say(lang, "belum dihitung"))
        return (*meant, r.value, r.target, r.n, r.freshness.observed_at, r.why_none)

    asked = view.params.get(SEARCH)
    filters = [(text.say(lang, "Cari"), asked)] if asked else []
    title = text.say(lang, "Katalog metrik")
    about = provenance(snapshot, view, PAGE, title, readings=[r for r in readings.values() if r], filters=filters)
    return Sheet(name="metrik", title=title, columns=columns, rows=map(row, found), count=len(found), about=about)


PAGE = Page(
    path="/metrik",
    title={"id": "Katalog metrik", "en": "Catalogue of figures"},
    theme="light",
    roles=EVERYONE,
    parts=parts,
    layout=layout,
    asks={SEARCH: r"[^\x00-\x1f\x7f]{1,80}"},
    sheets={"metrik-head": Export(sheet=_catalogue)},
)
