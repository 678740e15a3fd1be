"""``/akun``, ``/pengguna`` and ``/audit``: one's own sessions, password and second factor; everybody's for admins."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dashboard.access import Access, Refused
from dashboard.fields import read_form
from dashboard.framed import Framed
from dashboard.guard import Gate, language
from dashboard.logindesk import WRONG_CODE, LoginDesk, enrol
from dashboard.oidc import Oidc
from dashboard.parts.accounts import Own, all_accounts, audit_page, own_account
from dashboard.parts.entry import recovery
from dashboard.text import say
from layers import clock
from layers.accounts import Accounts, NoSuchAccountError
from layers.auditlog import read_audit
from layers.demousers import demo_users
from layers.entry import Entry
from layers.factors import Factors
from layers.model import ROWS, Role, Scope
from layers.people import token_hash
from layers.settings import Settings

PERSONS = ROWS
"""Roles of people with an account: those who may see rows are all of them."""
ADMINS = frozenset({Role.ADMIN})
CHECKED = 1000
"""So many of the newest lines are checked for every look at the audit; ``liveroom doctor`` checks all."""
DONE = {
    "sesi": "Sesi sudah diakhiri.",
    "sandi": "Kata sandi sudah diganti; sesi Anda yang lain berakhir.",
    "lepas": "Kode kedua sudah dilepas.",
    "terpasang": "Kode kedua sudah terpasang.",
}
"""What was done, told once after the form."""


class AccountDesk:
    """The endpoints; each change is in the audit."""

    def __init__(self, access: Access, frames: Framed, entry: Entry) -> None:
        self._access, self._frames, self._entry = access, frames, entry
        self._people = access.people
        self._accounts, self._factors = Accounts(access.people), Factors(access.people)

    def add_routes(self, server: FastAPI) -> dict[str, Gate]:
        """Add them; who may ask which."""
        gates: dict[str, Gate] = {}
        for path, endpoint, methods, roles in (
            ("/akun", self.own, ["GET"], PERSONS),
            ("/akun/sesi", self.end, ["POST"], PERSONS),
            ("/akun/sesi-lain", self.end_others, ["POST"], PERSONS),
            ("/akun/sandi", self.password, ["POST"], PERSONS),
            ("/akun/kode", self.enrol, ["GET", "POST"], PERSONS),
            ("/akun/kode/ubah", self.change_factor, ["POST"], PERSONS),
            ("/pengguna", self.all, ["GET"], ADMINS),
            ("/pengguna/sesi", partial(self._manage, self._accounts.end_all), ["POST"], ADMINS),
            ("/pengguna/buka", partial(self._manage, self._accounts.unlock), ["POST"], ADMINS),
            ("/pengguna/kode", partial(self._manage, self._take_factor), ["POST"], ADMINS),
            ("/audit", self.audit, ["GET"], ADMINS),
        ):
            server.add_route(path, endpoint, methods, include_in_schema=False)
            gates[path] = roles
        return gates

    # --- one's own -----------------------------------------------------------------------------------

    async def own(self, request: Request, wrong: tuple[str, str] | None = None) -> Response:
        """The page; with ``wrong`` after a form that could not be taken."""
        scope: Scope = request.state.scope
        own = await self._access.run(partial(self._read, scope, self._access.token(request)))
        own = replace(own, wrong=wrong, done=None if wrong else DONE.get(request.query_params.get("sudah", "")))
        view, lang = self._frames.view(request), language(request)
        return self._frames.answer(request, say(lang, "Akun saya"), own_account(own, view), status=422 if wrong else 200)

    def _read(self, scope: Scope, token: str) -> Own:
        has = self._factors.has(scope.user)
        return Own(
            sessions=self._accounts.sessions(scope, clock.now()),
            here=token_hash(token).hex(),
            password=self._accounts.has_password(scope.user),
            second_factor=has,
            codes_left=self._factors.left(scope.user) if has else 0,
            removable=scope.role not in self._entry.second_factor,
        )

    async def end(self, request: Request) -> Response:
        """End one session."""
        scope: Scope = request.state.scope
        form = await read_form(request)
        try:
            await self._access.run(partial(self._accounts.end, scope, form.get("sesi", ""), clock.now()))
        except NoSuchAccountError:
            raise Refused(scope) from None
        return RedirectResponse("/akun?sudah=sesi", 303)

    async def end_others(self, request: Request) -> Response:
        """End all sessions but this one."""
        await read_form(request)
        token = self._access.token(request)
        await self._access.run(partial(self._accounts.end_others, request.state.scope, token, clock.now()))
        return RedirectResponse("/akun?sudah=sesi", 303)

    async def password(self, request: Request) -> Response:
        """Change one's own password."""
        form, scope = await read_form(request), request.state.scope
        if form.get("baru", "") != form.get("ulang", ""):
            return await self.own(request, ("sandi", "Kedua kata sandi baru tidak sama."))
        own, new = form.get("lama", ""), form.get("baru", "")
        change = partial(self._accounts.change_password, scope, own, new, self._access.token(request), clock.now())
        try:
            right = await self._access.hashed(request, lambda: change() or None, "gagal ganti kata sandi")
        except ValueError as error:
            return await self.own(request, ("sandi", str(error)))
        if not right:
            return await self.own(request, ("sandi", "Kata sandi sekarang tidak cocok, atau Anda harus menunggu sebentar."))
        return RedirectResponse("/akun?sudah=sandi", 303)

    async def enrol(self, request: Request) -> Response:
        """Enrol a second factor."""
        scope: Scope = request.state.scope
        if not await self._access.run(partial(self._accounts.has_password, scope.user)):
            raise HTTPException(404)
        if await self._access.run(partial(self._factors.has, scope.user)):
            return RedirectResponse("/akun", 303)
        codes, page = await enrol(request, self._access, self._factors, self._frames, scope.user, "/akun/kode")
        return page if codes is None else self._codes(request, codes)

    async def change_factor(self, request: Request) -> Response:
        """New recovery codes, or the second factor taken away; both need a code."""
        scope, form = request.state.scope, await read_form(request)
        what = form.get("apa")
        if what not in ("cadangan", "lepas") or (what == "lepas" and scope.role in self._entry.second_factor):
            raise HTTPException(400)
        check = partial(self._factors.passes, scope.user, form.get("kode", "")[:40], clock.now())
        if await self._access.guess(request, check, "gagal kode kedua") is None:
            return await self.own(request, ("kode", WRONG_CODE))
        if what == "lepas":
            await self._access.run(partial(self._factors.remove, scope.user, scope.user, clock.now()))
            return RedirectResponse("/akun?sudah=lepas", 303)
        return self._codes(request, await self._access.run(partial(self._factors.renew, scope.user, clock.now())))

    def _codes(self, request: Request, codes: Sequence[str]) -> Response:
        lang = language(request)
        return self._frames.plain(request, say(lang, "Kode cadangan"), recovery(codes, lang=lang, onward="/akun?sudah=terpasang"))

    # --- admins --------------------------------------------------------------------------------------

    async def all(self, request: Request) -> Response:
        """Every account with its sessions and delays."""
        found = await self._access.run(partial(self._accounts.all, request.state.scope, clock.now()))
        view, lang = self._frames.view(request), language(request)
        views = {account.scope.user: replace(view, scope=account.scope) for account in found}
        return self._frames.answer(request, say(lang, "Pengguna"), all_accounts(found, views, view))

    async def _manage(self, do: Callable[..., object], request: Request) -> Response:
        scope, form = request.state.scope, await read_form(request)
        await self._access.run(partial(do, scope, form.get("akun", ""), clock.now()))
        return RedirectResponse("/pengguna", 303)

    def _take_factor(self, scope: Scope, name: str, now: datetime) -> None:
        self._factors.remove(name, scope.user, now)

    async def audit(self, request: Request) -> Response:
        """The lines of the audit, and whether their chain is whole."""
        scope, asked = request.state.scope, request.query_params
        who, what, page = asked.get("akun", "")[:100], asked.get("apa", "")[:60], asked.get("halaman", "1")
        if not re.fullmatch(r"[1-9][0-9]{0,5}", page):
            raise HTTPException(400)
        found = await self._access.run(partial(read_audit, scope, self._people, who=who, what=what, page=int(page)))
        broken = await self._access.run(partial(self._people.audit_broken_at, CHECKED))
        view, lang = self._frames.view(request), language(request)
        return self._frames.answer(request, say(lang, "Catatan audit"), audit_page(found, who, what, (CHECKED, broken), view))


def add_people(server: FastAPI, settings: Settings, access: Access, frames: Framed) -> dict[str, Gate]:
    """Add the routes by which people come in and look after accounts; who may ask which."""
    provider = settings.entry.oidc
    oidc = Oidc(provider, settings.address) if provider else None
    logins = LoginDesk(access, frames, settings.entry, oidc, partial(demo_users, settings))
    return logins.add_routes(server) | AccountDesk(access, frames, settings.entry).add_routes(server)
