"""One area at the desk: a kelurahan, a kecamatan, the whole city, or what has no place; narrowed by filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import htpy
from htpy import a, button, div, form, h1, h2, header, label, li, nav, noscript, ol, option, p, section, select, span

from dashboard import text
from dashboard.export.makers import daily, figures, over, slices
from dashboard.export.sheet import Column, Sheet, Type
from dashboard.page import EVERYONE, FILTERS, AreaPaint, Export, Page, checked, own
from dashboard.parts.bars import bars, worst_first
from dashboard.parts.breakdown import breakdown
from dashboard.parts.frame import banner, desk, sources_state
from dashboard.parts.map import map_legend, map_stage, paints
from dashboard.parts.marks import days
from dashboard.parts.tile import missing_tile, tile
from dashboard.parts.trend import Series, trend
from layers.areas import unit
from layers.drill import Query
from layers.model import UNPLACED, Area, Level
from layers.ranking import Ranking, ranking, residents
from layers.smallcells import small
from layers.snapshot import Reading, Snapshot, Trend

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi
    from layers.drill import Drill, Slice

CARDS = (
    "aduan_terbuka",
    "aduan_lewat_tenggat",
    "selesai_tepat_waktu",
    "respons_pertama",
    "lama_penyelesaian",
    "aduan_masuk_30h",
)
COMPARED = "aduan_lewat_tenggat"
OPEN = "aduan_terbuka"
MONTH = "aduan_masuk_30h"
"""Its name says 30 days, so it is not shown for another stretch."""
DAYS = ("7", "30", "90", "365")
DAILY = "Aduan masuk dan selesai per hari, 90 hari"
DAILY_FORMULA = "aduan yang diterima, dan yang ditutup sebagai selesai, pada tiap hari setempat"
GROUPS = {
    "category": ("Menurut kategori", "by_category"),
    "opd": ("Menurut OPD", "by_opd"),
    "channel": ("Menurut kanal", "by_channel"),
}
"""What the total is split by: its title, and where a drill has it."""
CHARTS = ("trend", "by-category", "by-opd", "by-channel")


def parts(snapshot: Snapshot, view: View) -> dict[str, htpy.Element]:
    """Everything on the page that a new snapshot or another filter can change."""
    area = view.tree.areas[view.params["code"]]
    drill = view.drill(_query(area, view)) if view.drill else None
    readings = _readings(snapshot, area, drill, view)
    narrowed = _narrowed(view)
    trends = {} if narrowed else {t.kpi: t for t in snapshot.trends if t.area == area.code}
    return {
        "notice": banner(snapshot),
        "sources-state": sources_state(snapshot, view),
        "area-head": _head(area, view),
        "filters": _filters(drill, view),
        **{f"tile-{name}": _card(name, r, trends.get(name), view) for name, r in readings.items()},
        **_charts(drill, readings[OPEN], view),
        "map-legend": map_legend(snapshot, view, view.catalog[COMPARED], signs=False),
        "compare": _compare(snapshot, area, view),
    }


def _narrowed(view: View) -> bool:
    return view.limited or any(view.params.get(name) for name in FILTERS)


def _readings(snapshot: Snapshot, area: Area, drill: Drill | None, view: View) -> dict[str, Reading | None]:
    """The figures of the cards, over the rows that the asker may count."""
    drilled = {reading.kpi: reading for reading in drill.readings} if drill else {}
    cards = [name for name in CARDS if name != MONTH or days(view) == "30"]
    if view.limited:  # what the whole city shows is not theirs
        return {name: own(drilled[name]) if name in drilled else None for name in cards}
    readings = {name: drilled.get(name) or snapshot.reading(name, area.code) for name in cards}
    return readings if _narrowed(view) else {name: checked(r, snapshot) if r else None for name, r in readings.items()}


def areas(snapshot: Snapshot, view: View) -> dict[str, AreaPaint]:
    """Colours of the small map."""
    return paints(snapshot, view, view.catalog[COMPARED])


def layout(found: dict[str, htpy.Element], view: View, paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """Cards above, the trend beside the map, and below them what the total is made of."""
    title = text.say(view.lang, "{kpi} per {unit}", kpi=view.catalog[COMPARED].short[view.lang], unit=view.tree.unit)
    whole = text.say(view.lang, "seluruh wilayah") if view.limited else None
    sketch = span(".schematic")[text.say(view.lang, "batas skematis")] if view.map.schematic else None
    map_panel = section(".panel.map-panel")[
        header[h2[title], span(".aside")[sketch, whole] if sketch or whole else None],
        map_stage(view, paint, None, selected=view.params.get("code")),
        found["map-legend"],
    ]
    return desk(
        view,
        "/kelurahan",
        found["sources-state"],
        found["notice"],
        found["area-head"],
        found["filters"],
        div(".kpis")[[part for key, part in found.items() if key.startswith("tile-")]],
        div(".split")[found["trend"], map_panel],
        div(".quarters")[found["by-category"], found["by-opd"], found["by-channel"], found["compare"]],
    )


def _card(name: str, reading: Reading | None, trend_: Trend | None, view: View) -> htpy.Element:
    kpi = view.catalog[name]
    return tile(reading, kpi, view, trend_) if reading else missing_tile(kpi, view)


def _query(area: Area, view: View) -> Query:
    given = {name: view.params.get(name) for name in ("opd", "category", "channel")}
    return Query(area=area.code, days=int(days(view)), **given)


def _head(area: Area, view: View) -> htpy.Element:
    above = [area]
    while above[0].parent:
        above.insert(0, view.tree.areas[above[0].parent])
    return header(".page-head", id="area-head")[
        nav(".crumbs", aria_label=text.say(view.lang, "Letak wilayah"))[
            ol[
                [
                    li[a(href=f"/kelurahan/{step.code}")[step.name] if step is not area else span(aria_current="page")[step.name]]
                    for step in above
                ]
            ]
        ],
        h1[_title(area, view)],
        p(".aside")[text.say(view.lang, "{days} hari terakhir, dibanding {days} hari sebelumnya", days=days(view))],
        p(".aside.own")[_own(view)] if view.limited else None,
    ]


def _own(view: View) -> str:
    """Whose rows the figures of this page count, for a scope that is limited."""
    scope, said = view.scope, []
    if scope.opds is not None:
        names = (_label("opd", slug, view) for slug in sorted(scope.opds))
        said.append(text.say(view.lang, "hanya OPD Anda: {names}", names=", ".join(names) or "-"))
    if scope.areas is not None:
        names = (view.tree.name(code) for code in sorted(scope.areas))
        said.append(text.say(view.lang, "hanya wilayah Anda: {names}", names=", ".join(names) or "-"))
    return " · ".join(said)


def _title(area: Area, view: View) -> str:
    if area.code == UNPLACED:
        return text.say(view.lang, "Tanpa lokasi")
    if area.level is Level.KOTA:
        return area.name
    return f"{'Kecamatan' if area.level is Level.KECAMATAN else unit(area.code).title()} {area.name}"


def _filters(drill: Drill | None, view: View) -> htpy.Element:
    """Three or four controls; the choices are what the data of this cut holds."""
    groups = {
        "category": (("Kategori", "Semua kategori"), drill.by_category if drill else ()),
        "channel": (("Kanal", "Semua kanal"), drill.by_channel if drill else ()),
        "opd": (("OPD", "Semua OPD"), drill.by_opd if drill else ()),
    }
    chosen = {name: view.params.get(name, "") for name in FILTERS}
    return form(".filters", id="filters", method="get", data_cut=True, aria_label=text.say(view.lang, "Saring"))[
        [_choice(name, words, slices, chosen[name], view) for name, (words, slices) in groups.items()],
        label(class_="on" if chosen["days"] else None)[
            text.say(view.lang, "Rentang"),
            select(name="days")[
                [
                    option(value="" if n == "30" else n, selected=chosen["days"] == n)[text.say(view.lang, "{days} hari", days=n)]
                    for n in ("30", *(d for d in DAYS if d != "30"))
                ]
            ],
        ],
        noscript[button(".button", type="submit")[text.say(view.lang, "Terapkan")]],
        a(".reset", href=f"/kelurahan/{view.params['code']}")[text.say(view.lang, "Hapus saringan")]
        if any(chosen.values())
        else None,
    ]


def _choice(name: str, words: tuple[str, str], slices: Sequence[Slice], chosen: str, view: View) -> htpy.Element:
    known = {chosen: _label(name, chosen, view)} if chosen else {}
    known |= {s.key: s.label for s in slices}
    return label(class_="on" if chosen else None)[
        text.say(view.lang, words[0]),
        select(name=name)[
            option(value="")[text.say(view.lang, words[1])],
            [
                option(value=key, selected=key == chosen)[known_as]
                for key, known_as in sorted(known.items(), key=lambda item: item[1])
            ],
        ],
    ]


def _label(name: str, value: str, view: View) -> str:
    opd = view.city.opd(value) if name == "opd" else None
    return opd.short if opd else value


def _charts(drill: Drill | None, origin: Reading | None, view: View) -> dict[str, htpy.Element]:
    """The trend, and what the total is made of; each says so where there are no rows to cut."""
    if drill is None or origin is None:
        words = text.say(view.lang, "Rincian tersedia setelah data pertama selesai diambil.")
        return {name: section(".panel", id=name)[p(".empty")[words]] for name in CHARTS}
    kpi = view.catalog[origin.kpi]
    lines = [
        Series(label=text.say(view.lang, "masuk"), values=drill.received, look="a"),
        Series(label=text.say(view.lang, "selesai"), values=drill.closed, look="b"),
    ]
    formula = text.say(view.lang, DAILY_FORMULA)
    found = {"trend": trend(text.say(view.lang, DAILY), drill.days, lines, (origin, kpi), view, formula=formula)}
    for name, (words, key) in GROUPS.items():
        some = getattr(drill, key)
        found[f"by-{name}"] = breakdown(
            text.say(view.lang, words), some, (origin, kpi), view, element=f"by-{name}", link=partial(_narrow, name, view)
        )
    return found


def _narrow(name: str, view: View, key: str) -> str:
    """The address of this page narrowed to one value more."""
    filters = {**{n: view.params[n] for n in FILTERS if n in view.params}, name: key}
    return f"/kelurahan/{view.params['code']}?{urlencode(filters)}"


def _compared(snapshot: Snapshot, code: str, view: View) -> Reading | None:
    """The published reading of an area, or the asker's own part of it where their scope is limited."""
    if not view.limited:
        return snapshot.reading(COMPARED, code)
    drilled = view.drill(_query(view.tree.areas[code], view)).readings if view.drill else ()
    return next((own(r) for r in drilled if r.kpi == COMPARED), None)


