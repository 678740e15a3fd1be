"""A room over random records of every kind, for the page of analysis: real frames, real answers."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from dashboard.room import Room
from layers.analysis.desk import Analyst
from layers.areas import AreaTree
from layers.boundaries import load_boundaries
from layers.catalog import catalog
from layers.city import load
from layers.frames import Still
from layers.model import Scope
from layers.publish import build
from layers.snapshot import Snapshot
from tests.layers.histories import view
from tests.layers.made import NOW

CITY = load("36.71")
TREE = AreaTree.of(CITY)


class _Nobody:
    def source_states(self) -> list[object]:
        return []


@cache
def frames(seed: int = 1) -> Still:
    return Still(view(seed))


def analyst(scope: Scope) -> Analyst:
    """Somebody who asks at noon of 22 November 2026."""
    return Analyst(scope=scope, frames=frames(), catalog=catalog(), tree=TREE, city=CITY, facts=list, now=NOW)


def analysed(folder: Path) -> tuple[Room, Snapshot]:
    """The room and what it published."""
    room = Room(city=CITY, tree=TREE, map=load_boundaries(CITY, folder).asset, catalog=catalog(), analyst=analyst)
    return room, build(frames(), catalog(), TREE, CITY, _Nobody(), NOW, 1)  # type: ignore[arg-type]
