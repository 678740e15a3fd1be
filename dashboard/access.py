"""Who asks: sessions, screens' tokens and the demo's public, resolved to a Scope; login and logout.

Cookies are HttpOnly and SameSite=Lax; over https they are Secure and carry the ``__Host-`` prefix (below a path of a shared
host ``__Secure-``, with that path). Where nobody has signed in, only the demo on loopback grants ``public``, and only under
a loopback name, so that a foreign page cannot reach it through a name of its own that points here.
"""

from __future__ import annotations

import asyncio
import logging
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import TypeVar
from urllib.parse import quote, urlsplit

from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dashboard.attempts import Attempts, network
from dashboard.cookies import SCREEN, SESSION, STEP, cookie_name, device_of, drop_cookie, drop_name, put_cookie, put_name
from dashboard.fields import read_form
from dashboard.page import find_page
from layers import clock
from layers.model import ROWS, Role, Scope
from layers.people import People
from layers.tokens import Tokens

log = logging.getLogger(__name__)

PUBLIC = Scope(user="publik", role=Role.PUBLIC)
HOME = "/dinding"
REMOTE = "/remote"
"""Where a telephone steers the wall: no page of figures, but one to come back to after signing in."""
OWN_PAGES = frozenset({REMOTE, "/akun", "/pengguna", "/audit", "/cari"})
"""What one comes back to after signing in, beside the pages of figures."""
READ_BY_PROGRAMS = ("/api/", "/ekspor/")
"""Where a program's token opens something."""
REMEMBER = 3.0
"""Seconds that an answer of the accounts' database is believed: a right that was taken away ends within this."""
_REMEMBERED = 4096
_SCREEN_DAYS = 400
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PROXY = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
"""Headers that a proxy adds: who asks through one is somewhere else, whatever the name that they asked for."""
HELD = 600.0
"""Seconds that a right is believed once more while the accounts' database is away, so that walls stay on."""
PATIENCE = 5.0
"""Seconds that a request waits for the accounts' database."""
VERIFYING, WAITING = 2, 16
"""Passwords that are checked at a time (each takes a core and 64 MB), and that may wait for it."""
REFUSALS_IN = 300.0
"""Seconds in which the same refusal stands in the audit once."""
STEP_FOR = timedelta(minutes=5)
"""A login's second step, or the way to a provider and back, takes no longer than this."""

T = TypeVar("T")


