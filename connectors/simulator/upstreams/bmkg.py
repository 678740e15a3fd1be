"""The weather service: forecasts by kelurahan, warnings as CAP 1.2 when heavy rain comes, and a rare earthquake."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from xml.sax.saxutils import escape

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.simulator.upstreams import Now, Upstream
from connectors.simulator.world import World
from layers.city import AreaFacts

A_MINUTE = 60
HEAVY, EXTREME = 20.0, 45.0
"""Millimetres an hour from which a warning goes out, and from which it is severe."""

LASTS = timedelta(hours=2)
QUAKES_A_DAY, LOOK_BACK = 0.08, 120
_WINDS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


def routes(world: World, now: Now, token: str) -> Sequence[BaseRoute]:  # noqa: ARG001 - the service is open to all
    service = Service(world, now)
    return [
        Route("/publik/prakiraan-cuaca", service.forecast),
        Route("/alerts/nowcast/id", service.feed),
        Route("/alerts/nowcast/id/{name}_alert.xml", service.alert),
        Route("/TEWS/{name}.json", service.quakes),
    ]


class Service:
    """Answers as of the moment."""

    def __init__(self, world: World, now: Now) -> None:
        self.world = world
        self.now = now
        self.areas = {area.code: area for area in world.city.areas}
        self.index = {area.code: at for at, area in enumerate(world.kelurahan)}
        self.asked: deque[datetime] = deque(maxlen=A_MINUTE)

    async def forecast(self, request: Request) -> Response:
        """Three days in steps of three hours; 60 questions a minute, 404 for a code that it does not know."""
        moment, code = self.now(), request.query_params.get("adm4", "")
        if len(self.asked) == A_MINUTE and timedelta(0) <= moment - self.asked[0] < timedelta(minutes=1):
            return JSONResponse({"message": "Too Many Requests", "statusCode": 429}, 429, {"Retry-After": "60"})
        self.asked.append(moment)
        if code not in self.index:
            return JSONResponse({"message": "Data not found", "error": "Not Found", "statusCode": 404}, 404)
        place = self._place(self.areas[code])
        begin = moment.replace(hour=moment.hour // 3 * 3, minute=0, second=0, microsecond=0)
        steps = [self._step(code, begin + timedelta(hours=3 * n), moment) for n in range(24)]
        days = sorted({str(step["local_datetime"])[:10] for step in steps})
        weather = [[step for step in steps if str(step["local_datetime"]).startswith(day)] for day in days]
        return JSONResponse({"lokasi": place, "data": [{"lokasi": place, "cuaca": weather}]})

    def _place(self, area: AreaFacts) -> dict[str, object]:
        above = area.code.rpartition(".")[0]
        return {
            "adm1": area.code[:2],
            "adm2": self.world.city.code,
            "adm3": above,
            "adm4": area.code,
            "kotkab": self.world.city.name,
            "kecamatan": self.areas[above].name,
            "desa": area.name,
            "lon": area.label_lon,
            "lat": area.label_lat,
            "timezone": self.world.city.zone.key,
        }

    def _step(self, code: str, at: datetime, moment: datetime) -> dict[str, str | float]:
        """One step; the forecast errs as forecasts do, the same way for all questions on one day."""
        rng = self.world.rng("prakiraan", code, moment.toordinal(), at.toordinal(), at.hour)
        fell = float(self.world.rain(at.date())[self.index[code], at.hour : at.hour + 3].sum()) * float(rng.uniform(0.6, 1.4))
        warm = 27.5 + 4.5 * math.cos((at.hour - 13) * math.pi / 12) - min(fell / 8, 3) + float(rng.normal(0, 0.4))
        code_, word = _weather(fell, float(rng.random()))
        wind = int(rng.integers(0, 360))
        utc = at.astimezone(UTC)
        return {
            "datetime": f"{utc:%Y-%m-%dT%H:%M:%SZ}",
            "t": round(warm),
            "tcc": min(100, round(40 + fell * 4)),
            "tp": round(fell, 1),
            "weather": code_,
            "weather_desc": word,
            "wd_deg": wind,
            "wd": _WINDS[round(wind / 45) % 8],
            "ws": round(float(rng.gamma(3, 2.5)), 1),
            "hu": min(98, round(72 + fell * 2)),
            "analysis_date": f"{moment:%Y-%m-%d}T00:00:00",
            "utc_datetime": f"{utc:%Y-%m-%d %H:%M:%S}",
            "local_datetime": f"{at:%Y-%m-%d %H:%M:%S}",
        }

    # --- warnings -------------------------------------------------------------------------------------

    def _running(self) -> list[datetime]:
        """The hours whose warning is still in force."""
        moment = self.now()
        hour = moment.replace(minute=0, second=0, microsecond=0)
        return [at for at in (hour, hour - timedelta(hours=1)) if at + LASTS > moment and self._wet(at)]

    def _wet(self, hour: datetime) -> list[AreaFacts]:
        fell = self.world.rain(hour.date())[:, hour.hour]
        return [self.world.kelurahan[at] for at in np.flatnonzero(fell >= HEAVY)]

    async def feed(self, request: Request) -> Response:
        base = str(request.url).partition("?")[0]
        items = "".join(
            f"<item><title>Hujan Lebat dan Petir di {escape(self.world.city.name)}</title>"
            f"<link>{base}/C{at:%Y%m%d%H}_alert.xml</link><pubDate>{at:%a, %d %b %Y %H:%M:%S %z}</pubDate></item>"
            for at in self._running()
        )
        body = f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Peringatan Dini Cuaca</title>{items}'
        return Response(f"{body}</channel></rss>", media_type="application/xml")

    async def alert(self, request: Request) -> Response:
        found = [at for at in self._running() if f"C{at:%Y%m%d%H}" == request.path_params["name"]]
        if not found:
            return Response("Not Found", 404)
        at = found[0]
        wet = self._wet(at)
        severity = "Severe" if float(self.world.rain(at.date())[:, at.hour].max()) >= EXTREME else "Moderate"
        kecamatan = sorted({self.areas[area.code.rpartition(".")[0]].name for area in wet})
        where = f"{self.world.city.name}: {', '.join(kecamatan)}"
        return Response(_cap(at, severity, where, wet), media_type="application/xml")

    # --- earthquakes ----------------------------------------------------------------------------------

    async def quakes(self, request: Request) -> Response:
        """The latest one, the latest that were felt, or the latest strong ones."""
        name = request.path_params["name"]
        moment = self.now()
        days = [moment.date() - timedelta(days=back) for back in range(LOOK_BACK)]
        found = [quake for day in days if (quake := self._quake(day)) and quake["DateTime"] <= moment.astimezone(UTC).isoformat()]
        if name == "autogempa" and found:
            return JSONResponse({"Infogempa": {"gempa": found[0]}})
        felt = [quake for quake in found if quake["Dirasakan"]]
        strong = [quake for quake in found if float(quake["Magnitude"]) >= 5]
        if name not in ("gempadirasakan", "gempaterkini"):
            return JSONResponse({"message": "Data not found"}, 404)
        return JSONResponse({"Infogempa": {"gempa": (felt if name == "gempadirasakan" else strong)[:15]}})

    def _quake(self, day: date) -> dict[str, str] | None:
        """A day's quake, if it has one: mostly out at sea to the south."""
        rng = self.world.rng("gempa", day.toordinal())
        if rng.random() >= QUAKES_A_DAY:
            return None
        points = [(area.label_lat, area.label_lon) for area in self.world.kelurahan if area.label_lat and area.label_lon]
        lat, lon = (sum(axis) / len(points) for axis in zip(*points, strict=True)) if points else (-6.2, 106.7)
        south, east, strength = float(rng.uniform(-0.5, 2.5)), float(rng.uniform(-2, 2)), 3 + float(rng.exponential(0.9))
        at = datetime.combine(day, datetime.min.time(), UTC) + timedelta(seconds=int(rng.integers(0, 86_400)))
        felt = strength > 4.2 + math.hypot(south, east)
        return {
            "DateTime": at.isoformat(),
            "Coordinates": f"{lat - south:.2f},{lon + east:.2f}",
            "Magnitude": f"{min(strength, 7.2):.1f}",
            "Kedalaman": f"{int(rng.integers(5, 90))} km",
            "Wilayah": "Pusat gempa berada di laut",
            "Dirasakan": f"II-III {self.world.city.name}" if felt else "",
        }


