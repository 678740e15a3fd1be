"""Failed logins and codes of one address: how many it may have, and what of them stands in the audit."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from time import monotonic

from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from layers import clock
from layers.people import People

log = logging.getLogger(__name__)

TRIES, TRIES_IN = 30, 300.0
"""Failed logins that one address may have within so many seconds."""
TOLD, TOLD_IN = 5, 60.0
"""Failed logins of one address that stand in the audit one by one within so many seconds; the rest is one line."""
_ADDRESSES = 10_000

Run = Callable[[Callable[[], None]], Awaitable[None]]
"""Does something with the accounts in a thread."""


@dataclass(slots=True)
class Failures:
    """Failed logins of one address: the moments of the latest ones, and what the audit has of them."""

    at: list[float] = field(default_factory=list)
    since: float = float("-inf")
    trying: int = 0
    """Tries that nobody has looked at yet: they count, so that many at once are no way around."""
    told: int = 0
    untold: int = 0


@dataclass(slots=True)
class Attempts:
    """Counts them in this process."""

    people: People
    run: Run
    _failures: OrderedDict[str, Failures] = field(default_factory=OrderedDict)

    def limit(self, request: Request) -> None:
        """Raise 429 for an address that has failed too often."""
        failures = self._failures.get(_address(request))
        if failures is None:
            return
        recent = [at for at in failures.at if monotonic() - at < TRIES_IN]
        if len(recent) + failures.trying >= TRIES:
            first = recent[0] if recent else monotonic()
            raise HTTPException(429, headers={"retry-after": str(int(TRIES_IN - monotonic() + first) + 1)})

    @contextmanager
    def one(self, request: Request) -> Iterator[None]:
        """One try of an address, counted from here on; raises what :meth:`limit` raises."""
        self.limit(request)
        address = _address(request)
        mine = self._failures.setdefault(address, Failures())
        mine.trying += 1
        try:
            yield
        finally:
            mine.trying -= 1
            if not (mine.trying or mine.at or mine.untold):
                self._failures.pop(address, None)

    async def failed(self, request: Request, what: str = "gagal masuk") -> None:
        """Count a failure; the audit gets the first few of a minute one by one and the others as one line."""
        moment, address = monotonic(), _address(request)
        mine = self._failures.setdefault(address, Failures())
        self._failures.move_to_end(address)
        while len(self._failures) > _ADDRESSES:
            self._failures.popitem(last=False)
        mine.at = [*(at for at in mine.at[-TRIES:] if moment - at < TRIES_IN), moment]
        if moment - mine.since >= TOLD_IN and not mine.untold:
            mine.since, mine.told = moment, 0
        mine.told += 1
        if mine.told <= TOLD:
            # no name: one that fails may be a password typed in its place
            await self.run(lambda: self.people.audit("-", what, {"dari": network(request)}, clock.now()))
            return
        mine.untold += 1
        if mine.untold == 1:
            wait, of = max(0.0, TOLD_IN - (moment - mine.since)), network(request)
            loop = asyncio.get_running_loop()
            loop.call_later(wait, lambda: loop.run_in_executor(None, self._sum_up, of, mine))

    def _sum_up(self, of: str, mine: Failures) -> None:
        """One line for the failures of an address that the audit has not been told one by one."""
        detail, mine.untold = {"dari": of, "jumlah": mine.untold}, 0
        try:
            self.people.audit("-", "gagal masuk, ringkasan", detail, clock.now())
        except (SQLAlchemyError, OSError) as error:
            log.warning("audit: %s", type(error).__name__)


def _address(request: Request) -> str:
    """Who is counted as one: an address, or the network that one subscriber has to themselves under IPv6."""
    return _within(request, 32, 64)


def network(request: Request) -> str:
    """Whence somebody asks, as the audit may keep it: the network, not the person's own address."""
    return _within(request, 24, 48)


def _within(request: Request, v4: int, v6: int) -> str:
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host[:45]
    return str(ip_network((address, v4 if address.version == 4 else v6), strict=False))
