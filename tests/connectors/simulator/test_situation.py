"""The simulated network, weather service, flood map and cameras follow the city: its rain, its low places, its clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from connectors.simulator.serve import Server
from connectors.simulator.upstreams import upstreams
from connectors.simulator.world import World
from layers.city import City
from layers.pictures import look


class Now:
    """A clock that a test sets."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture(scope="module")
def world(city: City) -> World:
    return World.of(city)


@pytest.fixture(scope="module")
def storm(world: World) -> datetime:
    """The beginning of an hour with heavy rain; the next hours flood low places."""
    day = datetime(2025, 10, 1, tzinfo=world.city.zone)
    for hour in range(24 * 365):
        moment = day + timedelta(hours=hour)
        if world.rain(moment.date())[:, moment.hour].max() > 30 and world.flooded(moment + timedelta(hours=2)):
            return moment
    raise AssertionError("no storm in a year")


@pytest.fixture
def now(storm: datetime) -> Now:
    return Now(storm + timedelta(minutes=20))


@contextmanager
def client(name: str, world: World, now: Now) -> Iterator[httpx.Client]:
    """The system served on loopback."""
    routes = upstreams()[name].routes
    assert routes is not None
    server = Server(Starlette(routes=list(routes(world, now, "kunci"))), 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    end = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive()
        assert time.monotonic() < end
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as found:
            yield found
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.fixture
def weather(world: World, now: Now) -> Iterator[httpx.Client]:
    with client("bmkg", world, now) as found:
        yield found


def test_heavy_rain_brings_a_warning_that_ends(weather: httpx.Client, now: Now) -> None:
    feed = weather.get("/alerts/nowcast/id")
    link = feed.text.partition("<link>")[2].partition("</link>")[0]
    alert = weather.get(link).text
    assert "<polygon>" in alert
    assert "<expires>" in alert
    while "<item>" in weather.get("/alerts/nowcast/id").text:
        now.moment += timedelta(hours=1)
    assert weather.get(link).status_code == 404


def test_the_forecast_knows_its_kelurahan_and_its_limit(weather: httpx.Client, world: World, now: Now) -> None:
    code = world.kelurahan[0].code
    first = weather.get("/publik/prakiraan-cuaca", params={"adm4": code})
    assert first.json()["lokasi"]["adm4"] == code
    assert sum(len(day) for day in first.json()["data"][0]["cuaca"]) == 24
    assert weather.get("/publik/prakiraan-cuaca", params={"adm4": code}).json() == first.json()
    assert weather.get("/publik/prakiraan-cuaca", params={"adm4": "99.99.99.9999"}).status_code == 404
    codes = [weather.get("/publik/prakiraan-cuaca", params={"adm4": code}).status_code for _ in range(60)]
    assert codes.count(200) == 57
    assert set(codes) == {200, 429}
    now.moment += timedelta(minutes=2)
    assert weather.get("/publik/prakiraan-cuaca", params={"adm4": code}).status_code == 200


def test_quakes_are_rare_and_past(weather: httpx.Client, now: Now) -> None:
    felt: list[dict[str, Any]] = weather.get("/TEWS/gempadirasakan.json").json()["Infogempa"]["gempa"]
    assert len(felt) < 15
    assert all(datetime.fromisoformat(quake["DateTime"]) <= now() for quake in felt)


def test_water_brings_reports_and_areas_in_the_same_low_places(world: World, now: Now) -> None:
    now.moment += timedelta(hours=2)
    with client("petabencana", world, now) as flood_map:
        wet = world.flooded(now())
        areas = flood_map.get("/floods").json()["result"]["objects"]["output"]["geometries"]
        assert {area["properties"]["area_id"] for area in areas} == {code.replace(".", "") for code in wet}
        told = flood_map.get("/reports", params={"timeperiod": "172800"}).json()["result"]["features"]
        assert told
        assert all(datetime.fromisoformat(report["properties"]["created_at"]) <= now() for report in told)
        ends = {"start": (now() - timedelta(days=2)).isoformat(), "end": now().isoformat()}
        assert flood_map.get("/reports/archive", params=ends).json()["result"]["features"] == told
        assert flood_map.get("/reports/archive", params={"start": "2026-01-01", "end": "2026-01-02"}).status_code == 400


def test_links_are_cut_now_and_then_and_mended(world: World, now: Now) -> None:
    with client("wan", world, now) as monitor:
        key = {"Authorization": "Bearer kunci"}
        assert monitor.get("/api/v1/query", params={"query": "probe_success"}).status_code == 401
        shares = []
        for hour in range(0, 24 * 6, 6):
            now.moment = datetime(2026, 6, 1, tzinfo=world.city.zone) + timedelta(hours=hour)
            found = monitor.get("/api/v1/query", params={"query": "probe_success"}, headers=key).json()["data"]["result"]
            assert len(found) == len(world.kelurahan)
            shares.append(sum(series["value"][1] == "1" for series in found) / len(found))
        assert 0.95 < sum(shares) / len(shares) < 1
        assert monitor.get("/api/v1/query", params={"query": "rate(x"}, headers=key).status_code == 400


def test_cameras_change_by_the_second_but_one_is_frozen_and_one_is_dead(world: World, now: Now) -> None:
    with client("cctv", world, now) as cameras:
        assert cameras.get("/kamera/terminal.png").status_code == 401
        login = ("ruang", "kunci")
        first = {name: cameras.get(f"/kamera/{name}.png", auth=login) for name in ("terminal", "jembatan", "pasar")}
        assert look(first["terminal"].content) is not None
        now.moment += timedelta(seconds=1)
        later = {name: cameras.get(f"/kamera/{name}.png", auth=login) for name in first}
        assert later["terminal"].content != first["terminal"].content
        assert later["jembatan"].content == first["jembatan"].content
        assert later["pasar"].status_code == 503
