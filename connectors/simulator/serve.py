"""The simulated systems on loopback: each at its own path, each with the fault that is switched on for it."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

import anyio
import uvicorn
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.simulator.faults import Fault, Faults
from connectors.simulator.upstreams import Upstream
from connectors.simulator.world import World
from layers import clock

DRIP_BYTES, DRIP_SECONDS = 16, 1.0
RETRY_AFTER = 30
LOGIN = (
    "<!DOCTYPE html><html><head><title>Masuk</title></head><body><form method='post' action='/login'>"
    "<input name='username'><input name='password' type='password'><button>Masuk</button></form></body></html>"
)

log = logging.getLogger(__name__)


class Clockwork:
    """The moment that each system lives in: the clock's, or for a frozen system the one at which it froze."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._zone = world.city.zone
        self._faults = faults
        self._frozen: dict[str, tuple[Fault, datetime]] = {}

    def now(self, system: str) -> datetime:
        now = clock.now().astimezone(self._zone)
        fault = self._faults.of(system)
        if fault is None or fault.kind != "beku":
            self._frozen.pop(system, None)
            return now
        held = self._frozen.get(system)
        if held is None or held[0] != fault:
            held = self._frozen[system] = (fault, now)
        return held[1]


def application(world: World, systems: Mapping[str, Upstream], faults: Faults, token: str) -> Starlette:
    """One application: every system that has routes, at ``/<name>``."""
    works = Clockwork(world, faults)

    def mounted(upstream: Upstream) -> Mount:
        assert upstream.routes is not None  # noqa: S101 - chosen below
        routes = upstream.routes(world, lambda: works.now(upstream.name), token)
        return Mount(f"/{upstream.name}", app=Faulty(Router(routes=list(routes)), upstream.name, faults))

    return Starlette(routes=[mounted(upstream) for upstream in systems.values() if upstream.routes is not None])


class Server(uvicorn.Server):
    """The application on loopback, quiet."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        quiet = {"log_config": None, "log_level": "warning", "access_log": False}
        super().__init__(uvicorn.Config(app, host="127.0.0.1", port=port, timeout_graceful_shutdown=1, **quiet))  # type: ignore[arg-type]


class Faulty:
    """A system behind its fault."""

    def __init__(self, app: ASGIApp, system: str, faults: Faults) -> None:
        self.app = app
        self.system = system
        self.faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self.faults.of(self.system)
        kind = None if fault is None else fault.kind
        if kind is None or kind == "beku" or scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        response = _instead(kind)
        if response is None:
            response = _spoilt(kind, *await self._answer(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, str, bytes]:
        """Status, content type and body of what the healthy system would have said."""
        status, content, body = 500, "", bytearray()

        async def collect(message: Message) -> None:
            nonlocal status, content
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = {name.lower(): value for name, value in message["headers"]}
                content = headers.get(b"content-type", b"").decode("latin-1")
            else:
                body.extend(message.get("body", b""))

        await self.app(scope, receive, collect)
        return status, content, bytes(body)


def _instead(kind: str) -> Response | None:
    """What a system says that does not get so far as to answer."""
    if kind == "mati":
        return PlainTextResponse("Service Unavailable", 503)
    if kind == "masuk":
        return HTMLResponse(LOGIN)
    if kind == "batas":
        return JSONResponse({"message": "Too Many Requests"}, 429, {"Retry-After": str(RETRY_AFTER)})
    if kind == "token":
        return JSONResponse({"message": "Unauthenticated."}, 401, {"WWW-Authenticate": "Bearer"})
    return None


def _spoilt(kind: str, status: int, content: str, body: bytes) -> Response:
    """The answer, cut off, dripping, or with other names for its fields."""
    if kind == "lambat":
        return StreamingResponse(_drip(body), status, {"Content-Type": content})
    if kind == "rusak":
        body = body[: len(body) * 2 // 3]
    elif kind == "berubah":
        body = renamed(content, body)
    return Response(body, status, {"Content-Type": content})


async def _drip(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), DRIP_BYTES):
        yield body[start : start + DRIP_BYTES]
        await anyio.sleep(DRIP_SECONDS)


def renamed(content: str, body: bytes) -> bytes:
    """A body whose rows have other field names: of JSON the keys of objects in lists, of CSV the headings, of XML the tags."""
    if "json" in content:
        return json.dumps(_rekeyed(json.loads(body), inside=False)).encode()
    if "csv" in content:
        head, line, rest = body.partition(b"\n")
        return re.sub(rb'([^;,"\r]+)', rb"\1_baru", head) + line + rest
    if "xml" in content:
        return re.sub(rb"<(/?)([a-z_]+)>", rb"<\1\2_baru>", body)
    return body


def _rekeyed(value: Any, *, inside: bool) -> Any:
    if isinstance(value, list):
        return [_rekeyed(item, inside=True) for item in value]
    if isinstance(value, dict):
        return {f"{key}_baru" if inside else key: _rekeyed(item, inside=inside) for key, item in value.items()}
    return value
