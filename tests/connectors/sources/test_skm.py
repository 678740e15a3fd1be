"""The profile `skm`: nine elements by their name, on the worked example of PermenPANRB 14/2017."""

from __future__ import annotations

from typing import Any

import pytest

from layers.city import City
from layers.model import Kind
from layers.settings import Settings
from tests.connectors.contract import contract_for
from tests.connectors.sources.laid import book, laid
from tests.connectors.sources.real import declared

TestSkm = contract_for("skm")

RESPONDENTS = 29
TOTALS = {
    "Persyaratan": 105,
    "Sistem, Mekanisme, dan Prosedur": 101,
    "Waktu Penyelesaian": 100,
    "Biaya/Tarif": 116,
    "Produk Spesifikasi Jenis Pelayanan": 102,
    "Kompetensi Pelaksana": 105,
    "Perilaku Pelaksana": 106,
    "Penanganan Pengaduan, Saran, dan Masukan": 105,
    "Sarana dan Prasarana": 115,
}


@pytest.mark.parametrize("order", [1, -1], ids=["as printed", "the other way round"])
def test_the_worked_example_whatever_the_order_of_its_columns(city: City, settings: Settings, order: int) -> None:
    names = list(TOTALS)[::order]
    headings = ("Unit Pelayanan", "OPD", "Kecamatan", "Periode", *names)
    row = ("Loket Disdukcapil", "Disdukcapil", "", "30/09/2026", *(TOTALS[name] / RESPONDENTS for name in names))
    with laid("skm", city, settings) as drop:
        done = drop.lay("skm.xlsx", book({"SKM": [headings, row]}))
        assert (done.kept, done.quarantined) == (9, 0)
        found: list[Any] = drop.real.records(Kind.MEASUREMENT)
    scores = {record.name: record.value for record in found}
    assert scores["ikm.pengaduan"] == pytest.approx(105 / 29)
    assert scores["ikm.sarana"] == pytest.approx(115 / 29)
    assert sum(scores.values()) / 9 * 25 == pytest.approx(91.475, abs=0.001)
    assert {record.opd for record in found} == {"disdukcapil"}


def test_a_forgotten_comma_and_an_empty_cell(city: City, settings: Settings) -> None:
    headings = ("Unit Pelayanan", "OPD", "Kecamatan", "Periode", *TOTALS)
    row = ("Loket", "", "Benda", "30/09/2026", "3,5", "34", "3,4", "4", "3,5", "3,5", "3,5", None, "-")
    with laid("skm", city, settings) as drop:
        done = drop.lay("skm.xlsx", book({"SKM": [headings, row]}))
        assert (done.kept, dict(done.excluded), done.quarantined) == (6, {"tidak_diisi": 2}, 1)
        assert '- baris 2, kolom "Sistem, Mekanisme, dan Prosedur": harus antara 1 dan 4' in drop.answer("skm.xlsx")


def test_the_page_shows_a_valid_declaration() -> None:
    assert declared("skm")
