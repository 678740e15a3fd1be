"""Services (layanan) at counters and online: how many were served today, and how many within the standard."""

from __future__ import annotations

from datetime import date

import polars as pl

from layers.catalog import Kpi, Needs, Rule, Share, Total, Window
from layers.model import Kind

STANDARD = Rule(name="UU 25/2009 tentang Pelayanan Publik", article="standar pelayanan", valid_from=date(2009, 7, 18))
OWNER = "Bagian Organisasi, Setda"
TIMED = Needs(rows=pl.col("on_time").is_not_null(), what="layanan sesuai standar waktu")

KPIS: tuple[Kpi, ...] = (
    Kpi(
        id="layanan_hari_ini",
        title={"id": "Layanan hari ini", "en": "Services today"},
        short={"id": "Layanan hari ini", "en": "Served today"},
        unit="layanan",
        decimals=0,
        better="neutral",
        formula={
            "id": "jumlah yang dilayani semua loket yang sudah melapor hari ini",
            "en": "people served by all counters that have reported today",
        },
        rule=STANDARD,
        owner=OWNER,
        kind=Kind.SERVICE,
        window=Window.TODAY,
        form=Total(where=lambda when: when.holds("day"), value=pl.col("served")),
    ),
    Kpi(
        id="layanan_tepat_waktu",
        title={"id": "Layanan sesuai standar waktu", "en": "Served within the standard time"},
        short={"id": "Layanan tepat waktu", "en": "Served on time"},
        unit="persen",
        decimals=1,
        better="up",
        formula={
            "id": "dilayani sesuai standar waktu / dilayani, 30 hari terakhir, loket yang mencatat waktu",
            "en": "served within the standard / served, last 30 days, counters that record it",
        },
        rule=STANDARD,
        owner=OWNER,
        kind=Kind.SERVICE,
        window=Window.DAYS30,
        form=Share(
            where=lambda when: when.holds("day") & pl.col("on_time").is_not_null(),
            part=pl.col("on_time"),
            whole=pl.col("served"),
        ),
        needs=TIMED,
        n_min=20,
        interval=True,
    ),
)
