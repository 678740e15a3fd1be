"""Who certainly became better: the change of a share with its interval, on enough cases before and now."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from layers.catalog import Kpi, Share
from layers.explain import wilson
from layers.ranking import least
from layers.snapshot import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Improved:
    """A share that certainly became better: the change in points with its 95 % interval, whatever the direction of the KPI."""

    key: str
    value: float
    change: float
    low: float
    high: float
    n: int


def improved(kpi: Kpi, readings: Iterable[Reading]) -> tuple[Improved, ...]:
    """Those whose share certainly became better than in the window before, on enough cases in both; the surest first.

    The interval of the difference is Newcombe's (1998, method 10), made of the two Wilson intervals.
    """
    found = []
    for r in readings:
        n, before = r.evidence.denominator, r.evidence.earlier
        if not isinstance(kpi.form, Share) or r.value is None or r.change is None or not n or not before:
            continue
        if kpi.better == "neutral" or min(n, before) < least(kpi):
            continue
        low, high = difference(r.value, n, r.value - r.change, before)
        if (low if kpi.better == "up" else -high) > 0:
            found.append(Improved(key=r.opd or r.area, value=r.value, change=r.change, low=low, high=high, n=r.n))
    return tuple(sorted(found, key=lambda x: (-min(abs(x.low), abs(x.high)), x.key)))


def difference(now: float, n: float, before: float, m: float) -> tuple[float, float]:
    """Newcombe's 95 % interval of the difference of two shares in percent, of ``n`` and ``m`` cases."""
    a, b = wilson(now * n / 100, n), wilson(before * m / 100, m)
    down, up = math.hypot(now - a[0], b[1] - before), math.hypot(a[1] - now, before - b[0])
    return now - before - down, now - before + up
