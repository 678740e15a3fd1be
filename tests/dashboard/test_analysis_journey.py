"""An analyst asks, keeps the question, and a colleague opens it again: the same numbers, also once new data has come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select

from layers import clock
from layers import peopleschema as schema
from layers.analysis.desk import Analyst
from layers.areas import AreaTree
from layers.catalog import catalog
from layers.clock import SetClock
from layers.frames import Frames
from layers.model import UNPLACED, Role, Scope
from layers.past import Past
from layers.publish import build
from layers.savedviews import SavedViews
from layers.store import Store
from tests.dashboard.pages.test_axe import faults
from tests.dashboard.pages.test_desk import OVERFLOWS
from tests.dashboard.server import Live, room
from tests.dashboard.snapshots import CITY, KELURAHAN
from tests.layers.made import HOUR, NOW, complaint, give, new_store

SIZES = {"desk": (1440, 900), "phone": (390, 844)}
CELLS = (
    "() => [...document.querySelectorAll('#answer-table tbody tr')]"
    ".map(r => [...r.cells].map(c => c.textContent.trim()).join('|'))"
)
KPIS = ("aduan_terbuka", "aduan_masuk_30h", "selesai_tepat_waktu")


class Room:
    """A running room over a store to which more can be given."""

    def __init__(self, folder: Any) -> None:
        self.store: Store = new_store(f"sqlite:///{folder}/s.sqlite")
        self.tree = AreaTree.of(CITY)
        self.frames = Frames(folder / "rows", CITY, self.tree)
        self.known = {name: catalog()[name] for name in (*CITY.wall.tiles, *KPIS, CITY.wall.map, CITY.wall.ranking)}
        self.arrive(60, seen=NOW - 3 * HOUR)
        self.past = Past(self.store, self.frames, CITY)
        parts = replace(room(folder), catalog=self.known, past=self.past, analyst=self.analyst)
        self.live = Live(folder, demo=False, room=parts)
        self.live.room = replace(self.live.room, saved=SavedViews(self.live.people).seen)  # type: ignore[type-var]

    def arrive(self, count: int, seen: Any) -> None:
        """Complaints of the last 60 days that are first seen at a moment."""
        places = [*KELURAHAN, UNPLACED]
        rows = [
            complaint(f"{seen:%H}-{i}", area=places[i % len(places)], opd=("dlh", "dpupr", None)[i % 3], seen_at=seen,
                      known_at=seen, category=("Sampah", "Banjir")[i % 2], received=NOW - timedelta(hours=23 * i + 4))
            for i in range(count)
        ]  # fmt: skip
        give(self.store, rows, now=seen)
        self.frames.refresh(self.store)

    def analyst(self, scope: Scope) -> Analyst:
        facts = partial(list, self.store.source_states())
        return Analyst(
            scope=scope, frames=self.frames, catalog=self.known, tree=self.tree, city=CITY, facts=facts, now=clock.now()
        )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    clock.set_clock(SetClock(start=NOW, since=0, speed=0))
    made = Room(tmp_path_factory.mktemp("journey"))
    made.live.publish(build(made.frames, made.known, made.tree, CITY, made.store, NOW, 1))
    made.live.start()
    yield made
    made.live.stop()
    made.live.people.close()
    made.store.close()


class Watched:
    """A page of somebody signed in, and what went wrong on it."""

    def __init__(self, live: Live, context: BrowserContext, role: Role = Role.ANALYST) -> None:
        with closing(live.signed_in(role)) as person:
            name, value = next(iter(person.cookies.items()))
        context.add_cookies([{"name": name, "value": value, "url": live.url}])
        self.page: Page = context.new_page()
        self.wrong: list[str] = []
        self.page.on("console", lambda m: self.wrong.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.wrong.append(str(e)))
        self.page.on(
            "request", lambda r: self.wrong.append(r.url) if urlsplit(r.url).netloc != urlsplit(live.url).netloc else None
        )

    def choose(self, name: str, value: str) -> None:
        with self.page.expect_navigation():
            self.page.select_option(f"#filters [name={name}]", value)

    def cells(self) -> list[str]:
        found: list[str] = self.page.evaluate(CELLS)
        return found


@pytest.mark.parametrize("size", SIZES)
def test_a_saved_view_shows_a_colleague_the_same_numbers_and_a_pinned_one_keeps_them(
    browser: Browser, made: Room, size: str
) -> None:
    start = NOW if size == "desk" else NOW + 4 * HOUR  # by then what the first has seen arrive is known
    clock.set_clock(SetClock(start=start, since=0, speed=0))
    viewport: Any = dict(zip(("width", "height"), SIZES[size], strict=True))
    mine, theirs = (browser.new_context(viewport=viewport, reduced_motion="reduce") for _ in range(2))
    siti = Watched(made.live, mine)
    siti.page.goto(made.live.url + "/analisis")
    siti.choose("by", "area")
    siti.choose("kurun", "90h")
    siti.choose("bentuk", "tabel")
    siti.page.fill(".keep [name=nama]", f"Per kelurahan {size}")
    siti.page.select_option(".keep [name=untuk]", "analyst")
    with siti.page.expect_navigation():
        siti.page.click(".keep button")
    total = siti.page.text_content(".answer-value")
    assert total == ("60\u00a0aduan" if size == "desk" else "80\u00a0aduan")
    before = siti.cells()
    assert len(before) == 5
    siti.page.wait_for_selector("body[data-ready]", state="attached")
    siti.page.click(".answer-value")
    siti.page.wait_for_selector("#kartu [data-close]")
    assert (total or "").split("\u00a0")[0] in (siti.page.text_content("#kartu") or "")
    siti.page.click("#kartu [data-close]")
    for summary in siti.page.query_selector_all(".asking summary, .beside summary"):
        summary.click()
    assert siti.page.evaluate(OVERFLOWS) == []
    assert faults(siti.page, colours=size == "desk") == []
    with siti.page.expect_navigation():
        siti.page.click("text=Terkunci pada saat ini: angkanya tetap")
    pinned = siti.page.url
    assert siti.cells() == before
    siti.page.wait_for_selector("body[data-ready]", state="attached")  # all is there before her session has run out

    made.arrive(20, seen=start + HOUR)
    clock.set_clock(SetClock(start=start + 2 * HOUR, since=0, speed=0))
    budi = Watched(made.live, theirs)
    budi.page.goto(made.live.url + "/analisis")
    with budi.page.expect_navigation():
        budi.page.click(f"text=Per kelurahan {size}")
    assert "by=area" in budi.page.url
    assert budi.cells() != before  # the question is asked anew
    made.past._known.clear()  # a moment is remembered for two minutes; they are over
    budi.page.goto(pinned)
    assert budi.cells() == before
    with budi.page.expect_navigation():
        budi.page.click(".past-line a:not([aria-current])")  # what is known now of that moment
    assert "by=area" in budi.page.url
    assert budi.cells() != before
    assert siti.wrong == budi.wrong == []
    mine.close()
    theirs.close()


def test_who_has_no_account_keeps_nothing_and_a_view_of_another_is_not_there(made: Room) -> None:
    live = made.live
    with closing(live.signed_in(Role.ANALYST)) as siti, closing(live.signed_in(Role.LEADER)) as lain, live.client() as nobody:
        saved = {"nama": "Punya siti", "alamat": "by=opd&bentuk=batang", "untuk": "saya"}
        answer = siti.post("/analisis/simpan", data=saved)
        assert (answer.status_code, answer.headers["location"]) == (
            303,
            "/analisis?kpi=aduan_masuk_30h&by=opd&bentuk=batang#tampilan",
        )
        assert "Punya siti" in siti.get("/analisis").text
        assert "Punya siti" not in lain.get("/analisis").text
        number = max(view.id for view in SavedViews(live.people).seen(Scope(user=_name(live), role=Role.ANALYST)))
        for path, form in (("ubah", {"nama": "x", "untuk": "saya"}), ("hapus", {})):
            assert lain.post(f"/analisis/{path}", data={"tampilan": str(number), **form}).status_code == 404
        refused = siti.post("/analisis/simpan", data={**saved, "nama": " "})
        assert refused.status_code == 422
        assert "Beri nama dahulu." in refused.text
        assert nobody.post("/analisis/simpan", data=saved).status_code == 401
        assert siti.post("/analisis/hapus", data={"tampilan": str(number)}).status_code == 303
        assert "Punya siti" not in siti.get("/analisis").text


def _name(live: Live) -> str:
    """The account that kept the newest view."""
    with live.people.read() as connection:
        return str(connection.execute(select(schema.saved_view.c.owner).order_by(schema.saved_view.c.id.desc())).scalar())
