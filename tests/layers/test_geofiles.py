"""Every form of boundary file is read alike; hostile and broken ones are refused with their reason."""

from __future__ import annotations

import json
import os
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers import geofiles
from layers.geofiles import BoundaryError, GeoFile, read

SQUARE = [[106.6, -6.2], [106.7, -6.2], [106.7, -6.1], [106.6, -6.2]]
FEATURE = {
    "type": "Feature",
    "properties": {"kode": 3671011001, "x": None},
    "geometry": {"type": "Polygon", "coordinates": [SQUARE]},
}


def zipped(folder: Path, frame: geopandas.GeoDataFrame, inside: str = "peta/") -> Path:
    frame.to_file(folder / "areas.shp")
    with zipfile.ZipFile(folder / "areas.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for part in folder.glob("areas.*"):
            if part.suffix != ".zip":
                packed.write(part, f"{inside}{part.name}")
    return folder / "areas.zip"


def by_code(file: GeoFile) -> dict[str, shapely.Geometry]:
    return {feature.columns["kode"]: feature.shape for feature in file.features}


@pytest.mark.parametrize("city", ["kelurahan_3671_kota_tangerang", "desa_3215_kab_karawang", "kelurahan_2171_kota_batam"])
def test_every_form_gives_the_same_areas(shared: Path, tmp_path: Path, city: str) -> None:
    source = shared / "reference" / f"{city}.geojson"
    plain = by_code(read(source))
    frame = geopandas.read_file(source)
    frame.to_crs(32748).to_file(tmp_path / "areas.gpkg")
    forms = {
        "TopoJSON": source.with_suffix(".topojson"),
        "GeoPackage": tmp_path / "areas.gpkg",
        "Shapefile": zipped(tmp_path, frame),
    }
    for form, path in forms.items():
        file = read(path)
        assert file.form == form
        other = by_code(file)
        assert other.keys() == plain.keys()
        for code, shape in plain.items():
            # TopoJSON is quantised, to about 1 m for these cities.
            assert shapely.hausdorff_distance(other[code], shape) < 2e-5, code
            assert other[code].area == pytest.approx(shape.area, rel=1e-3)


def test_wilayah_boundaries_sql_is_read_and_never_run(shared: Path, tmp_path: Path) -> None:
    file = read(shared / "samples/wilayah_boundaries/kel_36.71.sql")
    assert file.form == "SQL wilayah_boundaries"
    assert len(by_code(file)) == 104
    real = by_code(read(shared / "reference/kelurahan_3671_kota_tangerang.geojson"))
    for code, shape in by_code(file).items():
        assert shape.symmetric_difference(real[code]).area < 0.01 * real[code].area
    assert file.features[0].columns["nama"] == "Sukarasa"


@pytest.mark.parametrize(
    ("path", "rings"),
    [
        ("[[-6.2,106.6],[-6.2,106.7],[-6.1,106.7]]", (1, 0)),
        ("[[[-6.2,106.6],[-6.2,106.7],[-6.1,106.7]]]", (1, 0)),
        # A second ring beside the first is an island, one inside it a hole.
        ("[[[0,0],[0,9],[9,9],[9,0]],[[0,20],[0,29],[9,29]]]", (2, 0)),
        ("[[[0,0],[0,9],[9,9],[9,0]],[[2,2],[2,4],[4,4]]]", (1, 1)),
        ("[[[[0,0],[0,9],[9,9],[9,0]]],[[[0,20],[0,29],[9,29]]]]", (2, 0)),
    ],
)
def test_sql_path_in_each_depth(tmp_path: Path, path: str, rings: tuple[int, int]) -> None:
    file = tmp_path / "a.sql"
    insert = "-- c\nDROP TABLE x; INSERT INTO `wilayah_boundaries` (`kode`,`nama`,`lat`,`path`) VALUES ('1','Jum''at; (',-6,'@');"
    file.write_text(insert.replace("@", path))
    (feature,) = read(file).features
    assert feature.columns == {"kode": "1", "nama": "Jum'at; (", "lat": "-6"}
    parts = shapely.get_parts(feature.shape)
    assert (len(parts), int(shapely.get_num_interior_rings(parts).sum())) == rings


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("INSERT INTO b(kode,path) VALUES ('1', '[[[1,2],[3,'), ('2', '[]')", "1: isi path"),
        ("INSERT INTO b(kode,path) VALUES ('7', ST_GeomFromText('POLYGON EMPTY'))", "baris SQL"),
        ("INSERT INTO b(kode,path) VALUES ('1')", "1 nilai untuk kolom kode, path"),
        ("INSERT INTO b VALUES ('1', '[[1,2],[2,3],[3,4]]')", "baris SQL"),
        ("INSERT INTO b(kode,path) VALUES ('1', '[[NaN,2],[2,3],[3,4]]')", "bukan bilangan"),
        ("INSERT INTO b(kode,path) VALUES ('1', '{}')", "isi path"),
        ("INSERT INTO b(kode,path) VALUES ('1', '" + "[" * 100_000 + "')", "isi path"),
        ("INSERT INTO b(kode,path) VALUES", "tidak berisi"),
    ],
)
def test_broken_sql_says_where(tmp_path: Path, sql: str, said: str) -> None:
    (tmp_path / "a.sql").write_text(sql)
    with pytest.raises(BoundaryError, match=said):
        read(tmp_path / "a.sql")


