"""Procurement (pengadaan): what was announced this budget year, and what was contracted. Money is rupiah.

Of a package that several systems report, :func:`layers.packages.once` leaves the furthest before anything is counted.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from layers.catalog import Count, Kpi, Needs, Rule, Total, When, Window
from layers.frames import SEN
from layers.model import Kind, Stage

PERPRES = Rule(
    name="Perpres 16/2018 tentang Pengadaan Barang/Jasa Pemerintah", article="pengumuman RUP", valid_from=date(2018, 3, 22)
)
OWNER = "Bagian Pengadaan Barang/Jasa, Setda"

E_PURCHASING = pl.col("method").cast(pl.String).str.to_lowercase().str.replace_all("[^a-z]", "") == "epurchasing"
CONTRACTS = Needs(rows=pl.col("contracted").is_not_null(), what="tanggal kontrak")
CATALOGUE = Needs(rows=E_PURCHASING, what="paket e-purchasing")


def announced(when: When) -> pl.Expr:
    """Announced for this budget year by now, and not cancelled; a plan may be announced the year before."""
    return (pl.col("year") == when.year) & when.by_end("announced") & (pl.col("stage") != Stage.CANCELLED.value)


KPIS: tuple[Kpi, ...] = (
    Kpi(
        id="paket_diumumkan",
        title={"id": "Paket pengadaan diumumkan", "en": "Procurement packages announced"},
        short={"id": "Paket diumumkan", "en": "Packages"},
        unit="paket",
        decimals=0,
        better="neutral",
        formula={
            "id": "paket tahun anggaran ini yang sudah diumumkan dan tidak dibatalkan; kode RUP yang sama dihitung sekali",
            "en": "packages of this budget year announced and not cancelled; the same RUP code counts once",
        },
        rule=PERPRES,
        owner=OWNER,
        kind=Kind.PACKAGE,
        window=Window.YEAR,
        form=Count(where=announced),
    ),
    Kpi(
        id="pagu_diumumkan",
        title={"id": "Pagu paket diumumkan", "en": "Budget of packages announced"},
        short={"id": "Pagu diumumkan", "en": "Budget announced"},
        unit="rupiah",
        decimals=0,
        better="neutral",
        formula={
            "id": "jumlah pagu paket tahun anggaran ini yang sudah diumumkan dan tidak dibatalkan; "
            "kode RUP yang sama dihitung sekali",
            "en": "sum of the budgets of this year's packages announced and not cancelled; the same RUP code counts once",
        },
        rule=PERPRES,
        owner=OWNER,
        kind=Kind.PACKAGE,
        window=Window.YEAR,
        form=Total(where=announced, value=pl.col("pagu"), per=SEN),
        needs=Needs(rows=pl.col("pagu").is_not_null(), what="pagu"),
    ),
    Kpi(
        id="nilai_kontrak",
        title={"id": "Nilai kontrak tahun ini", "en": "Contract value this year"},
        short={"id": "Nilai kontrak", "en": "Contracts"},
        unit="rupiah",
        decimals=0,
        better="neutral",
        formula={
            "id": "jumlah nilai paket yang berkontrak sejak 1 Januari dan tidak dibatalkan; kode RUP yang sama dihitung sekali",
            "en": "sum of the values of packages contracted since 1 January and not cancelled; the same RUP code counts once",
        },
        rule=PERPRES,
        owner=OWNER,
        kind=Kind.PACKAGE,
        window=Window.YEAR,
        form=Total(
            where=lambda when: when.holds("contracted") & (pl.col("stage") != Stage.CANCELLED.value),
            value=pl.col("value"),
            per=SEN,
        ),
        needs=CONTRACTS,
    ),
    Kpi(
        id="epurchasing_nilai",
        title={"id": "Nilai e-purchasing tahun ini", "en": "E-purchasing value this year"},
        short={"id": "E-purchasing", "en": "E-purchasing"},
        unit="rupiah",
        decimals=0,
        better="neutral",
        formula={
            "id": "jumlah nilai paket e-purchasing tahun anggaran ini yang tidak dibatalkan; kode RUP yang sama dihitung sekali",
            "en": "sum of the values of this budget year's e-purchasing packages not cancelled; the same RUP code counts once",
        },
        rule=PERPRES,
        owner=OWNER,
        kind=Kind.PACKAGE,
        window=Window.YEAR,
        form=Total(where=lambda when: announced(when) & E_PURCHASING, value=pl.col("value"), per=SEN),
        needs=CATALOGUE,
    ),
)
