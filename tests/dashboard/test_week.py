"""A wall that hangs for a week: thousands of updates, every scene, every fault, and at each moment no age that is not true.

``LIVEROOM_WEEK`` is the number of updates, each a minute of the wall's time (``make soak``: 10,000, a week).
"""

from __future__ import annotations

import os
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page

from dashboard.scene import rotation, scenes
from layers.cache import Cache, CacheDown
from layers.snapshot import Freshness, Snapshot
from layers.wire import encode
from tests.dashboard.faults import FLIES, Cable, CacheServer, Server, Time
from tests.dashboard.server import free_port
from tests.dashboard.snapshots import CITY, VALUES, snapshot

UPDATES = int(os.environ.get("LIVEROOM_WEEK", "100"))
STEP = 7 * 86400 / 10_000 / 3
"""Seconds between two beats; three of them between two updates."""
CYCLE = max(100, UPDATES // 20)
"""Updates in which every fault comes once."""
SPARE = {"documents": 0, "nodes": 30, "jsEventListeners": 0}
"""What may be held beside: the elements that were changed last wait for their timers, however long the week was."""
NO_EYE = 4
"""Levels of 255 by which the browser's own drawing of the same edge differs from one time to the next."""
NEAR = 2.0
"""Seconds by which a shown age may be wrong."""
UNITS = {"dtk": 1, "mnt": 60, "jam": 3600, "hari": 86400}

SHOWN = sorted({*VALUES, *(kpi for turn in rotation(CITY) for kpi in turn.tiles)})
"""A figure of every tile of every scene."""

SEEN = """([skipped, jumped]) => {
  if (jumped) jump(jumped);
  if (skipped) skip(skipped);
  const root = document.documentElement.classList, seen = e => e.checkVisibility({visibilityProperty: true});
  return {
    version: Number(document.body.dataset.version), scene: document.querySelector('.wall').dataset.scene,
    covered: root.contains('curtain'), unsure: root.contains('unsure'),
    ages: [...document.querySelectorAll('time[data-observed]')].filter(seen)
      .map(e => [e.textContent, e.dataset.observed, Number(e.dataset.budget || 0), e.dataset.state]),
    values: document.querySelectorAll('.wall [data-kpi][data-value]:not([data-value=""])').length,
    clocks: [...document.querySelectorAll('time[data-clock]')].filter(seen).map(e => e.textContent),
  };
}"""
PICTURE = """() => {
  const wall = document.querySelector('.wall').cloneNode(true);
  wall.querySelectorAll('time, [data-sources], .late').forEach(e => { e.textContent = ''; });
  wall.querySelectorAll('time[data-clock]').forEach(e => e.removeAttribute('datetime'));
  wall.querySelectorAll('.paused').forEach(e => { e.hidden = true; });
  wall.querySelectorAll('.changed').forEach(e => e.classList.remove('changed'));
  wall.querySelectorAll('[class=""]').forEach(e => e.removeAttribute('class'));
  return wall.outerHTML;
}"""
ANEW = "() => { document.body.style.display = 'none'; document.body.offsetHeight; document.body.style.display = '' }"
STILL = """time, .late, [data-sources] { visibility: hidden !important }
* { transition: none !important; animation: none !important }"""


class Week:
    """One screen, what stands behind it, and the true time."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.true = Time(datetime(2026, 11, 16, 0, 0, tzinfo=UTC))
        self.folder = folder
        self.cache = CacheServer(folder)
        self.cache.start()
        port = free_port()
        self.server = Server(folder, port, self.cache.url, self.true)
        self.cable = Cable(port)
        self.page = page
        self.writer = Cache(self.cache.url, CITY.code)
        self.devtools = page.context.new_cdp_session(page)
        self.version = 0
        self.frozen_source: datetime | None = None
        self.tab_frozen = False
        self.faults: set[str] = set()
        self.scenes: Counter[str] = Counter()
        self.checked = self.covered = 0

    def close(self) -> None:
        self.server.kill()
        self.cache.kill()
        self.cable.close()
        self.writer.close()

    # --- what is shown -----------------------------------------------------------------------

    def publish(self, seed: int | None = None) -> None:
        """The next snapshot, as the publisher leaves it: the file, and the cache where there is one."""
        self.version += 1
        body = encode(self._snapshot(random.Random(self.version if seed is None else seed)))
        file = self.folder / "frames" / "snapshot.json"
        file.parent.mkdir(exist_ok=True)
        part = file.with_suffix(".part")
        part.write_bytes(body)
        part.replace(file)
        with suppress(CacheDown):  # it is tried again after a while, and the file is there
            self.writer.publish_snapshot(self.version, body)

    def _snapshot(self, dice: random.Random) -> Snapshot:
        values = {kpi: None if VALUES.get(kpi, 1) is None else float(dice.randrange(1, 9999)) for kpi in SHOWN}
        new = snapshot(self.version, now=self.true.now(), values=values)
        if self.frozen_source is None:
            return new
        old = Freshness(observed_at=self.frozen_source, fetched_at=self.frozen_source, budget=timedelta(minutes=10))
        return replace(
            new,
            readings=tuple(replace(r, freshness=old) if r.kpi.startswith("aduan") else r for r in new.readings),
            sources=tuple(replace(s, freshness=old) if s.source == "laksa" else s for s in new.sources),
        )

    # --- time --------------------------------------------------------------------------------

    def go(self, seconds: float) -> dict[str, Any]:
        """Time goes by, for all at once; what the screen then shows has been checked."""
        with self.cable.held():
            self.true.skip(seconds)
            if self.tab_frozen:
                self.page.evaluate("ms => lag(ms)", seconds * 1000)
                seen = {}
            else:
                seen = self.look(seconds)
            self.server.tell()
        return seen

    def update(self) -> None:
        for _ in range(3):
            self.go(STEP)
        self.publish()
        if not self.faults & {"server", "cable", "tab"}:
            self.shown()

    def shown(self) -> None:
        """Until the screen shows the newest version; a moment at a time, for it may have to find its server again.

        On a busy machine each moment must be long enough for the server to answer before the screen's clock goes on.
        """
        for patience in (0.3, 0.3, 0.3, *[3.0] * 20):
            end = time.monotonic() + patience
            while time.monotonic() < end:
                if self.page.evaluate("Number(document.body.dataset.version)") == self.version:
                    self.look()
                    return
                self.page.wait_for_timeout(15)
            self.go(2)
        raise AssertionError(f"version {self.version} never came: {self.look()}")

    def look(self, skipped: float = 0, jumped: float = 0) -> dict[str, Any]:
        """Every age, state and clock that can be read now is true, or nothing can be.

        It is looked at before any word can come over the network since the time ``skipped`` and the clock ``jumped``.
        """
        low = self.true.now().timestamp() - NEAR
        seen = self.page.evaluate(SEEN, [skipped * 1000, jumped * 1000])
        high = self.true.now().timestamp() + NEAR
        self.scenes[seen["scene"]] += 1
        if seen["covered"] or seen["unsure"]:
            assert self.faults, f"it hides its figures without a reason: {seen}"
            self.covered += 1
        if seen["covered"]:
            return seen
        assert seen["ages"] or seen["unsure"] or not seen["values"], seen["scene"]
        for text, observed, budget, state in seen["ages"]:
            least, most = (moment - datetime.fromisoformat(observed).timestamp() for moment in (low, high))
            said = re.fullmatch(r"(\d+)\s(dtk|mnt|jam|hari)", text)
            assert said, text
            shown, unit = int(said[1]), UNITS[said[2]]
            assert shown * unit <= most, (text, least, most, seen)
            assert max(least, 0) < (shown + 1) * unit, (text, least, most, seen)
            if budget:
                may = {"live" if age <= budget else "late" if age <= 3 * budget else "stale" for age in (least, most)}
                assert state is None or state in may, (state, least, most, budget, self.faults, self.version, seen)
        times = {f"{datetime.fromtimestamp(moment, CITY.zone):%H.%M}" for moment in (low, high)}
        assert set(seen["clocks"]) <= times, (seen["clocks"], times)
        self.checked += len(seen["ages"])
        return seen

    # --- faults ------------------------------------------------------------------------------

    def fault(self, at: int) -> None:
        match at:
            case 10:
                self.faults.add("server")
                self.server.kill()
            case 13:
                self.server.start()
                self.recovered("server")
            case 25:
                self.faults.add("cable")
                self.cable.pull()
            case 29:
                self.cable.put_back()
                self.recovered("cable")
            case 40:
                self.faults.add("cache")
                self.cache.kill()
            case 44:
                self.cache.start()
                self.recovered("cache")
            case 45:
                self.frozen_source = self.true.now()
            case 80:
                self.frozen_source = None
            case 60:
                self.faults.add("tab")
                self.devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
                self.tab_frozen = True
            case 65:
                self.devtools.send("Page.setWebLifecycleState", {"state": "active"})
                self.tab_frozen = False
                self.recovered("tab")
            case 70 | 85:  # an hour's sleep that the machine's own clock did not see, or a clock that somebody set
                self.faults.add("clock")
                slept = 3600 if at == 70 else 0
                with self.cable.held():
                    self.true.skip(slept + 1)
                    self.look(skipped=1, jumped=slept or -7200)
                    self.server.tell()
                self.recovered("clock")

    def recovered(self, fault: str) -> None:
        self.go(STEP)
        self.publish()
        self.shown()
        for _ in range(50):
            if not (self.go(STEP)["unsure"] or self.look()["covered"]):
                break
            self.page.wait_for_timeout(50)
        self.faults.discard(fault)

    # --- the measure -------------------------------------------------------------------------

    def first_scene(self, page: Page) -> None:
        page.keyboard.press("1")
        page.wait_for_function(
            f"() => document.querySelector('.wall').dataset.scene === '{next(iter(scenes()))}'", timeout=10_000
        )

    def weight(self) -> tuple[int, dict[str, int]]:
        """The screen's memory, and by how many documents, nodes and listeners it holds more than a fresh page does.

        Both show the same figures on the same scene at the same time, which decide how many there must be.
        """
        fresh = self.page.context.new_page()
        fresh.goto(self.page.url)
        fresh.wait_for_function("() => window.liveroom")
        for each in (fresh, self.page):
            self.first_scene(each)
        self.publish(seed=7)
        self.shown()
        fresh.wait_for_function(f"() => document.body.dataset.version === '{self.version}'", timeout=20_000)
        self.page.wait_for_timeout(2500)  # transitions and the reopening of the stream
        (_, own), (heap, held) = weigh(fresh), weigh(self.page)
        fresh.close()
        return heap, {name: held[name] - n for name, n in own.items()}


def weigh(page: Page) -> tuple[int, dict[str, int]]:
    """What a page's process holds once what is unused has gone: bytes of the heap; documents, nodes, listeners."""
    devtools = page.context.new_cdp_session(page)
    for _ in range(3):
        devtools.send("HeapProfiler.collectGarbage")
    return int(devtools.send("Runtime.getHeapUsage")["usedSize"]), dict(devtools.send("Memory.getDOMCounters"))


def picture(page: Page) -> tuple[str, Image.Image]:
    """What a page shows but for its ages: its elements and, painted anew, its pixels (edges depend on where they were first)."""
    page.add_style_tag(content=STILL)
    page.evaluate(ANEW)
    page.wait_for_timeout(400)
    return page.evaluate(PICTURE), Image.open(BytesIO(page.screenshot())).convert("RGB")


@pytest.fixture
def week(browser: Browser, tmp_path: Path) -> Iterator[Week]:
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, reduced_motion="reduce")
    context.add_init_script(FLIES)
    running = Week(context.new_page(), tmp_path)
    yield running
    running.close()
    context.close()


