"""When alarms are too many to be answered, and how good the rules are, by the figures of EEMUA 191 and ISA-18.2.

The figures are cited from memory of EEMUA publication 191 and ANSI/ISA-18.2; neither text was read for this. An operator of
a plant gets on with one alarm in ten minutes; ten in ten minutes are a flood, in which nothing is answered any more.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=10)

FLOOD = 10
"""So many new alarms within :data:`WINDOW` begin a flood (EEMUA 191, ISA-18.2)."""

FLOOD_ENDS = 5
"""A flood is over when fewer than this rang within :data:`WINDOW` (ISA-18.2)."""

ACCEPTABLE = 1.0
"""Alarms in ten minutes, on average, that a person can answer (EEMUA 191: very likely acceptable)."""

MOST_IN_FLOOD = 1.0
"""Percent of the time that may be flood (ISA-18.2)."""

CHATTER, CHATTER_IN = 3, timedelta(hours=1)
"""An alarm that rang so often within so long chatters. ISA-18.2 says three times in one minute; this room looks every 15
seconds, so the span is its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """A stretch of flood; ``n`` is the most that rang within one window of it, ``until`` is ``None`` while it lasts."""

    since: datetime
    until: datetime | None
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """How the alarms of a period were: their average in ten minutes, the share of time in flood in percent, what chatters."""

    rang: int
    per_window: float
    busiest: int
    flood_share: float
    floods: int
    chattering: tuple[tuple[str, int], ...]


def recent(rang: Iterable[datetime], now: datetime) -> int:
    """How many rang within the window that ends now."""
    return sum(now - WINDOW < at <= now for at in rang)


def floods(rang: Iterable[datetime], now: datetime) -> tuple[Flood, ...]:
    """Every flood among the moments at which alarms rang, oldest first; the last may not be over."""
    found: list[Flood] = []
    held: deque[datetime] = deque()
    since: datetime | None = None
    most = 0
    for at in [*sorted(at for at in rang if at <= now), None]:
        until = now if at is None else at
        while held and held[0] <= until - WINDOW:
            gone = held.popleft() + WINDOW
            if since and len(held) < FLOOD_ENDS:
                found.append(Flood(since=since, until=gone, n=most))
                since, most = None, 0
        if at is None:
            break
        held.append(at)
        if since is None and len(held) >= FLOOD:
            since = at
        if since:
            most = max(most, len(held))
    if since:
        found.append(Flood(since=since, until=None, n=most))
    return tuple(found)


def under_way(rang: Iterable[datetime], now: datetime) -> Flood | None:
    """The flood that lasts now, if one does."""
    found = floods(rang, now)
    return found[-1] if found and found[-1].until is None else None


def statistics(rings: Sequence[tuple[str, datetime]], since: datetime, now: datetime) -> Statistics:
    """Of the alarms (id, moment) that rang between ``since`` and ``now``."""
    within = sorted((at, name) for name, at in rings if since < at <= now)
    moments = [at for at, _ in within]
    found, length = floods(moments, now), max(now - since, timedelta(seconds=1))
    flooded = sum(((flood.until or now) - flood.since for flood in found), timedelta())
    return Statistics(
        rang=len(within),
        per_window=len(within) * (WINDOW / length),
        busiest=_busiest(moments, WINDOW),
        flood_share=100 * (flooded / length),
        floods=len(found),
        chattering=_chattering(within),
    )


def _busiest(moments: Sequence[datetime], window: timedelta) -> int:
    """The most of the (sorted) moments that lie within one window."""
    held: deque[datetime] = deque()
    most = 0
    for at in moments:
        held.append(at)
        while held[0] <= at - window:
            held.popleft()
        most = max(most, len(held))
    return most


def _chattering(rings: Iterable[tuple[datetime, str]]) -> tuple[tuple[str, int], ...]:
    each: dict[str, list[datetime]] = {}
    for at, name in rings:
        each.setdefault(name, []).append(at)
    often = Counter({name: most for name, moments in each.items() if (most := _busiest(moments, CHATTER_IN)) >= CHATTER})
    return tuple(sorted(often.items(), key=lambda item: (-item[1], item[0])))
