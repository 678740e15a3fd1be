"""The room below a path of another host: every address that a browser asks for lies below it, whatever a proxy does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape
from playwright.sync_api import Browser

from dashboard.app import create_app
from dashboard.page import pages
from dashboard.prefix import Prefix
from dashboard.static import write_files
from layers import clock
from layers.model import Role
from layers.settings import Settings, SettingsError, from_environment
from tests.conftest import SECRET
from tests.dashboard.proxy import Proxy, proxied
from tests.dashboard.server import PASSWORD, Live, serving
from tests.dashboard.snapshots import KELURAHAN, snapshot

BELOW = "/ruang"
VALUES = {"{code}": KELURAHAN[0], "{opd}": "dlh"}
INNER = {"data-page", "value"}
"""Attributes whose addresses stay inside: they come back to the server as they are."""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("prefix")
    with serving(folder, snapshot(1, now=clock.now()), demo=False, prefix=BELOW) as server:
        server.people.add_user("siti", PASSWORD, Role.ADMIN)
        yield server


@contextmanager
def _inside(proxy: Proxy) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=proxy.url, timeout=10) as client:
        answer = client.post(f"{BELOW}/masuk", data={"nama": "siti", "sandi": PASSWORD, "lanjut": "/alarm"})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{BELOW}/alarm")
        assert f"path={BELOW};" in answer.headers["set-cookie"].lower()
        yield client


def test_a_browser_never_leaves_the_path(live: Live, browser: Browser, tmp_path: Path) -> None:
    """Sign in, read, open a figure's origin, narrow, steer the wall: behind a proxy that strips and has the files itself."""
    written = write_files(tmp_path, live.data)
    context = browser.new_context()
    page, wrong = context.new_page(), list[str]()
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    with proxied(live.url, BELOW, strips=True, files=tmp_path) as proxy:
        try:
            page.goto(f"{proxy.url}{BELOW}")
            page.fill("#nama", "siti")
            page.fill("#sandi", PASSWORD)
            page.click("main button")
            page.wait_for_url(f"{proxy.url}{BELOW}/dinding")
            page.wait_for_selector("body[data-ready]", state="attached", timeout=20_000)
            assert page.evaluate("document.fonts.ready.then(() => document.fonts.check('16px \"Source Sans\"'))")
            page.keyboard.press("ArrowRight")
            page.wait_for_selector(".wall:not([data-scene=kota])")
            page.goto(f"{proxy.url}{BELOW}/kelurahan/{KELURAHAN[0]}")
            page.wait_for_selector("body[data-ready]", state="attached", timeout=20_000)
            page.locator("[data-kpi] button").first.click()
            page.locator("#kartu a[href^='/ruang/metrik']").first.wait_for()
            page.keyboard.press("Escape")
            live.publish(snapshot(2, now=clock.now()))
            page.wait_for_selector("body[data-version='2']", state="attached")
            page.locator("form[data-cut] select[name=days]").select_option(index=1)
            page.wait_for_url(f"**{BELOW}/kelurahan/*?*")
            page.locator(".nav a, nav a").filter(has_text="Alarm").first.click()
            page.wait_for_url(f"{proxy.url}{BELOW}/alarm")
        finally:
            context.close()
    assert proxy.outside == []
    assert wrong == []
    folders = tuple({f"/{path.relative_to(tmp_path).parts[0]}/" for path in written})
    assert [path for path in proxy.passed if path.startswith(folders)] == [], "the proxy has every static file"
    assert any(path.name.endswith(".js.br") for path in written)


