"""One value as a source wrote it -> the value meant: a reader for each declared type, compiled once, lean for each row."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, Literal
from zoneinfo import ZoneInfo

from layers.clock import TimeError, parse_time

Type = Literal["text", "int", "float", "money", "time", "date", "bool"]

Reader = Callable[[Any], Any]
"""A filled value as written -> the value; raises ``ValueError`` with the reason in the reader's own words."""

EMPTY = frozenset({"", "-", "null", "none", "n/a", "nan", "0000-00-00", "0000-00-00 00:00:00"})
"""What sources write, in small letters, where they know nothing."""

_YES = frozenset({"1", "true", "t", "ya", "y", "yes", "iya", "benar"})
_NO = frozenset({"0", "false", "f", "tidak", "n", "no", "tdk", "salah"})
_SEN = Decimal("0.01")


def filled(value: Any) -> Any:
    """The value, or ``None`` where the source knows nothing."""
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        return None if len(text) < 20 and text.lower() in EMPTY else text
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
    if kind == "text":
        return as_text
    if kind in ("time", "date"):
        return _times(zone, formats)
    if kind == "bool":
        return _bool
    if kind == "int":
        return lambda value: _int(_number(value, decimal))
    if kind == "money":
        return lambda value: _money(_number(value, decimal))
    return lambda value: float(_number(value, decimal))


def _number(value: Any, decimal: str) -> Decimal:
    if isinstance(value, bool):
        raise ValueError("bukan bilangan")  # noqa: TRY004 - a fault of the data, not of the caller
    if isinstance(value, str):
        thousands = "," if decimal == "." else "."
        value = value.removeprefix("Rp").replace(thousands, "").replace(decimal, ".").replace(" ", "")
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

_PARTS = {"Y": r"(?P<Y>\d{4})", "m": r"(?P<m>\d\d?)", "d": r"(?P<d>\d\d?)", "H": r"(?P<H>\d\d?)", "I": r"(?P<I>\d\d?)"}
_PARTS |= {"M": r"(?P<M>\d\d?)", "S": r"(?P<S>\d\d?)", "p": r"(?P<p>[AaPp][Mm])"}


def _times(zone: ZoneInfo, formats: Sequence[str]) -> Reader:
    quick = _quick(formats[0]) if formats else _iso
    def read(value: Any) -> datetime:
        if isinstance(value, str):
            found = quick(value) if quick else None
            if found is None:
                try:
                    return parse_time(value, zone, formats)
                except (TimeError, OverflowError) as error:
                    raise ValueError(str(error)) from None
        elif isinstance(value, datetime):
            found = value
        elif isinstance(value, date):
            found = datetime.combine(value, time())
        else:
            raise ValueError("bukan waktu")  # noqa: TRY004 - a fault of the data, not of the caller
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)

    return read


def _iso(text: str) -> datetime | None:
    """ISO 8601 at the speed of C; what it cannot read is left to :func:`parse_time`."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _quick(fmt: str) -> Callable[[str], datetime | None] | None:
    """A parser for the usual numeric formats, five times as fast as strptime; ``None`` for the others."""
    names = re.findall(r"%(.)", fmt)
    if not {"Y", "m", "d"} <= set(names) <= set(_PARTS) or len(set(names)) != len(names) or ("I" in names) != ("p" in names):
        return None
    match = re.compile(re.sub(r"%(.)", lambda part: _PARTS[part[1]], re.escape(fmt).replace(r"\%", "%"))).fullmatch

    order = {name: index for index, name in enumerate(names)}
    year, month, day = order["Y"], order["m"], order["d"]
    hour, minute, second, half = (order.get(name) for name in ("I" if "I" in names else "H", "M", "S", "p"))

    def read(text: str) -> datetime | None:
        found = match(text)
        if found is None:
            return None
        part = found.groups()
        hours = int(part[hour]) if hour is not None else 0
        if half is not None:
            if not 1 <= hours <= 12:
                return None
            hours = hours % 12 + (12 if part[half] in ("PM", "pm", "Pm", "pM") else 0)
        try:
            return datetime(  # noqa: DTZ001 - the zone follows
                int(part[year]),
                int(part[month]),
                int(part[day]),
                hours,
                int(part[minute]) if minute is not None else 0,
                int(part[second]) if second is not None else 0,
            )
        except ValueError:
            return None

    return read

