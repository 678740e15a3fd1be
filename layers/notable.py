"""Which figures of the city changed most, measured by how much each is wont to change."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date

from layers.brieftypes import Figure, Thing, Words
from layers.catalog import Kpi, When, Window
from layers.clock import start_of_day
from layers.contributions import Change, contributions
from layers.numbers import Lang
from layers.readings import Room
from layers.sentences import say_parts
from layers.snapshot import Reading, Snapshot, Trend

Cause = Callable[[Kpi, str | None, tuple[When, When]], Words | None]
"""Why a figure changed from one window to another, of the city or of one OPD; ``None`` where that cannot be said."""

LANGS: tuple[Lang, ...] = ("id", "en")
SPLITS = (("category", "kecamatan"), ("category",))
"""What a change is split by: finely, unless even the largest part is then less than :data:`TELLING` of it."""
TELLING = 0.2

MOST = 5
OF_A_KIND = 3
"""More figures about one subject wait until the others have been heard."""
LEAST_STEPS = 10
"""So many earlier changes must be known before one can be called large."""


def figure(reading: Reading, kpi: Kpi, now: datetime, change: float | None, against: Words) -> Figure:
    """A reading that has a value as a brief tells it."""
    if reading.value is None:
        raise ValueError(f"{reading.kpi}: no value to tell")
    return Figure(
        kpi=kpi.id,
        area=reading.area,
        opd=reading.opd,
        title=dict(kpi.title),
        unit=kpi.unit,
        decimals=kpi.decimals,
        better=kpi.better,
        value=reading.value,
        n=reading.n,
        change=change,
        against=dict(against),
        target=reading.target,
        band=reading.band,
        observed=reading.freshness.observed_at,
        state=reading.freshness.state(now),
    )


def things(
    snapshot: Snapshot, catalog: Mapping[str, Kpi], zone: ZoneInfo, now: datetime, *, weekly: bool, cause: Cause
) -> tuple[Thing, ...]:
    """The city's figures that changed most since yesterday began (``weekly``: since that day a week ago), strongest first.

    At most :data:`MOST`, one of them good news if there is any. A change counts in units of the root mean square of the
    changes over as long a stretch within the last 30 days, so that no figure leads by its size alone.
    """
    found = sorted(_changed(snapshot, catalog, zone, now, weekly=weekly), key=_strongest)
    chosen = _chosen(found, catalog)
    kpis = [catalog[thing.figure.kpi] for thing in chosen]
    causes = [cause(kpi, None, windows(kpi, zone, now, weekly=weekly)) for kpi in kpis]
    return tuple(replace(thing, cause=why) for thing, why in zip(chosen, causes, strict=True))


def _chosen(found: Sequence[Thing], catalog: Mapping[str, Kpi]) -> list[Thing]:
    first: list[Thing] = []
    rest: list[Thing] = []
    heard: dict[str, int] = {}
    for thing in found:
        concept = catalog[thing.figure.kpi].concept
        heard[concept] = heard.get(concept, 0) + 1
        (first if heard[concept] <= OF_A_KIND else rest).append(thing)
    chosen = [*first, *rest][:MOST]
    good = next((thing for thing in found if thing.figure.good), None)
    if good is not None and good not in chosen:
        chosen[-1] = good
    return sorted(chosen, key=_strongest)


def _strongest(thing: Thing) -> tuple[float, str]:
    return -(thing.strength or 0), thing.figure.kpi


def _changed(snapshot: Snapshot, catalog: Mapping[str, Kpi], zone: ZoneInfo, now: datetime, *, weekly: bool) -> Iterator[Thing]:
    for trend in snapshot.trends:
        kpi, reading = catalog.get(trend.kpi), snapshot.reading(trend.kpi)
        if kpi is None or kpi.beside is not None or trend.area != snapshot.city or reading is None or reading.value is None:
            continue
        if (found := step(trend, kpi, weekly=weekly)) is None:
            continue
        value, change, strength = found
        told = figure(replace(reading, value=value), kpi, now, change, _against(kpi, zone, now, weekly=weekly))
        yield Thing(figure=told, strength=strength)


def step(trend: Trend, kpi: Kpi, *, weekly: bool) -> tuple[float, float, float] | None:
    """The value told of, its change, and that in units of its usual changes; ``None`` where nothing changed that shows.

    A figure that begins anew at midnight is told of for yesterday, its last whole day.
    """
    daily = kpi.window is Window.TODAY
    values = trend.values[:-1] if daily else trend.values
    length = (7 if weekly else 1) + (not daily)
    steps = [b - a for a, b in zip(values, values[length:], strict=False) if a is not None and b is not None]
    if len(values) <= length or values[-1] is None or values[-1 - length] is None or len(steps) <= LEAST_STEPS:
        return None
    change = steps.pop()
    if round(change, kpi.decimals) == 0:
        return None
    usual = math.sqrt(math.fsum(s * s for s in steps) / len(steps))
    return values[-1], change, abs(change) / max(usual, 10.0**-kpi.decimals)


def windows(kpi: Kpi, zone: ZoneInfo, now: datetime, *, weekly: bool) -> tuple[When, When]:
    """The two windows of the KPI between which :func:`step` measures, before and after."""
    midnights = [start_of_day(now - timedelta(days=back), zone) - timedelta(microseconds=1) for back in range(9)]
    if kpi.window is Window.TODAY:
        return kpi.window.at(midnights[7 if weekly else 1], zone), kpi.window.at(midnights[0], zone)
    return kpi.window.at(midnights[7 if weekly else 1], zone), kpi.window.at(now, zone)


def _against(kpi: Kpi, zone: ZoneInfo, now: datetime, *, weekly: bool) -> Words:
    """What the change is measured against: ``sejak awal Selasa 17 November``, ``kemarin, dibanding sehari sebelumnya``."""
    if kpi.window is Window.TODAY:
        if weekly:
            return {"id": "kemarin, dibanding seminggu sebelumnya", "en": "yesterday, against a week before"}
        return {"id": "kemarin, dibanding sehari sebelumnya", "en": "yesterday, against the day before"}
    day = now.astimezone(zone).date() - timedelta(days=7 if weekly else 1)
    return {
        "id": f"sejak awal {format_date(day, 'EEEE d MMMM', locale='id')}",
        "en": f"since the start of {format_date(day, 'EEEE d MMMM', locale='en_GB')}",
    }


def because(room: Room, catalog: Mapping[str, Kpi]) -> Cause:
    """Why figures changed, by the parts of the room's own records (:mod:`layers.contributions`)."""

    def cause(kpi: Kpi, opd: str | None, when: tuple[When, When]) -> Words | None:
        change = telling(lambda by: contributions(kpi, room, by, opd=opd, windows=when))
        if not change.parts:
            return None
        return {lang: say_parts(change, catalog, room.tree, room.city, lang) for lang in LANGS}

    return cause


def telling(split: Callable[[tuple[str, ...]], Change]) -> Change:
    """A change split as finely as still tells something: the first of :data:`SPLITS` whose largest part is large enough."""
    for by in SPLITS:
        change = split(by)
        if not change.parts or change.change is None or abs(change.parts[0].total) >= TELLING * abs(change.change):
            break
    return change
