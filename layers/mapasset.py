"""The map as screens draw it: projected and simplified once into short SVG paths, immutable, known by its hash."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import shapely
from shapely import Geometry

from layers.city import AreaFacts

VERSION = 2
"""Raise when the same boundaries would be drawn otherwise, so that kept assets are made anew."""

SIZE = 1000.0
"""Units of the longer side of the view box; paths are exact to a tenth of a unit."""

MAX_VERTICES = 8_000
_MARGIN = 6.0
_TOLERANCE = 0.4
_SPECK = 1.0
"""Square units: a smaller islet is not drawn, unless it is all that an area has."""

_CORE = 0.25
"""Where a window of this share of each side holds more than half of all areas, an empty corner shows it larger."""

_CORNERS = (0.5, 0.45, 0.4, 0.35)
"""Shares of each side that the enlarged window may take, the largest that is free of land first."""

Frame = tuple[float, float, float, float]
"""x, y, width and height in view-box units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inset:
    """The crowded part of a scattered map (``core``), shown once more and larger in an empty corner (``corner``)."""

    core: Frame
    corner: Frame

    def enlarged(self, x: float, y: float) -> tuple[float, float] | None:
        """Where a point of the core stands in the corner; ``None`` for a point outside the core."""
        (cx, cy, cw, ch), (x0, y0, w, h) = self.core, self.corner
        inside = cx <= x <= cx + cw and cy <= y <= cy + ch
        return (round(x0 + (x - cx) * w / cw, 1), round(y0 + (y - cy) * h / ch, 1)) if inside else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MapAsset:
    """A city's map in view-box units, x to the east and y downwards.

    ``paths`` has one SVG path for each kelurahan, ``kecamatan`` and ``outline`` those dissolved along the
    same edges; ``labels`` where names stand, for kelurahan and kecamatan. ``schematic`` says that the
    edges are drawn from facts, not surveyed: the screen must say "batas skematis".
    """

    city: str
    schematic: bool
    digest: str
    width: float
    height: float
    west: float
    north: float
    per_lon: float
    per_lat: float
    paths: Mapping[str, str]
    kecamatan: Mapping[str, str]
    outline: str
    labels: Mapping[str, tuple[float, float]]
    inset: Inset | None = None

    def project(self, lat: float, lon: float) -> tuple[float, float]:
        """A WGS84 point in view-box units, to a tenth; points outside the city fall outside the box."""
        return round((lon - self.west) * self.per_lon, 1), round((self.north - lat) * self.per_lat, 1)

    def to_json(self) -> bytes:
        """The asset as it is served; :attr:`digest` is the hash of these very bytes."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "digest"}
        return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)

    @classmethod
    def from_json(cls, body: bytes) -> MapAsset:
        """The way back; raises ``ValueError`` or ``TypeError`` for anything but an asset."""
        fields = orjson.loads(body)
        labels = {code: (x, y) for code, (x, y) in fields.pop("labels").items()}
        inset = fields.pop("inset")
        whole = Inset(core=tuple(inset["core"]), corner=tuple(inset["corner"])) if inset else None
        return cls(**fields, labels=labels, inset=whole, digest=digest(body))


def digest(body: bytes) -> str:
    """The name of some immutable bytes."""
    return hashlib.sha256(body).hexdigest()[:24]


def make_asset(city: str, shapes: Mapping[str, Geometry], facts: Iterable[AreaFacts], *, schematic: bool) -> MapAsset:
    """Project and simplify a sound coverage of kelurahan (WGS84) so that shared edges stay shared."""
    codes = sorted(shapes)
    west, south, east, north = shapely.total_bounds([shapes[code] for code in codes]).tolist()
    # Degrees of latitude and longitude differ in length; within one city that ratio is constant enough.
    ratio = math.cos(math.radians((south + north) / 2)) * 111.320 / 110.574
    scale = (SIZE - 2 * _MARGIN) / max((east - west) * ratio, north - south)
    west, north = west - _MARGIN / (scale * ratio), north + _MARGIN / scale

    def project(xy: Any) -> Any:
        return (xy - (west, north)) * (scale * ratio, -scale)

    drawn = dict(zip(codes, _simplify(shapely.transform([shapes[code] for code in codes], project)), strict=True))
    parents = sorted({code.rpartition(".")[0] for code in codes})
    kecamatan = {up: shapely.coverage_union_all([drawn[c] for c in codes if c.startswith(up + ".")]) for up in parents}
    stated = {f.code: project(np.array([[f.label_lon, f.label_lat]]))[0] for f in facts if f.label_lat is not None}
    width, height = round((east - west) * scale * ratio + _MARGIN, 1), round((north - south) * scale + _MARGIN, 1)
    labels = {code: _label(shape, stated.get(code)) for code, shape in (drawn | kecamatan).items()}
    asset = MapAsset(
        city=city,
        schematic=schematic,
        digest="",
        width=width,
        height=height,
        west=west,
        north=north,
        per_lon=scale * ratio,
        per_lat=scale,
        paths={code: _path(shape) for code, shape in drawn.items()},
        kecamatan={code: _path(shape) for code, shape in kecamatan.items()},
        outline=_path(shapely.coverage_union_all(list(drawn.values()))),
        labels=labels,
        inset=_inset(shapely.union_all(list(kecamatan.values())), np.array([labels[code] for code in codes]), width, height),
    )
    return MapAsset.from_json(asset.to_json())


def _simplify(shapes: Any) -> Any:
    """Coverage simplification, coarser until the whole map has at most :data:`MAX_VERTICES`."""
    shown = [shapely.MultiPolygon(_parts(shape)) for shape in shapes]
    tolerance = _TOLERANCE
    while True:
        coarse = shapely.coverage_simplify(shown, tolerance)
        if shapely.get_num_coordinates(coarse).sum() <= MAX_VERTICES or tolerance > SIZE / 20:
            return coarse
        tolerance *= 1.25


def _parts(shape: Geometry) -> list[Geometry]:
    parts = sorted(shapely.get_parts(shape), key=shapely.area, reverse=True)
    return [parts[0], *(part for part in parts[1:] if part.area >= _SPECK)]


def _label(shape: Geometry, stated: Any) -> tuple[float, float]:
    """The pack's label point where it lies inside, else the middle of the largest circle that fits."""
    point = shapely.Point(stated) if stated is not None else None
    if point is None or not shape.contains(point):
        point = shapely.Point(shapely.maximum_inscribed_circle(shape, 1.0).coords[0])
    return round(point.x, 1), round(point.y, 1)


