"""From declared figures and a frame to numbers: every cut of many figures in one pass, and the reason where there is none.

What adds up (rows, parts, wholes, sums) is summed once over the finest places and rolled up to each cut; only
quantiles, means of groups and different values go through the rows again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from layers.catalog import ANY, Count, Form, Kpi, Mean, Needs, Quantile, Rate, Ratio, Share, Total, Weighted, When, moment
from layers.explain import Z95
from layers.memo import kept
from layers.model import UNPLACED, Kind, Status
from layers.schema import AT

NO_SOURCE = "belum ada sumber"
NO_ROWS = "belum ada data dalam kurun ini"
NOT_FILLED = "nilainya belum diisi oleh sumber"
NO_PEOPLE = "belum ada jumlah penduduk bertanggal untuk wilayah ini"

TREND_DAYS = 30

WHOLE = ""
"""The key of the one cell of a cut that divides nothing."""

JOINT = "\x1f"
"""Stands between the values of a cut of several columns; a value that is not known is empty."""

Cut = str | tuple[str, ...] | None
"""A column; several together, whose rows without a value there stay; or nothing, which is all rows."""

Ask = tuple[Form, When]
Cells = dict[Cut, dict[str, "Cell"]]

_TIMES: Mapping[Kind, tuple[str, ...]] = {
    Kind.COMPLAINT: ("received", "responded", "closed", "due"),
    Kind.SERVICE: ("day",),
    Kind.PACKAGE: ("announced", "selected", "contracted", "handed_over"),
    Kind.MEASUREMENT: ("measured",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One figure at one cut: the ``rows`` selected, the ``n`` that count, the value, a share's parts, a quantile's bounds."""

    rows: int = 0
    n: int = 0
    value: float | None = None
    part: float | None = None
    whole: float | None = None
    unplaced: int = 0
    low: float | None = None
    high: float | None = None


def touched_since(kind: Kind, since: datetime) -> pl.Expr:
    """The rows that can matter to any window that starts at or after ``since``: few of many, so everything is fast."""
    touched = [pl.col(name) >= moment(since) for name in _TIMES[kind]]
    if kind is Kind.COMPLAINT:
        touched.append(pl.col("status").is_in([Status.WAITING.value, Status.IN_PROCESS.value]))
    return pl.any_horizontal(touched)


def empty(form: Form) -> Cell:
    """The cell of a cut without any row: a count or sum of nothing is 0, a share or median of nothing is none."""
    if isinstance(form, Count | Total | Rate):
        return Cell(value=0.0)
    return Cell(part=0.0, whole=0.0) if isinstance(form, Share | Ratio) else Cell()


def figures(frame: pl.DataFrame | pl.LazyFrame, asks: Sequence[Ask], cuts: Sequence[Cut]) -> list[Cells]:
    """Each figure in its window, for each value of each cut; the values of several columns are joined by :data:`JOINT`."""
    lazy = frame.lazy()
    known = lazy.collect_schema().names()
    sums: dict[str, pl.Expr] = {}
    again: dict[str, _Again] = {}
    for i, (form, when) in enumerate(asks):
        chosen = form.where(when).fill_null(value=False)
        sums |= {f"{name}:{i}": added for name, added in _sums(form, when, chosen).items()}
        again |= {f"{name}:{i}": values for name, values in _again(form, when, chosen).items()}
    found: list[Cells] = [{} for _ in asks]
    for cut, counted in _tables(lazy, known, cuts, sums, again).items():
        table = counted.with_columns(
            made for i, (form, _) in enumerate(asks) if isinstance(form, Quantile) for made in _places(form, counted, i)
        )
        keys = table["key"].to_list()
        for (form, _), cells, values in zip(asks, found, _by_ask(table, len(asks)), strict=True):
            each = zip(*values.values(), strict=True)
            cells[cut] = {key: _cell(form, dict(zip(values, row, strict=True))) for key, row in zip(keys, each, strict=True)}
    return found


def expressions(form: Form, when: When) -> Iterator[pl.Expr]:
    """All that a form asks of each row in a window."""
    chosen = form.where(when).fill_null(value=False)
    yield from _sums(form, when, chosen).values()
    yield from (values for values, _ in _again(form, when, chosen).values())


