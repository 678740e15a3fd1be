"""The map as SVG: areas in five classes of one blue, outlines, names that do not collide, dots and rings.

The shapes are drawn once; what changes is a class on each shape (:func:`paints`) and the small overlay
of dots and rings (:func:`map_overlay`), which lies on the shapes with the same view box.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import htpy
from htpy import a, button, circle, defs, div, g, i, li, path, pattern, rect, section, span, svg, ul, use
from markupsafe import Markup, escape

from dashboard import text
from dashboard.page import AreaPaint
from dashboard.parts.dots import Spot, ways_off
from dashboard.parts.dots import dots as marked
from dashboard.parts.focus import focus
from dashboard.parts.labels import Box, box_of, place_labels
from dashboard.parts.marks import raw, value_words
from dashboard.scene import sparse
from layers.alarmtypes import Alarm
from layers.model import UNPLACED
from layers.screens import SPARSE
from layers.snapshot import Attention, Band, Dot, Reading, Snapshot

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.boundaries import MapAsset
    from layers.catalog import Kpi
    from layers.mapasset import Inset

NO_DATA = "qn"
FAR_ROOM = (52, 38)
"""Units of the screen that the map has at least in the sparse composition, wide and high."""
Name = tuple[str, Spot]
RING = 13.0
"""Radius of the ring of an urgent case."""
NUMBER_SIZE = 15.0
"""Height of a counted mark's number on a large screen."""
NEW = timedelta(hours=1)
"""A complaint younger than this is a dot on the map."""
DOTS = 400
LABEL_SIZE = 17.0
"""Height of the names on a large screen, in units of a view box 1000 wide."""
SMALL_LABEL_SIZE = 30.0
"""The same on a telephone, where fewer names find room."""


def breaks(values: Sequence[float]) -> tuple[float, float, float]:
    """Upper ends of q1, q2 and q3: the quartiles of the values above zero (``q0`` is nothing); equal ends leave a class empty."""
    known = sorted(v for v in values if v > 0)
    if not known:
        return (0, 0, 0)
    low, middle, high = (known[min(int(len(known) * part), len(known) - 1)] for part in (0.25, 0.5, 0.75))
    return (low, middle, high)


def class_of(value: float, ends: tuple[float, float, float]) -> str:
    """The class of a value: ``q0`` up to zero, then by the ends, ``q4`` above the last."""
    return "q0" if value <= 0 else f"q{1 + sum(value > end for end in ends)}"


def paints(snapshot: Snapshot, view: View, kpi: Kpi) -> dict[str, AreaPaint]:
    """Class, value and spoken label of every kelurahan."""
    readings = {area.code: snapshot.reading(kpi.id, area.code) for area in view.tree.kelurahan}
    ends = breaks([r.value for r in readings.values() if r and r.value is not None])
    return {code: _paint(code, reading, ends, kpi, view) for code, reading in readings.items()}


def _paint(code: str, reading: Reading | None, ends: tuple[float, float, float], kpi: Kpi, view: View) -> AreaPaint:
    name = f"{view.tree.name(code)}, Kec. {view.tree.name(view.tree.parent(code) or code)}"
    if reading is None or reading.value is None:
        why = reading.why_none if reading else text.say(view.lang, "belum ada data")
        return AreaPaint(cls=NO_DATA, value=None, label=f"{name}: {why}")
    return AreaPaint(cls=class_of(reading.value, ends), value=reading.value, label=f"{name}: {value_words(reading, kpi, view)}")


def map_stage(
    view: View,
    paint: Mapping[str, AreaPaint],
    overlay: htpy.Element | None,
    *,
    selected: str | None = None,
    element: str = "map",
    turn: Callable[[str], str] | None = None,
) -> htpy.Element:
    """The shapes, each a link to its area's page, below the overlay and the names; ``turn`` makes them a filter of the page."""
    asset = view.map
    box = f"0 0 {asset.width:g} {asset.height:g}"
    title = text.say(view.lang, "Peta {city} per {unit}", city=view.city.name, unit=view.tree.unit)
    return div(".map", id=element, data_box=box, role="group", aria_label=title)[
        svg(".shapes", viewBox=box)[
            defs[_hatch()],
            g(id=f"{element}-ground")[
                g(".areas")[[_shape(code, d, paint.get(code), view, turn) for code, d in asset.paths.items()]],
                g(".districts")[[path(d=d) for d in asset.kecamatan.values()]],
                path(".city", d=asset.outline),
                _selected(asset, selected),
            ],
            _inset(asset.inset, element) if asset.inset else None,
        ],
        overlay,
        svg(".names", viewBox=box, aria_hidden="true")[
            _far_names(asset, view)
            if sparse(view)
            else [_names(asset, view, LABEL_SIZE, ".large"), _names(asset, view, SMALL_LABEL_SIZE, ".small")]
        ],
        _controls(view),
    ]


