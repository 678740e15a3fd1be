"""How complaints were answered and closed: how fast, how often on time, and with what proof.

Hours are working hours of the office that holds the complaint, by the city's calendar; on a channel that is answered
day and night (112) they are calendar hours. The columns come from :mod:`layers.prepared`.
"""

from __future__ import annotations

from datetime import date
from functools import partial

import polars as pl

from layers.catalog import Count, Kpi, Needs, Quantile, Rule, Share, When, Window, words
from layers.kpis.complaints import (
    AGAIN,
    ANSWERS,
    CALLS,
    CLOSINGS,
    NATIONAL,
    NOT_REOPENED,
    OURS,
    OWN,
    complaints,
    done_in,
    solved_in,
)

TIMELINESS = Needs(rows=pl.col("due").is_not_null() & pl.col("closed").is_not_null(), what="tenggat dan waktu selesai")
VERIFIED = Needs(rows=pl.col("verified").is_not_null(), what="waktu verifikasi")
REOPENED = Needs(rows=pl.col("reopened").is_not_null(), what="waktu dibuka kembali")
VALIDATED = Needs(rows=pl.col("validated").is_not_null(), what="waktu validasi")
CONFIRMED = Needs(rows=pl.col("confirmed").is_not_null(), what="konfirmasi pelapor")
PROVEN = Needs(
    rows=pl.col("validated").is_not_null() | pl.col("confirmed").is_not_null(), what="validasi atau konfirmasi pelapor"
)
SP4N = partial(Rule, name="PermenPANRB 62/2018", valid_from=date(2018, 12, 31))
CRM = Rule(name="Jakarta CRM 2.0, menurut pers", article="-", valid_from=date(2025, 1, 1))

REOPENED_SOON = (pl.col("reopened") - pl.coalesce("closed_before", "closed") <= AGAIN).fill_null(value=False)
ON_TIME = (pl.col("closed") <= pl.col("due")) & NOT_REOPENED
COUNTS_112 = "panggilan 112 dihitung dengan jam kalender"
COUNTS_112_EN = "112 calls count in calendar hours"

share = partial(complaints, unit="persen", decimals=1, window=Window.DAYS30, n_min=20, interval=True, by_opd="holder")
hours = partial(complaints, unit="jam", decimals=1, better="down", window=Window.DAYS30, n_min=20, by_opd="holder")


def answered_in(when: When) -> pl.Expr:
    """Answered for the first time within the window."""
    return when.holds("responded")


def decided(step: str, done: str, when: When) -> pl.Expr:
    """Received within the window, ours, and either done or beyond the deadline of that step: what can be judged."""
    late = pl.col(f"tenggat_{step}") < when.ends
    return when.holds("received") & OURS & (when.by_end(done).fill_null(value=False) | late)


def in_time(step: str, done: str, when: When) -> pl.Expr:
    """Done by the deadline of that step."""
    return (when.by_end(done) & (pl.col(done) <= pl.col(f"tenggat_{step}"))).fill_null(value=False)


def closed_in(when: When) -> pl.Expr:
    """Closed as done, also if it was opened again since."""
    return OURS & (when.holds("closed") | (pl.col("closed").is_null() & when.holds("closed_before")))


