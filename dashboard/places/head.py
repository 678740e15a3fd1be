"""The head of an area's page: where it lies, what it is called, whose rows its figures count, and the way to paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import htpy
from htpy import a, button, div, h1, header, li, nav, ol, p, span

from dashboard import text
from dashboard.parts.marks import compared, days
from dashboard.places.address import area_address
from layers.areas import unit
from layers.model import UNPLACED, Area, Level

if TYPE_CHECKING:
    from dashboard.page import View


def head(area: Area, view: View) -> htpy.Element:
    """Crumbs, the name, and the window of its complaints."""
    above = [area]
    while above[0].parent:
        above.insert(0, view.tree.areas[above[0].parent])
    return header(".page-head.place-head", id="area-head")[
        div[
            nav(".crumbs", aria_label=text.say(view.lang, "Letak wilayah"))[
                ol[
                    [
                        li[
                            a(href=area_address(step.code))[step.name]
                            if step is not area
                            else span(aria_current="page")[step.name]
                        ]
                        for step in above
                    ]
                ]
            ],
            h1[title(area, view)],
            p(".aside")[compared(days(view), view)],
            p(".aside.own")[_own(view)] if view.limited else None,
        ],
        button(".print.button", type="button", data_print=True)[text.say(view.lang, "Cetak A4")],
    ]


def title(area: Area, view: View) -> str:
    """The name with what it is: ``Kelurahan Sukaasih``, ``Desa Ciwulan``, ``Kecamatan Cipondoh``."""
    if area.code == UNPLACED:
        return text.say(view.lang, "Tanpa lokasi")
    if area.level is Level.KOTA:
        return area.name
    return f"{'Kecamatan' if area.level is Level.KECAMATAN else unit(area.code).title()} {area.name}"


def _own(view: View) -> str:
    """Whose rows the figures of this page count, for a scope that is limited."""
    scope, said = view.scope, []
    if scope.opds is not None:
        names = (opd.short if (opd := view.city.opd(slug)) else slug for slug in sorted(scope.opds))
        said.append(text.say(view.lang, "hanya OPD Anda: {names}", names=", ".join(names) or "-"))
    if scope.areas is not None:
        names = (view.tree.name(code) for code in sorted(scope.areas))
        said.append(text.say(view.lang, "hanya wilayah Anda: {names}", names=", ".join(names) or "-"))
    if scope.categories is not None:
        said.append(text.say(view.lang, "hanya kategori Anda: {names}", names=", ".join(sorted(scope.categories)) or "-"))
    return " · ".join(said)
