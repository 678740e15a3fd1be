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
from layers.smallcells import LEAST, sensitive, small
from layers.snapshot import Reading

if TYPE_CHECKING:
    from dashboard.page import View

MOST = 8
ORIGIN = "aduan_terbuka"
NO_CAUSE = "Kebetulan yang patut dilihat, bukan sebab: paket belum tentu menjawab aduan di tempat yang sama."
KINDS, BOTH, NONE = "alike-kinds", "alike-both", "alike-none"
TITLES = {
    KINDS: "Paket di samping aduan sejenis",
    BOTH: "Aduan terbuka dan paket sejenis di tempat yang sama",
    NONE: "Aduan terbuka terbanyak tanpa paket sejenis di sana",
}


def tables(view: View) -> dict[str, Sequence[Beside]] | None:
    """The rows of the three tables, all of them; ``None`` while there are no frames."""
    if view.figures is None:
        return None
    found = beside(view.scope, view.figures(), view.city.alike, view.params.get("wilayah"))
    near = coincident(found)
    told: dict[str, Sequence[Beside]] = {
        KINDS: by_kind(found),
        BOTH: [row for row in near if row.packages],
        NONE: [row for row in near if not row.packages],
    }
    return told if view.scope.may_see_rows else {element: without_few(rows, view) for element, rows in told.items()}


def without_few(found: Sequence[Beside], view: View) -> Sequence[Beside]:
    """Without small counts of a sensitive kind in a kelurahan (:mod:`layers.smallcells`)."""
    guarded = {rule.name for rule in view.city.alike if any(map(sensitive, (rule.name, *rule.complaints)))}

    def few(row: Beside) -> bool:
        area = view.tree.areas.get(row.area)
        return area is not None and small(area) and row.kind in guarded and any(0 < n < LEAST for n in (row.received, row.open))

    return [row for row in found if not few(row)]


def alike(snapshot_reading: Reading | None, view: View) -> htpy.Element:
    """The kinds over the whole, and where complaints are open: whether there is a package of that kind."""
    lang = view.lang
    title, told = text.say(lang, TITLES[KINDS]), tables(view)
    if told is None:
        words = text.say(lang, "Rincian tersedia setelah data pertama selesai diambil.")
        return htpy.section(".panel", id="alike")[htpy.header[htpy.h2[title]], p(".empty")[words]]
    formula = text.say(
        lang,
        "aduan yang kategorinya, dan paket tahun anggaran ini yang judul atau jenisnya, memuat kata yang ditetapkan paket kota; "
        "aduan masuk 30 hari, terbuka saat ini",
    )
    origin = (snapshot_reading, view.catalog[ORIGIN]) if snapshot_reading else None
    return div(".alike", id="alike")[
        p(".sentence")[text.say(lang, NO_CAUSE), " ", htpy.span(".quiet")[text.say(lang, "Rumus"), ": ", formula]],
        div(".pair")[
            table(title, _columns("kind", view), told[KINDS], view, element=KINDS, origin=origin),
            div(".stack")[[_places(element, told[element], view) for element in (BOTH, NONE)]],
        ],
    ]


def _places(element: str, found: Sequence[Beside], view: View) -> htpy.Element:
    return table(
        text.say(view.lang, TITLES[element]),
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
