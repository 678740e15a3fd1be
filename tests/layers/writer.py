"""A process that writes batch after batch until it is killed: what a connector does to the store, alone."""

from __future__ import annotations

from multiprocessing.connection import Connection

from layers.model import Outcome
from tests.layers.made import NOW, complaint, new_store, put

ROWS = 100


def write(url: str, parts: int, said: Connection) -> None:
    """Go on from the committed cursor to ``parts``; say each committed part."""
    store = new_store(url)
    run = store.begin_run("laksa", NOW)
    done = (store.cursor("laksa") or {"part": 0})["part"]
    for part in range(done, parts):
        records = [complaint(f"{part}-{n}") for n in range(ROWS)]
        put(store, run, records, cursor={"part": part + 1})
        said.send(part)
    store.end_run(run, Outcome.OK, None, NOW)
