"""What a change is made of: the change of any KPI between two windows, split exactly over the groups of its rows.

Every form comes down to sums over the groups g, an upper one p and a lower one w, so that the value is a fixed scale
times P / W. With the shares s = w / W, the rates r = p / w and the mean R of the two values, each group gives

    mix  = (mean r - R) x change of s      it has more or less weight than before
    rate = mean s x change of r            it does better or worse than before

the midpoint form of Kitagawa (1955, "Components of a difference between two rates", JASA 50), that of Marshall-Edgeworth
in index numbers; of Das Gupta's (1993) general solution it is the case of two factors. No order of the factors is chosen and
nothing is left over. A group that is absent in one window has no rate there: it is given that of the other, so all
of its part is mix.

=============== ================================================================================================
Count, Total    additive, so there is no mix: the rate of a group is its change
Rate            as Total, per head of the area asked; one count of inhabitants serves both windows, so no mix either
Share, Ratio    p the parts, w the wholes; where their distance is asked (``apart``), p is the difference
Mean            p the sum of values, w how many
Weighted        each group mean of the index as a Mean, times its weight
distinct        a value that occurs in k groups counts 1/k in each: the Shapley value of "how many different ones"
Quantile        a Mean of the values cut off to the range that the two quantiles span, scaled to their difference:
                at every level in it each group is given its part of the change of how many lie below
=============== ================================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import polars.selectors as cs

from layers.areas import AreaTree
from layers.catalog import Count, Form, Kpi, Mean, Quantile, Rate, Ratio, Share, Total, Weighted, When
from layers.city import City
from layers.drill import within
from layers.evaluate import WHOLE, figures, part_of, per_head, stated
from layers.explain import place, short
from layers.model import Kind
from layers.readings import Room

NO_HISTORY = "catatan sumber tidak menyimpan keadaan sebelumnya, jadi tidak ada yang dapat dibandingkan"
NOT_WATCHED = "periode pembanding dimulai sebelum data pertama"
TOO_CLOSE = "kedua periode terlalu dekat untuk diuraikan"
UNKNOWN = "tidak disebut"
REST = "Lainnya ({n} kelompok)"
MOST = 200
"""So many parts are named; a thousand tiny ones help nobody."""

CATEGORY: Mapping[Kind, str] = {
    Kind.COMPLAINT: "category",
    Kind.SERVICE: "service",
    Kind.PACKAGE: "method",
    Kind.MEASUREMENT: "subject",
}
"""The column of each kind that stands for ``category``."""

BY = ("category", "area", "opd")
DIMENSIONS = ("category", "area", "kecamatan", "opd", "channel")
"""What a change can be split by; ``area`` is the kelurahan."""

_Values = np.ndarray[Any, np.dtype[np.float64]]
_Split = tuple[_Values, _Values]
"""Mix and rate of each group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one group gives to the change, in the unit of the KPI (percentage points for a share).

    ``by`` are its values of the dimensions, ``None`` where its rows have none. ``n`` is how many of its
    counted before and now, as in a reading; of different values its rows.
    """

    by: tuple[str | None, ...]
    label: str
    mix: float
    rate: float
    n: tuple[int, int] = (0, 0)

    @property
    def total(self) -> float:
        """Mix and rate together."""
        return self.mix + self.rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The change of a KPI at an area and OPD, and its parts, the largest first: they add up to it to 1e-9 of the values.
    What is left after the largest comes last, as one part whose ``by`` is empty.

    Without a value on either side ``why_none`` says why, and there is neither change nor parts.
    """

    kpi: str
    area: str
    opd: str | None
    dimensions: tuple[str, ...]
    windows: tuple[When, When]
    before: float | None
    now: float | None
    change: float | None
    why_none: str | None
    n: tuple[int, int] = (0, 0)
    parts: tuple[Part, ...] = ()


