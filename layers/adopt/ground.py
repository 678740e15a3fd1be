"""The ground of a new pack: polygons matched to codes, repaired to a coverage, and what can be measured on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from pyproj import Geod
from shapely import Geometry

from layers.adopt.codes import Codes
from layers.adopt.names import clean, variants
from layers.areas import dotted, key
from layers.boundaries import repaired_lines
from layers.city import AreaFacts
from layers.coverage import Plane, faults, repair
from layers.geofiles import BoundaryError, Feature, GeoFile
from layers.words import number, some

INDONESIA = (94.0, -12.0, 142.0, 7.0)
"""West, south, east, north in degrees, the sea included: latitudes and longitudes of the country never overlap."""

UNDRAWN = 0.05
"""At most this share of the kelurahan may lack a polygon; a pack with less ground is no map."""

SPECK = 100.0
"""Square metres: a separate part smaller than this is a slip of the pen, no islet."""

BORDER = 5.0
"""Metres: areas that share less edge than this touch at a corner."""

_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What a boundary file has below one code: polygons and names by code, as it says them, axes put right."""

    shapes: Mapping[str, Geometry]
    names: Mapping[str, str]


def drawn(code: str, file: GeoFile, say: list[str]) -> Drawn:
    """The kelurahan and desa of a boundary file that lie below ``code``; raises :class:`BoundaryError` where there are none."""
    columns = sorted({column for feature in file.features for column in feature.columns})
    below = {c: [_below(code, feature.columns.get(c, "")) for feature in file.features] for c in columns}
    column = max(columns, key=lambda c: (len({*below[c]}), "kode" in c.lower()), default="")
    if not column or not any(below[column]):
        raise BoundaryError(f"berkas batas tidak memuat kelurahan atau desa berkode {code}")
    named = next((c for c in columns if c != column and c.lower() in ("nama", "name", "desa", "kelurahan", "namobj")), "")
    parts: dict[str, list[Feature]] = defaultdict(list)
    for area, feature in zip(below[column], file.features, strict=True):
        if area is not None:
            parts[area].append(feature)
    if twice := sorted(area for area, features in parts.items() if len(features) > 1):
        say.append(f"Diperbaiki: {len(twice)} kode digambar lebih dari sekali, poligonnya disatukan: {some(twice)}")
    if crossed := sorted(area for area, features in parts.items() if any(f.crossed for f in features)):
        say.append(f"Diperbaiki: {len(crossed)} poligon yang garisnya memotong diri sendiri diluruskan: {some(crossed)}")
    shapes = {area: shapely.union_all([shapely.make_valid(f.shape) for f in features]) for area, features in parts.items()}
    names = {area: features[0].columns.get(named, "") for area, features in parts.items()}
    return Drawn(shapes=_turned(shapes, say), names=names)


def matched(codes: Codes, found: Drawn, say: list[str]) -> dict[str, Geometry]:
    """The polygons by the codes of the table; a code that the table does not have (any more) is known by its name.

    Raises :class:`BoundaryError` where more than :data:`UNDRAWN` of the codes lack a polygon.
    """
    shapes = {code: shape for code, shape in found.shapes.items() if code in codes.kelurahan}
    missing = sorted(codes.kelurahan.keys() - shapes.keys())
    for old in sorted(found.shapes.keys() - codes.kelurahan.keys()):
        name = clean(found.names[old])
        heirs = [code for code in missing if key(codes.kelurahan[code]) == key(name)]
        if len(heirs) == 1:
            shapes[heirs[0]] = found.shapes[old]
            missing.remove(heirs[0])
            say.append(f"Diperbaiki: poligon berkode lama {old} {name} dipakai untuk {heirs[0]}: namanya sama")
        else:
            say.append(f"Tidak dipakai: poligon {old} {name}: kodenya tidak ada di tabel dan namanya tidak menunjuk satu pun")
    if missing:
        said = some(f"{code} {codes.kelurahan[code]}" for code in missing)
        if len(missing) > UNDRAWN * len(codes.kelurahan):
            raise BoundaryError(f"{len(missing)} kelurahan/desa tanpa poligon, terlalu banyak untuk sebuah peta: {said}")
        say.append(f"Tanpa poligon: {said}; ada di daftar dan angka, tidak ada di peta sampai batasnya diimpor")
    return shapes


def mended(shapes: Mapping[str, Geometry], say: list[str]) -> dict[str, Geometry]:
    """A sound coverage (WGS84) of the same codes; raises :class:`BoundaryError` naming those that cannot be repaired."""
    west, south, east, north = shapely.total_bounds(list(shapes.values()))
    plane = Plane((south + north) / 2, (west + east) / 2)
    metres, done = repair({code: plane.metres(shape) for code, shape in shapes.items()})
    say += repaired_lines(done)
    whole = {code: _without_specks(shape) for code, shape in metres.items()}
    if dropped := sum(shapely.get_num_geometries(metres[c]) - shapely.get_num_geometries(whole[c]) for c in metres):
        say.append(f"Diperbaiki: {dropped} serpihan terpisah di bawah {SPECK:.0f} m² dihapus")
    out = {code: plane.degrees(shape) for code, shape in whole.items()}
    if unsound := sorted({*faults(out), *(shapes.keys() - out.keys())}):
        raise BoundaryError(f"tidak dapat diperbaiki, tertimpa atau tidak pas dengan tetangganya: {some(unsound)}")
    return out


