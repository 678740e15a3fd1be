"""The screenshots of the documents: ``make screens`` beside a demo (``make live``), or those of another room:
``python -m bench.screens http://127.0.0.1:8050 docs/screens [prefix] [name ...]``.

In a demo each page is taken as somebody sees it whose page it is. Where the room asks for a login, ``LIVEROOM_LOGIN`` holds
``name:password``, and all are taken by that account. With names only those pages are taken anew, see :data:`PAGES`.
Without a prefix the page that shows them (``README.md`` of the folder) is written too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page

from bench.browser import chromium
from dashboard.scene import scenes

Size = tuple[int, int]
HD, ULTRA, DESK, PHONE = (1920, 1080), (3840, 2160), (1440, 900), (390, 844)


@dataclass(frozen=True, slots=True)
class Shot:
    """A page to be taken: its address, what it shows, in which sizes, by which of the demo's ready users, dark too or not."""

    path: str
    words: str
    who: str = ""
    dark: bool = False
    sizes: tuple[Size, ...] = (DESK, PHONE)

    def files(self, name: str) -> Iterator[tuple[str, Size, bool]]:
        """``(file, size, dark)`` of each picture; those in the dark are marked in their names."""
        yield from ((f"{name}-{w}x{h}.png", (w, h), False) for w, h in self.sizes)
        if self.dark:
            yield from ((f"{name}-gelap-{w}x{h}.png", (w, h), True) for w, h in self.sizes)


PAGES = {
    "dinding": Shot("/dinding?adegan=kota&diam", "The wall: the city today", sizes=(HD, ULTRA, PHONE)),
    **{
        f"adegan-{name}": Shot(f"/dinding?adegan={name}&diam", f"The wall: {name}", sizes=(HD, ULTRA))
        for name in scenes()
        if name != "kota"
    },
    "ringkasan": Shot("/ringkasan", "The morning brief", "Pimpinan"),
    "ringkasan-opd": Shot("/ringkasan/dpupr", "The brief of one OPD", "Kepala OPD"),
    "alarm": Shot("/alarm", "Alarms", "Operator"),
    "arahan": Shot("/arahan", "Orders, and what became of them", "Pimpinan"),
    "opd": Shot("/opd/dpupr", "The desk of an OPD", "Kepala OPD", dark=True),
    "opd-semua": Shot("/opd", "All OPDs", "Pimpinan"),
    "kota": Shot("/kelurahan/36.71", "The whole city as a place", "Pimpinan"),
    "kecamatan": Shot("/kecamatan/36.71.01", "A kecamatan", "Camat"),
    "kelurahan": Shot("/kelurahan/36.71.01.1001", "A kelurahan", "Lurah", dark=True),
    "perubahan": Shot("/perubahan", "What changed, and by what", "Analis"),
    "peringkat": Shot("/peringkat", "Ranks as ranges", "Analis", dark=True),
    "penutupan": Shot("/penutupan", "Closings to be looked at", "Operator"),
    "pengadaan": Shot("/pengadaan", "Procurement", "Pimpinan"),
    "penghargaan": Shot("/penghargaan", "Lists that praise", "Pimpinan"),
    "analisis": Shot(
        "/analisis?kpi=selesai_tepat_waktu&by=opd&per=week&kurun=90h", "Any figure by any dimension", "Analis", dark=True
    ),
    "baris": Shot("/baris?kpi=aduan_terbuka", "The rows behind a figure", "Analis"),
    "sumber": Shot("/sumber", "The sources", "Operator"),
    "metrik": Shot("/metrik", "What each figure means", "Analis"),
    "kecocokan": Shot("/kecocokan", "Do the figures agree?", "Analis"),
    "akun": Shot("/akun", "One's own account", "Kepala OPD"),
    "pengguna": Shot("/pengguna", "Accounts", "Admin"),
    "audit": Shot("/audit", "The audit", "Admin"),
    "remote": Shot("/remote", "The wall's remote", "Operator"),
    "masuk": Shot("/masuk", "Coming in", dark=True),
    "tidak-ada": Shot("/opd/tidak-ada", "What is not there, or not for you", "Kepala OPD"),
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
    page.click("form:has(#nama) button[type=submit]")
    page.wait_for_url(f"{base}/dinding")


def enter(context: BrowserContext, base: str, who: str) -> None:
    """Come in by the account of the environment, else as the demo's ready user of the role ``who``; as nobody without either."""
    page = context.new_page()
    if login := os.environ.get("LIVEROOM_LOGIN"):
        sign_in(page, base, *login.split(":", 1))
    elif who:
        page.goto(f"{base}/masuk")
        page.locator(".demo-users button", has_text=who).first.click()
        page.wait_for_url(f"{base}/dinding")
    page.close()


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


def take(browser: Browser, base: str, names: list[str], folder: Path, prefix: str) -> None:
    """The pictures of these pages, one sign-in for each user."""
    for who in dict.fromkeys(PAGES[name].who for name in names):
        context = browser.new_context(locale="id-ID")
        enter(context, base, who)
        for name in (name for name in names if PAGES[name].who == who):
            for file, (width, height), dark in PAGES[name].files(name):
                page = context.new_page()
                page.set_viewport_size({"width": width, "height": height})
                page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
                page.goto(base + PAGES[name].path)
                page.wait_for_timeout(2500)
                keep(page.screenshot(), folder / (prefix + file))
                page.close()
        context.close()


def gallery() -> str:
    """The page that shows them: a row a page, small pictures that lead to the large ones."""
    lines = ["# How it looks", "", "Every page, with figures of the [simulated city](../demo.md), as `make screens` takes them:"]
    lines += ["at 1440x900 and on a telephone of 390x844, some of them dark too; the wall at its own sizes.", ""]
    lines += ["| page | large | telephone |", "|---|---|---|"]
    for name, shot in PAGES.items():
        for dark in (False, True)[: 1 + shot.dark]:
            files = {size: file for file, size, shown in shot.files(name) if shown is dark}
            large, phone = (next(iter(files.values())), files.get(PHONE))
            words = f"{shot.words}{', dark' if dark else ''}<br>`{shot.path}`"
            small = f"[![]({phone})]({phone})" if phone else ""
            lines.append(f"| {words} | [![]({large})]({large}) | {small} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    base, folder, *rest = sys.argv[1], Path(sys.argv[2]), *sys.argv[3:]
    prefix, names = rest[0] if rest else "", rest[1:] or [*PAGES]
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        take(browser, base, names, folder, prefix)
    if not prefix:
        (folder / "README.md").write_text(gallery(), encoding="utf-8")


if __name__ == "__main__":
    main()
