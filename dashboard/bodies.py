"""What goes over the wire: bodies that are compressed once, and static files named by their content.

A :class:`Body` is shared by every request for it, so its compression is paid once however many browsers ask.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import brotli
from starlette.requests import Request
from starlette.responses import Response

NO_STORE = "no-store"
IMMUTABLE = "private, max-age=31536000, immutable"
_CODINGS: Mapping[str, Callable[[bytes, int], bytes]] = {
    "br": lambda raw, effort: brotli.compress(raw, quality=effort),
    "gzip": lambda raw, effort: gzip.compress(raw, effort, mtime=0),
}
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}
_SQUEEZED = frozenset({".png", ".ico", ".woff2"})
_SMALL = 512
"""Bytes below which compressing gains nothing."""


class Body:
    """The bytes of one answer in every coding that was asked for so far."""

    __slots__ = ("_coded", "_effort", "etag", "raw", "type")

    def __init__(self, raw: bytes, type_: str, *, effort: int = 5) -> None:
        """``effort`` is the compressor's (1-9); 0 leaves the bytes as they are."""
        self.raw = raw
        self.type = type_
        self.etag = f'"{hashlib.sha256(raw).hexdigest()[:16]}"'
        self._effort = effort if len(raw) >= _SMALL else 0
        self._coded: dict[str, bytes] = {}

    def coded(self, accept: str) -> tuple[bytes, str | None]:
        """The bytes in the best coding that ``accept`` (an Accept-Encoding header) allows, and its name."""
        coding = next((c for c in _CODINGS if c in accepted(accept)), None) if self._effort else None
        if coding is None:
            return self.raw, None
        if coding not in self._coded:
            self._coded[coding] = _CODINGS[coding](self.raw, self._effort)
        return self._coded[coding], coding

    def ready(self) -> Body:
        """Compress now rather than at the first request."""
        for coding in _CODINGS:
            self.coded(coding)
        return self

    def answer(self, request: Request, *, cache: str = NO_STORE, status: int = 200) -> Response:
        """The answer to ``request``: 304 where the asker holds these bytes already."""
        headers = {"cache-control": cache, "etag": self.etag, "vary": "accept-encoding"}
        if self.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        content, coding = self.coded(request.headers.get("accept-encoding", ""))
        if coding:
            headers["content-encoding"] = coding
        return Response(content, status, headers, self.type)


def accepted(header: str) -> set[str]:
    """The codings that an Accept-Encoding header allows."""
    parts = (part.strip().lower().partition(";") for part in header.split(","))
    return {name.strip() for name, _, weight in parts if not re.fullmatch(r"\s*q=0(\.0*)?", weight)}


class Event:
    """One event of a stream, framed once and compressed once for every browser that is sent it.

    Compressed, an event is deflate blocks of its own that end on a byte and look back at nothing, so the
    same bytes fit into any gzip stream that was begun with :data:`GZIP_HEADER`.
    """

    __slots__ = ("_packed", "raw")

    def __init__(self, name: str, data: bytes) -> None:
        """``data`` is JSON on one line."""
        self.raw = b"event: %b\ndata: %b\n\n" % (name.encode(), data)
        self._packed: bytes | None = None

    def packed(self) -> bytes:
        if self._packed is None:
            packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
            self._packed = packer.compress(self.raw) + packer.flush(zlib.Z_FULL_FLUSH)
        return self._packed


GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


def whole(file: Path) -> bytes:
    """The file's bytes; what a style sheet imports from beside it stands in it, so that a browser asks once for all of it."""
    if file.suffix != ".css":
        return file.read_bytes()
    return re.sub(rb'@import "([\w/-]+\.css)";', lambda found: whole(file.parent / found[1].decode()), file.read_bytes())


class Assets:
    """Static files under addresses that name their content, ready compressed.

    ``url("name")`` gives a file's address; style sheets may refer to other files by their plain names.
    """

    def __init__(self, prefix: str, files: Mapping[str, bytes]) -> None:
        self.prefix = prefix
        self.bodies: dict[str, Body] = {}
        self._urls: dict[str, str] = {}
        for name, raw in sorted(files.items(), key=lambda item: item[0].endswith(".css")):
            self._add(name, raw)

    @classmethod
    def read(cls, prefix: str, folder: Path, more: Mapping[str, bytes]) -> Assets:
        """Every file of ``folder`` with a known ending, and ``more``; a style sheet with those that it imports."""
        found = {p.name: whole(p) for p in sorted(folder.iterdir()) if p.suffix in _TYPES}
        return cls(prefix, {**found, **more})

    def _add(self, name: str, raw: bytes) -> None:
        suffix = Path(name).suffix
        if suffix == ".css":
            raw = re.sub(rb'url\("?([\w.-]+)"?\)', lambda m: b'url("%b")' % self._beside(m[1].decode()), raw)
        address = f"{Path(name).stem}.{hashlib.sha256(raw).hexdigest()[:12]}{suffix}"
        self._urls[name] = self.prefix + address
        self.bodies[address] = Body(raw, _TYPES[suffix], effort=0 if suffix in _SQUEEZED else 9).ready()

    def url(self, name: str) -> str:
        """The address of a file by its plain name; raises ``KeyError`` for a file that is not there."""
        return self._urls[name]

    def _beside(self, name: str) -> bytes:
        """How a style sheet names another file: both lie in one folder, wherever that is."""
        return self.url(name).removeprefix(self.prefix).encode()

    def names(self, suffix: str) -> Iterable[str]:
        return [name for name in self._urls if name.endswith(suffix)]
