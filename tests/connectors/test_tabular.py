"""Tabular over files and addresses: every form, every increment; and the real Boston file."""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from connectors.declared.columns import ID, TORN
from connectors.runner import run_once
from connectors.source import BadRow, Context, Excluded, FormChanged, Kept, Refused, SourceError, TryLater
from connectors.sources.tabular import parse
from layers.areas import AreaTree
from layers.city import City, SourceConfig
from layers.frames import Frames
from layers.model import Kind, Outcome, Run
from layers.settings import Settings
from layers.store import Store
from tests.connectors.boston import boston
from tests.connectors.contract import contract_for, places
from tests.connectors.measured import CELLS, EXPECTED, HEADINGS, NOW, last_cursor, measured, pull, rows_of, table
from tests.connectors.server import Asked, Reply, Upstream

TestTabular = contract_for("tabular")


@pytest.fixture
def ctx(city: City, tmp_path: Path) -> Context:
    return Context(source="uji", city=city, now=NOW, data=tmp_path)


# --- every form of file ---


def as_csv(sign: str, encoding: str = "utf-8") -> bytes:
    return "\n".join(sign.join(map(str, cells)) for cells in (HEADINGS, *CELLS)).encode(encoding)


def as_json() -> bytes:
    return json.dumps([dict(zip(HEADINGS, cells, strict=True)) for cells in CELLS], indent=1).encode()


def as_lines() -> bytes:
    return b"\n".join(json.dumps(dict(zip(HEADINGS, cells, strict=True))).encode() for cells in CELLS)


def as_xlsx(path: Path, above: int = 0) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for number in range(above):
        sheet.append([f"Laporan {number}"])
    sheet.append(HEADINGS)
    for nomor, tanggal, nilai in CELLS:
        sheet.append((nomor, datetime.fromisoformat(tanggal), nilai))
    book.save(path)
    return path.read_bytes()


def as_parquet(path: Path) -> bytes:
    columns = {name: list(values) for name, values in zip(HEADINGS, zip(*CELLS, strict=True), strict=True)}
    pl.DataFrame(columns).with_columns(pl.col("tanggal").str.to_datetime("%Y-%m-%d %H:%M")).write_parquet(path)
    return path.read_bytes()


