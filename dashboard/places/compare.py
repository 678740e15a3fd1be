"""An area among others: a kelurahan beside its neighbours, a larger area's parts, the worst first; and figures side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import htpy
from htpy import a, button, div, h2, header, section, span, table, tbody, td, th, thead, tr

from dashboard import text
from dashboard.page import checked, own
from dashboard.parts.bars import bars, worst_first
from dashboard.parts.marks import age, band_mark, value_words
from dashboard.parts.tile import hooks
from dashboard.places.address import area_address
from dashboard.places.complaints import narrowed, query
from layers.areas import unit
from layers.model import UNPLACED, Area, Kind, Level
from layers.ranking import Ranking, ranking, residents
from layers.snapshot import Reading, Snapshot

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi

COMPARED = "aduan_lewat_tenggat"
BESIDE = (
    "penduduk",
    "laju_aduan",
    "selesai_tepat_waktu",
    "lama_penyelesaian",
    "layanan_tepat_waktu",
    "antrean_median",
    "pagu_diumumkan",
    "dana_kelurahan_per_penduduk",
    "transfer_dana_desa_per_penduduk",
)
"""Figures that are set side by side; one that nobody tells of any of the places is left out."""

ON_PAPER = 12
"""So many places are compared on a sheet of paper (``assets/light/places.css``); how many more there are is said there."""

FUND_OF = {"dana_kelurahan_per_penduduk": "kelurahan", "transfer_dana_desa_per_penduduk": "desa"}
"""Funds that only the one or the other has."""


def _kind(code: str) -> str | None:
    """Whether an area is a kelurahan or a desa; ``None`` for a larger one, which may hold both."""
    return unit(code).partition(" ")[0] if code.count(".") == 3 else None


def others(area: Area, view: View) -> tuple[str, tuple[str, ...]]:
    """With whom an area is compared, in words and codes: with its neighbours, on an island its kecamatan; else its own parts."""
    if area.level is Level.KELURAHAN and area.code != UNPLACED:
        if near := view.tree.neighbours(area.code):
            return "Dibanding {unit} tetangga", (area.code, *near)
        return "Dibanding {unit} lain di kecamatan ini", tuple(other.code for other in view.tree.children(area.parent or ""))
    if area.level is Level.KECAMATAN:
        return "Tiap {unit} di kecamatan ini", tuple(child.code for child in view.tree.children(area.code))
    return "Menurut kecamatan", tuple(k.code for k in view.tree.kecamatan)


def compared_to(snapshot: Snapshot, area: Area, view: View) -> tuple[str, list[Reading], Ranking | None]:
    """The area among its neighbours, or a larger area's parts, worst first: what they are, their readings and ranks."""
    title, codes = others(area, view)
    kpi = view.catalog[COMPARED]
    readings = [r for code in codes if (r := _compared(snapshot, COMPARED, code, view))]
    people = {} if view.limited else residents(snapshot, view.tree)
    per_head = bool(readings) and all(r.area in people for r in readings)
    ranked = ranking(kpi, readings, people=people if per_head else None)
    heading = f"{text.say(view.lang, title, unit=view.tree.unit)}: {kpi.short[view.lang].lower()}"
    if per_head:
        heading += f", {text.say(view.lang, 'urutan menurut jumlah per 1.000 penduduk')}"
    return heading, worst_first(readings, ranked, kpi.better), ranked


def compare(snapshot: Snapshot, area: Area, view: View) -> htpy.Element:
    """The area among the others as bars."""
    heading, shown, ranked = compared_to(snapshot, area, view)
    kpi, rows = view.catalog[COMPARED], [(view.tree.name(r.area), r) for r in shown]
    links = [None if r.area == area.code else area_address(r.area) for r in shown]
    return bars(heading, rows, kpi, view, element="compare", links=links, here=view.tree.name(area.code), ranking=ranked)


