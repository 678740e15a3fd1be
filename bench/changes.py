"""Why figures changed: the contributions of every complaint share over the workload's rows, beside pandas for one of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pandas as pd

from bench import world
from bench.report import Line
from layers.areas import AreaTree
from layers.catalog import Share, Window, catalog
from layers.city import load
from layers.contributions import BY, contributions
from layers.frames import Frames
from layers.model import Kind
from layers.readings import Room

ROUNDS = 7
GOAL = 0.2
ONE = "selesai_tepat_waktu"


def run(rows: int) -> Iterator[Line]:
    """The rows of the last 60 days are prepared already, as for whoever asks second."""
    city = load("36.71", packs=(world.HOME / "packs",))
    frames = Frames(world.HOME / f"room-{rows}" / "frames", city, AreaTree.of(city))
    room = Room(frames.view(), AreaTree.of(city), city, (), datetime.fromisoformat(world.AS_OF))
    near = room.recent(Kind.COMPLAINT)
    shares = [
        kpi
        for kpi in catalog().values()
        if kpi.kind is Kind.COMPLAINT and isinstance(kpi.form, Share) and kpi.window is Window.DAYS30
    ]
    split = [found for kpi in shares if (found := contributions(kpi, room)).parts]
    assert all(abs(sum(part.total for part in found.parts) - (found.change or 0)) < 1e-9 for found in split)
    each = _median(lambda: [contributions(catalog()[found.kpi], room) for found in split]) / len(split)
    one = _median(lambda: contributions(catalog()[ONE], room))
    table = near.select(*BY, "closed", "due", "reopened", "status").to_pandas()
    theirs = _median(lambda: _pandas(table, room.now))
    change = contributions(catalog()[ONE], room).change
    assert abs(_pandas(table, room.now)["total"].sum() - (change or 0)) < 1e-9
    how = f"{len(split)} shares by category x area x OPD, 30 days against 30, {rows:,} complaints; median of {ROUNDS}"
    yield Line("a change split exactly", f"{1000 * each:.0f} ms", how, goal=f"< {1000 * GOAL:.0f} ms", met=each < GOAL)
    how = f"{ONE} alone in {1000 * one:.0f} ms, the same sums in pandas in {1000 * theirs:.0f} ms, the answers equal"
    yield Line("the same beside pandas", f"{theirs / one:.1f} times", how)


def _median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def _pandas(rows: pd.DataFrame, now: datetime) -> pd.DataFrame:
    """Closed on time, 30 days against the 30 before, by Kitagawa's midpoint form."""
    sums = []
    for end in (now - timedelta(days=30), now):
        held = rows[(rows["status"] == "selesai") & rows["closed"].between(end - timedelta(days=30), end) & rows["due"].notna()]
        good = (held["closed"] <= held["due"]) & (held["reopened"].isna() | (held["reopened"] < held["closed"]))
        sums.append(held.assign(p=good, w=1).groupby(list(BY), observed=True, dropna=False)[["p", "w"]].sum())
    both = sums[0].join(sums[1], how="outer", lsuffix="0", rsuffix="1").fillna(0)
    share0, share1 = both["w0"] / both["w0"].sum(), both["w1"] / both["w1"].sum()
    own0, own1 = both["p0"] / both["w0"].where(both["w0"] > 0), both["p1"] / both["w1"].where(both["w1"] > 0)
    rate0, rate1 = own0.fillna(own1), own1.fillna(own0)
    mean = (both["p0"].sum() / both["w0"].sum() + both["p1"].sum() / both["w1"].sum()) / 2
    both["mix"] = 100 * ((rate0 + rate1) / 2 - mean) * (share1 - share0)
    both["rate"] = 100 * (share0 + share1) / 2 * (rate1 - rate0)
    both["total"] = both["mix"] + both["rate"]
    return both
