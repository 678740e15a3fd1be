"""Files of rows, read as a stream: CSV, TSV, JSON, JSON lines, XLSX, Parquet, plain or gzipped. Memory stays bounded."""

from __future__ import annotations

import codecs
import csv
import gzip
import json
import re
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any, Literal

from pydantic import AfterValidator, Field

from connectors.declared import sheets
from connectors.declared.columns import TORN
from connectors.source import Config, FormChanged, TryLater

Cells = dict[str, Any]
"""A row under its headings; a new one each time, so whoever reads it may add to it."""

Format = Literal["csv", "tsv", "xlsx", "json", "jsonl", "parquet"]

_SUFFIXES: Mapping[str, Format] = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".xlsx": "xlsx",
    ".xls": "xlsx",
    ".ods": "xlsx",
    ".json": "json",
    ".geojson": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
_CHUNK = 1 << 20
_ROWS = 5_000
MAX_WRAPPED = 256 << 20
"""A JSON document that wraps its list has to be held whole: so many characters at most."""

MAX_LINE = 16 << 20
"""Characters of one line: of JSON lines a whole row, of CSV much more than a row."""

MAX_UNPACKED = 4 << 30
"""Bytes that a gzipped workbook or Parquet file may have unpacked: it is unpacked onto the disk."""


def _known(encoding: str) -> str:
    try:
        codecs.lookup(encoding)
    except (LookupError, ValueError) as error:
        raise ValueError(f"pengodean aksara {encoding[:40]!r} tidak dikenal") from error
    return encoding


def _one(sign: str) -> str:
    if len(sign) != 1 or sign in '\r\n"\0':
        raise ValueError("harus satu tanda pemisah")
    return sign


class Form(Config):
    """How a file is written. ``format`` goes by the file's name unless declared; ``skip`` lines stand before the headings.

    ``sheet`` is a worksheet's name or number; ``records`` the dotted way to the list in a JSON document.
    """

    format: Format | None = None
    encoding: Annotated[str, AfterValidator(_known)] = "utf-8-sig"
    delimiter: Annotated[str, AfterValidator(_one)] | None = None
    skip: Annotated[int, Field(ge=0)] = 0
    sheet: str | Annotated[int, Field(ge=0)] = 0
    records: str | None = None


Numbered = tuple[int, Cells]
"""A row and its number as a spreadsheet shows it, the headings included; in JSON and Parquet, which have no lines, its place."""


def rows_of(path: Path, form: Form, name: str, temp: Path) -> Iterator[Cells]:
    """Every row of a file under its headings; see :func:`numbered`."""
    for _, row in numbered(path, form, name, temp):
        yield row


def numbered(path: Path, form: Form, name: str, temp: Path) -> Iterator[Numbered]:
    """Every row of a file under its headings, with its number. ``name`` is the file's own name, which tells its format.

    What has to be unpacked is unpacked in the folder ``temp``, which is made.

    Raises :class:`FormChanged` for a file of another form, :class:`TryLater` for one that is cut off.
    """
    suffixes = [suffix.lower() for suffix in Path(name).suffixes]
    packed = bool(suffixes) and suffixes[-1] == ".gz"
    kind = form.format or _SUFFIXES.get((["", *suffixes[:-1]] if packed else ["", *suffixes])[-1])
    if kind is None:
        raise FormChanged(f"{name}: jenis berkas tidak dikenal; nyatakan format")
    try:
        if kind in ("xlsx", "parquet"):
            with _unpacked(path, name, temp, packed=packed) as plain:
                yield from _BINARY[kind](plain, form, name)
        else:
            with _open_text(path, form.encoding, packed=packed) as file:
                yield from _TEXT[kind](file, form, name)
    except UnicodeError as error:
        raise FormChanged(f"{name}: pengodean aksara bukan {form.encoding}") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise TryLater(f"{name}: berkas gzip terpotong atau rusak") from error


def _open_text(path: Path, encoding: str, *, packed: bool) -> IO[str]:
    try:
        if packed:
            return gzip.open(path, "rt", encoding=encoding, newline="")
        return path.open(encoding=encoding, newline="")
    except LookupError as error:
        raise FormChanged(f"pengodean {encoding!r} tidak dikenal") from error


