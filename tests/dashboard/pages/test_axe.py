"""Every page and every scene, usable by all: axe-core finds nothing serious, in both languages, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from dashboard.page import pages
from dashboard.pages import wall
from dashboard.scene import scenes
from layers import clock
from layers.briefs import Shelf
from layers.clock import SetClock
from layers.model import Role, Scope
from tests.dashboard import briefs
from tests.dashboard.alarmed import STATE, alarms, log_of
from tests.dashboard.server import Live, serving
from tests.dashboard.trusted import trusted
from tests.dashboard.views import drill, html, real_city, view, worst_day
from tests.layers.made import NOW

FILLED = {"{code}": "36.71.01.1001", "{kpi}": "selesai_tepat_waktu_ketat", "{opd}": "dlh"}
OPTIONS = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SCHEME = {"id": "light", "en": "dark"}
"""Desk pages follow the machine's scheme: each is looked at once in each, with a language each."""
OWN = ("/akun", "/pengguna", "/audit", "/opd/tidak-ada")
"""What an admin has beside, and a page that is not there."""
LARGE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
BEYOND = """() => {
  const { clientWidth: wide, scrollWidth: taken } = document.documentElement;
  const scrolls = e => e && (getComputedStyle(e).overflowX !== 'visible' || scrolls(e.parentElement));
  const out = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > wide + 1 && !scrolls(e));
  return taken <= wide ? [] : [`${taken} > ${wide}`, ...out.slice(0, 3).map(e => e.outerHTML.slice(0, 120))];
}"""
"""What makes a page wider than its window; a table may scroll in a box of its own."""


def desk() -> list[str]:
    """An address of every page but the wall's, and of the login."""
    paths = [page.path for page in pages() if page is not wall.PAGE]
    for name, value in FILLED.items():
        paths = [path.replace(name, value) for path in paths]
    return [*paths, "/masuk"]


def faults(page: Page, *, colours: bool = True, only: str | None = None) -> list[str]:
    """What axe-core calls serious or critical, each with where it is; ``colours`` take it longer than all the rest."""
    rules = {"runOnly": [only]} if only else {"rules": {"color-contrast": {"enabled": colours}}}
    found = Axe().run(page, options=OPTIONS | rules).response["violations"]
    return [
        f"{each['impact']} {each['id']}: {node['target']} {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A room with figures, rows, alarms, a brief and orders, at the moment of its figures."""
    made = trusted(tmp_path_factory.mktemp("trusted"))

    def shelf(_scope: Scope, _opd: str | None, _day: date | None, _until: datetime | None) -> Shelf:
        return Shelf(brief=briefs.brief(), days=(briefs.brief().day,))

    here = replace(made.room, shelf=shelf, orders=lambda _scope: briefs.orders(), alarm_log=lambda _alarms: log_of(NOW))
    shown = replace(made.snapshot, alarms=alarms(NOW), state=STATE)
    with serving(tmp_path_factory.mktemp("live"), shown, room=here) as running:
        yield running


@pytest.fixture
def at_its_moment() -> None:
    clock.set_clock(SetClock(start=NOW, since=0, speed=0))


@pytest.mark.parametrize("lang", SCHEME)
def test_a_desk_page_is_usable_by_all(browser: Browser, live: Live, at_its_moment: None, lang: Any) -> None:
    found = {}
    for role, paths in ((Role.OPERATOR, desk()), (Role.ADMIN, OWN)):
        context = browser.new_context(viewport=LARGE, color_scheme=SCHEME[lang], reduced_motion="reduce")
        with closing(live.signed_in(role)) as person:
            name, value = next(iter(person.cookies.items()))
            context.add_cookies(
                [{"name": name, "value": value, "url": live.url}, {"name": "lang", "value": lang, "url": live.url}]
            )
        page = context.new_page()
        for place, path in enumerate(paths):
            page.set_viewport_size(LARGE)
            answer = page.goto(live.url + path)
            assert answer is not None
            assert answer.status == (404 if path == OWN[-1] else 200), path
            assert page.locator("html").get_attribute("lang") == lang
            small = place % 2 == (lang == "id")  # its colours are looked at in both sizes, and in each scheme once
            wrong = page.evaluate(BEYOND) + faults(page, colours=not small)
            page.set_viewport_size(PHONE)
            if wrong := wrong + page.evaluate(BEYOND) + (faults(page, only="color-contrast") if small else []):
                found[path] = wrong
        context.close()
    assert found == {}


@pytest.mark.parametrize("lang", ["id", "en"])
def test_a_scene_is_usable_by_all(browser: Browser, tmp_path: Path, lang: Any) -> None:
    city, asset = real_city(tmp_path)
    page, shown, found = browser.new_page(viewport={"width": 1920, "height": 1080}), worst_day(city), {}
    for scene in scenes():
        page.goto(html(wall.PAGE, shown, view(city, asset, lang=lang, params={"adegan": scene}, drill=drill), tmp_path).as_uri())
        if wrong := faults(page, colours=lang == "id"):  # they are the same in both
            found[scene] = wrong
    page.close()
    assert found == {}


def test_the_check_itself_finds_faults(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content('<html lang="id"><title>x</title><main><h1>x</h1><img src="x"><p style="color: #ccc">samar</p></main>')
    assert {"image-alt", "color-contrast"} <= {fault.split()[1].strip(":") for fault in faults(page)}
    page.close()
