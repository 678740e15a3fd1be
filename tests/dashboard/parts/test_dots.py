"""New complaints that lie together: counted once each, never one mark over another, and names stay readable."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.parts.dots import MANY, Heap, clear, dots, heaps

SPOTS = st.lists(st.tuples(st.floats(0, 200), st.floats(0, 200)), max_size=60)


@settings(max_examples=50)
@given(SPOTS)
def test_every_dot_is_counted_once_and_no_mark_meets_another(spots: list[tuple[float, float]]) -> None:
    found = heaps(spots, 15.0)
    assert sorted(spot for heap in found for spot in heap.spots) == sorted(spots)
    assert not any(one.meets(other) for one, other in combinations(found, 2))
    assert found == heaps(list(reversed(spots)), 15.0), "the order in which they came says nothing"


def test_a_pair_stays_two_dots_and_three_are_a_number() -> None:
    pair = str(dots([(10.0, 10.0), (14.0, 10.0), (90.0, 90.0)], 15.0))
    assert pair.count("<circle") == MANY
    assert "<text" not in pair
    many = str(dots([(10.0, 10.0), (14.0, 10.0), (12.0, 13.0), (90.0, 90.0)], 15.0))
    assert many.count("<circle") == 2
    assert ">3</text>" in many


def test_a_number_stands_clear_of_a_name() -> None:
    heap = Heap(((50.0, 50.0),) * 7, 15.0)
    name = (20.0, 45.0, 120.0, 62.0)
    [moved] = clear([heap], [name])
    (_, y), r = moved.middle, moved.radius
    assert y + r <= name[1] or y - r >= name[3]
    beside = Heap(((50.0, 33.0),) * 4, 15.0)
    [lower, _] = clear([heap, beside], [name])
    assert lower.middle[1] - lower.radius >= name[3], "above it stands another"
    assert clear([heap], []) == [heap]
