"""Databases that may be away: a room goes on showing what it holds, and asks again in the background."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from layers.database import Database
from layers.runs import SourceFacts
from layers.snapshot import SourceState

log = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE = 2.0
"""Seconds that a page waits for the store."""
REST = 10.0
"""Seconds that a store that did not answer is left alone."""
FIRST, AGAIN = 5.0, 5.0
"""Seconds that a start waits for a database, and between two tries to open it afterwards."""


class Attempt:
    """Asks the store in a thread of its own, so that one that hangs holds up neither a page nor the others' threads."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._pending: Future[object] | None = None
        self._rests_until = 0.0

    @property
    def away(self) -> bool:
        return self._rests_until > 0

    def __call__(self, ask: Callable[[], T]) -> T | None:
        """The answer, or ``None`` where there is none in time."""
        if time.monotonic() < self._rests_until or (self.away and self._pending and not self._pending.done()):
            return None
        asked = self._threads.submit(ask)
        self._pending = asked  # type: ignore[assignment]
        try:
            answer = asked.result(PATIENCE)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            if not self.away:
                log.warning("store: %s; pages are drawn from the snapshot", type(error).__name__)
            self._rests_until = time.monotonic() + REST
            asked.cancel()
            return None
        if self.away:
            log.warning("store: there again")
        self._rests_until = 0.0
        return answer


def open_soon(database: Database) -> None:
    """Open a database; one that is away is tried again in the background for as long as it takes.

    Raises what is wrong with anything but the connection.
    """
    wrong: list[Exception] = []
    tried = threading.Event()

    def run() -> None:
        while True:
            try:
                database.open()
            except (SQLAlchemyError, OSError) as error:
                if not tried.is_set():
                    log.warning("%s database: %s; tried again in the background", database.branch, type(error).__name__)
            except Exception as error:  # noqa: BLE001 - told to the caller
                wrong.append(error)
                tried.set()
                return
            else:
                tried.set()
                return
            tried.set()
            time.sleep(AGAIN)

    threading.Thread(target=run, name=f"open-{database.branch}", daemon=True).start()
    tried.wait(FIRST)
    if wrong:
        raise wrong[0]


def facts_of(sources: Sequence[SourceState]) -> list[SourceFacts]:
    """What a snapshot tells of the sources, where the store cannot be asked."""
    return [
        SourceFacts(
            source=state.source,
            outcome=state.outcome,
            message=state.message,
            fetched_at=state.freshness.fetched_at,
            newest=state.freshness.observed_at,
            failures=state.failures,
            records=state.records,
            seen=state.seen,
            kept=state.kept,
            unchanged=state.unchanged,
            excluded=state.excluded,
            quarantined=state.quarantined,
            quarantine_open=state.quarantine_open,
        )
        for state in sources
    ]
