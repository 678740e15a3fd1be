"""Websites, accounts and links: the last known state of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from layers.city import City
from layers.model import Measurement
from tests.layers.kpis.worked import figure, figures, table

SITES = """
ukuran               | hal        | diukur            | nilai | catatan
situs.terjangkau     | dlh        | 01 Jan 2025 00.00 | 1     | tetap hidup sejak lama
situs.terjangkau     | dpupr      | 22 Nov 2026 11.00 | 0     |
situs.terjangkau     | dishub     | 22 Nov 2026 11.00 | 1     |
situs.terjangkau     | dinkes     | 22 Nov 2026 11.00 | 1     |
situs.sertifikat_hari | dlh       | 22 Nov 2026 11.00 | 13    |
situs.sertifikat_hari | dpupr     | 22 Nov 2026 11.00 | 0     | tidak sah
situs.sertifikat_hari | dishub    | 22 Nov 2026 11.00 | 14    |
situs.pembaruan_hari | dlh        | 22 Nov 2026 11.00 | 2     |
situs.pembaruan_hari | dpupr      | 22 Nov 2026 11.00 | 31    |
situs.pembaruan_hari | dishub     | 22 Nov 2026 11.00 | 30    |
situs.diretas        | dlh        | 22 Nov 2026 11.00 | 1     |
situs.parkir         | dlh        | 22 Nov 2026 11.00 | 1     | situs yang sama
situs.diretas        | dpupr      | 22 Nov 2026 11.00 | 0     | sudah bersih
"""

POSTS = """
kali | ukuran         | hal            | diukur            | nilai
60   | medsos.kiriman | Instagram/@dlh | 20 Nov 2026 09.00 | 1
9    | medsos.kiriman | Instagram/@dlh | 01 Oct 2026 09.00 | 1
"""

LINKS = """
ukuran              | hal           | kelurahan     | diukur            | nilai
jaringan.terhubung  | 36.71.01.1001 | 36.71.01.1001 | 01 Jan 2026 09.00 | 1
jaringan.terhubung  | 36.71.01.1002 | 36.71.01.1002 | 22 Nov 2026 09.00 | 0
jaringan.terhubung  | 36.71.05.1001 | 36.71.05.1001 | 22 Nov 2026 09.00 | 1
jaringan.terhubung  | 36.71.05.1002 | 36.71.05.1002 | 22 Nov 2026 09.00 | 1
jaringan.latensi    | 36.71.01.1001 | 36.71.01.1001 | 22 Nov 2026 09.00 | 10
jaringan.latensi    | 36.71.05.1001 | 36.71.05.1001 | 22 Nov 2026 09.00 | 20
jaringan.latensi    | 36.71.05.1002 | 36.71.05.1002 | 22 Nov 2026 09.00 | 90
jaringan.kehilangan | 36.71.01.1001 | 36.71.01.1001 | 22 Nov 2026 09.00 | 0
jaringan.kehilangan | 36.71.05.1001 | 36.71.05.1001 | 22 Nov 2026 09.00 | 5
"""


@pytest.mark.parametrize(
    ("kpi", "text", "value", "n"),
    [
        ("situs_terjangkau", SITES, 75, 4),
        ("situs_mati", SITES, 1, 1),
        ("situs_sertifikat_habis", SITES, 2, 2),
        ("situs_pembaruan", SITES, 30, 3),
        ("situs_usang", SITES, 100 / 3, 3),
        ("situs_disusupi", SITES, 1, 1),
        ("medsos_per_minggu", POSTS, 14, 60),
        ("kantor_terhubung", LINKS, 75, 4),
        ("kantor_terputus", LINKS, 1, 1),
        ("latensi_kantor", LINKS, 20, 3),
        ("kehilangan_paket", LINKS, 2.5, 2),
    ],
)
def test_states(tmp_path: Path, city: City, kpi: str, text: str, value: float, n: int) -> None:
    reading = figure(tmp_path, city, kpi, table(Measurement, text))
    assert (reading.value, reading.n) == (pytest.approx(value), n)


def test_a_state_has_no_past(tmp_path: Path, city: City) -> None:
    """What was up yesterday is not known from rows that keep the last state only."""
    assert figure(tmp_path, city, "situs_terjangkau", table(Measurement, SITES)).change is None


def test_links_by_kecamatan(tmp_path: Path, city: City) -> None:
    found = figures(tmp_path, city, "kantor_terhubung", table(Measurement, LINKS))
    assert (found["36.71.01", None].value, found["36.71.05", None].value, found["36.71.02", None].value) == (50, 100, None)


OUTAGES = """
ukuran             | hal             | kelurahan     | diukur            | nilai | catatan
jaringan.terhubung | 36.71.01.1001   | 36.71.01.1001 | 22 Nov 2026 09.00 | 1     |
jaringan.putus     | 36.71.01.1001 a | 36.71.01.1001 | 01 Nov 2026 08.00 | 2,5   |
jaringan.putus     | 36.71.01.1001 b | 36.71.01.1001 | 20 Nov 2026 08.00 | 0,25  |
jaringan.putus     | 36.71.01.1002   | 36.71.01.1002 | 22 Nov 2026 09.00 | 3     |
jaringan.putus     | 36.71.01.1002 a | 36.71.01.1002 | 31 Oct 2026 23.00 | 10    | mulai bulan lalu
"""


def test_hours_down_of_each_office(tmp_path: Path, city: City) -> None:
    found = figures(tmp_path, city, "jam_putus_bulan_ini", table(Measurement, OUTAGES))
    assert (found[city.code, None].value, found[city.code, None].n) == (5.75, 3)
    assert (found["36.71.01.1001", None].value, found["36.71.01.1003", None].value) == (2.75, 0)


def test_no_outage_is_no_hour_and_no_monitor_is_no_value(tmp_path: Path, city: City) -> None:
    up = table(Measurement, "ukuran | diukur | nilai\njaringan.terhubung | 22 Nov 2026 09.00 | 1")
    assert figure(tmp_path, city, "jam_putus_bulan_ini", up).value == 0
    site = table(Measurement, "ukuran | diukur | nilai\nsitus.terjangkau | 22 Nov 2026 09.00 | 1")
    assert (
        figure(tmp_path / "b", city, "jam_putus_bulan_ini", site).why_none == "belum ada sumber yang memberi jaringan.terhubung"
    )
