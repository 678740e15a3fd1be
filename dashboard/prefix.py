"""The room below a path of another host (LIVEROOM_PREFIX): inside, every address is as if there were none.

What leaves is changed at its edges and nowhere else: markup on its way to a browser (:meth:`Prefix.markup`), redirects and
the addresses of requests (:class:`Edge`). ``<body data-root>`` tells the scripts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Connection

from layers.settings import SettingsError

KEY = "liveroom.prefix"
"""Where a request carries it."""
_ADDRESS = re.compile(r' (href|src|action|formaction)="/(?!/)')
"""An address of ours in markup as htpy writes it: quotes in texts and values are escaped, so only an attribute reads so."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """Where the room begins: ``/ruang``, or nothing for a host of its own."""

    path: str = ""

    def markup(self, html: str) -> str:
        """The same markup with the addresses that a browser is to ask for."""
        plain = str(html)  # htpy's own text type would escape what is put into it
        return _ADDRESS.sub(rf' \1="{self.path}/', plain) if self.path else plain

    def check(self, routes: Iterable[str]) -> None:
        """Raises :class:`SettingsError` where an address of the room begins so: which is meant could not be told."""
        if self.path and any(route == self.path or route.startswith(self.path + "/") for route in routes):
            raise SettingsError(f"LIVEROOM_PREFIX: {self.path} adalah alamat halaman ruang sendiri; pilih nama lain")


@dataclass(frozen=True, slots=True)
class Edge:
    """ASGI middleware around everything: takes off the prefix that a proxy has left on a request, puts it on redirects."""

    app: ASGIApp
    prefix: str

    async def __call__(self, connection: Connection, receive: Receive, send: Send) -> None:
        if connection["type"] != "http":
            await self.app(connection, receive, send)
            return
        inner = {**connection, KEY: self.prefix}
        path = connection["path"]
        if path == self.prefix or path.startswith(self.prefix + "/"):
            inner["path"] = path.removeprefix(self.prefix) or "/"
            inner["raw_path"] = inner["path"].encode()

        async def outward(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    (name, self.prefix.encode() + value if name.lower() == b"location" and _ours(value) else value)
                    for name, value in message["headers"]
                ]
            await send(message)

        await self.app(inner, receive, outward)


def _ours(address: bytes) -> bool:
    return address.startswith(b"/") and not address.startswith(b"//")


def prefix_of(request: Request) -> str:
    """The prefix that a request came by; empty without one."""
    return str(request.scope.get(KEY, ""))
