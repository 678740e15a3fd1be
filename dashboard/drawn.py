"""A page as it was drawn at one version, who shares it, and the bytes that browsers are sent of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import orjson

from dashboard.bodies import Body, Event
from dashboard.page import Document, Lang, Page, View
from layers.model import Scope


@dataclass(frozen=True, slots=True)
class Key:
    """What decides how a page looks, beside the version: all who share it share the bytes."""

    page: Page
    params: tuple[tuple[str, str], ...]
    lang: Lang
    scope: Scope


@dataclass(slots=True)
class Drawn:
    """A page at one version, and the bytes made from it so far; ``at`` is when it was drawn, by the monotonic clock."""

    document: Document
    view: View
    at: float
    html: Body | None = None
    whole: Body | None = None
    deltas: dict[int | None, Event] = field(default_factory=dict)
    moved: frozenset[str] = frozenset()
    """Parts that an earlier drawing of the same version had otherwise: a browser may hold either."""
    stale: bool = False
    """Whether something that it shows has changed since, without a new snapshot."""
    letters: int = field(init=False)

    def __post_init__(self) -> None:
        self.letters = sum(map(len, self.document.parts.values()))


def role_class(scope: Scope) -> Scope:
    """The scope without the person: what may be shared by all with the same rights."""
    return replace(scope, user=scope.role.value)


def key(scope: Scope, page: Page, params: Mapping[str, str], lang: Lang) -> Key:
    """The key of a page for an asker: without the person, whatever the order of the parameters."""
    return Key(page, tuple(sorted(params.items())), lang, role_class(scope))


def between(known: Drawn | None, new: Document) -> Document:
    """What a browser lacks that holds a drawing of ``known``'s version."""
    if known is None:
        return new
    parts = {key: html for key, html in new.parts.items() if key in known.moved or known.document.parts.get(key) != html}
    return replace(new.since(known.document), parts=parts)


def encode_document(sent: Document, base: int | None) -> bytes:
    """A document as JSON; ``base`` names the version that it is the difference to, ``None`` for a whole one."""
    return orjson.dumps({"version": sent.version, "base": base, "parts": sent.parts, "areas": sent.areas})
