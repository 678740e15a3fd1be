"""Things are found by names as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.areas import AreaTree
from layers.city import City
from layers.finding import LONGEST, Index, closeness, words


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("poris gaga", "Poris Gaga"),
        ("PORIS-GAGA", "Poris Gaga"),
        ("porisgaga", "Poris Gaga"),
        ("gaga poris", "Poris Gaga"),
        ("por ga", "Poris Gaga"),
        ("pôrís", "Poris Gaga"),
        ("kalideres", "Kali Deres"),
        ("kali deres", "Kalideres"),
        ("karawachi", "Karawaci"),
        ("karwaci", "Karawaci"),
        ("disdukcpil", "Disdukcapil"),
        ("keperencanan", "Keperencanaan"),
    ],
)
def test_a_name_is_known_as_people_type_it(asked: str, name: str) -> None:
    assert closeness(asked, name) is not None


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("", "Poris Gaga"),
        ("  --  ", "Poris Gaga"),
        ("poris jaya", "Poris Gaga"),
        ("bena", "bunga"),
        ("pagi", "pasi"),
        ("36.71.01.1002", "36.71.01.1001"),
        ("2025", "2026"),
    ],
)
def test_another_name_is_another_thing(asked: str, name: str) -> None:
    assert closeness(asked, name) is None


def test_the_closest_come_first_and_what_is_near_comes_last() -> None:
    index: Index[str] = Index()
    index.add("near", ("Poris Plawad",), ("Cipondoh",))
    index.add("later", ("Kantor Cipondoh",))
    index.add("begun", ("Cipondohan",))
    index.add("mended", ("Cipondhoh",))
    index.add("exact", ("Cipondoh",))
    assert [hit.thing for hit in index.find("cipondoh")] == ["exact", "later", "begun", "mended", "near"]


@given(st.data())
def test_every_area_is_found_by_its_name_with_a_letter_too_few(city: City, data: st.DataObject) -> None:
    index: Index[str] = Index()
    for area in (tree := AreaTree.of(city)).kelurahan:
        index.add(area.code, (area.name,))
    area = data.draw(st.sampled_from([a for a in tree.kelurahan if len(words(a.name)) == 1 and len(a.name) > 6]))
    gone = data.draw(st.integers(1, len(area.name) - 1))
    asked = area.name[:gone] + area.name[gone + 1 :]
    assert area.code in [hit.thing for hit in index.find(asked)]


@given(st.text(max_size=400))
def test_any_text_is_looked_for_within_bounds(asked: str) -> None:
    index: Index[int] = Index()
    index.add(1, ("a" * LONGEST,))
    assert len(list(index.find(asked))) <= 1
