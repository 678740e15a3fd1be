"""Camera stills: what the pack names, whole pictures of today; nothing else of the data can be had by their address."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from dashboard.parts.stills import SHOWN, stills
from layers import clock
from layers.city import City, SourceConfig
from layers.model import Role
from layers.snapshot import Snapshot
from layers.stills import MOST_BYTES, OLDEST, Camera, Still, Stills
from tests.dashboard.server import Live, room, serving
from tests.dashboard.snapshots import CITY, KELURAHAN, NOW, reading, snapshot
from tests.dashboard.views import view

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAAAAAA6mKC9AAAAD0lEQVR42mNoQAMMI1sAAAUMgAHjM1mKAAAAAElFTkSuQmCC")
JPEG = b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x40\x00\x40\x03" + bytes(20) + b"\xff\xd9"
CAMERAS = ("simpang", "pasar")
SOURCE = SourceConfig.model_validate(
    {
        "name": "kamera",
        "connector": "cctv",
        "title": "Kamera jalan",
        "owner": "Dinas Perhubungan",
        "interval": "10s",
        "budget": "1m",
        "config": {
            "cameras": [
                {"name": "simpang", "title": "Simpang", "url": "http://10.0.0.9/a", "password": "rahasia", "area": KELURAHAN[0]},
                {"name": "pasar", "title": "Pasar induk", "url": "http://10.0.0.9/b"},
                {"name": "../../secret", "title": "jahat", "url": "http://10.0.0.9/c"},
            ]
        },
    }
)
OTHER = SOURCE.model_copy(update={"name": "laksa", "connector": "tabular"})
WATCHED: City = CITY.model_copy(update={"sources": (SOURCE, OTHER)})


def put(data: Path, name: str = "simpang", body: bytes = PNG, *, source: str = "kamera", age: float = 5) -> Path:
    path = data / "stills" / source / f"{name}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    at = clock.now().timestamp() - age
    os.utime(path, (at, at))
    return path


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    data = tmp_path_factory.mktemp("kamera")
    here = replace(room(data), city=WATCHED, stills=Stills(WATCHED, data))
    with serving(data, snapshot(1, now=clock.now()), room=here, demo=False) as served:
        yield served


# --- what is read ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("body", "type_"), [(PNG, "image/png"), (JPEG, "image/jpeg")])
def test_the_type_is_what_the_bytes_say(tmp_path: Path, body: bytes, type_: str) -> None:
    put(tmp_path, body=body)
    shot = Stills(WATCHED, tmp_path).read("kamera", "simpang", clock.now())
    assert shot is not None
    assert (shot.type, shot.body) == (type_, body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + bytes(40),
        PNG[:20],
        PNG + bytes(MOST_BYTES),
    ],
    ids=["empty", "html", "svg", "gif", "cut", "large"],
)
def test_what_is_no_whole_picture_is_not_given(tmp_path: Path, body: bytes) -> None:
    put(tmp_path, body=body)
    assert Stills(WATCHED, tmp_path).read("kamera", "simpang", clock.now()) is None


def test_a_picture_of_another_day_is_none(tmp_path: Path) -> None:
    put(tmp_path, age=OLDEST.total_seconds() + 60)
    here = Stills(WATCHED, tmp_path)
    assert here.read("kamera", "simpang", clock.now()) is None
    assert [still.at for still in here.seen(clock.now())] == [None, None]


def test_links_and_pipes_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(PNG)
    path = put(tmp_path)
    here = Stills(WATCHED, tmp_path)
    path.unlink()
    path.symlink_to(tmp_path / "secret")
    assert here.read("kamera", "simpang", clock.now()) is None
    path.unlink()
    os.mkfifo(path)
    assert here.read("kamera", "simpang", clock.now()) is None
    path.unlink()
    path.parent.rmdir()
    put(tmp_path, source="lain")
    (tmp_path / "stills" / "kamera").symlink_to(tmp_path / "stills" / "lain")
    assert here.read("kamera", "simpang", clock.now()) is None


def test_only_the_cameras_of_the_pack_are_seen(tmp_path: Path) -> None:
    put(tmp_path)
    put(tmp_path, "bukan-di-paket")
    seen = Stills(WATCHED, tmp_path).seen(clock.now())
    assert [(still.camera.name, still.at is not None) for still in seen] == [("simpang", True), ("pasar", False)]
    assert "rahasia" not in repr(seen)
    assert "10.0.0.9" not in repr(seen)


# --- the route --------------------------------------------------------------------------------------


def test_a_still_is_given_to_whoever_sees_the_wall(live: Live) -> None:
    put(live.data)
    with live.client() as stranger:
        assert stranger.get("/gambar/kamera/simpang").status_code == 401
    with closing(live.signed_in(Role.LEADER)) as client:
        first = client.get("/gambar/kamera/simpang")
        assert (first.status_code, first.content, first.headers["content-type"]) == (200, PNG, "image/png")
        assert first.headers["cache-control"] == "private, no-cache"
        assert first.headers["x-content-type-options"] == "nosniff"
        assert "img-src 'self' data:;" in first.headers["content-security-policy"]
        again = client.get("/gambar/kamera/simpang", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        put(live.data, body=JPEG)
        newer = client.get("/gambar/kamera/simpang", headers={"if-none-match": first.headers["etag"]})
        assert (newer.status_code, newer.headers["content-type"]) == (200, "image/jpeg")


@pytest.mark.parametrize(
    "path",
    [
        "/gambar/kamera/pasar",
        "/gambar/kamera/simpang.jpg",
        "/gambar/kamera/bukan-di-paket",
        "/gambar/laksa/simpang",
        "/gambar/kamera/..%2f..%2fsecret",
        "/gambar/kamera/../../secret",
        "/gambar/..%2fstills%2fkamera/simpang",
        "/gambar/%2e%2e/secret",
        "/gambar/kamera/simpang%00",
        "/gambar/kamera/%2e%2e%2f%2e%2e%2fsecret",
        "/gambar/kamera/simpang/",
        "/gambar//simpang",
        "/gambar/kamera",
        "/gambar/stills/kamera/simpang",
        "/GAMBAR/kamera/simpang",
        "/gambar/kamera/" + "a" * 4000,
    ],
)
def test_nothing_else_can_be_had(live: Live, path: str) -> None:
    put(live.data)
    put(live.data, "bukan-di-paket")
    put(live.data, source="laksa")
    (live.data / "secret").write_bytes(PNG)
    with closing(live.signed_in(Role.ADMIN)) as client, closing(HTTPConnection("127.0.0.1", live.port)) as raw:
        raw.request("GET", path, headers={"cookie": f"liveroom={client.cookies['liveroom']}"})
        answer = raw.getresponse()
        assert answer.status == 404
        assert PNG not in answer.read()


def test_the_route_takes_no_posts(live: Live) -> None:
    with closing(live.signed_in(Role.ADMIN)) as client:
        assert client.post("/gambar/kamera/simpang", data={"a": "b"}).status_code in (404, 405)


# --- on the wall --------------------------------------------------------------------------------------


def camera(n: int, *, age: timedelta | None) -> Still:
    name = f"kamera-{n:02}"
    facts = Camera(source="kamera", name=name, title=f"Simpang {n}", area=KELURAHAN[0], budget=timedelta(minutes=1))
    return Still(camera=facts, at=None if age is None else NOW - age)


def test_a_picture_says_its_place_and_its_age() -> None:
    drawn = str(
        stills([camera(1, age=timedelta(seconds=20)), camera(2, age=timedelta(hours=2)), camera(3, age=None)], None, view())
    )
    assert "Simpang 1 · Melati" in drawn
    assert 'src="/gambar/kamera/kamera-01?t=' in drawn
    assert drawn.count('<li class="still" data-state="live">') == 1
    assert drawn.count('<li class="still" data-state="stale">') == 1
    assert "tanpa gambar: Simpang 3" in drawn


def test_more_cameras_take_turns() -> None:
    many = [camera(n, age=timedelta(seconds=5)) for n in range(3 * SHOWN)]
    shown = [
        {n for n in range(3 * SHOWN) if f"kamera-{n:02}" in str(stills(many, None, view(now=NOW + timedelta(minutes=m))))}
        for m in range(3)
    ]
    assert [len(some) for some in shown] == [SHOWN] * 3
    assert set().union(*shown) == set(range(3 * SHOWN))


def test_without_cameras_the_place_is_left_to_others() -> None:
    assert "hidden" in str(stills([], None, view()))
    assert "hidden" in str(stills([camera(1, age=None)], None, view()))


def situation(version: int) -> Snapshot:
    now = clock.now()
    return replace(
        snapshot(version, now=now), readings=(*snapshot(version, now=now).readings, reading("kamera_segar", value=50.0, now=now))
    )


def test_a_new_picture_takes_the_place_of_the_old_and_a_stale_one_fades(browser: Browser, live: Live) -> None:
    put(live.data, age=30)
    put(live.data, "pasar", age=3600)
    live.publish(situation(2))
    screen = browser.new_page(viewport={"width": 1366, "height": 768})
    wrong: list[str] = []
    screen.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    screen.on("requestfailed", lambda request: wrong.append(request.url) if "gambar" in request.url else None)
    try:
        token = live.people.add_screen("kamera")
        screen.goto(f"{live.url}/layar/{token}")
        screen.goto(live.url + "/dinding?adegan=situasi&diam")
        first = screen.locator(".still img").first
        expect(first).to_be_visible()
        assert first.evaluate("image => image.complete && image.naturalWidth") == 16
        before = first.get_attribute("src")
        expect(screen.locator(".still").nth(1)).to_have_attribute("data-state", "stale")
        assert screen.locator(".still").nth(1).locator(".clock-mark").is_visible()
        assert not screen.locator(".still").first.locator(".clock-mark").is_visible()
        put(live.data, body=PNG, age=1)
        live.publish(situation(3))
        expect(screen.locator(f'.still img:not([src="{before}"])').first).to_be_visible(timeout=5000)
        assert screen.locator(".still img").first.evaluate("image => image.complete && image.naturalWidth") == 16
        assert wrong == []
    finally:
        screen.close()
