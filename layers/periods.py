"""Periods as people ask for them: the last days, a calendar period that runs or is over, or from a day to a day.

A period is written as an address has it: ``30h`` (the last 30 times 24 hours), ``bulan-ini``, ``triwulan-lalu``, ``2026-10``,
``2026-T3``, ``2026``, ``2026-10-01..2026-10-15``. Against the clock it becomes the window of a figure.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

from layers.windows import When, Window

LONGEST = 3660
"""Days of the longest period: ten years."""

Against = Literal["", "lalu", "tahun"]
"""What a period is compared with: nothing, the one before, or the same of last year."""

_TICK = timedelta(microseconds=1)


class Unit(StrEnum):
    """A calendar period, as it is called."""

    DAY = "hari"
    WEEK = "minggu"
    MONTH = "bulan"
    QUARTER = "triwulan"
    YEAR = "tahun"

    def start(self, day: date) -> date:
        """The first day of the period that holds a day; weeks begin on Monday."""
        match self:
            case Unit.DAY:
                return day
            case Unit.WEEK:
                return day - timedelta(days=day.weekday())
            case Unit.MONTH:
                return day.replace(day=1)
            case Unit.QUARTER:
                return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
            case Unit.YEAR:
                return day.replace(month=1, day=1)

    def step(self, first: date, count: int = 1) -> date:
        """The first day of the period that begins ``count`` periods after the one that begins on ``first``."""
        match self:
            case Unit.DAY | Unit.WEEK:
                return first + timedelta(days=count * (7 if self is Unit.WEEK else 1))
            case _:
                months = first.year * 12 + first.month - 1 + count * {"bulan": 1, "triwulan": 3, "tahun": 12}[self.value]
                return date(months // 12, months % 12 + 1, 1)


RUNNING = ("hari-ini", "kemarin", *(f"{unit}-{which}" for unit in Unit if unit is not Unit.DAY for which in ("ini", "lalu")))
"""The calendar periods that are named from today."""

_Y = "(?:19|20)[0-9]{2}"
_DAYS = re.compile(r"([1-9]\d{0,3})h")
_MONTH, _QUARTER, _YEAR = re.compile(rf"({_Y})-(\d\d)"), re.compile(rf"({_Y})-T([1-4])"), re.compile(_Y)
_SPAN = re.compile(rf"({_Y}-\d\d-\d\d)\.\.({_Y}-\d\d-\d\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A period as asked: the last ``days``, a calendar ``unit`` so many ``back`` or that begins at ``first``, or both ends."""

    written: str
    days: int | None = None
    unit: Unit | None = None
    back: int = 0
    first: date | None = None
    last: date | None = None

    @classmethod
    def read(cls, written: str) -> Period:
        """The period that is written so; ``ValueError`` in words for anything else."""
        try:
            found = _read(written)
        except (ValueError, OverflowError):
            found = None
        if found is None:
            raise ValueError(
                f"kurun {written!r} tidak dikenal; tulis misalnya 30h, bulan-lalu, 2026-10 atau 2026-10-01..2026-10-15"
            )
        return found

    @classmethod
    def between(cls, first: date, last: date) -> Period:
        """From the first to the last day, both within it."""
        return cls.read(f"{first}..{last}")

    def local(self, today: date) -> tuple[date, date]:
        """The first and the last local day of a calendar period, whether or not it is over."""
        if self.unit is not None:
            first = self.first or self.unit.step(self.unit.start(today), -self.back)
            return first, self.unit.step(first) - timedelta(days=1)
        if self.first is not None and self.last is not None:
            return self.first, self.last
        return today - timedelta(days=(self.days or 1) - 1), today

    def when(self, window: Window, zone: ZoneInfo, now: datetime) -> When:
        """The window of a figure for this period, never beyond ``now``; a figure about a moment speaks of its end."""
        return _window(window, *self._ends(zone, now), zone)

    def against(self, how: Against, window: Window, zone: ZoneInfo, now: datetime) -> When | None:
        """The window that it is compared with, as far into its period as this one has come."""
        if not how:
            return None
        start, end = self._ends(zone, now)
        if how == "tahun":
            ended = _year_back(end, zone)
            if self.days is None and end < now:  # of whole days: that before 1 March is the last of February in either year
                ended = max(ended, _year_back(end + _TICK, zone) - _TICK)
            return _window(window, _year_back(start, zone), ended, zone)
        if self.days is not None:
            length = timedelta(days=self.days)
            return _window(window, start - length, end - length, zone)
        first, last = self.local(now.astimezone(zone).date())
        before = self.unit.step(first, -1) if self.unit else first - (last - first) - timedelta(days=1)
        opened = _midnight(before, zone)
        over = end == _midnight(last + timedelta(days=1), zone) - _TICK
        ended = start - _TICK if over else min(opened + (end - start), start - _TICK)
        return _window(window, opened, ended, zone)

    def _ends(self, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
        now = now.astimezone(UTC)
        if self.days is not None:
            return now - timedelta(days=self.days), now
        first, last = self.local(now.astimezone(zone).date())
        end = min(_midnight(last + timedelta(days=1), zone) - _TICK, now)
        return min(_midnight(first, zone), end), end


def own(how: Against, window: Window, zone: ZoneInfo, now: datetime) -> tuple[When, When | None]:
    """A figure's own window, and the one that it is compared with."""
    when = window.at(now, zone)
    if how == "tahun":
        return when, window.at(_year_back(when.end, zone), zone)
    return when, when.before() if how else None


def buckets(unit: Unit, when: When) -> list[tuple[date, When]]:
    """The calendar periods that a window touches, each cut off at the window's ends: (its first day, its own window)."""
    day = unit.start(when.start.astimezone(when.zone).date())
    found = []
    while (start := _midnight(day, when.zone)) <= when.end:
        after = unit.step(day)
        end = min(_midnight(after, when.zone) - _TICK, when.end)
        found.append((day, _window(when.window, max(start, when.start), end, when.zone)))
        day = after
    return found


def _window(window: Window, start: datetime, end: datetime, zone: ZoneInfo) -> When:
    return When(window=window, start=start, end=end, zone=zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _year_back(at: datetime, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    day = min(local.day, monthrange(local.year - 1, local.month)[1])
    return local.replace(year=local.year - 1, day=day).astimezone(UTC)


def _read(written: str) -> Period | None:
    if found := _DAYS.fullmatch(written):
        days = int(found[1])
        return Period(written=written, days=days) if days <= LONGEST else None
    if written in RUNNING:
        if written in RUNNING[:2]:
            return Period(written=written, unit=Unit.DAY, back=RUNNING.index(written))
        unit, _, which = written.partition("-")
        return Period(written=written, unit=Unit(unit), back=int(which == "lalu"))
    if found := _MONTH.fullmatch(written):
        return Period(written=written, unit=Unit.MONTH, first=date(int(found[1]), int(found[2]), 1))
    if found := _QUARTER.fullmatch(written):
        return Period(written=written, unit=Unit.QUARTER, first=date(int(found[1]), 3 * int(found[2]) - 2, 1))
    if _YEAR.fullmatch(written):
        return Period(written=written, unit=Unit.YEAR, first=date(int(written), 1, 1))
    if found := _SPAN.fullmatch(written):
        first, last = date.fromisoformat(found[1]), date.fromisoformat(found[2])
        return Period(written=written, first=first, last=last) if 0 <= (last - first).days < LONGEST else None
    return None
