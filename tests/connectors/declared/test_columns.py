"""The column map: times, money, codes, places and identifiers as they are written, and maps that are wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.declared.columns import ID
from connectors.source import BadRow, Context, Kept, Refused
from connectors.sources.tabular import Tabular, parse
from layers.city import City
from layers.model import Complaint, Package
from tests.connectors.measured import MAP, NOW, measured, pull, rows_of, table


@pytest.fixture
def ctx(city: City, tmp_path: Path) -> Context:
    return Context(source="uji", city=city, now=NOW, data=tmp_path)


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


NO_TIMES = ["32/01/2026", "03-11-2026", "13/13/2026", "0000-00-00", "kemarin", 45000, "", None, "9999-99-99"]


@pytest.mark.parametrize("cell", NO_TIMES)
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
        ("pagu", {"decimal": ","}, "Rp. 1.946.000,00", Decimal(1946000)),
        ("pagu", {"decimal": ","}, "12,5", Decimal("12.50")),
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
        ("pagu", {}, "12,5"),  # the other sign's decimals: neither 125 nor 12.50
        ("pagu", {}, "1.946.000,50"),
        ("pagu", {}, "1.234,56"),
        ("pagu", {"decimal": ","}, "1250000.50"),
        ("pagu", {"decimal": ","}, "1,234.56"),
        ("pagu", {"decimal": ","}, "12.34.567"),
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
    lines = ("tahun,no,tanggal,nilai_baru,nilai", "2026,1,2026-01-01,,5", "2026,2,2026-01-01,6,5", ",3,2026-01-01,6,5")
    (tmp_path / "a.csv").write_text("\n".join(lines), "utf-8")
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
