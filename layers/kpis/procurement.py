"""Procurement (pengadaan): what was announced this budget year, and what was contracted. Money is rupiah.

Of a package that several systems report, :func:`layers.packages.once` leaves the furthest before anything is counted.
"""

from __future__ import annotations

from datetime import date
from functools import partial

import polars as pl

from layers.catalog import Count, Kpi, Needs, Ratio, Rule, Share, Total, When, Window, words
from layers.frames import SEN
from layers.model import Kind, Stage

PERPRES = Rule(
    name="Perpres 16/2018 tentang Pengadaan Barang/Jasa Pemerintah", article="pengumuman RUP", valid_from=date(2018, 3, 22)
)
OWNER = "Bagian Pengadaan Barang/Jasa, Setda"

METHOD = pl.col("method").cast(pl.String).str.to_lowercase().str.replace_all("[^a-z]", "")
E_PURCHASING = METHOD == "epurchasing"
LIVE = pl.col("stage") != Stage.CANCELLED.value
CONTRACTS = Needs(rows=pl.col("contracted").is_not_null(), what="tanggal kontrak")
CATALOGUE = Needs(rows=E_PURCHASING, what="paket e-purchasing")
PLANS = Needs(rows=pl.col("pagu").is_not_null(), what="pagu")
LOCAL = Rule(name="Perpres 12/2021 (angka lantai 40 % perlu dicocokkan)", article="-", valid_from=date(2021, 2, 2))

packages = partial(
    Kpi,
    owner=OWNER,
    kind=Kind.PACKAGE,
    concept="Pengadaan barang/jasa",
    classification="Keuangan daerah: pengadaan",
)
"""A KPI about packages."""

yearly = partial(packages, rule=PERPRES, window=Window.YEAR)
amount = partial(yearly, unit="rupiah", decimals=0, better="neutral")
count = partial(yearly, unit="paket", decimals=0, better="neutral")
percent = partial(yearly, unit="persen", decimals=1, cuts=(None, "opd"))


def announced(when: When) -> pl.Expr:
    """Announced for this budget year by now, and not cancelled; a plan may be announced the year before."""
    return (pl.col("year") == when.year) & when.by_end("announced") & LIVE


def contracted(when: When) -> pl.Expr:
    """Contracted since 1 January, and not cancelled."""
    return when.holds("contracted") & LIVE


def at_stage(when: When, *, stage: Stage) -> pl.Expr:
    """Of this budget year, and now at that stage."""
    return (pl.col("year") == when.year) & when.by_end("announced") & (pl.col("stage") == stage.value)


def by_method(when: When, *, method: str) -> pl.Expr:
    """Announced for this budget year, to be bought by that method."""
    return announced(when) & (method == METHOD)


def worth(column: str, when: When) -> pl.Expr:
    """Contracted this year, with a value and a known part of it."""
    return contracted(when) & pl.col("value").is_not_null() & pl.col(column).is_not_null()


TENDERS = METHOD.is_in(["tender", "tendercepat", "seleksi"])

STAGES = {
    Stage.PLANNED: ("masih rencana", "still planned", "belum diproses pemilihannya"),
    Stage.SELECTION: ("dalam pemilihan", "in selection", "sedang dalam pemilihan penyedia"),
    Stage.CONTRACT: ("berkontrak", "under contract", "sedang dilaksanakan dengan kontrak"),
    Stage.DONE: ("selesai", "finished", "sudah diserahterimakan"),
    Stage.CANCELLED: ("batal", "cancelled", "dibatalkan"),
}
METHODS = {
    "tender": ("tender", "open tender"),
    "tendercepat": ("tender cepat", "fast tender"),
    "seleksi": ("seleksi", "selection of consultants"),
    "pengadaanlangsung": ("pengadaan langsung", "direct procurement"),
    "penunjukanlangsung": ("penunjukan langsung", "direct appointment"),
    "epurchasing": ("e-purchasing", "e-purchasing"),
    "swakelola": ("swakelola", "self-managed work"),
}

