"""The outermost layer of the web server: who may come in, headers on every answer, errors that give nothing away.

Rights are decided on the route that matched, not on the text of the path: a path that matches no route
is absent for everybody, and a route without a gate stops the server from starting.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Connection

from dashboard.access import Access, Refused, cross_site
from dashboard.page import Lang
from dashboard.shell import Shell, trouble
from dashboard.text import say
from layers.model import Role

log = logging.getLogger(__name__)

Gate = frozenset[Role] | None
"""The roles that a route answers; ``None`` for a route that anybody may ask."""

LARGEST_POST = 64 * 1024
"""Bytes of the largest body that is read."""
FORM, JSON, PROBLEM = "application/x-www-form-urlencoded", "application/json", "application/problem+json"
API = "/api/"
"""Where errors are problem details (RFC 9457) and nothing but GET is answered."""
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
HEADERS: Mapping[str, str] = {
    "content-security-policy": _CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""On every answer; an answer that sets one of them itself (``cache-control``) keeps its own."""
HSTS = "max-age=31536000; includeSubDomains"


class Said(HTTPException):
    """An answer that is no page, in words of its own: what is so, and what to do; both with ``values`` filled in.

    ``again`` are the seconds after which to ask again.
    """

    def __init__(self, status: int, heading: str, advice: str, *, again: int | None = None, **values: object) -> None:
        super().__init__(status, heading, None if again is None else {"retry-after": str(again)})
        self.words = heading, advice
        self.values = values


@dataclass(frozen=True, slots=True)
class Guard:
    """ASGI middleware around everything else."""

    app: ASGIApp
    routes: list[BaseRoute]
    gates: Mapping[str, Gate]
    access: Access
    shell: Shell
    count: Callable[[str, int], None]

    async def __call__(self, connection: Connection, receive: Receive, send: Send) -> None:
        if connection["type"] == "lifespan":
            await self.app(connection, receive, send)
            return
        if connection["type"] != "http":  # nothing here speaks anything else
            return
        request = Request(connection, receive)
        started = False
        path = "-"

        async def dressed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                given = {name.lower() for name, _ in message["headers"]}
                headers = HEADERS if connection["scheme"] == "http" else {**HEADERS, "strict-transport-security": HSTS}
                message["headers"] = [
                    *message["headers"],
                    *((k.encode(), v.encode()) for k, v in headers.items() if k.encode() not in given),
                ]
                self.count(path, message["status"])
            await send(message)

        try:
            path = self._route(connection)
            refusal = await self._refuse(request, path)
            await (refusal or self.app)(connection, bounded(receive), dressed)
        except Exception as error:  # the last line of defence: nothing of the error goes out
            if not started:
                await self.error(request, error)(connection, receive, dressed)
            else:
                log.exception("%s: failed while answering", path)

    def _route(self, connection: Connection) -> str:
        """The template of the route that will answer; raises 404 where none will."""
        for route in self.routes:
            if route.matches(connection)[0] is not Match.NONE:
                return str(getattr(route, "path", ""))
        raise HTTPException(404)

    def _named(self, request: Request) -> str:
        """The path for the log: the route's template, since a path may hold a screen's token; whole where there is no route."""
        try:
            return self._route(request.scope)
        except HTTPException:
            path = str(request.scope["path"])  # of "//a/b" the URL has "/b" only
            return "/layar/..." if "layar" in path.casefold() else path

    async def _refuse(self, request: Request, path: str) -> Response | None:
        """Why the request is not let in, or ``None``; leaves the asker's Scope in ``request.state``."""
        if request.method != "GET" and path.startswith(API):
            raise HTTPException(405, headers={"allow": "GET"})
        if request.method not in ("GET", "HEAD"):
            await self._check_post(request, JSON if path.startswith("/_dash-") else FORM)
        gate = self.gates[path]
        if gate is None:
            return None
        scope = await self.access.scope(request)
        if scope is None:
            if wants_page(request):
                return RedirectResponse(self.access.login_address(request), 303)
            raise HTTPException(401, headers={"www-authenticate": 'Basic realm="Live Room"'} if path.startswith(API) else None)
        if scope.role not in gate:
            raise Refused(scope)
        request.state.scope = scope
        return None

    async def _check_post(self, request: Request, expected: str) -> None:
        """A body only from our own pages, in the one form that the route reads, and of a known size."""
        if cross_site(request.headers):
            raise HTTPException(403)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != expected:
            raise HTTPException(415)
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or "transfer-encoding" in request.headers:  # that would win over the length
            raise HTTPException(411)
        if int(length) > LARGEST_POST:
            raise HTTPException(413)

    def error(self, request: Request, error: Exception) -> Response:
        """A generic body with a reference; what happened stands in the log under the same reference."""
        status = (
            error.status_code if isinstance(error, HTTPException) else 422 if isinstance(error, RequestValidationError) else 500
        )
        headers = error.headers if isinstance(error, HTTPException) else None
        reference = uuid.uuid4().hex[:12]
        if isinstance(error, Refused):
            self.access.refused(error.scope, self._named(request))
        if status >= 500 and not isinstance(error, HTTPException):  # one that was raised with its status is no surprise
            log.error("%s %r: %s [%s]", request.method, self._named(request), type(error).__name__, reference, exc_info=error)
        else:
            log.info("%s %r: %d [%s]", request.method, self._named(request), status, reference)
        lang = language(request)
        words = error.words if isinstance(error, Said) else _WORDS.get(status, _WORDS[500 if status >= 500 else 400])
        heading, advice = (say(lang, said, **(error.values if isinstance(error, Said) else {})) for said in words)
        if wants_page(request):
            content = trouble(lang=lang, heading=heading, advice=advice, reference=reference)
            return HTMLResponse(self.shell.plain(heading, lang, content), status, headers)
        if request.url.path.startswith(API):
            return Response(orjson.dumps(problem(error, status, heading, advice, reference)), status, headers, PROBLEM)
        body = {"error": {"status": status, "message": heading, "id": reference}}
        return Response(orjson.dumps(body), status, headers, JSON)

    async def handle(self, request: Request, error: Exception) -> Response:
        """The same, as the framework's exception handler."""
        return self.error(request, error)


