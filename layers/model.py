"""The types that travel between the rooms: areas, records, runs and rights; what screens are given is in :mod:`layers.snapshot`.

All are frozen, slotted and keyword-only. Unknown is ``None`` with a reason, never a sentinel.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
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
class Record(ABC):
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
    @abstractmethod
    def at(self) -> datetime:
        """The moment that puts the record into its month's partition."""


PRIVATE = frozenset({"text", "reporter", "mentions"})
"""Fields of records that stay in the store: in no frame, snapshot, answer of the API or export."""

LATER = frozenset({"bought", "bidders"})
"""Fields that records did not always have: one that does not fill them is the same version that it was before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint(Record):
    """One complaint or request of a citizen, without anything that names the citizen.

    ``text`` is what the citizen wrote, with identifiers masked, for those who may read it (:attr:`Scope.free_text`).
    A connector gives ``reporter`` as the source has it (NIK, telephone or e-mail, else a name); the intake keeps
    nothing of it but a keyed hash. ``mentions`` are the keyed hashes of the identifiers that were masked in
    ``text``, joined by spaces: they find a person's records for an erasure, and the intake gives them.
    ``photo`` is the perceptual hash of the picture that shows the work done (64 bits as 16 hex digits); the picture is not kept.
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
    photo: str | None = None
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
    """One procurement package. Money is exact, in rupiah with two decimals.

    ``bought`` says what kind of thing is bought, as the source writes it; ``bidders`` how many bid.
    """

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
    bought: str | None = None
    bidders: int | None = None

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


# --- rights ----------------------------------------------------------------------------------


Limits = tuple[frozenset[str] | None, frozenset[str] | None, frozenset[str] | None]
"""OPDs, areas and categories; ``None`` for all."""


class Role(StrEnum):
    """Who someone is to the room. ``PUBLIC`` and ``SCREEN`` see aggregates, never rows."""

    PUBLIC = "public"
    SCREEN = "screen"
    LEADER = "leader"
    OPD_HEAD = "opd"
    BIDANG = "bidang"
    CAMAT = "camat"
    LURAH = "lurah"
    ANALYST = "analyst"
    OPERATOR = "operator"
    ADMIN = "admin"


OFFICES = {Role.LEADER: "Pimpinan", Role.OPERATOR: "Operator", Role.ADMIN: "Admin"}
"""How those are called who own alarms and give orders."""

LIMITS: Mapping[Role, tuple[str, ...]] = {
    Role.OPD_HEAD: ("opds",),
    Role.BIDANG: ("opds", "categories"),
    Role.CAMAT: ("areas",),
    Role.LURAH: ("areas",),
}
"""What a role is limited by of necessity; without it, it sees no rows."""

ROWS = frozenset(Role) - {Role.PUBLIC, Role.SCREEN}
FREE_TEXT = frozenset({Role.OPD_HEAD, Role.BIDANG, Role.OPERATOR, Role.ADMIN})
EXPORTS = frozenset({Role.LEADER, Role.OPD_HEAD, Role.CAMAT, Role.ANALYST, Role.ADMIN})
"""Who may take rows away. Not a lurah or a bidang, whose few cases single people out, and no operator, who keeps the machine."""


class MendError(ValueError):
    """What a person asked for cannot be; the message says what to mend."""


class NotYoursError(LookupError):
    """What does not exist, or is not the asker's to see or to change: nobody learns which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the asker may see; the first argument of every function that returns rows or counts them for someone.

    ``opds``, ``areas`` and ``categories`` are ``None`` for "all", else the only ones whose rows may be seen. An area holds
    those below it. Categories are those of complaints; records of other kinds are limited by OPD and area alone.
    """

    user: str
    role: Role
    opds: frozenset[str] | None = None
    areas: frozenset[str] | None = None
    categories: frozenset[str] | None = None

    @property
    def limited(self) -> bool:
        """Whether the scope covers less than the whole city."""
        return any(limit is not None for limit in self.limits)

    @property
    def limits(self) -> Limits:
        """What two scopes share who see the same rows: ``(opds, areas, categories)``."""
        return self.opds, self.areas, self.categories

    @property
    def may_see_rows(self) -> bool:
        return self.role in ROWS and self._whole

    @property
    def may_operate(self) -> bool:
        return self.role in (Role.OPERATOR, Role.ADMIN)

    @property
    def free_text(self) -> bool:
        """Whether the asker may read what citizens wrote: operators, and those who work on the cases, of their own."""
        return self.role in FREE_TEXT and self._whole

    @property
    def may_export_rows(self) -> bool:
        """Whether the asker may take single rows away, in a file or by the API; aggregates are for all who see them."""
        return self.role in EXPORTS and self._whole

    @property
    def _whole(self) -> bool:
        """Whether the limits that the role needs are there."""
        return all(getattr(self, name) is not None for name in LIMITS.get(self.role, ()))
