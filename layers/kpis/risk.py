"""Red flags of procurement, after opentender.net: scores 1 to 5. A high score is a risk, not proof."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import partial, reduce

import polars as pl

from layers.catalog import Count, Kpi, Mean, Needs, Quantile, Rule, Share, When, Window, moment, words
from layers.frames import SEN
from layers.kpis.procurement import CONTRACTS, METHOD, TENDERS, contracted, packages

RULE = Rule(name="Kriteria opentender.net", article="-", valid_from=date(2025, 1, 1))
THRESHOLDS = Rule(
    name="Perpres 12/2021 dan Perpres 46/2025 (ambang konsultansi perlu dicocokkan)",
    article="pengadaan langsung",
    valid_from=date(2021, 2, 2),
)
SAID = "; skor tinggi adalah risiko, bukan bukti"
SAID_EN = "; a high score is a risk, not proof"
HIGH = 4.0
MILLION = 1_000_000 * SEN


def steps(value: pl.Expr, *bounds: tuple[float, int], above: int) -> pl.Expr:
    """The score of the first bound that the value does not exceed, else ``above``; null stays null."""
    ladder = reduce(lambda other, step: pl.when(value <= step[0]).then(step[1]).otherwise(other), reversed(bounds), pl.lit(above))
    return pl.when(value.is_not_null()).then(ladder)


DAYS = (pl.col("selected") - pl.col("announced")).dt.total_days()
DURATION = steps(pl.when(DAYS >= 0).then(DAYS), (25, 1), (35, 2), (45, 3), (70, 4), above=5)
"""Days from announcement to winner."""

BELOW = 100 * (pl.col("hps") - pl.col("value")) / pl.col("hps")
ESTIMATE = (
    pl.when(BELOW < 0)
    .then(5)
    .otherwise(steps(BELOW.floor(), (0, 5), (1, 4), (2, 3), (3, 2), (7, 1), (11, 2), (15, 3), (19, 4), above=5))
)
"""The contract against the owner's estimate (HPS), in percent below it; above it is 5."""

SIZE = steps(pl.col("value"), (500 * MILLION, 1), (1_000 * MILLION, 2), (5_000 * MILLION, 3), (10_000 * MILLION, 4), above=5)
TITLE = pl.when(pl.col("title").str.len_chars() <= 20).then(5)
"""A title that says nothing; longer ones are not scored."""

SCORE = pl.mean_horizontal(DURATION, ESTIMATE, SIZE, TITLE)
"""The mean of the scores that can be given; null where the contract's value is not known."""

VALUED = Needs(rows=CONTRACTS.rows & pl.col("value").is_not_null(), what="nilai kontrak")
ESTIMATED = Needs(rows=VALUED.rows & (pl.col("hps") > 0), what="HPS dan nilai kontrak")
CHOSEN = Needs(rows=pl.col("selected").is_not_null(), what="tanggal penetapan pemenang")


# --- several packages just under the threshold of direct procurement ----------------------------

RAISED = moment(datetime(2025, 4, 29, 17, tzinfo=UTC))
"""30 April 2025 in Jakarta, when Perpres 46/2025 raised the threshold of works."""

NEAR = 0.9
"""Just under: from this part of the threshold up to it."""

APART = timedelta(days=60)
KIND = pl.col("bought").cast(pl.String).str.to_lowercase()
SIGNED = pl.coalesce("contracted", "selected", "announced")
LIMIT = (
    pl.when(KIND.str.contains("konsult"))
    .then(100 * MILLION)
    .when(KIND.str.contains("konstruksi") & (SIGNED >= RAISED))
    .then(400 * MILLION)
    .when(KIND.is_not_null())
    .then(200 * MILLION)
)
"""The threshold of direct procurement at the day of the package: consultancy 100 million, works 400 since :data:`RAISED`."""

DIRECT = (
    (METHOD == "pengadaanlangsung")
    & pl.col("opd").is_not_null()
    & pl.col("provider").is_not_null()
    & pl.col("value").is_not_null()
)
CLOSE = (DIRECT & (pl.col("stage") != "batal") & pl.col("value").is_between(NEAR * LIMIT, LIMIT)).fill_null(value=False)
_GROUP = [CLOSE.alias("close"), pl.col("opd"), pl.col("provider")]


def beside(step: int) -> pl.Expr:
    """How far in time the next such package of the same OPD and provider is, before or after."""
    return (SIGNED - SIGNED.shift(step)).abs().over(_GROUP, order_by=SIGNED)


SPLIT = CLOSE & ((beside(1) <= APART) | (beside(-1) <= APART)).fill_null(value=False)
"""One of several packages just under the threshold from one OPD to one provider within 60 days."""


def scored(when: When) -> pl.Expr:
    """Contracted this year, with a value."""
    return contracted(when) & pl.col("value").is_not_null()


risk = partial(packages, rule=RULE, window=Window.YEAR, cuts=(None, "opd"), better="down", needs=VALUED)

