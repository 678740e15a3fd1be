"""Ten alarms in ten minutes are a flood, until fewer than five are left of them; and how good a week's alarms were."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.floods import FLOOD, FLOOD_ENDS, WINDOW, floods, recent, statistics, under_way
from tests.layers.made import DAY, HOUR, NOW

MINUTE = timedelta(minutes=1)
MOMENTS = st.lists(st.integers(0, 7200).map(lambda s: NOW - timedelta(seconds=s)), max_size=60)


def every(step: timedelta, n: int, until: datetime = NOW) -> list[datetime]:
    return [until - k * step for k in range(n)]


@pytest.mark.parametrize(("n", "expected"), [(9, None), (10, 10), (23, 23)])
def test_ten_within_ten_minutes_are_a_flood(n: int, expected: int | None) -> None:
    flood = under_way(every(timedelta(seconds=20), n), NOW)
    assert (flood.n if flood else None) == expected


def test_nine_and_one_ten_minutes_later_are_none() -> None:
    assert floods([*every(timedelta(seconds=1), 9, NOW - WINDOW), NOW], NOW) == ()


def test_it_is_over_when_fewer_than_five_are_left() -> None:
    rang = every(MINUTE, 10)  # one a minute: the fifth-last leaves the window six minutes from now
    (flood,) = floods(rang, NOW + HOUR)
    assert (flood.since, flood.until) == (NOW, NOW + 6 * MINUTE)
    assert under_way(rang, NOW + 6 * MINUTE - timedelta(seconds=1))
    assert under_way(rang, NOW + 6 * MINUTE) is None


@given(MOMENTS)
def test_a_flood_lasts_as_its_rule_says_at_every_moment(rang: list[datetime]) -> None:
    flooding = False
    marks = sorted({*rang, *(at + WINDOW for at in rang)})
    for now in marks:
        n = recent(rang, now)
        flooding = n >= FLOOD or (flooding and n >= FLOOD_ENDS)
        assert (under_way(rang, now) is not None) == flooding, now


@given(MOMENTS)
def test_order_does_not_matter(rang: list[datetime]) -> None:
    assert floods(rang, NOW) == floods(list(reversed(rang)), NOW)


def test_statistics_of_a_day() -> None:
    rings = [("a", at) for at in every(MINUTE, 10)] + [("b", NOW - 5 * HOUR), ("c", NOW - 2 * DAY)]
    found = statistics(rings, NOW - DAY, NOW + 6 * MINUTE)
    assert (found.rang, found.busiest, found.floods) == (11, 10, 1)
    assert found.per_window == pytest.approx(11 * 10 / (24 * 60 + 6))
    assert found.flood_share == pytest.approx(100 * 6 / (24 * 60 + 6))
    assert found.chattering == (("a", 10),)
