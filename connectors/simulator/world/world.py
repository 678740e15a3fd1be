"""The believable city: what happens in it at any time, and what of that shows at a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import ClassVar

import numpy as np

from connectors.simulator.world import buying, complaints, counters, days, fate
from connectors.simulator.world.bounded import Bounded
from connectors.simulator.world.complaints import CATEGORIES, LIFE, SYSTEMS, Draft
from connectors.simulator.world.facts import Case, Tender, Ticket
from connectors.simulator.world.frame import Frame, frame_of, opd_of
from connectors.simulator.world.weather import Hours
from layers.city import AreaFacts, City

SEED = 3671
_DRAFTS, _DAYS = 760, 8
"""Days that are remembered as columns (about 35 kB each), and as whole objects (about 0.5 MB each)."""

_CODES = {system: code for code, (system, *_) in enumerate(SYSTEMS)}


class World:
    """One city's life as a function of (seed, city, absolute time): whoever asks, in whatever order, hears the same.

    The whole life of a case is drawn when it arrives, so that history and the live present come from one model and
    never contradict; those who show it to others show only what had happened by their moment. All times are aware,
    in the city's zone. Safe to use from several threads.
    """

    HISTORY_DAYS: ClassVar[int] = 730

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self.city: City = frame.city
        self.kelurahan: tuple[AreaFacts, ...] = frame.kelurahan
        self._place = {area.code: at for at, area in enumerate(frame.kelurahan)}
        self._drafts: Bounded[date, Draft] = Bounded(lambda day: complaints.draft(frame, day), _DRAFTS)
        self._cases: Bounded[tuple[date, str | None], tuple[Case, ...]] = Bounded(self._made, _DAYS)
        self._visits: Bounded[date, counters.Visits] = Bounded(lambda day: counters.visits(frame, day), _DAYS)
        self._tickets: Bounded[date, tuple[Ticket, ...]] = Bounded(self._queued, 3)
        self._years: Bounded[int, tuple[Tender, ...]] = Bounded(self._bought, 6)

    @classmethod
    def of(cls, city: City, seed: int = SEED) -> World:
        """The world of a city pack; raises ``ValueError`` for a pack without kelurahan or OPDs."""
        return cls(frame_of(city, seed, tuple(category[1] for category in CATEGORIES)))

    def rng(self, *key: str | int) -> np.random.Generator:
        """Chance for whatever a system invents itself: the same key gives the same draws."""
        return self._frame.rng("own", *key)

    def working(self, day: date) -> bool:
        """Whether offices work: no weekend, public holiday or cuti bersama."""
        return days.working(day)

    def opd(self, slug: str) -> str:
        """The slug of the OPD that does the work of ``slug``: itself, or where the pack lacks it always the same other one."""
        return opd_of(self.city, slug).slug

    @property
    def faker(self) -> str:
        """The slug of the OPD that closes late cases on paper."""
        return self._frame.faker

    # --- weather --------------------------------------------------------------------------------

    def rain(self, day: date) -> Hours:
        """Millimetres in each hour of a local day: shape (kelurahan, 24)."""
        return self._frame.weather.rain(day)

    def rain_at(self, moment: datetime, code: str) -> float:
        """Millimetres an hour at a moment in a kelurahan; raises ``KeyError`` for a code that is not of the city."""
        face = moment.astimezone(self.city.zone)
        return float(self.rain(face.date())[self._place[code], face.hour])

    def flooded(self, moment: datetime) -> Mapping[str, int]:
        """The kelurahan with water in the street and its depth in centimetres."""
        face = moment.astimezone(self.city.zone)
        depth = self._frame.weather.water_at(face.date(), face.hour + face.minute / 60)
        return {self.kelurahan[at].code: int(depth[at]) for at in np.flatnonzero(depth >= 1).tolist()}

    # --- what goes wrong ------------------------------------------------------------------------

    def pace(self, opd_slug: str, day: date) -> float:
        """How slowly an OPD works: 1.0 normal; one of the busy ones worsens for months and recovers."""
        return self._frame.pace(opd_slug, day)

    def silent_counter(self, day: date) -> str | None:
        """The kelurahan whose counter delivers nothing on a day."""
        return fate.silent(self._frame.rng, [area.code for area in self.kelurahan], day)

    def dead_sites(self, day: date) -> frozenset[str]:
        """The OPDs whose website is down on a day."""
        return fate.dead(self._frame.rng, [opd.slug for opd in self.city.opds], day)

    # --- complaints -----------------------------------------------------------------------------

    def cases(self, day: date, system: str | None = None) -> Sequence[Case]:
        """The complaints that arrive on a local day, oldest first; of one system, or of all."""
        return self._cases((day, system))

    def changed(
        self, system: str | None, since: datetime, until: datetime, *, offset: int = 0, limit: int | None = None
    ) -> list[Case]:
        """The cases of a system to which something happened in ``(since, until]``, by their latest such moment.

        Whole seconds. ``offset`` and ``limit`` cut a page out; only its cases are made.
        """
        found: list[tuple[int, date, int]] = []
        low, high = self._frame.face(since), self._frame.face(until)
        last = until.astimezone(self.city.zone).date()
        first = since.astimezone(self.city.zone).date() - timedelta(days=LIFE)
        for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
            draft = self._drafts(day)
            inside = (draft.times > low) & (draft.times <= high)
            hit = inside.any(axis=1)
            if system is not None:
                hit &= draft.system == _CODES[system]
            rows = np.flatnonzero(hit)
            if len(rows):
                latest = np.where(inside[rows], draft.times[rows], 0).max(axis=1)
                found += zip(latest.tolist(), [day] * len(rows), rows.tolist(), strict=True)
        found.sort()
        end = None if limit is None else offset + limit
        return [complaints.case(self._frame, self._drafts(day), at) for _, day, at in found[offset:end]]

    def _made(self, key: tuple[date, str | None]) -> tuple[Case, ...]:
        day, system = key
        draft = self._drafts(day)
        rows = range(len(draft.due)) if system is None else np.flatnonzero(draft.system == _CODES[system]).tolist()
        return tuple(complaints.case(self._frame, draft, at) for at in rows)

    # --- counters and procurement -----------------------------------------------------------------

    def tickets(self, day: date, code: str | None = None) -> Sequence[Ticket]:
        """The visits to the kelurahan counters on a local day, of one or of all; none where the counter is silent."""
        found = self._tickets(day)
        return found if code is None else [ticket for ticket in found if ticket.kelurahan.code == code]

    def _queued(self, day: date) -> tuple[Ticket, ...]:
        if not self.working(day):
            return ()
        visits, silent = self._visits(day), self.silent_counter(day)
        mute = None if silent is None else self._place[silent]
        return tuple(counters.ticket(self._frame, visits, at) for at, place in enumerate(visits.place.tolist()) if place != mute)

    def recaps(self, day: date) -> list[counters.Recap]:
        """The same visits summed up by counter and service, as at the day's end."""
        if not self.working(day):
            return []
        silent = self.silent_counter(day)
        return [recap for recap in counters.recaps(self._frame, self._visits(day)) if recap.code != silent]

    def tenders(self, year: int) -> Sequence[Tender]:
        """The procurement packages of a budget year with all their stages, by announcement."""
        return self._years(year)

    def _bought(self, year: int) -> tuple[Tender, ...]:
        return buying.tenders(self._frame, year, {slug: self.opd(slug) for slug, _ in buying.WORKS})
