"""The only place that knows "now", the zones, day and month windows, and how source times are written."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

ENV = "LIVEROOM_CLOCK"
"""A set clock, for rehearsals and benchmarks: ``2026-06-30T12:00:00+07:00`` or, faster, ``... x60`` (``x0`` stands still)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetClock:
    """A clock that was set to ``start`` at ``since`` (seconds since 1970) and runs ``speed`` times as fast."""

    start: datetime
    since: float
    speed: float

    def now(self) -> datetime:
        return self.start + timedelta(seconds=(time.time() - self.since) * self.speed)


def read_clock(text: str) -> SetClock:
    """Read ``"<ISO time with offset>[ x<speed>][ @<unix seconds>]"``; raises ``ValueError`` without an offset.

    ``@`` is when the clock was set: processes that are started one after the other then agree.
    """
    match = re.fullmatch(r"(\S+)(?: x([\d.]+))?(?: @([\d.]+))?", text.strip())
    if match is None:
        raise ValueError(f"{ENV}: cannot read {text!r}")
    start = datetime.fromisoformat(match[1])
    if start.tzinfo is None:
        raise ValueError(f"{ENV}: {match[1]!r} has no offset from UTC")
    since = float(match[3]) if match[3] else time.time()
    return SetClock(start=start.astimezone(UTC), since=since, speed=float(match[2] or 1))


_clock: SetClock | None = read_clock(os.environ[ENV]) if os.environ.get(ENV) else None


def set_clock(clock: SetClock | None) -> None:
    """Set the process's clock, or with ``None`` go back to the system's."""
    global _clock  # noqa: PLW0603 - the one piece of global state: a process has one clock
    _clock = clock


def is_set() -> bool:
    """Whether this is not the real time, so that every screen can say so."""
    return _clock is not None


def now() -> datetime:
    """This moment, aware, in UTC."""
    return _clock.now() if _clock else datetime.now(UTC)


def start_of_day(moment: datetime, zone: ZoneInfo) -> datetime:
    """Local midnight of the day that holds ``moment``, in UTC."""
    return datetime.combine(moment.astimezone(zone).date(), datetime.min.time(), zone).astimezone(UTC)


def month_of(moment: datetime, zone: ZoneInfo) -> str:
    """The local month that holds ``moment``, as ``2026-11``."""
    return moment.astimezone(zone).strftime("%Y-%m")


# --- times as sources write them ---------------------------------------------------------------

_ZONES = {"WIB": "+07:00", "WITA": "+08:00", "WIT": "+09:00", "Z": "+00:00", "UTC": "+00:00"}
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari jan january",
            "februari feb pebruari february",
            "maret mar march",
            "april apr",
            "mei may",
            "juni jun june",
            "juli jul july",
            "agustus agu agt ags aug august",
            "september sep sept",
            "oktober okt oct october",
            "november nov nopember nop",
            "desember des dec december",
        ),
        1,
    )
    for name in names.split()
}
_WORDS = re.compile(
    r"(?:[A-Za-z']+,\s*)?(\d{1,2})[ -]([A-Za-z]+)\.?[ -](\d{4})"
    r"(?:[ ,]+(?:pukul\s+)?(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?)?\s*(\S+)?"
)
_WORDS_US = re.compile(r"([A-Za-z]+)\.? (\d{1,2}), (\d{4})(?:,? (\d{1,2}:\d{2}(?::\d{2})?)(?: ([AP]M))?)?")


class TimeError(ValueError):
    """A source's time that cannot be read; the message says why, without guessing."""


def parse_time(text: str, zone: ZoneInfo, formats: Sequence[str] = ()) -> datetime:
    """Read a source's time, return it aware in UTC.

    Declared ``formats`` (strptime) are tried first and alone decide between DD/MM and MM/DD. Then ISO
    8601 and Indonesian or English words (``22 November 2026 14.32 WIB``, ``Nov 7, 2016 2:05:26 PM``).
    A time without an offset is in ``zone``. A day alone is its local midnight.

    Raises :class:`TimeError` for anything else, ``0000-00-00`` and numeric dates without a format included.
    """
    text = text.strip()
    for fmt in formats:
        try:
            return _aware(datetime.strptime(text, fmt), zone)  # noqa: DTZ007 - the zone is given next
        except ValueError:
            continue
    try:
        return _aware(datetime.fromisoformat(_offset(text)), zone)
    except ValueError:
        pass
    if match := _WORDS.fullmatch(text):
        day, month, year, hour, minute, second, mark = match.groups()
        return _build(text, (year, month, day, hour or "0", minute or "0", second or "0"), mark and mark.upper(), zone)
    if match := _WORDS_US.fullmatch(text):
        month, day, year, clock, half = match.groups()
        hour, minute, second = (*(clock or "0:00").split(":"), "0")[:3]
        if half:
            if not 1 <= int(hour) <= 12:
                raise TimeError(f"waktu yang tidak ada: {text[:40]!r}")
            hour = str(int(hour) % 12 + (12 if half == "PM" else 0))
        return _build(text, (year, month, day, hour, minute, second), None, zone)
    raise TimeError(f"bukan waktu yang dikenal: {text[:40]!r}")


def _offset(text: str) -> str:
    for name, offset in _ZONES.items():
        if text.upper().endswith(" " + name):
            return text[: -len(name) - 1] + offset
    return text


def _build(text: str, parts: tuple[str, ...], mark: str | None, zone: ZoneInfo) -> datetime:
    year, month, day, hour, minute, second = parts
    number = _MONTHS.get(month.lower())
    if number is None or (mark and mark not in _ZONES):
        raise TimeError(f"bukan waktu yang dikenal: {text[:40]!r}")
    offset: tzinfo = datetime.fromisoformat(f"2000-01-01T00:00{_ZONES[mark]}").tzinfo or zone if mark else zone
    try:
        return _aware(datetime(int(year), number, int(day), int(hour), int(minute), int(second), tzinfo=offset), zone)
    except ValueError as error:
        raise TimeError(f"waktu yang tidak ada: {text[:40]!r}") from error


def _aware(moment: datetime, zone: ZoneInfo) -> datetime:
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError as error:  # 0001-01-01 is how some databases write "none"
        raise TimeError(f"waktu di luar kalender: {moment.isoformat()}") from error


def days_back(moment: datetime, zone: ZoneInfo, days: int) -> list[date]:
    """The last ``days`` local days up to and with the one that holds ``moment``, oldest first."""
    today = moment.astimezone(zone).date()
    return [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
