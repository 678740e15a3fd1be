"""``/remote``: a telephone steers the wall. Who has signed in with a role that may, or has typed the code that a wall shows."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from urllib.parse import urlencode

import htpy
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.access import PATIENCE, REMOTE, Access
from dashboard.cookies import cookie_name, put_cookie
from dashboard.feed import Hub
from dashboard.fields import read_form
from dashboard.guard import Gate, language
from dashboard.parts.frame import HOLDS, held
from dashboard.parts.remote import Seen, code_form, remote
from dashboard.scene import scenes, showing
from dashboard.shell import Shell
from dashboard.text import say
from layers import clock
from layers.model import NotYoursError, Scope
from layers.people import People
from layers.remote import ALL, PASS, STEERERS, Act, Remote, in_force

log = logging.getLogger(__name__)

COOKIE = "liveroom-kendali"
CODE_FAILED = "gagal kode layar"


class RemoteDesk:
    """The endpoints under ``/remote``: open to all, for a code opens them too; each finds out for itself who asks."""

    def __init__(self, hub: Hub, people: People, access: Access, shell: Shell) -> None:
        self._hub = hub
        self._people = people
        self._remote = Remote(people, [screen.name for screen in hub.room.city.wall.screens])
        self._access = access
        self._shell = shell

    def add_routes(self, server: FastAPI) -> dict[str, Gate]:
        """Add them; who may ask which."""
        for path, endpoint, methods in (
            (REMOTE, self.show, ["GET"]),
            (REMOTE, self.steer, ["POST"]),
            (f"{REMOTE}/kode", self.unlock, ["POST"]),
        ):
            server.add_route(path, endpoint, methods, include_in_schema=False)
        return dict.fromkeys((REMOTE, f"{REMOTE}/kode"))

    async def show(self, request: Request) -> Response:
        """The buttons for one screen or all; for who may not steer, the form for a code."""
        scope = await self._scope(request)
        if scope is None:
            return self._page(request, code_form(language(request), None))
        try:
            mine = await asyncio.wait_for(asyncio.to_thread(self._remote.screens, scope), PATIENCE)
            await self._hub.ask_steering()
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            raise _away(error) from None
        offered = (ALL, *mine) if scope.role in STEERERS else mine
        if not offered:  # the screen of the code is gone
            return self._page(request, code_form(language(request), None))
        asked = request.query_params.get("layar", offered[0])
        if asked not in offered:
            raise HTTPException(404)
        now, city = clock.now(), self._hub.room.city
        told = in_force(self._hub.told, asked, now)
        named = None if asked == ALL else asked
        alarm = self._hub.snapshot is not None and held(self._hub.snapshot)
        seen = Seen(
            screen=asked,
            screens=offered,
            scene=HOLDS if alarm else showing(city, named, told, now),
            told=told,
            alarm=alarm,
            who=None if scope.role not in STEERERS else scope.user,
        )
        view = self._hub.room.view(scope, language(request), {})
        return self._page(request, remote(seen, view))

    async def steer(self, request: Request) -> Response:
        """One press: a step, a pause, a pinned scene, or let go."""
        scope, form = await self._scope(request), await read_form(request)
        if scope is None:
            return RedirectResponse(REMOTE, 303)
        screen, scene = form.get("layar", ""), form.get("adegan")
        if scene is not None and scene not in scenes():
            raise HTTPException(400)
        try:
            act = Act.PIN if scene is not None else Act(form.get("aksi", ""))
        except ValueError:
            raise HTTPException(400) from None
        if act is Act.PIN and scene is None:
            raise HTTPException(400)
        press = partial(self._remote.steer, scope, screen, act, clock.now(), scene)
        try:
            await asyncio.wait_for(asyncio.to_thread(press), PATIENCE)
        except NotYoursError:
            raise HTTPException(404) from None
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            raise _away(error) from None
        await self._hub.ask_steering()
        return RedirectResponse(f"{REMOTE}?{urlencode({'layar': screen})}", 303)

    async def unlock(self, request: Request) -> Response:
        """Take the code of a wall: right for an hour on that screen; guesses are limited as logins are."""
        lang, now = language(request), clock.now()
        code = "".join((await read_form(request)).get("kode", "").split())
        try:
            screen = await self._access.guess(request, partial(self._remote.opened, code, now), CODE_FAILED)
            if screen is not None:
                note = partial(self._people.audit, f"kode:{screen}", "kode layar diterima", {"layar": screen}, now)
                await asyncio.wait_for(asyncio.to_thread(note), PATIENCE)
        except HTTPException as error:
            if error.status_code != 429:
                raise
            words = say(lang, "Terlalu banyak kode yang salah dari alamat ini. Tunggu beberapa menit.")
            return self._page(request, code_form(lang, words), 429)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            raise _away(error) from None
        if screen is None:
            words = say(lang, "Kode itu tidak berlaku. Ketik yang sekarang tampil di layar.")
            return self._page(request, code_form(lang, words), 401)
        answer = RedirectResponse(REMOTE, 303)
        put_cookie(answer, COOKIE, self._remote.give_pass(screen, now), request, int(PASS.total_seconds()))
        return answer

    async def _scope(self, request: Request) -> Scope | None:
        """Who may steer: by an account's role, else by the pass of a code."""
        scope = await self._access.scope(request)
        if scope is not None and scope.role in STEERERS:
            return scope
        given = request.cookies.get(cookie_name(COOKIE, request))
        return self._remote.holder(given, clock.now()) if given else None

    def _page(self, request: Request, content: htpy.Node, status: int = 200) -> Response:
        lang = language(request)
        raw = self._shell.plain(say(lang, "Kendali layar"), lang, content)
        return HTMLResponse(raw, status)


def _away(error: Exception) -> HTTPException:
    log.warning("remote: %s", type(error).__name__)
    return HTTPException(503, headers={"retry-after": "10"})
