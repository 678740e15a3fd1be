"""Intervals that anyone can check against a table, and lengths of time in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from layers.explain import span, wilson


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(0, 10, 0.0, 27.75), (10, 10, 72.25, 100.0), (8, 10, 49.02, 94.33), (81, 263, 25.53, 36.62), (950, 1000, 93.47, 96.19)],
)
def test_wilson(part: int, whole: int, low: float, high: float) -> None:
    """81 of 263 is the worked example of Newcombe (1998), method 3: 25.53 to 36.62 percent."""
    assert wilson(part, whole) == pytest.approx((low, high), abs=0.005)


def test_a_share_of_nothing_has_no_interval() -> None:
    with pytest.raises(ValueError, match="nothing"):
        wilson(0, 0)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(days=9, hours=23), "9 hari"),
        (timedelta(hours=24), "1 hari"),
        (timedelta(hours=23, minutes=59), "23 jam"),
        (timedelta(minutes=59), "59 menit"),
        (timedelta(seconds=-5), "0 menit"),
    ],
)
def test_span(length: timedelta, words: str) -> None:
    assert span(length) == words
