"""Long answers on their way: so many at a time in one process, of one account fewer, and none for ever."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from weakref import WeakValueDictionary

from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Send
from starlette.types import Scope as Connection

from dashboard.guard import Said
from layers.model import ROWS, Scope

log = logging.getLogger(__name__)

RUNNING, WAITING = 2, 8
"""Answers that one process makes at a time, and that may wait for it."""
EACH = 1
"""Of them those of one account: who takes theirs slowly keeps nobody else waiting."""
PATIENCE = 20.0
"""Seconds that one waits for its turn."""
SLOWEST = 60.0
"""Seconds that a browser may take to accept one piece before its download is ended: it holds a turn."""


class Turns:
    """The turns of one process."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(RUNNING)
        self._own: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._here = 0

    async def take(self, scope: Scope) -> Callable[[], None]:
        """Wait for a turn, and get what gives it back; 503 while too many wait. Screens and the demo's public share all turns."""
        busy = Said(503, "Sedang banyak unduhan", "Coba lagi sebentar lagi.", again=10)
        if self._here >= RUNNING + WAITING:
            raise busy
        own = [self._own.setdefault(scope.user, asyncio.Semaphore(EACH))] if scope.role in ROWS else []
        held: list[asyncio.Semaphore] = []

        def give() -> None:
            self._here -= 1
            for turn in held:
                turn.release()

        self._here += 1
        try:
            async with asyncio.timeout(PATIENCE):
                for turn in (*own, self._turn):
                    await turn.acquire()
                    held.append(turn)
        except BaseException as error:
            give()
            if isinstance(error, TimeoutError):
                raise busy from None
            raise
        return give


class Sent(StreamingResponse):
    """A file on its way: a piece is made when the one before has gone out; ``done`` is told at the end, however it comes."""

    def __init__(self, pieces: Iterator[bytes], headers: Mapping[str, str], media: str, done: Callable[[], None]) -> None:
        super().__init__(pieces, 200, headers, media)
        self._done = done

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            async with asyncio.timeout(SLOWEST):
                await send(message)

        try:
            await super().__call__(scope, receive, sent)
        except (TimeoutError, ClientDisconnect):
            log.info("download: the browser took no more")
        finally:
            self._done()
