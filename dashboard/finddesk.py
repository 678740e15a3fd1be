"""``/cari``: search as a page, and its list as one types; neither keeps nor logs what was asked."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dashboard.find import FEW, MANY, Names
from dashboard.framed import Framed
from dashboard.guard import Gate
from dashboard.page import EVERYONE, View
from dashboard.parts.findbox import AS_TYPED, PATH, Group, listed, page
from dashboard.text import say
from layers.model import Role
from layers.typed import LONGEST, words

FINDERS = EVERYONE - {Role.SCREEN}
"""Who is a person at a desk; a wall's screen types nothing."""

AT_ONCE = 2
"""Searches that run at the same time, in threads of their own: however many type, they hold up nobody's login or page."""


class FindDesk:
    """The endpoints; what is found is decided by the asker's Scope at each search."""

    def __init__(self, framed: Framed) -> None:
        room = framed.hub.room
        self._framed = framed
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="cari")
        self._names = Names(room.city, room.tree, room.catalog)

    def add_routes(self, server: FastAPI) -> dict[str, Gate]:
        """Add them; who may ask which."""
        for path, endpoint in ((PATH, self.whole), (AS_TYPED, self.typed)):
            server.add_route(path, endpoint, ["GET"], include_in_schema=False)
        return dict.fromkeys((PATH, AS_TYPED), FINDERS)

    async def whole(self, request: Request) -> Response:
        """The page."""
        asked, view, found = await self._find(request, MANY)
        return self._framed.answer(request, say(view.lang, "Cari"), page(found, asked, view))

    async def typed(self, request: Request) -> Response:
        """The list below what has been typed so far, drawn."""
        asked, view, found = await self._find(request, FEW)
        return HTMLResponse(self._framed.shell.prefix.markup(str(listed(found, asked, view))))

    async def _find(self, request: Request, most: int) -> tuple[str, View, tuple[Group, ...]]:
        """What was asked, and what was found; 400 for a text that our own field does not take."""
        asked = " ".join(request.query_params.get("q", "").split())
        if len(asked) > LONGEST or not asked.isprintable():
            raise HTTPException(400)
        view = self._framed.view(request)
        search = partial(self._names.search, view, asked, most) if words(asked) else partial(self._names.first, view)
        return asked, view, await asyncio.get_running_loop().run_in_executor(self._threads, search)