KPIS: tuple[Kpi, ...] = (
    count(
        id="paket_diumumkan",
        title=words("Paket pengadaan diumumkan", "Procurement packages announced"),
        short=words("Paket diumumkan", "Packages"),
        definition="Paket pengadaan tahun anggaran ini yang sudah diumumkan kepada umum.",
        formula=words(
            "paket tahun anggaran ini yang sudah diumumkan dan tidak dibatalkan; kode RUP yang sama dihitung sekali",
            "packages of this budget year announced and not cancelled; the same RUP code counts once",
        ),
        form=Count(where=announced),
    ),
    amount(
        id="pagu_diumumkan",
        title=words("Pagu paket diumumkan", "Budget of packages announced"),
        short=words("Pagu diumumkan", "Budget announced"),
        definition="Anggaran paket pengadaan tahun ini yang sudah diumumkan.",
        formula=words(
            "jumlah pagu paket tahun anggaran ini yang sudah diumumkan dan tidak dibatalkan; kode RUP yang sama dihitung sekali",
            "sum of the budgets of this year's packages announced and not cancelled; the same RUP code counts once",
        ),
        form=Total(where=announced, value=pl.col("pagu"), per=SEN),
        needs=PLANS,
    ),
    amount(
        id="nilai_kontrak",
        title=words("Nilai kontrak tahun ini", "Contract value this year"),
        short=words("Nilai kontrak", "Contracts"),
        definition="Nilai paket pengadaan yang ditandatangani kontraknya sejak 1 Januari.",
        formula=words(
            "jumlah nilai paket yang berkontrak sejak 1 Januari dan tidak dibatalkan; kode RUP yang sama dihitung sekali",
            "sum of the values of packages contracted since 1 January and not cancelled; the same RUP code counts once",
        ),
        form=Total(where=contracted, value=pl.col("value"), per=SEN),
        needs=CONTRACTS,
    ),
    amount(
        id="epurchasing_nilai",
        title=words("Nilai e-purchasing tahun ini", "E-purchasing value this year"),
        short=words("E-purchasing", "E-purchasing"),
        definition="Nilai belanja tahun anggaran ini melalui katalog elektronik.",
        formula=words(
            "jumlah nilai paket e-purchasing tahun anggaran ini yang tidak dibatalkan; kode RUP yang sama dihitung sekali",
            "sum of the values of this budget year's e-purchasing packages not cancelled; the same RUP code counts once",
        ),
        form=Total(where=lambda when: announced(when) & E_PURCHASING, value=pl.col("value"), per=SEN),
        needs=CATALOGUE,
    ),
    percent(
        id="realisasi_pengadaan",
        title=words("Realisasi terhadap rencana pengadaan", "Contracts against plans"),
        short=words("Realisasi pengadaan", "Contracted"),
        better="up",
        definition="Bagian pagu yang diumumkan yang sudah menjadi kontrak.",
        formula=words(
            "nilai kontrak / pagu diumumkan, paket tahun anggaran ini yang pagunya diketahui",
            "contract value / announced budget, packages of this budget year whose budget is known",
        ),
        form=Ratio(
            where=lambda when: announced(when) & PLANS.rows,
            part=pl.when(CONTRACTS.rows).then(pl.col("value")).otherwise(0),
            whole=pl.col("pagu"),
            per=SEN,
        ),
        needs=Needs(rows=PLANS.rows & CONTRACTS.rows, what="pagu dan tanggal kontrak"),
    ),
    percent(
        id="e_kontrak",
        title=words("Kontrak tercatat dari pemilihan selesai", "Contracts recorded of selections finished"),
        short=words("e-Kontrak", "e-Contract"),
        better="up",
        definition="Bagian paket yang pemenangnya sudah ditetapkan tahun ini yang kontraknya tercatat.",
        formula=words(
            "paket berkontrak / paket yang pemenangnya ditetapkan tahun ini",
            "packages with a contract / packages whose winner was decided this year",
        ),
        form=Share(
            where=lambda when: when.holds("selected") & LIVE, part=lambda when: when.by_end("contracted").fill_null(value=False)
        ),
        needs=Needs(rows=pl.col("selected").is_not_null(), what="tanggal penetapan pemenang"),
    ),
    percent(
        id="epurchasing_selesai",
        title=words("Paket e-purchasing selesai", "E-purchasing packages finished"),
        short=words("e-Purchasing selesai", "E-purchasing done"),
        better="up",
        definition="Bagian paket e-purchasing tahun ini yang sudah selesai.",
        formula=words(
            "paket e-purchasing selesai / paket e-purchasing tahun anggaran ini yang tidak dibatalkan",
            "e-purchasing packages finished / e-purchasing packages of this budget year not cancelled",
        ),
        form=Share(where=lambda when: announced(when) & E_PURCHASING, part=pl.col("stage") == Stage.DONE.value),
        needs=CATALOGUE,
        history=False,
    ),
    *(
        percent(
            id=f"porsi_{column}",
            title=words(f"Porsi {name}", f"Share of {english}"),
            short=words(f"Porsi {column.upper()}", english.capitalize()),
            better="up",
            definition=f"Bagian nilai kontrak tahun ini yang dibelanjakan untuk {name}.",
            formula=words(
                f"nilai {name} / nilai kontrak, paket berkontrak tahun ini yang menyebutkannya",
                f"value of {english} / contract value, packages contracted this year that state it",
            ),
            rule=LOCAL,
            form=Ratio(where=partial(worth, column), part=pl.col(column), whole=pl.col("value"), per=SEN),
            needs=Needs(rows=pl.col(column).is_not_null(), what=f"nilai {name}"),
        )
        for column, name, english in (
            ("pdn", "produk dalam negeri", "domestic products"),
            ("umk", "usaha mikro dan kecil", "micro and small enterprises"),
        )
    ),
    *(
        count(
            id=f"paket_{stage.value}",
            title=words(f"Paket {said}", f"Packages {english}"),
            short=words(f"Paket {said}", english.capitalize()),
            definition=f"Paket tahun anggaran ini yang {meaning}.",
            formula=words(
                f"paket tahun anggaran ini yang sudah diumumkan dan kini {said}",
                f"packages of this budget year, announced and now {english}",
            ),
            form=Count(where=partial(at_stage, stage=stage)),
            cuts=(None, "opd"),
            history=False,
        )
        for stage, (said, english, meaning) in STAGES.items()
    ),
    *(
        amount(
            id=f"pagu_{stage.value}",
            title=words(f"Pagu paket {said}", f"Budget of packages {english}"),
            short=words(f"Pagu {said}", f"Budget {english}"),
            definition=f"Anggaran paket tahun anggaran ini yang {meaning}.",
            formula=words(
                f"jumlah pagu paket tahun anggaran ini yang sudah diumumkan dan kini {said}; pagu keempat tahap berjumlah "
                "pagu diumumkan",
                f"sum of the budgets of this year's packages, announced and now {english}; those of the four stages add up to "
                "the budget announced",
            ),
            form=Total(where=partial(at_stage, stage=stage), value=pl.col("pagu"), per=SEN),
            needs=PLANS,
            cuts=(None, "opd"),
            history=False,
        )
        for stage, (said, english, meaning) in STAGES.items()
        if stage is not Stage.CANCELLED
    ),
    *(
        count(
            id=f"metode_{method}",
            title=words(f"Paket {said}", f"Packages by {english}"),
            short=words(said.capitalize(), english.capitalize()),
            definition=f"Paket tahun anggaran ini yang dipilih dengan cara {said}.",
            formula=words(
                f"paket tahun anggaran ini yang sudah diumumkan, tidak dibatalkan, bermetode {said}",
                f"packages of this budget year announced and not cancelled, by {english}",
            ),
            form=Count(where=partial(by_method, method=method)),
            cuts=(None, "opd"),
        )
        for method, (said, english) in METHODS.items()
    ),
)
