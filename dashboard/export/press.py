"""Pictures, PDF files and the report of a page, set by Typst: one wheel, no browser, no system package.

What is set is data beside a fixed text (``report.typ``): nothing that a source wrote is ever read as Typst's language.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

import font_source_sans_pro
import orjson
import typst

from dashboard import text
from dashboard.export.provenance import lines
from dashboard.export.sheet import Cell, Column, Sheet, Type

HERE = Path(__file__).parent
PPI = 192.0
"""Dots an inch of a picture: one 960 wide is 1,920 dots."""
ROWS, BESIDE = 200, 15
"""Rows of a table in a report, and of one beside its picture; how many more there are is said, and a workbook has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a report: a sheet, and its picture where it has one."""

    sheet: Sheet
    picture: str | None = None


@cache
def _source(name: str) -> bytes:
    return (HERE / name).read_bytes()


@cache
def _fonts() -> typst.Fonts:
    files = Path(font_source_sans_pro.__file__).parent / "files"
    return typst.Fonts(include_system_fonts=False, font_paths=[str(files)])


def _press(name: str, form: str, inputs: dict[str, str]) -> bytes:
    ppi = PPI if form == "png" else None
    made = typst.compile(_source(name), format=form, ppi=ppi, font_paths=_fonts(), sys_inputs=inputs)
    body: bytes = made[0] if isinstance(made, list) else made
    return body


def png(svg: str) -> bytes:
    """A picture as dots."""
    return _press("picture.typ", "png", {"svg": svg})


def pdf(svg: str, title: str) -> bytes:
    """A picture as vectors on a page of its own size."""
    return _press("picture.typ", "pdf", {"svg": svg, "title": title})


def report(title: str, lead: str, sections: Sequence[Section]) -> bytes:
    """A PDF report: what it is, each section with its picture and its table, and where everything is from. A4, upright."""
    first = sections[0].sheet.about
    data = {
        "title": title,
        "lead": lead,
        "lang": first.lang,
        "notice": first.notice,
        "page": text.say(first.lang, "halaman"),
        "origin": text.say(first.lang, "Sumber dan rumus"),
        "sections": [_section(section) for section in sections],
    }
    return _press("report.typ", "pdf", {"data": orjson.dumps(data).decode(), "title": title})


def _section(section: Section) -> dict[str, object]:
    """What stands on paper: columns that say something, and of days that are drawn no table."""
    sheet, lang = section.sheet, section.sheet.about.lang
    rows = iter(sheet.rows)
    some = list(islice(rows, BESIDE if section.picture else ROWS))
    more = sum(1 for _ in rows)
    kept = [k for k in range(len(sheet.columns)) if any(row[k] is not None for row in some)]
    if section.picture and sheet.columns[0].type is Type.DAY:
        kept, some, more = [], [], len(some) + more
    columns = [sheet.columns[k] for k in kept]
    return {
        "title": sheet.title,
        "picture": section.picture,
        "heads": [column.title for column in columns],
        "numeric": [column.type.numeric for column in columns],
        "wide": [column.type is Type.TEXT for column in columns],
        "rows": [[said(row[k], column, sheet) for k, column in zip(kept, columns, strict=True)] for row in some],
        "more": text.say(lang, "{n} baris lagi ada di buku kerja (XLSX)", n=text.number(more, 0, lang)) if more else None,
        "empty": None if more else text.say(lang, "Belum ada baris."),
        "lines": [list(pair) for pair in lines(sheet.about)],
    }


def said(cell: Cell, column: Column, sheet: Sheet) -> str:
    """A cell as people read it."""
    about = sheet.about
    if cell is None:
        return "–"
    if isinstance(cell, bool) or column.type is Type.TEXT:
        return str(cell)
    match column.type:
        case Type.MONEY:
            return text.quantity(float(cell), "rupiah", 0, about.lang)  # type: ignore[arg-type]
        case Type.WHOLE | Type.NUMBER | Type.SHARE:
            return text.number(float(cell), column.decimals, about.lang)  # type: ignore[arg-type]
        case Type.MOMENT:
            return text.moment(cell, about.city.zone, about.lang)  # type: ignore[arg-type]
        case Type.DAY:
            return text.day(cell, about.city.zone, about.lang)  # type: ignore[arg-type]
    return str(cell)
