"""The contract every row passes on its way in: read, checked and placed, or excluded by name, or quarantined with its reason."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from math import isfinite
from operator import attrgetter
from typing import Any, TypeVar, get_type_hints

from connectors.source import BadRow, Config, Context, Excluded, Kept, Row, Source
from layers import privacy
from layers.areas import Places
from layers.model import PRIVATE, RECORDS, Complaint, Kind, PlacedBy, Record, Service
from layers.store import Reject
from layers.vault import Vault

C = TypeVar("C", bound=Config)

AHEAD = timedelta(minutes=5)
"""How far a source's clock may run ahead of ours."""

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""Times outside are a source's way of saying "unknown", not times."""

MAX_TEXT = 2_000
MAX_ID = 200
MAX_MENTIONS = 50
"""Identifiers of one text that an erasure can find it by; bounds what a hostile text leaves behind."""
MAX_LABEL = 80
"""A category and a channel are shown to everybody and filtered by: what is longer is cut here, on one line."""

MAX_MONEY = Decimal(10) ** 15
"""A thousand billions of rupiah: more than the budget of any region. As a quantity, it may be a NIK."""

MAX_COUNT = 10**9

_HALF = re.compile("[\ud800-\udfff]")
"""Half a character: JSON can write it (``"\\ud83d"``), but no database keeps it."""

_LATER = {
    "verified": "diverifikasi sebelum diterima",
    "responded": "ditanggapi sebelum diterima",
    "closed": "ditutup sebelum diterima",
    "validated": "divalidasi sebelum diterima",
    "confirmed": "dikonfirmasi sebelum diterima",
    "reopened": "dibuka kembali sebelum diterima",
}
_PAST = {"known_at", "received", "day", "announced", "selected", "contracted", *_LATER}
"""Times of what has happened; the others (a deadline, a forecast) may lie ahead."""

_KEYS = ("source", "source_id", "area", "opd", "photo")
"""Texts that identify: they are compared, so they are never masked. A photo is its address until :mod:`connectors.photos`."""

_LABELS = ("category", "channel")
"""Texts of a complaint by which everybody may filter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of some rows: each is in exactly one of the first three. ``gone`` are records that excluded rows end."""

    records: Sequence[Record]
    excluded: Mapping[str, int]
    rejects: Sequence[Reject]
    gone: Sequence[tuple[Kind, str]]


def take(rows: Sequence[Row], source: Source[C], config: C, ctx: Context, places: Places, vault: Vault | None = None) -> Taken:
    """Read, check and place rows. No row raises: one that cannot be believed is a :class:`Reject`.

    ``vault`` is the store's own, so that a person is known again; without it nothing may be kept of what is taken.
    """
    vault = vault or Vault.passing()
    kept: list[Kept] = []
    excluded: Counter[str] = Counter()
    rejects: list[Reject] = []
    gone: list[tuple[Kind, str]] = []
    parse = source.parse
    for row in rows:
        try:
            read = parse(row, config, ctx)
            if isinstance(read, Excluded):
                excluded[read.rule] += 1
                if read.ends is not None and (key := _key(source, row, vault)):
                    gone.append((read.ends, key))
                continue
            check(read.record, ctx.now)
            _shield(read.record, vault)
            kept.append(read)
        except BadRow as bad:
            rejects.append(Reject(source_id=_key(source, row, vault), field=bad.field, reason=bad.reason, original=row))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            reason = f"tidak terbaca ({type(error).__name__})"
            rejects.append(Reject(source_id=_key(source, row, vault), field="baris", reason=reason, original=row))
    slugs = frozenset(opd.slug for opd in ctx.city.opds)
    return Taken(records=_place(kept, places, slugs), excluded=excluded, rejects=rejects, gone=gone)


def _key(source: Source[Any], row: Row, vault: Vault) -> str | None:
    try:
        key = source.key(row)
        return disguised(key[:MAX_ID], vault) if key else None
    except (AttributeError, LookupError, TypeError, ValueError):
        return None


