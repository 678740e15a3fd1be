"""Search: what each may find, as a page and as one types, in a real browser by keyboard and by hand."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Locator, Page, Route, expect

from dashboard import text
from dashboard.find import Names
from layers import clock
from layers.clock import SetClock
from layers.model import Role, Scope
from layers.typed import LONGEST
from tests.dashboard.furnished import Furnished, furnished
from tests.dashboard.pages.test_axe import faults
from tests.dashboard.server import Live, serving
from tests.layers.furnished import FAR, HERE
from tests.layers.made import NOW, PUBLIC

LURAH = Scope(user="lurah", role=Role.LURAH, areas=frozenset({HERE}))
HEAD = Scope(user="opd", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
LEADER = Scope(user="leader", role=Role.LEADER)


@pytest.fixture(scope="module")
def room() -> Furnished:
    return furnished()


@pytest.fixture(scope="module")
def live(room: Furnished, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("live"), room.snapshot, room=room.room) as running:
        yield running


@pytest.fixture(autouse=True)
def at_its_moment() -> None:
    clock.set_clock(SetClock(start=NOW, since=0, speed=0))


def found(room: Furnished, scope: Scope, asked: str, lang: text.Lang = "id") -> dict[str, list[str]]:
    """The titles that somebody finds, by kind."""
    names = Names(room.city, room.room.tree, room.room.catalog)
    groups = names.search(room.room.view(scope, lang, {}), asked, 25)
    return {group.kind: [one.title for one in group.found] for group in groups}


# --- what is found --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "kind", "title"),
    [
        ("sukasari", "place", "Sukasari"),
        ("kel. sukasri", "place", "Sukasari"),
        ("kec. cipondoh", "place", "Cipondoh"),
        (HERE, "place", "Sukarasa"),
        ("dinas kebersihan", "opd", "Dinas Lingkungan Hidup"),
        ("tepat waktu", "figure", "Selesai tepat waktu"),
        ("on time", "figure", "Selesai tepat waktu"),
        ("procurement", "page", "Pengadaan"),
        ("lelang", "page", "Pengadaan"),
        ("trotoar", "package", "Rehabilitasi trotoar"),
    ],
)
def test_every_kind_is_found_by_words_of_both_languages(room: Furnished, asked: str, kind: str, title: str) -> None:
    assert title in found(room, LEADER, asked)[kind]


def test_what_one_may_not_open_is_not_found(room: Furnished) -> None:
    assert found(room, LEADER, "trotoar")["package"] == ["Rehabilitasi trotoar"]
    assert "package" not in found(room, LURAH, "trotoar")
    assert found(room, LURAH, "jalan")["package"] == ["Pemeliharaan jalan lingkungan"]
    assert found(room, LEADER, "dinas perhubungan")["opd"] == ["Dinas Perhubungan"]
    assert "opd" not in found(room, HEAD, "dinas perhubungan")
    assert found(room, HEAD, "lingkungan hidup")["opd"] == ["Dinas Lingkungan Hidup"]
    assert "page" not in found(room, LURAH, "catatan audit")
    assert "page" not in found(room, PUBLIC, "akun saya")
    assert found(room, Scope(user="a", role=Role.ADMIN), "catatan audit")["page"] == ["Catatan audit"]


def test_nothing_personal_can_be_found(room: Furnished) -> None:
    """Neither what citizens wrote nor the numbers of their cases nor accounts are among the names."""
    for asked in ("L-12", "3671010101010001", "08123456789", "demo-lurah"):
        assert found(room, Scope(user="a", role=Role.ADMIN), asked) == {}, asked


def test_results_are_bounded(room: Furnished) -> None:
    assert all(len(titles) <= 25 for titles in found(room, LEADER, "a").values())
    assert "package" not in found(room, LEADER, "re")


# --- the addresses --------------------------------------------------------------------------------


def test_the_page_and_the_list_find_the_same_and_each_link_opens(live: Live) -> None:
    with closing(live.signed_in(Role.LURAH, areas=[HERE])) as client:
        for asked in ("jalan", "sukarasa", "tepat waktu", "pengadaan", ""):
            page, typed = (client.get(path, params={"q": asked}) for path in ("/cari", "/cari/hasil"))
            assert {page.headers["cache-control"], typed.headers["cache-control"]} == {"no-store"}
            main = page.text.partition("<main")[2].partition("</main>")[0]
            listed = re.findall(r'role="option" href="([^"]+)"', typed.text)
            assert listed
            assert set(listed) - set(re.findall(r'<a href="([^"]+)"', main)) == set()
            for href in listed:
                assert client.get(href.replace("&amp;", "&")).status_code == 200, href
        assert "trotoar" not in client.get("/cari?q=trotoar").text.partition("<main")[2].replace("“trotoar”", "").replace(
            'value="trotoar"', ""
        )


def test_what_is_asked_is_bounded_escaped_and_not_logged(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "dashboard"), closing(live.signed_in(Role.LEADER)) as client:
        evil = '"><script>alert(1)</script>'
        assert "<script>alert" not in client.get("/cari", params={"q": evil}).text
        assert "<script>alert" not in client.get("/cari/hasil", params={"q": evil}).text
        for path in ("/cari", "/cari/hasil"):
            assert client.get(path, params={"q": "rahasia" * LONGEST}).status_code == 400
            assert client.get(path, params={"q": "rahasia\x00"}).status_code == 400
            assert client.get(path, params={"q": "rahasia"}).status_code == 200
    assert caplog.records
    assert "rahasia" not in caplog.text


def test_however_many_search_only_two_at_a_time_and_nobody_else_waits(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """A letter asks, a script asks as often as it likes: logins and pages have their threads for themselves."""
    at_once: list[int] = []
    going, lock, release = [0], threading.Lock(), threading.Event()

    def slow(*_asked: Any) -> tuple[()]:
        with lock:
            going[0] += 1
            at_once.append(going[0])
        release.wait(10)
        with lock:
            going[0] -= 1
        return ()

    monkeypatch.setattr(Names, "search", slow)
    with closing(live.signed_in(Role.LEADER)) as client, ThreadPoolExecutor(12) as many:
        asked = [many.submit(client.get, "/cari/hasil", params={"q": f"jalan {k}"}) for k in range(12)]
        while not at_once:
            time.sleep(0.01)
        assert client.get("/akun", timeout=5).status_code == 200
        assert not any(each.done() for each in asked)
        release.set()
        assert {each.result().status_code for each in asked} == {200}
    assert len(at_once) == 12
    assert max(at_once) <= 2


def test_a_wall_has_no_search(live: Live) -> None:
    with live.client() as client:
        assert 'id="temukan"' not in client.get("/dinding").text
        assert 'id="temukan"' in client.get("/sumber").text


# --- in a browser ---------------------------------------------------------------------------------


def ready(box: Locator) -> None:
    """The answer to what stands in the field is there."""
    expect(box.locator("[role=listbox]")).not_to_be_empty()
    expect(box).not_to_have_attribute("aria-busy", "true")


@pytest.mark.parametrize(("width", "height", "scheme"), [(1440, 900, "light"), (390, 844, "dark")])
def test_somebody_finds_a_place_a_package_and_nothing(browser: Browser, live: Live, width: int, height: int, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce")
    with closing(live.signed_in(Role.LURAH, areas=[HERE])) as person:
        context.add_cookies([{"name": name, "value": value, "url": live.url} for name, value in person.cookies.items()])
    page, wrong = context.new_page(), []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("request", lambda asked: None if asked.url.startswith((live.url, "data:")) else wrong.append(asked.url))
    page.goto(f"{live.url}/metrik")
    box, field = page.locator("#temukan"), page.get_by_role("combobox", name="Kelurahan")
    if width > 760:
        page.keyboard.press("Control+k")
    else:
        page.get_by_role("link", name="Cari", exact=True).click()
    expect(field).to_be_focused()
    ready(box)  # one's own first
    expect(box.get_by_role("group", name="Wilayah").get_by_role("option")).to_contain_text(["Sukarasa"])
    by_keyboard(page, box, field)
    nothing(page, box, field)
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width > 760:
        expect(page.locator("[data-find]")).not_to_be_focused()
        page.locator("h1").click()
        page.keyboard.press("/")
        expect(field).to_be_focused()
        page.keyboard.type("bukan garis miring")
        expect(field).to_have_value("bukan garis miring")
        page.keyboard.press("Escape")
        page.goto(f"{live.url}/akun")  # a page that nothing changes has search too
        page.keyboard.press("Control+k")
        field.fill("jalan lingkungan")
        page.keyboard.press("Enter")  # faster than the answer
        page.wait_for_url("**/pengadaan?cari=pemeliharaan+jalan+lingkungan")
        expect(page.locator("#packages tbody tr")).to_have_count(1)
    context.close()
    assert wrong == []


def by_keyboard(page: Page, box: Locator, field: Locator) -> None:
    field.fill("tangerng")
    options = box.get_by_role("option")
    expect(options.first).to_contain_text("Tangerang")
    expect(box.get_by_role("status")).to_contain_text("hasil")
    chosen = box.locator("[aria-selected=true]")
    expect(chosen).to_have_count(1)
    first = field.get_attribute("aria-activedescendant")
    assert chosen.get_attribute("id") == first
    page.keyboard.press("ArrowDown")
    assert field.get_attribute("aria-activedescendant") != first
    page.keyboard.press("ArrowUp")
    assert field.get_attribute("aria-activedescendant") == first
    assert faults(page) == []
    page.keyboard.press("Enter")
    page.wait_for_url("**/kecamatan/36.71.01")
    page.go_back()
    page.wait_for_url("**/metrik")


def nothing(page: Page, box: Locator, field: Locator) -> None:
    page.keyboard.press("Control+k")
    field.fill("trotoar")  # elsewhere: not this lurah's
    expect(box.get_by_role("status")).to_contain_text("Tidak ada yang cocok dengan “trotoar”")
    expect(box.get_by_role("option")).to_have_count(0)


def test_the_last_answer_wins_and_none_is_told_of(browser: Browser, live: Live) -> None:
    page = browser.new_page()
    page.goto(f"{live.url}/sumber")

    held: list[Route] = []
    page.route("**/cari/hasil?q=sukasari*", lambda route: held.append(route))  # noqa: PLW0108 - playwright marks what it is given
    page.keyboard.press("Control+k")
    box, field = page.locator("#temukan"), page.get_by_role("combobox", name="Kelurahan")
    with page.expect_request("**/cari/hasil?q=sukasari*"):
        field.fill("sukasari")
    field.fill("benda")
    expect(box.get_by_role("option").first).to_contain_text("Benda")
    with suppress(Error):  # it was given up
        held[0].continue_()
    page.wait_for_timeout(200)
    expect(box.get_by_role("option").first).to_contain_text("Benda")
    page.route("**/cari/hasil*", lambda route: route.abort())
    field.fill("jalan")
    expect(box.get_by_role("status")).to_contain_text("Pencarian tidak menjawab")
    page.keyboard.press("Enter")  # its page may answer
    page.wait_for_url("**/cari?q=jalan")
    page.close()


def test_without_scripts_search_is_a_page(browser: Browser, live: Live) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{live.url}/sumber")
    page.get_by_role("link", name="Cari", exact=True).click()
    page.get_by_role("searchbox").fill("sukarasa")
    page.get_by_role("main").get_by_role("button", name="Cari").click()
    page.get_by_role("main").get_by_role("link", name="Sukarasa", exact=True).click()
    page.wait_for_url(f"**/kelurahan/{HERE}")
    assert FAR not in page.url
    context.close()
