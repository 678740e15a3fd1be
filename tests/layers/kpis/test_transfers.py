"""Complaints passed on between OPDs. One line is one version of a complaint: ``nomor`` and when it was known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from layers.city import City
from layers.clock import parse_time
from layers.model import Complaint, Record, Status
from tests.layers.kpis.worked import figure, figures
from tests.layers.made import NOW, ZONE

PASSED = """
nomor | kali | diketahui         | opd    | tenggat           | selesai
A     | 1    | 16 Nov 2026 08.00 | dlh    | 20 Nov 2026 08.00 |
A     | 1    | 16 Nov 2026 10.00 | dpupr  | 20 Nov 2026 08.00 |
A     | 1    | 16 Nov 2026 14.00 | dishub | 20 Nov 2026 08.00 |
A     | 1    | 17 Nov 2026 09.00 | dishub | 20 Nov 2026 08.00 | 17 Nov 2026 09.00
B     | 1    | 16 Nov 2026 08.00 | dlh    | 17 Nov 2026 08.00 |
B     | 1    | 18 Nov 2026 08.00 | dpupr  | 17 Nov 2026 08.00 |
B     | 1    | 18 Nov 2026 09.00 | dpupr  | 17 Nov 2026 08.00 | 18 Nov 2026 09.00
C     | 20   | 18 Nov 2026 08.00 | dlh    | 20 Nov 2026 08.00 | 16 Nov 2026 12.00
"""
"""A went from dlh over dpupr to dishub, which closed it; B was dlh's when its deadline passed; 20 stayed."""


def told(text: str) -> list[Record]:
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    found: list[Record] = []
    for number, times, known, opd, due, closed in lines[1:]:
        for k in range(int(times)):
            facts: dict[str, Any] = {"closed": parse_time(closed, ZONE), "status": Status.DONE} if closed else {}
            found.append(
                Complaint(
                    source="contoh",
                    source_id=f"{number}{k}",
                    seen_at=NOW,
                    known_at=parse_time(known, ZONE),
                    area="36.71.01.1001",
                    opd=opd,
                    received=parse_time("16 Nov 2026 08.00", ZONE),
                    due=parse_time(due, ZONE),
                    **({"status": Status.IN_PROCESS, "category": "Sampah", "channel": "aplikasi"} | facts),
                )
            )
    return found


@pytest.mark.parametrize(
    ("kpi", "value", "n"),
    [
        ("bolak_balik_disposisi", 100 / 22, 22),  # A alone was passed on more than once
        ("rata_disposisi", 3 / 22, 22),
        ("lama_dipegang_opd", 4, 22),  # twenty of 4 hours; A 3.5 with dishub, B 9.5 with dlh
    ],
)
def test_over_the_city(tmp_path: Path, city: City, kpi: str, value: float, n: int) -> None:
    reading = figure(tmp_path, city, kpi, told(PASSED))
    assert (reading.value, reading.n) == (pytest.approx(value), n)


def test_the_time_before_the_handling_opd(tmp_path: Path, city: City) -> None:
    """20 cases as A: 08.00 to 14.00 less an hour's break until they came to dishub."""
    reading = figure(tmp_path, city, "lama_sebelum_opd_tepat", told(PASSED.replace("A     | 1 ", "A     | 20")))
    assert (reading.value, reading.n) == (pytest.approx(5), 20)


def test_on_time_or_late_is_the_holders_and_open_is_the_present_opds(tmp_path: Path, city: City) -> None:
    """B was late in the hands of dlh, though dpupr closed it; an open one that moved on is in dpupr's queue and dlh's delay."""
    late = (
        PASSED
        + "D | 30 | 16 Nov 2026 08.00 | dlh | 18 Nov 2026 08.00 |\nD | 30 | 19 Nov 2026 08.00 | dpupr | 18 Nov 2026 08.00 |"
    )
    records = told(late)
    on_time = figures(tmp_path, city, "selesai_tepat_waktu", records)
    assert (on_time[city.code, "dlh"].evidence.numerator, on_time[city.code, "dlh"].evidence.denominator) == (20, 21)
    assert on_time[city.code, "dpupr"].n == 0
    assert on_time[city.code, "dishub"].n == 1
    overdue = figures(tmp_path / "b", city, "aduan_lewat_tenggat", records)
    waiting = figures(tmp_path / "c", city, "aduan_terbuka", records)
    assert (overdue[city.code, "dlh"].value, overdue[city.code, "dpupr"].value) == (30, 0)
    assert (waiting[city.code, "dlh"].value, waiting[city.code, "dpupr"].value) == (0, 30)


def test_sources_that_tell_of_no_transfer_have_none_to_show(tmp_path: Path, city: City) -> None:
    reading = figure(tmp_path, city, "bolak_balik_disposisi", told("\n".join(PASSED.splitlines()[:2] + PASSED.splitlines()[-1:])))
    assert (reading.value, reading.why_none) == (None, "belum ada sumber yang memberi perpindahan antar-OPD")
