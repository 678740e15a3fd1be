"""The connector `monografi`: forms as kelurahan fill them in, by sheet or by file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.sources._monografi import ISIAN, slug
from connectors.sources.monografi import Monografi
from layers.city import City
from layers.model import Kind, Outcome
from layers.settings import Settings
from tests.connectors.contract import contract_for
from tests.connectors.sources.laid import book, laid
from tests.connectors.sources.real import declared, served

TestMonografi = contract_for("monografi")

REQUIRED = ("luas_ha", "batas_utara", "laki_laki", "perempuan", "masjid")


def form(
    city: City, name: str, *lines: tuple[object, ...], year: object = 2026, semester: object = "I"
) -> list[tuple[object, ...]]:
    area = next(area for area in city.areas if area.name == name and area.code.count(".") == 3)
    head = (("Desa / Kelurahan", name), ("Nomor Kode", area.code), ("Keadaan Data Tahun", year), ("Semester", semester))
    return [("MONOGRAFI KELURAHAN",), *(("1.", label, ":", value) for label, value in head), *lines]


def test_labels_values_units_and_numbering_as_people_write_them(city: City, settings: Settings) -> None:
    lines = form(
        city,
        "Sukasari",
        ("a.", "Luas (Ha)", ":", "103,5"),
        ("Batas utara : Kali Cisadane",),
        ("LAKI-LAKI", None, "9.120", "orang"),
        (None, "Perempuan", ":", 9085),
        ("Masjid", ":", "", "buah"),
        ("Mushola", "sekitar dua puluh"),
        ("Vihara", "……"),
        ("Nama Lurah", "Siti Aminah, NIP 198001012005012001"),
    )
    with laid("monografi", city, settings, {"required": REQUIRED}) as drop:
        done = drop.lay("sukasari.xlsx", book({"Isian": lines}))
        assert (done.kept, dict(done.excluded), done.quarantined) == (
            4,
            {"isian_lain": 1, "isian_teks": 1, "tidak_diisi": 2},
            1,
        )
        found: list[Any] = drop.real.records(Kind.MEASUREMENT)
        answer = drop.answer("sukasari.xlsx")
    assert {(r.name, r.value, r.unit) for r in found} == {
        ("monografi.luas_ha", 103.5, "ha"),
        ("monografi.laki_laki", 9120, "orang"),
        ("monografi.perempuan", 9085, "orang"),
        ("monografi.kelengkapan", 0.8, "bagian"),
    }
    assert {(r.subject, r.area, r.measured) for r in found} == {
        ("Sukasari", next(a.code for a in city.areas if a.name == "Sukasari"), datetime(2026, 6, 29, 17, tzinfo=UTC))
    }
    assert "- lembar 'Isian', baris 11, kolom \"Mushola\": bukan bilangan" in answer
    assert "Siti" not in answer
    assert "Siti" not in repr(found)


def test_a_workbook_of_a_kecamatan_and_its_later_correction(city: City, settings: Settings) -> None:
    first = {name: form(city, name, ("Masjid", 3), ("SD", 4)) for name in ("Sukasari", "Babakan", "Cikokol")}
    with laid("monografi", city, settings) as drop:
        done = drop.lay("tangerang.xlsx", book({**first, "Petunjuk": [("Isilah dengan angka",)]}))
        assert (done.outcome, done.kept) == (Outcome.OK, 9)
        assert "lembar 'Petunjuk' tidak dibaca" in drop.answer("tangerang.xlsx")
        again = drop.lay("babakan saja.xlsx", book({"B": form(city, "Babakan", ("Masjid", 5), ("SD", 4), semester="2")}))
        assert (again.kept, again.unchanged) == (3, 0)
        found: list[Any] = drop.real.records(Kind.MEASUREMENT)
        masjid = {r.subject: r.value for r in found if r.name == "monografi.masjid"}
        assert masjid == {"Sukasari": 3, "Babakan": 5, "Cikokol": 3}


def test_a_half_year_that_is_none_and_an_isian_twice(city: City, settings: Settings) -> None:
    with laid("monografi", city, settings) as drop:
        done = drop.lay("a.xlsx", book({"A": form(city, "Sukasari", ("Masjid", 3), semester="III")}))
        assert (done.kept, done.quarantined) == (0, 2)
        done = drop.lay("b.xlsx", book({"A": form(city, "Sukasari", ("Masjid", 3), ("MASJID", 4))}))
        assert (done.kept, done.quarantined) == (2, 1)
        assert "isian ini tertulis dua kali" in drop.answer("b.xlsx")
        done = drop.lay("c.xlsx", book({"A": [("Nama", "Jumlah"), ("Masjid", 3)]}))
        assert done.outcome is Outcome.DRIFT
        assert "bukan formulir monografi" in drop.answer("c.xlsx")


def test_a_folder_of_files_is_read_once_and_again_only_where_it_changed(city: City, settings: Settings) -> None:
    folder = settings.data / "monografi"
    folder.mkdir()
    for name in ("Sukasari", "Babakan"):
        (folder / f"{name}.xlsx").write_bytes(book({"A": form(city, name, ("Masjid", 3))}))
    with served("monografi", {"path": "monografi/*.xlsx", "inbox": False}, city, settings) as real:
        assert real.pull().kept == 4
        assert real.pull().outcome is Outcome.NOTHING_NEW
        (folder / "Babakan.xlsx").write_bytes(book({"A": form(city, "Babakan", ("Masjid", 4))}))
        again = real.pull()
        assert (again.seen, again.kept) == (2, 1)


def test_the_latest_half_year_holds_in_whatever_order_the_forms_come(city: City, settings: Settings) -> None:
    """A folder with the forms of many years is read at once, and a form of long ago may be laid down last."""
    folder = settings.data / "monografi"
    folder.mkdir()
    for year in range(2018, 2026):
        lines = form(city, "Sukasari", ("Masjid", year - 2000), year=year, semester="II")
        (folder / f"{2100 - year}.xlsx").write_bytes(book({"A": lines}))
    with served("monografi", {"path": "monografi/*.xlsx", "inbox": False}, city, settings) as real:
        assert real.pull().excluded == {}
        masjid = [r for r in real.records(Kind.MEASUREMENT) if getattr(r, "name", "") == "monografi.masjid"]
        assert [getattr(r, "value", None) for r in masjid] == [25]
        for value in (7, 9, 8):  # and of one half-year the last that was seen
            (folder / "2000.xlsx").write_bytes(book({"A": form(city, "Sukasari", ("Masjid", value), year=2026)}))
            real.pull()
            masjid = [r for r in real.records(Kind.MEASUREMENT) if getattr(r, "name", "") == "monografi.masjid"]
            assert [getattr(r, "value", None) for r in masjid] == [value]


@pytest.mark.parametrize("code", ["36.71.01.1007", 3671011007, "3671011007", " 36.71.01.1007 ", None])
def test_a_kelurahan_is_the_same_however_its_code_is_written(code: object, city: City, settings: Settings) -> None:
    lines = form(city, "Sukasari", ("Masjid", 3))
    other = [(*line[:3], code) if line[1:2] == ("Nomor Kode",) else line for line in lines]
    other = [("1.", "Desa / Kelurahan", ":", "KEL. SUKASARI") if line[1:2] == ("Desa / Kelurahan",) else line for line in other]
    with laid("monografi", city, settings) as drop:
        drop.lay("a.xlsx", book({"A": lines}))
        drop.lay("b.xlsx", book({"A": other}))
        found = [r for r in drop.real.records(Kind.MEASUREMENT) if getattr(r, "name", "") == "monografi.masjid"]
        assert [(getattr(r, "value", None), r.area) for r in found] == [(3, "36.71.01.1007")]


def test_a_sheet_that_was_copied_with_its_neighbours_code_is_refused(city: City, settings: Settings) -> None:
    mine, copied = form(city, "Sukasari", ("Masjid", 3)), form(city, "Sukasari", ("Masjid", 9))
    copied = [("1.", "Desa / Kelurahan", ":", "Babakan") if line[1:2] == ("Desa / Kelurahan",) else line for line in copied]
    with laid("monografi", city, settings) as drop:
        done = drop.lay("a.xlsx", book({"Sukasari": mine, "Babakan": copied}))
        assert (done.kept, done.quarantined) == (2, 2)
        assert "nomor kode milik kelurahan lain dari yang tertulis" in drop.answer("a.xlsx")


def test_persons_and_buildings_are_whole(city: City, settings: Settings) -> None:
    """An English spreadsheet takes the thousands of ``9.120`` for decimals: nobody is 0.12 of a person."""
    with laid("monografi", city, settings) as drop:
        done = drop.lay("a.xlsx", book({"A": form(city, "Sukasari", ("Laki-laki", 9.12), ("Masjid", 3.0), ("Luas (ha)", 1.5))}))
        assert (done.kept, done.quarantined) == (3, 1)
        assert 'kolom "Laki-laki": bukan bilangan bulat' in drop.answer("a.xlsx")


def test_the_isian_are_those_of_the_form_that_was_found(shared: Path) -> None:
    fields = json.loads((shared / "samples" / "monografi" / "monografi_fields.json").read_text("utf-8"))
    groups = ("luas_batas", "geografis", "orbitasi_km", "peruntukan_ha", "penggunaan_ha", "sarana")
    assert {name for group in groups for name in fields[group]} <= set(ISIAN)
    land = {name.removesuffix("_buah_ha") for name in fields["pertanahan_status"] if name.endswith("_buah_ha")}
    assert {f"{name}_{unit}" for name in land for unit in ("buah", "ha")} <= set(ISIAN)
    people = dict(name.split(":") for name in fields["kependudukan"] if ":" in name and not name.startswith("mutasi"))
    assert {f"{group}_{slug(part)}" for group, parts in people.items() for part in parts.split(",")} <= set(ISIAN)


@pytest.mark.parametrize("config", [{"labels": {"x": "bukan"}}, {"required": []}, {"inbox": False}])
def test_a_wrong_configuration_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"bukan isian|sedikitnya|nyatakan"):
        Monografi.model_validate(config)


def test_the_page_shows_a_valid_declaration() -> None:
    assert declared("monografi")