@contextmanager
def _unpacked(path: Path, name: str, temp: Path, *, packed: bool) -> Iterator[Path]:
    """The file itself, or unpacked into ``temp`` where its format cannot be read as a stream of bytes."""
    if not packed:
        yield path
        return
    temp.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=temp) as plain:
        with gzip.open(path, "rb") as file:
            while chunk := file.read(_CHUNK):
                if plain.tell() + len(chunk) > MAX_UNPACKED:
                    raise FormChanged(f"{name}: isi berkas gzip lebih dari {MAX_UNPACKED >> 20} MiB")
                plain.write(chunk)
        plain.flush()
        yield Path(plain.name)


def _lines(file: IO[str], name: str) -> Iterator[str]:
    """The lines of a file; one without an end must not fill the memory."""
    while line := file.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            raise FormChanged(f"{name}: satu baris lebih dari {MAX_LINE >> 20} juta aksara")
        yield line


# --- text --------------------------------------------------------------------------------------


def _csv(file: IO[str], form: Form, name: str) -> Iterator[Numbered]:
    try:
        lines = csv.reader(_lines(file, name), delimiter=form.delimiter or ",", strict=True)
        for _ in range(form.skip):
            next(lines, None)
        headings = _headings(next(lines, []), name)
        width = len(headings)
        for number, cells in enumerate(lines, form.skip + 2):
            if len(cells) == width:
                yield number, dict(zip(headings, cells, strict=True))
            elif cells:
                yield number, {**dict(zip(headings, cells, strict=False)), TORN: len(cells)}
    except csv.Error as error:
        raise FormChanged(f"{name}: bukan CSV yang utuh ({error})") from error


def _tsv(file: IO[str], form: Form, name: str) -> Iterator[Numbered]:
    return _csv(file, form.model_copy(update={"delimiter": form.delimiter or "\t"}), name)


def _headings(cells: list[Any], name: str) -> list[str]:
    headings = [str(cell).strip() if cell is not None else "" for cell in cells]
    if not any(headings):
        raise FormChanged(f"{name}: tidak ada judul kolom")
    filled = [heading for heading in headings if heading]
    if twice := {heading for heading in filled if filled.count(heading) > 1}:
        raise FormChanged(f"{name}: judul kolom ganda: {', '.join(sorted(twice))}")
    return [heading or f"#{number}" for number, heading in enumerate(headings, 1)]


def _jsonl(file: IO[str], _: Form, name: str) -> Iterator[Numbered]:
    for number, line in enumerate(_lines(file, name), 1):
        if line.strip():
            try:
                yield number, _object(json.loads(line), name)
            except (ValueError, RecursionError) as error:
                raise FormChanged(f"{name}: baris {number} bukan JSON") from error


def _json(file: IO[str], form: Form, name: str) -> Iterator[Numbered]:
    if form.records is None:
        yield from _array(file, name)
        return
    text = file.read(MAX_WRAPPED + 1)
    if len(text) > MAX_WRAPPED:
        raise FormChanged(f"{name}: dokumen JSON terlalu besar")
    try:
        found = json.loads(text)
        for step in form.records.split("."):
            found = found[step]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise FormChanged(f"{name}: tidak ada daftar {form.records!r}") from error
    if not isinstance(found, list):
        raise FormChanged(f"{name}: {form.records!r} bukan daftar")
    for number, item in enumerate(found, 1):
        yield number, _object(item, name)


