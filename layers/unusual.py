"""What is unusual now: counts and shares against the same weekday and the same hours of the weeks before.

What is looked at are the last hour, today so far and yesterday, for the city, each kelurahan, OPD and category. Each is
compared with the same stretch of the :data:`WEEKS` weeks before; a working day with working days only, a free day that
falls on one with Sundays. The expected range is predictive, since the usual itself is known from a few weeks only:

* a count is negative binomial about the mean m of the weeks, (S + 1/2) / k after S in k weeks, with the variance
  f x m x (1 + 1/k). With f = 1, pure Poisson noise, this is the predictive distribution of a Poisson count under Jeffreys'
  prior; f is the Pearson dispersion (McCullagh and Nelder 1989) pooled over the groups of a cut, 1 at least, so that
  counts which always vary more are allowed to.
* a share of n is beta-binomial about (P + 1/2) / (W + 1), P of W in those weeks, with f likewise.

Hundreds of groups are looked at each time, so p-values are corrected together (Benjamini and Hochberg 1995) at
:data:`LEVEL`: where nothing is unusual at all, at most one look in a hundred finds anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import numpy as np
import polars as pl
from scipy import special

from layers.calendar import Calendar
from layers.catalog import Count, Kpi, Share, When, Window, catalog
from layers.clock import start_of_day
from layers.evaluate import WHOLE, Cell, figures
from layers.model import UNPLACED
from layers.readings import Room
from layers.snapshot import State

WATCHED = ("aduan_masuk_hari_ini", "aduan_selesai_hari_ini", "selesai_tepat_waktu")
CUTS = (None, "area", "opd", "category")
WEEKS = 8
LEAST_WEEKS = 4
LEVEL = 0.01
"""At most this part of what is found may be chance."""

LEAST = 8
"""Fewer cases, found or expected, are cases: nothing is said of them."""

RANGE = (0.025, 0.975)
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)
SUNDAY = 6

Name = Literal["hour", "today", "yesterday"]
_Values = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusual:
    """A value outside its expected range (95 %), in the unit of the KPI; ``n`` of a share is its whole.

    It speaks of ``since`` to ``until``, against so many ``weeks`` of a ``weekday`` (0 is Monday). At most one of ``area``,
    ``opd`` and ``category`` is set, none for the whole city. ``chance`` is the corrected probability.
    """

    kpi: str
    area: str | None
    opd: str | None
    category: str | None
    value: float
    n: int
    low: float
    high: float
    expected: float
    stretch: Name
    since: datetime
    until: datetime
    weekday: int
    weeks: int
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of time and those that it is compared with, of a weekday (0 is Monday)."""

    name: Name
    when: When
    like: tuple[When, ...]
    weekday: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """One figure of every group of a cut, with its expected range and the probability of lying so far out."""

    keys: Sequence[str]
    value: _Values
    n: _Values
    low: _Values
    high: _Values
    expected: _Values
    chance: _Values


