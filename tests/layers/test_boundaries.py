"""Boundary files become a city's map: real cities in every form, reports in plain words, and what is refused."""

from __future__ import annotations

import csv
import gzip
import json
import re
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely

from layers.boundaries import Boundaries, BoundaryError, MapAsset, import_boundaries, load_boundaries
from layers.city import City
from layers.coverage import faults
from layers.mapasset import MAX_VERTICES, digest
from layers.model import UNPLACED

TANGERANG = "reference/kelurahan_3671_kota_tangerang.geojson"
SQL = "samples/wilayah_boundaries/kel_36.71.sql"
STEP = re.compile(r"-?(?:\d+\.?\d*|\.\d+)")


def pack(shared: Path, code: str) -> City:
    """A small pack of another city: codes and names of the Kemendagri table, nothing else."""
    with gzip.open(shared / "reference/kode_wilayah_21_32_33_36.csv.gz", "rt", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kode"].startswith(code)]
    areas = [{"code": row["kode"], "name": row["nama"]} for row in rows if row["kode"] != code]
    wall = {"tiles": ["aduan_terbuka"], "map": "aduan_terbuka", "ranking": "aduan_terbuka"}
    return City.model_validate(
        {"code": code, "name": rows[0]["nama"], "zone": "Asia/Jakarta", "areas": areas, "opds": [], "wall": wall}
    )


def rings(path: str) -> list[list[tuple[float, float]]]:
    """The path as a browser reads it: absolute start, relative steps, closed."""
    found = []
    for ring in filter(None, path.split("z")):
        start, steps = ring.removeprefix("M").split("l")
        (x, y), values = map(float, start.split()), [float(v) for v in STEP.findall(steps)]
        points = [(x, y)]
        for dx, dy in zip(values[::2], values[1::2], strict=True):
            x, y = x + dx, y + dy
            points.append((round(x, 1), round(y, 1)))
        found.append(points)
    return found


def shape_of(path: str) -> shapely.Geometry:
    """The path's area by the non-zero rule: outer rings and holes run opposite ways."""
    outer, holes = [], []
    for ring in rings(path):
        (outer if shapely.is_ccw(shapely.LinearRing(ring)) else holes).append(shapely.Polygon(ring))
    return shapely.union_all(shapely.make_valid(outer)).difference(shapely.union_all(shapely.make_valid(holes)))


@pytest.fixture(scope="module")
def imported(city: City, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Boundaries:
    """The real city, from the SQL form that needs repair."""
    data = tmp_path_factory.mktemp("data")
    assert import_boundaries(shared / SQL, city, data).ok
    return load_boundaries(city, data)


def test_the_sql_form_is_repaired_to_the_official_city(city: City, shared: Path, tmp_path: Path, imported: Boundaries) -> None:
    report = import_boundaries(shared / SQL, city, tmp_path)
    text = "\n".join(report.lines)
    assert report.ok
    assert "kel_36.71.sql (SQL wilayah_boundaries), 104 wilayah" in text
    assert "Kode dari kolom kode: 104 dari 104 kelurahan ditemukan" in text
    assert re.search(r"\d{3} celah antarwilayah ditutup \(0,096 km²\)", text)
    assert "tumpang tindih dibagi" in text
    assert "178,34 km²; menurut paket 178,35 km² (selisih 0,00 %)" in text
    assert "104 kelurahan, 13 kecamatan" in text
    assert not imported.schematic
    shapes = list(imported.shapes.values())
    union = shapely.union_all(shapes)
    assert faults(imported.shapes) == []
    assert union.geom_type == "Polygon"
    assert len(union.interiors) == 0
    assert sum(shape.area for shape in shapes) == pytest.approx(union.area, rel=1e-12)
    for kecamatan in {code[:8] for code in imported.shapes}:
        parts = [shape for code, shape in imported.shapes.items() if code.startswith(kecamatan)]
        assert shapely.coverage_union_all(parts).geom_type == "Polygon"


def test_the_repaired_city_is_the_cleaned_one(shared: Path, imported: Boundaries) -> None:
    for feature in json.loads((shared / TANGERANG).read_text("utf-8"))["features"]:
        real = shapely.from_geojson(json.dumps(feature["geometry"]))
        assert imported.shapes[feature["id"]].symmetric_difference(real).area < 0.003 * real.area


def test_a_random_point_is_in_one_area_at_most_and_all_of_the_city_is_covered(imported: Boundaries) -> None:
    west, south, east, north = shapely.total_bounds(list(imported.shapes.values()))
    points = np.random.default_rng(7).uniform((west, south), (east, north), (50_000, 2))
    held = sum(shapely.contains_xy(shape, points).astype(int) for shape in imported.shapes.values())
    assert held.max() == 1
    union = shapely.union_all(list(imported.shapes.values()))
    on_edge = shapely.contains_xy(union, points).sum() - held.sum()
    assert 0 <= on_edge <= 1


@pytest.mark.parametrize(
    ("name", "kelurahan", "pieces"),
    [("desa_3215_kab_karawang", 309, 316), ("kelurahan_2171_kota_batam", 64, 698)],
)
def test_other_cities_with_islands(shared: Path, tmp_path: Path, name: str, kelurahan: int, pieces: int) -> None:
    other = pack(shared, {309: "32.15", 64: "21.71"}[kelurahan])
    for ending in (".geojson", ".topojson"):
        report = import_boundaries(shared / "reference" / f"{name}{ending}", other, tmp_path)
        assert report.ok, report.lines
        loaded = load_boundaries(other, tmp_path)
        assert len(loaded.shapes) == kelurahan
        assert sum(len(shapely.get_parts(shape)) for shape in loaded.shapes.values()) == pieces
        check_asset(loaded)


def test_the_asset_of_the_real_city(imported: Boundaries, city: City) -> None:
    check_asset(imported)
    asset = imported.asset
    assert len(asset.to_json()) < 90_000
    assert max(asset.width, asset.height) == 1000.0
    assert not asset.schematic
    assert set(asset.labels) == set(asset.paths) | set(asset.kecamatan)
    scale = asset.per_lat / 110.57  # view-box units a kilometre
    for area in city.areas:
        drawn = shape_of((asset.paths | asset.kecamatan)[area.code])
        assert area.label_lat is not None
        assert area.label_lon is not None
        label = asset.project(area.label_lat, area.label_lon)
        assert asset.labels[area.code] == label
        assert drawn.contains(shapely.Point(label))
        assert drawn.area / scale**2 == pytest.approx(area.km2, rel=0.06)


def check_asset(boundaries: Boundaries) -> None:
    """What holds for every asset: all areas drawn, few vertices, inside the box, and edges still shared."""
    asset = boundaries.asset
    assert asset.paths.keys() == boundaries.shapes.keys()
    vertices = sum(len(ring) for path in asset.paths.values() for ring in rings(path))
    assert len(asset.paths) * 4 <= vertices <= MAX_VERTICES
    drawn = {code: shape_of(path) for code, path in asset.paths.items()}
    assert all(shape.area > 0 for shape in drawn.values())
    west, north, east, south = shapely.total_bounds(list(drawn.values()))
    assert 0 <= west < east <= asset.width
    assert 0 <= north < south <= asset.height
    union = shapely.union_all(list(drawn.values()))
    overlap = sum(shape.area for shape in drawn.values()) - union.area
    assert 0 <= overlap < 1e-4 * union.area  # rounding to tenths may fold a hair's breadth
    assert union.symmetric_difference(shape_of(asset.outline)).area < 1e-4 * union.area
    for code, path in asset.kecamatan.items():
        parts = shapely.union_all([shape for kelurahan, shape in drawn.items() if kelurahan.startswith(code + ".")])
        assert parts.symmetric_difference(shape_of(path)).area < 1e-3 * parts.area
    again = MapAsset.from_json(asset.to_json())
    assert again == asset
    assert asset.digest == digest(asset.to_json())


def test_a_point_is_projected_onto_its_area(imported: Boundaries) -> None:
    for code in ("36.71.01.1002", "36.71.04.1004", "36.71.13.1008"):
        inside = imported.shapes[code].representative_point()
        assert shape_of(imported.asset.paths[code]).contains(shapely.Point(imported.asset.project(inside.y, inside.x)))


def test_a_second_start_is_quick_and_gives_the_same(city: City, tmp_path: Path) -> None:
    first = load_boundaries(city, tmp_path)
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "boundaries/36.71").iterdir()}
    started = time.perf_counter()
    second = load_boundaries(city, tmp_path)
    assert time.perf_counter() - started < 0.25
    assert (second.digest, second.asset) == (first.digest, first.asset)
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "boundaries/36.71").iterdir()} == before
    assert len(before) == 2


