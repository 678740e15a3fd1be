"""Services at the counters of the kelurahan: how many, in time or not, how long people waited, and what they thought of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import htpy
from htpy import div, section

from dashboard import text
from dashboard.page import AreaPaint
from dashboard.parts.columns import columns
from dashboard.parts.map import map_legend, map_stage
from dashboard.parts.places import places
from dashboard.parts.satisfaction import satisfaction
from dashboard.parts.spots import Mark, spot_legend, spots
from dashboard.parts.stage import map_title, ranking, tiles
from dashboard.scene import Scene, Shown, titled
from layers.city import City, SceneConfig
from layers.ranking import at_level
from layers.snapshot import Band, Freshness, Snapshot, State

if TYPE_CHECKING:
    from dashboard.page import View

DAYS, SILENT, ON_TIME = "layanan_hari_ini", "loket_tidak_melapor", "layanan_tepat_waktu"
CALM = {
    State.LIVE: "Semua loket yang wajib melapor sudah melapor.",
    State.LATE: "Tidak ada yang tercatat, tetapi datanya belum mutakhir.",
    State.STALE: "Tidak ada yang tercatat, tetapi datanya belum mutakhir.",
    State.NEVER: "Belum ada data. Daftar ini terisi setelah sumber pertama diambil.",
}


def usual(_city: City) -> SceneConfig:
    return SceneConfig(
        name="layanan",
        tiles=(
            "layanan_hari_ini", "layanan_30h", "layanan_tepat_waktu", "antrean_median",
            "antrean_p90", "antrean_terlayani", "layanan_digital", "pemakaian_digital",
        ),
        map=ON_TIME,
        ranking=ON_TIME,
    )  # fmt: skip


def parts(snapshot: Snapshot, view: View, shown: Shown) -> dict[str, htpy.Element]:
    """Every part of the scene that a new snapshot can change."""
    kpi = view.catalog[shown.map or ON_TIME]
    silent, today = view.catalog.get(SILENT), snapshot.reading(DAYS)
    missing = [r.area for r in at_level(snapshot, view.tree, silent, "kelurahan") if r.value] if silent else []
    marks = [Mark(area=area, band=Band.WATCH) for area in missing]
    counted = snapshot.reading(SILENT)
    data = counted.freshness if counted else Freshness(observed_at=None, fetched_at=None, budget=view.city.retention.raw)
    days = next((trend for trend in snapshot.trends if trend.kpi == DAYS and trend.area == snapshot.city), None)
    return {
        **tiles(snapshot, view, shown.tiles),
        "map-title": map_title(snapshot, view, kpi),
        "map-legend": map_legend(snapshot, view, kpi, signs=False),
        "map-marks": spot_legend(marks, {Band.WATCH: "loket tidak melapor"}, data, view),
        "map-overlay": spots(marks, view, alarms=snapshot.alarms),
        "days": columns(text.say(view.lang, "Layanan per hari, 30 hari"), days, today, view.catalog[DAYS], view, element="days"),
        "satisfaction": satisfaction(snapshot, view),
        "silent": places(
            text.say(view.lang, "Loket tidak melapor"), snapshot, silent, view, element="silent", calm=CALM
        ),
        "ranking": ranking(snapshot, view, view.catalog[shown.ranking or ON_TIME], ("kelurahan", "kecamatan", "opd")),
    }  # fmt: skip


def layout(found: Mapping[str, htpy.Element], view: View, shown: Shown, paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """Tiles; the map over the days; satisfaction over the silent counters and the ranking."""
    return htpy.main(".scene-grid.layanan")[
        section(".tiles", aria_label=text.say(view.lang, "Kondisi terkini"))[[found[f"tile-{name}"] for name in shown.tiles]],
        div(".middle")[
            section(".hero")[
                found["map-title"],
                map_stage(view, paint, found["map-overlay"]),
                div(".legends")[found["map-legend"], found["map-marks"]],
            ],
            found["days"],
        ],
        div(".right")[found["satisfaction"], found["ranking"], found["silent"]],
    ]


def main(found: Mapping[str, htpy.Element], _view: View, _shown: Shown, _paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """From afar: where people have to wait."""
    return found["ranking"]


SCENE = Scene(order=3, title=titled("Layanan kelurahan", "Services"), usual=usual, parts=parts, layout=layout, main=main)
