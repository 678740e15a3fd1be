"""The situation in short lists: rain by step, quakes felt, floods by kelurahan, gauges, air stations, 112 calls by kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import chain

import polars as pl

from layers.catalog import moment
from layers.kpis.complaints import CALLS_WITHIN, TO_SCENE
from layers.kpis.situation import DAY, STEP
from layers.model import UNPLACED, Kind
from layers.room import Room
from layers.snapshot import Observation, Sign

EACH = 8
"""At most so many of each sign."""

FELT = timedelta(days=30)
WET_MM = 0.5
"""Millimetres in one step from which it rains at all, as BMKG has it."""

LATEST = pl.col("latest")


def observations(room: Room) -> tuple[Observation, ...]:
    """What the lists of the situation need, of each sign the most pressing first.

    Values by sign: RAIN ``mm`` at the wettest kelurahan and ``kelurahan`` where it rains, a step each; QUAKE ``magnitudo``,
    ``jarak``, ``dirasakan``; FLOOD ``laporan`` and ``tinggi``; GAUGE ``siaga``, ``muka_air``; AIR ``ispu``, ``pm25``; CALLS
    ``panggilan`` and ``tiba``, the median minutes to the scene.
    """
    return tuple(chain.from_iterable(found(room) for found in _LISTS))


def _rain(room: Room) -> Iterator[Observation]:
    steps = (
        room.family("cuaca.hujan")
        .lazy()
        .filter(
            pl.col("name") == "cuaca.hujan",
            pl.col("measured").is_between(moment(room.now - STEP), moment(room.now + DAY), closed="right"),
        )
        .group_by("measured")
        .agg(
            mm=pl.col("value").max(),
            kelurahan=pl.col("area").filter(pl.col("value") >= WET_MM).n_unique().cast(pl.Float64),
            area=pl.col("area").cast(pl.String).get(pl.col("value").arg_max()),
        )
        .sort("measured")
        .head(EACH)
        .collect()
    )
    for at, mm, kelurahan, area in steps.iter_rows():
        yield Observation(sign=Sign.RAIN, at=at, area=area, values={"mm": mm, "kelurahan": kelurahan})


def _quakes(room: Room) -> Iterator[Observation]:
    felt = pl.col("name").filter(pl.col("name") == "gempa.dirasakan").len().over("subject") > 0
    since = pl.col("measured").is_between(moment(room.now - FELT), moment(room.now))
    rows = room.family("gempa.dirasakan").filter(felt & since)
    table = _by_subject(rows, ("gempa.magnitudo", "gempa.jarak", "gempa.dirasakan")).sort("at", descending=True)
    for _, _, at, *values in table.head(EACH).iter_rows():
        yield Observation(sign=Sign.QUAKE, at=at, area=room.city.code, values=_known(("magnitudo", "jarak", "dirasakan"), values))


def _floods(room: Room) -> Iterator[Observation]:
    """Reports of the last day and areas that stand under water, by kelurahan: the deepest first."""
    day = pl.col("measured").is_between(moment(room.now - DAY), moment(room.now))
    told = ((pl.col("name") == "banjir.laporan") & day) | ((pl.col("name") == "banjir.keadaan") & LATEST & (pl.col("value") > 0))
    rows = room.family("banjir.laporan").with_columns(pl.col("area", "name").cast(pl.String), told=told)
    here = pl.col("told").any().over("source", "subject", "area")
    depth = pl.col("value").filter((pl.col("name") == "banjir.tinggi") & LATEST)
    table = (
        rows.lazy()
        .filter(here)
        .group_by("area")
        .agg(
            at=pl.col("measured").filter("told").max(),
            laporan=pl.col("name").filter(pl.col("told") & (pl.col("name") == "banjir.laporan")).len().cast(pl.Float64),
            tinggi=depth.max(),
        )
        .sort("tinggi", "at", "area", descending=True, nulls_last=True)
        .head(EACH)
        .collect()
    )
    for area, at, reports, depth_cm in table.iter_rows():
        yield Observation(sign=Sign.FLOOD, at=at, area=area, values=_known(("laporan", "tinggi"), (reports, depth_cm)))


def _gauges(room: Room) -> Iterator[Observation]:
    """As each gauge stands, the worst first."""
    rows = room.family("banjir.siaga").filter(LATEST)
    table = _by_subject(rows, ("banjir.siaga", "banjir.muka_air")).drop_nulls("banjir.siaga")
    for subject, area, at, *values in table.sort("banjir.siaga", "subject").head(EACH).iter_rows():
        yield Observation(sign=Sign.GAUGE, at=at, area=area, subject=subject, values=_known(("siaga", "muka_air"), values))


def _air(room: Room) -> Iterator[Observation]:
    """What each station read last, unless that is older than a day; the dirtiest first."""
    rows = room.family("udara.ispu").filter(LATEST & (pl.col("measured") >= moment(room.now - DAY)))
    table = _by_subject(rows, ("udara.ispu", "udara.pm25")).sort("udara.ispu", descending=True, nulls_last=True)
    for subject, area, at, *values in table.head(EACH).iter_rows():
        yield Observation(sign=Sign.AIR, at=at, area=area, subject=subject, values=_known(("ispu", "pm25"), values))


def _calls(room: Room) -> Iterator[Observation]:
    """Emergency calls of the last hours by kind, the most first."""
    since = pl.col("received").is_between(moment(room.now - CALLS_WITHIN), moment(room.now), closed="right")
    table = (
        room.recent(Kind.COMPLAINT)
        .lazy()
        .filter(since, pl.col("channel").cast(pl.String) == "112")
        .group_by(kind=pl.col("category").cast(pl.String))
        .agg(at=pl.col("received").max(), panggilan=pl.len().cast(pl.Float64), tiba=TO_SCENE.median())
        .sort(["panggilan", "kind"], descending=[True, False])
        .head(EACH)
        .collect()
    )
    for kind, at, *values in table.iter_rows():
        yield Observation(sign=Sign.CALLS, at=at, area=room.city.code, subject=kind, values=_known(("panggilan", "tiba"), values))


_LISTS: tuple[Callable[[Room], Iterator[Observation]], ...] = (_rain, _quakes, _floods, _gauges, _air, _calls)


def _by_subject(rows: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    """One row for each subject: itself, its kelurahan, when, and the last value of each name."""
    name = pl.col("name").cast(pl.String)
    last = {n: pl.col("value").filter(name == n).sort_by(pl.col("measured").filter(name == n)).last() for n in names}
    where = pl.col("area").cast(pl.String).fill_null(UNPLACED)
    found = rows.lazy().filter(name.is_in(names)).group_by("source", "subject", area=where)
    return found.agg(at=pl.col("measured").max(), **last).drop("source").collect()


def _known(names: tuple[str, ...], values: tuple[float | None, ...] | list[float | None]) -> Mapping[str, float]:
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}
