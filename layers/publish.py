"""Frames to an immutable Snapshot, and the Snapshot to the cache: every standard cut of every KPI at one version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from layers.areas import AreaTree
from layers.catalog import Kpi
from layers.city import City
from layers.explain import attention
from layers.frames import Frames
from layers.happenings import arrivals, dots, events
from layers.model import Kind, Snapshot
from layers.readings import Room, readings
from layers.runs import SourceFacts
from layers.trends import trends
from layers.wire import WireError, decode, encode

__all__ = ["build", "decode", "encode", "publish", "read_snapshot"]

SNAPSHOT = "snapshot.json"


class Knows(Protocol):
    """What a snapshot needs of the store."""

    def source_states(self) -> Iterable[SourceFacts]:
        """What is known of every source that ever ran."""


class Board(Protocol):
    """What publishing needs of the cache."""

    def publish_snapshot(self, version: int, body: bytes) -> object:
        """Keep the body, flip the pointer if the version rises, and tell whoever listens."""


def build(
    frames: Frames,
    catalog: Mapping[str, Kpi],
    tree: AreaTree,
    city: City,
    store: Knows,
    now: datetime,
    version: int,
    notice: str | None = None,
) -> Snapshot:
    """Every standard cut of every KPI as known at ``now``: city, kecamatan, kelurahan with the unplaced, and OPD."""
    now = now.astimezone(UTC)
    room = Room(frames.view(), tree, city, store.source_states(), now)
    complaints = room.recent(Kind.COMPLAINT)
    shown = tuple(reading for kpi in catalog.values() for reading in readings(kpi, room))
    return Snapshot(
        version=version,
        city=city.code,
        built_at=now,
        notice=notice,
        readings=shown,
        trends=trends(frames, catalog, room, shown),
        arrivals=arrivals(complaints, city, now),
        attention=attention(complaints, room.sources, tree, city, now),
        events=events(complaints, room.recent(Kind.PACKAGE), tree, city, now),
        dots=dots(complaints, now),
        sources=room.sources,
    )


def publish(snapshot: Snapshot, cache: Board, directory: Path) -> None:
    """Write the snapshot beside the frames, so that a web worker can start without the cache, then to the cache.

    The cache's own error is the caller's to handle: the file is already there.
    """
    body = encode(snapshot)
    directory.mkdir(parents=True, exist_ok=True)
    part = directory / (SNAPSHOT + ".part")
    part.write_bytes(body)
    part.replace(directory / SNAPSHOT)
    cache.publish_snapshot(snapshot.version, body)


def read_snapshot(directory: Path) -> Snapshot | None:
    """The snapshot last written beside the frames, or ``None`` when there is none that can be read."""
    try:
        return decode((directory / SNAPSHOT).read_bytes())
    except (FileNotFoundError, WireError):
        return None
