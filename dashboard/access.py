"""Who asks: sessions, screens' tokens and the demo's public, resolved to a Scope; login and logout.

Cookies are HttpOnly and SameSite=Lax; over https they are Secure and carry the ``__Host-`` prefix. Where
nobody has signed in, only the demo on loopback grants ``public``, and only under a loopback name, so that
a foreign page cannot reach it through a name of its own that points here.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import parse_qs, quote, urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dashboard.page import find_page
from layers import clock
from layers.model import Role, Scope
from layers.people import People

log = logging.getLogger(__name__)

SESSION, SCREEN = "liveroom", "liveroom-layar"
"""Names of the cookies, before the prefix."""
PUBLIC = Scope(user="publik", role=Role.PUBLIC)
HOME = "/dinding"
REMEMBER = 3.0
"""Seconds that an answer of the accounts' database is believed: a right that was taken away ends within this."""
_REMEMBERED = 4096
_SCREEN_DAYS = 400
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(slots=True)
class Access:
    """Answers who a request comes from."""

    people: People
    public_by_default: bool
    _known: OrderedDict[str, tuple[float, Scope | None]] = field(default_factory=OrderedDict)

    async def scope(self, request: Request, *, active: bool = True) -> Scope | None:
        """The asker's rights: by session, by screen, by the demo; ``None`` for nobody we know.

        An open stream asks with ``active=False``: it must not keep a session alive that nobody uses.
        """
        if token := request.cookies.get(_cookie(SESSION, request)):
            found = await self._ask("s" + token, active=active)
            if found:
                return found
        if token := request.cookies.get(_cookie(SCREEN, request)):
            found = await self._ask("l" + token, active=active)
            if found:
                return found
        return PUBLIC if self.public_by_default and request.url.hostname in _LOOPBACK else None

    async def _ask(self, key: str, *, active: bool) -> Scope | None:
        """What the accounts' database says of a token, remembered for a moment."""
        at, scope = self._known.get(key, (-REMEMBER, None))
        if monotonic() - at < REMEMBER:
            return scope
        now, token = clock.now(), key[1:]
        if key[0] == "s":
            scope = await asyncio.to_thread(self.people.session, token, now, active=active)
        else:
            scope = await asyncio.to_thread(self.people.screen, token, now)
        self._known[key] = (monotonic(), scope)
        self._known.move_to_end(key)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return scope

    def login_address(self, request: Request) -> str:
        """Where to sign in, and from there back."""
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return f"/masuk?lanjut={quote(following(asked), safe='/')}"

    async def sign_in(self, request: Request) -> Response | None:
        """Check the posted name and password: a redirect with a new session, or ``None`` if they are wrong."""
        form = await read_form(request)
        name = form.get("nama", "")
        now = clock.now()
        scope = await asyncio.to_thread(self.people.verify, name, form.get("sandi", ""), now)
        # a name that fails may be a password typed in its place
        who, came = name[:80] if scope else "-", {"dari": request.client.host if request.client else None}
        await asyncio.to_thread(self.people.audit, who, "masuk" if scope else "gagal masuk", came, now)
        if scope is None:
            return None
        await self._end(request)
        token = await asyncio.to_thread(self.people.start_session, name, now)
        answer = RedirectResponse(following(form.get("lanjut", "")), 303)
        _set(answer, SESSION, token, request, None)
        return answer

    async def sign_out(self, request: Request) -> Response:
        """End the session here and in the browser."""
        await read_form(request)
        await self._end(request)
        answer = RedirectResponse("/masuk", 303, {"clear-site-data": '"cache", "storage"'})
        answer.delete_cookie(_cookie(SESSION, request), secure=_https(request), httponly=True, samesite="lax")
        return answer

    async def _end(self, request: Request) -> None:
        if token := request.cookies.get(_cookie(SESSION, request)):
            await asyncio.to_thread(self.people.end_session, token)
            self._known.pop("s" + token, None)

    async def open_screen(self, request: Request) -> Response:
        """``/layar/<token>``: give a wall's browser its own cookie and send it to the wall."""
        token = request.path_params["token"]
        if await self._ask("l" + token, active=True) is None:
            raise HTTPException(404)
        answer = RedirectResponse(HOME, 303)
        _set(answer, SCREEN, token, request, _SCREEN_DAYS * 86400)
        return answer


def following(asked: str) -> str:
    """Where to go after signing in: one of our own pages by its path and query, else the wall."""
    try:
        parts = urlsplit(asked)
    except ValueError:
        return HOME
    plain = asked.isprintable() and not parts.scheme and not parts.netloc and "\\" not in asked
    if not plain or find_page(parts.path) is None:
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


def _https(request: Request) -> bool:
    return request.url.scheme == "https"


def _cookie(name: str, request: Request) -> str:
    return f"__Host-{name}" if _https(request) else name


def _set(answer: Response, name: str, value: str, request: Request, age: int | None) -> None:
    answer.set_cookie(_cookie(name, request), value, max_age=age, path="/", secure=_https(request), httponly=True, samesite="lax")
