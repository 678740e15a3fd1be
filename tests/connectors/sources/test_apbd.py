"""The profile `apbd`: one line is an allocation and its realisation; a later statement is a new version of the same line."""

from __future__ import annotations

from typing import Any

from layers.city import City
from layers.model import Kind
from layers.settings import Settings
from tests.connectors.contract import contract_for
from tests.connectors.sources.laid import book, laid
from tests.connectors.sources.real import declared

TestApbd = contract_for("apbd")

HEADINGS = ("Tahun", "Per Tanggal", "Jenis", "Kode OPD", "OPD", "Kode Akun", "Uraian", "Lokasi", "Pagu", "Realisasi")


def statement(day: str, spent: object, received: object) -> bytes:
    rows = (
        (
            2026,
            day,
            "Belanja",
            "1.25.01",
            "Diskominfo",
            "5.1.02",
            "Belanja barang dan jasa",
            "Seluruh wilayah",
            "48.250.000.000,00",
            spent,
        ),
        (
            2026,
            day,
            "Dana Kelurahan",
            "1.20.08",
            "Kec. Tangerang",
            "4.2.01.06",
            "Dana kelurahan",
            "Sukasari",
            200_000_000,
            received,
        ),
        (2026, day, "Jumlah", "", "", "", "", "", 48_450_000_000, None),
    )
    return book({"LRA": [HEADINGS, *rows]})


def test_statements_in_any_order_leave_the_latest_in_force(city: City, settings: Settings) -> None:
    with laid("apbd", city, settings) as drop:
        october = drop.lay("oktober.xlsx", statement("31/10/2026", "31.900.125.500,50", 200_000_000))
        assert (october.kept, dict(october.excluded)) == (4, {"baris_jumlah": 2})
        drop.lay("september.xlsx", statement("30/09/2026", 28_000_000_000, None))
        found: list[Any] = drop.real.records(Kind.MEASUREMENT)
        assert {(r.name, r.value, r.opd) for r in found} == {
            ("anggaran.pagu", 48_250_000_000, "diskominfo"),
            ("anggaran.realisasi", 31_900_125_500.5, "diskominfo"),
            ("transfer.dana_kelurahan.alokasi", 200_000_000, "kec-tangerang"),
            ("transfer.dana_kelurahan.diterima", 200_000_000, "kec-tangerang"),
        }
        sukasari = next(area.code for area in city.areas if area.name == "Sukasari")
        assert {r.area for r in found if r.name.startswith("transfer.")} == {sukasari}
        assert {r.area for r in found if r.name.startswith("anggaran.")} == {"tanpa-lokasi"}


def test_the_page_shows_a_valid_declaration() -> None:
    assert declared("apbd")
