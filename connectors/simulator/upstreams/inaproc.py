"""The national procurement gateway: e-purchasing orders of a year, with token, cursor and a strict limit of requests."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.simulator.upstreams import Now, Upstream
from connectors.simulator.upstreams._desk import Gate
from connectors.simulator.world import Tender, World

MOST, PER_MINUTE = 1_000, 60
_STATES = {"rencana": "WAITING_APPROVAL", "pemilihan": "ON_NEGOTIATION", "kontrak": "ON_PROCESS", "selesai": "COMPLETED"}


class Inaproc:
    """The gateway as it stands at its own moment."""

    def __init__(self, world: World, now: Now, token: str) -> None:
        self.world = world
        self.now = now
        self.gate = Gate(token, PER_MINUTE)

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/api/v1/ekatalog/paket-e-purchasing", self.orders)]

    def orders(self, request: Request) -> Response:
        """The orders of a KLPD and a year, oldest first; ``meta.cursor`` goes on."""
        if refused := self.gate.refuse(request):
            return refused
        asked, now = request.query_params, self.now()
        try:
            year, limit = int(asked["tahun"]), min(max(int(asked.get("limit", 1)), 1), MOST)
            at = int(base64.urlsafe_b64decode(asked["cursor"])) if asked.get("cursor") else 0
        except (KeyError, ValueError):
            error = {"code": "Bad Request", "message": "Invalid request", "details": "kode_klpd dan tahun wajib diisi"}
            return JSONResponse({"success": False, "error": error}, 400)
        found = [t for t in self.world.tenders(year) if t.method == "E-Purchasing" and t.announced <= now]
        more = at + limit < len(found)
        cursor = base64.urlsafe_b64encode(str(at + limit).encode()).decode() if more else ""
        data = [self._order(tender, now) for tender in found[at : at + limit]]
        return JSONResponse({"success": True, "data": data, "meta": {"limit": limit, "has_more": more, "cursor": cursor}})

    def _order(self, tender: Tender, now: datetime) -> dict[str, object]:
        stage = tender.stage(now) or "rencana"
        opd = self.world.city.opd(tender.opd)
        return {
            "order_id": f"EP-{tender.code}",
            "order_date": tender.announced.date().isoformat(),
            "fiscal_year": tender.year,
            "rup_code": tender.code,
            "rup_name": tender.title,
            "kode_satker": opd.codes[0] if opd and opd.codes else "",
            "nama_satker": (opd.name if opd else tender.opd).upper(),
            "status": "CANCELED" if stage == "batal" else _STATES[stage],
            "total": tender.value if tender.selected and tender.selected <= now else None,
            "kode_penyedia": tender.provider if tender.selected and tender.selected <= now else None,
        }


UPSTREAM = Upstream(name="inaproc", routes=lambda world, now, token: Inaproc(world, now, token).routes())
