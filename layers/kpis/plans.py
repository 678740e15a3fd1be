"""Procurement plans: against the budget, against what is in selection, and by the month in which contracts are signed."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from layers.catalog import Kpi, Needs, Ratio, When, moment, words
from layers.frames import SEN
from layers.kpis.procurement import CONTRACTS, LIVE, PLANS, TENDERS, announced, percent
from layers.model import Stage

BUDGET = ("anggaran.pagu.operasi", "anggaran.pagu.modal", "anggaran.pagu.btt")
"""The parts of the budget that are bought with, as LKPP's table of each unit's budget has them."""

IN_SPSE = pl.col("stage").is_in([Stage.SELECTION.value, Stage.CONTRACT.value, Stage.DONE.value])
YEAR = timedelta(days=365)


def planned_or_budgeted(when: When) -> pl.Expr:
    """Packages announced for this budget year, and this year's lines of the budget."""
    return announced(when) | when.holds("measured")


def signed_this_month(when: When) -> pl.Expr:
    """The value of a contract that was signed this month, else nothing of it."""
    return pl.when(pl.col("contracted").is_between(moment(when.month), when.ends)).then(pl.col("value")).otherwise(0)


def last_year(when: When) -> pl.Expr:
    """Contracted in the last 365 days, with a value: whichever day it is, they hold one December."""
    signed = pl.col("contracted").is_between(moment(when.end - YEAR), when.ends, closed="right")
    return signed & LIVE & pl.col("value").is_not_null()


def in_december(when: When) -> pl.Expr:
    """The value of a contract that was signed in a December, else nothing of it."""
    month = pl.col("contracted").dt.convert_time_zone(when.zone.key).dt.month()
    return pl.when(month == 12).then(pl.col("value")).otherwise(0)


KPIS: tuple[Kpi, ...] = (
    percent(
        id="rup_diumumkan",
        title=words("RUP diumumkan terhadap belanja pengadaan", "Plans announced against the budget to buy with"),
        short=words("RUP diumumkan", "Plans announced"),
        better="up",
        definition="Bagian belanja barang, jasa, dan modal tahun ini yang sudah diumumkan sebagai rencana pengadaan.",
        formula=words(
            "pagu paket tahun anggaran ini yang diumumkan / belanja operasi, modal, dan tak terduga yang diadakan, "
            "menurut struktur anggaran tiap OPD",
            "announced budgets of this year's packages / operating, capital and contingency spending to buy with, "
            "by each unit's budget",
        ),
        form=Ratio(
            where=planned_or_budgeted,
            part=pl.when(pl.col("name").is_null()).then(pl.col("pagu")),
            whole=pl.when(pl.col("name").is_not_null()).then(pl.col("value") * SEN),
            per=SEN,
        ),
        needs=PLANS,
        against=BUDGET,
        history=False,
    ),
    percent(
        id="e_tendering",
        title=words("Pagu tender yang sudah di SPSE", "Budget of tenders that are in SPSE"),
        short=words("e-Tendering", "e-Tendering"),
        better="up",
        definition="Bagian pagu paket tender, tender cepat, dan seleksi tahun ini yang pemilihannya sudah dimulai.",
        formula=words(
            "pagu paket tender dalam pemilihan, berkontrak, atau selesai / pagu paket tender yang diumumkan dan tidak dibatalkan",
            "budgets of tenders in selection, under contract or finished / budgets of tenders announced and not cancelled",
        ),
        form=Ratio(
            where=lambda when: announced(when) & PLANS.rows & TENDERS,
            part=pl.when(IN_SPSE).then(pl.col("pagu")).otherwise(0),
            whole=pl.col("pagu"),
            per=SEN,
        ),
        needs=Needs(rows=PLANS.rows & TENDERS, what="pagu paket tender"),
        history=False,
    ),
    percent(
        id="realisasi_pengadaan_bulan_ini",
        title=words("Kontrak bulan ini terhadap rencana pengadaan", "Contracts of this month against plans"),
        short=words("Kontrak bulan ini", "Contracted this month"),
        better="neutral",
        definition="Bagian pagu yang diumumkan tahun ini yang kontraknya ditandatangani sejak tanggal 1 bulan ini.",
        formula=words(
            "nilai kontrak bulan ini / pagu diumumkan, paket tahun anggaran ini yang pagunya diketahui",
            "value contracted this month / announced budget, packages of this budget year whose budget is known",
        ),
        form=Ratio(where=lambda when: announced(when) & PLANS.rows, part=signed_this_month, whole=pl.col("pagu"), per=SEN),
        needs=Needs(rows=PLANS.rows & CONTRACTS.rows, what="pagu dan tanggal kontrak"),
    ),
    percent(
        id="kontrak_desember",
        title=words("Kontrak yang ditandatangani bulan Desember", "Contracts signed in December"),
        short=words("Kontrak Desember", "December contracts"),
        better="down",
        definition="Bagian nilai kontrak 365 hari terakhir yang ditandatangani pada bulan Desember: penumpukan akhir tahun.",
        formula=words(
            "nilai kontrak bulan Desember / nilai kontrak 365 hari terakhir; kurun itu selalu memuat satu Desember",
            "value contracted in December / value contracted in the last 365 days, which always hold one December",
        ),
        form=Ratio(where=last_year, part=in_december, whole=pl.col("value"), per=SEN),
        needs=Needs(rows=CONTRACTS.rows & pl.col("value").is_not_null(), what="nilai dan tanggal kontrak"),
    ),
)
