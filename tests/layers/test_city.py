"""The pack of Kota Tangerang against the official tables, and packs that cannot be used."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from layers.city import PACKS, City, PackError, load


def test_codes_and_names_are_kemendagris(shared: Path, city: City) -> None:
    with gzip.open(shared / "reference/kode_wilayah_21_32_33_36.csv.gz", "rt", encoding="utf-8") as file:
        official = {row["kode"]: row["nama"] for row in csv.DictReader(file) if row["kode"].startswith("36.71.")}
    assert {area.code: area.name for area in city.areas} == official
    assert len(official) == 13 + 104
    assert city.name == "Kota Tangerang"
    assert str(city.zone) == "Asia/Jakarta"


def test_areas_add_up_to_the_official_city(shared: Path, city: City) -> None:
    with (shared / "reference/facts_kabkota.csv").open(encoding="utf-8") as file:
        official = next(row for row in csv.DictReader(file) if row["kode"] == "36.71")
    for depth in (2, 3):
        total = sum(area.km2 or 0 for area in city.areas if area.code.count(".") == depth)
        assert total == pytest.approx(float(official["luas_km2_big_2024"]), rel=1e-3)
    assert city.population == int(official["penduduk_sem2_2024"])
    assert city.population_year == 2024


def test_neighbours_are_those_of_the_real_map_on_both_levels(shared: Path, city: City) -> None:
    with (shared / "reference/facts_kelurahan_3671.csv").open(encoding="utf-8") as file:
        real = {row["kode"]: set(row["tetangga"].split()) for row in csv.DictReader(file)}
    stated = {area.code: set(area.neighbours) for area in city.areas}
    assert {code: beside for code, beside in stated.items() if code.count(".") == 3} == real
    for code, beside in stated.items():
        assert code not in beside
        assert all(code in stated[other] for other in beside), code
    lifted = {(a[:8], b[:8]) for a, beside in real.items() for b in beside if a[:8] != b[:8]}
    assert {(a, b) for a, beside in stated.items() if a.count(".") == 2 for b in beside} == lifted


def test_opds_hold_every_active_office_and_each_code_names_one(shared: Path, city: City) -> None:
    with (shared / "reference/opd_3671.csv").open(encoding="utf-8") as file:
        offices = list(csv.DictReader(file))
    assert len(city.opds) == len(offices) == 41
    owner = {code: opd for opd in city.opds for code in opd.codes}
    assert len(owner) == sum(len(opd.codes) for opd in city.opds)
    for office in offices:
        assert owner[office["id_satker_sirup"]].name == office["nama"]
        assert owner[office["kode_satker_asal"]].short == office["singkatan"]
    names = [name.lower() for opd in city.opds for name in {opd.short, opd.name, *opd.variants}]
    assert len(names) == len(set(names))
    assert len({opd.slug for opd in city.opds}) == 41


def test_every_swakelola_package_finds_its_office(shared: Path, city: City) -> None:
    with gzip.open(shared / "samples/tangerang_pengadaan/swakelola_pengumuman.json.gz", "rt", encoding="utf-8") as file:
        asked = {row["id_satker"] for row in json.load(file)}
    known = {code for opd in city.opds for code in opd.codes}
    assert asked - known == set()


def test_outline_is_a_hand_written_one(city: City) -> None:
    assert len(city.outline) <= 60
    assert all(round(lat, 3) == lat and round(lon, 3) == lon for lat, lon in city.outline)


def test_targets_hold_between_their_dates(city: City) -> None:
    on_time = city.target("selesai_tepat_waktu", date(2026, 11, 22))
    assert on_time is not None
    assert (on_time.target, on_time.act) == (95, 85)
    assert city.target("selesai_tepat_waktu", date(2024, 12, 31)) is None
    assert city.target("aduan_terbuka", date(2026, 11, 22)) is None


@pytest.fixture
def packs(tmp_path: Path) -> Callable[[str, str], Path]:
    """A folder with the pack in which one piece of text was exchanged, wherever it stands."""

    def make(old: str, new: str) -> Path:
        for file in PACKS.glob("36.71*"):
            shutil.copy(file, tmp_path / file.name)
        changed = [f for f in tmp_path.glob("36.71*") if old in f.read_text("utf-8")]
        assert changed, f"no file of the pack holds {old!r}"
        for file in changed:
            file.write_text(file.read_text("utf-8").replace(old, new, 1), "utf-8")
        return tmp_path

    return make


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('zone = "Asia/Jakarta"', 'zone = "Asia/Jakarata"', "zone"),
        ('zone = "Asia/Jakarta"', "", "zone"),
        ("[wall]", "[wal]", "wal"),
        ("target = 95", 'target = "banyak"', "targets.selesai_tepat_waktu"),
        ("target = 95", "target = = 95", "36.71.toml"),
        ("code,name,variants", "code,nama,variants", "areas.0"),
        ("36.71.01.1002,Sukaasih", "36.71.01.1001,Sukaasih", "36.71.01.1001"),
        ("36.71.01.1001,Sukarasa", "36.71.99.1001,Sukarasa", "36.71.99"),
        ("bappeda,Bappeda", "bapenda,Bappeda", "bapenda"),
        ("65151|97077", "97027|97077", "97027"),
    ],
)
def test_a_broken_pack_says_where(packs: Callable[[str, str], Path], old: str, new: str, said: str) -> None:
    with pytest.raises(PackError, match=said):
        load("36.71", packs=[packs(old, new)])


@pytest.mark.parametrize("code", ["99.99", "../36.71", "36.71/../36.71", "", "36.71.toml"])
def test_an_unknown_city_names_the_known_ones(code: str) -> None:
    with pytest.raises(PackError, match=r"36\.71"):
        load(code)


def test_sources_of_the_operator_are_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        'connector = "tabular"\ntitle = "T"\nowner = "O"\ninterval = "1h"\nbudget = "2h"\nconfig.key = "${LIVEROOM_TEST_KEY}"\n'
    )
    (tmp_path / "laksa.toml").write_text(text, "utf-8")
    with pytest.raises(PackError, match="LIVEROOM_TEST_KEY"):
        load("36.71", [tmp_path])
    monkeypatch.setenv("LIVEROOM_TEST_KEY", "k")
    (source,) = load("36.71", [tmp_path]).sources
    assert (source.name, source.config["key"], source.interval.total_seconds()) == ("laksa", "k", 3600)
    (tmp_path / "laksa.toml").write_text(text.replace('"1h"', '"sejam"'), "utf-8")
    with pytest.raises(PackError, match="interval"):
        load("36.71", [tmp_path])
