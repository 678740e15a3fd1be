"""Upstream systems that give back recorded payloads over their real protocols, for rehearsals with real data.

``python -m connectors.simulator.recorded FOLDER [PORT]`` serves a folder of recordings on loopback: Open311
by windows, SPSE with its token, cookie and tables, ISB by table and year, the city's procurement services.
"""

from __future__ import annotations

import gzip
import json
import secrets
import sys
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl

import uvicorn
from defusedxml import ElementTree
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

SPSE_TABLES = {"nonspk": "dt_nonspk.json", "swakelola": "dt_swakelola.json", "darurat-list": "dt_darurat_list.json"}
SPSE_PAGES = {
    "pencatatan/pengumumannonspk": "nonspk_pengumuman.html",
    "swakelola/pengumuman": "swakelola_pengumuman.html",
    "darurat/pengumumandarurat": "nonspk_pengumuman.html",
}
OPEN311 = {"chicago.json": "chicago_requests.json", "toronto.xml": "toronto_requests_many.xml"}
TANGERANG = {"satker": "satker.json", "swakelola": "swakelola_pengumuman.json.gz", "epurchasing": "epurchasing_paket.json.gz"}


class Recorded:
    """The endpoints over one folder of recordings; a file that is not there answers 404."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tokens: dict[str, str] = {}

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/open311/{name}/requests.{form}", self.open311),
                Route("/isb/{table}/{year}", self.isb),
                Route("/pengadaan/{service}", self.tangerang),
                Route("/spse/dt/{table}", self.spse_table, methods=["POST"]),
                Route("/spse/{page:path}", self.spse_page),
            ]
        )

    def _read(self, name: str) -> bytes | None:
        path = self.folder / name
        if not path.is_file():
            return None
        return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()

    async def open311(self, request: Request) -> Response:
        """The recorded reports whose requested_datetime lies in the window that was asked for."""
        name, form = request.path_params["name"], request.path_params["form"]
        body = self._read(f"open311/{OPEN311.get(f'{name}.{form}', '-')}")
        if body is None:
            return _absent()
        since, until = (datetime.fromisoformat(request.query_params[side]) for side in ("start_date", "end_date"))

        def inside(stamp: str | None) -> bool:
            return stamp is not None and since <= datetime.fromisoformat(stamp) <= until

        if form == "json":
            return JSONResponse([row for row in json.loads(body) if inside(row.get("requested_datetime"))])
        root = ElementTree.fromstring(body)
        for row in root.findall("request"):
            if not inside(row.findtext("requested_datetime")):
                root.remove(row)
        return Response(ElementTree.tostring(root), media_type="text/xml")

    async def isb(self, request: Request) -> Response:
        """A table of one year; where nothing was recorded, ISB's own words for "no data" with status 200."""
        table, year = request.path_params["table"], request.path_params["year"]
        body = self._read(f"lkpp_isb/{table}.json")
        rows = json.loads(body) if body else []
        found = [row for row in rows if row.get("tahun_anggaran") is None or str(row["tahun_anggaran"]) == year]
        if not found:
            return Response("<invalid_response>Data Kosong, silakan ulangi</invalid_response>", media_type="application/xml")
        return JSONResponse(found)

    async def tangerang(self, request: Request) -> Response:
        body = self._read(f"tangerang_pengadaan/{TANGERANG.get(request.path_params['service'], '-')}")
        return Response(body, media_type="application/json") if body else _absent()

    async def spse_page(self, request: Request) -> Response:
        """A list's page hands out a session and its token; a package's page is the recorded one of its kind."""
        path = "/".join(part for part in request.path_params["page"].split("/") if not part.isdigit())
        if path in SPSE_PAGES:
            page = self._read(f"spse/{SPSE_PAGES[path]}")
            return HTMLResponse(page) if page else _absent()
        session, token = secrets.token_hex(16), secrets.token_hex(20)
        self.tokens[session] = token
        answer = HTMLResponse(f"<html><script>var authenticityToken = '{token}';</script></html>")
        answer.set_cookie("SPSE_SESSION", session)
        return answer

    async def spse_table(self, request: Request) -> Response:
        """A table as DataTables asks for it: without the session's own token there is only a page of error."""
        asked = dict(parse_qsl((await request.body()).decode()))
        token = self.tokens.get(request.cookies.get("SPSE_SESSION", ""))
        if token is None or asked.get("authenticityToken") != token:
            return HTMLResponse("<h1>Maaf, terjadi error pada aplikasi SPSE.</h1>", 500)
        body = self._read(f"spse/{SPSE_TABLES.get(request.path_params['table'], '-')}")
        table = json.loads(body) if body else {"data": []}
        start, length = int(asked["start"]), int(asked["length"])
        return JSONResponse(table | {"draw": asked["draw"], "data": table["data"][start : start + length]})


def _absent() -> Response:
    return PlainTextResponse("tidak ada", 404)


if __name__ == "__main__":
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8060
    uvicorn.run(Recorded(Path(sys.argv[1])).app(), host="127.0.0.1", port=port, log_level="warning")
