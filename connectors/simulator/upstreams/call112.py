"""The emergency call centre's ticketing: a JSON service with token and cursors, pranks among the calls, its past as one CSV."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from connectors.simulator.upstreams import Now, Upstream
from connectors.simulator.upstreams._desk import Gate, arrived, kecamatan, midnight, plain, sheet, short
from connectors.simulator.world import Case, World

LIMIT, PER_MINUTE = 200, 240
HEADINGS = (
    *("nomor_tiket", "jenis_panggilan", "kejadian", "status", "waktu_panggilan", "waktu_diangkat", "waktu_tiba", "waktu_selesai"),
    *("waktu_ubah", "instansi", "uraian", "nomor_pemanggil", "lokasi.lat", "lokasi.lon", "lokasi.kelurahan", "lokasi.kecamatan"),
)
_VERDICTS = {"Selesai": "Selesai", "Bukan kewenangan": "Bukan kewenangan", "Duplikat": "Duplikat", "Ditolak": "Batal"}
PRANKS = 4
"""Of so many calls one is followed by a prank call from elsewhere."""


class Call112:
    """The call centre at its own moment."""

    def __init__(self, world: World, now: Now, token: str) -> None:
        self.world = world
        self.now = now
        self.gate = Gate(token, PER_MINUTE)
        self.kecamatan = kecamatan(world.city)

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/api/tiket", self.tickets), Route("/ekspor/tiket.csv", self.export)]

    def tickets(self, request: Request) -> Response:
        """What has changed since a moment (``sejak``), without it of today; a cursor goes on with the same question."""
        if refused := self.gate.refuse(request):
            return refused
        try:
            since, until, at = self._question(request)
            limit = min(max(int(request.query_params.get("limit", LIMIT)), 1), LIMIT)
        except (ValueError, KeyError):
            return JSONResponse({"error": {"message": "parameter tidak sah"}}, 400)
        cases = self.world.changed("call112", since, until, offset=at, limit=limit)
        more = len(cases) == limit
        following = {"since": since.isoformat(), "until": until.isoformat(), "at": at + limit}
        cursor = base64.urlsafe_b64encode(json.dumps(following).encode()).decode() if more else None
        rows = [_nested(row) for case in cases for row in self._rows(case, until)]
        return JSONResponse({"data": rows, "meta": {"next_cursor": cursor}})

    def export(self, request: Request) -> Response:
        """The two years up to this day's beginning."""
        if refused := self.gate.refuse(request):
            return refused
        until = midnight(self.now())
        rows = (row for case in arrived(self.world, "call112", until) for row in self._rows(case, until))
        return StreamingResponse(sheet(HEADINGS, rows), media_type="text/csv; charset=utf-8")

    def _question(self, request: Request) -> tuple[datetime, datetime, int]:
        asked = request.query_params
        if given := asked.get("cursor"):
            known = json.loads(base64.urlsafe_b64decode(given))
            return datetime.fromisoformat(known["since"]), datetime.fromisoformat(known["until"]), int(known["at"])
        now = self.now()
        since = datetime.fromisoformat(asked["sejak"]) if "sejak" in asked else midnight(now)
        return (since if since.tzinfo else since.replace(tzinfo=self.world.city.zone)), now, 0

    def _rows(self, case: Case, now: datetime) -> Iterator[Sequence[object]]:
        """A call's ticket, and where one followed it, that of a prank."""
        closed = case.closing(now)
        open_status = "Diterima" if now < case.verified else "Petugas berangkat" if now < case.responded else "Petugas di lokasi"
        yield (
            case.number,
            "Darurat",
            case.category,
            _VERDICTS[case.verdict] if closed else open_status,
            plain(case.received, now),
            plain(case.verified, now),
            plain(case.responded, now),
            plain(closed, now),
            plain(case.changed(now), now),
            short(self.world.city, case.opd) if case.verified <= now else "",
            case.text,
            case.citizen.phone,
            "" if case.lat is None else case.lat,
            "" if case.lon is None else case.lon,
            case.typo,
            self.kecamatan[case.kelurahan.code],
        )
        called = case.received + timedelta(minutes=7)
        if int(case.number[-4:]) % PRANKS == 0 and called <= now:
            when = plain(called, now)
            phone = f"0899{int(case.number[-8:]) * 7919 % 10**8:08d}"
            yield (f"{case.number}-P", "Prank", "", "Batal", when, when, "", "", when, "", "", phone, "", "", "", "")


def _nested(row: Sequence[object]) -> dict[str, object]:
    flat = dict(zip(HEADINGS, row, strict=True))
    place = {name.partition(".")[2]: flat.pop(name) for name in HEADINGS if name.startswith("lokasi.")}
    return flat | {"lokasi": place}


UPSTREAM = Upstream(name="call112", routes=lambda world, now, token: Call112(world, now, token).routes())
