"""A telephone steers the walls of a room: by a code that a wall shows or by an account, one screen or all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard import feed
from dashboard.attempts import TRIES
from dashboard.page import document
from dashboard.pages import wall
from layers import clock
from layers.city import SceneConfig, ScreenConfig
from layers.model import Role, Scope
from layers.remote import Remote
from tests.dashboard.alarmed import alarm
from tests.dashboard.faults import FLIES
from tests.dashboard.server import PASSWORD, Live, room, serving
from tests.dashboard.snapshots import CITY, snapshot
from tests.dashboard.views import drill, view

TURNS = tuple(SceneConfig(name=name, dwell=timedelta(minutes=10)) for name in ("kota", "aduan"))
SCREENS = (ScreenConfig(name="kiri"), ScreenConfig(name="kanan", offset=1), ScreenConfig(name="lorong", scenes=("aduan",)))
ROOM = CITY.model_copy(update={"wall": CITY.wall.model_copy(update={"scenes": TURNS, "screens": SCREENS})})
SOON = {"timeout": 8000}


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    monkeypatch.setattr(feed, "STEERED", 0.1)  # every press is waited for here
    here = room(tmp_path, drill=lambda _scope, query: drill(query))
    with serving(tmp_path, snapshot(1, now=clock.now()), room=replace(here, city=ROOM)) as served:
        yield served


def scene(page: Page) -> str:
    return str(page.evaluate("document.querySelector('.wall').dataset.scene"))


def shows(page: Page, name: str) -> None:
    expect(page.locator(f".wall[data-scene={name}]")).to_be_attached(**SOON)  # type: ignore[arg-type]


def test_a_telephone_steers_the_screen_whose_code_it_typed_and_an_account_steers_all(browser: Browser, live: Live) -> None:
    kiri, kanan, phone = (browser.new_context(viewport={"width": w, "height": 800}).new_page() for w in (1366, 1366, 390))
    wrong: list[str] = []
    for page in (kiri, kanan, phone):
        page.on("pageerror", lambda error: wrong.append(str(error)))
    try:
        kiri.goto(live.url + "/dinding?layar=kiri")
        kanan.goto(live.url + "/dinding?layar=kanan")
        until = time.monotonic() + 8
        while scene(kiri) == scene(kanan) and time.monotonic() < until:
            kiri.wait_for_timeout(100)
        first, other = scene(kiri), scene(kanan)
        assert {first, other} == {"kota", "aduan"}, "screens of one room show different scenes"

        phone.goto(live.url + "/remote")
        phone.fill("#kode", kiri.locator(".remote-code strong").inner_text())
        phone.get_by_role("button", name="Buka kendali").click()
        assert phone.locator(".screens").count() == 0, "a code is for its screen alone"
        assert phone.evaluate("document.documentElement.scrollWidth") == 390
        phone.get_by_role("button", name="Maju").click()
        shows(kiri, other)
        expect(kiri.locator(".paused")).to_be_visible()
        assert scene(kanan) == other
        title = {"kota": "Kota hari ini", "aduan": "Aduan"}
        expect(phone.locator(".now-showing strong")).to_have_text(title[other])
        phone.get_by_role("button", name="Lepas").click()
        shows(kiri, first)

        kiri.keyboard.press("ArrowRight")  # a hand at the wall came later
        shows(kiri, other)

        with closing(live.signed_in(Role.LEADER)) as leader:
            assert leader.post("/remote", data={"layar": "*", "adegan": "perubahan"}).status_code == 303
            shows(kiri, "perubahan")
            shows(kanan, "perubahan")
            told = leader.get("/remote?layar=kanan", headers={"accept": "text/html"}).text
            assert "Disematkan sampai" in told
            assert 'value="perubahan" aria-pressed="true"' in told

            live.publish(snapshot(2, now=clock.now(), alarms=(alarm("respons_112:36.71", clock.now(), minutes=12),)))
            shows(kiri, "kota")
            shows(kanan, "kota")
            live.publish(snapshot(3, now=clock.now()))
            shows(kanan, "perubahan")
            assert leader.post("/remote", data={"layar": "*", "aksi": "lepas"}).status_code == 303
        shows(kiri, first)
        shows(kanan, other)
        assert wrong == []
    finally:
        for page in (kiri, kanan, phone):
            page.context.close()


def test_a_pinned_address_is_not_steered_and_a_screen_may_have_its_own_scenes(browser: Browser, live: Live) -> None:
    pinned, hall = browser.new_page(), browser.new_page()
    try:
        pinned.goto(live.url + "/dinding?layar=kiri&adegan=aduan&diam")
        hall.goto(live.url + "/dinding?layar=lorong")
        with closing(live.signed_in(Role.OPERATOR)) as operator:
            operator.post("/remote", data={"layar": "*", "adegan": "kota"})
        shows(hall, "kota")
        pinned.wait_for_timeout(500)
        assert scene(pinned) == "aduan"
        with closing(live.signed_in(Role.OPERATOR)) as operator:
            operator.post("/remote", data={"layar": "lorong", "aksi": "lepas"})
        shows(hall, "aduan")
    finally:
        pinned.close()
        hall.close()


def test_a_wall_without_a_stream_hears_the_remote_too(browser: Browser, live: Live) -> None:
    page = browser.new_page()
    try:
        page.add_init_script(FLIES)
        page.route("**/live?**", lambda route: route.abort())
        page.goto(live.url + "/dinding?layar=kiri")
        with closing(live.signed_in(Role.LEADER)) as leader:
            leader.post("/remote", data={"layar": "*", "adegan": "perubahan"})
        polls = "() => skip(1500) || document.querySelector('.wall').dataset.scene === 'perubahan'"
        page.wait_for_function(polls, polling=250)
    finally:
        page.close()


def test_who_has_neither_role_nor_code_is_asked_for_one(live: Live) -> None:
    with live.client() as client, closing(live.signed_in(Role.ANALYST)) as analyst:
        for asker in (client, analyst):
            assert 'name="kode"' in asker.get("/remote").text
            assert asker.post("/remote", data={"layar": "kiri", "aksi": "maju"}).headers["location"] == "/remote"
        live.people.add_user("sekda", PASSWORD, Role.LEADER)
        entered = client.post("/masuk", data={"nama": "sekda", "sandi": PASSWORD, "lanjut": "/remote"})
        assert entered.headers["location"] == "/remote", "who signs in to steer comes back here"
        client.cookies.clear()
        client.cookies.set("liveroom-kendali", f"9999999999.{'0' * 32}.kiri")
        assert 'name="kode"' in client.get("/remote").text, "a pass cannot be made up"


def test_only_what_there_is_can_be_steered_and_only_from_our_own_page(live: Live) -> None:
    with closing(live.signed_in(Role.ADMIN)) as admin:
        assert admin.get("/remote?layar=gudang").status_code == 404
        assert admin.post("/remote", data={"layar": "gudang", "aksi": "maju"}).status_code == 404
        for bad in ({"adegan": "pesta"}, {"aksi": "hapus"}, {"aksi": "sematkan"}, {}):
            assert admin.post("/remote", data={"layar": "kiri", **bad}).status_code == 400
        there = {"origin": "https://jahat.example"}
        assert admin.post("/remote", data={"layar": "kiri", "aksi": "maju"}, headers=there).status_code == 403


def test_codes_cannot_be_tried_without_end(live: Live) -> None:
    with live.client() as client:
        answers = [client.post("/remote/kode", data={"kode": f"{k:05d}x"}).status_code for k in range(TRIES + 1)]
        assert answers == [401] * TRIES + [429]
        assert client.post("/masuk", data={"nama": "a", "sandi": PASSWORD}).status_code == 429, "one limit for all guesses"


def test_codes_that_are_tried_at_once_are_counted_before_they_are_looked_at(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Remote, "opened", lambda *_: time.sleep(0.02))

    async def crowd() -> list[int]:
        async with httpx.AsyncClient(base_url=live.url, timeout=20) as client:
            tries = (client.post("/remote/kode", data={"kode": f"{k:05d}x"}) for k in range(TRIES + 15))
            return sorted(answer.status_code for answer in await asyncio.gather(*tries))

    with ThreadPoolExecutor(1) as elsewhere:  # this thread has the browser's loop
        assert elsewhere.submit(lambda: asyncio.run(crowd())).result() == [401] * TRIES + [429] * 15


def test_the_code_is_shown_on_a_named_screen_to_who_stands_before_it() -> None:
    def header(role: Role, **params: str) -> str:
        seen = view(scope=Scope(user="x", role=role), params=params, code=lambda _screen, _now: "482913")
        return document(wall.PAGE, snapshot(), seen).parts["head"]

    assert "482 913" in header(Role.SCREEN, layar="kiri")
    assert "482 913" not in header(Role.SCREEN)


def test_a_role_that_may_not_steer_is_not_told_the_code(live: Live) -> None:
    with closing(live.signed_in(Role.ANALYST)) as analyst, closing(live.signed_in(Role.OPERATOR)) as operator:
        assert "remote-code" in operator.get("/dinding?layar=kiri").text
        assert "remote-code" not in analyst.get("/dinding?layar=kiri").text
