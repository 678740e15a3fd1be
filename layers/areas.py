"""Where things are: the tree of a city's areas, tolerant matching of their names, and point to kelurahan.

Codes are Kemendagri's, dotted (``36.71.01.1001``). Ten kelurahan of Kota Tangerang bear the name of a
kecamatan, so a name is always matched on its level, never bare. What cannot be placed is held by
:data:`layers.model.UNPLACED`, an area like any other.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import shapely
from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from layers.city import City
from layers.model import UNPLACED, Area, Level, PlacedBy

if TYPE_CHECKING:
    from layers.boundaries import Boundaries

_KELURAHAN = re.compile(r"^\s*(?:kelurahan|kel|desa|ds)\b[\s.:]*", re.IGNORECASE)
_KECAMATAN = re.compile(r"^\s*(?:kecamatan|kec)\b[\s.:]*", re.IGNORECASE)
_INNER_KECAMATAN = re.compile(r"\b(?:kecamatan|kec)\b[\s.:]*([^,;/()]+)", re.IGNORECASE)
_TAIL = re.compile(r"[,;/(].*|\b(?:kecamatan|kec|kabupaten)\b.*", re.IGNORECASE | re.DOTALL)
_KOTA = re.compile(r"\bkota\b.*", re.IGNORECASE | re.DOTALL)
_LONG_ENOUGH_TO_MEND = 6
_MEMO = 65_536


def key(name: str) -> str:
    """A name without case, accents, spaces and marks: ``"Poris-Gaga  BARU"`` is ``porisgagabaru``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", plain.lower())


def unit(code: str) -> str:
    """What an area of the lowest level is: by Kemendagri's codes 1xxx is a kelurahan, 2xxx a desa, 3xxx a desa adat."""
    return {"2": "desa", "3": "desa adat"}.get(code.rpartition(".")[2][:1], "kelurahan")


def prefix(code: str) -> str:
    """The word before its name: ``Kel.``, ``Desa``, ``Desa Adat``."""
    return {"desa": "Desa", "desa adat": "Desa Adat"}.get(unit(code), "Kel.")


def region(code: str) -> str:
    """What the whole is: by Kemendagri's codes a kabupaten up to xx.70, a kota from xx.71."""
    return "kota" if code[3:5] >= "71" else "kabupaten"


