"""How a service's answers are turned over page by page: by number, by offset, by cursor, by link, or not at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, Self
from urllib.parse import urljoin, urlsplit

from pydantic import Field, model_validator

from connectors.answer import Answer
from connectors.declared.derived import Name
from connectors.declared.service import Query, found
from connectors.source import Config, FormChanged

_NAMES: Mapping[str, str] = {"page": "page", "offset": "offset", "cursor": "cursor"}
_LINK = re.compile(r'<([^>]*)>\s*;[^,]*\brel\s*=\s*"?next\b', re.IGNORECASE)

Where = str | int | None
"""The page to ask for next: its number, offset, cursor or address; ``None`` for the first."""


class Paging(Config):
    """How pages are asked for.

    ``name`` is the parameter of the page, offset or cursor, ``first`` the number of the first page (1; 0 for
    an offset), ``size`` the rows asked for by the parameter ``size_name``. ``next`` says where an answer holds
    the next cursor or address; without it a ``link`` is looked for in the header Link. ``total`` says where the
    number of all rows stands.

    Numbered pages end with an empty one: a page may be smaller than asked for, because the service has a bound
    of its own. A ``total`` saves that last question, but only where it is exactly what came and the page was not
    full: what it says is often wrong.
    """

    kind: Literal["none", "page", "offset", "cursor", "link"] = "none"
    name: Name | None = None
    first: int | None = None
    size: int | None = Field(default=None, ge=1, le=100_000)
    size_name: Name = "per_page"
    next: Query | None = None
    total: Query | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.kind == "cursor" and self.next is None:
            raise ValueError("next: belum diisi; nyatakan di mana jawaban menyebut kursor berikutnya")
        if self.kind not in ("cursor", "link") and self.next is not None:
            raise ValueError("next: hanya untuk kind cursor atau link")
        return self

    def params(self, where: Where) -> dict[str, Any]:
        """The parameters that ask for a page."""
        params: dict[str, Any] = {} if self.size is None or self.kind == "none" else {self.size_name: self.size}
        if self.kind in ("page", "offset"):
            params[self.name or _NAMES[self.kind]] = self._first if where is None else where
        elif self.kind == "cursor" and where is not None:
            params[self.name or _NAMES[self.kind]] = where
        return params

    def following(self, where: Where, count: int, got: int, answer: Answer, document: Any, url: str) -> Where:
        """The page after one of ``count`` rows, the last of ``got`` in all; ``None`` when there is no more."""
        if count == 0 or self.kind == "none":
            return None
        if self.kind in ("page", "offset"):
            at = self._first if where is None else int(where)
            return None if self._complete(count, got, document) else at + (1 if self.kind == "page" else count)
        after = found(self.next, document) if self.next is not None else _header(answer)
        if not after:
            return None
        if isinstance(after, bool) or not isinstance(after, str | int):
            raise FormChanged(f"paging.next: {self.next!r} bukan teks atau bilangan")
        after = _own(url, str(after)) if self.kind == "link" else after
        if after == where:
            raise FormChanged("sumber menunjuk halaman berikutnya yang sama, berhenti")
        return after

    @property
    def _first(self) -> int:
        return self.first if self.first is not None else int(self.kind == "page")

    def _complete(self, count: int, got: int, document: Any) -> bool:
        if self.total is None or self.size is None or count >= self.size:
            return False
        total = found(self.total, document)
        return str(total) == str(got)


def _header(answer: Answer) -> str | None:
    match = _LINK.search(answer.headers.get("Link", ""))
    return match[1] if match else None


def _own(url: str, link: str) -> str:
    """The address of a link; a service behind a proxy often names itself by another scheme or port."""
    own, parts = urlsplit(url), urlsplit(urljoin(url, link))
    return (parts._replace(scheme=own.scheme, netloc=own.netloc) if parts.hostname == own.hostname else parts).geturl()
