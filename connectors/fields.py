"""How a connector with a known form reads a row's fields: text, money, times, an OPD, a place out of free text.

All raise :class:`connectors.source.BadRow` with the field and a reason in the clerk's language; none guesses.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from connectors.source import BadRow, Place, Row
from layers.city import City
from layers.clock import TimeError, parse_time

SEN = Decimal("0.01")
EMPTY = frozenset({"", "[]", "-", "null", "0000-00-00", "0000-00-00 00:00:00"})
"""How Indonesian services write that there is no value."""

_UNITS = {
    "": 1,
    **dict.fromkeys(("rb", "ribu"), 10**3),
    **dict.fromkeys(("jt", "juta"), 10**6),
    **dict.fromkeys(("m", "miliar"), 10**9),
    **dict.fromkeys(("t", "triliun"), 10**12),
}
_RUPIAH = re.compile(r"(?:rp\.?\s*)?(\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d+))?(?:\s*([a-z]+)\.?)?", re.IGNORECASE | re.ASCII)
_MOST = Decimal(10) ** 15
"""No sum of a city's is larger (a thousand trillion rupiah): beyond it, the digits are not money."""

_NEXT = r"(?=\s+(?:kec|kecamatan|kel|kelurahan|kota|kab|prov|rt|rw|jl|jalan|no|kode|telp)\b|[^a-z' ]|$)"
_KELURAHAN = re.compile(rf"\b(?:kelurahan|kel|desa)\b\.?\s*([a-z][a-z' ]*?)\s*{_NEXT}", re.IGNORECASE)
_KECAMATAN = re.compile(rf"\b(?:kecamatan|kec)\b\.?\s*([a-z][a-z' ]*?)\s*{_NEXT}", re.IGNORECASE)


def text(row: Row, field: str) -> str | None:
    """The field as text with single spaces; ``None`` for anything in :data:`EMPTY` and for what is no single value."""
    value = row.get(field)
    if value is None or isinstance(value, bool | Mapping | list):
        return None
    words = " ".join(str(value).split())
    return None if words.lower() in EMPTY else words


def need(row: Row, field: str) -> str:
    """Like :func:`text`, for a field without which the row says nothing."""
    value = text(row, field)
    if value is None:
        raise BadRow(field, "kosong, padahal wajib diisi")
    return value


def money(row: Row, field: str) -> Decimal | None:
    """A sum in rupiah as JSON number or plain digits (``1946000.00``), rounded to the sen."""
    value = text(row, field)
    try:
        return None if value is None else _sum(Decimal(value))
    except (InvalidOperation, ValueError) as error:
        raise BadRow(field, _not_money(value)) from error


def rupiah(row: Row, field: str) -> Decimal | None:
    """A sum as Indonesian pages print it: ``Rp. 3.800.000,00``, ``3,8 Jt``, ``1,2 M``, ``950 Rb``.

    With a unit the sum was rounded before it was printed: what is printed is what is read, no more.
    """
    value = text(row, field)
    if value is None:
        return None
    match = _RUPIAH.fullmatch(value)
    unit = _UNITS.get((match[3] or "").lower()) if match else None
    try:
        if match is None or unit is None:
            raise BadRow(field, _not_money(value))
        return _sum(Decimal(f"{match[1].replace('.', '')}.{match[2] or '0'}") * unit)
    except (InvalidOperation, ValueError) as error:
        raise BadRow(field, _not_money(value)) from error


def year(row: Row, field: str) -> int:
    """A budget year."""
    value = need(row, field)
    if not re.fullmatch(r"(?:19|20)[0-9]{2}", value):
        raise BadRow(field, f"bukan tahun: {value[:40]!r}")
    return int(value)


def moment(row: Row, field: str, city: City) -> datetime | None:
    """A time of the source, aware in UTC; without an offset it is the city's own time."""
    value = text(row, field)
    try:
        return None if value is None else parse_time(value, city.zone)
    except (TimeError, OverflowError) as error:
        raise BadRow(field, f"bukan waktu yang dikenal: {(value or '')[:40]!r}") from error


def need_moment(row: Row, field: str, city: City) -> datetime:
    """Like :func:`moment`, for a time without which the row has no place in history."""
    value = moment(row, field, city)
    if value is None:
        raise BadRow(field, "tanggal kosong, padahal wajib diisi")
    return value


def digest(*parts: object) -> str:
    """A short fingerprint of an answer and of the settings that it is read by: when either changes, it is read again."""
    return hashlib.sha256(b"\0".join(part if isinstance(part, bytes) else repr(part).encode() for part in parts)).hexdigest()[:24]


def opd(city: City, *, codes: Iterable[str | None] = (), names: Iterable[str | None] = ()) -> str | None:
    """The slug of the OPD with one of ``codes``, else of ``names`` (case, spaces and the city's name do not matter)."""
    known = _known(city)
    for code in codes:
        if code and (slug := known.codes.get(code)):
            return slug
    for name in names:
        if name and (slug := known.names.get(_plain(name).removesuffix(known.suffix))):
            return slug
    return None


def place(words: str | None, city: City) -> Place:
    """What free text says of its kelurahan and kecamatan.

    ``Kel. X`` and ``Kec. Y`` are read wherever they stand. A bare name counts only when it is all there
    is; where a kelurahan shares its name with a kecamatan, only the kecamatan is certain.
    """
    if not words:
        return Place()
    words = " ".join(words.split())
    kelurahan, kecamatan = _KELURAHAN.search(words), _KECAMATAN.search(words)
    if kelurahan or kecamatan:
        return Place(kelurahan=kelurahan[1] if kelurahan else None, kecamatan=kecamatan[1] if kecamatan else None)
    known, bare = _known(city), _plain(words)
    if bare in known.kecamatan:
        return Place(kecamatan=words)
    return Place(kelurahan=words) if bare in known.kelurahan else Place()


# --- what a city's parts are called -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A city's codes and names, each written plainly."""

    city: City
    suffix: str
    codes: Mapping[str, str]
    names: Mapping[str, str]
    kelurahan: frozenset[str]
    kecamatan: frozenset[str]


_last: _Known | None = None


def _known(city: City) -> _Known:
    """The names of ``city``; those of the last one asked for are kept, since a run reads one city."""
    global _last  # noqa: PLW0603 - a memo of one, replaced whole
    known = _last
    if known is None or known.city is not city:
        known = _last = _learn(city)
    return known


def _learn(city: City) -> _Known:
    suffix = _plain(city.name)
    spelt = {
        _plain(name).removesuffix(suffix): found.slug
        for found in city.opds
        for name in (*found.variants, found.short, found.name)
    }
    return _Known(
        city=city,
        suffix=suffix,
        codes={code: found.slug for found in city.opds for code in found.codes},
        names=spelt,
        kelurahan=_names(city, dots=3),
        kecamatan=_names(city, dots=2),
    )


def _names(city: City, dots: int) -> frozenset[str]:
    return frozenset(_plain(name) for area in city.areas if area.code.count(".") == dots for name in (area.name, *area.variants))


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _sum(amount: Decimal) -> Decimal:
    if not amount.is_finite() or abs(amount) > _MOST:
        raise ValueError("not a sum of money")
    return amount.quantize(SEN, ROUND_HALF_UP)


def _not_money(value: str | None) -> str:
    return f"bukan jumlah uang: {(value or '')[:40]!r}"