def test_a_kept_map_that_is_torn_is_made_anew(city: City, tmp_path: Path) -> None:
    asset = load_boundaries(city, tmp_path).asset
    (kept,) = (tmp_path / "boundaries/36.71").glob("map-*.json")
    for torn in (b"", kept.read_bytes()[:1000], b"[]", b'{"labels": {}}'):
        kept.write_bytes(torn)
        assert load_boundaries(city, tmp_path).asset == asset


def _load(data: Path) -> str:
    from layers.city import load

    return load_boundaries(load("36.71"), data).asset.digest


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        assert len(set(pool.map(_load, [tmp_path] * 3))) == 1
    assert not [path for path in (tmp_path / "boundaries/36.71").iterdir() if path.name.startswith(".")]


# --- files that differ from the pack ---------------------------------------------------------------


Features = list[dict[str, Any]]


@pytest.fixture
def edited(shared: Path, tmp_path: Path) -> Callable[[Callable[[Features], object]], Path]:
    """The real file after an edit of its features."""

    def make(edit: Callable[[Features], object]) -> Path:
        document = json.loads((shared / TANGERANG).read_text("utf-8"))
        edit(document["features"])
        (tmp_path / "berkas.geojson").write_text(json.dumps(document))
        return tmp_path / "berkas.geojson"

    return make


