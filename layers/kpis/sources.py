"""The sources themselves (sumber data) and who reports to them: what speaks for this moment, and who is silent."""

from __future__ import annotations

from datetime import date
from functools import partial

import polars as pl

from layers.catalog import Count, Kpi, Rule, Share, When, Window, words
from layers.model import Kind
from layers.snapshot import State

data = partial(
    Kpi,
    owner="Diskominfo",
    window=Window.NOW,
    decimals=0,
    rule=Rule(name="Aturan Ruang Kendali", article="-", valid_from=date(2025, 1, 1)),
    concept="Mutu data",
    classification="Komunikasi dan informatika: Satu Data",
)
reports = partial(data, kind=Kind.MEASUREMENT, history=False)


def asked(when: When) -> pl.Expr:
    """The last period of each that owes a report."""
    return pl.col("latest") & when.by_end("measured")


def silent(when: When, *, by: str) -> pl.Expr:
    """Who delivered nothing in its last period."""
    return asked(when) & (pl.col("name") == f"pelaporan.{by}") & (pl.col("value") == 0)


KPIS: tuple[Kpi, ...] = (
    data(
        id="sumber_segar",
        title=words("Sumber data segar", "Fresh data sources"),
        short=words("Sumber segar", "Fresh sources"),
        unit="persen",
        better="up",
        definition="Bagian sumber data ruang kendali yang datanya cukup baru.",
        formula=words(
            "sumber yang datanya tidak lebih tua dari batasnya / semua sumber yang dikonfigurasi",
            "sources whose data is no older than their budget / all configured sources",
        ),
        kind=None,
        form=Share(where=lambda _: pl.lit(value=True), part=pl.col("state") == State.LIVE.value),
    ),
    reports(
        id="kelengkapan_pelaporan",
        title=words("Kelengkapan pelaporan", "Completeness of reporting"),
        short=words("Pelaporan lengkap", "Reporting"),
        unit="persen",
        better="up",
        definition="Bagian yang wajib melapor yang datanya masuk pada masa lapor terakhir.",
        formula=words(
            "yang melapor / yang wajib melapor, masa lapor terakhir yang selesai",
            "those who reported / those who owe a report, last complete period",
        ),
        form=Share(where=asked, part=pl.col("value") == 1),
        names=("pelaporan.*",),
        cuts=(None, "kecamatan", "opd"),
    ),
    reports(
        id="loket_tidak_melapor",
        title=words("Loket kelurahan tidak melapor", "Kelurahan counters that did not report"),
        short=words("Loket tak melapor", "Silent counters"),
        unit="kelurahan",
        better="down",
        definition="Kelurahan yang loketnya tidak memberi satu catatan pun pada hari kerja terakhir.",
        formula=words(
            "kelurahan tanpa catatan pada masa lapor terakhir, dari sumber yang mewajibkannya",
            "kelurahan without a record in the last period, of the sources that ask for it",
        ),
        form=Count(where=partial(silent, by="kelurahan"), distinct="area"),
        names=("pelaporan.kelurahan",),
        cuts=(None, "kecamatan", "area"),
    ),
    reports(
        id="opd_tidak_melapor",
        title=words("OPD tidak melapor", "OPDs that did not report"),
        short=words("OPD tak melapor", "Silent OPDs"),
        unit="unit",
        better="down",
        definition="Perangkat daerah yang tidak memberi satu catatan pun pada masa lapor terakhir.",
        formula=words(
            "OPD tanpa catatan pada masa lapor terakhir, dari sumber yang mewajibkannya",
            "OPDs without a record in the last period, of the sources that ask for it",
        ),
        form=Count(where=partial(silent, by="opd"), distinct="opd"),
        names=("pelaporan.opd",),
        cuts=(None, "opd"),
    ),
    reports(
        id="sumber_tidak_melapor",
        title=words("Sumber tidak melapor", "Sources that did not report"),
        short=words("Sumber tak melapor", "Silent sources"),
        unit="sumber",
        better="down",
        definition="Sumber data yang tidak memberi satu catatan pun pada masa lapor terakhir.",
        formula=words(
            "sumber tanpa catatan pada masa lapor terakhir, dari yang diwajibkan",
            "sources without a record in the last period, of those that owe one",
        ),
        form=Count(where=partial(silent, by="source"), distinct="subject"),
        names=("pelaporan.source",),
        cuts=(None,),
    ),
)
