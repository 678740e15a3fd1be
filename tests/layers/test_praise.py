"""Praise only for what chance has not made, and never for a site that is down or defaced."""

from __future__ import annotations

import pytest

from layers import praise
from layers.ranking import Ranking, Standing
from layers.room import Room
from tests.layers.furnished import SITE, figures
from tests.layers.made import DAY, NOW


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    return figures(tmp_path_factory.mktemp("furnished"))


def test_the_most_active_is_named_with_its_interval_and_the_few_posts_of_another_are_not_blamed(room: Room) -> None:
    found = praise.accounts(room)
    (first,) = found.rows
    assert (first.opd, first.value, first.first) == ("diskominfo", 90.0, 1)
    assert first.low is not None
    assert first.high is not None
    assert first.low < 90 < first.high
    assert (found.compared, found.lacking) == (2, 1)


def test_a_site_that_is_down_or_defaced_is_never_praised_however_new_it_is(room: Room) -> None:
    found = praise.sites(room)
    assert [(row.name, row.value, row.first) for row in found.rows] == [(SITE, 3.0, 1)]
    assert (found.compared, found.lacking, found.barred) == (1, 0, 2)


def test_an_old_check_of_a_site_is_no_praise_and_the_days_since_it_count(room: Room) -> None:
    def days_on(days: int) -> praise.Activity:
        return praise.sites(Room(room._view, room.tree, room.city, (), NOW + days * DAY))

    assert [row.value for row in days_on(2).rows] == [5.0]
    assert (days_on(4).rows, days_on(4).compared, days_on(4).lacking, days_on(4).barred) == ((), 0, 1, 2)


def test_best_is_who_may_be_first_and_is_certainly_better_than_the_whole() -> None:
    def row(key: str, first: int, last: int, against: int) -> Standing:
        return Standing(key=key, n=30, value=1, low=0, high=2, shrunk=1, first=first, last=last, against=against)

    rows = (row("a", 1, 2, 1), row("b", 1, 3, 0), row("c", 2, 3, 1))
    ranked = Ranking(kpi="x", method="share", city=50.0, rows=rows, lacking=())
    assert [one.key for one in praise.best(ranked)] == ["a"]
    alone = Ranking(kpi="x", method="share", city=None, rows=rows, lacking=())
    assert [one.key for one in praise.best(alone)] == ["a"], "one that may be last of all is not the best"
