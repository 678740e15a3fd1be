"""After the rows, the figures: store -> frames -> snapshot -> cache, at once when something came and when time has passed."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress

from connectors.registry import vouched
from layers import clock
from layers.alarmbook import AlarmBook, PeopleBook
from layers.areas import AreaTree
from layers.cache import Cache, CacheDown
from layers.citykpis import catalog_of
from layers.frames import Frames
from layers.notices import Writer
from layers.packs import keep_pack
from layers.publish import build, publish, read_snapshot
from layers.settings import Settings
from layers.store import Store

TICK_SECONDS = 15.0
"""Overdue is a matter of time, not of records: a new snapshot is due even when nothing came."""

log = logging.getLogger(__name__)


class Publisher:
    """Publishes in a thread of its own; calls of :meth:`changed` while it is at work become one."""

    def __init__(self, settings: Settings, store: Store, tree: AreaTree, cache: Cache) -> None:
        self._settings = settings
        self._store = store
        self._tree = tree
        self._cache = cache
        self._city = vouched(settings.city)
        self._catalog = catalog_of(settings.city)
        self._directory = settings.data / "frames"
        self._frames = Frames(self._directory, settings.city, tree)
        self._wake = threading.Event()
        self._ending = False
        self._packed = False
        self._trouble: str | None = None
        self._alarms = AlarmBook(
            store=store,
            people=PeopleBook(settings.people_url),
            writer=Writer(city=settings.city, link=f"{settings.address}/alarm"),
        )
        before = read_snapshot(self._directory)
        self._version = before.version if before else 0
        self._thread = threading.Thread(target=self._run, name="terbit")

    def start(self) -> None:
        """Publish at once, then go on; what is on disk may be of another day."""
        self._wake.set()
        self._thread.start()

    def changed(self) -> None:
        """Something was committed: publish as soon as possible."""
        self._wake.set()

    def stop(self) -> None:
        """Publish once more what is waiting, then end."""
        self._ending = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def once(self) -> None:
        """Bring the frames up to the store, make the snapshot and publish it.

        Raises :class:`layers.cache.CacheDown` when only the cache could not be reached.
        """
        if not self._packed:
            keep_pack(self._store, self._city, clock.now())
            self._packed = True
        self._frames.refresh(self._store)
        # By the real clock even when the room's own is set: versions only ever rise.
        self._version = max(self._version + 1, time.time_ns() // 1_000_000)
        snapshot = build(
            self._frames, self._catalog, self._tree, self._city, self._store, clock.now(), self._version, notice(self._settings),
            self._alarms,
        )  # fmt: skip
        publish(snapshot, self._cache, self._directory)

    def _run(self) -> None:
        while True:
            self._wake.wait(TICK_SECONDS)
            self._wake.clear()
            try:
                self.once()
            except CacheDown as error:
                self._note(f"cache tidak terjangkau ({error})")
            except Exception as error:  # whatever it is, the next round may be well again
                if self._note(type(error).__name__):
                    log.exception("event=terbit")
            else:
                self._note(None)
            if self._ending:
                return

    def _note(self, trouble: str | None) -> bool:
        """Log a trouble when it begins and when it is over, not each time; return whether it is a new one."""
        new = trouble != self._trouble
        if new and trouble:
            log.warning("event=terbit trouble=%r", trouble)
        elif new:
            log.info("event=terbit keadaan=pulih")
        self._trouble = trouble
        return new


def notice(settings: Settings) -> str | None:
    """What every screen must say when it does not show the live city."""
    said = []
    if settings.demo:
        said.append("SIMULASI: data contoh yang dibangkitkan, bukan data kota yang sebenarnya")
    if clock.is_set():
        said.append("Jam ruang kendali disetel, bukan waktu sekarang")
    return ". ".join(said) or None


def publish_quietly(publisher: Publisher) -> None:
    """One publication where the cache may be missing: the snapshot on disk is enough."""
    with suppress(CacheDown):
        publisher.once()
