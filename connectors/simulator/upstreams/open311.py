"""A city map application that speaks GeoReport v2 in JSON, with the common extension for what was updated."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.simulator.upstreams import Now, Upstream
from connectors.simulator.upstreams._desk import short
from connectors.simulator.world import Case, World
from connectors.simulator.world.complaints import CATEGORIES

DAYS, ROWS = 90, 1_000
"""The standard's own limits: a question spans at most 90 days, an answer holds at most 1,000 reports."""

_NOTES = {
    "Selesai": "Selesai ditangani",
    "Bukan kewenangan": "Bukan kewenangan kota",
    "Duplikat": "Duplikat laporan lain",
    "Ditolak": "Ditolak",
}


class Georeport:
    """The service at its own moment."""

    def __init__(self, world: World, now: Now, token: str) -> None:
        self.world = world
        self.now = now
        self.token = token

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/v2/requests.json", self.requests), Route("/v2/services.json", self.services)]

    def services(self, request: Request) -> Response:  # noqa: ARG002 - the form of a route
        """The categories that one may report."""
        rows = [
            {
                "service_code": f"{code:03d}",
                "service_name": category[0],
                "metadata": False,
                "type": "realtime",
                "group": category[1],
            }
            for code, category in enumerate(CATEGORIES, 1)
        ]
        return JSONResponse(rows)

    def requests(self, request: Request) -> Response:
        """The reports that were made (``start_date``) or updated (``updated_after``) in a window, page by page."""
        asked = request.query_params
        if asked.get("api_key") != self.token:
            return _error(403, "api_key tidak sah")
        updated = "updated_after" in asked
        names = ("updated_after", "updated_before") if updated else ("start_date", "end_date")
        now = self.now()
        try:
            until = min(_moment(asked[names[1]]), now) if names[1] in asked else now
            since = _moment(asked[names[0]]) if names[0] in asked else until - timedelta(days=DAYS)
            size, page = min(int(asked.get("page_size", ROWS)), ROWS), max(int(asked.get("page", 1)), 1)
        except ValueError:
            return _error(400, "tanggal atau halaman tidak sah")
        if until - since > timedelta(days=DAYS):
            return _error(400, f"rentang lebih dari {DAYS} hari")
        before = since - timedelta(seconds=1)  # the window holds its own first second
        if updated:
            cases = self.world.changed("open311", before, until, offset=(page - 1) * size, limit=size)
        else:
            days = [since.astimezone(self.world.city.zone).date() + timedelta(days=n) for n in range((until - since).days + 2)]
            found = [case for day in days for case in self.world.cases(day, "open311") if before < case.received <= until]
            cases = found[(page - 1) * size : page * size]
        return JSONResponse([self._row(case, now) for case in cases])

    def _row(self, case: Case, now: datetime) -> dict[str, object]:
        closed = case.closing(now)
        code = next(at for at, category in enumerate(CATEGORIES, 1) if category[0] == case.category)
        open_note = "Sedang diproses" if case.verified <= now else None
        return {
            "service_request_id": case.number,
            "status": "closed" if closed else "open",
            "status_notes": _NOTES[case.verdict] if closed else open_note,
            "service_name": case.category,
            "service_code": f"{code:03d}",
            "description": case.text,
            "agency_responsible": short(self.world.city, case.holder(now)),
            "requested_datetime": case.received.isoformat(),
            "updated_datetime": (closed or case.changed(now)).isoformat(),
            "expected_datetime": case.due.isoformat(),
            "address": case.citizen.address,
            "lat": case.lat,
            "long": case.lon,
        }


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _error(code: int, description: str) -> Response:
    return JSONResponse([{"code": code, "description": description}], code)


UPSTREAM = Upstream(name="open311", routes=lambda world, now, token: Georeport(world, now, token).routes())
