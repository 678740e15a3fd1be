"""Reads areas from the forms in which regions publish them; nothing in a file is ever executed or followed.

GeoJSON, TopoJSON and the public ``wilayah_boundaries`` SQL are parsed here; GeoPackage and zipped Shapefile go
to GDAL, by an allow-list of drivers and only after their first bytes were recognised.
"""

from __future__ import annotations

import json
import math
import re
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import shapely
from pyproj import Transformer
from pyproj.exceptions import ProjError
from shapely import Geometry
from shapely.errors import ShapelyError

from layers import sqltext
from layers.zipped import UNREADABLE

MAX_BYTES = 200 * 2**20
"""A province's kelurahan are some 60 MB as GeoJSON; a larger file is refused, packed or unpacked."""

FORMS = "GeoJSON, TopoJSON, GeoPackage, Shapefile dalam zip, atau SQL wilayah_boundaries"
_DRIVERS = {"GPKG", "ESRI Shapefile"}
_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")


class BoundaryError(ValueError):
    """A boundary file that cannot be used; the message says what is wrong and where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One row of a file: its columns as text and its polygons in WGS84, longitude first as far as the file says.

    ``crossed`` says that an outline crossed itself and was untangled.
    """

    columns: dict[str, str]
    shape: Geometry
    crossed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GeoFile:
    """What was read: the form's name for people, and its rows that hold polygons."""

    form: str
    features: tuple[Feature, ...]


def read(path: Path) -> GeoFile:
    """Read a local file by what it holds, not by what it is called; raises :class:`BoundaryError`."""
    if re.match(r"(?i)/vsi|[a-z][a-z0-9+.-]+:", str(path)) or not path.is_file():
        raise BoundaryError(f"{path}: bukan berkas di komputer ini")
    if (size := path.stat().st_size) > MAX_BYTES:
        raise BoundaryError(f"{path.name}: {size / 2**20:.0f} MB, lebih besar dari batas {MAX_BYTES / 2**20:.0f} MB")
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"PK\x03\x04"):
        form, rows = "Shapefile", _zipped(path)
    elif head.startswith(b"SQLite format 3\0") and head[68:70] == b"GP":  # GPKG, or GP10 in its first edition
        form, rows = "GeoPackage", _gdal(path.resolve())
    else:
        form, rows = _text(path)
    features = tuple(
        Feature(columns=columns, shape=shape, crossed=crossed) for columns, (shape, crossed) in rows if not shape.is_empty
    )
    if not features:
        raise BoundaryError(f"{path.name}: tidak berisi satu pun wilayah (poligon)")
    return GeoFile(form=form, features=features)


Drawn = tuple[Geometry, bool]
"""A valid shape, and whether an outline of it crossed itself."""

Rows = Iterator[tuple[dict[str, str], Drawn]]


def _text(path: Path) -> tuple[str, Rows]:
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BoundaryError(f"{path.name}: bentuk tidak dikenal; yang diterima: {FORMS}") from error
    if not text.lstrip().startswith("{"):
        if sqltext.holds_rows(text):
            return "SQL wilayah_boundaries", _sql(text, path.name)
        raise BoundaryError(f"{path.name}: bentuk tidak dikenal; yang diterima: {FORMS}")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BoundaryError(f"{path.name}: JSON rusak atau terpotong: {error}") from error
    if document.get("type") == "Topology":
        return "TopoJSON", _topojson(document, path.name)
    if document.get("type") in ("FeatureCollection", "Feature"):
        return "GeoJSON", _geojson(document, path.name)
    raise BoundaryError(f"{path.name}: JSON ini bukan GeoJSON atau TopoJSON")


# --- GeoJSON and TopoJSON ------------------------------------------------------------------------


def _geojson(document: dict[str, Any], name: str) -> Rows:
    crs = document.get("crs") or {}
    system = crs.get("properties", {}).get("name", "EPSG:4326") if isinstance(crs, dict) else "EPSG:4326"
    features = document.get("features", [document])
    for number, feature in enumerate(_listed(features, name), 1):
        try:
            shape, crossed = _polygons(feature.get("geometry"), None)
            columns = _columns({"id": feature.get("id"), **(feature.get("properties") or {})})
        except (TypeError, KeyError, IndexError, ValueError, AttributeError, RecursionError, ShapelyError) as error:
            raise BoundaryError(f"{name}: wilayah ke-{number}: {error}") from error
        yield columns, (_degrees(shape, system, name), crossed)


