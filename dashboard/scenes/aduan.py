"""Complaints: what came in and where each stands, over three months, by category and by channel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

import htpy
from htpy import div, section

from dashboard import text
from dashboard.page import AreaPaint
from dashboard.parts.composition import Piece, composition
from dashboard.parts.kinds import kinds
from dashboard.parts.map import map_legend, map_overlay, map_stage
from dashboard.parts.stage import map_title, tiles
from dashboard.parts.trend import Series, trend
from dashboard.scene import Scene, Shown, titled
from layers.city import City, SceneConfig
from layers.drill import Query
from layers.model import Status
from layers.snapshot import Freshness, Snapshot

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.drill import Drill

RECEIVED = "aduan_masuk_tahun_ini"
OPEN = "aduan_terbuka"
STATUSES = (
    (Status.DONE, "Selesai", "done"),
    (Status.IN_PROCESS, "Diproses", "doing"),
    (Status.WAITING, "Menunggu", "waiting"),
    (Status.NOT_OURS, "Bukan kewenangan", "out"),
    (Status.DUPLICATE, "Duplikat", "out"),
    (Status.REJECTED, "Ditolak", "out"),
)


def usual(_city: City) -> SceneConfig:
    return SceneConfig(
        name="aduan",
        tiles=(
            "aduan_masuk_hari_ini", "aduan_selesai_hari_ini", "aduan_jatuh_tempo", "aduan_di_atas_60_hari",
            "tingkat_penyelesaian", "penutupan_terbukti",
        ),
        map="aduan_terbuka",
    )  # fmt: skip


def parts(snapshot: Snapshot, view: View, shown: Shown) -> dict[str, htpy.Element]:
    """Every part of the scene that a new snapshot can change."""
    kpi = view.catalog[shown.map or OPEN]
    drill = view.drill(Query()) if view.drill else None
    return {
        **tiles(snapshot, view, shown.tiles),
        "statuses": _statuses(snapshot, view),
        "map-title": map_title(snapshot, view, kpi),
        "map-legend": map_legend(snapshot, view, kpi),
        "map-overlay": map_overlay(snapshot.dots, snapshot.attention, view, alarms=snapshot.alarms),
        **_drilled(drill, snapshot, view),
    }


def _statuses(snapshot: Snapshot, view: View) -> htpy.Element:
    """All that were received this year by where they stand now."""
    known = [(name, look, snapshot.reading(f"aduan_status_{status.value}")) for status, name, look in STATUSES]
    pieces = [Piece(label=text.say(view.lang, name), reading=r, look=look) for name, look, r in known if r]
    title = text.say(view.lang, "Aduan masuk tahun ini")
    return composition(title, snapshot.reading(RECEIVED), pieces, view, element="statuses")


def _drilled(drill: Drill | None, snapshot: Snapshot, view: View) -> dict[str, htpy.Element]:
    """Three months of days, and the open cases by category and channel."""
    origin = snapshot.reading(OPEN)
    if drill is None or origin is None:
        words = text.say(view.lang, "Rincian tersedia setelah data pertama selesai diambil.")
        return {name: section(id=name)[htpy.p(".empty")[words]] for name in ("trend", "by-category", "by-channel")}
    lines = [
        Series(label=text.say(view.lang, "masuk"), values=drill.received, look="a"),
        Series(label=text.say(view.lang, "selesai"), values=drill.closed, look="b"),
    ]
    title = text.say(view.lang, "Aduan masuk dan selesai per hari, 90 hari")
    formula = text.say(view.lang, "aduan yang diterima, dan yang ditutup sebagai selesai, pada tiap hari setempat")
    data = origin.freshness if origin else Freshness(observed_at=None, fetched_at=None, budget=timedelta())
    return {
        "trend": trend(title, drill.days, lines, (origin, view.catalog[OPEN]), view, formula=formula),
        "by-category": kinds(
            text.say(view.lang, "Terbuka menurut kategori"), drill.by_category, data, view, element="by-category"
        ),
        "by-channel": kinds(
            text.say(view.lang, "Terbuka menurut kanal"), drill.by_channel, data, view, element="by-channel", limit=6
        ),
    }


def layout(found: Mapping[str, htpy.Element], view: View, shown: Shown, paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """The strip of statuses over everything; below it tiles, the days over the map, the kinds."""
    return htpy.main(".scene-grid.aduan")[
        found["statuses"],
        section(".tiles", aria_label=text.say(view.lang, "Kondisi terkini"))[[found[f"tile-{name}"] for name in shown.tiles]],
        div(".middle")[main(found, view, shown, paint), found["trend"]],
        div(".right")[found["by-category"], found["by-channel"]],
    ]


def main(found: Mapping[str, htpy.Element], view: View, _shown: Shown, paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """The map; from afar it stands alone beside the tiles."""
    return section(".hero")[found["map-title"], map_stage(view, paint, found["map-overlay"]), found["map-legend"]]


SCENE = Scene(order=2, title=titled("Aduan", "Complaints"), usual=usual, parts=parts, layout=layout, main=main)
