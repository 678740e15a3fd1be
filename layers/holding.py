"""Whose case a complaint was: who held it at its deadline or closing, and how often it was passed on.

On time or late counts for the OPD that held a case at its deadline or its closing, whichever is first; everything is
told by the versions of the record, each in force from its ``known_from`` until the next one's. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

KEY = ("source", "source_id")
_TIME = pl.Datetime("us", "UTC")

COLUMNS: Mapping[str, Any] = {
    "holder": pl.Categorical,
    "held_from": _TIME,
    "transfers": pl.Int32,
    "first_due": _TIME,
    "due_moved": _TIME,
    "closed_before": _TIME,
}
"""What the versions of a complaint tell of it, beside its own fields.

``holder`` is the OPD that held it at its deadline or closing, ``held_from`` when it came to that OPD (null: it had it from
the beginning), ``transfers`` how often the OPD changed, ``first_due`` the deadline as first stated, ``due_moved`` when the
deadline was first put later together with another category, ``closed_before`` the last closing before it was opened again.
"""

VERSIONS = (*KEY, "known_from", "opd", "category", "received", "due", "closed", "reopened")
"""What is read of each version."""


def plain() -> dict[str, pl.Expr]:
    """The :data:`COLUMNS` of complaints with one version: nothing has to be looked up for them."""
    never = pl.lit(None, dtype=_TIME)
    return {
        "holder": pl.col("opd"),
        "held_from": never,
        "transfers": pl.lit(0, dtype=pl.Int32),
        "first_due": pl.col("due"),
        "due_moved": never,
        "closed_before": pl.when(pl.col("closed") <= pl.col("reopened")).then(pl.col("closed")),
    }


def held(versions: pl.DataFrame) -> pl.DataFrame:
    """One row for each complaint with its key and the :data:`COLUMNS`, from all its versions, in whatever order they come.

    A version that names no OPD leaves a case where it was; a case whose deadline or closing lies before the first version
    that names one was that one's. An open case without a deadline is the present OPD's.
    """
    rows = _sorted(versions)
    due, closed = pl.col("due"), pl.col("closed")
    first_due = due.drop_nulls().first()
    whole = rows.group_by(KEY).agg(
        judged=pl.min_horizontal(due.last(), closed.last()),
        first_due=first_due,
        due_moved=pl.col("known_from").filter((due > first_due) & (pl.col("category") != pl.col("category").first())).min(),
        closed_before=closed.filter(closed <= pl.col("reopened").last()).max(),
    )
    reached = (pl.col("from") <= pl.col("judged")).fill_null(value=True).sum()
    at = pl.max_horizontal(reached, pl.lit(1)) - 1
    holders = (
        _runs(rows)
        .join(whole.select(*KEY, "judged"), on=KEY)
        .sort(*KEY, "from")
        .group_by(KEY, maintain_order=True)
        .agg(holder=pl.col("opd").get(at), held_from=pl.when(at > 0).then(pl.col("from").get(at)), transfers=pl.len() - 1)
    )
    found = whole.join(holders, on=KEY, how="left").with_columns(pl.col("transfers").fill_null(0))
    return found.select(*KEY, *(pl.col(name).cast(kind) for name, kind in COLUMNS.items())).collect()


def told(chunk: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    """A chunk of complaints with the :data:`COLUMNS`; ``versions`` are those of the complaints that have several."""
    alone = chunk.with_columns(**plain())
    if versions.is_empty():
        return alone
    known = held(versions).with_columns(pl.col("holder").cast(pl.String))
    many = alone.drop(*COLUMNS).join(known, on=KEY, how="inner", maintain_order="left")
    return pl.concat([alone.join(known, on=KEY, how="anti", maintain_order="left"), many.select(alone.columns)])


def _sorted(versions: pl.DataFrame) -> pl.LazyFrame:
    texts = (*KEY, "opd", "category")
    rest = [name for name in VERSIONS if name not in texts and name in versions.columns]
    return versions.lazy().select(pl.col(texts).cast(pl.String), *rest).sort(*KEY, "known_from")


def _runs(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Each stretch in which one OPD had a case, in order, with its beginning."""
    named = rows.filter(pl.col("opd").is_not_null())
    began = pl.col("opd").ne_missing(pl.col("opd").shift(1).over(KEY))
    return named.filter(began).select(*KEY, "opd", pl.col("known_from").alias("from"))
