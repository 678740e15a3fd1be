"""Services: how many were served, which share within the standard time, how long they waited, how much is digital."""

from __future__ import annotations

from pathlib import Path

import pytest

from layers.city import City
from layers.model import Service
from tests.layers.kpis.worked import figure, table

COUNTERS = """
hari        | dilayani | tepat waktu | catatan
22 Nov 2026 | 30       | 27          |
22 Nov 2026 | 12       |             | loket yang tidak mencatat waktu
21 Nov 2026 | 40       | 38          |
01 Oct 2026 | 99       | 1           | lebih dari 30 hari yang lalu
"""

QUEUE = """
kali | hari        | antre | dilayani | menunggu | catatan
18   | 20 Nov 2026 | 1     | 1        | 10       |
2    | 20 Nov 2026 | 1     | 1        | 60       |
1    | 20 Nov 2026 | 1     | 0        |          | pulang sebelum dipanggil
3    | 01 Oct 2026 | 1     | 1        | 90       | lebih dari 30 hari yang lalu
"""

DIGITAL = """
hari        | layanan    | daring | dilayani | catatan
20 Nov 2026 | KTP        | tidak  | 30       |
20 Nov 2026 | Akta lahir | tidak  | 10       |
21 Nov 2026 | Akta lahir | ya     | 20       | juga di loket: satu jenis layanan
20 Nov 2026 | Izin usaha | ya     | 40       |
20 Nov 2026 | KK         |        | 50       | tidak disebut daring atau tidak
"""


@pytest.mark.parametrize(
    ("kpi", "text", "value", "n"),
    [
        ("layanan_hari_ini", COUNTERS, 42, 2),
        ("layanan_30h", COUNTERS, 82, 3),
        ("layanan_tepat_waktu", COUNTERS, 100 * 65 / 70, 70),
        ("antrean_median", QUEUE, 10, 20),
        ("antrean_p90", QUEUE, 15, 20),  # 18.1 of 20 in order: a tenth of the way from 10 to 60
        ("antrean_terlayani", QUEUE, 100 * 20 / 21, 21),
        ("layanan_digital", DIGITAL, 100 * 2 / 4, 4),
        ("pemakaian_digital", DIGITAL, 100 * 60 / 100, 100),
    ],
)
def test_counters(tmp_path: Path, city: City, kpi: str, text: str, value: float, n: int) -> None:
    reading = figure(tmp_path, city, kpi, table(Service, text))
    assert reading.value == pytest.approx(value)
    assert reading.n == n
