"""Questions of an analyst over the workload's rows, none remembered; some by pandas in the same run, the answers equal."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import datetime

import pandas as pd

from bench import world
from bench.report import Line, quantile
from layers.analysis.ask import Ask
from layers.analysis.engine import answer
from layers.areas import AreaTree
from layers.catalog import catalog
from layers.city import load
from layers.frames import Frames
from layers.model import Kind, Role, Scope
from layers.readings import Room

ROUNDS = 5
GOAL = 0.25
ANALYST = Scope(user="bench", role=Role.ANALYST)
QUESTIONS = (
    "by=kecamatan",
    "by=area&kurun=90h&banding=lalu",
    "by=month&per=category&kurun=tahun-ini",
    "by=weekday&per=hour&kurun=365h",
    "by=day&kurun=bulan-lalu&area=36.71.01",
    "by=channel&per=status&kurun=2025",
    "kpi=selesai_tepat_waktu&by=opd&kurun=triwulan-lalu&banding=tahun",
    "kpi=selesai_tepat_waktu&by=month&kurun=tahun-ini",
    "kpi=lama_penyelesaian&by=kecamatan&kurun=tahun-ini",
    "kpi=tingkat_penyelesaian&by=category",
    "kpi=aduan_terbuka&by=month&kurun=tahun-ini",
    "kpi=aduan_lewat_tenggat&by=opd&per=category",
)
BESIDE = ("by=month&per=category&kurun=tahun-ini", "by=weekday&per=hour&kurun=365h", "kpi=tingkat_penyelesaian&by=category")


def run(rows: int) -> Iterator[Line]:
    """Each question several times; the room has been asked before, so that what is prepared once is there."""
    city = load("36.71", packs=(world.HOME / "packs",))
    tree = AreaTree.of(city)
    frames = Frames(world.HOME / f"room-{rows}" / "frames", city, tree)
    room = Room(frames.view(), tree, city, (), datetime.fromisoformat(world.AS_OF))
    asks = {question: Ask.read(dict(part.split("=") for part in question.split("&"))) for question in QUESTIONS}
    times = {question: _times(lambda ask=ask: answer(ANALYST, room, catalog(), ask)) for question, ask in asks.items()}  # type: ignore[misc]
    every = [each for some in times.values() for each in some]
    slowest = max(times, key=lambda question: statistics.median(times[question]))
    p95 = quantile(every, 0.95)
    how = (
        f"{len(QUESTIONS)} questions {ROUNDS} times over {rows:,} complaints, none remembered; median "
        f"{1000 * statistics.median(every):.0f} ms, the slowest {slowest}: {1000 * statistics.median(times[slowest]):.0f} ms"
    )
    yield Line("a question of an analyst", f"p95 {1000 * p95:.0f} ms", how, goal=f"< {1000 * GOAL:.0f} ms", met=p95 < GOAL)
    table = room.whole[Kind.COMPLAINT].select("received", "closed", "reopened", "status", "category").to_pandas()
    table["local"] = table["received"].dt.tz_convert(city.zone.key)
    ratios = []
    for question in BESIDE:
        found = answer(ANALYST, room, catalog(), asks[question])
        theirs = _times(lambda question=question, found=found: _pandas(question, table, found.when.start, found.when.end))  # type: ignore[misc]
        assert int(_pandas(question, table, found.when.start, found.when.end).sum()) == found.total.n
        ratios.append((question, statistics.median(theirs), statistics.median(times[question])))
    how = "; ".join(f"{question}: {1000 * own:.0f} ms, pandas {1000 * other:.0f} ms" for question, other, own in ratios)
    yield Line("the same beside pandas", f"{min(other / own for _, other, own in ratios):.1f} times or more", how)


def _times(work: Callable[[], object]) -> list[float]:
    times = []
    work()
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return times


def _pandas(question: str, table: pd.DataFrame, start: datetime, end: datetime) -> pd.Series:
    """The cases behind each cell, as an analyst would count them: of the share its whole and, beside it, its part."""
    rows = table[(table["received"] >= start) & (table["received"] <= end)]
    if "weekday" in question:
        return rows.groupby([rows["local"].dt.weekday, rows["local"].dt.hour]).size()
    if "month" in question:
        return rows.groupby([rows["local"].dt.month, "category"], observed=True).size()
    ours = rows[~rows["status"].isin(["bukan_kewenangan", "duplikat", "ditolak"])]
    again = (ours["reopened"] - ours["closed"]).dt.days.between(0, 30)
    solved = (ours["status"] == "selesai") & (ours["closed"] <= end) & ~again
    shares = ours.assign(solved=solved).groupby("category", observed=True)["solved"].agg(["sum", "size"])
    return shares["size"]