def only(features: Features, *names: str) -> None:
    """Keep these columns alone."""
    for feature in features:
        feature.pop("id")
        feature["properties"] = {name: value for name, value in feature["properties"].items() if name in names}


def test_codes_without_dots_under_any_name(city: City, tmp_path: Path, edited: Callable[..., Path]) -> None:
    def edit(features: Features) -> None:
        for feature in features:
            feature["properties"] = {"KDEPUM": int(feature.pop("id").replace(".", "")), "KDPKAB": "36.71"}

    report = import_boundaries(edited(edit), city, tmp_path)
    assert report.ok
    assert "Kode dari kolom KDEPUM: 104 dari 104" in report.lines[1]


def test_names_alone_do_where_there_is_no_code(city: City, tmp_path: Path, edited: Callable[..., Path]) -> None:
    def edit(features: Features) -> None:
        only(features, "nama", "kecamatan")
        features[2]["properties"]["nama"] = "KEL. TANAHTINGGI"

    report = import_boundaries(edited(edit), city, tmp_path)
    assert report.ok, report.lines
    assert "Tanpa kolom kode; nama dari kolom nama: 104 dari 104" in report.lines[1]


def test_a_name_borne_by_two_is_not_guessed(city: City, tmp_path: Path, edited: Callable[..., Path]) -> None:
    def edit(features: Features) -> None:
        only(features, "nama")
        features[0]["properties"]["nama"] = "Cipete"

    report = import_boundaries(edited(edit), city, tmp_path)
    assert not report.ok
    assert "Nama yang dipakai lebih dari satu wilayah: Cipete" in report.lines
    assert any(line.startswith("Tidak ada dalam berkas: 36.71.01.1001 Sukarasa, 36.71.11.1007 Cipete") for line in report.lines)


def test_missing_and_unknown_codes_are_named_and_nothing_is_taken_over(
    city: City, tmp_path: Path, edited: Callable[..., Path]
) -> None:
    def edit(features: Features) -> None:
        features[0]["id"] = features[0]["properties"]["kode"] = "36.71.01.1009"
        features.append(features[1] | {"id": "32.15.01.1001", "properties": {"kode": "32.15.01.1001"}})

    report = import_boundaries(edited(edit), city, tmp_path)
    assert not report.ok
    assert "Tidak ada dalam berkas: 36.71.01.1001 Sukarasa" in report.lines
    assert "Kode yang tidak ada dalam paket 36.71: 36.71.01.1009" in report.lines
    assert "Diabaikan: 1 wilayah kota atau tingkat lain" in report.lines
    assert report.lines[-1] == "Batas tidak diganti."
    assert load_boundaries(city, tmp_path).schematic


def test_rows_of_one_code_are_its_parts(city: City, tmp_path: Path, edited: Callable[..., Path], imported: Boundaries) -> None:
    def edit(features: Features) -> None:
        whole = shapely.from_geojson(json.dumps(features[5]["geometry"]))
        west, south, east, north = whole.bounds
        for half in (shapely.box(west, south, (west + east) / 2, north), shapely.box((west + east) / 2, south, east, north)):
            features.append(features[5] | {"geometry": json.loads(shapely.to_geojson(whole.intersection(half)))})
        features.pop(5)

    assert import_boundaries(edited(edit), city, tmp_path).ok
    code = "36.71.01.1006"
    assert load_boundaries(city, tmp_path).shapes[code].area == pytest.approx(imported.shapes[code].area, rel=2e-3)


def test_exchanged_axes_are_noticed(city: City, tmp_path: Path, edited: Callable[..., Path]) -> None:
    def edit(features: Features) -> None:
        for feature in features:
            ring = feature["geometry"]["coordinates"][0]
            feature["geometry"]["coordinates"][0] = [[lat, lon] for lon, lat in ring]

    report = import_boundaries(edited(edit), city, tmp_path)
    assert report.ok
    assert any("Sumbu ditukar" in line for line in report.lines)
    west, *_ = shapely.total_bounds(list(load_boundaries(city, tmp_path).shapes.values()))
    assert west > 100


