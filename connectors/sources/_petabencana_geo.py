"""PetaBencana's answers as properties with a point: TopoJSON (the service's own choice) or GeoJSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from connectors.answer import Answer
from connectors.source import FormChanged
from layers import geofiles

Placed = tuple[Mapping[str, Any], float | None, float | None]
"""Properties, latitude and longitude in degrees."""


def result(answer: Answer) -> Mapping[str, Any]:
    """What the answer holds; the service repeats its status inside."""
    found = answer.json()
    held = found.get("result") if isinstance(found, Mapping) else None
    if not isinstance(held, Mapping) or found.get("statusCode", 200) != 200:
        raise FormChanged(f"jawaban bukan data PetaBencana: {answer.url}")
    return held


def points(answer: Answer) -> Iterator[Placed]:
    """The points of an answer. A quantized TopoJSON gives them as steps of its own grid."""
    document = result(answer)
    scale, origin = ((1, 1), (0, 0))
    if document.get("type") == "Topology":
        grid = document.get("transform")
        scale, origin = (grid["scale"], grid["translate"]) if isinstance(grid, Mapping) else (scale, origin)
    for item in _items(document, answer.url):
        geometry = item if document.get("type") == "Topology" else item.get("geometry") or {}
        lat = lon = None
        if isinstance(geometry, Mapping) and geometry.get("type") == "Point":
            x, y = geometry["coordinates"][:2]
            lon, lat = x * scale[0] + origin[0], y * scale[1] + origin[1]
        yield item.get("properties") or {}, lat, lon


def areas(answer: Answer, folder: Path) -> Iterator[Placed]:
    """The areas of an answer, each with a point that surely lies in it; ``folder`` takes a file for the moment of reading."""
    document = result(answer)
    if not _items(document, answer.url):
        return
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "areas.json"
    file.write_text(json.dumps(document), "utf-8")
    try:
        read = geofiles.read(file)
    except geofiles.BoundaryError as error:
        raise FormChanged(f"wilayah pada jawaban tidak terbaca: {error}") from error
    finally:
        file.unlink()
    for feature in read.features:
        inside = feature.shape.representative_point()
        yield feature.columns, inside.y, inside.x


def _items(document: Mapping[str, Any], url: str) -> list[Mapping[str, Any]]:
    """Geometries of every object of a topology, or features."""
    if document.get("type") == "Topology" and isinstance(document.get("objects"), Mapping):
        found = [item for group in document["objects"].values() for item in group.get("geometries", [])]
    elif document.get("type") == "FeatureCollection" and isinstance(document.get("features"), list):
        found = document["features"]
    else:
        raise FormChanged(f"jawaban bukan TopoJSON atau GeoJSON: {url}")
    if not all(isinstance(item, Mapping) for item in found):
        raise FormChanged(f"jawaban bukan TopoJSON atau GeoJSON: {url}")
    return found
