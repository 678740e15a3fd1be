"""Screens: opened as large as declared, heard of each half minute, reloaded before their memory grows too large."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import Error as PlaywrightError

from layers import clock
from layers.city import SceneConfig
from layers.model import Role
from layers.people import People
from layers.screens import SILENT, Panel, Screens
from tests.dashboard.server import Live, room, serving
from tests.dashboard.snapshots import CITY, snapshot
from tests.dashboard.views import drill

LOBBY = Panel(inches=55, metres=6)
TOLD = {
    "adegan": "kota", "versi": "7", "sejak": "12", "mulai": "3600", "simpul": "2100", "galat": "2",
    "lebar": "1920", "tinggi": "1080", "memori": str(40 * 2**20), "rilis": "0123456789ab",
}  # fmt: skip
TURNS = tuple(SceneConfig(name=name, dwell=timedelta(seconds=5)) for name in ("kota", "aduan"))


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    people = People(f"sqlite:///{tmp_path / 'people.sqlite'}", "x" * 40)
    here = room(tmp_path, drill=lambda _scope, query: drill(query), screens=lambda: Screens(people).all())
    city = CITY.model_copy(update={"wall": CITY.wall.model_copy(update={"scenes": TURNS})})
    with serving(tmp_path, snapshot(1, now=clock.now()), demo=False, room=replace(here, city=city)) as served:
        yield served
    people.close()


@pytest.fixture
def token(live: Live) -> str:
    return live.people.add_screen("lobby", panel=asdict(LOBBY))


@contextmanager
def screen(live: Live, token: str) -> Iterator[httpx.Client]:
    with live.client() as client:
        client.get(f"/layar/{token}")
        yield client


def test_the_address_opens_the_wall_as_it_was_declared(live: Live, token: str) -> None:
    with live.client() as client:
        answer = client.get(f"/layar/{token}")
        assert answer.headers["location"] == "/dinding?inci=55&jarak=6&layar=lobby"
        assert 'data-composition="sparse"' in client.get(answer.headers["location"]).text
        assert 'data-composition="dense"' in client.get("/dinding?inci=165&jarak=6").text
        assert client.get("/dinding?inci=0&jarak=6").status_code == 400
        assert client.get("/dinding?layar=<b>").status_code == 400
        plain = live.people.add_screen("Ruang Rapat 2")
        assert client.get(f"/layar/{plain}").headers["location"] == "/dinding?layar=ruang-rapat-2"
        wide = live.people.add_screen("dinding video", panel=asdict(Panel(inches=165, metres=6, width=5760, height=2160)))
        assert "piksel=5760x2160" in client.get(f"/layar/{wide}").headers["location"]


def test_a_report_is_kept_under_the_tokens_own_name_and_shown_to_operators(live: Live, token: str) -> None:
    live.people.add_screen("rapat")
    operator, leader = live.signed_in(Role.OPERATOR), live.signed_in(Role.LEADER)
    with closing(operator), closing(leader), screen(live, token) as client, live.client() as watch:
        assert watch.get(f"/layar/{token}/denyut").text == "-\n"
        for _ in range(3):
            assert client.post("/layar-lapor", data=TOLD).status_code == 204
        assert int(watch.get(f"/layar/{token}/denyut").text) < 5
        assert watch.get("/layar/nobody/denyut").status_code == 404
        every = Screens(live.people).all()
        assert [s.name for s in every] == ["lobby", "rapat"], "one row a screen"
        report = every[0].report
        assert report
        assert (report.scene, report.errors) == ("kota", 2)
        assert not every[0].silent(clock.now())
        assert every[0].silent(clock.now() + SILENT + timedelta(seconds=5))
        page = operator.get("/sumber").text
        assert "2 layar, 1 diam" in page
        assert "belum pernah melapor" in page
        assert "55 inci dari 6,0 m" in page
        assert "Layar dinding" not in leader.get("/sumber").text


def test_a_report_of_another_form_is_refused(live: Live, token: str) -> None:
    wrong = [{"adegan": "<b>"}, {"versi": "-1"}, {"galat": "1e9"}, {"memori": "9" * 16}, {"rilis": "../../x"}, {"simpul": ""}]
    with screen(live, token) as client:
        assert [client.post("/layar-lapor", data=TOLD | one).status_code for one in wrong] == [400] * len(wrong)
    assert Screens(live.people).all()[0].heard is None


def test_nobody_reports_for_a_screen(live: Live, token: str) -> None:
    with closing(live.signed_in(Role.ADMIN)) as admin, live.client() as nobody, screen(live, token) as client:
        assert nobody.post("/layar-lapor", data=TOLD).status_code == 401
        assert admin.post("/layar-lapor", data=TOLD).status_code == 404
        assert client.post("/layar-lapor", data=TOLD, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert Screens(live.people).all()[0].heard is None


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    yield context.new_page()
    context.close()


def test_a_browser_reports_by_itself_and_keeps_its_size_through_the_scenes(page: Page, live: Live, token: str) -> None:
    page.goto(f"{live.url}/layar/{token}")
    page.evaluate("setTimeout(() => { throw new Error('kasus 123') }, 0)")
    until = time.monotonic() + 20
    while not (report := Screens(live.people).all()[0].report) and time.monotonic() < until:
        page.wait_for_timeout(200)
    assert report
    assert (report.width, report.height, report.version, report.errors) == (1366, 768, 1, 1)
    assert report.heap
    assert report.nodes == pytest.approx(page.evaluate("document.querySelectorAll('*').length"), rel=0.5)
    first = page.locator(".wall").get_attribute("data-scene")
    expect(page.locator(f".wall:not([data-scene={first}])")).to_be_visible(timeout=15_000)
    expect(page.locator(".wall")).to_have_attribute("data-composition", "sparse")


def test_memory_that_grows_ends_in_a_fresh_page_but_never_without_a_server(page: Page, live: Live, token: str) -> None:
    page.clock.install(time=clock.now())
    page.goto(f"{live.url}/layar/{token}")
    page.evaluate("""() => {
      window.old = true;
      window.held = 50e6;
      Object.defineProperty(performance, 'memory', {value: {get usedJSHeapSize() { return window.held }}});
    }""")
    page.clock.fast_forward("05:05")
    page.clock.run_for(1500)
    live.stop()
    page.evaluate("window.held = 300e6")
    page.clock.run_for(1500)
    page.clock.fast_forward("01:10:00")
    page.clock.run_for(2500)
    page.wait_for_timeout(300)  # what it asks of a server that is gone fails at once
    assert page.evaluate("window.old"), "the last picture stays while the server is gone"
    live.publish(snapshot(2, now=clock.now()))
    live.start()
    until = time.monotonic() + 30
    while _stays(page) and time.monotonic() < until:
        with suppress(PlaywrightError):  # in the midst of its reload
            page.clock.run_for(1000)
        page.wait_for_timeout(100)
    assert not _stays(page)
    expect(page.locator("body[data-version='2'] .wall")).to_be_visible()


def _stays(page: Page) -> bool:
    """Whether it is still the page of before, or on its way to be another."""
    try:
        return bool(page.evaluate("window.old"))
    except PlaywrightError:
        return True


def test_the_watchdog_restarts_a_silent_browser_and_no_other(live: Live, token: str, tmp_path: Path) -> None:
    """The script of docs/kiosk with a systemctl that only notes what it is asked."""
    tools, log = tmp_path / "bin", tmp_path / "asked"
    tools.mkdir()
    (tools / "systemctl").write_text(f'#!/bin/sh\ncase "$2" in show) echo "$STARTED" ;; *) echo "$@" >> {log} ;; esac\n')
    (tools / "systemctl").chmod(0o755)
    script = Path(__file__).parents[2] / "docs" / "kiosk" / "liveroom-watchdog"

    def watch(url: str = live.url, started: int = 0, which: str = token) -> bool:
        """Whether it restarted; ``started`` in microseconds since the machine came up."""
        log.unlink(missing_ok=True)
        path = f"{tools}:{os.environ['PATH']}"
        given = {"PATH": path, "URL": url, "TOKEN": which, "STARTED": str(started), "LONGEST": "30"}
        subprocess.run(["/bin/sh", str(script), "lobby"], env=given, check=True, capture_output=True, timeout=30)
        return log.exists() and log.read_text() == "--user restart liveroom-wall@lobby.service\n"

    assert watch(), "it has never reported, though it runs"
    assert not watch(started=int((time.clock_gettime(time.CLOCK_BOOTTIME) - 5) * 1e6)), "it has just been started"
    with screen(live, token) as client:
        client.post("/layar-lapor", data=TOLD)
    assert not watch()
    report = Screens(live.people).all()[0].report
    assert report
    Screens(live.people).heard("lobby", report, clock.now() - timedelta(minutes=5))
    assert watch()
    assert not watch(which="unknown")
    assert not watch(url="http://127.0.0.1:9"), "a server that is away is no reason to take the picture down"
