"""The event stream to browsers: one small task each, the same bytes for all, compressed once.

Events: ``beat`` (server's time in milliseconds and the newest version; at once and then every ten seconds),
``doc`` (what differs from the browser's version, or the whole) and for walls ``steering`` (what the screens were
told). Nothing is queued: a slow browser skips versions and is sent one delta when it can take it. A stream
ends when its right ends.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

from starlette.types import Receive, Send
from starlette.types import Scope as Connection

from dashboard.access import HOME
from dashboard.bodies import GZIP_HEADER, Event
from dashboard.drawn import Key
from dashboard.feed import UNSTEERED, Hub
from layers.model import ROWS, Scope

SLOWEST = 60.0
"""Seconds that a browser may take to accept one event before its stream is ended."""

MOST = 20
"""Streams that one account may hold open in a process."""


class Places:
    """How many streams each account holds open."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def full(self, scope: Scope) -> bool:
        """Whether the asker may open no more; screens and the public of the demo are many behind one name."""
        return scope.role in ROWS and self._open[scope.user] >= MOST

    @contextmanager
    def taken(self, user: str) -> Iterator[None]:
        """A place for as long as a stream is open."""
        self._open[user] += 1
        try:
            yield
        finally:
            self._open[user] -= 1
            if not self._open[user]:
                del self._open[user]


@dataclass(frozen=True, slots=True)
class Stream:
    """One browser's stream, as an ASGI answer. ``still`` says whether its right still holds; ``place`` is held all the while."""

    hub: Hub
    wanted: Key
    base: int | None
    packed: bool
    still: Callable[[], Awaitable[bool]]
    place: AbstractContextManager[None] = field(default_factory=nullcontext)

    async def __call__(self, connection: Connection, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the ASGI form
        headers = [(b"content-type", b"text/event-stream"), (b"x-accel-buffering", b"no")]
        if self.packed:
            headers.append((b"content-encoding", b"gzip"))
        gone = asyncio.ensure_future(_disconnect(receive))
        self.hub.connections += 1
        self.hub.walls += self._wall
        try:
            with self.place:
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                if self.packed:
                    await send({"type": "http.response.body", "body": GZIP_HEADER, "more_body": True})
                await self._run(gone, send)
                await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            return  # a browser that takes nothing: it will come back by itself
        finally:
            self.hub.connections -= 1
            self.hub.walls -= self._wall
            gone.cancel()

    @property
    def _wall(self) -> bool:
        return self.wanted.page.path == HOME

    async def _run(self, gone: asyncio.Future[None], send: Send) -> None:
        at, pulse = self.base, self.hub.pulse
        await self._send(send, self.hub.word())
        told = UNSTEERED
        with self.hub.watched(self.wanted) as waiting:
            gone.add_done_callback(lambda _: waiting.set())
            while not gone.done() and not self.hub.closing:
                waiting.clear()
                if pulse is not self.hub.pulse:  # before the page, which may take its time
                    if not await self.still():
                        return
                    pulse = self.hub.pulse
                    await self._send(send, self.hub.last_word())
                drawn = await self.hub.shown(self.wanted)
                if drawn and (at is None or drawn.document.version > at):  # never what is older than what the browser has
                    await self._send(send, self.hub.event(self.wanted, drawn, at))
                    at = drawn.document.version
                if self._wall and told is not self.hub.steering:
                    told = self.hub.steering
                    await self._send(send, told)
                await waiting.wait()

    async def _send(self, send: Send, event: Event) -> None:
        async with asyncio.timeout(SLOWEST):
            await send({"type": "http.response.body", "body": event.packed() if self.packed else event.raw, "more_body": True})


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
