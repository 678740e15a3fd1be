"""The wall: one scene at a time between a header and a footer, on one screen without scrolling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import htpy
from htpy import div, section

from dashboard import text
from dashboard.page import EVERYONE, AreaPaint, Page
from dashboard.parts.frame import banner, events, wall_header
from dashboard.parts.map import paints
from dashboard.parts.qr import qr
from dashboard.scene import ASKS, Shown, scenes, shown, sparse
from layers.model import Role
from layers.snapshot import Snapshot

if TYPE_CHECKING:
    from dashboard.page import View


FEW_TILES = 4
"""Tiles of the sparse composition, beside its main thing."""


def parts(snapshot: Snapshot, view: View) -> dict[str, htpy.Element]:
    """Header, footer and every part of the scene that a new snapshot can change."""
    scene = shown(view)
    return {
        "notice": banner(snapshot),
        "head": wall_header(snapshot, view),
        "events": events(snapshot.events, view),
        **scenes()[scene.name].parts(snapshot, view, scene),
    }


def areas(snapshot: Snapshot, view: View) -> dict[str, AreaPaint]:
    """Colours of the scene's map."""
    kpi = shown(view).map
    return paints(snapshot, view, view.catalog[kpi]) if kpi else {}


def layout(found: dict[str, htpy.Element], view: View, paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """The scene in its frame."""
    scene = shown(view)
    few = sparse(view)
    marks = {
        "data-scene": scene.name,
        "data-composition": "sparse" if few else "dense",
        "data-reports": view.scope.role is Role.SCREEN,
    }
    if few:
        return div(".wall", marks)[found["head"], found["notice"], _few(found, view, scene, paint)]
    return div(".wall", marks)[
        found["head"],
        found["notice"],
        scenes()[scene.name].layout(found, view, scene, paint),
        _foot(found["events"], view, scene),
    ]


def _few(found: Mapping[str, htpy.Element], view: View, scene: Shown, paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """Fewer and larger: the scene's first tiles, and beside them the one thing that it is about.

    A scene that has neither keeps its layout, and its styles leave out what has no room.
    """
    main = scenes()[scene.name].main
    tiles = [tile for name in scene.tiles if (tile := found.get(f"tile-{name}"))][:FEW_TILES]
    if not tiles and main is None:
        return scenes()[scene.name].layout(found, view, scene, paint)
    return htpy.main(".few", data_main=main is not None)[
        section(".tiles", aria_label=text.say(view.lang, "Kondisi terkini"))[tiles] if tiles else None,
        div(".main")[main(found, view, scene, paint)] if main else None,
    ]


def _foot(events: htpy.Element, view: View, scene: Shown) -> htpy.Element:
    """What just happened; beside it the way to this scene for a telephone, where the room knows its address."""
    code = qr(f"{view.address}/dinding?adegan={scene.name}&diam", view) if view.address else None
    return div(".foot")[events, code] if code else events


PAGE = Page(
    path="/dinding",
    title={"id": "Dinding", "en": "Wall"},
    theme="dark",
    roles=EVERYONE,
    parts=parts,
    layout=layout,
    areas=areas,
    asks={"adegan": "|".join(scenes()), "diam": r"1?", **ASKS},
)
