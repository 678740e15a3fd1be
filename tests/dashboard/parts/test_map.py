"""The map: classes, words of the legend, hatching where nothing is known, and names that never collide."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.parts.labels import HEIGHT, WIDTH, place_labels
from dashboard.parts.map import breaks, class_of, map_legend, map_overlay, map_stage, paints
from layers.catalog import catalog
from layers.model import UNPLACED
from layers.snapshot import Dot, Reading
from tests.dashboard.snapshots import KELURAHAN, NOW, reading, snapshot
from tests.dashboard.views import TINY_MAP, view

KPI = catalog()["aduan_lewat_tenggat"]
SEEN = view()


def city(*values: float | None, unplaced: float | None = None) -> tuple[Reading, ...]:
    found = tuple(reading(KPI.id, code, value=value) for code, value in zip(KELURAHAN, values, strict=True))
    return found if unplaced is None else (*found, reading(KPI.id, UNPLACED, value=unplaced))


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=104))
def test_classes_follow_the_order_of_the_values(values: list[float]) -> None:
    ends = breaks(values)
    assert list(ends) == sorted(ends)
    classes = [class_of(value, ends) for value in sorted(values)]
    assert classes == sorted(classes)
    assert set(classes) <= {"q0", "q1", "q2", "q3", "q4"}
    assert all((class_of(value, ends) == "q0") == (value == 0) for value in values)


def test_an_area_without_a_value_is_hatched_and_says_why() -> None:
    shown = snapshot(readings=city(0.0, 3.0, None, 9.0))
    found = paints(shown, SEEN, KPI)
    assert [found[code].cls for code in KELURAHAN] == ["q0", "q1", "qn", "q2"]
    assert found[KELURAHAN[2]].value is None
    assert "Belum cukup data" in found[KELURAHAN[2]].label
    assert found[KELURAHAN[1]].label == "Kenanga, Kec. Kecamatan Satu: 3\u00a0aduan"


def test_the_legend_says_the_bounds_in_words_and_counts_the_unplaced() -> None:
    drawn = str(map_legend(snapshot(readings=city(0.0, 3.0, None, 9.0, unplaced=12.0)), SEEN, KPI))
    for words in ("tidak ada", ">3<", "4–9", "belum ada data", "tanpa lokasi 12\u00a0aduan"):
        assert words in drawn
    assert "lebih dari" not in drawn, "a class that no area has is not explained"


def test_shapes_are_links_with_a_name_and_a_value() -> None:
    shown = snapshot(readings=city(0.0, 3.0, None, 9.0))
    drawn = str(map_stage(SEEN, paints(shown, SEEN, KPI), None, selected=KELURAHAN[1]))
    assert drawn.count("data-area=") == 4
    assert f'<a href="/kelurahan/{KELURAHAN[1]}"><path data-area="{KELURAHAN[1]}" data-value="3" class="q1"' in drawn
    assert 'data-value=""' in drawn
    assert f'class="selected" d="{TINY_MAP.paths[KELURAHAN[1]]}"' in drawn


def test_only_complaints_of_the_last_hour_are_dots_and_urgent_cases_are_rings() -> None:
    shown = snapshot()
    dots = (Dot(lat=-6.2, lon=106.63, at=NOW - timedelta(minutes=3)), Dot(lat=-6.2, lon=106.63, at=NOW - timedelta(minutes=61)))
    drawn = str(map_overlay(dots, shown.attention, SEEN))
    assert drawn.count('r="3.2"') == 1
    assert drawn.count('class="ring"') == 1, "the watched case has no ring"
    calm = tuple(replace(case, area="36.71") for case in shown.attention)
    assert 'class="ring"' not in str(map_overlay((), calm, SEEN))


@given(
    st.dictionaries(st.integers(0, 40).map(str), st.tuples(st.floats(0, 1000), st.floats(0, 800)), max_size=40),
    st.lists(st.text("ABCDE ", min_size=1, max_size=20), min_size=40, max_size=40),
)
def test_placed_names_never_collide_and_stay_on_the_map(points: dict[str, tuple[float, float]], words: list[str]) -> None:
    names = dict(zip(points, words, strict=False))
    size = 17.0
    placed = place_labels(names, points, size, 1000, 800)
    boxes = [
        (x - len(names[c]) * size * WIDTH / 2, y - size * HEIGHT / 2, x + len(names[c]) * size * WIDTH / 2, y + size * HEIGHT / 2)
        for c, (x, y) in placed.items()
    ]
    for place, one in enumerate(boxes):
        assert min(one[0], one[1], 1000 - one[2], 800 - one[3]) >= -1e-6
        assert not any(one[0] < o[2] and o[0] < one[2] and one[1] < o[3] and o[1] < one[3] for o in boxes[place + 1 :])


def test_a_name_with_room_stands_at_its_own_point() -> None:
    assert place_labels({"a": "BENDA"}, {"a": (500.0, 400.0)}, 17.0, 1000, 800) == {"a": (500.0, 400.0)}


@pytest.mark.parametrize("size", [17.0, 30.0])
def test_a_name_without_a_point_is_left_out(size: float) -> None:
    assert place_labels({"a": "BENDA"}, {}, size, 1000, 800) == {}
