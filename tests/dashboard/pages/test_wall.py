"""The wall on its worst day, on every screen it may hang on: nothing overlaps, nothing is cut, nothing scrolls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from dashboard.page import document
from dashboard.pages import wall
from dashboard.scene import scenes
from layers.boundaries import MapAsset
from layers.city import City
from layers.snapshot import Arrivals, Snapshot
from tests.dashboard.snapshots import NOW, snapshot
from tests.dashboard.test_stills import PNG
from tests.dashboard.views import cameras, changes, drill, html, real_city, view, worst_day

SCREENS = ((1366, 768), (1440, 900), (1920, 1080), (3840, 2160), (5760, 2160))

SIZE = "[innerWidth, innerHeight, document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
ADDRESS = "https://ruangkendali.tangerangkota.go.id"

FAULTS = """() => {
  const out = [], name = e => (e.id || e.getAttribute('class') || e.tagName) + ': ' + e.textContent.trim().slice(0, 40);
  const box = e => { const r = e.getBoundingClientRect(); return {l: r.left, t: r.top, r: r.right, b: r.bottom}; };
  // A line's box has room above capitals and below descenders that no ink fills: 20 and 6 percent in this typeface.
  const text = e => {
    const g = document.createRange(); g.selectNodeContents(e);
    const r = g.getBoundingClientRect(), h = Math.min(...[...g.getClientRects()].map(l => l.height).filter(l => l), r.height);
    return {l: r.left, t: r.top + .2 * h, r: r.right, b: r.bottom - .06 * h};
  };
  const inside = (a, b) => a.l >= b.l - 1 && a.r <= b.r + 1 && a.t >= b.t - 1 && a.b <= b.b + 1;
  const meet = (a, b) => a.l < b.r - 1 && b.l < a.r - 1 && a.t < b.b - 1 && b.t < a.b - 1;
  const all = s => [...document.querySelectorAll(s)].filter(e => e.getClientRects().length);
  const screen = {l: 0, t: 0, r: innerWidth, b: document.documentElement.scrollHeight};
  const apart = (list, what) => list.forEach((a, i) => list.slice(i + 1).forEach(b => {
    if (meet(text(a), text(b))) out.push(`${what} overlap: ${name(a)} | ${name(b)}`); }));

  const LISTS = '.attention ol, .bars ol, .events ol, .stills ol, .down ol, .sites ol, .places ol, ol.gave';
  // An item that does not fit is outside its list as a whole, never in part.
  const shown = [];
  for (const list of all(LISTS)) for (const item of list.children) {
    if (inside(box(item), box(list))) shown.push(item);
    else if (meet(box(item), box(list))) out.push(`cut: ${name(item)}`);
  }
  for (const list of all(LISTS)) if (![...list.children].some(i => shown.includes(i)))
    out.push(`nothing fits: ${name(list)}`);

  const blocks = all(`.head, .notice, .tile, .hero, .arrivals, .chart, .attention, .bars, .composition, .flow, .rain, .stills,
    .down, .sites, .places, .move, .qr, .events`);
  blocks.forEach((a, i) => blocks.slice(i + 1).forEach(b => {
    if (meet(box(a), box(b))) out.push(`blocks overlap: ${name(a)} | ${name(b)}`); }));
  blocks.forEach(a => { if (!inside(box(a), screen)) out.push(`off the screen: ${name(a)}`); });

  const leaves = root => [...root.querySelectorAll('h1, h2, h3, p, span, strong, time, b')].filter(e =>
    e.getClientRects().length && e.textContent.trim() && ![...e.children].some(c => c.textContent.trim()));
  const roots = all(`.tile, .head, .notice, .arrivals figcaption, .part-head, .legend-row, .composition, .flow, .rain, .sentence,
    .stills > header, .lines > header, .columns figcaption, .heads, .right > section > header, .move`);
  for (const root of [...roots, ...shown]) {
    const own = leaves(root).filter(e => !e.closest('ol.gave') || shown.includes(e.closest('ol.gave > li')));
    own.forEach(e => { if (!inside(text(e), box(root))) out.push(`outside ${name(root)}: ${name(e)}`); });
    apart(own, 'text');
  }
  for (const spark of all('.tile .spark')) if (!inside(box(spark), box(spark.closest('.tile'))))
    out.push(`spark outside: ${name(spark.closest('.tile'))}`);
  apart(all('.names text, .spot-names text'), 'name');
  all('.plot').forEach(plot => apart([...plot.querySelectorAll('text')], 'axis'));
  return out;
}"""


@pytest.fixture(scope="module")
def worst(tmp_path_factory: pytest.TempPathFactory) -> tuple[City, MapAsset, Snapshot]:
    city, asset = real_city(tmp_path_factory.mktemp("data"))
    return city, asset, worst_day(city)


def watched(page: Any) -> Any:
    """The page, with whatever it complains of in ``problems``."""
    page.problems = []
    page.on("console", lambda message: page.problems.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.route("**/gambar/**", lambda route: route.fulfill(body=PNG, content_type="image/png"))
    return page


def opened(browser: Browser, path: Path, width: int, height: int) -> Any:
    page = watched(browser.new_page(viewport={"width": width, "height": height}))
    page.goto(path.as_uri())
    page.evaluate("document.fonts.ready")
    return page


@pytest.fixture(scope="module")
def hall(browser: Browser) -> Iterator[Any]:
    """One tab for every scene on every screen: it is resized, as the layout knows nothing but its size."""
    page = watched(browser.new_page())
    yield page
    page.close()


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("scene", scenes())
def test_nothing_overlaps_or_is_cut(
    hall: Any, worst: tuple[City, MapAsset, Snapshot], tmp_path: Path, lang: str, scene: str
) -> None:
    city, asset, shown = worst
    named: dict[str, Any] = {"address": ADDRESS, "code": lambda _screen, _now: "482913", "stills": lambda: cameras(city)}
    params = {"adegan": scene, "layar": "ruang rapat utama"}
    seen = view(city, asset, lang=lang, params=params, drill=drill, changes=changes, **named)
    hall.problems.clear()
    hall.goto(html(wall.PAGE, shown, seen, tmp_path).as_uri())
    hall.evaluate("document.fonts.ready")
    assert hall.evaluate("document.fonts.check('600 20px \"Source Sans\"')")
    found = {}
    for width, height in SCREENS:
        hall.set_viewport_size({"width": width, "height": height})
        size = hall.evaluate(SIZE)
        scrolls = [] if size == [width, height] * 2 else [f"the wall scrolls: {size}"]
        if faults := scrolls + hall.evaluate(FAULTS):
            found[width, height] = faults
    assert found == {}
    assert hall.problems == []


@pytest.mark.parametrize("scene", scenes())
def test_a_telephone_gets_one_column(
    browser: Browser, worst: tuple[City, MapAsset, Snapshot], tmp_path: Path, scene: str
) -> None:
    city, asset, shown = worst
    seen = view(city, asset, params={"adegan": scene}, drill=drill)
    page = opened(browser, html(wall.PAGE, shown, seen, tmp_path), 390, 844)
    try:
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert page.evaluate("document.documentElement.scrollHeight") > 844
        assert page.evaluate(FAULTS) == []
        assert page.problems == []
    finally:
        page.close()


def test_the_check_itself_finds_faults(browser: Browser, worst: tuple[City, MapAsset, Snapshot], tmp_path: Path) -> None:
    city, asset, shown = worst
    page = opened(browser, html(wall.PAGE, shown, view(city, asset), tmp_path), 1920, 1080)
    try:
        page.add_style_tag(
            content=".figure { font-size: 8rem !important } .case { margin-top: -2rem } .names .large text { font-size: 60px }"
        )
        found = "\n".join(page.evaluate(FAULTS))
        assert "outside tile-" in found
        assert "name overlap" in found
        assert "cut: case" in found
    finally:
        page.close()


def test_every_tile_and_shape_names_its_value() -> None:
    shown = snapshot()
    drawn = document(wall.PAGE, shown, view())
    assert 'data-kpi="aduan_terbuka"' in drawn.parts["tile-aduan_terbuka"]
    assert 'data-value="1234"' in drawn.parts["tile-aduan_terbuka"]
    assert 'data-value=""' in drawn.parts["tile-lama_penyelesaian"]
    assert set(drawn.areas) == {"36.71.01.1001", "36.71.01.1002", "36.71.02.1001", "36.71.02.1002"}
    for key, part in drawn.parts.items():
        assert f'id="{key}"' in part.split(">", 1)[0], "a part carries its own id"


def test_a_wall_before_the_first_data_says_so() -> None:
    empty = replace(
        snapshot(),
        readings=(),
        trends=(),
        attention=(),
        events=(),
        dots=(),
        sources=(),
        notice=None,
        arrivals=Arrivals(minutes=30, channels={}),
    )
    drawn = document(wall.PAGE, empty, view())
    assert "belum dihitung" in drawn.parts["tile-aduan_terbuka"]
    assert "Belum ada data." in drawn.parts["attention"]
    assert "belum ada sumber yang diatur" in drawn.parts["head"]
    assert "hidden" in drawn.parts["notice"]
    assert all(paint.value is None for paint in wall.areas(empty, view()).values())


def test_text_from_outside_is_escaped() -> None:
    hostile = replace(
        snapshot(),
        notice="<script>alert(1)</script>",
        attention=(replace(snapshot().attention[0], title="<img src=x onerror=1>"),),
    )
    drawn = document(wall.PAGE, hostile, view(now=NOW))
    assert "<script>" not in drawn.parts["notice"]
    assert "<img" not in drawn.parts["attention"]
