"""What all figures of one moment share: the frames at one version, prepared, and the sources with their age."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import polars as pl

from layers.answers import Answers
from layers.areas import AreaTree
from layers.catalog import Kpi, Window, moment
from layers.city import City, Target
from layers.clock import start_of_day
from layers.evaluate import first, missing, since, touched_since
from layers.frames import View, Views
from layers.freshness import as_frame, excluded, states, worst
from layers.memo import kept
from layers.model import Kind
from layers.prepared import prepared
from layers.runs import SourceFacts
from layers.snapshot import Evidence, Freshness
from layers.suspicion import suspects

ROOM_BUDGET = timedelta(minutes=1)
"""Figures about the sources are made by the room itself, each time anew."""

PEOPLE = "penduduk.jumlah"
"""The measurement that says how many people live in a kelurahan."""


MOST_BYTES = 128 << 20
REMEMBERED = 64
"""So many answers to one sort of question are kept for a room."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Why there is nothing to say, if so; how old the data are; what every figure of a KPI rests on."""

    why_none: str | None
    freshness: Freshness
    evidence: Evidence


class Room:
    """What was made of the rows is kept with them (:mod:`layers.memo`), so that a new room costs only what changed."""

    def __init__(self, view: View, tree: AreaTree, city: City, facts: Iterable[SourceFacts], now: datetime) -> None:
        self.tree, self.city, self.now, self.seq, self.version = tree, city, now, view.seq, view.version
        self.today = now.astimezone(city.zone).date()
        self.facts = {f.source: f for f in facts}
        self.sources = states(city, self.facts.values())
        self.whole = {kind: view.frame(kind) for kind in Kind}
        self.remembered: dict[Hashable, object] = {}
        """What the next room of the same frames may go on from, each with the moment at which it was made."""
        self._answers: dict[str, Answers] = {}
        self._lock = threading.Lock()
        self._view = view
        self._about_sources = as_frame(self.sources, city, now)
        self._near: dict[tuple[Kind, datetime], pl.DataFrame] = {}
        self._suspects: pl.DataFrame | None = None
        self._families: dict[str, pl.DataFrame] = {}
        self._people: dict[str, float] | None = None
        self._begun: dict[Kind | tuple[str, ...], datetime | None] = {}
        self._targets: dict[str, Target | None] = {}
        self._origins: dict[str, Origin] = {}

    def once(
        self,
        sort: str,
        key: Hashable,
        make: Callable[[], T],
        *,
        most: int = REMEMBERED,
        weigh: Callable[[Any], float] | None = None,
    ) -> T:
        """The answer to a question about this room, of a sort of which it keeps ``most`` (:class:`layers.answers.Answers`)."""
        with self._lock:
            if sort not in self._answers:
                self._answers[sort] = Answers(most, weigh)
        return self._answers[sort].once(key, make)

    def rows_once(self, sort: str, key: Hashable, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """As :meth:`once`, for rows to go on from: of each sort no more than :data:`MOST_BYTES` are kept."""
        return self.once(sort, key, make, most=MOST_BYTES, weigh=pl.DataFrame.estimated_size)

    def parts(self, kind: Kind) -> Sequence[pl.DataFrame]:
        """The rows that count, month by month where no row depends on another."""
        return [self.whole[kind]] if kind is Kind.PACKAGE else self._view.parts(kind)

    def told(self, kind: Kind) -> pl.DataFrame:
        """All rows of a kind, also by sources that say less of a package than another."""
        return self._view.told(kind)

    def recent(self, kind: Kind) -> pl.DataFrame:
        """The rows that can matter to windows of 30 days and their trends, prepared."""
        return self.near(kind, since(self.now))

    def near(self, kind: Kind, reach: datetime) -> pl.DataFrame:
        """The rows that can matter to a window that starts at ``reach`` or later, prepared; and those of the same day."""
        reach = start_of_day(reach, self.city.zone)  # the same rows all day long
        if (kind, reach) not in self._near:
            name = ("near", (self.now - reach).days)
            parts = [
                kept(part, name, partial(_near, kind, part, self.city, reach), key=reach, of=self.city)
                for part in self.parts(kind)
            ]
            whole = self.whole[kind]
            joined = partial(
                pl.concat, [part for part in parts if part.height] or [prepared(kind, whole.clear(), self.city, reach)]
            )
            self._near[kind, reach] = kept(whole, ("joined", *name), joined, key=reach, of=self.city)
        return self._near[kind, reach]

    @property
    def suspects(self) -> pl.DataFrame:
        """The complaints that a pattern of closing names."""
        if self._suspects is None:
            self._suspects = suspects(self._view, self.city.suspicion, self.now)
        return self._suspects

    def family(self, name: str) -> pl.DataFrame:
        """All measurements whose names begin as this one's does, prepared."""
        family = name.partition(".")[0]
        if family not in self._families:
            whole = self.whole[Kind.MEASUREMENT]
            rows = kept(whole, ("family", family), partial(_family, whole, family))
            passed = rows.select((pl.col("measured") <= moment(self.now)).sum()).item()  # which is latest depends on it alone
            make = partial(prepared, Kind.MEASUREMENT, rows, self.city, self.now)
            self._families[family] = kept(rows, "prepared", make, key=passed, of=self.city)
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
        family, whole = self.family(names[0]), self.whole[kind]
        rows = kept(family, ("named", names), lambda: family.filter(pl.col("name").is_in(names)))
        return kept(whole, ("against", names), lambda: pl.concat([whole, rows], how="diagonal_relaxed"), of=rows)

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
        of = kpi.names or kpi.kind
        if of not in self._begun:
            parts = self.parts(kpi.kind)
            if kpi.names and (reads := kpi.reads) is not None:
                parts = [kept(family := self.family(kpi.names[0]), ("read", of), lambda: family.filter(reads))]
            self._begun[of] = first(parts, kpi.kind)
        return self._begun[of]

    def target(self, kpi: Kpi) -> Target | None:
        """What the city wants of the KPI today."""
        if kpi.id not in self._targets:
            self._targets[kpi.id] = self.city.target(kpi.id, self.today)
        return self._targets[kpi.id]

    def origin(self, kpi: Kpi) -> Origin:
        """Where the KPI's figures come from."""
        if kpi.id not in self._origins:
            self._origins[kpi.id] = self._trace(kpi)
        return self._origins[kpi.id]

    def _trace(self, kpi: Kpi) -> Origin:
        if kpi.kind is None:
            fresh = Freshness(observed_at=self.now, fetched_at=self.now, budget=ROOM_BUDGET)
            evidence = Evidence(sources=tuple(config.name for config in self.city.sources))
            return Origin(why_none=missing([self._about_sources], None), freshness=fresh, evidence=evidence)
        family = [self.family(kpi.names[0])] if kpi.names else None
        told = family or self._view.parts(kpi.kind)  # also by sources that say less of a package than another
        name, of = (kpi.names, None) if kpi.names else (id(kpi.needs), kpi.needs)
        fed = [kept(part, ("fed", name), partial(_sources, part, kpi.reads), of=of) for part in told]
        names = frozenset().union(*fed)
        why = missing(family or self.parts(kpi.kind), kpi.needs, kpi.names)
        if kpi.against:
            other = self.family(kpi.against[0]).filter(pl.col("name").is_in(kpi.against))
            names |= _sources(other, None)
            why = why or missing([other], None, kpi.against)
        rules: Counter[str] = Counter()
        for source in sorted(names):
            rules.update(excluded(self.facts[source]) if source in self.facts else {})
        feeding = [state for state in self.sources if state.source in names]
        quarantined = sum(state.quarantine_open for state in feeding)
        return Origin(
            why_none=why,
            freshness=worst((state.freshness for state in feeding), self.now),
            evidence=Evidence(sources=tuple(sorted(names)), excluded=dict(rules), quarantined=quarantined),
        )


_minutes: WeakKeyDictionary[Views, tuple[tuple[int, datetime], Room]] = WeakKeyDictionary()
_lock = threading.Lock()


def of_minute(frames: Views, tree: AreaTree, city: City, facts: Iterable[SourceFacts], now: datetime) -> Room:
    """The room of the frames' version and this minute: all who ask within it share one, and what it remembers."""
    view = frames.view()
    key = view.version, now.astimezone(UTC).replace(second=0, microsecond=0)
    with _lock:
        held = _minutes.get(frames)
        if held is None or held[0] != key:
            held = _minutes[frames] = key, Room(view, tree, city, facts, now.astimezone(UTC))
        return held[1]


def _near(kind: Kind, part: pl.DataFrame, city: City, reach: datetime) -> pl.DataFrame:
    """Of a part those rows that a window can see which starts at ``reach`` or later; no row depends on another."""
    return prepared(kind, part.lazy().filter(touched_since(kind, reach)).collect().rechunk(), city, reach)


def _family(whole: pl.DataFrame, family: str) -> pl.DataFrame:
    names = [n for n in whole["name"].unique().cast(pl.String) if n.partition(".")[0] == family] if whole.height else []
    return whole.lazy().filter(pl.col("name").is_in(names)).collect()


def _sources(part: pl.DataFrame, reads: pl.Expr | None) -> frozenset[str]:
    rows = part.lazy() if reads is None else part.lazy().filter(reads)
    return frozenset(rows.select(pl.col("source").unique().cast(pl.String)).collect()["source"])
