"""Hostile public tables: what is certain is mended and said, what is not stops with a sentence."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dashboard.page import document, layout
from dashboard.pages import kelurahan
from layers.adopt import Adoption, adopt
from layers.adopt.ground import km2, neighbours
from layers.adopt.names import clean, clean_region, variants
from layers.adopt.pack import ZONES
from layers.areas import AreaTree, Places
from layers.boundaries import Boundaries, load_boundaries
from layers.city import load
from layers.coverage import faults
from layers.model import PlacedBy
from tests.dashboard import views

CELL = 0.02
NAMES = {
    "99": "PAPUA JAUH",
    "91.03": "KAB. UJUNG  TIMUR",
    "91.03.01": "KEC. SATU",
    "91.03.02": "Dua",
    "91.03.01.2001": "KEL. MAJU II",
    "91.03.01.2002": "suka maju",
    "91.03.01.2003": "Ba\u00e2\u20ac\u2122u",
    "91.03.01.2004": "Tengah",
    "91.03.01.2005": "Baru",
    "91.03.02.2001": "Lima",
    "91.03.02.2002": "Enam",
    "91.03.02.2003": "Tujuh",
    "91.03.02.2004": "Tengah",
    "91.03.02.2005": "Ujung",
}
AFRICA = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]
PLAIN = {code: name for code, name in NAMES.items() if "\u20ac" not in name}


def square(n: int, *, swapped: bool = False) -> list[list[float]]:
    """The n-th cell of a row of five in two columns, a ring of [lng, lat]."""
    x, y = 137.0 + (n // 5) * CELL, -4.0 + (n % 5) * CELL
    ring = [[x, y], [x + CELL, y], [x + CELL, y + CELL], [x, y + CELL], [x, y]]
    return [[b, a] for a, b in ring] if swapped else ring


Region = dict[str, tuple[str, list[list[float]]]]


def region() -> Region:
    codes = [code for code in NAMES if code.count(".") == 3]
    return {code: (NAMES[code], square(n)) for n, code in enumerate(codes)}


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Adoption]:
    """Adopt 91.03 from rows and polygons given here."""

    def adopting(rows: list[tuple[str, str]], shapes: Region, *, encoding: str = "utf-8", head: str = "kode;nama") -> Adoption:
        table, boundaries = tmp_path / "tabel.csv", tmp_path / "batas.geojson"
        text = "\r\n".join([*([head] if head else []), *(f'{code};"{name}"' for code, name in rows)])
        table.write_bytes(text.encode(encoding))
        features = [
            {"type": "Feature", "properties": {"kode": c, "nama": n}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
            for c, (n, ring) in shapes.items()
        ]
        boundaries.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
        return adopt("91.03", table=table, boundaries=boundaries, folder=tmp_path / "packs")

    return adopting


def rows() -> list[tuple[str, str]]:
    return list(NAMES.items())


def made(folder: Path) -> Boundaries:
    """The boundaries of the pack that was made, as a room loads them."""
    return load_boundaries(load("91.03", packs=[folder / "packs"]), folder)


def said(report: Adoption, words: str) -> bool:
    return any(words in line for line in report.lines)


def test_odd_names_are_cleaned_and_said(run: Callable[..., Adoption], tmp_path: Path) -> None:
    report = run(rows(), region())
    assert report.ok, report.lines
    city = load("91.03", packs=[tmp_path / "packs"])
    names = {a.code: a.name for a in city.areas}
    assert (city.name, str(city.zone)) == ("Kabupaten Ujung Timur", "Asia/Jayapura")
    assert names["91.03.01"] == "Satu"
    assert [names[f"91.03.01.200{n}"] for n in (1, 2, 3)] == ["Maju II", "Suka Maju", "Ba\u2019u"]
    assert next(a.variants for a in city.areas if a.code == "91.03.01.2001") == ("Maju 2",)
    assert said(report, "nama dirapikan: 91.03 'KAB. UJUNG  TIMUR' menjadi 'Kab. Ujung Timur'")
    assert said(report, "dipakai lebih dari satu: Tengah")
    assert city.boundaries is not None
    first = next(a for a in city.areas if a.code == "91.03.01.2001")
    assert first.neighbours == ("91.03.01.2002", "91.03.02.2001")
    assert first.km2 == pytest.approx(CELL * CELL * 110.57 * 111.06, rel=0.01)


def test_dotless_codes_a_missing_heading_and_another_encoding(run: Callable[..., Adoption]) -> None:
    plain = [(code.replace(".", ""), "Kabupaten S\u00e9" if code == "91.03" else name) for code, name in PLAIN.items()]
    shapes = region()
    del shapes["91.03.01.2003"]
    report = run(plain, shapes, encoding="cp1252", head="")
    assert report.ok, report.lines
    assert said(report, "91.03 Kabupaten S\u00e9: 2 kecamatan, 9 desa")
    assert said(report, "tabel.csv bukan UTF-8")


def test_axes_are_put_right_polygon_by_polygon(run: Callable[..., Adoption], tmp_path: Path) -> None:
    shapes = region()
    for n, code in enumerate(list(shapes)[:4]):
        shapes[code] = (shapes[code][0], square(n, swapped=True))
    report = run(rows(), shapes)
    assert report.ok, report.lines
    assert said(report, "4 poligon ditukar sumbunya")
    west, south, east, north = shapely.total_bounds(list(made(tmp_path).shapes.values()))
    assert (west, south, east, north) == pytest.approx((137.0, -4.0, 137.04, -3.9))


def test_bow_ties_overlaps_and_slivers_become_a_coverage(run: Callable[..., Adoption], tmp_path: Path) -> None:
    shapes = region()
    x, y = square(0)[0]
    shapes["91.03.01.2001"] = ("", [[x, y], [x + CELL, y + CELL], [x + CELL, y], [x, y + CELL], [x, y]])  # crosses itself
    (west, south), _, (east, north), *_ = square(6)
    over = north + 0.0001
    dented = [[west, south], [east, south], [east, over], [west, over], [west + 0.0001, south + 0.01], [west, south]]
    shapes["91.03.02.2002"] = ("Enam", dented)  # over one neighbour, and away from another
    report = run(rows(), shapes)
    assert report.ok, report.lines
    assert said(report, "1 poligon yang garisnya memotong diri sendiri diluruskan: 91.03.01.2001")
    assert said(report, "tumpang tindih dibagi")
    assert said(report, "celah antarwilayah ditutup")
    assert faults(made(tmp_path).shapes) == []


def test_an_old_code_is_known_by_its_name_and_a_stranger_is_left_out(run: Callable[..., Adoption]) -> None:
    shapes = region()
    shapes["91.03.07.2001"] = shapes.pop("91.03.01.2004")  # "Tengah", but the only one that lacks a polygon
    shapes["91.03.09.2001"] = ("Entah", square(10))
    report = run(rows(), shapes)
    assert report.ok, report.lines
    assert said(report, "kode lama 91.03.07.2001 Tengah dipakai untuk 91.03.01.2004")
    assert said(report, "Tidak dipakai: poligon 91.03.09.2001 Entah")


def test_duplicates_that_agree_are_one_and_those_that_do_not_need_a_witness(run: Callable[..., Adoption]) -> None:
    report = run([*rows(), ("91.03.02.2001", "LIMA"), ("91.03.02.2002", "Sembilan")], region())
    assert report.ok, report.lines
    assert said(report, "91.03.02.2001 Lima ada 2 kali")
    assert said(report, "91.03.02.2002 bernama ganda di tabel; dipakai 'Enam'")
    shapes = region()
    shapes["91.03.02.2002"] = ("Lain", shapes["91.03.02.2002"][1])
    report = run([*rows(), ("91.03.02.2002", "Sembilan")], shapes)
    assert not report.ok
    assert "91.03.02.2002 disebut dengan nama berbeda: 'Enam' dan 'Sembilan'" in report.lines[-1]


def test_a_name_that_is_lost_comes_from_the_boundary_file(run: Callable[..., Adoption]) -> None:
    report = run([(c, "\ufffd\ufffdnam" if c == "91.03.02.2002" else n) for c, n in rows()], region())
    assert report.ok, report.lines
    assert said(report, "91.03.02.2002 memakai nama dari berkas batas, 'Enam'")
    shapes = region()
    shapes["91.03.02.2002"] = ("", shapes["91.03.02.2002"][1])
    assert not run([(c, "" if c == "91.03.02.2002" else n) for c, n in rows()], shapes).ok


def test_a_few_without_polygon_are_kept_and_said_many_are_refused(run: Callable[..., Adoption], tmp_path: Path) -> None:
    extra = [(f"91.03.02.21{n:02d}", f"Tambahan {chr(65 + n)}") for n in range(14)]
    shapes = region() | {code: (name, square(10 + n)) for n, (code, name) in enumerate(extra)}
    del shapes["91.03.02.2113"]
    report = run([*rows(), *extra], shapes)
    assert report.ok, report.lines
    assert said(report, "Tanpa poligon: 91.03.02.2113 Tambahan N")
    city = load("91.03", packs=[tmp_path / "packs"])
    boundaries = load_boundaries(city, tmp_path)
    assert len(boundaries.shapes) == 23
    places = Places(AreaTree.of(city), boundaries)
    assert places.place(kelurahan="tambahan n") == ("91.03.02.2113", PlacedBy.NAME)
    page = views.view(city, boundaries.asset, params={"code": "91.03.02.2113"})
    assert "Desa Tambahan N" in str(layout(kelurahan.PAGE, document(kelurahan.PAGE, views.worst_day(city), page), page))
    for n in range(5):
        del shapes[f"91.03.02.210{n}"]
    refused = run([*rows(), *extra], shapes)
    assert not refused.ok
    assert "6 kelurahan/desa tanpa poligon, terlalu banyak" in refused.lines[-1]


def test_specks_that_are_no_islets_are_dropped_and_islets_stay(tmp_path: Path) -> None:
    table, boundaries = tmp_path / "t.csv", tmp_path / "b.geojson"
    table.write_text("kode,nama\n" + "\n".join(f"{c},{n}" for c, n in PLAIN.items()), "utf-8")
    features = []
    for code, (_, ring) in region().items():
        if code not in PLAIN:
            continue
        rings = [[ring]]
        if code == "91.03.02.2005":
            rings += [[[[138 + a, -3 + b] for a, b in ((0, 0), (s, 0), (s, s), (0, s), (0, 0))]] for s in (0.00005, -0.002)]
        features.append(
            {"type": "Feature", "properties": {"kode": code}, "geometry": {"type": "MultiPolygon", "coordinates": rings}}
        )
    boundaries.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    report = adopt("91.03", table=table, boundaries=boundaries, folder=tmp_path / "packs")
    assert report.ok, report.lines
    assert said(report, "1 serpihan terpisah di bawah 100 m² dihapus")
    shape = made(tmp_path).shapes["91.03.02.2005"]
    assert len(shapely.get_parts(shape)) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t, _: t.pop(1), "tabel tidak memuat 91.03"),
        (lambda t, _: t.pop(2), "kecamatan tidak ada di tabel untuk: 91.03.01.2001"),
        (lambda t, _: t.append(("91.03.03", "Kosong")), "kecamatan tanpa kelurahan atau desa di tabel: Kosong"),
        (lambda t, _: t.clear(), "tidak berisi satu baris pun"),
        (lambda t, _: t.__setitem__(slice(None), [("a", "b"), ("c", "d")]), "tidak ada kolom kode wilayah"),
        (
            lambda _, s: s.clear() or s.update({"x": ("x", square(0))}),
            "kelurahan atau desa berkode 91.03",
        ),
        (
            lambda _, s: s.update({"91.03.01.2001": ("", AFRICA)}),
            "koordinat di luar Indonesia",
        ),
        (lambda _, s: s.update({"91.03.01.2001": ("", square(1))}), "tidak dapat diperbaiki"),
    ],
)
def test_what_cannot_be_mended_stops_with_a_sentence_and_writes_nothing(
    run: Callable[..., Adoption], tmp_path: Path, change: Callable[[list[tuple[str, str]], Region], object], words: str
) -> None:
    table, shapes = rows(), region()
    change(table, shapes)
    report = run(table, shapes)
    assert not report.ok
    assert report.lines[-1].startswith("Berhenti: ")
    assert words in report.lines[-1]
    assert not (tmp_path / "packs").exists()


@pytest.mark.parametrize("code", ["", "32", "32.15.01", "../../x", "00.01", "32-15"])
def test_what_is_no_code_of_a_kabupaten_is_refused(code: str, tmp_path: Path) -> None:
    report = adopt(code, table=tmp_path / "t", boundaries=tmp_path / "b", folder=tmp_path / "packs")
    assert not report.ok
    assert "bukan kode kabupaten atau kota" in report.lines[-1]


def test_the_sql_forms_of_both_tables(tmp_path: Path) -> None:
    table = tmp_path / "wilayah.sql"
    values = ",\n".join(f"('{code}','{name}')" for code, name in PLAIN.items())
    table.write_text(f"/* '( */ DROP TABLE x;\nINSERT INTO wilayah (kode, nama)\nVALUES\n{values};\n", "utf-8")
    people = tmp_path / "penduduk.sql"
    people.write_text(
        "INSERT INTO wilayah_penduduk(kode, nama, pria, wanita, total) VALUES ('91.03','Kab','60','40','100');", "utf-8"
    )
    shapes = {code: ring for code, (_, ring) in region().items() if code in PLAIN}
    paths = ",".join(f"('{code}','X',0,0,'{json.dumps([[[lat, lng] for lng, lat in ring]])}')" for code, ring in shapes.items())
    boundaries = tmp_path / "kel.sql"
    insert = "INSERT INTO wilayah_boundaries(kode,nama,lat,lng,path) VALUES "
    boundaries.write_text(f"{insert}{paths};", "utf-8")
    report = adopt(
        "91.03", table=table, boundaries=boundaries, population=people, population_year=2025, folder=tmp_path / "packs"
    )
    assert report.ok, report.lines
    city = load("91.03", packs=[tmp_path / "packs"])
    assert (city.population, city.population_year) == (100, 2025)
    assert not said(report, "ditukar sumbunya")


def test_a_table_packed_badly_or_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "t.csv.gz"
    table.write_bytes(gzip.compress(b"kode,nama\n" * 1000)[:-20])
    assert "gzip rusak" in adopt("91.03", table=table, boundaries=table, folder=tmp_path).lines[-1]
    table.write_bytes(gzip.compress(b"0" * 2_000_000))
    monkeypatch.setattr("layers.adopt.tables.MAX_BYTES", 1_000_000)
    assert "lebih besar dari batas" in adopt("91.03", table=table, boundaries=table, folder=tmp_path).lines[-1]


# --- names and measures -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "name"),
    [
        ("KEL. X", "X"),
        ("KELURAHAN SUKA  ASIH", "Suka Asih"),
        ("Desa Baru", "Desa Baru"),
        ("PASI KUALA BA'U", "Pasi Kuala Ba'u"),
        ("SIURAI-URAI (BARU)", "Siurai-Urai (Baru)"),
        ("UPT VI", "Upt VI"),
        ("Kota Baru", "Kota Baru"),
        ("Kelapa Dua", "Kelapa Dua"),
        ("S\u00c3\u00a9a", "S\u00e9a"),
        ("\u00c2 satu", "\u00c2 satu"),
        ("", ""),
    ],
)
def test_clean_names(found: str, name: str) -> None:
    assert clean(found) == name


@given(st.text(max_size=30))
def test_a_cleaned_name_is_clean_already(name: str) -> None:
    once = clean(name)
    assert "  " not in once
    assert once == once.strip()


def test_names_of_the_whole_and_numbered_names() -> None:
    assert clean_region("32.15", "KAB KARAWANG") == "Kabupaten Karawang"
    assert clean_region("21.71", "Batam") == "Kota Batam"
    assert clean_region("31.71", "Kota Adm. Jakarta Pusat") == "Kota Administrasi Jakarta Pusat"
    assert clean_region("13.07", "Kabupaten Lima Puluh Kota") == "Kabupaten Lima Puluh Kota"
    assert clean_region("33.10", "Kabupaten Kotabaru") == "Kabupaten Kotabaru"
    assert (variants("Kuta Batu II"), variants("Kuta Batu 2"), variants("Mix"), variants("Km 40")) == (
        ["Kuta Batu 2"],
        ["Kuta Batu II"],
        [],
        [],
    )


def test_every_province_has_its_zone() -> None:
    assert len(ZONES) == 38
    assert {mark for _, mark in ZONES.values()} == {"WIB", "WITA", "WIT"}


def test_measures_on_the_ellipsoid() -> None:
    hole = shapely.box(106, -6, 107, -5).difference(shapely.box(106.4, -5.6, 106.6, -5.4))
    assert km2(hole) == pytest.approx(111.2 * 110.6 * 0.96, rel=0.02)
    touching = {"a": shapely.box(0, 0, 1, 1), "b": shapely.box(1, 0, 2, 1), "c": shapely.box(1, 1, 2, 2)}
    assert neighbours(touching) == {"a": {"b"}, "b": {"a", "c"}, "c": {"b"}}  # a and c meet in a point
