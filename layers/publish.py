"""Frames to an immutable Snapshot, and the Snapshot to the cache: every standard cut of every KPI at one version."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from layers.areas import AreaTree
from layers.cache import CacheDown
from layers.catalog import Kpi
from layers.catalog import catalog as declared
from layers.city import City
from layers.explain import attention
from layers.findings import Look
from layers.frames import Views
from layers.happenings import arrivals, dots, events
from layers.model import Kind
from layers.observed import observations
from layers.outages import outages
from layers.readings import Room, readings
from layers.reconcile import listed, marked, mismatches
from layers.runs import SourceFacts
from layers.snapshot import Snapshot
from layers.trends import courses, trends
from layers.unusual import unusual
from layers.wire import WireError, decode, encode

__all__ = ["build", "decode", "encode", "publish", "read_snapshot"]

SNAPSHOT = "snapshot.json"
_ARRIVALS = "aduan_masuk_hari_ini"


class Knows(Protocol):
    """What a snapshot needs of the store."""

    def source_states(self) -> Iterable[SourceFacts]:
        """What is known of every source that ever ran."""


class Watch(Protocol):
    """What adds alarms and the city's state to a snapshot: :class:`layers.alarmbook.AlarmBook`."""

    def watch(self, look: Look) -> Snapshot:
        """The snapshot with them."""


class Board(Protocol):
    """What publishing needs of the cache."""

    def publish_snapshot(self, version: int, body: bytes) -> object:
        """Keep the body, flip the pointer if the version rises, and tell whoever listens."""


def build(
    frames: Views,
    catalog: Mapping[str, Kpi],
    tree: AreaTree,
    city: City,
    store: Knows,
    now: datetime,
    version: int,
    notice: str | None = None,
    alarms: Watch | None = None,
) -> Snapshot:
    """Every standard cut of every KPI as known at ``now``: city, kecamatan, kelurahan with the unplaced, and OPD.

    With ``alarms`` the rules are applied, and what follows is kept.
    """
    now = now.astimezone(UTC)
    room = Room(frames.view(), tree, city, store.source_states(), now)
    complaints = room.recent(Kind.COMPLAINT)
    shown = tuple(readings(catalog.values(), room))
    channels = arrivals(complaints, room.sources, city, now)
    differing = mismatches(room, catalog, shown, channels)
    shown = marked(shown, differing, room)
    made = Snapshot(
        version=version,
        city=city.code,
        built_at=now,
        notice=notice,
        readings=shown,
        trends=trends(frames, catalog, room, shown),
        arrivals=channels,
        attention=attention(
            complaints, unusual(complaints, room, (declared()[_ARRIVALS],)), room.sources, tree, city, now, differing
        ),
        events=events(complaints, room.recent(Kind.PACKAGE), tree, city, now),
        dots=dots(complaints, city, now),
        sources=room.sources,
        mismatches=listed(differing),
        courses=courses(catalog, room, shown),
        observations=observations(room),
        outages=outages(room, catalog),
    )
    look = Look(snapshot=made, complaints=complaints, catalog=catalog, tree=tree, city=city)
    return alarms.watch(look) if alarms else made


def publish(snapshot: Snapshot, cache: Board, directory: Path) -> None:
    """Write the snapshot beside the frames, so that a web worker can start without the cache, then to the cache.

    Several processes may publish at once: the newest version stays, in the file as in the cache. The
    cache's own error is the caller's to handle: the file is already there. Where the file cannot be
    written (a full disk) the cache is told all the same, then the ``OSError`` is raised.
    """
    body = encode(snapshot)
    try:
        _keep(snapshot, body, directory)
    except OSError:
        with suppress(CacheDown):  # the disk is the worse trouble of the two
            cache.publish_snapshot(snapshot.version, body)
        raise
    cache.publish_snapshot(snapshot.version, body)


def _keep(snapshot: Snapshot, body: bytes, directory: Path) -> None:
    """Replace the file whole, unless it holds this city's snapshot of the same or a newer version."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / (SNAPSHOT + ".lock")).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        held = read_snapshot(directory)
        if held is not None and held.city == snapshot.city and held.version >= snapshot.version:
            return
        for left in directory.glob(SNAPSHOT + ".*.part"):  # of a process that was killed: nobody else is at work here
            left.unlink(missing_ok=True)
        part = directory / f"{SNAPSHOT}.{uuid4().hex}.part"
        try:
            with part.open("xb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            part.replace(directory / SNAPSHOT)
        finally:
            part.unlink(missing_ok=True)


def read_snapshot(directory: Path) -> Snapshot | None:
    """The snapshot last written beside the frames, or ``None`` when there is none that can be read."""
    try:
        return decode((directory / SNAPSHOT).read_bytes())
    except (FileNotFoundError, WireError):
        return None