def _tables(
    lazy: pl.LazyFrame, known: Sequence[str], cuts: Sequence[Cut], sums: Mapping[str, pl.Expr], again: Mapping[str, _Again]
) -> dict[Cut, pl.DataFrame]:
    """For each cut a row of its values' sums, with its ``key``: of several cuts from those of the finest places."""
    lost = pl.col("area") == UNPLACED if "area" in known else pl.lit(value=False)
    unplaced = {f"unplaced:{name.removeprefix('rows:')}": name for name in sums if name.startswith("rows:")}
    rolled = {name: pl.col(name).sum() for name in sums}
    rolled |= {name: pl.col(of).filter(lost).sum() for name, of in unplaced.items()}
    columns = {name: values for name, (values, _) in again.items()}
    joined = {name: how(pl.col(name)) for name, (_, how) in again.items()}
    if set(cuts) == {None}:
        return {None: lazy.with_columns(**sums, **columns).select(key=pl.lit(WHOLE), **rolled, **joined).collect()}
    columns_of = (name for cut in cuts for name in (cut if isinstance(cut, tuple) else (cut,)))
    places = [name for name in dict.fromkeys(("area", *columns_of)) if name in known]
    rows = lazy.select(*places, **sums, **columns).collect()
    fine = rows.lazy().group_by(places).agg(pl.col(*sums).sum()).collect()
    tables = {cut: _keyed(fine, cut, rolled) for cut in cuts}
    if columns:
        left = rows.lazy().select(*places, *columns).filter(pl.any_horizontal(pl.col(*columns).is_not_null())).collect()
        tables = {cut: table.join(_keyed(left, cut, joined), on="key", how="left") for cut, table in tables.items()}
    return tables


def together(frame: pl.LazyFrame, asks: Sequence[Ask], by: str | None = None) -> dict[str, list[Cell]]:
    """Several figures in several windows for each value of ``by``: one cell for each ask."""
    each = [cells[by] for cells in figures(frame, asks, (by,))]
    return {key: [cells[key] for cells in each] for key in each[0]} if each else {}


