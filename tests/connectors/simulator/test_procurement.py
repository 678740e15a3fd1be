"""The simulated procurement systems, websites and SMS gateway, pulled over their own protocols by their connectors."""

from __future__ import annotations

import threading
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import uvicorn

from connectors import runner
from connectors.simulator import upstreams
from connectors.simulator.faults import Faults
from connectors.simulator.serve import application
from connectors.simulator.upstreams import gammu
from connectors.simulator.upstreams._buying import system_of
from connectors.simulator.upstreams.websites import OFFICES
from connectors.simulator.world import World
from connectors.sources._gammu_tables import INBOX
from layers import clock
from layers.areas import AreaTree, Places
from layers.boundaries import load_boundaries
from layers.city import City, SourceConfig
from layers.clock import SetClock
from layers.model import Complaint, Kind, Measurement, Outcome, Package, Role, Run, Scope, Stage
from layers.settings import Settings
from layers.store import Store

SYSTEMS = ("spse", "tangerang_pengadaan", "lkpp_isb", "ocds")
TOKEN = "kunci-uji-1234567890-abcdef"
TEMPLATES = Path(upstreams.__file__).parents[1] / "sources"
OPERATOR = Scope(user="uji", role=Role.OPERATOR)


class Demo:
    """The systems on a port of loopback, and a store that their demo sources are pulled into."""

    def __init__(self, city: City, settings: Settings, url: str) -> None:
        self.city, self.settings, self.url = city, settings, url
        self.store = Store(settings.database_url, city.zone, settings.secret)
        self.store.open()
        self.places = Places(AreaTree.of(city), load_boundaries(city, settings.data))

    def source(self, system: str) -> SourceConfig:
        text = (TEMPLATES / f"demo_{system}.toml").read_text("utf-8")
        given = {"URL": self.url, "TOKEN": TOKEN, "FOLDER": (self.settings.data / "demo").as_posix()}
        for name, value in given.items():
            text = text.replace(f"${{LIVEROOM_DEMO_{name}}}", value)
        return SourceConfig(name=f"demo_{system}", **tomllib.loads(text))

    def pull(self, system: str) -> Run:
        run = runner.run_once(self.source(system), self.store, self.places, self.city, self.settings)
        assert run is not None
        return run

    def packages(self) -> list[Package]:
        return [p for p in self.store.rows(OPERATOR, Kind.PACKAGE, limit=10_000) if isinstance(p, Package)]


def at(moment: datetime) -> None:
    clock.set_clock(SetClock(start=moment.astimezone(UTC), since=0, speed=0))


@pytest.fixture(scope="module")
def world(city: City) -> World:
    return World.of(city)


