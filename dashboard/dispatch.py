"""Dash on our server: its scripts from memory, its callbacks behind checks of their own.

Dash draws nothing here. Its stores carry what a person asks for (an evidence card, a narrower cut of a
page) to the callbacks below and the answer back to ``assets/live.js``.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import dash
from dash import ClientsideFunction, Dash, Input, Output, dcc
from dash._utils import to_json
from dash.backends._fastapi import FastAPIDashServer, get_current_request
from dash.exceptions import PreventUpdate
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.bodies import IMMUTABLE, Body
from dashboard.cut import Cut, narrowed, page_for
from dashboard.drawn import key
from dashboard.feed import Hub
from dashboard.page import find_page
from dashboard.parts.evidence import evidence
from dashboard.past import Asked, Machine
from dashboard.prefix import Prefix
from layers.model import Scope

SUITES = "/_dash-component-suites/"
_NEEDED = ("react@", "react-dom@", "prop-types@", "dash_core_components.v", "dash_core_components-shared", "dash_renderer")
"""Dash's scripts that we use; its tables, its HTML components and its polyfills for old browsers are left out."""


class Backend(FastAPIDashServer):
    """Dash's FastAPI backend without its index, its catch-all and its websocket, on our own FastAPI."""

    websocket_capability = False

    @classmethod
    def on(cls, server: FastAPI) -> type[Backend]:
        """The backend class that Dash is given, bound to ``server``."""
        return type("Backend", (cls,), {"create_app": staticmethod(lambda *_args: server)})

    def setup_index(self, dash_app: Dash) -> None:
        """Pages are ours."""

    def _setup_catchall(self) -> None:
        """A path without a route is absent."""

    def setup_component_suites(self, dash_app: Dash) -> None:
        """Dash's scripts are in :class:`Suites`."""

    def serve_callback(self, dash_app: Dash) -> Callable[[Request], Any]:
        """Dispatch only to callbacks that exist, and let errors out to our own handler."""
        dispatch = super().serve_callback(dash_app)

        async def checked(request: Request) -> Response:
            body = self.request_adapter().get_json()
            if not isinstance(body, dict) or not isinstance(body.get("inputs"), list):
                raise HTTPException(400)
            if body.get("output") not in dash_app.callback_map:
                raise HTTPException(404)
            try:
                answer: Response = await dispatch(request)
            except PreventUpdate:
                return Response(status_code=204)
            return answer

        return checked


class Suites:
    """The few scripts of Dash that a page loads, compressed once."""

    def __init__(self, app: Dash) -> None:
        app._setup_server()  # noqa: SLF001 - what Dash does at its first request, done before it
        listed = re.findall(r'src="[^"]*(/_dash-component-suites/[^"]+)"', app._generate_scripts_html())  # noqa: SLF001 - the only list of its scripts
        self.scripts = tuple(s for s in listed if any(name in s for name in _NEEDED))
        self.bodies = {address.removeprefix(SUITES): self._read(address) for address in self.scripts}

    @staticmethod
    def _read(address: str) -> Body:
        plain = re.sub(r"\.v[\w-]+m\d+", "", address.removeprefix(SUITES + "dash/"))
        return Body((Path(dash.__file__).parent / plain).read_bytes(), "text/javascript; charset=utf-8", effort=9)

    async def answer(self, request: Request) -> Response:
        body = self.bodies.get(request.path_params["path"])
        if body is None:
            raise HTTPException(404)
        return body.answer(request, cache=IMMUTABLE)


def configuration(app: Dash) -> str:
    """What Dash's renderer needs to know, without the versions of what runs here."""
    config: Mapping[str, Any] = app._config()  # noqa: SLF001 - as its own index does
    hidden = {"python_version", "dash_version", "dash_version_url", "plotly_version", "ddk_version", "end_id"}
    kept = {name: value for name, value in config.items() if name not in hidden}
    kept["children_props"] = {"dash_core_components": {}}
    return str(to_json(kept))


def create_dash(server: FastAPI, hub: Hub, machine: Machine) -> Dash:
    """Dash with its stores and callbacks, its routes added to ``server``."""
    app = plain_dash(server, hub.prefix)
    app.layout = [dcc.Store(id=name) for name in ("tanya", "kartu-html", "saring", "potongan")]
    callbacks(app, hub, machine)
    return app


def plain_dash(server: FastAPI, prefix: Prefix) -> Dash:
    """Dash that has nothing to show yet and asks below the prefix."""
    return Dash(
        "dashboard",
        backend=Backend.on(server),
        assets_folder="/dev/null/none",  # nothing can be there
        include_assets_files=False,
        compress=False,
        enable_mcp=False,
        update_title="",
        add_log_handler=False,
        routes_pathname_prefix="/",
        requests_pathname_prefix=prefix.path + "/",
    )


def callbacks(app: Dash, hub: Hub, machine: Machine) -> None:
    """The two questions that a page may ask. Both take the asker's Scope from the request, never from the body."""

    @app.callback(Output("kartu-html", "data"), Input("tanya", "data"), prevent_initial_call=True)
    async def card(asked: object) -> dict[str, object]:
        """The evidence card of one reading."""
        scope, cut = _scope(), Cut.read(asked, hub.room.city)
        if past := Asked.read(cut.when, hub.room.city.zone):
            return {"n": cut.number, "html": hub.prefix.markup(await machine.card(past, scope, cut))}
        work = partial(evidence_card, scope, hub, cut)
        found = find_page(cut.page.partition("?")[0])
        html = await (hub.lane.run(work) if found and found[0].long else asyncio.to_thread(work))
        return {"n": cut.number, "html": hub.prefix.markup(html)}

    @app.callback(Output("potongan", "data"), Input("saring", "data"), prevent_initial_call=True)
    async def narrow(asked: object) -> dict[str, object]:
        """A page's parts at a narrower cut."""
        scope, cut = _scope(), Cut.read(asked, hub.room.city)
        page, params = page_for(scope, cut.page, hub.room)
        if past := Asked.read(cut.when, hub.room.city.zone):
            sent, _ = await machine.page(past, scope, page, narrowed(page, params, cut.filters), cut.lang)
        else:
            drawn = await hub.draw(key(scope, page, narrowed(page, params, cut.filters), cut.lang))
            if drawn is None:
                raise HTTPException(503)
            sent = drawn.document
        parts = hub.outward(sent).parts
        return {"version": sent.version, "base": None, "parts": parts, "areas": sent.areas, "cut": cut.filters}

    for name, store in (("card", "kartu-html"), ("cut", "potongan")):
        app.clientside_callback(ClientsideFunction("liveroom", name), Input(store, "data"))


def _scope() -> Scope:
    """The asker's rights as the guard left them."""
    scope: Scope = get_current_request().state.scope
    return scope


def evidence_card(scope: Scope, hub: Hub, cut: Cut) -> str:
    """The card as HTML; 404 for a reading that is not published or not for this asker."""
    snapshot, room = hub.snapshot, hub.room
    if snapshot is None:
        raise HTTPException(503)
    reading = cut.reading(scope, room, snapshot)
    if reading is None or reading.kpi not in room.catalog:
        raise HTTPException(404)
    return str(evidence(reading, room.catalog[reading.kpi], snapshot, room.view(scope, cut.lang, cut.params())))
