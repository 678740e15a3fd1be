"""Packs made of public tables: real regions, every point placed, every page drawn; hostile tables mended and said, or refused."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dashboard.page import document, layout
from dashboard.pages import kelurahan, wall
from layers.adopt import Adoption, adopt
from layers.areas import AreaTree, Places, key
from layers.boundaries import Boundaries, load_boundaries
from layers.city import City, load
from layers.coverage import faults
from layers.model import UNPLACED, PlacedBy
from layers.snapshot import Band
from tests.dashboard import views

TABLE = "reference/kode_wilayah_21_32_33_36.csv.gz"
PEOPLE = "reference/facts_kabkota.csv"
FILES = {
    "32.15": "reference/desa_3215_kab_karawang.geojson",
    "21.71": "reference/kelurahan_2171_kota_batam.topojson",
    "36.71": "samples/wilayah_boundaries/kel_36.71.sql",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """A real region's pack, loaded as a room loads it."""

    city: City
    boundaries: Boundaries
    places: Places
    report: str
    folder: Path


def real(shared: Path, code: str, folder: Path, **more: Any) -> Adoption:
    return adopt(code, table=shared / TABLE, boundaries=shared / FILES[code], population=shared / PEOPLE, folder=folder, **more)


@pytest.fixture(scope="module")
def adopted(shared: Path) -> Iterator[dict[str, Adopted]]:
    with TemporaryDirectory() as temp:
        found = {}
        for code in FILES:
            report = real(shared, code, Path(temp) / "packs")
            assert report.ok, report.lines
            city = load(code, packs=[Path(temp) / "packs"])
            loaded = load_boundaries(city, Path(temp) / "data")
            places = Places(AreaTree.of(city), loaded)
            text = "\n".join(report.lines)
            found[code] = Adopted(city=city, boundaries=loaded, places=places, report=text, folder=Path(temp) / "packs")
        yield found


def official(shared: Path, code: str) -> dict[str, str]:
    with gzip.open(shared / TABLE, "rt", encoding="utf-8") as file:
        return {row["kode"]: row["nama"] for row in csv.DictReader(file) if row["kode"].startswith(code + ".")}


@pytest.mark.parametrize(
    ("code", "name", "kecamatan", "units", "people", "official_km2"),
    [
        ("32.15", "Kabupaten Karawang", 30, {"1": 12, "2": 297}, 2_612_065, 1916.056),
        ("21.71", "Kota Batam", 12, {"1": 64}, 1_342_038, 1020.28),
        ("36.71", "Kota Tangerang", 13, {"1": 104}, 1_957_349, 178.347),
    ],
)
def test_a_real_region_is_whole(
    adopted: dict[str, Adopted],
    shared: Path,
    code: str,
    name: str,
    kecamatan: int,
    units: dict[str, int],
    people: int,
    official_km2: float,
) -> None:
    city, boundaries = adopted[code].city, adopted[code].boundaries
    assert (city.name, str(city.zone), city.population, city.population_year) == (name, "Asia/Jakarta", people, 2024)
    assert {a.code: a.name for a in city.areas} == official(shared, code)
    below = [a for a in city.areas if a.code.count(".") == 3]
    assert len(city.areas) - len(below) == kecamatan
    assert {kind: sum(a.code[9] == kind for a in below) for kind in {a.code[9] for a in below}} == units
    assert not boundaries.schematic
    assert boundaries.shapes.keys() == {a.code for a in below}
    assert faults(boundaries.shapes) == []
    assert sum(a.km2 or 0 for a in below) == pytest.approx(official_km2, rel=0.015)
    assert sum(a.km2 or 0 for a in city.areas if a not in below) == pytest.approx(sum(a.km2 or 0 for a in below), rel=1e-4)
    assert city.target("selesai_tepat_waktu", date(2026, 11, 22)) is not None


