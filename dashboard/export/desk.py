"""``/ekspor/<format>``: a part of a page, or all of it, as a file. The page's address and the part's id say what.

The asker is checked three times: by the gate of the route, by the page's roles and limits, and by the functions that give the
rows their Scope. What is not theirs is absent (404) and leaves a line in the log; what is given leaves one in the audit.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qs, urlencode

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard import text
from dashboard.access import Refused
from dashboard.cut import LONGEST_ADDRESS, check_filters, narrowed, page_for
from dashboard.export import columnar, described, geo, picture, press, table, workbook
from dashboard.export.sheet import Sheet
from dashboard.export.turns import Sent, Turns
from dashboard.feed import Hub, role_class
from dashboard.guard import Gate, Said, language
from dashboard.page import EVERYONE, Export, Page, View, document
from dashboard.parts.download import EXPORT
from dashboard.past import Asked, Machine
from dashboard.posted import change
from layers import clock
from layers.boundaries import Boundaries, load_boundaries
from layers.model import Scope
from layers.people import People
from layers.snapshot import Snapshot

log = logging.getLogger(__name__)

PIECE = 1 << 16
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
SPOOLED = 4 << 20
"""Bytes of a file that are kept in memory before they go to the disk."""


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
            headers["link"] = f'<{EXPORT}/json?{beside}>; rel="describedby"; type="{described.MEDIA}"'
        return Sent(made.pieces, headers, MEDIA[form], done)

    def _wanted(self, scope: Scope, form: str, request: Request) -> Wanted:
        """What is asked for; 404 for what is not there or not the asker's, 400 for what no page takes."""
        query = request.query_params
        address, part = query.get("halaman", ""), query.get("bagian") or None
        if len(address) > LONGEST_ADDRESS:
            raise HTTPException(400)
        room = self._hub.room
        page, params = page_for(scope, address, room)
        try:
            given = {name: values[0] for name, values in parse_qs(address.partition("?")[2], max_num_fields=20).items()}
        except ValueError as error:
            raise HTTPException(400) from error
        filters = check_filters(given, room.city)
        offered = page.whole if part is None else {part: page.sheets[part]} if part in page.sheets else {}
        if form not in MEDIA or (part is None and form not in ("pdf", "xlsx")):
            raise HTTPException(404)
        if not offered:
            raise HTTPException(404)
        if part and offered[part].rows and not scope.may_export_rows:
            raise Refused(scope)
        past = Asked.read(given, room.city.zone)
        clean, params = query.get("bersih") == "1", narrowed(page, params, filters)
        kept = page.address(params, past and past.address(now=past.now))  # what was checked of the address, nothing else
        return Wanted(page=page, params=params, part=part, past=past, address=kept, clean=clean)

    async def _ask(self, scope: Scope, request: Request, wanted: Wanted, make: Callable[[Snapshot, View, str], Made]) -> Made:
        """Make it of the snapshot that is shown, or of the moment asked for, for the asker's rights."""
        lang, room = language(request), self._hub.room
        back = (room.address or str(request.base_url)).rstrip("/")
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
        except LookupError as error:
            raise Said(503, "Belum dapat diunduh", "Rincian tersedia setelah data pertama selesai diambil.", again=10) from error

    def _made(self, form: str, wanted: Wanted, snapshot: Snapshot, view: View, back: str) -> Made:
        page, part = wanted.page, wanted.part
        name = _file_name(view, snapshot)
        if part is None:
            sheets = [(key, _sheet(export, snapshot, view, back)) for key, export in page.whole.items()]
            if form == "xlsx":
                return _written(f"{name}-{_slug(page.path)}", lambda to: workbook.write([sheet for _, sheet in sheets], to))
            drawn = _drawn(page, snapshot, view)
            parts = [press.Section(sheet=sheet, picture=drawn(key, sheet)) for key, sheet in sheets]
            lead = f"{view.city.name} · {text.moment(snapshot.built_at, view.city.zone, view.lang)}"
            lead += f" {text.zone_mark(snapshot.built_at, view.city.zone)} · {parts[0].sheet.about.whose}"
            return _whole(f"{name}-{_slug(page.path)}", press.report(_title(sheets, page, view), lead, parts))
        export = page.sheets[part]
        sheet = _sheet(export, snapshot, view, back)
        name = f"{name}-{sheet.name}"
        match form:
            case "csv":
                return Made(name, table.write(sheet, clean=wanted.clean))
            case "xlsx":
                return _written(name, lambda to: workbook.write([sheet], to))
            case "parquet":
                return _written(name, lambda to: columnar.write(sheet, to))
            case "json":
                asked = urlencode({"halaman": wanted.address, "bagian": part, "bersih": "1"})
                return _whole(name, described.write(sheet, f"{back}{EXPORT}/csv?{asked}"))
            case "geojson":
                if not export.areas or sheet.areas is None:
                    raise HTTPException(404)
                known = self._shapes(view)
                return Made(name, geo.write(sheet, view.tree, known.shapes, schematic=known.schematic))
        return _pictured(name, form, sheet, _drawn(page, snapshot, view)(part, sheet))

    def _shapes(self, view: View) -> Boundaries:
        if self._boundaries is None:
            self._boundaries = load_boundaries(view.city, self._data)
        return self._boundaries


