"""What a page is: a path, who may open it, and pure functions from a snapshot to markup and map colours.

A page is one file in ``dashboard/pages`` that declares ``PAGE = Page(...)``. The same functions draw
the first paint and every later update: a :class:`Document` is the parts and the colours of a page at
one version, and a browser that holds one version is sent only what differs from it.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Literal

import htpy

from layers.city import City
from layers.model import Role, Scope, Snapshot

if TYPE_CHECKING:
    from layers.areas import AreaTree
    from layers.boundaries import MapAsset
    from layers.catalog import Kpi
    from layers.drill import Drill, Query

Lang = Literal["id", "en"]

EVERYONE = frozenset(Role)
"""Roles of a page that shows aggregates only."""
PEOPLE = frozenset(Role) - {Role.SCREEN}
"""Roles of a page that a screen's token does not open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a page may know beside the snapshot: who asks, where, in which words.

    ``params`` holds the values of the path (``code``) and the page's own filters, checked before they
    come here. ``drill`` cuts the frames in this process's memory; it is ``None`` where a page is drawn
    for everybody at once (first paint and event stream), so that such a page depends on the snapshot alone.
    """

    now: datetime
    city: City
    tree: AreaTree
    map: MapAsset
    catalog: Mapping[str, Kpi]
    lang: Lang
    scope: Scope
    params: Mapping[str, str]
    drill: Callable[[Query], Drill] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaPaint:
    """How one area of the map looks: CSS class, the number behind it (``None``: no value), its spoken label."""

    cls: str
    value: float | None
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page. ``parts`` maps an element's id to the element, which carries that same id."""

    path: str
    title: Mapping[Lang, str]
    theme: Literal["dark", "light"]
    roles: frozenset[Role]
    parts: Callable[[Snapshot, View], dict[str, htpy.Element]]
    layout: Callable[[dict[str, htpy.Element], View], htpy.Element]
    areas: Callable[[Snapshot, View], dict[str, AreaPaint]] | None = None

    def match(self, path: str) -> dict[str, str] | None:
        """The values of the path's ``{names}``, or ``None`` if this is another page's path."""
        found = _pattern(self.path).fullmatch(path)
        return found.groupdict() if found else None


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[\\w.-]{1,40})", re.escape(path)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A page at one version: each part as HTML, each area as ``[class, value, label]``."""

    version: int
    parts: Mapping[str, str]
    areas: Mapping[str, tuple[str, float | None, str]]

    def since(self, base: Document) -> Document:
        """Only what differs from ``base``."""
        return Document(
            version=self.version,
            parts={key: html for key, html in self.parts.items() if base.parts.get(key) != html},
            areas={code: paint for code, paint in self.areas.items() if base.areas.get(code) != paint},
        )


def document(page: Page, snapshot: Snapshot, view: View) -> Document:
    """Draw a page's parts and colours."""
    paints = page.areas(snapshot, view) if page.areas else {}
    return Document(
        version=snapshot.version,
        parts={key: str(element) for key, element in page.parts(snapshot, view).items()},
        areas={code: (paint.cls, paint.value, paint.label) for code, paint in paints.items()},
    )


@cache
def pages() -> tuple[Page, ...]:
    """Every page declared in ``dashboard/pages``, by path; two pages never share one."""
    package = importlib.import_module("dashboard.pages")
    modules = (importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__))
    found = sorted((m.PAGE for m in modules if hasattr(m, "PAGE")), key=lambda page: page.path)
    paths = [page.path for page in found]
    if len(set(paths)) != len(paths):
        raise ValueError(f"two pages share a path: {paths}")
    return tuple(found)


def find_page(path: str) -> tuple[Page, dict[str, str]] | None:
    """The page at ``path`` and the values in it."""
    for page in pages():
        if (params := page.match(path)) is not None:
            return page, params
    return None