def _inset(land: Geometry, points: Any, width: float, height: float) -> Inset | None:
    """The window that holds most label points, if it holds more than half of them, and the largest empty corner for it."""
    size = np.array((width, height)) * _CORE
    starts = [
        np.array((x, y)) for x in np.arange(0, width - size[0], width / 80) for y in np.arange(0, height - size[1], height / 80)
    ]
    held = [((points >= start) & (points <= start + size)).all(axis=1) for start in starts]
    best = max(range(len(starts)), key=lambda i: (held[i].sum(), -i))
    if held[best].sum() * 2 <= len(points):
        return None
    middle = (points[held[best]].min(axis=0) + points[held[best]].max(axis=0)) / 2
    x, y = np.clip(middle - size / 2, 0, (width, height) - size).round(1).tolist()
    core = (x, y, *size.round(1).tolist())
    for share in _CORNERS:
        w, h = round(width * share, 1), round(height * share, 1)
        for left, top in ((0.0, height - h), (width - w, height - h), (0.0, 0.0), (width - w, 0.0)):
            frame = shapely.box(left, top, left + w, top + h)
            if not shapely.intersects(frame, land) and not shapely.intersects(frame, shapely.box(x, y, x + core[2], y + core[3])):
                return Inset(core=core, corner=(round(left, 1), round(top, 1), w, h))
    return None


def _path(shape: Geometry) -> str:
    """SVG path data in tenths: an absolute start for each ring, then relative steps."""
    rings = shapely.get_rings(shapely.get_parts(shapely.orient_polygons(shape)))
    return "".join(_ring(np.rint(shapely.get_coordinates(ring) * 10).astype(int)) for ring in rings)


def _ring(tenths: Any) -> str:
    steps = np.diff(tenths, axis=0)
    steps = steps[(steps != 0).any(axis=1)][:-1]  # the last step home is what "z" draws
    if len(steps) < 2:
        return ""
    text = f"M{tenths[0][0] / 10:g} {tenths[0][1] / 10:g}l"
    numbers = " ".join(_short(int(v)) for v in steps.ravel())
    return text + numbers.replace(" -", "-") + "z"


def _short(tenths: int) -> str:
    """A number of tenths without what SVG does not need: ``-.5`` for -0.5, ``3`` for 3.0."""
    return f"{tenths / 10:g}".replace("0.", ".", 1) if abs(tenths) < 10 and tenths else f"{tenths / 10:g}"