def contributions(
    kpi: Kpi,
    room: Room,
    by: Sequence[str] = BY,
    area: str | None = None,
    opd: str | None = None,
    *,
    windows: tuple[When, When] | None = None,
    rows: pl.DataFrame | None = None,
    most: int = MOST,
) -> Change:
    """The change of a KPI, by default that of its own window against the one before.

    ``area`` is of any level. ``windows`` are (before, now) where others are compared; ``rows`` the prepared rows to
    look at, where not all of :meth:`Room.frame`: those of another stretch, or only what a scope may count. After the
    ``most`` largest parts comes one of all others, whose ``by`` is empty. Raises ``ValueError`` for an unknown area, and
    for dimensions that the records do not have.
    """
    if windows is None:
        now = kpi.window.at(room.now, room.city.zone)
        windows = now.before(), now
    facts: dict[str, Any] = {"kpi": kpi.id, "area": area or room.city.code, "opd": opd, "windows": windows}
    frame = (room.frame(kpi) if rows is None else rows).lazy()
    if area is not None:
        frame = frame.filter(within((area,), room.tree))
    if opd is not None:
        frame = frame.filter(pl.col(kpi.by_opd) == opd)
    if (why := incomparable(kpi, room, windows[0])) is not None:
        return Change(**facts, dimensions=tuple(by), before=None, now=None, change=None, why_none=why)
    cut = frame.collect()
    columns = _columns(kpi, by, cut)
    people = room.people(facts["area"]) if isinstance(kpi.form, Rate) else None
    cells = [found[None][WHOLE] for found in figures(cut, [(kpi.form, when) for when in windows], (None,))]
    cells = [per_head(kpi.form, cell, people) if isinstance(kpi.form, Rate) else cell for cell in cells]
    (before, missed), (value, lacks) = (stated(kpi, cell) for cell in cells)
    facts |= {"dimensions": tuple(columns), "before": before, "now": value, "n": (cells[0].n, cells[1].n)}
    if before is None or value is None:
        which = "periode pembanding" if before is None else "periode ini"
        return Change(**facts, change=None, why_none=f"{which}: {missed or lacks}")
    facts["change"] = value - before
    groups = _groups(kpi.form, cut, tuple(columns.values()), windows)
    split = _split(kpi.form, groups, people, value - before)
    if split is None:
        return Change(**facts, why_none=TOO_CLOSE)
    return Change(**facts, why_none=None, parts=_parts(groups, split, tuple(columns), room, most))


def incomparable(kpi: Kpi, room: Room, before: When) -> str | None:
    """Why the KPI cannot be compared with an earlier window, or ``None`` where it can."""
    if (why := room.origin(kpi).why_none) is not None:
        return why
    if kpi.kind is None or not kpi.history:
        return NO_HISTORY
    begun = room.begun(kpi)
    return NOT_WATCHED if begun is None or begun > before.start else None


def named(dimension: str, value: str | None, tree: AreaTree, city: City) -> str | None:
    """One value of a dimension as a person reads it; an unknown area is said, other unknowns are left out."""
    if dimension in ("area", "kecamatan"):
        return place(value, tree)
    return short(value, city) if dimension == "opd" else value


def _columns(kpi: Kpi, by: Sequence[str], frame: pl.DataFrame) -> dict[str, str]:
    """The column of each dimension; those that this kind of record does not have are left out."""
    if unknown := set(by) - set(DIMENSIONS):
        raise ValueError(f"dimensi {', '.join(sorted(unknown))} tidak dikenal")
    own = {"category": CATEGORY.get(kpi.kind, "category") if kpi.kind else "category", "opd": kpi.by_opd}
    columns = {name: own.get(name, name) for name in by}
    found = {name: column for name, column in columns.items() if column in frame.columns}
    if not found:
        raise ValueError(f"catatan {kpi.kind} tidak punya dimensi {', '.join(by)}")
    return found


