"""The screenshots of the documents: ``python -m bench.screens http://127.0.0.1:8050 docs/screens [prefix]``.

Where the room asks for a login, ``LIVEROOM_LOGIN`` holds ``name:password``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from playwright.sync_api import Page

from bench.browser import chromium

PAGES = {"dinding": "/dinding", "kelurahan": "/kelurahan/36.71.04.1001", "sumber": "/sumber"}
SIZES = {"dinding": ((1920, 1080), (3840, 2160), (390, 844)), "kelurahan": ((1920, 1080), (390, 844)), "sumber": ((1920, 1080),)}


def sign_in(page: Page, base: str, name: str, password: str) -> None:
    """Fill the login form as a person would."""
    page.goto(f"{base}/masuk")
    page.fill("#nama", name)
    page.fill("#sandi", password)
    page.click("button[type=submit]")
    page.wait_for_url(f"{base}/dinding")


def main() -> None:
    base, folder, prefix = sys.argv[1], Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else ""
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        context = browser.new_context()
        if login := os.environ.get("LIVEROOM_LOGIN"):
            sign_in(context.new_page(), base, *login.split(":", 1))
        for name, path in PAGES.items():
            for width, height in SIZES[name]:
                page = context.new_page()
                page.set_viewport_size({"width": width, "height": height})
                page.goto(base + path)
                page.wait_for_timeout(2500)
                page.screenshot(path=folder / f"{prefix}{name}-{width}x{height}.png")
                page.close()


if __name__ == "__main__":
    main()
