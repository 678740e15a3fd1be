"""Tabular: every form of file, addresses, databases; types, code tables, exclusions, increments; and the real Boston file."""

from __future__ import annotations

import csv
import gzip
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from pydantic import ValidationError
from sqlalchemy import create_engine, text

from connectors.columns import ID, TORN
from connectors.http import Http, origins
from connectors.runner import run_once
from connectors.source import BadRow, Context, Cursor, Excluded, FormChanged, Kept, Page, Refused, Row, SourceError, TryLater
from connectors.sources.tabular import Tabular, pages, parse
from layers.city import City
from layers.model import Complaint, Kind, Measurement, Outcome, Package, PlacedBy
from layers.settings import Settings
from layers.store import Store
from tests.connectors.boston import CLOSED_BEFORE_OPENED, ROWS, boston
from tests.connectors.contract import contract_for, dump, places
from tests.connectors.server import Asked, Reply, Upstream

TestTabular = contract_for("tabular")

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
HEADINGS = ("nomor", "tanggal", "nilai")
CELLS = [("A-1", "2026-11-02 07:31", 1.5), ("A-2", "2026-11-03 08:00", 2.0), ("A-3", "2026-11-04 09:15", -3.25)]
EXPECTED = {
    "A-1": (datetime(2026, 11, 2, 0, 31, tzinfo=UTC), 1.5),
    "A-2": (datetime(2026, 11, 3, 1, 0, tzinfo=UTC), 2.0),
    "A-3": (datetime(2026, 11, 4, 2, 15, tzinfo=UTC), -3.25),
}
MAP: dict[str, Any] = {
    "kind": "measurement",
    "id": "nomor",
    "fields": {
        "measured": {"column": "tanggal"},
        "value": {"column": "nilai"},
        "name": {"constant": "suhu"},
        "subject": {"constant": "kota"},
        "unit": {"constant": "C"},
    },
}


@pytest.fixture
def ctx(city: City, tmp_path: Path) -> Context:
    return Context(source="uji", city=city, now=NOW, data=tmp_path)


def table(**more: Any) -> Tabular:
    return Tabular.model_validate(MAP | more)


def pull(config: Tabular, ctx: Context, cursor: Cursor | None = None) -> list[Page]:
    with Http(origins(config), pause=0.001) as http:
        return list(pages(http, config, cursor, ctx))


def rows_of(found: list[Page]) -> list[Row]:
    return [row for page in found for row in page.rows]


def measured(config: Tabular, ctx: Context, rows: list[Row]) -> dict[str, tuple[datetime, float]]:
    read = [parse(row, config, ctx) for row in rows]
    records = [item.record for item in read if isinstance(item, Kept)]
    assert len(records) == len(rows)
    return {record.source_id: (record.measured, record.value) for record in records if isinstance(record, Measurement)}


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


# --- increments of files ---


def last_cursor(found: list[Page]) -> Cursor:
    return [page.cursor for page in found if page.cursor is not None][-1]


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
    with Upstream({"/a.csv": ("text/html", b"<!doctype html><html>nomor,tanggal,nilai</html>")}) as upstream:
        with pytest.raises(FormChanged, match="HTML"):
            pull(table(url=f"{upstream.url}/a.csv"), ctx)


# --- databases ---


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Any]]:
    url = f"sqlite:///{tmp_path}/sumber.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text('CREATE TABLE aduan (nomor INTEGER, tanggal TIMESTAMP, nilai NUMERIC, "diubah pada" TIMESTAMP)'))
    yield url, engine
    engine.dispose()


def insert(engine: Any, *rows: tuple[int, str | None]) -> None:
    stamp = "INSERT INTO aduan VALUES (:n, '2026-11-02 07:31:00', 1.5, :changed)"
    with engine.begin() as connection:
        connection.execute(text(stamp), [{"n": number, "changed": changed} for number, changed in rows])


def test_a_database_gives_new_and_changed_rows_ties_and_nulls_included(database: tuple[str, Any], ctx: Context) -> None:
    url, engine = database
    config = table(database={"url": url, "table": "aduan", "cursor": "diubah pada"})
    assert pull(config, ctx) == []
    insert(engine, (1, "2026-11-02 08:00:00"), (2, "2026-11-02 09:00:00"), (3, None))
    found = pull(config, ctx)
    assert sorted(row[ID] for row in rows_of(found)) == ["1", "2", "3"]
    assert measured(config, ctx, rows_of(found))["1"] == (datetime(2026, 11, 2, 0, 31, tzinfo=UTC), 1.5)
    cursor = json.loads(json.dumps(last_cursor(found)))
    insert(engine, (4, "2026-11-02 09:00:00"), (5, None), (6, "2026-11-03 00:00:00"), (7, "2026-11-01 00:00:00"))
    again = {row[ID] for row in rows_of(pull(config, ctx, cursor))}
    assert again == {"2", "3", "4", "5", "6"}  # 7 was changed before the cursor: only a lag brings it


