"""A few threads of their own for questions that may take long: they hold up nobody else, and only so many wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from dashboard.guard import Said

AT_ONCE = 2
WAITING = 8
"""Questions that are answered or wait for their turn, in one process."""
PATIENCE = 20.0
"""Seconds after which the asker is told; the answer is still finished, and remembered for who asks again."""

T = TypeVar("T")


class Lane:
    """Runs a few things at once, apart from all else."""

    def __init__(self, at_once: int = AT_ONCE, waiting: int = WAITING, patience: float = PATIENCE) -> None:
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="lane")
        self._most, self._patience = waiting, patience
        self._asked = 0
        self._lock = threading.Lock()

    async def run(self, work: Callable[[], T], *, patient: bool = False) -> T:
        """What ``work`` gives; 503 in words where too many wait, or it takes too long, unless the asker is ``patient``."""
        with self._lock:
            if self._asked >= self._most and not patient:
                raise Said(503, "Analisis sedang sibuk", "Terlalu banyak pertanyaan sekaligus. Coba lagi sebentar lagi.", again=5)
            self._asked += 1
        future = self._threads.submit(work)
        future.add_done_callback(self._answered)
        try:
            answer = asyncio.shield(asyncio.wrap_future(future))
            return await (answer if patient else asyncio.wait_for(answer, self._patience))
        except TimeoutError:
            words = "Pertanyaan ini masih dihitung. Coba lagi sebentar lagi, atau pilih kurun yang lebih pendek."
            raise Said(503, "Analisis belum selesai", words, again=10) from None

    def _answered(self, _future: Future[T]) -> None:
        with self._lock:
            self._asked -= 1
