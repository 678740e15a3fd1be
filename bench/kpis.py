"""All standard cuts of all KPIs after a change, and a filtered page of KPIs; the same figures by pandas in the same run."""

from __future__ import annotations

import gc
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from math import isclose
from typing import NamedTuple

import psutil

from bench import world
from bench.baseline import FIGURES, Baseline, Stated
from bench.report import Line, quantile
from layers.areas import AreaTree
from layers.catalog import catalog
from layers.city import City, load
from layers.drill import Drill, Query, drill
from layers.frames import Frames
from layers.model import Complaint, Kind, PlacedBy, Role, Scope, Status
from layers.prepared import prepared
from layers.publish import build
from layers.readings import Room, readings
from layers.settings import from_environment
from layers.store import Batch, Store

ROUNDS, CHANGED, PAGES = 20, 3, 60
GOAL_ALL, GOAL_PAGE = 1.0, 0.05
SOURCE = "lr1_berubah"
TICK = timedelta(seconds=15)


class Cost(NamedTuple):
    """Seconds by the clock, and of processor: where others use the machine too, only these can be compared."""

    wall: float
    cpu: float


def run(rows: int) -> Iterator[Line]:
    """The store, the frames and the figures of a real room; a clock that goes on by a tick each round."""
    folder = world.HOME / f"room-{rows}"
    settings = from_environment(world.environment(folder, world.HOME / "packs"))
    city = load("36.71", packs=(world.HOME / "packs",))
    tree = AreaTree.of(city)
    frames = Frames(folder / "frames", city, tree)
    store = Store(settings.database_url, city.zone, settings.secret)
    store.open()
    try:
        yield from _measured(rows, city, tree, frames, store)
    finally:
        store.close()


def _measured(rows: int, city: City, tree: AreaTree, frames: Frames, store: Store) -> Iterator[Line]:
    chance = random.Random(rows)
    start = datetime.fromisoformat(world.AS_OF)
    few = [catalog()[name] for name in FIGURES]

    def changed(number: int) -> datetime:
        now = start + number * TICK
        _change(store, city, chance, now)
        frames.refresh(store)
        return now

    def few_of(number: int) -> Cost:
        now = changed(number)
        return _timed(lambda: list(readings(few, Room(frames.view(), tree, city, store.source_states(), now))))

    def all_of(number: int) -> Cost:
        now = changed(number)
        return _timed(lambda: build(frames, catalog(), tree, city, store, now, number))

    for number in range(2):
        all_of(number)
    times = [all_of(number) for number in range(2, ROUNDS + 2)]
    snapshot = build(frames, catalog(), tree, city, store, start, ROUNDS + 2)
    fed = len({r.kpi for r in snapshot.readings if r.n})
    made = f"{len(snapshot.readings):,} readings of {len(catalog())} KPIs ({fed} with rows)"
    how = f"{made}, {CHANGED} complaints of {rows:,} changed before each of {ROUNDS}"
    yield _line("all standard cuts of all KPIs after a change", times, GOAL_ALL, how)
    some = [few_of(number) for number in range(ROUNDS + 2, 2 * ROUNDS)]

    facts, public = list(store.source_states()), Scope(user="bench", role=Role.PUBLIC)
    queries = _queries(frames, tree, chance)
    now = start + (2 * ROUNDS) * TICK
    drill(public, frames, catalog(), tree, city, Query(), facts, now)
    drills: list[Drill] = []
    pages = [_timed(lambda q=q: drills.append(drill(public, frames, catalog(), tree, city, q, facts, now))) for q in queries]
    cuts = f"{len(pages)} cuts by kelurahan, category and channel"
    how = f"{cuts}; {len(drills[0].readings)} KPIs with their change, 90 days, three breakdowns"
    yield _line("a filtered page of KPIs", pages, GOAL_PAGE, how)
    memory = psutil.Process().memory_info().rss / 2**20
    yield Line("memory of the process so far", f"{memory:,.0f} MB", "mapped files included")

    room = Room(frames.view(), tree, city, facts, now)
    baseline = Baseline(prepared(Kind.COMPLAINT, room.whole[Kind.COMPLAINT], city, now), tree, now)
    gc.collect()
    given: list[dict[tuple[str, str], Stated]] = []
    theirs = [_timed(lambda: given.append(baseline.everywhere())) for _ in range(3)]
    _same({(r.kpi, r.opd or r.area): (r.value, r.change) for r in readings(few, room)}, given[-1])
    what = f"{len(few)} of the KPIs with their change, at all standard cuts"
    yield _beside(what, some, theirs, "both after the rows are in memory, values equal")
    theirs = [_timed(lambda q=q: given.append(baseline.page(q))) for q in queries]
    for found, their in zip(drills, given[3:], strict=True):
        _same({(r.kpi, city.code): (r.value, r.change) for r in found.readings}, their)
    how = f"pandas makes {len(few)} of the page's {len(drills[0].readings)} KPIs, values equal"
    yield _beside("a filtered page", pages, theirs, how)
    added = psutil.Process().memory_info().rss / 2**20 - memory
    yield Line("memory that pandas adds", f"{added:,.0f} MB", "the same complaints, the columns read")


