"""A Snapshot as bytes and back, exactly: JSON in which what many readings share is written once."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import Any, get_args, get_origin, get_type_hints

import orjson

from layers.alarmtypes import Alarm, CityState
from layers.snapshot import (
    Arrivals,
    Attention,
    Band,
    Course,
    Dot,
    Event,
    Evidence,
    Freshness,
    Mismatch,
    Observation,
    Outage,
    Reading,
    Readings,
    Snapshot,
    SourceState,
    Trend,
)

FORM = 3
"""The form of the bytes; a reader of another form refuses them."""

_READING = 18
"""Values in the row of a reading."""
_HEAD = re.compile(rb'\{"form":\d+,"version":(-?\d+),')
_MICROSECOND = timedelta(microseconds=1)


class WireError(ValueError):
    """Bytes that are no snapshot of this form."""


def encode(snapshot: Snapshot) -> bytes:
    """The snapshot as JSON bytes; equal snapshots give equal bytes, so that their hash can name them."""
    ages, origins, reasons, days = _Pool(), _Pool(), _Pool(), _Pool()

    def reading(r: Reading) -> tuple[Any, ...]:
        e = r.evidence
        age = ages.put(r.freshness, lambda: _row(r.freshness))
        shared = (e.sources, e.excluded, e.quarantined)
        origin = origins.put((e.sources, tuple(e.excluded.items()), e.quarantined), lambda: shared)
        why = reasons.put(r.why_none, lambda: r.why_none)
        own = (r.kpi, r.area, r.opd, r.value, why, r.n, age, origin, r.target, r.band, r.change)
        return (*own, e.numerator, e.denominator, e.unplaced, e.low, e.high, e.earlier, r.mismatch)

    readings = [reading(r) for r in snapshot.readings]
    trends = [(t.kpi, t.area, days.put(t.days, lambda t=t: t.days), t.values) for t in snapshot.trends]  # type: ignore[misc]
    body = {
        "form": FORM,
        "version": snapshot.version,
        "city": snapshot.city,
        "built_at": _plain(snapshot.built_at),
        "notice": snapshot.notice,
        "pools": (ages.items, origins.items, reasons.items, days.items),
        "readings": readings,
        "trends": trends,
        "arrivals": _row(snapshot.arrivals),
        "state": snapshot.state and _row(snapshot.state),
        **{name: [_row(item) for item in getattr(snapshot, name)] for name in _LISTS},
    }
    return orjson.dumps(body)


def decode(body: bytes) -> Snapshot:
    """The snapshot that was encoded; raises :class:`WireError` for anything else."""
    try:
        return _snapshot(orjson.loads(body))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, IndexError) as error:
        raise WireError(f"not a snapshot of form {FORM}: {error}") from error


def version_of(body: bytes) -> int | None:
    """The version that bytes claim, by their first ones; ``None`` where they do not begin as a snapshot does."""
    found = _HEAD.match(body)
    return int(found[1]) if found else None


def _snapshot(found: Any) -> Snapshot:
    if found["form"] != FORM:
        raise ValueError(f"form {found['form']}")
    pools = found["pools"]
    ages = [_back(Freshness, row) for row in pools[0]]
    origins = [(tuple(sources), excluded, quarantined) for sources, excluded, quarantined in pools[1]]
    reasons, days = pools[2], [tuple(pool) for pool in pools[3]]

    rows: list[list[Any]] = found["readings"]
    if any(len(row) != _READING for row in rows):
        raise ValueError("readings of another form")

    def reading(number: int) -> Reading:
        row = rows[number]
        *own, part, whole, unplaced, low, high, earlier, mismatch = row
        kpi, area, opd, value, why, n, age, origin, target, band, change = own
        sources, excluded, quarantined = origins[origin]
        evidence = Evidence(
            sources=sources, numerator=part, denominator=whole, excluded=excluded,
            quarantined=quarantined, unplaced=unplaced, low=low, high=high, earlier=earlier,
        )  # fmt: skip
        return Reading(
            kpi=kpi, area=area, opd=opd, value=value, why_none=reasons[why], n=n, freshness=ages[age],
            evidence=evidence, target=target, band=_BANDS[band], change=change, mismatch=mismatch,
        )  # fmt: skip

    return Snapshot(
        version=found["version"],
        city=found["city"],
        built_at=datetime.fromisoformat(found["built_at"]),
        notice=found["notice"],
        readings=Readings([(kpi, area, opd) for kpi, area, opd, *_ in rows], reading),
        trends=tuple(Trend(kpi=k, area=a, days=days[d], values=tuple(v)) for k, a, d, v in found["trends"]),
        arrivals=_back(Arrivals, found["arrivals"]),
        state=found["state"] and _back(CityState, found["state"]),
        **{name: tuple(_back(kind, row) for row in found[name]) for name, kind in _LISTS.items()},
    )


_LISTS: Mapping[str, Any] = {
    "attention": Attention,
    "events": Event,
    "dots": Dot,
    "sources": SourceState,
    "mismatches": Mismatch,
    "courses": Course,
    "observations": Observation,
    "alarms": Alarm,
    "outages": Outage,
}
_BANDS = {band.value: band for band in Band}


class _Pool:
    """Values that repeat, each written once and pointed to by its place."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._places: dict[Hashable, int] = {}

    def put(self, key: Hashable, item: Callable[[], Any]) -> int:
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = len(self.items)
            self.items.append(item())
        return place


def _row(item: Any) -> list[Any]:
    """A dataclass as the list of its fields."""
    return [_plain(value) for value in _getter(item.__class__)(item)]


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case timedelta():
            return value // _MICROSECOND
        case Freshness():
            return _row(value)
        case _:
            return value


@cache
def _getter(kind: Any) -> Callable[[Any], tuple[Any, ...]]:
    return attrgetter(*(f.name for f in fields(kind)))


def _back(kind: Any, row: list[Any]) -> Any:
    return kind(**{name: read(value) for (name, read), value in zip(_readers(kind), row, strict=True)})


@cache
def _readers(kind: Any) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    hints = get_type_hints(kind)
    return tuple((f.name, _reader(hints[f.name])) for f in fields(kind))


def _reader(hint: Any) -> Callable[[Any], Any]:
    """How to read a field of a declared type back from JSON."""
    if type(None) in get_args(hint):
        inner = _reader(next(arg for arg in get_args(hint) if arg is not type(None)))
        return lambda value: None if value is None else inner(value)
    if get_origin(hint) is tuple:
        return tuple
    if get_origin(hint) is not None:
        values = get_args(hint)[-1]
        if values is datetime:
            return lambda value: {k: datetime.fromisoformat(v) for k, v in value.items()}
        return lambda value: {k: tuple(v) for k, v in value.items()} if get_origin(values) is tuple else value
    if hint is datetime:
        return datetime.fromisoformat
    if hint is timedelta:
        return lambda value: value * _MICROSECOND
    if hint is Freshness:
        return lambda value: _back(Freshness, value)
    return hint if isinstance(hint, type) and issubclass(hint, str) and hint is not str else lambda value: value
