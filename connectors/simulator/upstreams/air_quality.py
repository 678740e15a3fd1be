"""Four air stations: what each read in the last full hour, and the hours before as one CSV. Rain washes the air."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from connectors.simulator.upstreams import Now, Upstream
from connectors.simulator.upstreams._desk import Gate, sheet
from connectors.simulator.world import World
from layers.city import AreaFacts

STATIONS, PER_MINUTE = 4, 240
HISTORY = timedelta(days=60)
BROKEN = -999
"""What a station prints that could not measure."""

HEADINGS = ("kode_stasiun", "nama_stasiun", "lintang", "bujur", "waktu", "ispu", "pm25")
BREAKS = ((0.0, 0), (15.5, 50), (55.4, 100), (150.4, 200), (250.4, 300), (500.0, 500))
"""PM2.5 in micrograms a cubic metre and the index at which each class ends (Permen LHK 14/2020)."""

_HOURS = (30, 29, 28, 28, 30, 36, 46, 54, 50, 44, 38, 34, 32, 31, 31, 33, 38, 46, 52, 50, 44, 39, 35, 32)


def index(pm25: float) -> int:
    """The ISPU of a concentration, straight between the ends of its class."""
    for (low, start), (high, end) in pairwise(BREAKS):
        if pm25 <= high:
            return round(start + (end - start) * (pm25 - low) / (high - low))
    return BREAKS[-1][1]


class AirQuality:
    """The stations as they stand at their own moment."""

    def __init__(self, world: World, now: Now, token: str) -> None:
        self.world = world
        self.now = now
        self.gate = Gate(token, PER_MINUTE)
        step = max(len(world.kelurahan) // STATIONS, 1)
        self.stations = world.kelurahan[step // 2 :: step][:STATIONS]

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/api/stasiun/terkini", self.latest), Route("/ekspor/riwayat.csv", self.export)]

    def latest(self, request: Request) -> Response:
        if refused := self.gate.refuse(request):
            return refused
        hour = self._hour()
        rows = [self._reading(number, area, hour) for number, area in enumerate(self.stations, 1)]
        return JSONResponse({"data": [dict(zip(HEADINGS, row, strict=True)) for row in rows]})

    def export(self, request: Request) -> Response:
        if refused := self.gate.refuse(request):
            return refused
        return StreamingResponse(sheet(HEADINGS, self._past()), media_type="text/csv; charset=utf-8")

    def _past(self) -> Iterator[Sequence[object]]:
        hour = self._hour()
        for back in range(HISTORY // timedelta(hours=1), 0, -1):
            for number, area in enumerate(self.stations, 1):
                yield self._reading(number, area, hour - timedelta(hours=back))

    def _hour(self) -> datetime:
        return self.now().replace(minute=0, second=0, microsecond=0)

    def _reading(self, number: int, area: AreaFacts, hour: datetime) -> Sequence[object]:
        chance = self.world.rng("air_quality", number, hour.date().isoformat())
        level, noise, broken = float(chance.lognormal(0, 0.25)), chance.normal(1, 0.08, 24), chance.random(24)
        washed = 1 + 0.2 * self.world.rain_at(hour, area.code)
        pm25: float = round(max(_HOURS[hour.hour] * level * float(noise[hour.hour]) / washed, 1.0), 1)
        works = float(broken[hour.hour]) > 0.01
        where = (area.label_lat or "", area.label_lon or "")
        measured = (index(pm25), pm25) if works else (BROKEN, BROKEN)
        return (f"UDARA-{number}", f"Stasiun {area.name}", *where, hour.isoformat(), *measured)


UPSTREAM = Upstream(name="air_quality", routes=lambda world, now, token: AirQuality(world, now, token).routes())
