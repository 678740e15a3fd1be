"""The types that travel between the rooms: areas, records, runs, readings, rights and snapshots.

All are frozen, slotted and keyword-only. A :class:`Reading` cannot be made without its
:class:`Freshness` and its :class:`Evidence`, so a number without its age and its origin is
impossible by type. Unknown is ``None`` with a reason, never a sentinel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

UNPLACED = "tanpa-lokasi"
"""Code of the real, visible area that holds every record whose place is not known."""


class Level(StrEnum):
    """Level of an administrative area, by the depth of its dotted Kemendagri code."""

    PROVINSI = "provinsi"
    KOTA = "kota"
    KECAMATAN = "kecamatan"
    KELURAHAN = "kelurahan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """An administrative area: ``36.71`` (city), ``36.71.01`` (kecamatan), ``36.71.01.1001`` (kelurahan/desa)."""

    code: str
    name: str
    level: Level
    parent: str | None


# --- records ---------------------------------------------------------------------------------


class Kind(StrEnum):
    """The four kinds of record that the store keeps."""

    COMPLAINT = "complaint"
    SERVICE = "service"
    PACKAGE = "package"
    MEASUREMENT = "measurement"


class Status(StrEnum):
    """Where a complaint stands.

    ``masuk = menunggu + diproses + selesai + bukan_kewenangan + duplikat + ditolak`` holds for any cut.
    """

    WAITING = "menunggu"
    IN_PROCESS = "diproses"
    DONE = "selesai"
    NOT_OURS = "bukan_kewenangan"
    DUPLICATE = "duplikat"
    REJECTED = "ditolak"


class PlacedBy(StrEnum):
    """How a record found its area: by the code it brought, its point, a name, or not at all."""

    CODE = "kode"
    POINT = "titik"
    NAME = "nama"
    NONE = "tidak"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What every record has.

    ``(source, source_id)`` identifies it; ``known_at`` is when the source says this version became
    true (``None`` when the source does not say: then ``seen_at``, our own first sight, stands for it).
    """

    kind: ClassVar[Kind]

    source: str
    source_id: str
    seen_at: datetime
    known_at: datetime | None = None
    area: str = UNPLACED
    placed_by: PlacedBy = PlacedBy.NONE
    opd: str | None = None

    @property
    def at(self) -> datetime:
        """The moment that puts the record into its month's partition."""
        raise NotImplementedError  # pragma: no cover - every kind says its own


PRIVATE = frozenset({"text", "reporter", "mentions"})
"""Fields of records that stay in the store: in no frame, snapshot, answer of the API or export."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint(Record):
    """One complaint or request of a citizen, without anything that names the citizen.

    ``text`` is what the citizen wrote, with identifiers masked, for those who may read it (:attr:`Scope.free_text`).
    A connector gives ``reporter`` as the source has it (NIK, telephone or e-mail, else a name); the intake keeps
    nothing of it but a keyed hash. ``mentions`` are the keyed hashes of the identifiers that were masked in
    ``text``, joined by spaces: they find a person's records for an erasure, and the intake gives them.
    """

    kind: ClassVar[Kind] = Kind.COMPLAINT

    received: datetime
    status: Status
    category: str
    channel: str
    classification: str | None = None
    verified: datetime | None = None
    responded: datetime | None = None
    closed: datetime | None = None
    validated: datetime | None = None
    confirmed: datetime | None = None
    reopened: datetime | None = None
    due: datetime | None = None
    due_rule: str | None = None
    lat: float | None = None
    lon: float | None = None
    text: str | None = None
    reporter: str | None = None
    mentions: str | None = None

    @property
    def at(self) -> datetime:
        return self.received


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Record):
    """What one counter or digital service did in one stretch of time (usually a day).

    ``reporter`` is who was served, where a row is one person's; treated as :attr:`Complaint.reporter`.
    """

    kind: ClassVar[Kind] = Kind.SERVICE

    day: datetime
    service: str
    served: int
    on_time: int | None = None
    queued: int | None = None
    waiting_minutes: float | None = None
    online: bool | None = None
    reporter: str | None = None

    @property
    def at(self) -> datetime:
        return self.day


class Stage(StrEnum):
    """How far a procurement package has come."""

    PLANNED = "rencana"
    SELECTION = "pemilihan"
    CONTRACT = "kontrak"
    DONE = "selesai"
    CANCELLED = "batal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Package(Record):
    """One procurement package. Money is exact, in rupiah with two decimals."""

    kind: ClassVar[Kind] = Kind.PACKAGE

    announced: datetime
    year: int
    title: str
    method: str
    stage: Stage
    plan_id: str | None = None
    pagu: Decimal | None = None
    hps: Decimal | None = None
    value: Decimal | None = None
    pdn: Decimal | None = None
    umk: Decimal | None = None
    provider: str | None = None
    selected: datetime | None = None
    contracted: datetime | None = None
    handed_over: datetime | None = None

    @property
    def at(self) -> datetime:
        return self.announced


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement(Record):
    """A named quantity with its unit at a moment: a budget line, a site check, a forecast."""

    kind: ClassVar[Kind] = Kind.MEASUREMENT

    name: str
    subject: str
    value: float
    unit: str
    measured: datetime

    @property
    def at(self) -> datetime:
        return self.measured


RECORDS: dict[Kind, type[Record]] = {c.kind: c for c in (Complaint, Service, Package, Measurement)}


# --- runs ------------------------------------------------------------------------------------


class Outcome(StrEnum):
    """How one run of one source ended; each names what follows from it."""

    OK = "ok"
    NOTHING_NEW = "nothing_new"
    TRANSIENT = "transient"
    RATE_LIMITED = "rate_limited"
    AUTH = "auth"
    DRIFT = "drift"
    REFUSED = "refused"

    @property
    def good(self) -> bool:
        return self in (Outcome.OK, Outcome.NOTHING_NEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One finished run of one source. ``seen = kept + unchanged + excluded + quarantined``, always."""

    source: str
    started: datetime
    finished: datetime
    outcome: Outcome
    seen: int = 0
    kept: int = 0
    unchanged: int = 0
    excluded: Mapping[str, int] = field(default_factory=dict)
    quarantined: int = 0
    message: str | None = None

    def __post_init__(self) -> None:
        parts = self.kept + self.unchanged + sum(self.excluded.values()) + self.quarantined
        if self.seen != parts:
            raise ValueError(f"run of {self.source}: seen {self.seen} is not the sum of its parts {parts}")


