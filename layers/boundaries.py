"""Boundaries of a city's kelurahan: imported from a file, checked and repaired, or drawn from the pack's facts."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely
from shapely import Geometry

from layers import geofiles, mapasset, schematic
from layers.areas import AreaTree, dotted
from layers.city import City
from layers.coverage import Plane, Repair, faults, repair
from layers.geofiles import BoundaryError, Feature
from layers.mapasset import MapAsset, digest
from layers.words import number, some

__all__ = ["Boundaries", "BoundaryError", "ImportReport", "MapAsset", "import_boundaries", "load_boundaries"]

_FAR = 0.1
_MISPLACED = 0.25
"""Above this share of label points outside their areas, codes and shapes do not belong together."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Boundaries:
    """Kelurahan code -> shape (WGS84, a sound coverage), with the map made of them."""

    shapes: Mapping[str, Geometry]
    schematic: bool
    asset: MapAsset
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import found and did, in plain words; nothing was taken over unless ``ok``."""

    ok: bool
    lines: list[str]


# --- load -----------------------------------------------------------------------------------------


def load_boundaries(city: City, data: Path) -> Boundaries:
    """The imported boundaries in ``DATA/boundaries/<code>``, else the pack's own, else schematic ones; kept, so fast.

    A kelurahan for which the pack states no label point is one that no file draws: it may lack a shape.
    Raises :class:`BoundaryError` when the boundaries do not fit the pack (any more), or the pack states
    too little to draw from.
    """
    folder = data / "boundaries" / city.code
    folder.mkdir(parents=True, exist_ok=True)
    facts = orjson.dumps([city.outline, [area.model_dump() for area in city.areas]])
    given = (folder / "imported.geojson", city.boundaries)
    imported = next((path for path in given if path and path.exists()), None)
    drawn = imported is None
    if imported is None:
        imported = folder / f"schematic-{digest(facts + bytes([schematic.VERSION]))}.geojson"
        if not imported.exists():
            try:
                _write(imported, to_geojson(city.code, _names(city), schematic.draw(city)))
            except schematic.SchematicError as error:
                raise BoundaryError(f"{error}; impor berkas batas: liveroom areas import BERKAS") from error
    body = imported.read_bytes()
    shapes = {row["id"]: shapely.from_geojson(orjson.dumps(row["geometry"])) for row in orjson.loads(body)["features"]}
    unplaced = {area.code for area in city.areas if area.label_lat is None}
    kelurahan = {area.code for area in AreaTree.of(city).kelurahan}
    if not (shapes and kelurahan >= shapes.keys() >= kelurahan - unplaced):
        raise BoundaryError(f"{imported}: tidak lagi sesuai dengan paket {city.code}; impor ulang berkas batas")
    kept = folder / f"map-{digest(body + facts + bytes([mapasset.VERSION, drawn]))}.json"
    return Boundaries(shapes=shapes, schematic=drawn, asset=_asset(kept, city, shapes, drawn=drawn), digest=digest(body))


def _asset(kept: Path, city: City, shapes: Mapping[str, Geometry], *, drawn: bool) -> MapAsset:
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        return MapAsset.from_json(kept.read_bytes())
    asset = mapasset.make_asset(city.code, shapes, city.areas, schematic=drawn)
    _write(kept, asset.to_json())
    return asset


def to_geojson(city: str, names: Mapping[str, str], shapes: Mapping[str, Geometry], source: str | None = None) -> bytes:
    """Boundaries as they are kept: one feature a code, in the order of codes, with its name."""
    features = [
        {
            "type": "Feature",
            "id": code,
            "properties": {"kode": code, "nama": names[code]},
            "geometry": orjson.loads(shapely.to_geojson(shapes[code])),
        }
        for code in sorted(shapes)
    ]
    return orjson.dumps({"type": "FeatureCollection", "name": city, "source": source, "features": features})


def _names(city: City) -> dict[str, str]:
    return {area.code: area.name for area in city.areas}


def _write(path: Path, body: bytes) -> None:
    """Whole or not at all, whoever else writes the same file at the same time."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


# --- import ---------------------------------------------------------------------------------------


