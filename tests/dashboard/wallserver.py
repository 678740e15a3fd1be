"""A wall's server in a process of its own, to be killed: ``python -m tests.dashboard.wallserver DATA PORT CACHE_URL``.

Each line on its standard input sets the clock (as ``LIVEROOM_CLOCK`` does) and lets the hub's heart beat at once: where a clock
goes forward in leaps, a screen would otherwise be without a beat for longer than it waits.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from dashboard import feed
from dashboard.scene import scenes
from layers import clock
from layers.cache import Cache
from layers.city import SceneConfig
from tests.dashboard.server import Live, room
from tests.dashboard.snapshots import CITY
from tests.dashboard.views import drill

DWELL = timedelta(minutes=5)
TURNS = tuple(SceneConfig(name=name, dwell=DWELL) for name in scenes())
ROTATING = CITY.model_copy(update={"wall": CITY.wall.model_copy(update={"scenes": TURNS})})


def main() -> None:
    data, port, url = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    feed.LOOK = 0.25  # seconds, where the clock goes five hundred times as fast
    feed.BEAT = 3600.0  # it beats when it is told
    here = replace(room(data, drill=lambda _scope, query: drill(query)), city=ROTATING)
    live = Live(data, port=port, cache=Cache(url, CITY.code), room=here)
    live.start()
    print("ready", flush=True)
    for line in sys.stdin:
        clock.set_clock(clock.read_clock(line))
        live.beat()
        print("told", flush=True)
    os._exit(0)  # the test has gone


if __name__ == "__main__":
    main()
