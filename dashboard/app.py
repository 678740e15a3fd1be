"""The web server: pages, streams, Dash, the REST interface, health and metrics, behind one guard.

``create()`` builds it from the environment (``gunicorn "dashboard.app:create()"``); ``create_app`` from
given parts.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import signal
import threading
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from time import monotonic
from types import FrameType

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp

from dashboard.access import HOME, Access
from dashboard.accountdesk import add_people
from dashboard.alarmdesk import AlarmDesk
from dashboard.analysisdesk import AnalysisDesk
from dashboard.api import routes as api
from dashboard.away import Attempt, facts_of, open_soon
from dashboard.bodies import IMMUTABLE, Body, accepted
from dashboard.cookies import cookie_path
from dashboard.cut import address, check_filters, narrowed, page_for
from dashboard.dispatch import SUITES, Suites, configuration, create_dash
from dashboard.export.desk import ExportDesk
from dashboard.export.turns import Turns
from dashboard.feed import Drawn, Hub, encode_document, key, steering_words
from dashboard.framed import Frames as Framed
from dashboard.guard import Gate, Guard, language
from dashboard.metrics import Metrics
from dashboard.opddesk import OpdDesk
from dashboard.orderdesk import OrderDesk
from dashboard.page import EVERYONE, Page, View, layout, pages
from dashboard.past import Asked, Machine, stay
from dashboard.places.address import area_address
from dashboard.prefix import Edge, Prefix
from dashboard.reach import Reach
from dashboard.remotedesk import RemoteDesk
from dashboard.room import Room
from dashboard.screendesk import ScreenDesk
from dashboard.shell import Shell
from dashboard.static import room_assets
from dashboard.stillsdesk import StillsDesk
from dashboard.stream import Places, Stream
from layers import clock
from layers.alarmbook import SHOWN_DAYS, log_at, read_log
from layers.analysis.desk import Analyst
from layers.areas import AreaTree
from layers.boundaries import load_boundaries
from layers.briefs import Briefs
from layers.cache import Cache, cache_url
from layers.changes import Answer, Question, explain
from layers.citykpis import catalog_of
from layers.drill import Drill, Query, drill
from layers.frames import Frames
from layers.model import Role, Scope
from layers.opdbook import read_book
from layers.orders import Orders
from layers.past import Past
from layers.people import People
from layers.remote import Remote
from layers.room import Room as Figures
from layers.rows import Rooms, Rows, rows
from layers.rowstream import Every, every
from layers.runs import SourceFacts
from layers.savedviews import SavedViews
from layers.screens import Screens
from layers.settings import Settings, from_environment
from layers.stills import Stills
from layers.store import Store
from layers.suspicion import suspicions

log = logging.getLogger(__name__)

HTML = "text/html; charset=utf-8"
LANG_DAYS = 365


class Web:
    """The endpoints that are not Dash's; each is given the asker's Scope by the guard in ``request.state``."""

    def __init__(self, hub: Hub, access: Access, shell: Shell, metrics: Metrics, secret: str, machine: Machine) -> None:
        self.hub = hub
        self.machine = machine
        self.access = access
        self.shell = shell
        self.metrics = metrics
        self._places = Places()
        self._scrape = hmac.digest(secret.encode(), b"metrics", "sha256").hex()
        self._geo = Body(hub.room.map.to_json(), "application/json", effort=9)

    # --- pages and their streams ---------------------------------------------------------------

    async def home(self, _request: Request) -> Response:
        return RedirectResponse(HOME, 303)

    async def page(self, request: Request) -> Response:
        """A page, complete: the first paint needs no script."""
        scope, lang = request.state.scope, language(request)
        page, params = page_for(scope, f"{request.url.path}?{request.url.query}", self.hub.room)
        filters = check_filters({n: v for n, v in request.query_params.items() if n not in page.asks}, self.hub.room.city)
        if "code" in params and (proper := area_address(params["code"])) != request.url.path:
            return RedirectResponse(f"{proper}?{request.url.query}" if request.url.query else proper, 307)
        if asked := Asked.read(request.query_params, self.hub.room.city.zone):
            return await self._past(asked, request, page, params, filters)
        drawn = await self.hub.draw(key(scope, page, narrowed(page, params, filters), lang), fresh=True)
        if drawn is None:
            raise HTTPException(503, headers={"retry-after": "5", "refresh": "5"})
        if page.fresh:
            drawn.view = self._own(request, drawn.view)
        if drawn.html is None:
            drawn.html = await asyncio.to_thread(self._html, page, drawn, address(request.url.path, page, params), filters)
        answer = drawn.html.answer(request)
        if "lang" in request.query_params:
            answer.set_cookie("lang", lang, max_age=LANG_DAYS * 86400, path=cookie_path(request), samesite="lax", httponly=True)
        return answer

    async def _past(
        self, asked: Asked, request: Request, page: Page, params: Mapping[str, str], filters: Mapping[str, str]
    ) -> Response:
        """The page at a moment gone by."""
        lang = language(request)
        drawn, view = await self.machine.page(asked, request.state.scope, page, narrowed(page, params, filters), lang)
        view = self._own(request, view)
        body = await asyncio.to_thread(lambda: stay(layout(page, drawn, view), asked))
        when = {f"data-{name}": value for name, value in {"past": view.now.isoformat(), **asked.address(now=asked.now)}.items()}
        cut = orjson.dumps(filters).decode()
        path = address(request.url.path, page, params)
        raw = self.shell.page(page, body, path=path, lang=lang, version=drawn.version, cut=cut, when=when)
        return Response(raw, media_type=HTML)

    async def show(self, request: Request, page: Page, params: Mapping[str, str], status: int) -> Response:
        """A page with what a posted form could not do, in ``params``; never kept."""
        drawn = await self.hub.draw(key(request.state.scope, page, params, language(request)), fresh=True)
        if drawn is None:
            raise HTTPException(503, headers={"retry-after": "5"})
        if page.fresh:
            drawn.view = self._own(request, drawn.view)
        body = await asyncio.to_thread(self._html, page, drawn, page.path.format_map(params), {})
        return body.answer(request, status=status)

    def _own(self, request: Request, view: View) -> View:
        """A view that nobody else is shown, with what is the person's own."""
        return replace(view, saved=partial(self.hub.room.saved, request.state.scope))

    def _html(self, page: Page, drawn: Drawn, path: str, filters: Mapping[str, str]) -> Body:
        body = layout(page, drawn.document, drawn.view)
        cut = orjson.dumps(filters).decode()
        raw = self.shell.page(page, body, path=path, lang=drawn.view.lang, version=drawn.document.version, cut=cut)
        return Body(raw, HTML)

    async def live(self, request: Request) -> Stream:
        """The event stream of the page in ``page``, from the version in ``base`` on."""
        scope, query = request.state.scope, request.query_params
        page, params = page_for(scope, query.get("page", ""), self.hub.room)
        if self._places.full(scope):
            raise HTTPException(503, headers={"retry-after": "30"})
        base = int(text) if (text := query.get("base", "")).isdecimal() and len(text) < 19 else None

        async def still() -> bool:
            try:
                now_scope: Scope | None = await self.access.scope(request, active=False)
            except HTTPException:  # the accounts are away for too long
                return False
            return now_scope == scope

        packed = "gzip" in accepted(request.headers.get("accept-encoding", ""))
        return Stream(self.hub, key(scope, page, params, language(request)), base, packed, still, self._places.taken(scope.user))

    async def live_document(self, request: Request) -> Response:
        """The whole document of a page, for a browser whose stream does not come through."""
        scope = request.state.scope
        page, params = page_for(scope, request.query_params.get("page", ""), self.hub.room)
        drawn = await self.hub.draw(key(scope, page, params, language(request)))
        if drawn is None:
            raise HTTPException(503, headers={"retry-after": "5"})
        if drawn.whole is None:
            drawn.whole = Body(encode_document(self.hub.outward(drawn.document), None), "application/json")
        answer = drawn.whole.answer(request)
        answer.headers["x-clock"] = str(int(clock.now().timestamp() * 1000))
        if page.path == HOME:
            self.hub.polled = monotonic()
            answer.headers["x-steering"] = steering_words(self.hub.told).decode("ascii")
        return answer

    # --- static ----------------------------------------------------------------------------------

    async def asset(self, request: Request) -> Response:
        body = self.shell.assets.bodies.get(request.path_params["name"])
        if body is None:
            raise HTTPException(404)
        return body.answer(request, cache=IMMUTABLE)

    async def geo(self, request: Request) -> Response:
        """The city's shapes, named by their content."""
        if request.path_params["name"] != f"{self.hub.room.map.digest}.json":
            raise HTTPException(404)
        return self._geo.answer(request, cache=IMMUTABLE)

    # --- health ----------------------------------------------------------------------------------

    async def healthz(self, _request: Request) -> Response:
        return Response(b'{"status":"ok"}', media_type="application/json")

    async def readyz(self, request: Request) -> Response:
        """503 until there is a snapshot to show; details for those who are let in."""
        snapshot, hub = self.hub.snapshot, self.hub
        state: dict[str, object] = {"ready": snapshot is not None}
        if await self.access.scope(request) and snapshot:
            state["version"] = snapshot.version
            state["snapshot_age_seconds"] = round((clock.now() - snapshot.built_at).total_seconds(), 1)
            state["cache"] = "down" if hub.cache_down else "up"
            state["store"] = "away" if hub.room.store_away() else "up"
        return Response(orjson.dumps(state), 200 if snapshot else 503, media_type="application/json")

    async def scrape(self, request: Request) -> Response:
        """``/metrics`` for operators, for the demo on loopback, and for a scraper with the derived token."""
        scope = await self.access.scope(request)
        given = request.headers.get("authorization", "")
        scraper = hmac.compare_digest(given.encode(), f"Bearer {self._scrape}".encode())
        if scraper:
            scope = Scope(user="metrics", role=Role.OPERATOR)
        if scope is None or not (scope.may_operate or self.access.public_by_default):
            raise HTTPException(401 if scope is None else 404)
        return Response(self.metrics.text(scope), media_type="text/plain; version=0.0.4; charset=utf-8")


