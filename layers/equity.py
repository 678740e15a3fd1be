"""Equity (pemerataan): how even a figure per head is over the kelurahan: Theil within and between kecamatan, Gini, P90/P10."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from layers.areas import AreaTree
from layers.catalog import Count, Kpi, Rate
from layers.model import UNPLACED
from layers.ranking import residents
from layers.snapshot import Snapshot

FEW = 2
"""Fewer places cannot differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place: its group, its residents, and the amount of the figure that it has."""

    code: str
    group: str
    people: float
    amount: float

    @property
    def per_head(self) -> float:
        return self.amount / self.people


@dataclass(frozen=True, slots=True, kw_only=True)
class Equity:
    """How evenly ``amount`` is spread over ``people``, weighted by them. A measure is ``None`` with its reason.

    ``theil`` is 0 where all have the same per head; it is exactly ``within`` + ``between`` the groups. ``chance`` is what
    chance alone would give Theil's T of so many counted events. ``gini`` is 0 to 1. ``p90_p10`` is how many times the
    figure per head, below which 90 % of the people live, is that below which 10 % do. ``lorenz`` are the shares of
    people and of the amount, from the places with least per head on. ``unplaced`` is the amount that has no place.
    """

    places: int
    theil: float | None
    within: float | None
    between: float | None
    chance: float | None
    gini: float | None
    p10: float | None
    p90: float | None
    p90_p10: float | None
    lorenz: tuple[tuple[float, float], ...]
    why_none: str | None = None
    why_no_ratio: str | None = None
    unplaced: float = 0.0


def measurable(kpi: Kpi) -> bool:
    """Whether the KPI is an amount at each kelurahan, which can be set against its residents."""
    return kpi.kind is not None and "area" in kpi.cuts and (kpi.additive or isinstance(kpi.form, Rate))


def equity(kpi: Kpi, snapshot: Snapshot, tree: AreaTree) -> Equity:
    """The equity of a KPI over the kelurahan by the published figures; without every population none, with the reason."""
    people, places = residents(snapshot, tree), []
    for area in tree.kelurahan:
        found = snapshot.reading(kpi.id, area.code)
        living = people.get(area.code)
        amount = (found.evidence.numerator if isinstance(kpi.form, Rate) else found.value) if found else None
        if found is not None and living and amount is not None:
            places.append(Place(code=area.code, group=area.parent or "", people=living, amount=amount))
        elif found is not None and found.why_none and not isinstance(kpi.form, Rate):
            return _none(0, found.why_none)
    lost = len(tree.kelurahan) - len(places)
    if lost:
        return _none(len(places), f"jumlah penduduk bertanggal belum ada untuk {lost} dari {len(tree.kelurahan)} {tree.unit}")
    left = snapshot.reading(kpi.id, UNPLACED)
    beside = (left.evidence.numerator if isinstance(kpi.form, Rate) else left.value) if left else None
    counted = isinstance(kpi.form, Count) or (isinstance(kpi.form, Rate) and kpi.form.value is None)
    return measured(places, counted=counted, unplaced=beside or 0.0)


def measured(places: Sequence[Place], *, counted: bool = False, unplaced: float = 0.0) -> Equity:
    """The measures over places with residents; ``counted`` says that the amount is a number of events.

    Theil's T = sum s ln(s / w) over the shares s of the amount and w of the people; between the groups it is the
    same sum over their shares, within them the groups' own T weighted by their shares of the amount. The Gini
    coefficient is 1 less twice the area under Lorenz's curve. Percentiles are of people, not of places.
    """
    amount, people = math.fsum(p.amount for p in places), math.fsum(p.people for p in places)
    if len(places) < FEW or amount <= 0:
        return _none(
            len(places), "tidak ada yang dapat dibagi: jumlahnya nol" if len(places) >= FEW else "kurang dari dua wilayah"
        )
    groups: dict[str, list[Place]] = defaultdict(list)
    for place in places:
        groups[place.group].append(place)
    between = within = 0.0
    for members in groups.values():
        own, living = math.fsum(p.amount for p in members), math.fsum(p.people for p in members)
        between += _term(own / amount, living / people)
        if own > 0:
            within += own / amount * math.fsum(_term(p.amount / own, p.people / living) for p in members)
    curve = lorenz(places)
    low, high = quantile(places, 0.1), quantile(places, 0.9)
    return Equity(
        places=len(places),
        theil=math.fsum(_term(p.amount / amount, p.people / people) for p in places),
        within=within,
        between=between,
        chance=(len(places) - 1) / (2 * amount) if counted else None,
        gini=1 - math.fsum((x2 - x1) * (y1 + y2) for (x1, y1), (x2, y2) in pairwise(curve)),
        p10=low,
        p90=high,
        p90_p10=high / low if low > 0 else None,
        lorenz=curve,
        why_no_ratio=None if low > 0 else "sepersepuluh penduduk tinggal di wilayah yang nilainya nol",
        unplaced=unplaced,
    )


def _term(share: float, weight: float) -> float:
    return share * math.log(share / weight) if share > 0 else 0.0


def _none(places: int, why: str) -> Equity:
    return Equity(
        places=places, theil=None, within=None, between=None, chance=None, gini=None, p10=None, p90=None, p90_p10=None,
        lorenz=(), why_none=why, why_no_ratio=why,
    )  # fmt: skip


def lorenz(places: Sequence[Place]) -> tuple[tuple[float, float], ...]:
    """Shares of the people and of the amount, place by place from the least per head on; from (0, 0) to (1, 1)."""
    amount, people = math.fsum(p.amount for p in places), math.fsum(p.people for p in places)
    points, x, y = [(0.0, 0.0)], 0.0, 0.0
    for place in sorted(places, key=lambda p: (p.per_head, p.code)):
        x, y = x + place.people / people, y + place.amount / amount
        points.append((x, y))
    return (*points[:-1], (1.0, 1.0))


def quantile(places: Sequence[Place], q: float) -> float:
    """The least figure per head that at least the share ``q`` of the people do not exceed."""
    most, seen = q * math.fsum(p.people for p in places), 0.0
    ordered = sorted(places, key=lambda p: p.per_head)
    for place in ordered:
        seen += place.people
        if seen >= most * (1 - 1e-12):
            return place.per_head
    return ordered[-1].per_head
