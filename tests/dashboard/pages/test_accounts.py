"""The demo's users, one's own account and an admin's pages in a real browser, on a desk and on a telephone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from connectors.simulator.users import make_users
from tests.dashboard.pages.test_axe import faults
from tests.dashboard.server import Live, serving
from tests.dashboard.test_accountdesk import quick, settings

OWN = ("/akun", "/akun/kode", "/pengguna", "/audit")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    data: Path = tmp_path_factory.mktemp("demo")
    (data / "demo").mkdir()
    with serving(data) as found:
        make_users(settings(data), quick(data))
        yield found


@pytest.mark.parametrize(("width", "height", "scheme"), [(1440, 900, "light"), (390, 844, "dark")])
def test_a_role_is_tried_in_the_demo(browser: Browser, live: Live, width: int, height: int, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce")
    page, said, asked, wrong = context.new_page(), [], [], {}
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: asked.append(request.url))

    def look(path: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        if found := faults(page):
            wrong[path] = found

    page.goto(f"{live.url}/masuk?lanjut=/sumber")
    look("/masuk")
    page.get_by_role("button", name="Kepala bidang").click()
    page.wait_for_url("**/sumber")
    if width < 760:
        page.get_by_role("link", name="Menu", exact=True).click()
    entry = page.locator(".account")
    expect(entry.locator("strong")).to_have_text("demo-bidang")
    expect(entry).to_contain_text("Kepala bidang · DPUPR · Drainase dan genangan")
    entry.get_by_role("button", name="Keluar").press("Enter")
    page.wait_for_url("**/masuk")
    page.get_by_role("button", name="Admin").click()
    page.wait_for_url("**/sumber")
    for path in OWN:
        page.goto(live.url + path)
        look(path)
    context.close()
    assert wrong == {}
    assert said == []
    assert {url for url in asked if not url.startswith((live.url, "data:"))} == set()
