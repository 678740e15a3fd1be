"""Reads public tables of codes, names and population: CSV (also packed with gzip) or the ``wilayah`` SQL dump."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from layers import sqltext
from layers.areas import dotted

MAX_BYTES = 64 * 2**20
"""The whole country's table is 3 MB; a larger file is another one, packed or unpacked."""

_LOOKED_AT = 500
_SEXES = re.compile(r"(?:^|_)(?:l|p|lk|pr|pria|wanita|laki|perempuan)(?:_|$)|laki")
_PEOPLE = re.compile(r"penduduk|^total|^jumlah|^jiwa")


class TableError(ValueError):
    """A table that cannot be used; the message says what is wrong and where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows by lower-case heading, the name of their form, and whether the file was not UTF-8."""

    name: str
    form: str
    rows: Sequence[Mapping[str, str]]
    foreign: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What a table of statistics says of one kabupaten or kota: people, their year, and km2, where it says so."""

    people: int | None
    year: int | None
    km2: float | None


def read(path: Path) -> Table:
    """Read a table by what it holds; raises :class:`TableError`."""
    if not path.is_file():
        raise TableError(f"{path}: bukan berkas di komputer ini")
    text, foreign = _text(path)
    if sqltext.holds_rows(text):
        found = [dict(zip(columns or ("kode", "nama"), row, strict=False)) for columns, row in sqltext.rows(text)]
        return Table(name=path.name, form="SQL", rows=found, foreign=foreign)
    try:
        return Table(name=path.name, form="CSV", rows=_csv(text), foreign=foreign)
    except csv.Error as error:
        raise TableError(f"{path.name}: CSV rusak: {error}") from error


def codes(table: Table) -> list[tuple[str, str]]:
    """Dotted code and name of each row that has a Kemendagri code; raises :class:`TableError` where no column has them."""
    if not table.rows:
        raise TableError(f"{table.name}: tidak berisi satu baris pun")
    columns = list(table.rows[0])
    sample = table.rows[:_LOOKED_AT]
    held = {column: sum(dotted(row.get(column) or "") is not None for row in sample) for column in columns}
    code = max(columns, key=lambda column: (held[column], "kode" in column))
    named = [c for c in columns if c != code and re.search(r"nama|name", c)] or [c for c in columns if c != code]
    if held[code] * 2 < len(sample) or not named:
        raise TableError(f"{table.name}: tidak ada kolom kode wilayah dengan kolom nama; yang ada: {', '.join(columns)}")
    pairs = ((dotted(row.get(code) or ""), row.get(named[0]) or "") for row in table.rows)
    return [(dotted_code, name) for dotted_code, name in pairs if dotted_code is not None]


def statistics(table: Table, code: str) -> Statistics | None:
    """The row of one kabupaten or kota; ``None`` where the table has none."""
    row = next((row for row in table.rows if code in (dotted(value or "") for value in row.values())), None)
    if row is None:
        return None
    counted = [c for c in row if _PEOPLE.search(c) and not _SEXES.search(c) and (row[c] or "").strip().isdigit()]
    people = min(counted, key=len, default=None)
    year = re.search(r"20\d\d", people) if people else None
    km2 = next((float(row[c]) for c in row if "luas" in c and re.fullmatch(r"\d+(?:\.\d+)?", row[c] or "")), None)
    return Statistics(people=int(row[people]) if people else None, year=int(year[0]) if year else None, km2=km2)


def _text(path: Path) -> tuple[str, bool]:
    with path.open("rb") as file:
        body = file.read(MAX_BYTES + 1)
    if body.startswith(b"\x1f\x8b"):
        try:
            with gzip.open(path) as packed:
                body = packed.read(MAX_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise TableError(f"{path.name}: gzip rusak: {error}") from error
    if len(body) > MAX_BYTES:
        raise TableError(f"{path.name}: lebih besar dari batas {MAX_BYTES >> 20} MB")
    try:
        return body.decode("utf-8-sig"), False
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace"), True


def _csv(text: str) -> list[dict[str, str]]:
    first = text.partition("\n")[0]
    lines: Iterable[list[str]] = csv.reader(io.StringIO(text), delimiter=max(",;\t|", key=first.count), strict=True)
    rows = [[cell.strip("\r") for cell in row] for row in lines if row]
    if not rows:
        return []
    headed = not any(dotted(cell) for cell in rows[0])
    columns = [cell.strip().lower() for cell in rows[0]] if headed else ["kode", "nama"]
    return [dict(zip(columns, row, strict=False)) for row in (rows[1:] if headed else rows)]
