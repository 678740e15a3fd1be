"""What just happened: the last events, the new complaints on the map, the day's arrivals. Nothing here names a citizen.

A single case whose kelurahan or corner is told could name somebody where it is of a sensitive category or OPD
(:mod:`layers.smallcells`): such cases are in no event and no dot, of the counts they are a part.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from layers.areas import AreaTree
from layers.city import City
from layers.clock import start_of_day
from layers.explain import place, short, span
from layers.frames import SEN
from layers.kpis.complaints import DONE
from layers.numbers import NBSP, money
from layers.smallcells import sensitive, sensitive_opd
from layers.snapshot import Arrivals, Dot, Event, SourceState

EVENTS = 12
DOTS = 300
DOT_DECIMALS = 3
"""Three decimals of a degree are about 100 m: a street corner, not a house."""

SLOT_MINUTES = 30
CHANNELS = 6
OTHER_CHANNELS = "Lainnya"


def events(complaints: pl.DataFrame, packages: pl.DataFrame, tree: AreaTree, city: City, now: datetime) -> tuple[Event, ...]:
    """The latest happenings up to ``now``, newest first: received, closed, announced."""

    def event(row: dict[str, Any], at: str, *parts: str) -> Event:
        return Event(at=row[at], source=row["source"], area=row["area"], text=" · ".join(parts))

    def case(row: dict[str, Any]) -> tuple[str, str, str]:
        return row["channel"], row["category"], place(row["area"], tree)

    def owner(row: dict[str, Any]) -> str:
        return f" → {short(row['opd'], city)}" if row["opd"] else ""

    def worth(row: dict[str, Any]) -> str:
        return f"{NBSP.join(filter(None, money(row['pagu'] / SEN)))} " if row["pagu"] else ""

    complaints = _nameless(complaints, city)
    arrived = [event(row, "received", *case(row)[:2], case(row)[2] + owner(row)) for row in _latest(complaints, "received", now)]
    closed = [
        event(row, "closed", *case(row), f"selesai dalam {span(row['closed'] - row['received'])}")
        for row in _latest(complaints.lazy().filter(DONE).collect(), "closed", now)
    ]
    announced = [
        event(row, "announced", "Pengadaan", row["method"], f"{worth(row)}diumumkan{owner(row)}")
        for row in _latest(packages, "announced", now)
    ]
    newest = sorted([*arrived, *closed, *announced], key=lambda found: (found.at, found.text), reverse=True)
    return tuple(newest[:EVENTS])


def _nameless(complaints: pl.DataFrame, city: City) -> pl.DataFrame:
    """Without the cases that could name somebody."""
    categories = complaints.select(pl.col("category").unique().cast(pl.String))["category"]  # few: no row is read for words
    guarded = [name for name in categories if sensitive(name)]
    opds = [opd.slug for opd in city.opds if sensitive_opd(city, opd.slug)]
    told = ~(pl.col("category").is_in(guarded) | pl.col("opd").is_in(opds).fill_null(value=False))
    return complaints.lazy().filter(told).collect() if guarded or opds else complaints


def _latest(frame: pl.DataFrame, at: str, now: datetime) -> list[dict[str, Any]]:
    return frame.lazy().filter(pl.col(at) <= now).top_k(EVENTS, by=at).collect().to_dicts()


def dots(complaints: pl.DataFrame, city: City, now: datetime) -> tuple[Dot, ...]:
    """Complaints of the last hour that have a point, newest first, at most :data:`DOTS`."""
    placed = pl.all_horizontal(pl.col("lat", "lon").is_not_null())
    hour = complaints.lazy().filter(pl.col("received").is_between(now - timedelta(hours=1), now), placed).collect()
    recent = (
        _nameless(hour, city)
        .lazy()
        .select(pl.col("lat").round(DOT_DECIMALS), pl.col("lon").round(DOT_DECIMALS), "received")
        .top_k(DOTS, by="received")
        .sort("received", "lat", "lon", descending=True)
        .collect()
    )
    return tuple(Dot(lat=lat, lon=lon, at=at) for lat, lon, at in recent.iter_rows())


def arrivals(complaints: pl.DataFrame, sources: Iterable[SourceState], city: City, now: datetime) -> Arrivals:
    """Complaints received today per channel, the busiest first, in slots from local midnight up to the one that holds now."""
    midnight = start_of_day(now, city.zone)
    slots = (now - midnight) // timedelta(minutes=SLOT_MINUTES) + 1
    table = (
        complaints.lazy()
        .filter(pl.col("received").is_between(midnight, now))
        .group_by(pl.col("channel").cast(pl.String), slot=(pl.col("received") - midnight).dt.total_minutes() // SLOT_MINUTES)
        .agg(n=pl.len())
        .collect()
    )
    totals = table.group_by("channel").agg(pl.col("n").sum()).sort(["n", "channel"], descending=[True, False])
    shown = totals["channel"].to_list()[: CHANNELS if totals.height <= CHANNELS else CHANNELS - 1]
    counts = {name: [0] * slots for name in (*shown, *([OTHER_CHANNELS] if len(shown) < totals.height else []))}
    for channel, index, n in table.iter_rows():
        counts[channel if channel in shown else OTHER_CHANNELS][index] += n
    channels = {name: tuple(values) for name, values in counts.items()}
    until = _until(complaints, sources, set(totals["channel"]) - set(shown))
    return Arrivals(minutes=SLOT_MINUTES, channels=channels, until=until)


def _until(complaints: pl.DataFrame, sources: Iterable[SourceState], summed: Collection[str]) -> dict[str, datetime]:
    """The moment that all sources of a channel have spoken for; those ``summed`` up as others speak as the last of them."""
    spoken = {s.source: s.freshness.observed_at for s in sources}
    until: dict[str, datetime] = {}
    pairs = complaints.lazy().select(pl.col("channel", "source").cast(pl.String)).unique().collect()
    for channel, source in pairs.iter_rows():
        name = OTHER_CHANNELS if channel in summed else channel
        moment = spoken.get(source)
        if moment is not None:
            until[name] = min(moment, until.get(name, moment))
    return until
