"""Draws a city's kelurahan from the pack's own facts, for a room that has no boundary file yet.

A power diagram of the label points, weighted until each cell has about the area that the pack states,
clipped to the pack's outline. The diagram is made on a gently warped plane and drawn back, so that edges
bend as rivers and roads do, alike on both sides of each, and the same facts always give the same map.
It is a drawing, not a survey: every screen that shows it says "batas skematis".
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Geometry

from layers.city import AreaFacts, City
from layers.coverage import Plane, faults, repair

VERSION = 1
"""Raise when the drawing changes, so that kept drawings are made anew."""

_SAMPLES = 20_000
_ROUNDS = 120
_MARGIN = 0.1
"""A label point keeps at least this share of the way to each neighbour's for itself."""

_WAVES = 4
_STEEPNESS = 0.1
_ROUGHNESS = 0.1
_STEEPEST = 0.8
"""How far an edge wanders: its first displacement as a share of its length, and its greatest slope."""

_GOLDEN = 2.399963
"""Golden angle: spreads the warp's directions without a random generator."""

Edge = tuple[tuple[float, float], tuple[float, float]]
Points = npt.NDArray[np.float64]


class SchematicError(ValueError):
    """The pack does not state enough to draw from; the message says what is missing."""


def draw(city: City) -> dict[str, Geometry]:
    """Kelurahan code -> polygon (WGS84): a valid coverage, each label point in its own area.

    Raises :class:`SchematicError` when the pack lacks the outline, a label point or an area.
    """
    facts = _facts(city)
    codes = [area.code for area in facts]
    outline = np.array([(lon, lat) for lat, lon in city.outline])
    plane = Plane(float(outline[:, 1].mean()), float(outline[:, 0].mean()))
    labels = plane.metres(shapely.points([(area.label_lon, area.label_lat) for area in facts]))
    km2 = np.array([area.km2 for area in facts])
    warp = _Warp(float(np.sqrt(np.median(km2)) * 1000))
    sites = warp.there(shapely.get_coordinates(labels))
    edge = _edge(plane.metres(shapely.Polygon(outline)), warp, sites)
    weights = _weights(sites, km2 / km2.sum(), _samples(edge, warp))
    cells = shapely.intersection(_cells(sites, weights, edge), edge)
    drawn = _whole(dict(zip(codes, cells, strict=True)), dict(zip(codes, shapely.points(sites), strict=True)))
    for roughness, tolerance in ((_ROUGHNESS, 1 / 40), (_ROUGHNESS / 3, 1 / 80), (0.0, 0.0)):
        rough = _roughened([drawn[code] for code in codes], sites, warp.size / 16, roughness)
        coarse = _simplified(shapely.transform(rough, warp.back), warp.size * tolerance)
        shapes = dict(zip(codes, plane.degrees(coarse), strict=True))
        if not faults(shapes) and all(shapely.contains(shapes[a.code], shapely.Point(a.label_lon, a.label_lat)) for a in facts):
            return shapes
    raise SchematicError("batas skematis tidak dapat digambar: titik label terlalu dekat dengan tetangganya")


def _facts(city: City) -> list[AreaFacts]:
    kelurahan = sorted((a for a in city.areas if a.code.count(".") == city.code.count(".") + 2), key=lambda a: a.code)
    for area in kelurahan:
        if area.label_lat is None or area.label_lon is None or not area.km2:
            raise SchematicError(f"paket {city.code}: {area.code} {area.name} belum punya titik label atau luas")
    if len({(area.label_lat, area.label_lon) for area in kelurahan}) < len(kelurahan):
        raise SchematicError(f"paket {city.code}: dua kelurahan bertitik label sama")
    if len(city.outline) < 3 or len(kelurahan) < 2:
        raise SchematicError(f"paket {city.code}: garis luar kota belum ada, jadi batas skematis tidak dapat digambar")
    return kelurahan


