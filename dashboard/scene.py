"""What a scene of the wall is: the picture between the wall's header and its footer, one file each in ``dashboard/scenes``.

Which scenes a city's wall shows, in which order, for how long and with which figures is in its pack (``[[wall.scenes]]``).
Every screen finds the scene that is due from the server's clock alone, so that the screens of a room stay in step.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import MappingProxyType
from urllib.parse import urlencode

import htpy

from dashboard.page import AreaPaint, Lang, View
from layers.city import City, SceneConfig
from layers.remote import Steering
from layers.screens import Panel
from layers.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a scene shows in one city: at most eight ``tiles``, the KPI of its ``map`` and of its ``ranking``."""

    name: str
    seconds: float
    tiles: tuple[str, ...] = ()
    map: str | None = None
    ranking: str | None = None


Layout = Callable[[Mapping[str, htpy.Element], View, Shown, Mapping[str, AreaPaint]], htpy.Element]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """One scene. ``parts`` and ``layout`` are as a page's; ``usual`` is what it shows where the pack says nothing.

    ``order`` is its place among all scenes where the pack names none.
    """

    order: int
    title: Callable[[View], str]
    usual: Callable[[City], SceneConfig]
    parts: Callable[[Snapshot, View, Shown], dict[str, htpy.Element]]
    layout: Layout
    main: Layout | None = None
    """The one thing that a single panel far away shows beside the first tiles; without it: more tiles."""


@cache
def scenes() -> Mapping[str, Scene]:
    """Every scene declared in ``dashboard/scenes`` (``SCENE``) by the name of its file, in their order."""
    package = importlib.import_module("dashboard.scenes")
    names = [module.name for module in pkgutil.iter_modules(package.__path__) if not module.name.startswith("_")]
    found = {name: importlib.import_module(f"dashboard.scenes.{name}").SCENE for name in names}
    return MappingProxyType(dict(sorted(found.items(), key=lambda item: item[1].order)))


def rotation(city: City, screen: str | None = None) -> tuple[Shown, ...]:
    """The scenes of a city's wall in their turn, or of one ``screen``; raises ``ValueError`` for one that there is not."""
    wanted = city.wall.scenes or tuple(SceneConfig(name=name) for name in scenes())
    if (own := city.wall.screen(screen)) and own.scenes:
        known = {config.name: config for config in wanted}
        wanted = tuple(known.get(name) or SceneConfig(name=name) for name in own.scenes)
    if strange := {config.name for config in wanted} - {*scenes()}:
        raise ValueError(f"wall.scenes: tidak ada adegan {', '.join(sorted(strange))}; yang ada: {', '.join(scenes())}")
    return tuple(_shown(config, city) for config in wanted)


def ahead(city: City, screen: str | None) -> int:
    """By how many places a screen is ahead of the room's turn."""
    own = city.wall.screen(screen)
    return own.offset if own else 0


def showing(city: City, screen: str | None, held: Steering | None, now: datetime) -> str:
    """The scene that a screen shows by the clock, and by what it was told; the same as in ``assets/wall.js``."""
    names = [scene.name for scene in rotation(city, screen)]
    if held is None:
        return names[_place(city, screen, now)]
    if held.scene is not None and (held.scene not in names or held.steps == 0):
        return held.scene
    at = names.index(held.scene) if held.scene else _place(city, screen, held.since)
    return names[(at + held.steps) % len(names)]


def _place(city: City, screen: str | None, moment: datetime) -> int:
    """Which of a screen's scenes has its turn at a moment."""
    turns = rotation(city, screen)
    left = moment.timestamp() % sum(scene.seconds for scene in turns)
    for place, scene in enumerate(turns):
        if left < scene.seconds:
            return (place + ahead(city, screen)) % len(turns)
        left -= scene.seconds
    return ahead(city, screen) % len(turns)


def _shown(config: SceneConfig, city: City) -> Shown:
    usual = scenes()[config.name].usual(city)
    return Shown(
        name=config.name,
        seconds=config.dwell.total_seconds(),
        tiles=config.tiles or tuple(name for name in usual.tiles if name not in city.kpis_off),
        map=config.map or usual.map,
        ranking=config.ranking or usual.ranking,
    )


def shown(view: View) -> Shown:
    """The scene that an address asks for (``?adegan=``), also one that has no turn in this city; else the first."""
    turn, name = rotation(view.city, view.params.get("layar")), view.params.get("adegan")
    if name is None:
        return turn[0]
    return next((scene for scene in turn if scene.name == name), None) or _shown(SceneConfig(name=name), view.city)


ASKS: Mapping[str, str] = {
    "inci": r"[1-9]\d{1,2}(\.\d{1,2})?",
    "jarak": r"[1-9]\d?(\.\d{1,2})?",
    "piksel": r"([2-9]\d\d|1?[1-9]\d{3})x([2-9]\d\d|1?[1-9]\d{3})",
    "layar": r"[a-z0-9][a-z0-9 _.-]{0,39}",
}
"""What an address of the wall says of its screen: diagonal, distance, pixels where it is not 16:9, name."""


def sparse(view: View) -> bool:
    """Whether the screen that the address declares shows fewer and larger things."""
    panel = Panel.read(*(view.params.get(name) for name in ("inci", "jarak", "piksel")))
    return panel is not None and panel.sparse


def address(view: View, name: str) -> str:
    """Where a scene stands still, on the same screen."""
    return f"/dinding?{urlencode({'adegan': name, 'diam': '', **{ask: view.params[ask] for ask in ASKS if ask in view.params}})}"


def titled(indonesian: str, english: str) -> Callable[[View], str]:
    """A title in the screen's language."""
    words: Mapping[Lang, str] = {"id": indonesian, "en": english}
    return lambda view: words[view.lang]
