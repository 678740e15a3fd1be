"""A map from facts alone: sound, near the stated areas, always the same, and never taken for a survey."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.city import City
from layers.coverage import Plane, faults
from layers.schematic import SchematicError, _Warp, draw


@pytest.fixture(scope="module")
def drawn(city: City) -> dict[str, shapely.Geometry]:
    return draw(city)


def test_every_kelurahan_is_one_piece_around_its_label(city: City, drawn: dict[str, shapely.Geometry]) -> None:
    kelurahan = {area.code: area for area in city.areas if area.code.count(".") == 3}
    assert drawn.keys() == kelurahan.keys()
    assert faults(drawn) == []
    for code, shape in drawn.items():
        assert shape.geom_type == "Polygon"
        assert len(shape.interiors) == 0
        assert shape.contains(shapely.Point(kelurahan[code].label_lon, kelurahan[code].label_lat))
    union = shapely.coverage_union_all(list(drawn.values()))
    assert union.geom_type == "Polygon"
    assert len(union.interiors) == 0


def test_areas_approach_the_stated_ones(city: City, drawn: dict[str, shapely.Geometry]) -> None:
    plane = Plane(-6.175, 106.65)
    km2 = {code: plane.metres(shape).area / 1e6 for code, shape in drawn.items()}
    stated = {area.code: area.km2 for area in city.areas if area.code in km2 and area.km2}
    off = np.array([abs(km2[code] / stated[code] - 1) for code in km2])
    assert off.mean() < 0.1
    assert off.max() < 0.35
    assert sum(km2.values()) == pytest.approx(178.35, rel=0.02)


def test_most_of_each_area_lies_where_it_really_does(city: City, drawn: dict[str, shapely.Geometry]) -> None:
    """Neighbours of the drawing against the pack's: it must be this city, not any."""
    stated = {frozenset((a.code, b)) for a in city.areas if a.code in drawn for b in a.neighbours}
    codes = sorted(drawn)
    shapes = [drawn[code] for code in codes]
    pairs = shapely.STRtree(shapes).query(shapes, predicate="touches")
    here = {frozenset((codes[i], codes[j])) for i, j in pairs.T.tolist()}
    assert len(here & stated) / len(stated) > 0.75


def test_edges_wander_as_real_ones_do(drawn: dict[str, shapely.Geometry]) -> None:
    vertices = shapely.get_num_coordinates(list(drawn.values()))
    assert 2500 < vertices.sum() < 6000
    straightness = [shape.convex_hull.length / shape.length for shape in drawn.values()]
    assert 0.8 < float(np.mean(straightness)) < 0.97  # 1 would be the bare polygons of the diagram


def test_the_same_facts_give_the_same_map(city: City, drawn: dict[str, shapely.Geometry]) -> None:
    again = draw(city.model_copy(update={"areas": tuple(reversed(city.areas))}))
    assert {code: shape.wkb for code, shape in again.items()} == {code: shape.wkb for code, shape in drawn.items()}


@pytest.mark.parametrize("change", [{"outline": ()}, {"areas": "label"}, {"areas": "km2"}])
def test_missing_facts_are_named(city: City, change: dict[str, object]) -> None:
    if "areas" in change:
        gap = {"label": {"label_lat": None}, "km2": {"km2": None}}[str(change["areas"])]
        change = {"areas": tuple(a.model_copy(update=gap) if a.code == "36.71.01.1003" else a for a in city.areas)}
    with pytest.raises(SchematicError, match=r"garis luar|36\.71\.01\.1003 Tanah Tinggi"):
        draw(city.model_copy(update=change))


def test_two_areas_on_one_point_are_not_drawn(city: City) -> None:
    same = {"label_lat": -6.1717, "label_lon": 106.6317}
    areas = tuple(a.model_copy(update=same) if a.code == "36.71.01.1003" else a for a in city.areas)
    with pytest.raises(SchematicError, match="bertitik label sama"):
        draw(city.model_copy(update={"areas": areas}))


def test_a_label_outside_the_outline_still_has_its_area(city: City) -> None:
    north = [a.label_lat for a in city.areas if a.label_lat is not None]
    outline = tuple((min(lat, max(north) - 0.001), lon) for lat, lon in city.outline)
    drawn = draw(city.model_copy(update={"outline": outline}))
    assert faults(drawn) == []
    assert len(drawn) == 104


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 40))
def test_any_city_can_be_drawn(seed: int, n: int) -> None:
    dice = np.random.default_rng(seed)
    spots = dice.permutation(64)[:n]
    areas = [{"code": "99.01.01", "name": "K"}]
    for i, spot in enumerate(spots.tolist()):
        lat, lon = -7 + (spot // 8 + dice.uniform(0.15, 0.85)) * 0.02, 110 + (spot % 8 + dice.uniform(0.15, 0.85)) * 0.02
        km2 = float(np.exp(dice.normal(math.log(3), 0.7)))
        areas.append({"code": f"99.01.01.{1001 + i}", "name": f"D{i}", "label_lat": lat, "label_lon": lon, "km2": km2})
    outline = [(-7, 110), (-7, 110.16), (-6.95, 110.12), (-6.84, 110.16), (-6.84, 110), (-6.9, 110.05)]
    wall = {"tiles": ["a"], "map": "a", "ranking": "a"}
    pack = {"code": "99.01", "name": "C", "zone": "Asia/Jakarta", "areas": areas, "opds": [], "wall": wall, "outline": outline}
    drawn = draw(City.model_validate(pack))
    assert len(drawn) == n
    assert faults(drawn) == []
    for area in areas[1:]:
        assert drawn[str(area["code"])].contains(shapely.Point(area["label_lon"], area["label_lat"]))


@given(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5), st.floats(200, 20_000))
def test_the_bending_can_be_undone(x: float, y: float, size: float) -> None:
    warp = _Warp(size)
    point = np.array([[x, y]])
    assert np.abs(warp.back(warp.there(point)) - point).max() < 0.01
