"""The rows behind a number: exactly those that a reading counted, within what the asker may see, a page at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from layers.areas import AreaTree
from layers.catalog import Count, Form, Kpi, Mean, Quantile, Rate, Ratio, Share, Total, Weighted, When, Window
from layers.city import City
from layers.drill import Query, where_of
from layers.evaluate import part_of, since, touched_since
from layers.frames import SEN, Frames
from layers.model import Kind, Scope
from layers.prepared import prepared
from layers.readings import Room
from layers.runs import SourceFacts
from layers.schema import AT

PAGE = 50
"""Rows of one page."""

NOT_YOURS = "tidak ada baris dalam lingkup Anda"
NONE = "tidak ada baris yang dihitung"
RAN_OUT = "halaman ini melewati baris terakhir"

COLUMNS: Mapping[Kind | None, tuple[str, ...]] = {
    Kind.COMPLAINT: ("source_id", "received", "category", "channel", "status", "area", "opd", "due", "responded", "closed"),
    Kind.SERVICE: ("day", "service", "area", "opd", "served", "on_time", "queued", "waiting_minutes"),
    Kind.PACKAGE: ("source_id", "title", "method", "stage", "opd", "pagu", "value", "provider", "announced", "contracted"),
    Kind.MEASUREMENT: ("name", "subject", "area", "opd", "value", "unit", "measured"),
    None: ("source", "state"),
}
"""What is shown of a row, none of it private; the money of packages is in rupiah."""

SORTED_BY: Mapping[Kind | None, tuple[str, ...]] = {
    Kind.COMPLAINT: ("received", "due", "closed", "area", "opd"),
    Kind.SERVICE: ("day", "served", "area", "opd"),
    Kind.PACKAGE: ("announced", "pagu", "value", "opd"),
    Kind.MEASUREMENT: ("measured", "value", "subject", "area", "opd"),
    None: ("source", "state"),
}
MONEY = ("pagu", "hps", "value", "pdn", "umk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: its cells, and what it adds to the numerator (or the value) and to the denominator; ``None`` adds nothing."""

    cells: Mapping[str, Any]
    source: str
    part: float | None
    whole: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A page of the rows behind a reading.

    ``total`` is how many rows stand behind it, ``n`` how many it counts as (``total`` unless different values or sums
    are counted), ``part`` and ``whole`` what all of them add up to. ``limited`` says that the asker's rights leave rows
    out; ``why`` is set when there is no row to show.
    """

    total: int
    n: int
    part: float | None
    whole: float | None
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    page: int
    order: str
    why: str | None
    limited: bool

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Adds:
    """What a form takes of a row: whether it counts, and its share of numerator and denominator."""

    counts: pl.Expr
    part: pl.Expr
    whole: pl.Expr
    n: pl.Expr


def rows(scope: Scope, room: Room, kpi: Kpi, query: Query, *, page: int = 1, order: str = "") -> Rows:
    """The rows that the KPI's reading at this cut counts, newest first or by ``order`` (a column, ``-`` before it: falling).

    Raises ``PermissionError`` where the scope sees aggregates only, ``ValueError`` for an unknown area or order.
    """
    if not scope.may_see_rows:
        raise PermissionError("baris tidak terbuka untuk peran ini")
    key, falling = sorting(kpi, order)
    columns, limited = COLUMNS[kpi.kind], scope.limited
    _, found = counted(scope, room, kpi, query)
    sums = found.select(
        pl.len(), n=_adds(kpi.form, _when(kpi, room, query)).n, part=pl.col("+part").sum(), whole=pl.col("+whole").sum()
    )
    shown = found.sort(*key, descending=falling)
    totals, slice_ = pl.collect_all([sums, shown.slice((page - 1) * PAGE, PAGE)])
    total, n, part, whole = totals.row(0)
    parted = isinstance(kpi.form, Share | Ratio)
    why = room.origin(kpi).why_none or (None if slice_.height else RAN_OUT if total else NOT_YOURS if limited else NONE)
    return Rows(
        total=total,
        n=int(n or 0),
        part=None if isinstance(kpi.form, Count) else float(part),
        whole=float(whole) if parted else None,
        columns=columns,
        rows=tuple(row(each, columns, kpi.kind) for each in slice_.iter_rows(named=True)),
        page=page,
        order=order,
        why=why,
        limited=limited,
    )


def sorting(kpi: Kpi, order: str) -> tuple[list[str], list[bool]]:
    """The columns that put rows in order, and which of them fall: newest first unless ``order`` says otherwise.

    Raises ``ValueError`` for an order that the rows do not have.
    """
    by, falling = order.removeprefix("-"), not order or order.startswith("-")
    if by and by not in SORTED_BY[kpi.kind]:
        raise ValueError(f"urutan {order!r} tidak dikenal")
    first = by or (AT[kpi.kind] if kpi.kind else "source")
    then = ["source", "source_id"] if kpi.kind else []
    return [first, *then], [falling, *(False for _ in then)]


PLACE = "+place"
"""Where a row stands in the frame."""


def counted(scope: Scope, room: Room, kpi: Kpi, query: Query) -> tuple[pl.DataFrame, pl.LazyFrame]:
    """The frame, and of its rows those that count at the cut, with what each adds and its :data:`PLACE`."""
    frame = _frame(kpi, room, query)
    if room.origin(kpi).why_none is not None:
        frame = frame.clear()
    adds = _adds(kpi.form, _when(kpi, room, query))
    # what counts is decided over the whole frame, as the figure is: some expressions look at all rows
    marked = frame.lazy().with_row_index(PLACE)
    marked = marked.with_columns(**{"+counts": adds.counts, "+part": adds.part, "+whole": adds.whole}).filter("+counts")
    if kpi.kind is None:
        return frame, marked
    return frame, marked.filter(where_of(scope, query, room.tree, kpi.by_opd, kpi.kind))


def _when(kpi: Kpi, room: Room, query: Query) -> When:
    return kpi.window.at(room.now, room.city.zone, query.days)


def _frame(kpi: Kpi, room: Room, query: Query) -> pl.DataFrame:
    """The rows that the window can reach: beyond 30 days more than a publication looks at."""
    if kpi.window is Window.DAYS30 and query.days > 30 and kpi.kind and not kpi.names and kpi.pattern is None:
        near = room.whole[kpi.kind].lazy().filter(touched_since(kpi.kind, since(room.now, query.days))).collect()
        return prepared(kpi.kind, near, room.city, room.now)
    return room.frame(kpi)


def _adds(form: Form, when: When) -> _Adds:
    """What each form takes of a row, as :mod:`layers.evaluate` does."""
    chosen = form.where(when).fill_null(value=False)
    nothing = pl.lit(None, dtype=pl.Float64)

    def valued(value: pl.Expr, per: float = 1) -> _Adds:
        return _Adds(counts=chosen & value.is_not_null(), part=value.cast(pl.Float64) / per, whole=nothing, n=pl.len())

    match form:
        case Count(distinct=column):
            n = pl.len() if column is None else pl.col(column).drop_nulls().n_unique()
            return _Adds(counts=chosen, part=nothing, whole=nothing, n=n)
        case Share(whole=whole, distinct=column):
            part = part_of(form, when).cast(pl.Float64)
            if whole is not None:
                n = pl.col("+whole").sum()
                return _Adds(counts=chosen & whole.is_not_null(), part=part, whole=whole.cast(pl.Float64), n=n)
            n = pl.len() if column is None else pl.col(column).drop_nulls().n_unique()
            return _Adds(counts=chosen, part=part.fill_null(0), whole=pl.lit(1.0), n=n)
        case Ratio(whole=whole, per=per):
            part = part_of(form, when)
            counts = chosen & (part.is_not_null() | whole.is_not_null())
            known = pl.col("+whole").is_not_null().sum()
            return _Adds(counts=counts, part=part.cast(pl.Float64) / per, whole=whole.cast(pl.Float64) / per, n=known)
        case Rate(value=each):
            return _Adds(counts=chosen, part=pl.lit(1.0), whole=nothing, n=pl.len()) if each is None else valued(each)
        case Total(value=value, per=per):
            return valued(value, per)
        case Quantile(value=value) | Mean(value=value) | Weighted(value=value):
            return valued(value)


def row(found: Mapping[str, Any], columns: Sequence[str], kind: Kind | None) -> Row:
    """A row of a frame as it is shown, its money in rupiah."""
    cells = {name: found[name] for name in columns}
    if kind is Kind.PACKAGE:
        cells |= {name: cells[name] / SEN for name in MONEY if cells.get(name) is not None}
    return Row(cells=cells, source=found["source"], part=found["+part"], whole=found["+whole"])


class Rooms:
    """The room at the moment of one snapshot, kept while pages of rows are asked for at it."""

    def __init__(self, frames: Frames, tree: AreaTree, city: City, facts: Callable[[], Iterable[SourceFacts]]) -> None:
        self._frames, self._tree, self._city, self._facts = frames, tree, city, facts
        self._lock = threading.Lock()
        self._held: tuple[tuple[int, datetime], Room] | None = None

    def at(self, now: datetime) -> Room:
        """The frames of now, seen from the moment ``now``."""
        view = self._frames.view()
        with self._lock:
            if self._held is None or self._held[0] != (view.version, now):
                room = Room(view, self._tree, self._city, self._facts(), now)
                if self._held is not None:
                    room.remembered = self._held[1].remembered
                self._held = (view.version, now), room
            return self._held[1]
