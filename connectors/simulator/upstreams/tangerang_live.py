"""The super app's own statistics: each digital service by day, offered or not, used so often; pages by offset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.simulator.upstreams import Now, Upstream
from connectors.simulator.upstreams._desk import Gate, short
from connectors.simulator.world import World

LIMIT, PER_MINUTE = 200, 240
SERVICES: tuple[tuple[str, str, str, int], ...] = (
    # code, name, the OPD behind it, uses on a usual working day
    ("aduan", "LAKSA", "diskominfo", 260),
    ("kependudukan", "Administrasi kependudukan daring", "disdukcapil", 420),
    ("pajak", "Cek dan bayar PBB", "bapenda", 310),
    ("ambulans", "Ambulans gratis", "dinkes", 24),
    ("puskesmas", "Antrean puskesmas", "dinkes", 520),
    ("lowongan", "Lowongan kerja", "disnaker", 180),
    ("pangan", "Harga pangan", "disperindagkop", 140),
    ("angkutan", "Jadwal angkutan", "dishub", 230),
    ("cctv", "Pantauan jalan", "dishub", 340),
    ("izin", "Perizinan daring", "dpmptsp", 75),
    ("sekolah", "Informasi sekolah", "disdik", 160),
    ("perpustakaan", "Perpustakaan digital", "disperpusip", 90),
)
_FRESH = timedelta(minutes=10)
"""How often today's counts are added up."""


class TangerangLive:
    """The statistics as they stand at their own moment."""

    def __init__(self, world: World, now: Now, token: str) -> None:
        self.world = world
        self.now = now
        self.gate = Gate(token, PER_MINUTE)

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/api/statistik/layanan", self.statistics)]

    def statistics(self, request: Request) -> Response:
        """The days that changed since a moment, oldest first; without it two years of them."""
        if refused := self.gate.refuse(request):
            return refused
        asked, now = request.query_params, self.now()
        try:
            since = datetime.fromisoformat(asked["diubah_sejak"]) if "diubah_sejak" in asked else None
            offset, limit = max(int(asked.get("offset", 0)), 0), min(max(int(asked.get("limit", LIMIT)), 1), LIMIT)
        except ValueError:
            return JSONResponse({"error": "parameter tidak sah"}, 400)
        first = now.date() - timedelta(days=World.HISTORY_DAYS)
        days = [first + timedelta(days=n) for n in range(World.HISTORY_DAYS + 1)]
        chosen = [day for day in days if since is None or self._changed(day, now) > since]
        rows = [
            row for day in chosen[offset // len(SERVICES) : (offset + limit) // len(SERVICES) + 1] for row in self._rows(day, now)
        ]
        start = offset % len(SERVICES)
        return JSONResponse({"data": rows[start : start + limit], "total": len(chosen) * len(SERVICES)})

    def _changed(self, day: date, now: datetime) -> datetime:
        """When a day's counts were last added up: every ten minutes, the last time before midnight."""
        start = datetime(day.year, day.month, day.day, tzinfo=now.tzinfo)
        return start + min((now - start) // _FRESH * _FRESH, timedelta(hours=23, minutes=50))

    def _rows(self, day: date, now: datetime) -> Iterator[dict[str, object]]:
        changed = self._changed(day, now)
        so_far = (changed.hour + changed.minute / 60) / (23 + 5 / 6)
        chance = self.world.rng("tangerang_live", day.isoformat())
        busy = 1.0 if self.world.working(day) else 0.55
        growth = 1 + 0.25 * (day - date(2024, 1, 1)).days / 730
        for code, name, opd, usual in SERVICES:
            whole, share, down = (
                int(chance.poisson(usual * busy * growth)),
                float(chance.uniform(0.9, 0.99)),
                float(chance.random()),
            )
            offered = down > 0.01
            used = int(whole * so_far) if offered else 0
            yield {
                "tanggal": day.isoformat(),
                "kode_layanan": code,
                "nama_layanan": name,
                "opd": short(self.world.city, self.world.opd(opd)),
                "ditawarkan": offered,
                "jumlah_pemakaian": used,
                "selesai_tepat_waktu": int(used * share),
                "diubah_pada": changed.isoformat(),
            }


UPSTREAM = Upstream(name="tangerang_live", routes=lambda world, now, token: TangerangLive(world, now, token).routes())