def _far_names(asset: MapAsset, view: View) -> htpy.Element:
    """Fewer names, as large as context must be on a screen far away: the map has :data:`FAR_ROOM` there."""
    size = far_size(asset)
    return _names(asset, view, size, ".far", style=f"--size: {size:.1f}px")


def far_size(asset: MapAsset) -> float:
    """Height of context on a map that is seen from afar, in units of its view box."""
    return SPARSE / 2 * max(asset.width / FAR_ROOM[0], asset.height / FAR_ROOM[1])


def _hatch() -> htpy.Element:
    return pattern(id="hatch", width="9", height="9", patternUnits="userSpaceOnUse", patternTransform="rotate(45)")[
        rect(".hatch-ground", width="9", height="9"), rect(".hatch-line", width="2", height="9")
    ]


def _shape(code: str, d: str, paint: AreaPaint | None, view: View, turn: Callable[[str], str] | None) -> Markup:
    """One area; put together by hand, for a page has hundreds of them and all their points."""
    value, look = (raw(paint.value), paint.cls) if paint else ("", NO_DATA)
    code, d, label = escape(code), escape(d), escape(paint.label if paint else view.tree.name(code))
    to = f'href="{escape(turn(code))}" data-turn="area" data-key="{code}"' if turn else f'href="/kelurahan/{code}"'
    shape = f'<path data-area="{code}" data-value="{value}" class="{look}" d="{d}" role="img" aria-label="{label}"></path>'
    return Markup(f"<a {to}>{shape}</a>")  # noqa: S704 - what is given is escaped above


def _inset(inset: Inset, element: str) -> htpy.Element:
    """The crowded part once more, larger: the same shapes, so that every colour and every link is the same."""
    (x, y, w, h), (left, top, wide, high) = inset.core, inset.corner
    return g(".inset")[
        rect(x=f"{x:g}", y=f"{y:g}", width=f"{w:g}", height=f"{h:g}"),
        svg(x=f"{left:g}", y=f"{top:g}", width=f"{wide:g}", height=f"{high:g}", viewBox=f"{x:g} {y:g} {w:g} {h:g}")[
            use(href=f"#{element}-ground")
        ],
        rect(x=f"{left:g}", y=f"{top:g}", width=f"{wide:g}", height=f"{high:g}"),
    ]


def _selected(asset: MapAsset, code: str | None) -> htpy.Element | None:
    d = asset.paths.get(code or "") or asset.kecamatan.get(code or "")
    return path(".selected", d=d) if d else None


def _names(asset: MapAsset, view: View, size: float, kind: str, *, style: str | None = None) -> htpy.Element:
    whole, crowded, larger = _placed(asset, view, size)
    return g(kind, style=style)[
        [_name(*name) for name in whole],
        g(".crowded")[[_name(*name) for name in crowded]] if asset.inset else None,
        g(".inset")[[_name(*name) for name in larger]] if asset.inset else None,
    ]


def _placed(asset: MapAsset, view: View, size: float) -> tuple[list[Name], list[Name], list[Name]]:
    """The kecamatan's names where they stand: on the map, on its crowded part, and in the corner that shows that part larger."""
    names = {code: view.tree.name(code).upper() for code in asset.kecamatan if code in view.tree.areas}
    spots = place_labels(names, asset.labels, size, asset.width, asset.height)
    if asset.inset is None:
        return [(names[code], spot) for code, spot in spots.items()], [], []
    x0, y0, wide, high = asset.inset.corner
    moved = {code: spot for code in names if (spot := asset.inset.enlarged(*asset.labels[code]))}
    within = {code: (x - x0, y - y0) for code, (x, y) in moved.items()}
    larger = place_labels({code: names[code] for code in moved}, within, size, wide, high)
    return (
        [(names[code], spot) for code, spot in spots.items() if code not in moved],
        [(names[code], spot) for code, spot in spots.items() if code in moved],
        [(names[code], (x + x0, y + y0)) for code, (x, y) in larger.items()],
    )


def _boxes(asset: MapAsset, view: View) -> list[Box]:
    """The room that names take on the whole map."""
    size = far_size(asset) if sparse(view) else LABEL_SIZE
    whole, _, larger = _placed(asset, view, size)
    return [box_of(words, spot, size) for words, spot in (*whole, *larger)]


def _name(words: str, spot: tuple[float, float]) -> htpy.Element:
    return htpy.text(x=f"{spot[0]:.0f}", y=f"{spot[1]:.0f}")[words]


def _controls(view: View) -> htpy.Element:
    actions = (("in", "+", "Perbesar peta"), ("out", "−", "Perkecil peta"), ("reset", "↺", "Tampilkan seluruh wilayah"))
    return div(".map-controls")[
        [button(type="button", data_zoom=key, aria_label=text.say(view.lang, words))[sign] for key, sign, words in actions]
    ]


