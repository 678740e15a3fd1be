"""A thousand screens on one server: from a publication to the last byte of it at each, and all that change scene at once."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import psutil

from bench import world
from bench.report import Line, quantile
from layers.cache import Cache, serve_embedded
from layers.snapshot import Freshness, Snapshot
from layers.wire import decode, encode

SCREENS = 1000
UPDATES = 30
PAUSE = 1.0
"""Seconds between two publications, as the publisher's coalescing has it."""
TURN = 2.0
"""Seconds over which screens open their streams anew after a change of scene, as ``assets/live.js`` has it."""


@dataclass(slots=True)
class Screen:
    """One screen's stream: when each version's last byte came.

    What came is noted and read only once all have it: the screens of a room unpack each on a machine of its own.
    """

    port: int
    page: str
    opened: float = 0.0
    bytes: int = 0
    _got: dict[int, float] = field(default_factory=dict)
    _came: list[tuple[float, bytes]] = field(default_factory=list)
    _unpack: Any = field(default_factory=lambda: zlib.decompressobj(16 + zlib.MAX_WBITS))
    _held: bytes = b""

    async def run(self, base: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        path = f"/live?page={quote(self.page, safe='')}&lang=id&base={base}"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAccept-Encoding: gzip\r\n\r\n".encode())
        try:
            await reader.readuntil(b"\r\n\r\n")
            while size := int(await reader.readuntil(b"\r\n"), 16):
                chunk = await reader.readexactly(size + 2)
                at = time.time()
                self.opened = self.opened or at
                self.bytes += size
                self._came.append((at, chunk[:-2]))
        finally:
            writer.transport.abort()

    def got(self) -> dict[int, float]:
        """Each version and when its last byte came."""
        came, self._came = self._came, []
        for at, chunk in came:
            self._held += self._unpack.decompress(chunk)
            while (end := self._held.find(b"\n\n")) >= 0:
                event, self._held = self._held[:end], self._held[end + 2 :]
                if event.startswith(b"event: doc"):
                    self._got[int(event[event.index(b'"version":') + 10 :].split(b",", 1)[0])] = at
        return self._got


class Feeder:
    """Publishes, as the publisher's process does, snapshots in which every complaint figure has moved."""

    def __init__(self, folder: Path, first: Snapshot, cache: Cache) -> None:
        self.file = folder / "frames" / "snapshot.json"
        self.cache = cache
        self.last = first
        self.dice = Random(1)

    def made(self) -> bytes:
        now = self.last.built_at + timedelta(seconds=1)
        fresh: dict[Freshness, Freshness] = {}

        def moved(age: Freshness) -> Freshness:
            return fresh.setdefault(age, replace(age, fetched_at=age.fetched_at and age.fetched_at + timedelta(seconds=1)))

        readings = tuple(
            replace(r, freshness=moved(r.freshness), value=r.value + self.dice.randrange(3))
            if r.value is not None and r.kpi.startswith("aduan") and self.dice.random() < 0.2
            else r
            for r in self.last.readings
        )
        self.last = replace(self.last, version=self.last.version + 1, built_at=now, readings=readings)
        return encode(self.last)

    def publish(self, body: bytes) -> float:
        at = time.time()
        part = self.file.with_suffix(".part")
        part.write_bytes(body)
        part.replace(self.file)
        self.cache.publish_snapshot(self.last.version, body)
        return at


@dataclass(slots=True)
class Found:
    delays: list[float] = field(default_factory=list)
    storm: list[float] = field(default_factory=list)
    cpu: float = 0.0
    idle: float = 0.0
    rss: float = 0.0
    bytes: float = 0.0


def family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    first = psutil.Process(process.pid)
    return [first, *first.children(recursive=True)]


def spent(members: list[psutil.Process]) -> float:
    return sum(sum(m.cpu_times()[:2]) for m in members)


def resident(members: list[psutil.Process]) -> int:
    return sum(m.memory_info().rss for m in members)


async def measure(port: int, feeder: Feeder, members: list[psutil.Process]) -> Found:
    from dashboard.scene import scenes

    found, names = Found(), list(scenes())
    version = feeder.last.version
    warm = Screen(port, f"/dinding?adegan={names[0]}")
    task = asyncio.create_task(warm.run(0))
    await asyncio.sleep(2)
    before = resident(members)
    screens = [Screen(port, f"/dinding?adegan={names[0]}") for _ in range(SCREENS)]
    tasks = []
    for screen in screens:
        tasks.append(asyncio.create_task(screen.run(version)))
        await asyncio.sleep(0.003)
    await until(lambda: all(s.opened for s in screens))
    await asyncio.sleep(2)
    found.rss = (resident(members) - before) / SCREENS
    quiet = spent(members)
    await asyncio.sleep(10)
    found.idle = (spent(members) - quiet) / 10
    for count in range(UPDATES):
        body = await asyncio.to_thread(feeder.made)
        cpu, took = spent(members), sum(s.bytes for s in screens)
        at = await asyncio.to_thread(feeder.publish, body)
        version = feeder.last.version
        await reached(version, screens)
        if count:  # the first draws the scene for the first time
            found.delays += [s.got()[version] - at for s in screens]
            found.cpu += (spent(members) - cpu) / (UPDATES - 1)
            found.bytes += (sum(s.bytes for s in screens) - took) / SCREENS / (UPDATES - 1)
        await asyncio.sleep(PAUSE)
    for old in [*tasks, task]:
        old.cancel()
    await asyncio.gather(*tasks, task, return_exceptions=True)
    turned = [Screen(port, f"/dinding?adegan={names[1]}") for _ in range(SCREENS)]
    dice, starts = Random(2), {}

    async def turn(screen: Screen) -> None:
        await asyncio.sleep(dice.random() * TURN)
        starts[id(screen)] = time.time()
        await screen.run(version)

    tasks = [asyncio.create_task(turn(s)) for s in turned]
    await asyncio.sleep(TURN / 2)
    body = await asyncio.to_thread(feeder.made)
    at = await asyncio.to_thread(feeder.publish, body)  # in the middle of it
    await asyncio.sleep(TURN)
    await reached(feeder.last.version, turned)
    found.storm = [s.got()[feeder.last.version] - max(at, starts[id(s)]) for s in turned]
    for old in tasks:
        old.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return found


async def reached(version: int, screens: Sequence[Screen]) -> None:
    """Until all have a version; each is asked a second later: so reading what came takes no time from its coming."""
    for _ in range(60):
        await asyncio.sleep(1)
        if all(version in s.got() for s in screens):
            return
    raise TimeoutError(f"version {version} did not reach every screen")


async def until(done: object, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not done():  # type: ignore[operator]
        if time.monotonic() > end:
            raise TimeoutError("not every screen was reached")
        await asyncio.sleep(0.02)


def run(rows: int) -> Iterator[Line]:
    """One worker serves all screens; the load is one process of asyncio clients on the same two cores."""
    folder = world.HOME / f"room-{rows}"
    cache = serve_embedded(folder)
    env = {**world.environment(folder, world.HOME / "packs"), "REDIS_URL": cache.url, "LIVEROOM_WORKERS": "1"}
    first = decode((folder / "frames" / "snapshot.json").read_bytes())
    feeder = Feeder(folder, first, Cache(cache.url, "36.71"))
    try:
        with world.process([sys.executable, "-m", "liveroom", "serve"], env) as server:
            port = int(env["LIVEROOM_PORT"])
            world.wait_ready(port)
            found = asyncio.run(measure(port, feeder, family(server)))
    finally:
        feeder.cache.close()
        cache.stop()
        feeder.file.write_bytes(encode(first))
    p95 = quantile(found.delays, 0.95)
    how = f"{UPDATES - 1} updates of {len(first.readings):,} readings; median {statistics.median(found.delays):.3f} s"
    yield Line(f"{SCREENS:,} screens: publication to last byte", f"p95 {p95:.3f} s", how, goal="p95 <= 0.25 s", met=p95 <= 0.25)
    yield Line("processor of the server for an update", f"{found.cpu:.3f} s", f"{found.bytes / 1e3:.1f} KB to each screen")
    yield Line("processor of the server between updates", f"{found.idle:.3f} s a second", "heartbeats each 10 s")
    yield Line("memory of a connection", f"{found.rss / 1e3:.0f} KB", "resident, of all the server's processes")
    storm = quantile(found.storm, 0.95)
    how = f"p95 from opening to current, all within {TURN:.0f} s, an update amid; longest {max(found.storm):.2f} s"
    yield Line("all screens change scene at once", f"{storm:.3f} s", how)
