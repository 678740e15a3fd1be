"""A room whose databases are away: it starts, shows what it holds, and says what it cannot know."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from dashboard import app as app_module
from dashboard import away
from dashboard.page import document
from dashboard.pages import sources
from layers import clock
from layers.freshness import states
from layers.people import People
from layers.wire import encode
from tests.dashboard.server import FONTS, SECRET
from tests.dashboard.snapshots import CITY, snapshot
from tests.dashboard.views import view

DEMO = "http://127.0.0.1"
NOBODY = "postgresql+psycopg://liveroom@127.0.0.1:1/liveroom"


def refuse(*_: object) -> Any:
    raise OperationalError("select", {}, Exception("away"))


def test_the_web_shows_the_last_snapshot_without_its_databases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FONTS.mkdir(exist_ok=True)
    (tmp_path / "fonts").symlink_to(FONTS)
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "snapshot.json").write_bytes(encode(snapshot(now=clock.now())))
    (tmp_path / "demo").mkdir()
    for name, value in (("DATA", str(tmp_path)), ("SECRET", SECRET), ("DATABASE_URL", NOBODY), ("PEOPLE_URL", NOBODY)):
        monkeypatch.setenv(f"LIVEROOM_{name}", value)
    monkeypatch.setattr(away, "AGAIN", 3600.0)
    app: Any = app_module.create()

    async def run() -> None:
        transport = httpx.ASGITransport(app=app)
        async with app.app.router.lifespan_context(app.app), httpx.AsyncClient(transport=transport, base_url=DEMO) as client:
            assert (await client.get("/dinding")).status_code == 200
            page = await client.get("/sumber")
            assert page.status_code == 200
            assert "tidak dapat dibaca saat ini" in page.text
            assert (await client.get("/kelurahan/36.71")).status_code == 200
            assert (await client.get("/readyz")).json()["store"] == "away"
            client.cookies.set("liveroom", "x" * 43)
            assert (await client.get("/dinding")).status_code == 200, "the demo's public needs no accounts"
            form = {"content-type": "application/x-www-form-urlencoded"}
            assert (await client.post("/masuk", content="nama=rina&sandi=kata-sandi-1", headers=form)).status_code == 503

    with ThreadPoolExecutor(1) as thread:  # not the main one, whose signals the server would take
        thread.submit(asyncio.run, run()).result(60)


def test_a_store_that_hangs_or_fails_holds_up_nobody(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(away, "PATIENCE", 0.1)
    monkeypatch.setattr(away, "REST", 0.2)
    attempt, leave = away.Attempt(), threading.Event()
    started = time.monotonic()
    assert attempt(leave.wait) is None
    assert attempt(lambda: 1) is None
    assert attempt.away
    assert time.monotonic() - started < 1
    leave.set()
    time.sleep(0.25)
    assert attempt(refuse) is None
    time.sleep(0.25)
    assert attempt(lambda: 2) == 2
    assert not attempt.away
    assert [r.levelno for r in caplog.records if r.name == away.__name__] == [logging.WARNING] * 2, "changes only"


def test_a_database_is_opened_when_it_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(away, "AGAIN", 0.05)
    people = People(f"sqlite:///{tmp_path / 'people.sqlite'}", SECRET)
    real, tries = people.open, []

    def later() -> None:
        tries.append(1)
        if len(tries) < 3:
            refuse()
        real()
        tries.append(0)

    monkeypatch.setattr(people, "open", later)
    away.open_soon(people)
    deadline = time.monotonic() + 10
    while 0 not in tries and time.monotonic() < deadline:
        time.sleep(0.02)
    assert people.session("x", clock.now()) is None
    people.close()


def test_a_wrong_address_stops_the_start() -> None:
    with pytest.raises(ValueError, match="berkas"):
        away.open_soon(People("sqlite://", SECRET))


def test_the_snapshot_tells_of_its_sources_what_the_store_would() -> None:
    shown = snapshot().sources
    again = {s.source: s for s in states(CITY, away.facts_of(shown))}
    for state in shown:
        assert again[state.source].freshness.observed_at == state.freshness.observed_at
        assert again[state.source].outcome is state.outcome


def test_a_page_of_sources_without_reasons_says_so() -> None:
    parts = document(sources.PAGE, snapshot(), view(quarantine=lambda _source: None)).parts
    assert "Rinciannya tidak dapat dibaca saat ini." in parts["source-laksa"]