def import_boundaries(path: Path, city: City, data: Path) -> ImportReport:
    """Read, match, repair and check a boundary file; where all is well it becomes the city's boundaries.

    Raises :class:`BoundaryError` for a file that cannot be read at all. Codes that are missing, or shapes
    that do not lie where the pack's label points do, give a report that is not ``ok``.
    """
    tree = AreaTree.of(city)
    read = geofiles.read(path)
    lines = [f"Berkas: {path.name} ({read.form}), {len(read.features)} wilayah"]
    found, how = _match(read.features, tree)
    lines += how
    missing = [area.code for area in tree.kelurahan if area.code not in found]
    if missing:
        lines.append(f"Tidak ada dalam berkas: {some(f'{code} {tree.name(code)}' for code in missing)}")
    if len(missing) * 2 > len(tree.kelurahan):
        return ImportReport(ok=False, lines=[*lines, "Batas tidak diganti."])
    if _swapped(city, found):
        found = {code: shapely.transform(shape, lambda xy: xy[:, ::-1]) for code, shape in found.items()}
        lines.append("Sumbu ditukar: berkas menulis lintang sebelum bujur")
    west, south, east, north = shapely.total_bounds(list(found.values()))
    if not (-180 <= west <= east <= 180 and -90 < south <= north < 90):
        raise BoundaryError(f"{path.name}: koordinat bukan derajat lintang dan bujur")
    plane = Plane((south + north) / 2, (west + east) / 2)
    metres, done = repair({code: plane.metres(shape) for code, shape in found.items()})
    shapes = {code: plane.degrees(shape) for code, shape in metres.items()}
    lines += repaired_lines(done)
    unsound = sorted({*faults(shapes), *(found.keys() - shapes.keys())})
    if unsound:
        lines.append(f"Tidak dapat diperbaiki: {some(unsound)}")
    lines += _against_pack(city, {code: shape.area / 1e6 for code, shape in metres.items()})
    outside = _outside(city, shapes)
    if outside:
        lines.append(f"Titik label paket di luar wilayahnya: {some(f'{code} {tree.name(code)}' for code in outside)}")
    ok = not missing and not unsound and len(outside) <= _MISPLACED * len(shapes)
    if not ok:
        return ImportReport(ok=False, lines=[*lines, "Batas tidak diganti."])
    folder = data / "boundaries" / city.code
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "imported.geojson", to_geojson(city.code, _names(city), shapes, path.name))
    asset = load_boundaries(city, data).asset
    size = len(asset.to_json()) / 1024
    lines.append(f"Peta {tree.city.name}: {len(asset.paths)} kelurahan, {len(asset.kecamatan)} kecamatan, {number(size, 0)} KB")
    return ImportReport(ok=True, lines=lines)


def _match(features: Iterable[Feature], tree: AreaTree) -> tuple[dict[str, Geometry], list[str]]:
    """Kelurahan code -> shape, by the column that holds most of the pack's codes, else by names."""
    features = list(features)
    columns = sorted({column for feature in features for column in feature.columns})
    known = {area.code for area in tree.kelurahan}
    codes = {column: [dotted(feature.columns.get(column, "")) for feature in features] for column in columns}
    column = max(columns, key=lambda column: (len(known.intersection(codes[column])), "kode" in column.lower()), default=None)
    if column is not None and len(known.intersection(codes[column])) * 2 >= len(known):
        grouped: dict[str, list[Geometry]] = {}
        for code, feature in zip(codes[column], features, strict=True):
            if code in known and code is not None:
                grouped.setdefault(code, []).append(feature.shape)
        lines = [f"Kode dari kolom {column}: {len(grouped)} dari {len(known)} kelurahan ditemukan"]
        level = tree.kelurahan[0].code.count(".")
        inside = {c for c in codes[column] if c and c.startswith(tree.city.code + ".") and c.count(".") == level}
        if unknown := sorted(inside - known):
            lines.append(f"Kode yang tidak ada dalam paket {tree.city.code}: {some(unknown)}")
        if ignored := sum(code not in known and code not in inside for code in codes[column]):
            lines.append(f"Diabaikan: {ignored} wilayah kota atau tingkat lain")
        return {code: shapely.union_all(shapes) for code, shapes in grouped.items()}, lines
    return _match_names(features, columns, tree)


