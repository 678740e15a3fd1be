"""Red flags of procurement: the score of each criterion by its printed bounds, and the figures made of them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from layers.catalog import catalog
from layers.city import City
from layers.kpis.risk import DURATION, ESTIMATE, LIMIT, MILLION, SCORE, SIZE, SPLIT, TITLE
from layers.model import Kind, Package
from tests.layers.kpis.worked import figure, figures, room, table

LONG = "Pembangunan jembatan 2026"

# Of the first: 20 days 1, 0.5 % below 5, up to 500 million 1, short title 5: mean 3. Of the second: 5, 5, 5, no title: mean 5.
PACKAGES = """
diumumkan         | ditetapkan        | berkontrak        | tahap   | hps            | nilai          | judul
01 Mar 2026 09.00 | 21 Mar 2026 09.00 | 01 Apr 2026 09.00 | kontrak | 400.000.000    | 398.000.000    | Belanja ATK
01 Mar 2026 09.00 | 30 May 2026 09.00 | 01 Jun 2026 09.00 | kontrak | 20.000.000.000 | 20.100.000.000 | Pembangunan jembatan 2026
01 Mar 2026 09.00 | 30 May 2026 09.00 | 01 Jun 2026 09.00 | batal   | 20.000.000.000 | 20.100.000.000 | Pembangunan jembatan 2026
01 Mar 2026 09.00 |                   |                   | rencana |                |                | Belum dikontrak
"""


def scores(expression: pl.Expr, **columns: object) -> object:
    return pl.select(**{name: pl.lit(value) for name, value in columns.items()}).select(expression).item()


@pytest.mark.parametrize(
    ("days", "score"), [(0, 1), (25, 1), (26, 2), (35, 2), (36, 3), (45, 3), (46, 4), (70, 4), (71, 5), (-1, None)]
)
def test_days_to_the_winner(days: int, score: int | None) -> None:
    announced = pl.datetime(2026, 1, 1)
    frame = pl.select(announced=announced, selected=announced + pl.duration(days=days))
    assert frame.select(DURATION).item() == score


@pytest.mark.parametrize(
    ("value", "score"),
    [
        *((1_001, 5), (1_000, 5), (991, 5), (990, 4), (981, 4), (980, 3), (970, 2), (961, 2), (960, 1), (921, 1)),
        *((920, 2), (881, 2), (880, 3), (841, 3), (840, 4), (801, 4), (800, 5), (100, 5), (None, None)),
    ],
)
def test_the_contract_against_the_estimate(value: int | None, score: int | None) -> None:
    frame = pl.DataFrame({"hps": [1_000], "value": [value]}, schema={"hps": pl.Int64, "value": pl.Int64})
    assert frame.select(ESTIMATE).item() == score


@pytest.mark.parametrize(("million", "score"), [(1, 1), (500, 1), (501, 2), (1_000, 2), (5_000, 3), (10_000, 4), (10_001, 5)])
def test_the_size(million: int, score: int) -> None:
    assert scores(SIZE, value=million * 1_000_000 * 100) == score


@pytest.mark.parametrize(("title", "score"), [("", 5), ("x" * 20, 5), ("x" * 21, None)])
def test_the_title(title: str, score: int | None) -> None:
    assert scores(TITLE, title=title) == score


def test_what_is_not_known_is_not_scored() -> None:
    nothing = {"announced": None, "selected": None, "hps": None, "value": None}
    types = {"announced": pl.Datetime("us", "UTC"), "selected": pl.Datetime("us", "UTC"), "hps": pl.Int64, "value": pl.Int64}
    frame = pl.DataFrame([nothing | {"title": LONG}], schema=types | {"title": pl.String})
    assert frame.select(SCORE).item() is None


@pytest.mark.parametrize(
    ("kpi", "value", "n"),
    [("skor_risiko_pengadaan", 4, 2), ("paket_risiko_tinggi", 50, 2), ("kontrak_dekat_hps", 100, 2), ("lama_pemilihan", 90, 3)],
)
def test_packages(tmp_path: Path, city: City, kpi: str, value: float, n: int) -> None:
    reading = figure(tmp_path, city, kpi, table(Package, PACKAGES))
    assert (reading.value, reading.n) == (pytest.approx(value), n)


@pytest.mark.parametrize(
    "kpi", ["skor_risiko_pengadaan", "paket_risiko_tinggi", "kontrak_dekat_hps", "paket_dipecah", "peserta_tunggal"]
)
def test_each_says_that_a_risk_is_no_proof(kpi: str) -> None:
    assert "risiko, bukan bukti" in catalog()[kpi].formula["id"]
    assert "risk, not proof" in catalog()[kpi].formula["en"]


# Flagged: the pair of PT A at DLH, the pair of works of PT B, the two consultancies. Not: what is far in time, in another
# OPD, of another provider, under 90 %, above the threshold, of another method, cancelled, or of an unknown kind.
SPLITTING = """
opd   | penyedia | jenis                  | metode             | tahap   | berkontrak        | nilai       | catatan
dlh   | PT A     | Pengadaan Barang       | Pengadaan Langsung | kontrak | 01 Mar 2026 09.00 | 199.000.000 | ya
dlh   | PT A     | Jasa Lainnya           | pengadaan langsung | kontrak | 30 Apr 2026 09.00 | 181.000.000 | ya, 60 hari
dlh   | PT A     | Pengadaan Barang       | pengadaan langsung | kontrak | 01 Jul 2026 09.00 | 199.000.000 | 62 hari sesudahnya
dpupr | PT A     | Pengadaan Barang       | pengadaan langsung | kontrak | 02 Mar 2026 09.00 | 199.000.000 | OPD lain
dlh   | PT C     | Pengadaan Barang       | pengadaan langsung | kontrak | 02 Mar 2026 09.00 | 179.000.000 | di bawah 90 %
dlh   | PT C     | Pengadaan Barang       | pengadaan langsung | kontrak | 03 Mar 2026 09.00 | 199.000.000 |
dpupr | PT B     | Pekerjaan Konstruksi   | pengadaan langsung | kontrak | 01 Mar 2026 09.00 | 399.000.000 | ya
dpupr | PT B     | Pekerjaan Konstruksi   | pengadaan langsung | kontrak | 08 Mar 2026 09.00 | 400.000.000 | ya
dpupr | PT B     | Pekerjaan Konstruksi   | pengadaan langsung | kontrak | 09 Mar 2026 09.00 | 199.000.000 | ambangnya 400 juta
dpupr | PT K     | Konsultansi Konstruksi | pengadaan langsung | kontrak | 01 Mar 2026 09.00 | 99.000.000  | ya
dpupr | PT K     | Jasa Konsultansi       | pengadaan langsung | kontrak | 05 Mar 2026 09.00 | 95.000.000  | ya
dlh   | PT D     | Pengadaan Barang       | tender             | kontrak | 02 Mar 2026 09.00 | 199.000.000 | tender
dlh   | PT D     | Pengadaan Barang       | pengadaan langsung | batal   | 02 Mar 2026 09.00 | 199.000.000 | batal
dlh   | PT D     |                        | pengadaan langsung | kontrak | 02 Mar 2026 09.00 | 199.000.000 | jenis tidak diketahui
dlh   | PT D     | Pengadaan Barang       | pengadaan langsung | kontrak | 02 Mar 2026 09.00 | 199.000.000 | sendirian
"""


def test_several_packages_just_under_the_threshold(tmp_path: Path, city: City) -> None:
    found = figures(tmp_path, city, "paket_dipecah", table(Package, SPLITTING))
    assert {opd: r.value for (_, opd), r in found.items() if r.value} == {None: 6, "dlh": 2, "dpupr": 4}


def test_the_threshold_of_works_is_that_of_its_day(tmp_path: Path, city: City) -> None:
    """Before 30 April 2025 two works of 199 million stood just under it, and two of 399 million were above."""
    frame = room(tmp_path, city, table(Package, SPLITTING.replace(" 2026 ", " 2025 "))).whole[Kind.PACKAGE]
    split = frame.filter(SPLIT)
    assert split.filter(pl.col("provider") == "PT B").height == 0
    assert split.filter(pl.col("provider") == "PT A").height == 2
    for day, most in (("2025-04-29 16:59:59", 200), ("2025-04-29 17:00:00", 400)):
        signed = frame.with_columns(contracted=pl.lit(day).str.to_datetime(time_zone="UTC"))
        assert signed.select(limit=LIMIT)["limit"].max() == most * MILLION


BIDDERS = """
tahun | diumumkan         | ditetapkan        | metode  | penawar | catatan
2026  | 10 Jan 2026 09.00 | 01 Mar 2026 09.00 | Tender  | 1       |
2026  | 10 Jan 2026 09.00 | 01 Mar 2026 09.00 | Seleksi | 4       |
2026  | 10 Jan 2026 09.00 | 01 Mar 2026 09.00 | Tender  | 2       |
2026  | 10 Jan 2026 09.00 | 01 Mar 2026 09.00 | Tender  | 9       |
2026  | 10 Jan 2026 09.00 | 01 Mar 2026 09.00 | Tender  |         | tidak disebut
2026  | 10 Jan 2026 09.00 | 01 Mar 2026 09.00 | Pengadaan Langsung | 1 | selalu satu
"""


def test_a_single_bidder(tmp_path: Path, city: City) -> None:
    reading = figure(tmp_path, city, "peserta_tunggal", table(Package, BIDDERS))
    assert (reading.value, reading.n) == (25, 4)
    silent = figure(tmp_path / "b", city, "peserta_tunggal", table(Package, PACKAGES))
    assert silent.why_none == "belum ada sumber yang memberi jumlah penawar"
