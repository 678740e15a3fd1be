"""The cash plan: cumulative statements of each month, of which the last of this year counts, and a month is a difference."""

from __future__ import annotations

from pathlib import Path

import pytest

from layers.city import City
from layers.model import Measurement
from tests.layers.kpis.worked import figure, figures, table

# DLH is 10 below its plan, DPUPR 30 above: together 20 above a plan of 300. The work is 60 and 100 of budgets of 200.
STATEMENTS = """
ukuran       | hal   | opd   | diukur            | nilai | catatan
rfk.pagu     | DLH   | dlh   | 31 Oct 2026 00.00 | 200   |
rfk.rencana  | DLH   | dlh   | 31 Oct 2026 00.00 | 100   |
rfk.keuangan | DLH   | dlh   | 31 Oct 2026 00.00 | 90    |
rfk.fisik    | DLH   | dlh   | 31 Oct 2026 00.00 | 30    | persen
rfk.pagu     | DPUPR | dpupr | 31 Oct 2026 00.00 | 200   |
rfk.rencana  | DPUPR | dpupr | 31 Oct 2026 00.00 | 200   |
rfk.keuangan | DPUPR | dpupr | 31 Oct 2026 00.00 | 230   |
rfk.fisik    | DPUPR | dpupr | 31 Oct 2026 00.00 | 50    | persen
rfk.rencana  | DLH   | dlh   | 30 Sep 2026 00.00 | 80    | laporan lama
rfk.keuangan | DLH   | dlh   | 30 Sep 2026 00.00 | 10    | laporan lama
rfk.rencana  | DLH   | dlh   | 30 Nov 2026 00.00 | 110   | belum waktunya
rfk.pagu     | BPKD  | bpkd  | 31 Oct 2026 00.00 | 500   |
rfk.keuangan | BPKD  | bpkd  | 31 Oct 2026 00.00 | 400   | tanpa rencana dan fisik
"""

MONTHS = """
ukuran       | hal | opd | diukur            | nilai | catatan
rfk.keuangan | DLH | dlh | 30 Nov 2025 00.00 | 300   | tanpa laporan sebulan sebelumnya
rfk.keuangan | DLH | dlh | 31 Dec 2025 00.00 | 500   | 200 pada bulan Desember
rfk.keuangan | DLH | dlh | 31 Jan 2026 00.00 | 50    | tahun baru: 50
rfk.keuangan | DLH | dlh | 28 Feb 2026 00.00 | 200   | 150
rfk.keuangan | DLH | dlh | 30 Apr 2026 00.00 | 400   | dua bulan sekaligus
"""


def test_the_distance_from_the_plan(tmp_path: Path, city: City) -> None:
    found = figures(tmp_path, city, "deviasi_kas", table(Measurement, STATEMENTS))
    whole = found[city.code, None]
    assert (whole.value, whole.n) == (pytest.approx(100 * 20 / 300), 2)
    assert (whole.evidence.numerator, whole.evidence.denominator) == (320, 300)
    assert {opd: found[city.code, opd].value for opd in ("dlh", "dpupr", "bpkd")} == {"dlh": 10, "dpupr": 15, "bpkd": None}


def test_the_work_less_the_payments(tmp_path: Path, city: City) -> None:
    found = figures(tmp_path, city, "kesenjangan_fisik_keuangan", table(Measurement, STATEMENTS))
    assert found[city.code, None].value == pytest.approx(100 * (60 + 100 - 90 - 230) / 400)
    assert found[city.code, "dlh"].value == pytest.approx(30 - 45)


def test_what_waits_for_december(tmp_path: Path, city: City) -> None:
    reading = figure(tmp_path, city, "realisasi_desember", table(Measurement, MONTHS))
    assert (reading.evidence.numerator, reading.evidence.denominator, reading.n) == (200, 400, 3)
    assert reading.value == 50
