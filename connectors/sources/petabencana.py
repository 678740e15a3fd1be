"""Floods as PetaBencana.id knows them: reports by citizens, flooded areas of the BPBD, and flood gauges."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field, model_validator

from connectors.fields import digest, need, need_moment, text
from connectors.http import Http
from connectors.source import BadRow, Config, Context, Cursor, Excluded, Kept, Page, Place, Row, Sample, Source
from connectors.sources import _petabencana_geo as geo
from connectors.sources._measured import number
from layers.facts import Duration
from layers.model import Kind, Measurement

LEAST_CM = {0: 0.0, 2: 10.0, 3: 71.0, 4: 151.0}
"""State of a flooded area -> the least depth that it means. 1 is "flooded, depth unknown", 0 our own "no more"."""

_REPORT = ("pkey", "created_at", "status", "disaster_type")
_AREA = ("area_id", "area_name", "parent_name", "state", "last_updated")
_GAUGE = {"banjir.muka_air": ("f2", "cm", -2000, 5000), "banjir.siaga": ("f3", "siaga", 1, 4)}
"""A gauge's measures: the field of an observation, the unit, and between what it can be."""

_WEEK = timedelta(days=7)


class Petabencana(Config):
    """``region`` goes with every question (``admin = "ID-BT"``).

    ``since`` is where the first run begins: a moment, or how long ago. Reports of the last ``look_back`` are asked
    for each time, older ones come from the archive. ``gauges`` limits the gauges to some ids.
    """

    base: Annotated[str, Field(pattern=r"^https?://")] = "https://data.petabencana.id"
    region: Mapping[str, str] = Field(default_factory=dict)
    since: datetime | Duration | None = None
    look_back: Duration = timedelta(hours=6)
    reports: bool = True
    floods: bool = True
    floodgauges: bool = False
    gauges: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _something(self) -> Petabencana:
        if not (self.reports or self.floods or self.floodgauges):
            raise ValueError("nyatakan sedikitnya satu dari: reports, floods, floodgauges")
        return self


def pages(http: Http, config: Petabencana, cursor: Cursor | None, ctx: Context) -> Iterator[Page]:
    """Reports (window after window, then the newest), flooded areas, gauges; the cursor says how far each has come."""
    state: dict[str, Any] = dict(cursor or {})
    parts: tuple[tuple[bool, Callable[[Http, Petabencana, Mapping[str, Any], Context], Iterator[Page]]], ...] = (
        (config.reports, _reports),
        (config.floods, _floods),
        (config.floodgauges, _gauges),
    )
    for wanted, part in parts:
        for page in part(http, config, state, ctx) if wanted else ():
            state |= page.cursor or {}
            yield Page(rows=page.rows, cursor=dict(state))


def parse(row: Row, config: Petabencana, ctx: Context) -> Kept | Excluded:
    """One measure of a report, an area or a gauge, at its point. What people wrote is never read."""
    if text(row, "pkey"):
        return _report(row, ctx)
    if text(row, "area_id"):
        return _area(row, ctx)
    gauge = need(row, "gaugeid")
    if config.gauges and gauge not in config.gauges:
        return Excluded(rule="pos_tidak_dipakai")
    since, name = need_moment(row, "since", ctx.city), need(row, "besaran")
    if name not in _GAUGE:
        raise BadRow("besaran", f"besaran tidak dikenal: {name[:40]!r}")
    _, unit, low, high = _GAUGE[name]
    return _kept(row, ctx, name, number(row, "nilai", low, high), unit, since, known=since)


def key(row: Row) -> str | None:
    """The record's own id."""
    name = text(row, "besaran")
    for field, kind in (("pkey", "laporan"), ("area_id", "genangan"), ("gaugeid", "pos")):
        if (value := text(row, field)) and name:
            return f"{kind}/{value}/{name}"
    return None


# --- asking -------------------------------------------------------------------------------------------


def _reports(http: Http, config: Petabencana, state: Mapping[str, Any], ctx: Context) -> Iterator[Page]:
    """The archive by weeks up to ``look_back`` ago, then the service's own list of the newest."""
    newest = ctx.now - config.look_back
    first = ctx.now - config.since if isinstance(config.since, timedelta) else config.since or newest
    start = (first if first.tzinfo else first.replace(tzinfo=ctx.city.zone)).astimezone(UTC)
    start = datetime.fromisoformat(state["until"]) if state.get("until") else start
    base = config.base.rstrip("/")
    while start < newest:
        end = min(start + _WEEK, newest)
        params = {"start": f"{start:%Y-%m-%dT%H:%M:%S%z}", "end": f"{end:%Y-%m-%dT%H:%M:%S%z}", "geoformat": "geojson"}
        answer = http.get(f"{base}/reports/archive", params=params | dict(config.region))
        yield Page(rows=_told(geo.points(answer)), cursor={"until": end.isoformat(timespec="seconds")})
        start = end
    params = {"timeperiod": str(int(config.look_back.total_seconds())), "geoformat": "geojson"}
    answer = http.get(f"{base}/reports", params=params | dict(config.region))
    told, mark = list(geo.points(answer)), digest(answer.body)
    rows = _told(told) if mark != state.get("newest") else []  # the same answer again says nothing new
    yield Page(rows=rows, cursor={"until": ctx.now.isoformat(timespec="seconds"), "newest": mark})