def test_a_lag_asks_for_the_late_ones_again(database: tuple[str, Any], ctx: Context) -> None:
    url, engine = database
    config = table(database={"url": url, "table": "aduan", "cursor": "diubah pada", "lag": "2d"})
    insert(engine, (1, "2026-11-02 08:00:00"))
    cursor = last_cursor(pull(config, ctx))
    insert(engine, (2, "2026-11-01 00:00:00"), (3, "2026-10-01 00:00:00"))
    assert {row[ID] for row in rows_of(pull(config, ctx, cursor))} == {"1", "2"}


def test_a_wrong_table_or_column_is_another_form(database: tuple[str, Any], ctx: Context) -> None:
    url, engine = database
    insert(engine, (1, None))
    for wrong in ({"table": "tidak_ada"}, {"table": "aduan", "cursor": "tidak ada"}, {"table": 'aduan"; DROP TABLE aduan; --'}):
        with pytest.raises(FormChanged):
            pull(table(database={"url": url} | wrong), ctx)
    assert len(rows_of(pull(table(database={"url": url, "table": "aduan"}), ctx))) == 1


def test_a_database_that_is_away_is_tried_later(ctx: Context, tmp_path: Path) -> None:
    for url in ("postgresql+psycopg://u:rahasia@127.0.0.1:9/x", f"sqlite:///{tmp_path}/belum.sqlite"):
        with pytest.raises(TryLater) as caught:
            pull(table(database={"url": url, "table": "t"}), ctx)
        assert "rahasia" not in str(caught.value)
    assert not (tmp_path / "belum.sqlite").exists()
    for url in ("bukan-alamat", "tidakada://x", "sqlite:////etc/passwd", "sqlite://"):
        with pytest.raises(Refused):
            pull(table(database={"url": url, "table": "t"}), ctx)


# --- the map ---


def complaint(fields: dict[str, Any], row: dict[str, Any], ctx: Context, **more: Any) -> Complaint:
    base = {
        "received": {"column": "masuk"},
        "status": {"constant": "menunggu"},
        "category": {"constant": "Jalan"},
        "channel": {"constant": "LAKSA"},
    }
    config = Tabular.model_validate({"kind": "complaint", "path": "a.csv", "id": "id", "fields": base | fields} | more)
    read = parse({ID: "1", "masuk": "2026-11-02"} | row, config, ctx)
    assert isinstance(read, Kept)
    assert isinstance(read.record, Complaint)
    return read.record


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ({}, "2026-11-02 07:31:00", datetime(2026, 11, 2, 0, 31, tzinfo=UTC)),
        ({}, "2026-11-02T07:31:00Z", datetime(2026, 11, 2, 7, 31, tzinfo=UTC)),
        ({}, "2 November 2026 07.31 WITA", datetime(2026, 11, 1, 23, 31, tzinfo=UTC)),
        ({"zone": "Asia/Jayapura"}, "2026-11-02 07:31", datetime(2026, 11, 1, 22, 31, tzinfo=UTC)),
        ({"formats": ["%d/%m/%Y"]}, "03/11/2026", datetime(2026, 11, 2, 17, tzinfo=UTC)),
        ({"formats": ["%m/%d/%Y"]}, "03/11/2026", datetime(2026, 3, 10, 17, tzinfo=UTC)),
        ({"formats": ["%m/%d/%Y %I:%M:%S %p"]}, "11/02/2026 12:05:06 AM", datetime(2026, 11, 1, 17, 5, 6, tzinfo=UTC)),
        ({"formats": ["%m/%d/%Y %I:%M:%S %p"]}, "11/02/2026 12:05:06 pm", datetime(2026, 11, 2, 5, 5, 6, tzinfo=UTC)),
        ({"formats": ["%d/%m/%Y", "%d-%m-%Y %H:%M"]}, "02-11-2026 07:31", datetime(2026, 11, 2, 0, 31, tzinfo=UTC)),
        ({"formats": ["%d/%m/%Y"]}, "3/1/2026", datetime(2026, 1, 2, 17, tzinfo=UTC)),
        ({}, datetime(2026, 11, 2, 7, 31), datetime(2026, 11, 2, 0, 31, tzinfo=UTC)),  # noqa: DTZ001 - as a spreadsheet gives it
        ({}, date(2026, 11, 2), datetime(2026, 11, 1, 17, tzinfo=UTC)),
        ({"zone": "America/New_York"}, "2026-03-08 02:30", datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),
    ],
)
def test_times_as_they_are_written(column: dict[str, Any], cell: Any, value: datetime, ctx: Context) -> None:
    assert complaint({"received": {"column": "masuk"} | column}, {"masuk": cell}, ctx).received == value