@pytest.fixture
def demo(city: City, world: World, settings: Settings) -> Iterator[Demo]:
    known = {name: system for name, system in upstreams.upstreams().items() if name in (*SYSTEMS, "websites", "gammu")}
    app = application(world, known, Faults(settings.data / "demo"), TOKEN)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    made = Demo(city, settings, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
    yield made
    made.store.close()
    server.should_exit = True
    thread.join()


def test_every_package_of_the_year_comes_once_over_the_real_protocols(demo: Demo, world: World, city: City) -> None:
    now = datetime(2026, 11, 20, 10, tzinfo=city.zone)
    at(now)
    for system in SYSTEMS:
        run = demo.pull(system)
        assert (run.outcome, run.quarantined) == (Outcome.OK, 0), (
            system,
            run.message,
            demo.store.quarantine_reasons(f"demo_{system}"),
        )
    found = [p for p in demo.packages() if p.year == 2026]
    assert all(p.opd for p in found)
    codes = Counter(p.plan_id for p in found)
    assert set(codes.values()) == {1}
    public = {t.code: t for t in world.tenders(2026) if t.announced <= now}
    gone = {
        t.code
        for t in public.values()
        if system_of(t) == "tangerang_pengadaan" and t.method == "Swakelola" and t.stage(now) == "batal"
    }
    assert set(codes) >= set(public) - gone
    assert Counter(p.source.removeprefix("demo_") for p in found if p.plan_id in public) == Counter(
        system_of(t) for code, t in public.items() if code not in gone
    )
    for package in found:
        tender = public.get(package.plan_id or "")
        if tender is not None and package.value is not None:
            assert package.value == (tender.value or tender.pagu)
    for system in SYSTEMS:
        head, again = demo.store.head(), demo.pull(system)
        assert (again.outcome.good, again.kept, demo.store.head()) == (True, 0, head), system


@pytest.mark.parametrize("system", ["spse", "ocds", "lkpp_isb"])
def test_tenders_move_through_their_stages(demo: Demo, world: World, city: City, system: str) -> None:
    now = datetime(2026, 6, 15, 10, tzinfo=city.zone)
    at(now)
    demo.pull(system)
    before = {p.source_id: p.stage for p in demo.packages()}
    at(now + timedelta(days=21))
    assert demo.pull(system).kept > 0
    after = {p.source_id: p.stage for p in demo.packages()}
    assert set(before) < set(after)
    order = list(Stage)
    moved = [(before[name], after[name]) for name in before if before[name] is not after[name]]
    assert moved
    assert all(order.index(old) < order.index(new) for old, new in moved)


def test_the_keys_and_sessions_are_asked_for(demo: Demo, city: City) -> None:
    import httpx

    at(datetime(2026, 11, 20, 10, tzinfo=city.zone))
    table = "RUP-MasterSatker/parameter/2026:D44"
    assert httpx.get(f"{demo.url}/lkpp_isb/api/salah/{table}").status_code == 403
    assert httpx.get(f"{demo.url}/lkpp_isb/api/{TOKEN}/{table}").status_code == 200
    assert b"<invalid_response>" in httpx.get(f"{demo.url}/lkpp_isb/api/{TOKEN}/{table.replace('2026', '2010')}").content
    asked: dict[str, Any] = {"start": 0, "length": 5, "authenticityToken": "x"}
    assert httpx.post(f"{demo.url}/spse/dt/lelang?tahun=2026", data=asked).status_code == 500


def test_websites_die_and_come_back(demo: Demo, world: World, city: City) -> None:
    day = next(
        d
        for n in range(400)
        if (d := datetime(2026, 11, 20, 10, tzinfo=city.zone) - timedelta(days=n)) and world.dead_sites(d.date()) & {*OFFICES}
    )
    at(day)
    run = demo.pull("websites")
    assert (run.outcome, run.quarantined) == (Outcome.OK, 0)
    found = [m for m in demo.store.rows(OPERATOR, Kind.MEASUREMENT, limit=1_000) if isinstance(m, Measurement)]
    down = {m.opd for m in found if m.name == "situs.terjangkau" and not m.value}
    assert down == world.dead_sites(day.date()) & {*OFFICES}
    assert sum(m.name == "situs.terjangkau" for m in found) == len(OFFICES)
    assert any(m.name == "situs.pembaruan_hari" for m in found)
    at(day + timedelta(minutes=3))
    assert demo.pull("websites").kept == 0


def test_the_gateway_receives_each_message_once(demo: Demo, world: World, city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told the same stretch twice, as after a hard end, it has each message once."""
    monkeypatch.setattr(World, "HISTORY_DAYS", 20)
    now = datetime(2026, 11, 20, 10, tzinfo=city.zone)
    at(now)
    folder = demo.settings.data / "demo" / "gammu"
    folder.mkdir(parents=True)
    gammu.fill(world, folder, now)
    run = demo.pull("gammu")
    assert (run.outcome, run.quarantined) == (Outcome.OK, 0)
    assert {"pengirim_dikecualikan", "ussd"} <= set(run.excluded)
    later = now + timedelta(days=1)
    at(later)
    for since in (now, now + timedelta(hours=5)):
        gammu.step(world, folder, since, later)
    assert demo.pull("gammu").quarantined == 0
    days = [later.date() - timedelta(days=back) for back in range(21, -1, -1)]
    cases = [case for day in days for case in world.cases(day, "sms") if case.received <= later]
    known = Counter((case.received.astimezone(UTC), case.status(later).lower().replace(" ", "_")) for case in cases)
    found = [c for c in demo.store.rows(OPERATOR, Kind.COMPLAINT, limit=10_000) if isinstance(c, Complaint)]
    assert Counter((c.received, c.status.value) for c in found) == known
    assert {c.closed for c in found if c.closed} == {end.astimezone(UTC) for case in cases if (end := case.closing(later))}
    assert demo.pull("gammu").seen == 0
    engine = sa.create_engine(f"sqlite:///{folder / gammu.FILE}")
    with engine.connect() as connection:
        assert connection.execute(sa.select(INBOX.c.Processed).distinct()).scalars().all() == ["false"]
    engine.dispose()
