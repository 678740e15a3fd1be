"""What people do about orders: give one, answer it, find it done, cancel it. Posted forms, each in the audit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dashboard.access import Refused
from dashboard.feed import Hub
from dashboard.fields import number, read_form
from dashboard.guard import Gate
from dashboard.pages import orders as page
from dashboard.posted import Show, add_posted, change
from layers import clock
from layers.model import MendError, NotYoursError, Role, Scope
from layers.orders import GIVERS, About, Orders, OrderState
from layers.people import People


class OrderDesk:
    """The endpoints under ``/arahan``; the guard has checked role, form and origin before."""

    def __init__(self, hub: Hub, people: People, show: Show) -> None:
        self._hub = hub
        self._orders = Orders(people)
        self._show = show

    def add_routes(self, server: FastAPI) -> dict[str, Gate]:
        """Add them; who may ask which."""
        return add_posted(
            server,
            page.PAGE.path,
            ("beri", self.give, GIVERS),
            ("jawab", self.answer, frozenset({Role.OPD_HEAD})),
            ("selesai", partial(self._end, OrderState.DONE), GIVERS),
            ("batal", partial(self._end, OrderState.CANCELLED), GIVERS),
        )

    async def give(self, request: Request) -> Response:
        """Give an order; what cannot be given comes back with its words and the reason."""
        form, city = await read_form(request), self._hub.room.city
        about = About(kpi=form.get("kpi") or None, area=form.get("area") or None)
        if about.kpi not in (None, *self._hub.room.catalog):
            raise HTTPException(400)
        try:
            until = date.fromisoformat(form["sampai"]) if form.get("sampai") else None
        except ValueError:
            return await self._again(request, form, "tanggal tidak dapat dibaca; tulis 2026-11-30")
        scope: Scope = request.state.scope
        give = partial(self._orders.give, scope, city, form.get("opd", ""), form.get("isi", ""), clock.now())
        return await self._do(request, form, partial(give, about=about, until=until))

    async def answer(self, request: Request) -> Response:
        """Answer an order."""
        form = await read_form(request)
        return await self._do(
            request,
            form,
            partial(self._orders.answer, request.state.scope, number(form, "arahan"), form.get("jawaban", ""), clock.now()),
        )

    async def _end(self, state: OrderState, request: Request) -> Response:
        form = await read_form(request)
        return await self._do(
            request, form, partial(self._orders.end, request.state.scope, number(form, "arahan"), state, clock.now())
        )

    async def _do(self, request: Request, form: Mapping[str, str], do: Callable[[], object]) -> Response:
        """Make the change and go back to the page; 404 for what is not the asker's."""
        try:
            await change(do)
        except NotYoursError:
            raise Refused(request.state.scope) from None
        except MendError as error:
            return await self._again(request, form, str(error))
        return RedirectResponse(page.PAGE.path, 303)

    async def _again(self, request: Request, form: Mapping[str, str], wrong: str) -> Response:
        """The page with what was written and why it was not taken."""
        kept = {name: form[name] for name in page.KEPT if form.get(name)}
        return await self._show(request, page.PAGE, {**kept, "salah": wrong}, 422)
