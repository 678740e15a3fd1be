"""Camera stills for the wall: ``/gambar/<source>/<camera>``, for whoever may see the wall."""

from __future__ import annotations

import asyncio

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.bodies import Body
from dashboard.guard import Gate
from dashboard.page import EVERYONE
from layers import clock
from layers.stills import Stills

PATH = "/gambar/{source}/{camera}"
KEPT = "private, no-cache"
"""A browser may hold a picture but asks each time whether it is still the newest."""


class StillsDesk:
    """The endpoint; the guard has checked the role before."""

    def __init__(self, stills: Stills | None) -> None:
        self._stills = stills

    def add_routes(self, server: FastAPI) -> dict[str, Gate]:
        """Add it; who may ask."""
        server.add_route(PATH, self.picture, ["GET"], include_in_schema=False)
        return {PATH: EVERYONE}

    async def picture(self, request: Request) -> Response:
        """The newest still of a camera; 404 where there is none to show."""
        names = request.path_params["source"], request.path_params["camera"]
        shot = await asyncio.to_thread(self._stills.read, *names, clock.now()) if self._stills else None
        if shot is None:
            raise HTTPException(404)
        return Body(shot.body, shot.type, effort=0).answer(request, cache=KEPT)
