"""What happens in the simulated city: citizens, complaints, counter tickets and procurement, each with its whole life."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from layers.city import AreaFacts

WAITING, IN_PROGRESS, DONE = "Menunggu", "Diproses", "Selesai"
NOT_OURS, DUPLICATE, REJECTED = "Bukan kewenangan", "Duplikat", "Ditolak"


@dataclass(frozen=True, slots=True, kw_only=True)
class Citizen:
    """An invented person. ``nik`` begins with the city's own code and holds a date of birth, as real ones do."""

    name: str
    nik: str
    phone: str
    email: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One complaint with everything that will happen to it; ask :meth:`status` for what shows at a moment.

    ``opd`` is the slug of the first holder, ``transfers`` the later ones. ``lat`` and ``lon`` are unknown where the
    pack has no point for the kelurahan. ``closed`` is the last closing: of a reopened case the one before shows
    until ``reopened`` (see :meth:`closing`). ``typo`` is the kelurahan as its reporter or clerk wrote it.
    """

    number: str
    system: str
    received: datetime
    category: str
    opd: str
    channel: str
    kelurahan: AreaFacts
    lat: float | None
    lon: float | None
    text: str
    citizen: Citizen
    due: datetime
    verified: datetime
    responded: datetime
    closed: datetime | None
    verdict: str
    validated: datetime | None
    reopened: datetime | None
    transfers: tuple[tuple[datetime, str], ...]
    typo: str
    first_closed: datetime | None = None

    def moments(self) -> Iterator[datetime]:
        """Every moment at which something happens to the case, in no order."""
        fixed = (self.received, self.verified, self.responded, self.first_closed, self.reopened, self.closed, self.validated)
        yield from (moment for moment in fixed if moment is not None)
        yield from (moment for moment, _ in self.transfers)

    def changed(self, now: datetime) -> datetime:
        """The latest moment up to ``now``; raises ``ValueError`` before the case was received."""
        return max(moment for moment in self.moments() if moment <= now)

    def closing(self, now: datetime) -> datetime | None:
        """When the case was closed, as its system shows it at ``now``: nothing while it is open again."""
        if self.closed and self.closed <= now:
            return self.closed
        again = self.reopened is not None and self.reopened <= now
        return self.first_closed if self.first_closed and self.first_closed <= now and not again else None

    def status(self, now: datetime) -> str:
        """The status as the complaint system prints it at ``now``."""
        if self.closing(now):
            return self.verdict
        return IN_PROGRESS if self.verified <= now else WAITING

    def holder(self, now: datetime) -> str:
        """The slug of the OPD that holds the case at ``now``."""
        return next((opd for moment, opd in reversed(self.transfers) if moment <= now), self.opd)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One visit to a kelurahan counter. One who goes away unserved has no ``called``."""

    number: str
    kelurahan: AreaFacts
    service: str
    taken: datetime
    called: datetime | None
    done: datetime | None
    standard_minutes: int
    citizen: Citizen


@dataclass(frozen=True, slots=True, kw_only=True)
class Tender:
    """One procurement package of a budget year with all its stages; sums are whole rupiah.

    ``hps`` only where there is a selection; ``value`` and ``provider`` become known at ``selected``.
    One that is ``cancelled`` goes no further.
    """

    code: str
    year: int
    opd: str
    title: str
    method: str
    pagu: int
    hps: int | None
    value: int | None
    provider: str | None
    bidders: int
    kelurahan: AreaFacts | None
    planned: datetime
    announced: datetime
    selected: datetime | None
    contracted: datetime | None
    handed_over: datetime | None
    cancelled: datetime | None = None

    def moments(self) -> Iterator[datetime]:
        stages = (self.planned, self.announced, self.selected, self.contracted, self.handed_over, self.cancelled)
        yield from (moment for moment in stages if moment is not None)

    def changed(self, now: datetime) -> datetime | None:
        """The latest moment up to ``now``; ``None`` while nobody knows of the package."""
        return max((moment for moment in self.moments() if moment <= now), default=None)

    def stage(self, now: datetime) -> str | None:
        """``rencana``, ``pemilihan``, ``kontrak``, ``selesai`` or ``batal`` at ``now``; ``None`` before it was planned."""
        stages = (
            ("batal", self.cancelled),
            ("selesai", self.handed_over),
            ("kontrak", self.contracted),
            ("pemilihan", self.announced),
            ("rencana", self.planned),
        )
        return next((name for name, moment in stages if moment is not None and moment <= now), None)
