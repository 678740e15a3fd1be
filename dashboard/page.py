"""What a page is: a path, who may open it, and pure functions from a snapshot to markup and map colours.

A page is one file in ``dashboard/pages`` that declares ``PAGE = Page(...)``. The same functions draw
the first paint and every later update: a :class:`Document` is the parts and the colours of a page at
one version, and a browser that holds one version is sent only what differs from it.

The frame around a layout (``dashboard/shell.py``) and ``assets/live.js`` agree with the parts on these marks:

* ``<html lang data-theme>``, ``<body data-page data-version>``; the banner ``#terputus`` (``hidden`` while the server is
  there), the evidence ``<dialog id="kartu">``; ``base.css`` and then ``<theme>.css`` are linked.
* ``[data-kpi]`` opens its evidence on click and Enter (for the area ``data-scope`` and the OPD ``data-opd`` where not the
  whole city); inside it a ``button`` may carry the focus, else give it ``tabindex=0`` and ``role=button``.
* ``[data-area]`` inside an ``svg`` is a map shape, recoloured in place (``class``, ``data-value``, ``aria-label``); the
  link around it opens ``/kelurahan/<code>``.
* ``<time data-observed="ISO" data-budget="seconds">`` shows an age that ticks; it and its nearest ``[data-state]``
  ancestor get ``data-state`` live, late, stale or never by the server's clock. ``[data-sources]`` holds ``[title, observed,
  budget]`` of every source in seconds and has its words said anew from them. ``<time data-clock="Asia/Jakarta">`` is a
  clock in that zone.
* ``form[data-cut]`` holds the page's filters (``category``, ``channel``, ``opd``, ``days``) and works without scripts; with
  them the drilled parts come back by a Dash callback and replace those with the same ids. ``form[data-ask]`` asks for its
  page anew at each choice. ``a[data-turn]`` leads to the same page at another address: with scripts its parts are replaced
  in place; one with ``data-turn=<name>`` and ``data-key`` sets that name of the address, or takes it out where it is so.
* A part that was replaced gets the class ``changed`` for 300 ms.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Literal, cast
from urllib.parse import urlencode

import htpy
from markupsafe import Markup

from dashboard.parts import download
from dashboard.parts.alarmcount import alarm_count
from layers.alarmbook import AlarmLog
from layers.briefs import Shelf
from layers.city import City
from layers.model import Role, Scope
from layers.orders import Order
from layers.snapshot import Band, Reading, Snapshot

if TYPE_CHECKING:
    from dashboard.export.sheet import Sheet
    from dashboard.reach import Reach
    from layers.analysis.desk import Analyst
    from layers.areas import AreaTree
    from layers.boundaries import MapAsset
    from layers.catalog import Kpi
    from layers.changes import Answer, Question
    from layers.drill import Drill, Query
    from layers.room import Room as Figures
    from layers.rows import Rows
    from layers.rowstream import Every
    from layers.savedviews import SavedView
    from layers.screens import Screen
    from layers.stills import Still
    from layers.suspicion import Suspicion

Lang = Literal["id", "en"]

FILTERS = ("category", "channel", "opd", "days")
"""What a page may be narrowed by, in its address and in the drill callback."""

EVERYONE = frozenset(Role)
"""Roles of a page that shows aggregates only."""


NO_LOG = AlarmLog()


def own(reading: Reading) -> Reading:
    """A reading over a part of the city's rows, without the target and the band that were set for the whole city."""
    return replace(reading, target=None, band=Band.NORMAL)


