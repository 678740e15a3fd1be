"""The profile `population`: persons of an area at a day, by whose count."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from layers.city import City
from layers.model import Kind, PlacedBy
from layers.settings import Settings
from tests.connectors.contract import contract_for
from tests.connectors.sources.laid import book, laid
from tests.connectors.sources.real import declared

TestPopulation = contract_for("population")

HEADINGS = ("Kode Wilayah", "Wilayah", "Per Tanggal", "Sumber", "Laki-laki", "Perempuan", "Jumlah", "Jumlah KK")


def test_a_half_year_replaces_the_one_before(city: City, settings: Settings) -> None:
    area = next(area for area in city.areas if area.name == "Sukasari")
    with laid("population", city, settings) as drop:
        for day, people in (("31/12/2025", 18_100), ("30/06/2026", 18_205)):
            row = (area.code, area.name, day, f"Disdukcapil, DKB per {day}", people // 2, people - people // 2, people, "5.301")
            total = ("-", "JUMLAH", day, "", "", "", people, "")
            done = drop.lay(f"{day[-4:]}.xlsx", book({"Data": [HEADINGS, row, total]}))
            assert (done.kept, dict(done.excluded), done.quarantined) == (4, {"baris_jumlah": 4}, 0)
        found: list[Any] = drop.real.records(Kind.MEASUREMENT)
    assert {(r.name, r.value, r.unit) for r in found} == {
        ("penduduk.laki_laki", 9102, "orang"),
        ("penduduk.perempuan", 9103, "orang"),
        ("penduduk.jumlah", 18_205, "orang"),
        ("penduduk.keluarga", 5301, "keluarga"),
    }
    assert {(r.area, r.placed_by, r.subject) for r in found} == {(area.code, PlacedBy.CODE, "Disdukcapil, DKB per 30/06/2026")}
    assert {r.measured for r in found} == {datetime(2026, 6, 29, 17, tzinfo=UTC)}


def test_every_correction_of_the_same_date_is_taken(city: City, settings: Settings) -> None:
    """A number that was wrong is laid down again under its old date: what was seen last is what holds."""
    area = next(area for area in city.areas if area.name == "Sukasari")
    with laid("population", city, settings) as drop:
        for people in (18_205, 18_199, 18_210, 18_204, 18_190, 18_300):
            row = (area.code, area.name, "30/06/2026", "Disdukcapil", "", "", people, "")
            done = drop.lay("koreksi.xlsx", book({"Data": [HEADINGS, row]}))
            assert (done.kept, dict(done.excluded)) == (1, {"tidak_diisi": 3})
            assert [getattr(r, "value", None) for r in drop.real.records(Kind.MEASUREMENT)] == [people]


def test_the_page_shows_a_valid_declaration() -> None:
    assert declared("population")