def _shield(record: Record, vault: Vault) -> None:
    """Put what leads to nobody in place of what names a person: the record is nobody's yet, see :func:`_finish`."""
    give = object.__setattr__
    if (named := disguised(record.source_id, vault)) is not record.source_id:
        give(record, "source_id", named)
    if isinstance(record, Complaint | Service) and record.reporter is not None:
        give(record, "reporter", _reporter(record.reporter, vault))
    if isinstance(record, Complaint):
        give(record, "mentions", None)
        if record.text is not None:
            text, named_in = privacy.prose(record.text, MAX_TEXT)
            give(record, "text", text)
            if named_in:
                names = dict.fromkeys(vault.name(*who) for who in named_in[:MAX_MENTIONS])
                give(record, "mentions", " ".join(names))


@lru_cache(1 << 14)
def _reporter(raw: str, vault: Vault) -> str | None:
    who = privacy.identify(raw)
    return None if who is None else vault.name(*who)


def disguised(source_id: str, vault: Vault) -> str:
    """The same identifier of a row; a keyed name in its place where a NIK, a telephone number or an e-mail is in it.

    The keyed name is the same each time, so that the row is known again, and begins with the person's own,
    so that an erasure finds it.
    """
    found = privacy.in_key(source_id)
    return source_id if found is None else f"{privacy.DISGUISE}{vault.name(*found)}-{vault.name('id', source_id)}"


def _place(kept: Sequence[Kept], places: Places, opds: frozenset[str]) -> list[Record]:
    """Give every record its area; the points of all rows are looked up at once."""
    points = [i for i, item in enumerate(kept) if item.place.lat is not None and item.place.lon is not None]
    at: dict[int, str | None] = {}
    if points:
        found = places.place_points([kept[i].place.lat for i in points], [kept[i].place.lon for i in points])
        at = dict(zip(points, found, strict=True))
    records = []
    for i, item in enumerate(kept):
        said, area = item.place, at.get(i)
        if said.code or area is None:
            code, by = places.place(said.code, None, None, said.kelurahan, said.kecamatan)
            if area is not None and by is not PlacedBy.CODE:
                code, by = area, PlacedBy.POINT
        else:
            code, by = area, PlacedBy.POINT
        records.append(_finish(item.record, code, by, opds))
    return records


def _finish(record: Record, area: str, by: PlacedBy, opds: frozenset[str]) -> Record:
    """Give a fresh record its area, and make its texts fit to be shown.

    Identifiers are masked, an OPD that is not one of the city's is left out (the row stays), and the
    labels of a complaint (:data:`_LABELS`) become one line of at most :data:`MAX_LABEL` characters.

    The record is nobody's yet, so it is completed in place: a copy would cost as much as reading the row.
    """
    give = object.__setattr__
    give(record, "area", area)
    give(record, "placed_by", by)
    for name in _shape(record.kind).free:
        text = getattr(record, name)
        if text is not None and (masked := _mask(text)) is not text:
            give(record, name, masked)
    if record.opd is not None and record.opd not in opds:
        give(record, "opd", None)
    if isinstance(record, Complaint):
        for name in _LABELS:
            text = getattr(record, name)
            if len(text) > MAX_LABEL or not text.isprintable():
                give(record, name, _label(text))
    return record


@lru_cache(1 << 14)
def _mask(text: str) -> str:
    return privacy.mask(text)


def _label(text: str) -> str:
    """Masked text as one line, cut. Masked first and once more: a cut or a line break must not hide an identifier."""
    return privacy.mask(" ".join(text.split()))[:MAX_LABEL].rstrip()