class _Warp:
    """A smooth one-to-one bending of the plane: sines of falling length in directions a golden angle apart."""

    def __init__(self, size: float) -> None:
        self.size = size
        k = np.arange(_WAVES * 3)
        length = size * 4 / 2 ** (k // 3)
        self._wave = np.stack((np.cos(k * _GOLDEN), np.sin(k * _GOLDEN))) * 2 * np.pi / length
        self._phase = k * k * 1.7
        turn = k * _GOLDEN * 5 + 1
        self._push = np.stack((np.cos(turn), np.sin(turn)), axis=1) * (_STEEPNESS * length / (2 * np.pi))[:, None]

    def there(self, xy: Points) -> Points:
        bent: Points = xy + np.sin(xy @ self._wave + self._phase) @ self._push
        return bent

    def back(self, xy: Points) -> Points:
        found = xy
        for _ in range(60):  # the bending is less than one to one, so this closes in
            found = found + (xy - self.there(found))
        return found


def _edge(outline: Geometry, warp: _Warp, sites: Points) -> Geometry:
    """The outline on the warped plane, where its straight lines will come to bend when they are drawn back.

    It was written by hand and may pass on the wrong side of a label point: the area is there all the same.
    """
    edge = shapely.transform(outline, warp.there)
    if not edge.is_valid:
        edge = shapely.make_valid(shapely.transform(shapely.segmentize(outline, warp.size / 12), warp.there))
    points = shapely.points(sites)
    missed = ~shapely.contains(shapely.buffer(edge, -warp.size / 20), points)
    return shapely.union_all([edge, *shapely.buffer(points[missed], warp.size / 4)])


def _samples(edge: Geometry, warp: _Warp) -> Points:
    """Where the points of a regular grid fall on the warped plane, those inside the outline."""
    west, south, east, north = edge.buffer(warp.size).bounds
    step = np.sqrt(edge.area / _SAMPLES)
    grid = np.stack(np.meshgrid(np.arange(west, east, step), np.arange(south, north, step)), axis=-1).reshape(-1, 2)
    bent = warp.there(grid)
    inside: Points = bent[shapely.contains_xy(edge, bent)]
    return inside


def _weights(sites: Points, wanted: Points, samples: Points) -> Points:
    """Weights (m2) under which each cell's share of the samples comes near the wanted one, as far as label points allow."""
    apart = _square(sites, sites)
    np.fill_diagonal(apart, 0)
    limit = apart * (1 - 2 * _MARGIN)
    distance = _square(samples, sites)
    weights = np.zeros(len(sites))
    step = np.prod(np.ptp(samples, axis=0)) / np.pi
    for turn in range(_ROUNDS):
        share = np.bincount(np.argmin(distance - weights, axis=1), minlength=len(sites)) / len(samples)
        weights += (wanted - share) * step * (0.3 if turn < _ROUNDS // 2 else 0.1)
        for _ in range(3):
            weights = np.min(weights[:, None] + limit, axis=0)
    for _ in sites:  # as many steps as a chain of neighbours can be long
        weights = np.min(weights[:, None] + limit, axis=0)
    return weights


def _square(a: Points, b: Points) -> Points:
    squared: Points = ((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2)
    return squared


def _cells(sites: Points, weights: Points, edge: Geometry) -> list[Geometry]:
    """The convex power cells, each cut from a frame around the outline by its nearest rivals first."""
    west, south, east, north = edge.buffer(edge.length).bounds
    frame = [(west, south), (east, south), (east, north), (west, north)]
    apart = _square(sites, sites)
    cells = []
    for i, (x, y) in enumerate(sites):
        cell = frame
        for j in np.argsort(apart[i])[1:]:
            normal = sites[j] - sites[i]
            reach = (apart[i, j] + weights[i] - weights[j]) / 2 + normal @ (x, y)
            cell = _cut(cell, float(normal[0]), float(normal[1]), float(reach))
        cells.append(shapely.Polygon(cell))
    return cells


def _cut(cell: list[tuple[float, float]], a: float, b: float, c: float) -> list[tuple[float, float]]:
    """The part of a convex polygon where ``ax + by <= c``."""
    over = [a * x + b * y - c for x, y in cell]
    if max(over) <= 0:
        return cell
    kept = []
    for i, (x, y) in enumerate(cell):
        (u, v), here, before = cell[i - 1], over[i], over[i - 1]
        if (here > 0) != (before > 0):
            t = before / (before - here)
            kept.append((u + (x - u) * t, v + (y - v) * t))
        if here <= 0:
            kept.append((x, y))
    return kept


def _whole(cells: Mapping[str, Geometry], labels: Mapping[str, Geometry]) -> dict[str, Geometry]:
    """One piece for each area: what a bay of the outline cuts off goes to the neighbour it lies against."""
    mended, _ = repair({code: _home(cell, labels[code]) for code, cell in cells.items()})
    loose = [part for code, cell in cells.items() for part in shapely.get_parts(cell) if part.distance(labels[code]) > 0]
    for part in sorted(loose, key=lambda part: (-part.area, part.wkt)):
        near = max(mended, key=lambda code: (shapely.intersection(mended[code], part.buffer(1)).area, code))
        mended[near] = shapely.union_all([mended[near], part], grid_size=0.01)
    return repair({code: _home(cell, labels[code]) for code, cell in mended.items()})[0]


def _home(cell: Geometry, label: Geometry) -> Geometry:
    return min(shapely.get_parts(cell), key=label.distance)


def _roughened(cells: list[Geometry], sites: Points, step: float, roughness: float) -> list[Geometry]:
    """The straight edges made to wander, each once for both its sides, within the kite of its two sites.

    Kites of different edges do not meet (cells are convex and hold their sites), so edges never cross.
    """
    rings = [[(x, y) for x, y in shapely.get_coordinates(cell.exterior).tolist()] for cell in cells]
    sides: dict[Edge, list[Points]] = defaultdict(list)
    for ring, site in zip(rings, sites, strict=True):
        for a, b in pairwise(ring):
            sides[min((a, b), (b, a))].append(site)
    drawn = {edge: _wander(np.array(edge), beside, step, roughness) for edge, beside in sides.items()}
    return [
        shapely.Polygon([xy for a, b in pairwise(ring) for xy in (drawn[a, b] if (a, b) in drawn else drawn[b, a][::-1])[:-1]])
        for ring in rings
    ]


def _wander(edge: Points, sites: list[Points], step: float, roughness: float) -> Points:
    """Midpoint displacement of one edge; how far is fixed by where it lies, so that it is the same every time."""
    along = edge[1] - edge[0]
    length = float(np.hypot(*along))
    n = 2 ** max(0, int(np.log2(max(length / step, 1))))
    off = np.zeros(n + 1)
    gap = n
    while gap > 1:
        middle = slice(gap // 2, n, gap)
        off[middle] = (off[0:n:gap] + off[gap::gap]) / 2 + _dice(edge, n // gap) * roughness * length * (gap / n) ** 0.75
        gap //= 2
    t = np.linspace(0, 1, n + 1)
    slopes = [_slope(end, other, site) for site in sites for end, other in (edge, edge[::-1])]
    reach = min(_STEEPEST, 0.8 * min(slopes)) if len(sites) > 1 else min(0.3, 0.8 * min(slopes))
    limit = reach * length * np.minimum(t, 1 - t)
    left = np.array([-along[1], along[0]]) / length
    wandering: Points = edge[0] + t[:, None] * along + np.clip(off, -limit, limit)[:, None] * left
    wandering[-1] = edge[1]
    return wandering


def _slope(end: Points, other: Points, site: Points) -> float:
    """How steeply the site rises over the edge, seen from one end (a right angle or more counts as steep)."""
    a, b = other - end, site - end
    over, up = float(a @ b), abs(float(a[0] * b[1] - a[1] * b[0]))
    return up / over if over > 0 else 9.0


def _dice(edge: Points, n: int) -> Points:
    """``n`` numbers in -1..1 that depend on nothing but the edge's place."""
    seed = ",".join(str(round(v)) for v in edge.ravel()).encode()
    raw = hashlib.shake_128(seed + bytes([n % 251])).digest(4 * n)
    return np.frombuffer(raw, dtype="<u4") / 2**31 - 1


def _simplified(shapes: list[Geometry], tolerance: float) -> Any:
    snapped, _ = repair({str(i).zfill(6): shape for i, shape in enumerate(shapes)})
    return shapely.coverage_simplify(list(snapped.values()), tolerance)
