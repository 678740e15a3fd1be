"""No page asks anything of another host: every one works where there is no internet."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser

from dashboard.page import pages
from layers import clock
from layers.model import Role
from tests.dashboard.server import serving
from tests.dashboard.snapshots import KELURAHAN, snapshot

VALUES = {"{code}": KELURAHAN[0], "{opd}": "dlh"}


def test_no_page_asks_another_host(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path, snapshot(1, now=clock.now()), demo=False) as live, closing(live.signed_in(Role.ADMIN)) as admin:
        context, asked = browser.new_context(), list[str]()
        context.add_cookies([{"name": name, "value": value, "url": live.url} for name, value in admin.cookies.items()])
        context.on("request", lambda request: asked.append(request.url))
        page, seen = context.new_page(), 0
        try:
            for path in ["/masuk", "/tidak-ada", *(one.path for one in pages() if Role.ADMIN in one.roles)]:
                for name, value in VALUES.items():
                    path = path.replace(name, value)
                answer = page.goto(live.url + path)
                seen += bool(answer and answer.ok)
                if page.locator("body[data-dash]").count():
                    page.wait_for_selector("body[data-ready]", state="attached", timeout=20_000)
        finally:
            context.close()
        assert seen > 10
        assert [url for url in asked if urlsplit(url).scheme != "data" and not url.startswith(live.url)] == []
