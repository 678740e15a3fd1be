"""The wall: one scene at a time between a header and a footer, on one screen without scrolling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import htpy
from htpy import div

from dashboard.page import EVERYONE, AreaPaint, Page
from dashboard.parts.frame import banner, events, wall_header
from dashboard.parts.map import paints
from dashboard.scene import scenes, shown
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
        found["head"], found["notice"], scenes()[scene.name].layout(found, view, scene, paint), found["events"]
    ]


PAGE = Page(
    path="/dinding",
    title={"id": "Dinding", "en": "Wall"},
    theme="dark",
    roles=EVERYONE,
    parts=parts,
    layout=layout,
    areas=areas,
    asks={"adegan": "|".join(scenes()), "diam": r"1?"},
)