def test_shapes_under_the_wrong_codes_are_refused(city: City, tmp_path: Path, edited: Callable[..., Path]) -> None:
    def edit(features: Features) -> None:
        moved = [feature["geometry"] for feature in features]
        for feature, geometry in zip(features, moved[1:] + moved[:1], strict=True):
            feature["geometry"] = geometry

    report = import_boundaries(edited(edit), city, tmp_path)
    assert not report.ok
    assert any(line.startswith("Titik label paket di luar wilayahnya:") and "dan 94 lagi" in line for line in report.lines)
    assert any(line.startswith("Luas berbeda lebih dari 10 % dari paket:") for line in report.lines)


def test_an_area_drawn_exactly_over_another_is_refused(city: City, tmp_path: Path, edited: Callable[..., Path]) -> None:
    report = import_boundaries(edited(lambda fs: fs[1].update(geometry=fs[0]["geometry"])), city, tmp_path)
    assert not report.ok
    assert "Tidak dapat diperbaiki: 36.71.01.1002" in report.lines


def test_a_lake_is_left_open_and_told(city: City, tmp_path: Path, edited: Callable[..., Path]) -> None:
    def edit(features: Features) -> None:
        lake = shapely.Point(106.674, -6.1285).buffer(0.002)
        for feature in features:
            shape = shapely.from_geojson(json.dumps(feature["geometry"])).difference(lake)
            feature["geometry"] = json.loads(shapely.to_geojson(shape))

    report = import_boundaries(edited(edit), city, tmp_path)
    assert report.ok
    assert any(line.startswith("Dibiarkan: 1 celah lebar") for line in report.lines)
    check_asset(load_boundaries(city, tmp_path))


def test_another_citys_file_is_refused_at_once(city: City, shared: Path, tmp_path: Path) -> None:
    report = import_boundaries(shared / "reference/kelurahan_2171_kota_batam.geojson", city, tmp_path)
    assert not report.ok
    assert any("dan 9" in line and line.startswith("Tidak ada dalam berkas") for line in report.lines)


def test_metres_that_call_themselves_degrees_are_refused(shared: Path, tmp_path: Path, edited: Callable[..., Path]) -> None:
    def edit(features: Features) -> None:
        for feature in features:
            ring = feature["geometry"]["coordinates"][0]
            feature["geometry"]["coordinates"][0] = [[lon * 6000, lat * 6000] for lon, lat in ring]

    with pytest.raises(BoundaryError, match="bukan derajat"):
        import_boundaries(edited(edit), pack(shared, "36.71"), tmp_path)


def test_an_import_replaces_the_drawing_and_a_later_one_the_earlier(city: City, shared: Path, tmp_path: Path) -> None:
    drawn = load_boundaries(city, tmp_path)
    assert drawn.schematic
    assert import_boundaries(shared / SQL, city, tmp_path).ok
    first = load_boundaries(city, tmp_path)
    frame = geopandas.read_file(shared / TANGERANG).to_crs(32748)
    frame.to_file(tmp_path / "b.gpkg")
    report = import_boundaries(tmp_path / "b.gpkg", city, tmp_path)
    assert report.ok
    assert "Cakupan rapi: tanpa celah dan tanpa tumpang tindih" in report.lines
    second = load_boundaries(city, tmp_path)
    assert not first.schematic
    assert not second.schematic
    assert len({drawn.digest, first.digest, second.digest}) == 3
    assert len({drawn.asset.digest, first.asset.digest, second.asset.digest}) == 3


def test_imported_boundaries_that_no_longer_fit_the_pack_say_so(city: City, shared: Path, tmp_path: Path) -> None:
    assert import_boundaries(shared / SQL, city, tmp_path).ok
    fewer = city.model_copy(update={"areas": tuple(a for a in city.areas if a.code != "36.71.01.1001")})
    with pytest.raises(BoundaryError, match="tidak lagi sesuai dengan paket"):
        load_boundaries(fewer, tmp_path)


def test_a_pack_without_facts_asks_for_a_file(shared: Path, tmp_path: Path) -> None:
    with pytest.raises(BoundaryError, match="liveroom areas import"):
        load_boundaries(pack(shared, "21.71"), tmp_path)


def test_the_unplaced_area_is_never_on_the_map(imported: Boundaries) -> None:
    assert UNPLACED not in imported.shapes
    assert UNPLACED not in imported.asset.paths


def test_an_unreadable_file_changes_nothing(city: City, shared: Path, tmp_path: Path) -> None:
    assert import_boundaries(shared / SQL, city, tmp_path).ok
    before = load_boundaries(city, tmp_path).digest
    sqlite3.connect(tmp_path / "x.gpkg").close()
    for name, body in {"x.gpkg": b"", "x.geojson": b"{"}.items():
        (tmp_path / name).write_bytes(body)
        with pytest.raises(BoundaryError):
            import_boundaries(tmp_path / name, city, tmp_path)
    assert load_boundaries(city, tmp_path).digest == before
