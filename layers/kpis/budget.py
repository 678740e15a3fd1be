"""Money (anggaran): what the budget gave, what was spent and received of it. Sums are rupiah, of this year's statements."""

from __future__ import annotations

from datetime import date
from functools import partial

import polars as pl

from layers.catalog import Kpi, Rate, Ratio, Rule, Total, When, Window, words
from layers.model import Kind

ACCOUNTS = Rule(
    name="PP 12/2019 tentang Pengelolaan Keuangan Daerah", article="laporan realisasi anggaran", valid_from=date(2019, 3, 12)
)
TRANSFERS = Rule(name="UU 1/2022 (HKPD)", article="transfer ke daerah", valid_from=date(2022, 1, 5))
KELURAHAN = Rule(name="PP 17/2018 tentang Kecamatan", article="dana kelurahan", valid_from=date(2018, 5, 7))
STATED = "menurut laporan terakhir tiap baris tahun ini"
STATED_EN = "by each line's latest statement of this year"

money = partial(
    Kpi,
    owner="Badan Pengelola Keuangan Daerah",
    kind=Kind.MEASUREMENT,
    concept="Keuangan daerah",
    classification="Keuangan daerah: APBD dan transfer",
    rule=ACCOUNTS,
    window=Window.YEAR,
    history=False,
)
rupiah = partial(money, unit="rupiah", decimals=0, better="neutral")
percent = partial(money, unit="persen", decimals=1, better="up")


def this_year(when: When) -> pl.Expr:
    """Stated this year."""
    return when.holds("measured")


def named(when: When, *, name: str) -> pl.Expr:
    """The lines of one measure stated this year."""
    return this_year(when) & (pl.col("name") == name)


def of(name: str) -> pl.Expr:
    """The sum of a line, where it is of that measure."""
    return pl.when(pl.col("name") == name).then(pl.col("value"))


def received(fund: str) -> Ratio:
    """What was received of a fund over what was allocated."""
    return Ratio(where=this_year, part=of(f"transfer.{fund}.diterima"), whole=of(f"transfer.{fund}.alokasi"))


def both(fund: str) -> tuple[str, str]:
    """The two measures of a fund."""
    return f"transfer.{fund}.alokasi", f"transfer.{fund}.diterima"


FUNDS = {
    "dau": ("DAU", "Dana Alokasi Umum"),
    "dbh": ("DBH", "Dana Bagi Hasil"),
    "dak_fisik": ("DAK fisik", "Dana Alokasi Khusus fisik"),
    "dak_nonfisik": ("DAK nonfisik", "Dana Alokasi Khusus nonfisik"),
    "dana_desa": ("Dana desa", "dana desa"),
    "dana_kelurahan": ("Dana kelurahan", "dana kelurahan"),
}
PLACED = ("dana_desa", "dana_kelurahan")
"""Funds that belong to a kelurahan or desa."""

