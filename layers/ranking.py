"""Fair ranking: a rank as the range that chance leaves open, nobody on too few cases, and who lies outside of the funnel.

Shares have Wilson's interval (1927), counts the exact Poisson interval (Garwood 1936), medians the order statistics that
are published with them; sums that are complete accounts have none. ``docs/ranking.md`` explains the methods.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.special import gammaincinv

from layers.areas import AreaTree
from layers.catalog import Count, Kpi, Quantile, Rate, Ratio, Share, Total
from layers.evaluate import NO_PEOPLE
from layers.explain import wilson
from layers.model import UNPLACED
from layers.snapshot import Reading, Snapshot

Ranked = Literal["opd", "kecamatan", "kelurahan"]
LEVELS: Mapping[Ranked, str] = {"opd": "opd", "kecamatan": "kecamatan", "kelurahan": "area"}
"""What may be ranked, and the cut at which its readings are published."""

LEAST = 20
"""Cases that a rank needs where the KPI does not say; rates on fewer than 20 events are held unreliable (NCHS)."""

PEOPLE = "penduduk"
"""The KPI that says how many people live where, by the latest dated count."""

PER = 1000
"""Counts are ranked per so many residents."""

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.signedinteger[Any]]]
Method = Literal["share", "rate", "count", "quantile", "whole"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One of those ranked: its value with the 95 % interval, and the ranks ``first`` to ``last`` that it may have; 1 is best.

    ``shrunk`` is the empirical-Bayes estimate, in the unit of ``value``. ``against`` is 1 where it is certainly better
    than the whole city, -1 where certainly worse, else 0. ``events`` of ``exposure`` are the parts of a share or rate.
    """

    key: str
    n: int
    value: float
    low: float
    high: float
    shrunk: float
    first: int
    last: int
    against: int
    events: float | None = None
    exposure: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """One that has no rank, and why not."""

    key: str
    n: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The standings, the best first, and apart those that cannot be ranked. ``city`` is the whole city's value."""

    kpi: str
    method: Method
    city: float | None
    rows: tuple[Standing, ...]
    lacking: tuple[Lacking, ...]

    @property
    def undecided(self) -> bool:
        """Whether chance alone could have made any order of them."""
        return all(row.first == 1 and row.last == len(self.rows) for row in self.rows)


def method(kpi: Kpi, *, per_head: bool) -> Method | None:
    """How a KPI can be ranked; ``None`` where its spread is not known, so that no rank would be fair.

    ``per_head``: among areas, where a count is set against the residents.
    """
    match kpi.form:
        case Share():
            return "share"
        case Rate(value=None):
            return "rate"
        case Count(distinct=None):
            return "rate" if per_head else "count"
        case Quantile(bounds=True):
            return "quantile"
        case Ratio() | Total() | Rate():
            return "whole"
        case _:
            return None


def rankable(kpi: Kpi, level: Ranked) -> bool:
    """Whether the KPI is published at the level, has a better direction (a rate is told anyway), and can be ranked fairly."""
    told = kpi.better != "neutral" or isinstance(kpi.form, Rate)
    return LEVELS[level] in kpi.cuts and kpi.kind is not None and told and method(kpi, per_head=level != "opd") is not None


def least(kpi: Kpi) -> int:
    """Cases that a rank by this KPI needs. Complete accounts are no sample: they need what the KPI itself asks for."""
    return kpi.n_min if method(kpi, per_head=False) == "whole" else kpi.n_min or LEAST


def at_level(snapshot: Snapshot, tree: AreaTree, kpi: Kpi, level: Ranked) -> list[Reading]:
    """The published readings of one level; OPDs only where they have cases at all."""
    if level == "opd":
        return [r for r in snapshot.of(kpi.id) if r.opd and r.area == snapshot.city and r.n]
    areas = tree.kecamatan if level == "kecamatan" else tree.kelurahan
    return [found for area in areas if (found := snapshot.reading(kpi.id, area.code)) is not None]