def test_a_week(week: Week, capsys: pytest.CaptureFixture[str]) -> None:
    page, wrong = week.page, []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    began = time.monotonic()
    week.publish()
    week.server.start()
    page.goto(f"http://127.0.0.1:{week.cable.port}/dinding")
    page.wait_for_selector("body[data-ready]", state="attached", timeout=10_000)
    week.shown()
    week.server.tell()
    before: tuple[int, dict[str, int]] | None = None
    while week.version < UPDATES:
        week.fault(week.version % CYCLE)
        week.update()
        if before is None and week.version >= max(50, UPDATES // 100):
            before = week.weight()
    assert before is not None
    (heap, extra), (heap_then, extra_then) = week.weight(), before

    fresh = page.context.new_page()
    fresh.goto(page.url)
    fresh.wait_for_function("() => window.liveroom")
    week.first_scene(fresh)
    rest = 125 - week.true.now().timestamp() % 60  # more than a minute at once: both make the same step against burn-in
    week.true.skip(rest)
    for each in (page, fresh):
        each.evaluate("ms => skip(ms)", rest * 1000)
    week.server.tell()
    for each in (page, fresh):
        week.first_scene(each)  # a hand holds both: in that while one's turn could end before the other's
    week.publish(seed=7)
    for each in (page, fresh):
        each.wait_for_function(f"() => document.body.dataset.version === '{week.version}'", timeout=20_000)
        each.wait_for_function("() => !document.documentElement.matches('.gone, .unsure, .curtain')", timeout=10_000)
    with capsys.disabled():
        growth = 100 * (heap / heap_then - 1)
        print(
            f"\n{week.version} updates, {week.checked} ages checked, {week.covered} moments covered, scenes {dict(week.scenes)}, "
            f"heap {heap_then / 1e6:.2f} -> {heap / 1e6:.2f} MB ({growth:+.1f} %), "
            f"more than a fresh page {extra_then} -> {extra}, {time.monotonic() - began:.0f} s"
        )
    assert set(week.scenes) == set(scenes())
    assert wrong == []
    (kept, kept_pixels), (new, new_pixels) = picture(page), picture(fresh)
    assert kept == new, "after a week it shows something else than a fresh page"
    seen = ImageChops.difference(kept_pixels, new_pixels).point(lambda level: 255 * (level > NO_EYE))
    assert seen.getbbox() is None, "the same elements look different"
    assert heap < 1.05 * heap_then
    assert {name for name, n in extra.items() if n > extra_then[name] + SPARE[name]} == set()
