"""Desk pages of one person's own: drawn for each request, never kept, without scripts; accounts, sessions, the audit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import htpy
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dashboard.feed import Hub, ringing
from dashboard.guard import language
from dashboard.page import View
from dashboard.parts.frame import desk, sources_state
from dashboard.shell import Shell
from dashboard.text import say
from layers.model import Scope


@dataclass(frozen=True, slots=True)
class Framed:
    """Puts such a page into the desk's navigation."""

    hub: Hub
    shell: Shell

    def view(self, request: Request) -> View:
        """What the page may know; unlike the others it knows the person."""
        scope: Scope = request.state.scope
        view = self.hub.room.view(scope, language(request), {})
        snapshot = self.hub.snapshot
        return replace(view, ringing=ringing(snapshot, scope)) if snapshot else view

    def answer(self, request: Request, title: str, *content: htpy.Node, status: int = 200) -> Response:
        """The page, with the words that its form could not be taken in ``content``."""
        view, snapshot = self.view(request), self.hub.snapshot
        state = sources_state(snapshot, view) if snapshot else htpy.p(".sources-state")[say(view.lang, "Belum ada data.")]
        drawn = desk(view, request.url.path, state, htpy.header(".page-head")[htpy.h1[title]], *content)
        return HTMLResponse(self.shell.still(title, view.lang, drawn), status)

    def plain(self, request: Request, title: str, content: htpy.Node, status: int = 200) -> Response:
        """A page outside the navigation: a step of a login, codes that are shown once."""
        return HTMLResponse(self.shell.plain(title, language(request), content), status)
