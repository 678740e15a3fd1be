"""How a figure went over the days of a window, for an OPD and for the city beside it; and what it was a year ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import product

import polars as pl

from layers.along import along
from layers.catalog import OPDS, Form, Kpi, Quantile, When, Window
from layers.clock import start_of_day
from layers.drill import Query
from layers.evaluate import Ask, Cell, stated, touched_since
from layers.model import Kind, Scope
from layers.ownrows import cut_rows, rows_then
from layers.prepared import prepared
from layers.room import Room
from layers.smallcells import refuse_few

POINTS = 31
"""A course has no more points, and now; of a longer window they lie some days apart."""
STEPS = 8
ROLLING = 7
"""A figure about days is taken at each point over so many days up to it; over :data:`LONG` of windows beyond :data:`FAR`."""
FAR, LONG = 120, 30
REMEMBERED = timedelta(minutes=5)
"""The city's course is computed anew after this time."""
YEAR = 365
BOUND = "tidak dapat dibandingkan pada saringan ini"
"""Why days or a status that are chosen have no course and no year ago: such rows do not move with the window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The figure at the end of each of some local days, the last of them now; ``rolling`` days each, ``None`` for a moment's.

    Where there is none, ``why_none`` says why.
    """

    days: tuple[str, ...]
    values: tuple[float | None, ...]
    city: tuple[float | None, ...]
    rolling: int | None
    why_none: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    at: datetime
    today: date
    values: tuple[float | None, ...]


def course(scope: Scope, room: Room, kpi: Kpi, query: Query) -> Course:
    """The complaint figure over the window's days, at the cut as far as the scope may count, and of the whole city."""
    refuse_few(scope, room.city, room.tree, area=query.area, opd=query.opd, category=query.category)
    return room.once("course", (kpi.id, scope.limits, query), partial(_course, scope, room, kpi, query))


def _course(scope: Scope, room: Room, kpi: Kpi, query: Query) -> Course:
    ends = _ends(room, query.days)
    days = tuple(end.astimezone(room.city.zone).date().isoformat() for end in ends)
    if query.bound:
        return Course(days=days, values=(), city=(), rolling=None, why_none=BOUND)
    rolling = None if kpi.window is Window.NOW else ROLLING if query.days <= FAR else LONG
    whens = [_when(kpi, end, rolling, room) for end in ends]
    return Course(
        days=days,
        values=_values(kpi, room, cut_rows(scope, room, query, kpi.by_opd), whens),
        city=_of_city(kpi, room, whens, query.days),
        rolling=rolling,
    )


def sparks(scope: Scope, room: Room, kpis: Sequence[Kpi], query: Query) -> dict[str, tuple[float | None, ...]]:
    """Each figure at :data:`STEPS` moments of the window, at the cut: its course at a glance; none of days or a status."""
    refuse_few(scope, room.city, room.tree, area=query.area, opd=query.opd, category=query.category)
    if query.bound:
        return {}
    key = tuple(kpi.id for kpi in kpis), scope.limits, query
    return room.once("sparks", key, partial(_sparks, scope, room, kpis, query))


def _sparks(scope: Scope, room: Room, kpis: Sequence[Kpi], query: Query) -> dict[str, tuple[float | None, ...]]:
    apart = timedelta(days=query.days) / (STEPS - 1)
    ends = [room.now - k * apart for k in reversed(range(STEPS))]
    rolling = max(ROLLING, round(apart.days))
    whens = {kpi.id: [_when(kpi, end, None if kpi.window is Window.NOW else rolling, room) for end in ends] for kpi in kpis}
    found: dict[str, tuple[float | None, ...]] = {}
    for by in OPDS:
        some = [kpi for kpi in kpis if kpi.by_opd == by]
        asks = [ask for kpi in some for ask in product([form_of(kpi)], whens[kpi.id])]
        cells = iter(_cells(cut_rows(scope, room, query, by), asks) if asks else [])
        found |= {kpi.id: tuple(_stated(kpi, next(cells), when, room) for when in whens[kpi.id]) for kpi in some}
    return found


def year_ago(scope: Scope, room: Room, kpi: Kpi, query: Query) -> tuple[float | None, str | None]:
    """The figure at the cut for the same days a year ago, or why there is none."""
    refuse_few(scope, room.city, room.tree, area=query.area, opd=query.opd, category=query.category)
    if query.bound:
        return None, BOUND
    return room.once("year ago", (kpi.id, scope.limits, query), partial(_year_ago, scope, room, kpi, query))


def _year_ago(scope: Scope, room: Room, kpi: Kpi, query: Query) -> tuple[float | None, str | None]:
    when = kpi.window.at(room.now - timedelta(days=YEAR), room.city.zone, query.days)
    begun = room.begun(kpi)
    if begun is None or begun > when.start or not kpi.history:
        return None, "data setahun lalu belum tersimpan"
    return stated(kpi, *_cells(rows_then(scope, room, query, kpi.by_opd, when), [(kpi.form, when)]))


def _ends(room: Room, days: int) -> list[datetime]:
    """The last moments of the days looked at, now among them."""
    apart = -(-days // POINTS)
    zone = room.city.zone
    back = range((days // apart) * apart, 0, -apart)
    return [*(start_of_day(room.now - timedelta(days=k - 1), zone) - timedelta(microseconds=1) for k in back), room.now]


def _when(kpi: Kpi, end: datetime, rolling: int | None, room: Room) -> When:
    return kpi.window.at(end, room.city.zone) if rolling is None else Window.DAYS30.at(end, room.city.zone, rolling)


def _far(room: Room, first: datetime) -> pl.DataFrame:
    """The city's prepared rows that windows from ``first`` on can reach, which the rows at hand cannot."""
    rows = room.whole[Kind.COMPLAINT].lazy().filter(touched_since(Kind.COMPLAINT, first)).collect()
    return prepared(Kind.COMPLAINT, rows, room.city, room.now)


def _values(kpi: Kpi, room: Room, rows: pl.DataFrame, whens: Sequence[When]) -> tuple[float | None, ...]:
    found = _cells(rows, list(product([form_of(kpi)], whens)))
    return tuple(_stated(kpi, cell, when, room) for cell, when in zip(found, whens, strict=True))


def _cells(rows: pl.DataFrame, asks: Sequence[Ask]) -> list[Cell]:
    touched = touched_since(Kind.COMPLAINT, min(when.start for _, when in asks))  # the others can be many, and count nowhere
    return along(rows.lazy().filter(touched), rows.height, asks)


def form_of(kpi: Kpi) -> Form:
    """The form without the bounds of a quantile, which no line shows."""
    return replace(kpi.form, bounds=False) if isinstance(kpi.form, Quantile) else kpi.form


def _stated(kpi: Kpi, cell: Cell, when: When, room: Room) -> float | None:
    """A point of a line; of one OPD in a week it may rest on fewer cases than a figure, but never on those not watched."""
    begun = room.begun(kpi)
    if begun is None or begun > when.start:
        return None
    return cell.value if cell.n else 0.0 if kpi.additive else None


def _of_city(kpi: Kpi, room: Room, whens: Sequence[When], days: int) -> tuple[float | None, ...]:
    name = "course", kpi.id, days
    held = room.remembered.get(name)
    if not isinstance(held, _Held) or held.today != room.today or abs(room.now - held.at) > REMEMBERED:
        first = min(when.start for when in whens)
        near = room.near(Kind.COMPLAINT, first) if days <= FAR else _far(room, first)
        held = room.remembered[name] = _Held(at=room.now, today=room.today, values=_values(kpi, room, near, whens))
    return held.values
