"""What a brief is made of, and its bytes: plain facts with their words in both languages, readable after years as they were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import orjson
from pydantic import TypeAdapter, ValidationError

from layers.model import Role
from layers.orders import OrderState
from layers.snapshot import Band, State

Words = Mapping[str, str]
"""The same words in each language of the screens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number as it was: its meaning, age and target. ``change`` is measured against what ``against`` says.

    ``change`` is ``None`` where there is nothing to compare with; ``observed`` where no data ever came.
    """

    kpi: str
    area: str
    opd: str | None
    title: Words
    unit: str
    decimals: int
    better: str
    value: float
    n: int
    change: float | None
    against: Words
    target: float | None
    band: Band
    observed: datetime | None
    state: State

    @property
    def good(self) -> bool | None:
        """Whether the change is for the better; ``None`` without a change, or where neither way is better."""
        if not self.change or self.better == "neutral":
            return None
        return (self.change > 0) is (self.better == "up")


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something that changed: ``strength`` counts its usual changes where they are known, ``cause`` says what made it."""

    figure: Figure
    strength: float | None = None
    cause: Words | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What an OPD holds: ``overdue``, the deadline that passed first, what falls due ``today`` and within 72 hours (``soon``).

    ``week`` is what falls due until the coming Sunday. ``opd`` is ``None`` for complaints that no OPD holds.
    """

    opd: str | None
    name: str
    open: int
    overdue: int
    longest: datetime | None
    today: int
    soon: int
    week: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """Deadlines of an OPD that pass until ``until``, ``hours`` working hours from now, the first of them at ``first``."""

    opd: str | None
    name: str
    n: int
    first: datetime
    until: datetime
    hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An order as a brief tells it: who gave it by role, never by name; ``standing`` is the time left when it was told."""

    id: int
    given: datetime
    role: Role
    opd: str
    name: str
    text: str
    due: datetime
    standing: Words
    state: OrderState
    answer: str | None
    answered: datetime | None
    kpi: str | None
    area: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What cannot be trusted today: a source that is not live, since ``observed`` or for ever; or ``why`` says what it is."""

    what: str
    owner: str | None
    observed: datetime | None = None
    why: Words | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The city's state, 1 (normal) to 5, and what decides it, the most urgent first."""

    level: int
    name: Words
    reasons: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """One page: of the city, or with ``opd`` the week's digest for its head; made once, never changed.

    ``due`` is when it was to be made and ``made`` when it was; ``version`` and ``built`` name the snapshot behind it.
    ``since`` is from when on orders are told of; with ``weekly`` changes are those of a week.
    """

    day: date
    city: str
    title: str
    opd: str | None
    due: datetime
    made: datetime
    version: int
    built: datetime
    notice: str | None
    weekly: bool
    standing: Standing | None
    things: tuple[Thing, ...]
    figures: tuple[Figure, ...]
    queues: tuple[Queue, ...]
    ahead: tuple[Ahead, ...]
    orders: tuple[Told, ...]
    since: datetime
    doubts: tuple[Doubt, ...]

    @property
    def subject(self) -> str:
        """Its name among the briefs of a day: the OPD's slug, else the city's code."""
        return self.opd or self.city

    @property
    def praise(self) -> tuple[Figure, ...]:
        """Figures at their target that did not get worse, of data that are not old."""
        fresh = (f for f in self.figures if f.state in (State.LIVE, State.LATE))
        return tuple(f for f in fresh if f.target is not None and f.band is Band.NORMAL and f.good is not False)


_BRIEF = TypeAdapter(Brief)


def encode(brief: Brief) -> bytes:
    """The brief as JSON bytes; equal briefs give equal bytes."""
    return orjson.dumps(brief, option=orjson.OPT_SORT_KEYS)


def decode(body: bytes) -> Brief:
    """The brief that was encoded; raises ``ValueError`` for anything else."""
    try:
        return _BRIEF.validate_json(body)
    except ValidationError as error:
        raise ValueError(f"not a brief: {error.error_count()} mistakes") from error
