"""BMKG's earthquakes: how strong, how far from the city, and how strongly felt in it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from connectors.answer import Answer
from connectors.fields import need, need_moment, text
from connectors.source import BadRow, Context, Excluded, FormChanged, Kept, Row
from connectors.sources._measured import number
from layers.areas import key as plain
from layers.city import City
from layers.clock import TimeError, parse_time
from layers.model import Measurement

UNITS = {"gempa.magnitudo": "M", "gempa.jarak": "km", "gempa.dirasakan": "MMI"}
FIELDS = ("DateTime", "Coordinates", "Magnitude", "Dirasakan")
_MMI = {roman: n for n, roman in enumerate(("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"), 1)}
_FELT = re.compile(r"([IVX]+)(?:\s*-\s*([IVX]+))?\s+(.+)")
_EARTH_KM = 6371.0
_UTC = ZoneInfo("UTC")


def rows(answer: Answer) -> Iterator[Row]:
    """Three rows for each quake of an answer, which holds one or a list of them."""
    found = answer.json()
    try:
        quakes = found["Infogempa"]["gempa"]
    except (KeyError, TypeError) as error:
        raise FormChanged(f"jawaban bukan data gempa BMKG: {answer.url}") from error
    for quake in quakes if isinstance(quakes, list) else [quakes]:
        if not isinstance(quake, Mapping):
            raise FormChanged(f"jawaban bukan data gempa BMKG: {answer.url}")
        for name in UNITS:
            yield {"besaran": name} | {field: quake.get(field) for field in FIELDS}


def parse(row: Row, within_km: float, ctx: Context) -> Kept | Excluded:
    """One measure of one quake, told apart by its moment. One far away that was not felt here does not count."""
    name, at = need(row, "besaran"), need_moment(row, "DateTime", ctx.city)
    distance, felt = kilometres(_point(row), ctx.city), mmi(text(row, "Dirasakan"), ctx.city)
    if distance > within_km and felt is None:
        return Excluded(rule="jauh_dari_kota")
    if name == "gempa.dirasakan" and felt is None:
        return Excluded(rule="tidak_dirasakan")
    values = {"gempa.jarak": round(distance), "gempa.dirasakan": felt}
    value = values[name] if name in values else number(row, "Magnitude", 0, 10)
    if (quake := key(row)) is None:
        raise BadRow("DateTime", "bukan waktu yang dikenal")
    record = Measurement(
        source=ctx.source,
        source_id=quake,
        seen_at=ctx.now,
        name=name,
        subject=quake.partition("/")[0],
        value=float(value or 0),
        unit=UNITS[name],
        measured=at,
    )
    return Kept(record=record)


def key(row: Row) -> str | None:
    """The record's own id; the moment of a quake, which always has an offset, tells it from the others."""
    moment, name = text(row, "DateTime"), text(row, "besaran")
    try:
        return f"{parse_time(moment, _UTC):%Y%m%dT%H%M%SZ}/{name}" if moment and name else None
    except (TimeError, OverflowError):
        return None


def mmi(words: str | None, city: City) -> float | None:
    """The strongest intensity that a list such as ``II-III Bogor, III Kota Tangerang`` states for the city.

    A name without "Kota" or "Kab." is taken for both; neither is, where it says the other.
    """
    strongest = []
    ours, form = _bare(city.name)
    for part in (words or "").split(","):
        match = _FELT.match(part.strip())
        name, said = _bare(match[3]) if match else ("", None)
        if match and name == ours and said in (None, form):
            strongest.append(_MMI.get(match[2] or match[1]))
    return max((float(n) for n in strongest if n), default=None)


def _bare(name: str) -> tuple[str, str | None]:
    match = re.match(r"\s*(kota|kab)(?:upaten)?\b\.?\s*", name, re.IGNORECASE)
    return plain(name[match.end() :] if match else name), match[1].lower() if match else None


def kilometres(point: tuple[float, float], city: City) -> float:
    """Along the earth's surface from a point to the middle of the city."""
    lat, lon, other_lat, other_lon = map(math.radians, (*point, *_middle(city.areas)))
    half = math.sin((lat - other_lat) / 2) ** 2 + math.cos(lat) * math.cos(other_lat) * math.sin((lon - other_lon) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(half))


def _middle(areas: Any) -> tuple[float, float]:
    points = [(area.label_lat, area.label_lon) for area in areas if area.label_lat is not None and area.label_lon is not None]
    if not points:
        raise BadRow("Coordinates", "paket kota tidak menyatakan titik satu wilayah pun, jadi jarak gempa tidak dapat dihitung")
    return sum(lat for lat, _ in points) / len(points), sum(lon for _, lon in points) / len(points)


def _point(row: Row) -> tuple[float, float]:
    """``lat,lon`` in degrees."""
    match = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*", text(row, "Coordinates") or "")
    lat, lon = (float(match[1]), float(match[2])) if match else (math.inf, math.inf)
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise BadRow("Coordinates", f"bukan koordinat: {str(row.get('Coordinates'))[:40]!r}")
    return lat, lon
