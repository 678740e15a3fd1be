"""The card shows the very number that was pressed: the city's where the page shows the city's, the asker's own elsewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.exceptions import HTTPException

from dashboard.cut import Cut, address, narrowed, page_for
from dashboard.page import document, find_page
from dashboard.pages import kelurahan
from dashboard.places import complaints
from layers.drill import Drill, Query
from layers.model import Role, Scope
from layers.snapshot import Band
from tests.dashboard.server import room
from tests.dashboard.snapshots import CITY, KELURAHAN, NOW, OPERATOR, reading, snapshot
from tests.dashboard.views import drill as wide
from tests.dashboard.views import view

HEAD = Scope(user="kepala", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
CAMAT = Scope(user="camat", role=Role.LEADER, areas=frozenset({"36.71.01"}))
HERE, NEIGHBOUR = KELURAHAN[:2]
KPI = "aduan_lewat_tenggat"
OWN, ALL = 7.0, 700.0
PRESSED = re.compile(r'data-kpi="(\w+)" data-scope="([\w.-]+)"(?: data-opd="(\w+)")? data-value="([\d.]*)"')


def cut(scope: Scope, query: Query) -> Drill:
    value = OWN if scope.opds or scope.areas else ALL
    shown = [reading(kpi, query.area or "36.71", value=value, target=5.0, band=Band.ACT) for kpi in complaints.CARDS]
    return replace(wide(query), readings=tuple(shown))


def pressed(path: str, kpi: str, area: str | None, filters: Any = None) -> Cut:
    return Cut.read({"page": path, "kpi": kpi, "area": area, "cut": filters or {}, "n": 1, "lang": "id"}, CITY)


@pytest.mark.parametrize("scope", [HEAD, CAMAT, OPERATOR], ids=lambda s: s.user)
def test_every_number_on_an_areas_page_is_the_one_on_its_card(tmp_path: Path, scope: Scope) -> None:
    here = room(tmp_path, drill=cut)
    path, shown = f"/kelurahan/{HERE}", snapshot(now=NOW)
    seen = view(params={"code": HERE}, scope=scope, drill=lambda query: cut(scope, query))
    drawn = document(kelurahan.PAGE, shown, seen)
    found = [
        match for key, html in drawn.parts.items() if key != "compare" or scope is not OPERATOR for match in PRESSED.findall(html)
    ]
    assert len(found) >= len(complaints.CARDS)
    for kpi, area, _, value in found:
        card = pressed(path, kpi, area).reading(scope, here, shown)
        assert card is not None
        assert f"{card.value:.6f}".rstrip("0").rstrip(".") == value, (kpi, area)


def test_a_limited_scope_sees_no_target_band_or_trend_of_the_city_and_is_told_so(tmp_path: Path) -> None:
    for scope, words in ((HEAD, "hanya OPD Anda: DLH"), (CAMAT, "hanya wilayah Anda: Kecamatan Satu")):
        seen = view(params={"code": "36.71"}, scope=scope, drill=lambda query, scope=scope: cut(scope, query))
        drawn = document(kelurahan.PAGE, snapshot(), seen).parts
        assert words in drawn["area-head"]
        tile = drawn[f"tile-{KPI}"]
        assert 'data-band="normal"' in tile
        assert "batas" not in tile
        assert "<polyline" not in tile
        card = pressed("/kelurahan/36.71", KPI, "36.71").reading(scope, room(tmp_path, drill=cut), snapshot())
        assert card is not None
        assert (card.value, card.target, card.band) == (OWN, None, Band.NORMAL)
    whole = document(kelurahan.PAGE, snapshot(), view(params={"code": "36.71"}, drill=lambda query: cut(OPERATOR, query))).parts
    assert "hanya" not in whole["area-head"]


def test_a_limited_scope_without_frames_is_not_shown_the_citys_numbers(tmp_path: Path) -> None:
    drawn = document(kelurahan.PAGE, snapshot(), view(params={"code": "36.71"}, scope=HEAD)).parts
    assert "belum dihitung" in drawn[f"tile-{KPI}"]
    assert pressed("/kelurahan/36.71", KPI, "36.71").reading(HEAD, room(tmp_path), snapshot()) is None


def test_the_wall_and_the_neighbours_are_published_readings(tmp_path: Path) -> None:
    here, shown = room(tmp_path, drill=cut), snapshot()
    for scope in (HEAD, OPERATOR):
        assert pressed("/dinding", KPI, None).reading(scope, here, shown) == shown.reading(KPI)
    assert pressed(f"/kelurahan/{HERE}", KPI, NEIGHBOUR).reading(OPERATOR, here, shown) == shown.reading(KPI, NEIGHBOUR)
    assert pressed(f"/kelurahan/{HERE}", KPI, "36.99").reading(OPERATOR, here, shown) is None


def test_a_page_is_told_what_it_asks_for_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = room(tmp_path)
    found = find_page("/sumber")
    assert found
    asking = replace(found[0], asks={"kpi": r"[a-z0-9_]{3,41}", "tahun": r"\d{4}"})
    monkeypatch.setattr("dashboard.cut.find_page", lambda path: (asking, {}) if path == "/sumber" else find_page(path))
    page, params = page_for(OPERATOR, "/sumber?kpi=aduan_terbuka&lain=1&tahun=", here)
    assert params == {"kpi": "aduan_terbuka"}
    assert address("/sumber", page, params) == "/sumber?kpi=aduan_terbuka"
    assert page_for(OPERATOR, address("/sumber", page, params), here)[1] == params
    for hostile in ("kpi=../../etc", "tahun=20266", "tahun=20%0026", "kpi=" + "a" * 90, "&".join(f"x{i}=1" for i in range(40))):
        with pytest.raises(HTTPException) as refused:
            page_for(OPERATOR, f"/sumber?{hostile}", here)
        assert refused.value.status_code == 400


def test_a_filter_narrows_a_page_but_never_takes_it_to_another_opd(tmp_path: Path) -> None:
    here = room(tmp_path)
    page, params = page_for(HEAD, "/opd/dlh?days=90", here)
    assert narrowed(page, params, {"opd": "dpupr", "days": "30"}) == {"opd": "dlh", "days": "30"}
    with pytest.raises(HTTPException, match="400"):  # of four lengths each is remembered, not of 366
        narrowed(page, params, {"days": "123"})
    assert narrowed(kelurahan.PAGE, {"code": HERE}, {"days": "123"}) == {"code": HERE, "days": "123"}
    assert pressed("/opd/dlh", KPI, None, {"opd": "dpupr", "channel": "112"}).params() == {"opd": "dlh", "channel": "112"}
    assert pressed(f"/kelurahan/{HERE}", KPI, None, {"opd": "dpupr"}).params() == {"code": HERE, "opd": "dpupr"}
