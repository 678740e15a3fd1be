"""The snapshot that this worker holds, and every page drawn from it, once for all who may see the same.

The :class:`Hub` starts from the cache, else from the file beside the frames, follows the cache's ticks
and looks at the file every :data:`LOOK` seconds as well, so that a cache that is away delays an update by
seconds and loses none. What it holds it keeps: a miss is never an empty screen and never a zero.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import orjson
from sqlalchemy.exc import SQLAlchemyError

from dashboard.bodies import Event
from dashboard.drawn import Drawn, Key, between, encode_document
from dashboard.lane import Lane
from dashboard.page import Document, document
from dashboard.prefix import Prefix
from dashboard.room import Room
from dashboard.steering import UNSTEERED, steering
from layers import clock
from layers.alarms import concerns
from layers.model import Scope
from layers.remote import Steering
from layers.snapshot import Snapshot
from layers.wire import decode, version_of

if TYPE_CHECKING:
    from layers.cache import Cache

log = logging.getLogger(__name__)

LOOK = 2.0
"""Seconds between two looks at the snapshot's file."""
BEAT = 10.0
"""Seconds between two heartbeats of a stream."""
LATE = 0.25
"""Seconds after which a heartbeat no longer says what time it is."""
OLD = 20.0
"""Seconds after which a drawn page is drawn again for a new visitor, because the ages in it have moved on."""
KEPT_VERSIONS = 4
"""Versions of a page that a delta can start from; a browser further behind is sent the whole."""
KEPT_PAGES, KEPT_LETTERS = 256, 1 << 26
"""So many pages are kept, and no more than so many letters of them: who asks may make long ones."""
NEVER = -1
"""No version: what is being drawn is none that may be given to whoever asks now."""
PENS = 2
"""Pages that are drawn at once: drawing is work of the processor, and more at a time would only hold up the first."""
PATIENCE = 5.0
"""Seconds that an answer about the screens is waited for."""
STEERED = 1.0
"""Seconds between two looks at what the screens were told, while walls are connected."""
POLLED = 30.0
"""Seconds for which a wall that polls counts as one that is there; it asks every 5."""


