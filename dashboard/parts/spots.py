"""Marks on the map, one for an area: a shape for each state with its word in the legend, names beside those out of order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import htpy
from htpy import circle, g, li, path, section, span, svg, ul

from dashboard import text
from dashboard.parts.dots import Spot
from dashboard.parts.focus import focus
from dashboard.parts.labels import Box, box_of, place_labels
from dashboard.parts.map import LABEL_SIZE
from dashboard.parts.marks import age, band_shape, state_of
from layers.alarmtypes import Alarm
from layers.snapshot import Band, Freshness

if TYPE_CHECKING:
    from dashboard.page import View

SIZE = {Band.NORMAL: 4.4, Band.WATCH: 12.0, Band.ACT: 13.0}
"""Half the height of a mark, in units of a view box 1000 wide."""
NAME_SIZE = 16.0
NAMED = 14
"""At most so many are named on the map; the list beside it has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The state of an area: the band says the shape."""

    area: str
    band: Band


def spots(marks: Sequence[Mark], view: View, *, alarms: Sequence[Alarm] = (), element: str = "map-overlay") -> htpy.Element:
    """The marks, those out of order on top; the first of these bear their names where there is room."""
    asset = view.map
    there = [mark for mark in marks if mark.area in asset.labels]
    raised = sorted(there, key=lambda mark: list(Band).index(mark.band))
    inset = asset.inset
    larger = [(mark, spot) for mark in raised if inset and (spot := inset.enlarged(*asset.labels[mark.area]))]
    return svg(".overlay.spots", id=element, viewBox=f"0 0 {asset.width:g} {asset.height:g}", aria_hidden="true")[
        focus(alarms, view),
        [_mark(mark.band, asset.labels[mark.area]) for mark in raised],
        g(".inset")[[_mark(mark.band, spot) for mark, spot in larger]] if larger else None,
        g(".spot-names")[
            [htpy.text(x=f"{x:.0f}", y=f"{y:.0f}")[view.tree.name(code)] for code, (x, y) in _names(there, view).items()]
        ],
    ]


def _mark(band: Band, spot: Spot) -> htpy.Element:
    (x, y), half = spot, SIZE[band]
    if band is Band.NORMAL:
        return circle(".spot", cx=f"{x:.0f}", cy=f"{y:.0f}", r=f"{half:g}")
    place = f"translate({x - half:.0f} {y - half:.0f}) scale({half / 8:.3g})"
    return path(".spot", {"data-band": band.value}, d=band_shape(band), transform=place)


def _names(marks: Sequence[Mark], view: View) -> Mapping[str, Spot]:
    """Names of what is out of order, below its mark, clear of the kecamatan's names, of the marks and of what is enlarged."""
    asset = view.map
    bad = [mark for mark in sorted(marks, key=lambda m: -list(Band).index(m.band)) if mark.band is not Band.NORMAL]
    kecamatan = {code: view.tree.name(code).upper() for code in asset.kecamatan if code in view.tree.areas}
    placed = place_labels(kecamatan, asset.labels, LABEL_SIZE, asset.width, asset.height)
    taken: list[Box] = [box_of(kecamatan[code], spot, LABEL_SIZE) for code, spot in placed.items()]
    for mark in bad:
        (x, y), half = asset.labels[mark.area], SIZE[mark.band]
        taken.append((x - half, y - half, x + half, y + half))
    crowded = set()
    if asset.inset:
        (left, top, wide, high) = asset.inset.corner
        taken.append((left, top, left + wide, top + high))
        crowded = {mark.area for mark in bad if asset.inset.enlarged(*asset.labels[mark.area])}
    named = {mark.area: view.tree.name(mark.area) for mark in bad[:NAMED] if mark.area not in crowded}
    below = {code: (asset.labels[code][0], asset.labels[code][1] + 24.0) for code in named}
    return place_labels(named, below, NAME_SIZE, asset.width, asset.height, taken)


def spot_legend(
    marks: Sequence[Mark],
    words: Mapping[Band, str],
    data: Freshness,
    view: View,
    *,
    beside: str | None = None,
    element: str = "map-marks",
) -> htpy.Element:
    """What the shapes mean in words, how many there are of each, what has no place (``beside``), and how old that is."""
    counts = Counter(mark.band for mark in marks)
    return section(".legend-row", {"data-state": state_of(data, view).value}, id=element, hidden=not marks)[
        ul(".legend")[
            [
                li[_sign(band), span[f"{text.say(view.lang, said)} {text.number(counts[band], 0, view.lang)}"]]
                for band, said in words.items()
                if counts[band]
            ]
        ],
        span[beside] if beside else None,
        age(data, view),
    ]


def _sign(band: Band) -> htpy.Element:
    shape = circle(cx="8", cy="8", r="5.5") if band is Band.NORMAL else path(d=band_shape(band))
    return svg(".mark", {"data-band": band.value}, viewBox="0 0 16 16", aria_hidden="true")[shape]