KPIS: tuple[Kpi, ...] = (
    *(
        rupiah(
            id=f"anggaran_{part}",
            title=words(title, english),
            short=words(title, english),
            definition=meaning,
            formula=words(f"jumlah {part} belanja {STATED}", f"sum of the {said} of spending {STATED_EN}"),
            form=Total(where=partial(named, name=f"anggaran.{part}"), value=pl.col("value")),
            names=(f"anggaran.{part}",),
            cuts=(None, "opd"),
        )
        for part, title, english, said, meaning in (
            ("pagu", "Pagu belanja", "Budgeted spending", "budget", "Anggaran belanja daerah tahun ini."),
            ("realisasi", "Realisasi belanja", "Spending", "realisation", "Belanja daerah tahun ini yang sudah dibayarkan."),
        )
    ),
    percent(
        id="serapan_anggaran",
        title=words("Serapan anggaran", "Budget absorption"),
        short=words("Serapan", "Absorption"),
        definition="Bagian anggaran belanja tahun ini yang sudah direalisasikan.",
        formula=words(f"realisasi / pagu belanja, {STATED}", f"spending / budget, {STATED_EN}"),
        form=Ratio(where=this_year, part=of("anggaran.realisasi"), whole=of("anggaran.pagu")),
        names=("anggaran.pagu", "anggaran.realisasi"),
        cuts=(None, "opd"),
    ),
    percent(
        id="capaian_pendapatan",
        title=words("Capaian pendapatan", "Revenue against target"),
        short=words("Capaian pendapatan", "Revenue"),
        definition="Bagian target pendapatan tahun ini yang sudah diterima.",
        formula=words(f"realisasi / target pendapatan, {STATED}", f"revenue / its target, {STATED_EN}"),
        form=Ratio(where=this_year, part=of("pendapatan.realisasi"), whole=of("pendapatan.target")),
        names=("pendapatan.target", "pendapatan.realisasi"),
        cuts=(None, "opd"),
    ),
    money(
        id="belanja_per_penduduk",
        title=words("Belanja per penduduk", "Spending per resident"),
        short=words("Belanja per penduduk", "Spending per head"),
        unit="rupiah per penduduk",
        decimals=0,
        better="neutral",
        definition="Realisasi belanja daerah tahun ini dibagi jumlah penduduk yang diketahui tanggalnya.",
        formula=words(f"realisasi belanja / penduduk, {STATED}", f"spending / residents, {STATED_EN}"),
        form=Rate(where=partial(named, name="anggaran.realisasi"), value=pl.col("value"), scale=1),
        names=("anggaran.realisasi",),
        cuts=(None,),
    ),
    *(
        percent(
            id=f"transfer_{fund}",
            title=words(f"{short} diterima", f"{short} received"),
            short=words(f"{short} diterima", f"{short} received"),
            definition=f"Bagian alokasi {full} tahun ini yang sudah diterima.",
            formula=words(f"diterima / alokasi {full}, {STATED}", f"received / allocated ({full}), {STATED_EN}"),
            rule=KELURAHAN if fund == "dana_kelurahan" else TRANSFERS,
            form=received(fund),
            names=both(fund),
            cuts=(None, "kecamatan", "area") if fund in PLACED else (None,),
        )
        for fund, (short, full) in FUNDS.items()
    ),
    *(
        money(
            id=f"transfer_{fund}_per_penduduk",
            title=words(f"{short} per penduduk", f"{short} per resident"),
            short=words(f"{short} per penduduk", f"{short} per head"),
            unit="rupiah per penduduk",
            decimals=0,
            better="neutral",
            definition=f"Alokasi {full} tahun ini dibagi jumlah penduduk yang diketahui tanggalnya.",
            formula=words(f"alokasi {full} / penduduk, {STATED}", f"allocated {full} / residents, {STATED_EN}"),
            rule=TRANSFERS,
            form=Rate(where=partial(named, name=f"transfer.{fund}.alokasi"), value=pl.col("value"), scale=1),
            names=(f"transfer.{fund}.alokasi",),
            cuts=(None, "kecamatan", "area") if fund in PLACED else (None,),
        )
        for fund, (short, full) in FUNDS.items()
        if fund != "dana_kelurahan"
    ),
    rupiah(
        id="dana_kelurahan_alokasi",
        title=words("Alokasi dana kelurahan", "Allocation of kelurahan funds"),
        short=words("Dana kelurahan", "Kelurahan funds"),
        definition="Dana kelurahan yang dialokasikan tahun ini.",
        formula=words(f"jumlah alokasi dana kelurahan {STATED}", f"sum of the allocated kelurahan funds {STATED_EN}"),
        rule=KELURAHAN,
        form=Total(where=partial(named, name="transfer.dana_kelurahan.alokasi"), value=pl.col("value")),
        names=("transfer.dana_kelurahan.alokasi",),
        cuts=(None, "kecamatan", "area"),
    ),
    money(
        id="dana_kelurahan_per_penduduk",
        title=words("Dana kelurahan per penduduk", "Kelurahan funds per resident"),
        short=words("Dana per penduduk", "Funds per head"),
        unit="rupiah per penduduk",
        decimals=0,
        better="neutral",
        definition="Alokasi dana kelurahan tahun ini dibagi jumlah penduduk wilayah yang diketahui tanggalnya.",
        formula=words(f"alokasi dana kelurahan / penduduk, {STATED}", f"allocated kelurahan funds / residents, {STATED_EN}"),
        rule=KELURAHAN,
        form=Rate(where=partial(named, name="transfer.dana_kelurahan.alokasi"), value=pl.col("value"), scale=1),
        names=("transfer.dana_kelurahan.alokasi",),
        cuts=(None, "kecamatan", "area"),
    ),
)
