"""Rain over the simulated city, and the water that stands in its low places an hour later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from connectors.simulator.world.bounded import Bounded

Hours = NDArray[np.float32]
"""A value for each kelurahan and hour of a day: shape (kelurahan, 24)."""

_STORMS = np.array([1.5, 1.6, 1.1, 1.0, 0.7, 0.4, 0.3, 0.25, 0.35, 0.7, 1.1, 1.3])
"""Mean number of storms a day by month: the rains come from November to April."""
_START = np.array([2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 2, 3, 5, 8, 10, 11, 11, 9, 7, 6, 5, 4, 3, 2], float)
_SOAKS, _KEEPS, _DEPTH = 42.0, 0.72, 1.3
"""Millimetres that a low place swallows, the share that stays from hour to hour, centimetres for each millimetre more."""

LAG = 1
"""Hours from the rain to the water in the street."""


class Weather:
    """Rain as storms that pass over the map; deterministic by day. ``xy`` are the kelurahan's places in kilometres."""

    def __init__(self, xy: NDArray[np.float64], rng: Callable[..., np.random.Generator]) -> None:
        self.xy = xy
        self._rng = rng
        self.low = np.zeros(len(xy), bool)
        chosen = rng("low").choice(len(xy), max(len(xy) // 13, 1), replace=False)
        self.low[chosen] = True
        self._depth = np.where(self.low, rng("depth").uniform(0.6, 1.4, len(xy)), 0.0)
        self._rain = Bounded(self._storms, 96)
        self._water = Bounded(self._stand, 96)

    def rain(self, day: date) -> Hours:
        """Millimetres in each hour."""
        return self._rain(day)

    def water(self, day: date) -> Hours:
        """Centimetres of water in the street at the beginning of each hour."""
        return self._water(day)

    def water_at(self, day: date, hour: float) -> NDArray[np.float64]:
        """Centimetres at a moment, between the hours by proportion."""
        whole = int(hour)
        after = self.water(day)[:, whole + 1] if whole < 23 else self.water(day + timedelta(days=1))[:, 0]
        now = self.water(day)[:, whole].astype(float)
        depth: NDArray[np.float64] = now + (after - now) * (hour - whole)
        return depth

    def _storms(self, day: date) -> Hours:
        rng = self._rng("rain", day.toordinal())
        low, high = self.xy.min(axis=0) - 3, self.xy.max(axis=0) + 3
        wet = rng.gamma(1.5, 1 / 1.5)  # some days bring much, many bring nothing
        count = int(rng.poisson(_STORMS[day.month - 1] * wet))
        found = np.zeros((len(self.xy), 24))
        hours = np.arange(24) + 0.5
        for _ in range(count):
            centre, radius = rng.uniform(low, high), rng.uniform(2.5, 9)
            begins, lasts = rng.choice(24, p=_START / _START.sum()) + rng.random(), rng.uniform(0.8, 2.8)
            peak = min(float(rng.lognormal(2.3, 0.75)), 60)
            near = np.exp(-((self.xy - centre) ** 2).sum(axis=1) / (2 * radius**2))
            found += np.outer(near, peak * np.exp(-(((hours - begins) / lasts) ** 2)))
        return np.where(found < 0.1, 0, found).round(1).astype(np.float32)

    def _stand(self, day: date) -> Hours:
        """What fell in the hours before, less what has run off; nothing but in low places."""
        fell = np.hstack([self.rain(day - timedelta(days=1))[:, 12:], self.rain(day)])
        kept = np.zeros_like(fell)
        for hour in range(1, fell.shape[1]):
            kept[:, hour] = kept[:, hour - 1] * _KEEPS + fell[:, hour - LAG]
        depth = np.clip(kept[:, 12:] - _SOAKS, 0, None) * _DEPTH * self._depth[:, None]
        stands: Hours = np.clip(depth, 0, 160).round(0).astype(np.float32)
        return stands