def collection(*features: object) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "bentuk tidak dikenal"),
        ("kode,nama\n36.71.01.1001,Sukarasa\n", "bentuk tidak dikenal"),
        ("<html>masuk</html>", "bentuk tidak dikenal"),
        ('{"type": "FeatureCollection", "features": [', "rusak atau terpotong"),
        ("[" * 10, "bentuk tidak dikenal"),
        ('{"a":' * 100_000, "rusak atau terpotong"),
        ('{"type": "Point", "coordinates": [1, 2]}', "bukan GeoJSON"),
        ('{"type": "FeatureCollection", "features": 7}', "daftar wilayah"),
        ('{"type": "FeatureCollection", "features": []}', "tidak berisi"),
        (collection(7), "wilayah ke-1"),
        (collection(FEATURE, FEATURE | {"geometry": {"type": "Polygon", "coordinates": [[["a", "b"]] * 4]}}), "wilayah ke-2"),
        (collection(FEATURE | {"geometry": {"type": "Polygon", "coordinates": [[[1, float("nan")]] * 4]}}), "bukan bilangan"),
        (collection(FEATURE | {"geometry": {"type": "Polygon"}}), "wilayah ke-1"),
        (collection(FEATURE | {"geometry": {"type": "Point", "coordinates": [1, 2]}}), "tidak berisi"),
        (collection(FEATURE | {"geometry": None}), "tidak berisi"),
        (
            '{"type": "Topology", "arcs": [[[0, 0], [1, 1]]], "objects": {"a": {"type": "Polygon", "arcs": [[7]]}}}',
            "wilayah ke-1",
        ),
        ('{"type": "Topology", "arcs": 7, "objects": {}, "transform": {"scale": [1, 1], "translate": [0, 0]}}', "TopoJSON rusak"),
        ('{"type": "Topology"}', "TopoJSON rusak"),
    ],
)
def test_broken_text_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a.geojson").write_text(text)
    with pytest.raises(BoundaryError, match=said):
        read(tmp_path / "a.geojson")


