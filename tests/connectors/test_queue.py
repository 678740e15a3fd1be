"""Workers and beat as real processes on a real Redis: the same store as one process makes, and nothing lost with a killed one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from connectors.queue import Beat, application, time_limit, work
from connectors.runner import pull
from layers.cache import Cache
from layers.city import SourceConfig
from layers.model import Kind, Outcome, Role, Scope
from layers.publish import decode
from layers.settings import Settings, SettingsError, from_environment
from layers.store import Store
from tests.conftest import SECRET
from tests.connectors.server import Asked, Reply, Upstream

ANALYST = Scope(user="uji", role=Role.ANALYST)
GOOD = ("uji_satu", "uji_dua", "uji_tiga")

SOURCE = """
connector = "tabular"
title = "Uji"
owner = "diskominfo"
interval = "{interval}"
budget = "1h"
deadline = "{deadline}"
queue = "{queue}"
[config]
kind = "complaint"
url = "{url}"
id = "id"
[config.fields]
received = {{column = "masuk"}}
status = {{constant = "menunggu"}}
category = {{column = "kategori"}}
channel = {{constant = "LAKSA"}}
"""
CSV = b"id,masuk,kategori\n" + b"".join(b"A-%d,2026-11-02 07:31,Jalan\n" % n for n in range(50))


def declare(data: Path, name: str, url: str, interval: str = "1h", deadline: str = "20s", queue: str = "umum") -> None:
    text = SOURCE.format(url=f"{url}/{name}.csv", interval=interval, deadline=deadline, queue=queue)
    (data / "sources").mkdir(parents=True, exist_ok=True)
    (data / "sources" / f"{name}.toml").write_text(text)


def settings_of(data: Path, **environment: str) -> Settings:
    return from_environment({"LIVEROOM_DATA": str(data), "LIVEROOM_SECRET": SECRET, **environment})


class House:
    """Processes of one room, as a service manager would start and end them."""

    def __init__(self, data: Path, redis_url: str) -> None:
        self.data = data
        self.environment = {"LIVEROOM_DATA": str(data), "LIVEROOM_SECRET": SECRET, "REDIS_URL": redis_url}
        self.processes: list[tuple[subprocess.Popen[bytes], Path]] = []

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        said = self.data / f"{len(self.processes)}.log"
        with said.open("wb") as log:
            command = [sys.executable, "-m", "liveroom", *words]
            process = subprocess.Popen(command, env={**os.environ, **self.environment}, stdout=log, stderr=log)
        self.processes.append((process, said))
        return process

    def leaders(self) -> list[subprocess.Popen[bytes]]:
        return [process for process, said in self.processes if process.poll() is None and "keadaan=memimpin" in said.read_text()]

    def end(self) -> None:
        """Warm shutdown of all; whoever does not end by himself fails the test."""
        alive = [process for process, _ in self.processes if process.poll() is None]
        for process in alive:
            process.send_signal(signal.SIGTERM)
        late = []
        for process in alive:
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                late.append(process.args)
                process.kill()
                process.wait()
        assert not late


@pytest.fixture
def house(tmp_path: Path, redis_url: str) -> Iterator[House]:
    (tmp_path / "together").mkdir()
    house = House(tmp_path / "together", redis_url)
    yield house
    house.end()


def eventually(holds: Callable[[], Any], seconds: float = 120) -> Any:
    until = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < until
        time.sleep(0.1)
    return found


def stand(store: Store) -> Mapping[str, tuple[Outcome | None, int]]:
    """The outcome of each source's last finished run and the rows it ever kept."""
    return {facts.source: (facts.outcome, facts.kept) for facts in store.source_states() if facts.outcome}


def ids(store: Store) -> set[tuple[str, str]]:
    return {(record.source, record.source_id) for record in store.rows(ANALYST, Kind.COMPLAINT, limit=10_000)}