class Hub:
    """Holds the newest snapshot and wakes whoever waits for it."""

    def __init__(self, room: Room, file: Path, cache: Cache | None = None) -> None:
        self.room = room
        self.snapshot: Snapshot | None = None
        self.lane = Lane()
        self._pens = ThreadPoolExecutor(PENS, thread_name_prefix="pen")
        self._behind = asyncio.Semaphore(1)  # long pages that are watched, one after the other: the lane is for who asks
        self.closing = False
        self.connections = 0
        self.walls = 0
        self.polled = float("-inf")
        """When a wall without a stream last asked."""
        self.told: tuple[Steering, ...] = ()
        self.steering = UNSTEERED
        self.build = ""
        self.prefix = Prefix()
        self.pulse = self.word()
        self._pulsed = monotonic()
        self.cache_down = cache is not None
        self._file = file
        self._cache = cache
        self._stamp: tuple[int, int] | None = None
        self._unreadable = ""
        self._drawn: OrderedDict[Key, deque[Drawn]] = OrderedDict()
        self._drawing: dict[Key, tuple[int, asyncio.Task[Drawn]]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._waiting: dict[Key, set[asyncio.Event]] = {}
        self._renewals: set[asyncio.Future[None]] = set()

    # --- the snapshot ------------------------------------------------------------------------

    async def start(self) -> None:
        """Load what there is and begin to follow."""
        await self._from_cache()
        await self._from_file()
        self._tasks = [asyncio.create_task(task()) for task in (self._look, self._beat, self._steer)]
        if self._cache:
            loop = asyncio.get_running_loop()
            threading.Thread(target=self._follow, args=(self._cache, loop), name="ticks", daemon=True).start()

    async def stop(self) -> None:
        self.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def close(self) -> None:
        """Let every stream end, so that a stop does not wait for browsers that would stay for weeks."""
        self.closing = True
        self._wake()

    def put(self, snapshot: Snapshot) -> bool:
        """Take a snapshot if it is newer than the one held; wake the streams."""
        if self.snapshot and snapshot.version <= self.snapshot.version:
            return False
        self.snapshot = snapshot
        for wanted in self._waiting:
            self._renewal(wanted)
        return True

    def _renewal(self, wanted: Key) -> None:
        renewal = asyncio.ensure_future(self._renew(wanted))
        self._renewals.add(renewal)
        renewal.add_done_callback(self._renewals.discard)

    async def _renew(self, wanted: Key) -> None:
        """Draw a page that is watched, once, and only then wake those who watch it: each of a thousand wakes once."""
        with suppress(Exception):  # what cannot be drawn is theirs to say
            await self.draw(wanted, patient=True)
        for waiting in self._waiting.get(wanted, ()):
            waiting.set()

    @contextmanager
    def watched(self, wanted: Key) -> Iterator[asyncio.Event]:
        """Set when the page may look otherwise, at each heartbeat, and at the stop."""
        waiting = asyncio.Event()
        self._waiting.setdefault(wanted, set()).add(waiting)
        if wanted.page.long:
            self._renewal(wanted)
        try:
            yield waiting
        finally:
            self._waiting[wanted].discard(waiting)
            if not self._waiting[wanted]:
                del self._waiting[wanted]

    def _wake(self) -> None:
        for those in self._waiting.values():
            for waiting in those:
                waiting.set()

    def _follow(self, cache: Cache, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread of its own: each tick of the cache asks the loop to fetch what it names."""
        for _version in cache.ticks():
            if self.closing:
                return
            with suppress(RuntimeError, CancelledError):  # the loop has ended
                asyncio.run_coroutine_threadsafe(self._from_cache(), loop).result()

    async def _from_cache(self) -> None:
        if self._cache is None:
            return
        try:
            found = await asyncio.to_thread(self._cache.snapshot)
            if found and (self.snapshot is None or found[0] > self.snapshot.version):
                self.put(await asyncio.to_thread(decode, found[1]))
            self.cache_down = False
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the cache, what we hold stays
            if not self.cache_down:
                log.warning("cache: %s: %s; following the snapshot's file", type(error).__name__, error)
            self.cache_down = True

    async def _from_file(self) -> None:
        try:
            stat = self._file.stat()
            stamp = (stat.st_mtime_ns, stat.st_ino)
            if stamp != self._stamp:
                if new := await asyncio.to_thread(self._newer):
                    self.put(new)
                self._stamp = stamp
            trouble = ""
        except FileNotFoundError:
            return
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the file, what we hold stays
            trouble = f"{type(error).__name__}: {error}"
        if trouble and trouble != self._unreadable:
            log.warning("%s: %s", self._file.name, trouble)
        elif self._unreadable and not trouble:
            log.warning("%s: readable again", self._file.name)
        self._unreadable = trouble

    def _newer(self) -> Snapshot | None:
        """The snapshot in the file, unless the cache has brought it already: to decode one takes a tenth of a second."""
        body = self._file.read_bytes()
        version = version_of(body)
        return None if self.snapshot and version is not None and version <= self.snapshot.version else decode(body)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            await self._from_file()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            self.beat()

    def beat(self) -> None:
        """Tell every stream the time, now."""
        self.pulse = self.word()
        self._pulsed = monotonic()
        self._wake()

    def word(self) -> Event:
        """The server's time in milliseconds, the newest version, and the release that it runs, as they are now."""
        version = self.snapshot.version if self.snapshot else None
        return Event("beat", orjson.dumps({"now": int(clock.now().timestamp() * 1000), "version": version, "build": self.build}))

    def last_word(self) -> Event:
        """The heartbeat that all share; one of its own for a stream that was held up, for a late word makes ages too young."""
        return self.pulse if monotonic() - self._pulsed < LATE else self.word()

    async def _steer(self) -> None:
        while True:
            await asyncio.sleep(STEERED)
            if self.walls or monotonic() - self.polled < POLLED:
                await self.ask_steering()

    async def ask_steering(self) -> None:
        """Ask what the screens were told and pass it on; while the accounts are away what was told stays."""
        if self.room.remote is None:
            return
        with suppress(SQLAlchemyError, OSError, TimeoutError):
            told = await asyncio.wait_for(asyncio.to_thread(self.room.remote.told), PATIENCE)
            if told != self.told:
                self.told, self.steering = told, steering(told)
                self._wake()

    # --- pages -------------------------------------------------------------------------------

    async def shown(self, wanted: Key) -> Drawn | None:
        """The page for who watches it; a long one as it was made last, for its turn may come late and heartbeats may not."""
        if not wanted.page.long:
            return await self.draw(wanted)
        held = self._drawn.get(wanted)
        return held[-1] if held else None

    async def draw(self, wanted: Key, *, fresh: bool = False, patient: bool = False) -> Drawn | None:
        """The page at the newest version; ``None`` while there is no snapshot.

        Drawn in a thread, once however many ask at the same time; again after :data:`OLD` seconds where
        ``fresh`` ages matter. A long one waits for its turn however long that takes where the asker is ``patient``.
        """
        snapshot = self.snapshot
        if snapshot is None:
            return None
        if fresh and wanted.page.fresh:
            return await self._rendered(wanted, snapshot)
        held = self._drawn.get(wanted)
        if held and held[-1].document.version == snapshot.version and not (fresh and monotonic() - held[-1].at > OLD):
            self._drawn.move_to_end(wanted)
            if not held[-1].stale:
                return held[-1]
        version, task = self._drawing.get(wanted, (0, None))
        if task is None:
            version, task = snapshot.version, asyncio.create_task(self._draw(wanted, snapshot, patient=patient))
            self._drawing[wanted] = version, task
            task.add_done_callback(lambda _: self._drawing.pop(wanted, None))
        if version != snapshot.version:  # somebody's drawing of the version before, or begun before something changed
            await asyncio.wait([task])
            return await self.draw(wanted, patient=patient)
        return await asyncio.shield(task)

    async def _draw(self, wanted: Key, snapshot: Snapshot, *, patient: bool) -> Drawn:
        held = self._drawn.get(wanted) or deque(maxlen=KEPT_VERSIONS)
        try:
            drawn = await self._rendered(wanted, snapshot, patient=patient)
        except Exception:
            if not held:
                raise
            log.exception("%s at version %d cannot be drawn; the version before stays", wanted.page.path, snapshot.version)
            return held[-1]
        drawn.stale = self._drawing.get(wanted, (snapshot.version,))[0] != snapshot.version
        if held and held[-1].document.version == drawn.document.version:
            before = held.pop()
            drawn.moved = before.moved | drawn.document.since(before.document).parts.keys()
        for old in held:
            old.html = old.whole = None  # only its document is needed, as the base of a delta
            old.deltas.clear()
        held.append(drawn)
        self._drawn[wanted] = held
        self._drawn.move_to_end(wanted)
        letters = sum(page.letters for versions in self._drawn.values() for page in versions)
        while len(self._drawn) > KEPT_PAGES or (letters > KEPT_LETTERS and len(self._drawn) > 1):
            _, gone = self._drawn.popitem(last=False)
            letters -= sum(page.letters for page in gone)
        return drawn

    async def _rendered(self, wanted: Key, snapshot: Snapshot, *, patient: bool = False) -> Drawn:
        work = partial(self.render, wanted, snapshot)
        if not wanted.page.long:
            return await asyncio.get_running_loop().run_in_executor(self._pens, work)
        if not patient:
            return await self.lane.run(work)
        async with self._behind:
            return await self.lane.run(work, patient=True)

    def render(self, wanted: Key, snapshot: Snapshot) -> Drawn:
        """Draw a page now."""
        view = self.room.view(wanted.scope, wanted.lang, dict(wanted.params))
        view = replace(view, ringing=ringing(snapshot, wanted.scope))
        return Drawn(document(wanted.page, snapshot, view), view, monotonic())

    def forget(self, path: str) -> None:
        """Draw a page anew for whoever asks next: something that it shows changed without a new snapshot.

        What was drawn before stays known, for browsers hold it: the next version brings them what it lacked.
        """
        for wanted, held in self._drawn.items():
            held[-1].stale |= wanted.page.path == path
        for wanted, (_, task) in self._drawing.items():
            if wanted.page.path == path:
                self._drawing[wanted] = NEVER, task

    def event(self, wanted: Key, drawn: Drawn, base: int | None) -> Event:
        """What brings a browser at version ``base`` to ``drawn``: the difference, or the whole."""
        known = next((d for d in self._drawn.get(wanted, ()) if d.document.version == base), None)
        at = known.document.version if known else None
        if at not in drawn.deltas:
            drawn.deltas[at] = Event("doc", encode_document(self.outward(between(known, drawn.document)), at))
        return drawn.deltas[at]

    def outward(self, sent: Document) -> Document:
        """A document as browsers are sent it: its links lead below the prefix of the room."""
        if not self.prefix.path:
            return sent
        return replace(sent, parts={name: self.prefix.markup(html) for name, html in sent.parts.items()})


def ringing(snapshot: Snapshot, scope: Scope) -> int:
    """Alarms within a scope that nobody has taken and that are not silenced."""
    return sum(alarm.waits for alarm in snapshot.alarms if concerns(scope, alarm))
