"""Deadlines and working hours for a whole column, beside the loop over rows that one would write first."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import holidays
import numpy as np
import polars as pl

from bench.report import Line
from layers.calendar import Calendar
from layers.city import load
from layers.officehours import Amount

SAMPLE = 5_000
"""Rows of the loop; its time for all is this, scaled."""

ROUNDS = 5
DAYS = 14
GOAL = 2.0


def run(rows: int) -> Iterator[Line]:
    calendar = Calendar.of(load("36.71"))
    rng = np.random.default_rng(3671)
    first = datetime(2024, 1, 1, tzinfo=UTC)
    begins = rng.integers(0, 2 * 365 * 86_400, rows) + int(first.timestamp())
    column = pl.from_epoch(pl.Series(begins), "s").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    frame = pl.DataFrame(
        {"a": column, "b": column + pl.Series(rng.integers(0, 40 * 86_400, rows) * 1_000_000).cast(pl.Duration("us"))}
    )
    due = calendar.due_at("a", Amount(n=DAYS, unit="hari kerja"), end="tutup_kantor")
    few = frame.head(SAMPLE).rows()
    free = frozenset(holidays.country_holidays("ID", categories=("public", "government"), years=range(2023, 2028)))
    calls: dict[str, tuple[pl.Expr, Callable[[datetime, datetime], object]]] = {
        f"due, {DAYS} working days": (due, lambda a, _: naive_due(a, free, calendar)),
        "working hours between": (calendar.working_hours("a", "b"), lambda a, b: naive_days(a, b, free, calendar)),
    }
    for what, (expression, loop) in calls.items():
        times = [timed(lambda expression=expression: frame.select(expression)) for _ in range(ROUNDS)]
        seconds = statistics.median(times)
        slow = timed(lambda loop=loop: [loop(a, b) for a, b in few]) * rows / SAMPLE
        how = f"median of {ROUNDS}, worst {max(times):.2f} s; plain loop, whole days only: {slow:.0f} s (from {SAMPLE:,} rows)"
        figure = f"{seconds:.2f} s, {slow / seconds:.0f} x"
        yield Line(f"{what}, {rows:,} rows", figure, how, goal=f"< {GOAL:.0f} s", met=seconds < GOAL)
    one = few[0][0]
    each = timed(lambda: [calendar.add(one, days=DAYS) for _ in range(1000)])
    yield Line("one deadline with its reasons", f"{each:.2f} ms", "mean of 1,000")


def timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def naive_due(received: datetime, free: frozenset[date], calendar: Calendar) -> datetime:
    """Close of the last of so many working days, day by day."""
    local = received.astimezone(calendar.zone)
    day, left = local.date(), DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5 and day not in free
    return datetime(day.year, day.month, day.day, 16, tzinfo=calendar.zone)


def naive_days(a: datetime, b: datetime, free: frozenset[date], calendar: Calendar) -> int:
    """Working days between two moments, day by day: even less than what the column is asked for."""
    day, last, n = a.astimezone(calendar.zone).date(), b.astimezone(calendar.zone).date(), 0
    while day < last:
        day += timedelta(days=1)
        n += day.weekday() < 5 and day not in free
    return n


if __name__ == "__main__":
    for line in run(1_000_000):
        print(f"{line.what}: {line.figure} ({line.how})")
