"""Light or dark: the device decides until somebody does, on every page of the desk and before its first paint."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from dashboard.look import COOKIE, SHEET
from tests.dashboard.server import Live, serving

LIGHT, DARK = "rgb(244, 246, 249)", "rgb(13, 21, 32)"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("look")) as running:
        yield running


def ground(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))


def becomes(page: Page, colour: str) -> bool:
    """Whether the ground takes this colour within two seconds; a page's own policy forbids waiting by a script."""
    return any(page.wait_for_timeout(20) is None and ground(page) == colour for _ in range(100))


def test_a_choice_is_kept_by_this_browser_and_holds_on_every_page(live: Live, browser: Browser) -> None:
    context = browser.new_context(color_scheme="light")
    page = context.new_page()
    page.goto(f"{live.url}/sumber")
    assert ground(page) == LIGHT
    page.get_by_label("Tampilan").select_option("Gelap")
    assert becomes(page, DARK)
    for path in ("/metrik", "/masuk", "/tidak-ada"):
        page.goto(live.url + path)
        assert ground(page) == DARK, path
    page.emulate_media(media="print")
    assert ground(page) != DARK, "paper is light"
    page.emulate_media(media="screen", color_scheme="dark")
    page.goto(f"{live.url}/sumber")
    page.get_by_label("Tampilan").select_option("Terang")
    assert becomes(page, LIGHT)
    page.get_by_label("Tampilan").select_option("Otomatis")
    assert becomes(page, DARK)
    assert [cookie["name"] for cookie in context.cookies() if cookie["name"] == COOKIE] == []
    context.close()


def test_the_sheet_is_asked_for_again_and_sent_once(live: Live) -> None:
    with live.client() as client:
        first = client.get(SHEET)
        assert client.get(SHEET, headers={"if-none-match": first.headers["etag"]}).status_code == 304
        assert "cookie" in first.headers["vary"]
        chosen = client.get(SHEET, headers={"cookie": f"{COOKIE}=gelap", "if-none-match": first.headers["etag"]})
        assert (chosen.status_code, "@media screen {" in chosen.text) == (200, True)
        assert client.get(SHEET, headers={"cookie": f"{COOKIE}=<script>"}).text == first.text
