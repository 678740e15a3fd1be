"""Deadlines in words: on screen in a few, on the command line with every reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date

from layers.calendar import Calendar, Due, Skipped
from layers.city import City
from layers.clock import parse_time
from layers.deadlines import Deadlines
from layers.officehours import End

Lang = Literal["id", "en"]

_ZONES = {25200: "WIB", 28800: "WITA", 32400: "WIT"}
_LOCALES = {"id": "id", "en": "en_GB"}
_THIS_WEEK = timedelta(days=6)
"""A weekday's name alone says which day is meant only when the day is no farther away."""


def standing(now: datetime, due: datetime, calendar: Calendar, lang: Lang = "id", *, working: bool = True) -> str:
    """``lewat tenggat Kamis 10.00`` or ``sisa 2 hari kerja 3 jam``; ``working=False`` for deadlines in calendar time."""
    if now > due:
        return f"{'lewat tenggat' if lang == 'id' else 'overdue since'} {_short(now, due, calendar.zone, lang)}"
    left = calendar.left(now, due, working=working)
    text = _amount(left.days, left.seconds, lang, working=working)
    return f"sisa {text}" if lang == "id" else f"{text} left"


def _amount(days: int, seconds: int, lang: Lang, *, working: bool) -> str:
    """Days and hours; under a day hours and minutes, under an hour minutes alone."""
    hours, minutes = seconds // 3600, seconds // 60 % 60
    if lang == "id":
        kind = " kerja" if working else ""
        if days:
            return f"{days} hari{kind}" + (f" {hours} jam" if hours else "")
        if hours:
            return f"{hours} jam" + (f" {minutes} menit" if minutes else "") + kind
        return f"{minutes} menit{kind}" if minutes else "kurang dari 1 menit"
    kind = "working " if working else ""
    if days:
        return f"{days} {kind}{'day' if days == 1 else 'days'}" + (f" {hours} h" if hours else "")
    if hours:
        return f"{hours} {kind}h" + (f" {minutes} min" if minutes else "")
    return f"{minutes} {kind}min" if minutes else "less than 1 min"


def _short(now: datetime, moment: datetime, zone: ZoneInfo, lang: Lang) -> str:
    """A past moment as one says it: today, by its weekday, by its date, with the year if it is another one."""
    local, today = moment.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        day = "hari ini" if lang == "id" else "today"
    elif today.date() - local.date() <= _THIS_WEEK:
        day = format_date(local, "EEEE", locale=_LOCALES[lang])
    else:
        day = format_date(local, "d MMMM" if local.year == today.year else "d MMMM y", locale=_LOCALES[lang])
    return f"{day} {local:%H.%M}" if lang == "id" else f"{day} {local:%H:%M}"


def answered(
    city: City,
    moment: str,
    *,
    days: int | None = None,
    hours: int | None = None,
    rule: str | None = None,
    known_at: str | None = None,
    opd: str | None = None,
    end: End | None = None,
) -> str:
    """What ``liveroom deadline`` prints: for working days, working hours, or a rule ``profile:step[:classification]``.

    Raises ``ValueError`` saying what is missing or unknown.
    """
    received = parse_time(moment, city.zone)
    known = date.fromisoformat(known_at) if known_at else None
    if [days, hours, rule].count(None) != 2:
        raise ValueError("beri salah satu: --days, --hours, atau --rule")
    if opd:
        city.check([opd], [])
    calendar = Calendar.of(city, known, opd=opd)
    if rule is None:
        return explained(calendar.add(received, days=days, hours=hours, end=end), calendar, known)
    profile, step, classification = (*rule.split(":"), None, None)[:3]
    deadlines = Deadlines.of(city, profile or "", known, opd=opd)
    found = deadlines.rule(step or "", received, classification=classification)
    if found is None:
        there = ", ".join(":".join([profile or "", each.step, *each.classifications[:1]]) for each in deadlines.rules)
        raise ValueError(f"tidak ada aturan {rule} yang berlaku pada waktu itu; yang ada: {there}")
    due = calendar.due(received, found.amount, end=end or found.end)
    return f"{explained(due, calendar, known)}\nAturan: {rule}, {found.basis}."


def explained(due: Due, calendar: Calendar, known_at: date | None = None) -> str:
    """The moment and every reason for it, in lines of Bahasa Indonesia."""
    zone = calendar.zone
    lines = [
        f"Jatuh tempo {zoned(due.moment, zone)}:",
        f"  {due.amount.n} {due.amount.unit} sejak {zoned(due.received, zone)}.",
    ]
    if due.since != due.received:
        lines.append(f"  Diterima di luar jam kerja, maka dihitung sejak {zoned(due.since, zone)}.")
    if due.skipped:
        lines += ["Dilewati:", *(f"  {line}" for line in _stretches(due.skipped))]
    lines += _notes(due, calendar, known_at)
    return "\n".join(lines)


def _notes(due: Due, calendar: Calendar, known_at: date | None) -> Iterator[str]:
    if due.paused:
        sort = "kerja " if due.amount.unit.endswith("kerja") else ""
        yield f"Jeda menunggu warga menggeser tenggat {due.paused // 3600} jam {due.paused // 60 % 60} menit waktu {sort}itu."
    first, last = (moment.astimezone(calendar.zone).date() for moment in (due.since, due.moment))
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    if calendar.service is None and due.amount.unit.endswith("kerja") and any(day in calendar.fasting for day in days):
        yield "Sebagian jatuh dalam bulan Ramadan, dengan jam kerja Ramadan."
    if any(day.estimated for day in due.skipped):
        yield "Tanggal bertanda perkiraan belum ditetapkan pemerintah; jatuh tempo dapat berubah."
    for year in due.undecided:
        yield f"Cuti bersama {year} belum diketahui; jatuh tempo dapat mundur."
    if known_at:
        yield f"Menurut kalender sebagaimana diketahui pada {format_date(known_at, 'd MMMM y', locale='id')}."


def _stretches(days: Iterable[Skipped]) -> Iterator[str]:
    """Consecutive days that are skipped for one reason in one line."""
    numbered = enumerate(days)
    for _, group in groupby(numbered, lambda item: (item[1].day.toordinal() - item[0], item[1].name, item[1].estimated)):
        run = [day for _, day in group]
        first, last = run[0], run[-1]
        basis = f" ({first.basis})" if first.basis else ""
        mark = " (perkiraan)" if first.estimated else ""
        yield f"{_span(first.day, last.day)}: {first.name}{mark}{basis}"


def _span(first: date, last: date) -> str:
    """``Rabu 18 Maret 2026``, ``Sabtu-Minggu 28-29 Maret 2026``."""
    end = format_date(last, "d MMMM y", locale="id")
    if first == last:
        return f"{format_date(first, 'EEEE', locale='id')} {end}"
    names = f"{format_date(first, 'EEEE', locale='id')}-{format_date(last, 'EEEE', locale='id')}"
    begin = format_date(first, "d" if first.month == last.month else "d MMMM", locale="id")
    return f"{names} {begin}-{end}" if first.month == last.month else f"{names} {begin} - {end}"


def zoned(moment: datetime, zone: ZoneInfo) -> str:
    """``Rabu 1 April 2026 07.30 WIB``."""
    local = moment.astimezone(zone)
    offset = local.utcoffset()
    name = _ZONES.get(int(offset.total_seconds())) if offset is not None else None
    return f"{format_date(local, 'EEEE d MMMM y', locale='id')} {local:%H.%M} {name or local.tzname()}"
