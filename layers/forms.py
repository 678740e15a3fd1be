"""The forms that a figure can have, as data: what is counted or measured of which rows of a frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from layers.windows import When

Rows = Callable[[When], pl.Expr]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many rows; with ``distinct`` how many different values of that column."""

    where: Rows
    distinct: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """``part`` of ``whole``, in percent; both are summed over the rows, and kept. Without ``whole`` rows are counted.

    With ``distinct`` different values of that column are counted: those in rows of ``part``, of those in all rows.
    """

    where: Rows
    part: Rows | pl.Expr
    whole: pl.Expr | None = None
    distinct: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """One sum over another, in percent, as of money; n counts the rows with a ``whole``, both sums are divided by ``per``.

    ``apart`` asks how far the one is from the other, of the other: ``|part - whole| / whole``.
    """

    where: Rows
    part: Rows | pl.Expr
    whole: pl.Expr
    per: int = 1
    apart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantile:
    """The value below which the share ``q`` of a quantity lies: 0.5 is the median, 0.9 P90, 1 the highest.

    ``bounds`` asks for its 95 % interval too: two of the values themselves, by their order (Conover 1999).
    """

    where: Rows
    value: pl.Expr
    q: float = 0.5
    bounds: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The sum of a quantity over the rows that have it, divided by ``per`` (100 for sen into rupiah)."""

    where: Rows
    value: pl.Expr
    per: float = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """The mean of a quantity over the rows that have it."""

    where: Rows
    value: pl.Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighted:
    """``scale`` times the weighted sum of group means; the groups are the values of the column ``by``, none may be missing."""

    where: Rows
    value: pl.Expr
    by: str
    weights: Mapping[str, float]
    scale: float = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Rows, or the sum of ``value``, for every ``scale`` inhabitants of the area; none where nobody counted them."""

    where: Rows
    scale: int = 1000
    value: pl.Expr | None = None


Form = Count | Share | Ratio | Quantile | Total | Mean | Weighted | Rate
