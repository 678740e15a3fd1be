"""Links of the offices and sites of the OPDs: what answers, what does not and since when, and what is wrong with the sites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import htpy
from htpy import div, section

from dashboard import text
from dashboard.page import AreaPaint
from dashboard.parts.map import map_legend, map_stage
from dashboard.parts.outages import down
from dashboard.parts.sites import sites
from dashboard.parts.spots import Mark, spot_legend, spots
from dashboard.parts.stage import map_title, ranking, tiles
from dashboard.scene import Scene, Shown, titled
from layers.city import City, SceneConfig
from layers.model import UNPLACED
from layers.outages import HOURS, OFFICES, SITES
from layers.ranking import at_level
from layers.snapshot import Band, Freshness, Snapshot, State

if TYPE_CHECKING:
    from dashboard.page import View

CONNECTED = "kantor_terhubung"
ALL = 100.0
WORDS = {Band.NORMAL: "kantor terhubung", Band.WATCH: "sebagian terputus", Band.ACT: "terputus"}
_BEHIND = {
    State.LATE: "Tidak ada yang tercatat, tetapi datanya belum mutakhir.",
    State.STALE: "Tidak ada yang tercatat, tetapi datanya belum mutakhir.",
    State.NEVER: "Belum ada data. Daftar ini terisi setelah sumber pertama diambil.",
}
OFFICES_WELL = {State.LIVE: "Semua kantor yang diawasi terhubung.", **_BEHIND}
SITES_WELL = {State.LIVE: "Semua situs yang diawasi dapat dibuka.", **_BEHIND}


def usual(_city: City) -> SceneConfig:
    return SceneConfig(
        name="jaringan",
        tiles=(
            "kantor_terhubung", "situs_terjangkau", "jam_putus_bulan_ini", "latensi_kantor",
            "kehilangan_paket", "situs_sertifikat_habis", "situs_disusupi", "medsos_per_minggu",
        ),
        map=HOURS,
        ranking=HOURS,
    )  # fmt: skip


def parts(snapshot: Snapshot, view: View, shown: Shown) -> dict[str, htpy.Element]:
    """Every part of the scene that a new snapshot can change."""
    kpi, whole = view.catalog[shown.map or HOURS], snapshot.reading(CONNECTED)
    data = whole.freshness if whole else Freshness(observed_at=None, fetched_at=None, budget=view.city.retention.raw)
    marks = _offices(snapshot, view)
    return {
        **tiles(snapshot, view, shown.tiles),
        "map-title": map_title(snapshot, view, kpi),
        "map-legend": map_legend(snapshot, view, kpi, signs=False),
        "map-marks": spot_legend(marks, WORDS, data, view, beside=_unplaced(snapshot, view)),
        "map-overlay": spots(marks, view, alarms=snapshot.alarms),
        "ranking": ranking(snapshot, view, view.catalog[shown.ranking or HOURS], ("opd", "kecamatan")),
        "offices-down": down(
            text.say(view.lang, "Kantor terputus"), OFFICES, snapshot, view, element="offices-down", calm=OFFICES_WELL
        ),
        "sites-down": down(text.say(view.lang, "Situs mati"), SITES, snapshot, view, element="sites-down", calm=SITES_WELL),
        "sites": sites(snapshot, view),
    }


def _offices(snapshot: Snapshot, view: View) -> list[Mark]:
    """The kelurahan with an office that is watched: all of its links up, some, or none."""
    found = [] if CONNECTED not in view.catalog else at_level(snapshot, view.tree, view.catalog[CONNECTED], "kelurahan")
    bands = {0.0: Band.ACT, ALL: Band.NORMAL}
    return [Mark(area=r.area, band=bands.get(r.value, Band.WATCH)) for r in found if r.value is not None]


def _unplaced(snapshot: Snapshot, view: View) -> str | None:
    """The offices that stand in no kelurahan, as those of a kecamatan may."""
    found = snapshot.reading(CONNECTED, UNPLACED)
    if found is None or found.value is None:
        return None
    up, every = (text.number(n or 0, 0, view.lang) for n in (found.evidence.numerator, found.evidence.denominator))
    return text.say(view.lang, "di luar peta: {up} dari {all} terhubung", up=up, all=every)


def layout(found: Mapping[str, htpy.Element], view: View, shown: Shown, paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """Tiles; the map over the ranking; what is down over the sites."""
    return htpy.main(".scene-grid.jaringan")[
        section(".tiles", aria_label=text.say(view.lang, "Kondisi terkini"))[[found[f"tile-{name}"] for name in shown.tiles]],
        div(".middle")[_hero(found, view, paint), found["ranking"]],
        div(".right")[found["offices-down"], found["sites-down"], found["sites"]],
    ]


def _hero(found: Mapping[str, htpy.Element], view: View, paint: Mapping[str, AreaPaint]) -> htpy.Element:
    return section(".hero")[
        found["map-title"],
        map_stage(view, paint, found["map-overlay"]),
        div(".legends")[found["map-legend"], found["map-marks"]],
    ]


def main(found: Mapping[str, htpy.Element], view: View, _shown: Shown, paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """From afar: what is down; while nothing is, the map of the offices."""
    return div(".stack")[found["offices-down"], found["sites-down"], _hero(found, view, paint)]


SCENE = Scene(
    order=5, title=titled("Jaringan dan situs OPD", "Links and sites"), usual=usual, parts=parts, layout=layout, main=main
)
