"""One package, reported by several systems, counts once: SiRUP has its plan, an LPSE its selection, a portal its contract."""

from __future__ import annotations

import polars as pl

from layers.model import Stage

_REACHED = {
    stage.value: rank for rank, stage in enumerate((Stage.CANCELLED, Stage.PLANNED, Stage.SELECTION, Stage.CONTRACT, Stage.DONE))
}


def once(frame: pl.DataFrame) -> pl.DataFrame:
    """The packages without those that another source tells further: for each RUP code one source speaks.

    It is the source whose packages of that code have come furthest (of equals the one that knows a contract's
    date, then the first by name); all of its packages with the code count, for one plan may be bought in
    several orders. A row of another source goes once all of its codes are told so. Where the speaking source
    knows no pagu of a code, the plan's is put on the first of its packages: it is stated once.
    Packages without a RUP code stay as they are.
    """
    if frame["source"].n_unique() < 2:
        return frame
    rows = frame.with_row_index("row")
    told = (
        rows.select(
            "row",
            "source",
            "source_id",
            "pagu",
            "contracted",
            code=pl.col("plan_id").str.split(";"),
            stage=pl.col("stage").cast(pl.String),
        )
        .explode("code")
        .drop_nulls("code")
        .with_columns(reached=pl.col("stage").replace_strict(_REACHED, return_dtype=pl.Int8))
    )
    speaking = (
        told.group_by("code", "source")
        .agg(pl.col("reached").max(), signed=pl.col("contracted").is_not_null().any())
        .sort("reached", "signed", pl.col("source").cast(pl.String), descending=[True, True, False])
        .group_by("code", maintain_order=True)
        .agg(speaker=pl.col("source").first())
    )
    told = told.join(speaking, on="code").with_columns(heard=pl.col("source") == pl.col("speaker"))
    silent = told.group_by("row").agg(pl.col("heard").any()).filter(~pl.col("heard"))
    planned = told.group_by("code").agg(
        row=pl.col("row").sort_by("source_id").filter(pl.col("heard").sort_by("source_id")).first(),
        known=pl.col("pagu").filter("heard").is_not_null().any(),
        plan=pl.col("pagu").filter(~pl.col("heard")).max(),
    )
    lent = planned.filter(~pl.col("known") & pl.col("plan").is_not_null()).group_by("row").agg(pl.col("plan").sum())
    return (
        rows.join(silent, on="row", how="anti")
        .join(lent, on="row", how="left", maintain_order="left")
        .with_columns(pagu=pl.coalesce("pagu", "plan"))
        .select(frame.columns)
    )
