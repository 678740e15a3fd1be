"""Satisfaction (IKM, PermenPANRB 14/2017): nine elements scored 1 to 4, known by name since sources swap their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial

import polars as pl

from layers.catalog import Kpi, Mean, Rule, Weighted, When, Window, moment, words
from layers.model import Kind

ELEMENTS: Mapping[str, tuple[str, str]] = {
    "persyaratan": ("Persyaratan", "Requirements"),
    "prosedur": ("Sistem, mekanisme, dan prosedur", "System and procedure"),
    "waktu": ("Waktu penyelesaian", "Time"),
    "biaya": ("Biaya/tarif", "Cost"),
    "produk": ("Produk spesifikasi jenis pelayanan", "Product"),
    "kompetensi": ("Kompetensi pelaksana", "Competence"),
    "perilaku": ("Perilaku pelaksana", "Conduct"),
    "pengaduan": ("Penanganan pengaduan, saran, dan masukan", "Handling of complaints"),
    "sarana": ("Sarana dan prasarana", "Facilities"),
}
WEIGHT = 1 / len(ELEMENTS)
"""The weight of an element, exactly: the regulation prints 0.11, by which the index could not reach 100."""

SCALE = 25
VALID = timedelta(days=400)
"""A survey older than this speaks for no unit any more; surveys are due each year."""

GRADES = ((88.31, "A", "Sangat baik"), (76.61, "B", "Baik"), (65.0, "C", "Kurang baik"), (25.0, "D", "Tidak baik"))
"""From which index, the grade (mutu pelayanan) and its words."""

RULE = Rule(name="PermenPANRB 14/2017", article="lampiran: pengolahan data survei", valid_from=date(2017, 5, 9))


def index(means: Mapping[str, float], weight: float = WEIGHT) -> float:
    """The IKM of the mean of each element (NRR); ``KeyError`` for an element that is missing."""
    return sum(means[element] * weight for element in ELEMENTS) * SCALE


def grade(ikm: float) -> tuple[str, str] | None:
    """The grade and its words; ``None`` below 25, which no survey can give."""
    return next(((letter, said) for least, letter, said in GRADES if round(ikm, 2) >= least), None)


def current(when: When) -> pl.Expr:
    """The latest survey of each unit, unless it is too old."""
    return pl.col("latest") & (pl.col("measured") > moment(when.end - VALID))


def of_element(when: When, *, element: str) -> pl.Expr:
    """The latest scores of one element."""
    return current(when) & (pl.col("name") == f"ikm.{element}")


survey = partial(
    Kpi,
    owner="Bagian Organisasi, Setda",
    kind=Kind.MEASUREMENT,
    better="up",
    rule=RULE,
    window=Window.NOW,
    concept="Kepuasan masyarakat",
    classification="Pelayanan publik: survei kepuasan masyarakat",
    history=False,
)

KPIS: tuple[Kpi, ...] = (
    survey(
        id="ikm",
        title=words("Indeks Kepuasan Masyarakat (IKM)", "Public satisfaction index (IKM)"),
        short=words("IKM", "Satisfaction"),
        unit="indeks",
        decimals=2,
        definition="Penilaian masyarakat atas sembilan unsur pelayanan, 25 sampai 100; mutu A mulai 88,31, B 76,61, C 65,00.",
        formula=words(
            "jumlah (NRR x 1/9) kesembilan unsur x 25, survei terakhir tiap unit, paling lama 400 hari; "
            "NRR = rata-rata skor unit; bobot 1/9 tepat, bukan 0,11",
            "sum of (mean x 1/9) of the nine elements x 25, each unit's latest survey of at most 400 days ago; "
            "mean of the units' scores; weight exactly 1/9, not 0.11",
        ),
        form=Weighted(
            where=current,
            value=pl.col("value"),
            by="name",
            weights=dict.fromkeys((f"ikm.{element}" for element in ELEMENTS), WEIGHT),
            scale=SCALE,
        ),
        names=tuple(f"ikm.{element}" for element in ELEMENTS),
        cuts=(None, "kecamatan", "opd"),
    ),
    *(
        survey(
            id=f"nrr_{element}",
            title=words(f"NRR: {title}", f"Mean score: {english}"),
            short=words(f"NRR {element}", english),
            unit="skor 1-4",
            decimals=2,
            definition=f"Nilai rata-rata unsur {title.lower()} dalam survei kepuasan masyarakat, 1 (terburuk) sampai 4.",
            formula=words(
                "rata-rata skor unit pelayanan, survei terakhir tiap unit, paling lama 400 hari; unit dihitung sama",
                "mean of the units' scores, each unit's latest survey of at most 400 days ago; units count alike",
            ),
            form=Mean(where=partial(of_element, element=element), value=pl.col("value")),
            names=(f"ikm.{element}",),
            cuts=(None, "opd"),
        )
        for element, (title, english) in ELEMENTS.items()
    ),
)