@pytest.mark.parametrize("cell", ["32/01/2026", "03-11-2026", "13/13/2026", "0000-00-00", "kemarin", 45000, "", None, "9999-99-99"])
def test_a_time_that_is_none_is_a_bad_row(cell: Any, ctx: Context) -> None:
    with pytest.raises(BadRow) as caught:
        complaint({"received": {"column": "masuk", "formats": ["%d/%m/%Y"]}}, {"masuk": cell}, ctx)
    assert caught.value.field == "received"


def package(field: str, column: dict[str, Any], cell: Any, ctx: Context) -> Any:
    fields = {
        "announced": {"constant": "2026-01-02"},
        "year": {"constant": 2026},
        "title": {"constant": "Belanja"},
        "method": {"constant": "Tender"},
        "stage": {"constant": "rencana"},
        field: {"column": "x"} | column,
    }
    config = Tabular.model_validate({"kind": "package", "path": "a.csv", "id": "id", "fields": fields})
    read = parse({ID: "1", "x": cell}, config, ctx)
    assert isinstance(read, Kept)
    assert isinstance(read.record, Package)
    return getattr(read.record, field)


@pytest.mark.parametrize(
    ("field", "column", "cell", "value"),
    [
        ("pagu", {}, "1946000.00", Decimal("1946000.00")),
        ("pagu", {}, "Rp 1,946,000.50", Decimal("1946000.50")),
        ("pagu", {"decimal": ","}, "Rp1.946.000,50", Decimal("1946000.50")),
        ("pagu", {}, 0.1, Decimal("0.10")),
        ("pagu", {}, 1946000, Decimal(1946000)),
        ("pagu", {}, "-", None),
        ("pagu", {"default": 5}, "", Decimal(5)),
        ("year", {}, "2026", 2026),
        ("year", {}, 2026.0, 2026),
        ("title", {}, 7.0, "7"),
        ("title", {"default": "Tanpa judul"}, "", "Tanpa judul"),
        ("method", {"values": {"t": "Tender"}}, " T ", "Tender"),
        ("method", {"values": {"t": "Tender"}, "unknown": "keep"}, "Lain", "Lain"),
        ("provider", {"values": {"t": "Tender"}, "unknown": "empty"}, "Lain", None),
        ("stage", {"values": {"1": "kontrak"}}, 1, "kontrak"),
        ("opd", {"values": "opd"}, "DINAS KESEHATAN", "dinkes"),
    ],
)
def test_cells_by_their_declared_meaning(field: str, column: dict[str, Any], cell: Any, value: Any, ctx: Context) -> None:
    assert package(field, column, cell, ctx) == value


@pytest.mark.parametrize(
    ("field", "column", "cell"),
    [
        ("pagu", {}, "banyak"),
        ("pagu", {}, "9" * 40),
        ("pagu", {}, "1e999"),
        ("pagu", {}, True),
        ("pagu", {}, [1]),
        ("year", {}, "2026.5"),
        ("year", {}, "inf"),
        ("title", {}, {"a": 1}),
        ("title", {}, " - "),
        ("method", {"values": {"t": "Tender"}}, "Lain"),
        ("stage", {"values": {"1": "kontrak"}}, "2"),
    ],
)
def test_a_cell_that_means_nothing_is_a_bad_row(field: str, column: dict[str, Any], cell: Any, ctx: Context) -> None:
    for _ in range(2):  # the second time from memory
        with pytest.raises(BadRow) as caught:
            package(field, column, cell, ctx)
        assert caught.value.field == field


