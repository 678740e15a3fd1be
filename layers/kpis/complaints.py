"""Complaints (aduan): what came in, how it stands, what is open and what is late.

A complaint's state at an earlier moment is told by its own times. How well they were closed is in
:mod:`layers.kpis.closing`.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import polars as pl

from layers.catalog import Count, Kpi, Needs, Quantile, Rate, Rule, Share, When, Window, moment, words
from layers.model import Kind, Status

OPEN = pl.col("status").is_in([Status.WAITING.value, Status.IN_PROCESS.value])
DONE = pl.col("status") == Status.DONE.value
OURS = ~pl.col("status").is_in([Status.NOT_OURS.value, Status.DUPLICATE.value, Status.REJECTED.value])
AGAIN = timedelta(days=30)
NOT_REOPENED = (
    pl.col("reopened").is_null() | (pl.col("reopened") < pl.col("closed")) | (pl.col("reopened") - pl.col("closed") > AGAIN)
)
"""A case that is opened again within :data:`AGAIN` was not solved."""

PUBLIC_SERVICE = Rule(name="UU 25/2009 dan Perpres 76/2013", article="pengelolaan pengaduan", valid_from=date(2013, 9, 6))
NATIONAL = Rule(name="PermenPANRB 62/2018", article="pedoman SP4N", valid_from=date(2018, 12, 31))
OWN = Rule(name="Aturan Ruang Kendali", article="-", valid_from=date(2025, 1, 1))
OWNER = "Diskominfo"

DEADLINES = Needs(rows=pl.col("due").is_not_null(), what="tenggat")
CLOSINGS = Needs(rows=pl.col("closed").is_not_null(), what="waktu selesai")
ANSWERS = Needs(rows=pl.col("responded").is_not_null(), what="waktu respons pertama")
CALLS = Needs(rows=pl.col("channel").cast(pl.String) == "112", what="panggilan 112")

CALLS_WITHIN = timedelta(hours=6)
DAY = timedelta(hours=24)
TO_SCENE = (pl.col("responded") - pl.col("received")).dt.total_seconds() / 60
"""Minutes from an emergency call to the scene."""

SOON = timedelta(hours=72)
CEILING = timedelta(days=60)

complaints = partial(
    Kpi,
    owner=OWNER,
    kind=Kind.COMPLAINT,
    concept="Pengaduan masyarakat",
    classification="Pelayanan publik: pengelolaan pengaduan",
    unit="aduan",
    decimals=0,
)
"""A KPI about complaints."""


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


def called_within(when: When, length: timedelta) -> pl.Expr:
    """Emergency calls of the time before the moment."""
    return CALLS.rows & pl.col("received").is_between(moment(when.end - length), when.ends, closed="right")


def solved_in(when: When) -> pl.Expr:
    """Closed as done within the window, and not opened again soon."""
    return done_in(when) & NOT_REOPENED


def solved_by_end(when: When) -> pl.Expr:
    """Done by the end of the window, and not opened again soon; without a closing time the reopening decides."""
    return done_by_end(when) & NOT_REOPENED.fill_null(value=False)


def received_in(when: When) -> pl.Expr:
    """Received within the window."""
    return when.holds("received")


def status_counts() -> tuple[Kpi, ...]:
    """Received this year, and how many of these stand at each status today: the six add up to it, at every cut."""
    named = {
        Status.WAITING: ("menunggu", "waiting", "down", "belum mulai ditangani"),
        Status.IN_PROCESS: ("diproses", "in process", "neutral", "sedang ditangani"),
        Status.DONE: ("selesai", "done", "up", "dinyatakan selesai oleh petugas; belum tentu terbukti"),
        Status.NOT_OURS: ("bukan kewenangan", "not ours", "neutral", "bukan urusan pemerintah kota"),
        Status.DUPLICATE: ("duplikat", "duplicates", "neutral", "sama dengan aduan lain"),
        Status.REJECTED: ("ditolak", "rejected", "neutral", "tidak memenuhi syarat"),
    }
    return tuple(
        complaints(
            id=f"aduan_status_{status.value}",
            title=words(f"Aduan tahun ini: {indonesian}", f"Complaints this year: {english}"),
            short=words(indonesian.capitalize(), english.capitalize()),
            better=better,
            definition=f"Aduan yang diterima sejak 1 Januari dan kini {meaning}.",
            formula=words(
                f"aduan yang masuk tahun ini dan kini berstatus {indonesian}; "
                "menunggu + diproses + selesai + bukan kewenangan + duplikat + ditolak = masuk",
                f"complaints received this year whose status is now {english}; the six statuses add up to those received",
            ),
            rule=NATIONAL,
            window=Window.YEAR,
            form=Count(where=partial(_stands, status=status)),
            history=False,
        )
        for status, (indonesian, english, better, meaning) in named.items()
    )


def _stands(when: When, *, status: Status) -> pl.Expr:
    return received_in(when) & (pl.col("status") == status.value)


KPIS: tuple[Kpi, ...] = (
    complaints(
        id="aduan_terbuka",
        title=words("Aduan terbuka", "Open complaints"),
        short=words("Aduan terbuka", "Open"),
        better="down",
        definition="Aduan yang belum selesai dan masih menjadi tanggung jawab pemerintah kota.",
        formula=words(
            "aduan yang menunggu atau diproses pada saat ini",
            "complaints waiting or in process at this moment",
        ),
        rule=PUBLIC_SERVICE,
        window=Window.NOW,
        form=Count(where=open_at_end),
    ),
    complaints(
        id="aduan_lewat_tenggat",
        title=words("Aduan lewat tenggat", "Overdue complaints"),
        short=words("Lewat tenggat", "Overdue"),
        better="down",
        definition="Aduan terbuka yang batas waktu penyelesaiannya sudah lewat.",
        formula=words(
            "aduan terbuka yang tenggatnya sudah lewat pada saat ini; yang tanpa tenggat tidak dihitung",
            "open complaints whose deadline has passed at this moment; those without a deadline do not count",
        ),
        rule=NATIONAL,
        window=Window.NOW,
        form=Count(where=overdue_at_end),
        needs=DEADLINES,
        by_opd="holder",
    ),
    complaints(
        id="aduan_jatuh_tempo",
        title=words("Aduan jatuh tempo dalam 72 jam", "Complaints due within 72 hours"),
        short=words("Jatuh tempo 72 jam", "Due in 72 hours"),
        better="down",
        definition="Aduan terbuka yang batas waktunya belum lewat, tetapi lewat dalam 72 jam.",
        formula=words(
            "aduan terbuka yang tenggatnya dari saat ini sampai 72 jam lagi",
            "open complaints whose deadline lies between this moment and 72 hours from it",
        ),
        rule=OWN,
        window=Window.NOW,
        form=Count(where=lambda when: open_at_end(when) & pl.col("due").is_between(when.ends, moment(when.end + SOON))),
        needs=DEADLINES,
    ),
    complaints(
        id="aduan_di_atas_60_hari",
        title=words("Aduan terbuka lebih dari 60 hari", "Complaints open for over 60 days"),
        short=words("Terbuka > 60 hari", "Open > 60 days"),
        better="down",
        definition="Aduan terbuka yang melampaui batas tertinggi penyelesaian menurut Perpres 76/2013.",
        formula=words(
            "aduan terbuka yang diterima lebih dari 60 x 24 jam lalu; berkas dianggap lengkap saat diterima",
            "open complaints received more than 60 times 24 hours ago; the file is taken as complete on receipt",
        ),
        rule=Rule(name="Perpres 76/2013", article="penyelesaian paling lambat 60 hari", valid_from=date(2013, 9, 6)),
        window=Window.NOW,
        form=Count(where=lambda when: open_at_end(when) & (pl.col("received") < moment(when.end - CEILING))),
    ),
    complaints(
        id="aduan_masuk_hari_ini",
        title=words("Aduan masuk hari ini", "Complaints received today"),
        short=words("Masuk hari ini", "Received today"),
        better="neutral",
        definition="Aduan yang diterima pada hari ini dari semua kanal.",
        formula=words(
            "aduan yang diterima sejak pukul 00.00, apa pun statusnya",
            "complaints received since midnight, whatever their status",
        ),
        rule=OWN,
        window=Window.TODAY,
        form=Count(where=received_in),
    ),
    complaints(
        id="aduan_selesai_hari_ini",
        title=words("Aduan selesai hari ini", "Complaints closed today"),
        short=words("Selesai hari ini", "Closed today"),
        better="up",
        definition="Aduan yang pada hari ini dinyatakan selesai.",
        formula=words("aduan yang dinyatakan selesai sejak pukul 00.00", "complaints closed as done since midnight"),
        rule=OWN,
        window=Window.TODAY,
        form=Count(where=done_in),
        needs=CLOSINGS,
    ),
    complaints(
        id="aduan_masuk_30h",
        title=words("Aduan masuk 30 hari", "Complaints received in 30 days"),
        short=words("Masuk 30 hari", "Received, 30 days"),
        better="neutral",
        definition="Aduan yang diterima dalam 30 hari terakhir dari semua kanal.",
        formula=words(
            "aduan yang diterima dalam 30 x 24 jam terakhir, apa pun statusnya",
            "complaints received in the last 30 times 24 hours, whatever their status",
        ),
        rule=OWN,
        window=Window.DAYS30,
        form=Count(where=received_in),
    ),
    complaints(
        id="aduan_112_30h",
        title=words("Panggilan 112 dalam 30 hari", "112 calls in 30 days"),
        short=words("Panggilan 112", "112 calls"),
        better="neutral",
        definition="Panggilan darurat 112 yang menjadi tiket; panggilan iseng disisihkan saat data masuk dan tercatat di sana.",
        formula=words(
            "tiket 112 yang diterima dalam 30 x 24 jam terakhir, tanpa panggilan iseng",
            "112 tickets received in the last 30 times 24 hours, without prank calls",
        ),
        rule=OWN,
        window=Window.DAYS30,
        form=Count(where=lambda when: received_in(when) & CALLS.rows),
        needs=CALLS,
    ),
    complaints(
        id="panggilan_112_6j",
        title=words("Panggilan 112 dalam 6 jam", "112 calls in 6 hours"),
        short=words("Panggilan 112, 6 jam", "112 calls, 6 hours"),
        better="neutral",
        definition="Panggilan darurat 112 yang menjadi tiket dalam 6 jam terakhir.",
        formula=words(
            "tiket 112 yang diterima dalam 6 jam terakhir, tanpa panggilan iseng",
            "112 tickets received in the last 6 hours, without prank calls",
        ),
        rule=OWN,
        window=Window.NOW,
        form=Count(where=lambda when: called_within(when, CALLS_WITHIN)),
        needs=CALLS,
    ),
    complaints(
        id="tiba_112_24j",
        title=words("Waktu tiba 112, P90 24 jam", "112 time to the scene, P90 over 24 hours"),
        short=words("Waktu tiba 112", "112 to the scene"),
        unit="menit",
        decimals=1,
        better="down",
        definition="Menit dari panggilan 112 sampai petugas di lokasi: sembilan dari sepuluh panggilan lebih cepat.",
        formula=words(
            "persentil ke-90 menit dari panggilan sampai petugas tiba, untuk tiket 112 yang diterima dalam 24 jam terakhir",
            "90th percentile of the minutes from the call to the scene, for 112 tickets received in the last 24 hours",
        ),
        rule=OWN,
        window=Window.NOW,
        form=Quantile(where=lambda when: called_within(when, DAY), value=TO_SCENE, q=0.9),
        needs=CALLS,
        n_min=10,
        cuts=(None, "kecamatan"),
    ),
    complaints(
        id="laju_aduan",
        title=words("Aduan per 1.000 penduduk", "Complaints per 1,000 residents"),
        short=words("Per 1.000 penduduk", "Per 1,000 residents"),
        unit="per 1.000 penduduk",
        decimals=2,
        better="neutral",
        definition="Aduan yang menjadi kewenangan, dibanding jumlah penduduk wilayah yang diketahui tanggalnya.",
        formula=words(
            "(masuk - bukan kewenangan - duplikat - ditolak) dalam 30 hari / penduduk x 1.000; "
            "tanpa jumlah penduduk bertanggal tidak ada nilainya",
            "(received - not ours - duplicate - rejected) in 30 days / residents x 1,000; no value without a dated population",
        ),
        rule=OWN,
        window=Window.DAYS30,
        form=Rate(where=lambda when: received_in(when) & OURS),
        cuts=(None, "kecamatan", "area"),
    ),
    complaints(
        id="aduan_masuk_tahun_ini",
        title=words("Aduan masuk tahun ini", "Complaints received this year"),
        short=words("Masuk tahun ini", "Received this year"),
        better="neutral",
        definition="Aduan yang diterima sejak 1 Januari dari semua kanal.",
        formula=words(
            "aduan yang diterima sejak 1 Januari pukul 00.00, apa pun statusnya",
            "complaints received since 1 January, whatever their status",
        ),
        rule=OWN,
        window=Window.YEAR,
        form=Count(where=received_in),
    ),
    *status_counts(),
    complaints(
        id="tingkat_penyelesaian",
        title=words("Tingkat penyelesaian", "Resolution rate"),
        short=words("Tingkat penyelesaian", "Resolved"),
        unit="persen",
        decimals=1,
        better="up",
        definition="Bagian aduan yang menjadi kewenangan dan masuk tahun ini yang sudah selesai; "
        "yang dibuka kembali dalam 30 hari bukan selesai.",
        formula=words(
            "selesai dan tidak dibuka kembali dalam 30 hari / (masuk - bukan kewenangan - duplikat - ditolak), "
            "untuk aduan yang masuk tahun ini",
            "done and not reopened within 30 days / (received - not ours - duplicate - rejected), "
            "for complaints received this year",
        ),
        rule=NATIONAL,
        window=Window.YEAR,
        form=Share(where=lambda when: received_in(when) & OURS, part=solved_by_end),
        by_opd="holder",
        n_min=20,
        interval=True,
    ),
    complaints(
        id="tingkat_tindak_lanjut",
        title=words("Tingkat tindak lanjut", "Follow-up rate"),
        short=words("Tindak lanjut", "Followed up"),
        unit="persen",
        decimals=1,
        better="up",
        definition="Bagian aduan yang sudah mendapat jawaban pertama; belum berarti selesai.",
        formula=words(
            "sudah dijawab / (masuk - bukan kewenangan - duplikat - ditolak), untuk aduan yang masuk tahun ini; "
            "selalu ditampilkan bersama tingkat penyelesaian",
            "answered / (received - not ours - duplicate - rejected), for complaints received this year; "
            "always shown beside the resolution rate",
        ),
        rule=NATIONAL,
        window=Window.YEAR,
        form=Share(
            where=lambda when: received_in(when) & OURS, part=lambda when: when.by_end("responded").fill_null(value=False)
        ),
        by_opd="holder",
        needs=ANSWERS,
        n_min=20,
        interval=True,
        beside="tingkat_penyelesaian",
    ),
)
