"""What changed since yesterday: five sentences, each with its figure before and now and its small charts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import htpy

from dashboard.page import AreaPaint
from dashboard.parts.moved import moved
from dashboard.scene import Scene, Shown, titled
from layers.city import City, SceneConfig
from layers.snapshot import Snapshot

if TYPE_CHECKING:
    from dashboard.page import View


def usual(_city: City) -> SceneConfig:
    return SceneConfig(name="perubahan")


def parts(snapshot: Snapshot, view: View, _shown: Shown) -> dict[str, htpy.Element]:
    """One part: which five there are, and their order, is chosen anew each time."""
    return {"moved": moved(snapshot, view)}


def layout(found: Mapping[str, htpy.Element], _view: View, _shown: Shown, _paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """All of them, one below the other."""
    return htpy.main(".scene-grid.perubahan")[found["moved"]]


SCENE = Scene(
    order=7,
    title=titled("Apa yang berubah sejak kemarin", "What changed since yesterday"),
    usual=usual,
    parts=parts,
    layout=layout,
)
