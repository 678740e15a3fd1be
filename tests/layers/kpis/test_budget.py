"""Money: each line's latest statement of this year, summed, and parts of wholes."""

from __future__ import annotations

from pathlib import Path

import pytest

from layers.city import City
from layers.model import Measurement
from tests.layers.kpis.worked import figure, figures, table

STATEMENT = """
ukuran               | hal           | opd   | diukur            | nilai       | catatan
anggaran.pagu        | Belanja modal | dlh   | 31 Oct 2026 00.00 | 600.000.000 |
anggaran.realisasi   | Belanja modal | dlh   | 31 Oct 2026 00.00 | 450.000.000 |
anggaran.pagu        | Belanja ATK   | dpupr | 31 Oct 2026 00.00 | 200.000.000 | realisasinya belum diisi
anggaran.pagu        | Belanja modal | dlh   | 31 Dec 2025 00.00 | 999.000.000 | tahun lalu
pendapatan.target    | Pajak         | dlh   | 31 Oct 2026 00.00 | 400.000.000 |
pendapatan.realisasi | Pajak         | dlh   | 31 Oct 2026 00.00 | 500.000.000 | melebihi target
"""

TRANSFERS = """
ukuran                           | hal            | kelurahan     | diukur            | nilai
transfer.dau.alokasi             | DAU            |               | 31 Oct 2026 00.00 | 1.000.000
transfer.dau.diterima            | DAU            |               | 31 Oct 2026 00.00 | 900.000
transfer.dbh.alokasi             | DBH            |               | 31 Oct 2026 00.00 | 500.000
transfer.dbh.diterima            | DBH            |               | 31 Oct 2026 00.00 | 100.000
transfer.dak_fisik.alokasi       | DAK fisik      |               | 31 Oct 2026 00.00 | 400.000
transfer.dak_fisik.diterima      | DAK fisik      |               | 31 Oct 2026 00.00 | 100.000
transfer.dak_nonfisik.alokasi    | DAK nonfisik   |               | 31 Oct 2026 00.00 | 400.000
transfer.dak_nonfisik.diterima   | DAK nonfisik   |               | 31 Oct 2026 00.00 | 300.000
transfer.dana_desa.alokasi       | Dana desa      |               | 31 Oct 2026 00.00 | 200.000
transfer.dana_desa.diterima      | Dana desa      |               | 31 Oct 2026 00.00 | 100.000
transfer.dana_kelurahan.alokasi  | Dana kelurahan | 36.71.01.1001 | 31 Oct 2026 00.00 | 400.000
transfer.dana_kelurahan.diterima | Dana kelurahan | 36.71.01.1001 | 31 Oct 2026 00.00 | 200.000
transfer.dana_kelurahan.alokasi  | Dana kelurahan | 36.71.01.1002 | 31 Oct 2026 00.00 | 100.000
penduduk.jumlah                  | DKB            | 36.71.01.1001 | 30 Jun 2026 00.00 | 20.000
"""


@pytest.mark.parametrize(
    ("kpi", "value", "n"),
    [
        ("anggaran_pagu", 800_000_000, 2),
        ("anggaran_realisasi", 450_000_000, 1),
        ("serapan_anggaran", 100 * 450 / 800, 2),
        ("capaian_pendapatan", 125, 1),
        ("belanja_per_penduduk", 450_000_000 / 1_957_349, 1),
    ],
)
def test_this_year(tmp_path: Path, city: City, kpi: str, value: float, n: int) -> None:
    reading = figure(tmp_path, city, kpi, table(Measurement, STATEMENT))
    assert (reading.value, reading.n) == (pytest.approx(value), n)


def test_no_realisation_is_not_an_absorption_of_nothing(tmp_path: Path, city: City) -> None:
    found = figures(tmp_path, city, "serapan_anggaran", table(Measurement, STATEMENT))
    assert (found[city.code, "dlh"].value, found[city.code, "dpupr"].value) == (75, None)
    assert found[city.code, "dpupr"].why_none == "nilainya belum diisi oleh sumber"
    assert (found[city.code, "dlh"].evidence.numerator, found[city.code, "dlh"].evidence.denominator) == (450e6, 600e6)


@pytest.mark.parametrize(
    ("kpi", "value"),
    [
        ("transfer_dau", 90),
        ("transfer_dbh", 20),
        ("transfer_dak_fisik", 25),
        ("transfer_dak_nonfisik", 75),
        ("transfer_dana_desa", 50),
        ("transfer_dana_kelurahan", 40),
        ("transfer_dau_per_penduduk", 1_000_000 / 1_957_349),
        ("transfer_dbh_per_penduduk", 500_000 / 1_957_349),
        ("transfer_dak_fisik_per_penduduk", 400_000 / 1_957_349),
        ("transfer_dak_nonfisik_per_penduduk", 400_000 / 1_957_349),
        ("transfer_dana_desa_per_penduduk", 200_000 / 1_957_349),
        ("dana_kelurahan_alokasi", 500_000),
        ("dana_kelurahan_per_penduduk", 500_000 / 1_957_349),
    ],
)
def test_transfers(tmp_path: Path, city: City, kpi: str, value: float) -> None:
    assert figure(tmp_path, city, kpi, table(Measurement, TRANSFERS)).value == pytest.approx(value)


def test_funds_of_a_kelurahan(tmp_path: Path, city: City) -> None:
    found = figures(tmp_path, city, "dana_kelurahan_per_penduduk", table(Measurement, TRANSFERS))
    assert found["36.71.01.1001", None].value == 20
    assert found["36.71.01.1002", None].why_none == "belum ada jumlah penduduk bertanggal untuk wilayah ini"