# --- the contract ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """The fields of one kind of record by what is checked of them, with one getter for each group; not the private ones."""

    times: tuple[str, ...]
    numbers: tuple[str, ...]
    texts: tuple[str, ...]
    free: tuple[str, ...]
    get_times: Callable[[Any], tuple[Any, ...]]
    get_numbers: Callable[[Any], tuple[Any, ...]]
    get_texts: Callable[[Any], tuple[Any, ...]]


@cache
def _shape(kind: Kind) -> _Shape:
    hints = get_type_hints(RECORDS[kind])
    names = [field.name for field in fields(RECORDS[kind])]

    def of(*types: type) -> tuple[str, ...]:
        return tuple(name for name in names if any(hints[name] in (t, t | None) for t in types))

    times, texts = of(datetime), tuple(name for name in of(str) if name not in PRIVATE)
    numbers = tuple(name for name in of(int, float, Decimal))
    return _Shape(
        times=times,
        numbers=numbers,
        texts=texts,
        free=tuple(name for name in texts if name not in _KEYS),
        get_times=_getter(times),
        get_numbers=_getter(numbers),
        get_texts=_getter(texts),
    )


def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple(getattr(record, name) for name in names)


def check(record: Record, now: datetime) -> None:
    """Raise :class:`BadRow` for the first thing in a record that cannot be so."""
    shape = _shape(record.kind)
    latest = now + AHEAD
    for name, moment in zip(shape.times, shape.get_times(record), strict=True):
        # Almost every time is past, and then all is said by these two comparisons.
        if moment is not None and (moment.tzinfo is not UTC or not EARLIEST <= moment <= latest):
            _check_time(name, moment, latest)
    for name, number in zip(shape.numbers, shape.get_numbers(record), strict=True):
        if number is not None:
            _check_number(name, number)
    for name, text in zip(shape.texts, shape.get_texts(record), strict=True):
        if text is not None and (len(text) > MAX_ID or not text.strip() or not text.isprintable()):
            _check_text(name, text)
    if isinstance(record, Complaint):
        _check_complaint(record)


def _check_time(name: str, moment: datetime, latest: datetime) -> None:
    if moment.utcoffset() != timedelta(0):
        raise BadRow(name, "waktu tanpa zona UTC")
    if not EARLIEST <= moment < LATEST:
        raise BadRow(name, "tahun tidak masuk akal")
    if name in _PAST and moment > latest:
        raise BadRow(name, "waktu di masa depan")


def _check_number(name: str, number: float | Decimal) -> None:
    if not isfinite(number):
        raise BadRow(name, "bukan bilangan")
    if isinstance(number, Decimal):
        if number < 0:
            raise BadRow(name, "nilai uang negatif")
        if number > MAX_MONEY:
            raise BadRow(name, "nilai uang tidak masuk akal")
    elif isinstance(number, int) and not 0 <= number <= MAX_COUNT:
        raise BadRow(name, "jumlah tidak masuk akal")
    elif abs(number) > MAX_MONEY:
        raise BadRow(name, "nilai tidak masuk akal")


def _check_text(name: str, text: str) -> None:
    if len(text) > (MAX_ID if name in _KEYS else MAX_TEXT):
        raise BadRow(name, "teks terlalu panjang")
    if not text.strip():
        raise BadRow(name, "kosong")
    if "\x00" in text:
        raise BadRow(name, "memuat aksara nol")
    if _HALF.search(text):
        raise BadRow(name, "aksara rusak")


def _check_complaint(record: Complaint) -> None:
    received = record.received
    for name, reason in _LATER.items():
        moment = getattr(record, name)
        if moment is not None and moment < received:
            raise BadRow(name, reason)
    if (record.lat is None) != (record.lon is None):
        raise BadRow("lat", "koordinat tidak lengkap")
    if record.lat is not None and record.lon is not None:
        if not (-90 <= record.lat <= 90 and -180 <= record.lon <= 180):
            raise BadRow("lat", "koordinat di luar bumi")
        if record.lat == record.lon == 0:
            raise BadRow("lat", "koordinat nol")
