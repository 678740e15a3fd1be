"""Packages beside complaints of their kind: matched by the words of the pack, at the same place, within the scope."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from layers.alike import beside, by_kind, coincident
from layers.alikerules import ROOM, Alike
from layers.model import UNPLACED, Role, Scope
from layers.readings import Room
from tests.layers.furnished import FAR, HERE, MILLION, NEXT, figures
from tests.layers.made import PUBLIC

ROADS = "Jalan, trotoar, dan jembatan"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    return figures(tmp_path_factory.mktemp("furnished"))


def test_a_package_stands_beside_complaints_of_its_kind_at_its_place(room: Room) -> None:
    found = {(row.kind, row.area): row for row in beside(PUBLIC, room, ROOM)}
    here = found[ROADS, HERE]
    assert (here.packages, here.contracted, here.pagu) == (1, 1, 900.0 * MILLION)
    assert here.open > here.received > 0, "open ones are older than 30 days too"
    assert found[ROADS, FAR].packages == 1
    assert found[ROADS, NEXT].packages == 0, "a street lamp is no road"
    assert found["Penerangan jalan", NEXT].packages == 1
    assert not any(row.kind == ROADS and row.packages for row in found.values() if row.area == UNPLACED), "a journey is no road"


def test_the_kinds_are_the_sums_of_their_places(room: Room) -> None:
    found = beside(PUBLIC, room, ROOM)
    for kind in by_kind(found):
        assert kind.open == sum(row.open for row in found if row.kind == kind.kind)
    assert all(row.open and row.area != UNPLACED for row in coincident(found))


def test_a_pack_sets_its_own_words(room: Room) -> None:
    own = (Alike(name="Dinas", complaints=("perjalanan",), packages=("saluran",)),)
    (row,) = by_kind(beside(PUBLIC, room, own))
    assert (row.packages, row.open > 0) == (1, True)
    assert beside(PUBLIC, room, ()) == ()
    with pytest.raises(ValidationError):
        Alike(name="x", complaints=(), packages=("y",))


def test_the_example_of_the_docs_is_a_rule() -> None:
    page = (Path(__file__).parents[2] / "docs" / "places.md").read_text("utf-8")
    (example,) = tomllib.loads(page.partition("```toml")[2].partition("```")[0])["alike"]
    assert Alike.model_validate(example).packages == ("drainase", "saluran", "pompa")


def test_nobody_is_told_of_what_lies_outside_of_the_scope(room: Room) -> None:
    lurah = Scope(user="l", role=Role.LURAH, areas=frozenset({HERE}))
    assert {row.area for row in beside(lurah, room, ROOM)} == {HERE}
    bidang = Scope(user="b", role=Role.BIDANG, opds=frozenset({"dpupr"}), categories=frozenset({"Sampah"}))
    found = by_kind(beside(bidang, room, ROOM))
    assert not any(row.open for row in found if row.kind == ROADS)
    assert any(row.packages for row in found if row.kind == ROADS)
