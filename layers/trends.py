"""The last 30 days of each KPI. Past days change little, so they are remembered; today's point is the reading itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from weakref import WeakKeyDictionary

from layers.catalog import Kpi, Quantile, Rate, Window
from layers.clock import days_back, start_of_day
from layers.evaluate import TREND_DAYS, figures, stated
from layers.frames import Views
from layers.readings import Room
from layers.snapshot import Reading, Trend

REMEMBERED = timedelta(minutes=5)
"""Past days are computed again after this time,"""

REMEMBERED_PART = 1000
"""or when more than one record of so many has changed, or when the day turns."""

_Values = Mapping[tuple[str, str], list[float | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    at: datetime
    today: date
    seq: int
    values: _Values


_memo: WeakKeyDictionary[Views, _Past] = WeakKeyDictionary()


def trends(frames: Views, catalog: Mapping[str, Kpi], room: Room, now: Iterable[Reading]) -> tuple[Trend, ...]:
    """Each KPI at the end of each of the last 30 local days, today's being ``now``: for the city and each kecamatan.

    A KPI about a whole year is given for the city only. A day before the first record has no value.
    """
    today = room.now.astimezone(room.city.zone).date()
    past, rows = _memo.get(frames), sum(frame.height for frame in room.whole.values())
    fresh = past is not None and past.today == today and timedelta(0) <= room.now - past.at <= REMEMBERED
    if past is None or not fresh or abs(room.seq - past.seq) > rows // REMEMBERED_PART:
        past = _Past(at=room.now, today=today, seq=room.seq, values=_values(catalog, room))
        _memo[frames] = past
    days = tuple(day.isoformat() for day in days_back(room.now, room.city.zone, TREND_DAYS))
    return tuple(
        Trend(kpi=r.kpi, area=r.area, days=days, values=(*past.values[r.kpi, r.area], r.value))
        for r in now
        if r.opd is None and (r.kpi, r.area) in past.values
    )


def _values(catalog: Mapping[str, Kpi], room: Room) -> _Values:
    return {(kpi.id, area): values for kpi in catalog.values() for area, values in _past(kpi, room)}


def _past(kpi: Kpi, room: Room) -> Iterator[tuple[str, list[float | None]]]:
    """The days before today, oldest first, for the city and each kecamatan."""
    if kpi.kind is None or not kpi.history or isinstance(kpi.form, Rate) or room.origin(kpi).why_none is not None:
        return
    begun = room.begun(kpi)
    midnights = [start_of_day(room.now - timedelta(days=back), room.city.zone) for back in range(TREND_DAYS - 2, -1, -1)]
    ends = [midnight - timedelta(microseconds=1) for midnight in midnights]
    form = replace(kpi.form, bounds=False) if isinstance(kpi.form, Quantile) else kpi.form
    asks = [(form, kpi.window.at(end, room.city.zone)) for end in ends]
    cuts = (None, "kecamatan") if kpi.window is not Window.YEAR and "kecamatan" in kpi.cuts else (None,)
    each = figures(room.frame(kpi), asks, cuts)
    for cut in cuts:
        for area in each[0][cut]:
            cells = [found[cut][area] for found in each]
            known = [stated(kpi, cell)[0] if begun and begun <= end else None for cell, end in zip(cells, ends, strict=True)]
            yield area or room.city.code, known
