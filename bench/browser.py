"""A browser that measures in the page's own clock, and counts what comes over the wire."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]

DONE = """
(want) => {
  const painted = () => {
    const tiles = [...document.querySelectorAll('[data-kpi][data-value]')].filter(t => t.dataset.value !== '');
    const shapes = document.querySelectorAll('svg [data-area][data-value]');
    return tiles.length >= want.tiles && shapes.length >= want.areas && want.also.every(s => document.querySelector(s));
  };
  return new Promise(done => {
    const look = () => painted()
      ? requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())))
      : setTimeout(look, 15);
    look();
  });
}
"""
"""Resolves with the page's own time when every figure is there and two frames have been drawn since."""


@dataclass(slots=True)
class Load:
    """One page load: seconds to DONE, bytes over the wire by kind, hosts asked, JS heap after a collection."""

    seconds: float
    bytes: dict[str, int] = field(default_factory=dict)
    hosts: set[str] = field(default_factory=set)
    heap: float = 0.0


@contextmanager
def chromium() -> Iterator[Browser]:
    binary = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=binary, args=FLAGS)
        yield browser
        browser.close()


def load(page: Page, url: str, want: dict[str, Any], settle: float = 2.0) -> Load:
    """Open ``url`` and measure it from navigation start to DONE; bytes are counted until the page is quiet."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    kinds: dict[str, str] = {}
    found = Load(0.0)

    def response(event: dict[str, Any]) -> None:
        kinds[event["requestId"]] = event["type"]
        found.hosts.add(event["response"]["url"].split("/")[2] if "//" in event["response"]["url"] else "data")

    def finished(event: dict[str, Any]) -> None:
        kind = kinds.get(event["requestId"], "Other")
        found.bytes[kind] = found.bytes.get(kind, 0) + int(event["encodedDataLength"])

    session.on("Network.responseReceived", response)
    session.on("Network.loadingFinished", finished)
    page.goto(url, wait_until="commit")
    found.seconds = page.evaluate(DONE, want) / 1000
    page.wait_for_timeout(settle * 1000)
    session.send("HeapProfiler.collectGarbage")
    found.heap = session.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    session.detach()
    return found
