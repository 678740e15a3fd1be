"""The registry refuses a KPI that is not whole, and windows are told by the clock and the zone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from layers.catalog import CHANGE, CatalogError, Count, Kpi, Quantile, Rate, Ratio, Rule, Total, Window, catalog, registry
from layers.city import City
from layers.model import Kind

TESTS = Path(__file__).parent / "kpis"
WIB = ZoneInfo("Asia/Jakarta")
SHARE = catalog()["selesai_tepat_waktu"]
COUNT = catalog()["aduan_terbuka"]
LEAST = 60
WALL = {"aduan_terbuka", "aduan_lewat_tenggat", "selesai_tepat_waktu", "respons_pertama", "lama_penyelesaian", "sumber_segar"}


def test_the_catalogue_is_whole() -> None:
    assert len(catalog()) >= LEAST
    assert set(catalog()) >= WALL


@pytest.mark.parametrize("kpi", catalog().values(), ids=lambda kpi: kpi.id)
def test_every_kpi_has_a_worked_table(kpi: Kpi) -> None:
    assert any(f'"{kpi.id}"' in path.read_text("utf-8") for path in TESTS.glob("test_*.py"))


def test_the_pack_names_only_kpis_that_there_are(city: City) -> None:
    assert {*city.wall.tiles, city.wall.map, city.wall.ranking, *city.targets} <= set(catalog())


def test_the_catalog_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        catalog()["x"] = COUNT  # type: ignore[index]


Change = Callable[[Kpi], Kpi]


@pytest.mark.parametrize(
    ("kpi", "changes", "fault"),
    [
        (COUNT, {"id": "Aduan Terbuka"}, "id: huruf kecil"),
        (COUNT, {"title": {"id": "Aduan"}}, "title: belum ada teks 'en'"),
        (COUNT, {"short": {"id": " ", "en": "x"}}, "short: belum ada teks 'id'"),
        (COUNT, {"formula": {}}, "formula: belum ada teks 'id'"),
        (COUNT, {"unit": "buah"}, "unit: 'buah' tidak dikenal"),
        (COUNT, {"unit": "persen"}, "unit: bagian"),
        (SHARE, {"unit": "aduan"}, "unit: bagian"),
        (COUNT, {"better": "less"}, "better: 'less' bukan"),
        (COUNT, {"owner": ""}, "owner: belum diisi"),
        (COUNT, {"rule": Rule(name="UU", article=" ", valid_from=date(2026, 1, 1))}, "rule: nama dan pasal"),
        (COUNT, {"rule": Rule(name="UU", article="-", valid_from=date(2026, 1, 2), valid_to=date(2026, 1, 1))}, "rule: berakhir"),
        (COUNT, {"decimals": 4}, "decimals"),
        (COUNT, {"n_min": -1}, "n_min"),
        (COUNT, {"interval": True}, "interval: hanya untuk bagian"),
        (COUNT, {"definition": " "}, "definition: belum diisi"),
        (COUNT, {"concept": ""}, "concept: belum diisi"),
        (COUNT, {"classification": ""}, "classification: belum diisi"),
        (COUNT, {"cuts": ("rt",)}, "cuts: hanya kota"),
        (COUNT, {"cuts": ()}, "cuts: hanya kota"),
        (COUNT, {"kind": Kind.MEASUREMENT}, "names: ukuran mana"),
        (COUNT, {"names": ("situs.terjangkau",)}, "names: hanya untuk ukuran"),
        (COUNT, {"beside": "tidak_ada"}, "beside: 'tidak_ada' tidak ada"),
    ],
)
def test_a_faulty_declaration_is_refused_with_its_field(kpi: Kpi, changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(CatalogError, match=fault):
        registry([replace(kpi, **changes)])


def test_two_kpis_of_one_id_are_refused() -> None:
    with pytest.raises(CatalogError, match="'aduan_terbuka': id: dinyatakan dua kali"):
        registry([COUNT, COUNT])


def test_only_counts_and_totals_add_up() -> None:
    assert replace(COUNT, form=Total(where=lambda _: pl.lit(value=True), value=pl.col("x"))).additive
    assert not replace(COUNT, form=Quantile(where=lambda _: pl.lit(value=True), value=pl.col("x"))).additive
    assert not replace(COUNT, form=Count(where=lambda _: pl.lit(value=True), distinct="area")).additive
    assert not replace(COUNT, form=Rate(where=lambda _: pl.lit(value=True))).additive
    assert not replace(COUNT, form=Ratio(where=lambda _: pl.lit(value=True), part=pl.col("x"), whole=pl.col("y"))).additive
    assert not SHARE.additive
    assert isinstance(COUNT.form, Count)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=WIB).astimezone(UTC)


@pytest.mark.parametrize(
    ("window", "now", "start", "before"),
    [
        (Window.NOW, "2026-11-22T12:00", "2026-11-22T12:00", ("2026-11-21T12:00", "2026-11-21T12:00")),
        (Window.TODAY, "2026-11-22T12:00", "2026-11-22T00:00", ("2026-11-21T00:00", "2026-11-21T12:00")),
        (Window.TODAY, "2026-11-22T00:00", "2026-11-22T00:00", ("2026-11-21T00:00", "2026-11-21T00:00")),
        (Window.DAYS30, "2026-11-22T12:00", "2026-10-23T12:00", ("2026-09-23T12:00", "2026-10-23T12:00")),
        (Window.YEAR, "2026-11-22T12:00", "2026-01-01T00:00", ("2025-01-01T00:00", "2025-11-22T12:00")),
        (Window.YEAR, "2024-02-29T12:00", "2024-01-01T00:00", ("2023-01-01T00:00", "2023-02-28T12:00")),
        (Window.YEAR, "2026-01-01T03:00", "2026-01-01T00:00", ("2025-01-01T00:00", "2025-01-01T03:00")),
    ],
)
def test_windows(window: Window, now: str, start: str, before: tuple[str, str]) -> None:
    when = window.at(at(now), WIB)
    assert (when.start, when.end) == (at(start), at(now))
    assert (when.before().start, when.before().end) == (at(before[0]), at(before[1]))
    assert set(CHANGE[window]) == {"id", "en"}


def test_a_window_of_other_days_compares_with_as_many_before() -> None:
    when = Window.DAYS30.at(at("2026-11-22T12:00"), WIB, days=7)
    assert (when.start, when.before().start) == (at("2026-11-15T12:00"), at("2026-11-08T12:00"))


def test_the_year_is_the_local_one() -> None:
    assert Window.YEAR.at(datetime(2025, 12, 31, 18, tzinfo=UTC), WIB).year == 2026