def test_every_page_is_below_the_path_where_the_proxy_keeps_it(live: Live) -> None:
    """No attribute of any page holds an address outside, be it one that nobody has thought of yet."""
    with proxied(live.url, BELOW, strips=False) as proxy, _inside(proxy) as client:
        for path in [
            "/tidak-ada",
            "/remote",
            "/akun",
            "/pengguna",
            "/audit",
            *(one.path for one in pages() if Role.ADMIN in one.roles),
        ]:
            for name, value in VALUES.items():
                path = path.replace(name, value)
            html = client.get(BELOW + path, headers={"accept": "text/html"}, follow_redirects=True).text
            found = re.findall(r'\s([\w:-]+)="(/[^"]*)"', html)
            assert found, path
            assert [(n, v) for n, v in found if n not in INNER and not v.startswith(f"{BELOW}/") and v != BELOW] == [], path
        document = client.get(f"{BELOW}/live/doc", params={"page": "/dinding"}).json()
        assert all(f'href="{BELOW}/' in html for html in document["parts"].values() if ' href="/' in html)
        assert any(f'href="{BELOW}/' in html for html in document["parts"].values())
        past = client.get(f"{BELOW}/", headers={"accept": "text/html"})
        assert past.headers["location"] == f"{BELOW}/dinding"
        assert client.get(f"{BELOW}/api/v1/openapi.json").json()["servers"] == [{"url": BELOW}]
        after = client.get(f"{BELOW}/api/v1/areas", params={"limit": 1}).json()["next"]
        taken = client.get(f"{BELOW}/ekspor/csv", params={"halaman": "/metrik", "bagian": "metrik-head"})
        described = taken.headers["link"].partition("<")[2].partition(">")[0]
        assert [path.partition("?")[0] for path in (after, described)] == [f"{BELOW}/api/v1/areas", f"{BELOW}/ekspor/json"]
        assert [client.get(path).status_code for path in (after, described)] == [200, 200]
        assert f"{BELOW}/metrik" in taken.text
    with closing(live.client()) as direct:
        assert direct.get("/healthz").status_code == 200, "a watchdog on the machine itself asks without a proxy"


def test_over_https_the_cookie_is_of_the_path(live: Live) -> None:
    """``__Host-`` would make it the whole host's, where other rooms may live."""
    told = {"x-forwarded-proto": "https", "x-forwarded-for": "10.0.0.9"}
    with closing(live.client(headers=told)) as client:
        answer = client.post(f"{BELOW}/masuk", data={"nama": "siti", "sandi": PASSWORD})
        cookie = answer.headers["set-cookie"].lower()
        assert cookie.startswith("__secure-liveroom=")
        assert f"path={BELOW};" in cookie
        token = {"cookie": answer.headers["set-cookie"].partition(";")[0]}
        assert client.get(f"{BELOW}/alarm", headers=token).status_code == 200


@settings(max_examples=40)
@given(st.text(), st.sampled_from(["href", "src", "action", "title"]))
def test_only_addresses_of_ours_are_changed(words: str, name: str) -> None:
    """What people wrote can never read like one, and what is not ours stays."""
    prefix = Prefix(BELOW)
    for html in (f"<p>{escape(words)}</p>", f'<p {name}="x{escape(words)}">', f'<a href="//{escape(words)}">', '<use href="#a">'):
        assert prefix.markup(html) == html
    assert Prefix().markup('<a href="/alarm">') == '<a href="/alarm">'
    assert prefix.markup('<a class="b" href="/alarm">') == '<a class="b" href="/ruang/alarm">'


@pytest.mark.parametrize("given", ["ruang", "/a b", "//x", "/..", "/ruang?x"])
def test_a_prefix_that_is_none_is_refused(given: str, tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    with pytest.raises(SettingsError, match="LIVEROOM_PREFIX"):
        from_environment({"LIVEROOM_DATA": str(tmp_path), "LIVEROOM_SECRET": SECRET, "LIVEROOM_PREFIX": given})


def test_links_in_messages_lead_below_the_path(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    given = {"LIVEROOM_DATA": str(tmp_path), "LIVEROOM_SECRET": SECRET, "LIVEROOM_PREFIX": "/ruang/"}
    for url in ("https://kota.example", "https://kota.example/ruang", "https://kota.example/ruang/"):
        assert from_environment({**given, "LIVEROOM_URL": url}).address == "https://kota.example/ruang"


def test_a_prefix_that_is_an_address_of_the_room_is_refused(live: Live) -> None:
    below = Settings(
        city=live.hub.room.city, data=live.data, database_url="sqlite://", people_url="sqlite://", secret=SECRET, prefix="/alarm"
    )
    with pytest.raises(SettingsError, match="/alarm"):
        create_app(below, live.hub.room, live.people)
