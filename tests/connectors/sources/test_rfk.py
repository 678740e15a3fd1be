"""The profile `rfk`: each month's statement stays, for the month's own payments are the difference of two."""

from __future__ import annotations

from layers.city import City
from layers.model import Kind
from layers.settings import Settings
from tests.connectors.contract import contract_for
from tests.connectors.sources.laid import book, laid
from tests.connectors.sources.real import declared

TestRfk = contract_for("rfk")

HEADINGS = ("Per Tanggal", "Kode OPD", "OPD", "Pagu", "Rencana Kas", "Realisasi", "Fisik (%)")


def test_the_statement_of_each_month_stays(city: City, settings: Settings) -> None:
    def statement(day: str, paid: int) -> bytes:
        row = (day, "1.25.01", "Diskominfo", 1_000_000, 500_000, paid, "81,5")
        return book({"RFK": [HEADINGS, row, (day, "", "Jumlah", 1_000_000, 500_000, paid, None)]})

    with laid("rfk", city, settings) as drop:
        first = drop.lay("oktober.xlsx", statement("31/10/2026", 450_000))
        assert (first.kept, set(first.excluded)) == (4, {"baris_jumlah"})
        drop.lay("november.xlsx", statement("30/11/2026", 480_000))
        found = drop.real.records(Kind.MEASUREMENT)
        assert {(r.name, r.value, r.unit) for r in found if r.name == "rfk.keuangan"} == {  # type: ignore[attr-defined]
            ("rfk.keuangan", 450_000, "rupiah"),
            ("rfk.keuangan", 480_000, "rupiah"),
        }
        assert {r.opd for r in found} == {"diskominfo"}


def test_the_page_shows_a_valid_declaration() -> None:
    assert declared("rfk")
