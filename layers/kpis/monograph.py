"""People and the monograph (monografi): how many live where, and which kelurahan filled in their form."""

from __future__ import annotations

from datetime import date
from functools import partial

import polars as pl

from layers.catalog import Count, Kpi, Ratio, Rule, Share, Total, When, Window, words
from layers.model import Kind

ADMINDUK = Rule(
    name="UU 24/2013 tentang Administrasi Kependudukan", article="data kependudukan bersih", valid_from=date(2013, 12, 24)
)
PROFILE = Rule(name="Permendagri 12/2007 tentang Profil Desa dan Kelurahan", article="-", valid_from=date(2007, 3, 28))
FILLED = "monografi.kelengkapan"

figure = partial(
    Kpi,
    kind=Kind.MEASUREMENT,
    window=Window.NOW,
    history=False,
    cuts=(None, "kecamatan", "area"),
)
people = partial(
    figure,
    owner="Dinas Kependudukan dan Pencatatan Sipil",
    concept="Kependudukan",
    classification="Kependudukan: jumlah",
    rule=ADMINDUK,
    decimals=0,
    better="neutral",
)
form = partial(
    figure,
    owner="Bagian Tata Pemerintahan, Setda",
    concept="Monografi kelurahan",
    classification="Pemerintahan umum: monografi",
    rule=PROFILE,
    names=(FILLED,),
)


def latest(when: When, *, name: str) -> pl.Expr:
    """The latest value of one measure."""
    return pl.col("latest") & (pl.col("name") == name) & when.by_end("measured")


KPIS: tuple[Kpi, ...] = (
    *(
        people(
            id=column,
            title=words(title, english),
            short=words(title, english),
            unit=unit,
            definition=meaning,
            formula=words(
                f"jumlah {unit} tiap kelurahan menurut pencacahan terakhir; dari dua sumber berlaku yang lebih baru",
                f"sum over the kelurahan of the latest count ({english.lower()}); of two sources the newer holds",
            ),
            form=Total(where=partial(latest, name=f"penduduk.{name}"), value=pl.col("value")),
            names=(f"penduduk.{name}",),
        )
        for column, name, title, english, unit, meaning in (
            ("penduduk", "jumlah", "Penduduk", "Residents", "orang", "Penduduk yang tercatat pada pencacahan terakhir."),
            ("keluarga", "keluarga", "Keluarga", "Households", "keluarga", "Keluarga yang tercatat pada pencacahan terakhir."),
            (
                *("penduduk_laki_laki", "laki_laki", "Penduduk laki-laki", "Male residents", "orang"),
                "Penduduk laki-laki yang tercatat pada pencacahan terakhir.",
            ),
            (
                *("penduduk_perempuan", "perempuan", "Penduduk perempuan", "Female residents", "orang"),
                "Penduduk perempuan yang tercatat pada pencacahan terakhir.",
            ),
        )
    ),
    form(
        id="monografi_masuk",
        title=words("Kelurahan dengan monografi", "Kelurahan with a monograph"),
        short=words("Monografi masuk", "Monographs"),
        unit="kelurahan",
        decimals=0,
        better="up",
        definition="Kelurahan yang formulir monografinya sudah masuk.",
        formula=words("kelurahan yang formulirnya terbaca", "kelurahan whose form was read"),
        form=Count(where=partial(latest, name=FILLED), distinct="area"),
        cuts=(None, "kecamatan"),
    ),
    form(
        id="monografi_kelengkapan",
        title=words("Kelengkapan monografi", "Completeness of monographs"),
        short=words("Kelengkapan monografi", "Completeness"),
        unit="persen",
        decimals=1,
        better="up",
        definition="Bagian isian wajib monografi yang terisi.",
        formula=words(
            "isian wajib yang terisi / isian wajib, formulir terakhir tiap kelurahan, tiap kelurahan dihitung sama",
            "required fields filled / required fields, the latest form of each kelurahan, each counting alike",
        ),
        form=Ratio(where=partial(latest, name=FILLED), part=pl.col("value"), whole=pl.lit(1.0)),
    ),
    form(
        id="monografi_lengkap",
        title=words("Kelurahan bermonografi lengkap", "Kelurahan with a whole monograph"),
        short=words("Monografi lengkap", "Whole monographs"),
        unit="persen",
        decimals=1,
        better="up",
        definition="Bagian kelurahan yang semua isian wajib monografinya terisi.",
        formula=words(
            "formulir dengan semua isian wajib terisi / formulir yang masuk",
            "forms with every required field filled / forms received",
        ),
        form=Share(where=partial(latest, name=FILLED), part=pl.col("value") >= 1),
        cuts=(None, "kecamatan"),
    ),
)
