"""The flood map: what citizens report where water stands, the flooded areas, and a gauge on the river."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.simulator.upstreams import Now, Upstream
from connectors.simulator.world import World

HOUR = timedelta(hours=1)
LONGEST = timedelta(days=31)
"""The longest stretch of the archive that one answer covers."""

GRID = 1e-5
_TEXTS = ("Banjir di jalan depan kantor", "Air mulai masuk gang, tolong pompa", "Macet, banyak motor mogok")


def routes(world: World, now: Now, token: str) -> Sequence[BaseRoute]:  # noqa: ARG001 - the service is open to all
    service = Service(world, now)
    return [
        Route("/reports", service.newest),
        Route("/reports/archive", service.archive),
        Route("/floods", service.floods),
        Route("/floodgauges", service.gauges),
    ]


class Service:
    """Answers as of the moment."""

    def __init__(self, world: World, now: Now) -> None:
        self.world = world
        self.now = now
        self.areas = {area.code: area for area in world.kelurahan if area.label_lat is not None and area.label_lon is not None}

    async def newest(self, request: Request) -> Response:
        seconds = min(int(request.query_params.get("timeperiod", "3600")), 604_800)
        return self._told(self.now() - timedelta(seconds=seconds), self.now())

    async def archive(self, request: Request) -> Response:
        """Wants both ends with an offset, as the real one does."""
        try:
            start, end = (datetime.fromisoformat(request.query_params[name]) for name in ("start", "end"))
            well = start.tzinfo is not None and end.tzinfo is not None and timedelta(0) <= end - start <= LONGEST
        except (KeyError, ValueError):
            well = False
        if not well:
            return JSONResponse({"statusCode": 400, "message": "start and end must be ISO 8601 with an offset"}, 400)
        zone = self.world.city.zone
        return self._told(start.astimezone(zone), min(end.astimezone(zone), self.now()))

    def _told(self, start: datetime, end: datetime) -> Response:
        features = [
            {"type": "Feature", "geometry": {"type": "Point", "coordinates": at}, "properties": said}
            for said, at in self._reports(start, end)
        ]
        return JSONResponse({"statusCode": 200, "result": {"type": "FeatureCollection", "features": features}})

    def _reports(self, start: datetime, end: datetime) -> Iterator[tuple[dict[str, Any], list[float]]]:
        """Reports in ``[start, end)``: the deeper the water, the more of them."""
        hour = start.replace(minute=0, second=0, microsecond=0)
        while hour < end:
            for code, cm in self.world.flooded(hour).items():
                area = self.areas.get(code)
                rng = self.world.rng("lapor-banjir", code, hour.toordinal(), hour.hour)
                for number in range(int(rng.poisson(cm / 45)) if area else 0):
                    at = hour + timedelta(seconds=int(rng.integers(0, 3600)))
                    lat, lon = (float(rng.normal(0, 0.0015)) for _ in range(2))
                    if start <= at < end and area and area.label_lat is not None and area.label_lon is not None:
                        key = f"{hour:%y%m%d%H}-{code[-7:].replace('.', '')}-{number}"
                        yield self._report(key, at, cm), [round(area.label_lon + lon, 6), round(area.label_lat + lat, 6)]
            hour += HOUR

    def _report(self, key: str, at: datetime, cm: int) -> dict[str, Any]:
        rng = self.world.rng("isi-laporan", key)
        return {
            "pkey": key,
            "created_at": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z",
            "source": "grasp",
            "status": "confirmed",
            "url": None,
            "image_url": None,
            "disaster_type": "flood",
            "report_data": {"report_type": "flood", "flood_depth": max(int(cm * rng.uniform(0.7, 1.2)), 5)},
            "tags": {"instance_region_code": "ID-BT"},
            "title": " ",
            "text": str(rng.choice(_TEXTS)),
        }

    async def floods(self, request: Request) -> Response:  # noqa: ARG002 - all regions are one here
        """Flooded areas as a quantized TopoJSON: a square about each flooded kelurahan's point."""
        moment = self.now()
        geometries, arcs = [], []
        for number, (code, cm) in enumerate(sorted(self.world.flooded(moment).items())):
            area = self.areas.get(code)
            if area is None or area.label_lat is None or area.label_lon is None:
                continue
            corner = [round((area.label_lon - 0.002) / GRID), round((area.label_lat - 0.002) / GRID)]
            arcs.append([corner, [400, 0], [0, 400], [-400, 0], [0, -400]])
            state = 2 if cm <= 70 else 3 if cm <= 150 else 4
            geometries.append(
                {
                    "type": "Polygon",
                    "arcs": [[len(arcs) - 1]],
                    "properties": {
                        "area_id": code.replace(".", ""),
                        "geom_id": str(number),
                        "area_name": "RW 01",
                        "parent_name": area.name.upper(),
                        "city_name": self.world.city.name,
                        "state": state if cm >= 10 else 1,
                        "last_updated": f"{moment.astimezone(UTC):%Y-%m-%dT%H}:00:00.000Z",
                    },
                }
            )
        return _topology(geometries, arcs)

    async def gauges(self, request: Request) -> Response:  # noqa: ARG002 - all regions are one here
        """One gauge, upstream of the city: twelve observations by the hour."""
        hour = self.now().replace(minute=0, second=0, microsecond=0)
        seen = []
        for back in range(11, -1, -1):
            at = hour - back * HOUR
            fell = sum(float(self.world.rain((at - n * HOUR).date())[:, (at - n * HOUR).hour].mean()) for n in range(6))
            cm = round(60 + fell * 3, -1)
            level = 4 if cm < 150 else 3 if cm < 250 else 2
            seen.append({"f1": at.astimezone(UTC).isoformat(), "f2": cm, "f3": level, "f4": f"SIAGA {level}"})
        area = next(iter(self.areas.values()), None)
        at_ = [round((area.label_lon or 0) / GRID), round((area.label_lat or 0) / GRID)] if area else [0, 0]
        said = {"gaugeid": "TMA00101", "gaugenameid": "Pintu Air", "observations": seen}
        return _topology([{"type": "Point", "properties": said, "coordinates": at_}], [])


def _topology(geometries: list[dict[str, Any]], arcs: list[list[list[int]]]) -> Response:
    document = {
        "type": "Topology",
        "objects": {"output": {"type": "GeometryCollection", "geometries": geometries}},
        "arcs": arcs,
        "transform": {"scale": [GRID, GRID], "translate": [0, 0]},
    }
    return JSONResponse({"statusCode": 200, "result": document})


UPSTREAM = Upstream(name="petabencana", routes=routes)
