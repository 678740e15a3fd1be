"""The deadline queue: the open cases of an OPD by the working time that is left of each, a page at a time.

Working time is that of the office that holds the case; on a channel that is answered day and night it is calendar time
(:data:`layers.prepared.ALWAYS`). It is counted against the moment of the room, never against the last record. Of one office
a later deadline never leaves less working time, so the order is that of the deadlines: it holds across both sorts of time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from layers.calendar import Calendar
from layers.catalog import Window, moment
from layers.clock import start_of_day
from layers.drill import Query, where_of
from layers.kpis.complaints import open_at_end
from layers.model import Kind, Scope
from layers.prepared import ALWAYS
from layers.room import Room

SIZE = 15
"""Cases of one page."""

SORTED_BY = ("left", "received", "category", "channel", "area", "status", "source_id")

URGENCIES = ("late", "today", "later", "none")
"""Over, due by the end of today, due after it, without a deadline."""

_COLUMNS = ("source", "source_id", "received", "category", "channel", "status", "area", "due")

Key = tuple[str, str]
"""Source and number: which case it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One open case; ``left`` are the working seconds until its deadline, below zero since it, ``None`` without one."""

    source: str
    source_id: str
    received: datetime
    category: str
    channel: str
    status: str
    area: str
    due: datetime | None
    left: int | None
    working: bool

    @property
    def key(self) -> Key:
        """Which case it is."""
        return self.source, self.source_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A page of the queue: how many cases there are in all, and by urgency before that was chosen."""

    total: int
    by_urgency: Mapping[str, int]
    cases: tuple[Case, ...]
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // SIZE))


def queue(
    scope: Scope,
    room: Room,
    query: Query,
    *,
    page: int = 1,
    order: str = "left",
    urgency: str | None = None,
    number: str | None = None,
    among: Collection[Key] | None = None,
) -> Queue:
    """The open cases of the cut that the scope may see, the most urgent first, or by ``order`` (``-`` before it: falling).

    ``number`` is how a case's number begins, ``among`` the only cases looked at; a page beyond the last is the last. Raises
    ``PermissionError`` where the scope sees aggregates only, ``ValueError`` for an unknown area, order or urgency.
    """
    rows, chosen = _asked(scope, room, query, order, urgency, number, among)
    by_urgency, all_ = pl.collect_all([rows.group_by("urgency").len(), chosen])
    found = dict.fromkeys(URGENCIES, 0) | dict(by_urgency.iter_rows())
    page = min(page, max(1, -(-all_.height // SIZE)))
    return Queue(
        total=all_.height,
        by_urgency=found,
        cases=tuple(_cases(all_.slice((page - 1) * SIZE, SIZE))),
        page=page,
    )


def every(
    scope: Scope,
    room: Room,
    query: Query,
    *,
    order: str = "left",
    urgency: str | None = None,
    number: str | None = None,
    among: Collection[Key] | None = None,
) -> tuple[int, Iterator[Case]]:
    """How many cases :func:`queue` pages through, and all of them in its order.

    Raises ``PermissionError`` for who takes no rows away.
    """
    if not scope.may_export_rows:
        raise PermissionError("baris tidak boleh dibawa keluar oleh peran ini")
    found = _asked(scope, room, query, order, urgency, number, among)[1].collect()
    return found.height, _cases(found)


def _asked(
    scope: Scope, room: Room, query: Query, order: str, urgency: str | None, number: str | None, among: Collection[Key] | None
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """The open cases of the cut, and in their order those of the urgency that is asked for."""
    if not scope.may_see_rows:
        raise PermissionError("baris tidak terbuka untuk peran ini")
    by = order.removeprefix("-")
    if by not in SORTED_BY or urgency not in (None, *URGENCIES):
        raise ValueError(f"urutan {order!r} atau kemendesakan {urgency!r} tidak dikenal")
    opened = room.rows_once("queue", (query.opd, scope.limits), lambda: _open(scope, room, query.opd))
    rows = opened.lazy().filter(where_of(scope, query, room.tree))
    if number:
        rows = rows.filter(pl.col("source_id").str.to_lowercase().str.starts_with(number.lower()))
    if among is not None:
        keys = pl.DataFrame(list(among), schema={"source": pl.String, "source_id": pl.String}, orient="row").lazy()
        rows = rows.with_columns(pl.col("source").cast(pl.String)).join(keys, on=["source", "source_id"], how="semi")
    chosen = rows.filter(pl.col("urgency") == urgency) if urgency else rows
    if order != "left":  # else they are in their order already
        text = by in ("category", "channel", "status", "area")
        key = pl.col(by).cast(pl.String) if text else pl.col("due" if by == "left" else by)
        chosen = chosen.sort(key, descending=order != by, nulls_last=True, maintain_order=True)  # within it by the time left
    return rows, chosen


def _cases(found: pl.DataFrame) -> Iterator[Case]:
    return (Case(**row) for row in found.select(*_COLUMNS, "left", "working").iter_rows(named=True))


def held(scope: Scope, room: Room, opd: str, keys: Collection[Key]) -> frozenset[Key]:
    """Those of the cases that the OPD has now and the scope may see."""
    if not scope.may_see_rows:
        raise PermissionError("baris tidak terbuka untuk peran ini")
    wanted = pl.DataFrame(list(keys), schema={"source": pl.String, "source_id": pl.String}, orient="row").lazy()
    rows = room.whole[Kind.COMPLAINT].lazy().filter(where_of(scope, Query(opd=opd), room.tree))
    rows = rows.filter(pl.col("source_id").is_in([number for _, number in keys])).select(
        pl.col("source").cast(pl.String), "source_id"
    )
    return frozenset(
        (str(source), str(number))
        for source, number in rows.join(wanted, on=["source", "source_id"], how="semi").collect().iter_rows()
    )


def _open(scope: Scope, room: Room, opd: str | None) -> pl.DataFrame:
    """All open cases of the OPD that the scope may see, by the time left."""
    now, calendar = room.now, Calendar.of(room.city, room.now, opd=opd)
    tonight = start_of_day(now + timedelta(days=1), room.city.zone)
    working = ~pl.col("channel").cast(pl.String).is_in(ALWAYS)
    due = pl.col("due")
    rows = (
        room.whole[Kind.COMPLAINT]
        .lazy()
        .filter(open_at_end(Window.NOW.at(now, room.city.zone)), *where_of(scope, Query(opd=opd), room.tree))
        .select(*_COLUMNS, "kecamatan", "opd", "holder", working=working)
        .collect()
    )
    office = calendar.seconds_between(
        pl.repeat(now.astimezone(UTC), rows.height, dtype=pl.Datetime("us", "UTC"), eager=True), rows["due"]
    )
    return rows.with_columns(
        left=pl.when("working").then(office).otherwise((due - moment(now)).dt.total_seconds()),
        urgency=pl.when(due.is_null())
        .then(pl.lit("none"))
        .when(due < moment(now))
        .then(pl.lit("late"))
        .when(due < moment(tonight))
        .then(pl.lit("today"))
        .otherwise(pl.lit("later")),
    ).sort("due", nulls_last=True, maintain_order=True)
