"""The screenshots of the documents: ``python -m bench.screens http://127.0.0.1:8050 docs/screens [prefix] [name ...]``.

Where the room asks for a login, ``LIVEROOM_LOGIN`` holds ``name:password``. With names only those pages are taken anew:
``dinding``, ``kelurahan``, ``sumber``, and ``adegan-<name>`` for each further scene of the wall.
"""

from __future__ import annotations

import os
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from bench.browser import chromium
from dashboard.scene import scenes

Size = tuple[int, int]
HD, ULTRA, PHONE = (1920, 1080), (3840, 2160), (390, 844)
PAGES: dict[str, tuple[str, tuple[Size, ...]]] = {
    "dinding": ("/dinding?adegan=kota&diam", (HD, ULTRA, PHONE)),
    "kelurahan": ("/kelurahan/36.71.04.1001", (HD, PHONE)),
    "sumber": ("/sumber", (HD,)),
    **{f"adegan-{name}": (f"/dinding?adegan={name}&diam", (HD, ULTRA)) for name in scenes() if name != "kota"},
}
COLOURS = 192
"""Of a picture: quiet screens need no more, and a picture of so many takes a third of the bytes."""
SIGNALS = ("#5ad1d4", "#f0b23c", "#ff5d52", "#c8372d", "#b06a00", "#0b6e6e")
"""Colours that are rare and say most: each keeps its place however few pixels have it."""


def sign_in(page: Page, base: str, name: str, password: str) -> None:
    """Fill the login form as a person would."""
    page.goto(f"{base}/masuk")
    page.fill("#nama", name)
    page.fill("#sandi", password)
    page.click("button[type=submit]")
    page.wait_for_url(f"{base}/dinding")


def keep(picture: bytes, path: Path) -> None:
    """A screenshot as small as a PNG of it can be without being seen to be."""
    image = Image.open(BytesIO(picture)).convert("RGB")
    band = image.height // 40
    weighed = Image.new("RGB", (image.width, image.height + band * len(SIGNALS)))
    weighed.paste(image, (0, 0))
    for place, colour in enumerate(SIGNALS):
        weighed.paste(colour, (0, image.height + place * band, image.width, image.height + (place + 1) * band))
    palette = weighed.quantize(COLOURS, dither=Image.Dither.NONE)
    image.quantize(palette=palette, dither=Image.Dither.NONE).save(path, optimize=True)


def main() -> None:
    base, folder, *rest = sys.argv[1], Path(sys.argv[2]), *sys.argv[3:]
    prefix, names = rest[0] if rest else "", rest[1:] or [*PAGES]
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        context = browser.new_context()
        if login := os.environ.get("LIVEROOM_LOGIN"):
            sign_in(context.new_page(), base, *login.split(":", 1))
        for name in names:
            path, sizes = PAGES[name]
            for width, height in sizes:
                page = context.new_page()
                page.set_viewport_size({"width": width, "height": height})
                page.goto(base + path)
                page.wait_for_timeout(2500)
                keep(page.screenshot(), folder / f"{prefix}{name}-{width}x{height}.png")
                page.close()


if __name__ == "__main__":
    main()
