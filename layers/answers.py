"""Answers that are remembered: each question is worked through once, however many ask it at the same time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Answers:
    """Keeps the answers that were asked for last, together no heavier than ``most``; each weighs 1 unless ``weigh`` says more."""

    def __init__(self, most: int, weigh: Callable[[Any], float] | None = None) -> None:
        self._most, self._weigh = most, weigh
        self._held: OrderedDict[Hashable, Future[Any]] = OrderedDict()
        self._weights: dict[Hashable, float] = {}
        self._lock = threading.Lock()

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` gave for ``key``; raises what it raised, to all who waited for it, and asks it anew the next time."""
        with self._lock:
            future = self._held.get(key)
            if mine := future is None:
                future = self._held[key] = Future()
            self._held.move_to_end(key)
        if mine:
            self._make(key, future, make)
        return cast("T", future.result())

    def _make(self, key: Hashable, future: Future[Any], make: Callable[[], Any]) -> None:
        try:
            found = make()
        except BaseException as error:  # noqa: BLE001 - whoever waits is told the same
            with self._lock:
                self._forget(key, future)
            future.set_exception(error)
            return
        with self._lock:
            if self._held.get(key) is future:
                self._weights[key] = self._weigh(found) if self._weigh else 1
            while sum(self._weights.values()) > self._most and len(self._held) > 1:
                oldest = next(iter(self._held))
                self._forget(oldest, self._held[oldest])
        future.set_result(found)

    def _forget(self, key: Hashable, future: Future[Any]) -> None:
        if self._held.get(key) is future:
            del self._held[key]
            self._weights.pop(key, None)