# --- readings --------------------------------------------------------------------------------


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
    ``unplaced`` the rows that count for the city but for no kelurahan.
    """

    sources: tuple[str, ...]
    numerator: float | None = None
    denominator: float | None = None
    excluded: Mapping[str, int] = field(default_factory=dict)
    quarantined: int = 0
    unplaced: int = 0
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One number at one cut: a KPI for an area, and for one OPD where ``opd`` is set.

    ``value`` is ``None`` exactly when ``why_none`` says why. ``change`` is the absolute difference
    to the window before; ``n`` the number of rows that count.
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

    def __post_init__(self) -> None:
        if (self.value is None) == (self.why_none is None):
            raise ValueError(f"reading {self.kpi}@{self.area}: either a value or a reason, not both or neither")


# --- rights ----------------------------------------------------------------------------------


class Role(StrEnum):
    """Who someone is to the room. ``PUBLIC`` and ``SCREEN`` see aggregates, never rows."""

    PUBLIC = "public"
    SCREEN = "screen"
    LEADER = "leader"
    OPD_HEAD = "opd"
    ANALYST = "analyst"
    OPERATOR = "operator"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the asker may see; the first argument of every function that returns rows or counts them for someone.

    ``opds`` and ``areas`` are ``None`` for "all", else the only ones whose rows may be seen.
    """

    user: str
    role: Role
    opds: frozenset[str] | None = None
    areas: frozenset[str] | None = None

    @property
    def may_see_rows(self) -> bool:
        return self.role not in (Role.PUBLIC, Role.SCREEN)

    @property
    def may_operate(self) -> bool:
        return self.role in (Role.OPERATOR, Role.ADMIN)

    @property
    def free_text(self) -> bool:
        """Whether the asker may read what citizens wrote: operators, and the head of an OPD of its own cases."""
        return self.may_operate or (self.role is Role.OPD_HEAD and self.opds is not None)


# --- what the dashboard is given ---------------------------------------------------------------


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
class Snapshot:
    """Everything that the standard screens show, at one version; immutable.

    ``version`` only rises. ``notice`` is set when what is shown is not the live city (generated
    data, a clock that was set): every screen must show it.
    """

    version: int
    city: str
    built_at: datetime
    notice: str | None
    readings: tuple[Reading, ...]
    trends: tuple[Trend, ...]
    arrivals: Arrivals
    attention: tuple[Attention, ...]
    events: tuple[Event, ...]
    dots: tuple[Dot, ...]
    sources: tuple[SourceState, ...]

    index: Mapping[tuple[str, str, str | None], Reading] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", {(r.kpi, r.area, r.opd): r for r in self.readings})

    def reading(self, kpi: str, area: str | None = None, opd: str | None = None) -> Reading | None:
        """The reading of a KPI at an area (the city by default) and OPD, or ``None`` if not published."""
        return self.index.get((kpi, area or self.city, opd))
