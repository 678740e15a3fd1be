"""Camera stills side by side, each with its place and its age; a picture that is no longer new fades under a clock mark."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import htpy
from htpy import button, div, h2, header, img, li, ol, p, section, span

from dashboard import text
from dashboard.parts.marks import age, clock_mark, state_of, value_words
from dashboard.parts.tile import hooks
from layers.snapshot import Freshness, Reading
from layers.stills import Camera, Still

if TYPE_CHECKING:
    from dashboard.page import View

SHOWN = 8
"""At most so many pictures; the style shows as many whole ones as there is room for."""

NAMED = 2
TURN = 60
"""Seconds after which the next pictures have their turn, where a city has more cameras."""


def stills(cameras: Sequence[Still], alive: Reading | None, view: View, *, element: str = "stills") -> htpy.Element:
    """The newest pictures. Without any picture at all the place is left to the rest of the scene."""
    with_picture = [(still.camera, still.at) for still in cameras if still.at is not None]
    if not with_picture:
        return section(id=element, hidden=True)
    without = [still.camera.title for still in cameras if still.at is None]
    first = int(view.now.timestamp() // TURN) * SHOWN % len(with_picture) if len(with_picture) > SHOWN else 0
    turn = [*with_picture[first:], *with_picture[:first]][:SHOWN]
    title = text.say(view.lang, "Kamera")
    return section(".stills", id=element, aria_label=title)[
        header[
            h2[title],
            p(".without")[_without(without, view)] if without else None,
            _alive(alive, view) if alive and alive.value is not None else None,
        ],
        ol[[_still(camera, at, view) for camera, at in turn]],
    ]


def _without(titles: Sequence[str], view: View) -> str:
    """Cameras without a picture: the first by name, the others counted."""
    more = f" +{len(titles) - NAMED}" if len(titles) > NAMED else ""
    return text.say(view.lang, "tanpa gambar: {names}", names=", ".join(titles[:NAMED]) + more)


def _alive(reading: Reading, view: View) -> htpy.Element:
    kpi = view.catalog[reading.kpi]
    words = f"{kpi.short[view.lang]} {value_words(reading, kpi, view)}"
    return span(".alive", hooks(reading, view))[button(".aside", type="button", aria_haspopup="dialog")[words]]


def _still(camera: Camera, at: datetime, view: View) -> htpy.Element:
    fresh = Freshness(observed_at=at, fetched_at=at, budget=camera.budget)
    place = view.tree.name(camera.area) if camera.area and camera.area in view.tree.areas else None
    return li(".still", {"data-state": state_of(fresh, view).value})[
        div(".picture")[img(src=f"/gambar/{camera.source}/{camera.name}?t={at.timestamp():.0f}", alt=camera.title), clock_mark()],
        p(".caption")[span(".where")[" · ".join(filter(None, (camera.title, place)))], age(fresh, view)],
    ]
