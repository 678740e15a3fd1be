"""Every figure of one moment as a Reading: with its age, its evidence, its target and its change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from layers.areas import AreaTree
from layers.catalog import CUTS, Kpi, Rate, When, Window
from layers.city import City, Target
from layers.evaluate import WHOLE, Ask, Cell, Cells, empty, figures, first, missing, per_head, since, stated, touched_since
from layers.explain import wilson
from layers.frames import View
from layers.freshness import as_frame, excluded, states, worst
from layers.model import Kind
from layers.prepared import prepared
from layers.runs import SourceFacts
from layers.snapshot import Band, Evidence, Freshness, Reading
from layers.suspicion import suspects

ROOM_BUDGET = timedelta(minutes=1)
"""Figures about the sources are made by the room itself, each time anew."""

PEOPLE = "penduduk.jumlah"
"""The measurement that says how many people live in a kelurahan."""


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
        self._suspects: pl.DataFrame | None = None
        self._families: dict[str, pl.DataFrame] = {}
        self._against: dict[tuple[Kind, tuple[str, ...]], pl.DataFrame] = {}
        self._people: dict[str, float] | None = None
        self._begun: dict[Kind | tuple[str, ...], datetime | None] = {}
        self._fed: dict[tuple[Kind, tuple[str, ...] | int], tuple[tuple[str, ...], str | None]] = {}
        self._origins: dict[str, Origin] = {}

    def recent(self, kind: Kind) -> pl.DataFrame:
        """The rows that can matter to windows of 30 days and their trends, prepared."""
        if kind not in self._recent:
            rows = self.whole[kind].lazy().filter(touched_since(kind, since(self.now))).collect()
            self._recent[kind] = prepared(kind, rows, self.city, self.now)
        return self._recent[kind]

    def told(self, kind: Kind) -> pl.DataFrame:
        """All rows of a kind, also by sources that say less of a package than another."""
        return self._told[kind]

    @property
    def suspects(self) -> pl.DataFrame:
        """The complaints that a pattern of closing names."""
        if self._suspects is None:
            self._suspects = suspects(self.whole[Kind.COMPLAINT], self.city.suspicion, self.now)
        return self._suspects

    def family(self, name: str) -> pl.DataFrame:
        """All measurements whose names begin as this one's does, prepared."""
        family = name.partition(".")[0]
        if family not in self._families:
            whole = self.whole[Kind.MEASUREMENT]
            names = [n for n in whole["name"].unique().cast(pl.String) if n.partition(".")[0] == family] if whole.height else []
            rows = whole.lazy().filter(pl.col("name").is_in(names)).collect()
            self._families[family] = prepared(Kind.MEASUREMENT, rows, self.city, self.now)
        return self._families[family]

    def frame(self, kpi: Kpi) -> pl.DataFrame:
        """The rows that the KPI's windows can reach."""
        if kpi.kind is None:
            return self._about_sources
        if kpi.pattern is not None:
            return self.suspects
        if kpi.names:
            return self.family(kpi.names[0])
        if kpi.against:
            return self._set_against(kpi.kind, kpi.against)
        return self.whole[kpi.kind] if kpi.window is Window.YEAR else self.recent(kpi.kind)

    def _set_against(self, kind: Kind, names: tuple[str, ...]) -> pl.DataFrame:
        """All rows of a kind, and under them the measurements of those names: each has null where the other has columns."""
        if (kind, names) not in self._against:
            rows = self.family(names[0]).filter(pl.col("name").is_in(names))
            self._against[kind, names] = pl.concat([self.whole[kind], rows], how="diagonal_relaxed")
        return self._against[kind, names]

    def people(self, area: str) -> float | None:
        """The inhabitants of an area, counted at a known day: of a kecamatan or the city only if all of its parts are known."""
        if self._people is None:
            rows = (
                self.family(PEOPLE).lazy().filter((pl.col("name") == PEOPLE) & pl.col("latest")).select("area", "value").collect()
            )
            known = {str(code): float(n) for code, n in rows.iter_rows()}
            for level in (self.tree.kecamatan, [self.tree.city]):
                for whole in level:
                    parts = [known.get(part.code) for part in self.tree.areas.values() if part.parent == whole.code]
                    if parts and None not in parts:
                        known[whole.code] = sum(part or 0 for part in parts)
            if self.city.population and self.city.population_year:
                known.setdefault(self.city.code, self.city.population)
            self._people = known
        return self._people.get(area)

    def begun(self, kpi: Kpi) -> datetime | None:
        """When the first record happened of the kind, or of the measurements, that the KPI reads."""
        if kpi.kind is None:
            return None
        if (kpi.names or kpi.kind) not in self._begun:
            whole = self.whole[kpi.kind]
            if kpi.names and (reads := kpi.reads) is not None:
                whole = self.family(kpi.names[0]).filter(reads)
            self._begun[kpi.names or kpi.kind] = first(whole, kpi.kind)
        return self._begun[kpi.names or kpi.kind]

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
        whole = self.family(kpi.names[0]) if kpi.names else self.whole[kpi.kind]
        told = whole if kpi.names else self._told[kpi.kind]  # also by sources that say less of a package than another
        key = (kpi.kind, kpi.names or id(kpi.needs))
        if key not in self._fed:
            rows = told if kpi.reads is None else told.lazy().filter(kpi.reads)
            found = rows.lazy().select(pl.col("source").unique().cast(pl.String)).collect()["source"]
            self._fed[key] = tuple(found.sort()), missing(whole, kpi.needs, kpi.names)
        names, why = self._fed[key]
        if kpi.against:
            other = self._set_against(kpi.kind, kpi.against).filter(pl.col("name").is_not_null())
            names = tuple(sorted({*names, *other["source"].unique().cast(pl.String)}))
            why = why or missing(other, None, kpi.against)
        rules: Counter[str] = Counter()
        for name in names:
            rules.update(excluded(self.facts[name]) if name in self.facts else {})
        feeding = [state for state in self.sources if state.source in names]
        quarantined = sum(state.quarantine_open for state in feeding)
        return Origin(
            why_none=why,
            freshness=worst((state.freshness for state in feeding), self.now),
            evidence=Evidence(sources=names, excluded=dict(rules), quarantined=quarantined),
        )


