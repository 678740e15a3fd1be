"""One value as a source wrote it -> the value meant: a reader for each declared type, compiled once, lean for each row."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, Literal
from zoneinfo import ZoneInfo

from layers.clock import TimeError, parse_time

Type = Literal["text", "int", "float", "money", "time", "date", "bool"]

Reader = Callable[[Any], Any]
"""A cell as written -> the value, ``None`` where the source knows nothing; raises ``ValueError`` with the reason."""

EMPTY = frozenset({"", "-", "null", "none", "n/a", "nan", "0000-00-00", "0000-00-00 00:00:00"})
"""What sources write, in small letters, where they know nothing."""

_EMPTY_STARTS = frozenset({"", "-", "n", "N", "0"})
_YES = frozenset({"1", "true", "t", "ya", "y", "yes", "iya", "benar"})
_NO = frozenset({"0", "false", "f", "tidak", "n", "no", "tdk", "salah"})
_SEN = Decimal("0.01")
_RUPIAH = re.compile(r"^Rp\.?")
_GROUPED = {".": re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?"), ",": re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d*)?")}
"""Numbers in which thousands are parted, by their decimal sign: ``1.234,56`` under the wrong one must not become 1,23."""

_MEMO = 4_096


def filled(value: Any) -> Any:
    """The value, or ``None`` where the source knows nothing."""
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        # Most values differ from all of these in their first letter.
        return None if text[:1] in _EMPTY_STARTS and text.lower() in EMPTY else text
    if isinstance(value, float) and value != value:  # noqa: PLR0124 - NaN: spreadsheets have no other way to say "empty"
        return None
    return value


def as_text(value: Any) -> str:
    """Text as people wrote it; a whole number that a spreadsheet turned into ``7.0`` is ``7`` again."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, int | float | Decimal | date):
        return str(value)
    raise ValueError("bukan teks")


def reader(kind: Type, zone: ZoneInfo, formats: Sequence[str], decimal: str) -> Reader:
    """The reader of a type. ``decimal`` is the decimal sign of numbers in text; the other one parts thousands."""
    if kind in ("time", "date"):
        return _times(zone, formats)
    if kind == "text":
        return remembering(as_text)
    if kind == "bool":
        return remembering(_bool)
    number: Mapping[str, Reader] = {"int": _int, "money": _money, "float": float}
    convert = number[kind]

    def read(cell: Any) -> Any:
        value = filled(cell)
        return None if value is None else convert(_number(value, decimal))

    return read


def remembering(convert: Reader) -> Reader:
    """A reader by ``convert`` that remembers the texts it has met: categories and codes come again and again."""
    memo: dict[str, Any] = {}

    def read(cell: Any) -> Any:
        if cell.__class__ is str and cell in memo:
            return memo[cell]
        value = filled(cell)
        found = None if value is None else convert(value)
        if cell.__class__ is str and len(memo) < _MEMO:
            memo[cell] = found
        return found

    return read


def _number(value: Any, decimal: str) -> Decimal:
    if isinstance(value, bool):
        raise ValueError("bukan bilangan")  # noqa: TRY004 - a fault of the data, not of the caller
    if isinstance(value, str):
        value = _RUPIAH.sub("", value).replace(" ", "")
        thousands = "," if decimal == "." else "."
        if thousands in value and not _GROUPED[decimal].fullmatch(value):
            comma, dot = ("desimal", "ribuan") if decimal == "," else ("ribuan", "desimal")
            raise ValueError(f"bukan bilangan (koma untuk {comma}, titik untuk {dot})")
        value = value.replace(thousands, "").replace(decimal, ".")
    try:
        return Decimal(repr(value) if isinstance(value, float) else value)
    except (InvalidOperation, TypeError, ValueError):
        raise ValueError("bukan bilangan") from None


def _int(number: Decimal) -> int:
    if not number.is_finite() or number != number.to_integral_value() or abs(number) > 2**63:
        raise ValueError("bukan bilangan bulat")
    return int(number)


def _money(number: Decimal) -> Decimal:
    try:
        return number.quantize(_SEN)
    except InvalidOperation:
        raise ValueError("bukan nilai uang") from None


def _bool(value: Any) -> bool:
    text = as_text(value).lower() if not isinstance(value, bool) else str(value).lower()
    if text in _YES or text in _NO:
        return text in _YES
    raise ValueError("bukan ya atau tidak")


# --- times -------------------------------------------------------------------------------------


def _times(zone: ZoneInfo, formats: Sequence[str]) -> Reader:
    quick = _quick(formats[0]) if formats else _iso

    def read(cell: Any) -> datetime | None:
        found = quick(cell) if quick and cell.__class__ is str else None
        if found is None:
            value = filled(cell)
            if value is None:
                return None
            found = _slow(value, zone, formats)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)

    return read


def _slow(value: Any, zone: ZoneInfo, formats: Sequence[str]) -> datetime:
    """Whatever is not in the first declared format. A number alone is no time, but one with a declared form (a year) is."""
    if formats and isinstance(value, int | float) and not isinstance(value, bool):
        value = as_text(value)
    if isinstance(value, str):
        try:
            return parse_time(value, zone, formats)
        except (TimeError, OverflowError) as error:
            raise ValueError(str(error)) from None
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    raise ValueError("bukan waktu")


def _iso(text: str) -> datetime | None:
    """ISO 8601 at the speed of C; what it cannot read is left to :func:`parse_time`."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


_WIDTHS = {"Y": 4, "m": 2, "d": 2, "H": 2, "I": 2, "M": 2, "S": 2, "p": 2}
_HOURS = {f"{hour:02}{half}": f"{hour % 12 + add:02}" for hour in range(1, 13) for half, add in (("AM", 0), ("PM", 12))}


def _quick(fmt: str) -> Callable[[str], datetime | None] | None:
    """A reader of zero-padded numeric formats, many times as fast as strptime: it only puts the digits in ISO's order.

    ``None`` for other formats; the reader returns ``None`` for a text that is not quite so.
    """
    at: dict[str, slice] = {}
    signs: list[tuple[int, str]] = []
    width = 0
    for name, sign in re.findall(r"%(.)|(.)", fmt):
        if sign:
            signs.append((width, sign))
        elif name not in _WIDTHS or name in at:
            return None
        else:
            at[name] = slice(width, width + _WIDTHS[name])
        width += 1 if sign else _WIDTHS[name]
    if not {"Y", "m", "d"} <= set(at) or ("I" in at) != ("p" in at) or ("I" in at and "H" in at):
        return None
    year, month, day = at["Y"], at["m"], at["d"]
    hour, minute, second, half = (at.get(name, slice(0, 0)) for name in ("I" if "I" in at else "H", "M", "S", "p"))

    def read(text: str) -> datetime | None:
        if len(text) != width or any([text[place] != sign for place, sign in signs]):  # noqa: C419 - a list is faster here
            return None
        hours = _HOURS.get(text[hour] + text[half].upper(), "??") if "p" in at else text[hour] or "00"
        try:
            return datetime.fromisoformat(
                f"{text[year]}-{text[month]}-{text[day]}T{hours}:{text[minute] or '00'}:{text[second] or '00'}"
            )
        except ValueError:
            return None

    return read
