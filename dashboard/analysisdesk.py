"""What people do about saved views: keep one, rename or share it, forget it. Posted forms, each in the audit."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from urllib.parse import parse_qsl

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dashboard.access import Refused, read_form
from dashboard.guard import Gate
from dashboard.page import Page
from dashboard.pages import analysis as page
from dashboard.posted import change
from layers import clock
from layers.model import ROWS, Scope
from layers.people import People
from layers.savedviews import NotYoursError, SavedViewError, SavedViews, canonical

Show = Callable[[Request, Page, Mapping[str, str], int], Awaitable[Response]]


class AnalysisDesk:
    """The endpoints under ``/analisis``; the guard has checked role, form and origin before."""

    def __init__(self, people: People, show: Show) -> None:
        self._views = SavedViews(people)
        self._show = show

    def add_routes(self, server: FastAPI) -> dict[str, Gate]:
        """Add them; who may ask which."""
        found: dict[str, Gate] = {}
        for name, endpoint in (("simpan", self.save), ("ubah", self.change), ("hapus", self.drop)):
            path = f"{page.PAGE.path}/{name}"
            server.add_route(path, endpoint, ["POST"], include_in_schema=False)
            found[path] = ROWS
        return found

    async def save(self, request: Request) -> Response:
        """Keep the question of the address under a name."""
        form = await read_form(request)
        given = form.get("nama", ""), form.get("alamat", ""), form.get("untuk", "")
        return await self._do(request, form, partial(self._views.save, request.state.scope, *given, clock.now()))

    async def change(self, request: Request) -> Response:
        """Another name, another audience."""
        form = await read_form(request)
        given = _number(form), form.get("nama", ""), form.get("untuk", "")
        return await self._do(request, form, partial(self._views.change, request.state.scope, *given, clock.now()))

    async def drop(self, request: Request) -> Response:
        """Forget one."""
        form = await read_form(request)
        return await self._do(request, form, partial(self._views.drop, request.state.scope, _number(form), clock.now()))

    async def _do(self, request: Request, form: Mapping[str, str], do: Callable[[], object]) -> Response:
        """Make the change and go back to the question; 404 for what is not the asker's."""
        scope: Scope = request.state.scope
        try:
            back = canonical(form.get("alamat", ""))
            await change(do)
        except NotYoursError:
            raise Refused(scope) from None
        except SavedViewError as error:
            known = {name: value for name, value in parse_qsl(form.get("alamat", "")) if name in page.PAGE.asks}
            return await self._show(request, page.PAGE, {**known, "salah": str(error)}, 422)
        return RedirectResponse(f"{page.PAGE.path}?{back}#tampilan", 303)


def _number(form: Mapping[str, str]) -> int:
    """The view that a form is about; 404 for what is no number of one."""
    if not re.fullmatch(r"[0-9]{1,15}", text := form.get("tampilan", "")):
        raise HTTPException(404)
    return int(text)
