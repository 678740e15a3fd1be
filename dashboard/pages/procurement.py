"""Procurement at the desk: packages by stage, method, OPD and place, plan against contracts, red flags, and each package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import htpy
from htpy import div, h1, header, p

from dashboard import text
from dashboard.page import EVERYONE, AreaPaint, Page
from dashboard.parts.frame import banner, desk, sources_state
from dashboard.procurement import rows, summary
from dashboard.procurement.alike import ORIGIN, alike
from dashboard.procurement.asked import ASKS, PATH, known
from dashboard.procurement.sheets import SHEETS
from layers.explain import place
from layers.snapshot import Snapshot

if TYPE_CHECKING:
    from dashboard.page import View


def parts(snapshot: Snapshot, view: View) -> dict[str, htpy.Element]:
    """Everything that a new snapshot can change."""
    common = {"notice": banner(snapshot), "sources-state": sources_state(snapshot, view), "buying-head": _head(view)}
    if not known(view):
        return common
    shown = summary.figures(snapshot, view)
    found = rows.page(view)
    return {
        **common,
        "buying-form": rows.asking(view),
        **summary.tiles(shown, view),
        "stages": summary.stages(shown, view),
        "year": summary.plan(found, shown, view),
        "risks": summary.risks(snapshot, shown, view),
        **summary.groups(found, shown, view),
        "packages": rows.rows(found, view),
        "alike": alike(snapshot.reading(ORIGIN), view),
    }


def _head(view: View) -> htpy.Element:
    lang, year = view.lang, view.now.astimezone(view.city.zone).year
    if not known(view):
        words = text.say(lang, "Wilayah ini tidak ada di kota ini. Pilih wilayah lain.")
        return header(".page-head", id="buying-head")[
            h1[text.say(lang, "Pengadaan")], p(".empty")[words], p[htpy.a(".back", href=PATH)[text.say(lang, "Semua paket")]]
        ]
    area, opd = view.params.get("wilayah"), view.city.opd(view.params.get("opd", ""))
    cut = [
        text.say(lang, "tahun anggaran {year}", year=year),
        opd.name if opd else None,
        place(area, view.tree) if area else None,
    ]
    return header(".page-head", id="buying-head")[
        h1[text.say(lang, "Pengadaan")],
        p(".lead")[" · ".join(filter(None, cut))],
        p(".aside")[text.say(lang, "Paket yang dilaporkan beberapa sistem dihitung sekali menurut kode RUP.")],
        p(".aside.own")[text.say(lang, "Hanya paket dalam lingkup Anda.")] if view.limited else None,
    ]


def layout(found: dict[str, htpy.Element], view: View, _paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """Cards and stages above, the year beside the signs, what the total is made of, the packages, and the complaints beside."""
    head = (view, PATH, found["sources-state"], found["notice"], found["buying-head"])
    if "packages" not in found:
        return desk(*head)
    return desk(
        *head,
        found["buying-form"],
        div(".kpis")[[part for key, part in found.items() if key.startswith("tile-")]],
        found["stages"],
        div(".split")[found["year"], found["risks"]],
        div(".thirds")[found["by-method"], found["by-owner"], found["by-place"]],
        found["packages"],
        found["alike"],
    )


PAGE = Page(
    path=PATH,
    title={"id": "Pengadaan", "en": "Procurement"},
    theme="light",
    roles=EVERYONE,
    parts=parts,
    layout=layout,
    asks=ASKS,
    readings=summary.readings,
    sheets=SHEETS,
)
