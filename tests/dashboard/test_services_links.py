"""The scenes of services and of links and sites: what a figure rests on opens, unknown says why, old is never calm."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dashboard.page import document
from dashboard.pages import wall
from dashboard.scene import shown
from layers.model import UNPLACED
from layers.snapshot import Evidence, Freshness, Outage, Reading, Snapshot
from tests.dashboard.snapshots import CITY, KELURAHAN, NOW, reading, snapshot
from tests.dashboard.views import view

OLD = Freshness(observed_at=NOW - timedelta(days=3), fetched_at=NOW, budget=timedelta(hours=1))
MELATI, KENANGA, ANGGREK, CEMPAKA = KELURAHAN


def drawn(scene: str, *readings: Reading, **fields: Any) -> dict[str, str]:
    """The parts of a scene of the tiny city with these readings alone."""
    given = {"trends": (), **fields}
    made: Snapshot = replace(snapshot(), readings=readings, **given)
    return dict(document(wall.PAGE, made, view(params={"adegan": scene})).parts)


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


def test_silent_counters_are_named_and_marked() -> None:
    parts = drawn(
        "layanan",
        reading("loket_tidak_melapor", value=2),
        *(reading("loket_tidak_melapor", area, value=float(area in (MELATI, CEMPAKA))) for area in KELURAHAN),
    )
    assert "Loket tidak melapor 2" in words(parts["silent"])
    assert [name for name in ("Melati", "Kenanga", "Anggrek", "Cempaka") if name in parts["silent"]] == ["Melati", "Cempaka"]
    assert f'data-kpi="loket_tidak_melapor" data-scope="{MELATI}"' in parts["silent"]
    assert parts["map-overlay"].count('class="spot"') == 2
    assert "loket tidak melapor 2" in words(parts["map-marks"])


CALM = (
    ("layanan", "loket_tidak_melapor", "silent"),
    ("jaringan", "kantor_terputus", "offices-down"),
    ("jaringan", "situs_mati", "sites-down"),
)


@pytest.mark.parametrize(("scene", "kpi", "part"), CALM)
def test_nothing_wrong_is_calm_only_while_the_data_are_new(scene: str, kpi: str, part: str) -> None:
    assert "belum dihitung" in drawn(scene)[part]
    assert "belum ada sumber" in drawn(scene, reading(kpi, why_none="belum ada sumber"))[part]
    assert 'class="empty" data-state="live"' in drawn(scene, reading(kpi, value=0))[part]
    assert 'class="empty" data-state="stale"' in drawn(scene, reading(kpi, value=0, freshness=OLD))[part]


def test_satisfaction_says_its_grade_and_the_weakest_element_first() -> None:
    parts = drawn("layanan", reading("ikm", value=84.71), reading("nrr_waktu", value=2.5), reading("nrr_biaya", value=3.6),
                  reading("nrr_sarana", why_none="belum cukup data"))  # fmt: skip
    said = words(parts["satisfaction"])
    assert "84,71 mutu B, baik" in said
    assert re.search(r"Waktu 2,50 D Biaya 3,60 A Sarana belum cukup data", said)
    assert 'data-kpi="nrr_waktu"' in parts["satisfaction"]
    assert 'width="50%"' in parts["satisfaction"], "2.5 is half way from 1 to 4"


def test_today_is_set_apart_from_the_days_that_are_over() -> None:
    days = replace(snapshot().trends[0], kpi="layanan_hari_ini", values=(None, *range(29)))
    chart = drawn("layanan", reading("layanan_hari_ini", value=28), trends=(days,))["days"]
    assert (chart.count('class="day"'), chart.count('class="today"')) == (28, 1)
    assert "hari ini, belum selesai" in words(chart)


def test_offices_have_a_shape_and_a_word_by_how_much_of_them_is_up() -> None:
    values = {MELATI: 100.0, KENANGA: 0.0, ANGGREK: 50.0}
    parts = drawn(
        "jaringan",
        reading("kantor_terhubung", value=50),
        *(reading("kantor_terhubung", area, value=value) for area, value in values.items()),
        reading("kantor_terhubung", CEMPAKA, why_none="tidak ada kantor yang diawasi"),
        reading("kantor_terhubung", UNPLACED, value=50, evidence=Evidence(sources=("wan",), numerator=1, denominator=2)),
    )
    overlay = parts["map-overlay"]
    assert (overlay.count("<circle"), overlay.count('data-band="watch"'), overlay.count('data-band="act"')) == (1, 1, 1)
    assert words(parts["map-marks"]).startswith(
        "kantor terhubung 1 sebagian terputus 1 terputus 1 di luar peta: 1 dari 2 terhubung"
    )
    assert "Kenanga" in overlay


def test_what_is_down_says_where_or_whose_since_when_and_for_how_long() -> None:
    down = (
        Outage(kpi="kantor_terputus", subject="36.71.01", area=KENANGA, opd=None, since=NOW - timedelta(hours=5), hours=7.5),
        Outage(
            kpi="situs_mati", subject="dlh.kota<b>", area="tanpa-lokasi", opd="dlh", since=NOW - timedelta(days=3), hours=None
        ),
    )
    parts = drawn("jaringan", reading("kantor_terputus", value=1), reading("kantor_terputus", KENANGA, value=1),
                  reading("situs_mati", value=1), reading("situs_mati", value=1, opd="dlh"), outages=down)  # fmt: skip
    assert "Kec. Kecamatan Satu sejak 09.32 5 jam 7,5 jam bulan ini" in words(parts["offices-down"]).replace("\xa0", " ")
    assert f'data-kpi="kantor_terputus" data-scope="{KENANGA}"' in parts["offices-down"]
    assert "DLH · sejak 19 Nov 2026 14.32 3 hari" in words(parts["sites-down"]).replace("\xa0", " ")
    assert 'data-kpi="situs_mati" data-scope="36.71" data-opd="dlh"' in parts["sites-down"]
    assert "<b>" not in parts["sites-down"].replace("<b>1</b>", "")


def test_opds_with_faulty_sites_come_first_and_each_cell_is_a_reading() -> None:
    def proof(part: float | None) -> dict[str, Any]:
        return {"n": 4, "evidence": Evidence(sources=("situs",), numerator=part, denominator=4.0)}

    parts = drawn(
        "jaringan",
        reading("situs_terjangkau", value=90),
        reading("situs_terjangkau", value=100, opd="dlh", **proof(4.0)),
        reading("situs_terjangkau", value=75, opd="dpupr", **proof(3.0)),
        reading("situs_disusupi", value=0, opd="dlh"),
        reading("situs_disusupi", value=1, opd="dpupr"),
        reading("situs_usang", opd="dlh", why_none="tidak diketahui", **proof(None)),
    )
    said = words(parts["sites"])
    assert "1 dari 2 OPD tanpa masalah" in said
    assert said.index("DPUPR 3/4") < said.index("DLH 4/4")
    assert 'data-kpi="situs_disusupi" data-scope="36.71" data-opd="dpupr" data-value="1"' in parts["sites"]
    assert "belum ada" in said


def test_a_figure_that_the_city_switched_off_leaves_its_scene() -> None:
    off = CITY.model_copy(update={"kpis_off": ("antrean_p90",)})
    assert "antrean_p90" not in shown(view(off, params={"adegan": "layanan"})).tiles
