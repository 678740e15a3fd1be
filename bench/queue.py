"""A page of the deadline queue over a hundred thousand open cases of one OPD, beside the same page in pandas."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl

from bench import world
from bench.report import Line, quantile
from layers.areas import AreaTree
from layers.calendar import Calendar
from layers.city import load
from layers.drill import Query
from layers.frames import Frames, View
from layers.model import Kind, Role, Scope
from layers.queue import SIZE, queue
from layers.room import Room

OPEN = 120_000
GOAL = 0.1
PAGES = 60
OPD = "opd-01"


def run(rows: int) -> Iterator[Line]:
    """The first page of each room is told apart: it counts the working time of all cases, which the others go on from."""
    city = load("36.71", packs=(world.HOME / "packs",))
    tree, now = AreaTree.of(city), datetime.fromisoformat(world.AS_OF).astimezone(UTC)
    whole = Frames(world.HOME / f"room-{rows}" / "frames", city, tree).frame(Kind.COMPLAINT)
    frame = _crowded(whole, now)
    view = View(1, 1, {Kind.COMPLAINT: {"2026-06": frame}})
    scope = Scope(user="kepala", role=Role.OPD_HEAD, opds=frozenset({OPD}))
    first = [_timed(lambda: queue(scope, Room(view, tree, city, (), now), Query(opd=OPD))) for _ in range(5)]
    room = Room(view, tree, city, (), now)
    found = queue(scope, room, Query(opd=OPD))
    assert found.total == OPEN
    times = [_timed(ask) for ask in itertools.islice(_asks(scope, room, frame), PAGES)]
    p95 = quantile(times, 0.95)
    how = f"{PAGES} pages in seven orders, narrowed and not, {OPEN:,} open of {frame.height:,} rows; "
    how += f"the first after new data {1000 * quantile(first, 0.5):.0f} ms"
    yield Line("a page of the queue", f"p95 {1000 * p95:.1f} ms", how, goal=f"< {1000 * GOAL:.0f} ms", met=p95 < GOAL)
    table = frame.filter(pl.col("opd").cast(pl.String) == OPD).to_pandas()
    calendar = Calendar.of(city, now, opd=OPD)
    theirs = [_timed(lambda: _pandas(table, calendar, now)) for _ in range(7)]
    page = _pandas(table, calendar, now)
    assert [case.left for case in found.cases] == page["left"].tolist()
    slow = quantile(theirs, 0.5)
    how = f"the first page after new data; pandas {1000 * slow:.0f} ms out of the OPD's own rows, given already; times left equal"
    yield Line("the same beside pandas", f"{slow / quantile(first, 0.5):.1f} times", how)


def _crowded(whole: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """The workload's rows, of which the newest :data:`OPEN` are open cases of one OPD, due within three months."""
    dice = np.random.default_rng(3671)
    due = pl.Series(dice.integers(-60 * 86_400, 30 * 86_400, OPEN) * 1_000_000).cast(pl.Duration("us"))
    newest = whole.filter(pl.col("received") <= now).sort("received", descending=True)  # others may have fed the room since
    some = newest.head(OPEN).with_columns(
        status=pl.lit("diproses").cast(pl.Categorical),
        opd=pl.lit(OPD).cast(pl.Categorical),
        closed=pl.lit(None, dtype=pl.Datetime("us", "UTC")),
        due=pl.lit(now) + due,
    )
    rest = newest.slice(OPEN).filter(pl.col("opd").cast(pl.String) != OPD)
    return pl.concat([some.select(whole.columns), rest])


def _asks(scope: Scope, room: Room, frame: pl.DataFrame) -> Iterator[Callable[[], object]]:
    """Pages near and far, in every order, narrowed by category, urgency and number."""
    categories = frame["category"].cast(pl.String).unique().sort().to_list()
    orders = ("left", "-left", "-received", "category", "area", "status", "source_id")
    for k in itertools.count():
        query = Query(opd=OPD, category=categories[k % len(categories)] if k % 3 == 2 else None)
        options = {"urgency": ("late", "today", None)[k % 3], "number": "5" if k % 7 == 6 else None}
        page, order = (1, 2, 50, 900)[k % 4], orders[k % len(orders)]
        yield lambda query=query, page=page, order=order, options=options: queue(
            scope, room, query, page=page, order=order, **options
        )


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _pandas(rows: pd.DataFrame, calendar: Calendar, now: datetime) -> pd.DataFrame:
    """Open, by the working time left: the calendar's own arithmetic, everything else as one writes it in pandas."""
    held = rows[rows["status"].isin(["menunggu", "diproses"]) & (rows["received"] <= now)].copy()
    moments = pl.Series([now] * len(held), dtype=pl.Datetime("us", "UTC"))
    office = calendar.seconds_between(moments, pl.from_pandas(held["due"]).dt.cast_time_unit("us")).to_numpy()
    clock = (held["due"] - now) // timedelta(seconds=1)
    held["left"] = np.where(held["channel"].astype(str) == "112", clock, office)
    return held.sort_values(["due", "source_id"]).head(SIZE)