def _compared_to(snapshot: Snapshot, area: Area, view: View) -> tuple[str, list[Reading], Ranking | None]:
    """The area among its neighbours, or a larger area's parts, worst first: what they are, their readings and ranks."""
    if area.level is Level.KELURAHAN and area.code != UNPLACED:
        title, codes = "Dibanding {unit} tetangga", (area.code, *view.tree.neighbours(area.code))
    elif area.level is Level.KECAMATAN:
        title, codes = "Tiap {unit} di kecamatan ini", tuple(child.code for child in view.tree.children(area.code))
    else:
        title, codes = "Menurut kecamatan", tuple(k.code for k in view.tree.kecamatan)
    kpi = view.catalog[COMPARED]
    readings = [r for code in codes if (r := _compared(snapshot, code, view))]
    people = {} if view.limited else residents(snapshot, view.tree)
    per_head = bool(readings) and all(r.area in people for r in readings)
    ranked = ranking(kpi, readings, people=people if per_head else None)
    heading = f"{text.say(view.lang, title, unit=view.tree.unit)}: {kpi.short[view.lang].lower()}"
    if per_head:
        heading += f", {text.say(view.lang, 'urutan menurut jumlah per 1.000 penduduk')}"
    return heading, worst_first(readings, ranked, kpi.better), ranked


