"""Procurement: packages of the budget year, their money exact to the sen."""

from __future__ import annotations

from pathlib import Path

import pytest

from layers.city import City
from layers.model import Measurement, Package
from tests.layers.kpis.worked import figure, figures, table

PACKAGES = """
tahun | diumumkan         | berkontrak        | metode       | tahap   | pagu          | nilai         | catatan
2026  | 20 Dec 2025 09.00 |                   | tender       | rencana | 1.000.000.000 |               | diumumkan Desember lalu
2026  | 10 Jan 2026 09.00 | 01 Apr 2026 09.00 | tender       | kontrak | 500.000.000   | 450.000.000   |
2026  | 10 Jan 2026 09.00 | 01 May 2026 09.00 | E-Purchasing | selesai | 20.000.000    | 19.500.000    |
2026  | 10 Jan 2026 09.00 |                   | e-purchasing | rencana |               |               | pagu belum diisi
2026  | 10 Jan 2026 09.00 | 01 Jun 2026 09.00 | e-purchasing | batal   | 70.000.000    | 69.000.000    | dibatalkan
2026  | 23 Nov 2026 09.00 |                   | tender       | rencana | 1.000.000     |               | baru diumumkan besok
2025  | 10 Feb 2025 09.00 | 20 Nov 2025 09.00 | e-purchasing | selesai | 30.000.000    | 29.000.000    | tahun anggaran lalu
"""


@pytest.mark.parametrize(
    ("kpi", "value", "n"),
    [
        ("paket_diumumkan", 4, 4),
        ("pagu_diumumkan", 1_520_000_000, 3),
        ("nilai_kontrak", 469_500_000, 2),
        ("epurchasing_nilai", 19_500_000, 1),
    ],
)
def test_this_year(tmp_path: Path, city: City, kpi: str, value: float, n: int) -> None:
    reading = figure(tmp_path, city, kpi, table(Package, PACKAGES))
    assert (reading.value, reading.n) == (value, n)


def test_a_year_without_e_purchasing_sources_has_no_value(tmp_path: Path, city: City) -> None:
    only = table(Package, "tahun | diumumkan | pagu\n2026 | 10 Jan 2026 09.00 | 1.000")
    assert figure(tmp_path, city, "epurchasing_nilai", only).why_none == "belum ada sumber yang memberi paket e-purchasing"


def test_values_that_the_source_left_out_are_no_zero(tmp_path: Path, city: City) -> None:
    only = table(Package, "tahun | diumumkan | metode\n2026 | 10 Jan 2026 09.00 | e-purchasing")
    assert figure(tmp_path, city, "epurchasing_nilai", only).why_none == "nilainya belum diisi oleh sumber"


# Of 62 only the contract counts, of 63 the two orders; nobody tells 64 further than its plan.
TOLD_BY_SEVERAL = """
sumber | kode RUP | tahun | diumumkan         | berkontrak        | metode       | tahap     | pagu        | nilai
sirup  | 62       | 2026  | 10 Jan 2026 09.00 |                   | tender       | rencana   | 500.000.000 |
spse   | 62       | 2026  | 20 Jan 2026 09.00 |                   | tender       | pemilihan | 500.000.000 |
ocds   | 62       | 2026  | 20 Jan 2026 09.00 | 01 Apr 2026 09.00 | tender       | kontrak   |             | 450.000.000
sirup  | 63       | 2026  | 10 Jan 2026 09.00 |                   | e-purchasing | rencana   | 90.000.000  |
ekat   | 63       | 2026  | 11 Jan 2026 09.00 | 01 May 2026 09.00 | e-purchasing | selesai   |             | 40.000.000
ekat   | 63       | 2026  | 12 Jan 2026 09.00 | 01 Jun 2026 09.00 | e-purchasing | kontrak   |             | 30.000.000
sirup  | 64       | 2026  | 10 Jan 2026 09.00 |                   | tender       | rencana   | 7.000.000   |
"""


@pytest.mark.parametrize(
    ("kpi", "value", "n", "sources"),
    [
        ("paket_diumumkan", 4, 4, ("ekat", "ocds", "sirup", "spse")),
        ("pagu_diumumkan", 597_000_000, 3, ("sirup", "spse")),
        ("nilai_kontrak", 520_000_000, 3, ("ekat", "ocds")),
        ("epurchasing_nilai", 70_000_000, 2, ("ekat", "sirup")),
    ],
)
def test_the_same_code_counts_once_and_every_source_is_named(
    tmp_path: Path, city: City, kpi: str, value: float, n: int, sources: tuple[str, ...]
) -> None:
    reading = figure(tmp_path, city, kpi, table(Package, TOLD_BY_SEVERAL))
    assert (reading.value, reading.n) == (value, n)
    assert reading.evidence.sources == sources