def _told(found: Iterable[geo.Placed]) -> list[Row]:
    """A row for each report, and another one for the depth that it states. Title, text and picture are left behind here."""
    rows: list[Row] = []
    for said, lat, lon in found:
        row = {field: said.get(field) for field in _REPORT} | {"lat": lat, "lon": lon}
        rows.append(row | {"besaran": "banjir.laporan"})
        data = said.get("report_data")
        if isinstance(data, Mapping) and data.get("flood_depth") is not None:
            rows.append(row | {"besaran": "banjir.tinggi", "nilai": data["flood_depth"]})
    return rows


def _floods(http: Http, config: Petabencana, state: Mapping[str, Any], ctx: Context) -> Iterator[Page]:
    """Flooded areas; one that was among them and is no more has run dry."""
    answer = http.get(
        f"{config.base.rstrip('/')}/floods", params={"geoformat": "topojson", "minimum_state": "1"} | dict(config.region)
    )
    now = {
        str(said.get("area_id")): {field: said.get(field) for field in _AREA}
        | {"lat": round(lat or 0, 5), "lon": round(lon or 0, 5)}
        for said, lat, lon in geo.areas(answer, ctx.temp)
    }
    dry = [
        row | {"state": 0, "last_updated": ctx.now.isoformat(timespec="seconds")}
        for area, row in (state.get("floods") or {}).items()
        if area not in now
    ]
    news = (*now.values(), *dry) if now != state.get("floods") else ()
    rows: list[Row] = [row | {"besaran": name} for row in news for name in ("banjir.keadaan", "banjir.tinggi")]
    yield Page(rows=rows, cursor={"floods": now})


def _gauges(http: Http, config: Petabencana, state: Mapping[str, Any], ctx: Context) -> Iterator[Page]:
    """A row for each observation that is new, with the moment since which the gauge has stood so."""
    answer = http.get(f"{config.base.rstrip('/')}/floodgauges", params={"geoformat": "topojson"} | dict(config.region))
    before, rows = state.get("gauges") or {}, []
    after: dict[str, Any] = {}
    for said, lat, lon in geo.points(answer):
        gauge = str(said.get("gaugeid"))
        held = dict(before.get(gauge) or {})
        for seen in sorted(said.get("observations") or [], key=lambda one: str(one.get("f1"))):
            at = need_moment(seen, "f1", ctx.city).isoformat(timespec="seconds")
            if at <= held.get("until", ""):
                continue
            held["until"] = at
            for name, (field, *_) in _GAUGE.items():
                value = seen.get(field)
                held[name] = held[name] if name in held and held[name][0] == value else [value, at]
                rows.append({"gaugeid": gauge, "besaran": name, "nilai": value, "since": held[name][1], "lat": lat, "lon": lon})
        after[gauge] = held
    yield Page(rows=rows, cursor={"gauges": after})


# --- reading ------------------------------------------------------------------------------------------


def _report(row: Row, ctx: Context) -> Kept | Excluded:
    """A report counts once it is confirmed; its depth, where it states one, is a measure of its own."""
    if (text(row, "disaster_type") or "flood") != "flood":
        return Excluded(rule="bukan_banjir")
    if (text(row, "status") or "confirmed") != "confirmed":
        return Excluded(rule="belum_dikonfirmasi")
    name, at = need(row, "besaran"), need_moment(row, "created_at", ctx.city)
    if name == "banjir.laporan":
        return _kept(row, ctx, name, 1.0, "laporan", at)
    return _kept(row, ctx, name, number(row, "nilai", 0, 1000), "cm", at)


def _area(row: Row, ctx: Context) -> Kept | Excluded:
    """The state of a flooded area, and the least depth that it means; a state without a depth ends the depth known before."""
    name, at = need(row, "besaran"), need_moment(row, "last_updated", ctx.city)
    state = int(number(row, "state", 0, 4))
    if name == "banjir.keadaan":
        return _kept(row, ctx, name, float(state), "keadaan", at, known=at)
    if state not in LEAST_CM:
        return Excluded(rule="tinggi_tidak_diketahui", ends=Kind.MEASUREMENT)
    return _kept(row, ctx, name, LEAST_CM[state], "cm", at, known=at)


