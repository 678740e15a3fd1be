"""A real HTTP server on a free port that answers as a source does, or as badly as sources sometimes do."""

from __future__ import annotations

import contextlib
import gzip
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as the server saw it; ``params`` are those of the query and of a posted form."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer; ``headers`` are added to Content-Type and Content-Length, or replace them (``""`` omits one)."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    def head(self) -> bytes:
        headers = {"Content-Type": self.content_type, "Content-Length": str(len(self.body))} | dict(self.headers)
        lines = [f"HTTP/1.1 {self.status} X", *(f"{name}: {value}" for name, value in headers.items() if value)]
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")


Mood = Callable[["_Handler", Reply], None]
"""How the server sends an answer: it writes what it likes to ``handler.wfile``."""


class Upstream:
    """The server: ``with Upstream(responses) as upstream: ... upstream.url``.

    ``responses`` is as in :class:`connectors.source.Sample`; ``answer`` (a function of the request)
    comes before it. ``mood`` spoils every answer; ``moods`` is a list of moods of which each request
    takes the first, ``None`` being a good one. ``asked`` is every request, in order.
    """

    def __init__(
        self,
        responses: Mapping[str, tuple[str, bytes]] | None = None,
        *,
        answer: Callable[[Asked], Reply | None] | None = None,
        mood: Mood | None = None,
    ) -> None:
        self.responses = dict(responses or {})
        self.answer = answer
        self.mood = mood
        self.moods: list[Mood | None] = []
        self.asked: list[Asked] = []
        self.stopping = threading.Event()

    def __enter__(self) -> Self:
        upstream = self

        class Handler(_Handler):
            owner = upstream

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign] # a client may leave at any moment
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def reply(self, asked: Asked) -> Reply:
        """The good answer to a request; 404 for what it does not know."""
        if self.answer and (reply := self.answer(asked)):
            return reply
        fitting = []
        for target, given in self.responses.items():
            parts = urlsplit(target)
            wanted = dict(parse_qsl(parts.query, keep_blank_values=True))
            if parts.path == asked.path and wanted.items() <= asked.params.items():
                fitting.append((len(wanted), given))
        if not fitting:
            return Reply(status=404, content_type="text/plain", body=b"not found")
        content_type, body = max(fitting, key=lambda found: found[0])[1]
        return Reply(content_type=content_type, body=body.replace(b"{base}", self.url.encode()))


class _Handler(BaseHTTPRequestHandler):
    owner: Upstream
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        parts = urlsplit(self.path)
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        if "form" in self.headers.get("Content-Type", ""):
            params |= dict(parse_qsl(body.decode(), keep_blank_values=True))
        asked = Asked(method=self.command, path=parts.path, params=params, headers=dict(self.headers), body=body)
        self.owner.asked.append(asked)
        mood = self.owner.moods.pop(0) if self.owner.moods else self.owner.mood
        self.close_connection = True
        with contextlib.suppress(OSError):  # the client may have gone
            (mood or well)(self, self.owner.reply(asked))

    do_GET = do_POST = _serve  # noqa: N815 - the library's names

    def log_message(self, *_: Any) -> None:
        """Say nothing: the requests are in ``asked``."""


# --- moods -----------------------------------------------------------------------------------------


def well(handler: _Handler, reply: Reply) -> None:
    handler.wfile.write(reply.head() + reply.body)


def status(code: int, **headers: str) -> Mood:
    """Every answer has this status; ``retry_after="5"`` becomes the header Retry-After."""
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}

    def mood(handler: _Handler, reply: Reply) -> None:
        well(handler, Reply(status=code, content_type="text/plain", body=b"no", headers=named))

    return mood


def always(reply: Reply) -> Mood:
    """Every answer is this one."""
    return lambda handler, _: well(handler, reply)


LOGIN = Reply(
    content_type="text/html; charset=utf-8",
    body=b"<!DOCTYPE html><html><head><title>Masuk</title></head><body><form method=post action=/login>"
    b"<input name=user><input type=password name=pass></form></body></html>",
)
MAINTENANCE = Reply(content_type="text/html", body=b"<html><body><h1>Sedang pemeliharaan</h1></body></html>")
html_login = always(LOGIN)
html_page = always(MAINTENANCE)


def truncated(handler: _Handler, reply: Reply) -> None:
    """Promise the whole body, send half of it and hang up."""
    handler.wfile.write(reply.head() + reply.body[: len(reply.body) // 2])


def reset(handler: _Handler, reply: Reply) -> None:
    """Hang up without a word."""


def cut_short(handler: _Handler, reply: Reply) -> None:
    """Promise half of the body, and keep that promise."""
    half = reply.body[: len(reply.body) // 2]
    well(handler, Reply(status=reply.status, content_type=reply.content_type, body=half))


def too_long(handler: _Handler, reply: Reply) -> None:
    """Promise ten bytes more than there are, then hang up."""
    headers = {"Content-Length": str(len(reply.body) + 10)}
    well(handler, Reply(status=reply.status, content_type=reply.content_type, body=reply.body, headers=headers))


def redirect(to: str, code: int = 302) -> Mood:
    return lambda handler, _: well(handler, Reply(status=code, headers={"Location": to}))


def gzipped(handler: _Handler, reply: Reply) -> None:
    body = gzip.compress(reply.body)
    well(handler, Reply(content_type=reply.content_type, body=body, headers={"Content-Encoding": "gzip"}))


def bomb(megabytes: int) -> Mood:
    """A small gzip body that unpacks to many megabytes."""
    body = gzip.compress(b"[" + b" " * (megabytes << 20) + b"]", 9)
    return always(Reply(body=body, headers={"Content-Encoding": "gzip"}))


def drip(seconds: float, *, head: bool = False) -> Mood:
    """Send one byte every ``seconds``, of the body or (``head``) of the headers already."""

    def mood(handler: _Handler, reply: Reply) -> None:
        rest = reply.head() + reply.body
        if not head:
            handler.wfile.write(reply.head())
            rest = reply.body
        for byte in rest:
            if handler.owner.stopping.wait(seconds):
                return
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()

    return mood


def silent(seconds: float) -> Mood:
    """Say nothing for ``seconds``, then answer."""

    def mood(handler: _Handler, reply: Reply) -> None:
        handler.owner.stopping.wait(seconds)
        well(handler, reply)

    return mood
