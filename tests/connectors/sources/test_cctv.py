"""Cameras that live, freeze, die, or send something else; what lies on disk and what does not."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.simulator.upstreams.cctv import png
from connectors.sources.cctv import CLOSED, FRESH, FROZEN, NO_PICTURE, UNREACHABLE, Cctv
from layers import clock
from layers.city import City
from layers.model import Kind, Measurement, Outcome
from layers.pictures import Picture, look
from layers.settings import Settings
from tests.connectors.contract import contract_for
from tests.connectors.server import LOGIN, Asked, Reply
from tests.connectors.sources.real import Real, served

TestContract = contract_for("cctv")

MORNING = datetime(2026, 4, 24, 3, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def standing_clock(real_clock: None) -> None:
    at(MORNING)


def at(moment: datetime) -> None:
    clock.set_clock(clock.SetClock(start=moment, since=0, speed=0))


def picture(shade: int = 1, width: int = 40, height: int = 30) -> bytes:
    return png(np.full((height, width), shade, np.uint8))


def jpeg(width: int, height: int, tail: bytes = b"") -> bytes:
    """The segments of a JPEG: JFIF, a table, a frame header, some data, the end."""
    app0 = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0\1\1\0\0\1\0\1\0\0"
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0"
    return b"\xff\xd8" + app0 + b"\xff\xc4" + struct.pack(">H", 4) + b"\0\0" + frame + b"\xff\xda\0\2xyz\xff\xd9" + tail


def webp(kind: bytes, body: bytes) -> bytes:
    inside = b"WEBP" + kind + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(inside)) + inside


class Street:
    """Cameras by their path, as they are at the moment."""

    def __init__(self) -> None:
        self.shows: dict[str, Reply] = {}

    def __call__(self, asked: Asked) -> Reply:
        return self.shows.get(asked.path.strip("/"), Reply(status=503))

    def show(self, name: str, body: bytes) -> None:
        self.shows[name] = Reply(content_type="image/png", body=body)


def config(*names: str, **more: Any) -> dict[str, Any]:
    cameras = [{"name": name, "url": f"{{base}}/{name}", "title": name.title(), "area": "36.71.01.1001"} for name in names]
    return {"cameras": cameras, "seconds": 2} | more


@contextmanager
def street(city: City, settings: Settings, *names: str, **more: Any) -> Iterator[tuple[Real, Street]]:
    with served("cctv", config(*names, **more), city, settings) as real:
        real.upstream.answer = shown = Street()
        yield real, shown


def states(real: Real) -> dict[str, tuple[float, float]]:
    """Camera -> (alive, state)."""
    found: dict[str, dict[str, float]] = {}
    for record in real.records(Kind.MEASUREMENT):
        assert isinstance(record, Measurement)
        found.setdefault(record.subject, {})[record.name] = record.value
    return {name: (of["kamera.gambar"], of["kamera.keadaan"]) for name, of in found.items()}


def stills(settings: Settings) -> dict[str, bytes]:
    folder = settings.data / "stills" / "uji"
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_each_camera_has_a_state_and_one_still(city: City, settings: Settings) -> None:
    with street(city, settings, "simpang", "pasar", "terminal", "taman", "gerbang") as (real, shown):
        shown.show("simpang", picture())
        shown.shows["terminal"] = Reply(content_type="image/jpeg", body=b"\xff\xd8\xff potongan")
        shown.shows["taman"] = LOGIN
        shown.shows["gerbang"] = Reply(status=401)
        run = real.pull()
        assert (run.outcome, run.seen, run.kept) == (Outcome.OK, 10, 10)
        assert states(real) == {
            "simpang": (1, FRESH),
            "pasar": (0, UNREACHABLE),
            "terminal": (0, NO_PICTURE),
            "taman": (0, CLOSED),
            "gerbang": (0, CLOSED),
        }
        assert stills(settings) == {"simpang.jpg": picture()}
        record = real.record("simpang/kamera.gambar")
        assert (record.area, record.known_at, record.unit) == ("36.71.01.1001", MORNING, "1/0")
        assert real.pull().outcome is Outcome.NOTHING_NEW


def test_a_frozen_camera_does_not_look_live(city: City, settings: Settings) -> None:
    with street(city, settings, "simpang", frozen="10m", keep="1h") as (real, shown):

        def pull(minutes: int, shade: int) -> tuple[float, float]:
            at(MORNING + timedelta(minutes=minutes))
            shown.show("simpang", picture(shade))
            real.pull()
            return states(real)["simpang"]

        assert pull(0, 1) == (1, FRESH)
        assert pull(5, 2) == (1, FRESH)
        assert real.record("simpang/kamera.gambar").known_at == MORNING, "another picture is no other state"
        assert pull(14, 2) == (1, FRESH)
        assert pull(16, 2) == (0, FROZEN)
        assert real.record("simpang/kamera.gambar").known_at == MORNING + timedelta(minutes=15), "ten minutes after the picture"
        still = settings.data / "stills" / "uji" / "simpang.jpg"
        assert still.stat().st_mtime == (MORNING + timedelta(minutes=5)).timestamp(), "the file is as old as its picture"
        assert pull(64, 2) == (0, FROZEN)
        assert still.exists()
        pull(66, 2)
        assert not still.exists(), "older than is declared"
        assert pull(70, 3) == (1, FRESH)
        assert stills(settings) == {"simpang.jpg": picture(3)}


def test_a_camera_that_was_away_is_judged_by_the_picture_it_had(city: City, settings: Settings) -> None:
    """A camera that comes back with the picture of before was frozen, not fresh."""
    with street(city, settings, "simpang", "taman", frozen="10m") as (real, shown):
        shown.show("simpang", picture(1))
        shown.show("taman", picture(2))
        real.pull()
        del shown.shows["simpang"]
        at(MORNING + timedelta(minutes=6))
        real.pull()
        assert states(real)["simpang"] == (0, UNREACHABLE)
        assert "simpang.jpg" in stills(settings), "the last picture stays until it is too old"
        shown.show("simpang", picture(1))
        at(MORNING + timedelta(minutes=12))
        real.pull()
        assert states(real)["simpang"] == (0, FROZEN)


def test_there_is_one_file_for_each_camera_and_none_for_others(city: City, settings: Settings) -> None:
    with street(city, settings, "simpang", "taman") as (real, shown):
        for shade in (1, 2, 3):
            shown.show("simpang", picture(shade))
            shown.show("taman", picture(shade))
            real.pull()
        folder = settings.data / "stills" / "uji"
        (folder / ".tmp123").write_bytes(b"left by a killed run")
        assert real.pull(**config("taman")).outcome is Outcome.OK
        assert stills(settings) == {"taman.jpg": picture(3)}
        assert states(real) == {"taman": (1, FRESH)}, "a camera off the list has no state any more"
        assert folder.stat().st_mode & 0o077 == 0


def test_when_no_camera_answers_the_run_has_failed(city: City, settings: Settings) -> None:
    with street(city, settings, "simpang", "taman") as (real, shown):
        run = real.pull()
        assert (run.outcome, run.seen) == (Outcome.TRANSIENT, 0)
        shown.shows = {name: Reply(status=401) for name in ("simpang", "taman")}
        assert real.pull().outcome is Outcome.AUTH


def test_a_camera_gets_its_password_and_nobody_else(city: City, settings: Settings) -> None:
    cameras = config("simpang", "taman")["cameras"]
    cameras[0] |= {"user": "ruang", "password": "rahasia:1"}
    with street(city, settings, cameras=cameras) as (real, shown):
        shown.show("simpang", picture())
        shown.show("taman", picture())
        real.pull()
        given_ = {asked.path: asked.headers.get("Authorization") for asked in real.upstream.asked}
        assert given_ == {"/simpang": "Basic " + base64.b64encode(b"ruang:rahasia:1").decode(), "/taman": None}


def test_a_picture_that_is_too_large_is_none(city: City, settings: Settings) -> None:
    with street(city, settings, "simpang", "taman", max_bytes=4096) as (real, shown):
        shown.show("simpang", picture() + b"\0" * 5000)
        shown.show("taman", picture())
        real.pull()
        assert states(real) == {"simpang": (0, NO_PICTURE), "taman": (1, FRESH)}


def test_slow_cameras_do_not_hold_up_the_run(city: City, settings: Settings) -> None:
    names = [f"k{n}" for n in range(8)]
    with street(city, settings, *names, seconds=1, total=2, at_once=2) as (real, _):

        def slow(asked: Asked) -> Reply:
            if asked.path != "/k0":
                real.upstream.stopping.wait(20)
            return Reply(content_type="image/png", body=picture())

        real.upstream.answer = slow
        started = datetime.now(UTC)
        run = real.pull()
        assert datetime.now(UTC) - started < timedelta(seconds=10)
        assert run.outcome is Outcome.OK
        assert states(real) == {name: (1, FRESH) if name == "k0" else (0, UNREACHABLE) for name in names}


@pytest.mark.parametrize("name", ["../x", "A", "", "x/y", "x.jpg", "-x"])
def test_a_camera_cannot_be_named_like_a_path(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        Cctv.model_validate({"cameras": [{"name": name, "url": "http://x/", "title": "x"}]})


def test_a_camera_is_named_once() -> None:
    camera = {"name": "x", "url": "http://x/", "title": "x"}
    with pytest.raises(ValueError, match="dua kali"):
        Cctv.model_validate({"cameras": [camera, camera]})


def test_an_unknown_area_is_refused(city: City, settings: Settings) -> None:
    cameras = [{"name": "x", "url": "{base}/x", "title": "x", "area": "36.71.99.1001"}]
    with street(city, settings, cameras=cameras) as (real, _):
        assert real.pull().outcome is Outcome.REFUSED
        assert not real.upstream.asked


# --- headers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (picture(1, 640, 360), "png"),
        (jpeg(640, 360), "jpeg"),
        (jpeg(640, 360, b"\0\0\r\n"), "jpeg"),
        (webp(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 640, 360)), "webp"),
        (webp(b"VP8L", b"\x2f" + struct.pack("<I", 639 | 359 << 14) + b"\0" * 9), "webp"),
        (webp(b"VP8X", b"\0\0\0\0" + (639).to_bytes(3, "little") + (359).to_bytes(3, "little")), "webp"),
    ],
)
def test_a_picture_is_known_by_its_header(body: bytes, form: str) -> None:
    assert look(body) == Picture(form=form, width=640, height=360)
    assert look(body.rstrip(b"\0\r\n")[:-5]) is None, "cut off"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"GIF89a" + b"\0" * 40,
        b"<svg/>",
        picture(1, 4, 4),
        jpeg(9000, 100),
        jpeg(8000, 8000),
        b"\xff\xd8\xff\xd9",
        webp(b"ANIM", b"\0" * 20),
    ],
)
def test_what_is_no_sane_picture(body: bytes) -> None:
    assert look(body) is None


@given(st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"RIFF"]))
def test_no_bytes_break_the_reader(tail: bytes, head: bytes) -> None:
    assert look(head + tail + b"\xff\xd9") is None or head


def test_the_still_is_replaced_whole(city: City, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails in the midst leaves the old picture and nothing else."""
    with street(city, settings, "simpang") as (real, shown):
        shown.show("simpang", picture(1))
        real.pull()
        shown.show("simpang", picture(2))

        def full(self: Path, target: Path) -> Path:
            raise OSError("no space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", full)
            assert real.pull().outcome is Outcome.TRANSIENT
        assert stills(settings) == {"simpang.jpg": picture(1)}
