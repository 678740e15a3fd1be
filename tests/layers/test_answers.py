"""Answers that are remembered: once for all who ask at the same time, never a failure, and only so many."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.answers import Answers


def test_who_asks_the_same_at_the_same_time_waits_for_one_answer() -> None:
    answers, begun, go, made = Answers(8), threading.Event(), threading.Event(), []

    def make() -> str:
        made.append("made")
        begun.set()
        assert go.wait(10)
        return "answer"

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(answers.once, "key", make)
        assert begun.wait(10)
        others = [pool.submit(answers.once, "key", make) for _ in range(3)]
        assert answers.once("another", lambda: "at once") == "at once"  # a slow question holds up nobody else
        go.set()
        assert {each.result(10) for each in (first, *others)} == {"answer"}
    assert made == ["made"]


def test_a_failure_is_told_to_all_who_waited_and_asked_anew_by_the_next() -> None:
    answers, begun, go = Answers(8), threading.Event(), threading.Event()

    def fail() -> str:
        begun.set()
        assert go.wait(10)
        raise ValueError("wilayah tidak dikenal")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(answers.once, "key", fail)
        assert begun.wait(10)
        second = pool.submit(answers.once, "key", fail)
        go.set()
        for each in (first, second):
            with pytest.raises(ValueError, match="tidak dikenal"):
                each.result(10)
    assert answers.once("key", lambda: "well") == "well"


@given(st.lists(st.integers(0, 12), max_size=60), st.integers(1, 20))
def test_the_last_asked_are_kept_and_are_together_no_heavier_than_said(asked: list[int], most: int) -> None:
    answers, made = Answers(most, weigh=lambda weight: weight), Counter[int]()

    def make(weight: int) -> int:
        made[weight] += 1
        return weight

    kept: list[int] = []
    for weight in asked:
        before = made[weight]
        assert answers.once(weight, lambda weight=weight: make(weight)) == weight  # type: ignore[misc]
        assert (made[weight] == before) == (weight in kept)
        kept = [each for each in kept if each != weight] + [weight]
        while sum(kept) > most and len(kept) > 1:
            kept.pop(0)
