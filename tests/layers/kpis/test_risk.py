"""Red flags of procurement: the score of each criterion by its printed bounds, and the figures made of them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from layers.catalog import catalog
from layers.city import City
from layers.kpis.risk import DURATION, ESTIMATE, SCORE, SIZE, TITLE
from layers.model import Package
from tests.layers.kpis.worked import figure, table

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


@pytest.mark.parametrize("kpi", ["skor_risiko_pengadaan", "paket_risiko_tinggi", "kontrak_dekat_hps"])
def test_each_says_that_a_risk_is_no_proof(kpi: str) -> None:
    assert "risiko, bukan bukti" in catalog()[kpi].formula["id"]
    assert "risk, not proof" in catalog()[kpi].formula["en"]
