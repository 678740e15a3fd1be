"""The age beside a number is right whatever the machine's clocks and timers do, or it is not shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.parts.arrivals import LATE_IN_DAY
from dashboard.scene import scenes
from layers import clock
from tests.dashboard.server import Live, serving
from tests.dashboard.snapshots import snapshot

CLOCKS = """
  window.jump = {date: 0, own: 0};
  window.frozen = false;
  const date = Date.now.bind(Date), own = performance.now.bind(performance), every = window.setInterval;
  Date.now = () => date() + window.jump.date;
  performance.now = () => own() + window.jump.own;
  window.setInterval = (run, ms) => every(() => window.frozen || run(), ms);
"""
WATCH = """() => {
  window.shown = [];
  const look = () => {
    if (!document.documentElement.classList.contains('unsure'))
      window.shown.push(document.querySelector('#tile-aduan_terbuka time').textContent.replace('\\u00a0', ' '));
    requestAnimationFrame(look);
  };
  look();
}"""
NOW = re.compile(r"^(\d+.dtk|[1-3].mnt)$")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("ages"), snapshot(1, now=clock.now())) as running:
        yield running


@pytest.fixture
def page(browser: Browser, live: Live) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    opened = context.new_page()
    opened.add_init_script(CLOCKS)
    opened.goto(f"{live.url}/dinding?adegan=kota&diam")
    expect(opened.locator("#tile-aduan_terbuka time")).to_have_text(NOW)
    yield opened
    context.close()


@pytest.mark.parametrize("jump", [{"date": 3}, {"date": -5}, {"own": 3}, {"own": -1}], ids=str)
def test_a_clock_that_jumps_never_shows_in_an_age(page: Page, jump: dict[str, int]) -> None:
    """The machine slept (one clock goes on, the other stands), or someone set its clock."""
    page.wait_for_timeout(1200)
    page.evaluate(WATCH)
    page.evaluate("hours => Object.entries(hours).forEach(([clock, n]) => { window.jump[clock] += n * 3600e3 })", jump)
    page.wait_for_timeout(3000)
    expect(page.locator("html")).not_to_have_class(re.compile("unsure"), timeout=10_000)
    expect(page.locator("#tile-aduan_terbuka")).to_have_attribute("data-state", "live")
    shown = page.evaluate("window.shown")
    assert [text for text in shown if not NOW.match(text)] == []
    assert len(shown) > 3


def test_without_the_server_no_age_is_shown_after_sleep(page: Page) -> None:
    page.context.set_offline(True)
    page.wait_for_timeout(1200)
    page.evaluate("window.jump.date += 3 * 3600e3")
    expect(page.locator("html")).to_have_class(re.compile("unsure"), timeout=5000)
    expect(page.locator("#tile-aduan_terbuka time")).to_be_hidden()
    expect(page.locator("#tile-aduan_terbuka .num")).to_be_visible()


def test_throttled_timers_are_made_up_for_when_the_page_is_seen(page: Page) -> None:
    """A page in the background whose timers stand still."""
    page.evaluate("window.frozen = true")
    page.wait_for_timeout(3500)
    page.evaluate("window.frozen = false; document.dispatchEvent(new Event('visibilitychange'))")
    seconds = page.evaluate("""() => {
      const time = document.querySelector('#tile-aduan_terbuka time');
      const real = Math.floor((Date.now() - Date.parse(time.dataset.observed)) / 1e3);
      return real < 60 ? [parseInt(time.textContent), real] : [Math.floor(real / 60), parseInt(time.textContent)];
    }""")
    assert abs(seconds[0] - seconds[1]) <= 1


@pytest.mark.parametrize("corner", [(8, 4), (-8, -4)], ids=str)
def test_the_shift_against_burn_in_cuts_nothing(browser: Browser, live: Live, tmp_path: Path, corner: tuple[int, int]) -> None:
    """At its farthest the picture moves over its own margin, never over a word."""
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    try:
        for address in (f"adegan={name}&diam&{more}" for name in scenes() for more in ("", "inci=55&jarak=6")):
            page.goto(f"{live.url}/dinding?{address}")
            page.evaluate("([x, y]) => { document.body.style = `--shift-x: ${x}px; --shift-y: ${y}px` }", corner)
            outside = page.evaluate("""() => [...document.querySelectorAll('.wall *')].filter(e => e.getClientRects().length
              && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && !e.closest('ol, .map, .plot, .unseen'))
              .filter(e => { const g = document.createRange(); g.selectNodeContents(e); const r = g.getBoundingClientRect();
                return r.left < 0 || r.top < 0 || r.right > innerWidth || r.bottom > innerHeight; }).map(e => e.textContent)""")
            assert outside == [], address
            bars = "[innerWidth - document.documentElement.clientWidth, innerHeight - document.documentElement.clientHeight]"
            assert page.evaluate(bars) == [0, 0], "a scroll bar"
            page.mouse.wheel(50, 50)
            assert page.evaluate("[scrollX, scrollY]") == [0, 0]
    finally:
        page.close()


def test_reduced_motion_is_honoured(browser: Browser, live: Live) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    try:
        page.goto(f"{live.url}/dinding?adegan=kota&diam")
        live.publish(snapshot(2, now=clock.now() - timedelta(seconds=1), values={"aduan_terbuka": 4321}))
        expect(page.locator("#tile-aduan_terbuka")).to_have_attribute("data-value", "4321", timeout=10_000)
        assert page.evaluate("document.getAnimations().length") == 0
    finally:
        context.close()


def test_the_line_of_the_day_goes_on_with_the_clock(page: Page) -> None:
    """ "sekarang 14.02" is said by the screen, not by the last snapshot."""
    words, line = page.locator("#arrivals .now-words tspan"), page.locator("#arrivals .now")
    page.wait_for_timeout(1200)
    hour = words.text_content() or ""
    at = 60 * int(hour[:2]) + int(hour[3:])
    page.evaluate("window.jump.date += 40 * 60e3; window.jump.own += 40 * 60e3")
    later = [f"{m // 60:02d}.{m % 60:02d}" for m in ((at + 40) % 1440, (at + 41) % 1440)]
    expect(words).to_have_text(re.compile("|".join(later)))
    share = page.evaluate("([h, m]) => (60 * h + m) / 14.4", [*map(int, (words.text_content() or "").split("."))])
    assert float((line.get_attribute("x1") or "").rstrip("%")) == pytest.approx(share, abs=0.01)
    late = share >= 100 * LATE_IN_DAY
    assert page.locator("#arrivals .now-words").get_attribute("text-anchor") == ("end" if late else "start")