@dataclass(frozen=True, slots=True)
class Made:
    """A file: its name without the ending, its bytes a piece at a time, and how many there are where that is known."""

    name: str
    pieces: Iterator[bytes]
    size: int | None = None


def _pictured(name: str, form: str, sheet: Sheet, svg: str | None) -> Made:
    """A picture in its format; of what draws nothing only the table, on paper."""
    if svg is None and form == "pdf":
        return _whole(name, press.report(sheet.title, sheet.about.whose, [press.Section(sheet=sheet)]))
    if svg is None:
        raise HTTPException(404)
    if form == "svg":
        return _whole(name, svg.encode())
    return _whole(name, press.png(svg) if form == "png" else press.pdf(svg, sheet.title))


def _whole(name: str, body: bytes) -> Made:
    return Made(name, iter([body]), len(body))


def _written(name: str, write: Callable[[IO[bytes]], None]) -> Made:
    """A file that can only be sent once it is whole."""
    file: Any = tempfile.SpooledTemporaryFile(SPOOLED)  # noqa: SIM115 - closed when its last piece is sent
    try:
        write(file)
        file.seek(0, 2)
        size = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise

    def pieces() -> Iterator[bytes]:
        with file:
            while piece := file.read(PIECE):
                yield piece

    return Made(name, pieces(), size)


def _sheet(export: Export, snapshot: Snapshot, view: View, back: str) -> Sheet:
    """The sheet with the whole address of its page."""
    sheet = export.sheet(snapshot, view)
    return replace(sheet, about=replace(sheet.about, address=back + sheet.about.address))


def _drawn(page: Page, snapshot: Snapshot, view: View) -> Callable[[str, Sheet], str | None]:
    """Draws the picture of a part; ``None`` for one that draws nothing, or whose drawing shows what the sheet leaves out."""
    drawn = document(page, snapshot, view)

    def draw(part: str, sheet: Sheet) -> str | None:
        if page.sheets[part].map and page.areas:
            names = {area.code: area.name for area in view.tree.areas.values()}
            return picture.mapped(view.map, page.areas(snapshot, view), names, sheet.about)
        html = drawn.parts.get(part)
        return picture.picture(html, sheet.about) if html and not sheet.hidden else None

    return draw


def _title(sheets: list[tuple[str, Sheet]], page: Page, view: View) -> str:
    """What a report is of: the page, and its subject where its figures name one."""
    subject = next((sheet.title for key, sheet in sheets if key == "figures"), None)
    return f"{page.title[view.lang]}: {subject}" if subject else page.title[view.lang]


def _file_name(view: View, snapshot: Snapshot) -> str:
    moment = snapshot.built_at.astimezone(view.city.zone)
    return f"liveroom-{view.city.code}-{moment:%Y%m%d-%H%M}"


def _slug(path: str) -> str:
    return path.strip("/").split("/")[0] or "halaman"
