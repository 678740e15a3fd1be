"""Services: how many were served today, and which share within the standard time."""

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


@pytest.mark.parametrize(("kpi", "value", "n"), [("layanan_hari_ini", 42, 2), ("layanan_tepat_waktu", 100 * 65 / 70, 70)])
def test_counters(tmp_path: Path, city: City, kpi: str, value: float, n: int) -> None:
    reading = figure(tmp_path, city, kpi, table(Service, COUNTERS))
    assert reading.value == pytest.approx(value)
    assert reading.n == n
