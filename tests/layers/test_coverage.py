"""Areas drawn one by one become a coverage: worked cases, and laws under shaken outlines."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Geometry

from layers.coverage import GRID, Plane, faults, repair


def square(x: float, y: float, width: float, height: float) -> Geometry:
    return shapely.box(x, y, x + width, y + height)


def test_a_sound_coverage_stays_as_it_is() -> None:
    shapes = {"a": square(0, 0, 1000, 1000), "b": square(1000, 0, 500, 1000)}
    mended, done = repair(shapes)
    assert {code: shape.normalize().wkt for code, shape in mended.items()} == {c: s.normalize().wkt for c, s in shapes.items()}
    assert (done.gaps, done.overlaps, done.lakes) == (0, 0, 0)
    assert done.before_km2 == done.after_km2 == pytest.approx(1.5)


def test_a_sliver_between_two_goes_to_the_longer_edge() -> None:
    # A gap 4 m wide, closed above by c: 1000 m along a and b, 4 m along c.
    a, b = square(0, 0, 1000, 1000), square(1004, 0, 1000, 1000)
    shapes = {"a": a, "b": b, "c": square(0, 1000, 2004, 500), "d": square(0, -500, 2004, 500)}
    mended, done = repair(shapes)
    assert (done.gaps, done.overlaps) == (1, 0)
    assert done.gaps_km2 == pytest.approx(0.004)
    assert mended["a"].area == pytest.approx(1004 * 1000)  # as long as b's edge: the lower code
    assert faults(mended) == []
    assert shapely.union_all(list(mended.values())).area == pytest.approx(2004 * 2000)


def test_an_overlap_goes_to_one_of_its_claimants_and_the_union_is_kept() -> None:
    shapes = {"a": square(0, 0, 1010, 1000), "b": square(1000, 0, 1000, 1000), "c": square(0, 1000, 2000, 100)}
    mended, done = repair(shapes)
    assert (done.gaps, done.overlaps) == (0, 1)
    assert done.overlaps_km2 == pytest.approx(0.01)
    assert faults(mended) == []
    assert mended["c"].equals(shapes["c"])
    assert sum(shape.area for shape in mended.values()) == pytest.approx(2000 * 1100)


def test_an_enclave_without_a_hole_around_it_keeps_its_place() -> None:
    around = square(0, 0, 1000, 1000)
    for inner in (square(400, 400, 100, 100), square(940, 400, 100, 100)):  # inside, and sticking out a little
        mended, done = repair({"a": around, "b": inner})
        assert done.overlaps == 1
        assert mended["b"].equals(inner)
        assert mended["a"].equals(around.difference(inner))


def test_two_areas_in_the_same_place_leave_one() -> None:
    mended, _ = repair({"a": square(0, 0, 100, 100), "b": square(0, 0, 100, 100), "c": square(100, 0, 100, 100)})
    assert mended.keys() == {"a", "c"}


def test_lakes_and_enclaves_are_told_from_slips() -> None:
    ring = square(0, 0, 1000, 1000).difference(square(300, 300, 300, 300)).difference(square(700, 700, 100, 100))
    mended, done = repair({"a": ring, "b": square(300, 300, 300, 300)})
    assert (done.gaps, done.lakes) == (0, 1)
    assert done.lakes_km2 == pytest.approx(0.01)
    assert mended["b"].area == pytest.approx(300 * 300)
    assert shapely.get_num_interior_rings(mended["a"]) == 2


def test_bow_ties_and_islands_are_kept() -> None:
    bow = shapely.Polygon([(0, 0), (1000, 1000), (1000, 0), (0, 1000)])
    islands = shapely.MultiPolygon([square(5000, 0, 100, 100), square(6000, 0, 100, 100)])
    mended, _ = repair({"bow": bow, "islands": islands})
    assert mended["bow"].is_valid
    assert mended["bow"].area == pytest.approx(500_000)
    assert len(shapely.get_parts(mended["islands"])) == 2


def test_faults_names_the_areas_that_do_not_fit() -> None:
    assert faults({"a": square(0, 0, 10, 10), "b": square(9, 0, 10, 10), "c": square(50, 0, 1, 1)}) == ["a", "b"]
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    assert faults({"bow": bow}) == ["bow"]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 8))
def test_a_shaken_coverage_is_mended_to_its_union(seed: int, shake: float) -> None:
    """Each outline shaken on its own, corners by up to 8 m: no gap, no overlap, the union nearly kept."""
    dice = np.random.default_rng(seed)
    drawn = {}
    for row in range(4):
        for column in range(4):
            corners = shapely.get_coordinates(shapely.segmentize(square(column * 500, row * 500, 500, 500), 125))[:-1]
            drawn[f"{row}.{column}"] = shapely.Polygon(corners + dice.uniform(-shake, shake, corners.shape))
    mended, done = repair(drawn)
    assert faults(mended) == []
    assert mended.keys() == drawn.keys()
    union = shapely.union_all(list(mended.values()))
    assert sum(shape.area for shape in mended.values()) == pytest.approx(union.area)
    assert union.area / 1e6 == pytest.approx(done.after_km2)
    before = shapely.union_all(list(drawn.values()))
    assert before.difference(union).area < 16 * 2000 * GRID
    assert union.difference(before).area / 1e6 <= done.gaps_km2 + 16 * 2000 * GRID / 1e6
    points = dice.uniform(-10, 2010, (500, 2))
    held = sum(shapely.contains_xy(shape, points).astype(int) for shape in mended.values())
    assert held.max() <= 1


@pytest.mark.parametrize(
    ("file", "km2", "parts"),
    [
        ("kelurahan_3671_kota_tangerang", 178.343, 1),
        ("desa_3215_kab_karawang", 1913.674, 8),
        ("kelurahan_2171_kota_batam", 1033.632, 640),
    ],
)
def test_km2_are_geodesic_wherever_the_region_lies(shared: Path, file: str, km2: float, parts: int) -> None:
    features = json.loads((shared / f"reference/{file}.geojson").read_text("utf-8"))["features"]
    shapes = {f["id"]: shapely.from_geojson(json.dumps(f["geometry"])) for f in features}
    west, south, east, north = shapely.total_bounds(list(shapes.values()))
    plane = Plane((south + north) / 2, (west + east) / 2)
    mended, done = repair({code: plane.metres(shape) for code, shape in shapes.items()})
    assert (done.gaps, done.overlaps, done.lakes) == (0, 0, 0)
    assert done.after_km2 == pytest.approx(km2, abs=0.05)
    back = {code: plane.degrees(shape) for code, shape in mended.items()}
    assert faults(back) == []
    assert back.keys() == shapes.keys()
    moved = max(shapely.hausdorff_distance(back[code], shapes[code]) for code in shapes)
    assert moved < 3e-7
    if parts == 640:
        assert len(shapely.get_parts(shapely.coverage_union_all(list(back.values())))) == parts
