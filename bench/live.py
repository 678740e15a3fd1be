"""From a row committed at the source's side to the changed tile in a browser, over a million rows."""

from __future__ import annotations

import csv
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench import world
from bench.browser import chromium
from bench.report import Line, quantile

ROUNDS = 30
WATCH = """
() => {
  const shown = () => Number(document.querySelector('[data-kpi="aduan_masuk_hari_ini"]').dataset.value);
  window.seen = [];
  let last = shown();
  const look = () => {
    const value = shown();
    if (value !== last) { last = value; window.seen.push([value, Date.now()]); }
    requestAnimationFrame(look);
  };
  look();
}
"""


def run(rows: int) -> Iterator[Line]:
    """The runner's own process is given one committed row at a time; its publisher is told as after any run."""
    folder = world.HOME / f"room-{rows}"
    env = world.environment(folder, world.HOME / "packs")
    port = int(env["LIVEROOM_PORT"])
    with (
        world.process([sys.executable, "-m", "bench.committer"], env),
        world.process([sys.executable, "-m", "liveroom", "serve"], env),
        chromium() as browser,
    ):
        world.wait_ready(port)
        log = folder / "committed.csv"
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(f"http://127.0.0.1:{port}/dinding?adegan=kota&diam")
        page.evaluate(WATCH)
        (folder / "go").write_text(str(ROUNDS))
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline and (not log.exists() or len(_committed(log)) < ROUNDS):
            page.wait_for_timeout(250)
        page.wait_for_timeout(3000)
        seen = page.evaluate("window.seen")
    committed = _committed(log)
    delays = [
        (next((at for value, at in seen if value >= count), float("inf")) - at_commit) / 1000 for count, at_commit in committed
    ]
    p95 = quantile(delays, 0.95)
    how = f"{len(delays)} single rows over {rows:,}; median {statistics.median(delays):.2f} s, longest {max(delays):.2f} s"
    yield Line("committed row to changed tile", f"p95 {p95:.2f} s", how, goal="p95 <= 0.5 s", met=p95 <= 0.5)


def _committed(log: Path) -> list[tuple[int, float]]:
    with log.open(newline="") as file:
        return [(int(count), float(at)) for count, at in csv.reader(file)]
