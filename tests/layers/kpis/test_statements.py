"""Published statements: the latest one's numbers, and the share taken from its parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from layers.city import City
from layers.model import Measurement
from tests.layers.kpis.worked import figure, table

STATEMENTS = """
ukuran             | hal              | diukur            | nilai  | catatan
pernyataan.masuk   | Siaran pers Juni | 30 Jun 2026 00.00 | 14.012 | bukan yang terakhir
pernyataan.selesai | Siaran pers Juni | 30 Jun 2026 00.00 | 13.421 |
pernyataan.masuk   | Siaran pers Okt  | 31 Oct 2026 00.00 | 3.986  |
pernyataan.selesai | Siaran pers Okt  | 31 Oct 2026 00.00 | 3.824  |
pernyataan.persen  | Siaran pers Okt  | 31 Oct 2026 00.00 | 95,5   | yang tertulis tidak dihitung
pernyataan.masuk   | Siaran pers 2025 | 31 Dec 2025 00.00 | 9.999  | tahun lalu
"""


@pytest.mark.parametrize(
    ("kpi", "value", "n"),
    [("pernyataan_masuk", 3_986, 1), ("pernyataan_penyelesaian", 100 * 3_824 / 3_986, 1)],
)
def test_figures(tmp_path: Path, city: City, kpi: str, value: float, n: int) -> None:
    found = figure(tmp_path, city, kpi, table(Measurement, STATEMENTS))
    assert (found.value, found.n) == (pytest.approx(value), n)


def test_without_a_statement_there_is_no_value(tmp_path: Path, city: City) -> None:
    found = figure(tmp_path, city, "pernyataan_masuk", table(Measurement, "ukuran | nilai\npenduduk.jumlah | 5"))
    assert found.why_none == "belum ada sumber yang memberi pernyataan.masuk"
