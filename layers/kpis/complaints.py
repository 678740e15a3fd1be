"""Complaints (aduan): what came in, what is open, what is late, how fast and how often on time.

Times are calendar hours: a working-time calendar replaces them once the room has one, and the formulas
say so. A complaint's state at an earlier moment is told by its own times.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from layers.catalog import Count, Kpi, Median, Needs, Rule, Share, When, Window
from layers.model import Kind, Status

OPEN = pl.col("status").is_in([Status.WAITING.value, Status.IN_PROCESS.value])
DONE = pl.col("status") == Status.DONE.value
OURS = ~pl.col("status").is_in([Status.NOT_OURS.value, Status.DUPLICATE.value, Status.REJECTED.value])
NOT_REOPENED = pl.col("reopened").is_null() | (pl.col("reopened") < pl.col("closed"))

PUBLIC_SERVICE = Rule(name="UU 25/2009 dan Perpres 76/2013", article="pengelolaan pengaduan", valid_from=date(2013, 9, 6))
NATIONAL = Rule(name="PermenPANRB 62/2018", article="pedoman SP4N", valid_from=date(2018, 12, 31))
OWN = Rule(name="Aturan Ruang Kendali", article="-", valid_from=date(2025, 1, 1))
OWNER = "Diskominfo"

DEADLINES = Needs(rows=pl.col("due").is_not_null(), what="tenggat")
CLOSINGS = Needs(rows=pl.col("closed").is_not_null(), what="waktu selesai")
ANSWERS = Needs(rows=pl.col("responded").is_not_null(), what="waktu respons pertama")
TIMELINESS = Needs(rows=pl.col("due").is_not_null() & pl.col("closed").is_not_null(), what="tenggat dan waktu selesai")


def open_at_end(when: When) -> pl.Expr:
    """Received by the end of the window and not closed by then."""
    return when.by_end("received") & (OPEN | (pl.col("closed") > when.ends))


def overdue_at_end(when: When) -> pl.Expr:
    """Open at the end of the window with a deadline that has passed."""
    return open_at_end(when) & (pl.col("due") < when.ends)


def done_in(when: When) -> pl.Expr:
    """Closed as done within the window."""
    return DONE & when.holds("closed")


def done_by_end(when: When) -> pl.Expr:
    """Done, and not closed only after the window; a source that gives no closing time is believed."""
    return DONE & (pl.col("closed").is_null() | when.by_end("closed"))


def hours(start: str, end: str) -> pl.Expr:
    """Calendar hours from one time of a complaint to another; null where the order is impossible."""
    between = (pl.col(end) - pl.col(start)).dt.total_microseconds() / 3.6e9
    return pl.when(between >= 0).then(between)


KPIS: tuple[Kpi, ...] = (
    Kpi(
        id="aduan_terbuka",
        title={"id": "Aduan terbuka", "en": "Open complaints"},
        short={"id": "Aduan terbuka", "en": "Open"},
        unit="aduan",
        decimals=0,
        better="down",
        formula={
            "id": "aduan yang menunggu atau diproses pada saat ini",
            "en": "complaints waiting or in process at this moment",
        },
        rule=PUBLIC_SERVICE,
        owner=OWNER,
        kind=Kind.COMPLAINT,
        window=Window.NOW,
        form=Count(where=open_at_end),
    ),
    Kpi(
        id="aduan_lewat_tenggat",
        title={"id": "Aduan lewat tenggat", "en": "Overdue complaints"},
        short={"id": "Lewat tenggat", "en": "Overdue"},
        unit="aduan",
        decimals=0,
        better="down",
        formula={
            "id": "aduan terbuka yang tenggatnya sudah lewat pada saat ini; yang tanpa tenggat tidak dihitung",
            "en": "open complaints whose deadline has passed at this moment; those without a deadline do not count",
        },
        rule=NATIONAL,
        owner=OWNER,
        kind=Kind.COMPLAINT,
        window=Window.NOW,
        form=Count(where=overdue_at_end),
        needs=DEADLINES,
    ),
    Kpi(
        id="aduan_masuk_hari_ini",
        title={"id": "Aduan masuk hari ini", "en": "Complaints received today"},
        short={"id": "Masuk hari ini", "en": "Received today"},
        unit="aduan",
        decimals=0,
        better="neutral",
        formula={
            "id": "aduan yang diterima sejak pukul 00.00, apa pun statusnya",
            "en": "complaints received since midnight, whatever their status",
        },
        rule=OWN,
        owner=OWNER,
        kind=Kind.COMPLAINT,
        window=Window.TODAY,
        form=Count(where=lambda when: when.holds("received")),
    ),
    Kpi(
        id="aduan_selesai_hari_ini",
        title={"id": "Aduan selesai hari ini", "en": "Complaints closed today"},
        short={"id": "Selesai hari ini", "en": "Closed today"},
        unit="aduan",
        decimals=0,
        better="up",
        formula={"id": "aduan yang dinyatakan selesai sejak pukul 00.00", "en": "complaints closed as done since midnight"},
        rule=OWN,
        owner=OWNER,
        kind=Kind.COMPLAINT,
        window=Window.TODAY,
        form=Count(where=done_in),
        needs=CLOSINGS,
    ),
    Kpi(
        id="aduan_masuk_30h",
        title={"id": "Aduan masuk 30 hari", "en": "Complaints received in 30 days"},
        short={"id": "Masuk 30 hari", "en": "Received, 30 days"},
        unit="aduan",
        decimals=0,
        better="neutral",
        formula={
            "id": "aduan yang diterima dalam 30 x 24 jam terakhir, apa pun statusnya",
            "en": "complaints received in the last 30 times 24 hours, whatever their status",
        },
        rule=OWN,
        owner=OWNER,
        kind=Kind.COMPLAINT,
        window=Window.DAYS30,
        form=Count(where=lambda when: when.holds("received")),
    ),
    Kpi(
        id="tingkat_penyelesaian",
        title={"id": "Tingkat penyelesaian", "en": "Resolution rate"},
        short={"id": "Tingkat penyelesaian", "en": "Resolved"},
        unit="persen",
        decimals=1,
        better="up",
        formula={
            "id": "selesai / (masuk - bukan kewenangan - duplikat - ditolak), untuk aduan yang masuk tahun ini",
            "en": "done / (received - not ours - duplicate - rejected), for complaints received this year",
        },
        rule=NATIONAL,
        owner=OWNER,
        kind=Kind.COMPLAINT,
        window=Window.YEAR,
        form=Share(where=lambda when: when.holds("received") & OURS, part=done_by_end),
        n_min=20,
        interval=True,
    ),
    Kpi(
        id="selesai_tepat_waktu",
        title={"id": "Selesai tepat waktu", "en": "Closed on time"},
        short={"id": "Selesai tepat waktu", "en": "On time"},
        unit="persen",
        decimals=1,
        better="up",
        formula={
            "id": "selesai sebelum tenggat dan tidak dibuka kembali / selesai yang bertenggat, 30 hari terakhir",
            "en": "closed by the deadline and not reopened / closed with a deadline, last 30 days",
        },
        rule=NATIONAL,
        owner=OWNER,
        kind=Kind.COMPLAINT,
        window=Window.DAYS30,
        form=Share(
            where=lambda when: done_in(when) & pl.col("due").is_not_null(),
            part=(pl.col("closed") <= pl.col("due")) & NOT_REOPENED,
        ),
        needs=TIMELINESS,
        n_min=20,
        interval=True,
    ),
    Kpi(
        id="respons_pertama",
        title={"id": "Respons pertama (median)", "en": "First response (median)"},
        short={"id": "Respons pertama", "en": "First response"},
        unit="jam",
        decimals=1,
        better="down",
        formula={
            "id": "median jam kalender dari diterima sampai jawaban pertama, untuk yang dijawab 30 hari terakhir",
            "en": "median calendar hours from receipt to the first answer, for those answered in the last 30 days",
        },
        rule=NATIONAL,
        owner=OWNER,
        kind=Kind.COMPLAINT,
        window=Window.DAYS30,
        form=Median(where=lambda when: when.holds("responded"), value=hours("received", "responded")),
        needs=ANSWERS,
        n_min=20,
    ),
    Kpi(
        id="lama_penyelesaian",
        title={"id": "Lama penyelesaian (median)", "en": "Time to resolution (median)"},
        short={"id": "Lama penyelesaian", "en": "Resolution time"},
        unit="jam",
        decimals=1,
        better="down",
        formula={
            "id": "median jam kalender dari diterima sampai selesai, untuk yang selesai 30 hari terakhir",
            "en": "median calendar hours from receipt to closing, for those closed in the last 30 days",
        },
        rule=OWN,
        owner=OWNER,
        kind=Kind.COMPLAINT,
        window=Window.DAYS30,
        form=Median(where=done_in, value=hours("received", "closed")),
        needs=CLOSINGS,
        n_min=20,
    ),
)
