"""Pages of a moment gone by: what they say, where they lead, what they refuse, and that they stay as they are."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from dashboard.past import WAITING, Asked, Machine, stay
from layers.alarmbook import AlarmLog
from layers.alarms import Life
from layers.areas import AreaTree
from layers.catalog import catalog
from layers.changes import Answer, Question, explain
from layers.clock import SetClock, set_clock
from layers.frames import Frames
from layers.model import Role, Scope
from layers.orders import Orders
from layers.past import Past
from layers.people import People
from layers.publish import build
from layers.store import Store
from tests.dashboard.alarmed import about, alarms
from tests.dashboard.server import SECRET, Live, room, serving
from tests.dashboard.snapshots import CITY
from tests.layers.made import DAY, HOUR, NOW, complaint, give, new_store

T = TypeVar("T")
AT = "2026-11-20T08:00"
THEN = f"/kelurahan/36.71?pada={AT}"
NOON = NOW - 2 * DAY - 4 * HOUR  # 08.00 WIB on 20 November
LATER = "2026-11-20T08:30"
RANG = NOON + timedelta(minutes=10)
ALARM = Life(
    id="lama:laksa", since=RANG, about=about("data_terlambat", place="Sumber yang dahulu", owner="dlh"), raised=RANG, rang=RANG
)
KPIS = ("aduan_terbuka", "aduan_lewat_tenggat", "selesai_tepat_waktu")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Two complaints that were known at that moment, and three that came late."""
    store = new_store(f"sqlite:///{tmp_path_factory.mktemp('store')}/s.sqlite")
    facts: dict[str, Any] = {"received": NOON - 3 * HOUR, "due": NOON - HOUR, "known_at": NOON - 3 * HOUR, "opd": "dlh"}
    for names, seen in (("ab", NOON - 2 * HOUR), ("cde", NOON + HOUR)):
        give(store, [complaint(name, seen_at=seen, **facts) for name in names], now=seen)
    yield store
    store.close()


