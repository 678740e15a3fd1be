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

VERSION = 1
"""Raise when the same boundaries would be drawn otherwise, so that kept assets are made anew."""

SIZE = 1000.0
"""Units of the longer side of the view box; paths are exact to a tenth of a unit."""

MAX_VERTICES = 8_000
_MARGIN = 6.0
_TOLERANCE = 0.4
_SPECK = 1.0
"""Square units: a smaller islet is not drawn, unless it is all that an area has."""


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
        return cls(**fields, labels=labels, digest=digest(body))


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
    asset = MapAsset(
        city=city,
        schematic=schematic,
        digest="",
        width=round((east - west) * scale * ratio + _MARGIN, 1),
        height=round((north - south) * scale + _MARGIN, 1),
        west=west,
        north=north,
        per_lon=scale * ratio,
        per_lat=scale,
        paths={code: _path(shape) for code, shape in drawn.items()},
        kecamatan={code: _path(shape) for code, shape in kecamatan.items()},
        outline=_path(shapely.coverage_union_all(list(drawn.values()))),
        labels={code: _label(shape, stated.get(code)) for code, shape in (drawn | kecamatan).items()},
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
