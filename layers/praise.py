"""Who may be praised for the last 30 days, and only for what chance cannot have made: improved, fastest, most active.

Sites and accounts are public and belong to offices, so every scope is told of all of them, as rankings tell of every OPD.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from layers.catalog import Window, moment
from layers.ranking import LEAST, Ranking, Standing, poisson, ranks
from layers.room import Room

POSTS, UPDATED, REACHED = "medsos.kiriman", "situs.pembaruan_hari", "situs.terjangkau"
SIGNS = ("situs.diretas", "situs.parkir")
RECENT = 30
"""Days: a site whose last update is older is not active this month."""
CHECKED = timedelta(days=3)
"""A site's update is known so long after it was last looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """A site (days since its last update) or an OPD's ``n`` accounts (posts in 30 days), and the ranks that it may have.

    ``low`` and ``high`` are the 95 % interval of a count of posts; a site's day is observed, not sampled, and has none.
    """

    name: str
    opd: str | None
    value: float
    first: int
    last: int
    low: float | None
    high: float | None
    n: int
    seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Those to be praised, the best first; of how many, how many had too little to be ranked, how many are down or defaced."""

    rows: tuple[Active, ...]
    compared: int
    lacking: int
    barred: int
    sources: tuple[str, ...]


def best(ranking: Ranking) -> list[Standing]:
    """Who may be the best of all and is certainly better than the city, or where it has no value than somebody."""
    if ranking.city is not None:
        return [row for row in ranking.rows if row.first == 1 and row.against > 0]
    return [row for row in ranking.rows if row.first == 1 and row.last < len(ranking.rows)]


def accounts(room: Room) -> Activity:
    """OPDs by the posts of their official accounts in 30 days: those that may be first, of all with enough of them."""
    when = Window.DAYS30.at(room.now, room.city.zone)
    table = (
        room.family(POSTS)
        .lazy()
        .filter((pl.col("name") == POSTS) & when.holds("measured") & pl.col("opd").is_not_null())
        .group_by(pl.col("opd").cast(pl.String))
        .agg(
            pl.col("value").sum(),
            n=pl.col("subject").n_unique(),
            seen=pl.col("measured").max(),
            sources=pl.col("source").cast(pl.String).unique(),
        )
        .sort(["value", "opd"], descending=[True, False])
        .collect()
    )
    enough = table.filter(pl.col("value") >= LEAST)
    bounds = [poisson(value) for value in enough["value"]]
    low, high = (np.array([bound[k] for bound in bounds]) for k in (0, 1))
    first, last = ranks(low, high) if bounds else (low, high)
    found = zip(enough.select("opd", "value", "n", "seen").iter_rows(), first, last, bounds, strict=True)
    rows = [
        Active(name=opd, opd=opd, value=value, first=int(a), last=int(b), low=bound[0], high=bound[1], n=n, seen=seen)
        for (opd, value, n, seen), a, b, bound in found
        if a == 1 and b < len(bounds)
    ]
    sources = tuple(sorted(set(table["sources"].explode().drop_nulls())))
    return Activity(rows=tuple(rows), compared=enough.height, lacking=table.height - enough.height, barred=0, sources=sources)


def sites(room: Room) -> Activity:
    """Sites that answer and bear no sign of defacement, the latest updated first; those of one day share a rank.

    Only what was checked in the last :data:`CHECKED` days counts; the days since then are days without an update that is known.
    """
    latest = room.family(UPDATED).lazy().filter("latest")
    watched = latest.filter(pl.col("name") == REACHED).select("subject", "value")
    signed = latest.filter(pl.col("name").is_in(SIGNS) & (pl.col("value") == 1)).select("subject")
    up = watched.filter(pl.col("value") == 1).join(signed, on="subject", how="anti")
    checked = moment(room.now) - pl.col("measured")
    dated = (
        latest.filter((pl.col("name") == UPDATED) & (checked <= CHECKED))
        .join(up, on="subject", how="semi")
        .select(
            "subject",
            pl.col("opd").cast(pl.String),
            pl.col("value") + checked.dt.total_days(),
            "measured",
            pl.col("source").cast(pl.String),
        )
        .with_columns(first=pl.col("value").rank("min"), last=pl.col("value").rank("max"))
        .sort("value", "subject")
    )
    table, all_, fit = pl.collect_all([dated, watched, up])
    rows = [
        Active(name=name, opd=opd, value=value, first=int(a), last=int(b), low=None, high=None, n=1, seen=seen)
        for name, opd, value, seen, a, b in table.filter(pl.col("value") <= RECENT)
        .select("subject", "opd", "value", "measured", "first", "last")
        .iter_rows()
    ]
    return Activity(
        rows=tuple(rows),
        compared=table.height,
        lacking=fit.height - table.height,
        barred=all_.height - fit.height,
        sources=tuple(sorted(set(table["source"]))),
    )
