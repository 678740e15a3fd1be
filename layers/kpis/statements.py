"""Published statements (press releases, dashboards of OPDs): what they say in public, always taken from their parts."""

from __future__ import annotations

from datetime import date
from functools import partial

import polars as pl

from layers.catalog import Kpi, Ratio, Rule, Total, When, Window, words
from layers.model import Kind

RECEIVED, DONE = "pernyataan.masuk", "pernyataan.selesai"

statement = partial(
    Kpi,
    kind=Kind.MEASUREMENT,
    window=Window.YEAR,
    history=False,
    cuts=(None,),
    owner="Diskominfo",
    concept="Pernyataan resmi",
    classification="Informasi publik: pernyataan tentang pengaduan",
    better="neutral",
    rule=Rule(name="UU 14/2008 tentang Keterbukaan Informasi Publik", article="Pasal 7", valid_from=date(2010, 4, 30)),
)
"""A KPI about statements of this year."""


def told(when: When, *, names: tuple[str, ...]) -> pl.Expr:
    """These numbers of this year's latest statement: periods of several overlap, so they are not added up."""
    this_year = pl.col("name").is_in(names) & when.holds("measured")
    return this_year & (pl.col("measured") == pl.col("measured").filter(this_year).max())


def number(name: str) -> pl.Expr:
    """One number of a statement."""
    return pl.when(pl.col("name") == name).then(pl.col("value"))


KPIS: tuple[Kpi, ...] = (
    statement(
        id="pernyataan_masuk",
        title=words("Aduan masuk menurut pernyataan resmi", "Complaints received by published statements"),
        short=words("Masuk, dinyatakan", "Received, as stated"),
        unit="aduan",
        decimals=0,
        definition="Aduan masuk yang disebut siaran pers atau dasbor OPD terakhir tahun ini, sebagaimana tertulis.",
        formula=words(
            "angka 'masuk' pernyataan terakhir tahun ini; bagian yang tidak berjumlah itu ditandai tidak cocok",
            "the number received in this year's latest statement; parts that do not add up to it are marked",
        ),
        form=Total(where=partial(told, names=(RECEIVED,)), value=pl.col("value")),
        names=(RECEIVED,),
    ),
    statement(
        id="pernyataan_penyelesaian",
        title=words("Tingkat penyelesaian menurut pernyataan resmi", "Resolution rate by published statements"),
        short=words("Penyelesaian, dinyatakan", "Resolved, as stated"),
        unit="persen",
        decimals=2,
        definition="Bagian aduan yang selesai menurut pernyataan terakhir tahun ini, dihitung dari bagiannya.",
        formula=words(
            "selesai / masuk pada pernyataan terakhir tahun ini; persentase yang tertulis hanya diperiksa",
            "done / received in this year's latest statement; the percentage that it prints is only checked",
        ),
        form=Ratio(where=partial(told, names=(RECEIVED, DONE)), part=number(DONE), whole=number(RECEIVED)),
        names=(RECEIVED, DONE),
    ),
)
