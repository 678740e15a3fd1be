"""People and monographs: the latest count and the latest form of each kelurahan."""

from __future__ import annotations

from pathlib import Path

import pytest

from layers.city import City
from layers.model import Measurement
from tests.layers.kpis.worked import figure, table

FACTS = """
ukuran                | hal             | kelurahan     | diukur            | nilai  | catatan
penduduk.jumlah       | DKB 2026        | 36.71.01.1001 | 30 Jun 2026 00.00 | 20.000 |
penduduk.jumlah       | Proyeksi 2025   | 36.71.01.1001 | 31 Dec 2025 00.00 | 19.000 | sumber lain, lebih lama
penduduk.jumlah       | DKB 2026        | 36.71.01.1002 | 30 Jun 2026 00.00 | 5.000  |
penduduk.keluarga     | DKB 2026        | 36.71.01.1001 | 30 Jun 2026 00.00 | 6.000  |
penduduk.laki_laki    | DKB 2026        | 36.71.01.1001 | 30 Jun 2026 00.00 | 9.900  |
penduduk.perempuan    | DKB 2026        | 36.71.01.1001 | 30 Jun 2026 00.00 | 10.100 |
monografi.kelengkapan | 36.71.01.1001   | 36.71.01.1001 | 30 Jun 2026 00.00 | 1      |
monografi.kelengkapan | 36.71.01.1002   | 36.71.01.1002 | 30 Jun 2026 00.00 | 0,5    |
monografi.kelengkapan | 36.71.01.1002   | 36.71.01.1002 | 31 Dec 2025 00.00 | 0,1    | formulir lama
"""


@pytest.mark.parametrize(
    ("kpi", "value", "n"),
    [
        ("penduduk", 25_000, 2),
        ("keluarga", 6_000, 1),
        ("penduduk_laki_laki", 9_900, 1),
        ("penduduk_perempuan", 10_100, 1),
        ("monografi_masuk", 2, 2),
        ("monografi_kelengkapan", 75, 2),
        ("monografi_lengkap", 50, 2),
    ],
)
def test_facts(tmp_path: Path, city: City, kpi: str, value: float, n: int) -> None:
    reading = figure(tmp_path, city, kpi, table(Measurement, FACTS))
    assert (reading.value, reading.n, reading.change) == (pytest.approx(value), n, None)
