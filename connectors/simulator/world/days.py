"""The simulated city's working time: which days are worked, when an office acts, and deadlines in working days."""

from __future__ import annotations

from datetime import date
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from layers.calendar import Calendar

DAY = 86_400
OPENS, CLOSES = 7 * 3600 + 1800, 16 * 3600
"""Seconds after midnight at which an office begins and ends its day (Perpres 21/2023)."""

Seconds = NDArray[np.int64]
"""Moments as seconds since 1970 by the city's own clock face: local time, for Indonesia's zones have no summer time."""

_EPOCH = date(1970, 1, 1).toordinal()


@cache
def _worked(year: int) -> NDArray[np.bool_]:
    """For each day of a year whether it is worked: not on weekends, public holidays, cuti bersama."""
    office = Calendar.national(ZoneInfo("Asia/Jakarta"))
    first = date(year, 1, 1).toordinal()
    days = [date.fromordinal(first + n) for n in range(date(year + 1, 1, 1).toordinal() - first)]
    return np.array([office.works(day) for day in days])


def working(day: date) -> bool:
    """Whether offices work on a day."""
    return bool(_worked(day.year)[day.timetuple().tm_yday - 1])


@cache
def _workdays(year: int) -> NDArray[np.int64]:
    """The working days from a year before ``year`` to two years after it, as days since 1970, in order."""
    first = date(year - 1, 1, 1).toordinal() - _EPOCH
    return first + np.flatnonzero(np.concatenate([_worked(near) for near in range(year - 1, year + 3)]))


def _calendar(moments: Seconds) -> NDArray[np.int64]:
    first = int(moments.min()) if len(moments) else 0
    return _workdays(date.fromordinal(first // DAY + _EPOCH).year)


def office(moments: Seconds, spread: NDArray[np.float64]) -> Seconds:
    """When an office acts on what falls due at ``moments``: at once in its hours, else the next working morning.

    ``spread`` (0..1) says how far into that morning's first two hours, so that not all comes at one minute.
    """
    days, clock = moments // DAY, moments % DAY
    workdays = _calendar(moments)
    days = days + (clock >= CLOSES)
    at = workdays[np.searchsorted(workdays, days)]
    morning = at * DAY + OPENS + (spread * 7200).astype(np.int64)
    now = (at == moments // DAY) & (clock >= OPENS)
    return np.where(now, moments, morning)


def deadline(received: Seconds, days: NDArray[np.int64]) -> Seconds:
    """Closing time of the last of so many working days after the one on which a case counts as received."""
    workdays = _calendar(received)
    counted = received // DAY + (received % DAY >= CLOSES)
    last: Seconds = workdays[np.searchsorted(workdays, counted) + days] * DAY + CLOSES
    return last


def epoch_day(day: date) -> int:
    return day.toordinal() - _EPOCH
