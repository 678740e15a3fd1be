"""The newest still picture of each camera of the pack, as its connector leaves it on this machine's disk; nothing else there.

Only the pack says which cameras there are: what is asked for is looked up among them and never becomes a path itself.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from layers.city import City, SourceConfig
from layers.pictures import look

CONNECTOR = "cctv"
MOST_BYTES = 4 << 20
"""A larger picture is not given to a screen."""

OLDEST = timedelta(hours=24)
"""A picture older than this shows a street of another day: it is as if there were none."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """One camera of the pack: what it is called, the kelurahan that it looks at, and how old its picture may be."""

    source: str
    name: str
    title: str
    area: str | None
    budget: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """A camera, and when its picture was new; ``at`` is ``None`` where it has none that may be shown."""

    camera: Camera
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """The bytes of a picture, and the type that they say of themselves."""

    type: str
    body: bytes


class Stills:
    """The pictures under ``data/stills``."""

    def __init__(self, city: City, data: Path) -> None:
        self._root = data / "stills"
        self._cameras = {
            (camera.source, camera.name): camera
            for source in city.sources
            if source.connector == CONNECTOR
            for camera in _cameras(source)
        }

    def seen(self, now: datetime) -> tuple[Still, ...]:
        """Every camera in the order of the pack."""
        return tuple(Still(camera=camera, at=self._at(camera, now)) for camera in self._cameras.values())

    def _at(self, camera: Camera, now: datetime) -> datetime | None:
        try:
            found = (self._root / camera.source / f"{camera.name}.jpg").lstat()
        except OSError:
            return None
        at = datetime.fromtimestamp(found.st_mtime, UTC)
        return at if _fit(found) and now - at <= OLDEST else None

    def read(self, source: str, name: str, now: datetime) -> Shot | None:
        """The picture of a camera of the pack; ``None`` where it has none, or what lies there is no whole picture."""
        camera = self._cameras.get((source, name))
        if camera is None:
            return None
        try:
            folder = os.open(self._root / camera.source, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                handle = os.open(f"{camera.name}.jpg", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
            finally:
                os.close(folder)
        except OSError:
            return None
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(file.fileno())
            if not _fit(found) or now.timestamp() - found.st_mtime > OLDEST.total_seconds():
                return None
            body = file.read(MOST_BYTES + 1)
        picture = look(body) if len(body) <= MOST_BYTES else None
        return Shot(type=f"image/{picture.form}", body=body) if picture else None


def _fit(found: os.stat_result) -> bool:
    return stat.S_ISREG(found.st_mode) and 0 < found.st_size <= MOST_BYTES


def _cameras(source: SourceConfig) -> list[Camera]:
    """The cameras of a source whose names are such as its connector takes; of what is stated of them no more than is shown."""
    given = source.config.get("cameras")
    stated = [one for one in given if isinstance(one, Mapping)] if isinstance(given, list | tuple) else []
    return [_camera(source, one) for one in stated if _NAME.fullmatch(str(one.get("name", "")))]


def _camera(source: SourceConfig, stated: Mapping[str, Any]) -> Camera:
    name, area = str(stated["name"]), stated.get("area")
    title = str(stated.get("title") or name)
    return Camera(source=source.name, name=name, title=title, area=str(area) if area else None, budget=source.budget)
