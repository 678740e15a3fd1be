"""What the rows tell of one place beside its figures: its counters, its offices' links and sites, its monograph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from layers.catalog import Window, moment
from layers.drill import Query, where_of, within
from layers.kpis.situation import rain_ahead
from layers.model import Kind, Scope
from layers.room import Room
from layers.smallcells import shown, small

DAYS = timedelta(days=30)
LINK, LATENCY, SITE = "jaringan.terhubung", "jaringan.latensi", "situs.terjangkau"
FORM, RAIN = "monografi.kelengkapan", "cuaca.hujan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """One service of a place in 30 days; ``served`` is ``None`` where so few could be singled out (:mod:`layers.smallcells`).

    ``on_time`` is a share in percent, ``waiting`` the median minutes of the records that tell it, ``last`` the newest record.
    """

    service: str
    served: int | None
    on_time: float | None
    waiting: float | None
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An office's link or a site: whether it answers, how long an answer takes (milliseconds), and when that was seen."""

    name: str
    area: str
    site: bool
    up: bool
    latency: float | None
    seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The numbers of a monograph by their isian, with the day that they speak for; counts of people are left out."""

    values: Mapping[str, tuple[float, str]]
    at: datetime


def counters(scope: Scope, room: Room, area: str, *, away: bool = False) -> tuple[Counter, ...]:
    """The services of a place within the scope, the most asked for first; raises ``ValueError`` for an unknown area.

    Small counts of a sensitive service at a kelurahan are not told to who may see no rows, and are never taken ``away``.
    """
    timed = pl.col("on_time").is_not_null()
    rows = (
        room.whole[Kind.SERVICE]
        .lazy()
        .filter(*where_of(scope, Query(area=area), room.tree, kind=Kind.SERVICE))
        .filter(pl.col("day").is_between(moment(room.now - DAYS), moment(room.now), closed="right"))
        .group_by(pl.col("service").cast(pl.String))
        .agg(
            pl.col("served").sum(),
            good=pl.col("on_time").sum(),
            judged=pl.col("served").filter(timed).sum(),
            waiting=pl.col("waiting_minutes").median(),
            last=pl.col("day").max(),
        )
        .sort("served", "service", descending=[True, False])
        .collect()
    )
    told: Mapping[str, int | None] = dict(rows.select("service", "served").iter_rows())
    if small(room.tree.areas[area]) and (away or not scope.may_see_rows):
        told = shown({name: served or 0 for name, served in told.items()})
    return tuple(_counter(row, told[row["service"]]) for row in rows.iter_rows(named=True))


def _counter(row: Mapping[str, object], served: int | None) -> Counter:
    judged, good, few = int(str(row["judged"])), int(str(row["good"])), served is None
    return Counter(
        service=str(row["service"]),
        served=served,
        on_time=100 * good / judged if judged and not few else None,
        waiting=None if few else row["waiting"],  # type: ignore[arg-type]
        last=row["last"],  # type: ignore[arg-type]
    )


def lines(scope: Scope, room: Room, area: str) -> tuple[Line, ...]:
    """The links and sites of a place's offices, those that do not answer first.

    What answers is told to everybody (it belongs to no case and to no person), within the areas of the scope.
    """
    own = [] if scope.areas is None else [within(sorted(scope.areas), room.tree)]
    found: list[Line] = []
    for name, site in ((LINK, False), (SITE, True)):
        rows = room.family(name).lazy().filter("latest", within([area], room.tree), *own)
        speed = rows.filter(pl.col("name") == LATENCY).select("subject", "area", latency="value")
        up = rows.filter(pl.col("name") == name).select("subject", "area", "value", "measured")
        told = up.join(speed, on=["subject", "area"], how="left").collect()
        for subject, place, value, seen, latency in told.iter_rows():
            found.append(Line(name=subject, area=place, site=site, up=value == 1, latency=latency, seen=seen))
    return tuple(sorted(found, key=lambda line: (line.up, line.site, line.area, line.name)))


def forecast(scope: Scope, room: Room, area: str) -> tuple[tuple[datetime, float], ...]:
    """The steps of the forecast from now to 24 hours ahead: the most rain anywhere in the place, in millimetres."""
    own = [] if scope.areas is None else [within(sorted(scope.areas), room.tree)]
    when = Window.NOW.at(room.now, room.city.zone)
    rows = room.family(RAIN).lazy().filter(rain_ahead(when), within([area], room.tree), *own)
    return tuple(rows.group_by("measured").agg(pl.col("value").max()).sort("measured").collect().iter_rows())


def form(scope: Scope, room: Room, area: str) -> Form | None:
    """The latest monograph of a kelurahan; ``None`` where there is none, or outside of the scope."""
    if scope.areas is not None and not ({area, room.tree.parent(area), room.tree.city.code} & scope.areas):
        return None
    rows = (
        room.family(FORM)
        .lazy()
        .filter("latest", (pl.col("area") == area) & (pl.col("name") != FORM) & (pl.col("unit") != "orang"))
        .select(pl.col("name").cast(pl.String), "value", pl.col("unit").cast(pl.String), "measured")
        .sort("name")
        .collect()
    )
    if rows.is_empty():
        return None
    values = {row["name"].partition(".")[2]: (row["value"], row["unit"]) for row in rows.iter_rows(named=True)}
    return Form(values=values, at=rows["measured"].max())  # type: ignore[arg-type]
