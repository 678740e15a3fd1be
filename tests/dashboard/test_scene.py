"""The wall's scenes take turns by the server's clock, as the pack says; a hand holds one for a while."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.scene import rotation, scenes, shown
from layers import clock
from layers.city import SceneConfig
from tests.dashboard.faults import FLIES, Time
from tests.dashboard.server import Live, room, serving
from tests.dashboard.snapshots import CITY, snapshot
from tests.dashboard.views import drill, view

SECONDS = 5
TURNS = tuple(SceneConfig(name=name, dwell=timedelta(seconds=SECONDS)) for name in ("kota", "aduan"))
TAKING_TURNS = CITY.model_copy(update={"wall": CITY.wall.model_copy(update={"scenes": TURNS})})


def test_without_a_word_of_the_pack_all_scenes_take_turns() -> None:
    assert [scene.name for scene in rotation(CITY)] == list(scenes())
    assert rotation(CITY)[0].tiles == CITY.wall.tiles


def test_the_pack_says_which_in_what_order_and_what_they_show() -> None:
    wall = CITY.wall.model_copy(
        update={"scenes": (SceneConfig(name="aduan", tiles=("aduan_terbuka",)), SceneConfig(name="kota"))}
    )
    first, second = rotation(CITY.model_copy(update={"wall": wall}))
    assert (first.name, first.tiles, second.name) == ("aduan", ("aduan_terbuka",), "kota")


def test_a_scene_that_is_not_there_is_named() -> None:
    wall = CITY.wall.model_copy(update={"scenes": (SceneConfig(name="pesta"),)})
    with pytest.raises(ValueError, match=r"pesta.*yang ada: kota, aduan"):
        rotation(CITY.model_copy(update={"wall": wall}))


def test_an_address_may_ask_for_any_scene() -> None:
    only = CITY.model_copy(update={"wall": CITY.wall.model_copy(update={"scenes": TURNS[:1]})})
    assert shown(view(only, params={"adegan": "aduan"})).name == "aduan"
    assert shown(view(only)).name == "kota"


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    here = room(tmp_path, drill=lambda _scope, query: drill(query))
    with serving(tmp_path, snapshot(1, now=clock.now()), room=replace(here, city=TAKING_TURNS)) as served:
        yield served


CHANGES = """() => {
  window.changes = [];
  window.fetching = 0;
  const turn = liveroom.turn;
  liveroom.turn = async (...asked) => { fetching += 1; try { return await turn(...asked); } finally { fetching -= 1; } };
  let last = document.querySelector('.wall').dataset.scene;
  setInterval(() => {
    const scene = document.querySelector('.wall').dataset.scene;
    if (scene !== last) window.changes.push([scene, window.liveroom.now() / 1e3]);
    last = scene;
  }, 50);
}"""


class Hours:
    """The time of the server and of its screens, which goes on when it is told to."""

    def __init__(self, screens: list[Page]) -> None:
        self._true, self._screens = Time(datetime.now(UTC)), screens

    def go(self, seconds: float) -> None:
        """Second by second; what a screen fetches in one is there before the next."""
        for _ in range(round(seconds)):
            self._true.skip(1)
            clock.set_clock(clock.read_clock(self._true.setting()))
            for page in self._screens:
                page.evaluate("skip(1000)")
            for page in self._screens:
                page.wait_for_function("() => !window.fetching")


def test_screens_of_a_room_change_together_and_a_hand_holds_them(browser: Browser, live: Live) -> None:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, reduced_motion="reduce")
    context.add_init_script(FLIES)
    screens = [context.new_page() for _ in range(2)]
    wrong: list[str] = []
    try:
        for page in screens:
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.goto(live.url + "/dinding")
            page.evaluate(CHANGES)
        hours = Hours(screens)
        hours.go(3.5 * SECONDS)
        for page in screens:
            changes = page.evaluate("window.changes")[1:]  # the first may come late: nothing was fetched ahead of it
            assert {name for name, _ in changes} == {"kota", "aduan"}
            for name, at in changes:
                assert name == TURNS[int(at // SECONDS) % 2].name
                assert at % SECONDS < SECONDS / 2, "it did not change when its turn came"
        held, free = screens
        other = "aduan" if scene(held) == "kota" else "kota"
        held.keyboard.press("ArrowRight")
        expect(held.locator(f".wall[data-scene={other}]")).to_be_visible(timeout=4000)
        hours.go(1.5 * SECONDS)
        assert scene(held) == other
        expect(held.locator(".paused")).to_be_visible()
        held.keyboard.press(" ")
        expect(held.locator(".paused")).to_be_hidden(timeout=2000)
        assert wrong == []
        free.goto(live.url + "/dinding?adegan=aduan&diam")
        hours.go(1.2 * SECONDS)
        assert scene(free) == "aduan"
    finally:
        context.close()


def scene(page: Page) -> str:
    return str(page.evaluate("document.querySelector('.wall').dataset.scene"))


def test_a_stream_of_the_scene_before_paints_nothing_on_the_next(browser: Browser, live: Live) -> None:
    page = browser.new_page()
    page.add_init_script("Math.random = () => .999")  # the stream of the new scene is opened as late as can be
    page.goto(live.url + "/dinding?adegan=kota&diam")
    page.wait_for_function("() => window.liveroom?.now() > 0")
    page.evaluate("liveroom.turn('/dinding?adegan=aduan&diam', '.wall').then(put => put())")
    live.publish(snapshot(2, now=clock.now(), values={"aduan_terbuka": 4000, "aduan_lewat_tenggat": 12}))
    expect(page.locator("body")).to_have_attribute("data-version", "2", timeout=10_000)
    with live.client() as client:
        document = client.get("/live/doc", params={"page": "/dinding?adegan=aduan&diam"}).json()
    shapes = "[...document.querySelectorAll('svg [data-area]')].map(e => [e.dataset.area, e.getAttribute('aria-label')])"
    assert {code: label for code, (_cls, _value, label) in document["areas"].items()} == dict(page.evaluate(shapes))
    page.close()


def test_a_scene_that_there_is_not_is_refused(live: Live) -> None:
    with live.client() as client:
        assert client.get("/dinding?adegan=pesta").status_code == 400
        assert client.get("/dinding?adegan=aduan&diam").status_code == 200
