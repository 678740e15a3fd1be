"""The situation: what holds now, what the last 24 hours brought, what the next bring."""

from __future__ import annotations

from pathlib import Path

import pytest

from layers.city import City
from layers.model import Measurement
from tests.layers.kpis.worked import figure, figures, table

WEATHER = """
ukuran           | hal           | kelurahan     | diukur            | nilai | catatan
peringatan.cuaca | 36.71.01.1001 | 36.71.01.1001 | 22 Nov 2026 10.00 | 2     |
peringatan.cuaca | 36.71.01.1002 | 36.71.01.1002 | 22 Nov 2026 10.00 | 3     |
peringatan.cuaca | 36.71.05.1001 | 36.71.05.1001 | 22 Nov 2026 10.00 | 0     | sudah berakhir
cuaca.hujan      | 36.71.01.1001 | 36.71.01.1001 | 22 Nov 2026 15.00 | 30    | lebat
cuaca.hujan      | 36.71.01.1001 | 36.71.01.1001 | 22 Nov 2026 18.00 | 45    | kelurahan yang sama
cuaca.hujan      | 36.71.01.1002 | 36.71.01.1002 | 22 Nov 2026 15.00 | 29,9  | belum lebat
cuaca.hujan      | 36.71.05.1001 | 36.71.05.1001 | 22 Nov 2026 09.00 | 80    | sudah lewat
gempa.dirasakan  | gempa A       |               | 01 Nov 2026 02.00 | 3     |
gempa.dirasakan  | gempa B       |               | 01 Oct 2026 02.00 | 4     | lebih dari 30 hari
"""

RAIN = """
ukuran      | hal           | kelurahan     | diukur            | nilai | catatan
cuaca.hujan | 36.71.01.1001 | 36.71.01.1001 | 22 Nov 2026 09.00 | 80    | tepat 3 jam lalu: sudah lewat
cuaca.hujan | 36.71.01.1001 | 36.71.01.1001 | 22 Nov 2026 10.00 | 7,5   | memuat saat ini
cuaca.hujan | 36.71.01.1002 | 36.71.01.1002 | 22 Nov 2026 12.00 | 12    | baru mulai
cuaca.hujan | 36.71.01.1001 | 36.71.01.1001 | 22 Nov 2026 15.00 | 3     |
cuaca.hujan | 36.71.01.1001 | 36.71.01.1001 | 23 Nov 2026 12.00 | 40    | tepat 24 jam lagi
cuaca.hujan | 36.71.01.1001 | 36.71.01.1001 | 23 Nov 2026 13.00 | 90    | lebih dari 24 jam
"""

FLOODS = """
ukuran         | hal   | kelurahan     | diukur            | nilai | catatan
banjir.laporan | 1     | 36.71.01.1001 | 22 Nov 2026 08.00 | 1     |
banjir.laporan | 2     | 36.71.01.1001 | 22 Nov 2026 09.00 | 1     |
banjir.laporan | 3     | 36.71.05.1001 | 21 Nov 2026 12.00 | 1     | tepat 24 jam lalu: masih dihitung, kemarin juga
banjir.laporan | 4     | 36.71.05.1001 | 21 Nov 2026 11.59 | 1     | kemarin
banjir.tinggi  | 1     | 36.71.01.1001 | 22 Nov 2026 08.00 | 40    |
banjir.tinggi  | 2     | 36.71.01.1001 | 22 Nov 2026 09.00 | 70    |
banjir.tinggi  | 4     | 36.71.05.1001 | 21 Nov 2026 11.59 | 150   | kemarin
banjir.siaga   | pos A | 36.71.05.1001 | 22 Nov 2026 08.00 | 4     | lalu naik
banjir.siaga   | pos A | 36.71.05.1001 | 22 Nov 2026 09.00 | 3     |
banjir.siaga   | pos B | 36.71.05.1001 | 22 Nov 2026 09.00 | 4     | normal
banjir.laporan | 0     | 36.71.05.1001 | 01 Jan 2026 09.00 | 1     | sudah lama dipantau
"""

AIR = """
ukuran       | hal       | diukur            | nilai | catatan
udara.ispu   | Stasiun A | 22 Nov 2026 09.00 | 140   | ada yang lebih baru
udara.ispu   | Stasiun A | 22 Nov 2026 11.00 | 80    |
udara.ispu   | Stasiun B | 22 Nov 2026 11.00 | 95    |
udara.ispu   | Stasiun C | 20 Nov 2026 11.00 | 300   | stasiun mati dua hari
udara.pm25   | Stasiun A | 22 Nov 2026 11.00 | 41,5  |
kamera.gambar | simpang-a | 01 Jan 2026 09.00 | 1    |
kamera.gambar | simpang-b | 22 Nov 2026 09.00 | 0    | beku
"""


@pytest.mark.parametrize(
    ("kpi", "text", "value", "n"),
    [
        ("peringatan_cuaca", WEATHER, 2, 2),
        ("peringatan_tertinggi", WEATHER, 3, 3),
        ("prakiraan_hujan_lebat", WEATHER, 1, 1),
        ("hujan_kini", RAIN, 12, 2),
        ("hujan_24j", RAIN, 40, 4),
        ("gempa_dirasakan_30h", WEATHER, 1, 1),
        ("laporan_banjir_24j", FLOODS, 3, 3),
        ("kelurahan_banjir_24j", FLOODS, 2, 2),
        ("tinggi_banjir_24j", FLOODS, 70, 2),
        ("pos_air_siaga", FLOODS, 1, 1),
        ("ispu_tertinggi", AIR, 95, 2),
        ("pm25_tertinggi", AIR, 41.5, 1),
        ("kamera_segar", AIR, 50, 2),
    ],
)
def test_now(tmp_path: Path, city: City, kpi: str, text: str, value: float, n: int) -> None:
    reading = figure(tmp_path, city, kpi, table(Measurement, text))
    assert (reading.value, reading.n) == (pytest.approx(value), n)


def test_reports_are_compared_with_the_day_before(tmp_path: Path, city: City) -> None:
    reading = figure(tmp_path, city, "laporan_banjir_24j", table(Measurement, FLOODS))
    assert reading.change == 1  # three against two


def test_different_kelurahan_are_counted_once_at_each_cut(tmp_path: Path, city: City) -> None:
    found = figures(tmp_path, city, "kelurahan_banjir_24j", table(Measurement, FLOODS))
    assert (found["36.71.01", None].value, found["36.71.05", None].value, found["36.71.02", None].value) == (1, 1, 0)


def test_old_readings_leave_no_highest(tmp_path: Path, city: City) -> None:
    only = table(Measurement, "ukuran | hal | diukur | nilai\nudara.ispu | A | 20 Nov 2026 11.00 | 300")
    assert figure(tmp_path, city, "ispu_tertinggi", only).why_none == "belum ada data dalam kurun ini"


def test_rain_is_told_by_kelurahan(tmp_path: Path, city: City) -> None:
    found = figures(tmp_path, city, "hujan_24j", table(Measurement, RAIN))
    assert (found["36.71.01.1001", None].value, found["36.71.01.1002", None].value) == (40, 12)
    assert found["36.71.05.1001", None].value is None
