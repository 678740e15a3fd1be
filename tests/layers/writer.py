"""A process that writes batch after batch until it is killed: what a connector does to the store, alone."""

from __future__ import annotations

import sys

from layers.model import Outcome
from tests.layers.made import NOW, complaint, new_store, put

PARTS, ROWS = 30, 200


def main(url: str) -> None:
    """Go on from the committed cursor; say each committed part on standard output."""
    store = new_store(url)
    run = store.begin_run("laksa", NOW)
    done = (store.cursor("laksa") or {"part": 0})["part"]
    for part in range(done, PARTS):
        records = [complaint(f"{part}-{n}") for n in range(ROWS)]
        put(store, run, records, cursor={"part": part + 1})
        print(part, flush=True)
    store.end_run(run, Outcome.OK, None, NOW)


if __name__ == "__main__":
    main(sys.argv[1])