def test_the_first_filled_column_counts_and_ids_are_joined(ctx: Context, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("tahun,no,tanggal,nilai_baru,nilai\n2026,1,2026-01-01,,5\n2026,2,2026-01-01,6,5\n,3,2026-01-01,6,5\n")
    config = table(path="a.csv", id=["tahun", "no"], fields=MAP["fields"] | {"value": {"column": ["nilai_baru", "nilai"]}})
    rows = rows_of(pull(config, ctx))
    assert {key: value for key, (_, value) in measured(config, ctx, rows[:2]).items()} == {"2026/1": 5.0, "2026/2": 6.0}
    with pytest.raises(BadRow, match="source_id"):
        parse(rows[2], config, ctx)


def test_coordinates_and_names_say_the_place(ctx: Context) -> None:
    where = {"lat": "y", "lon": "x", "kelurahan": "kel", "shift": {"dlat": -1, "dlon": 2}}
    record = complaint({}, {"y": "-5.18", "x": "104.64"}, ctx, place=where)
    assert (record.lat, record.lon) == (-6.18, 106.64)
    assert complaint({}, {"y": "", "x": "104.64"}, ctx, place=where).lat is None
    with pytest.raises(BadRow, match="koordinat"):
        complaint({}, {"y": "selatan", "x": "104"}, ctx, place=where)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fields": {}}, "belum dipetakan"),
        ({"fields": MAP["fields"] | {"warna": {"constant": "x"}}}, "bukan isian"),
        ({"fields": MAP["fields"] | {"seen_at": {"column": "x"}}}, "bukan isian"),
        ({"fields": MAP["fields"] | {"value": {"column": "a", "constant": 1}}}, "salah satu"),
        ({"url": "https://a.example/x.csv"}, "salah satu"),
        ({"place": {"lat": "y"}}, "bersama"),
        ({"exclude": [{"rule": "Spasi Besar", "column": "x", "values": ["y"]}]}, "pattern"),
        ({"zone": "Asia/Tangerang"}, "zone"),
    ],
)
def test_a_wrong_map_is_refused_when_it_is_read(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        table(**{"path": "a.csv"} | changes)


def test_statuses_need_a_table_of_ours(ctx: Context) -> None:
    for column in ({"column": "s"}, {"column": "s", "values": {"x": "beres"}}, {"constant": "beres"}):
        with pytest.raises(ValidationError, match="status"):
            complaint({"status": column}, {}, ctx)


def test_a_constant_of_another_type_is_refused(ctx: Context) -> None:
    with pytest.raises(Refused, match="peta kolom"):
        pull(table(path="*.csv", fields=MAP["fields"] | {"value": {"constant": "banyak"}}), ctx)


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


def test_the_real_boston_file(store: Store, settings: Settings, city: City, shared: Path) -> None:
    """121,245 real cases: every one accounted for, the impossible ones named, and nothing changes the second time."""
    run = run_once(boston(shared), store, places(), city, settings)
    assert run is not None
    assert (run.outcome, run.seen, run.quarantined, run.excluded) == (Outcome.OK, ROWS, CLOSED_BEFORE_OPENED, {})
    assert run.kept == ROWS - CLOSED_BEFORE_OPENED
    assert store.quarantine_reasons("boston_311") == [("closed", "ditutup sebelum diterima", CLOSED_BEFORE_OPENED)]

    rows = {row["source_id"]: row for chunk in store.changes(Kind.COMPLAINT, 0, None) for row in chunk.to_pylist()}
    assert len(rows) == run.kept
    first = rows["101000295613"]
    assert first["received"] == datetime(2011, 7, 1, 5, 32, 33, tzinfo=UTC)  # 01:32:33 AM in New York's summer
    assert first["due"] == datetime(2011, 7, 15, 5, 32, 32, tzinfo=UTC)
    assert (first["opd"], first["channel"], first["category"]) == ("dpupr", "Employee Generated", "Street Light Outages")
    assert (first["lat"], first["lon"]) == (pytest.approx(42.2715 - 48.50), pytest.approx(-71.0772 + 177.72))
    assert sum(row["status"] == "diproses" for row in rows.values()) == 19_874
    assert sum(row["due"] is None for row in rows.values()) == pytest.approx(27_051, abs=CLOSED_BEFORE_OPENED)
    assert sum(row["placed_by"] == PlacedBy.POINT for row in rows.values()) > run.kept / 2

    head = store.head()
    again = run_once(boston(shared), store, places(), city, settings)
    assert again is not None
    assert (again.outcome, again.seen) == (Outcome.NOTHING_NEW, 0)
    # A map that changed reads the file again, and even then nothing changes.
    whole = boston(shared, config={"exclude": [{"rule": "kosong", "column": "TYPE", "values": ["tidak ada"]}]})
    reread = run_once(whole, store, places(), city, settings)
    assert reread is not None
    assert (reread.outcome, reread.kept, reread.unchanged) == (Outcome.NOTHING_NEW, 0, run.kept)
    assert (reread.seen, reread.quarantined) == (ROWS, CLOSED_BEFORE_OPENED)
    assert store.head() == head
    assert sum(n for _, _, n in store.quarantine_reasons("boston_311")) == CLOSED_BEFORE_OPENED