def map_overlay(
    dots: Sequence[Dot], cases: Sequence[Attention], view: View, *, alarms: Sequence[Alarm] = (), element: str = "map-overlay"
) -> htpy.Element:
    """New complaints as dots, urgent cases as rings, the most urgent case's area outlined; where the newest alarm is."""
    asset = view.map
    fresh = [dot for dot in dots if view.now - dot.at <= NEW][:DOTS]
    urgent = {case.area: case for case in cases if case.band is Band.ACT and case.area in asset.labels}
    first = next(iter(urgent), None)
    spots, rings = [asset.project(d.lat, d.lon) for d in fresh], [asset.labels[code] for code in urgent]
    size, names = far_size(asset) if sparse(view) else NUMBER_SIZE, _boxes(asset, view)
    return svg(".overlay", id=element, viewBox=f"0 0 {asset.width:g} {asset.height:g}", aria_hidden="true")[
        _selected(asset, first),
        focus(alarms, view),
        _marks(spots, rings, size, names),
        _enlarged_marks(asset.inset, spots, rings, size, names) if asset.inset else None,
    ]


def _marks(spots: Sequence[Spot], rings: Sequence[Spot], size: float, names: Sequence[Box]) -> list[htpy.Element]:
    return [
        marked(spots, size, names),
        g(".rings")[[_ring(*_off(spot, names)) for spot in rings]],
    ]


def _enlarged_marks(
    inset: Inset, spots: Sequence[Spot], rings: Sequence[Spot], size: float, names: Sequence[Box]
) -> htpy.Element:
    near, round_ = ([spot for x, y in points if (spot := inset.enlarged(x, y))] for points in (spots, rings))
    return g(".inset")[_marks(near, round_, size, names)]


def _off(spot: Spot, names: Sequence[Box]) -> Spot:
    """The place of a ring that leaves the name readable on which it would lie, as that of a kecamatan does."""
    return spot[0], spot[1] - next(iter(ways_off(spot, RING, names)), 0.0)


def _ring(x: float, y: float) -> htpy.Element:
    return g[circle(".ring", cx=f"{x:.0f}", cy=f"{y:.0f}", r=f"{RING:g}"), circle(".core", cx=f"{x:.0f}", cy=f"{y:.0f}", r="4.5")]


def map_legend(
    snapshot: Snapshot,
    view: View,
    kpi: Kpi,
    *,
    element: str = "map-legend",
    signs: bool = True,
    more: Sequence[htpy.Element] = (),
) -> htpy.Element:
    """What the classes mean, in words; what is hatched; how many have no place; ``more`` are a map's own signs."""
    readings = [snapshot.reading(kpi.id, area.code) for area in view.tree.kelurahan]
    values = [r.value for r in readings if r and r.value is not None]
    ends = breaks(values)
    present = {class_of(v, ends) for v in values}
    unplaced = snapshot.reading(kpi.id, UNPLACED)
    entries = [li[i(class_=f"key {cls}"), span[words]] for cls, words in _class_words(values, ends, kpi, view) if cls in present]
    if len(values) < len(readings):
        entries.append(li[i(class_=f"key {NO_DATA}"), span[text.say(view.lang, "belum ada data")]])
    if signs:
        entries += [
            li[i(".key.dot"), span[text.say(view.lang, "aduan baru 1 jam")]],
            li[i(".key.heap")["3"], span[text.say(view.lang, "sekian di satu tempat")]],
            li[i(".key.ring"), span[text.say(view.lang, "mendesak")]],
        ]
    return section(".legend-row", id=element, aria_label=text.say(view.lang, "Keterangan peta"))[
        ul(".legend")[entries, more],
        a(".unplaced", href=f"/kelurahan/{UNPLACED}")[f"{text.say(view.lang, 'tanpa lokasi')} {value_words(unplaced, kpi, view)}"]
        if unplaced and unplaced.value
        else None,
    ]


def _class_words(values: Sequence[float], ends: tuple[float, float, float], kpi: Kpi, view: View) -> list[tuple[str, str]]:
    """``q0`` to ``q4`` with their bounds: ``tidak ada``, ``1–3``, ..., ``lebih dari 14``."""
    whole = kpi.decimals == 0 and kpi.unit != "rupiah"

    def say(value: float) -> str:
        return (
            "".join(text.figure(value, kpi.unit, kpi.decimals, view.lang))
            if kpi.unit == "rupiah"
            else (text.number(value, kpi.decimals, view.lang))
        )

    step = 1 if whole else 0
    out = [("q0", text.say(view.lang, "tidak ada"))]
    low = min((v for v in values if v > 0), default=0)
    for k, end in enumerate(ends):
        out.append((f"q{k + 1}", say(end) if low >= end or say(low) == say(end) else f"{say(low)}–{say(end)}"))
        low = end + step
    out.append(("q4", text.say(view.lang, "lebih dari {end}", end=say(ends[-1]))))
    return out
