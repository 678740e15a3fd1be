"""BMKG: the forecast of every kelurahan, weather warnings (CAP 1.2) and earthquakes, from its public services."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from connectors.fields import digest, text
from connectors.http import Http
from connectors.source import (
    BadRow,
    Config,
    Context,
    Cursor,
    Excluded,
    Kept,
    Page,
    Refused,
    Row,
    Sample,
    SlowDown,
    Source,
    SourceError,
)
from connectors.sources import _bmkg_alerts as alerts
from connectors.sources import _bmkg_forecast as forecast
from connectors.sources import _bmkg_quakes as quakes
from layers.facts import Duration
from layers.model import Kind

Url = Annotated[str, Field(pattern=r"^https?://")]
_TEWS = "https://data.bmkg.go.id/DataMKG/TEWS"


class Bmkg(Config):
    """Which of BMKG's services are asked; an empty one is left out.

    ``kelurahan`` limits the forecast to some codes (all of the city otherwise). Each is asked again after
    ``refresh``, a minute at least; at most ``per_minute`` are asked in any minute (the service allows 60 to an address).
    ``province`` is the word that the title of a warning for this province has in it. Quakes further than
    ``within_km`` count only if they were felt in the city.
    """

    forecast: Url | None = "https://api.bmkg.go.id/publik/prakiraan-cuaca"
    warnings: Url | None = "https://www.bmkg.go.id/alerts/nowcast/id"
    quakes: tuple[Url, ...] = (f"{_TEWS}/autogempa.json", f"{_TEWS}/gempadirasakan.json", f"{_TEWS}/gempaterkini.json")
    kelurahan: tuple[str, ...] = ()
    refresh: Duration = timedelta(hours=3)
    per_minute: Annotated[int, Field(ge=1, le=55)] = 40
    province: str | None = None
    within_km: Annotated[float, Field(gt=0)] = 300

    @model_validator(mode="after")
    def _something(self) -> Bmkg:
        if not (self.forecast or self.warnings or self.quakes):
            raise ValueError("nyatakan sedikitnya satu dari: forecast, warnings, quakes")
        if self.refresh < timedelta(minutes=1):
            raise ValueError("refresh: sedikitnya 1 menit, sebab sebanyak itu yang dihitung per_minute")
        return self

    def objection(self, title: str) -> str | None:
        """BMKG gives its data on the condition that it is named as their source."""
        asked = [urlsplit(url).hostname or "" for url in (self.forecast, self.warnings, *self.quakes) if url]
        if any(host.endswith("bmkg.go.id") for host in asked) and "bmkg" not in title.casefold():
            return "judul harus menyebut BMKG sebagai sumber data"
        return None


def pages(http: Http, config: Bmkg, cursor: Cursor | None, ctx: Context) -> Iterator[Page]:
    """Quakes, warnings, then the kelurahan whose turn it is. A service that fails does not keep the others from theirs."""
    state: dict[str, Any] = dict(cursor or {})
    first: SourceError | None = None
    for part in (_quakes, _warnings, _forecast):
        try:
            for page in part(http, config, state, ctx):
                state |= page.cursor or {}
                yield Page(rows=page.rows, cursor=dict(state))
        except SlowDown:
            raise
        except SourceError as error:
            first = first or error
    if first is not None:
        raise first


def parse(row: Row, config: Bmkg, ctx: Context) -> Kept | Excluded:
    """One measure; its name says of what."""
    name = text(row, "besaran") or ""
    if name in quakes.UNITS:
        return quakes.parse(row, config.within_km, ctx)
    if name == alerts.NAME:
        return alerts.parse(row, ctx)
    if name in forecast.FIELDS or text(row, "pesan"):
        return forecast.parse(row, ctx)
    raise BadRow("besaran", f"besaran tidak dikenal: {name[:40]!r}")


def key(row: Row) -> str | None:
    """What tells the rows of a service apart."""
    name = text(row, "besaran")
    if name in quakes.UNITS:
        return quakes.key(row)
    area = text(row, "area")
    return f"{area}/{name}" if area else forecast.key(row)


# --- the three services -------------------------------------------------------------------------------


def _quakes(http: Http, config: Bmkg, state: Mapping[str, Any], ctx: Context) -> Iterator[Page]:
    """Rows of the answers that changed since they were read last; one for each quake and measure, the first that names it."""
    marks: dict[str, str] = {}
    rows: dict[str | None, Row] = {}
    for url in config.quakes:
        answer = http.get(url)
        marks[url] = digest(answer.body, config.within_km, ctx.city.code)
        found = list(quakes.rows(answer))
        if (state.get("quakes") or {}).get(url) != marks[url]:
            rows = {quakes.key(row): row for row in found} | rows
    if config.quakes:
        yield Page(rows=list(rows.values()), cursor={"quakes": marks})


def _warnings(http: Http, config: Bmkg, state: Mapping[str, Any], ctx: Context) -> Iterator[Page]:
    if config.warnings:
        yield alerts.page(http, config.warnings, config.province, state, ctx)


def _forecast(http: Http, config: Bmkg, state: Mapping[str, Any], ctx: Context) -> Iterator[Page]:
    if not config.forecast:
        return
    known = [area.code for area in ctx.city.areas if area.code.count(".") == 3]
    if unknown := sorted(set(config.kelurahan) - set(known)):
        raise Refused(f"konfigurasi sumber salah: kelurahan: tidak ada di {ctx.city.name}: {', '.join(unknown)[:200]}")
    codes = config.kelurahan or known
    asked = {code: at for code, at in (state.get("asked") or {}).items() if code in codes}
    turns = forecast.Turns(asked)
    for page in forecast.pages(http, config.forecast, turns.next(codes, ctx.now, config.refresh, config.per_minute), turns, ctx):
        yield Page(rows=page.rows, cursor={"asked": turns.cursor})


# --- declarations -------------------------------------------------------------------------------------

_QUAKE = {
    "DateTime": "2026-04-24T01:12:40+00:00",
    "Coordinates": "-6.60,106.10",
    "Magnitude": "4.6",
    "Dirasakan": "II-III Lebak, II Tangerang",
}
_STEP = {"adm4": "36.71.01.1001", "utc_datetime": "2026-04-24 03:00:00"}
_LEVEL = {"area": "36.71.01.1001", "besaran": "peringatan.cuaca", "tingkat": 2, "sejak": "2026-04-24T02:50:00+00:00"}


def _answer(code: str) -> tuple[str, bytes]:
    steps = [{"utc_datetime": f"2026-04-24 {hour:02}:00:00", "t": 31 - hour, "tp": 0.4, "weather": 61} for hour in (3, 6, 9)]
    return "application/json", json.dumps({"lokasi": {"adm4": code}, "data": [{"cuaca": [steps]}]}).encode()


_FEED = b"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Peringatan Dini Cuaca</title><item>
<title>Hujan Lebat dan Petir di Banten</title><link>{base}/alerts/CBT20260424001_alert.xml</link>
<pubDate>Fri, 24 Apr 2026 09:50:00 +0700</pubDate></item></channel></rss>"""
_CAP = b"""<?xml version="1.0" encoding="UTF-8"?><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>CBT20260424001</identifier><sender>BMKG</sender><sent>2026-04-24T09:45:00+07:00</sent><status>Actual</status>
<msgType>Alert</msgType><scope>Public</scope><info><language>id</language><category>Met</category><event>Hujan Lebat</event>
<urgency>Immediate</urgency><severity>Moderate</severity><certainty>Observed</certainty>
<effective>2026-04-24T09:50:00+07:00</effective><expires>2026-04-24T12:50:00+07:00</expires><senderName>BMKG</senderName>
<area><areaDesc>Banten</areaDesc><polygon>-6.16,106.60 -6.16,106.68 -6.20,106.68 -6.20,106.60 -6.16,106.60</polygon></area>
</info></alert>"""

