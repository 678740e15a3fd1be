"""The time machine: any moment as it was known then, and as it is known now; both by the targets, rules and pack of that day.

A moment is a whole minute. What the store has thinned meanwhile (:mod:`layers.retention`) is said, never guessed.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

import polars as pl

from layers import holding
from layers.areas import AreaTree
from layers.catalog import Kpi
from layers.city import City
from layers.citykpis import catalog_of
from layers.frames import KEY, Still, View, Views, schema, shaped
from layers.model import Kind
from layers.packs import Pack, pack_at
from layers.publish import build
from layers.snapshot import Snapshot
from layers.standings import MINUTE, SourceFacts, end_of_minute
from layers.store import Store

REMEMBERED, REMEMBERED_FOR = 3, timedelta(minutes=2)
"""So many moments are kept for so long: late data goes on coming in, and an erasure must reach what is remembered."""

Grain = Literal["jam", "hari"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One account of a moment: the frames that it is computed from, how the sources stood, and all standard figures."""

    frames: Still
    facts: tuple[SourceFacts, ...]
    snapshot: Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A moment gone by, as it was known ``then`` and as it is known ``now``.

    ``pack_since`` is set where the pack of that day was not kept and one of later applies; ``grain`` where measurements
    and the state of sources are kept only by the hour or the day, so that they may be older than what was known.
    """

    at: datetime
    city: City
    tree: AreaTree
    catalog: Mapping[str, Kpi]
    pack_since: datetime | None
    grain: Grain | None
    then: Told
    now: Told


class Past:
    """What the room knew, for whoever asks: one moment is computed at a time.

    ``frames`` and ``city`` are today's. A moment before :meth:`begins` must not be asked for.
    """

    def __init__(self, store: Store, frames: Views, city: City) -> None:
        self._store = store
        self._frames = frames
        self._city = city
        self._known: OrderedDict[datetime, tuple[float, Moment]] = OrderedDict()
        self._lock = threading.Lock()

    def begins(self) -> datetime | None:
        """The first moment that can be asked for; ``None`` before the first run of any source."""
        return self._store.begins()

    def city(self, at: datetime) -> City:
        """The pack of that day (:func:`layers.packs.pack_at`), today's while none was kept."""
        return self._pack(at).city

    def facts(self, at: datetime) -> list[SourceFacts]:
        """How each source that had run stood at a moment."""
        return self._store.source_states_at(at)

    def view(self, at: datetime) -> View:
        """The frames as they were known at a moment.

        Most records have not changed since: they are taken from today's frames, only the others are read.
        """
        return self._view(at, self._frames.view(), AreaTree.of(self.city(at)))

    def moment(self, at: datetime, now: datetime) -> Moment:
        """Both accounts of a moment; raises ``ValueError`` for one that is ahead or was not watched.

        Remembered for :data:`REMEMBERED_FOR`; a second asker waits for the first.
        """
        at, begins = whole_minute(at), self.begins()
        if begins is None or not begins <= at <= now:
            raise ValueError(f"{at:%Y-%m-%d %H:%M} tidak dapat ditanyakan")
        with self._lock:
            found = self._known.get(at)
            if found is None or time.monotonic() - found[0] > REMEMBERED_FOR.total_seconds():
                found = self._known[at] = time.monotonic(), self._moment(at, now)
            self._known.move_to_end(at)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
            return found[1]

    def _moment(self, at: datetime, now: datetime) -> Moment:
        pack, today = self._pack(at), self._frames.view()
        city, tree, catalog = pack.city, AreaTree.of(pack.city), catalog_of(pack.city)

        def told(view: View, facts: Sequence[SourceFacts]) -> Told:
            frames = Still(view)
            snapshot = build(frames, catalog, tree, city, _Stood(facts), at, version=int(at.timestamp()))
            return Told(frames=frames, facts=tuple(facts), snapshot=snapshot)

        return Moment(
            at=at,
            city=city,
            tree=tree,
            catalog=catalog,
            pack_since=pack.since if pack.since > at else None,
            grain=grain(at, now, city),
            then=told(self._view(at, today, tree), self.facts(at)),
            now=told(today, [_by(at, facts) for facts in self._store.source_states()]),
        )

    def _pack(self, at: datetime) -> Pack:
        return pack_at(self._store, at) or Pack(city=self._city, since=at)

    def _view(self, at: datetime, today: View, tree: AreaTree) -> View:
        # Today's frames have today's areas in them: under another tree nothing can be taken from them.
        base = today if tree.areas == AreaTree.of(self._city).areas else None
        return View(today.version, today.seq, {kind: {"": self._frame(kind, at, base, tree)} for kind in Kind})

    def _frame(self, kind: Kind, at: datetime, base: View | None, tree: AreaTree) -> pl.DataFrame:
        empty = pl.DataFrame(schema=schema(kind))
        seq = base.seq if base else None
        read = [pl.DataFrame(pl.from_arrow(chunk)) for chunk in self._store.known_at(kind, at, seq)]
        if kind is Kind.COMPLAINT:
            versions = pl.DataFrame(pl.from_arrow(self._store.versions_at(at, seq)))
            read = [holding.told(chunk, versions) for chunk in read]
        found = pl.concat([empty, *(shaped(kind, chunk, tree).drop("moved_from") for chunk in read)])
        if base is None:
            return found
        keys = {"source": pl.Categorical, "source_id": pl.String}
        changed = pl.DataFrame(self._store.changed_since(kind, at, base.seq), schema=keys, orient="row")
        over = pl.concat([changed, found.select(KEY)]).unique()
        held = base.told(kind)
        return pl.concat([held.join(over, on=KEY, how="anti") if over.height else held, found])


@dataclass(frozen=True, slots=True)
class _Stood:
    """How sources stood, for whom asks the store."""

    facts: Sequence[SourceFacts]

    def source_states(self) -> Sequence[SourceFacts]:
        return self.facts


def _by(at: datetime, facts: SourceFacts) -> SourceFacts:
    """What is known now of a source, speaking of a moment gone by: nothing that it said later makes it older or younger then."""
    return replace(facts, fetched_at=_earlier(facts.fetched_at, at), newest=_earlier(facts.newest, at))


def _earlier(moment: datetime | None, at: datetime) -> datetime | None:
    return None if moment is None else min(moment, at)


def whole_minute(at: datetime) -> datetime:
    """The last whole minute that is not after a moment."""
    ends = end_of_minute(at)
    return ends if ends == at else ends - MINUTE


def grain(at: datetime, now: datetime, city: City) -> Grain | None:
    """How finely measurements and the state of sources are kept of a moment, where that is no longer to the minute."""
    local, keep = at.astimezone(city.zone), city.retention
    if at <= now - keep.hourly and (local.hour, local.minute) != (0, 0):
        return "hari"
    return "jam" if at <= now - keep.raw and local.minute else None
