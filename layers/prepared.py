"""What the room adds to the rows before figures are taken: working time by the city's calendar, and which value is the latest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import polars as pl

from layers.calendar import Calendar
from layers.city import City
from layers.deadlines import Deadlines
from layers.holding import KEY
from layers.model import Kind
from layers.windows import moment

ALWAYS = ("112",)
"""Channels that are answered day and night: their time is calendar time."""

PROFILE = "sp4n"

LATEST_BY: Mapping[str, Sequence[str]] = {"penduduk": ("name", "area")}
"""By family of measurements, what has one latest value; of the others it is each subject of a place."""


def prepared(kind: Kind, frame: pl.DataFrame, city: City, now: datetime) -> pl.DataFrame:
    """The frame with the columns that some KPIs read.

    Complaints: ``jam_respons`` and ``jam_penyelesaian``, working hours from receipt, and ``jam_dipegang``, those until the
    closing since the case came to its holder (calendar hours on a channel of :data:`ALWAYS`); ``tenggat_verifikasi`` and
    ``tenggat_respons`` by the profile :data:`PROFILE`. Measurements: ``latest``, whether it is the last of its name, subject
    and place that is not ahead of ``now``.
    """
    if kind is Kind.COMPLAINT:
        return _clocked(frame, city)
    return _latest(frame, now) if kind is Kind.MEASUREMENT else frame


def _clocked(frame: pl.DataFrame, city: City) -> pl.DataFrame:
    rules = Deadlines.of(city, PROFILE)
    steps = {f"tenggat_{step}": rules.due_at(step, pl.col("received")) for step in ("verifikasi", "respons")}
    hours = {"jam_respons": _hours("received", "responded", city), "jam_penyelesaian": _hours("received", "closed", city)}
    whole = frame.with_columns(**hours, **steps)
    passed = whole.filter(pl.col("held_from").is_not_null()).select(*KEY, jam_dipegang=_hours("held_from", "closed", city))
    if passed.is_empty():
        return whole.with_columns(jam_dipegang=pl.col("jam_penyelesaian"))
    joined = whole.join(passed, on=KEY, how="left", maintain_order="left")
    alone = pl.col("held_from").is_null()
    return joined.with_columns(jam_dipegang=pl.when(alone).then("jam_penyelesaian").otherwise("jam_dipegang"))


def _hours(start: str, end: str, city: City) -> pl.Expr:
    """Hours of the office that held a complaint, between two of its times; null where their order is wrong."""
    hours = Calendar.of(city).working_hours(start, end)
    for opd in city.calendar.services:
        own = Calendar.of(city, opd=opd).working_hours(start, end)
        hours = pl.when(pl.col("holder").cast(pl.String) == opd).then(own).otherwise(hours)
    between = pl.col(end) - pl.col(start)
    always = pl.col("channel").cast(pl.String).is_in(ALWAYS)
    hours = pl.when(always).then(between.dt.total_microseconds() / 3.6e9).otherwise(hours)
    return pl.when(between >= pl.duration()).then(hours)


def _latest(frame: pl.DataFrame, now: datetime) -> pl.DataFrame:
    names: list[str] = frame["name"].unique().cast(pl.String).to_list()
    by = next((key for family, key in LATEST_BY.items() if any(name.startswith(f"{family}.") for name in names)), None)
    key = list(by or ("name", "subject", "area"))
    rows = frame.sort("measured", "source", "source_id").with_row_index("row")
    last = pl.when(pl.col("measured") <= moment(now)).then(pl.col("row")).max().over(key)
    return rows.with_columns(latest=(pl.col("row") == last).fill_null(value=False)).drop("row")