def _weather(fell: float, chance: float) -> tuple[int, str]:
    """BMKG's code and word for what falls in three hours."""
    for least, code, word in (
        (50, 95, "Hujan Petir"),
        (25, 63, "Hujan Lebat"),
        (8, 61, "Hujan Sedang"),
        (0.5, 60, "Hujan Ringan"),
    ):
        if fell >= least:
            return code, word
    return (3, "Berawan") if chance < 0.5 else (1, "Cerah Berawan")


def _cap(at: datetime, severity: str, where: str, wet: Sequence[AreaFacts]) -> str:
    """The alert with a square around each wet kelurahan that has a point; its words name the kecamatan in any case."""
    squares = [
        " ".join(
            f"{area.label_lat + dy:.4f},{area.label_lon + dx:.4f}"
            for dy, dx in ((0.01, -0.01), (0.01, 0.01), (-0.01, 0.01), (-0.01, -0.01), (0.01, -0.01))
        )
        for area in wet
        if area.label_lat is not None and area.label_lon is not None
    ]
    polygons = "".join(f"<polygon>{square}</polygon>" for square in squares)
    until = at + LASTS
    return (
        '<?xml version="1.0" encoding="UTF-8"?><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">'
        f"<identifier>C{at:%Y%m%d%H}</identifier><sender>BMKG</sender><sent>{at.isoformat()}</sent><status>Actual</status>"
        "<msgType>Alert</msgType><scope>Public</scope><info><language>id</language><category>Met</category>"
        "<event>Hujan Lebat dan Petir</event><urgency>Immediate</urgency>"
        f"<severity>{severity}</severity><certainty>Observed</certainty><effective>{at.isoformat()}</effective>"
        f"<expires>{until.isoformat()}</expires><senderName>BMKG</senderName>"
        f"<description>Hujan lebat di {escape(where)}</description><area><areaDesc>{escape(where)}</areaDesc>{polygons}</area>"
        "</info></alert>"
    )


UPSTREAM = Upstream(name="bmkg", routes=routes)
