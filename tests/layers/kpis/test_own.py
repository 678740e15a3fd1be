"""KPIs that a city declares in its pack, and switches off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from layers.catalog import CatalogError
from layers.city import City
from layers.citykpis import catalog_of
from layers.model import Complaint, Measurement, Package
from layers.ownkpis import OwnKpi
from layers.readings import readings
from tests.layers.kpis.worked import room, table

OWN: dict[str, Any] = {
    "id": "aduan_sampah",
    "title": {"id": "Aduan sampah", "en": "Waste complaints"},
    "formula": {"id": "aduan sampah 30 hari", "en": "waste complaints, 30 days"},
    "definition": "Aduan tentang sampah.",
    "owner": "DLH",
    "unit": "aduan",
    "kind": "complaint",
    "form": "count",
    "time": "received",
    "filter": {"category": ["Sampah"]},
}
WASTE = """
kali | diterima          | category | status   | dijawab
6    | 19 Nov 2026 09.00 | Sampah   | selesai  | 19 Nov 2026 11.00
2    | 19 Nov 2026 09.00 | Sampah   | diproses | 19 Nov 2026 10.00
5    | 19 Nov 2026 09.00 | Jalan    | selesai  | 19 Nov 2026 14.00
9    | 01 Sep 2026 09.00 | Sampah   | selesai  | 19 Nov 2026 14.00
"""
MONEY = """
tahun | diumumkan         | pagu        | nilai
2026  | 10 Nov 2026 09.00 | 100.000.000 | 80.000.000
2026  | 10 Nov 2026 09.00 | 300.000.000 | 120.000.000
"""
SHARE = {"form": "share", "unit": "persen", "part": {"status": ["selesai"]}}
PAID = {"kind": "package", "time": "announced", "filter": {}, "value": "value"}
HEAT = {"kind": "measurement", "time": "measured", "filter": {"name": ["cuaca.suhu"]}, "value": "value", "unit": "tingkat"}


@pytest.mark.parametrize(
    ("changes", "kind", "text", "value"),
    [
        ({}, Complaint, WASTE, 8),
        (SHARE, Complaint, WASTE, 75),
        ({"form": "median", "value": "jam_respons", "unit": "jam"}, Complaint, WASTE, 2),
        (PAID | {"form": "total", "unit": "rupiah"}, Package, MONEY, 200_000_000),
        (PAID | {"form": "median", "unit": "rupiah"}, Package, MONEY, 100_000_000),
        (PAID | {"form": "ratio", "unit": "persen", "whole": "pagu"}, Package, MONEY, 50),
        (HEAT | {"form": "median"}, Measurement, "ukuran | nilai\ncuaca.suhu | 31\ncuaca.hujan | 9", 31),
    ],
)
def test_each_form(tmp_path: Path, city: City, changes: dict[str, Any], kind: Any, text: str, value: float) -> None:
    mine = city.model_copy(update={"kpis": (OwnKpi.model_validate(OWN | changes),)})
    found = {(r.area, r.opd): r for r in readings([catalog_of(mine)["aduan_sampah"]], room(tmp_path, mine, table(kind, text)))}
    assert found[city.code, None].value == pytest.approx(value)


def test_a_city_switches_off(city: City) -> None:
    assert "transfer_dana_desa" not in catalog_of(city.model_copy(update={"kpis_off": ("transfer_dana_desa",)}))


@pytest.mark.parametrize(
    ("update", "fault"),
    [
        ({"kpis_off": ("tidak_ada",)}, "tidak ada KPI tidak_ada"),
        ({"kpis": (OwnKpi.model_validate(OWN | {"filter": {"kategori": ["x"]}}),)}, "tidak ada kolom kategori"),
        ({"kpis": (OwnKpi.model_validate(OWN | {"id": "aduan_terbuka"}),)}, "dinyatakan dua kali"),
    ],
)
def test_a_faulty_declaration_is_named(city: City, update: dict[str, Any], fault: str) -> None:
    with pytest.raises(CatalogError, match=fault):
        catalog_of(city.model_copy(update=update))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"form": "share"}, "memerlukan part"),
        ({"form": "ratio"}, "memerlukan value, whole"),
        ({"kind": "measurement"}, "filter.name"),
    ],
)
def test_what_a_form_needs(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        OwnKpi.model_validate(OWN | changes)
