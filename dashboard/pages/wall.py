"""The wall: one glance at the whole city, on one screen without scrolling."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

import htpy
from htpy import div, h2, header, main, section, span

from dashboard import text
from dashboard.page import EVERYONE, AreaPaint, Page
from dashboard.parts.arrivals import arrivals
from dashboard.parts.attention import attention
from dashboard.parts.bars import bars, rank
from dashboard.parts.frame import banner, events, wall_header
from dashboard.parts.map import map_legend, map_overlay, map_stage, paints
from dashboard.parts.marks import age
from dashboard.parts.tile import missing_tile, tile
from layers.areas import region
from layers.explain import short
from layers.snapshot import Freshness, Snapshot

if TYPE_CHECKING:
    from dashboard.page import View

SCENES = {"kota": "Kota hari ini", "kabupaten": "Kabupaten hari ini"}
ARRIVALS = "aduan_masuk_hari_ini"
RANKED = 12
"""At most so many OPDs are drawn; the style shows as many whole rows as there is room for."""


def parts(snapshot: Snapshot, view: View) -> dict[str, htpy.Element]:
    """Every part of the scene that a new snapshot can change."""
    found = {
        "notice": banner(snapshot),
        "head": wall_header(snapshot, view, text.say(view.lang, SCENES[region(view.city.code)])),
        "map-title": _map_title(snapshot, view),
        "map-legend": map_legend(snapshot, view, view.catalog[view.city.wall.map]),
        "map-overlay": map_overlay(snapshot.dots, snapshot.attention, view),
        "attention": attention(snapshot.attention, _behind(snapshot, view), view),
        "ranking": _ranking(snapshot, view),
        "events": events(snapshot.events, view),
    }
    trends = {trend.kpi: trend for trend in snapshot.trends if trend.area == snapshot.city}
    for name in view.city.wall.tiles:
        reading = snapshot.reading(name)
        found[f"tile-{name}"] = (
            tile(reading, view.catalog[name], view, trends.get(name)) if reading else missing_tile(view.catalog[name], view)
        )
    found["arrivals"] = arrivals(snapshot.arrivals, snapshot.reading(ARRIVALS), view)
    return found


def areas(snapshot: Snapshot, view: View) -> dict[str, AreaPaint]:
    """Colours of the map."""
    return paints(snapshot, view, view.catalog[view.city.wall.map])


def layout(found: dict[str, htpy.Element], view: View, paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """The scene: tiles at the left, the map as the hero, what needs attention at the right."""
    return div(".wall")[
        found["head"],
        found["notice"],
        main(".scene-grid")[
            section(".tiles", aria_label=text.say(view.lang, "Kondisi terkini"))[
                [found[f"tile-{name}"] for name in view.city.wall.tiles]
            ],
            div(".middle")[
                section(".hero")[found["map-title"], map_stage(view, paint, found["map-overlay"]), found["map-legend"]],
                found["arrivals"],
            ],
            div(".right")[found["attention"], found["ranking"]],
        ],
        found["events"],
    ]


def _behind(snapshot: Snapshot, view: View) -> Freshness:
    """The age of the data behind the list: that of the first tile."""
    reading = snapshot.reading(view.city.wall.tiles[0])
    return reading.freshness if reading else Freshness(observed_at=None, fetched_at=None, budget=timedelta())


def _map_title(snapshot: Snapshot, view: View) -> htpy.Element:
    kpi = view.catalog[view.city.wall.map]
    reading = snapshot.reading(kpi.id)
    words = text.say(view.lang, "{kpi} per {unit}", kpi=kpi.title[view.lang], unit=view.tree.unit)
    counts = text.say(
        view.lang,
        "{kelurahan} {unit} · {kecamatan} kecamatan",
        kelurahan=len(view.tree.kelurahan),
        unit=view.tree.unit,
        kecamatan=len(view.tree.kecamatan),
    )
    sketch = span(".schematic")[text.say(view.lang, "batas skematis")] if view.map.schematic else None
    return header(".part-head", id="map-title")[
        h2[words], span(".aside")[sketch, counts, (" · ", age(reading.freshness, view)) if reading else None]
    ]


def _ranking(snapshot: Snapshot, view: View) -> htpy.Element:
    kpi = view.catalog[view.city.wall.ranking]
    readings = [r for r in snapshot.readings if r.kpi == kpi.id and r.opd and r.area == snapshot.city and r.n]
    rows = [(short(r.opd or "", view.city), r) for r in rank(readings, kpi.better)]
    title = text.say(view.lang, "{kpi} per OPD", kpi=kpi.short[view.lang])
    return bars(title, rows, kpi, view, limit=RANKED, panel=False)


PAGE = Page(
    path="/dinding",
    title={"id": "Dinding", "en": "Wall"},
    theme="dark",
    roles=EVERYONE,
    parts=parts,
    layout=layout,
    areas=areas,
)
