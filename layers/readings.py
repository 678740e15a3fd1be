"""Every figure of one moment as a Reading: with its age, its evidence, its target and its change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import polars as pl

from layers.areas import AreaTree
from layers.catalog import Kpi, When, Window
from layers.city import City, Target
from layers.evaluate import WHOLE, Cell, cells, empty, first, missing, since, stated, touched_since
from layers.explain import wilson
from layers.frames import View
from layers.freshness import as_frame, excluded, states, worst
from layers.model import Band, Evidence, Freshness, Kind, Reading
from layers.runs import SourceFacts

ROOM_BUDGET = timedelta(minutes=1)
"""Figures about the sources are made by the room itself, each time anew."""

CUTS: tuple[str | None, ...] = (None, "kecamatan", "area", "opd")
"""The standard cuts: the city, each kecamatan, each kelurahan with the unplaced, each OPD."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Why there is nothing to say, if so; how old the data are; what every figure of a KPI rests on."""

    why_none: str | None
    freshness: Freshness
    evidence: Evidence


class Room:
    """What all figures of one moment share: the frames at one version, the sources and their age."""

    def __init__(self, view: View, tree: AreaTree, city: City, facts: Iterable[SourceFacts], now: datetime) -> None:
        self.tree, self.city, self.now, self.seq = tree, city, now, view.seq
        self.facts = {f.source: f for f in facts}
        self.sources = states(city, self.facts.values())
        self.whole = {kind: view.frame(kind) for kind in Kind}
        self._told = {kind: view.told(kind) for kind in Kind}
        self._about_sources = as_frame(self.sources, city, now)
        self._recent: dict[Kind, pl.DataFrame] = {}
        self._origins: dict[str, Origin] = {}

    def recent(self, kind: Kind) -> pl.DataFrame:
        """The rows that can matter to windows of 30 days and their trends."""
        if kind not in self._recent:
            self._recent[kind] = self.whole[kind].lazy().filter(touched_since(kind, since(self.now))).collect()
        return self._recent[kind]

    def frame(self, kpi: Kpi) -> pl.DataFrame:
        """The rows that the KPI's windows can reach."""
        if kpi.kind is None:
            return self._about_sources
        return self.whole[kpi.kind] if kpi.window is Window.YEAR else self.recent(kpi.kind)

    def origin(self, kpi: Kpi) -> Origin:
        """Where the KPI's figures come from."""
        if kpi.id not in self._origins:
            self._origins[kpi.id] = self._trace(kpi)
        return self._origins[kpi.id]

    def _trace(self, kpi: Kpi) -> Origin:
        if kpi.kind is None:
            fresh = Freshness(observed_at=self.now, fetched_at=self.now, budget=ROOM_BUDGET)
            evidence = Evidence(sources=tuple(config.name for config in self.city.sources))
            return Origin(why_none=missing(self._about_sources, None), freshness=fresh, evidence=evidence)
        whole = self.whole[kpi.kind]
        told = self._told[kpi.kind]  # also by sources that say less of a package than another: they stand behind the figure too
        fed = told if kpi.needs is None else told.lazy().filter(kpi.needs.rows).select("source").collect()
        names = tuple(sorted(fed["source"].unique().cast(pl.String)))
        rules: Counter[str] = Counter()
        for name in names:
            rules.update(excluded(self.facts[name]) if name in self.facts else {})
        feeding = [state for state in self.sources if state.source in names]
        quarantined = sum(state.quarantine_open for state in feeding)
        return Origin(
            why_none=missing(whole, kpi.needs),
            freshness=worst((state.freshness for state in feeding), self.now),
            evidence=Evidence(sources=names, excluded=dict(rules), quarantined=quarantined),
        )


def readings(kpi: Kpi, room: Room) -> Iterator[Reading]:
    """One KPI at every standard cut; where nothing feeds it, each cut says so instead of showing a zero."""
    frame, fed = room.frame(kpi), room.origin(kpi).why_none is None
    cuts = CUTS if kpi.kind else CUTS[:1]
    when = kpi.window.at(room.now, room.city.zone)
    current = cells(frame, kpi.form, when, cuts) if fed else {}
    former = cells(frame, kpi.form, when.before(), cuts) if fed and watched_before(kpi, when, room) else {}
    for cut in cuts:
        for key in _keys(cut, room, current.get(cut, {})):
            cell = current.get(cut, {}).get(key, empty(kpi.form))
            before = former[cut].get(key, empty(kpi.form)) if cut in former else None
            area, opd = (room.city.code, key) if cut == "opd" else (key or room.city.code, None)
            yield reading(kpi, room, cell, before, area=area, opd=opd)


def _keys(cut: str | None, room: Room, found: Mapping[str, Cell]) -> Iterable[str]:
    """Every area and OPD of the pack, with rows or without; and OPDs that only the records know."""
    if cut is None:
        return (WHOLE,)
    if cut == "opd":
        return dict.fromkeys((*(opd.slug for opd in room.city.opds), *sorted(found)))
    areas = room.tree.kecamatan if cut == "kecamatan" else (*room.tree.kelurahan, room.tree.unplaced)
    return [area.code for area in areas]


def watched_before(kpi: Kpi, when: When, room: Room) -> bool:
    """Whether the window before lies after the first record, so that it can be compared with."""
    if kpi.kind is None:
        return False
    begun = first(room.whole[kpi.kind], kpi.kind)
    return begun is not None and begun <= when.before().start


def reading(
    kpi: Kpi, room: Room, cell: Cell, before: Cell | None, *, area: str, opd: str | None = None, part: bool = False
) -> Reading:
    """A cell with its age, evidence, target and change; ``part`` says that it is not the whole of its area."""
    origin = room.origin(kpi)
    value, why = stated(kpi, cell) if origin.why_none is None else (None, origin.why_none)
    earlier = stated(kpi, before)[0] if before else None
    target = room.city.target(kpi.id, room.now.astimezone(room.city.zone).date())
    if kpi.additive and (part or opd or area != room.city.code):
        target = None
    low, high = wilson(cell.part or 0, cell.whole) if kpi.interval and value is not None and cell.whole else (None, None)
    return Reading(
        kpi=kpi.id,
        area=area,
        opd=opd,
        value=value,
        why_none=why,
        n=cell.n,
        freshness=origin.freshness,
        evidence=replace(
            origin.evidence, numerator=cell.part, denominator=cell.whole, unplaced=cell.unplaced, low=low, high=high
        ),
        target=target.target if target else None,
        band=band(kpi, value, target),
        change=value - earlier if value is not None and earlier is not None else None,
    )


def band(kpi: Kpi, value: float | None, target: Target | None) -> Band:
    """Normal at the target or better, act beyond the limit that asks for it, watch between."""
    if value is None or target is None or kpi.better == "neutral":
        return Band.NORMAL
    sign = 1 if kpi.better == "up" else -1
    if sign * value >= sign * target.target:
        return Band.NORMAL
    return Band.ACT if target.act is not None and sign * value < sign * target.act else Band.WATCH