def _topojson(document: dict[str, Any], name: str) -> Rows:
    try:
        arcs = _arcs(document)
        objects = list(document["objects"].values())
    except (TypeError, KeyError, IndexError, ValueError, AttributeError) as error:
        raise BoundaryError(f"{name}: TopoJSON rusak: {error}") from error
    number = 0
    while objects:
        item = objects.pop(0)
        if isinstance(item, dict) and item.get("type") == "GeometryCollection":
            objects = [*_listed(item.get("geometries"), name), *objects]
            continue
        number += 1
        try:
            yield _columns({"id": item.get("id"), **(item.get("properties") or {})}), _polygons(item, arcs)
        except (TypeError, KeyError, IndexError, ValueError, AttributeError, ShapelyError) as error:
            raise BoundaryError(f"{name}: wilayah ke-{number}: {error}") from error


def _arcs(document: dict[str, Any]) -> list[list[list[float]]]:
    """A topology's arcs as absolute positions."""
    quantized = document.get("transform")
    if not quantized:
        return cast("list[list[list[float]]]", document["arcs"])
    (kx, ky), (dx, dy) = quantized["scale"], quantized["translate"]
    arcs = []
    for arc in document["arcs"]:
        steps = np.cumsum(np.array([position[:2] for position in arc], dtype=float), axis=0)
        arcs.append((steps * (kx, ky) + (dx, dy)).tolist())
    return arcs


def _polygons(geometry: Any, arcs: list[list[list[float]]] | None) -> Drawn:
    """The polygons of a (Geo|Topo)JSON geometry; anything else in it counts as empty."""
    kind = geometry.get("type") if geometry else None
    if kind == "GeometryCollection":
        parts = [_polygons(part, arcs) for part in geometry["geometries"]]
        return shapely.union_all([shape for shape, _ in parts]), any(crossed for _, crossed in parts)
    body = geometry["coordinates" if arcs is None else "arcs"] if kind in ("Polygon", "MultiPolygon") else []
    polygons = [body] if kind == "Polygon" else body
    if arcs is not None:
        polygons = [[_ring(ring, arcs) for ring in polygon] for polygon in polygons]
    return _built(polygons)


def _ring(indices: list[int], arcs: list[list[list[float]]]) -> list[list[float]]:
    ring: list[list[float]] = []
    for index in indices:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring += arc[1:] if ring else arc
    return ring


def _built(polygons: list[list[list[list[float]]]]) -> Drawn:
    """Polygons of rings into one valid shape. A ring inside another is a hole, one beside it another part."""
    parts, crossed = [], False
    for rings in polygons:
        shape = shapely.Polygon()
        for ring in rings:
            positions = np.array([position[:2] for position in ring], dtype=float)
            if not np.isfinite(positions).all():
                raise ValueError("koordinat bukan bilangan")
            if len(positions) >= 3:
                outline = shapely.Polygon(positions)
                crossed = crossed or not outline.is_valid
                shape = shapely.symmetric_difference(shape, shapely.make_valid(outline))
        parts.append(shape)
    return (parts[0] if len(parts) == 1 else shapely.union_all(parts)), crossed