def _array(file: IO[str], name: str) -> Iterator[Numbered]:
    """The items of a top-level array, decoded one after the other as the text comes; JSON lines where it is none."""
    decode, space = json.JSONDecoder().raw_decode, re.compile(r"\s*").match
    text, at, last = "", 0, False
    wanted, number = "[", 0
    while True:
        if not last and len(text) - at < _CHUNK:
            more = file.read(4 * _CHUNK)
            text, at, last = text[at:] + more, 0, not more
        at = _skip(space, text, at)
        sign = text[at : at + 1]
        if wanted == "[" and sign == "{":
            file.seek(0)
            yield from _jsonl(file, Form(), name)
            return
        if sign == "]" and wanted != "[":
            return
        if sign != wanted:
            raise FormChanged(f"{name}: bukan daftar JSON") if sign else TryLater(f"{name}: daftar JSON terpotong")
        at = _skip(space, text, at + 1)
        if wanted == "[" and text[at : at + 1] == "]":
            return
        try:
            item, at = decode(text, at)
        except ValueError as error:
            raise TryLater(f"{name}: daftar JSON terpotong atau rusak") from error
        except RecursionError as error:
            raise FormChanged(f"{name}: susunan JSON terlalu dalam") from error
        number += 1
        yield number, _object(item, name)
        wanted = ","


def _skip(space: Callable[[str, int], re.Match[str] | None], text: str, at: int) -> int:
    found = space(text, at)
    return found.end() if found else at


def _object(item: Any, name: str) -> Cells:
    if not isinstance(item, dict):
        raise FormChanged(f"{name}: isi daftar bukan objek")
    return item


# --- binary ------------------------------------------------------------------------------------


def _xlsx(path: Path, form: Form, name: str) -> Iterator[Numbered]:
    from python_calamine import CalamineError, CalamineWorkbook

    sheets.check(path, name)
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            which = form.sheet
            sheet = book.get_sheet_by_name(which) if isinstance(which, str) else book.get_sheet_by_index(which)
            rows = sheet.iter_rows()
    except (CalamineError, OSError, IndexError) as error:
        raise FormChanged(f"{name}: lembar kerja tidak terbaca ({error})") from error
    for _ in range(form.skip):
        next(rows, None)
    headings = _headings(next(rows, []), name)
    for number, cells in enumerate(rows, form.skip + 2):
        if any(cell != "" for cell in cells):
            yield number, dict(zip(headings, cells, strict=True))


def sheet_names(path: Path, name: str, *, hidden: bool = False) -> list[str]:
    """The worksheets that have anything in them, in their order: those that people see, or those ``hidden`` from them.

    Raises like :func:`numbered`.
    """
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    sheets.check(path, name)
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            names = [sheet.name for sheet in book.sheets_metadata if (sheet.visible != SheetVisibleEnum.Visible) is hidden]
            return [sheet for sheet in names if book.get_sheet_by_name(sheet).height]
    except (CalamineError, OSError) as error:
        raise FormChanged(f"{name}: lembar kerja tidak terbaca ({error})") from error


def sheet_cells(path: Path, name: str) -> Iterator[tuple[str, list[list[Any]]]]:
    """Every worksheet by its name, with the cells of all its lines, for forms that are no table; raises like :func:`numbered`."""
    from python_calamine import CalamineError, CalamineWorkbook

    for sheet in sheet_names(path, name):
        try:
            with CalamineWorkbook.from_path(str(path)) as book:
                lines = [list(cells) for cells in book.get_sheet_by_name(sheet).iter_rows()]
        except (CalamineError, OSError) as error:
            raise FormChanged(f"{name}: lembar kerja {sheet!r} tidak terbaca ({error})") from error
        yield sheet, lines


def _parquet(path: Path, _: Form, name: str) -> Iterator[Numbered]:
    import polars as pl
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            number = 0
            for batch in file.iter_batches(batch_size=_ROWS):
                for row in pl.DataFrame(pl.from_arrow(batch)).iter_rows(named=True):
                    number += 1
                    yield number, row
    except (pa.ArrowException, OSError) as error:
        raise FormChanged(f"{name}: bukan Parquet yang utuh ({type(error).__name__})") from error


_TEXT: Mapping[str, Callable[[IO[str], Form, str], Iterator[Numbered]]] = {
    "csv": _csv,
    "tsv": _tsv,
    "json": _json,
    "jsonl": _jsonl,
}
_BINARY: Mapping[str, Callable[[Path, Form, str], Iterator[Numbered]]] = {"xlsx": _xlsx, "parquet": _parquet}
