"""An LPSE (SPSE 4.5): sessions with a token and a cookie, DataTables of positional rows, pages of announcements and schedules."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape
from urllib.parse import parse_qsl

from babel.dates import format_date, format_datetime
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.simulator.upstreams import Now, Upstream
from connectors.simulator.upstreams._buying import INSTITUTION, past, place, reported, unit
from connectors.simulator.world import Tender, World

SESSIONS = 200
_LISTS = {"lelang": ("Tender", "Seleksi"), "pl": ("Pengadaan Langsung", "Penunjukan Langsung")}
_PAGES = {"lelang": "lelang", "nontender": "pl"}
_EMPTY = ("nonspk", "swakelola", "darurat-list")
_NO_COUNT = 2**31 - 1
_ERROR = "<html><body><h1>Maaf, terjadi error pada aplikasi SPSE.</h1><p>Kode Error: {}</p></body></html>"
_LOST = "<html><body><h1>Halaman yang dituju tidak ditemukan</h1></body></html>"


class Spse:
    """The LPSE as it stands at its own moment."""

    def __init__(self, world: World, now: Now) -> None:
        self.world = world
        self.now = now
        self.tokens: dict[str, str] = {}

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/dt/{table}", self.table, methods=["POST"]),
            Route("/{kind}/{code:int}/{page}", self.package),
            Route("/{page}", self.list_page),
        ]

    def list_page(self, request: Request) -> Response:  # noqa: ARG002 - each page is an open door
        """A list's page hands out a session and its token."""
        session, token = secrets.token_hex(16), secrets.token_hex(20)
        while len(self.tokens) >= SESSIONS:
            self.tokens.pop(next(iter(self.tokens)))
        self.tokens[session] = token
        answer = HTMLResponse(f"<!DOCTYPE html><html><body><script>d.authenticityToken = '{token}';</script></body></html>")
        answer.set_cookie("SPSE_SESSION", session, httponly=True)
        return answer

    async def table(self, request: Request) -> Response:
        """A table as DataTables asks for it; without the session's own token there is only a page of error."""
        asked = dict(parse_qsl((await request.body()).decode()))
        token = self.tokens.get(request.cookies.get("SPSE_SESSION", ""))
        if token is None or asked.get("authenticityToken") != token:
            return HTMLResponse(_ERROR.format(secrets.token_hex(4)), 500)
        try:
            name, year = request.path_params["table"], int(request.query_params["tahun"])
            start, length = int(asked["start"]), int(asked["length"])
        except (KeyError, ValueError):
            return HTMLResponse(_ERROR.format(secrets.token_hex(4)), 500)
        if name not in (*_LISTS, *_EMPTY):
            return HTMLResponse(_LOST, 404)
        now = self.now()
        rows = [self._row(name, tender, now) for tender in self._listed(name, year, now)]
        totals = {"recordsTotal": _NO_COUNT, "recordsFiltered": _NO_COUNT}
        return JSONResponse({"draw": asked.get("draw", "1"), **totals, "data": rows[start : start + length]})

    def package(self, request: Request) -> Response:
        """The announcement or the schedule of a package."""
        now, code = self.now(), f"{request.path_params['code']:010d}"
        name = _PAGES.get(request.path_params["kind"], "")
        year = 2000 + int(code[:2])
        found = next((t for t in self._listed(name, year, now) if t.code == code), None) if name else None
        if found is None:
            return HTMLResponse(_LOST, 404)
        page = self._schedule(found) if request.path_params["page"] == "jadwal" else self._announcement(found)
        return HTMLResponse(f'<!DOCTYPE html><html><body><div class="content">{page}</div></body></html>')

    def _listed(self, name: str, year: int, now: datetime) -> list[Tender]:
        methods = _LISTS.get(name, ())
        return [t for t in reported(self.world, "spse", year, now) if t.method in methods and t.announced <= now]

    def _row(self, name: str, tender: Tender, now: datetime) -> list[str]:
        signed = past(tender.contracted, now)
        worth = rupiah(tender.value) if signed and tender.value else "Nilai Kontrak belum dibuat"
        start = [tender.code, escape(tender.title), INSTITUTION, _step(tender, now), _short(tender.hps or tender.pagu)]
        if name == "lelang":
            kind = "Pekerjaan Konstruksi" if tender.kelurahan else "Pengadaan Barang"
            full = [*start, "Pascakualifikasi Satu File", tender.method, "Harga Terendah Sistem Gugur", kind, "spse 4.5", worth]
            return [*full, *[""] * (16 - len(full))]
        full = [*start, tender.method, "Jasa Lainnya", "spse 4.5", worth]
        return [*full, *[""] * (12 - len(full))]

    def _announcement(self, tender: Tender) -> str:
        rows = {
            "Kode Tender": tender.code,
            "Rencana Umum Pengadaan": f"<table><tr><th>Kode RUP</th></tr><tr><td>{tender.code}</td></tr></table>",
            "Tanggal Pembuatan": format_date(tender.announced, "d MMMM y", locale="id"),
            "Satuan Kerja": escape(unit(self.world, tender)),
            "Nilai Pagu Paket": rupiah(tender.pagu),
            "Nilai HPS Paket": rupiah(tender.hps or tender.pagu),
            "Lokasi Pekerjaan": escape(place(self.world, tender)),
        }
        return "<table>" + "".join(f"<tr><th>{name}</th><td>{cell}</td></tr>" for name, cell in rows.items()) + "</table>"

    def _schedule(self, tender: Tender) -> str:
        stages = [("Pengumuman", tender.announced, tender.announced + timedelta(days=5))]
        if tender.selected:
            stages += [("Penetapan Pemenang", tender.selected, tender.selected)]
        if tender.contracted:
            stages += [("Penandatanganan Kontrak", tender.contracted, tender.contracted)]
        cells = "".join(
            f"<tr><td>{number}</td><td>{name}</td><td>{_printed(start)}</td><td>{_printed(end)}</td><td>Tidak Ada</td></tr>"
            for number, (name, start, end) in enumerate(stages, 1)
        )
        return f"<table><tr><th>No</th><th>Tahap</th><th>Mulai</th><th>Sampai</th><th>Perubahan</th></tr>{cells}</table>"


def rupiah(amount: int) -> str:
    """``Rp. 3.800.000,00``."""
    return f"Rp. {amount:,}".replace(",", ".") + ",00"


def _short(amount: int) -> str:
    """``3,8 Jt``, as a table prints it."""
    size, sign = (1e9, "M") if amount >= 1e9 else (1e6, "Jt")
    return f"{amount / size:.1f} {sign}".replace(".", ",")


def _printed(moment: datetime) -> str:
    return format_datetime(moment, "d MMMM y HH:mm", locale="id")


def _step(tender: Tender, now: datetime) -> str:
    if past(tender.cancelled, now):
        return "Tender Batal"
    if past(tender.contracted, now):
        return "Tender Sudah Selesai"
    return "Penandatanganan Kontrak" if past(tender.selected, now) else "Evaluasi Penawaran"


UPSTREAM = Upstream(name="spse", routes=lambda world, now, _: Spse(world, now).routes())
