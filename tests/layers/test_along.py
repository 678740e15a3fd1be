"""Rows beside windows give what an expression for each window gives: for every figure of complaints, on any history."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.opdcut import CARDS
from layers import along as module
from layers.along import along
from layers.catalog import Kpi, Window, catalog
from layers.city import load
from layers.evaluate import WHOLE, figures
from layers.model import Kind
from tests.layers.histories import room, view

CITY = load("36.71")
KPIS = [kpi for kpi in catalog().values() if kpi.kind is Kind.COMPLAINT and kpi.pattern is None]
ENDS = st.lists(st.integers(0, 60 * 24 * 60), min_size=2, max_size=5, unique=True)


@settings(max_examples=12)
@given(seed=st.integers(1, 3), some=st.lists(st.sampled_from(KPIS), min_size=1, max_size=6, unique_by=id), minutes=ENDS)
def test_beside_windows_is_as_in_each(seed: int, some: list[Kpi], minutes: list[int]) -> None:
    at = room(CITY, view(seed))
    rows = at.recent(Kind.COMPLAINT)
    ends = [at.now - timedelta(minutes=m) for m in minutes]
    kinds = {kpi.id: Window.NOW if kpi.window is Window.NOW else Window.DAYS30 for kpi in some}
    asks = [(kpi.form, kinds[kpi.id].at(end, CITY.zone, 7)) for kpi in some for end in ends]
    expected = [cells[None][WHOLE] for cells in figures(rows, asks, (None,))]
    for found, cell in zip(along(rows.lazy(), rows.height, asks), expected, strict=True):
        assert {name: None if value is None else pytest.approx(value) for name, value in asdict(found).items()} == asdict(cell)


def test_the_figures_of_a_desk_are_told_by_the_ends_of_their_windows() -> None:
    first, last = (module._beside(Window.DAYS30.at(room(CITY, view(1)).now - timedelta(days=k), CITY.zone, 7)) for k in (9, 0))
    assert [name for name in CARDS if not module._told_by_ends(catalog()[name].form, first, last)] == []


def test_of_no_rows_it_says_what_there_is_of_nothing() -> None:
    at = room(CITY, view(1))
    kpi = catalog()["aduan_terbuka"]
    asks = [(kpi.form, kpi.window.at(at.now - timedelta(days=k), CITY.zone)) for k in range(3)]
    assert [cell.value for cell in along(at.recent(Kind.COMPLAINT).clear().lazy(), 0, asks)] == [0.0, 0.0, 0.0]
