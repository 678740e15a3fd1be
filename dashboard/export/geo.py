"""A sheet whose rows name areas as GeoJSON (RFC 7946): boundaries with the row's values, and the provenance beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

import orjson
import shapely
from shapely import Geometry

from dashboard.export.provenance import lines
from dashboard.export.sheet import Cell, Sheet, exact
from layers.areas import AreaTree

PLACES = 6
"""Decimals of a degree: about 11 cm."""


def write(sheet: Sheet, tree: AreaTree, shapes: Mapping[str, Geometry], *, schematic: bool) -> Iterator[bytes]:
    """The collection, a feature at a time; an area without a shape keeps its values and has no geometry.

    Raises ``ValueError`` for a sheet without areas.
    """
    key = sheet.areas
    if key is None:
        raise ValueError(f"{sheet.name}: tidak ada kolom wilayah")
    head = {
        "name": sheet.title,
        "provenance": [list(pair) for pair in lines(sheet.about)],
        "schematic": schematic,
        "columns": [{"key": c.key, "title": c.title, "unit": c.unit} for c in sheet.columns],
    }
    yield b'{"type":"FeatureCollection",' + orjson.dumps(head)[1:-1] + b',"features":['
    first = True
    for row in sheet.rows:
        code = str(row[key])
        shape = _shape(code, tree, shapes)
        feature = {
            "type": "Feature",
            "id": code,
            "properties": {c.key: _said(cell, sheet) for c, cell in zip(sheet.columns, row, strict=True)},
            "geometry": orjson.loads(shapely.to_geojson(shape)) if shape is not None else None,
        }
        yield (b"" if first else b",\n") + orjson.dumps(feature)
        first = False
    yield b"]}\n"


def _shape(code: str, tree: AreaTree, shapes: Mapping[str, Geometry]) -> Geometry | None:
    """An area's own shape, or that of all that lies in it."""
    if code in shapes:
        found = shapes[code]
    else:
        inside = [shape for known, shape in shapes.items() if known.startswith(f"{code}.")] if code in tree.areas else []
        if not inside:
            return None
        found = shapely.union_all(inside)
    return shapely.transform(shapely.orient_polygons(found), lambda points: points.round(PLACES))


def _said(cell: Cell, sheet: Sheet) -> Cell:
    if isinstance(cell, datetime):
        return cell.astimezone(sheet.about.city.zone).isoformat(timespec="seconds")
    if isinstance(cell, float):
        return exact(cell)
    return cell.isoformat() if isinstance(cell, date) else cell
