"""Satisfaction: the regulation's own example, the grades, and each unit's latest survey."""

from __future__ import annotations

from pathlib import Path

import pytest

from layers.city import City
from layers.kpis.satisfaction import ELEMENTS, grade, index
from layers.model import Measurement
from tests.layers.kpis.worked import figure, figures, table

RESPONDENTS = 29
TOTALS = (105, 101, 100, 116, 102, 105, 106, 105, 115)

SURVEYS = "\n".join(
    [
        "ukuran | hal | opd | diukur | nilai",
        *(f"ikm.{element} | Loket A | dlh | 30 Jun 2026 00.00 | 3,2" for element in ELEMENTS),
        *(f"ikm.{element} | Loket A | dlh | 31 Dec 2025 00.00 | 1,0" for element in ELEMENTS),
        *(f"ikm.{element} | Loket B | dpupr | 30 Jun 2026 00.00 | 3,6" for element in ELEMENTS),
        *(f"ikm.{element} | Loket C | dishub | 30 Jun 2024 00.00 | 1,0" for element in ELEMENTS),
    ]
)
"""Loket A's older survey is replaced by its newer one; Loket C's is too old."""


@pytest.mark.parametrize(("weight", "expected"), [(1 / 9, 91.475), (0.111, 91.384), (0.11, 90.560)])
def test_the_index_by_each_weight_in_use(weight: float, expected: float) -> None:
    means = {element: total / RESPONDENTS for element, total in zip(ELEMENTS, TOTALS, strict=True)}
    assert index(means, weight) == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize(
    ("ikm", "expected"),
    [(100, "A"), (88.31, "A"), (88.304, "B"), (76.61, "B"), (76.60, "C"), (65, "C"), (64.99, "D"), (25, "D"), (24.9, None)],
)
def test_grades(ikm: float, expected: str | None) -> None:
    found = grade(ikm)
    assert (found and found[0]) == expected


def test_the_index_of_the_units(tmp_path: Path, city: City) -> None:
    found = figures(tmp_path, city, "ikm", table(Measurement, SURVEYS))
    assert found[city.code, None].value == pytest.approx((3.2 + 3.6) / 2 * 25)
    assert found[city.code, "dlh"].value == pytest.approx(80)
    assert found[city.code, "dishub"].why_none == "belum ada data dalam kurun ini"


def test_the_example_of_the_regulation_as_one_unit(tmp_path: Path, city: City) -> None:
    lines = [
        f"ikm.{e} | Loket | {t / RESPONDENTS:.12f}".replace(".", ",").replace("ikm,", "ikm.")
        for e, t in zip(ELEMENTS, TOTALS, strict=True)
    ]
    reading = figure(tmp_path, city, "ikm", table(Measurement, "\n".join(["ukuran | hal | nilai", *lines])))
    assert reading.value == pytest.approx(91.475, abs=5e-4)
    assert reading.n == 9


def test_an_element_that_nobody_asked_leaves_no_index(tmp_path: Path, city: City) -> None:
    eight = "\n".join(line for line in SURVEYS.splitlines() if "ikm.biaya" not in line)
    assert figure(tmp_path, city, "ikm", table(Measurement, eight)).why_none == "belum ada sumber yang memberi ikm.biaya"


@pytest.mark.parametrize(
    "kpi",
    [
        *("nrr_persyaratan", "nrr_prosedur", "nrr_waktu", "nrr_biaya", "nrr_produk"),
        *("nrr_kompetensi", "nrr_perilaku", "nrr_pengaduan", "nrr_sarana"),
    ],
)
def test_the_mean_of_each_element(tmp_path: Path, city: City, kpi: str) -> None:
    element = kpi.removeprefix("nrr_")
    text = f"ukuran | hal | nilai\nikm.{element} | A | 3,0\nikm.{element} | B | 3,5\nikm.lain | A | 1,0"
    reading = figure(tmp_path, city, kpi, table(Measurement, text))
    assert (reading.value, reading.n) == (pytest.approx(3.25), 2)