def _parts(groups: pl.DataFrame, split: _Split, dimensions: Sequence[str], room: Room, most: int) -> tuple[Part, ...]:
    """The largest parts by themselves, all others as one."""
    mix, rate = split
    moved = np.flatnonzero((mix != 0) | (rate != 0))
    order = moved[np.argsort(-np.abs(mix + rate)[moved], kind="stable")]
    first, rest = (order[:most], order[most:]) if len(order) > most + 1 else (order, order[:0])
    keys, counts = groups.select(cs.starts_with("k")), groups.select("n", "n:1")
    parts = []
    for i, by, n in zip(first.tolist(), keys[first].rows(), counts[first].rows(), strict=True):
        words = (named(name, value, room.tree, room.city) for name, value in zip(dimensions, by, strict=True))
        label = " · ".join(word for word in words if word) or UNKNOWN
        parts.append(Part(by=by, label=label, mix=float(mix[i]), rate=float(rate[i]), n=_whole(n)))
    if len(rest):
        n = counts[rest].sum().row(0)
        label = REST.format(n=len(rest))
        parts.append(Part(by=(), label=label, mix=float(mix[rest].sum()), rate=float(rate[rest].sum()), n=_whole(n)))
    return tuple(parts)


def _whole(n: Sequence[float]) -> tuple[int, int]:
    before, now = n
    return int(before), int(now)


# --- the sums of the groups --------------------------------------------------------------------


def _groups(form: Form, frame: pl.DataFrame, columns: Sequence[str], windows: Sequence[When]) -> pl.DataFrame:
    """A row for each group (``k0``...), with its sums (``n``, ``p0``, ``w0``...) before, and now with the suffix ``:1``."""
    keys = [f"k{i}" for i in range(len(columns))]
    ends = _ends(form, frame, windows) if isinstance(form, Quantile) else None
    tables = []
    for when in windows:
        rows = frame.lazy().filter(form.where(when)).with_columns(**dict(zip(keys, map(pl.col, columns), strict=True)))
        if (column := getattr(form, "distinct", None)) is not None:
            table = _different(rows, keys, column, part_of(form, when) if isinstance(form, Share) else pl.lit(value=True))
        else:
            table = rows.group_by(keys).agg(n=_count(form), **_sums(form, when, ends))
        tables.append(table.with_columns(pl.col(keys).cast(pl.String)))
    both = tables[0].join(tables[1], on=keys, how="full", coalesce=True, nulls_equal=True, suffix=":1")
    return both.with_columns(pl.exclude(keys).fill_null(0)).sort(keys, nulls_last=True).collect()


def _ends(form: Quantile, frame: pl.DataFrame, windows: Sequence[When]) -> tuple[float, float] | None:
    """The range that the quantiles of both windows span, out to the values on either side of each."""
    values = [form.value.filter(form.where(when)) for when in windows]
    found = frame.lazy().select(
        low=pl.min_horizontal(*(value.quantile(form.q, "lower") for value in values)),
        high=pl.max_horizontal(*(value.quantile(form.q, "higher") for value in values)),
    )
    low, high = found.collect().row(0)
    return low, high


def _sums(form: Form, when: When, ends: tuple[float, float] | None) -> dict[str, pl.Expr]:
    """The upper and lower sums of a group of the rows selected."""
    match form:
        case Share(whole=whole):
            return {"p0": part_of(form, when).sum(), "w0": pl.len() if whole is None else whole.sum()}
        case Ratio():
            return {"p0": part_of(form, when).sum(), "w0": form.whole.sum()}
        case Total(value=value) | Rate(value=pl.Expr() as value):
            return {"p0": value.sum()}
        case Mean():
            return {"p0": form.value.sum(), "w0": form.value.count()}
        case Quantile() if ends is not None:
            return {"p0": form.value.clip(*ends).sum(), "w0": form.value.count()}
        case Weighted():
            sums: dict[str, pl.Expr] = {}
            for i, name in enumerate(form.weights):
                value = form.value.filter(pl.col(form.by) == name)
                sums |= {f"p{i}": value.sum(), f"w{i}": value.count()}
            return sums
        case _:
            return {"p0": pl.len()}


