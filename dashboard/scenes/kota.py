"""The city today: its figures at the left, the map as the hero, what needs attention at the right."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

import htpy
from htpy import div, section

from dashboard import text
from dashboard.page import AreaPaint
from dashboard.parts.arrivals import arrivals
from dashboard.parts.attention import attention
from dashboard.parts.map import map_legend, map_overlay, map_stage
from dashboard.parts.stage import map_title, ranking, tiles
from dashboard.scene import Scene, Shown
from layers.areas import region
from layers.city import City, SceneConfig
from layers.snapshot import Freshness, Snapshot

if TYPE_CHECKING:
    from dashboard.page import View

TITLES = {"kota": "Kota hari ini", "kabupaten": "Kabupaten hari ini"}
ARRIVALS = "aduan_masuk_hari_ini"


def title(view: View) -> str:
    return text.say(view.lang, TITLES[region(view.city.code)])


def usual(city: City) -> SceneConfig:
    return SceneConfig(name="kota", tiles=city.wall.tiles, map=city.wall.map, ranking=city.wall.ranking)


def parts(snapshot: Snapshot, view: View, shown: Shown) -> dict[str, htpy.Element]:
    """Every part of the scene that a new snapshot can change."""
    kpi = view.catalog[shown.map or view.city.wall.map]
    return {
        "map-title": map_title(snapshot, view, kpi),
        "map-legend": map_legend(snapshot, view, kpi),
        "map-overlay": map_overlay(snapshot.dots, snapshot.attention, view, alarms=snapshot.alarms),
        "attention": attention(
            snapshot.attention,
            _behind(snapshot, shown),
            view,
            alarms=snapshot.alarms,
            flood=snapshot.state.flood if snapshot.state else None,
        ),
        "ranking": ranking(snapshot, view, view.catalog[shown.ranking or view.city.wall.ranking]),
        "arrivals": arrivals(snapshot.arrivals, snapshot.reading(ARRIVALS), view),
        **tiles(snapshot, view, shown.tiles),
    }


def layout(found: Mapping[str, htpy.Element], view: View, shown: Shown, paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """Tiles, map with the day's arrivals below it, attention above the ranking."""
    return htpy.main(".scene-grid")[
        section(".tiles", aria_label=text.say(view.lang, "Kondisi terkini"))[[found[f"tile-{name}"] for name in shown.tiles]],
        div(".middle")[
            section(".hero")[found["map-title"], map_stage(view, paint, found["map-overlay"]), found["map-legend"]],
            found["arrivals"],
        ],
        div(".right")[found["attention"], found["ranking"]],
    ]


def _behind(snapshot: Snapshot, shown: Shown) -> Freshness:
    """The age of the data behind the list: that of the first tile."""
    reading = snapshot.reading(shown.tiles[0])
    return reading.freshness if reading else Freshness(observed_at=None, fetched_at=None, budget=timedelta())


def main(found: Mapping[str, htpy.Element], _view: View, _shown: Shown, _paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """From afar: what needs attention."""
    return found["attention"]


SCENE = Scene(order=1, title=title, usual=usual, parts=parts, layout=layout, main=main)
