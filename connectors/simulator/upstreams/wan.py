"""The network's monitor: Prometheus with a probe of every kelurahan office, and the gateways of the kecamatan offices."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.simulator.upstreams import Now, Upstream
from connectors.simulator.world import World

DOWN_A_DAY = 0.05
"""The share of offices that lose their link for a while on a day."""

TIMEOUT = 5.0


def routes(world: World, now: Now, token: str) -> Sequence[BaseRoute]:
    """The query API behind its token; a gateway answers 502 for an office that is away."""
    links = Links(world)

    async def query(request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {token}":
            return PlainTextResponse("Unauthorized", 401)
        asked = request.query_params.get("query", "")
        measures: dict[str, Callable[[str, datetime], float]] = {
            "probe_success": links.up,
            "probe_duration_seconds": links.seconds,
        }
        measure = links.loss if "avg_over_time" in asked else measures.get(asked)
        if measure is None:
            return JSONResponse({"status": "error", "errorType": "bad_data", "error": "parse error"}, 400)
        moment = now()
        result = [
            {
                "metric": {"__name__": asked, "instance": f"kel-{area.code}", "job": "kantor"},
                "value": [moment.timestamp(), f"{measure(area.code, moment):.6g}"],
            }
            for area in world.kelurahan
        ]
        return JSONResponse({"status": "success", "data": {"resultType": "vector", "result": result}})

    async def gateway(request: Request) -> Response:
        up = links.up(request.path_params["code"], now())
        return PlainTextResponse("ok" if up else "Bad Gateway", 200 if up else 502)

    return [Route("/api/v1/query", query), Route("/kantor/{code}", gateway)]


class Links:
    """How each office's link is at a moment: always the same for the same moment."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._kelurahan = {area.code for area in world.kelurahan}

    def up(self, code: str, moment: datetime) -> float:
        """1 or 0: a cut that began on this day or the one before, or a storm that took the power."""
        for day in (moment.date(), moment.date() - timedelta(days=1)):
            cut = self._cut(code, day)
            if cut is not None and cut[0] <= moment.replace(tzinfo=None) < cut[1]:
                return 0.0
        storm = (
            self._rain(code, moment) > 35 and self.world.rng("wan-badai", code, moment.toordinal(), moment.hour).random() < 0.4
        )
        return float(not storm)

    def seconds(self, code: str, moment: datetime) -> float:
        """Round trip: the line's own, more while the office works, with noise by the minute."""
        if not self.up(code, moment):
            return TIMEOUT
        own = 0.006 + float(self.world.rng("wan-jalur", code).exponential(0.009))
        busy = 1.7 if self.world.working(moment.date()) and 8 <= moment.hour < 15 else 1.0
        noise = float(self.world.rng("wan-derau", code, moment.toordinal(), moment.hour * 60 + moment.minute).normal(1, 0.06))
        return own * busy * max(noise, 0.7)

    def loss(self, code: str, moment: datetime) -> float:
        """Percent: rain on a radio link, or a line that is cut."""
        if not self.up(code, moment):
            return 100.0
        return min(self._rain(code, moment) // 12 * 5, 40.0)

    def _cut(self, code: str, day: date) -> tuple[datetime, datetime] | None:
        rng = self.world.rng("wan-putus", code, day.toordinal())
        if rng.random() >= DOWN_A_DAY:
            return None
        start = datetime.combine(day, datetime.min.time()) + timedelta(minutes=int(rng.integers(0, 1440)))
        return start, start + timedelta(minutes=min(max(float(rng.lognormal(3.9, 0.9)), 4), 600))

    def _rain(self, code: str, moment: datetime) -> float:
        """Over a kecamatan it rains as over its first kelurahan."""
        if code not in self._kelurahan:
            code = next((one for one in sorted(self._kelurahan) if re.match(rf"{re.escape(code)}\.", one)), "")
        return self.world.rain_at(moment, code) if code else 0.0


UPSTREAM = Upstream(name="wan", routes=routes)
