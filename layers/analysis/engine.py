"""Answers a question over the rows that the asker may count: bounded, and by the very expressions of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import product
from math import prod
from time import perf_counter

import polars as pl

from layers.analysis.ask import Ask
from layers.analysis.dimensions import DIMENSIONS, Dimension, Sort, bounded_by, of_kind
from layers.analysis.found import Found, Key
from layers.analysis.measures import measure
from layers.analysis.plan import Plan, TooMuchError
from layers.analysis.small import without_small
from layers.areas import AreaTree
from layers.catalog import Kpi, When, Window
from layers.city import City
from layers.contributions import NO_HISTORY, NOT_WATCHED
from layers.edges import edges
from layers.evaluate import TREND_DAYS
from layers.frames import Views
from layers.memo import kept
from layers.model import Kind, NotYoursError, Scope
from layers.periods import Period, own
from layers.rights import inside
from layers.room import Room, of_minute
from layers.runs import SourceFacts

REMEMBERED = 128
"""So many answers are kept at most; the oldest go first."""
MOST_REMEMBERED = 200_000
"""Cells of all answers that are kept, those that they are compared with too."""

MOST_CELLS = 10_000
"""Cells of one answer."""


def analyse(
    scope: Scope,
    frames: Views,
    catalog: Mapping[str, Kpi],
    tree: AreaTree,
    city: City,
    ask: Ask,
    facts: Iterable[SourceFacts],
    now: datetime,
) -> Found:
    """Answer a question, remembered by the version of the frames, the minute, the question and the asker's limits.

    Raises ``ValueError`` in words for what cannot be asked of this figure, :class:`TooMuchError` beyond the bounds and
    :class:`NotYoursError` outside the scope.
    """
    began, room = perf_counter(), of_minute(frames, tree, city, facts, now)

    def made() -> Found:
        found = answer(scope, room, catalog, ask.question)
        return replace(found, seconds=perf_counter() - began)

    key = ask.question, scope.limits, scope.may_see_rows
    found = room.once("analysis", key, made, most=MOST_REMEMBERED, weigh=_weight)
    return replace(found, ask=ask)


def _weight(found: Found) -> int:
    return max(len(found.cells) + len(found.before), MOST_REMEMBERED // REMEMBERED)


def units(frames: Mapping[Kind, pl.DataFrame]) -> Mapping[str, str]:
    """The measurements that there are, each with its unit."""
    whole = frames[Kind.MEASUREMENT]

    def made() -> dict[str, str]:
        known = whole.lazy().group_by("name").agg(pl.col("unit").last()).collect()
        return dict(known.select(pl.col("name", "unit").cast(pl.String)).iter_rows())

    return kept(whole, "units", made)


def answer(scope: Scope, room: Room, catalog: Mapping[str, Kpi], ask: Ask) -> Found:
    """:func:`analyse` of one room, not remembered."""
    kpi = measure(ask.kpi, catalog, units(room.whole))
    when, earlier = _windows(ask, kpi, room)
    dimensions = _checked(scope, ask, kpi, room, when)
    why = None if earlier is None else _incomparable(kpi, room, earlier)
    plan = Plan(scope=scope, room=room, kpi=kpi, ask=ask, dimensions=dimensions)
    now = plan.cells(when)
    past = plan.cells(earlier) if earlier is not None and why is None else {}
    keys = tuple(plan.order(k, now, when) for k in range(len(dimensions)))
    past = plan.aligned(past, keys, earlier) if earlier is not None and past else past
    size = prod(len(values) + 1 for values in keys)
    if size > MOST_CELLS:
        raise TooMuchError(f"terlalu banyak sel ({size}); paling banyak {MOST_CELLS}: pilih kurun lebih pendek atau satu dimensi")
    full: list[Key] = list(product(*[(*values, None) for values in keys]))
    cells = {key: plan.reading(key, now.get(key), when) for key in full}
    before = {key: plan.reading(key, past.get(key), earlier) for key in full} if past and earlier else {}
    found = Found(
        ask=ask,
        kpi=kpi,
        at=room.now,
        version=room.version,
        when=when,
        earlier=earlier if past else None,
        why_earlier=why,
        dimensions=dimensions,
        keys=keys,
        cells=cells,
        before=before,
        hidden=0,
        limited=scope.limited,
        at_end=kpi.kind is not None and not _flows(kpi, when),
        seconds=0.0,
    )
    return found if scope.may_see_rows else without_small(found)


# --- what can be asked -------------------------------------------------------------------------


def _windows(ask: Ask, kpi: Kpi, room: Room) -> tuple[When, When | None]:
    zone = room.city.zone
    if ask.period is None and kpi.window is Window.NOW and any(DIMENSIONS[name].sort is Sort.TIME for name in ask.dimensions):
        ask = replace(ask, period=Period.read(f"{TREND_DAYS}h"))  # a moment has no parts: how it stood of late
    if ask.period is None:
        return own(ask.against, kpi.window, zone, room.now)
    when = ask.period.when(kpi.window, zone, room.now)
    return when, ask.period.against(ask.against, kpi.window, zone, room.now)


def _flows(kpi: Kpi, when: When) -> bool:
    """Whether the figure speaks of all of its window, rather than of its end."""
    found = edges(kpi.form, kpi.window, when.zone)
    return found is not None and any(not edge.of_end for edge in found)


def _tells_past(kpi: Kpi, when: When) -> bool:
    """Whether the figure can speak of another time than now: its records tell it, or it follows those of one period."""
    return kpi.history or (kpi.kind is not Kind.MEASUREMENT and bounded_by(kpi, when) is not None)


def _incomparable(kpi: Kpi, room: Room, earlier: When) -> str | None:
    if not _tells_past(kpi, earlier):
        return NO_HISTORY
    begun = room.begun(kpi)
    since = earlier.end if kpi.window is Window.NOW else earlier.start
    return None if begun is not None and begun <= since else NOT_WATCHED


def _checked(scope: Scope, ask: Ask, kpi: Kpi, room: Room, when: When) -> tuple[Dimension, ...]:
    """The dimensions asked for; ``ValueError`` for what this figure has not, :class:`NotYoursError` for what is not theirs."""
    known = of_kind(kpi.kind)
    for name in (*ask.dimensions, *dict(ask.where)):
        if name not in known:
            raise ValueError(f"angka ini tidak dapat diurai atau disaring menurut {DIMENSIONS[name].title['id'].lower()}")
    found = tuple(known[name] for name in ask.dimensions)
    timed = any(each.sort is Sort.TIME for each in found)
    if all(each.sort is Sort.TIME for each in found) and len(found) == 2:
        raise ValueError("dua kurun kalender tidak dapat disilangkan")
    if (timed or ask.period is not None) and not _tells_past(kpi, when):
        raise ValueError(f"{NO_HISTORY}; bukalah halaman ini pada saat lampau untuk melihatnya waktu itu")
    chosen = dict(ask.where)
    area, opd, category = chosen.get("area"), chosen.get("opd"), chosen.get("category")
    if area is not None and area not in room.tree.areas:
        raise NotYoursError(area)
    if opd is not None and room.city.opd(opd) is None:
        raise NotYoursError(opd)
    if not inside(scope, opd=opd, area=area, category=category):
        raise NotYoursError(" ".join(chosen.values()))
    return found
