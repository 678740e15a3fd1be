"""The demo's guide: for each role on its own first page, by keyboard, once; never on the wall and never outside the demo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from connectors.simulator.users import make_users
from dashboard import text
from dashboard.guide import guide_of
from dashboard.parts.frame import open_to
from dashboard.parts.guide import guide, guide_link
from layers import clock
from layers.clock import SetClock
from layers.demousers import DemoUser, demo_users
from layers.model import LIMITS, ROWS, Role, Scope
from tests.dashboard.pages.test_axe import faults
from tests.dashboard.server import LIMITED, Live, serving
from tests.dashboard.test_accountdesk import quick, settings
from tests.dashboard.trusted import Trusted, trusted
from tests.layers.made import NOW

DESKS, PHONES = (Role.LEADER, Role.ANALYST, Role.OPERATOR), (Role.OPD_HEAD, Role.LURAH)
"""One for each guide: the others' is that of an OPD, a place or the machines too."""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Trusted:
    return trusted(tmp_path_factory.mktemp("trusted"))


@pytest.fixture(scope="module")
def live(room: Trusted, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    data: Path = tmp_path_factory.mktemp("demo")
    (data / "demo").mkdir()
    with serving(data, room.snapshot, room=replace(room.room, demo=True)) as running:
        make_users(settings(data), quick(data))
        yield running


@pytest.fixture(autouse=True)
def at_its_moment() -> None:
    clock.set_clock(SetClock(start=NOW, since=0, speed=0))


def scope_of(role: Role) -> Scope:
    return Scope(user=role.value, role=role, **{limit: frozenset(LIMITED[limit]) for limit in LIMITS.get(role, ())})


@pytest.mark.parametrize("role", Role)
def test_each_role_has_a_guide_of_its_own_pages_in_two_languages(room: Trusted, role: Role) -> None:
    found = guide_of(scope_of(role), room.city)
    assert (found is None) == (role not in ROWS)
    if found is None:
        return
    assert 4 <= len(found.steps) <= 6
    assert open_to(found.start.partition("?")[0], scope_of(role))
    assert open_to(found.onward[0], scope_of(role))
    words = [said for step in found.steps for said in (step.title, step.words)]
    assert [said for said in (*words, found.onward[1]) if said not in text._english()] == []


def test_outside_the_demo_there_is_none(room: Trusted) -> None:
    seen = room.room.view(scope_of(Role.OPERATOR), "id", {})
    assert guide("/sumber", seen) is None
    assert guide_link(seen) is None
    assert guide("/sumber", replace(seen, demo=True)) is not None


def test_outside_the_demo_a_login_leads_to_the_wall(room: Trusted, tmp_path: Path) -> None:
    with serving(tmp_path, room.snapshot, room=room.room, demo=False) as closed, closing(closed.signed_in(Role.LEADER)) as client:
        assert 'id="panduan"' not in client.get(f"/kelurahan/{room.city.code}").text
        closed.people.add_user("siapa", "kuda-benar-baterai", Role.LEADER)
        form = {"nama": "siapa", "sandi": "kuda-benar-baterai", "lanjut": ""}
        assert client.post("/masuk", data=form).headers["location"] == "/dinding"


def signed_in(context: BrowserContext, live: Live, role: Role) -> Page:
    """A page at which somebody has just come in by the login's own button."""
    user: DemoUser = next(one for one in demo_users(settings(live.data)) if one.role is role)
    page = context.new_page()
    page.goto(f"{live.url}/masuk")
    page.locator(f"form:has(input[value={user.name}]) button").click()
    return page


@pytest.mark.parametrize(("roles", "width", "height", "scheme"), [(DESKS, 1440, 900, "light"), (PHONES, 390, 844, "dark")])
def test_each_role_is_shown_around(
    browser: Browser, live: Live, roles: tuple[Role, ...], width: int, height: int, scheme: Any
) -> None:
    wrong: list[str] = []
    for role in roles:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce")
        page = signed_in(context, live, role)
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        box = page.locator("#panduan")
        expect(box).to_be_visible()
        steps = int(box.locator("section:not([hidden]) [data-all]").inner_text())
        assert steps >= 4, role
        for step in range(1, steps + 1):
            expect(box.locator("section:not([hidden]) [data-count]")).to_have_text(str(step))
            wrong.extend(f"{role} {step}: {fault}" for fault in page.evaluate(POINTS))
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            if step < steps:
                expect(box.get_by_role("button", name="Lanjut")).to_be_focused()
                page.keyboard.press("Enter")
        wrong.extend(faults(page) if role is roles[-1] else [])
        onward = box.get_by_role("link", name="Buka ")
        expect(onward).to_be_focused()
        assert open_to(str(onward.get_attribute("href")), scope_of(role))
        context.close()
    assert wrong == []


POINTS = """() => {
  const [box, ring] = ['#panduan', '.guide-ring'].map(name => document.querySelector(name).getBoundingClientRect())
  const wrong = []
  if (box.left < 0 || box.top < 0 || box.right > innerWidth || box.bottom > innerHeight) wrong.push('the guide leaves the screen')
  if (ring.width < 20 || ring.bottom < 0 || ring.top > innerHeight) wrong.push('nothing is pointed at')
  return wrong
}"""
"""The guide is on the screen whole, and so is some of what it points at."""


def test_it_can_be_left_and_opened_again(browser: Browser, live: Live) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = signed_in(context, live, Role.OPERATOR)
    box = page.locator("#panduan")
    expect(box).to_be_visible()
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(page.locator(".guide-ring")).to_have_count(0)
    page.reload()
    expect(page.locator("[data-guide]")).to_be_visible()
    expect(box).to_be_hidden()
    assert {c["name"]: c["value"] for c in context.cookies()}["liveroom-panduan"] == "operator"
    page.locator("[data-guide]").click()
    expect(box).to_be_visible()
    assert page.url == f"{live.url}/sumber"
    page.get_by_role("button", name="Lewati panduan").click()
    expect(box).to_be_hidden()
    page.goto(f"{live.url}/metrik")
    assert box.count() == 0
    page.locator("[data-guide]").click()
    page.wait_for_url("**/sumber")
    expect(box).to_be_visible()
    page.goto(f"{live.url}/dinding")
    assert box.count() == 0
    context.close()
