"""The wall: one scene at a time between a header and a footer, on one screen without scrolling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import htpy
from htpy import div

from dashboard.page import EVERYONE, AreaPaint, Page
from dashboard.parts.frame import banner, events, wall_header
from dashboard.parts.map import paints
from dashboard.parts.qr import qr
from dashboard.scene import Shown, scenes, shown
from layers.snapshot import Snapshot

if TYPE_CHECKING:
    from dashboard.page import View


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
    return div(".wall", {"data-scene": scene.name})[
        found["head"],
        found["notice"],
        scenes()[scene.name].layout(found, view, scene, paint),
        _foot(found["events"], view, scene),
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
    asks={"adegan": "|".join(scenes()), "layar": r"[a-z0-9][a-z0-9 _.-]{0,39}", "diam": r"1?"},
)