def create() -> ASGIApp:
    """The server of the room that the environment describes; raises what :func:`from_environment` raises.

    A database that is away holds up neither the start nor the pages: they are drawn from the snapshot and the frames.
    """
    settings = from_environment()
    city, tree, kpis = settings.city, AreaTree.of(settings.city), catalog_of(settings.city)
    store = Store(settings.database_url, city.zone, settings.secret)
    people = People(settings.people_url, settings.secret)
    for database in (store, people):
        open_soon(database)
    frames = Frames(settings.data / "frames", city, tree)
    attempt, asked = Attempt(), Attempt()

    def cut(scope: Scope, query: Query) -> Drill:
        return drill(scope, frames, kpis, tree, city, query, known(), clock.now())

    def changes(scope: Scope, question: Question) -> Answer:
        return explain(scope, frames, kpis, tree, city, question, known(), clock.now())

    def known() -> Iterable[SourceFacts]:
        facts = attempt(store.source_states)
        return facts if facts is not None else facts_of(hub.snapshot.sources) if hub.snapshot else []

    def behind(scope: Scope, kpi: str, query: Query, page: int, order: str) -> Rows:
        return rows(scope, figures(), kpis[kpi], query, page=page, order=order)

    def figures() -> Figures:
        """At the moment of the snapshot that is shown, so that they are the rows that it counted."""
        return rooms.at(hub.snapshot.built_at if hub.snapshot else clock.now())

    def whole(scope: Scope, kpi: str, query: Query, order: str) -> Every:
        return every(scope, figures(), kpis[kpi], query, order)

    def analyst(scope: Scope) -> Analyst:
        return Analyst(scope=scope, frames=frames, catalog=kpis, tree=tree, city=city, facts=known, now=clock.now())

    rooms = Rooms(frames, tree, city, known)

    room = Room(
        city=city,
        tree=tree,
        map=load_boundaries(city, settings.data).asset,
        catalog=kpis,
        drill=cut,
        changes=changes,
        has_frames=lambda: frames.version > 0,
        quarantine=lambda source: attempt(partial(store.quarantine_reasons, source)),
        store_away=lambda: attempt.away,
        rows=behind,
        figures=figures,
        every=whole,
        suspicions=lambda scope: suspicions(scope, frames, city.suspicion, clock.now()),
        past=Past(store, frames, city),
        analyst=analyst,
        alarm_log=lambda alarms: attempt(partial(read_log, store, people, clock.now() - SHOWN_DAYS, alarms)),
        orders=lambda scope: asked(partial(Orders(people).seen, scope)),
        shelf=lambda scope, opd, day, until: attempt(partial(Briefs(store).read, scope, city.code, opd, day, until)),
        alarms_at=lambda at: attempt(partial(log_at, store, people, at, clock.now())),
        stills=Stills(city, settings.data),
        address=settings.url and settings.address,
        remote=Remote(people, [screen.name for screen in city.wall.screens]),
        screens=lambda: asked(Screens(people).all),
        saved=lambda scope: asked(partial(SavedViews(people).seen, scope)),
        reach=Reach(
            book=lambda scope, opd, at: asked(partial(read_book, scope, people, opd, at=at)),
            texts=lambda scope, cases: attempt(partial(store.texts, scope, cases)),
        ),
    )
    cache = Cache(cache_url(settings), city.code)
    hub = Hub(room, settings.data / "frames" / "snapshot.json", cache)
    return create_app(settings, room, people, cache, hub)


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
    gates |= StillsDesk(room.stills).add_routes(server)
    gates |= ExportDesk(hub, people, machine, settings.data, turns).add_routes(server)
    gates |= RemoteDesk(hub, people, access, shell).add_routes(server)
    gates |= add_people(server, settings, access, Framed(hub, shell))
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
