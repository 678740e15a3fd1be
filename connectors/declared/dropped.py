"""A person's file read by a column map: CSV as any spreadsheet writes it, every sheet with the agreed headings, rows by line."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from connectors.declared import readers
from connectors.declared.columns import TORN, identified
from connectors.declared.mapped import ROWS, Mapped
from connectors.source import Context, FormChanged, Page
from layers import privacy

DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8-sig", "cp1252")
"""What spreadsheets write as CSV: the first where they say so, the second where Windows has its way. No text is both."""

SHOWN = 40
"""Headings that were found instead, at most."""


def pages(path: Path, name: str, form: readers.Form, columns: Mapped, ctx: Context) -> Iterator[Page]:
    """The rows of a file under its headings. Nothing is guessed: the headings agreed upon tell the delimiter and the sheet.

    Raises :class:`FormChanged` naming the headings that are missing and those that are there.
    """
    columns.reader(ctx.city)
    suffix = Path(name).suffix.lower()
    if suffix in (".csv", ".txt", ".tsv", ".tab"):
        yield from _rows(path, name, _text_form(path, form, columns), columns, ctx, "")
    elif suffix in (".xlsx", ".xls", ".ods"):
        yield from _workbook(path, name, form.model_copy(update={"format": "xlsx"}), columns, ctx)
    else:
        raise FormChanged("jenis berkas tidak dikenal; simpan sebagai XLSX, ODS atau CSV")


def _workbook(path: Path, name: str, form: readers.Form, columns: Mapped, ctx: Context) -> Iterator[Page]:
    """Every sheet that people see and that has the headings; of the others it is said that they were not read."""
    try:
        names, hidden = readers.sheet_names(path, name), readers.sheet_names(path, name, hidden=True)
    except FormChanged as error:
        if "tidak terbaca" not in str(error):
            raise
        raise FormChanged(
            "buku kerja tidak dapat dibuka: rusak, terpotong saat disalin, atau jenisnya lain dari namanya; "
            "buka di aplikasi lembar kerja, lalu simpan sebagai XLSX"
        ) from error
    names = [name for name in names if name == form.sheet] or names if isinstance(form.sheet, str) else names
    lacking: list[tuple[str, FormChanged]] = []
    for sheet in names:
        where = f"lembar {sheet!r}, " if len(names) > 1 else ""
        try:
            yield from _rows(path, name, form.model_copy(update={"sheet": sheet}), columns, ctx, where)
        except WrongHeadings as error:
            lacking.append((sheet, error))
    unseen = [f"lembar {sheet!r} tersembunyi, maka tidak dibaca" for sheet in hidden]
    if lacking and len(lacking) == len(names):
        raise WrongHeadings("; ".join([str(lacking[0][1]), *unseen]))
    if notes := [f"lembar {sheet!r} tidak dibaca: {error}" for sheet, error in lacking] + unseen:
        yield Page(rows=(), notes=notes)


class WrongHeadings(FormChanged):
    """A sheet without the headings agreed upon."""


def _rows(path: Path, name: str, form: readers.Form, columns: Mapped, ctx: Context, where: str) -> Iterator[Page]:
    narrow = len(columns.unpivot.columns) if columns.unpivot else 1
    at_once = max(ROWS // narrow, 1)
    rows = readers.numbered(path, form, name, ctx.temp)
    try:
        batch = list(islice(rows, at_once))
    except FormChanged as error:
        raise WrongHeadings(str(error).removeprefix(f"{name}: ")) from error
    if batch:
        there = dict.fromkeys(heading for _, row in batch for heading in row if heading != TORN)
        _need(list(there), columns, form.skip + 1)
    while batch:
        lines = [f"{where}baris {number}" for number, _ in batch for _ in range(narrow)]
        yield Page(rows=identified([row for _, row in batch], columns), where=lines)
        batch = list(islice(rows, at_once))


def _need(headings: list[str], columns: Mapped, line: int) -> None:
    """Raise where a needed column is missing; a line without any of them is no line of headings, and may name persons."""
    there = set(headings)
    lacking = ["/".join(names) for names in columns.needed if there.isdisjoint(names)]
    if not lacking:
        return
    missing = f"kolom yang tidak ada: {', '.join(lacking)}"
    if len(lacking) == len(columns.needed):
        raise WrongHeadings(f"{missing}; baris {line} bukan baris judul kolom yang disepakati")
    found = [privacy.mask(heading)[:60] for heading in headings if not heading.startswith("#")]
    more = " …" if len(found) > SHOWN else ""
    raise WrongHeadings(f"{missing}; kolom yang ditemukan: {', '.join(found[:SHOWN])}{more}")


def _text_form(path: Path, form: readers.Form, columns: Mapped) -> readers.Form:
    """The form of a text file: its encoding by what it can be, its delimiter by which one parts the agreed headings."""
    content = path.read_bytes()
    marked = ["utf-16"] if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else []
    encoding = next(name for name in (*marked, form.encoding, *ENCODINGS) if _fits(content, name))
    start = content[: 1 << 16].decode(encoding, "ignore")
    given = [form.delimiter] if form.delimiter else []
    wanted = {name for names in columns.needed for name in names}

    def agreed(delimiter: str) -> int:
        try:
            lines = csv.reader(io.StringIO(start), delimiter=delimiter)
            return len(wanted.intersection(cell.strip() for cell in next(islice(lines, form.skip, None), [])))
        except csv.Error:
            return 0

    delimiter = max([*given, *DELIMITERS], key=agreed)
    return form.model_copy(update={"format": "csv", "encoding": encoding, "delimiter": delimiter})


def _fits(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return encoding == ENCODINGS[-1]
    return True