def _compare(snapshot: Snapshot, area: Area, view: View) -> htpy.Element:
    kpi = view.catalog[COMPARED]
    heading, shown, ranked = _compared_to(snapshot, area, view)
    rows = [(view.tree.name(r.area), r) for r in shown]
    links = [None if r.area == area.code else f"/kelurahan/{r.area}" for r in shown]
    return bars(heading, rows, kpi, view, element="compare", links=links, here=view.tree.name(area.code), ranking=ranked)


# --- as files ----------------------------------------------------------------------------------


def _figures(snapshot: Snapshot, view: View) -> Sheet:
    area = view.tree.areas[view.params["code"]]
    found = _readings(snapshot, area, view.drill(_query(area, view)) if view.drill else None, view)
    return figures(snapshot, view, PAGE, _title(area, view), [(view.catalog[name], r) for name, r in found.items()])


def _cut(snapshot: Snapshot, view: View) -> tuple[Area, Drill, tuple[Reading, Kpi]]:
    """The drill of the page; ``LookupError`` where there is none yet."""
    area = view.tree.areas[view.params["code"]]
    drill = view.drill(_query(area, view)) if view.drill else None
    origin = _readings(snapshot, area, drill, view).get(OPEN)
    if drill is None or origin is None:
        raise LookupError("rincian belum tersedia")
    return area, drill, (origin, view.catalog[OPEN])