STAGES = """
tahun | diumumkan         | tahap     | metode              | catatan
2026  | 10 Jan 2026 09.00 | rencana   | Pengadaan Langsung  |
2026  | 10 Jan 2026 09.00 | rencana   | pengadaan-langsung  |
2026  | 10 Jan 2026 09.00 | pemilihan | Tender              |
2026  | 10 Jan 2026 09.00 | pemilihan | Tender Cepat        |
2026  | 10 Jan 2026 09.00 | pemilihan | Seleksi             |
2026  | 10 Jan 2026 09.00 | kontrak   | Penunjukan Langsung |
2026  | 10 Jan 2026 09.00 | selesai   | e-purchasing        |
2026  | 10 Jan 2026 09.00 | selesai   | Swakelola           |
2026  | 10 Jan 2026 09.00 | selesai   | E-Purchasing        |
2026  | 10 Jan 2026 09.00 | kontrak   | e-purchasing        |
2026  | 10 Jan 2026 09.00 | batal     | Tender              | tidak dihitung dalam metode
2025  | 10 Jan 2025 09.00 | selesai   | Tender              | tahun anggaran lalu
"""


@pytest.mark.parametrize(
    ("kpi", "value"),
    [
        ("paket_rencana", 2),
        ("paket_pemilihan", 3),
        ("paket_kontrak", 2),
        ("paket_selesai", 3),
        ("paket_batal", 1),
        ("metode_tender", 1),
        ("metode_tendercepat", 1),
        ("metode_seleksi", 1),
        ("metode_pengadaanlangsung", 2),
        ("metode_penunjukanlangsung", 1),
        ("metode_epurchasing", 3),
        ("metode_swakelola", 1),
    ],
)
def test_stages_and_methods(tmp_path: Path, city: City, kpi: str, value: float) -> None:
    reading = figure(tmp_path, city, kpi, table(Package, STAGES))
    assert (reading.value, reading.n) == (value, value)


PROGRESS = """
tahun | diumumkan         | ditetapkan        | berkontrak        | tahap   | pagu        | nilai       | pdn         | umk
2026  | 10 Jan 2026 09.00 | 01 Mar 2026 09.00 | 01 Apr 2026 09.00 | kontrak | 500.000.000 | 400.000.000 | 300.000.000 | 0
2026  | 10 Jan 2026 09.00 | 01 Mar 2026 09.00 |                   | rencana | 300.000.000 |             |             |
2026  | 10 Jan 2026 09.00 | 01 Mar 2026 09.00 | 01 Apr 2026 09.00 | selesai | 200.000.000 | 100.000.000 | 100.000.000 | 50.000.000
2026  | 10 Jan 2026 09.00 | 01 Mar 2026 09.00 | 01 Apr 2026 09.00 | batal   | 900.000.000 | 900.000.000 | 0           | 0
2026  | 10 Jan 2026 09.00 |                   | 01 Apr 2026 09.00 | kontrak |             | 70.000.000  |             |
"""


@pytest.mark.parametrize(
    ("kpi", "text", "parts", "n"),
    [
        ("realisasi_pengadaan", PROGRESS, (500_000_000, 1_000_000_000), 3),
        ("e_kontrak", PROGRESS, (2, 3), 3),
        ("porsi_pdn", PROGRESS, (400_000_000, 500_000_000), 2),
        ("porsi_umk", PROGRESS, (50_000_000, 500_000_000), 2),
        ("epurchasing_selesai", STAGES, (2, 3), 3),
    ],
)
def test_shares(tmp_path: Path, city: City, kpi: str, text: str, parts: tuple[float, float], n: int) -> None:
    reading = figure(tmp_path, city, kpi, table(Package, text))
    assert reading.value == pytest.approx(100 * parts[0] / parts[1])
    assert (reading.evidence.numerator, reading.evidence.denominator, reading.n) == (*parts, n)


TENDERS = """
tahun | diumumkan         | berkontrak        | metode        | tahap     | pagu          | nilai       | catatan
2026  | 10 Jan 2026 09.00 |                   | Tender        | rencana   | 1.000.000.000 |             |
2026  | 10 Jan 2026 09.00 |                   | Seleksi       | pemilihan | 200.000.000   |             |
2026  | 10 Jan 2026 09.00 | 02 Nov 2026 09.00 | Tender Cepat  | kontrak   | 300.000.000   | 290.000.000 |
2026  | 10 Jan 2026 09.00 | 31 Oct 2026 09.00 | E-Purchasing  | selesai   | 500.000.000   | 450.000.000 | bukan tender
2026  | 10 Jan 2026 09.00 |                   | Tender        | batal     | 900.000.000   |             |
"""

