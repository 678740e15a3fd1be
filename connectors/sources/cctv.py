"""Still pictures of an allow-list of cameras: the newest of each on disk, and whether the camera lives. Nothing is recorded."""

from __future__ import annotations

import base64
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from connectors.fields import digest, need, need_moment, text
from connectors.http import Http, origin
from connectors.source import (
    AskForAccess,
    BadRow,
    Config,
    Context,
    Cursor,
    Excluded,
    FormChanged,
    Kept,
    Page,
    Place,
    Refused,
    Row,
    Sample,
    Source,
    SourceError,
)
from connectors.sources._measured import Steady, number
from layers.facts import Duration
from layers.model import Kind, Measurement
from layers.pictures import look

ALIVE, STATE = "kamera.gambar", "kamera.keadaan"
FRESH, FROZEN, UNREACHABLE, NO_PICTURE, CLOSED = range(5)
"""Codes of ``kamera.keadaan``: only the first is a living picture."""


class Camera(BaseModel):
    """One camera: ``name`` is its key and its file's name, ``area`` the kelurahan (dotted code) that it looks at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,60}$")]
    url: Annotated[str, Field(pattern=r"^https?://")]
    title: Annotated[str, Field(min_length=1, max_length=120)]
    area: str | None = None
    user: str | None = None
    password: str | None = None


class Cctv(Config):
    """``frozen``: the same bytes for so long are a frozen camera. ``keep``: how old a still may be before it is deleted.

    Each camera is given ``seconds`` and may send ``max_bytes``; ``at_once`` are asked together, all in ``total`` seconds.
    """

    cameras: Annotated[tuple[Camera, ...], Field(min_length=1, max_length=500)]
    frozen: Duration = timedelta(minutes=10)
    keep: Duration = timedelta(hours=1)
    seconds: Annotated[float, Field(gt=0, le=60)] = 8.0
    total: Annotated[float, Field(gt=0, le=600)] = 60.0
    max_bytes: Annotated[int, Field(ge=1 << 10, le=16 << 20)] = 4 << 20
    at_once: Annotated[int, Field(ge=1, le=32)] = 8

    @model_validator(mode="after")
    def _each_once(self) -> Cctv:
        twice = [name for name, n in Counter(camera.name for camera in self.cameras).items() if n > 1]
        if twice:
            raise ValueError(f"kamera dinyatakan dua kali: {', '.join(twice)}")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """What one camera gave: the mark of its picture, or the error."""

    camera: Camera
    mark: str | None = None
    error: SourceError | None = None
    requests: int = 0
    bytes: int = 0


def folder(ctx: Context) -> Path:
    """Where the newest stills of a source lie: ``DATA/stills/<source>/<camera>.jpg``, whatever their form."""
    return ctx.data / "stills" / ctx.source


def pages(http: Http, config: Cctv, cursor: Cursor | None, ctx: Context) -> Iterator[Page]:
    """One page: two rows for each camera. Where no camera at all gave a picture, the first one's error ends the run.

    A camera that is dead while others live is a row, not a failed run.
    """
    areas = [camera.area for camera in config.cameras if camera.area]
    try:
        ctx.city.check(opds=(), areas=areas)
    except ValueError as error:
        raise Refused(f"konfigurasi sumber salah: cameras: {error}") from error
    into = folder(ctx)
    into.mkdir(parents=True, exist_ok=True, mode=0o700)
    steady = Steady(cursor)
    end = monotonic() + config.total
    with ThreadPoolExecutor(config.at_once) as pool:
        shots = list(pool.map(lambda camera: _shoot(camera, config, into, steady.held(camera.name), end), config.cameras))
    http.requests += sum(shot.requests for shot in shots)
    http.bytes += sum(shot.bytes for shot in shots)
    rows = [row for shot in shots for row in _rows(shot, config, steady, into, ctx.now)]
    _sweep(into, config, ctx.now)
    errors = [shot.error for shot in shots if shot.error is not None]
    if len(errors) == len(shots):
        raise errors[0]
    gone = {key.partition("/")[0] for key in (cursor or {}).get("states", {})} - {camera.name for camera in config.cameras}
    rows += [{"kamera": name, "besaran": measure, "hapus": True} for name in sorted(gone) for measure in (ALIVE, STATE)]
    yield Page(rows=rows, cursor=steady.cursor)


def parse(row: Row, config: Cctv, ctx: Context) -> Kept | Excluded:  # noqa: ARG001 - one form for all connectors
    """One measure of one camera; one that was taken off the list ends."""
    camera, name = need(row, "kamera"), need(row, "besaran")
    if name not in (ALIVE, STATE):
        raise BadRow("besaran", f"besaran tidak dikenal: {name[:40]!r}")
    if row.get("hapus") is True:
        return Excluded(rule="tidak_lagi_terdaftar", ends=Kind.MEASUREMENT)
    since = need_moment(row, "sejak", ctx.city)
    state = int(number(row, "keadaan", FRESH, CLOSED))
    record = Measurement(
        source=ctx.source,
        source_id=f"{camera}/{name}",
        seen_at=ctx.now,
        known_at=since,
        name=name,
        subject=camera,
        value=float(state == FRESH) if name == ALIVE else float(state),
        unit="1/0" if name == ALIVE else "kode",
        measured=since,
    )
    return Kept(record=record, place=Place(code=text(row, "area")))


def key(row: Row) -> str | None:
    """The record's own id."""
    camera, name = text(row, "kamera"), text(row, "besaran")
    return f"{camera}/{name}" if camera and name else None


