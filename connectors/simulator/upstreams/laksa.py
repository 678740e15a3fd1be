"""The city's own complaint application: a JSON service with token, pages and a question for what changed; its past as one CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from math import ceil

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from connectors.simulator.upstreams import Now, Upstream
from connectors.simulator.upstreams._desk import Gate, arrived, iso, kecamatan, midnight, sheet, short
from connectors.simulator.upstreams._photos import Album
from connectors.simulator.world import Case, World
from connectors.simulator.world.facts import DONE

PER_PAGE, PER_MINUTE = 100, 240
HEADINGS = (
    *("nomor", "dibuat_pada", "diubah_pada", "diverifikasi_pada", "ditindaklanjuti_pada", "selesai_pada", "divalidasi_pada"),
    *("dibuka_kembali_pada", "tenggat", "status", "kategori", "kanal", "opd", "isi"),
    "foto_selesai",
    *("lokasi.lat", "lokasi.lon", "lokasi.kelurahan", "lokasi.kecamatan"),
    *("pelapor.nama", "pelapor.nik", "pelapor.telepon", "pelapor.email", "pelapor.alamat"),
)
_DOUBLED = 400
"""Of so many rows one is printed twice in the export."""


class Laksa:
    """The application as it stands at its own moment."""

    def __init__(self, world: World, now: Now, token: str) -> None:
        self.world = world
        self.album = Album(world)
        self.now = now
        self.gate = Gate(token, PER_MINUTE)
        self.kecamatan = kecamatan(world.city)

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/api/v1/aduan", self.complaints),
            Route("/ekspor/aduan.csv", self.export),
            Route("/foto/{number}.jpg", self.photo),
        ]

    def complaints(self, request: Request) -> Response:
        """A page of what has changed since a moment, oldest change first; without the moment, of today."""
        if refused := self.gate.refuse(request):
            return refused
        now = self.now()
        try:
            page = max(int(request.query_params.get("page", "1")), 1)
            size = min(max(int(request.query_params.get("per_page", PER_PAGE)), 1), PER_PAGE)
            given = request.query_params.get("updated_since")
            since = datetime.fromisoformat(given) if given else midnight(now)
            since = since if since.tzinfo else since.replace(tzinfo=self.world.city.zone)
        except ValueError:
            return JSONResponse({"success": False, "message": "Parameter tidak sah."}, 422)
        cases = self.world.changed("laksa", since, now)
        base = str(request.base_url)
        rows = [self._nested(case, now, base) for case in cases[(page - 1) * size : page * size]]
        meta = {"page": page, "per_page": size, "total": len(cases), "last_page": max(ceil(len(cases) / size), 1)}
        return JSONResponse({"success": True, "data": rows, "meta": meta})

    def photo(self, request: Request) -> Response:
        """The picture that is said to show the work done."""
        picture = self.album.picture(request.path_params["number"], self.now())
        return Response(picture, media_type="image/jpeg") if picture else Response(status_code=404)

    def export(self, request: Request) -> Response:
        """The two years up to this day's beginning, as the application's own export writes them."""
        if refused := self.gate.refuse(request):
            return refused
        until, base = midnight(self.now()), str(request.base_url)

        def rows() -> Iterator[Sequence[object]]:
            for count, case in enumerate(arrived(self.world, "laksa", until)):
                row = self._flat(case, until, base)
                yield row
                if count % _DOUBLED == 7:
                    yield row

        headers = {"Content-Disposition": 'attachment; filename="aduan.csv"'}
        return StreamingResponse(sheet(HEADINGS, rows()), media_type="text/csv; charset=utf-8", headers=headers)

    def _nested(self, case: Case, now: datetime, base: str) -> dict[str, object]:
        """A complaint as the service prints it: an object with the place and the reporter inside."""
        row: dict[str, object] = {}
        for heading, value in zip(HEADINGS, self._flat(case, now, base), strict=True):
            outer, _, inner = heading.partition(".")
            if inner:
                row.setdefault(outer, {})[inner] = value  # type: ignore[index]
            else:
                row[heading] = value
        return row

    def _flat(self, case: Case, now: datetime, base: str) -> Sequence[object]:
        who = case.citizen
        closed = case.closing(now)
        named = case.number.endswith(("1", "4", "7"))  # most report by phone number, some give their NIK
        return (
            case.number,
            case.received.isoformat(),
            case.changed(now).isoformat(),
            iso(case.verified, now),
            iso(case.responded, now),
            iso(closed, now),
            iso(case.validated, now),
            iso(case.reopened, now),
            case.due.isoformat(),
            case.status(now),
            case.category,
            "LAKSA",
            short(self.world.city, case.holder(now)) if case.verified <= now else "",
            case.text,
            f"{base}foto/{case.number}.jpg" if closed and case.verdict == DONE else "",
            "" if case.lat is None else case.lat,
            "" if case.lon is None else case.lon,
            case.typo,
            self.kecamatan[case.kelurahan.code],
            who.name,
            who.nik if named else "",
            who.phone,
            who.email if named else "",
            who.address,
        )


UPSTREAM = Upstream(name="laksa", routes=lambda world, now, token: Laksa(world, now, token).routes())
