"""The plans of a budget year as the national service gives them: one JSON list, an empty body where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.simulator.upstreams import Now, Upstream
from connectors.simulator.upstreams._desk import plain
from connectors.simulator.world import Tender, World


class Sirup:
    """The service as it stands at its own moment; its key is a part of the address."""

    def __init__(self, world: World, now: Now, token: str) -> None:
        self.world = world
        self.now = now
        self.token = token

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/isb-2/api/{key}/json/RUP-PaketPenyedia-Terumumkan/tipe/4:12/parameter/{year:int}:{klpd}", self.plans)]

    def plans(self, request: Request) -> Response:
        if request.path_params["key"] != self.token:
            return JSONResponse({"message": "Unauthorized"}, 401)
        now = self.now()
        rows = [self._plan(tender, now) for tender in self.world.tenders(request.path_params["year"]) if tender.planned <= now]
        return JSONResponse(rows) if rows else Response(b"", media_type="application/json")

    def _plan(self, tender: Tender, now: datetime) -> dict[str, object]:
        opd = self.world.city.opd(tender.opd)
        withdrawn = tender.cancelled is not None and tender.cancelled <= now
        return {
            "tahun_anggaran": tender.year,
            "kd_klpd": "D121",
            "kd_satker": opd.codes[0] if opd and opd.codes else "",
            "nama_satker": (opd.name if opd else tender.opd).upper(),
            "kd_rup": tender.code,
            "nama_paket": tender.title,
            "pagu": tender.pagu,
            "metode_pengadaan": tender.method,
            "tgl_pengumuman_paket": plain(tender.planned, now),
            "status_aktif_rup": not withdrawn,
            "status_delete_rup": False,
            "status_umumkan_rup": "Terumumkan",
        }


UPSTREAM = Upstream(name="sirup", routes=lambda world, now, token: Sirup(world, now, token).routes())
