"""What is told of one place: its counters, links, sites, form and rain, and to whom."""

from __future__ import annotations

import pytest

from layers import placed
from layers.model import Role, Scope
from layers.room import Room
from tests.layers.furnished import FAR, HERE, NEXT, SITE, figures
from tests.layers.made import ANALYST, PUBLIC

LURAH = Scope(user="lurah", role=Role.LURAH, areas=frozenset({HERE}))
BIDANG = Scope(user="bidang", role=Role.BIDANG, opds=frozenset({"disdukcapil"}), categories=frozenset({"Sampah"}))


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    return figures(tmp_path_factory.mktemp("furnished"))


def test_services_are_summed_at_the_place_and_at_the_kecamatan_that_holds_it(room: Room) -> None:
    one, next_, few = placed.counters(ANALYST, room, HERE)
    assert (one.service, one.served, one.on_time, one.waiting) == ("KTP-el", 80, 95.0, 10.5)
    assert (next_.served, few.service, few.served) == (8, "Rekomendasi disabilitas", 2)
    assert [c.served for c in placed.counters(ANALYST, room, "36.71.01")] == [160, 16, 4]
    assert placed.counters(ANALYST, room, FAR) == ()


def test_so_few_that_people_could_be_singled_out_are_told_only_to_who_may_see_rows(room: Room) -> None:
    one, next_, few = placed.counters(PUBLIC, room, HERE)
    assert one.served == 80
    assert (few.served, few.on_time, few.waiting) == (None, None, None)
    assert next_.served is None, "else the one gap could be worked out from the total"
    assert [c.served for c in placed.counters(PUBLIC, room, "36.71.01")] == [160, 16, 4]


def test_a_scope_counts_its_own_rows_alone(room: Room) -> None:
    assert placed.counters(LURAH, room, HERE) == placed.counters(ANALYST, room, HERE)
    assert placed.counters(LURAH, room, NEXT) == ()
    other = Scope(user="x", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
    assert placed.counters(other, room, HERE) == ()
    assert placed.counters(BIDANG, room, HERE), "services have no category to be limited by"
    with pytest.raises(ValueError, match=r"36\.99"):
        placed.counters(ANALYST, room, "36.99")


def test_what_does_not_answer_comes_first_and_nobody_is_told_of_other_areas(room: Room) -> None:
    found = placed.lines(PUBLIC, room, "36.71.01")
    assert [(line.name, line.up, line.site) for line in found] == [(NEXT, False, False), (HERE, True, False), (SITE, True, True)]
    assert found[1].latency == 8.0
    assert [line.name for line in placed.lines(LURAH, room, "36.71.01")] == [HERE, SITE]


def test_a_form_tells_of_land_and_never_of_few_people(room: Room) -> None:
    form = placed.form(PUBLIC, room, HERE)
    assert form is not None
    assert dict(form.values) == {"luas_ha": (153.5, "ha")}
    assert placed.form(PUBLIC, room, NEXT) is None
    assert placed.form(LURAH, room, HERE) == form
    assert placed.form(Scope(user="x", role=Role.LURAH, areas=frozenset({NEXT})), room, HERE) is None


def test_the_rain_ahead_is_told_step_by_step(room: Room) -> None:
    assert [mm for _, mm in placed.forecast(PUBLIC, room, HERE)] == [0.0, 12.5, 33.0]
    assert placed.forecast(PUBLIC, room, FAR) == ()
