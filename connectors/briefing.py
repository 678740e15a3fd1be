"""The morning brief at its hour: made once by whichever process is up, kept as it was, and sent."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from sqlalchemy.exc import SQLAlchemyError

from connectors.notify import Mailbox
from layers import brief as morning
from layers import clock
from layers.areas import AreaTree
from layers.briefmail import letters, plain
from layers.briefs import Briefs
from layers.brieftypes import Brief
from layers.citykpis import catalog_of
from layers.frames import Frames
from layers.model import Role, Scope
from layers.notable import because
from layers.orders import Orders, former_day
from layers.people import People
from layers.publish import read_snapshot
from layers.readings import Room
from layers.settings import Settings
from layers.snapshot import Snapshot
from layers.store import Store

LOOK_SECONDS = 30
"""How often it is looked whether a brief is due."""

ROOM = Scope(user="ruang kendali", role=Role.OPERATOR)
"""As whom the room itself reads orders for the briefs; what of them a person sees is decided when they read."""

log = logging.getLogger(__name__)


class Briefing:
    """Makes the briefs of a room and puts them on their way. Several processes may each have one: a brief is kept once."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._city = settings.city
        self._tree = AreaTree.of(settings.city)
        self._catalog = catalog_of(settings.city)
        self._store = store
        self._briefs = Briefs(store)
        self._frames = Frames(settings.data / "frames", settings.city, self._tree)
        self._done: date | None = None
        self._trouble: str | None = None

    def look(self) -> None:
        """Make what is due. What goes wrong is logged once and tried again at the next look."""
        try:
            self._look(clock.now())
        except (SQLAlchemyError, OSError, ValueError) as error:
            if self._trouble != (trouble := type(error).__name__):
                log.warning("event=ringkasan galat=%s", trouble)
            self._trouble = trouble
        else:
            self._trouble = None

    def _look(self, now: datetime) -> None:
        day = now.astimezone(self._city.zone).date()
        due = morning.due(self._city, day)
        if due is None or now < due or self._done == day:
            return
        missing = self._subjects(day) - self._briefs.made(day)
        if missing:
            snapshot = self._snapshot()
            if snapshot is None or snapshot.built_at < due:  # of a night before: the figures of today come first
                return
            for made in self._make(snapshot, now, sorted(missing)):
                self._briefs.keep(made, letters(made, self._city, self._settings.address))
            log.info("event=ringkasan hari=%s dibuat=%d", day, len(missing))
        self._done = day

    def _subjects(self, day: date) -> frozenset[str]:
        """The city, and on the first brief of a week every OPD."""
        week = morning.weekly(self._city, day)
        return frozenset({self._city.code, *(opd.slug for opd in self._city.opds if week)})

    def _snapshot(self) -> Snapshot | None:
        found = read_snapshot(self._settings.data / "frames")
        return found if found is not None and found.city == self._city.code else None

    def _make(self, snapshot: Snapshot, now: datetime, subjects: Iterable[str]) -> Iterator[Brief]:
        room = Room(self._frames.view(), self._tree, self._city, self._store.source_states(), now)
        people = People.of(self._settings)
        try:
            orders = Orders(people).seen(ROOM, since=former_day(self._city, now))
        finally:
            people.close()
        cause = because(room, self._catalog)
        for subject in subjects:
            if subject == self._city.code:
                yield morning.brief(snapshot, room, self._catalog, orders, now, cause)
            else:
                yield morning.digest(snapshot, room, self._catalog, orders, now, cause, subject)

    # --- by hand ---------------------------------------------------------------------------------

    def newest(self, opd: str | None) -> Brief:
        """The newest brief that was kept, else one of this moment; raises ``ValueError`` where there is nothing to tell of."""
        self._city.check([opd] if opd else [], [])
        kept = self._briefs.read(ROOM, self._city.code, opd).brief
        if kept is not None:
            return kept
        snapshot = self._snapshot()
        if snapshot is None:
            raise ValueError("belum ada angka yang diterbitkan; jalankan liveroom pull --once")
        return next(self._make(snapshot, clock.now(), [opd or self._city.code]))


def show(settings: Settings, opd: str | None) -> str:
    """What ``liveroom brief show`` prints."""
    return plain(_by_hand(settings, opd), settings.city.zone)


def send(settings: Settings, opd: str | None) -> tuple[str, bool]:
    """What ``liveroom brief send`` does now, whoever was sent it before: what to say, and whether all took it."""
    made = _by_hand(settings, opd)
    results = {
        letter.target.name: Mailbox(letter.target).send(letter.title, letter.body, letter.html)
        for letter in letters(made, settings.city, settings.address)
    }
    if not results:
        return "Tidak ada tujuan untuk ringkasan ini: isi [[notify]] di paket kota (docs/brief.md).", False
    said = "\n".join(f"{name}: {'terkirim' if taken else 'tidak terkirim'}" for name, taken in results.items())
    return said, all(results.values())


def _by_hand(settings: Settings, opd: str | None) -> Brief:
    store = Store.of(settings)
    try:
        return Briefing(settings, store).newest(opd)
    finally:
        store.close()