def dotted(code: str) -> str | None:
    """A Kemendagri code in its dotted form, from ``3671011001``, ``36.71.01.1001`` or a spreadsheet's ``3671011001.0``.

    ``None`` when the text is no such code of any level.
    """
    digits = code.strip().removesuffix(".0") if code.strip().count(".") == 1 else code.strip()
    digits = digits.replace(".", "")
    if not digits.isascii() or not digits.isdigit():
        return None
    parts = {2: (2,), 4: (2, 2), 6: (2, 2, 2), 10: (2, 2, 2, 4)}.get(len(digits))
    if parts is None:
        return None
    ends = [sum(parts[: i + 1]) for i in range(len(parts))]
    return ".".join(digits[end - size : end] for size, end in zip(parts, ends, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaTree:
    """A city's areas by code, with their parents, children, neighbours and names.

    ``unit`` is what its lowest areas are called together: ``kelurahan``, ``desa`` or ``kelurahan/desa``.
    """

    city: Area
    unit: str
    kecamatan: tuple[Area, ...]
    kelurahan: tuple[Area, ...]
    unplaced: Area
    areas: Mapping[str, Area]
    _children: Mapping[str, tuple[Area, ...]]
    _neighbours: Mapping[str, tuple[str, ...]]
    _names: Mapping[Level, Mapping[str, tuple[Area, ...]]]

    @classmethod
    def of(cls, city: City) -> AreaTree:
        """The tree of a pack, areas in the order of their codes."""
        root = Area(code=city.code, name=city.name, level=Level.KOTA, parent=None)
        unplaced = Area(code=UNPLACED, name="Tanpa lokasi", level=Level.KELURAHAN, parent=city.code)
        areas = {root.code: root}
        for facts in sorted(city.areas, key=lambda facts: facts.code):
            parent = facts.code.rpartition(".")[0]
            level = Level.KECAMATAN if parent == city.code else Level.KELURAHAN
            areas[facts.code] = Area(code=facts.code, name=facts.name, level=level, parent=parent)
        placed = tuple(areas.values())
        areas[UNPLACED] = unplaced
        names: dict[Level, dict[str, tuple[Area, ...]]] = {Level.KECAMATAN: {}, Level.KELURAHAN: {}}
        for facts in city.areas:
            area = areas[facts.code]
            for spelling in {key(facts.name), *map(key, facts.variants)}:
                names[area.level][spelling] = (*names[area.level].get(spelling, ()), area)
        kelurahan = tuple(a for a in placed if a.level is Level.KELURAHAN)
        return cls(
            city=root,
            unit="/".join(sorted({unit(a.code).removesuffix(" adat") for a in kelurahan}, reverse=True)) or "kelurahan",
            kecamatan=tuple(a for a in placed if a.level is Level.KECAMATAN),
            kelurahan=kelurahan,
            unplaced=unplaced,
            areas=MappingProxyType(areas),
            _children={code: tuple(a for a in areas.values() if a.parent == code) for code in areas},
            _neighbours={facts.code: facts.neighbours for facts in city.areas},
            _names=names,
        )

    def name(self, code: str) -> str:
        """The area's name; raises ``KeyError`` for a code that the city does not have."""
        return self.areas[code].name

    def parent(self, code: str) -> str | None:
        """Code of the area above; ``None`` for the city."""
        return self.areas[code].parent

    def children(self, code: str) -> tuple[Area, ...]:
        """The areas right below, by code; the city's last child is the unplaced area."""
        return self._children[code]

    def neighbours(self, code: str) -> tuple[str, ...]:
        """Codes of the areas of the same level that share an edge, as the pack states them."""
        return self._neighbours.get(code, ())

    def kecamatan_by_name(self, name: str) -> Area | None:
        """The kecamatan of that name, or ``None`` when there is none or more than one."""
        return self._find(Level.KECAMATAN, _KECAMATAN.sub("", name), None)

    def by_name(self, kelurahan: str, kecamatan: str | None = None) -> Area | None:
        """The kelurahan of that name (in that kecamatan, where one is known), or ``None`` when in doubt.

        Case, spaces, marks, the prefixes "Kel.", "Kelurahan", "Desa", the pack's variants and one
        mistyped letter are forgiven. A name that says "Kec." is not a kelurahan's.
        """
        if _KECAMATAN.match(kelurahan):
            return None
        if kecamatan is None and (inner := _INNER_KECAMATAN.search(kelurahan)):
            kecamatan = inner[1]
        above = self.kecamatan_by_name(kecamatan) if kecamatan else None
        return self._find(Level.KELURAHAN, _KELURAHAN.sub("", kelurahan), above)

    def _find(self, level: Level, name: str, above: Area | None) -> Area | None:
        names = self._names[level]
        alone = _TAIL.sub("", name)
        spelling = key(_KOTA.sub("", alone))
        # First as it stands: "Kota Baru" is a name, "Cipondoh Kota Tangerang" a name with its city.
        found: Iterable[Area] = names.get(key(alone)) or names.get(spelling, ())
        if not found and len(spelling) >= _LONG_ENOUGH_TO_MEND:
            near = extract(spelling, list(names), processor=None, scorer=OSA.distance, score_cutoff=1, limit=None)
            found = [area for close, _, _ in near for area in names[close]]
        codes = {area.code: area for area in found if above is None or area.parent == above.code}
        return next(iter(codes.values())) if len(codes) == 1 else None


class Places:
    """Gives a record its kelurahan by the most exact statement that holds: code, then point, then name."""

    def __init__(self, tree: AreaTree, boundaries: Boundaries) -> None:
        self.tree = tree
        self._kelurahan = frozenset(area.code for area in tree.kelurahan)
        # In the order of codes, so that a point on a shared edge always falls to the lower one.
        self._codes = sorted(boundaries.shapes)
        shapes = np.array([boundaries.shapes[code] for code in self._codes], dtype=object)
        shapely.prepare(shapes)
        self._index = shapely.STRtree(shapes)
        self._by_point: Callable[[float, float], str | None] = lru_cache(_MEMO)(self._locate)
        self._by_name: Callable[[str, str | None], Area | None] = lru_cache(_MEMO)(tree.by_name)

    def place(
        self,
        code: str | None = None,
        lat: float | None = None,
        lon: float | None = None,
        kelurahan: str | None = None,
        kecamatan: str | None = None,
    ) -> tuple[str, PlacedBy]:
        """The kelurahan's code and how it was found; :data:`UNPLACED` when nothing said holds.

        A kecamatan alone names no kelurahan, so it does not place.
        """
        if code and (known := dotted(code)) in self._kelurahan and known is not None:
            return known, PlacedBy.CODE
        if lat is not None and lon is not None and (at := self._by_point(lat, lon)) is not None:
            return at, PlacedBy.POINT
        if kelurahan and (area := self._by_name(kelurahan, kecamatan)) is not None:
            return area.code, PlacedBy.NAME
        return UNPLACED, PlacedBy.NONE

    def place_points(self, lats: Sequence[float | None], lons: Sequence[float | None]) -> list[str | None]:
        """The kelurahan that holds each point (WGS84 degrees), ``None`` outside the city or without a point."""
        xy = np.column_stack((np.asarray(lons, dtype=float), np.asarray(lats, dtype=float)))
        here = np.flatnonzero(np.isfinite(xy).all(axis=1))
        point, shape = self._index.query(shapely.points(xy[here]), predicate="intersects")
        first = np.full(len(xy), len(self._codes))
        np.minimum.at(first, here[point], shape)
        codes: list[str | None] = [*self._codes, None]
        return [codes[i] for i in first]

    def _locate(self, lat: float, lon: float) -> str | None:
        if not (math.isfinite(lat) and math.isfinite(lon)):
            return None
        hits = self._index.query(shapely.Point(lon, lat), predicate="intersects")
        return self._codes[int(hits.min())] if hits.size else None
