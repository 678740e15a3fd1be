"""The connector process is killed at random moments: nothing is lost, nothing doubled, and the next run is current."""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.runner import run_once
from layers.city import City, SourceConfig
from layers.model import Kind, Outcome
from layers.settings import Settings
from layers.store import Store
from tests.connectors.contract import places

KILLS = int(os.environ.get("LIVEROOM_KILLS", "10"))
FILES, ROWS, BROKEN = 6, 200, 2
"""A round's new files, the good rows of each and the bad ones: many transactions in a short run."""

CONFIGURED = SourceConfig.model_validate(
    {
        "name": "uji_putus",
        "connector": "tabular",
        "title": "Uji",
        "owner": "diskominfo",
        "interval": "5m",
        "budget": "1h",
        "config": {
            "kind": "complaint",
            "path": "masuk/*.csv",
            "id": "id",
            "fields": {
                "received": {"column": "masuk"},
                "status": {"constant": "menunggu"},
                "category": {"column": "kategori"},
                "channel": {"constant": "LAKSA"},
            },
        },
    }
)

NURSERY = """
import os, signal, sys
from connectors.runner import run_once
from layers.areas import AreaTree, Places
from layers.boundaries import load_boundaries
from layers.settings import from_environment
from layers.store import Store
from layers.city import SourceConfig
settings = from_environment()
city = settings.city
configured = SourceConfig.model_validate_json(sys.argv[1])
places = Places(AreaTree.of(city), load_boundaries(city, settings.data))
for _ in sys.stdin:
    child = os.fork()
    if child == 0:
        store = Store(settings.database_url, city.zone, settings.secret)
        print(os.getpid(), flush=True)
        run_once(configured, store, places, city, settings)
        print("selesai", flush=True)
        signal.pause()
    os.waitpid(child, 0)
    print("mati", flush=True)
"""
"""A process that has read everything that a pull needs and bears one process a line, each to be killed."""


def write(folder: Path, round_: int) -> set[str]:
    """A round's new files; return the identifiers that must arrive."""
    good = set()
    for number in range(FILES):
        with (folder / f"{round_:04}-{number}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("id", "masuk", "kategori"))
            for row in range(ROWS + BROKEN):
                name = f"{round_}-{number}-{row}"
                broken = row % (ROWS // BROKEN) == 7
                writer.writerow((name, "31/31/2026" if broken else "2026-11-02 07:31", "Jalan"))
                if not broken:
                    good.add(name)
    return good


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, settings: Settings) -> str:
    return settings.database_url if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def store(url: str, settings: Settings, city: City) -> Iterator[Store]:
    store = Store(url, city.zone, settings.secret)
    store.open()
    yield store
    store.close()


@pytest.fixture
def nursery(url: str, settings: Settings) -> Iterator[subprocess.Popen[str]]:
    environment = {"LIVEROOM_DATA": str(settings.data), "LIVEROOM_SECRET": settings.secret, "LIVEROOM_DATABASE_URL": url}
    with subprocess.Popen(
        [sys.executable, "-c", NURSERY, CONFIGURED.model_dump_json()],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def killed(nursery: subprocess.Popen[str], after: float) -> bool:
    """Start a pull in a process of its own and kill it ``after`` seconds; return whether it was still at work."""
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    nursery.stdin.write("\n")
    nursery.stdin.flush()
    child = int(nursery.stdout.readline())
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    said = nursery.stdout.readline()
    if said == "selesai\n":
        assert nursery.stdout.readline() == "mati\n"
    return said == "mati\n"


def test_killed_at_any_moment_nothing_is_lost_or_doubled(
    nursery: subprocess.Popen[str], store: Store, settings: Settings, city: City
) -> None:
    folder = settings.data / "masuk"
    folder.mkdir(exist_ok=True)
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    longest, hits, expected = 0.6, 0, 0
    for round_ in range(KILLS):
        head, ids = store.head(), write(folder, round_)
        expected += len(ids)
        hits += killed(nursery, chance.uniform(0.01, longest))
        began = time.monotonic()
        run = run_once(CONFIGURED, store, places(), city, settings)
        longest = 0.5 * longest + 0.5 * max(time.monotonic() - began, 0.05)
        assert run is not None, f"seed {seed}: the killed process still holds the source"
        assert run.outcome.good, f"seed {seed}: {run.message}"
        arrived = Counter(
            name for chunk in store.changes(Kind.COMPLAINT, head, None) for name in chunk.column("source_id").to_pylist()
        )
        assert arrived == dict.fromkeys(ids, 1), f"seed {seed}, round {round_}"
        (facts,) = store.source_states()
        assert (facts.records, facts.kept) == (expected, expected), f"seed {seed}, round {round_}"
        assert facts.seen == facts.kept + facts.unchanged + sum(facts.excluded.values()) + facts.quarantined
        assert facts.quarantine_open == (round_ + 1) * FILES * BROKEN
        again = run_once(CONFIGURED, store, places(), city, settings)
        assert again is not None
        assert (again.outcome, again.seen) == (Outcome.NOTHING_NEW, 0)
    assert hits >= KILLS / 4, f"seed {seed}: only {hits} of {KILLS} processes were killed at work"
