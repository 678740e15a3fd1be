"""Makes areas that were drawn one by one into a coverage: no gap, no overlap, shared edges really shared.

Works in metres on a plane of the areas' own (equal-area, centred on them), so that km2 are true wherever
the city lies and however wide it is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from pyproj import Transformer
from shapely import Geometry

GRID = 0.01
"""Metres: vertices are snapped to this grid, below what any map of a city knows."""

SLIVER = 25.0
"""Metres: a gap narrower than twice this is a slip of the pen and is filled; a wider one is a lake or an enclave."""

Edge = tuple[tuple[int, int], tuple[int, int]]


class Plane:
    """An equal-area plane in metres, centred on ``(lat, lon)``."""

    def __init__(self, lat: float, lon: float) -> None:
        self._there = Transformer.from_crs("EPSG:4326", f"+proj=laea +lat_0={lat} +lon_0={lon} +datum=WGS84", always_xy=True)

    def metres(self, shapes: Any) -> Any:
        """WGS84 geometries (one or an array) on the plane."""
        return shapely.transform(shapes, self._there.transform, interleaved=False)

    def degrees(self, shapes: Any) -> Any:
        """The way back, rounded to 7 decimals (1 cm): the form in which boundaries are kept."""
        back = partial(self._there.transform, direction="INVERSE")
        return shapely.transform(shapely.transform(shapes, back, interleaved=False), lambda xy: np.round(xy, 7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What was mended; areas in km2. ``lakes`` are gaps too wide to be slips, which were left open."""

    gaps: int
    gaps_km2: float
    overlaps: int
    overlaps_km2: float
    lakes: int
    lakes_km2: float
    before_km2: float
    after_km2: float


def repair(shapes: Mapping[str, Geometry]) -> tuple[dict[str, Geometry], Repair]:
    """Turn polygons in metres into a valid coverage of the same codes.

    All outlines are noded on the grid and cut the plane into faces. A face inside exactly one area is
    that area's; one inside several goes to the one of them, and a narrow one inside none to the
    neighbour, with which it shares the longest edge. An area that is mostly drawn over by another (an
    enclave whose surrounding has no hole for it) keeps its place. One that is wholly lost, because
    another was drawn exactly upon it, is absent from the answer.
    """
    codes = sorted(shapes)
    drawn = shapely.set_precision([shapely.make_valid(shapes[code]) for code in codes], GRID)
    lines = shapely.union_all(shapely.boundary(drawn), grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize([lines]))
    claims: list[list[int]] = [[] for _ in faces]
    for face, area in np.transpose(shapely.STRtree(drawn).query(shapely.point_on_surface(faces), predicate="intersects")):
        claims[face].append(int(area))
    km2 = shapely.area(faces) / 1e6
    wide = ~shapely.is_empty(shapely.buffer(faces, -SLIVER))
    gaps = [i for i, claim in enumerate(claims) if not claim and not wide[i]]
    lakes = [i for i, claim in enumerate(claims) if not claim and wide[i]]
    overlaps = [i for i, claim in enumerate(claims) if len(claim) > 1]
    for i in overlaps:
        buried = [area for area in claims[i] if km2[i] * 2e6 > drawn[area].area]
        claims[i] = sorted(buried, key=lambda area: (drawn[area].area, area))[:1] or claims[i]
    owners = {i: claim[0] for i, claim in enumerate(claims) if len(claim) == 1}
    _settle(faces, {i: claims[i] for i in (*gaps, *overlaps) if i not in owners}, owners)
    parts: dict[int, list[int]] = defaultdict(list)
    for face, area in owners.items():
        parts[area].append(face)
    mended = {codes[area]: shapely.coverage_union_all(faces[sorted(parts[area])]) for area in sorted(parts)}
    return mended, Repair(
        gaps=len(gaps),
        gaps_km2=float(km2[gaps].sum()),
        overlaps=len(overlaps),
        overlaps_km2=float(km2[overlaps].sum()),
        lakes=len(lakes),
        lakes_km2=float(km2[lakes].sum()),
        before_km2=float(shapely.area(drawn).sum() / 1e6),
        after_km2=float(km2[list(owners)].sum()),
    )


def _settle(faces: Sequence[Geometry], open_: dict[int, list[int]], owners: dict[int, int]) -> None:
    """Give each open face to the claimant (any, where none claims it) with the longest shared edge, outside in."""
    shared = _shared(faces, set(open_))
    while open_:
        settled: dict[int, int] = {}
        for face, claim in open_.items():
            votes: Counter[int] = Counter()
            for other, length in shared[face].items():
                if other in owners and (not claim or owners[other] in claim):
                    votes[owners[other]] += length
            if votes:
                settled[face] = min(votes, key=lambda area: (-votes[area], area))
        if not settled:  # claimed, but nowhere beside a face of a claimant: the first in the order of codes
            settled = {face: claim[0] for face, claim in open_.items() if claim}
        if not settled:
            return
        owners |= settled
        for face in settled:
            del open_[face]


def _shared(faces: Sequence[Geometry], wanted: set[int]) -> dict[int, Counter[int]]:
    """For each wanted face, its neighbours with the length of the common edge, in grid steps."""
    at: dict[Edge, list[int]] = defaultdict(list)
    for i, face in enumerate(faces):
        for ring in shapely.get_rings(face):
            vertices = [(round(x / GRID), round(y / GRID)) for x, y in shapely.get_coordinates(ring).tolist()]
            for a, b in pairwise(vertices):
                at[(a, b) if a < b else (b, a)].append(i)
    shared: dict[int, Counter[int]] = {i: Counter() for i in wanted}
    for (a, b), sides in at.items():
        length = round(np.hypot(a[0] - b[0], a[1] - b[1]))
        for i in sides:
            for j in sides:
                if i != j and i in wanted:
                    shared[i][j] += length
    return shared


def faults(shapes: Mapping[str, Geometry]) -> list[str]:
    """Codes of the areas that are invalid or do not fit their neighbours edge to edge; empty for a sound coverage."""
    codes = sorted(shapes)
    fitting = np.array([shapes[code] for code in codes], dtype=object)
    edges = shapely.coverage_invalid_edges(fitting)
    valid = shapely.is_valid(fitting)
    return [code for code, edge, sound in zip(codes, edges, valid, strict=True) if not (sound and shapely.is_empty(edge))]