def _kept(row: Row, ctx: Context, name: str, value: float, unit: str, at: datetime, known: datetime | None = None) -> Kept:
    if (record_id := key(row)) is None:
        raise BadRow("besaran", "baris tanpa pengenal")
    record = Measurement(
        source=ctx.source,
        source_id=record_id,
        seen_at=ctx.now,
        known_at=known,
        name=name,
        subject=" ".join(filter(None, (text(row, "parent_name"), text(row, "area_name")))) or record_id.split("/")[1],
        value=value,
        unit=unit,
        measured=at,
    )
    lat, lon = row.get("lat"), row.get("lon")
    if isinstance(lat, float | int) and isinstance(lon, float | int) and math.isfinite(lat) and math.isfinite(lon):
        return Kept(record=record, place=Place(lat=float(lat), lon=float(lon)))
    return Kept(record=record)


# --- declarations -------------------------------------------------------------------------------------

_SAID = {"pkey": "5519", "created_at": "2026-04-24T02:37:00.000Z", "status": "confirmed", "disaster_type": "flood"}
_HERE = {"lat": -6.1717, "lon": 106.6317}
_FLOODED = {
    "area_id": "5",
    "area_name": "RW 09",
    "parent_name": "SUKARASA",
    "state": "2",
    "last_updated": "2026-04-24T02:53:52.274Z",
}
_WATER = {"gaugeid": "TMA00001", "since": "2026-04-24T02:00:00+00:00"} | _HERE


_GAUGED = {"gaugeid": "TMA00001", "observations": [{"f1": "2026-04-24T02:00:00+00:00", "f2": 30, "f3": 4, "f4": "SIAGA IV "}]}


def _objects(geometry: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"output": {"type": "GeometryCollection", "geometries": [geometry]}}


def _body(found: Mapping[str, Any]) -> tuple[str, bytes]:
    return "application/json", json.dumps({"statusCode": 200, "result": found}).encode()


SOURCE = Source(
    name="petabencana",
    title={"id": "Banjir (PetaBencana.id)", "en": "Floods (PetaBencana.id)"},
    kinds=frozenset({Kind.MEASUREMENT}),
    config=Petabencana,
    pages=pages,
    parse=parse,
    key=key,
    tested_on_real=False,
)

SAMPLE = Sample(
    config={"base": "{base}", "region": {"admin": "ID-BT"}, "floodgauges": True},
    rows=(
        _SAID | _HERE | {"besaran": "banjir.laporan"},
        _SAID | _HERE | {"besaran": "banjir.tinggi", "nilai": 40},
        _SAID | _HERE | {"pkey": "5520", "besaran": "banjir.laporan", "disaster_type": "earthquake"},
        _FLOODED | _HERE | {"besaran": "banjir.keadaan"},
        _FLOODED | _HERE | {"besaran": "banjir.tinggi"},
        _FLOODED | _HERE | {"area_id": "6", "besaran": "banjir.tinggi", "state": "1"},
        _WATER | {"besaran": "banjir.muka_air", "nilai": -165},
        _WATER | {"besaran": "banjir.siaga", "nilai": 4},
    ),
    broken=(
        _SAID | {"besaran": "banjir.tinggi", "nilai": "sepaha"},
        _SAID | {"besaran": "banjir.laporan", "created_at": "tadi"},
        _FLOODED | {"besaran": "banjir.tinggi", "state": "9"},
        _WATER | {"besaran": "banjir.siaga", "nilai": None},
        {"besaran": "banjir.laporan"},
    ),
    responses={
        "/reports": _body(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "geometry": {"type": "Point", "coordinates": [106.6317, -6.1717]},
                        "properties": _SAID | {"text": "Banjir di depan rumah", "report_data": {"flood_depth": 40}},
                    }
                ],
            }
        ),
        "/floods": _body(
            {
                "type": "Topology",
                "objects": _objects({"type": "Polygon", "properties": _FLOODED, "arcs": [[0]]}),
                "arcs": [[[0, 0], [10, 0], [0, 10], [-10, 0], [0, -10]]],
                "transform": {"scale": [0.0001, 0.0001], "translate": [106.6312, -6.1722]},
            }
        ),
        "/floodgauges": _body(
            {
                "type": "Topology",
                "objects": _objects({"type": "Point", "coordinates": [0, 0], "properties": _GAUGED}),
                "arcs": [],
            }
        ),
    },
)
