"""The situation: rain now and to come, warnings, floods and gauges, emergency calls, air, quakes, and what the cameras see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import htpy
from htpy import div, section

from dashboard import text
from dashboard.page import AreaPaint
from dashboard.parts.map import map_legend, map_stage
from dashboard.parts.situation import air, calls, legend, overlay, quakes, rain, warnings, water
from dashboard.parts.stage import map_title, tiles
from dashboard.parts.stills import stills
from dashboard.scene import Scene, Shown, titled
from layers.city import City, SceneConfig
from layers.snapshot import Snapshot

if TYPE_CHECKING:
    from dashboard.page import View

RAIN = "hujan_24j"
TILES = ("hujan_kini", "peringatan_cuaca", "tinggi_banjir_24j", "tiba_112_24j")


def usual(city: City) -> SceneConfig:
    return SceneConfig(name="situasi", tiles=tuple(name for name in TILES if name not in city.kpis_off), map=RAIN)


def parts(snapshot: Snapshot, view: View, shown: Shown) -> dict[str, htpy.Element]:
    """Every part of the scene that a new snapshot can change."""
    kpi = view.catalog[shown.map or RAIN]
    return {
        **tiles(snapshot, view, shown.tiles),
        "map-title": map_title(snapshot, view, kpi),
        "map-legend": map_legend(snapshot, view, kpi, signs=False, more=legend(view)),
        "map-overlay": overlay(snapshot, view),
        "rain": rain(snapshot, view),
        "warnings": warnings(snapshot, view),
        "water": water(snapshot, view),
        "calls": calls(snapshot, view),
        "air": air(snapshot, view),
        "quakes": quakes(snapshot, view),
        "stills": stills(view.stills(), snapshot.reading("kamera_segar"), view),
    }


def layout(found: Mapping[str, htpy.Element], view: View, shown: Shown, paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """Tiles over the air, the map over the coming rain, the lists; below all of it the cameras, where there are any."""
    return htpy.main(".scene-grid.situasi")[
        div(".left")[
            section(".tiles", aria_label=text.say(view.lang, "Kondisi terkini"))[[found[f"tile-{name}"] for name in shown.tiles]],
            found["air"],
            found["quakes"],
        ],
        div(".middle")[
            section(".hero")[found["map-title"], map_stage(view, paint, found["map-overlay"]), found["map-legend"]],
            found["rain"],
        ],
        div(".right")[found["warnings"], found["water"], found["calls"]],
        found["stills"],
    ]


def main(found: Mapping[str, htpy.Element], _view: View, _shown: Shown, _paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """From afar: who is warned, where the water stands, who has called."""
    return div(".stack")[found["warnings"], found["water"], found["calls"]]


SCENE = Scene(order=6, title=titled("Situasi", "Situation"), usual=usual, parts=parts, layout=layout, main=main)
