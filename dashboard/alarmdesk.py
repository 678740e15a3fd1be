"""What people do about alarms: acknowledge, silence with a reason, let ring again. Posted forms, each in the audit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dashboard.access import Refused
from dashboard.feed import Hub
from dashboard.fields import read_form
from dashboard.guard import Gate
from dashboard.parts.account import ROLES
from dashboard.parts.alarms import HOURS
from dashboard.posted import add_posted, change
from layers import clock
from layers.alarmbook import SILENCE, TAKE, Act, record_act
from layers.alarms import ACTING, may_act
from layers.alarmtypes import Alarm
from layers.explain import short
from layers.model import Scope
from layers.people import People
from layers.privacy import mask

PAGE = "/alarm"
REASON = range(3, 201)
"""Characters of a reason."""


class AlarmDesk:
    """The endpoints under ``/alarm``; the guard has checked role, form and origin before."""

    def __init__(self, hub: Hub, people: People) -> None:
        self._hub = hub
        self._people = people

    def add_routes(self, server: FastAPI) -> dict[str, Gate]:
        """Add them; who may ask which."""
        routes = ("terima", self.take, ACTING), ("diamkan", self.silence, ACTING), ("bunyikan", self.ring, ACTING)
        return add_posted(server, PAGE, *routes)

    async def take(self, request: Request) -> Response:
        """Acknowledge one occurrence of an alarm."""
        act, _ = await self._asked(request, TAKE)
        return await self._keep(act)

    async def silence(self, request: Request) -> Response:
        """Silence an alarm for some of :data:`HOURS`, with a reason; 400 without one."""
        act, form = await self._asked(request, SILENCE)
        hours, reason = form.get("jam", ""), mask(" ".join(form.get("alasan", "").split()))
        if hours not in map(str, HOURS) or len(reason) not in REASON:
            raise HTTPException(400)
        return await self._keep(replace(act, until=act.at + timedelta(hours=int(hours)), reason=reason))

    async def ring(self, request: Request) -> Response:
        """End a silence now."""
        act, _ = await self._asked(request, SILENCE)
        return await self._keep(replace(act, until=act.at))

    async def _asked(self, request: Request, what: str) -> tuple[Act, dict[str, str]]:
        """The act on the named occurrence, and the form; 404 for one that is not there or not the asker's."""
        scope: Scope = request.state.scope
        form = await read_form(request)
        alarm = self._find(form.get("alarm", ""), form.get("raised", ""))
        if alarm is None:
            raise HTTPException(404)
        if not may_act(scope, alarm):
            raise Refused(scope)
        office = ", ".join(sorted(short(opd, self._hub.room.city) or opd for opd in scope.opds or ())) or ROLES[scope.role]
        now = clock.now()
        return Act(alarm=alarm.id, raised=alarm.raised_at, what=what, who=scope.user, office=office, at=now), form

    def _find(self, name: str, raised: str) -> Alarm | None:
        try:
            at = datetime.fromisoformat(raised)
        except ValueError:
            return None
        alarms = self._hub.snapshot.alarms if self._hub.snapshot else ()
        return next((alarm for alarm in alarms if alarm.id == name and alarm.raised_at == at), None)

    async def _keep(self, act: Act) -> Response:
        """Keep the act with its line in the audit, and go back to the page, drawn anew; 503 while the accounts are away."""

        def keep() -> None:
            record_act(self._people, act)
            detail = {"alarm": act.alarm, "berbunyi": act.raised.isoformat(), "sampai": act.until, "alasan": act.reason}
            told = {name: value for name, value in detail.items() if value is not None}
            self._people.audit(act.who, f"alarm: {act.what}", told, act.at)

        await change(keep)
        self._hub.forget(PAGE)
        return RedirectResponse(PAGE, 303)