def _keyed(table: pl.DataFrame, cut: Cut, aggregates: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """One row for each value of a cut, with its ``key``."""
    if cut is None:
        return table.select(key=pl.lit(WHOLE), **aggregates)
    if isinstance(cut, tuple):
        joined = pl.concat_str([pl.col(name).cast(pl.String).fill_null("") for name in cut], separator=JOINT)
        return table.lazy().group_by(cut).agg(**aggregates).select(joined.alias("key"), *aggregates).collect()
    grouped = table.lazy().drop_nulls(cut).group_by(pl.col(cut).alias("key")).agg(**aggregates)
    return grouped.with_columns(pl.col("key").cast(pl.String)).collect()


def _by_ask(table: pl.DataFrame, asks: int) -> list[dict[str, list[Any]]]:
    """The columns of each ask by their names without its number."""
    found: list[dict[str, list[Any]]] = [{} for _ in range(asks)]
    for column in table.drop("key").iter_columns():
        name, _, i = column.name.rpartition(":")
        found[int(i)][name] = column.to_list()
    return found


def _sums(form: Form, when: When, chosen: pl.Expr) -> dict[str, pl.Expr]:
    """What each row adds to a figure; null adds nothing."""

    def of(value: pl.Expr) -> pl.Expr:
        return pl.when(chosen).then(value)

    match form:
        case Share(distinct=None):
            part = chosen & part_of(form, when) if form.whole is None else of(part_of(form, when))
            return {"rows": chosen, "part": part, "n": chosen if form.whole is None else of(form.whole)}
        case Ratio():
            part = part_of(form, when)
            counts = {"known": of(part.is_not_null()), "n": of(form.whole.is_not_null())}
            return {"rows": chosen, "part": of(part), "whole": of(form.whole)} | counts
        case Total() | Mean():
            return {"rows": chosen, "value": of(form.value), "n": of(form.value.is_not_null())}
        case Rate(value=value) if value is not None:
            return {"rows": chosen, "value": of(value), "n": of(value.is_not_null())}
        case Weighted():
            groups = {name: chosen & (pl.col(form.by) == name) for name in form.weights}
            added = {f"sum {name}": pl.when(group).then(form.value) for name, group in groups.items()}
            counts = {f"count {name}": group & form.value.is_not_null() for name, group in groups.items()}
            return {"rows": chosen, "n": of(form.value.is_not_null())} | added | counts
        case Quantile():
            return {"rows": chosen, "n": of(form.value.is_not_null())}
        case _:
            return {"rows": chosen}


_Again = tuple[pl.Expr, Callable[[pl.Expr], pl.Expr]]
"""The column of values of what does not add up, and how they become one."""


def _again(form: Form, when: When, chosen: pl.Expr) -> dict[str, _Again]:
    def different(name: str, rows: pl.Expr, column: str) -> dict[str, _Again]:
        return {name: (pl.when(rows).then(pl.col(column)), lambda values: values.drop_nulls().n_unique())}

    match form:
        case Quantile():
            return {"value": (pl.when(chosen).then(form.value), lambda values: values.drop_nulls().sort().implode())}
        case Count(distinct=str(column)):
            return different("n", chosen, column)
        case Share(distinct=str(column)):
            return different("n", chosen, column) | different("part", chosen & part_of(form, when), column)
        case _:
            return {}


def _places(form: Quantile, table: pl.DataFrame, i: int) -> Iterator[pl.Series]:
    """A quantile, and its bounds where it has them, from the ordered values of each row of a cut."""
    name = f"value:{i}"
    lists = table[name].to_arrow()  # each step by polars would be a query of its own, and these are many and small
    n = lists.value_lengths().fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    ordered = lists.flatten().to_numpy(zero_copy_only=False).astype(np.float64)
    first = np.cumsum(n) - n

    def at(place: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """The value at a place of each row's order; NaN where it has none."""
        there = (place >= 0) & (place < n)
        found = np.full(len(n), np.nan)
        found[there] = ordered[(first + place)[there]]
        return found

    place = (n - 1) * form.q
    below = np.floor(place).astype(np.int64)
    share, low = place - below, at(below)
    yield pl.Series(name, low + (at(np.ceil(place).astype(np.int64)) - low) * share, nan_to_null=True)
    for bound, way in (("low", -1), ("high", 1)) if form.bounds else ():
        # the value whose place in the order bounds the quantile with 97.5 %; none where so few values cannot
        edge = np.ceil(n * form.q + way * Z95 * np.sqrt(n * form.q * (1 - form.q))).astype(np.int64) - 1
        yield pl.Series(f"{bound}:{i}", at(edge), nan_to_null=True)


def part_of(form: Share | Ratio, when: When) -> pl.Expr:
    """What a share or ratio counts of each row."""
    return form.part if isinstance(form.part, pl.Expr) else form.part(when)


def _cell(form: Form, row: Mapping[str, Any]) -> Cell:
    rows, unplaced = int(row["rows"] or 0), int(row["unplaced"] or 0)
    n = int(row.get("n", rows) or 0)
    value = part = whole = low = high = None
    match form:
        case Count():
            value = float(n)
        case Share():
            part, whole = float(row["part"] or 0), float(n)
            value = 100 * part / n if n else None
        case Ratio(per=per, apart=apart):
            part, whole = (row["part"] or 0) / per, (row["whole"] or 0) / per
            share = abs(part - whole) if apart else part
            value = 100 * share / whole if whole and row["known"] else None
        case Quantile():
            value, low, high = row["value"], row.get("low"), row.get("high")
        case Total(per=per):
            value = None if rows and not n else (row["value"] or 0) / per
        case Mean():
            value = (row["value"] or 0) / n if n else None
        case Weighted(weights=weights, scale=scale):
            counted = {name: weight for name, weight in weights.items() if row[f"count {name}"]}
            means = [weight * (row[f"sum {name}"] or 0) / row[f"count {name}"] for name, weight in counted.items()]
            value = scale * sum(means) if len(means) == len(weights) else None
        case Rate(value=summed):
            value = float(n) if summed is None else None if rows and not n else float(row["value"] or 0)
    return Cell(rows=rows, n=n, value=value, part=part, whole=whole, unplaced=unplaced, low=low, high=high)


def per_head(form: Rate, cell: Cell, people: float | None) -> Cell:
    """A rate's cell once the area's inhabitants are known; without them it has no value."""
    value = form.scale * cell.value / people if people and cell.value is not None else None
    return Cell(rows=cell.rows, n=cell.n, value=value, part=cell.value, whole=people, unplaced=cell.unplaced)


def missing(parts: Sequence[pl.DataFrame], needs: Needs | None, names: Sequence[str] = ()) -> str | None:
    """Why no source gives what a KPI needs, or ``None`` when one does: a miss is never a zero."""
    absent = [name for name in names if not name.endswith(ANY) and not _some(parts, pl.col("name") == name, name)]
    if absent:
        return f"{NO_SOURCE} yang memberi {', '.join(absent)}"
    if all(part.is_empty() for part in parts):
        return NO_SOURCE
    if needs is not None and not _some(parts, needs.rows, id(needs), needs):
        return f"{NO_SOURCE} yang memberi {needs.what}"
    return None


def _some(parts: Sequence[pl.DataFrame], rows: pl.Expr, name: str | int, of: object = None) -> bool:
    return any(kept(part, ("some", name), partial(_any, part, rows), of=of) for part in parts)


def _any(part: pl.DataFrame, rows: pl.Expr) -> bool:
    return bool(part.select(rows.any()).item())


def stated(kpi: Kpi, cell: Cell) -> tuple[float | None, str | None]:
    """The value that may be shown, or the reason why there is none."""
    if cell.n < kpi.n_min:
        return None, f"belum cukup data: n = {cell.n}, perlu {kpi.n_min}"
    if cell.value is None and isinstance(kpi.form, Rate) and not cell.whole:
        return None, NO_PEOPLE
    if cell.value is None:
        return None, NOT_FILLED if cell.rows else NO_ROWS
    return cell.value, None


def since(now: datetime, days: int = 30) -> datetime:
    """The earliest moment that a window of days, the one before it and its 30-day trend look at."""
    return now - timedelta(days=days + max(days, TREND_DAYS) + 1)


def first(parts: Sequence[pl.DataFrame], kind: Kind) -> datetime | None:
    """When the first of these records happened: before it nothing was watched."""
    found = (kept(part, "first", partial(_first, part, AT[kind])) for part in parts)
    return min((at for at in found if isinstance(at, datetime)), default=None)


def _first(part: pl.DataFrame, at: str) -> object:
    return part[at].min()
