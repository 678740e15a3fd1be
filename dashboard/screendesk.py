"""What screens and the server say to each other: the address that opens a wall, its reports, and when it last reported."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar
from urllib.parse import urlencode

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.access import HOME, PATIENCE, Access
from dashboard.fields import read_form
from dashboard.guard import Gate
from dashboard.scene import scenes
from layers import clock
from layers.model import Role
from layers.people import People
from layers.screens import Report, Screen, Screens

log = logging.getLogger(__name__)

NUMBERS = {
    "versi": "version", "sejak": "since_version", "simpul": "nodes", "galat": "errors", "lebar": "width", "tinggi": "height",
    "mulai": "started",
}  # fmt: skip
"""Fields of a report, and what they are here."""
T = TypeVar("T")


class ScreenDesk:
    """The endpoints of screens. The guard has checked role, form and origin of a report before."""

    def __init__(self, access: Access, people: People) -> None:
        self._access = access
        self._screens = Screens(people)

    def add_routes(self, server: FastAPI) -> dict[str, Gate]:
        """Add them; who may ask which."""
        gates: dict[str, Gate] = {}
        for path, endpoint, gate, method in (
            ("/layar/{token}", self.open, None, "GET"),
            ("/layar/{token}/denyut", self.pulse, None, "GET"),
            ("/layar-lapor", self.report, frozenset({Role.SCREEN}), "POST"),
        ):
            server.add_route(path, endpoint, [method], include_in_schema=False)
            gates[path] = gate
        return gates

    async def open(self, request: Request) -> Response:
        """Give a wall's browser its own cookie and send it to the wall as large as the screen was declared."""
        screen = await self._of(request)
        asks = {**(screen.panel.asks if screen.panel else {}), **({"layar": screen.slug} if screen.slug else {})}
        return await self._access.open_screen(request, f"{HOME}?{urlencode(asks)}" if asks else HOME)

    async def pulse(self, request: Request) -> Response:
        """Seconds since the screen last reported, for whoever watches over its browser; ``-`` where it never has."""
        screen = await self._of(request)
        silent = None if screen.heard is None else int((clock.now() - screen.heard).total_seconds())
        return Response("-\n" if silent is None else f"{max(silent, 0)}\n", media_type="text/plain")

    async def report(self, request: Request) -> Response:
        """Keep what a screen tells of itself, under the name that its token has."""
        report = read_report(await read_form(request))
        name = request.state.scope.user.removeprefix("layar:")
        await self._ask(partial(self._screens.heard, name, report, clock.now()))
        return Response(status_code=204)

    async def _of(self, request: Request) -> Screen:
        screen = await self._ask(partial(self._screens.of, request.path_params["token"]))
        if screen is None:
            raise HTTPException(404)
        return screen

    async def _ask(self, ask: Callable[[], T]) -> T:
        try:
            return await asyncio.wait_for(asyncio.to_thread(ask), PATIENCE)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("screens: %s", type(error).__name__)
            raise HTTPException(503, headers={"retry-after": "10"}) from None


def read_report(form: Mapping[str, str]) -> Report:
    """A report as our own script sends it; 400 for anything else."""
    scene, memory, release = form.get("adegan", ""), form.get("memori", ""), form.get("rilis", "")
    numbers = {name: form.get(field, "") for field, name in NUMBERS.items()}
    good = scene in scenes() and re.fullmatch(r"[0-9]{0,15}", memory) and re.fullmatch(r"[0-9a-f]{0,12}", release)
    if not good or not all(re.fullmatch(r"[0-9]{1,15}", text) for text in numbers.values()):
        raise HTTPException(400)
    whole = {name: int(text) for name, text in numbers.items()}
    return Report(scene=scene, heap=int(memory) if memory else None, release=release or None, **whole)