def residents(snapshot: Snapshot, tree: AreaTree) -> dict[str, float]:
    """The inhabitants of each area that were counted at a known day; a kecamatan's only if all of its parts are known."""
    known: dict[str, float] = {}
    for area in tree.kelurahan:
        found = snapshot.reading(PEOPLE, area.code)
        if found is not None and found.value and found.n:
            known[area.code] = found.value
    for whole in (*tree.kecamatan, tree.city):
        parts = [known.get(part.code) for part in tree.children(whole.code) if part.code != UNPLACED]
        if parts and None not in parts:
            known[whole.code] = sum(part or 0.0 for part in parts)
    return known


def of_level(snapshot: Snapshot, tree: AreaTree, kpi: Kpi, level: Ranked) -> Ranking | None:
    """The ranking of a level by the published figures; ``None`` where the KPI cannot be ranked there."""
    if not rankable(kpi, level):
        return None
    city = snapshot.reading(kpi.id)
    people = residents(snapshot, tree) if level != "opd" and isinstance(kpi.form, Count) else None
    return ranking(kpi, at_level(snapshot, tree, kpi, level), city=city, people=people)


def ranking(
    kpi: Kpi, readings: Iterable[Reading], *, city: Reading | None = None, people: Mapping[str, float] | None = None
) -> Ranking:
    """Who may stand where, by readings of one level.

    ``people``: residents by area, which a count is divided by; without it counts are compared as they are. The rank of
    each is 1 + those certainly better to all but those certainly worse: whose intervals do not touch its own.
    Raises ``ValueError`` for a KPI that has no :func:`method`.
    """
    how = method(kpi, per_head=people is not None)
    if how is None:
        raise ValueError(f"KPI {kpi.id!r} tidak dapat diperingkat: sebarannya tidak diketahui")
    found = [_sample(kpi, reading, how, people) for reading in sorted(readings, key=lambda r: (r.opd or "", r.area))]
    samples = [x for x in found if isinstance(x, _Sample)]
    middle = _middle(kpi, city, how, people)
    rows = _standings(samples, middle, better=-1 if kpi.better == "down" else 1, how=how)
    return Ranking(
        kpi=kpi.id,
        method=how,
        city=middle,
        rows=tuple(sorted(rows, key=lambda row: (row.first + row.last, _sign(kpi) * row.shrunk, row.key))),
        lacking=tuple(sorted((x for x in found if isinstance(x, Lacking)), key=lambda x: (-x.n, x.key))),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    key: str
    n: int
    value: float
    low: float
    high: float
    events: float | None = None
    exposure: float | None = None


def _sign(kpi: Kpi) -> int:
    return 1 if kpi.better == "down" else -1


def _sample(kpi: Kpi, reading: Reading, how: Method, people: Mapping[str, float] | None) -> _Sample | Lacking:
    key, proof = reading.opd or reading.area, reading.evidence
    if reading.value is None:
        return Lacking(key=key, n=reading.n, why=reading.why_none or "")
    living = people.get(reading.area) if people is not None else proof.denominator
    if how == "rate" and not living:
        return Lacking(key=key, n=reading.n, why=NO_PEOPLE)
    if reading.n < least(kpi):
        return Lacking(key=key, n=reading.n, why=f"belum cukup data: n = {reading.n}, perlu {least(kpi)}")
    about: dict[str, Any] = {"key": key, "n": reading.n}
    if how == "rate" and living:
        scale = kpi.form.scale if isinstance(kpi.form, Rate) else PER
        low, high = poisson(reading.n)
        about |= {"events": float(reading.n), "exposure": living / scale}
        return _Sample(value=reading.n * scale / living, low=low * scale / living, high=high * scale / living, **about)
    if how == "count":
        low, high = poisson(reading.value)
        return _Sample(value=reading.value, low=low, high=high, events=reading.value, exposure=1.0, **about)
    if how == "whole":
        return _Sample(value=reading.value, low=reading.value, high=reading.value, **about)
    part, whole = (proof.numerator, proof.denominator) if how == "share" else (None, None)
    bounds = (proof.low, proof.high)
    if bounds[0] is None or bounds[1] is None:
        if part is None or not whole:
            return Lacking(key=key, n=reading.n, why="selangnya tidak diketahui")
        bounds = wilson(part, whole)
    return _Sample(value=reading.value, low=bounds[0] or 0.0, high=bounds[1] or 0.0, events=part, exposure=whole, **about)


def _middle(kpi: Kpi, city: Reading | None, how: Method, people: Mapping[str, float] | None) -> float | None:
    """The whole city's value in the unit of the ranking; a city has no count that its OPDs could be compared with."""
    if city is None or city.value is None or how == "count" or (kpi.additive and people is None):
        return None
    if people is None:
        return city.value
    living = people.get(city.area)
    return city.value * PER / living if living else None


def _standings(samples: Sequence[_Sample], middle: float | None, *, better: int, how: Method) -> list[Standing]:
    if not samples:
        return []
    low, high = np.array([s.low for s in samples]), np.array([s.high for s in samples])
    first, last = ranks(low, high) if better > 0 else ranks(-high, -low)
    shrunk = _shrunk(samples, how)
    return [
        Standing(
            key=s.key, n=s.n, value=s.value, low=s.low, high=s.high, shrunk=float(estimate), events=s.events,
            exposure=s.exposure, first=int(a), last=int(b),
            against=0 if middle is None else better * (int(s.low > middle) - int(s.high < middle)),
        )
        for s, estimate, a, b in zip(samples, shrunk, first, last, strict=True)
    ]  # fmt: skip


def _shrunk(samples: Sequence[_Sample], how: Method) -> Floats:
    events, exposure = [s.events for s in samples], [s.exposure for s in samples]
    if how in ("quantile", "whole", "count") or None in events or None in exposure:
        return np.array([s.value for s in samples])
    k, n = np.array(events, float), np.array(exposure, float)
    return 100 * shrunk_shares(k, n) if how == "share" else shrunk_rates(k, n)


def ranks(low: Floats, high: Floats) -> tuple[Ints, Ints]:
    """The first and last rank that each may have, where more is better: those whose intervals lie wholly above or below."""
    above = len(low) - np.searchsorted(np.sort(low), high, side="right")
    below = np.searchsorted(np.sort(high), low, side="left")
    return 1 + above, len(low) - below


def poisson(events: float) -> tuple[float, float]:
    """The exact 95 % interval of an expected count (Garwood 1936) after ``events`` were counted."""
    low = float(gammaincinv(events, 0.025)) if events > 0 else 0.0
    return low, float(gammaincinv(events + 1, 0.975))


def shrunk_shares(part: Floats, whole: Floats) -> Floats:
    """Each share drawn towards that of all by beta-binomial empirical Bayes, the prior by the method of moments.

    Kleinman (1973): with S = sum n(p - P)^2, the correlation within a group is
    (S / P(1-P) - (m-1)) / (N - sum n^2 / N - (m-1)), and the prior weighs (1 - r) / r cases. No more spread than
    chance gives: every share is that of all.
    """
    total = float(whole.sum())
    mean, groups = float(part.sum()) / total, len(part)
    size = total - float((whole**2).sum()) / total - (groups - 1)
    if not 0 < mean < 1 or groups < 2 or size <= 0:
        return part / whole if groups < 2 else np.full(groups, mean)
    spread = float((whole * (part / whole - mean) ** 2).sum()) / (mean * (1 - mean))
    within = min((spread - (groups - 1)) / size, 1.0)
    if within <= 0:
        return np.full(groups, mean)
    prior = (1 - within) / within
    found: Floats = (part + prior * mean) / (whole + prior)
    return found


def shrunk_rates(events: Floats, exposure: Floats) -> Floats:
    """Each rate drawn towards that of all by gamma-Poisson empirical Bayes, the prior by the method of moments.

    Marshall (1991): the variance between areas is the weighted variance of the rates less what chance gives them,
    m / mean exposure; where nothing is left every rate is that of all.
    """
    total, groups = float(exposure.sum()), len(events)
    mean = float(events.sum()) / total
    if groups < 2:
        return events / exposure
    spread = float((exposure * (events / exposure - mean) ** 2).sum()) / total - mean / (total / groups)
    if spread <= 0 or mean <= 0:
        return np.full(groups, mean)
    found: Floats = (events + mean * mean / spread) / (exposure + mean / spread)
    return found
