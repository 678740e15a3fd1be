"""Files made of a page, for whoever asks at the endpoint and for scheduled reports: the page an address asks for, its files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import IO, Any
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException

from dashboard import text
from dashboard.access import Refused
from dashboard.cut import LONGEST_ADDRESS, check_filters, narrowed, page_for
from dashboard.export import picture, press, workbook
from dashboard.export.sheet import NothingError, Sheet
from dashboard.page import Export, Page, View, document
from dashboard.parts.download import drawn_in
from dashboard.past import Asked
from dashboard.room import Room
from layers.model import Scope
from layers.rights import inside
from layers.snapshot import Snapshot

PIECE = 1 << 16
SPOOLED = 4 << 20
"""Bytes of a file that are kept in memory before they go to the disk."""


def asked(scope: Scope, room: Room, address: str) -> tuple[Page, dict[str, str], Asked | None]:
    """The page at an address with its values and filters, and the moment gone by that it names.

    404 for what is not there or not the asker's, 400 for what no page takes.
    """
    if len(address) > LONGEST_ADDRESS:
        raise HTTPException(400)
    page, params = page_for(scope, address, room)
    try:
        given = {name: values[0] for name, values in parse_qs(address.partition("?")[2], max_num_fields=20).items()}
    except ValueError as error:
        raise HTTPException(400) from error
    values = narrowed(page, params, check_filters(given, room.city))
    if not inside(scope, opd=values.get("opd"), category=values.get("category")):
        raise Refused(scope)
    return page, values, Asked.read(given, room.city.zone)


@dataclass(frozen=True, slots=True)
class Made:
    """A file: its name without the ending, its bytes a piece at a time, and how many there are where that is known."""

    name: str
    pieces: Iterator[bytes]
    size: int | None = None


def book(page: Page, snapshot: Snapshot, view: View, back: str) -> Made:
    """All of a page as a workbook."""
    sheets = [sheet for _, sheet in sheets_of(page, snapshot, view, back)]
    return written(whole_name(page, snapshot, view), lambda to: workbook.write(sheets, to))


def report(page: Page, snapshot: Snapshot, view: View, back: str) -> Made:
    """All of a page as a report on paper."""
    sheets = sheets_of(page, snapshot, view, back)
    drawn = drawer(page, snapshot, view)
    parts = [press.Section(sheet=sheet, picture=drawn(key, sheet)) for key, sheet in sheets]
    lead = f"{view.city.name} · {text.moment(snapshot.built_at, view.city.zone, view.lang)}"
    lead += f" {text.zone_mark(snapshot.built_at, view.city.zone)} · {parts[0].sheet.about.whose}"
    return whole(whole_name(page, snapshot, view), press.report(title_of(sheets, page, view), lead, parts))


def pictured(name: str, form: str, sheet: Sheet, svg: str | None) -> Made:
    """A picture in its format; of what draws nothing only the table, on paper."""
    if svg is None and form == "pdf":
        return whole(name, press.report(sheet.title, sheet.about.whose, [press.Section(sheet=sheet)]))
    if svg is None:
        raise HTTPException(404)
    if form == "svg":
        return whole(name, svg.encode())
    return whole(name, press.png(svg) if form == "png" else press.pdf(svg, sheet.title))


def whole(name: str, body: bytes) -> Made:
    """A file that is there already."""
    return Made(name, iter([body]), len(body))


def written(name: str, write: Callable[[IO[bytes]], None]) -> Made:
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


def sheets_of(page: Page, snapshot: Snapshot, view: View, back: str) -> list[tuple[str, Sheet]]:
    """Those of the whole page that there are."""
    found = []
    for key, export in page.whole.items():
        with suppress(NothingError):
            found.append((key, sheet_of(export, snapshot, view, back)))
    return found


def sheet_of(export: Export, snapshot: Snapshot, view: View, back: str) -> Sheet:
    """The sheet with the whole address of its page."""
    sheet = export.sheet(snapshot, view)
    return replace(sheet, about=replace(sheet.about, address=back + sheet.about.address))


def drawer(page: Page, snapshot: Snapshot, view: View) -> Callable[[str, Sheet], str | None]:
    """Draws the picture of a part; ``None`` for one that draws nothing, or whose drawing shows what the sheet leaves out."""
    drawn = document(page, snapshot, view)

    def draw(part: str, sheet: Sheet) -> str | None:
        if page.areas and page.sheets[part].mapped(view):
            if sheet.hidden:
                return None
            names = {area.code: area.name for area in view.tree.areas.values()}
            return picture.mapped(view.map, page.areas(snapshot, view), names, sheet.about)
        html = drawn_in(drawn.parts, part)
        return picture.picture(html, sheet.about) if html and not sheet.hidden else None

    return draw


def title_of(sheets: list[tuple[str, Sheet]], page: Page, view: View) -> str:
    """What a report is of: the page, and its subject where its figures name one."""
    subject = next((sheet.title for key, sheet in sheets if key == "figures"), None)
    return f"{page.title[view.lang]}: {subject}" if subject else page.title[view.lang]


def file_name(view: View, snapshot: Snapshot) -> str:
    """How the name of every file begins."""
    moment = snapshot.built_at.astimezone(view.city.zone)
    return f"liveroom-{view.city.code}-{moment:%Y%m%d-%H%M}"


def whole_name(page: Page, snapshot: Snapshot, view: View) -> str:
    """The name of all of a page."""
    return f"{file_name(view, snapshot)}-{page.path.strip('/').split('/')[0] or 'halaman'}"
