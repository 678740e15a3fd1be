"""What can be taken away of procurement: its figures, plan against contracts by month, and by method, OPD and place."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from dashboard import text
from dashboard.export.makers import figures, narrowed
from dashboard.export.provenance import provenance
from dashboard.export.sheet import Column, Row, Sheet, Type
from dashboard.page import Export, Page, find_page
from dashboard.procurement import rows, summary
from dashboard.procurement.asked import ASKS, PATH, known, method_words
from layers.explain import place
from layers.model import UNPLACED

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.buying import Packages
    from layers.snapshot import Snapshot

GROUPS = {
    "by-method": ("Menurut metode", "by_method"),
    "by-owner": ("Menurut OPD", "by_opd"),
    "by-place": ("Menurut wilayah", "by_area"),
}


def _page() -> Page:
    found = find_page(PATH)
    if found is None:
        raise LookupError(PATH)
    return found[0]


def _found(view: View) -> Packages:
    """The packages asked for; ``LookupError`` while there are none to ask, or for a place that the city does not have."""
    found = rows.page(view) if known(view) else None
    if found is None:
        raise LookupError("rincian belum tersedia")
    return found


def _cut(view: View) -> list[tuple[str, str]]:
    return [(text.say(view.lang, name.capitalize()), value) for name in ASKS if (value := view.params.get(name))]


def _figures(snapshot: Snapshot, view: View) -> Sheet:
    _found(view)
    shown = summary.figures(snapshot, view)
    kpis = [view.catalog[name] for name in (*summary.TILES, *summary.RISKS) if name in view.catalog]
    title = text.say(view.lang, "Pengadaan")
    return narrowed(figures(snapshot, view, _page(), title, [(kpi, shown.get(kpi.id)) for kpi in kpis]), _cut(view))


def _sheet(snapshot: Snapshot, view: View, title: str, name: str, columns: tuple[Column, ...], found: list[Row]) -> Sheet:
    shown = summary.figures(snapshot, view)
    about = provenance(
        snapshot,
        view,
        _page(),
        title,
        kpis=[view.catalog[kpi] for kpi in (summary.BUDGET, summary.CONTRACTS)],
        readings=[shown[kpi] for kpi in (summary.BUDGET, summary.CONTRACTS) if kpi in shown],
        filters=_cut(view),
    )
    return Sheet(name=name, title=title, columns=columns, rows=found, count=len(found), about=about)


def _money(view: View, *headings: str) -> tuple[Column, ...]:
    return tuple(
        Column(key=words.lower(), title=text.say(view.lang, words), type=Type.MONEY, unit="rupiah") for words in headings
    )


def _year(snapshot: Snapshot, view: View) -> Sheet:
    today = view.now.astimezone(view.city.zone).date()
    found: list[Row] = [
        (min(date(today.year, month, monthrange(today.year, month)[1]), today), pagu, value)
        for month, pagu, value in _found(view).months
    ]
    columns = (Column(key="sampai", title=text.say(view.lang, "Sampai"), type=Type.DAY), *_money(view, "Rencana", "Kontrak"))
    title = text.say(view.lang, "Rencana dan kontrak tahun ini, kumulatif per bulan")
    return _sheet(snapshot, view, title, "rencana-kontrak", columns, found)


def _group(element: str, snapshot: Snapshot, view: View) -> Sheet:
    words, name = GROUPS[element]

    def called(key: str) -> str:
        if element == "by-method":
            return method_words(key, view)
        if element == "by-owner":
            opd = view.city.opd(key)
            return opd.short if opd else key or text.say(view.lang, "belum ada OPD")
        return text.say(view.lang, "Tanpa lokasi") if key in (UNPLACED, "") else place(key, view.tree)

    found: list[Row] = [(g.key, called(g.key), g.packages, g.pagu, g.value) for g in getattr(_found(view), name)]
    columns = (
        Column(key="kode", title=text.say(view.lang, "Kode"), type=Type.AREA if element == "by-place" else Type.TEXT),
        Column(key="nama", title=text.say(view.lang, "Nama")),
        Column(key="paket", title=text.say(view.lang, "Paket"), type=Type.WHOLE),
        *_money(view, "Pagu", "Kontrak"),
    )
    title = f"{text.say(view.lang, 'Pengadaan')}: {text.say(view.lang, words).lower()}"
    return _sheet(snapshot, view, title, f"pengadaan-{element}", columns, found)


SHEETS = {
    "figures": Export(sheet=_figures),
    "year": Export(sheet=_year),
    **{element: Export(sheet=partial(_group, element), areas=element == "by-place") for element in GROUPS},
}