FORMS: dict[str, tuple[Callable[[Path], bytes], dict[str, Any]]] = {
    "a.csv": (lambda _: as_csv(","), {}),
    "bom.csv": (lambda _: b"\xef\xbb\xbf" + as_csv(","), {}),
    "semicolon.csv": (lambda _: as_csv(";"), {"delimiter": ";"}),
    "latin.csv": (lambda _: as_csv(",", "latin-1"), {"encoding": "latin-1"}),
    "a.tsv": (lambda _: as_csv("\t"), {}),
    "a.json": (lambda _: as_json(), {}),
    "lines.json": (lambda _: as_lines(), {}),
    "a.jsonl": (lambda _: as_lines(), {}),
    "wrapped.json": (lambda _: b'{"data": {"items": ' + as_json() + b"}}", {"records": "data.items"}),
    "a.xlsx": (as_xlsx, {}),
    "titled.xlsx": (lambda path: as_xlsx(path, 2), {"skip": 2, "sheet": "Sheet"}),
    "a.parquet": (as_parquet, {}),
    "unnamed.dat": (lambda _: as_csv(","), {"format": "csv"}),
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_file_tells_the_same(name: str, packed: bool, ctx: Context, tmp_path: Path) -> None:
    make, form = FORMS[name]
    body = make(tmp_path / "made")
    path = tmp_path / "masuk" / (name + (".gz" if packed else ""))
    path.parent.mkdir()
    path.write_bytes(gzip.compress(body) if packed else body)
    config = table(path=f"masuk/{path.name}", form=form)
    assert measured(config, ctx, rows_of(pull(config, ctx))) == EXPECTED


def test_a_long_json_array_streams(ctx: Context, tmp_path: Path) -> None:
    rows = [{"nomor": str(n), "tanggal": "2026-01-01", "nilai": n, "isi": "x" * 700} for n in range(12_000)]
    (tmp_path / "a.json").write_text(json.dumps(rows), "utf-8")
    found = pull(table(path="a.json"), ctx)
    assert [len(page.rows) for page in found] == [5_000, 5_000, 2_000, 0]
    assert [row["nomor"] for row in rows_of(found)] == [row["nomor"] for row in rows]


@pytest.mark.parametrize(
    ("name", "body", "error"),
    [
        ("a.csv", b"", FormChanged),
        ("a.csv", b"nomor,tanggal,nilai,nilai\n1,2,3,4\n", FormChanged),
        ("a.csv", b"nomor,tanggal,nilai_baru\n1,2026-01-01,3\n", FormChanged),
        ("a.csv", b'nomor,tanggal,nilai\n1,2026-01-01,"3\n', FormChanged),
        ("a.csv", b"nomor,tanggal,nilai\n\xff\xfe\xfa,2026-01-01,3\n", FormChanged),
        ("a.csv.gz", gzip.compress(as_csv(",") * 500)[:-40], TryLater),
        ("a.csv.gz", b"not gzip at all", TryLater),
        ("a.json", as_json()[:-20], TryLater),
        ("a.json", b'[{"nomor": 1} {"nomor": 2}]', FormChanged),
        ("a.json", b"[1, 2]", FormChanged),
        ("a.jsonl", b'{"nomor": 1}\nrusak\n', FormChanged),
        ("a.xlsx", b"PK not a workbook", FormChanged),
        ("a.parquet", b"PAR1 not parquet", FormChanged),
        ("a.docx", b"x", FormChanged),
    ],
)
def test_a_file_of_another_form_is_named(name: str, body: bytes, error: type[SourceError], ctx: Context, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(body)
    with pytest.raises(error, match=r"a\.") as caught:
        pull(table(path=name), ctx)
    assert type(caught.value) is error


def test_a_row_with_too_many_or_too_few_cells_is_bad(ctx: Context, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"nomor,tanggal,nilai\n1,2026-01-01\n2,2026-01-01,3,4\n\n3,2026-01-01,5\n")
    config = table(path="a.csv")
    rows = rows_of(pull(config, ctx))
    assert [row.get(TORN) for row in rows] == [2, 4, None]
    for row in rows[:2]:
        with pytest.raises(BadRow, match="jumlah sel"):
            parse(row, config, ctx)
    assert measured(config, ctx, rows[2:]) == {"3": (datetime(2025, 12, 31, 17, tzinfo=UTC), 5.0)}


@pytest.mark.parametrize("path", ["../a.csv", "/etc/passwd", "masuk/../../a.csv", "jalan/a.csv"])
def test_files_outside_the_folder_are_refused(path: str, ctx: Context, tmp_path: Path) -> None:
    inside = tmp_path / "dalam"
    inside.mkdir()
    (tmp_path / "a.csv").write_bytes(as_csv(","))
    (inside / "jalan").symlink_to(tmp_path)
    with pytest.raises(Refused):
        pull(table(path=path, folder=str(inside)), ctx)


def test_a_missing_file_may_come_but_an_empty_pattern_is_nothing(ctx: Context) -> None:
    with pytest.raises(TryLater, match="belum ada"):
        pull(table(path="a.csv"), ctx)
    assert pull(table(path="*.csv"), ctx) == []


# --- bombs ---


def refused(ctx: Context, path: Path, match: str) -> None:
    with pytest.raises(FormChanged, match=match):
        pull(table(path=path.name), ctx)


def far(path: Path, cell: str, value: Any) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADINGS)
    sheet.append(("A-1", datetime(2026, 11, 2, 7, 31), 1.5))  # noqa: DTZ001
    sheet[cell] = value
    sheet[cell].number_format = "0.00"
    book.save(path)
    return path


def part_of(path: Path, name: str, change: Callable[[str], str]) -> Path:
    """The workbook with one of its parts rewritten."""
    with zipfile.ZipFile(path) as book:
        parts = {part: book.read(part) for part in book.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for part, body in parts.items():
            book.writestr(part, change(body.decode()) if part == name else body)
    return path


def test_a_small_workbook_with_a_far_cell_is_refused(ctx: Context, tmp_path: Path) -> None:
    path = far(tmp_path / "a.xlsx", "XFD1048576", 1)
    assert path.stat().st_size < 10_000
    refused(ctx, path, "a.xlsx: lembar kerja 1048576 baris x 16384 kolom terlalu besar")
    unnumbered = part_of(path, "xl/worksheets/sheet1.xml", lambda text: text.replace("<c r=", '<c x=">" r='))
    refused(ctx, unnumbered, "terlalu besar")


def test_a_far_cell_that_is_only_formatted_and_a_wrong_dimension_do_no_harm(ctx: Context, tmp_path: Path) -> None:
    path = far(tmp_path / "a.xlsx", "XFD1048576", None)
    part_of(path, "xl/worksheets/sheet1.xml", lambda text: re.sub('<dimension ref="[^"]*"', '<dimension ref="A1:C2"', text))
    assert [row["nomor"] for row in rows_of(pull(table(path="a.xlsx"), ctx))] == ["A-1"]


def test_a_workbook_whose_parts_are_too_large_is_refused(ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.xlsx"
    as_xlsx(path)
    monkeypatch.setattr("connectors.declared.sheets.MAX_BYTES", 1_000)
    refused(ctx, path, "a.xlsx: isi buku kerja lebih dari")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/media/a.bin", b"\0" * 5_000)
        book.infolist()[0].file_size = 10  # a lie in the directory
    refused(ctx, path, "a.xlsx: isi buku kerja lebih dari")


def test_a_repeated_cell_of_an_open_document_is_refused(ctx: Context, tmp_path: Path) -> None:
    path = tmp_path / "a.ods"
    cell = '<t:table-cell t:number-columns-repeated="{}" o:value-type="float" o:value="1"/>'
    head = '<o:document-content xmlns:o="urn:o" xmlns:t="urn:t"><t:table>'
    body = (
        f'{head}<t:table-row t:number-rows-repeated="1000000">{cell.format(16_384)}</t:table-row></t:table></o:document-content>'
    )
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("content.xml", body)
    refused(ctx, path, "1000000 baris x 16384 kolom terlalu besar")


def test_what_is_unpacked_and_what_is_one_line_is_bounded(ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.declared.readers.MAX_UNPACKED", 1_000)
    monkeypatch.setattr("connectors.declared.readers.MAX_LINE", 1 << 20)
    packed, lines, commas = tmp_path / "a.parquet.gz", tmp_path / "a.jsonl.gz", tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress(as_parquet(tmp_path / "made")))
    refused(ctx, packed, "a.parquet.gz: isi berkas gzip lebih dari")
    for path in (lines, commas):
        path.write_bytes(gzip.compress(b'{"nomor": "' + b"x" * (2 << 20)))
        refused(ctx, path, "satu baris lebih dari 1 juta aksara")


def test_json_that_is_nested_without_end_is_another_form(ctx: Context, tmp_path: Path) -> None:
    deep = "[" * 200_000
    for name, body in (("a.json", f'[{{"nomor": {deep}'), ("a.jsonl", f'{{"nomor": {deep}')):
        (tmp_path / name).write_text(body)
        refused(ctx, tmp_path / name, name)


# --- increments of files ---


def write(path: Path, rows: int, first: int = 0) -> None:
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if path.stat().st_size == 0:
            writer.writerow(HEADINGS)
        writer.writerows((number, "2026-01-01", number) for number in range(first, first + rows))


def test_an_unchanged_file_is_not_even_opened(ctx: Context, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write(path, 10)
    config = table(path="a.csv")
    cursor = last_cursor(pull(config, ctx))
    stamp = path.stat().st_mtime_ns
    path.write_bytes(b"x" * path.stat().st_size)  # unreadable, but of the same size and age
    os.utime(path, ns=(stamp, stamp))
    assert pull(config, ctx, cursor) == []


def test_a_touched_file_is_only_hashed(ctx: Context, tmp_path: Path) -> None:
    write(tmp_path / "a.csv", 10)
    config = table(path="a.csv")
    cursor = last_cursor(pull(config, ctx))
    os.utime(tmp_path / "a.csv", ns=(1, 1))
    again = pull(config, ctx, cursor)
    assert rows_of(again) == []
    assert pull(config, ctx, last_cursor(again)) == []


def test_an_appended_file_and_a_new_one_are_read(ctx: Context, tmp_path: Path) -> None:
    write(tmp_path / "a.csv", 10)
    write(tmp_path / "b.csv", 5)
    config = table(path="*.csv")
    cursor = last_cursor(pull(config, ctx))
    write(tmp_path / "a.csv", 3, first=10)
    write(tmp_path / "c.csv", 2, first=90)
    again = pull(config, ctx, cursor)
    assert [row[ID] for row in rows_of(again)] == [*map(str, range(13)), "90", "91"]
    assert pull(config, ctx, last_cursor(again)) == []


def test_a_changed_map_reads_the_file_again(ctx: Context, tmp_path: Path) -> None:
    write(tmp_path / "a.csv", 4)
    cursor = last_cursor(pull(table(path="a.csv"), ctx))
    other = table(path="a.csv", exclude=[{"rule": "nol", "column": "nilai", "values": ["0"]}])
    rows = rows_of(pull(other, ctx, cursor))
    assert [type(parse(row, other, ctx)) for row in rows] == [Excluded, Kept, Kept, Kept]


def test_an_interrupted_file_goes_on_at_the_same_row(ctx: Context, tmp_path: Path) -> None:
    write(tmp_path / "a.csv", 12_345)
    config = table(path="a.csv")
    found = pull(config, ctx)
    for number, page in enumerate(found):
        rest = rows_of(pull(config, ctx, page.cursor))
        assert [row[ID] for row in rest] == [row[ID] for row in rows_of(found[number + 1 :])]


# --- addresses ---


def test_an_address_is_transferred_only_when_it_changed(ctx: Context) -> None:
    body = [as_csv(",")]

    def answer(asked: Asked) -> Reply:
        stamp = f'"{hash(body[0])}"'
        if asked.headers.get("If-None-Match") == stamp:
            return Reply(status=304)
        return Reply(body=body[0], content_type="text/csv", headers={"ETag": stamp})

    with Upstream(answer=answer) as upstream:
        config = table(url=f"{upstream.url}/ekspor/a.csv")
        found = pull(config, ctx)
        assert measured(config, ctx, rows_of(found)) == EXPECTED
        cursor = last_cursor(found)
        assert pull(config, ctx, cursor) == []
        body[0] += b"\nA-4,2026-11-05,9"
        again = pull(config, ctx, cursor)
        assert len(rows_of(again)) == 4
        assert len(upstream.asked) == 3


def test_an_address_without_a_stamp_is_known_by_its_content(ctx: Context) -> None:
    with Upstream({"/a.csv": ("text/csv", as_csv(","))}) as upstream:
        config = table(url=f"{upstream.url}/a.csv")
        assert pull(config, ctx, last_cursor(pull(config, ctx))) == []
        assert len(upstream.asked) == 2


def test_a_page_of_html_is_not_a_table(ctx: Context) -> None:
    page = b"<!doctype html><html>nomor,tanggal,nilai</html>"
    with Upstream({"/a.csv": ("text/html", page)}) as upstream, pytest.raises(FormChanged, match="HTML"):
        pull(table(url=f"{upstream.url}/a.csv"), ctx)


def test_temporary_files_lie_in_the_source_s_own_folder_and_go(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.xlsx.gz").write_bytes(gzip.compress(as_xlsx(tmp_path / "made")))
    monkeypatch.setattr("tempfile.tempdir", "/tidak/ada")
    config = table(path="a.xlsx.gz")
    assert measured(config, ctx, rows_of(pull(config, ctx))) == EXPECTED
    with Upstream({"/a.csv": ("text/csv", as_csv(","))}) as upstream:
        config = table(url=f"{upstream.url}/a.csv")
        assert measured(config, ctx, rows_of(pull(config, ctx))) == EXPECTED
    assert ctx.temp == tmp_path / "run" / "tmp" / "uji"
    assert list(ctx.temp.iterdir()) == []


# --- real data ---


@pytest.fixture
def store(settings: Settings, city: City) -> Iterator[Store]:
    store = Store(settings.database_url, city.zone, settings.secret)
    store.open()
    yield store
    store.close()


def test_shifted_coordinates_must_stand_in_the_title(store: Store, settings: Settings, city: City, shared: Path) -> None:
    run = run_once(boston(shared, title="Aduan Kota Tangerang"), store, places(), city, settings)
    assert run is not None
    assert run.outcome is Outcome.REFUSED
    assert "digeser" in (run.message or "")


def test_a_record_that_a_rule_excludes_later_counts_no_more_until_it_does_again(
    store: Store, settings: Settings, city: City
) -> None:
    """A plan that was withdrawn must not stay in the sums because it was announced once."""
    plans = settings.data / "rencana.csv"
    configured = SourceConfig.model_validate(
        {
            "name": "rencana",
            "connector": "tabular",
            "title": "Rencana",
            "owner": "setda",
            "interval": "1h",
            "budget": "1d",
            "config": {
                "kind": "package",
                "path": "rencana.csv",
                "id": "kode",
                "fields": {
                    "announced": {"column": "tanggal"},
                    "year": {"constant": 2026},
                    "title": {"column": "nama"},
                    "method": {"constant": "tender"},
                    "stage": {"constant": "rencana"},
                    "pagu": {"column": "pagu"},
                },
                "exclude": [{"rule": "tidak_aktif", "column": "aktif", "values": ["tidak"]}],
            },
        }
    )
    frames = Frames(settings.data / "frames", city, AreaTree.of(city))

    def pulled(active: str) -> tuple[list[str], Run]:
        plans.write_text(f"kode,tanggal,nama,pagu,aktif\nR-1,2026-02-01,Jalan,100,ya\nR-2,2026-02-02,Taman,200,{active}\n")
        run = run_once(configured, store, places(), city, settings)
        assert run is not None
        frames.refresh(store)
        return sorted(frames.frame(Kind.PACKAGE)["source_id"]), run

    assert pulled("ya")[0] == ["R-1", "R-2"]
    left, run = pulled("tidak")
    assert (left, dict(run.excluded), run.unchanged) == (["R-1"], {"tidak_aktif": 1}, 1)
    assert pulled("ya")[0] == ["R-1", "R-2"]
