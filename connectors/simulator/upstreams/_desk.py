"""What the simulated systems with a web interface have in common: tokens, a limit of requests, times as they print them."""

from __future__ import annotations

import csv
import io
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.simulator.world import Case, World
from layers.city import City

ROWS = 2_000


class Gate:
    """Lets in who bears the token, and no more than so many requests in a minute of the real clock."""

    def __init__(self, token: str, per_minute: int) -> None:
        self._token = token
        self._per_minute = per_minute
        self._asked: deque[float] = deque()

    def refuse(self, request: Request) -> Response | None:
        """Why a request is turned away; ``None`` where it is not."""
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            return JSONResponse({"success": False, "message": "Unauthenticated."}, 401, {"WWW-Authenticate": "Bearer"})
        now = time.monotonic()
        while self._asked and now - self._asked[0] > 60:
            self._asked.popleft()
        if len(self._asked) >= self._per_minute:
            wait = str(max(int(60 - (now - self._asked[0])), 1))
            return JSONResponse({"success": False, "message": "Too Many Requests"}, 429, {"Retry-After": wait})
        self._asked.append(now)
        return None


def iso(moment: datetime | None, now: datetime) -> str:
    """A time with its offset; empty while it lies ahead."""
    return moment.isoformat() if moment is not None and moment <= now else ""


def plain(moment: datetime | None, now: datetime, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """A local time without zone, as most systems print it; empty while it lies ahead."""
    return moment.strftime(form) if moment is not None and moment <= now else ""


def midnight(moment: datetime) -> datetime:
    """The beginning of the local day."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def history(world: World, now: datetime, days: int | None = None) -> list[date]:
    """The local days before today, oldest first: all that the demo shows, or the last ``days``."""
    return [now.date() - timedelta(days=back) for back in range(days or world.HISTORY_DAYS, 0, -1)]


def arrived(world: World, system: str, now: datetime) -> Iterator[Case]:
    """A system's cases of its whole history that had arrived by ``now``, oldest first."""
    for day in [*history(world, now), now.date()]:
        yield from (case for case in world.cases(day, system) if case.received <= now)


def sheet(headings: Sequence[str], rows: Iterable[Sequence[object]], delimiter: str = ",") -> Iterator[bytes]:
    """A CSV file in pieces."""
    piece = io.StringIO()
    writer = csv.writer(piece, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(headings)
    for count, row in enumerate(rows, 1):
        writer.writerow(row)
        if count % ROWS == 0:
            yield piece.getvalue().encode()
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue().encode()


def short(city: City, slug: str) -> str:
    """The name by which an OPD is called."""
    found = city.opd(slug)
    return found.short if found else slug


def kecamatan(city: City) -> dict[str, str]:
    """The name of the kecamatan of each kelurahan, by the kelurahan's code."""
    names = {area.code: area.name for area in city.areas}
    return {code: names[code.rpartition(".")[0]] for code in names if code.count(".") == 3}
