"""Words, numbers and times as people read them: Bahasa Indonesia first, English second.

Words are written in Bahasa Indonesia where they are used and translated by ``text/en/*.po`` (gettext);
numbers, money and dates follow the locale: ``1.234,5``, ``Rp1,42 T``, ``14.32``, ``22 November 2026``.
"""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.messages.pofile import read_po

from layers.numbers import LOCALES, NBSP, Lang, money, number, signed

__all__ = ["NBSP", "Lang", "age", "clock", "day", "figure", "moment", "number", "quantity", "say", "signed", "zone_mark"]

_ZONES = {25200: "WIB", 28800: "WITA", 32400: "WIT"}
_AGES: tuple[tuple[int, dict[Lang, str]], ...] = (
    (86400, {"id": "hari", "en": "d"}),
    (3600, {"id": "jam", "en": "h"}),
    (60, {"id": "mnt", "en": "min"}),
    (1, {"id": "dtk", "en": "s"}),
)


@cache
def _english() -> dict[str, str]:
    words: dict[str, str] = {}
    for path in sorted((Path(__file__).parent / "en").glob("*.po")):
        with path.open("rb") as file:
            words.update({str(m.id): str(m.string) for m in read_po(file, locale="en") if m.id and m.string})
    return words


def say(lang: Lang, words: str, **values: object) -> str:
    """``words`` (Bahasa Indonesia) in ``lang``, with ``{names}`` filled in; untranslated words stay as they are."""
    text = _english().get(words, words) if lang == "en" else words
    return text.format(**values) if values else text


def figure(value: float, unit: str, decimals: int = 0, lang: Lang = "id") -> tuple[str, str]:
    """A number and its unit apart, so that a tile can set the unit smaller.

    ``("95,78", "%")``, ``("Rp1,42", "T")``, ``("1.234", "aduan")``. A share (unit ``persen``) is given in
    percent, money (``rupiah``) in rupiah and shortened to at most two decimals.
    """
    if unit == "rupiah":
        return money(value, lang)
    return number(value, decimals, lang), "%" if unit == "persen" else say(lang, unit)


def quantity(value: float, unit: str, decimals: int = 0, lang: Lang = "id") -> str:
    """A number with its unit on one line that does not break: ``95,78 %``, ``Rp1,42 T``, ``1.234 aduan``."""
    return NBSP.join(filter(None, figure(value, unit, decimals, lang)))


def age(seconds: float, lang: Lang = "id") -> str:
    """How old something is in its largest whole unit: ``12 dtk``, ``8 mnt``, ``2 jam``, ``3 hari``."""
    whole = max(0, int(seconds))
    size, names = next((step for step in _AGES if whole >= step[0]), _AGES[-1])
    return f"{whole // size}{NBSP}{names[lang]}"


def clock(moment: datetime, zone: ZoneInfo, lang: Lang = "id", *, seconds: bool = False, mark: bool = False) -> str:
    """Local time of day: ``14.32`` (id) or ``14:32`` (en), with seconds or ``WIB`` where asked."""
    local = moment.astimezone(zone)
    text = local.strftime("%H:%M:%S" if seconds else "%H:%M").replace(":", "." if lang == "id" else ":")
    return f"{text}{NBSP}{zone_mark(moment, zone)}" if mark else text


def zone_mark(moment: datetime, zone: tzinfo) -> str:
    """``WIB``, ``WITA`` or ``WIT``; elsewhere the zone's own abbreviation."""
    local = moment.astimezone(zone)
    offset = local.utcoffset()
    return _ZONES.get(int(offset.total_seconds()) if offset else 0, local.tzname() or "")


def day(moment: datetime | date, zone: ZoneInfo, lang: Lang = "id", *, weekday: bool = False) -> str:
    """Local date in words: ``22 November 2026``, with ``Minggu, `` before it where asked."""
    local = moment.astimezone(zone).date() if isinstance(moment, datetime) else moment
    return format_date(local, "EEEE, d MMMM y" if weekday else "d MMMM y", locale=LOCALES[lang])


def local(when: datetime, zone: ZoneInfo) -> str:
    """Date and time as an ``<input type=datetime-local>`` holds them: ``2026-11-22T14:32``."""
    return when.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


@lru_cache(4096)
def moment(when: datetime, zone: ZoneInfo, lang: Lang = "id") -> str:
    """Date and time for a table: ``22 Nov 2026 14.32``."""
    local = when.astimezone(zone)
    return f"{format_datetime(local, 'd MMM y', locale=LOCALES[lang])} {clock(when, zone, lang)}"
