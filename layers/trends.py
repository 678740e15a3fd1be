"""The last 30 days of each KPI, and how some went over the year; today's point is the reading itself.

Past days change little, so they are remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from weakref import WeakKeyDictionary

from layers.catalog import Kpi, Quantile, Rate, Window
from layers.clock import days_back, start_of_day
from layers.evaluate import TREND_DAYS, WHOLE, figures, stated
from layers.frames import Views
from layers.memo import kept
from layers.readings import Room
from layers.snapshot import Course, Reading, Trend

REMEMBERED = timedelta(minutes=5)
"""Past days are computed again after this time, of one KPI at a time, so that no snapshot waits for all of them;"""

AT_MOST = timedelta(hours=1)
REMEMBERED_PART = 1000
"""of all at once after this, when more than one record of so many has changed, or when the day turns."""

COURSES = ("pagu_diumumkan", "nilai_kontrak")
"""KPIs whose year is drawn month by month: what was planned to be bought, and what was."""

_Values = Mapping[str, list[float | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """The past days of one KPI by area, as they were computed ``at`` a moment."""

    at: datetime
    today: date
    seq: int
    kpi: Kpi
    values: _Values


_memo: WeakKeyDictionary[Views, dict[str, _Past]] = WeakKeyDictionary()


def trends(frames: Views, catalog: Mapping[str, Kpi], room: Room, now: Iterable[Reading]) -> tuple[Trend, ...]:
    """Each KPI at the end of each of the last 30 local days, today's being ``now``: for the city and each kecamatan.

    A KPI about a whole year is given for the city only. A day before the first record has no value.
    """
    held = _memo.setdefault(frames, {})
    allowed = sum(frame.height for frame in room.whole.values()) // REMEMBERED_PART
    for kpi in catalog.values():
        past = held.get(kpi.id)
        known = past is not None and past.kpi is kpi and past.today == room.today
        if past is None or not known or not timedelta(0) <= room.now - past.at < AT_MOST or abs(room.seq - past.seq) > allowed:
            held[kpi.id] = _computed(kpi, room)
    oldest = min((held[name] for name in catalog), key=lambda past: past.at, default=None)
    if oldest is not None and room.now - oldest.at > REMEMBERED:
        held[oldest.kpi.id] = _computed(oldest.kpi, room)
    days = tuple(day.isoformat() for day in days_back(room.now, room.city.zone, TREND_DAYS))
    return tuple(
        Trend(kpi=r.kpi, area=r.area, days=days, values=(*held[r.kpi].values[r.area], r.value))
        for r in now
        if r.opd is None and r.area in held[r.kpi].values
    )


def courses(catalog: Mapping[str, Kpi], room: Room, now: Iterable[Reading]) -> tuple[Course, ...]:
    """:data:`COURSES` at the end of each local month of this year, this month's being ``now``."""
    last = {r.kpi: r.value for r in now if r.kpi in COURSES and r.area == room.city.code and r.opd is None}
    months = tuple(room.today.replace(month=month, day=1) for month in range(1, room.today.month + 1))
    starts = [datetime(day.year, day.month, 1, tzinfo=room.city.zone).astimezone(UTC) for day in months[1:]]

    def past(kpi: Kpi) -> list[float | None]:
        asks = [(kpi.form, kpi.window.at(start - timedelta(microseconds=1), room.city.zone)) for start in starts]
        return [stated(kpi, found[None][WHOLE])[0] for found in figures(room.frame(kpi), asks, (None,))] if asks else []

    found = []
    for kpi in (catalog[name] for name in COURSES if last.get(name) is not None):
        values = kept(room.frame(kpi), ("course", kpi.id), partial(past, kpi), key=months, of=room.city)
        found.append(Course(kpi=kpi.id, months=tuple(map(date.isoformat, months)), values=(*values, last[kpi.id])))
    return tuple(found)


def _computed(kpi: Kpi, room: Room) -> _Past:
    return _Past(at=room.now, today=room.today, seq=room.seq, kpi=kpi, values=dict(_past(kpi, room)))


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