def _daily(snapshot: Snapshot, view: View) -> Sheet:
    area, drill, origin = _cut(snapshot, view)
    series = {
        name: (Column(key=name, title=text.say(view.lang, name), type=Type.WHOLE, unit="aduan"), values)
        for name, values in (("masuk", drill.received), ("selesai", drill.closed))
    }
    title = f"{_title(area, view)}: {text.say(view.lang, DAILY)}"
    return daily(
        snapshot,
        view,
        PAGE,
        title,
        drill.days,
        series,
        origin=origin,
        formula=text.say(view.lang, DAILY_FORMULA),
        name="per-hari",
    )


def _parts_of(name: str, snapshot: Snapshot, view: View) -> Sheet:
    area, drill, origin = _cut(snapshot, view)
    words, key = GROUPS[name]
    title = f"{_title(area, view)}: {text.say(view.lang, words).lower()}"
    people = name == "category" and small(area)
    return slices(snapshot, view, PAGE, title, getattr(drill, key), origin, name=key, people=people)


def _comparison(snapshot: Snapshot, view: View) -> Sheet:
    area = view.tree.areas[view.params["code"]]
    heading, shown, ranked = _compared_to(snapshot, area, view)
    rows = [(view.tree.name(r.area), r) for r in shown]
    return over(snapshot, view, PAGE, heading, view.catalog[COMPARED], rows, name="pembanding", ranking=ranked)


def _mapped(snapshot: Snapshot, view: View) -> Sheet:
    kpi = view.catalog[COMPARED]
    title = text.say(view.lang, "{kpi} per {unit}", kpi=kpi.short[view.lang], unit=view.tree.unit)
    rows = [(area.name, r) for area in view.tree.kelurahan if (r := snapshot.reading(COMPARED, area.code))]
    return over(snapshot, view, PAGE, title, kpi, rows, name="peta")


PAGE = Page(
    path="/kelurahan/{code}",
    title={"id": "Wilayah", "en": "Areas"},
    theme="light",
    roles=EVERYONE,
    parts=parts,
    layout=layout,
    areas=areas,
    sheets={
        "figures": Export(sheet=_figures),
        "trend": Export(sheet=_daily),
        "map-legend": Export(sheet=_mapped, areas=True, map=True),
        **{f"by-{name}": Export(sheet=partial(_parts_of, name)) for name in GROUPS},
        "compare": Export(sheet=_comparison, areas=True),
    },
)
