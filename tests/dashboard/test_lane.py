"""Questions that take long: so many at once, so many that wait, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import Any

import pytest

from dashboard.guard import Said
from dashboard.lane import Lane


def test_so_many_are_answered_at_once_and_so_many_wait_while_the_loop_goes_on() -> None:
    go, running = threading.Event(), []

    def work() -> int:
        running.append(threading.current_thread().name)
        go.wait(10)
        return len(running)

    async def crowd() -> list[Any]:
        lane = Lane(at_once=2, waiting=3)
        asked = [asyncio.create_task(lane.run(work)) for _ in range(4)]
        while len(running) < 2:  # noqa: ASYNC110 - the work runs in threads
            await asyncio.sleep(0.01)
        assert len(set(running)) == 2
        with pytest.raises(Said, match="sibuk"):
            await asked[3]
        go.set()
        return await asyncio.gather(*asked[:3])

    assert len(asyncio.run(crowd())) == 3
    assert len(running) == 3


def test_who_has_waited_long_enough_is_told_and_the_place_is_free_again() -> None:
    go = threading.Event()

    async def one() -> bool:
        lane = Lane(at_once=1, waiting=1, patience=0.05)
        with pytest.raises(Said, match="belum selesai"):
            await lane.run(lambda: go.wait(10))
        with pytest.raises(Said, match="sibuk"):  # it is still being answered
            await lane.run(lambda: True)
        go.set()
        for _ in range(200):
            with suppress(Said):
                return await lane.run(lambda: True)
            await asyncio.sleep(0.01)
        return False

    assert asyncio.run(one())
