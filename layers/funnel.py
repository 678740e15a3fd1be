"""The funnel plot: how far chance alone carries a share or a rate, by the number of cases (Spiegelhalter 2005)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import bdtrik, pdtrik

from layers.ranking import Floats, Ranking

LEVELS = (0.001, 0.025, 0.975, 0.999)
"""The lower and upper limits of 99.8 % and, between them, of 95 %."""

WINSOR = 0.1
"""Of the z-scores so large a part at either end is drawn in before the overdispersion is told."""

STEPS = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One of those ranked: ``beyond`` is 0 within 95 %, 1 outside of 95 %, 2 outside of 99.8 %; ``side`` 1 above, -1 below."""

    key: str
    size: float
    value: float
    beyond: int
    side: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """The points, and the four limits of :data:`LEVELS` at each of ``sizes``; ``spread`` is the overdispersion, at least 1.

    Sizes are cases of a share, or residents (by the rate's scale) of a rate; values are in the ranking's unit.
    """

    centre: float
    spread: float
    sizes: tuple[float, ...]
    limits: tuple[tuple[float, float, float, float], ...]
    points: tuple[Point, ...]


def funnel(ranking: Ranking) -> Funnel | None:
    """The funnel of a ranking of shares or rates around the value of all of its parts together; ``None`` of other figures.

    Limits are exact (binomial, Poisson), interpolated between whole numbers. Where the parts differ more than chance
    explains (the mean of their winsorised squared z-scores is above 1) all limits are widened by its root.
    """
    how, rows = ranking.method, ranking.rows
    if how not in ("share", "rate") or len(rows) < 3 or any(row.events is None or not row.exposure for row in rows):
        return None
    events, sizes = np.array([row.events for row in rows], float), np.array([row.exposure for row in rows], float)
    centre = float(events.sum() / sizes.sum())
    if centre <= 0 or (how == "share" and centre >= 1):
        return None
    scale = 100.0 if how == "share" else 1.0
    kind: Literal["share", "rate"] = "share" if how == "share" else "rate"
    spread = overdispersion(events / sizes, sizes, centre, kind)
    steps = np.geomspace(sizes.min(), sizes.max(), STEPS) if sizes.min() < sizes.max() else sizes[:1]
    curves = control(steps, centre, kind, spread)
    own = control(sizes, centre, kind, spread)
    rates = events / sizes
    side = np.sign(rates - centre).astype(int)
    beyond = (rates < own[1]).astype(int) + (rates < own[0]) + (rates > own[2]) + (rates > own[3])
    points = tuple(
        Point(key=row.key, size=float(n), value=float(scale * rate), beyond=int(far), side=int(way) if far else 0)
        for row, n, rate, far, way in zip(rows, sizes, rates, beyond, side, strict=True)
    )
    limits = tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in scale * curves.T)
    return Funnel(centre=scale * centre, spread=spread, sizes=tuple(map(float, steps)), limits=limits, points=points)


def control(sizes: Floats, centre: float, kind: Literal["share", "rate"], spread: float = 1.0) -> Floats:
    """The limits of :data:`LEVELS` at each size, one row each, as fractions or rates."""
    with np.errstate(invalid="ignore"):
        rows = [bdtrik(p, sizes, centre) if kind == "share" else pdtrik(p, centre * sizes) for p in LEVELS]
    exact = np.nan_to_num(np.array(rows, float), nan=0.0) / sizes  # no number so small: even 0 is not that rare
    wide = centre + np.sqrt(spread) * (exact - centre)
    found: Floats = np.clip(wide, 0.0, 1.0 if kind == "share" else None)
    return found


def overdispersion(rates: Floats, sizes: Floats, centre: float, kind: Literal["share", "rate"]) -> float:
    """How many times the spread is what chance gives: the mean of the squared z-scores, winsorised; at least 1."""
    chance = centre * (1 - centre) if kind == "share" else centre
    z = (rates - centre) / np.sqrt(chance / sizes)
    low, high = np.quantile(z, [WINSOR, 1 - WINSOR])
    return max(1.0, float(np.mean(np.clip(z, low, high) ** 2)))
