"""How long measurements keep their fine grains: every version for days, then the last of an hour, later the last of a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, Select, and_, bindparam, delete, func, or_, over, select, type_coerce, update

from layers.city import Retention
from layers.model import Kind
from layers.schema import RECORD_TABLES
from layers.store import Store

CHAINS, ROWS = 50, 5_000
"""The most records whose versions one transaction looks at, and the most versions that it deletes."""

_TABLE = RECORD_TABLES[Kind.MEASUREMENT]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limits:
    """Versions that ended by ``hourly`` stay one an hour, those that ended by ``daily`` one a local day."""

    hourly: datetime
    daily: datetime
    offset: int


def thin(store: Store, retention: Retention, zone: ZoneInfo, now: datetime) -> int:
    """Thin the versions of measurements that have ended; return how many went.

    Of the versions that began in one hour (or local day) the last stays, so that the answer to "what was known
    then" is the same as before at the end of each. What went is covered by the version before it. What is known
    now is not touched: no change number is given, and frames stay as they are.
    """
    offset = int((now.astimezone(zone).utcoffset() or timedelta()).total_seconds())
    limits = _Limits(hourly=now - retention.raw, daily=now - retention.hourly, offset=offset)
    return sum(_thin(store, source, ids, limits) for source, ids in _chains(store, limits))


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
    )
    found = (versions if where is None else versions.where(where)).subquery()
    v = found.c
    hour, day = (
        _slot(store, v.known_from, seconds, limits) == _slot(store, v.next_from, seconds, limits) for seconds in (3600, 86400)
    )
    old = or_(and_(v.known_to <= limits.hourly, hour), and_(v.known_to <= limits.daily, day))
    return select(found).where(old).order_by(v.source, v.source_id, v.known_from)


def _slot(store: Store, moment: ColumnElement[Any], seconds: int, limits: _Limits) -> ColumnElement[Any]:
    """The number of the hour or local day that holds a moment; the same arithmetic in both databases."""
    if store.sqlite:
        return (type_coerce(moment, BigInteger) // 1_000_000 + limits.offset) // seconds
    return func.floor((func.extract("epoch", moment) + limits.offset) / seconds)