@pytest.fixture(scope="module")
def live(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    data = tmp_path_factory.mktemp("past")
    tree = AreaTree.of(CITY)
    frames = Frames(data / "rows", CITY, tree)
    frames.refresh(store)
    set_clock(SetClock(start=NOW, since=0, speed=0))
    known = {name: kpi for name, kpi in catalog().items() if name in (*CITY.wall.tiles, *KPIS, CITY.wall.map, CITY.wall.ranking)}
    known |= {name: catalog()[name] for name in ("aduan_masuk_30h", "respons_pertama", "lama_penyelesaian")}
    first = build(frames, known, tree, CITY, store, NOW, version=1, notice="Data contoh")
    people = People(f"sqlite:///{data / 'people.sqlite'}", SECRET)

    def changes(scope: Scope, question: Question) -> Answer:
        return explain(scope, frames, catalog(), tree, CITY, question, store.source_states(), NOW)

    def alarms_at(at: datetime) -> AlarmLog:
        return AlarmLog(lives=[ALARM.at(at)] if ALARM.since <= at else [])

    parts = replace(
        room(data, past=Past(store, frames, CITY)),
        catalog=catalog(),
        changes=changes,
        orders=Orders(people).seen,
        alarms_at=alarms_at,
    )
    with serving(data, replace(first, alarms=alarms(NOW)), room=parts) as running:
        yield running
    people.close()


@pytest.fixture(autouse=True)
def the_clock(real_clock: None) -> None:
    """The server's clock stands at NOW during each test."""
    set_clock(SetClock(start=NOW, since=0, speed=0))


def alone(asked: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: the browser's loop runs in this one."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, asked).result()


def texts(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_a_page_says_which_moment_it_is_and_the_other_value(live: Live) -> None:
    with live.client() as client:
        then, now = client.get(THEN), client.get(THEN + "&menurut=kini")
        assert (then.status_code, now.status_code) == (200, 200)
        assert "Sebagaimana diketahui 20 November 2026 08.00" in texts(then.text).replace("\xa0", " ")
        assert "20 November 2026 08.00 WIB, menurut yang diketahui sekarang" in texts(now.text).replace("\xa0", " ")
        assert "Data contoh" in then.text  # what the live room must say is said of the past too
        tile = r'data-kpi="aduan_lewat_tenggat"[^>]*data-value="(\d+)".*?class="other">([^<]*)<'
        found = [re.search(tile, page.text, re.DOTALL) for page in (then, now)]
        assert [(m[1], m[2].replace("\xa0", " ")) for m in found if m] == [("2", "kini 5 aduan"), ("5", "waktu itu 2 aduan")]
        english = client.get(THEN + "&lang=en").text
        assert "As known on 20 November 2026" in english


def test_every_page_can_be_asked_and_leads_to_the_same_moment(live: Live) -> None:
    query = "pada=2026-11-20T08%3A00"
    with live.client() as client:
        for path in ("/dinding", "/sumber", "/kecamatan/36.71.01"):
            page = client.get(path, params={"pada": AT, "menurut": "kini"})
            assert page.status_code == 200, path
            body = page.text.split("<body", 1)[1]
            links = [
                href
                for href in re.findall(r'href="(/[^"]*)"', body)
                if href.startswith(("/dinding", "/kelurahan", "/kecamatan", "/sumber"))
            ]
            assert links, path
            assert all(f"{query}&amp;menurut=kini" in href for href in links), (path, links)
        assert 'href="?pada="' in client.get(THEN).text  # the way back
        live_page = client.get("/kelurahan/36.71?pada=").text
        assert "pada=" not in re.sub(r'name="pada"', "", live_page)
        narrowed = client.get(THEN + "&opd=dpupr").text
        assert re.search(r'data-kpi="aduan_lewat_tenggat"[^>]*data-value="0"', narrowed)
        assert f'<input type="hidden" name="pada" value="{AT}">' in narrowed


def test_a_link_is_pinned_to_the_version_of_a_snapshot(live: Live) -> None:
    """The page's own version, as a file of it names it, leads back to the same; a live one to the minute in which it was made."""
    with live.client() as client:
        then = client.get(THEN)
        version = re.search(r'data-version="(\d+)"', then.text)
        assert version is not None
        for written in (version[1], f"{int(version[1]) + 7}123"):
            assert client.get(f"/kelurahan/36.71?versi={written}").text == then.text
        part = {"halaman": f"/kelurahan/36.71?versi={version[1]}", "bagian": "figures"}
        told = client.get("/ekspor/csv", params=part).text
        assert f"versi {version[1]}" in told
        assert "pada=2026-11-20T08%3A00" in told, "and the way back is pinned too"


def test_no_page_shows_what_is_so_today(live: Live) -> None:
    """What changed, the alarms and the orders are those of that moment, and nothing can be done about them."""
    with live.client() as client:
        change = {"kpi": "aduan_terbuka"}
        assert "5 aduan" in texts(client.get("/perubahan", params=change).text)
        then = texts(client.get("/perubahan", params={**change, "pada": AT}).text)
        assert "dimulai sebelum data pertama" in then
        assert "5 aduan" not in then
        assert "Tidak ada alarm." in client.get("/alarm", params={"pada": AT}).text
        assert "Sumber yang dahulu" in client.get("/alarm", params={"pada": LATER}).text
    leader = live.signed_in(Role.LEADER)
    for path, form in (("/arahan", "/arahan/beri"), ("/alarm", "/alarm/terima")):
        assert f'action="{form}"' in leader.get(path).text
        assert f'action="{form}"' not in leader.get(path, params={"pada": LATER}).text
    leader.post("/arahan/beri", data={"opd": "dlh", "isi": "Angkut sampah"})
    assert "Angkut sampah" in leader.get("/arahan").text
    assert "Angkut sampah" not in leader.get("/arahan", params={"pada": LATER}).text
    leader.close()


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("pada=kemarin", 400, "Waktu tidak dapat dibaca"),
        ("pada=2026-02-30T08:00", 400, "Waktu tidak dapat dibaca"),
        ("pada=0001-01-01T00:00", 400, "Waktu tidak dapat dibaca"),
        ("pada=2026-11-20T08:00&menurut=besok", 400, "Waktu tidak dapat dibaca"),
        ("pada=2026-11-22T12:01", 400, "Waktu itu belum tiba"),
        ("pada=2026-11-20T05:00", 404, "Belum dipantau"),
        ("pada=2019-01-01T00:00", 404, "Belum dipantau"),
        ("versi=terbaru", 400, "Waktu tidak dapat dibaca"),
        ("versi=12345678901234", 400, "Waktu tidak dapat dibaca"),
        ("versi=9999999999", 400, "Waktu itu belum tiba"),
        ("versi=1", 404, "Belum dipantau"),
    ],
)
def test_what_cannot_be_answered_is_said(live: Live, query: str, status: int, words: str) -> None:
    with live.client() as client:
        answer = client.get(f"/dinding?{query}", headers={"accept": "text/html"})
        assert (answer.status_code, words in answer.text) == (status, True)
        assert client.get(f"/kelurahan/36.71.99?pada={AT}").status_code == 404


def test_a_room_without_a_store_has_no_past(tmp_path: Path) -> None:
    with serving(tmp_path / "d") as bare, bare.client() as client:
        assert client.get(f"/dinding?pada={AT}").status_code == 404


def test_a_page_of_the_past_stays_as_it_is_and_its_card_is_of_it(live: Live, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(live.url + THEN)
    page.wait_for_selector("body[data-ready]")
    before = page.inner_text(".kpis")
    page.wait_for_timeout(1500)
    assert page.inner_text(".kpis") == before
    assert not [url for url in asked if "/live" in url.partition("?")[0].removeprefix(live.url)[:5]]
    page.click("#tile-aduan_lewat_tenggat")
    page.wait_for_selector("#kartu .evidence")
    assert "Sebagaimana diketahui 20 November 2026" in page.inner_text("#kartu")
    assert page.get_attribute("#kartu .evidence", "data-value") == "2"
    page.keyboard.press("Escape")
    page.select_option("select[name=days]", "7")
    page.wait_for_selector(".page-head .aside:has-text('7 hari terakhir')")
    assert "pada=2026-11-20T08%3A00" in page.url
    assert errors == []
    page.close()


def test_the_past_is_asked_for_on_the_page_itself_on_a_telephone(live: Live, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(live.url + "/kelurahan/36.71")
    assert not page.is_visible(".past-ask")
    page.click(".menu-open")
    page.click(".past-ask summary")
    page.fill(".past-ask input", AT)
    page.click(".past-ask button")
    page.wait_for_selector(".past-line")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.click(".past-line a:not([aria-current])")
    page.wait_for_selector(".past-line")
    assert "menurut=kini" in page.url
    page.click(".past-back")
    page.wait_for_selector(".past-line", state="detached")
    page.close()


def test_so_many_may_wait_and_no_more(live: Live) -> None:
    machine, go = Machine(live.hub), threading.Event()

    async def crowd() -> list[Any]:
        asked = [asyncio.ensure_future(machine._ask(go.wait)) for _ in range(WAITING + 3)]
        await asyncio.sleep(0.05)
        go.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    found = alone(crowd())
    refused = [answer for answer in found if isinstance(answer, HTTPException)]
    assert [answer.status_code for answer in refused] == [503] * 3
    assert refused[0].headers == {"retry-after": "10"}
    assert alone(machine._ask(lambda: 7)) == 7  # the others have had their answer


def test_a_store_that_is_away_is_said(live: Live) -> None:
    def away() -> None:
        raise OperationalError("select", {}, Exception("gone"))

    with pytest.raises(HTTPException) as error:
        alone(Machine(live.hub)._ask(away))
    assert error.value.status_code == 503


def test_links_that_name_a_moment_and_foreign_ones_stay() -> None:
    asked = Asked(at=NOON, now=False, written=AT)
    kept = '<a href="?pada=">x</a><a href="/masuk">x</a><a href="/dinding?pada=2026-01-01T00:00">x</a><a href="#content">x</a>'
    assert stay(kept, asked) == kept
    marked = stay('<a href="/arahan#a7">x</a><a href="/dinding?pada=2026-01-01T00:00#a">x</a>', asked)
    assert marked == '<a href="/arahan?pada=2026-11-20T08%3A00#a7">x</a><a href="/dinding?pada=2026-01-01T00:00#a">x</a>'
    moved = stay('<a href="/kelurahan/36.71?opd=dlh">x</a>', asked)
    assert moved == '<a href="/kelurahan/36.71?opd=dlh&amp;pada=2026-11-20T08%3A00">x</a>'


@pytest.mark.parametrize(
    ("form", "keeps"),
    [
        ('<form class="queue-search" method="get" action="/opd/dlh">', True),
        ('<form method="get" action="/peringkat">', True),
        ('<form id="filters" method="get" data-cut>', True),
        ('<form method="get">', False),  # the time machine's own
        ('<form method="get" action="/akun">', False),
        ('<form method="post" action="/opd/dlh">', False),
    ],
)
def test_forms_that_ask_for_a_page_keep_the_moment(form: str, keeps: bool) -> None:
    hidden = '<input type="hidden" name="pada" value="2026-11-20T08:00"><input type="hidden" name="menurut" value="kini">'
    assert stay(form, Asked(at=NOON, now=True, written=AT)) == form + (hidden if keeps else "")
