"""Two hundred people at their desks, each doing something every ten seconds: how long they wait for it."""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from random import Random
from urllib.parse import urlencode

import httpx
import polars as pl

from bench import world
from bench.report import Line, quantile
from dashboard.parts.findbox import AS_TYPED
from layers.city import load
from layers.model import Role
from layers.people import People
from layers.settings import from_environment

USERS, PAUSE = 200, 10.0
"""People, and the mean seconds between two things that one of them does (exponential, as independent arrivals are)."""
WARM, MEASURED = 30.0, 90.0
"""Seconds before the measurement, and of it."""
WORKERS = 2
"""One for each core, as docs/production.md says."""
GOAL = 0.25
PASSWORD = "kuda-benar-baterai-staples"
OPDS = 10
FOUND = ("ciled", "dinas", "aduan", "tepat")


class Person:
    """Somebody at a desk: where they are, and what they do next."""

    def __init__(self, number: int, token: str, areas: list[str], categories: list[str]) -> None:
        self.dice, self.token, self.areas, self.categories = Random(number), token, areas, categories
        self.opd = f"opd-{number % OPDS + 1:02d}" if number % 2 else None
        self.page = f"/opd/{self.opd}" if self.opd else f"/kelurahan/{self.dice.choice(areas)}"

    def next(self) -> tuple[str, str]:
        """A kind of question and its address: pages, clicks that narrow them, pages of the queue, searches."""
        doc = "/live/doc?" + urlencode({"page": self._narrowed(), "lang": "id"})
        kinds = [("a page", self.page), ("a page", "/peringkat")]
        kinds += [("a search", AS_TYPED + "?q=" + self.dice.choice(FOUND))]
        kinds += [("a click", doc)] * 3 if self.opd else [("a page", f"/kelurahan/{self.dice.choice(self.areas)}")] * 3
        kinds += [("the queue", f"/opd/{self.opd}?halaman={self.dice.randrange(1, 20)}")] if self.opd else []
        return self.dice.choice(kinds)

    def _narrowed(self) -> str:
        asks = [{"category": self.dice.choice(self.categories)}, {"area": self.dice.choice(self.areas)}, {"days": "90"}]
        return f"{self.page}?{urlencode(self.dice.choice(asks))}"


def run(rows: int) -> Iterator[Line]:
    """Heads of ten OPDs and analysts, each with a session of their own; the load is one more process on the same cores."""
    env = world.environment(world.HOME / f"room-{rows}", world.HOME / "packs") | {"LIVEROOM_WORKERS": str(WORKERS)}
    everybody = _people(env, rows)
    port = int(env["LIVEROOM_PORT"])
    with world.process([sys.executable, "-m", "liveroom", "serve"], env):
        world.wait_ready(port)
        waits = asyncio.run(_day(port, everybody))
    every = [each for some in waits.values() for each in some]
    p95 = quantile(every, 0.95)
    kinds = "; ".join(
        f"{kind}: {len(some)}, median {statistics.median(some):.3f} s, p95 {quantile(some, 0.95):.3f} s"
        for kind, some in sorted(waits.items())
    )
    how = f"{len(every) / MEASURED:.1f} answers a second from {WORKERS} workers over {rows:,} rows, all whole; {kinds}"
    yield Line(f"{USERS} people at their desks", f"p95 {p95:.3f} s", how, goal=f"< {GOAL} s", met=p95 < GOAL)


def _people(env: dict[str, str], rows: int) -> list[Person]:
    settings = from_environment(env)
    now = datetime.fromisoformat(world.AS_OF)
    areas = [area.code for area in load("36.71", packs=(world.HOME / "packs",)).areas if area.code.count(".") == 3]
    table = world.data(rows) / "complaints.parquet"
    categories = sorted(pl.read_parquet(table, columns=["category"])["category"].unique())
    people = People.of(settings)
    try:
        for number in range(OPDS):
            with suppress(ValueError):  # there from an earlier run
                people.add_user(f"kepala-{number}", PASSWORD, Role.OPD_HEAD, opds={f"opd-{number + 1:02d}"})
        with suppress(ValueError):
            people.add_user("analis-bench", PASSWORD, Role.ANALYST)
        names = [f"kepala-{number % OPDS}" if number % 2 else "analis-bench" for number in range(USERS)]
        return [Person(n, people.start_session(name, now), areas, categories) for n, name in enumerate(names)]
    finally:
        people.close()


async def _day(port: int, everybody: list[Person]) -> dict[str, list[float]]:
    """What each waited for, by kind; any other answer than 200 ends the measurement."""
    waits: dict[str, list[float]] = defaultdict(list)
    began = time.monotonic()
    limits = httpx.Limits(max_connections=USERS, keepalive_expiry=60)  # before the server ends a quiet connection
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, limits=limits) as client:

        async def work(person: Person) -> None:
            while (spent := time.monotonic() - began) < WARM + MEASURED:
                await asyncio.sleep(person.dice.expovariate(1 / PAUSE))
                kind, path = person.next()
                start = time.perf_counter()
                answer = await client.get(path, headers={"cookie": f"liveroom={person.token}", "accept-encoding": "gzip"})
                if answer.status_code != 200:
                    raise RuntimeError(f"{path}: {answer.status_code}")
                if spent > WARM:
                    waits[kind].append(time.perf_counter() - start)

        await asyncio.gather(*(work(person) for person in everybody))
    return waits
