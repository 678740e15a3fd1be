"""The map turns to a new alarm's area for a while, in a real browser; a hand takes it back; without motion it only outlines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from dashboard.pages import wall
from dashboard.parts.focus import focus
from layers.alarmtypes import AlarmState
from tests.dashboard.alarmed import alarm
from tests.dashboard.faults import FLIES
from tests.dashboard.snapshots import CITY, KELURAHAN, NOW, snapshot
from tests.dashboard.views import ASSETS, TINY_MAP, html, view

YOUNG = 45_000
WHOLE = "0 0 1000 800"
SMALL = replace(TINY_MAP, paths={**TINY_MAP.paths, KELURAHAN[3]: "M800 100h60v60h-60Z"})


def rung(area: str, at: datetime, key: str = "a", **facts: Any) -> Any:
    return replace(alarm(f"aduan_lewat_tenggat:{key}", at), area=area, raised_at=at, **facts)


def opened(browser: Browser, folder: Path, *alarms: Any, motion: str = "no-preference") -> Page:
    page = browser.new_context(reduced_motion=motion).new_page()  # type: ignore[arg-type]
    page.add_init_script(FLIES)
    page.goto(html(wall.PAGE, replace(snapshot(), alarms=alarms), view(asset=SMALL), folder).as_uri())
    page.add_script_tag(path=str(ASSETS / "map.js"))
    return page


def box(page: Page) -> list[str]:
    """The view boxes of everything that lies on the map; all the same."""
    return list(dict.fromkeys(page.eval_on_selector_all(".map > svg", "all => all.map(svg => svg.getAttribute('viewBox'))")))


def test_a_new_alarm_draws_the_map_to_its_area_and_lets_it_go(browser: Browser, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, rung(KELURAHAN[3], datetime.now(UTC)))
    try:
        page.wait_for_selector(".map[data-focused]")
        page.evaluate("skip(2000)")
        page.wait_for_function("Math.abs(document.querySelector('.map').view?.[2] - 1000 / 3) < 1")
        x, y, wide, high = map(float, box(page)[0].split())
        assert x < 830 < x + wide
        assert y < 130 < y + high
        assert page.locator(".focus path").is_visible()
        page.evaluate("document.querySelector('.overlay').setAttribute('viewBox', '0 0 1000 800')")  # as a new snapshot does
        page.evaluate("skip(300)")
        assert len(box(page)) == 1, "marks lie where the shapes are"
        page.evaluate(f"skip({YOUNG})")
        page.wait_for_selector(".map:not([data-focused])")
        page.wait_for_function(f"skip(2000) || document.querySelector('.map .shapes').getAttribute('viewBox') === '{WHOLE}'")
        assert not page.locator(".focus path").is_visible()
    finally:
        page.context.close()


def test_a_hand_takes_the_map_back(browser: Browser, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, rung(KELURAHAN[3], datetime.now(UTC)))
    try:
        page.wait_for_selector(".map[data-focused]")
        page.locator('[data-zoom="reset"]').click(force=True)
        page.evaluate("skip(5000)")
        assert box(page) == [WHOLE]
        assert page.locator(".map[data-focused]").count() == 0
    finally:
        page.context.close()


def test_without_motion_the_area_is_outlined_and_the_map_stays(browser: Browser, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, rung(KELURAHAN[3], datetime.now(UTC)), motion="reduce")
    try:
        page.wait_for_selector(".map[data-focused]")
        page.evaluate("skip(3000)")
        assert page.locator(".focus path").is_visible()
        assert box(page) == [WHOLE]
    finally:
        page.context.close()


def test_an_alarm_that_is_old_when_the_page_opens_moves_nothing(browser: Browser, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, rung(KELURAHAN[3], datetime.now(UTC) - timedelta(hours=1)))
    try:
        page.evaluate("skip(3000)")
        assert page.locator(".map[data-focused]").count() == 0
        assert box(page) == [WHOLE]
    finally:
        page.context.close()


def test_the_last_one_that_nobody_has_taken_and_that_has_a_place() -> None:
    first, last = rung(KELURAHAN[0], NOW, "a"), rung(KELURAHAN[1], NOW + timedelta(minutes=1), "b")
    taken = rung(KELURAHAN[2], NOW + timedelta(minutes=2), "c", state=AlarmState.ACKNOWLEDGED)
    whole = rung(CITY.code, NOW + timedelta(minutes=3), "d")
    assert "aduan_lewat_tenggat:b" in str(focus((first, last, taken, whole), view()))
    assert focus((taken, whole), view()) is None
