"""The enlarged corner of a scattered map in a real browser: the same colours and links, gone while one zooms."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from dashboard.pages import wall
from layers.mapasset import Inset
from tests.dashboard.snapshots import KELURAHAN, snapshot
from tests.dashboard.views import ASSETS, TINY_MAP, html, view

INSET = Inset(core=(400.0, 300.0, 200.0, 200.0), corner=(0.0, 400.0, 400.0, 400.0))
"""The middle, where the four areas of the tiny map meet, twice as large over its lower left."""


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Page:
    seen = view(asset=replace(TINY_MAP, inset=INSET))
    shown = browser.new_page(viewport={"width": 1920, "height": 1080})
    shown.goto(html(wall.PAGE, snapshot(), seen, tmp_path).as_uri())
    shown.add_script_tag(path=str(ASSETS / "map.js"))
    return shown


def in_corner(page: Page, across: float, down: float) -> tuple[float, float]:
    """A point of the corner on the screen, by its shares of width and height."""
    box = page.locator(".shapes .inset > rect").nth(1).bounding_box()
    assert box is not None
    return box["x"] + box["width"] * across, box["y"] + box["height"] * down


def test_each_quarter_of_the_corner_is_its_area(page: Page) -> None:
    quarters = ((0.25, 0.75), (0.25, 0.25), (0.75, 0.75), (0.75, 0.25))
    for code, (across, down) in zip(KELURAHAN, quarters, strict=True):
        page.mouse.move(*in_corner(page, across, down))
        spoken = page.locator(f'[data-area="{code}"]').get_attribute("aria-label")
        assert page.locator(".map-tip").inner_text().replace("\xa0", " ") == (spoken or "").replace("\xa0", " ")


def test_a_click_in_the_corner_opens_the_area(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.mouse.click(*in_corner(page, 0.75, 0.25))
    page.wait_for_timeout(200)
    assert any(url.endswith(f"/kelurahan/{KELURAHAN[3]}") for url in asked)


def test_whoever_zooms_has_the_whole_map(page: Page) -> None:
    assert page.locator(".shapes .inset").is_visible()
    page.locator('[data-zoom="in"]').click(force=True)
    assert not page.locator(".shapes .inset").is_visible()
    page.locator('[data-zoom="reset"]').click(force=True)
    assert page.locator(".shapes .inset").is_visible()