def _columns(properties: dict[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in properties.items() if isinstance(value, str | int | float)}


def _listed(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise BoundaryError(f"{name}: daftar wilayah tidak ada")
    return value


# --- wilayah_boundaries ----------------------------------------------------------------------------


def _sql(text: str, name: str) -> Rows:
    """Rows of ``INSERT INTO wilayah_boundaries(kode, nama, ..., path) VALUES (...), ...``.

    ``path`` is JSON, positions as [lat, lng]: a ring, a list of rings, or a list of polygons.
    """
    for columns, row in sqltext.rows(text):
        yield _sql_row(columns, row, name)


def _sql_row(columns: list[str], row: list[str], name: str) -> tuple[dict[str, str], Drawn]:
    if len(columns) != len(row) or "path" not in columns:
        raise BoundaryError(f"{name}: baris SQL dengan {len(row)} nilai untuk kolom {', '.join(columns)}")
    values = dict(zip(columns, row, strict=True))
    try:
        path: Any = json.loads(values.pop("path"))
        depth, inner = 0, path
        while isinstance(inner, list):
            depth, inner = depth + 1, inner[0]
        polygons = {2: [[path]], 3: [path], 4: path}[depth]
        drawn = _built([[[[lng, lat] for lat, lng in ring] for ring in polygon] for polygon in polygons])
    except (TypeError, KeyError, IndexError, ValueError, RecursionError, ShapelyError) as error:
        raise BoundaryError(f"{name}: {values.get('kode', '?')}: isi path tidak dapat dibaca: {error}") from error
    return values, drawn


# --- GeoPackage and Shapefile, through GDAL ----------------------------------------------------------


def _zipped(path: Path) -> Rows:
    """The one Shapefile in a zip, unpacked under names of our own."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(path) as packed:
                shp = [info.filename for info in packed.infolist() if info.filename.lower().endswith(".shp")]
                shp = [name for name in shp if not Path(name).name.startswith(".")]
                if len(shp) != 1:
                    raise BoundaryError(f"{path.name}: perlu tepat satu .shp di dalam zip, ada {len(shp)}")
                stem = shp[0][:-4]
                for info in packed.infolist():
                    ending = info.filename[-4:].lower()
                    if info.filename[:-4] != stem or ending not in _SHAPEFILE:
                        continue
                    if info.file_size > MAX_BYTES:
                        raise BoundaryError(f"{path.name}: {info.filename} terlalu besar setelah dibuka")
                    (Path(folder) / f"areas{ending}").write_bytes(packed.read(info))
        except (*UNREADABLE, OSError) as error:
            raise BoundaryError(f"{path.name}: zip rusak atau terkunci: {error}") from error
        yield from _gdal(Path(folder) / "areas.shp", path.name)


def _gdal(path: Path, shown: str | None = None) -> Rows:
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    name = shown or path.name
    try:
        for layer, _ in pyogrio.list_layers(path):
            if pyogrio.read_info(path, layer=layer)["driver"] not in _DRIVERS:
                raise BoundaryError(f"{name}: bentuk tidak dikenal; yang diterima: {FORMS}")
            frame = pyogrio.read_dataframe(path, layer=layer)
            if "geometry" not in frame:
                continue
            system = frame.crs.to_wkt() if frame.crs is not None else None
            for row, shape in zip(frame.drop(columns="geometry").to_dict("records"), frame.geometry, strict=True):
                area = shapely.get_dimensions(shape) == 2 if shape is not None else False
                flat = shapely.force_2d(shape) if area else shapely.Polygon()
                yield _columns(row), (_degrees(flat, system, name), not flat.is_valid)
    except (DataSourceError, DataLayerError, ValueError) as error:
        raise error if isinstance(error, BoundaryError) else BoundaryError(f"{name}: tidak dapat dibaca: {error}") from error


def _degrees(shape: Geometry, system: str | None, name: str) -> Geometry:
    """A shape of the named coordinate system in WGS84; without a name it must already look like degrees."""
    if shape.is_empty:
        return shape
    if system is None:
        if max(map(abs, shape.bounds)) > 360:
            raise BoundaryError(f"{name}: sistem koordinat tidak disebut (.prj tidak ada) dan angkanya bukan derajat")
        return shape
    try:
        there = _transformer(system)
    except ProjError as error:
        raise BoundaryError(f"{name}: sistem koordinat {system[:60]!r} tidak dikenal") from error
    moved = shapely.transform(shape, there.transform, interleaved=False)
    if not all(map(math.isfinite, moved.bounds)):
        raise BoundaryError(f"{name}: koordinat di luar jangkauan sistemnya")
    return moved


@lru_cache(8)
def _transformer(system: str) -> Transformer:
    return Transformer.from_crs(system, "EPSG:4326", always_xy=True)
