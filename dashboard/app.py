"""The web server: pages, streams, Dash, the REST interface, health and metrics, behind one guard.

``create()`` builds it from the environment (``gunicorn "dashboard.app:create()"``); ``create_app`` from
given parts.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import FrameType

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from dashboard.access import Access
from dashboard.accountdesk import add_people
from dashboard.alarmdesk import AlarmDesk
from dashboard.analysisdesk import AnalysisDesk
from dashboard.api import routes as api
from dashboard.dispatch import SUITES, Suites, configuration, create_dash
from dashboard.export.desk import ExportDesk
from dashboard.export.turns import Turns
from dashboard.feed import Hub
from dashboard.finddesk import FindDesk
from dashboard.framed import Framed
from dashboard.guard import Gate, Guard
from dashboard.look import LookDesk
from dashboard.metrics import Metrics
from dashboard.opddesk import OpdDesk
from dashboard.orderdesk import OrderDesk
from dashboard.page import EVERYONE, pages
from dashboard.past import Machine
from dashboard.prefix import Edge, Prefix
from dashboard.remotedesk import RemoteDesk
from dashboard.reports import reporting
from dashboard.room import Room
from dashboard.screendesk import ScreenDesk
from dashboard.shell import Shell
from dashboard.static import ASSETS, room_assets
from dashboard.stillsdesk import StillsDesk
from dashboard.web import Web
from dashboard.wiring import opened
from layers import heap
from layers.cache import Cache
from layers.people import People
from layers.settings import Settings, from_environment


def create() -> ASGIApp:
    """The server of the room that the environment describes; raises what :func:`from_environment` raises.

    A database that is away holds up neither the start nor the pages: they are drawn from the snapshot and the frames.
    """
    settings = from_environment()
    hub, people = opened(settings)
    app = create_app(settings, hub.room, people, hub=hub)
    heap.steady()
    return app


def create_app(settings: Settings, room: Room, people: People, cache: Cache | None = None, hub: Hub | None = None) -> ASGIApp:
    """The server as an ASGI application, made of the given parts."""
    hub = hub or Hub(room, settings.data / "frames" / "snapshot.json", cache)
    prefix = Prefix(settings.prefix)
    access = Access(people, settings.public_by_default)
    metrics = Metrics(hub)

    @asynccontextmanager
    async def lifespan(_server: FastAPI) -> AsyncIterator[None]:
        _close_at_signal(hub)
        await hub.start()
        async with reporting(settings, hub, machine, people):
            yield
        await hub.stop()

    server = FastAPI(
        title="Live Room",
        version="1",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        servers=[{"url": prefix.path}] if prefix.path else None,
    )
    hub.prefix = prefix
    machine = Machine(hub)
    dash = create_dash(server, hub, machine)
    suites = Suites(dash)
    assets = room_assets(settings.data)
    shell = Shell(assets=assets, zone=room.city.zone, dash_config=configuration(dash), dash_scripts=suites.scripts, prefix=prefix)
    hub.build = shell.build
    web = Web(hub, access, shell, metrics, settings.secret, machine)
    turns = Turns()
    read = api.add_routes(server, hub, people, turns)
    gates = _routes(server, web, suites, read)
    gates |= ScreenDesk(access, people).add_routes(server)
    gates |= AlarmDesk(hub, people).add_routes(server) | OrderDesk(hub, people, web.show).add_routes(server)
    gates |= AnalysisDesk(people, web.show).add_routes(server) | OpdDesk(hub, people, web.show).add_routes(server)
    gates |= LookDesk(ASSETS).add_routes(server)
    gates |= StillsDesk(room.stills).add_routes(server)
    gates |= ExportDesk(hub, people, machine, settings.data, turns).add_routes(server)
    gates |= RemoteDesk(hub, people, access, shell).add_routes(server)
    gates |= add_people(server, settings, access, Framed(hub, shell)) | FindDesk(Framed(hub, shell)).add_routes(server)
    guard = Guard(server, server.routes, gates, access, shell, metrics.count)
    for kind in (HTTPException, RequestValidationError, Exception):
        server.add_exception_handler(kind, guard.handle)
    prefix.check(gates)
    return Edge(guard, prefix.path) if prefix.path else guard


def _routes(server: FastAPI, web: Web, suites: Suites, read: Mapping[str, Gate]) -> dict[str, Gate]:
    """Add our routes; who may ask which, for every route there is."""
    nobody: Gate = frozenset()
    gates: dict[str, Gate] = {
        "/_dash-layout": EVERYONE,
        "/_dash-dependencies": EVERYONE,
        "/_dash-update-component": EVERYONE,
        "/_reload-hash": nobody,
        "/_favicon.ico": nobody,
        "/api/v1/openapi.json": EVERYONE,
        **read,
    }
    for path, endpoint, gate, methods in (
        ("/", web.home, EVERYONE, ["GET"]),
        ("/live", web.live, EVERYONE, ["GET"]),
        ("/live/doc", web.live_document, EVERYONE, ["GET"]),
        ("/geo/{name}", web.geo, EVERYONE, ["GET"]),
        ("/assets/{name}", web.asset, None, ["GET"]),
        (SUITES + "{path:path}", suites.answer, None, ["GET"]),
        ("/healthz", web.healthz, None, ["GET"]),
        ("/readyz", web.readyz, None, ["GET"]),
        ("/metrics", web.scrape, None, ["GET"]),
        *((page.path, web.page, page.roles, ["GET"]) for page in pages()),
    ):
        server.add_route(path, endpoint, methods, include_in_schema=False)
        gates[path] = gate
    if open_ := [route for route in server.routes if getattr(route, "path", "") not in gates]:
        raise RuntimeError(f"routes without a gate: {open_}")
    return gates


def _close_at_signal(hub: Hub) -> None:
    """End the streams as soon as the server is told to stop, before it waits for them."""
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)
        if not callable(before):
            continue

        def close(received: int, frame: FrameType | None, before=before) -> None:  # type: ignore[no-untyped-def]
            loop.call_soon_threadsafe(hub.close)
            before(received, frame)

        signal.signal(number, close)
