"""The desk pages: what they show of an area and of the sources, narrowed, in English, on a telephone, and in the dark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from starlette.exceptions import HTTPException

from dashboard import text
from dashboard.cut import page_for
from dashboard.page import Page, View, document, layout
from dashboard.pages import kelurahan, sources, wall
from dashboard.places import complaints
from layers.model import UNPLACED, Role, Scope
from layers.snapshot import Snapshot
from tests.dashboard.server import room
from tests.dashboard.snapshots import PUBLIC, snapshot
from tests.dashboard.views import bad_source, drill, html, view

AREAS = ("36.71", "36.71.01", "36.71.01.1001", UNPLACED)
OVERFLOWS = """() => {
  const out = [];
  const name = e => (e.id || e.className.baseVal || e.className || e.tagName) + ': ' + e.textContent.trim().slice(0, 40);
  if (document.documentElement.scrollWidth > innerWidth) out.push('the page scrolls sideways');
  for (const e of document.querySelectorAll('.tile, .panel, .bar-row, .sum, .page-head, .side, .filters, label, .chip')) {
    if (e.getClientRects().length && e.scrollWidth > e.clientWidth + 1) out.push('overflow: ' + name(e));
  }
  for (const panel of document.querySelectorAll('.panel')) {
    const p = panel.getBoundingClientRect();
    for (const e of panel.querySelectorAll(':scope h2, :scope p, .bar-row > *, .count, .plot text, li, .chip')) {
      const r = e.getBoundingClientRect();
      if (!r.width || !e.checkVisibility() || e.closest('.scroll')) continue;
      if (r.left < p.left - 1 || r.right > p.right + 1 || r.bottom > p.bottom + 1) out.push(`outside ${name(panel)}: ${name(e)}`);
    }
  }
  return out;
}"""
CONTRAST = """() => {
  const channel = v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; };
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
  const ground = e => {
    for (let n = e; n; n = n.parentElement) {
      const c = parse(getComputedStyle(n).backgroundColor);
      if (c.length < 4 || c[3] > .99) return c;
    }
    return [255, 255, 255];
  };
  const out = [];
  for (const e of document.querySelectorAll('body *')) {
    if (e.closest('svg, select') || !e.getClientRects().length) continue;
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    const a = light(parse(getComputedStyle(e).color)), b = light(ground(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) out.push(`${ratio.toFixed(2)} ${e.className} ${e.textContent.trim().slice(0, 30)}`);
  }
  return out;
}"""


def at(code: str, **fields: Any) -> View:
    params = {"code": code, **fields.pop("filters", {})}
    return view(params=params, drill=drill, **fields)


def pages() -> Iterator[tuple[Page, Snapshot, View]]:
    """Every page in every state worth drawing."""
    bad = replace(snapshot(), sources=tuple(bad_source(k) for k in range(4)))
    for lang in ("id", "en"):
        for code in AREAS:
            yield kelurahan.PAGE, snapshot(), at(code, lang=lang)
        yield (
            kelurahan.PAGE,
            snapshot(),
            at("36.71.01.1001", lang=lang, filters={"days": "7", "category": "kategori 3", "opd": "dlh"}),
        )
        yield kelurahan.PAGE, replace(snapshot(), readings=()), replace(at("36.71.01", lang=lang), drill=None)
        for shown in (snapshot(), bad, replace(snapshot(), sources=(), readings=(), events=(), attention=())):
            for role in Role:
                seen = view(
                    lang=lang,
                    scope=Scope(user="x", role=role),
                    quarantine=lambda _name: [("closed", "ditutup sebelum diterima", 197)],
                )
                yield sources.PAGE, shown, seen
            yield wall.PAGE, shown, view(lang=lang)


@pytest.mark.parametrize("code", AREAS)
def test_an_area_of_any_level_has_its_cards_and_its_parts(code: str) -> None:
    drawn = document(kelurahan.PAGE, snapshot(), at(code))
    assert {f"tile-{name}" for name in complaints.CARDS} <= set(drawn.parts)
    for name in ("trend", "by-category", "by-opd", "by-channel", "compare", "filters"):
        assert f'id="{name}"' in drawn.parts[name].split(">", 1)[0]
    assert "28 lainnya tidak ditampilkan" in drawn.parts["by-category"]


def test_the_crumbs_lead_up_to_the_city() -> None:
    head = document(kelurahan.PAGE, snapshot(), at("36.71.01.1001")).parts["area-head"]
    assert head.index('href="/kelurahan/36.71"') < head.index('href="/kecamatan/36.71.01"') < head.index("<h1>Kelurahan Melati")
    assert "<h1>Tanpa lokasi" in document(kelurahan.PAGE, snapshot(), at(UNPLACED)).parts["area-head"]


def test_an_unknown_area_is_absent(tmp_path: Path) -> None:
    with pytest.raises(HTTPException) as refused:
        page_for(PUBLIC, "/kelurahan/36.71.99", room(tmp_path))
    assert refused.value.status_code == 404


def test_filters_keep_their_choice_and_drill_further_by_a_link() -> None:
    drawn = document(kelurahan.PAGE, snapshot(), at("36.71.01.1001", filters={"category": "kategori 3", "days": "7"}))
    assert '<option value="kategori 3" selected>' in drawn.parts["filters"]
    assert '<option value="7" selected>' in drawn.parts["filters"]
    assert 'href="/kelurahan/36.71.01.1001?category=kategori+3&amp;days=7&amp;opd=dlh"' in drawn.parts["by-opd"]
    assert "7 hari terakhir" in drawn.parts["area-head"]
    assert "tile-aduan_masuk_30h" not in drawn.parts, "a card named for 30 days must not show 7"


def test_a_kelurahan_stands_among_its_neighbours_and_a_kecamatan_shows_its_own() -> None:
    compare = document(kelurahan.PAGE, snapshot(), at("36.71.01")).parts["compare"]
    assert compare.count('class="bar-row') == 2
    assert 'href="/kelurahan/36.71.01.1002"' in compare


def test_failing_sources_come_first() -> None:
    keys = [key for key in document(sources.PAGE, snapshot(), view()).parts if key.startswith("source-")]
    assert keys == ["source-lpse", "source-laksa"]


def test_everything_said_has_an_english_word(monkeypatch: pytest.MonkeyPatch) -> None:
    said: set[str] = set()
    real = text.say

    def listening(lang: text.Lang, words: str, **values: object) -> str:
        said.add(words)
        return real(lang, words, **values)

    monkeypatch.setattr(text, "say", listening)
    for page, shown, seen in pages():
        layout(page, document(page, shown, seen), seen)
    assert len(said) > 100
    assert said - {""} <= set(text._english())


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1920, 1080), (390, 844)])
@pytest.mark.parametrize("name", ["kelurahan", "sources"])
def test_desk_pages_fit_their_screen(browser: Browser, tmp_path: Path, name: str, width: int, height: int) -> None:
    shown = replace(snapshot(), sources=tuple(bad_source(k) for k in range(4)))
    seen = (
        at("36.71.01.1001")
        if name == "kelurahan"
        else view(quarantine=lambda _name: [("closed", "ditutup sebelum diterima", 197)])
    )
    page = browser.new_page(viewport={"width": width, "height": height})
    try:
        page.goto(html({"kelurahan": kelurahan.PAGE, "sources": sources.PAGE}[name], shown, seen, tmp_path).as_uri())
        page.evaluate("document.fonts.ready")
        assert page.evaluate(OVERFLOWS) == []
        page.evaluate("document.querySelectorAll('details').forEach(line => line.open = true)")
        assert page.evaluate(OVERFLOWS) == []
    finally:
        page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["wall", "kelurahan", "sources"])
def test_text_stands_out_from_its_ground(browser: Browser, tmp_path: Path, name: str, scheme: Any) -> None:
    shown = replace(snapshot(), sources=tuple(bad_source(k) for k in range(4)))
    page_, seen = {"wall": (wall.PAGE, view()), "kelurahan": (kelurahan.PAGE, at("36.71.01")), "sources": (sources.PAGE, view())}[
        name
    ]
    page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    try:
        page.goto(html(page_, shown, seen, tmp_path).as_uri())
        assert page.evaluate(CONTRAST) == []
    finally:
        page.close()


def test_the_map_can_be_walked_by_keyboard(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    try:
        page.goto(html(kelurahan.PAGE, snapshot(), at("36.71.01.1001"), tmp_path).as_uri())
        page.add_script_tag(path=str(Path(__file__).parents[3] / "assets" / "map.js"))
        page.locator(".areas a").first.focus()
        assert page.evaluate("document.activeElement.getAttribute('href')") == "/kelurahan/36.71.01.1001"
        page.keyboard.press("+")
        zoomed = page.locator(".shapes").get_attribute("viewBox")
        assert zoomed != "0 0 1000 800"
        assert page.locator(".names").get_attribute("viewBox") == zoomed
        page.keyboard.press("ArrowRight")
        assert page.locator(".shapes").get_attribute("viewBox") != zoomed
        page.keyboard.press("0")
        assert page.locator(".shapes").get_attribute("viewBox") == "0 0 1000 800"
        page.locator("[data-zoom=in]").click()
        assert page.locator(".map").get_attribute("data-zoomed") is not None
    finally:
        page.close()
