"""One OPD's complaints by category, channel, status, place and day at once, each narrowed by what is chosen of the others.

A dimension is never narrowed by its own choice: what lies beside the chosen value stays in sight, so that another
can be chosen. The rows are those of :func:`layers.drill.drill`, counted as there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from layers.catalog import Window, moment
from layers.drill import Query, where_of, within
from layers.kpis.complaints import done_in, open_at_end, overdue_at_end
from layers.model import Scope
from layers.ownrows import own_rows
from layers.room import Room
from layers.smallcells import refuse_few

MEASURES = ("overdue", "open", "received", "closed")
"""What is counted: overdue and open now, received and closed as done within the window."""

DIMENSIONS = ("category", "channel", "status", "area")

STEPS = ((31, 1), (120, 7))
"""A window of up to so many days is told in stretches of so many days; a longer one in those of :data:`WIDEST`."""
WIDEST = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The measures of one value of a dimension."""

    overdue: int = 0
    open: int = 0
    received: int = 0
    closed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Some local days of the window, both ends included, and how many were received in them."""

    first: date
    last: date
    received: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossed:
    """The answer: the values of each dimension, the window's days in stretches, and all rows together under every choice."""

    by: Mapping[str, Mapping[str, Counts]]
    days: tuple[Stretch, ...]
    whole: Counts


def crossed(scope: Scope, room: Room, query: Query) -> Crossed:
    """Count what the scope may count at the cut.

    Raises ``ValueError`` for an area that the city does not have, ``PermissionError`` for counts that could name a person.
    """
    refuse_few(scope, room.city, room.tree, area=query.area, opd=query.opd, category=query.category)
    return room.once("crossed", (scope.limits, query), lambda: _crossed(scope, room, query))


def _crossed(scope: Scope, room: Room, query: Query) -> Crossed:
    kept = room.rows_once("crossed rows", (query.opd, scope.limits, query.days), lambda: _rows(scope, room, query))
    rows, choices = kept.lazy(), _choices(query, room)
    sums = [pl.col(name).sum() for name in MEASURES]
    groups = [
        rows.filter(_all(test for name, test in choices.items() if name != by))
        .drop_nulls(by)
        .group_by(key=pl.col(by))
        .agg(sums)
        .filter(pl.any_horizontal(pl.col(MEASURES) > 0))
        .with_columns(pl.col("key").cast(pl.String))
        for by in DIMENSIONS
    ]
    days = (
        rows.filter(_all(test for name, test in choices.items() if name != "span")).group_by("day").agg(pl.col("received").sum())
    )
    total = rows.filter(_all(choices.values())).select(sums)
    *tables, per_day, whole = pl.collect_all([*groups, days, total])
    return Crossed(
        by={
            by: {row.pop("key"): Counts(**row) for row in t.iter_rows(named=True)}
            for by, t in zip(DIMENSIONS, tables, strict=True)
        },
        days=_stretches(dict(per_day.iter_rows()), room, query.days),
        whole=Counts(**whole.row(0, named=True)),
    )


def _rows(scope: Scope, room: Room, query: Query) -> pl.DataFrame:
    """The rows of the OPD that the scope may count, with what each counts as."""
    zone = room.city.zone
    current, window = Window.NOW.at(room.now, zone), Window.DAYS30.at(room.now, zone, query.days)
    has, held_it = (pl.all_horizontal(where_of(scope, Query(opd=query.opd), room.tree, by)) for by in ("opd", "holder"))
    figures = {
        "overdue": overdue_at_end(current) & held_it,
        "open": open_at_end(current) & has,
        "received": window.holds("received") & has,
        "closed": done_in(window) & has,
    }
    at = pl.col("received")
    return (
        own_rows(scope, room, query)
        .lazy()
        .select(*DIMENSIONS, "kecamatan", at=at, day=at.dt.convert_time_zone(zone.key).dt.date(), **figures)
        .filter(pl.any_horizontal(MEASURES))
        .collect()
    )


def _choices(query: Query, room: Room) -> dict[str, pl.Expr]:
    """What is chosen, as a test of each dimension; what is open tests nothing."""
    found = {name: pl.col(name) == value for name in ("category", "channel", "status") if (value := getattr(query, name))}
    if query.area is not None:
        found["area"] = within([query.area], room.tree)
    if query.span is not None:
        found["span"] = pl.col("at").is_between(moment(query.span[0]), moment(query.span[1]), closed="left")
    return found


def _all(tests: Iterable[pl.Expr]) -> pl.Expr:
    return pl.all_horizontal(pl.lit(value=True), *tests)


def _stretches(received: Mapping[date, int], room: Room, days: int) -> tuple[Stretch, ...]:
    """The local days that the window touches, in stretches whose last ends today; the first day is seldom a whole one."""
    wide = next((step for most, step in STEPS if days <= most), WIDEST)
    begin, last = (room.now - timedelta(days=days)).astimezone(room.city.zone).date(), room.today
    found = []
    while last >= begin:
        first = max(last - timedelta(days=wide - 1), begin)
        n = sum(received.get(first + timedelta(days=k), 0) for k in range((last - first).days + 1))
        found.append(Stretch(first=first, last=last, received=n))
        last = first - timedelta(days=1)
    return tuple(reversed(found))
