"""What a spreadsheet program or a program of one's own reads out of each format, and what it never can."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import datetime

import openpyxl
import pytest
import python_calamine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.export import table, workbook
from dashboard.export.picture import picture
from dashboard.export.press import png
from dashboard.export.sheet import Column, Sheet
from dashboard.parts.changes import steps
from dashboard.parts.download import pictured
from layers.catalog import catalog
from layers.changes import Question
from tests.dashboard.export.sheets import ABOUT, sheet
from tests.dashboard.snapshots import NOW
from tests.dashboard.views import changes, view


def xlsx(*sheets: Sheet) -> io.BytesIO:
    body = io.BytesIO()
    workbook.write(sheets, body)
    body.seek(0)
    return body


def rows_of(body: bytes) -> list[list[str]]:
    plain = body.decode("utf-8-sig")
    return list(csv.reader(line for line in plain.splitlines(keepends=True) if not line.startswith("#")))


def test_a_workbook_has_numbers_days_and_moments_and_says_where_they_are_from() -> None:
    book = openpyxl.load_workbook(xlsx(sheet(), sheet(name="lagi")))
    assert book.sheetnames == ["Menurut kecamatan", "Menurut kecamatan (2)", "Sumber dan rumus"]
    page = book["Menurut kecamatan"]
    assert page.freeze_panes == "B2"
    assert [cell.value for cell in page[1]][:4] == ["Wilayah", "Nama", "Aduan", "Tepat waktu (persen)"]
    first = page[2]
    local = NOW.astimezone(ABOUT.city.zone).replace(tzinfo=None, microsecond=0)
    assert [cell.value for cell in first] == [
        "36.71.01", "Batuceper", 1234, 95.78, 1.42e12, datetime(local.year, local.month, local.day), local,  # noqa: DTZ001
    ]  # fmt: skip
    assert [cell.data_type for cell in first] == ["s", "s", "n", "n", "n", "d", "d"]
    assert first[3].number_format == '#,##0.00" %"'
    assert [cell.value for cell in page[3]] == ["36.71.02", "Benda", 0, None, None, None, None]
    said = {row[0].value: row[1].value for row in book["Sumber dan rumus"].iter_rows()}
    assert said["Rumus: Aduan lewat tenggat"] == "aduan terbuka yang melewati tenggatnya"
    assert said["Sumber: LAKSA"].endswith("(7 mnt)")
    assert said["Catatan"] == "Data contoh"
    assert said["Nilai yang tidak ada"] == "Belum cukup data (n = 3, perlu 20)"
    assert said["Alamat"].endswith("/kelurahan/36.71?days=7")


def test_a_table_for_people_keeps_its_provenance_and_one_for_programs_has_none() -> None:
    whole, clean = (b"".join(table.write(sheet(), clean=clean)) for clean in (False, True))
    assert whole.startswith(b"\xef\xbb\xbf# Judul: Aduan lewat tenggat\r\n# Catatan: Data contoh\r\n")
    head = ["Wilayah", "Nama", "Aduan", "Tepat waktu (persen)", "Pagu (rupiah)", "Hari", "Diterima"]
    assert rows_of(whole)[0] == head
    assert not clean.startswith(b"\xef\xbb\xbf")
    names, first, second = csv.reader(io.StringIO(clean.decode()))
    assert names == ["wilayah", "nama", "n", "bagian", "pagu", "hari", "diterima"]
    local = NOW.astimezone(ABOUT.city.zone)
    assert first == [
        "36.71.01",
        "Batuceper",
        "1234",
        "95.78",
        "1420000000000",
        local.date().isoformat(),
        local.isoformat("T", "seconds"),
    ]
    assert second == ["36.71.02", "Benda", "0", "", "", "", ""]


WORDS = (Column(key="a", title="A"), Column(key="b", title="B"))
LETTERS = st.characters(exclude_categories=["Cs"])
RISKY = st.one_of(
    st.text(LETTERS, max_size=30),
    st.tuples(
        st.sampled_from(["=", "+", "-", "@", "\t", "\r", "\n", "'", " =", "＝", "\ufeff=", "'="]), st.text(LETTERS, max_size=20)
    ).map("".join),
    st.sampled_from(["=cmd|' /C calc'!A0", "_x0041_", "http://x.id", "12", "TRUE", "=1+1", '"=1"', "a\r\n=1", "a;=1", 'a; "=1;']),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(RISKY, RISKY), min_size=1, max_size=8))
def test_no_text_becomes_a_formula(rows: list[tuple[str, str]]) -> None:
    """Whatever a source wrote: in a workbook it is that very text, in a table a cell that no program runs."""
    body = xlsx(sheet(rows, WORDS))
    page = openpyxl.load_workbook(body).worksheets[0]
    read = [cell for row in page.iter_rows(min_row=2, max_col=2, max_row=len(rows) + 1) for cell in row]
    assert {cell.data_type for cell in read} <= {"s", "n", "inlineStr"}
    assert not [cell for cell in read if cell.data_type == "n" and cell.value is not None], "a text became a number"
    assert [cell.hyperlink for cell in read if cell.hyperlink] == []
    body.seek(0)
    calamine = python_calamine.CalamineWorkbook.from_filelike(body).get_sheet_by_index(0).to_python()[1:]
    assert all(isinstance(cell, str) for row in calamine for cell in row)
    assert calamine == [[_seen(a), _seen(b)] for a, b in rows][: len(calamine)]
    found = list(csv.reader(io.StringIO(b"".join(table.write(sheet(rows, WORDS), clean=True)).decode(), newline="")))[1:]
    assert [[_plain(cell) for cell in row] for row in found] == [list(pair) for pair in rows]
    for row in found:
        for cell in row:
            first, *more = cell.split(";")  # what a program takes for cells whose separator that is
            for piece in (first, *(each.lstrip(' \u00a0\ufeff"') for each in more)):
                assert piece.lstrip(" \u00a0\ufeff")[:1] not in tuple("=+-@\t\r\n＝＋－＠")


def _plain(cell: str) -> str:
    """What a cell was before its apostrophes: each piece loses the one that it has."""
    return ";".join(piece.removeprefix("'") for piece in cell.split(";"))


def test_no_choice_in_an_address_becomes_a_formula() -> None:
    """A link to a file may name any category: the lines about its origin are cells too, parted at commas and semicolons."""
    for risky in ("x,=HYPERLINK(0)", "x; =1+1", 'x,"=1+1', "x,@SUM(1)", "=1"):
        about = replace(ABOUT, filters=(("Kategori", risky),))
        told = b"".join(table.write(sheet(about=about))).decode("utf-8-sig").splitlines()
        line = next(each for each in told if "Kategori" in each)
        for piece in re.split("[,;]", line):
            assert piece.lstrip(' "')[:1] not in tuple("=+-@"), line
        assert risky.partition("=")[2] in line


def _seen(text: str) -> str:
    """A workbook has one kind of line end and no controls."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c in "\t\n" or not (ord(c) < 32 or c in "\x7f\ufffe\uffff"))


def test_what_is_longer_than_a_worksheet_goes_on_in_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "ROWS", 3)
    book = openpyxl.load_workbook(xlsx(sheet((("a", str(k)) for k in range(7)), WORDS)))
    assert [page.max_row for page in book.worksheets[:3]] == [4, 4, 2]
    assert book.worksheets[2]["B2"].value == "6"


def test_a_chart_stands_alone_as_the_page_draws_it() -> None:
    """The steps of a change are rows of a page: names, bars and figures are all there, every position a plain number."""
    change = changes(Question(kpi="aduan_masuk_30h", by=("category", "kecamatan"))).change
    html = str(steps(change, catalog()[change.kpi], view(), element="change-steps"))
    svg = picture(html, ABOUT)
    assert svg is not None
    assert len(re.findall(r"<rect ", svg)) == 1 + 4, "the paper and four steps"
    assert "+54.321" in svg
    assert not re.search(r'%"|class=|em"', svg)
    assert pictured(html)
    assert picture("<section><p>kosong</p></section>", ABOUT) is None
    asked = picture(html, replace(ABOUT, filters=(("Kategori", "a\ufffe\x85<b"),)))
    assert asked is not None
    assert png(asked).startswith(b"\x89PNG"), "what XML cannot hold stands in no picture"
