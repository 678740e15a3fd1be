"""What people do on an OPD's desk: notes, cases given to a division or disputed, disputes settled. Posted forms, each audited."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from functools import partial

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dashboard.access import Refused
from dashboard.cut import page_for
from dashboard.feed import Hub
from dashboard.fields import number, read_lists
from dashboard.guard import Gate
from dashboard.opdcut import CARDS, PATH
from dashboard.pages import opd as page
from dashboard.posted import Show, add_posted, change
from layers import clock
from layers.disputes import RAISERS, SETTLERS, Disputes, Verdict
from layers.handovers import GIVERS, Handovers
from layers.model import MendError, NotYoursError, Scope
from layers.notes import WRITERS, Notes
from layers.people import People
from layers.queue import SIZE, Key, held

KEPT = ("hari", "isi", "alasan")
"""Fields of a form that come back with it where it was not taken."""


class OpdDesk:
    """The endpoints under ``/opd/<slug>``; the guard has checked role, form and origin before."""

    def __init__(self, hub: Hub, people: People, show: Show) -> None:
        self._hub = hub
        self._notes, self._disputes, self._handovers = Notes(people), Disputes(people), Handovers(people)
        self._show = show

    def add_routes(self, server: FastAPI) -> dict[str, Gate]:
        """Add them; who may ask which."""
        return add_posted(
            server,
            page.PAGE.path,
            ("catat", self.write, WRITERS),
            ("tarik", self.withdraw, WRITERS),
            ("serahkan", self.hand, GIVERS),
            ("sengketa", self.dispute, RAISERS),
            ("putuskan", self.settle, RAISERS | SETTLERS),
        )

    async def write(self, request: Request) -> Response:
        """Write a note."""
        scope, opd, form = await self._asked(request)
        kpi = form.get("kpi") or None
        if kpi not in (None, *CARDS):
            raise HTTPException(400)
        now = clock.now()
        try:
            day = date.fromisoformat(form.get("hari", ""))
        except ValueError:
            return await self._again(request, opd, form, "tanggal tidak dapat dibaca; tulis 2026-11-30")
        today = now.astimezone(self._hub.room.city.zone).date()
        return await self._do(
            request, opd, form, partial(self._notes.write, scope, opd, day, form.get("isi", ""), now, today=today, kpi=kpi)
        )

    async def withdraw(self, request: Request) -> Response:
        """Take a note back."""
        scope, opd, form = await self._asked(request)
        return await self._do(request, opd, form, partial(self._notes.withdraw, scope, number(form, "catatan"), clock.now()))

    async def hand(self, request: Request) -> Response:
        """Give the chosen cases to a division; without a name they come back."""
        scope, opd, form, cases = await self._cases(request)
        return await self._do(
            request, opd, form, partial(self._handovers.hand, scope, opd, cases, form.get("bidang", ""), clock.now())
        )

    async def dispute(self, request: Request) -> Response:
        """Say of the chosen cases that they are not the OPD's."""
        scope, opd, form, cases = await self._cases(request)
        return await self._do(
            request, opd, form, partial(self._disputes.raise_, scope, opd, cases, form.get("alasan", ""), clock.now())
        )

    async def settle(self, request: Request) -> Response:
        """Decide a dispute, or take it back."""
        scope, opd, form = await self._asked(request)
        try:
            verdict = Verdict(form.get("putusan", ""))
        except ValueError:
            raise HTTPException(400) from None
        return await self._do(
            request, opd, form, partial(self._disputes.settle, scope, number(form, "sengketa"), verdict, clock.now())
        )

    async def _asked(self, request: Request) -> tuple[Scope, str, dict[str, str]]:
        """Who asks, of which OPD, and the form; 404 for an OPD that is not the asker's."""
        scope, opd, form, _ = await self._read(request)
        return scope, opd, form

    async def _cases(self, request: Request) -> tuple[Scope, str, dict[str, str], frozenset[Key]]:
        """The same with the chosen cases; 404 where one is not the OPD's, or not the asker's to see."""
        scope, opd, form, given = await self._read(request)
        figures = self._hub.room.figures
        if figures is None or not self._hub.room.has_frames():
            raise HTTPException(503, headers={"retry-after": "10"})
        found = await asyncio.to_thread(lambda: held(scope, figures(), opd, given)) if given else frozenset()
        if len(found) != len(given):
            raise Refused(scope)
        return scope, opd, form, found

    async def _read(self, request: Request) -> tuple[Scope, str, dict[str, str], Collection[Key]]:
        scope, opd = request.state.scope, request.path_params["opd"]
        page_for(scope, f"{PATH}/{opd}", self._hub.room)
        lists = await read_lists(request)
        chosen = lists.get("kasus", [])
        keys = {(source, number) for source, slash, number in (one.partition("/") for one in chosen) if slash}
        if len(chosen) > SIZE or len(keys) != len(set(chosen)):
            raise HTTPException(400)
        return scope, opd, {name: values[0] for name, values in lists.items()}, keys

    async def _do(self, request: Request, opd: str, form: Mapping[str, str], do: Callable[[], object]) -> Response:
        """Make the change, and go back to the desk as it was narrowed; 404 for what is not the asker's."""
        try:
            await change(do)
        except NotYoursError:
            raise Refused(request.state.scope) from None
        except MendError as error:
            return await self._again(request, opd, form, str(error))
        self._hub.forget(page.PAGE.path)
        back = form.get("kembali", "")
        here = f"{PATH}/{opd}"
        return RedirectResponse(back if re.fullmatch(re.escape(here) + r"(\?[^\s\\]{0,600})?", back) else here, 303)

    async def _again(self, request: Request, opd: str, form: Mapping[str, str], wrong: str) -> Response:
        """The desk with what was written and why it was not taken."""
        kept = {name: form[name] for name in KEPT if form.get(name)}
        kept |= {"bidang_baru": form["bidang"]} if form.get("bidang") else {}
        return await self._show(request, page.PAGE, {"opd": opd, **kept, "salah": wrong}, 422)
