"""Packages beside the complaints of the same kind, and of the same kelurahan: a coincidence to look at, not a cause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import htpy
from htpy import a, div, p

from dashboard import text
from dashboard.parts.table import Column, table
from dashboard.places.address import area_address
from dashboard.procurement.asked import address
from layers.alike import Beside, beside, by_kind, coincident
from layers.explain import place
from layers.snapshot import Reading

if TYPE_CHECKING:
    from dashboard.page import View

MOST = 8
ORIGIN = "aduan_terbuka"
NO_CAUSE = "Kebetulan yang patut dilihat, bukan sebab: paket belum tentu menjawab aduan di tempat yang sama."


def alike(snapshot_reading: Reading | None, view: View) -> htpy.Element:
    """The kinds over the whole, and where complaints are open: whether there is a package of that kind."""
    lang = view.lang
    title = text.say(lang, "Paket di samping aduan sejenis")
    if view.figures is None:
        words = text.say(lang, "Rincian tersedia setelah data pertama selesai diambil.")
        return htpy.section(".panel", id="alike")[htpy.header[htpy.h2[title]], p(".empty")[words]]
    area = view.params.get("wilayah")
    found = beside(view.scope, view.figures(), view.city.alike, area)
    formula = text.say(
        lang,
        "aduan yang kategorinya, dan paket tahun anggaran ini yang judul atau jenisnya, memuat kata yang ditetapkan paket kota; "
        "aduan masuk 30 hari, terbuka saat ini",
    )
    near = coincident(found)
    origin = (snapshot_reading, view.catalog[ORIGIN]) if snapshot_reading else None
    return div(".alike", id="alike")[
        p(".sentence")[text.say(lang, NO_CAUSE), " ", htpy.span(".quiet")[text.say(lang, "Rumus"), ": ", formula]],
        div(".pair")[
            table(title, _columns("kind", view), by_kind(found), view, element="alike-kinds", origin=origin),
            div(".stack")[
                _places(
                    "Aduan terbuka dan paket sejenis di tempat yang sama", [r for r in near if r.packages], "alike-both", view
                ),
                _places(
                    "Aduan terbuka terbanyak tanpa paket sejenis di sana", [r for r in near if not r.packages], "alike-none", view
                ),
            ],
        ],
    ]


def _places(title: str, found: Sequence[Beside], element: str, view: View) -> htpy.Element:
    return table(
        text.say(view.lang, title),
        _columns("area", view),
        found[:MOST],
        view,
        element=element,
        aside=_rest(found, view),
        empty="Tidak ada pada saringan ini.",
    )


def _rest(found: Sequence[Beside], view: View) -> str | None:
    rest = len(found) - MOST
    return text.say(view.lang, "{n} lainnya tidak ditampilkan", n=text.number(rest, 0, view.lang)) if rest > 0 else None


def _columns(first: str, view: View) -> list[Column[Beside]]:
    lang = view.lang

    def name(row: Beside) -> htpy.Node:
        if first == "kind":
            return row.kind
        return [a(href=area_address(row.area))[place(row.area, view.tree)], " · ", row.kind]

    def packages(row: Beside) -> htpy.Node:
        words = text.number(row.packages, 0, lang)
        if first == "kind" or not row.packages:
            return words
        return a(href=address(view, wilayah=row.area))[words]

    def number(value: int) -> str:
        return text.number(value, 0, lang)

    return [
        Column(title=text.say(lang, "Jenis" if first == "kind" else "Wilayah dan jenis"), cell=name),
        Column(title=text.say(lang, "Aduan masuk"), cell=lambda row: number(row.received), numeric=True),
        Column(title=text.say(lang, "Aduan terbuka"), cell=lambda row: number(row.open), numeric=True),
        Column(title=text.say(lang, "Paket"), cell=packages, numeric=True),
        Column(title=text.say(lang, "Berkontrak"), cell=lambda row: number(row.contracted), numeric=True),
        Column(title=text.say(lang, "Pagu"), cell=lambda row: text.quantity(row.pagu, "rupiah", 0, lang), numeric=True),
    ]