KPIS: tuple[Kpi, ...] = (
    share(
        id="selesai_tepat_waktu",
        title=words("Selesai tepat waktu", "Closed on time"),
        short=words("Selesai tepat waktu", "On time"),
        better="up",
        definition="Bagian aduan selesai yang ditutup paling lambat pada tenggatnya dan tidak dibuka kembali dalam 30 hari.",
        formula=words(
            "selesai sebelum tenggat dan tidak dibuka kembali dalam 30 hari / selesai yang bertenggat, 30 hari terakhir",
            "closed by the deadline and not reopened within 30 days / closed with a deadline, last 30 days",
        ),
        rule=NATIONAL,
        form=Share(where=lambda when: done_in(when) & pl.col("due").is_not_null(), part=ON_TIME),
        needs=TIMELINESS,
    ),
    share(
        id="selesai_tepat_waktu_ketat",
        title=words("Selesai tepat waktu dari yang jatuh tempo", "Closed on time of those due"),
        short=words("Tepat waktu (ketat)", "On time (strict)"),
        better="up",
        definition="Bagian aduan yang tenggatnya jatuh dalam kurun ini yang ditutup paling lambat pada tenggatnya.",
        formula=words(
            "selesai sebelum tenggat dan tidak dibuka kembali dalam 30 hari / semua yang tenggatnya dalam 30 hari terakhir, "
            "selesai atau belum",
            "closed by the deadline and not reopened within 30 days / all whose deadline lies in the last 30 days, closed or not",
        ),
        rule=NATIONAL,
        form=Share(
            where=lambda when: when.holds("due") & OURS, part=(pl.col("status") == "selesai") & ON_TIME.fill_null(value=False)
        ),
        needs=TIMELINESS,
    ),
    share(
        id="verifikasi_tepat_waktu",
        title=words("Verifikasi dalam 3 hari kerja", "Verified within 3 working days"),
        short=words("Verifikasi 3 hari kerja", "Verified in time"),
        better="up",
        definition="Bagian aduan yang diverifikasi paling lambat 3 hari kerja sesudah diterima.",
        formula=words(
            "diverifikasi dalam 3 hari kerja / yang sudah diverifikasi atau sudah melewati batas itu, "
            "untuk aduan yang masuk 30 hari terakhir",
            "verified within 3 working days / verified, or beyond that limit, for complaints received in the last 30 days",
        ),
        rule=SP4N(article="verifikasi 3 hari kerja"),
        form=Share(
            where=partial(decided, "verifikasi", "verified"),
            part=partial(in_time, "verifikasi", "verified"),
        ),
        needs=VERIFIED,
    ),
    share(
        id="respons_5_hari_kerja",
        title=words("Respons dalam 5 hari kerja", "Answered within 5 working days"),
        short=words("Respons 5 hari kerja", "Answered in time"),
        better="up",
        definition="Bagian aduan yang mendapat jawaban pertama paling lambat 5 hari kerja sesudah diterima.",
        formula=words(
            "dijawab dalam 5 hari kerja / yang sudah dijawab atau sudah melewati batas itu, "
            "untuk aduan yang masuk 30 hari terakhir",
            "answered within 5 working days / answered, or beyond that limit, for complaints received in the last 30 days",
        ),
        rule=SP4N(article="respons 5 hari kerja"),
        form=Share(
            where=partial(decided, "respons", "responded"),
            part=partial(in_time, "respons", "responded"),
        ),
        needs=ANSWERS,
    ),
    hours(
        id="respons_pertama",
        title=words("Respons pertama (median)", "First response (median)"),
        short=words("Respons pertama, jam kerja", "First response, working hours"),
        definition="Waktu kerja dari diterima sampai jawaban pertama: separuh aduan dijawab lebih cepat.",
        formula=words(
            f"median jam kerja dari diterima sampai jawaban pertama, untuk yang dijawab 30 hari terakhir; {COUNTS_112}",
            f"median working hours from receipt to the first answer, for those answered in the last 30 days; {COUNTS_112_EN}",
        ),
        rule=NATIONAL,
        form=Quantile(where=answered_in, value=pl.col("jam_respons"), bounds=True),
        needs=ANSWERS,
    ),
    hours(
        id="respons_pertama_p90",
        title=words("Respons pertama (P90)", "First response (P90)"),
        short=words("Respons pertama P90, jam kerja", "First response P90, working hours"),
        definition="Waktu kerja dari diterima sampai jawaban pertama: sembilan dari sepuluh aduan dijawab lebih cepat.",
        formula=words(
            f"persentil ke-90 jam kerja dari diterima sampai jawaban pertama, untuk yang dijawab 30 hari terakhir; {COUNTS_112}",
            "90th percentile of working hours from receipt to the first answer, for those answered in the last 30 days; "
            + COUNTS_112_EN,
        ),
        rule=NATIONAL,
        form=Quantile(where=answered_in, value=pl.col("jam_respons"), q=0.9, bounds=True),
        needs=ANSWERS,
    ),
    hours(
        id="lama_penyelesaian",
        title=words("Lama penyelesaian (median)", "Time to resolution (median)"),
        short=words("Penyelesaian, jam kerja", "Resolution, working hours"),
        definition="Waktu kerja dari diterima sampai selesai: separuh aduan selesai lebih cepat.",
        formula=words(
            "median jam kerja dari diterima sampai selesai, untuk yang selesai 30 hari terakhir dan tidak dibuka kembali; "
            + COUNTS_112,
            "median working hours from receipt to closing, for those closed in the last 30 days and not reopened; "
            + COUNTS_112_EN,
        ),
        rule=OWN,
        form=Quantile(where=solved_in, value=pl.col("jam_penyelesaian"), bounds=True),
        needs=CLOSINGS,
    ),
    hours(
        id="lama_penyelesaian_p90",
        title=words("Lama penyelesaian (P90)", "Time to resolution (P90)"),
        short=words("Penyelesaian P90, jam kerja", "Resolution P90, working hours"),
        definition="Waktu kerja dari diterima sampai selesai: sembilan dari sepuluh aduan selesai lebih cepat.",
        formula=words(
            "persentil ke-90 jam kerja dari diterima sampai selesai, untuk yang selesai 30 hari terakhir, tidak dibuka kembali; "
            + COUNTS_112,
            "90th percentile of working hours from receipt to closing, for those closed in the last 30 days and not reopened; "
            + COUNTS_112_EN,
        ),
        rule=OWN,
        form=Quantile(where=solved_in, value=pl.col("jam_penyelesaian"), q=0.9, bounds=True),
        needs=CLOSINGS,
    ),
    complaints(
        id="respons_112_p90",
        title=words("Waktu tiba 112 (P90)", "112 time to the scene (P90)"),
        short=words("Waktu tiba 112", "112 on scene"),
        unit="menit",
        decimals=1,
        better="down",
        definition="Menit dari panggilan 112 sampai petugas tiba: sembilan dari sepuluh kejadian didatangi lebih cepat.",
        formula=words(
            "persentil ke-90 menit (jam kalender) dari panggilan sampai tiba di lokasi, tiket 112, 30 hari terakhir",
            "90th percentile of calendar minutes from the call to arrival on scene, 112 tickets, last 30 days",
        ),
        rule=OWN,
        window=Window.DAYS30,
        form=Quantile(where=lambda when: answered_in(when) & CALLS.rows, value=pl.col("jam_respons") * 60, q=0.9, bounds=True),
        needs=Needs(rows=CALLS.rows & pl.col("responded").is_not_null(), what="waktu tiba 112"),
        n_min=20,
        cuts=(None, "kecamatan"),
    ),
    complaints(
        id="aduan_ditutup_30h",
        title=words("Aduan ditutup 30 hari", "Complaints closed in 30 days"),
        short=words("Ditutup 30 hari", "Closed, 30 days"),
        better="neutral",
        definition="Aduan yang ditutup petugas dalam 30 hari terakhir, juga yang lalu dibuka kembali; belum berarti terbukti.",
        formula=words(
            "aduan yang ditutup dalam 30 hari terakhir, termasuk yang sejak itu dibuka kembali",
            "complaints closed in the last 30 days, those opened again since included",
        ),
        rule=OWN,
        window=Window.DAYS30,
        form=Count(where=closed_in),
        needs=CLOSINGS,
        by_opd="holder",
    ),
    share(
        id="aduan_dibuka_kembali",
        title=words("Aduan dibuka kembali", "Complaints reopened"),
        short=words("Dibuka kembali", "Reopened"),
        better="down",
        definition="Bagian aduan yang ditutup lalu dibuka kembali karena ternyata belum selesai.",
        formula=words(
            "dibuka kembali paling lambat 30 hari sesudah ditutup / ditutup, 30 hari terakhir",
            "reopened within 30 days of closing / closed, last 30 days",
        ),
        rule=OWN,
        form=Share(where=closed_in, part=REOPENED_SOON),
        needs=REOPENED,
    ),
    share(
        id="penutupan_terbukti",
        title=words("Penutupan terbukti", "Proven closings"),
        short=words("Penutupan terbukti", "Proven"),
        better="up",
        definition="Bagian aduan selesai yang penutupannya divalidasi petugas lain atau dikonfirmasi pelapor.",
        formula=words(
            "divalidasi atau dikonfirmasi pelapor, dan tidak dibuka kembali dalam 30 hari / selesai, 30 hari terakhir",
            "validated or confirmed by the citizen, and not reopened within 30 days / done, last 30 days",
        ),
        rule=CRM,
        form=Share(where=done_in, part=PROVEN.rows & NOT_REOPENED),
        needs=PROVEN,
    ),
    share(
        id="penutupan_divalidasi",
        title=words("Penutupan divalidasi", "Validated closings"),
        short=words("Divalidasi", "Validated"),
        better="up",
        definition="Bagian aduan selesai yang penutupannya diperiksa dan disahkan petugas.",
        formula=words("divalidasi / selesai, 30 hari terakhir", "validated / done, last 30 days"),
        rule=CRM,
        form=Share(where=done_in, part=VALIDATED.rows),
        needs=VALIDATED,
    ),
    share(
        id="penutupan_dikonfirmasi",
        title=words("Penutupan dikonfirmasi pelapor", "Closings confirmed by citizens"),
        short=words("Dikonfirmasi pelapor", "Confirmed"),
        better="up",
        definition="Bagian aduan selesai yang oleh pelapornya dinyatakan benar selesai.",
        formula=words("dikonfirmasi pelapor / selesai, 30 hari terakhir", "confirmed by the citizen / done, last 30 days"),
        rule=CRM,
        form=Share(where=done_in, part=CONFIRMED.rows),
        needs=CONFIRMED,
    ),
    complaints(
        id="aduan_ditutup_tanpa_jawaban",
        by_opd="holder",
        title=words("Aduan ditutup tanpa jawaban", "Complaints closed without an answer"),
        short=words("Ditutup tanpa jawaban", "Closed unanswered"),
        better="down",
        definition="Aduan yang dinyatakan selesai walau tidak ada catatan jawaban kepada pelapor.",
        formula=words(
            "selesai dalam 30 hari terakhir tanpa waktu jawaban pertama",
            "closed as done in the last 30 days without a time of a first answer",
        ),
        rule=OWN,
        window=Window.DAYS30,
        form=Count(where=lambda when: done_in(when) & pl.col("responded").is_null()),
        needs=ANSWERS,
    ),
)
