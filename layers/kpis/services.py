"""Services (layanan) at counters and online: how many were served, how long they waited, how much of it is digital."""

from __future__ import annotations

from datetime import date
from functools import partial

import polars as pl

from layers.catalog import Kpi, Needs, Quantile, Rule, Share, Total, When, Window, words
from layers.model import Kind

STANDARD = Rule(name="UU 25/2009 tentang Pelayanan Publik", article="standar pelayanan", valid_from=date(2009, 7, 18))
SPBE = Rule(name="Perpres 95/2018 tentang SPBE", article="layanan digital", valid_from=date(2018, 10, 5))
TIMED = Needs(rows=pl.col("on_time").is_not_null(), what="layanan sesuai standar waktu")
QUEUES = Needs(rows=pl.col("waiting_minutes").is_not_null(), what="waktu menunggu")
QUEUED = Needs(rows=pl.col("queued").is_not_null(), what="jumlah antrean")
DIGITAL = Needs(rows=pl.col("online").is_not_null(), what="tanda layanan daring")

services = partial(
    Kpi,
    owner="Bagian Organisasi, Setda",
    kind=Kind.SERVICE,
    concept="Layanan publik",
    classification="Pelayanan publik: loket dan layanan digital",
    rule=STANDARD,
    window=Window.DAYS30,
)
"""A KPI about services."""


def in_window(when: When) -> pl.Expr:
    """Of a day within the window."""
    return when.holds("day")


KPIS: tuple[Kpi, ...] = (
    services(
        id="layanan_hari_ini",
        title=words("Layanan hari ini", "Services today"),
        short=words("Layanan hari ini", "Served today"),
        unit="layanan",
        decimals=0,
        better="neutral",
        definition="Layanan yang selesai diberikan hari ini di loket dan secara daring.",
        formula=words(
            "jumlah yang dilayani semua loket yang sudah melapor hari ini",
            "people served by all counters that have reported today",
        ),
        window=Window.TODAY,
        form=Total(where=in_window, value=pl.col("served")),
    ),
    services(
        id="layanan_30h",
        title=words("Layanan dalam 30 hari", "Services in 30 days"),
        short=words("Layanan 30 hari", "Served, 30 days"),
        unit="layanan",
        decimals=0,
        better="neutral",
        definition="Layanan yang selesai diberikan dalam 30 hari terakhir di loket dan secara daring.",
        formula=words(
            "jumlah yang dilayani dalam 30 x 24 jam terakhir",
            "people served in the last 30 times 24 hours",
        ),
        form=Total(where=in_window, value=pl.col("served")),
    ),
    services(
        id="layanan_tepat_waktu",
        title=words("Layanan sesuai standar waktu", "Served within the standard time"),
        short=words("Layanan tepat waktu", "Served on time"),
        unit="persen",
        decimals=1,
        better="up",
        definition="Bagian layanan yang selesai dalam waktu yang dijanjikan standar pelayanannya.",
        formula=words(
            "dilayani sesuai standar waktu / dilayani, 30 hari terakhir, loket yang mencatat waktu",
            "served within the standard / served, last 30 days, counters that record it",
        ),
        form=Share(
            where=lambda when: in_window(when) & pl.col("on_time").is_not_null(),
            part=pl.col("on_time"),
            whole=pl.col("served"),
        ),
        needs=TIMED,
        n_min=20,
        interval=True,
    ),
    services(
        id="antrean_median",
        title=words("Waktu antre (median)", "Waiting time (median)"),
        short=words("Antre (median)", "Waiting (median)"),
        unit="menit",
        decimals=0,
        better="down",
        definition="Waktu dari mengambil nomor sampai dipanggil: separuh pengunjung menunggu lebih singkat.",
        formula=words(
            "median menit menunggu per catatan (tiket, atau rekap loket), 30 hari terakhir",
            "median minutes of waiting by record (a ticket, or a counter's recap), last 30 days",
        ),
        form=Quantile(where=in_window, value=pl.col("waiting_minutes"), bounds=True),
        needs=QUEUES,
        n_min=20,
    ),
    services(
        id="antrean_p90",
        title=words("Waktu antre (P90)", "Waiting time (P90)"),
        short=words("Antre (P90)", "Waiting (P90)"),
        unit="menit",
        decimals=0,
        better="down",
        definition="Waktu dari mengambil nomor sampai dipanggil: sembilan dari sepuluh pengunjung menunggu lebih singkat.",
        formula=words(
            "persentil ke-90 menit menunggu per catatan (tiket, atau rekap loket), 30 hari terakhir",
            "90th percentile of minutes of waiting by record (a ticket, or a counter's recap), last 30 days",
        ),
        form=Quantile(where=in_window, value=pl.col("waiting_minutes"), q=0.9, bounds=True),
        needs=QUEUES,
        n_min=20,
    ),
    services(
        id="antrean_terlayani",
        title=words("Antrean terlayani", "Queue served"),
        short=words("Antrean terlayani", "Queue served"),
        unit="persen",
        decimals=1,
        better="up",
        definition="Bagian orang yang antre dan akhirnya dilayani.",
        formula=words(
            "dilayani / antre, 30 hari terakhir, loket yang mencatat antrean",
            "served / queued, last 30 days, counters that record the queue",
        ),
        form=Share(
            where=lambda when: in_window(when) & pl.col("queued").is_not_null(),
            part=pl.col("served"),
            whole=pl.col("queued"),
        ),
        needs=QUEUED,
        n_min=20,
    ),
    services(
        id="layanan_digital",
        title=words("Layanan digital", "Digital services"),
        short=words("Layanan digital", "Digital services"),
        unit="persen",
        decimals=1,
        better="up",
        definition="Bagian jenis layanan yang tersedia secara daring.",
        formula=words(
            "jenis layanan yang dipakai secara daring / semua jenis layanan yang tercatat, 30 hari terakhir",
            "kinds of service used online / all kinds of service on record, last 30 days",
        ),
        rule=SPBE,
        form=Share(where=in_window, part=pl.col("online").fill_null(value=False), distinct="service"),
        needs=DIGITAL,
    ),
    services(
        id="pemakaian_digital",
        title=words("Pemakaian layanan digital", "Use of digital services"),
        short=words("Dilayani daring", "Served online"),
        unit="persen",
        decimals=1,
        better="up",
        definition="Bagian layanan yang diberikan secara daring.",
        formula=words(
            "dilayani daring / dilayani, 30 hari terakhir, catatan yang menyebut daring atau tidak",
            "served online / served, last 30 days, records that say whether online or not",
        ),
        rule=SPBE,
        form=Share(
            where=lambda when: in_window(when) & DIGITAL.rows,
            part=pl.when(pl.col("online")).then(pl.col("served")),
            whole=pl.col("served"),
        ),
        needs=DIGITAL,
        n_min=20,
    ),
)
