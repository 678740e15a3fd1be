"""What people do about saved views: keep one, rename or share it, forget it. Posted forms, each in the audit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import parse_qsl

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dashboard.access import Refused
from dashboard.fields import number, read_form
from dashboard.guard import Gate
from dashboard.pages import analysis as page
from dashboard.posted import Show, add_posted, change
from layers import clock
from layers.model import ROWS, MendError, NotYoursError, Scope
from layers.people import People
from layers.savedviews import SavedViews, canonical


class AnalysisDesk:
    """The endpoints under ``/analisis``; the guard has checked role, form and origin before."""

    def __init__(self, people: People, show: Show) -> None:
        self._views = SavedViews(people)
        self._show = show

    def add_routes(self, server: FastAPI) -> dict[str, Gate]:
        """Add them; who may ask which."""
        routes = ("simpan", self.save, ROWS), ("ubah", self.change, ROWS), ("hapus", self.drop, ROWS)
        return add_posted(server, page.PAGE.path, *routes)

    async def save(self, request: Request) -> Response:
        """Keep the question of the address under a name."""
        form = await read_form(request)
        given = form.get("nama", ""), form.get("alamat", ""), form.get("untuk", "")
        return await self._do(request, form, partial(self._views.save, request.state.scope, *given, clock.now()))

    async def change(self, request: Request) -> Response:
        """Another name, another audience."""
        form = await read_form(request)
        given = number(form, "tampilan"), form.get("nama", ""), form.get("untuk", "")
        return await self._do(request, form, partial(self._views.change, request.state.scope, *given, clock.now()))

    async def drop(self, request: Request) -> Response:
        """Forget one."""
        form = await read_form(request)
        return await self._do(
            request, form, partial(self._views.drop, request.state.scope, number(form, "tampilan"), clock.now())
        )

    async def _do(self, request: Request, form: Mapping[str, str], do: Callable[[], object]) -> Response:
        """Make the change and go back to the question; 404 for what is not the asker's."""
        scope: Scope = request.state.scope
        try:
            back = canonical(form.get("alamat", ""))
            await change(do)
        except NotYoursError:
            raise Refused(scope) from None
        except MendError as error:
            known = {name: value for name, value in parse_qsl(form.get("alamat", "")) if name in page.PAGE.asks}
            return await self._show(request, page.PAGE, {**known, "salah": str(error)}, 422)
        return RedirectResponse(f"{page.PAGE.path}?{back}#tampilan", 303)