class Refused(HTTPException):
    """Somebody asked for what is not theirs: absent for them, and noted."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(404)
        self.scope = scope


@dataclass(slots=True)
class Access:
    """Answers who a request comes from."""

    people: People
    public_by_default: bool
    _known: OrderedDict[str, tuple[float, Scope | None]] = field(default_factory=OrderedDict)
    _refusals: OrderedDict[tuple[str, str], float] = field(default_factory=OrderedDict)
    _verifying: int = 0
    _hashes: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(VERIFYING, "passwords"))
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4, "accounts"))
    attempts: Attempts = field(init=False)

    def __post_init__(self) -> None:
        self.attempts = Attempts(self.people, self.run)

    async def scope(self, request: Request, *, active: bool = True) -> Scope | None:
        """The asker's rights: by session, by screen, by the demo; ``None`` for nobody we know.

        An open stream asks with ``active=False``: it must not keep a session alive that nobody uses. A program's token
        opens what is read (:data:`READ_BY_PROGRAMS`); one that is wrong is nobody, whatever else the request carries.
        """
        if "authorization" in request.headers and request.url.path.startswith(READ_BY_PROGRAMS):
            token = bearer(request)
            return await self._ask("t" + token, active=active) if token else None
        if token := request.cookies.get(cookie_name(SESSION, request)):
            found = await self._ask("s" + token, active=active)
            if found:
                return found
        if token := request.cookies.get(cookie_name(SCREEN, request)):
            found = await self._ask("l" + token, active=active)
            if found:
                return found
        return PUBLIC if self.demo(request) else None

    def demo(self, request: Request) -> bool:
        """Whether this is the demo, asked directly from its own machine."""
        direct = request.url.hostname in _LOOPBACK and not any(name in request.headers for name in _PROXY)
        return self.public_by_default and direct

    async def _ask(self, key: str, *, active: bool) -> Scope | None:
        """What the accounts' database says of a token, remembered for a moment."""
        at, scope = self._known.get(key, (-REMEMBER, None))
        if monotonic() - at < REMEMBER:
            return scope
        now, token = clock.now(), key[1:]
        ask = {
            "s": partial(self.people.session, token, now, active=active),
            "l": partial(self.people.screen, token, now),
            "t": partial(Tokens(self.people).scope, token, now),
        }[key[0]]
        try:
            scope = await self._people(ask)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            if scope and monotonic() - at < HELD:
                return scope
            if self.public_by_default:
                return None
            log.warning("accounts: %s", type(error).__name__)
            raise HTTPException(503, headers={"retry-after": "10"}) from None
        self._known[key] = (monotonic(), scope)
        self._known.move_to_end(key)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return scope

    async def _people(self, ask: Callable[[], T], threads: ThreadPoolExecutor | None = None) -> T:
        """Ask the accounts in threads of their own: one that hangs keeps nobody else's page waiting."""
        asked = asyncio.get_running_loop().run_in_executor(threads or self._threads, ask)
        return await asked if threads else await asyncio.wait_for(asked, PATIENCE)

    def login_address(self, request: Request) -> str:
        """Where to sign in, and from there back."""
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return f"/masuk?lanjut={quote(following(asked), safe='/')}"

    async def verify(self, request: Request, name: str, password: str) -> Scope | None:
        """The rights of an account whose password this is; failures are counted.

        Raises 429 for an address that has failed too often and 503 while too many wait or the accounts are away.
        """
        return await self.hashed(request, partial(self.people.verify, name, password, clock.now()))

    async def hashed(self, request: Request, ask: Callable[[], T | None], what: str = "gagal masuk") -> T | None:
        """:meth:`guess` of what takes hashing passwords, in the few threads for that; 503 while too many wait."""
        with self.attempts.one(request):
            if self._verifying >= VERIFYING + WAITING:
                raise HTTPException(503, headers={"retry-after": "5"})
            self._verifying += 1
            try:
                found = await self.run(ask, self._hashes)
            finally:
                self._verifying -= 1
            if found is None:
                await self.attempts.failed(request, what)
            return found

    async def guess(self, request: Request, ask: Callable[[], T | None], what: str) -> T | None:
        """What ``ask`` finds by something that could be guessed; failures count as failed logins do, 429 after too many."""
        with self.attempts.one(request):
            found = await self.run(ask)
            if found is None:
                await self.attempts.failed(request, what)
            return found

    async def run(self, ask: Callable[[], T], threads: ThreadPoolExecutor | None = None) -> T:
        """Ask the accounts; 503 while they are away."""
        try:
            return await self._people(ask, threads)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("accounts: %s", type(error).__name__)
            raise HTTPException(503, headers={"retry-after": "10"}) from None

    async def open(self, request: Request, answer: Response, name: str, how: str) -> None:
        """Start a session for somebody who has proved who they are, instead of the one that this browser had."""
        now, device = clock.now(), device_of(request.headers.get("user-agent", ""))
        await self.run(partial(self.people.audit, name, "masuk", {"dari": network(request), "dengan": how}, now))
        await self._end(request)
        token = await self.run(partial(self.people.start_session, name, now, device))
        put_cookie(answer, SESSION, token, request, None)
        put_name(answer, name, request)

    # --- between the steps of a login ----------------------------------------------------------------

    def put_step(self, answer: Response, request: Request, use: str, facts: Mapping[str, str]) -> None:
        """Let the browser carry what has been proved so far to the next step."""
        ticket = self.people.vault.ticket(use, facts, clock.now())
        put_cookie(answer, STEP, ticket, request, int(STEP_FOR.total_seconds()))

    def step(self, request: Request, use: str) -> dict[str, str] | None:
        """What was proved in the step before, ``None`` where there was none or it is too long ago."""
        ticket = request.cookies.get(cookie_name(STEP, request), "")
        return self.people.vault.redeem(use, ticket, clock.now(), within=STEP_FOR)

    def end_step(self, answer: Response, request: Request) -> None:
        """Take the ticket away again."""
        drop_cookie(answer, STEP, request)

    # --- refusals -------------------------------------------------------------------------------------

    def refused(self, scope: Scope, path: str) -> None:
        """Note that somebody asked for what is not theirs: a log line each time, the audit once in a while for each page."""
        log.warning("%s: refused to role %s", path, scope.role)
        key, moment = (scope.user, path), monotonic()
        if scope.role not in ROWS or moment - self._refusals.get(key, -REFUSALS_IN) < REFUSALS_IN:
            return
        self._refusals[key] = moment
        self._refusals.move_to_end(key)
        while len(self._refusals) > _REMEMBERED:
            self._refusals.popitem(last=False)
        self._threads.submit(self._note_refusal, scope, path, clock.now())

    def _note_refusal(self, scope: Scope, path: str, now: datetime) -> None:
        try:
            self.people.audit(scope.user, "ditolak", {"alamat": path, "peran": scope.role.value}, now)
        except (SQLAlchemyError, OSError) as error:
            log.warning("audit: %s", type(error).__name__)

    async def sign_out(self, request: Request) -> Response:
        """End the session here and in the browser."""
        await read_form(request)
        scope = await self.scope(request, active=False)
        if scope and scope.role in ROWS:
            await self.run(partial(self.people.audit, scope.user, "keluar", {}, clock.now()))
        await self._end(request)
        answer = RedirectResponse("/masuk", 303, {"clear-site-data": '"cache", "storage"'})
        drop_cookie(answer, SESSION, request)
        drop_name(answer, request)
        return answer

    def token(self, request: Request) -> str:
        """The token of this browser's session, empty without one."""
        return request.cookies.get(cookie_name(SESSION, request), "")

    async def _end(self, request: Request) -> None:
        if token := request.cookies.get(cookie_name(SESSION, request)):
            await self.run(partial(self.people.end_session, token))
            self._known.pop("s" + token, None)

    async def open_screen(self, request: Request, wall: str) -> Response:
        """``/layar/<token>``: give a wall's browser its own cookie and send it to its ``wall``."""
        token = request.path_params["token"]
        if await self._ask("l" + token, active=True) is None:
            raise HTTPException(404)
        answer = RedirectResponse(wall, 303)
        put_cookie(answer, SCREEN, token, request, _SCREEN_DAYS * 86400)
        return answer


def following(asked: str) -> str:
    """Where to go after signing in: one of our own pages by its path and query, else the wall."""
    try:
        parts = urlsplit(asked)
    except ValueError:
        return HOME
    plain = asked.isprintable() and not parts.scheme and not parts.netloc and "\\" not in asked
    if not plain or (find_page(parts.path) is None and parts.path not in OWN_PAGES):
        return HOME
    return parts.path + (f"?{parts.query}" if parts.query else "")


def cross_site(headers: Headers) -> bool:
    """Whether a state-changing request was sent by another site's page.

    Browsers say so in Sec-Fetch-Site, older ones in Origin; a client that sends neither is no browser
    and carries no one's cookies.
    """
    if site := headers.get("sec-fetch-site"):
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


def bearer(request: Request) -> str | None:
    """The token that a program proves itself with: as a bearer's, or as the password of basic authentication, which is all
    that some spreadsheet programs can send."""
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return given.strip() or None
    try:
        return b64decode(given, validate=True).decode().partition(":")[2] or None if kind.lower() == "basic" else None
    except ValueError:
        return None
