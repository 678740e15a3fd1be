"""Which days are not as their weekday says, as it was known on a day: the nation's table, and a region's own over it.

The package ``holidays`` gives libur nasional and cuti bersama; ``cities/nasional.holidays.csv`` says since when those
that were decreed or changed later were known, and 1 Ramadan as the sidang isbat found it; ``<code>.holidays.csv`` is
a region's own and goes over both.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType

import holidays
from holidays.countries.indonesia import IndonesiaIslamicHolidays

from layers.officehours import Holiday

YEARS = range(2015, 2037)
"""The years that a calendar covers."""

TABLE = Path(__file__).parent / "cities" / "nasional.holidays.csv"

RAMADAN_DAYS = 30
"""Days after 1 Ramadan that have Ramadan's hours: the thirtieth is the last, or Idul Fitri and free anyway."""

_SAME_MONTH = timedelta(days=5)
"""Two dates of 1 Ramadan this near speak of the same Ramadan."""

_CATEGORIES = {"public": "libur", "government": "cuti_bersama"}
_ESTIMATE = " (perkiraan)"


def free_days(region: Sequence[Holiday], known_at: date | None) -> Mapping[date, Holiday]:
    """What is known about each special day on ``known_at`` (``None``: all that is known), ``kerja`` among it.

    A region's row goes before the nation's; of two rows of one table the one that became known later.
    """
    found: dict[date, Holiday] = {}
    for layer in (_package(), _nation(), region):
        known = (row for row in layer if row.kind != "ramadan" and _known(row, known_at))
        found |= {row.day: row for row in sorted(known, key=lambda row: row.known_since or date.min)}
    return MappingProxyType(found)


def ramadans(region: Sequence[Holiday], known_at: date | None) -> tuple[date, ...]:
    """1 Ramadan of each year, as known: as calculated (package ``holidays``) until it is decreed."""
    starts = list(_calculated())
    for layer in (_nation(), region):
        for row in layer:
            if row.kind == "ramadan" and _known(row, known_at):
                starts = [*(start for start in starts if abs(start - row.day) > _SAME_MONTH), row.day]
    return tuple(sorted(starts))


def _known(row: Holiday, known_at: date | None) -> bool:
    return known_at is None or row.known_since is None or row.known_since <= known_at


@cache
def _nation() -> tuple[Holiday, ...]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = [{key: value for key, value in row.items() if value} for row in csv.DictReader(file)]
    return tuple(Holiday.model_validate(row) for row in rows)


@cache
def _package() -> tuple[Holiday, ...]:
    """The package's days, without those that the nation's table knows with their dates."""
    dated = {(row.day, row.kind) for row in _nation()}
    found = []
    for category, kind in _CATEGORIES.items():
        days = holidays.country_holidays("ID", categories=(category,), years=YEARS, language="id")
        for day, name in sorted(days.items()):
            if (day, kind) not in dated:
                stated = {"date": day, "name": name.replace(_ESTIMATE, ""), "kind": kind, "estimated": _ESTIMATE in name}
                found.append(Holiday.model_validate(stated))
    return tuple(found)


@cache
def _calculated() -> tuple[date, ...]:
    calendar = IndonesiaIslamicHolidays()
    return tuple(sorted({day for year in YEARS for day, _ in calendar.ramadan_beginning_dates(year)}))


def milestone(region: Sequence[Holiday], known_at: date | None) -> date | None:
    """The latest day up to ``known_at`` on which something became known: calendars between two such days are the same."""
    if known_at is None:
        return None
    since = (row.known_since for row in (*_nation(), *region) if row.known_since and row.known_since <= known_at)
    return max(since, default=date.min)
