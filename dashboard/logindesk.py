"""How people come in and go: ``/masuk`` with its second step, enrolment where a role needs one, a provider, ``/keluar``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

import htpy
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dashboard.access import Access, following
from dashboard.fields import read_form
from dashboard.framed import Framed
from dashboard.guard import Gate, language
from dashboard.guide import guide_of
from dashboard.oidc import Oidc, OidcError
from dashboard.parts.entry import enrolment, login, recovery, second
from dashboard.text import say
from layers import clock
from layers.accounts import Accounts
from layers.demousers import DemoUser
from layers.entry import Entry
from layers.factors import Factors
from layers.model import Scope

BUSY = {
    429: "Terlalu banyak percobaan masuk dari alamat ini. Tunggu beberapa menit.",
    503: "Masuk sedang tidak dapat diproses. Coba lagi sebentar lagi.",
}
"""Why a login is not even tried."""
WRONG_CODE = "Kode tidak cocok atau sudah dipakai. Tunggu kode berikutnya, lalu coba lagi."
ENROL_FOR = timedelta(minutes=15)
"""A secret that was shown is taken for this long."""


class LoginDesk:
    """The endpoints of a login; open to all, each proves for itself what it needs."""

    def __init__(
        self, access: Access, frames: Framed, entry: Entry, oidc: Oidc | None, demo: Callable[[], Sequence[DemoUser]]
    ) -> None:
        self._access, self._frames, self._entry, self._oidc, self._demo = access, frames, entry, oidc, demo
        self._factors, self._accounts = Factors(access.people), Accounts(access.people)

    def add_routes(self, server: FastAPI) -> dict[str, Gate]:
        """Add them; who may ask which."""
        routes = (
            ("/masuk", self.login, ["GET", "POST"]),
            ("/masuk/kode", self.code, ["GET", "POST"]),
            ("/masuk/pasang", self.enrol, ["GET", "POST"]),
            ("/masuk/oidc", self.elsewhere, ["GET"]),
            ("/masuk/oidc/kembali", self.back, ["GET"]),
            ("/keluar", self._access.sign_out, ["POST"]),
        )
        for path, endpoint, methods in routes:
            server.add_route(path, endpoint, methods, include_in_schema=False)
        return {path: None for path, *_ in routes}

    # --- name and password ---------------------------------------------------------------------------

    async def login(self, request: Request) -> Response:
        """The form, or the posted answer to it: a session, or the next step."""
        if request.method == "GET":
            return self._form(request, request.query_params.get("lanjut", ""))
        form = await read_form(request)
        onward = form.get("lanjut", "")
        try:
            scope = await self._access.verify(request, form.get("nama", ""), form.get("sandi", ""))
            if scope is not None:
                return await self._proved(request, scope, onward)
        except HTTPException as error:
            if error.status_code not in BUSY:
                raise
            return self._form(request, onward, say(language(request), BUSY[error.status_code]), error)
        return self._form(request, onward, say(language(request), "Nama pengguna atau kata sandi tidak cocok."))

    def _form(self, request: Request, onward: str, wrong: str | None = None, busy: HTTPException | None = None) -> Response:
        lang = language(request)
        content = login(
            lang=lang,
            following=onward,
            wrong=wrong,
            provider=self._entry.oidc.label if self._entry.oidc else None,
            demo=self._demo() if self._access.demo(request) else (),
        )
        answer = self._frames.plain(request, say(lang, "Masuk"), content, busy.status_code if busy else 401 if wrong else 200)
        for name, value in (busy.headers or {}).items() if busy else ():
            answer.headers[name] = value
        return answer

    async def _proved(self, request: Request, scope: Scope, onward: str) -> Response:
        """After the password: the second step where the account or its role has one, else a session."""
        facts = {"name": scope.user, "lanjut": onward}
        has = await self._access.run(partial(self._factors.has, scope.user))
        needs = scope.role in self._entry.second_factor
        if not has and not needs:
            answer = RedirectResponse(following(onward or self._first(request, scope)), 303)
            await self._access.open(request, answer, scope.user, "sandi")
            return answer
        use = "kode" if has else "pasang"
        answer = RedirectResponse(f"/masuk/{use}", 303)
        self._access.put_step(answer, request, use, facts)
        return answer

    def _first(self, request: Request, scope: Scope) -> str:
        """In the demo a role begins where its guide does; elsewhere everybody at the wall."""
        guide = guide_of(scope, self._frames.hub.room.city) if self._access.demo(request) else None
        return guide.start if guide else ""

    # --- the second step -----------------------------------------------------------------------------

    async def code(self, request: Request) -> Response:
        """The second step: a code, good once."""
        step, lang = self._access.step(request, "kode"), language(request)
        if step is None:
            return RedirectResponse("/masuk", 303)
        if request.method == "GET":
            return self._frames.plain(request, say(lang, "Kode kedua"), second(lang=lang, wrong=None))
        given = (await read_form(request)).get("kode", "")[:40]
        try:
            check = partial(self._factors.passes, step["name"], given, clock.now())
            how = await self._access.guess(request, check, "gagal kode kedua")
        except HTTPException as error:
            if error.status_code not in BUSY:
                raise
            content = second(lang=lang, wrong=say(lang, BUSY[error.status_code]))
            return self._frames.plain(request, say(lang, "Kode kedua"), content, error.status_code)
        if how is None:
            return self._frames.plain(request, say(lang, "Kode kedua"), second(lang=lang, wrong=say(lang, WRONG_CODE)), 401)
        answer = RedirectResponse(following(step["lanjut"]), 303)
        await self._access.open(request, answer, step["name"], f"sandi dan {how}")
        self._access.end_step(answer, request)
        return answer

    async def enrol(self, request: Request) -> Response:
        """The second step of an account whose role needs a second factor and that has none yet."""
        step = self._access.step(request, "pasang")
        if step is None:
            return RedirectResponse("/masuk", 303)
        codes, page = await enrol(request, self._access, self._factors, self._frames, step["name"], "/masuk/pasang", needed=True)
        if codes is None:
            return page
        lang = language(request)
        answer = self._frames.plain(
            request, say(lang, "Kode cadangan"), recovery(codes, lang=lang, onward=following(step["lanjut"]))
        )
        await self._access.open(request, answer, step["name"], "sandi dan kode")
        self._access.end_step(answer, request)
        return answer

    # --- a provider ----------------------------------------------------------------------------------

    async def elsewhere(self, request: Request) -> Response:
        """Send the browser to the provider, with a ticket to come back by."""
        if self._oidc is None:
            raise HTTPException(404)
        self._access.attempts.limit(request)
        try:
            address, facts = await self._oidc.begin()
        except OidcError as error:
            await self._access.attempts.failed(request, "penyedia tidak menjawab")
            return self._failed(request, error)
        answer = RedirectResponse(address, 303)
        self._access.put_step(answer, request, "oidc", facts | {"lanjut": request.query_params.get("lanjut", "")[:400]})
        return answer

    async def back(self, request: Request) -> Response:
        """Back from the provider: a session for whom it vouches, with the rights of their groups."""
        if self._oidc is None:
            raise HTTPException(404)
        step = self._access.step(request, "oidc")
        if step is None:
            return RedirectResponse("/masuk", 303)
        with self._access.attempts.one(request):  # each asks the provider, and the ticket may be shown again
            try:
                known = await self._oidc.finish(dict(request.query_params), step)
                rights = known.group.role, known.group.limits
                make = partial(self._accounts.known_as, known.issuer, known.subject, known.name, *rights, clock.now())
                scope = await self._access.run(make)
            except (OidcError, ValueError) as error:
                answer = self._failed(request, error)
                await self._access.attempts.failed(request, "gagal masuk lewat penyedia")
            else:
                answer = RedirectResponse(following(step["lanjut"]), 303)
                await self._access.open(request, answer, scope.user, "penyedia")
        self._access.end_step(answer, request)
        return answer

    def _failed(self, request: Request, error: Exception) -> Response:
        return self._form(request, "", say(language(request), str(error)))


async def enrol(
    request: Request, access: Access, factors: Factors, frames: Framed, name: str, action: str, *, needed: bool = False
) -> tuple[Sequence[str] | None, Response]:
    """The enrolment's form and what is posted to it: the recovery codes once it is done, else the page to show."""
    lang, wrong, status, secret = language(request), None, 200, None
    if request.method == "POST":
        form = await read_form(request)
        held = access.people.vault.redeem("rahasia", form.get("tiket", ""), clock.now(), within=ENROL_FOR)
        if held is not None and held["name"] == name:
            secret = held["secret"]
            prove = partial(factors.enrol, name, secret, "".join(form.get("kode", "").split()), clock.now())
            try:
                codes = await access.guess(request, prove, "gagal kode kedua")
            except ValueError:  # it is there already, from another window
                return None, RedirectResponse("/masuk", 303)
            if codes is not None:
                return codes, Response()
        wrong, status = say(lang, WRONG_CODE), 401
    offer = factors.offer(name, secret)
    ticket = access.people.vault.ticket("rahasia", {"name": name, "secret": offer.secret}, clock.now())
    content: htpy.Node = enrolment(offer, ticket, lang=lang, action=action, wrong=wrong, needed=needed)
    return None, frames.plain(request, say(lang, "Pasang kode kedua"), content, status)