def _match_names(features: list[Feature], columns: list[str], tree: AreaTree) -> tuple[dict[str, Geometry], list[str]]:
    above = {c: [tree.kecamatan_by_name(feature.columns.get(c, "")) for feature in features] for c in columns}
    kecamatan = max(columns, key=lambda column: sum(area is not None for area in above[column]), default="")

    def names(column: str) -> list[str | None]:
        pairs = ((f.columns.get(column, ""), f.columns.get(kecamatan) if column != kecamatan else None) for f in features)
        return [area.code if (area := tree.by_name(*pair)) else None for pair in pairs]

    best = max(((names(column), column) for column in columns), key=lambda pair: len({*pair[0]} - {None}), default=([], ""))
    times = Counter(best[0])
    found = {code: f.shape for code, f in zip(best[0], features, strict=True) if code is not None and times[code] == 1}
    lines = [f"Tanpa kolom kode; nama dari kolom {best[1]}: {len(found)} dari {len(tree.kelurahan)} kelurahan ditemukan"]
    if twice := sorted(code for code, n in times.items() if code is not None and n > 1):
        lines.append(f"Nama yang dipakai lebih dari satu wilayah: {some(tree.name(code) for code in twice)}")
    strange = sum(code is None for code in best[0])
    if strange:
        lines.append(f"Diabaikan: {strange} wilayah yang namanya tidak dikenal")
    return found, lines


def _labels(city: City, shapes: Mapping[str, Geometry]) -> dict[str, Any]:
    return {a.code: (a.label_lon, a.label_lat) for a in city.areas if a.code in shapes and a.label_lat is not None}


def _swapped(city: City, shapes: Mapping[str, Geometry]) -> bool:
    """Whether the pack's label points lie in the file's frame only when the axes are exchanged."""
    points = np.array(list(_labels(city, shapes).values())).reshape(-1, 2)
    west, south, east, north = shapely.total_bounds(list(shapes.values()))

    def inside(x: Any, y: Any) -> int:
        return int(((west <= x) & (x <= east) & (south <= y) & (y <= north)).sum())

    return inside(points[:, 1], points[:, 0]) > inside(points[:, 0], points[:, 1])


def _outside(city: City, shapes: Mapping[str, Geometry]) -> list[str]:
    return [code for code, point in _labels(city, shapes).items() if not shapes[code].intersects(shapely.Point(point))]


# --- words ----------------------------------------------------------------------------------------


def repaired_lines(done: Repair) -> list[str]:
    lines = []
    if done.gaps:
        lines.append(f"Diperbaiki: {done.gaps} celah antarwilayah ditutup ({number(done.gaps_km2, 3)} km²)")
    if done.overlaps:
        lines.append(f"Diperbaiki: {done.overlaps} tumpang tindih dibagi ({number(done.overlaps_km2, 3)} km²)")
    if done.lakes:
        lines.append(f"Dibiarkan: {done.lakes} celah lebar, danau atau wilayah lain ({number(done.lakes_km2, 3)} km²)")
    return lines or ["Cakupan rapi: tanpa celah dan tanpa tumpang tindih"]


def _against_pack(city: City, km2: Mapping[str, float]) -> list[str]:
    stated = {area.code: area.km2 for area in city.areas if area.km2 and area.code in km2}
    lines = [f"Luas: {number(sum(km2.values()), 2)} km²"]
    if stated:
        total, here = sum(stated.values()), sum(km2[code] for code in stated)
        lines[0] += f"; menurut paket {number(total, 2)} km² (selisih {number(abs(here / total - 1) * 100, 2)} %)"
    if far := [code for code, said in stated.items() if abs(km2[code] / said - 1) > _FAR]:
        each = (f"{code} {number(km2[code], 2)} bukan {number(stated[code], 2)} km²" for code in far)
        lines.append(f"Luas berbeda lebih dari {_FAR * 100:.0f} % dari paket: {some(each)}")
    return lines
