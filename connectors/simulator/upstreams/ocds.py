"""An open contracting portal: OCDS 1.1 releases of each process, stage by stage, in pages that lead to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.simulator.upstreams import Now, Upstream
from connectors.simulator.upstreams._buying import INSTITUTION, reported, unit
from connectors.simulator.world import Tender, World

PER_PAGE = 200
PREFIX = "ocds-ruang1"
_METHODS = {"Tender": "open", "Seleksi": "selective", "Penunjukan Langsung": "limited"}


class Portal:
    """The portal as it stands at its own moment: this budget year and the one before."""

    def __init__(self, world: World, now: Now) -> None:
        self.world = world
        self.now = now

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/releases.json", self.releases)]

    def releases(self, request: Request) -> Response:
        """A page of releases, oldest first."""
        now = self.now()
        try:
            page = max(int(request.query_params.get("page", "1")), 1)
        except ValueError:
            return JSONResponse({"message": "page"}, 400)
        known = [t for year in (now.year - 1, now.year) for t in reported(self.world, "ocds", year, now)]
        found = sorted(
            (r for tender in known for r in self._of(tender, now)), key=lambda release: (release["date"], release["id"])
        )
        more = page * PER_PAGE < len(found)
        package = {
            "uri": str(request.url),
            "version": "1.1",
            "publishedDate": now.isoformat(timespec="seconds"),
            "publisher": {"name": INSTITUTION},
            "releases": found[(page - 1) * PER_PAGE : page * PER_PAGE],
        }
        return JSONResponse(package | ({"links": {"next": f"?page={page + 1}"}} if more else {}))

    def _of(self, tender: Tender, now: datetime) -> Iterator[dict[str, Any]]:
        """The releases of a process whose moment has come."""
        for number, (tag, at, content) in enumerate(self._stages(tender), 1):
            if at is not None and at <= now:
                ocid = f"{PREFIX}-{tender.code}"
                start = {"ocid": ocid, "id": f"{ocid}-{number:02d}-{tag}", "date": at.isoformat(), "tag": [tag]}
                yield {**start, "initiationType": "tender", "language": "id", **content}

    def _stages(self, tender: Tender) -> Iterator[tuple[str, datetime | None, dict[str, Any]]]:
        year = {"startDate": f"{tender.year}-01-01T00:00:00+07:00", "endDate": f"{tender.year}-12-31T23:59:59+07:00"}
        budget = {"amount": _idr(tender.pagu), "projectID": tender.code, "period": year}
        about = {
            "id": tender.code,
            "title": tender.title,
            "procurementMethod": _METHODS[tender.method],
            "procurementMethodDetails": tender.method,
            "procuringEntity": {"id": tender.opd, "name": unit(self.world, tender)},
        }
        buyer = {"buyer": {"id": "pemda", "name": INSTITUTION}}
        yield "planning", tender.planned, {**buyer, "planning": {"budget": budget}, "tender": {**about, "status": "planned"}}
        announced = {"status": "active", "value": _idr(tender.hps or tender.pagu)}
        yield "tender", tender.announced, {"tender": announced | {"tenderPeriod": {"startDate": tender.announced.isoformat()}}}
        yield "tenderCancellation", tender.cancelled, {"tender": {"status": "cancelled"}}
        if tender.selected is None or tender.value is None:
            return
        award = {"id": f"{tender.code}-a", "status": "active", "date": tender.selected.isoformat(), "value": _idr(tender.value)}
        suppliers = [{"id": tender.provider, "name": tender.provider}]
        complete = {"tender": {"status": "complete", "numberOfTenderers": tender.bidders}}
        yield "award", tender.selected, {**complete, "awards": [award | {"suppliers": suppliers}]}
        if tender.contracted is None:
            return
        contract = {"id": f"{tender.code}-k", "awardID": award["id"]}
        signed = {"status": "active", "dateSigned": tender.contracted.isoformat(), "value": _idr(tender.value)}
        yield "contract", tender.contracted, {"contracts": [contract | signed]}
        if tender.handed_over is not None:
            ended = {"status": "terminated", "period": {"endDate": tender.handed_over.isoformat()}}
            yield "contractTermination", tender.handed_over, {"contracts": [contract | ended]}


def _idr(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "IDR"}


UPSTREAM = Upstream(name="ocds", routes=lambda world, now, _: Portal(world, now).routes())
