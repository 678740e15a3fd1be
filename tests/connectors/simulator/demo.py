"""A served demo for tests: prepared, filled with a short past, on loopback, its clock standing still."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.simulator import upstream
from connectors.simulator.serve import Server, application
from connectors.simulator.world import World
from layers import clock
from layers.settings import Settings, from_environment
from tests.conftest import SECRET

NOON = datetime(2026, 11, 20, 5, tzinfo=UTC)  # a Friday, 12.00 in Tangerang
HISTORY_DAYS = 45


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    settings: Settings
    systems: upstream.Systems
    url: str
    token: str


def stand(moment: datetime = NOON, speed: float = 0.0) -> None:
    """Set the clock: it stands still at ``moment``, or runs ``speed`` times as fast."""
    clock.set_clock(clock.SetClock(start=moment, since=time.time(), speed=speed))


@contextmanager
def served(data: Path, city: str = "36.71", days: int = HISTORY_DAYS) -> Iterator[Demo]:
    """The whole demo with a past of so many days."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(World, "HISTORY_DAYS", days)
        stand()
        upstream.prepare(data)
        settings = from_environment({"LIVEROOM_DATA": str(data), "LIVEROOM_SECRET": SECRET, "LIVEROOM_CITY": city})
        systems = upstream.fill(settings)
        demo = data / "demo"
        token = (demo / "token").read_text("ascii")
        port = int((demo / "port").read_text("ascii"))
        server = Server(application(systems.world, systems.known, systems.faults, token), port)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            end = time.monotonic() + 20
            while not server.started:
                assert thread.is_alive(), "the server has ended"
                assert time.monotonic() < end, "the server does not start"
                time.sleep(0.01)
            yield Demo(settings=settings, systems=systems, url=f"http://127.0.0.1:{port}", token=token)
        finally:
            server.should_exit = True
            thread.join(20)
            clock.set_clock(None)