def unusual(frame: pl.DataFrame, room: Room, kpis: Iterable[Kpi] | None = None) -> tuple[Unusual, ...]:
    """What is unusual at the room's moment, the least likely first.

    ``frame`` are complaints of at least :data:`WEEKS` weeks and a day, such as :meth:`Room.recent`, or those of
    them that a scope may count. ``kpis`` count rows or shares of rows (:data:`WATCHED` by default); ``ValueError`` for
    other forms. Too few is only said while the sources are live: a source that is late is no calm day.
    """
    watched = [catalog()[name] for name in WATCHED] if kpis is None else list(kpis)
    looks: list[tuple[Kpi, Stretch]] = []
    for kpi in watched:
        if not isinstance(kpi.form, Count | Share) or kpi.form.distinct or getattr(kpi.form, "whole", None) is not None:
            raise ValueError(f"KPI {kpi.id!r}: hanya cacah baris dan bagian dari baris yang dapat dipantau")
        begun = room.begun(kpi)
        if begun is not None and room.origin(kpi).why_none is None:
            looks += [(kpi, stretch) for stretch in stretches(room, begun)]
    if not looks:
        return ()
    asks = [(kpi.form, when) for kpi, stretch in looks for when in (stretch.when, *stretch.like)]
    cells = iter(figures(frame, asks, CUTS))
    found: list[tuple[Kpi, Stretch, str | None, _Found]] = []
    for kpi, stretch in looks:
        now, *like = [next(cells) for _ in range(1 + len(stretch.like))]
        live = room.origin(kpi).freshness.state(room.now) is State.LIVE
        each = ((cut, _groups(kpi, now[cut], [other[cut] for other in like], both=live)) for cut in CUTS)
        found += [(kpi, stretch, cut, groups) for cut, groups in each if groups]
    return tuple(sorted(_told(found), key=lambda u: (u.chance, u.kpi, room.now - u.since, u.area or u.opd or u.category or "")))


def stretches(room: Room, begun: datetime) -> Iterator[Stretch]:
    """The last hour, today so far and yesterday, where enough weeks like them were watched."""
    now, zone = room.now, room.city.zone
    midnight = start_of_day(now, zone)
    spans: list[tuple[Name, datetime, datetime]] = [("hour", now - HOUR, now)]
    if now - midnight > 2 * HOUR:
        spans.append(("today", midnight, now))
    spans.append(("yesterday", start_of_day(midnight - TICK, zone), midnight - TICK))
    calendar = Calendar.of(room.city)
    for name, start, end in spans:
        day = end.astimezone(zone).date()
        weekday, works = day.weekday(), calendar.works(day)
        back = [n for k in range(1, WEEKS + 1) if calendar.works(day - (n := timedelta(weeks=k))) is works]
        if len(back) < LEAST_WEEKS and not works:
            back = [timedelta(days=(weekday + 1) % 7 + 7 * k) for k in range(WEEKS)]
            weekday = SUNDAY
        back = [n for n in back if start - n >= begun]
        if len(back) >= LEAST_WEEKS:
            when, *like = (When(window=Window.TODAY, start=start - n, end=end - n, zone=zone) for n in (timedelta(0), *back))
            yield Stretch(name=name, when=when, like=tuple(like), weekday=weekday)


def _groups(kpi: Kpi, now: Mapping[str, Cell], like: Sequence[Mapping[str, Cell]], *, both: bool) -> _Found | None:
    """Every group that is known from now or then; ``both`` looks for too few as well as too many."""
    keys = sorted({key for cells in (now, *like) for key in cells} - {UNPLACED})
    if not keys:
        return None
    part, whole = (
        np.array([[getattr(cells.get(key, Cell()), name) or 0 for cells in (now, *like)] for key in keys], dtype=float)
        for name in ("part", "n")
    )
    if isinstance(kpi.form, Count):
        return _counted(keys, whole[:, 0], whole[:, 1:], both=both)
    return _shared(keys, part, whole, max(kpi.n_min, LEAST), both=both)


def _counted(keys: Sequence[str], value: _Values, like: _Values, *, both: bool) -> _Found:
    weeks = like.shape[1]
    mean, usual = (like.sum(axis=1) + 0.5) / weeks, like.mean(axis=1, keepdims=True)
    spread = _dispersion((like - usual) ** 2, np.broadcast_to(usual, like.shape), weeks - 1)
    variance = spread * mean * (1 + 1 / weeks)
    size, p = mean**2 / (variance - mean), mean / variance
    above = np.where(value > 0, special.betaincc(size, np.maximum(value, 1), p), 1)
    chance = _chance(above, special.betainc(size, value + 1, p), both=both)
    low, high = (np.ceil(special.nbdtrik(q, size, p)).clip(0) for q in RANGE)
    enough = np.maximum(value, mean) >= LEAST
    return _Found(keys=keys, value=value, n=value, low=low, high=high, expected=mean, chance=np.where(enough, chance, 1))