def _change(store: Store, city: City, chance: random.Random, now: datetime) -> None:
    areas = [area.code for area in city.areas if area.code.count(".") == 3]
    records = [
        Complaint(
            source=SOURCE, source_id=f"{time.time_ns()}-{i}", seen_at=now, received=now - timedelta(seconds=i + 1),
            status=Status.WAITING, category="Sampah", channel="Aplikasi", opd=chance.choice(city.opds).slug,
            area=chance.choice(areas), placed_by=PlacedBy.CODE,
        )
        for i in range(CHANGED)
    ]  # fmt: skip
    run = store.begin_run(SOURCE, now)
    store.upsert_batch(Batch(source=SOURCE, run_id=run, records=records, excluded={}, rejects=[], cursor=None, now=now))


def _queries(frames: Frames, tree: AreaTree, chance: random.Random) -> list[Query]:
    rows = frames.frame(Kind.COMPLAINT)
    categories, channels = (sorted(rows[name].unique().cast(str)) for name in ("category", "channel"))
    areas = [area.code for area in tree.kelurahan]
    return list(
        dict.fromkeys(
            Query(area=chance.choice(areas), category=chance.choice(categories), channel=chance.choice([None, *channels]))
            for _ in range(PAGES)
        )
    )


def _timed(work: Callable[[], object]) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def _line(what: str, costs: Sequence[Cost], goal: float, how: str) -> Line:
    p95 = quantile([cost.wall for cost in costs], 0.95)
    wall, cpu = (statistics.median(each) for each in zip(*costs, strict=True))
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    how = f"{how}; median {wall:.3f} s, {cpu:.3f} s of processor, {load}"
    return Line(what, f"p95 {p95:.3f} s", how, goal=f"p95 < {goal:g} s", met=p95 < goal)


def _beside(what: str, ours: Sequence[Cost], theirs: Sequence[Cost], how: str) -> Line:
    mine, other = (statistics.median(cost.cpu for cost in costs) for costs in (ours, theirs))
    how = f"median {mine:.3f} s of processor against {other:.3f} s; {how}"
    return Line(f"{what}, beside pandas", f"{other / mine:.1f} x", how)


def _same(ours: Mapping[tuple[str, str], Stated], theirs: Mapping[tuple[str, str], Stated]) -> None:
    """Raise unless every figure of theirs is ours too, but for the rounding of sums."""

    def equal(some: float | None, other: float | None) -> bool:
        return some == other or (some is not None and other is not None and isclose(some, other, rel_tol=1e-9, abs_tol=1e-9))

    wrong = sorted(key for key in theirs if not all(map(equal, ours.get(key, (0.0, None)), theirs[key])))
    if wrong or not theirs:
        raise AssertionError(f"pandas says otherwise of {len(wrong)} figures: {[(k, ours.get(k), theirs[k]) for k in wrong[:4]]}")