def test_a_room_of_many_processes(house: House, tmp_path: Path) -> None:
    """One story, since each process takes seconds to start: pull, publish, a killed run, another queue, a lost beat."""
    hanging = threading.Event()

    def answer(asked: Asked) -> Reply | None:
        if asked.path == "/uji_lambat.csv" and not hanging.is_set():
            hanging.set()
            upstream.stopping.wait(60)
        return None

    def asked(name: str) -> int:
        return [asked.path for asked in upstream.asked].count(f"/{name}.csv")

    names = (*GOOD, "uji_lambat", "uji_jauh", "uji_sering")
    with Upstream({f"/{name}.csv": ("text/csv", CSV) for name in names}, answer=answer) as upstream:
        for data in (house.data, tmp_path / "alone"):
            for name in (*GOOD, "uji_hilang"):  # the server knows no file of the last one
                declare(data, name, upstream.url)
        declare(house.data, "uji_lambat", upstream.url)
        declare(house.data, "uji_jauh", upstream.url, queue="kantor")
        declare(house.data, "uji_sering", upstream.url, interval="1s")
        worker = house.start("worker", "--concurrency", "3")
        house.start("beat")
        house.start("beat")
        assert pull(settings_of(tmp_path / "alone", REDIS_URL="redis://127.0.0.1:1"), [], once=True) == 1
        many, one = Store.of(settings_of(house.data)), Store.of(settings_of(tmp_path / "alone"))
        cache = Cache(house.environment["REDIS_URL"], "36.71")

        # every source is pulled as one process pulls it; the one that fails and the one that hangs harm nobody
        eventually(lambda: stand(one).keys() <= stand(many).keys() and hanging.is_set())
        assert {name: stand(many)[name] for name in stand(one)} == stand(one)
        assert stand(one)["uji_hilang"] == (Outcome.DRIFT, 0)
        assert {found for found in ids(many) if found[0] in GOOD} == ids(one)
        assert len(ids(one)) == 3 * 50

        def published() -> bool:
            found = cache.snapshot()
            return found is not None and {s.source for s in decode(found[1]).sources if s.kept == 50} >= {*GOOD}

        eventually(published)

        # the process at work on a hanging source is killed: another takes the task up, and the worker lives
        assert "uji_lambat" not in stand(many)
        held = str(house.data / "run" / "uji_lambat.lock")
        (busy,) = [c for c in psutil.Process(worker.pid).children() if held in {file.path for file in c.open_files()}]
        busy.kill()
        eventually(lambda: stand(many).get("uji_lambat") == (Outcome.OK, 50))
        assert asked("uji_lambat") == 2
        assert worker.poll() is None

        # a source is pulled where its queue is served, and nowhere else
        assert asked("uji_jauh") == 0
        house.start("worker", "--concurrency", "1", "--queue", "kantor")
        eventually(lambda: stand(many).get("uji_jauh") == (Outcome.OK, 50))

        # two beats make one timetable, and the second goes on with it
        (leader,) = house.leaders()
        before, began = asked("uji_sering"), time.monotonic()
        time.sleep(4)
        assert asked("uji_sering") - before <= (time.monotonic() - began) / 0.9 + 2
        leader.kill()
        leader.wait()
        before = asked("uji_sering")
        eventually(lambda: asked("uji_sering") >= before + 2)
        assert len(house.leaders()) == 1
        assert leader not in house.leaders()
        for opened in (cache, many, one):
            opened.close()
        house.end()  # while the sources still answer


def test_a_queue_of_nobody_is_refused(tmp_path: Path, redis_url: str) -> None:
    with pytest.raises(ValueError, match="antrean tidak dipakai satu sumber pun: entah"):
        work(settings_of(tmp_path, REDIS_URL=redis_url), ["umum", "entah"], 1)


def test_the_queue_speaks_json_only_and_ends_what_takes_too_long(tmp_path: Path, redis_url: str) -> None:
    with pytest.raises(SettingsError, match="REDIS_URL belum diisi"):
        application(settings_of(tmp_path))
    app = application(settings_of(tmp_path, REDIS_URL=redis_url))
    assert (app.conf.accept_content, app.conf.task_serializer, app.conf.result_backend) == (["json"], "json", None)
    base = {"connector": "tabular", "title": "Uji", "owner": "x", "interval": "5m", "budget": "1h"}
    slow = SourceConfig.model_validate(base | {"name": "uji", "deadline": "10m"})
    assert time_limit(slow).total_seconds() == 21 * 60


def test_a_beat_whose_queue_is_away_says_so_once_and_goes_on(
    tmp_path: Path, redis_server: tuple[str, subprocess.Popen[bytes]], caplog: pytest.LogCaptureFixture
) -> None:
    url, process = redis_server
    declare(tmp_path, "uji_satu", "http://127.0.0.1:1", interval="1s")
    beat = Beat(settings_of(tmp_path, REDIS_URL=url))
    process.send_signal(signal.SIGKILL)
    process.wait()
    thread = threading.Thread(target=beat.run_forever)
    thread.start()
    said = lambda: [r.getMessage() for r in caplog.records if "event=antrean" in r.getMessage()]  # noqa: E731
    eventually(said)
    time.sleep(3)
    beat.stop()
    thread.join(60)
    assert not thread.is_alive()
    assert len(said()) == 1