def _shared(keys: Sequence[str], part: _Values, whole: _Values, least: int, *, both: bool) -> _Found:
    n, known, value = whole[:, 0], whole[:, 1:].sum(axis=1), part[:, 0]
    usual = (part[:, 1:].sum(axis=1) + 0.5) / (known + 1)
    expected = whole[:, 1:] * usual[:, None]
    spread = _dispersion((part[:, 1:] - expected) ** 2, expected * (1 - usual[:, None]), (whole[:, 1:] > 0).sum(axis=1) - 1)
    size = np.maximum(n, 2)
    alike = np.clip((spread * (1 + size / (known + 1)) - 1) / (size - 1), 1e-9, 0.99)
    a, b = usual * (1 / alike - 1), (1 - usual) * (1 / alike - 1)
    k = np.arange(size.max() + 1)
    left = np.maximum(size[:, None] - k, 0)
    log = special.betaln(k + a[:, None], left + b[:, None]) - special.betaln(a, b)[:, None]
    log -= special.betaln(k + 1, left + 1) + np.log(size + 1)[:, None]  # the binomial coefficient
    below = np.where(k <= size[:, None], np.exp(log), 0).cumsum(axis=1)
    at = value.astype(int)[:, None]
    upto = np.take_along_axis(below, at, axis=1)[:, 0]
    above = 1 - np.where(value > 0, np.take_along_axis(below, np.maximum(at - 1, 0), axis=1)[:, 0], 0)
    enough = (n >= least) & (known >= least)
    low, high = (100 * (below < q).sum(axis=1) / size for q in RANGE)
    chance = np.where(enough, _chance(above, upto, both=both), 1)
    return _Found(keys=keys, value=100 * value / size, n=n, low=low, high=high, expected=100 * usual, chance=chance)


def _dispersion(squares: _Values, variances: _Values, freedom: int | _Values) -> float:
    """The Pearson statistic of all groups over its degrees of freedom, 1 at least."""
    there = variances > 0
    degrees = float(np.where(there.any(axis=1), freedom, 0).clip(0).sum())
    return max(1.0, float((squares[there] / variances[there]).sum()) / degrees) if degrees else 1.0


def _chance(above: _Values, below: _Values, *, both: bool) -> _Values:
    """The probability of a value so far out: twice that of the nearer side, or of the upper side alone."""
    return np.clip(2 * np.minimum(above, below) if both else above, 0, 1)


def _corrected(chances: _Values) -> _Values:
    """Benjamini and Hochberg: the share of false finds, were everything this unlikely believed."""
    order = np.argsort(chances)[::-1]
    ranks = np.arange(len(chances), 0, -1)
    corrected = np.empty_like(chances)
    corrected[order] = np.minimum.accumulate(chances[order] * len(chances) / ranks)
    return np.minimum(corrected, 1)


def _told(found: Sequence[tuple[Kpi, Stretch, str | None, _Found]]) -> Iterator[Unusual]:
    """What stays after the correction for all that was looked at."""
    if not found:
        return
    corrected = iter(_corrected(np.concatenate([groups.chance for *_, groups in found])).tolist())
    for kpi, stretch, cut, groups in found:
        for i, key in enumerate(groups.keys):
            if (chance := next(corrected)) > LEVEL:
                continue
            yield Unusual(
                kpi=kpi.id,
                **{name: key if name == cut and key != WHOLE else None for name in ("area", "opd", "category")},
                value=float(groups.value[i]),
                n=int(groups.n[i]),
                low=float(groups.low[i]),
                high=float(groups.high[i]),
                expected=float(groups.expected[i]),
                stretch=stretch.name,
                since=stretch.when.start,
                until=stretch.when.end,
                weekday=stretch.weekday,
                weeks=len(stretch.like),
                chance=chance,
            )