def test_labels_lie_inside_and_neighbours_agree_with_the_measured_ones(adopted: dict[str, Adopted], shared: Path) -> None:
    for made in adopted.values():
        facts = {a.code: a for a in made.city.areas}
        for code, shape in made.boundaries.shapes.items():
            label = shapely.Point(facts[code].label_lon, facts[code].label_lat)
            assert shape.contains(label), code
        for code, fact in facts.items():
            assert all(code in facts[other].neighbours and other != code for other in fact.neighbours), code
        assert all(fact.neighbours for fact in facts.values()) == (made.city.code != "21.71")  # islands have none
    with (shared / "reference/facts_kelurahan_3671.csv").open(encoding="utf-8") as file:
        measured = {row["kode"]: set(row["tetangga"].split()) for row in csv.DictReader(file)}
    stated = {a.code: set(a.neighbours) for a in adopted["36.71"].city.areas}
    assert sum(len(measured[code] ^ stated[code]) for code in measured) <= 4  # of some 520: a few metres of common edge


def test_36_71_adopted_again_is_the_built_in_pack(adopted: dict[str, Adopted]) -> None:
    built_in, made = load("36.71"), adopted["36.71"].city
    assert {a.code: a.name for a in made.areas} == {a.code: a.name for a in built_in.areas}
    assert {opd.slug for opd in made.opds} == {opd.slug for opd in built_in.opds}
    assert "paket bawaan" in adopted["36.71"].report
    mine, theirs = ({a.code: a for a in city.areas} for city in (made, built_in))
    for code, area in mine.items():
        assert area.km2 == pytest.approx(theirs[code].km2, rel=0.01), code


@given(st.sampled_from(sorted(FILES)), st.integers(0, 2**32 - 1))
def test_random_points_in_polygons_are_placed_right(adopted: dict[str, Adopted], code: str, seed: int) -> None:
    made = adopted[code]
    codes, rng = sorted(made.boundaries.shapes), np.random.default_rng(seed)
    area = codes[int(rng.integers(len(codes)))]
    parts = shapely.get_parts(made.boundaries.shapes[area])
    part = parts[int(rng.integers(len(parts)))]  # any island, however small
    west, south, east, north = part.bounds
    inside = [(x, y) for x, y in rng.uniform((west, south), (east, north), (40, 2)) if shapely.contains_xy(part, x, y)]
    for lon, lat in inside:
        assert made.places.place(None, lat, lon) == (area, PlacedBy.POINT)


def test_every_area_is_placed_by_code_and_label_and_by_name_where_it_is_the_only_one(adopted: dict[str, Adopted]) -> None:
    for made in adopted.values():
        tree = made.places.tree
        for area in (a for a in made.city.areas if a.code.count(".") == 3):
            above = tree.name(area.code[:8])
            assert made.places.place(area.code.replace(".", "")) == (area.code, PlacedBy.CODE)
            assert made.places.place(None, area.label_lat, area.label_lon) == (area.code, PlacedBy.POINT)
            found = made.places.place(kelurahan=area.name.upper(), kecamatan=f"Kec. {above}")[0]
            twins = [a for a in tree.children(area.code[:8]) if key(a.name) == key(area.name)]
            assert found == (area.code if len(twins) == 1 else UNPLACED)
        for area in tree.kecamatan:  # "Kota Baru" too
            assert tree.kecamatan_by_name(f"Kec. {area.name}, {made.city.name}") == area


def test_the_map_is_small_and_every_area_is_on_it(adopted: dict[str, Adopted]) -> None:
    for made in adopted.values():
        asset = made.boundaries.asset
        assert len(asset.to_json()) < 300_000
        assert all(asset.paths[code] for code in made.boundaries.shapes)
        for x, y in asset.labels.values():
            assert 0 < x < asset.width
            assert 0 < y < asset.height
        assert type(asset).from_json(asset.to_json()) == asset


def test_a_crowded_core_among_islands_is_shown_larger_in_an_empty_corner(adopted: dict[str, Adopted]) -> None:
    assert adopted["32.15"].boundaries.asset.inset is None
    assert adopted["36.71"].boundaries.asset.inset is None
    asset = adopted["21.71"].boundaries.asset
    inset = asset.inset
    assert inset is not None
    held = [code for code in asset.paths if inset.enlarged(*asset.labels[code])]
    assert len(held) * 2 > len(asset.paths)
    (_, _, w, h), (left, top, wide, high) = inset.core, inset.corner
    assert wide / w == pytest.approx(high / h, rel=0.01)
    assert wide / w > 1.3
    spots = np.array(list(asset.labels.values()))
    assert not ((spots > (left, top)) & (spots < (left + wide, top + high))).all(axis=1).any()


