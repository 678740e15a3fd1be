"""The working-time clock: how much working time lies between two moments, and when so much of it is over.

Hours follow Perpres 21/2023 or the pack's own, days the nation's and the region's free days **as known at a date**.
Moments are taken to the whole second. Everything is the same for one moment and for a Polars column.

n working days (``hari kerja``) end on the nth working day after the one of receipt, which is not counted: at the clock
time of receipt (``jam_sama``, kept within that day's hours) or at closing time (``tutup_kantor``, never earlier). What
comes outside office hours counts as received when an office next opens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from layers.city import City
from layers.freedays import RAMADAN_DAYS, YEARS, free_days, milestone, ramadans
from layers.officehours import NATIONAL, Amount, End, Holiday, Hours, Service, Span, Week
from layers.worktime import OUTSIDE, Line, Seconds

Pause = tuple[datetime, datetime]
"""A stretch that does not count, such as waiting for the citizen's answer; one that still lasts ends now."""


class CalendarError(ValueError):
    """A moment or a day that the calendar does not cover."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A day that was not worked, and why; ``estimated`` when its date may still change."""

    day: date
    kind: Literal["akhir_pekan", "libur", "cuti_bersama"]
    name: str
    basis: str | None = None
    estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When an amount of time is over, and why then.

    ``since`` is when counting began, ``paused`` the seconds by which pauses moved the end; ``undecided`` are the years
    touched whose cuti bersama is not known yet.
    """

    moment: datetime
    received: datetime
    since: datetime
    amount: Amount
    skipped: tuple[Skipped, ...] = ()
    paused: int = 0
    undecided: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Whole days and the seconds beyond them until a due moment, or since it when it is ``over``."""

    days: int
    seconds: int
    over: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calendar:
    """One office's working time as known at a date; made by :meth:`of`, which gives the same object for the same facts."""

    zone: ZoneInfo
    end: End
    hours: tuple[Hours, ...]
    service: Service | None
    free: Mapping[date, Holiday] = field(repr=False)
    fasting: frozenset[date] = field(repr=False)
    line: Line = field(repr=False)

    @classmethod
    def of(cls, city: City, known_at: date | datetime | None = None, *, opd: str | None = None) -> Calendar:
        """The calendar of a city, or of the service unit ``opd`` where the pack gives it hours of its own.

        With ``known_at`` only what had become known by that (local) day counts; without, all that is known.
        """
        if isinstance(known_at, datetime):
            known_at = known_at.astimezone(city.zone).date()
        own = city.calendar
        service = own.services.get(opd) if opd else None
        return _made(city.zone, own.end, own.hours, service, city.holidays, milestone(city.holidays, known_at))

    @classmethod
    def national(cls, zone: ZoneInfo) -> Calendar:
        """The calendar of an office without rules of its own."""
        return _made(zone, "jam_sama", (), None, (), None)

    # --- days ---

    def spans(self, day: date) -> tuple[Span, ...]:
        """The working hours of a day as seconds after midnight; none on a day that is not worked."""
        return _spans(day, self.hours, self.service, self.free, self.fasting)

    def works(self, day: date) -> bool:
        """Whether the office works on a day; raises :class:`CalendarError` outside the years that are covered."""
        if day.year not in YEARS:
            raise CalendarError(f"{day:%d-%m-%Y} di luar kalender {YEARS[0]}-{YEARS[-1]}")
        return bool(self.spans(day))

    # --- one moment ---

    def working_seconds(self, a: datetime, b: datetime) -> int:
        """Working seconds from ``a`` to ``b``; negative when ``b`` lies before ``a``."""
        first, last = self.line.counted(self._seconds(a, b)).tolist()
        return int(last - first)

    def add(
        self,
        moment: datetime,
        *,
        days: int | None = None,
        hours: int | None = None,
        pauses: Sequence[Pause] = (),
        end: End | None = None,
    ) -> Due:
        """When so many working days, or working hours, after ``moment`` are over; exactly one of the two is given."""
        if (days is None) == (hours is None):
            raise ValueError("beri jumlah hari kerja atau jam kerja, salah satu")
        amount = Amount(n=days, unit="hari kerja") if days is not None else Amount(n=hours or 0, unit="jam kerja")
        return self.due(moment, amount, pauses=pauses, end=end)

    def due(self, moment: datetime, amount: Amount, *, pauses: Sequence[Pause] = (), end: End | None = None) -> Due:
        """When an amount of time after ``moment`` is over.

        A pause that begins before the end moves it by its own time of the same sort (working or calendar seconds), however
        pauses overlap; with ``tutup_kantor`` the moved end is again a closing time.
        """
        received = self._seconds(moment)
        working = amount.unit.endswith("kerja")
        since = self.line.counts_from(received)[1] if working else received
        found = self._ends(received, amount, end)
        self._inside(found)
        moved = 0
        for start, stop in self._merged(moment, pauses):
            if start >= found:
                break
            lost = self.line.counted(stop) - self.line.counted(start) if working else stop - start
            found = self.line.later(found, lost) if working else found + lost
            self._inside(found)
            moved += int(lost[0])
        if moved and amount.unit == "hari kerja" and (end or self.end) == "tutup_kantor":
            found = self.line.closes[np.searchsorted(self.line.closes, found, side="left")]
        ends = _datetime(found)
        return Due(
            moment=ends,
            received=_datetime(received),
            since=_datetime(since),
            amount=amount,
            skipped=self._skipped(moment, ends) if working else (),
            paused=moved,
            undecided=self._undecided(moment, ends) if working else (),
        )

    def left(self, now: datetime, due: datetime, *, working: bool = True) -> Left:
        """How long until ``due``, or since: in working days and hours, or with ``working=False`` in calendar days."""
        over = now > due
        a, b = (self._seconds(x) for x in ((due, now) if over else (now, due)))
        if not working:
            days, seconds = divmod(int(b[0] - a[0]), 86_400)
            return Left(days=days, seconds=seconds, over=over)
        last = np.searchsorted(self.line.closes, b, side="left")
        days = max(0, int(last[0] - self.line.counts_from(a)[0][0]))
        if days and self._days_on(a, days)[0] > b[0]:
            days -= 1
        since = self._days_on(a, days) if days else a
        return Left(days=days, seconds=int((self.line.counted(b) - self.line.counted(since))[0]), over=over)

    # --- columns ---

    def seconds_between(self, a: pl.Series, b: pl.Series) -> pl.Series:
        """:meth:`working_seconds` of two columns of times; null where one is null or the calendar does not cover it."""
        first, last = _numbers(a), _numbers(b)
        good = self.line.covers(first) & self.line.covers(last)
        return _series(self.line.counted(last) - self.line.counted(first), good, pl.Int64)

    def due_column(self, received: pl.Series, amount: Amount, *, end: End | None = None) -> pl.Series:
        """The moments of :meth:`due` for a column of times (UTC); null where the calendar does not reach."""
        moments = _numbers(received)
        good = self.line.covers(moments)
        found = self._ends(np.where(good, moments, self.line.first), amount, end)
        times = _series(found, good & self.line.covers(found), pl.Int64)
        return pl.from_epoch(times, "s").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")

    def working_hours(self, a: pl.Expr | str, b: pl.Expr | str) -> pl.Expr:
        """Working hours (with fractions) between two columns, as an expression."""
        return pl.map_batches([a, b], lambda both: self.seconds_between(both[0], both[1]) / 3600, return_dtype=pl.Float64)

    def due_at(self, received: pl.Expr | str, amount: Amount, *, end: End | None = None) -> pl.Expr:
        """:meth:`due_column` as an expression."""
        times = pl.col(received) if isinstance(received, str) else received
        when = pl.Datetime("us", "UTC")
        return times.map_batches(lambda column: self.due_column(column, amount, end=end), return_dtype=when)

    # --- inside ---

    def _ends(self, received: Seconds, amount: Amount, end: End | None) -> Seconds:
        if amount.unit == "hari kerja":
            return self.line.days_later(received, np.int64(amount.n), end or self.end)
        if amount.unit == "jam kerja":
            return self.line.later(received, np.int64(amount.n * 3600))
        if amount.unit == "jam":
            return received + amount.n * 3600
        local = pl.from_epoch(pl.Series(received), "s").dt.replace_time_zone("UTC").dt.convert_time_zone(self.zone.key)
        return local.dt.offset_by(f"{amount.n}d").dt.epoch("s").to_numpy()

    def _days_on(self, moments: Seconds, days: int) -> Seconds:
        return self.line.days_later(moments, np.int64(days), "jam_sama")

    def _seconds(self, *moments: datetime) -> Seconds:
        found = np.array([int(moment.timestamp() // 1) for moment in moments], dtype=np.int64)
        self._inside(found)
        return found

    def _inside(self, moments: Seconds) -> None:
        if not self.line.covers(moments).all():
            raise CalendarError(f"waktu di luar kalender {YEARS[0]}-{YEARS[-1]}")

    def _merged(self, received: datetime, pauses: Sequence[Pause]) -> list[tuple[Seconds, Seconds]]:
        """The pauses after receipt, in order and without overlaps."""
        merged: list[tuple[Seconds, Seconds]] = []
        for start, stop in sorted((max(start, received), stop) for start, stop in pauses if stop > received):
            if stop < start:
                raise ValueError("jeda yang berakhir sebelum dimulai")
            a, b = self._seconds(start), self._seconds(stop)
            if merged and a <= merged[-1][1]:
                merged[-1] = (merged[-1][0], np.maximum(merged[-1][1], b))
            else:
                merged.append((a, b))
        return merged

    def _skipped(self, received: datetime, due: datetime) -> tuple[Skipped, ...]:
        first, last = (moment.astimezone(self.zone).date() for moment in (received, due))
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return tuple(self._why(day) for day in days if not self.spans(day))

    def _why(self, day: date) -> Skipped:
        row = self.free.get(day)
        if row is None or row.kind not in ("libur", "cuti_bersama"):
            return Skipped(day=day, kind="akhir_pekan", name="akhir pekan")
        return Skipped(day=day, kind=row.kind, name=row.name, basis=row.basis, estimated=row.estimated)

    def _undecided(self, received: datetime, due: datetime) -> tuple[int, ...]:
        decided = {row.day.year for row in self.free.values() if row.kind == "cuti_bersama"}
        first, last = (moment.astimezone(self.zone).year for moment in (received, due))
        return tuple(year for year in range(first, last + 1) if year not in decided)


@lru_cache(maxsize=128)
def _made(
    zone: ZoneInfo,
    end: End,
    hours: tuple[Hours, ...],
    service: Service | None,
    holidays: tuple[Holiday, ...],
    known_at: date | None,
) -> Calendar:
    free = free_days(holidays, known_at)
    starts = ramadans(holidays, known_at)
    fasting = frozenset(start + timedelta(days=n) for start in starts for n in range(RAMADAN_DAYS))
    first = date(YEARS[0], 1, 1)
    days = [first + timedelta(days=n) for n in range((date(YEARS[-1] + 1, 1, 1) - first).days)]
    line = Line.drawn(days, lambda day: _spans(day, hours, service, free, fasting), zone)
    return Calendar(zone=zone, end=end, hours=hours, service=service, free=free, fasting=fasting, line=line)


def _spans(
    day: date, hours: Sequence[Hours], service: Service | None, free: Mapping[date, Holiday], fasting: frozenset[date]
) -> tuple[Span, ...]:
    week = service.week if service else _week(day, hours, fasting)
    row = free.get(day)
    if row is not None and row.kind == "kerja":
        return week.on(day) or week.mon_thu
    closed = service.closed_on if service else ("libur", "cuti_bersama")
    return () if row is not None and row.kind in closed else week.on(day)


def _week(day: date, hours: Sequence[Hours], fasting: frozenset[date]) -> Week:
    stated = next((own for own in reversed(hours) if own.hold(day)), NATIONAL)
    return stated.ramadan if stated.ramadan and day in fasting else stated.week


def _datetime(seconds: Seconds) -> datetime:
    return datetime.fromtimestamp(int(seconds[0]), UTC)


def _numbers(times: pl.Series) -> Seconds:
    """Times as whole seconds since 1970; where there is none, a moment that no calendar covers."""
    return times.dt.epoch("s").fill_null(OUTSIDE).to_numpy()


def _series(values: Seconds, good: np.ndarray, kind: type[pl.DataType]) -> pl.Series:
    return pl.select(pl.when(pl.Series(good)).then(pl.Series(values, dtype=kind))).to_series()
