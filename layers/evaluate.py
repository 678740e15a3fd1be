"""From a declared KPI and a frame to numbers: all cuts of a figure, its reason when there is none, its daily trend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from layers.catalog import Count, Form, Kpi, Median, Needs, Share, Total, When, moment
from layers.model import UNPLACED, Kind, Status
from layers.schema import AT

NO_SOURCE = "belum ada sumber"
NO_ROWS = "belum ada data dalam kurun ini"
NOT_FILLED = "nilainya belum diisi oleh sumber"

TREND_DAYS = 30

WHOLE = ""
"""The key of the one cell of a cut that divides nothing."""

_TIMES: Mapping[Kind, tuple[str, ...]] = {
    Kind.COMPLAINT: ("received", "responded", "closed"),
    Kind.SERVICE: ("day",),
    Kind.PACKAGE: ("announced", "selected", "contracted", "handed_over"),
    Kind.MEASUREMENT: ("measured",),
}
_PLACES = ("area", "kecamatan", "opd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One figure at one cut: the ``rows`` selected, the ``n`` that count, the value, and the parts of a share."""

    rows: int = 0
    n: int = 0
    value: float | None = None
    part: float | None = None
    whole: float | None = None
    unplaced: int = 0


def touched_since(kind: Kind, since: datetime) -> pl.Expr:
    """The rows that can matter to any window that starts at or after ``since``: few of many, so everything is fast."""
    touched = [pl.col(name) >= moment(since) for name in _TIMES[kind]]
    if kind is Kind.COMPLAINT:
        touched.append(pl.col("status").is_in([Status.WAITING.value, Status.IN_PROCESS.value]))
    return pl.any_horizontal(touched)


def empty(form: Form) -> Cell:
    """The cell of a cut without any row: a count or sum of nothing is 0, a share or median of nothing is none."""
    return Cell(value=0.0) if isinstance(form, Count | Total) else Cell(part=0.0, whole=0.0)


def cells(
    frame: pl.DataFrame | pl.LazyFrame, form: Form, when: When, cuts: Sequence[str | None]
) -> dict[str | None, dict[str, Cell]]:
    """The figure in a window for each value of each cut (a column's name; ``None`` is all rows together)."""
    lazy = frame.lazy()
    columns = lazy.collect_schema().names()
    wanted = [name for name in dict.fromkeys((*_PLACES, *_roots(form, when))) if name in columns]
    rows = lazy.filter(form.where(when)).select(wanted or pl.all()).collect()
    aggregates = {"rows": pl.len(), **_aggregates(form, when, None)}
    if "area" in rows.columns:
        aggregates["unplaced"] = (pl.col("area") == UNPLACED).sum()
    found: dict[str | None, dict[str, Cell]] = {}
    for cut in cuts:
        if cut is None:
            found[cut] = {WHOLE: _cell(form, rows.select(**aggregates).row(0, named=True))}
        else:
            table = rows.group_by(pl.col(cut).alias("key")).agg(**aggregates).with_columns(pl.col("key").cast(pl.String))
            found[cut] = {row["key"]: _cell(form, row) for row in table.iter_rows(named=True) if row["key"] is not None}
    return found


def _roots(form: Form, when: When) -> list[str]:
    expressions = _aggregates(form, when, None).values()
    return [name for expression in expressions for name in expression.meta.root_names()]


def _aggregates(form: Form, when: When, only: pl.Expr | None) -> dict[str, pl.Expr]:
    """What to compute over the rows; ``only`` restricts each aggregate, for many windows in one pass."""

    def kept(values: pl.Expr) -> pl.Expr:
        return values if only is None else values.filter(only)

    rows = pl.len() if only is None else only.sum()
    match form:
        case Count():
            return {"n": rows}
        case Share():
            whole = rows if form.whole is None else kept(form.whole).sum()
            part = form.part if isinstance(form.part, pl.Expr) else form.part(when)
            return {"part": kept(part.cast(pl.Int64)).sum(), "n": whole}
        case Median():
            return {"value": kept(form.value).median(), "n": kept(form.value).count()}
        case Total():
            return {"value": kept(form.value).sum(), "n": kept(form.value).count()}


def _cell(form: Form, row: Mapping[str, Any]) -> Cell:
    n, rows, unplaced = int(row["n"]), int(row["rows"]), int(row.get("unplaced") or 0)
    match form:
        case Count():
            return Cell(rows=rows, n=n, value=float(n), unplaced=unplaced)
        case Share():
            part = float(row["part"])
            value = 100 * part / n if n else None
            return Cell(rows=rows, n=n, value=value, part=part, whole=float(n), unplaced=unplaced)
        case Median():
            return Cell(rows=rows, n=n, value=row["value"], unplaced=unplaced)
        case Total():
            value = None if rows and not n else row["value"] / form.per
            return Cell(rows=rows, n=n, value=value, unplaced=unplaced)


def missing(frame: pl.DataFrame, needs: Needs | None) -> str | None:
    """Why no source gives what a KPI needs, or ``None`` when one does: a miss is never a zero."""
    if frame.is_empty():
        return NO_SOURCE
    if needs is not None and not frame.select(needs.rows.any()).item():
        return f"{NO_SOURCE} yang memberi {needs.what}"
    return None


def stated(kpi: Kpi, cell: Cell) -> tuple[float | None, str | None]:
    """The value that may be shown, or the reason why there is none."""
    if cell.n < kpi.n_min:
        return None, f"belum cukup data: n = {cell.n}, perlu {kpi.n_min}"
    if cell.value is None:
        return None, NOT_FILLED if cell.rows else NO_ROWS
    return cell.value, None


def since(now: datetime, days: int = 30) -> datetime:
    """The earliest moment that a window of days, the one before it and its 30-day trend look at."""
    return now - timedelta(days=days + max(days, TREND_DAYS) + 1)


def first(frame: pl.DataFrame, kind: Kind) -> datetime | None:
    """When the kind's first record happened: before it nothing was watched."""
    found = frame[AT[kind]].min()
    return found if isinstance(found, datetime) else None


def together(frame: pl.LazyFrame, asks: Sequence[tuple[Form, When]], by: str | None = None) -> dict[str, list[Cell]]:
    """Several figures in several windows in one pass over the rows, for each value of ``by``: one cell for each ask."""
    aggregates: dict[str, pl.Expr] = {}
    for i, (form, when) in enumerate(asks):
        selected = form.where(when)
        figures = {"rows": selected.sum(), **_aggregates(form, when, selected)}
        figures["unplaced"] = (selected & (pl.col("area") == UNPLACED)).sum()
        aggregates |= {f"{name}{i}": figure for name, figure in figures.items()}
    table = (frame.select(**aggregates) if by is None else frame.group_by(by).agg(**aggregates)).collect()
    names = ("rows", "n", "part", "value", "unplaced")
    found: dict[str, list[Cell]] = {}
    for row in table.iter_rows(named=True):
        if (key := WHOLE if by is None else row[by]) is not None:
            figures_of = [{name: row[f"{name}{i}"] for name in names if f"{name}{i}" in row} for i in range(len(asks))]
            found[str(key)] = [_cell(form, figures) for (form, _), figures in zip(asks, figures_of, strict=True)]
    return found
