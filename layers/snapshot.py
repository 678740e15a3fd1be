"""What the screens are given: readings with their age and evidence, and the snapshot that holds all of one moment.

A :class:`Reading` cannot be made without its :class:`Freshness` and its :class:`Evidence`, so a number without its
age and its origin is impossible by type. Unknown is ``None`` with a reason, never a sentinel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import overload

from layers.alarmtypes import Alarm, CityState
from layers.model import Outcome


class State(StrEnum):
    """How old a number's data is, against its own budget."""

    LIVE = "live"
    LATE = "late"
    STALE = "stale"
    NEVER = "never"


STALE_AFTER = 3
"""Data older than this many budgets is stale; older than one is late."""

AHEAD = timedelta(minutes=5)
"""How far data may speak of a moment ahead of us: clocks differ. What lies further ahead is not believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """Age of the data behind a number.

    ``observed_at`` is the moment up to which the source's data speak; ``fetched_at`` when we last
    got an answer; ``budget`` how old the data may be before it counts as late.
    """

    observed_at: datetime | None
    fetched_at: datetime | None
    budget: timedelta

    def state(self, now: datetime) -> State:
        """Live within one budget, late within :data:`STALE_AFTER`, then stale; never without data.

        Data from more than :data:`AHEAD` in the future are stale: one of the two clocks is wrong, so nobody
        can say how old they are, and a source that stopped would look live until that moment has come.
        """
        if self.observed_at is None:
            return State.NEVER
        age = now - self.observed_at
        if age < -AHEAD:
            return State.STALE
        if age <= self.budget:
            return State.LIVE
        return State.LATE if age <= self.budget * STALE_AFTER else State.STALE


class Band(StrEnum):
    """Where a value stands against its target; normal has no colour on screen."""

    NORMAL = "normal"
    WATCH = "watch"
    ACT = "act"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a number can be walked back to.

    ``numerator`` and ``denominator`` are kept for every share; ``sources`` names every source that
    fed the frame; ``excluded`` and ``quarantined`` are the rows of those sources that do not count;
    ``unplaced`` the rows that count for the city but for no kelurahan. ``low`` and ``high`` bound the value
    with 95 %; ``earlier`` is the denominator that the share had in the window which its change is measured against.
    """

    sources: tuple[str, ...]
    numerator: float | None = None
    denominator: float | None = None
    excluded: Mapping[str, int] = field(default_factory=dict)
    quarantined: int = 0
    unplaced: int = 0
    low: float | None = None
    high: float | None = None
    earlier: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One number at one cut: a KPI for an area, and for one OPD where ``opd`` is set.

    ``value`` is ``None`` exactly when ``why_none`` says why. ``change`` is the absolute difference
    to the window before; ``n`` the number of rows that count. ``mismatch`` is set where two ways to the
    same figure disagree, and by how much (:class:`Mismatch`).
    """

    kpi: str
    area: str
    value: float | None
    why_none: str | None
    n: int
    freshness: Freshness
    evidence: Evidence
    opd: str | None = None
    target: float | None = None
    band: Band = Band.NORMAL
    change: float | None = None
    mismatch: float | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.why_none is None):
            raise ValueError(f"reading {self.kpi}@{self.area}: either a value or a reason, not both or neither")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """How a source stands: its last run, its age, and the rows it ever delivered by fate."""

    source: str
    title: str
    connector: str
    outcome: Outcome | None
    freshness: Freshness
    message: str | None = None
    seen: int = 0
    kept: int = 0
    unchanged: int = 0
    excluded: Mapping[str, int] = field(default_factory=dict)
    quarantined: int = 0
    quarantine_open: int = 0
    records: int = 0
    failures: int = 0
    tested_on_real: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """An identity that does not hold (:mod:`layers.reconcile`): what should be equal, and by how much it is not.

    ``title`` says it in the languages of the screens; ``left`` is what is stated or published, ``right`` what it
    should be, ``difference`` their distance, all in ``unit``. ``kpis`` are the figures that it touches at ``area`` and
    ``opd``; ``subject`` is what a source speaks of and ``period`` of when; ``since`` when the data first say so, where
    they do; ``n`` how many cases it stands for.
    """

    identity: str
    title: Mapping[str, str]
    left: float
    right: float
    difference: float
    unit: str
    kpis: tuple[str, ...]
    area: str
    owner: str
    opd: str | None = None
    subject: str | None = None
    period: str | None = None
    sources: tuple[str, ...] = ()
    since: datetime | None = None
    n: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """Something that asks for an action: what, where, whose, since when, until when."""

    id: str
    band: Band
    title: str
    place: str
    area: str
    owner: str | None
    since: datetime
    n: int
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that just happened, for the wall's footer."""

    at: datetime
    source: str
    text: str
    area: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Something that does not answer now (:mod:`layers.outages`): an office's link, or a site of ``opd``.

    ``kpi`` is the figure that counts it; ``subject`` the office's area or the site's name; ``hours`` how long it was
    down in this month, where that is known.
    """

    kpi: str
    subject: str
    area: str
    opd: str | None
    since: datetime
    hours: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A new complaint on the map; the point is rounded to about 100 m so that it names no house."""

    lat: float
    lon: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A KPI's last 30 days at one area, oldest first; ``None`` where a day has no value."""

    kpi: str
    area: str
    days: tuple[str, ...]
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """Complaints received today per channel, counted in slots of ``minutes`` from local midnight.

    ``until`` is the moment that each channel's sources speak for, also of channels that brought nothing today:
    one that is read once a day has not been silent since midnight.
    """

    minutes: int
    channels: Mapping[str, tuple[int, ...]]
    until: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A KPI of the whole year as the year went: its value for the city at the end of each local month, the last one now.

    ``months`` are their first days (ISO), oldest first; ``None`` where a month has no value.
    """

    kpi: str
    months: tuple[str, ...]
    values: tuple[float | None, ...]


class Sign(StrEnum):
    """What an :class:`Observation` is of."""

    RAIN = "hujan"
    QUAKE = "gempa"
    FLOOD = "banjir"
    GAUGE = "pos_air"
    AIR = "udara"
    CALLS = "112"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """Something seen of the situation: when, and in which kelurahan at the nearest; of a quake and of calls in none.

    ``subject`` names a station, a gauge or a kind of call, never a person or a house. ``values`` hold what is known of it
    by name (:mod:`layers.observed`); one that nobody told is missing.
    """

    sign: Sign
    at: datetime
    area: str
    subject: str | None = None
    values: Mapping[str, float] = field(default_factory=dict)


Cut = tuple[str, str, str | None]
"""KPI, area and OPD: where one reading stands."""


def places(cuts: Iterable[Cut]) -> Mapping[Cut, int]:
    """Which reading is that of a cut, by its number."""
    return {cut: number for number, cut in enumerate(cuts)}


class Readings(Sequence[Reading]):
    """Readings each of which is made when somebody first asks for it: of twelve thousand a page shows some hundred."""

    def __init__(self, cuts: Sequence[Cut], make: Callable[[int], Reading]) -> None:
        self.places = places(cuts)
        self._count = len(cuts)
        self._make = make
        self._made: dict[int, Reading] = {}

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> Reading: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Reading, ...]: ...

    def __getitem__(self, at: int | slice) -> Reading | tuple[Reading, ...]:
        if isinstance(at, slice):
            return tuple(self[number] for number in range(*at.indices(len(self))))
        number = range(len(self))[at]
        if number not in self._made:
            self._made[number] = self._make(number)
        return self._made[number]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # equal to any sequence of the same readings, which may be a list


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything that the standard screens show, at one version; immutable.

    ``version`` only rises. ``notice`` is set when what is shown is not the live city (generated
    data, a clock that was set): every screen must show it.
    """

    version: int
    city: str
    built_at: datetime
    notice: str | None
    readings: Sequence[Reading]
    trends: tuple[Trend, ...]
    arrivals: Arrivals
    attention: tuple[Attention, ...]
    events: tuple[Event, ...]
    dots: tuple[Dot, ...]
    sources: tuple[SourceState, ...]
    mismatches: tuple[Mismatch, ...] = ()
    courses: tuple[Course, ...] = ()
    observations: tuple[Observation, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    state: CityState | None = None
    outages: tuple[Outage, ...] = ()

    places: Mapping[Cut, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        given = self.readings
        known = given.places if isinstance(given, Readings) else places((r.kpi, r.area, r.opd) for r in given)
        object.__setattr__(self, "places", known)

    def reading(self, kpi: str, area: str | None = None, opd: str | None = None) -> Reading | None:
        """The reading of a KPI at an area (the city by default) and OPD, or ``None`` if not published."""
        place = self.places.get((kpi, area or self.city, opd))
        return None if place is None else self.readings[place]

    def of(self, *kpis: str) -> Iterator[Reading]:
        """All readings of some KPIs, in the order of the snapshot; the others need not be made for it."""
        return (self.readings[place] for (kpi, _, _), place in self.places.items() if kpi in kpis)