_WORDS: Mapping[int, tuple[str, str]] = {
    400: ("Permintaan tidak dapat dipahami", "Periksa alamatnya, atau kembali ke halaman utama."),
    401: ("Perlu masuk", "Masuk dengan akun, atau buka alamat layar yang sudah terdaftar."),
    403: ("Tidak diizinkan", "Buka halaman ini dari alamat Live Room sendiri."),
    405: ("Hanya dapat dibaca", "Gunakan GET."),
    422: ("Parameter tidak dapat dipakai", "Periksa nilainya; daftar parameter ada di /api/v1/openapi.json."),
    404: ("Tidak ada di sini", "Alamat ini tidak ada, atau tidak terbuka untuk peran Anda."),
    429: ("Terlalu banyak percobaan", "Tunggu beberapa menit, lalu coba lagi."),
    500: ("Terjadi gangguan", "Coba lagi sebentar lagi. Bila berulang, sampaikan nomor rujukan ini kepada operator."),
    503: ("Belum siap", "Data belum tersedia. Halaman ini dapat dibuka begitu sumber pertama selesai dibaca."),
}


def problem(error: Exception, status: int, title: str, detail: str, reference: str) -> dict[str, object]:
    """An error as a program reads it, with what is wrong with which parameter."""
    wrong = error.errors() if isinstance(error, RequestValidationError) else ()
    errors = [{"parameter": str(each["loc"][-1]), "message": str(each["msg"])} for each in wrong]
    return {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": reference, "errors": errors}


def bounded(receive: Receive) -> Receive:
    """Receives no more than :data:`LARGEST_POST` bytes, whatever the headers said of them: 413 with the first too many."""
    held = 0

    async def received() -> Message:
        nonlocal held
        message = await receive()
        held += len(message.get("body", b""))
        if held > LARGEST_POST:
            raise HTTPException(413)
        return message

    return received


def wants_page(request: Request) -> bool:
    """Whether a person's browser is navigating, rather than a script asking for data."""
    return "text/html" in request.headers.get("accept", "")


def language(request: Request) -> Lang:
    """``lang`` of the address, else the cookie's; Bahasa Indonesia unless English is asked for."""
    asked = request.query_params.get("lang") or request.cookies.get("lang")
    return "en" if asked == "en" else "id"
