"""The city's own procurement services: lists without paging, every value a text, empty ones ``""`` or ``0000-00-00``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.simulator.upstreams import Now, Upstream
from connectors.simulator.upstreams._buying import past, place, reported, unit
from connectors.simulator.world import Tender, World


class Services:
    """The services as they stand at their own moment: this budget year and the one before."""

    def __init__(self, world: World, now: Now) -> None:
        self.world = world
        self.now = now

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/{service}", self.service)]

    def service(self, request: Request) -> Response:
        now = self.now()
        known = [t for year in (now.year - 1, now.year) for t in reported(self.world, "tangerang_pengadaan", year, now)]
        match request.path_params["service"]:
            case "satker":
                rows = [self._unit(number) for number in range(len(self.world.city.opds))]
            case "swakelola":
                rows = [self._plan(t, now) for t in known if t.method == "Swakelola"]
            case "epurchasing":
                rows = [self._order(t, now) for t in known if t.method == "E-Purchasing" and t.announced <= now]
            case _:
                return PlainTextResponse("Not Found", 404)
        return JSONResponse(rows)

    def _unit(self, number: int) -> dict[str, str]:
        opd = self.world.city.opds[number]
        return {"id": str(90_000 + number), "idsatker": str(number + 1), "nama": opd.name.upper(), "status": "aktif"}

    def _plan(self, tender: Tender, now: datetime) -> dict[str, str]:
        """A plan is public once it is announced; one that was cancelled is no longer in force."""
        done = tender.announced <= now
        ends = tender.handed_over or tender.announced
        return {
            "kode_rup": tender.code,
            "nama_paket": tender.title,
            "nama_satker": unit(self.world, tender).upper(),
            "id_satker": "",
            "kode_satker_asli": "",
            "pagu_rup": f"{tender.pagu}.00",
            "detail_lokasi": place(self.world, tender),
            "awal_pekerjaan": (tender.contracted or tender.announced).strftime("%Y-%m-%d"),
            "akhir_pekerjaan": min(ends, ends.replace(year=tender.year, month=12, day=31)).strftime("%Y-%m-%d"),
            "status_umumkan": "sudah" if done else "belum",
            "status_aktif": "tidak" if past(tender.cancelled, now) else "ya",
            "tanggal_terakhir_di_update": (tender.announced if done else tender.planned).strftime("%Y-%m-%d %H:%M:%S"),
        }

    def _order(self, tender: Tender, now: datetime) -> dict[str, str]:
        return {
            "no_paket": f"ISB-P{tender.announced:%y%m}-{int(tender.code) % 10_000_000:07d}",
            "nama_paket": tender.title,
            "rup_id": tender.code,
            "satuan_kerja_nama": unit(self.world, tender),
            "satuan_kerja_alamat": "",
            "tanggal_buat_paket": tender.announced.strftime("%Y-%m-%d"),
            "total": f"{tender.value or tender.pagu}.00",
            "tahun_anggaran": str(tender.year),
            "tanggal_kontrak": signed.strftime("%Y-%m-%d") if (signed := past(tender.contracted, now)) else "0000-00-00",
        }


UPSTREAM = Upstream(name="tangerang_pengadaan", routes=lambda world, now, _: Services(world, now).routes())