SOURCE = Source(
    name="bmkg",
    title={"id": "Prakiraan, peringatan dan gempa (BMKG)", "en": "Forecast, warnings and quakes (BMKG)"},
    kinds=frozenset({Kind.MEASUREMENT}),
    config=Bmkg,
    pages=pages,
    parse=parse,
    key=key,
    tested_on_real=False,
)

SAMPLE = Sample(
    config={
        "forecast": "{base}/publik/prakiraan-cuaca",
        "warnings": "{base}/alerts/nowcast/id",
        "quakes": ["{base}/autogempa.json"],
        "kelurahan": ["36.71.01.1001", "36.71.01.1002"],
        "province": "Banten",
    },
    rows=(
        _QUAKE | {"besaran": "gempa.magnitudo"},
        _QUAKE | {"besaran": "gempa.dirasakan"},
        _QUAKE | {"besaran": "gempa.jarak", "Coordinates": "4.91,96.80", "Dirasakan": "II Bener Meriah"},
        _LEVEL,
        _STEP | {"besaran": "cuaca.suhu", "nilai": 28},
        _STEP | {"besaran": "cuaca.hujan", "nilai": None},
        {"adm4": "36.71.01.1003", "pesan": "tidak ada"},
    ),
    broken=(
        _QUAKE | {"besaran": "gempa.magnitudo", "Coordinates": "utara"},
        _QUAKE | {"besaran": "gempa.magnitudo", "Magnitude": "kuat"},
        _LEVEL | {"tingkat": 9},
        _LEVEL | {"sejak": "kemarin"},
        {"besaran": "cuaca.angin"},
    ),
    responses={
        "/autogempa.json": ("application/json", json.dumps({"Infogempa": {"gempa": _QUAKE}}).encode()),
        "/alerts/nowcast/id": ("application/xml", _FEED),
        "/alerts/CBT20260424001_alert.xml": ("application/xml", _CAP),
        "/publik/prakiraan-cuaca?adm4=36.71.01.1001": _answer("36.71.01.1001"),
        "/publik/prakiraan-cuaca?adm4=36.71.01.1002": _answer("36.71.01.1002"),
    },
)
