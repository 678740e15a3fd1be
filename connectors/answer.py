"""What a source answered: read strictly, unpacked within a bound, judged by the action that it asks for."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isnan
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import httpx
from defusedxml import DefusedXmlException
from defusedxml import ElementTree as SafeXml

from connectors.source import AskForAccess, FormChanged, SlowDown, TryLater
from layers import clock

RETRY_AFTER = (1.0, 3600.0)
"""What a Retry-After is clamped to, in seconds."""

_KEY = re.compile(r"/(?=[^/]*\d)[^/]{16,}")
"""A part of a path that is long and has digits in it: a service's key, as far as we know."""

_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class Unwell(Exception):
    """An answer that is worth another try at once."""


def bare(url: str) -> str:
    """An address for messages, without what may be a secret: user, password, parameters, and keys in its path."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{_KEY.sub('/…', parts.path)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer. ``text``, ``json`` and ``xml`` raise for anything else than agreed."""

    url: str
    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def text(self) -> str:
        """The body decoded by its byte order mark, the charset of its header, or UTF-8; never by guessing."""
        declared = httpx.Response(200, headers={"Content-Type": self.headers.get("Content-Type", "")}).charset_encoding
        charset = next((name for mark, name in _MARKS.items() if self.body.startswith(mark)), declared or "utf-8")
        try:
            return self.body.decode(charset)
        except (UnicodeError, LookupError) as error:
            raise FormChanged(f"pengodean aksara jawaban bukan {charset}: {self.url}") from error

    def json(self) -> Any:
        """The body as JSON; a login page asks for access, a body that is cut off or empty asks to try later."""
        self.need_data()
        text = self.text.strip()
        if not text:
            raise TryLater(f"jawaban kosong: {self.url}")
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            if text[:1] in ("[", "{") and text[-1:] not in ("]", "}"):
                raise TryLater(f"jawaban terpotong setelah {len(self.body)} bita: {self.url}") from error
            raise FormChanged(f"jawaban bukan JSON ({error}): {self.url}") from error

    def xml(self) -> Element:
        """The body as XML, without entities or external references; cut off as for :meth:`json`."""
        self.need_data()
        try:
            root: Element = SafeXml.fromstring(self.body)
        except (SafeXml.ParseError, DefusedXmlException, ValueError, LookupError) as error:
            start, end = self.body.lstrip()[:1], self.body.rstrip()[-1:]
            if start == b"<" and end != b">":
                raise TryLater(f"jawaban terpotong setelah {len(self.body)} bita: {self.url}") from error
            raise FormChanged(f"jawaban bukan XML ({error}): {self.url}") from error
        return root

    def need_data(self) -> None:
        """Raise when an HTML page came where data were expected: a login page asks for access."""
        start = self.body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if start.startswith((b"<!doctype html", b"<html")):
            if re.search(rb"type\s*=\s*[\"']?password", self.body, re.IGNORECASE):
                raise AskForAccess(f"sumber menampilkan halaman masuk, bukan data: {self.url}")
            raise FormChanged(f"sumber menampilkan halaman HTML, bukan data: {self.url}")


def retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After asks for (a number or a date), clamped; ``None`` for none or junk."""
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        seconds = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()
    low, high = RETRY_AFTER
    return None if isnan(seconds) else min(max(seconds, low), high)


def judge(answer: Answer) -> Answer:
    """Let 2xx and 304 pass; raise what any other status asks for.

    502, 503 and 504 are :class:`Unwell`, worth another try; but who names a time (429, or 503 with
    Retry-After) is asked again no sooner.
    """
    status, where = answer.status, answer.url
    if 200 <= status < 300 or status == 304:
        return answer
    wait = answer.headers.get("Retry-After")
    if status == 429 or (status == 503 and wait is not None):
        raise SlowDown(f"sumber meminta jeda (HTTP {status}): {where}", retry_after(wait, clock.now()))
    if status in (502, 503, 504):
        raise Unwell(f"sumber sedang tidak sehat (HTTP {status})")
    if status in (401, 403, 407):
        raise AskForAccess(f"sumber menolak akses (HTTP {status}): {where}")
    if status >= 500 or status in (408, 425):
        raise TryLater(f"sumber sedang tidak sehat (HTTP {status}): {where}")
    raise FormChanged(f"sumber tidak mengenal permintaan (HTTP {status}): {where}")


@dataclass(slots=True, kw_only=True)
class Unpacker:
    """Hands on an answer's bytes, unpacked, and never more than ``limit`` of them: a gzip bomb stays small."""

    url: str
    limit: int
    coding: str
    write: Callable[[bytes], object]
    size: int = 0
    packed: zlib._Decompress | None = field(default=None)

    def __post_init__(self) -> None:
        if self.coding in ("gzip", "x-gzip", "deflate"):
            self.packed = zlib.decompressobj(47)
        elif self.coding not in ("", "identity"):
            raise FormChanged(f"sumber memampatkan dengan {self.coding!r} tanpa diminta: {self.url}")

    def add(self, chunk: bytes) -> None:
        while chunk:
            if self.packed is None:
                self._hand_on(chunk)
                return
            try:
                plain = self.packed.decompress(chunk, self.limit - self.size + 1)
            except zlib.error as error:
                raise FormChanged(f"jawaban termampat rusak: {self.url}") from error
            self._hand_on(plain)
            chunk = self.packed.unconsumed_tail
            if self.packed.eof and (chunk := self.packed.unused_data):
                self.packed = zlib.decompressobj(47)

    def finish(self) -> None:
        """Raise if the packed stream did not end."""
        if self.packed is not None and self.size and not self.packed.eof:
            raise Unwell("jawaban termampat terpotong")

    def _hand_on(self, plain: bytes) -> None:
        self.size += len(plain)
        if self.size > self.limit:
            raise FormChanged(f"jawaban lebih dari {self.limit >> 20} MB: {self.url}")
        self.write(plain)
