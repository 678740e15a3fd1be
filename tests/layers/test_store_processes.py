"""Several processes at one store: killed in the middle, opening at once, asking for one lease; on both databases."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from layers.model import Kind, Outcome
from layers.people import People
from layers.schema import RECORD_TABLES
from layers.store import Store
from tests.layers import writer
from tests.layers.made import NOW, SECRET, complaint, give, new_store, opened

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["layers.migrations", "layers.people", "psycopg", "tests.layers.writer"])
KILLS = 10


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/s.sqlite"
    found: str = request.getfixturevalue("postgres_url")
    return found


def start(url: str, parts: int) -> tuple[BaseProcess, Connection]:
    mine, its = PROCESSES.Pipe()
    process = PROCESSES.Process(target=writer.write, args=(url, parts, its))
    process.start()
    its.close()
    return process, mine


def test_kill_9_at_any_moment_loses_and_doubles_nothing(url: str) -> None:
    """What was said to be kept is kept, the cursor stands for exactly the rows, the next run goes on."""
    for kill in range(KILLS):
        process, says = start(url, 10**6)
        said = [says.recv() for _ in range(1 + kill % 3)]  # at least one part further each time
        process.kill()
        process.join()
        with opened(url) as store:
            part = (store.cursor("laksa") or {"part": 0})["part"]
            assert part >= said[-1] + 1
            assert_whole(store, part * writer.ROWS)
    last, _says = start(url, part + 5)
    last.join(120)
    assert last.exitcode == 0
    with opened(url) as store:
        assert_whole(store, (part + 5) * writer.ROWS)
        assert store.source_states()[0].outcome is Outcome.OK


def assert_whole(store: Store, rows: int) -> None:
    """Counts, rows, ids and change numbers all say the same."""
    (facts,) = store.source_states()
    assert facts.records == facts.kept == facts.seen == rows
    table = RECORD_TABLES[Kind.COMPLAINT]
    counts = (func.count(), func.count(table.c.source_id.distinct()), func.max(table.c.seq))
    with store.read() as connection:
        assert tuple(connection.execute(select(*counts)).one()) == (rows, rows, rows)
    assert store.head() == rows


def open_and_give(url: str, source: str) -> int:
    with opened(url) as store:
        return give(store, [complaint("1", source=source)])[1].kept


def people_open(url: str) -> bool:
    people = People(url, SECRET)
    people.open()
    people.close()
    return True


def test_processes_that_open_an_empty_database_at_once_all_succeed(url: str) -> None:
    with ProcessPoolExecutor(6, mp_context=PROCESSES) as pool:
        assert list(pool.map(open_and_give, [url] * 6, "abcdef")) == [1] * 6


def test_the_people_of_a_room_may_share_the_servers_database_or_have_their_own(url: str) -> None:
    own = url.replace("s.sqlite", "p.sqlite")
    with ProcessPoolExecutor(3, mp_context=PROCESSES) as pool:
        assert list(pool.map(people_open, [own] * 3)) == [True] * 3
    with opened(url) as store:
        assert store.head() == 0


def take(url: str, owner: str) -> list[bool]:
    store = new_store(url)
    at = [NOW + timedelta(seconds=n) for n in range(0, 300, 10)]
    answers = [store.lease("laksa", owner, timedelta(seconds=10), moment) for moment in at]
    store.close()
    return answers


def test_of_many_processes_one_gets_the_lease_each_time(url: str) -> None:
    """All ask for the same thirty turns; the turns never overlap, so each turn has at most one winner."""
    with opened(url):
        pass
    with ProcessPoolExecutor(4, mp_context=PROCESSES) as pool:
        answers: list[list[bool]] = list(pool.map(take, [url] * 4, [f"p{n}" for n in range(4)]))
    winners = [sum(turn) for turn in zip(*answers, strict=True)]
    assert max(winners) == 1
    assert sum(winners) >= 1


def test_a_database_in_memory_is_refused(tmp_path: Any) -> None:
    with pytest.raises(ValueError, match="berkas"):
        new_store("sqlite://")
