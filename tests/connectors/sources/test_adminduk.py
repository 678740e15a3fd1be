"""The profile `adminduk`: a daily recap as clerks write it."""

from __future__ import annotations

from datetime import date
from typing import Any

from layers.city import City
from layers.model import Kind, PlacedBy
from layers.settings import Settings
from tests.connectors.contract import contract_for
from tests.connectors.sources.laid import book, laid
from tests.connectors.sources.real import declared

TestAdminduk = contract_for("adminduk")

HEADINGS = ("Tanggal", "Kecamatan", "Kelurahan", "Jenis Layanan", "Permohonan", "Selesai", "Tepat Waktu")


def test_a_recap_of_numbers_and_of_texts_says_the_same(city: City, settings: Settings) -> None:
    rows = [
        (date(2026, 11, 2), "Tangerang", "Sukasari", "KTP-el", 1024, 998, 950),
        ("2026-11-03", "Tangerang", "SUKASARI ", "KTP-el", "1.024", "998", "950"),
        ("02/11/2026", "JUMLAH", "", "", "2.048", "1.996", "1.900"),
    ]
    with laid("adminduk", city, settings) as drop:
        done = drop.lay("rekap.xlsx", book({"Rekap": [HEADINGS, *rows]}))
        assert (done.kept, dict(done.excluded), done.quarantined) == (2, {"baris_jumlah": 1}, 0)
        found: list[Any] = drop.real.records(Kind.SERVICE)
        sukasari = next(area.code for area in city.areas if area.name == "Sukasari")
        assert {(r.queued, r.served, r.on_time, r.area, r.opd) for r in found} == {(1024, 998, 950, sukasari, "disdukcapil")}
        assert {r.placed_by for r in found} == {PlacedBy.NAME}


def test_the_page_shows_a_valid_declaration() -> None:
    assert declared("adminduk")
