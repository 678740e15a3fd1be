"""How many closings each suspicious pattern names: see :mod:`layers.suspicion`. A pattern is no proof."""

from __future__ import annotations

from functools import partial

import polars as pl

from layers.catalog import Count, Kpi, Needs, When, Window, words
from layers.kpis.closing import REOPENED, TIMELINESS
from layers.kpis.complaints import OWN, complaints
from layers.suspicion import BULK, LAST_MINUTE, MOVED, NO_PROOF, PHOTO
from layers.suspicion import REOPENED as AGAIN

PHOTOS = Needs(rows=pl.col("photo").is_not_null(), what="foto bukti penutupan")


def _named(when: When, *, pattern: str) -> pl.Expr:
    return when.holds("at") & (pl.col("pattern") == pattern)


def _count(pattern: str, title: tuple[str, str], formula: tuple[str, str], needs: Needs) -> Kpi:
    return complaints(
        id=f"curiga_{pattern}",
        title=words(*title),
        short=words(*title),
        better="down",
        definition=f"Aduan yang dikenai pola penutupan ini dalam 30 hari terakhir. {NO_PROOF}",
        formula=words(f"{formula[0]}; ambangnya ditetapkan kota", f"{formula[1]}; the city sets the thresholds"),
        rule=OWN,
        window=Window.DAYS30,
        form=Count(where=partial(_named, pattern=pattern)),
        needs=needs,
        by_opd="holder",
        pattern=pattern,
        history=False,
    )


KPIS: tuple[Kpi, ...] = (
    _count(
        BULK,
        ("Ditutup massal menjelang tenggat", "Closed in bulk before the deadline"),
        (
            "aduan yang ditutup satu OPD bersama banyak aduan lain dalam beberapa menit, tenggatnya sudah dekat",
            "complaints that one OPD closed together with many others within minutes, their deadlines near",
        ),
        TIMELINESS,
    ),
    _count(
        LAST_MINUTE,
        ("Ditutup menit terakhir", "Closed in the last minutes"),
        (
            "aduan yang ditutup menit-menit terakhir sebelum tenggat, pada OPD yang jauh lebih sering begitu daripada kebetulan",
            "complaints closed in the last minutes before the deadline, of OPDs that do so far more often than chance",
        ),
        TIMELINESS,
    ),
    _count(
        MOVED,
        ("Kategori diganti, tenggat mundur", "Re-categorised to a later deadline"),
        (
            "aduan yang tenggatnya mundur bersama kategori yang diganti, pada akhir waktunya atau sesudahnya",
            "complaints whose deadline was put later together with another category, late in their time or after it",
        ),
        TIMELINESS,
    ),
    _count(
        PHOTO,
        ("Foto bukti dipakai lagi", "Evidence photo used again"),
        (
            "aduan yang ditutup dengan foto yang sama (hash perseptual) seperti aduan lain di tempat lain",
            "complaints closed with the same photo (perceptual hash) as another complaint at another place",
        ),
        PHOTOS,
    ),
    _count(
        AGAIN,
        ("Segera dibuka kembali", "Reopened soon"),
        (
            "aduan yang dibuka kembali beberapa hari sesudah ditutup",
            "complaints opened again a few days after they were closed",
        ),
        REOPENED,
    ),
)