def _count(form: Form) -> pl.Expr:
    """How many count, as a reading's n."""
    match form:
        case Share(whole=pl.Expr() as value):
            return value.sum()
        case Ratio(whole=value) | Quantile(value=value) | Total(value=value) | Mean(value=value) | Weighted(value=value):
            return value.count()
        case Rate(value=pl.Expr() as value):
            return value.count()
        case _:
            return pl.len()


def _different(rows: pl.LazyFrame, keys: Sequence[str], column: str, part: pl.Expr) -> pl.LazyFrame:
    """Different values instead of rows: one that occurs in k groups counts 1/k in each."""
    each = rows.group_by(*keys, value=pl.col(column)).agg(n=pl.len(), part=part.any())
    each = each.with_columns(w=1 / pl.len().over("value"), part=pl.col("part").any().over("value"))
    each = each.with_columns(w=pl.when(pl.col("value").is_not_null()).then("w"))
    return each.group_by(keys).agg(n=pl.col("n").sum(), p0=pl.col("w").filter("part").sum(), w0=pl.col("w").sum())


# --- their parts -------------------------------------------------------------------------------


def _split(form: Form, groups: pl.DataFrame, people: float | None, change: float) -> _Split | None:
    """Mix and rate of each group; ``None`` where quantiles lie so close that no group can be told from another."""
    match form:
        case Ratio(apart=True):
            return _kitagawa(_distances(groups), 0, 100)
        case Share() | Ratio():
            return _kitagawa(groups, 0, 100)
        case Mean():
            return _kitagawa(groups, 0, 1)
        case Weighted(weights=weights, scale=scale):
            each = [_kitagawa(groups, i, scale * weight) for i, weight in enumerate(weights.values())]
            return sum(mix for mix, _ in each), sum(rate for _, rate in each)  # type: ignore[return-value]
        case Quantile():
            mix, rate = _kitagawa(groups, 0, 1)
            moved = float((mix + rate).sum())
            if change == 0:
                return 0 * mix, 0 * rate
            factor = change / moved if moved else 0.0
            return (factor * mix, factor * rate) if factor > 0 else None
        case Total(per=per):
            return _plain(groups, 1 / per)
        case Rate(scale=scale):
            return _plain(groups, scale / (people or 1))
        case Count():
            return _plain(groups, 1)


def _distances(groups: pl.DataFrame) -> pl.DataFrame:
    """How far the parts lie from their wholes, in the direction in which all of them together do, of each window."""
    apart = {f"p0{now}": (pl.col(f"p0{now}") - pl.col(f"w0{now}")) for now in ("", ":1")}
    return groups.with_columns(**{name: value * value.sum().sign() for name, value in apart.items()})


def _plain(groups: pl.DataFrame, scale: float) -> _Split:
    p, now = (groups[name].cast(pl.Float64).to_numpy() for name in ("p0", "p0:1"))
    return np.zeros(len(p)), scale * (now - p)


def _kitagawa(groups: pl.DataFrame, i: int, scale: float) -> _Split:
    """Mix and rate of ``scale`` x P / W, as the module says; an upper sum without a lower one is all rate."""
    p0, w0, p1, w1 = (groups[name].cast(pl.Float64).to_numpy() for name in (f"p{i}", f"w{i}", f"p{i}:1", f"w{i}:1"))
    whole0, whole1 = w0.sum(), w1.sum()
    own0, own1 = (np.divide(p, w, out=np.zeros_like(p), where=w != 0) for p, w in ((p0, w0), (p1, w1)))
    rate0, rate1 = np.where(w0 != 0, own0, own1), np.where(w1 != 0, own1, own0)
    share0, share1 = w0 / whole0, w1 / whole1
    mean = (p0.sum() / whole0 + p1.sum() / whole1) / 2
    loose = np.where(w1 == 0, p1 / whole1, 0) - np.where(w0 == 0, p0 / whole0, 0)
    mix = ((rate0 + rate1) / 2 - mean) * (share1 - share0)
    rate = (share0 + share1) / 2 * (rate1 - rate0) + loose
    return scale * mix, scale * rate
