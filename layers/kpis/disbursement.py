"""Realisation against the cash plan (RFK): how far payments are from it, how far work is ahead, what waits for December."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import polars as pl

from layers.catalog import Ratio, Rule, When, moment, words
from layers.kpis.budget import percent

MONTHLY = Rule(
    name="Permendagri 77/2020 tentang Pengelolaan Keuangan Daerah", article="anggaran kas dan laporan realisasi",
    valid_from=date(2020, 12, 30),
)  # fmt: skip
PAGU, PLAN, PAID, WORK = (f"rfk.{name}" for name in ("pagu", "rencana", "keuangan", "fisik"))
STATEMENT = ["source", "opd", "subject", "measured"]
YEAR = timedelta(days=365)
GAP = timedelta(days=40)
"""Two statements further apart do not tell of one month."""

report = partial(percent, rule=MONTHLY, cuts=(None, "opd"))


def stated(name: str) -> pl.Expr:
    """The value of a measure in the same statement; null where it does not state it."""
    return pl.when(pl.col("name") == name).then(pl.col("value")).max().over(STATEMENT)


def last(when: When, *, names: tuple[str, ...]) -> pl.Expr:
    """The newest statement of each this year, told once, where it states all of the measures."""
    whole = pl.all_horizontal(stated(name).is_not_null() for name in names)
    return (pl.col("name") == names[0]) & pl.col("latest") & when.holds("measured") & whole


def monthly() -> pl.Expr:
    """What was paid since the statement before of the same year, which lies about a month back; January's is its own."""
    year = pl.col("measured").dt.offset_by("12h").dt.year().alias("year")  # the last of December may be dated at its midnight
    over = ["source", "opd", "subject", "name", year]
    before, gap = (c.shift(1).over(over, order_by="measured") for c in (pl.col("value"), pl.col("measured")))
    own = pl.when(pl.col("measured").dt.offset_by("12h").dt.month() == 1).then(pl.col("value"))
    return pl.when(pl.col("measured") - gap <= GAP).then(pl.col("value") - before).otherwise(own)


def paid_last_year(when: When) -> pl.Expr:
    """Statements of payments dated in the last 365 days, of which the month's own part is known."""
    within = pl.col("measured").is_between(moment(when.end - YEAR), when.ends, closed="right")
    return (pl.col("name") == PAID) & within & monthly().is_not_null()


def in_december(when: When) -> pl.Expr:
    """What was paid in a December, else nothing of it."""
    month = pl.col("measured").dt.convert_time_zone(when.zone.key).dt.month()
    return pl.when(month == 12).then(monthly()).otherwise(0)


KPIS = (
    report(
        id="deviasi_kas",
        title=words("Deviasi realisasi dari rencana kas", "Deviation of payments from the cash plan"),
        short=words("Deviasi kas", "Cash deviation"),
        better="down",
        definition="Jarak realisasi keuangan dari rencana kas sampai laporan terakhir, lebih atau kurang.",
        formula=words(
            "|realisasi - rencana kas| / rencana kas, kumulatif, laporan terakhir tahun ini yang menyebut keduanya",
            "|payments - cash plan| / cash plan, cumulative, latest statement of this year that gives both",
        ),
        form=Ratio(where=partial(last, names=(PAID, PLAN)), part=stated(PAID), whole=stated(PLAN), apart=True),
        names=(PLAN, PAID),
    ),
    report(
        id="kesenjangan_fisik_keuangan",
        title=words("Kesenjangan fisik dan keuangan", "Gap between work and payments"),
        short=words("Fisik - keuangan", "Work less payments"),
        better="neutral",
        definition="Poin persen pekerjaan fisik mendahului pembayaran; negatif bila pembayaran mendahului pekerjaan.",
        formula=words(
            "(fisik % x pagu - realisasi keuangan) / pagu, laporan terakhir tahun ini yang menyebut ketiganya",
            "(work % x budget - payments) / budget, latest statement of this year that gives all three",
        ),
        form=Ratio(
            where=partial(last, names=(WORK, PAGU, PAID)),
            part=stated(WORK) * stated(PAGU) / 100 - stated(PAID),
            whole=stated(PAGU),
        ),
        names=(PAGU, PAID, WORK),
    ),
    report(
        id="realisasi_desember",
        title=words("Realisasi yang dibayarkan bulan Desember", "Spending paid in December"),
        short=words("Realisasi Desember", "December spending"),
        better="down",
        definition="Bagian realisasi keuangan 365 hari terakhir yang dibayarkan pada bulan Desember: penumpukan akhir tahun.",
        formula=words(
            "realisasi bulan Desember / realisasi 365 hari terakhir; realisasi sebulan = selisih dari laporan sebulan sebelumnya",
            "paid in December / paid in the last 365 days; a month's payments are the difference to the statement a month before",
        ),
        form=Ratio(where=paid_last_year, part=in_december, whole=monthly()),
        names=(PAID,),
    ),
)
