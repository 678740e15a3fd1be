"""The stretches of time that figures speak of, always up to now, and what their expressions are given of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

import polars as pl

from layers.clock import start_of_day
from layers.sqltypes import micros

DAY = timedelta(days=1)


class Window(StrEnum):
    """The stretch of time that a KPI speaks of, always up to now."""

    NOW = "now"
    TODAY = "today"
    DAYS30 = "days30"
    YEAR = "year"

    def at(self, now: datetime, zone: ZoneInfo, days: int = 30) -> When:
        """The window that ends at ``now``: local midnight, ``days`` times 24 hours or 1 January before it."""
        end = now.astimezone(UTC)
        start = {
            Window.NOW: end,
            Window.TODAY: start_of_day(end, zone),
            Window.DAYS30: end - timedelta(days=days),
            Window.YEAR: datetime(end.astimezone(zone).year, 1, 1, tzinfo=zone).astimezone(UTC),
        }[self]
        return When(window=self, start=start, end=end, zone=zone)


CHANGE: Mapping[Window, Mapping[str, str]] = MappingProxyType(
    {
        Window.NOW: {"id": "dari 24 jam lalu", "en": "from 24 hours ago"},
        Window.TODAY: {"id": "dari kemarin, jam yang sama", "en": "from yesterday, same hour"},
        Window.DAYS30: {"id": "dari 30 hari sebelumnya", "en": "from the 30 days before"},
        Window.YEAR: {"id": "dari tahun lalu, tanggal yang sama", "en": "from last year, same date"},
    }
)
"""What a reading's ``change`` compares with, for the screen."""


PERIODICITY: Mapping[Window, str] = MappingProxyType(
    {
        Window.NOW: "terus-menerus, keadaan saat ini",
        Window.TODAY: "terus-menerus, hari ini sejak pukul 00.00",
        Window.DAYS30: "terus-menerus, 30 hari bergulir",
        Window.YEAR: "terus-menerus, tahun berjalan sejak 1 Januari",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """The window given to a KPI's expressions; both ends belong to it."""

    window: Window
    start: datetime
    end: datetime
    zone: ZoneInfo

    @property
    def opens(self) -> pl.Expr:
        """The start, for an expression."""
        return moment(self.start)

    @property
    def ends(self) -> pl.Expr:
        """The end, for an expression."""
        return moment(self.end)

    @property
    def year(self) -> int:
        """The local calendar year that holds the end."""
        return self.end.astimezone(self.zone).year

    @property
    def month(self) -> datetime:
        """The beginning of the local month that holds the end."""
        local = self.end.astimezone(self.zone)
        return datetime(local.year, local.month, 1, tzinfo=self.zone).astimezone(UTC)

    def before(self) -> When:
        """The window before, of the same length: 24 hours ago, yesterday, the days before, last year to date."""
        if self.window is Window.YEAR:
            local = self.end.astimezone(self.zone)
            day = 28 if (local.month, local.day) == (2, 29) else local.day
            return self.window.at(local.replace(year=local.year - 1, day=day), self.zone)
        length = self.end - self.start if self.window is Window.DAYS30 else DAY
        return self.window.at(self.end - length, self.zone, days=length.days)

    def holds(self, column: str) -> pl.Expr:
        """Whether a time lies in the window."""
        return pl.col(column).is_between(self.opens, self.ends)

    def by_end(self, column: str) -> pl.Expr:
        """Whether a time is set and not after the end of the window."""
        return pl.col(column) <= self.ends


@lru_cache(512)
def moment(at: datetime) -> pl.Expr:
    """A moment for an expression; a whole number cast to a time is made a hundred times faster than a time."""
    return pl.lit(micros(at), pl.Int64).cast(pl.Datetime("us", "UTC"))