def side_by_side(snapshot: Snapshot, area: Area, view: View) -> tuple[str, tuple[str, ...], dict[str, dict[str, Reading]]]:
    """With whom the area is compared, in words and codes, and the readings of each figure that anybody tells, by code."""
    title, codes = others(area, view)
    columns = {
        name: {
            code: r
            for code in codes
            if FUND_OF.get(name) in (None, _kind(code) or FUND_OF.get(name)) and (r := _compared(snapshot, name, code, view))
        }
        for name in BESIDE
        if name in view.catalog
    }
    if not narrowed(view):  # the very readings that the cards above show
        for r in _drilled(area.code, view):
            if area.code in columns.get(r.kpi, {}):
                columns[r.kpi][area.code] = checked(r, snapshot)
    told = {name: cells for name, cells in columns.items() if any(r.value is not None for r in cells.values())}
    return title, codes, told


def beside(snapshot: Snapshot, area: Area, view: View) -> htpy.Element:
    """Figures of the places side by side; each opens its evidence card."""
    title, codes, told = side_by_side(snapshot, area, view)
    heading = text.say(view.lang, title, unit=view.tree.unit)
    if not told:
        words = text.say(view.lang, "Belum ada angka untuk dibandingkan.")
        return section(".panel", id="beside")[header[h2[heading]], htpy.p(".empty")[words]]
    head = tr[
        th(scope="col")[text.say(view.lang, "Wilayah")],
        [th(".num", scope="col")[_heading(view.catalog[name], view)] for name in told],
    ]
    body = [
        tr(class_="here" if code == area.code else None)[
            th(scope="row")[view.tree.name(code) if code == area.code else a(href=area_address(code))[view.tree.name(code)]],
            [td(".num")[_cell(cells.get(code), view)] for cells in told.values()],
        ]
        for code in codes
    ]
    rest = len(codes) - ON_PAPER
    more = text.say(view.lang, "{n} lainnya ada di halaman ini, tidak di kertas", n=rest) if rest > 0 else None
    ages = [age(next(iter(cells.values())).freshness, view) for cells in told.values()]
    return section(".panel.table", id="beside")[
        header[h2[heading], span(".aside")[text.say(view.lang, "umur data di baris terakhir")]],
        div(".scroll", tabindex="0", role="region", aria_label=heading)[
            table[
                thead[head],
                tbody[body, tr(".ages")[th(scope="row")[text.say(view.lang, "Umur data")], [td(".num")[a_] for a_ in ages]]],
            ]
        ],
        htpy.p(".aside.print-more")[more] if more else None,
    ]


def _heading(kpi: Kpi, view: View) -> htpy.Node:
    """The figure's short name, and its unit where the name does not say it."""
    short = kpi.short[view.lang]
    unit = text.say(view.lang, kpi.unit)
    return (
        short
        if kpi.unit == "persen" or kpi.unit.startswith("rupiah") or unit in short.lower()
        else [short, " ", span(".quiet")[unit]]
    )


def _cell(reading: Reading | None, view: View) -> htpy.Node:
    if reading is None or reading.value is None:
        return span(".quiet", title=reading.why_none if reading else None)["–"]
    kpi = view.catalog[reading.kpi]
    words = value_words(reading, kpi, view)
    number, unit = text.figure(reading.value, kpi.unit, kpi.decimals, view.lang)
    shown = f"{number}{text.NBSP}{unit}" if kpi.unit in ("persen", "rupiah") and unit else number
    name = f"{view.tree.name(reading.area)}: {kpi.short[view.lang]} {words}"
    filtered = reading.area == view.params["code"] and kpi.kind is Kind.COMPLAINT and narrowed(view) and not view.limited
    if filtered:  # its card would show the part that the filters leave
        return span(".cell")[shown]
    return span(".cell", hooks(reading, view))[
        button(type="button", aria_haspopup="dialog", aria_label=name)[band_mark(reading.band, view), shown]
    ]


def _compared(snapshot: Snapshot, name: str, code: str, view: View) -> Reading | None:
    """The published reading of an area; of complaints the asker's own part of it where their scope is limited."""
    if view.catalog[name].kind is not Kind.COMPLAINT or not view.limited:
        return snapshot.reading(name, code)
    return next((own(r) for r in _drilled(code, view) if r.kpi == name), None)


def _drilled(code: str, view: View) -> Sequence[Reading]:
    return view.drill(query(view.tree.areas[code], view)).readings if view.drill else ()
