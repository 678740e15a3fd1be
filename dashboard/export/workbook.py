"""Sheets as one XLSX workbook: a worksheet for each, and "Sumber dan rumus"; numbers, days and moments are what they are.

A row is written when it is read and then forgotten, so that memory does not grow with the sheet. Every text is written as a
text: nothing in a cell can become a formula or a link.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import IO, Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from dashboard import text
from dashboard.export.provenance import lines
from dashboard.export.sheet import UNSEEN, Cell, Column, Row, Sheet, Type, ahead, exact

ROWS = 1_048_575
"""Rows of a worksheet below its heading; what is more goes on in another."""
LETTERS = 32_767
"""Letters of the longest cell."""
LOOKED = 200
"""Rows that the widths of columns are taken from."""
NARROW, WIDE = 9, 60
_EPOCH = date(1900, 3, 1)
"""A day before this is written as text: the format's calendar has a day there that never was."""


def write(sheets: Iterable[Sheet], to: IO[bytes]) -> None:
    """Write the sheets, each read once, and what they rest on."""
    book = xlsxwriter.Workbook(
        to, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    formats = {type_: book.add_format({"num_format": form}) for type_, form in _FORMS.items()}
    bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    plain = book.add_format({"text_wrap": True, "valign": "top"})
    known: list[Sheet] = []
    names: set[str] = set()
    for sheet in sheets:
        known.append(sheet)
        _sheet(book, sheet, formats, bold, names)
    if known:
        _about(book.add_worksheet(_name(text.say(known[0].about.lang, "Sumber dan rumus"), names)), known, bold, plain)
    book.close()


_FORMS = {
    Type.WHOLE: "#,##0",
    Type.NUMBER: "#,##0",
    Type.SHARE: '#,##0.0" %"',
    Type.MONEY: '"Rp"#,##0',
    Type.DAY: "dd mmm yyyy",
    Type.MOMENT: "dd mmm yyyy hh:mm",
}


def _sheet(book: Any, sheet: Sheet, formats: dict[Type, Format], bold: Format, names: set[str]) -> None:
    first, rows = ahead(sheet.rows, LOOKED)
    widths = [_width(column, [row[k] for row in first]) for k, column in enumerate(sheet.columns)]
    forms = [_form(book, column, formats) for column in sheet.columns]
    writers = [_writer(column, form, sheet) for column, form in zip(sheet.columns, forms, strict=True)]
    page: Worksheet | None = None
    at = ROWS
    for row in rows:
        if page is None or at >= ROWS:
            page, at = _page(book, sheet, widths, bold, names), 0
        at += 1
        for k, (write_cell, cell) in enumerate(zip(writers, row, strict=True)):
            if cell is not None:
                write_cell(page, at, k, cell)
    if page is None:
        _page(book, sheet, widths, bold, names)


def _page(book: Any, sheet: Sheet, widths: Sequence[int], bold: Format, names: set[str]) -> Worksheet:
    page: Worksheet = book.add_worksheet(_name(sheet.title, names))
    page.freeze_panes(1, 1)
    page.hide_gridlines(0)
    for k, (column, width) in enumerate(zip(sheet.columns, widths, strict=True)):
        page.set_column(k, k, width)
        page.write_string(0, k, _text(column.heading), bold)
    return page


def _form(book: Any, column: Column, formats: dict[Type, Format]) -> Format | None:
    """The column's number format: its decimals where it has some."""
    if column.type in (Type.NUMBER, Type.SHARE) and column.decimals:
        places = f"#,##0.{'0' * column.decimals}"
        form: Format = book.add_format({"num_format": f'{places}" %"' if column.type is Type.SHARE else places})
        return form
    return formats.get(column.type)


def _writer(column: Column, form: Format | None, sheet: Sheet) -> Callable[[Worksheet, int, int, Any], object]:
    """How the cells of a column are written."""
    zone = sheet.about.city.zone

    def number(page: Worksheet, row: int, k: int, cell: Cell) -> None:
        if isinstance(cell, int | float) and (plain := exact(cell)) is not None:
            page.write_number(row, k, plain, form)
        elif isinstance(cell, str):
            page.write_string(row, k, _text(cell))

    def moment(page: Worksheet, row: int, k: int, cell: Cell) -> None:
        local = cell.astimezone(zone).replace(tzinfo=None) if isinstance(cell, datetime) else cell
        if isinstance(local, date) and (local.date() if isinstance(local, datetime) else local) >= _EPOCH:
            page.write_datetime(row, k, local, form)
        else:
            page.write_string(row, k, _text(str(cell)))

    def words(page: Worksheet, row: int, k: int, cell: Cell) -> None:
        page.write_string(row, k, _text(str(cell)))

    return number if column.type.numeric else moment if column.type in (Type.DAY, Type.MOMENT) else words


def _text(cell: str) -> str:
    """What a cell can hold: no controls or halves of characters, one kind of line end, no more letters than fit."""
    whole = UNSEEN.sub("", cell.replace("\r\n", "\n").replace("\r", "\n")).encode("utf-8", "replace").decode()
    return whole if len(whole) <= LETTERS else whole[: LETTERS - 1] + "…"


def _width(column: Column, cells: Sequence[Cell]) -> int:
    """Letters of room: for the longest of the first cells, and for the heading on two lines."""
    least = {Type.DAY: 13, Type.MOMENT: 18, Type.MONEY: 18}.get(column.type, NARROW)
    longest = max((len(str(cell)) for cell in cells if isinstance(cell, str)), default=0)
    return min(max(least, longest + 2, len(column.heading) // 2 + 3), WIDE)


def _name(title: str, taken: set[str]) -> str:
    """A worksheet's name: at most 31 letters, none of those that the format forbids, each name once."""
    plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", title).strip("' ") or "Data"
    plain = " ".join(_text(plain).split())[:31].strip("' ") or "Data"
    name, again = plain, 2
    while name.casefold() in taken or name.casefold() == "history":
        mark = f" ({again})"
        name, again = plain[: 31 - len(mark)] + mark, again + 1
    taken.add(name.casefold())
    return name


def _about(page: Worksheet, sheets: Sequence[Sheet], bold: Format, plain: Format) -> None:
    """Where every sheet came from."""
    page.set_column(0, 0, 34)
    page.set_column(1, 1, 100)
    at = 0
    for sheet in sheets:
        page.write_string(at, 0, _text(sheet.title), bold)
        page.write_string(at, 1, "", bold)
        for name, words in lines(sheet.about):
            at += 1
            page.write_string(at, 0, _text(name), plain)
            page.write_string(at, 1, _text(words), plain)
        at += 2


__all__ = ["ROWS", "Row", "write"]