def test_properties_of_any_type_become_text_and_a_mark_at_the_start_is_forgiven(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("\ufeff" + collection(FEATURE), "utf-8")
    (feature,) = read(tmp_path / "a.json").features
    assert feature.columns == {"kode": "3671011001"}
    inner = {"type": "GeometryCollection", "geometries": [FEATURE["geometry"], {"type": "Point", "coordinates": [1, 2]}]}
    (tmp_path / "a.json").write_text(json.dumps(FEATURE | {"geometry": inner}))
    assert read(tmp_path / "a.json").features[0].shape.equals(feature.shape)


def test_named_coordinate_systems_are_followed_and_nameless_metres_refused(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame({"kode": ["1"]}, geometry=[shapely.Polygon(SQUARE)], crs=4326)
    metres = json.loads(frame.to_crs(32748).to_json(to_wgs84=False))
    metres["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32748"}}
    (tmp_path / "a.geojson").write_text(json.dumps(metres))
    assert shapely.hausdorff_distance(read(tmp_path / "a.geojson").features[0].shape, frame.geometry[0]) < 1e-9
    metres["crs"]["properties"]["name"] = "EPSG:999999"
    (tmp_path / "a.geojson").write_text(json.dumps(metres))
    with pytest.raises(BoundaryError, match="tidak dikenal"):
        read(tmp_path / "a.geojson")
    packed = zipped(tmp_path, frame.to_crs(32748))
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(tmp_path / "noprj.zip", "w") as new:
        for name in old.namelist():
            if not name.endswith(".prj"):
                new.writestr(name, old.read(name))
    with pytest.raises(BoundaryError, match="sistem koordinat tidak disebut"):
        read(tmp_path / "noprj.zip")


@pytest.mark.parametrize(
    "path",
    [
        "/vsicurl/http://127.0.0.1/a.geojson",
        "/vsizip//tmp/a.zip",
        "http://127.0.0.1/a.geojson",
        "PG:dbname=x",
        "/",
        "/dev/null",
        "tidak-ada.gpkg",
    ],
)
def test_only_local_files(path: str) -> None:
    with pytest.raises(BoundaryError, match="bukan berkas di komputer ini"):
        read(Path(path))


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.geojson")
    with pytest.raises(BoundaryError, match="bukan berkas"):
        read(tmp_path / "pipe.geojson")


def test_size_is_bounded_packed_and_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = geopandas.GeoDataFrame({"kode": ["1"] * 500}, geometry=[shapely.Polygon(SQUARE)] * 500, crs=4326)
    packed = zipped(tmp_path, frame)
    assert len(read(packed).features) == 500
    monkeypatch.setattr(geofiles, "MAX_BYTES", packed.stat().st_size)
    with pytest.raises(BoundaryError, match="terlalu besar setelah dibuka"):
        read(packed)
    monkeypatch.setattr(geofiles, "MAX_BYTES", 100)
    with pytest.raises(BoundaryError, match="lebih besar dari batas"):
        read(packed)


def test_zips_that_are_not_one_shapefile(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame({"kode": ["1"]}, geometry=[shapely.Polygon(SQUARE)], crs=4326)
    packed = zipped(tmp_path, frame, inside="../../")
    assert len(read(packed).features) == 1  # the name inside is never used as a path
    assert not list(tmp_path.parent.glob("areas.*"))
    body = packed.read_bytes()
    cases: dict[str, tuple[Callable[[Path], object], str]] = {
        "two": (lambda p: _pack(p, {"a.shp": b"1", "b.shp": b"2"}), "tepat satu"),
        "none": (lambda p: _pack(p, {"a.txt": b"1"}), "tepat satu"),
        "garbage": (lambda p: _pack(p, {"a.shp": b"not a shapefile"}), "tidak dapat dibaca"),
        "cut": (lambda p: p.write_bytes(body[: len(body) // 2]), "zip rusak"),
    }
    for make, said in cases.values():
        make(tmp_path / "case.zip")
        with pytest.raises(BoundaryError, match=said):
            read(tmp_path / "case.zip")


def _pack(path: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as packed:
        for name, body in files.items():
            packed.writestr(name, body)


def test_databases_that_are_no_geopackage(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.gpkg") as database:
        database.execute("CREATE TABLE areas (kode TEXT)")
    database.close()
    with pytest.raises(BoundaryError, match="bentuk tidak dikenal"):
        read(tmp_path / "a.gpkg")
    frame = geopandas.GeoDataFrame({"kode": ["1"]}, geometry=[shapely.Polygon(SQUARE)], crs=4326)
    frame.to_file(tmp_path / "b.gpkg")
    (tmp_path / "b.gpkg").write_bytes((tmp_path / "b.gpkg").read_bytes()[:3000])
    with pytest.raises(BoundaryError, match=r"b\.gpkg"):
        read(tmp_path / "b.gpkg")


def test_layers_without_polygons_are_passed_over(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame({"kode": ["1"]}, geometry=[shapely.Polygon(SQUARE)], crs=4326)
    frame.set_geometry(frame.geometry.representative_point()).to_file(tmp_path / "a.gpkg", layer="kantor")
    frame.to_file(tmp_path / "a.gpkg", layer="kelurahan")
    assert len(read(tmp_path / "a.gpkg").features) == 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=300)
    | st.text(max_size=200).map(lambda t: ("{" + t).encode())
    | st.text(max_size=200).map(lambda t: "INSERT INTO b(kode,path) VALUES ('@','@');".replace("@", t).encode())
)
def test_no_bytes_do_worse_than_a_boundary_error(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "a").write_bytes(body)
    with pytest.raises(BoundaryError):
        read(tmp_path / "a")
