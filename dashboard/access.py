"""Who asks: sessions, screens' tokens and the demo's public, resolved to a Scope; login and logout.

Cookies are HttpOnly and SameSite=Lax; over https they are Secure and carry the ``__Host-`` prefix. Where
nobody has signed in, only the demo on loopback grants ``public``, and only under a loopback name, so that
a foreign page cannot reach it through a name of its own that points here.
"""

from __future__ import annotations

import asyncio
import logging
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address, ip_network
from time import monotonic
from typing import TypeVar
from urllib.parse import parse_qs, quote, urlsplit

from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dashboard.page import find_page
from layers import clock
from layers.model import Role, Scope
from layers.people import People
from layers.tokens import Tokens

log = logging.getLogger(__name__)

SESSION, SCREEN = "liveroom", "liveroom-layar"
"""Names of the cookies, before the prefix."""
PUBLIC = Scope(user="publik", role=Role.PUBLIC)
HOME = "/dinding"
REMOTE = "/remote"
"""Where a telephone steers the wall: no page of figures, but one to come back to after signing in."""
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
TRIES, TRIES_IN = 30, 300.0
"""Failed logins that one address may have within so many seconds."""
TOLD, TOLD_IN = 5, 60.0
"""Failed logins of one address that stand in the audit one by one within so many seconds; the rest is one line."""
_ADDRESSES = 10_000

T = TypeVar("T")


@dataclass(slots=True)
class Failures:
    """Failed logins of one address: the moments of the latest ones, and what the audit has of them."""

    at: list[float] = field(default_factory=list)
    since: float = float("-inf")
    told: int = 0
    untold: int = 0


@dataclass(slots=True)
class Access:
    """Answers who a request comes from."""

    people: People
    public_by_default: bool
    _known: OrderedDict[str, tuple[float, Scope | None]] = field(default_factory=OrderedDict)
    _failures: OrderedDict[str, Failures] = field(default_factory=OrderedDict)
    _verifying: int = 0
    _hashes: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(VERIFYING, "passwords"))
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4, "accounts"))

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
        direct = request.url.hostname in _LOOPBACK and not any(name in request.headers for name in _PROXY)
        return PUBLIC if self.public_by_default and direct else None

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

    async def sign_in(self, request: Request) -> Response | None:
        """Check the posted name and password: a redirect with a new session, or ``None`` if they are wrong.

        Raises 429 for an address that has failed too often and 503 while too many wait or the accounts are away.
        """
        form = await read_form(request)
        name, now = form.get("nama", ""), clock.now()
        address = _address(request)
        self._limit(address)
        if self._verifying >= VERIFYING + WAITING:
            raise HTTPException(503, headers={"retry-after": "5"})
        self._verifying += 1
        try:
            scope = await self._people(partial(self.people.verify, name, form.get("sandi", ""), now), self._hashes)
            if scope is None:
                await self._failed(address)
                return None
            await self._people(partial(self.people.audit, name[:80], "masuk", {"dari": address}, now))
            await self._end(request)
            token = await self._people(partial(self.people.start_session, name, now))
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("accounts: %s", type(error).__name__)
            raise HTTPException(503, headers={"retry-after": "10"}) from None
        finally:
            self._verifying -= 1
        answer = RedirectResponse(following(form.get("lanjut", "")), 303)
        put_cookie(answer, SESSION, token, request, None)
        return answer

    async def guess(self, request: Request, ask: Callable[[], T | None], what: str) -> T | None:
        """What ``ask`` finds by something that could be guessed; failures count as failed logins do, 429 after too many."""
        address = _address(request)
        self._limit(address)
        found = await self._people(ask)
        if found is None:
            await self._failed(address, what)
        return found

    def _limit(self, address: str) -> None:
        """Raise 429 for an address that has failed too often."""
        failures = self._failures.get(address)
        if failures and len(recent := [at for at in failures.at if monotonic() - at < TRIES_IN]) >= TRIES:
            raise HTTPException(429, headers={"retry-after": str(int(TRIES_IN - monotonic() + recent[0]) + 1)})

    async def _failed(self, address: str, what: str = "gagal masuk") -> None:
        """Count a failed login; the audit gets the first few of a minute one by one and the others as one line."""
        moment = monotonic()
        mine = self._failures.setdefault(address, Failures())
        self._failures.move_to_end(address)
        while len(self._failures) > _ADDRESSES:
            self._failures.popitem(last=False)
        mine.at = [*(at for at in mine.at[-TRIES:] if moment - at < TRIES_IN), moment]
        if moment - mine.since >= TOLD_IN and not mine.untold:
            mine.since, mine.told = moment, 0
        mine.told += 1
        if mine.told <= TOLD:
            # no name: one that fails may be a password typed in its place
            await self._people(partial(self.people.audit, "-", what, {"dari": address}, clock.now()))
            return
        mine.untold += 1
        if mine.untold == 1:
            wait = max(0.0, TOLD_IN - (moment - mine.since))
            asyncio.get_running_loop().call_later(wait, self._sum_up, address, mine)

    def _sum_up(self, address: str, mine: Failures) -> None:
        """One line for the failures of an address that the audit has not been told one by one."""
        detail, mine.untold = {"dari": address, "jumlah": mine.untold}, 0

        def tell() -> None:
            try:
                self.people.audit("-", "gagal masuk, ringkasan", detail, clock.now())
            except (SQLAlchemyError, OSError) as error:
                log.warning("audit: %s", type(error).__name__)

        self._threads.submit(tell)

    async def sign_out(self, request: Request) -> Response:
        """End the session here and in the browser."""
        await read_form(request)
        await self._end(request)
        answer = RedirectResponse("/masuk", 303, {"clear-site-data": '"cache", "storage"'})
        answer.delete_cookie(cookie_name(SESSION, request), secure=_https(request), httponly=True, samesite="lax")
        return answer

    async def _end(self, request: Request) -> None:
        if token := request.cookies.get(cookie_name(SESSION, request)):
            await self._people(partial(self.people.end_session, token))
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
    if not plain or (find_page(parts.path) is None and parts.path != REMOTE):
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


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a posted form, the first of each name; raises 400 for bytes that are no form."""
    try:
        fields = parse_qs((await request.body()).decode("utf-8"), keep_blank_values=True, max_num_fields=20)
    except ValueError as error:
        raise HTTPException(400) from error
    return {name: values[0] for name, values in fields.items()}


def _address(request: Request) -> str:
    """Who is counted as one: an address, or the network that one subscriber has to themselves under IPv6."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host[:45]
    return str(ip_network((address, 64), strict=False)) if address.version == 6 else str(address)


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


def _https(request: Request) -> bool:
    return request.url.scheme == "https"


def cookie_name(name: str, request: Request) -> str:
    return f"__Host-{name}" if _https(request) else name


def put_cookie(answer: Response, name: str, value: str, request: Request, age: int | None) -> None:
    answer.set_cookie(
        cookie_name(name, request), value, max_age=age, path="/", secure=_https(request), httponly=True, samesite="lax"
    )
