"""What does not answer now: links of offices and sites of OPDs, since when, and how long in this month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from layers.catalog import Count, Kpi, Total
from layers.room import Room
from layers.snapshot import Outage

OFFICES, SITES, HOURS = "kantor_terputus", "situs_mati", "jam_putus_bulan_ini"
"""The KPIs that count what is down, and the hours that offices were: the list is of the very rows that they count."""

MOST = 60
"""At most so many of each are listed, the latest first: in a great failure the map and the counts say the rest."""

_THING = ("subject", "area")


def outages(room: Room, catalog: Mapping[str, Kpi]) -> tuple[Outage, ...]:
    """Offices, then sites, the latest outage first."""
    return tuple(outage for kpi in (OFFICES, SITES) if kpi in catalog for outage in _down(catalog[kpi], room, catalog))


def _down(kpi: Kpi, room: Room, catalog: Mapping[str, Kpi]) -> Iterator[Outage]:
    frame, window = room.frame(kpi), kpi.window.at(room.now, room.city.zone)
    if not isinstance(kpi.form, Count) or frame.is_empty():
        return
    down = frame.lazy().filter(kpi.form.where(window)).select(*_THING, "opd").unique(_THING)
    checks = frame.lazy().filter(pl.col("name").is_in(kpi.names), window.by_end("measured")).join(down, on=_THING, how="semi")
    # A source may keep each check or only the last state: it has been down since the first check after it was last up.
    up = checks.filter(pl.col("value") != 0).group_by(_THING).agg(up=pl.col("measured").max())
    since = (
        checks.filter(pl.col("value") == 0)
        .join(up, on=_THING, how="left")
        .filter(pl.col("up").is_null() | (pl.col("measured") > pl.col("up")))
        .group_by(_THING)
        .agg(since=pl.col("measured").min())
    )
    found = down.join(since, on=_THING).with_columns(pl.col("subject", "area", "opd").cast(pl.String))
    rows = found.sort("since", "subject", descending=[True, False]).head(MOST).collect()
    hours = _hours(catalog[HOURS], room) if kpi.id == OFFICES and HOURS in catalog else {}
    for row in rows.iter_rows(named=True):
        yield Outage(kpi=kpi.id, **row, hours=hours.get((row["subject"], row["area"])))


def _hours(kpi: Kpi, room: Room) -> dict[tuple[str, str], float]:
    """Hours down in this month of each office that was."""
    if not isinstance(kpi.form, Total):
        return {}
    rows = room.frame(kpi).lazy().filter(kpi.form.where(kpi.window.at(room.now, room.city.zone)))
    summed = rows.group_by(pl.col(*_THING).cast(pl.String)).agg(hours=kpi.form.value.sum() / kpi.form.per).collect()
    return {(subject, area): hours for subject, area, hours in summed.iter_rows()}
