"""One process at a time for a source: a file lock among the processes of a machine, a lease in the store among machines."""

from __future__ import annotations

import fcntl
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from layers import clock
from layers.store import Store

LEASE = timedelta(seconds=60)
"""How long another machine waits for one that died; a living one renews three times as often."""

log = logging.getLogger(__name__)


class LeaseLostError(Exception):
    """Another machine has taken the source over: what is under way must not be committed."""


class Lease:
    """A held lease: :meth:`check` before each commit."""

    def __init__(self) -> None:
        self.lost = threading.Event()

    def check(self) -> None:
        if self.lost.is_set():
            raise LeaseLostError


@contextmanager
def held(source: str, store: Store, data: Path, ttl: timedelta = LEASE) -> Iterator[Lease | None]:
    """Hold the source while the block runs, with a heartbeat; ``None`` if someone else holds it.

    The owner is the installation, not the process: a process that was killed leaves no file lock, so
    its successor on the machine takes the lease over at once instead of waiting for its end.
    """
    folder = data / "run"
    folder.mkdir(parents=True, exist_ok=True)
    owner = f"{socket.gethostname()}:{data.resolve()}"
    with (folder / f"{source}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        if not store.lease(source, owner, ttl, clock.now()):
            yield None
            return
        lease, done = Lease(), threading.Event()
        renew = partial(store.renew, source, owner, ttl)
        beat = threading.Thread(target=_beat, args=(renew, ttl / 3, lease, done), name=f"sewa-{source}")
        beat.start()
        try:
            yield lease
        finally:
            done.set()
            beat.join()
            if not lease.lost.is_set():
                store.release(source, owner)


def _beat(renew: Callable[[datetime], bool], every: timedelta, lease: Lease, done: threading.Event) -> None:
    while not done.wait(every.total_seconds()):
        try:
            if not renew(clock.now()):
                lease.lost.set()
                return
        except SQLAlchemyError as error:
            # The store may be back before the lease ends; if not, the next commit fails by itself.
            log.warning("event=sewa galat=%s", type(error).__name__)
