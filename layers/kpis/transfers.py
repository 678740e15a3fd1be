"""Complaints passed on between OPDs (bolak-balik disposisi): how often, how long until the right one, whose time.

What is told by the versions of a complaint comes from :mod:`layers.holding`; hours are those of :mod:`layers.prepared`.
"""

from __future__ import annotations

from functools import partial

import polars as pl

from layers.catalog import Kpi, Mean, Needs, Quantile, Share, Window, words
from layers.kpis.closing import COUNTS_112, COUNTS_112_EN
from layers.kpis.complaints import CLOSINGS, OURS, OWN, complaints, received_in, solved_in

PASSED_ON = Needs(rows=pl.col("transfers") > 0, what="perpindahan antar-OPD")
ours = partial(complaints, window=Window.DAYS30, better="down", n_min=20, rule=OWN, needs=PASSED_ON, by_opd="holder")

KPIS: tuple[Kpi, ...] = (
    ours(
        id="bolak_balik_disposisi",
        title=words("Bolak-balik disposisi", "Complaints passed on repeatedly"),
        short=words("Bolak-balik", "Passed on repeatedly"),
        unit="persen",
        decimals=1,
        interval=True,
        definition="Bagian aduan yang berpindah OPD lebih dari sekali.",
        formula=words(
            "berpindah OPD lebih dari sekali / (masuk - bukan kewenangan - duplikat - ditolak), "
            "untuk aduan yang masuk 30 hari terakhir",
            "passed from OPD to OPD more than once / (received - not ours - duplicate - rejected), received in the last 30 days",
        ),
        form=Share(where=lambda when: received_in(when) & OURS, part=pl.col("transfers") > 1),
    ),
    ours(
        id="rata_disposisi",
        title=words("Perpindahan OPD per aduan", "Transfers between OPDs per complaint"),
        short=words("Pindah OPD per aduan", "Transfers each"),
        unit="kali",
        decimals=2,
        definition="Berapa kali rata-rata satu aduan berpindah dari satu OPD ke OPD lain.",
        formula=words(
            "jumlah perpindahan OPD / aduan yang menjadi kewenangan, untuk aduan yang masuk 30 hari terakhir",
            "transfers between OPDs / complaints that are ours, received in the last 30 days",
        ),
        form=Mean(where=lambda when: received_in(when) & OURS, value=pl.col("transfers")),
    ),
    ours(
        id="lama_dipegang_opd",
        title=words("Lama dipegang OPD (median)", "Time with the OPD (median)"),
        short=words("Lama dipegang, jam kerja", "With the OPD, working hours"),
        unit="jam",
        decimals=1,
        definition="Waktu kerja dari aduan sampai pada OPD itu sampai selesai: waktu OPD lain sebelumnya tidak dihitung.",
        formula=words(
            "median jam kerja dari aduan sampai pada OPD yang memegangnya saat tenggat atau selesai sampai selesai, "
            f"untuk yang selesai 30 hari terakhir dan tidak dibuka kembali; {COUNTS_112}",
            "median working hours from when the complaint came to the OPD that held it at its deadline or closing until closed, "
            f"for those closed in the last 30 days and not reopened; {COUNTS_112_EN}",
        ),
        form=Quantile(where=solved_in, value=pl.col("jam_dipegang")),
        needs=CLOSINGS,
    ),
    ours(
        id="lama_sebelum_opd_tepat",
        title=words("Lama sampai OPD yang menangani (median)", "Time until the handling OPD (median)"),
        short=words("Sebelum OPD yang menangani", "Before the handling OPD"),
        unit="jam",
        decimals=1,
        definition="Waktu kerja yang lewat sebelum aduan yang berpindah OPD sampai pada OPD yang menanganinya.",
        formula=words(
            "median jam kerja dari diterima sampai aduan sampai pada OPD yang memegangnya saat tenggat atau selesai, "
            f"untuk yang berpindah OPD dan selesai 30 hari terakhir; {COUNTS_112}",
            "median working hours from receipt until the complaint came to the OPD that held it at its deadline or closing, "
            f"for those passed on and closed in the last 30 days; {COUNTS_112_EN}",
        ),
        form=Quantile(
            where=lambda when: solved_in(when) & pl.col("held_from").is_not_null(),
            value=pl.col("jam_penyelesaian") - pl.col("jam_dipegang"),
        ),
    ),
)
