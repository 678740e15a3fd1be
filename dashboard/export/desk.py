"""``/ekspor/<format>``: a part of a page, or all of it, as a file. The page's address and the part's id say what.

The asker is checked three times: by the gate of the route, by the page's roles and limits, and by the functions that give the
rows their Scope. What is not theirs is absent (404) and leaves a line in the log; what is given leaves one in the audit.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard.access import Refused
from dashboard.drawn import role_class
from dashboard.export import columnar, described, geo, table, workbook
from dashboard.export.made import Made, asked, book, drawer, file_name, pictured, report, sheet_of, whole, written
from dashboard.export.sheet import NothingError
from dashboard.export.turns import Sent, Turns
from dashboard.feed import Hub
from dashboard.guard import Gate, Said, language
from dashboard.page import EVERYONE, Page, View
from dashboard.parts.download import EXPORT
from dashboard.past import Asked, Machine
from dashboard.posted import change
from dashboard.prefix import prefix_of
from layers import clock
from layers.boundaries import Boundaries, load_boundaries
from layers.model import Scope
from layers.people import People
from layers.snapshot import Snapshot

log = logging.getLogger(__name__)

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "geojson": "application/geo+json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "json": described.MEDIA,
}
"""What can be asked for; ``json`` is the description of a clean CSV."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for: a page with its values and filters, one part of it or all, at a moment gone by or now."""

    page: Page
    params: Mapping[str, str]
    part: str | None
    past: Asked | None
    address: str
    clean: bool


class ExportDesk:
    """The endpoint; the guard has checked role and origin before."""

    def __init__(self, hub: Hub, people: People, machine: Machine, data: Path, turns: Turns) -> None:
        self._hub, self._people, self._machine, self._data, self._turns = hub, people, machine, data, turns
        self._boundaries: Boundaries | None = None

    def add_routes(self, server: FastAPI) -> dict[str, Gate]:
        """Add it; who may ask."""
        path = f"{EXPORT}/{{form}}"
        server.add_route(path, self.export, ["GET"], include_in_schema=False)
        return {path: EVERYONE}

    async def export(self, request: Request) -> Response:
        """The file; 404 for what is not there or not the asker's, 503 while too many are being made."""
        scope: Scope = request.state.scope
        form = request.path_params["form"]
        try:
            wanted = self._wanted(scope, form, request)
        except HTTPException as error:
            if error.status_code == 404 and not isinstance(error, Refused):  # that is noted by the guard
                log.warning("%s/%s: refused to role %s", EXPORT, form if form in MEDIA else "-", scope.role)
            raise
        done = await self._turns.take(scope)
        try:
            made = await self._ask(scope, request, wanted, partial(self._make, form, wanted))
            detail = {"halaman": wanted.address, "bagian": wanted.part, "format": form}
            await change(partial(self._people.audit, scope.user, "ekspor", detail, clock.now()))
        except BaseException as error:
            done()
            if isinstance(error, Refused):  # by a page, which knows the asker's rights alone
                raise Refused(scope) from None
            raise
        headers = {"content-disposition": f'attachment; filename="{made.name}.{form}"'}
        if made.size is not None:
            headers["content-length"] = str(made.size)
        if form == "csv":
            beside = urlencode({"halaman": wanted.address, "bagian": wanted.part or ""})
            headers["link"] = f'<{prefix_of(request)}{EXPORT}/json?{beside}>; rel="describedby"; type="{described.MEDIA}"'
        return Sent(made.pieces, headers, MEDIA[form], done)

    def _wanted(self, scope: Scope, form: str, request: Request) -> Wanted:
        """What is asked for; 404 for what is not there or not the asker's, 400 for what no page takes."""
        query = request.query_params
        address, part = query.get("halaman", ""), query.get("bagian") or None
        page, params, past = asked(scope, self._hub.room, address)
        offered = page.whole if part is None else {part: page.sheets[part]} if part in page.sheets else {}
        if form not in MEDIA or (part is None and form not in ("pdf", "xlsx")):
            raise HTTPException(404)
        if not offered:
            raise HTTPException(404)
        if part and offered[part].rows and not scope.may_export_rows:
            raise Refused(scope)
        kept = page.address(params, past and past.address(now=past.now))  # what was checked of the address, nothing else
        return Wanted(page=page, params=params, part=part, past=past, address=kept, clean=query.get("bersih") == "1")

    async def _ask(self, scope: Scope, request: Request, wanted: Wanted, make: Callable[[Snapshot, View, str], Made]) -> Made:
        """Make it of the snapshot that is shown, or of the moment asked for, for the asker's rights."""
        lang, room = language(request), self._hub.room
        back = room.address or f"{str(request.base_url).rstrip('/')}{prefix_of(request)}"
        if wanted.past:
            return await self._machine.look(wanted.past, scope, lang, wanted.params, lambda s, v: make(s, v, back))
        snapshot = self._hub.snapshot
        if snapshot is None:
            raise HTTPException(503, headers={"retry-after": "5"})
        return await asyncio.to_thread(lambda: make(snapshot, room.view(role_class(scope), lang, wanted.params), back))

    # --- in a thread ---------------------------------------------------------------------------

    def _make(self, form: str, wanted: Wanted, snapshot: Snapshot, view: View, back: str) -> Made:
        try:
            return self._made(form, wanted, snapshot, view, back)
        except NothingError as error:
            raise HTTPException(404) from error
        except LookupError as error:
            raise Said(503, "Belum dapat diunduh", "Rincian tersedia setelah data pertama selesai diambil.", again=10) from error

    def _made(self, form: str, wanted: Wanted, snapshot: Snapshot, view: View, back: str) -> Made:
        page, part = wanted.page, wanted.part
        if part is None:
            return (book if form == "xlsx" else report)(page, snapshot, view, back)
        name = file_name(view, snapshot)
        export = page.sheets[part]
        sheet = sheet_of(export, snapshot, view, back)
        name = f"{name}-{sheet.name}"
        match form:
            case "csv":
                return Made(name, table.write(sheet, clean=wanted.clean))
            case "xlsx":
                return written(name, lambda to: workbook.write([sheet], to))
            case "parquet":
                return written(name, lambda to: columnar.write(sheet, to))
            case "json":
                here = urlencode({"halaman": wanted.address, "bagian": part, "bersih": "1"})
                return whole(name, described.write(sheet, f"{back}{EXPORT}/csv?{here}"))
            case "geojson":
                if not export.areas or sheet.areas is None:
                    raise HTTPException(404)
                known = self._shapes(view)
                return Made(name, geo.write(sheet, view.tree, known.shapes, schematic=known.schematic))
        return pictured(name, form, sheet, drawer(page, snapshot, view)(part, sheet))

    def _shapes(self, view: View) -> Boundaries:
        if self._boundaries is None:
            self._boundaries = load_boundaries(view.city, self._data)
        return self._boundaries
