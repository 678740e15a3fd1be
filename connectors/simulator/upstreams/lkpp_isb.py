"""LKPP's ISB services: one address for each table and year, with a key in it; "no data" is XML with status 200."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.simulator.upstreams import Now, Upstream
from connectors.simulator.upstreams._buying import INSTITUTION, past, reported, unit
from connectors.simulator.world import Tender, World

KLPD = "D44"
_NO_DATA = "<invalid_response>Data Kosong, silakan ulangi</invalid_response>"


class Isb:
    """The services as they stand at their own moment."""

    def __init__(self, world: World, now: Now, key: str) -> None:
        self.world = world
        self.now = now
        self.key = key

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/api/{key}/{table}/parameter/{year:int}:{code}", self.table)]

    def table(self, request: Request) -> Response:
        if request.path_params["key"] != self.key:
            return PlainTextResponse("Forbidden", 403)
        year, now = request.path_params["year"], self.now()
        if request.path_params["code"] != KLPD or not now.year - 2 <= year <= now.year:
            return Response(_NO_DATA, media_type="application/xml")
        match request.path_params["table"]:
            case "Ecat-PaketEPurchasingV6":
                rows = [self._order(t, now) for t in reported(self.world, "lkpp_isb", year, now) if t.announced <= now]
            case "RUP-StrukturAnggaranPD":
                rows = [self._budget(number, year) for number in range(len(self.world.city.opds))]
            case "RUP-MasterSatker":
                rows = [self._unit(number) | {"jenis_satker": "SKPD"} for number in range(len(self.world.city.opds))]
            case _:
                return PlainTextResponse("Not Found", 404)
        stamp = {"_event_date": now.strftime("%Y-%m-%d")}
        return JSONResponse([row | stamp for row in rows]) if rows else Response(_NO_DATA, media_type="application/xml")

    def _unit(self, number: int) -> dict[str, Any]:
        opd = self.world.city.opds[number]
        return {
            "kd_klpd": KLPD,
            "nama_klpd": INSTITUTION,
            "kd_satker": 300_000 + number,
            "kd_satker_str": f"1.{number:02d}.0.00.0.00.01.0000",
            "nama_satker": opd.name.upper(),
        }

    def _budget(self, number: int, year: int) -> dict[str, Any]:
        """A unit's budget: operations and works above all, as large as its work is."""
        rng = self.world.rng("lkpp_isb", "anggaran", self.world.city.opds[number].slug, year)
        whole = float(rng.lognormal(24.6, 0.9))
        parts = {
            "belanja_operasi": int(whole * 0.55),
            "belanja_modal": int(whole * 0.2),
            "belanja_btt": 0,
            "belanja_non_pengadaan": int(whole * 0.25),
        }
        bought = parts["belanja_operasi"] + parts["belanja_modal"]
        total = {"belanja_pengadaan": bought, "total_belanja": bought + parts["belanja_non_pengadaan"]}
        return {"tahun_anggaran": year, **self._unit(number), **parts, **total}

    def _order(self, tender: Tender, now: datetime) -> dict[str, Any]:
        """A package of the e-catalogue; that it was paid outside of the system is the usual end."""
        number = next((at for at, opd in enumerate(self.world.city.opds) if opd.slug == tender.opd), 0)
        status = "CANCELED" if past(tender.cancelled, now) else "COMPLETED" if past(tender.handed_over, now) else "ON_PROCESS"
        return {
            "tahun_anggaran": tender.year,
            **self._unit(number),
            "nama_satker": unit(self.world, tender).upper(),
            "kd_paket": f"EP-{tender.code}",
            "kd_rup": tender.code,
            "rup_nama_pkt": tender.title,
            "tgl_order": tender.announced.strftime("%Y-%m-%d %H:%M:%S"),
            "status_pkt": status,
            "total_harga": tender.value or tender.pagu,
            "kd_penyedia_v6": tender.provider,
        }


UPSTREAM = Upstream(name="lkpp_isb", routes=lambda world, now, token: Isb(world, now, token).routes())
