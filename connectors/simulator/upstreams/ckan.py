"""The city's open data portal: a CKAN with one dataset of health centre visits, its current month added up each morning."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.simulator.upstreams import Now, Upstream
from connectors.simulator.upstreams._office import end_of, months
from connectors.simulator.world import World

PACKAGE, RESOURCE = "kunjungan-puskesmas", "5f1d1c1e-7c0b-4c0a-9d55-3671aa02c001"
MORNING = time(5, 0)
MOST = 32_000
"""Rows that CKAN gives at most at one time."""


class Portal:
    """The action API as it answers at its own moment."""

    def __init__(self, world: World, now: Now) -> None:
        self.world = world
        self.now = now

    def routes(self) -> Sequence[BaseRoute]:
        api = "/api/3/action"
        return [Route(f"{api}/package_show", self.package), Route(f"{api}/datastore_search", self.search)]

    def package(self, request: Request) -> Response:
        if request.query_params.get("id") != PACKAGE:
            return _refused("Not found", 404)
        changed = self._updated().strftime("%Y-%m-%dT%H:%M:%S.%f")
        table = {"id": RESOURCE, "name": "Kunjungan puskesmas per kecamatan", "format": "CSV", "datastore_active": True}
        picture = {"id": f"{RESOURCE[:-1]}2", "name": "Infografis", "format": "PNG", "datastore_active": False}
        resources = [table | {"last_modified": changed}, picture | {"last_modified": changed}]
        return _answer({"name": PACKAGE, "metadata_modified": changed, "resources": resources})

    def search(self, request: Request) -> Response:
        asked = request.query_params
        if asked.get("resource_id") != RESOURCE:
            return _refused("Not found: Resource was not found.", 404)
        try:
            offset, limit = max(int(asked.get("offset", 0)), 0), min(max(int(asked.get("limit", 100)), 0), MOST)
        except ValueError:
            return _refused("Validation Error", 409)
        rows = self._rows()
        return _answer({"resource_id": RESOURCE, "records": rows[offset : offset + limit], "total": len(rows)})

    def _updated(self) -> datetime:
        """This morning, or yesterday's where the morning is still to come."""
        now = self.now()
        today = datetime.combine(now.date(), MORNING, self.world.city.zone)
        return today if today <= now else today - timedelta(days=1)

    def _rows(self) -> list[dict[str, Any]]:
        """Every month of the history and the current one so far, by kecamatan."""
        updated = self._updated()
        kecamatan = [area for area in self.world.city.areas if area.code.count(".") == 2]
        rows: list[dict[str, Any]] = []
        for month in [*months(self.world, updated), updated.date().replace(day=1)]:
            last = min(end_of(month), updated.date() - timedelta(days=1))
            seen = end_of(month) if last == end_of(month) else updated.date()
            for area in kecamatan:
                visits = int(self.world.rng("ckan", area.code, month.isoformat()).normal(9_000, 900) * _part(month, last))
                facts = {
                    "periode": f"{month:%Y-%m}",
                    "kode_kecamatan": area.code,
                    "kecamatan": area.name,
                    "kunjungan": str(visits),
                }
                rows.append({"_id": len(rows) + 1, **facts, "diperbarui": seen.isoformat()})
        return rows


def _part(month: date, last: date) -> float:
    """How much of a month is over."""
    return max((last - month).days + 1, 0) / ((end_of(month) - month).days + 1)


def _answer(result: Any) -> Response:
    return JSONResponse({"help": "help_show", "success": True, "result": result})


def _refused(message: str, status: int) -> Response:
    return JSONResponse({"success": False, "error": {"message": message, "__type": message}}, status)


def routes(world: World, now: Now, _token: str) -> Sequence[BaseRoute]:
    """Open data: no token."""
    return Portal(world, now).routes()


UPSTREAM = Upstream(name="ckan", routes=routes)
