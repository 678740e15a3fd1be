"""How long measurements and the books of sources keep their fine grains: all for days, then an hour's last, later a day's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    func,
    or_,
    over,
    select,
    type_coerce,
    update,
)

from layers.city import Retention
from layers.model import Kind
from layers.schema import RECORD_TABLES, REPLACED_TABLES, standing
from layers.store import Store

CHAINS, ROWS = 50, 5_000
"""The most records whose versions one transaction looks at, and the most versions that it deletes."""

_TABLE = RECORD_TABLES[Kind.MEASUREMENT]
_REPLACED = REPLACED_TABLES[Kind.MEASUREMENT]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limits:
    """Versions that ended by ``hourly`` stay one an hour, those that ended by ``daily`` one a local day."""

    hourly: datetime
    daily: datetime
    offset: int


def thin(store: Store, retention: Retention, zone: ZoneInfo, now: datetime) -> int:
    """Thin the versions of measurements that have ended; return how many went.

    Of the versions that began, and were kept, in one hour (or local day) the last stays, so that the answer to "what was
    known then" is the same as before at the end of each. What went is covered by the version before it. What is known
    now is not touched: no change number is given, and frames stay as they are.
    """
    limits = _limits(retention, zone, now)
    return sum(_thin(store, source, ids, limits) for source, ids in _chains(store, limits))


def thin_books(store: Store, retention: Retention, zone: ZoneInfo, now: datetime) -> int:
    """Thin what only the past is asked of: how sources stood, and replaced stories of measurements; return how many went.

    At the end of each hour (or local day) the answers are the same as before.
    """
    limits = _limits(retention, zone, now)
    following = over(
        func.lead(standing.c.minute, type_=standing.c.minute.type), partition_by=standing.c.source, order_by=standing.c.minute
    )
    minutes = select(standing.c.source, standing.c.minute, following.label("next")).subquery().c
    old = _within_slot(store, minutes.minute, minutes.next, limits)
    count = _delete(store, standing, ("source", "minute"), select(minutes.source, minutes.minute).where(old))
    c = _REPLACED.c
    gone = select(c.seq).where(_within_slot(store, _kept(_REPLACED), c.replaced, limits))
    return count + _delete(store, _REPLACED, ("seq",), gone)


def _delete(store: Store, table: Table, names: Sequence[str], rows: Select[Any]) -> int:
    """Delete the rows with these keys, in short transactions."""
    chosen = delete(table).where(*(table.c[name] == bindparam(f"the_{name}") for name in names))
    count = 0
    while True:
        with store.write(alone=True) as connection:
            found = connection.execute(rows.limit(ROWS)).all()
            if not found:
                return count
            connection.execute(chosen, [{f"the_{name}": value for name, value in zip(names, row, strict=True)} for row in found])
        count += len(found)


def _limits(retention: Retention, zone: ZoneInfo, now: datetime) -> _Limits:
    offset = int((now.astimezone(zone).utcoffset() or timedelta()).total_seconds())
    return _Limits(hourly=now - retention.raw, daily=now - retention.hourly, offset=offset)


def _chains(store: Store, limits: _Limits) -> list[tuple[str, Sequence[str]]]:
    """The records that have versions to let go of, by source in portions: read without keeping a writer waiting."""
    doomed = _doomed(store, limits).subquery()
    with store.read() as connection:
        found = connection.execute(select(doomed.c.source, doomed.c.source_id).distinct()).all()
    by_source: dict[str, list[str]] = {}
    for source, source_id in found:
        by_source.setdefault(source, []).append(source_id)
    return [(source, ids[at : at + CHAINS]) for source, ids in by_source.items() for at in range(0, len(ids), CHAINS)]


def _thin(store: Store, source: str, ids: Sequence[str], limits: _Limits) -> int:
    """Thin some records in short transactions; each leaves their chains whole."""
    mine = and_(_TABLE.c.source == source, store.among(_TABLE.c.source_id, ids))
    query = _doomed(store, limits, mine).limit(ROWS)
    count = 0
    while True:
        with store.write(alone=True) as connection:
            rows = connection.execute(query).all()
            if not rows:
                return count
            if mended := _mended(rows):
                mend = update(_TABLE).where(_TABLE.c.seq == bindparam("at")).values(known_to=bindparam("until"))
                connection.execute(mend, [{"at": seq, "until": until} for seq, until in mended.items()])
            connection.execute(delete(_TABLE).where(_TABLE.c.seq == bindparam("gone")), [{"gone": row.seq} for row in rows])
        count += len(rows)


def _mended(rows: Iterable[Any]) -> dict[int, datetime]:
    """The new end of each version that stays before ones that go, by its number; a gap in what was known remains."""
    covers: dict[int, int | None] = {}
    mended: dict[int, datetime] = {}
    for row in rows:
        before = covers.get(row.before, row.before) if row.before_to == row.known_from else None
        covers[row.seq] = before
        if before is not None:
            mended[before] = row.known_to
    return mended


def _doomed(store: Store, limits: _Limits, where: ColumnElement[bool] | None = None) -> Select[Any]:
    """Ended versions that another one of the same hour or day follows, in order, each with the version before it."""
    c = _TABLE.c

    def beside(neighbour: Any, column: Any) -> ColumnElement[Any]:
        return over(neighbour(column, type_=column.type), partition_by=(c.source, c.source_id), order_by=c.known_from)

    versions = select(
        *(c.seq, c.source, c.source_id, c.known_from, c.known_to),
        beside(func.lag, c.seq).label("before"),
        beside(func.lag, c.known_to).label("before_to"),
        beside(func.lead, c.known_from).label("next_from"),
        _kept(_TABLE).label("kept"),
        over(func.lead(_kept(_TABLE), type_=c.kept_at.type), partition_by=(c.source, c.source_id), order_by=c.known_from).label(
            "next_kept"
        ),
    )
    found = (versions if where is None else versions.where(where)).subquery()
    v = found.c
    hour, day = (
        _slot(store, v.known_from, seconds, limits) == _slot(store, v.next_from, seconds, limits) for seconds in (3600, 86400)
    )
    old = or_(and_(v.known_to <= limits.hourly, hour), and_(v.known_to <= limits.daily, day))
    also = _within_slot(store, v.kept, v.next_kept, limits)
    return select(found).where(old, also).order_by(v.source, v.source_id, v.known_from)


def _kept(table: Table) -> ColumnElement[Any]:
    """When a version was taken in; before the store kept that, when it was seen."""
    return func.coalesce(table.c.kept_at, table.c.seen_at, type_=table.c.kept_at.type)


def _within_slot(store: Store, a: ColumnElement[Any], b: ColumnElement[Any], limits: _Limits) -> ColumnElement[bool]:
    """Whether two old moments lie between the same two full hours, or local midnights, the later of them included."""
    hour, day = (_closing(store, a, seconds, limits) == _closing(store, b, seconds, limits) for seconds in (3600, 86400))
    return or_(and_(b <= limits.hourly, hour), and_(b <= limits.daily, day))


def _closing(store: Store, moment: ColumnElement[Any], seconds: int, limits: _Limits) -> ColumnElement[Any]:
    """The number of the full hour or local midnight that a moment lies before, or is."""
    if store.sqlite:
        return (type_coerce(moment, BigInteger) + (limits.offset + seconds) * 1_000_000 - 1) // (seconds * 1_000_000)
    return func.ceil((func.extract("epoch", moment) + limits.offset) / seconds)


def _slot(store: Store, moment: ColumnElement[Any], seconds: int, limits: _Limits) -> ColumnElement[Any]:
    """The number of the hour or local day that holds a moment; the same arithmetic in both databases."""
    if store.sqlite:
        return (type_coerce(moment, BigInteger) // 1_000_000 + limits.offset) // seconds
    return func.floor((func.extract("epoch", moment) + limits.offset) / seconds)
