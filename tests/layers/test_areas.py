"""Codes, names and points find their kelurahan; what does not fit is not guessed."""

from __future__ import annotations

import csv
import gzip
import json
import math
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from layers.areas import AreaTree, Places, dotted
from layers.boundaries import import_boundaries, load_boundaries
from layers.city import City, load
from layers.model import UNPLACED, Level, PlacedBy

TREE = AreaTree.of(load("36.71"))


@pytest.fixture(scope="module")
def places(city: City, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Places:
    """Places on the real boundaries."""
    data = tmp_path_factory.mktemp("data")
    assert import_boundaries(shared / "reference/kelurahan_3671_kota_tangerang.geojson", city, data).ok
    return Places(TREE, load_boundaries(city, data))


def test_tree_of_the_city() -> None:
    assert (len(TREE.kecamatan), len(TREE.kelurahan)) == (13, 104)
    assert len(TREE.areas) == 1 + 13 + 104 + 1
    assert TREE.name("36.71.01.1002") == "Sukaasih"
    assert TREE.parent("36.71.01.1002") == "36.71.01"
    assert TREE.parent("36.71.01") == "36.71"
    assert TREE.parent("36.71") is None
    assert TREE.areas[UNPLACED] == TREE.unplaced
    assert TREE.unplaced.level is Level.KELURAHAN
    assert TREE.children("36.71") == (*TREE.kecamatan, TREE.unplaced)
    assert sum(len(TREE.children(k.code)) for k in TREE.kecamatan) == 104
    assert "36.71.01.1001" in TREE.neighbours("36.71.01.1002")
    assert TREE.neighbours(UNPLACED) == ()
    with pytest.raises(KeyError):
        TREE.name("36.71.99")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("36.71.01.1001", "36.71.01.1001"),
        ("3671011001", "36.71.01.1001"),
        (" 3671011001 ", "36.71.01.1001"),
        ("3671011001.0", "36.71.01.1001"),
        ("367101", "36.71.01"),
        ("36.71", "36.71"),
        ("36", "36"),
        ("36710110", None),
        ("", None),
        ("Cipondoh", None),
        ("³⁶⁷¹⁰¹", None),
        ("1.20.35", None),
        ("-3671", None),
    ],
)
def test_codes_with_and_without_dots(text: str, code: str | None) -> None:
    assert dotted(text) == code


@given(st.text(max_size=20))
def test_any_text_is_a_code_or_none(text: str) -> None:
    code = dotted(text)
    assert code is None or dotted(code.replace(".", "")) == code


@pytest.mark.parametrize(
    ("name", "kecamatan", "code"),
    [
        ("Sukaasih", None, "36.71.01.1002"),
        ("Suka Asih", None, "36.71.01.1002"),
        ("KEL. NEROGTOG", None, "36.71.11.1003"),
        ("Kelurahan Pedurenan", None, "36.71.12.1006"),
        ("Desa Cibodasari", None, "36.71.09.1002"),
        ("batujaya", None, "36.71.03.1002"),
        ("Poris-Gaga", None, "36.71.03.1003"),
        ("Poris Pelawad Utara", None, "36.71.05.1009"),
        ("Gandassari", None, "36.71.02.1004"),  # one letter too many
        ("Cipondho", None, "36.71.05.1001"),  # two letters exchanged
        ("Cipete, Kec. Pinang, Kota Tangerang", None, "36.71.11.1007"),
        ("Cipete (Pinang)", None, "36.71.11.1007"),
        ("Cipete", "PINANG", "36.71.11.1007"),
        ("Cipete", "Kec. Batu Ceper", None),  # the two statements contradict each other
        ("Cipete", "Kota Tangerang", "36.71.11.1007"),  # says nothing of the kecamatan
        ("Pinang", None, "36.71.11.1001"),  # the kelurahan of that name, not the kecamatan
        ("Kec. Pinang", None, None),
        ("Ciledug", None, None),  # a kecamatan only
        ("Suka", None, None),
        ("Kantor Dinas Pendidikan", None, None),
        ("", None, None),
        ("...", None, None),
    ],
)
def test_names_as_people_write_them(name: str, kecamatan: str | None, code: str | None) -> None:
    found = TREE.by_name(name, kecamatan)
    assert (found.code if found else None) == code


def test_names_of_both_levels_are_told_apart(shared: Path) -> None:
    for area in TREE.kecamatan:
        assert TREE.kecamatan_by_name(f"KECAMATAN {area.name.upper()} KOTA TANGERANG") == area
    both = {a.name for a in TREE.kecamatan} & {a.name for a in TREE.kelurahan}
    assert len(both) == 10
    for name in both:
        below, above = TREE.by_name(name), TREE.kecamatan_by_name(name)
        assert below is not None
        assert above is not None
        assert (below.level, above.level) == (Level.KELURAHAN, Level.KECAMATAN)