def readings(kpis: Iterable[Kpi], room: Room) -> Iterator[Reading]:
    """The KPIs at each of their cuts; where nothing feeds one, each cut says so instead of showing a zero."""
    wanted = tuple(kpis)
    known = _figures(wanted, room)
    for kpi in wanted:
        current, former = known.get((kpi.id, False), {}), known.get((kpi.id, True), {})
        for cut in kpi.cuts if kpi.kind else CUTS[:1]:
            for key in _keys(cut, room, current.get(cut, {})):
                cell = current.get(cut, {}).get(key, empty(kpi.form))
                before = former[cut].get(key, empty(kpi.form)) if cut in former else None
                area, opd = (room.city.code, key) if cut == "opd" else (key or room.city.code, None)
                yield reading(kpi, room, cell, before, area=area, opd=opd)


def _figures(kpis: Sequence[Kpi], room: Room) -> dict[tuple[str, bool], Cells]:
    """The cells of each KPI now and, where it can be compared, before: those of one frame and its cuts in one pass."""
    passes: dict[tuple[int, tuple[str | None, ...]], tuple[pl.DataFrame, list[tuple[str, bool]], list[Ask]]] = {}
    for kpi in kpis:
        if room.origin(kpi).why_none is not None:
            continue
        frame, when = room.frame(kpi), kpi.window.at(room.now, room.city.zone)
        cuts = tuple(kpi.by_opd if cut == "opd" else cut for cut in kpi.cuts) if kpi.kind else CUTS[:1]
        _, names, asks = passes.setdefault((id(frame), cuts), (frame, [], []))
        for earlier in (False, True) if watched_before(kpi, when, room) else (False,):
            names.append((kpi.id, earlier))
            asks.append((kpi.form, when.before() if earlier else when))
    found: dict[tuple[str, bool], Cells] = {}
    for (_, cuts), (frame, names, asks) in passes.items():
        for name, cells in zip(names, figures(frame, asks, cuts), strict=True):
            found[name] = {"opd" if cut == "holder" else cut: each for cut, each in cells.items()}
    return found


def _keys(cut: str | None, room: Room, found: Mapping[str, Cell]) -> Iterable[str]:
    """Every area and OPD of the pack, with rows or without; and OPDs that only the records know."""
    if cut is None:
        return (WHOLE,)
    if cut == "opd":
        return dict.fromkeys((*(opd.slug for opd in room.city.opds), *sorted(found)))
    areas = room.tree.kecamatan if cut == "kecamatan" else (*room.tree.kelurahan, room.tree.unplaced)
    return [area.code for area in areas]


def watched_before(kpi: Kpi, when: When, room: Room) -> bool:
    """Whether the window before lies after the first record, and the records still tell of it: only then there is a change."""
    if kpi.kind is None or not kpi.history:
        return False
    begun = room.begun(kpi)
    return begun is not None and begun <= when.before().start


def reading(
    kpi: Kpi, room: Room, cell: Cell, before: Cell | None, *, area: str, opd: str | None = None, part: bool = False
) -> Reading:
    """A cell with its age, evidence, target and change; ``part`` says that it is not the whole of its area."""
    origin = room.origin(kpi)
    if origin.why_none is not None:
        cell, before = empty(kpi.form), None
    if isinstance(kpi.form, Rate):
        people = room.people(area)
        cell, before = per_head(kpi.form, cell, people), before and per_head(kpi.form, before, people)
    value, why = stated(kpi, cell) if origin.why_none is None else (None, origin.why_none)
    earlier = stated(kpi, before)[0] if before else None
    target = room.city.target(kpi.id, room.now.astimezone(room.city.zone).date())
    if kpi.additive and (part or opd or area != room.city.code):
        target = None
    low, high = (None, None) if value is None else (cell.low, cell.high)
    if kpi.interval and value is not None and cell.whole:
        low, high = wilson(cell.part or 0, cell.whole)
    return Reading(
        kpi=kpi.id,
        area=area,
        opd=opd,
        value=value,
        why_none=why,
        n=cell.n,
        freshness=origin.freshness,
        evidence=Evidence(
            sources=origin.evidence.sources,
            excluded=origin.evidence.excluded,
            quarantined=origin.evidence.quarantined,
            numerator=cell.part,
            denominator=cell.whole,
            unplaced=cell.unplaced,
            low=low,
            high=high,
            earlier=before.whole if kpi.interval and before and earlier is not None else None,
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