def checked(reading: Reading, snapshot: Snapshot) -> Reading:
    """A reading computed on demand, with the mark of the published one of the same cut where that does not agree."""
    published = snapshot.reading(reading.kpi, reading.area, reading.opd)
    return replace(reading, mismatch=published.mismatch) if published else reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Bygone:
    """The moment gone by that a page shows, as it is known ``now`` or was known then.

    ``pada`` is the moment as addresses write it; ``other`` gives the same reading by the other account. The addresses are
    those of the same page by either account, and of the live one.
    """

    at: datetime
    now: bool
    pada: str
    then_address: str
    now_address: str
    live_address: str
    other: Callable[[Reading], Reading | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a page may know beside the snapshot: who asks, where, in which words.

    ``params`` holds the values of the path (``code``), the filters of :data:`FILTERS` and what the page ``asks``, checked
    before they come here. ``drill`` cuts the frames in this process's memory, and ``changes`` splits a change, for the scope of
    the asker; they are ``None`` while there are no frames. ``scope`` names a role and its limits, never a person: what is drawn
    is shared by all who have the same rights. ``past`` is set on a page of the past, whose ``now`` is that moment.
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
    changes: Callable[[Question], Answer] | None = None
    quarantine: Callable[[str], Sequence[tuple[str, str, int]] | None] = lambda _source: ()
    """``(field, reason, rows)`` of a source's open quarantine: counts only, so everybody may see them. ``None``: unknown."""
    rows: Callable[[str, Query, int, str], Rows] | None = None
    """The rows behind a KPI at a cut, by page and order, for the scope of the asker; ``None`` while there are no frames."""
    every: Callable[[str, Query, str], Every] | None = None
    """All of them in an order, for who may take them away."""
    past: Bygone | None = None
    figures: Callable[[], Figures] | None = None
    """The rows at the snapshot's moment, for functions that take the asker's scope first; ``None`` while there are no frames."""
    analyst: Analyst | None = None
    """Whoever asks, as someone who analyses; ``None`` while there are no frames."""

    suspicions: Callable[[], Sequence[Suspicion]] | None = None
    """Closings to be looked at, among the rows that the asker may see; ``None`` for who may see none, or without frames."""

    alarm_log: Callable[[Collection[str]], AlarmLog | None] = lambda _alarms: NO_LOG
    """The last days' alarms, and what was done about these and the ones named. ``None``: the store cannot be asked."""
    ringing: int = 0
    """Alarms within the asker's scope that nobody has taken, for the navigation."""
    orders: Callable[[], Sequence[Order] | None] = lambda: ()
    """The orders that the asker may see. ``None``: the accounts' database cannot be asked."""
    address: str | None = None
    """Where people find the room, as they type it; ``None`` where nobody has said."""
    code: Callable[[str, datetime], str] | None = None
    """The code that lets a telephone steer a screen; ``None`` for who may not see it."""
    screens: Callable[[], Sequence[Screen] | None] = lambda: ()
    """The room's screens and their last reports. ``None``: the accounts' database cannot be asked."""
    shelf: Callable[[str | None, date | None], Shelf | None] = lambda _opd, _day: Shelf(brief=None, days=())
    """The brief of the city or of an OPD for a day, the newest without one. ``None``: the store cannot be asked."""
    saved: Callable[[], Sequence[SavedView] | None] = lambda: ()
    """The asker's saved views, on a ``fresh`` page. ``None``: the accounts' database cannot be asked."""
    stills: Callable[[], Sequence[Still]] = lambda: ()
    """The cameras of the pack with the age of their pictures; none on a page of the past, for nothing is recorded."""
    reach: Reach | None = None
    """What people and citizens wrote, for an OPD's desk; ``None`` where there are no accounts."""
    demo: bool = False
    """Whether this is the demo on its own machine, where people are shown around."""

    @property
    def limited(self) -> bool:
        """Whether the asker's rights cover less than the whole city, so that the city's figures are not theirs."""
        return self.scope.limited


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaPaint:
    """How one area of the map looks: CSS class, the number behind it (``None``: no value), its spoken label."""

    cls: str
    value: float | None
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What a part of a page gives as a file: its ``sheet``, made of what the page itself is drawn of, for the asker's Scope.

    ``areas``: its rows name areas (or do at some addresses), so that it comes with their boundaries too; ``map``: its picture
    is the page's map. ``rows``: it holds rows, so only who may take them out gets it. ``words`` call its menu (Indonesian).
    """

    sheet: Callable[[Snapshot, View], Sheet]
    areas: bool | Callable[[View], bool] = False
    map: bool | Callable[[View], bool] = False
    rows: bool = False
    words: str = "Unduh"

    def mapped(self, view: View) -> bool:
        """Whether its picture is the map."""
        return self.map(view) if callable(self.map) else self.map


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Page:
    """One page. ``parts`` maps an element's id to the element, which carries that same id.

    ``layout`` puts the parts in their places, with the map's shapes in the colours that ``areas`` gave. ``asks`` are
    what the page's own address may ask beside :data:`FILTERS`: name -> pattern of the whole value. They come with the
    page's other ``View.params``. A ``fresh`` page is drawn anew for each visitor, for its layout reads a database; what a
    person fills in stands in the layout, for only parts are replaced by a new snapshot. A ``long`` page's answers may take
    their time: it is drawn in threads of its own (:mod:`dashboard.lane`). ``sheets`` are the elements that can be taken out as
    files (:mod:`dashboard.export`), by their ids; a key that is no element's comes with the whole page only.
    """

    path: str
    title: Mapping[Lang, str]
    theme: Literal["dark", "light"]
    roles: frozenset[Role]
    parts: Callable[[Snapshot, View], dict[str, htpy.Element]]
    layout: Callable[[dict[str, htpy.Element], View, Mapping[str, AreaPaint]], htpy.Element]
    areas: Callable[[Snapshot, View], dict[str, AreaPaint]] | None = None
    asks: Mapping[str, str] = field(default_factory=dict)
    fresh: bool = False
    long: bool = False
    readings: Callable[[View], Mapping[str, Reading]] | None = None
    """Figures that the page computes itself, by KPI: an evidence card that is opened on it shows these."""
    sheets: Mapping[str, Export] = field(default_factory=dict)

    @property
    def whole(self) -> Mapping[str, Export]:
        """What comes with the whole page: figures, never rows."""
        return {key: export for key, export in self.sheets.items() if not export.rows}

    @property
    def named(self) -> frozenset[str]:
        """The names of the values in its path."""
        return frozenset(re.findall(r"\{(\w+)\}", self.path))

    def address(self, params: Mapping[str, str], more: Mapping[str, str] | None = None) -> str:
        """This page's address with what ``params`` hold of its path, its filters and what it asks."""
        path = re.sub(r"\{(\w+)\}", lambda found: params[found[1]], self.path)
        taken = {name: params[name] for name in (*FILTERS, *self.asks) if name in params and name not in self.named}
        return f"{path}?{urlencode(asked)}" if (asked := taken | dict(more or {})) else path

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
    parts = page.parts(snapshot, view)
    if page.theme == "light":
        parts["alarm-count"] = alarm_count(view)
    if page.whole:
        parts[download.PART] = download.page_menu(page, view)
    return Document(
        version=snapshot.version,
        parts=download.with_menus({key: str(element) for key, element in parts.items()}, page, view),
        areas={code: (paint.cls, paint.value, paint.label) for code, paint in paints.items()},
    )


def layout(page: Page, drawn: Document, view: View) -> str:
    """The page's layout around parts that are drawn already."""
    ready = {key: Markup(html) for key, html in drawn.parts.items()}  # noqa: S704 - drawn by htpy, escaped there
    paints = {code: AreaPaint(cls=cls, value=value, label=label) for code, (cls, value, label) in drawn.areas.items()}
    body = str(page.layout(cast("dict[str, htpy.Element]", ready), view, paints))
    head, end, tail = download.with_menus({"": body}, page, view)[""].partition("</main>")
    return "".join((head, drawn.parts.get(download.PART, ""), end, tail))


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