# --- pictures -----------------------------------------------------------------------------------------


def _shoot(camera: Camera, config: Cctv, into: Path, held: Any, end: float) -> Shot:
    """Ask one camera, within its own seconds and bytes, and put a new picture in the place of the old one."""
    headers = {}
    if camera.user is not None:
        login = base64.b64encode(f"{camera.user}:{camera.password or ''}".encode()).decode()
        headers["Authorization"] = f"Basic {login}"
    limit = timedelta(seconds=min(config.seconds, end - monotonic()))
    client = Http(frozenset({origin(camera.url)}), deadline=limit, max_bytes=config.max_bytes, pause=0.1)
    try:
        with client:
            answer = client.get(camera.url, headers=headers)
            answer.need_data()
            if look(answer.body) is None:
                raise FormChanged(f"jawaban kamera {camera.name} bukan gambar JPEG, PNG atau WebP yang utuh: {answer.url}")
    except SourceError as error:
        return Shot(camera=camera, error=error, requests=client.requests, bytes=client.bytes)
    mark = digest(answer.body)
    path = into / f"{camera.name}.jpg"
    if mark != held or not path.exists():
        _put(path, answer.body)
    return Shot(camera=camera, mark=mark, requests=client.requests, bytes=client.bytes)


def _put(path: Path, body: bytes) -> None:
    """Whole or not at all: who reads meanwhile gets the old picture or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _rows(shot: Shot, config: Cctv, steady: Steady, into: Path, now: datetime) -> Iterator[Row]:
    """The camera's state and since when. A picture's age counts from the first sight of its bytes; its file says it too."""
    name = shot.camera.name
    state, at = FRESH, now
    if shot.mark is not None:
        first = datetime.fromisoformat(steady.since(name, shot.mark, now))
        os.utime(into / f"{name}.jpg", (first.timestamp(), first.timestamp()))
        if now - first >= config.frozen:
            state, at = FROZEN, first + config.frozen
    else:
        state = _reason(shot.error)
        if (held := steady.held(name)) is not None:
            steady.since(name, held, now)
    since = steady.since(f"{name}/{STATE}", state, at)
    for measure in (ALIVE, STATE):
        yield {"kamera": name, "area": shot.camera.area, "besaran": measure, "keadaan": state, "sejak": since}


def _reason(error: SourceError | None) -> int:
    if isinstance(error, AskForAccess):
        return CLOSED
    return NO_PICTURE if isinstance(error, FormChanged) else UNREACHABLE


def _sweep(into: Path, config: Cctv, now: datetime) -> None:
    """Delete stills that are too old, of cameras that are not on the list any more, and what a killed run left."""
    listed = {f"{camera.name}.jpg" for camera in config.cameras}
    for path in into.iterdir():
        with suppress(FileNotFoundError):
            if path.name not in listed or now.timestamp() - path.stat().st_mtime > config.keep.total_seconds():
                path.unlink()


# --- declarations -------------------------------------------------------------------------------------

_PNG = "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAAAAAA6mKC9AAAAD0lEQVR42mNoQAMMI1sAAAUMgAHjM1mKAAAAAElFTkSuQmCC"


def _sample_row(**more: Any) -> dict[str, Any]:
    row = {"kamera": "simpang-adipura", "area": "36.71.01.1001", "besaran": ALIVE, "keadaan": FRESH}
    return row | {"sejak": "2026-04-24T03:00:00+00:00"} | more


_BROKEN: Sequence[Row] = (_sample_row(keadaan=9), _sample_row(sejak="tadi"), _sample_row(besaran="kamera.suara"))

SOURCE = Source(
    name="cctv",
    title={"id": "Gambar kamera (CCTV)", "en": "Camera stills (CCTV)"},
    kinds=frozenset({Kind.MEASUREMENT}),
    config=Cctv,
    pages=pages,
    parse=parse,
    key=key,
    tested_on_real=False,
)

SAMPLE = Sample(
    config={
        "cameras": [
            {"name": "simpang-adipura", "url": "{base}/adipura.png", "title": "Simpang Adipura", "area": "36.71.01.1001"},
        ],
        "seconds": 1,
    },
    rows=(_sample_row(), _sample_row(besaran=STATE), _sample_row(kamera="jembatan", hapus=True)),
    broken=tuple(_BROKEN),
    responses={"/adipura.png": ("image/png", base64.b64decode(_PNG))},
)