DECEMBERS = """
tahun | diumumkan         | berkontrak        | tahap   | nilai       | catatan
2025  | 10 Jan 2025 09.00 | 01 Dec 2025 00.30 | kontrak | 100.000.000 | 30 November di London, Desember di sini
2025  | 10 Jan 2025 09.00 | 31 Dec 2025 23.30 | kontrak | 200.000.000 |
2026  | 10 Jan 2026 09.00 | 01 Jan 2026 00.30 | kontrak | 300.000.000 |
2025  | 10 Jan 2025 09.00 | 21 Nov 2025 09.00 | kontrak | 999.000.000 | lebih dari 365 hari lalu
2025  | 10 Jan 2025 09.00 | 20 Dec 2025 09.00 | batal   | 999.000.000 | batal
"""


@pytest.mark.parametrize(
    ("kpi", "text", "parts", "n"),
    [
        ("e_tendering", TENDERS, (500_000_000, 1_500_000_000), 3),
        ("realisasi_pengadaan_bulan_ini", TENDERS, (290_000_000, 2_000_000_000), 4),
        ("kontrak_desember", DECEMBERS, (300_000_000, 600_000_000), 3),
    ],
)
def test_tenders_and_the_ends_of_months(
    tmp_path: Path, city: City, kpi: str, text: str, parts: tuple[float, float], n: int
) -> None:
    reading = figure(tmp_path, city, kpi, table(Package, text))
    assert (reading.evidence.numerator, reading.evidence.denominator, reading.n) == (*parts, n)
    assert reading.value == pytest.approx(100 * parts[0] / parts[1])


PLANS = """
sumber | tahun | opd   | diumumkan         | tahap   | pagu        | catatan
sirup  | 2026  | dlh   | 20 Dec 2025 09.00 | rencana | 300.000.000 | diumumkan Desember lalu
sirup  | 2026  | dlh   | 10 Jan 2026 09.00 | rencana | 150.000.000 |
sirup  | 2026  | dpupr | 10 Jan 2026 09.00 | rencana | 100.000.000 |
sirup  | 2026  | dlh   | 10 Jan 2026 09.00 | batal   | 900.000.000 |
"""
BUDGETS = """
sumber | ukuran                        | hal   | opd   | diukur            | nilai       | catatan
isb    | anggaran.pagu.operasi         | DLH   | dlh   | 01 Jan 2026 00.00 | 400.000.000 |
isb    | anggaran.pagu.modal           | DLH   | dlh   | 01 Jan 2026 00.00 | 200.000.000 |
isb    | anggaran.pagu.btt             | DPUPR | dpupr | 01 Jan 2026 00.00 | 500.000.000 |
isb    | anggaran.pagu.non_pengadaan   | DLH   | dlh   | 01 Jan 2026 00.00 | 800.000.000 | gaji
isb    | anggaran.pagu.modal           | DLH   | dlh   | 01 Jan 2025 00.00 | 700.000.000 | tahun lalu
"""


def test_plans_against_the_budget_of_another_source(tmp_path: Path, city: City) -> None:
    found = figures(tmp_path, city, "rup_diumumkan", [*table(Package, PLANS), *table(Measurement, BUDGETS)])
    whole, dlh = found[city.code, None], found[city.code, "dlh"]
    assert (whole.value, whole.evidence.numerator, whole.evidence.denominator) == (50, 550e6, 1_100e6)
    assert (dlh.value, dlh.evidence.denominator) == (75, 600e6)
    assert whole.evidence.sources == ("isb", "sirup")


def test_plans_without_a_budget_have_no_share(tmp_path: Path, city: City) -> None:
    reading = figure(tmp_path, city, "rup_diumumkan", table(Package, PLANS))
    assert reading.why_none == "belum ada sumber yang memberi anggaran.pagu.operasi, anggaran.pagu.modal, anggaran.pagu.btt"


IN_SELECTION = "2026 | 10 Jan 2026 09.00 | | tender | pemilihan | 7.000.000 | | sedang dipilih"


def test_the_stages_add_up_to_what_was_announced(tmp_path: Path, city: City) -> None:
    stages = ("pagu_rencana", "pagu_pemilihan", "pagu_kontrak", "pagu_selesai")
    known = table(Package, PACKAGES + IN_SELECTION)
    worth = [figure(tmp_path / name, city, name, known).value for name in stages if not (tmp_path / name).mkdir()]
    assert worth == [1_000_000_000, 7_000_000, 500_000_000, 20_000_000]
    assert figure(tmp_path, city, "pagu_diumumkan", known).value == sum(value or 0 for value in worth)