def facts(codes: Codes, shapes: Mapping[str, Geometry], spellings: Mapping[str, str]) -> list[AreaFacts]:
    """What the pack states of every area: label point inside it, km2 on the ellipsoid, neighbours, other spellings."""
    above = {code: shapely.union_all([shapes[c] for c in shapes if c.startswith(code + ".")]) for code in codes.kecamatan}
    known = {c: s for c, s in (above | dict(shapes)).items() if not s.is_empty}
    beside = neighbours(shapes)
    lifted: dict[str, set[str]] = defaultdict(set)
    for code, others in beside.items():
        lifted[code.rpartition(".")[0]] |= {other.rpartition(".")[0] for other in others}
    out = []
    for names, touching in ((codes.kecamatan, lifted), (codes.kelurahan, beside)):
        taken = {key(name) for name in names.values()}
        for code, name in names.items():
            spelt = [v for v in (*variants(name), clean(spellings.get(code, ""))) if key(v) and key(v) not in taken]
            fact = AreaFacts(code=code, name=name, variants=tuple(dict.fromkeys(spelt)))
            out.append(_measured(fact, known[code], touching.get(code, set())) if code in known else fact)
    return sorted(out, key=lambda fact: fact.code)


def neighbours(shapes: Mapping[str, Geometry]) -> dict[str, set[str]]:
    """Codes that share at least :data:`BORDER` metres of edge, for each code of a sound coverage."""
    codes = sorted(shapes)
    areas = np.array([shapes[code] for code in codes], dtype=object)
    beside: dict[str, set[str]] = {code: set() for code in codes}
    for a, b in np.transpose(shapely.STRtree(areas).query(areas, predicate="intersects")):
        if a < b:
            shared = shapely.intersection(shapely.boundary(areas[a]), shapely.boundary(areas[b]))
            if _GEOD.geometry_length(shared) >= BORDER:
                beside[codes[a]].add(codes[b])
                beside[codes[b]].add(codes[a])
    return beside


def km2(shape: Geometry) -> float:
    """Area on the WGS84 ellipsoid."""
    return abs(float(_GEOD.geometry_area_perimeter(shapely.orient_polygons(shape))[0])) / 1e6


def compared(shapes: Iterable[Geometry], official: float | None, say: list[str]) -> None:
    """Tell the whole's area, beside the official one where it is known."""
    here = sum(map(km2, shapes))
    beside = f"; resmi {number(official, 2)} km² (selisih {number(abs(here / official - 1) * 100, 2)} %)" if official else ""
    say.append(f"Luas menurut poligon: {number(here, 2)} km²{beside}")


def _below(code: str, text: str) -> str | None:
    found = dotted(text)
    return found if found and found.startswith(code + ".") and found.count(".") == 3 else None


def _turned(shapes: Mapping[str, Geometry], say: list[str]) -> dict[str, Geometry]:
    """Longitude first throughout: a polygon that lies in Indonesia only with its axes exchanged has them exchanged."""
    out, turned, strange = {}, [], []
    for code, shape in shapes.items():
        swapped = shapely.transform(shape, lambda xy: xy[:, ::-1])
        if _inside(shape):
            out[code] = shape
        elif _inside(swapped):
            out[code] = swapped
            turned.append(code)
        else:
            strange.append(code)
    if strange:
        raise BoundaryError(f"koordinat di luar Indonesia atau bukan derajat: {some(sorted(strange))}")
    if turned:
        say.append(f"Diperbaiki: {len(turned)} poligon ditukar sumbunya; berkas menulis lintang dan bujur terbalik")
    return out


def _inside(shape: Geometry) -> bool:
    west, south, east, north = shape.bounds
    return bool(west >= INDONESIA[0] and south >= INDONESIA[1] and east <= INDONESIA[2] and north <= INDONESIA[3])


def _without_specks(shape: Geometry) -> Geometry:
    parts: Sequence[Geometry] = sorted(shapely.get_parts(shape), key=shapely.area, reverse=True)
    kept = [parts[0], *(part for part in parts[1:] if part.area >= SPECK)]
    return shape if len(kept) == len(parts) else shapely.MultiPolygon(kept) if len(kept) > 1 else kept[0]


def _measured(fact: AreaFacts, shape: Geometry, beside: set[str]) -> AreaFacts:
    lat, lon = _label(shape)
    size = round(km2(shape), 3) or round(km2(shape), 6)
    return fact.model_copy(
        update={"label_lat": lat, "label_lon": lon, "km2": size, "neighbours": tuple(sorted(beside - {fact.code}))}
    )


def _label(shape: Geometry) -> tuple[float, float]:
    """The middle of the largest circle in the largest part, as short as it may be written and still lie inside (lat, lon)."""
    largest = max(shapely.get_parts(shape), key=shapely.area)
    width = max(largest.bounds[2] - largest.bounds[0], largest.bounds[3] - largest.bounds[1])
    x, y = shapely.maximum_inscribed_circle(largest, width / 200).coords[0]
    for decimals in (4, 5, 6):
        point = shapely.Point(round(x, decimals), round(y, decimals))
        if shapely.contains_properly(largest, point):
            return float(point.y), float(point.x)
    return y, x
