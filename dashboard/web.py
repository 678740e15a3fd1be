"""The endpoints of pages, their streams, static files and health: all that is neither Dash's nor a desk's nor the API's."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from time import monotonic

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.access import HOME, Access
from dashboard.bodies import IMMUTABLE, Body, accepted
from dashboard.cookies import cookie_path
from dashboard.cut import address, check_filters, narrowed, page_for
from dashboard.drawn import Drawn, encode_document, key
from dashboard.feed import Hub
from dashboard.guard import language
from dashboard.metrics import Metrics
from dashboard.page import Page, View, layout
from dashboard.past import Asked, Machine, stay
from dashboard.places.address import area_address
from dashboard.shell import Shell
from dashboard.steering import steering_words
from dashboard.stream import Places, Stream
from layers import clock
from layers.model import Role, Scope

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
            path = address(request.url.path, page, params)
            drawn.html = await _made(request, partial(self._html, page, drawn, path, filters))
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
        return HTMLResponse(raw)

    async def show(self, request: Request, page: Page, params: Mapping[str, str], status: int) -> Response:
        """A page with what a posted form could not do, in ``params``; never kept."""
        drawn = await self.hub.draw(key(request.state.scope, page, params, language(request)), fresh=True)
        if drawn is None:
            raise HTTPException(503, headers={"retry-after": "5"})
        if page.fresh:
            drawn.view = self._own(request, drawn.view)
        body = await _made(request, partial(self._html, page, drawn, page.path.format_map(params), {}))
        return body.answer(request, status=status)

    def _own(self, request: Request, view: View) -> View:
        """A view that nobody else is shown, with what is the person's own."""
        return replace(view, saved=partial(self.hub.room.saved, request.state.scope))

    def _html(self, page: Page, drawn: Drawn, path: str, filters: Mapping[str, str]) -> Body:
        body = layout(page, drawn.document, drawn.view)
        cut = orjson.dumps(filters).decode()
        raw = self.shell.page(page, body, path=path, lang=drawn.view.lang, version=drawn.document.version, cut=cut)
        return Body(raw, "text/html; charset=utf-8")

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
            drawn.whole = await _made(request, partial(self._whole, drawn))
        answer = drawn.whole.answer(request)
        answer.headers["x-clock"] = str(int(clock.now().timestamp() * 1000))
        if page.path == HOME:
            self.hub.polled = monotonic()
            answer.headers["x-steering"] = steering_words(self.hub.told).decode("ascii")
        return answer

    def _whole(self, drawn: Drawn) -> Body:
        return Body(encode_document(self.hub.outward(drawn.document), None), "application/json")

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


async def _made(request: Request, make: Callable[[], Body]) -> Body:
    """A body, made and compressed for its first asker in a thread: heartbeats do not wait for it."""

    def made() -> Body:
        body = make()
        body.coded(request.headers.get("accept-encoding", ""))
        return body

    return await asyncio.to_thread(made)
