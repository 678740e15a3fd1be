"""Whether a workbook may be opened: the library that reads it holds a whole sheet, from its first to its last filled cell."""

from __future__ import annotations

import copy
import re
import sys
import zipfile
from pathlib import Path
from xml.parsers import expat

from connectors.source import FormChanged
from layers.zipped import UNREADABLE

MAX_BYTES = 1 << 30
"""Bytes of all parts of a workbook, unpacked."""

MAX_CELLS = 20_000_000
"""Rows x columns of one sheet up to its last filled cell, filled or not."""

_CHUNK = 1 << 20
_CELL = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_SPREADSHEETS = ("worksheet", "document-content")


def check(path: Path, name: str) -> None:
    """Raise :class:`FormChanged` for a workbook whose parts or sheets are too large; small files can hold huge sheets.

    The sizes that a ZIP states of its parts are not believed: every part is unpacked, and let go of. That takes a while,
    so the workbook that passed last, which is then read sheet by sheet, is known again.
    """
    global _passed  # noqa: PLW0603 - a memo of one, replaced whole
    facts = path.stat()
    mark = (str(path), facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
    if mark == _passed:
        return
    _check(path, name)
    _passed = mark


_passed: tuple[str, int, int, int, int] | None = None


def _check(path: Path, name: str) -> None:
    if not zipfile.is_zipfile(path):
        return  # the old binary form, which has no room for more than 65,536 rows of 256 columns
    left = MAX_BYTES
    try:
        with zipfile.ZipFile(path) as book:
            for part in book.infolist():
                if part.filename.lower().endswith("workbook.bin"):
                    raise FormChanged(f"{name}: buku kerja biner (xlsb) tidak dibaca; simpan sebagai xlsx")
                left = _check_part(book, part, left, name)
    except UNREADABLE as error:
        raise FormChanged(f"{name}: lembar kerja tidak terbaca ({type(error).__name__})") from error


def _check_part(book: zipfile.ZipFile, part: zipfile.ZipInfo, left: int, name: str) -> int:
    """Read a part, as a sheet while it may be one; return how many bytes are left for the others."""
    whole = copy.copy(part)
    whole.file_size = sys.maxsize  # so that it is read to its real end
    sheet: _Sheet | None = _Sheet(name)
    with book.open(whole) as file:
        while chunk := file.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise FormChanged(f"{name}: isi buku kerja lebih dari {MAX_BYTES >> 20} MiB")
            if sheet is not None and not sheet.feed(chunk):
                sheet = None
    return left


class _Sheet:
    """Follows a sheet's XML (of XLSX or ODS) and knows how far its filled cells reach."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._root = ""
        self._row, self._column = 0, 0
        self._rows, self._columns = 0, 0
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, chunk: bytes) -> bool:
        """Take the next bytes; false for a part that is no sheet."""
        try:
            self._parser.Parse(chunk, False)
        except expat.ExpatError as error:
            if self._root in _SPREADSHEETS:
                raise FormChanged(f"{self._name}: lembar kerja bukan XML yang utuh") from error
            return False
        return self._root in ("", *_SPREADSHEETS)

    def _doctype(self, *_: object) -> None:
        raise FormChanged(f"{self._name}: lembar kerja memuat DOCTYPE")

    def _start(self, tag: str, facts: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if not self._root:
            self._root = tag
        elif self._root == "worksheet":
            self._xlsx(tag, facts)
        elif self._root == "document-content":
            self._ods(tag, {key.rpartition(":")[2]: value for key, value in facts.items()})

    def _xlsx(self, tag: str, facts: dict[str, str]) -> None:
        """A cell stands where its reference says, else after the one before it; it is filled by a value within."""
        if tag == "c":
            if found := _CELL.fullmatch(facts.get("r", "")):
                self._row, self._column = int(found[2]), _number(found[1])
            else:
                self._column += 1
        elif tag == "row":
            told = facts.get("r", "")
            self._row, self._column = int(told) if told.isdecimal() else self._row + 1, 0
        elif tag in ("v", "is"):
            self._reach()

    def _ods(self, tag: str, facts: dict[str, str]) -> None:
        """A cell stands after those before it, and repeats itself; so does a row."""
        if tag == "table":
            self._row = self._column = self._rows = self._columns = 0
        elif tag == "table-row":
            self._row, self._column = self._row + _times(facts.get("number-rows-repeated")), 0
        elif tag in ("table-cell", "covered-table-cell"):
            self._column += _times(facts.get("number-columns-repeated"))
            if "value-type" in facts or "formula" in facts:
                self._reach()
        elif tag == "p":
            self._reach()

    def _reach(self) -> None:
        self._rows, self._columns = max(self._rows, self._row), max(self._columns, self._column)
        if self._rows * self._columns > MAX_CELLS:
            raise FormChanged(f"{self._name}: lembar kerja {self._rows} baris x {self._columns} kolom terlalu besar")


def _number(letters: str) -> int:
    """``A`` is 1, ``XFD`` is 16384."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _times(told: str | None) -> int:
    return int(told) if told and told.isdecimal() else 1
