"""The room of a city in which one kelurahan has something of everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

from dashboard.questions import Questions
from dashboard.room import Room
from layers.areas import AreaTree
from layers.boundaries import load_boundaries
from layers.city import City
from layers.citykpis import catalog_of
from layers.model import Record
from layers.publish import build
from layers.rows import Rooms
from layers.snapshot import Snapshot
from tests.layers.furnished import city, filled
from tests.layers.made import NOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Furnished:
    """The room, and what it published."""

    room: Room
    snapshot: Snapshot
    city: City


_FOLDER = TemporaryDirectory()


@cache
def furnished() -> Furnished:
    """The room at noon of 22 November 2026, made once for all tests of a process."""
    return room_of(Path(_FOLDER.name))


def room_of(folder: Path, found: Sequence[Record] | None = None) -> Furnished:
    """The same with other records."""
    here = city()
    tree, kpis = AreaTree.of(here), catalog_of(here)
    store, frames = filled(folder, here, found)
    snapshot = build(frames, kpis, tree, here, store, NOW, 1, "Data contoh")
    facts = list(store.source_states())
    store.close()
    rooms = Rooms(frames, tree, here, lambda: facts)
    questions = Questions(
        city=here, tree=tree, catalog=kpis, frames=frames, facts=lambda: facts, now=lambda: NOW, figures=partial(rooms.at, NOW)
    )
    room = Room(**questions.answered(), map=load_boundaries(here, folder).asset, address="http://ruang.contoh.go.id")
    return Furnished(room=room, snapshot=snapshot, city=here)
