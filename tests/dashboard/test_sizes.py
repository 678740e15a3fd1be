"""How large a screen's text is: by its diagonal and distance, measured in a browser in both compositions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from dashboard.pages import wall
from dashboard.scene import scenes, sparse
from layers.boundaries import MapAsset
from layers.city import City
from layers.screens import Panel
from layers.snapshot import Snapshot
from tests.dashboard.pages.test_wall import FAULTS, opened
from tests.dashboard.views import drill, html, real_city, view, worst_day

READ = ".tile h3, .figure .num, .case strong, .bar-row .name, .bar-row .val, .city-state strong, .level, h2"
"""What must be read: values, labels, alarms and their owners. Everything else is context."""
SMALL = """([read, rule]) => {
  const out = [], clips = [...document.querySelectorAll('ol')].filter(e => getComputedStyle(e).overflow === 'hidden');
  const text = new Set([...document.querySelectorAll('.wall *')].filter(e => e.getClientRects().length
    && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())));
  let seen = 0;
  for (const e of text) {
    const box = e.getBoundingClientRect(), clip = clips.find(c => c.contains(e))?.getBoundingClientRect();
    if (clip && (box.left >= clip.right || box.top >= clip.bottom)) continue;
    const scale = e instanceof SVGElement ? e.getScreenCTM().d : 1;
    const size = parseFloat(getComputedStyle(e).fontSize) * scale, least = e.closest(read) ? rule : rule / 2;
    seen += 1;
    if (size < least) out.push(`${size.toFixed(1)} < ${least.toFixed(1)}: ${e.getAttribute('class')} ${e.textContent.trim()}`);
  }
  return seen < 10 ? ['nearly nothing is shown'] : out;
}"""
WHOLE = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
FAR, NEAR = {"inci": "55", "jarak": "6"}, {"inci": "165", "jarak": "6"}


PANELS = (
    Panel(inches=55, metres=6, width=1366, height=768),
    Panel(inches=55, metres=6),
    Panel(inches=55, metres=6, width=3840, height=2160),
    Panel(inches=154, metres=12, width=5760, height=2160),
)


@pytest.fixture(scope="module")
def worst(tmp_path_factory: pytest.TempPathFactory) -> tuple[City, MapAsset, Snapshot]:
    city, asset = real_city(tmp_path_factory.mktemp("data"))
    return city, asset, worst_day(city)


def test_the_rule_is_millimetres_for_each_metre() -> None:
    """The worked figures of the rule: 27.9 mm at six metres."""
    assert Panel(inches=55, metres=6).rule == pytest.approx(44, abs=0.1)
    assert Panel(inches=165, metres=6).rule == pytest.approx(14.7, abs=0.1)
    assert Panel(inches=165, metres=6, width=3840, height=2160).rule == pytest.approx(29.4, abs=0.1)
    assert Panel(inches=55, metres=6).sparse
    assert not Panel(inches=165, metres=6).sparse
    assert not sparse(view()), "a screen that nobody declared is near"
    assert Panel(inches=55, metres=6).farthest == pytest.approx(6.1, abs=0.05)


@pytest.mark.parametrize("bad", [("5", "6", None), ("nan", "6", None), ("55", "0.2", None), ("55", "6", "1x1"), ("55", "6", "x")])
def test_what_no_screen_is_is_refused(bad: tuple[str, str, str | None]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Panel.read(*bad)


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("scene", scenes())
def test_far_away_everything_is_large_and_has_room(browser: Browser, worst: Any, tmp_path: Path, scene: str, lang: str) -> None:
    city, asset, shown = worst
    seen = view(city, asset, lang=lang, params={"adegan": scene, **FAR}, drill=drill)
    page = opened(browser, html(wall.PAGE, shown, seen, tmp_path), 1366, 768)
    try:
        for panel in PANELS:
            page.set_viewport_size({"width": panel.width, "height": panel.height})
            assert page.evaluate(WHOLE) == [panel.width, panel.height]
            assert page.evaluate(FAULTS) == []
            assert page.evaluate(SMALL, [READ, panel.rule]) == []
            assert page.evaluate(SMALL, [READ, 2 * panel.rule]), "the measure finds what is too small"
        assert page.problems == []
    finally:
        page.close()


@pytest.mark.parametrize("scene", scenes())
def test_on_a_video_wall_everything_is_large_enough(browser: Browser, worst: Any, tmp_path: Path, scene: str) -> None:
    city, asset, shown = worst
    seen = view(city, asset, params={"adegan": scene, **NEAR}, drill=drill)
    page = opened(browser, html(wall.PAGE, shown, seen, tmp_path), 1920, 1080)
    try:
        assert page.locator("[data-composition=dense]").count() == 1
        for width, height in ((1920, 1080), (3840, 2160)):
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate(SMALL, [READ, Panel(inches=165, metres=6, width=width, height=height).rule]) == []
    finally:
        page.close()