KPIS: tuple[Kpi, ...] = (
    risk(
        id="skor_risiko_pengadaan",
        title=words("Skor risiko pengadaan", "Procurement risk score"),
        short=words("Skor risiko", "Risk score"),
        unit="skor 1-5",
        decimals=2,
        definition="Rata-rata skor tanda bahaya paket yang berkontrak tahun ini, 1 (rendah) sampai 5.",
        formula=words(
            "rata-rata atas paket dari rata-rata skor lama pemilihan, nilai terhadap HPS, besar nilai, dan judul" + SAID,
            "mean over packages of the mean score of days to the winner, value against HPS, size, and title" + SAID_EN,
        ),
        form=Mean(where=scored, value=SCORE),
    ),
    risk(
        id="paket_risiko_tinggi",
        title=words("Paket berisiko tinggi", "High-risk packages"),
        short=words("Risiko tinggi", "High risk"),
        unit="persen",
        decimals=1,
        definition="Bagian paket yang berkontrak tahun ini dengan skor risiko 4 atau lebih.",
        formula=words(
            "paket berskor risiko >= 4 / paket berkontrak tahun ini yang nilainya diketahui" + SAID,
            "packages with a risk score >= 4 / packages contracted this year whose value is known" + SAID_EN,
        ),
        form=Share(where=scored, part=(SCORE >= HIGH).fill_null(value=False)),
    ),
    risk(
        id="kontrak_dekat_hps",
        title=words("Kontrak kurang dari 1 % di bawah HPS, atau di atasnya", "Contracts within 1 % of the estimate, or above it"),
        short=words("Dekat HPS", "Near the estimate"),
        unit="persen",
        decimals=1,
        definition="Bagian paket yang nilai kontraknya hampir sama dengan atau di atas harga perkiraan sendiri.",
        formula=words(
            "nilai kontrak di atas HPS atau kurang dari 1 % di bawahnya / paket berkontrak tahun ini yang ber-HPS" + SAID,
            "value above HPS or less than 1 % below it / packages contracted this year with an HPS" + SAID_EN,
        ),
        form=Share(where=lambda when: scored(when) & (pl.col("hps") > 0), part=(BELOW < 1).fill_null(value=False)),
        needs=ESTIMATED,
    ),
    risk(
        id="lama_pemilihan",
        title=words("Lama pemilihan penyedia (median)", "Days to select a provider (median)"),
        short=words("Lama pemilihan", "Days to select"),
        unit="hari",
        decimals=0,
        definition="Hari dari pengumuman sampai penetapan pemenang: separuh paket lebih cepat.",
        formula=words(
            "median hari kalender dari pengumuman sampai penetapan pemenang, yang ditetapkan tahun ini",
            "median calendar days from announcement to winner, for those decided this year",
        ),
        form=Quantile(where=lambda when: when.holds("selected"), value=pl.when(DAYS >= 0).then(DAYS), bounds=True),
        needs=CHOSEN,
    ),
    risk(
        id="paket_dipecah",
        title=words("Paket berdekatan tepat di bawah ambang", "Packages close together just under the threshold"),
        short=words("Dugaan pemecahan", "Possible splitting"),
        unit="paket",
        decimals=0,
        definition="Paket pengadaan langsung satu OPD dengan satu penyedia, nilainya tepat di bawah ambang, dalam 60 hari.",
        formula=words(
            "paket yang berkontrak tahun ini, bernilai 90 sampai 100 % dari ambang pengadaan langsung, dengan paket serupa "
            "dari OPD dan penyedia yang sama dalam 60 hari; ambang Rp200 juta, konstruksi Rp400 juta sejak 30 April 2025, "
            "konsultansi Rp100 juta" + SAID,
            "packages contracted this year worth 90 to 100 % of the threshold of direct procurement, with another of the "
            "same OPD and provider within 60 days; threshold Rp200 million, works Rp400 million since 30 April 2025, consultancy "
            "Rp100 million" + SAID_EN,
        ),
        rule=THRESHOLDS,
        form=Count(where=lambda when: contracted(when) & SPLIT),
        needs=Needs(rows=DIRECT & pl.col("bought").is_not_null(), what="penyedia, nilai, dan jenis pengadaan langsung"),
    ),
    risk(
        id="peserta_tunggal",
        title=words("Tender dengan satu penawar", "Tenders with a single bidder"),
        short=words("Penawar tunggal", "Single bidder"),
        unit="persen",
        decimals=1,
        definition="Bagian tender, tender cepat, dan seleksi yang pemenangnya ditetapkan tahun ini dengan hanya satu penawar.",
        formula=words(
            "paket dengan satu penawar / paket yang jumlah penawarnya diketahui, pemenang ditetapkan tahun ini" + SAID,
            "packages with one bidder / packages whose number of bidders is known, decided this year" + SAID_EN,
        ),
        form=Share(where=lambda when: when.holds("selected") & TENDERS & (pl.col("bidders") > 0), part=pl.col("bidders") == 1),
        needs=Needs(rows=pl.col("bidders").is_not_null(), what="jumlah penawar"),
    ),
)
