"""Every standard cut of every KPI, made anew over the workload's rows."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from datetime import datetime

from bench import world
from bench.report import Line
from layers.areas import AreaTree
from layers.catalog import catalog
from layers.city import load
from layers.frames import Frames
from layers.readings import Room, readings

ROUNDS = 7
GOAL = 1.0


def run(rows: int) -> Iterator[Line]:
    """A room of no memory each time, as after a change; the frames are mapped already."""
    city = load("36.71", packs=(world.HOME / "packs",))
    tree = AreaTree.of(city)
    frames = Frames(world.HOME / f"room-{rows}" / "frames", city, tree)
    now = datetime.fromisoformat(world.AS_OF)
    frames.view()
    times: list[float] = []
    made = 0
    for _ in range(ROUNDS):
        started = time.perf_counter()
        made = sum(1 for _ in readings(catalog().values(), Room(frames.view(), tree, city, (), now)))
        times.append(time.perf_counter() - started)
    middle = statistics.median(times)
    how = f"{len(catalog())} KPIs, {made:,} readings over {rows:,} complaints; median of {ROUNDS}, worst {max(times):.2f} s"
    yield Line("all standard cuts of all KPIs", f"{middle:.2f} s", how, goal=f"< {GOAL:.0f} s", met=middle < GOAL)