@pytest.mark.parametrize("code", sorted(FILES))
def test_the_pages_of_any_region_are_drawn_with_its_own_words(adopted: dict[str, Adopted], code: str) -> None:
    made = adopted[code]
    city, asset = made.city, made.boundaries.asset
    day = views.worst_day(city)
    seen = views.view(city, asset)
    drawn = str(layout(wall.PAGE, document(wall.PAGE, day, seen), seen))
    assert drawn.count("data-area=") == len(asset.paths)
    assert city.name in drawn
    assert ("per kelurahan/desa" in drawn) == (code == "32.15")
    assert ("Kabupaten hari ini" in drawn) == (code == "32.15")
    assert ("batas skematis" in drawn) is False
    assert ('class="inset"' in drawn) == (code == "21.71")
    lowest = min(asset.paths, key=lambda c: (c[9] == "1", c))
    desk = views.view(city, asset, params={"code": lowest})
    title = "Desa" if lowest[9] == "2" else "Kelurahan"
    assert f"<h1>{title} {made.places.tree.name(lowest)}" in str(
        layout(kelurahan.PAGE, document(kelurahan.PAGE, day, desk), desk)
    )


def test_urgent_cases_and_new_complaints_show_in_the_enlarged_corner_too(adopted: dict[str, Adopted]) -> None:
    made = adopted["21.71"]
    asset = made.boundaries.asset
    assert asset.inset is not None
    code = next(c for c in asset.paths if asset.inset.enlarged(*asset.labels[c]))
    fact = next(a for a in made.city.areas if a.code == code)
    day = views.worst_day(made.city)
    case = replace(day.attention[0], area=code, band=Band.ACT)
    dot = replace(day.dots[0], lat=fact.label_lat, lon=fact.label_lon)
    overlay = str(wall.parts(replace(day, attention=(case,), dots=(dot,)), views.view(made.city, asset))["map-overlay"])
    assert overlay.count('class="ring"') == 2
    assert overlay.count('r="3.2"') == 2


def test_offices_of_a_kabupaten_and_of_every_kecamatan(adopted: dict[str, Adopted]) -> None:
    karawang, batam = (adopted[code].city for code in ("32.15", "21.71"))
    assert {"dpmd", "distan"} <= {opd.slug for opd in karawang.opds}
    assert "dpmd" not in {opd.slug for opd in batam.opds}
    assert sum(opd.slug.startswith("kec-") for opd in karawang.opds) == 30
    for city in (karawang, batam):
        names = [name.lower() for opd in city.opds for name in {opd.short, opd.name, *opd.variants}]
        assert len(names) == len(set(names))


def test_again_changes_nothing_and_a_person_s_work_is_kept(shared: Path, tmp_path: Path) -> None:
    def contents() -> dict[str, bytes]:
        return {str(p.relative_to(tmp_path)): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}

    assert real(shared, "36.71", tmp_path).ok
    before = contents()
    assert any("Tidak berubah" in line for line in real(shared, "36.71", tmp_path).lines)
    assert contents() == before
    edited = tmp_path / "36.71.opds.csv"
    edited.write_text(edited.read_text("utf-8").replace("Bapenda", "BPPD"), "utf-8")
    again = real(shared, "36.71", tmp_path)
    assert again.ok
    assert any("Tidak ditimpa" in line and "36.71.opds.csv.baru" in line for line in again.lines)
    assert "BPPD" in edited.read_text("utf-8")
    assert (tmp_path / "36.71.opds.csv.baru").read_bytes() == before["36.71.opds.csv"]
    assert real(shared, "36.71", tmp_path, force=True).ok
    assert contents() == before
    # What we wrote and nobody touched follows the tables.
    newer = adopt("36.71", table=shared / TABLE, boundaries=shared / FILES["36.71"], folder=tmp_path)
    assert any("Diperbarui" in line and "36.71.toml" in line for line in newer.lines)
    assert not list(tmp_path.glob("*.baru"))
