"""Every OPD with the figures of its desk, and the way to each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import htpy
from htpy import a, h1, header, p

from dashboard import text
from dashboard.export.makers import crosswise
from dashboard.opdcut import CARDS, PATH
from dashboard.page import EVERYONE, AreaPaint, Export, Page
from dashboard.parts.frame import banner, desk, sources_state
from dashboard.parts.marks import band_mark
from dashboard.parts.table import Column, table
from layers.snapshot import Snapshot

if TYPE_CHECKING:
    from dashboard.export.sheet import Sheet
    from dashboard.page import View
    from layers.catalog import Kpi
    from layers.city import Opd

HERE = "/opd"


def parts(snapshot: Snapshot, view: View) -> dict[str, htpy.Element]:
    """The table of those OPDs whose desk the asker may open, the most overdue first."""

    mine = _mine(snapshot, view)
    columns = [
        Column(title=text.say(view.lang, "OPD"), cell=lambda opd: a(href=f"{PATH}/{opd.slug}")[opd.name]),
        *(_column(view.catalog[name], snapshot, view) for name in CARDS),
    ]
    return {
        "notice": banner(snapshot),
        "sources-state": sources_state(snapshot, view),
        "opds": table(
            text.say(view.lang, "Perangkat daerah"),
            columns,
            mine,
            view,
            element="opds",
            empty="Tidak ada OPD dalam lingkup Anda.",
        ),
    }


def _mine(snapshot: Snapshot, view: View) -> list[Opd]:
    def value(opd: Opd, name: str) -> float:
        found = snapshot.reading(name, view.city.code, opd.slug)
        return (found.value or 0) if found else 0

    mine = [opd for opd in view.city.opds if view.scope.opds is None or opd.slug in view.scope.opds]
    return sorted(mine, key=lambda opd: (-value(opd, "aduan_lewat_tenggat"), -value(opd, "aduan_terbuka"), opd.name))


def _column(kpi: Kpi, snapshot: Snapshot, view: View) -> Column[Opd]:
    def cell(opd: Opd) -> htpy.Node:
        found = snapshot.reading(kpi.id, view.city.code, opd.slug)
        if found is None or found.value is None:
            return htpy.span(".quiet", title=found.why_none if found else None)["–"]
        number, unit = text.figure(found.value, kpi.unit, kpi.decimals, view.lang)
        return [band_mark(found.band, view), number, f"{text.NBSP}{unit}" if unit == "%" else None]

    return Column(title=kpi.short[view.lang], cell=cell, numeric=True)


def layout(found: dict[str, htpy.Element], view: View, _paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """The heading above the table."""
    aside = text.say(view.lang, "Angka 30 hari; buka satu OPD untuk antrean, peta dan sebabnya.")
    head = header(".page-head")[h1[text.say(view.lang, "OPD")], p(".aside")[aside]]
    return desk(view, HERE, found["sources-state"], found["notice"], head, found["opds"])


def _every(snapshot: Snapshot, view: View) -> Sheet:
    rows = [
        (opd.slug, opd.name, {name: r for name in CARDS if (r := snapshot.reading(name, view.city.code, opd.slug))})
        for opd in _mine(snapshot, view)
    ]
    kpis = [view.catalog[name] for name in CARDS]
    return crosswise(snapshot, view, PAGE, text.say(view.lang, "Perangkat daerah"), kpis, rows, name="opd")


PAGE = Page(
    path=HERE,
    title={"id": "OPD", "en": "Agencies"},
    theme="light",
    roles=EVERYONE,
    parts=parts,
    layout=layout,
    sheets={"opds": Export(sheet=_every)},
)