def test_every_spelling_in_the_pack_leads_back(city: City) -> None:
    for facts in city.areas:
        for spelling in (facts.name, facts.name.upper(), facts.name.replace(" ", ""), *facts.variants):
            find = TREE.by_name if facts.code.count(".") == 3 else TREE.kecamatan_by_name
            found = find(spelling)
            assert found is not None, spelling
            assert found.code == facts.code


def test_no_kelurahan_of_another_province_is_mistaken_unless_it_bears_the_name(shared: Path) -> None:
    with gzip.open(shared / "reference/kode_wilayah_21_32_33_36.csv.gz", "rt", encoding="utf-8") as file:
        others = {r["nama"] for r in csv.DictReader(file) if r["kode"].count(".") == 3 and not r["kode"].startswith("36.71")}
    found = {name for name in others if TREE.by_name(name)}
    # Of some 8,000 other names, those that are let in are the same name or one letter from it.
    assert len(found) < len(others) * 0.03


def test_swakelola_places_as_the_sample_is_described(shared: Path) -> None:
    with gzip.open(shared / "samples/tangerang_pengadaan/swakelola_pengumuman.json.gz", "rt", encoding="utf-8") as file:
        rows = [row["detail_lokasi"] for row in json.load(file)]
    named = sum(TREE.by_name(text) is not None for text in rows)
    assert 79 <= named <= 160


def test_a_place_takes_the_most_exact_statement_that_holds(places: Places) -> None:
    at = (-6.1714, 106.6383)  # in Sukaasih
    everything = ("3671011001", *at, "Cipete", "Pinang")
    assert places.place(*everything) == ("36.71.01.1001", PlacedBy.CODE)
    assert places.place("36.71.99.1001", *everything[1:]) == ("36.71.01.1002", PlacedBy.POINT)
    assert places.place("36.71.01", *everything[1:]) == ("36.71.01.1002", PlacedBy.POINT)  # a kecamatan's code is too coarse
    assert places.place(None, 0.0, 0.0, "Cipete", "Pinang") == ("36.71.11.1007", PlacedBy.NAME)
    assert places.place(None, -6.1714, None, "Cipete", None) == ("36.71.11.1007", PlacedBy.NAME)
    assert places.place(None, math.nan, 106.6, None, None) == (UNPLACED, PlacedBy.NONE)
    assert places.place(None, math.inf, -math.inf, None, None) == (UNPLACED, PlacedBy.NONE)
    assert places.place(None, None, None, None, "Pinang") == (UNPLACED, PlacedBy.NONE)
    assert places.place() == (UNPLACED, PlacedBy.NONE)


def test_label_points_lie_in_their_areas(places: Places, city: City) -> None:
    facts = [area for area in city.areas if area.code.count(".") == 3]
    assert places.place_points([a.label_lat for a in facts], [a.label_lon for a in facts]) == [a.code for a in facts]
    kecamatan = [area for area in city.areas if area.code.count(".") == 2]
    found = places.place_points([a.label_lat for a in kecamatan], [a.label_lon for a in kecamatan])
    assert [code and code[:8] for code in found] == [a.code for a in kecamatan]


def test_points_one_by_one_and_all_at_once_agree(places: Places) -> None:
    lats = [-6.26 + i * 0.0017 for i in range(100)]
    lons = [106.55 + i * 0.0021 for i in range(100)]
    grid = [(lat, lon) for lat in lats for lon in lons]
    together = places.place_points([lat for lat, _ in grid], [lon for _, lon in grid])
    assert [places.place(None, lat, lon)[0] for lat, lon in grid] == [code or UNPLACED for code in together]
    inside = sum(code is not None for code in together)
    frame_km2 = 100 * 100 * 0.0017 * 110.6 * 0.0021 * 110.7
    assert inside / len(grid) == pytest.approx(178.34 / frame_km2, rel=0.02)
    assert places.place_points([None, math.nan, -6.1714], [106.6, 106.6, 106.6383]) == [None, None, "36.71.01.1002"]
    assert places.place_points([], []) == []


def test_a_point_on_a_shared_edge_goes_to_the_lower_code(places: Places, city: City, shared: Path) -> None:
    text = (shared / "reference/kelurahan_3671_kota_tangerang.geojson").read_text("utf-8")
    shapes = {f["id"]: shapely.from_geojson(json.dumps(f["geometry"])) for f in json.loads(text)["features"]}
    edge = shapely.intersection(shapes["36.71.01.1001"].boundary, shapes["36.71.01.1002"].boundary)
    lon, lat = shapely.get_coordinates(edge)[1].tolist()
    assert places.place(None, lat, lon) == ("36.71.01.1001", PlacedBy.POINT)
