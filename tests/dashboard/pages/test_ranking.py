"""The ranking page: rank ranges, who has no rank, the funnel, equity, praise; without scripts, in English, on a telephone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser
from starlette.exceptions import HTTPException

from dashboard.cut import page_for
from dashboard.page import View, document, layout
from dashboard.pages.ranking import PAGE
from layers.explain import wilson
from layers.model import Role, Scope
from layers.snapshot import Evidence, Reading, Snapshot
from tests.dashboard.pages.test_desk import CONTRAST, OVERFLOWS
from tests.dashboard.server import room
from tests.dashboard.snapshots import CITY, KELURAHAN, PUBLIC, reading, snapshot
from tests.dashboard.views import html, real_city, view

ON_TIME = "selesai_tepat_waktu"


def share(part: int, whole: int, *, change: float | None = None, **fields: object) -> Reading:
    if whole < 20:
        return reading(ON_TIME, n=whole, why_none=f"belum cukup data: n = {whole}, perlu 20", **fields)
    low, high = wilson(part, whole)
    earlier = float(whole) if change is not None else None
    proof = Evidence(sources=("laksa",), numerator=part, denominator=whole, low=low, high=high, earlier=earlier)
    found = reading(ON_TIME, value=100 * part / whole, n=whole, evidence=proof, **fields)
    return replace(found, change=change)


OPDS = {"a": (190, 200, 1.0), "b": (150, 200, 30.0), "dlh": (145, 200, None), "dpupr": (60, 200, -5.0), "e": (9, 10, None)}


def ranked() -> Snapshot:
    """Five OPDs, one of them on ten cases; overdue complaints of four kelurahan of 10,000 people; a share of each."""
    rows = [share(600, 800), *(share(k, n, change=moved, opd=opd) for opd, (k, n, moved) in OPDS.items())]
    for area, n in zip(KELURAHAN, (30, 40, 90, 8), strict=True):
        rows += [reading("penduduk", area, value=10_000.0, n=1), reading("aduan_lewat_tenggat", area, value=float(n), n=n)]
    rows.append(reading("aduan_lewat_tenggat", value=168.0, n=168))
    return snapshot(readings=tuple(rows))


def seen(**asked: str) -> View:
    return view(params=asked)


def drawn(shown: Snapshot, **asked: str) -> dict[str, str]:
    return dict(document(PAGE, shown, seen(**asked)).parts)


def test_the_ranking_of_opds_with_ranges_and_those_without() -> None:
    found = drawn(ranked())
    names = re.findall(r'class="rank" title="[^"]*">([^<]*)</span><span class="name">([^<]*)<', found["standings"])
    assert names == [("1", "a"), ("2–3", "b"), ("2–3", "DLH"), ("4", "DPUPR")]
    assert "Tanpa peringkat: 1" in found["standings"]
    assert "belum cukup data: n = 10, perlu 20" in found["standings"]
    assert "1 dari 4 mungkin yang terbaik; peringkat 2 di antaranya pasti." in found["standings"]
    assert 'aria-label="a: peringkat 1 dari 4, 95,0\u00a0%' in found["standings"]


def test_praise_only_for_what_is_certain() -> None:
    praise = drawn(ranked())["praise"]
    assert re.findall(r"<strong>([^<]*)</strong>", praise) == ["a", "b"], "a is the best, b became better"
    assert "+30,0 poin (" in praise
    even = [share(60, 80), *(share(15, 20, opd=opd) for opd in "abc")]
    assert "tidak ada pujian dari kebetulan" in drawn(snapshot(readings=tuple(even)))["praise"]


def test_counts_among_kelurahan_are_per_head_with_the_funnel_and_equity() -> None:
    found = drawn(ranked(), kpi="aduan_lewat_tenggat", level="kelurahan")
    assert "per 1.000 penduduk" in found["rank-head"]
    assert 'href="/kelurahan/36.71.01.1001"' in found["standings"]
    assert re.findall(r'class="val"[^>]*>([^<]*)<', found["standings"]) == ["3,00", "4,00", "9,00"]
    assert "belum cukup data: n = 8, perlu 20" in found["standings"]
    assert found["funnel"].count('class="point b') == 3
    for words in ("Gini", "Theil T", "P90/P10", "4 kelurahan, menurut penduduknya", "Kurva Lorenz: Gini 0,381"):
        assert words in found["equity"]


def test_without_populations_the_counts_have_no_rank_and_no_equity_but_a_reason() -> None:
    shown = replace(ranked(), readings=tuple(r for r in ranked().readings if r.kpi != "penduduk"))
    found = drawn(shown, kpi="aduan_lewat_tenggat", level="kelurahan")
    assert "Tanpa peringkat: 4" in found["standings"]
    assert "belum ada jumlah penduduk bertanggal untuk wilayah ini" in found["standings"]
    assert "jumlah penduduk bertanggal belum ada untuk 4 dari 4 kelurahan" in found["equity"]


@pytest.mark.parametrize(("kpi", "level"), [("skor_risiko_pengadaan", "opd"), ("lama_pemilihan", "kelurahan")])
def test_what_cannot_be_ranked_fairly_says_so(kpi: str, level: str) -> None:
    assert "tidak dapat diperingkat secara adil" in drawn(ranked(), kpi=kpi, level=level)["standings"]


def test_an_unknown_figure_shows_that_of_the_wall_and_a_foreign_level_is_refused(tmp_path: Path) -> None:
    assert f'value="{ON_TIME}" selected' in drawn(ranked(), kpi="tidak_ada")["rank-form"]
    with pytest.raises(HTTPException) as refused:
        page_for(PUBLIC, "/peringkat?level=rt", room(tmp_path))
    assert refused.value.status_code == 400
    assert page_for(PUBLIC, "/peringkat?kpi=laju_aduan&level=kecamatan", room(tmp_path))[1] == {
        "kpi": "laju_aduan",
        "level": "kecamatan",
    }


def test_who_may_see_only_a_part_is_told_that_this_is_the_whole() -> None:
    head = Scope(user="kepala", role=Role.OPD_HEAD, opds=frozenset({"dlh"}))
    assert "seluruh wilayah" in str(document(PAGE, ranked(), replace(seen(), scope=head)).parts["rank-head"])
    assert "seluruh wilayah" not in drawn(ranked())["rank-head"]


def test_names_are_escaped() -> None:
    rows = [share(600, 800), share(190, 200, opd="<script>x</script>"), share(19, 200, opd="b")]
    assert "<script>x" not in layout(PAGE, document(PAGE, snapshot(readings=tuple(rows)), seen()), seen())


def crowded() -> tuple[Snapshot, View]:
    """A whole city with all kelurahan, of very unlike sizes."""
    city, asset = real_city(Path("/nonexistent"))
    shown, dice, every = view(city, asset), np.random.default_rng(4), 0
    rows = []
    for area in shown.tree.kelurahan:
        people = int(dice.integers(2_000, 60_000))
        n = int(dice.poisson(people * 0.002 * dice.gamma(4, 0.25)))
        every += n
        rows += [reading("penduduk", area.code, value=float(people), n=1)]
        rows += [reading("aduan_lewat_tenggat", area.code, value=float(n), n=n)]
    rows.append(reading("aduan_lewat_tenggat", value=float(every), n=every))
    return snapshot(readings=tuple(rows)), replace(shown, params={"kpi": "aduan_lewat_tenggat", "level": "kelurahan"})


def pages() -> Iterator[tuple[Snapshot, View]]:
    for lang in ("id", "en"):
        for asked in ({}, {"kpi": "aduan_lewat_tenggat", "level": "kelurahan"}, {"kpi": "skor_risiko_pengadaan"}):
            yield ranked(), view(lang=lang, params=asked)
    yield replace(ranked(), readings=()), seen()


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (1440, True), (390, False)])
def test_nothing_overflows_and_all_is_readable(browser: Browser, tmp_path: Path, width: int, dark: bool) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme="dark" if dark else "light")
    page = context.new_page()
    for shown, looked in (*pages(), crowded()):
        page.goto(html(PAGE, shown, looked, tmp_path).as_uri())
        assert page.evaluate(OVERFLOWS) == []
        assert page.evaluate(CONTRAST) == []
    context.close()


def test_the_form_works_without_scripts(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(html(PAGE, ranked(), seen(), tmp_path).as_uri())
    page.get_by_label("Menurut").select_option("kelurahan")
    page.get_by_label("Angka").select_option("laju_aduan")
    with page.expect_request(lambda request: "peringkat" in request.url) as sent:
        page.get_by_role("button", name="Tampilkan").click()
    assert sent.value.url.endswith("/peringkat?kpi=laju_aduan&level=kelurahan")
    context.close()


def test_the_page_is_in_the_navigation() -> None:
    whole = layout(PAGE, document(PAGE, ranked(), seen()), seen())
    assert '<a href="/peringkat" aria-current="page">Peringkat</a>' in whole
    assert PAGE.roles == frozenset(Role)
    assert CITY.wall.ranking == ON_TIME
