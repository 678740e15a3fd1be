"""The room's static files: from memory, or written to a folder from which a proxy serves them itself.

Their names hold their content, so a folder may keep those of several releases, and pages of each find theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fastapi import FastAPI

from dashboard.bodies import Assets, Body
from dashboard.dispatch import SUITES, Suites, plain_dash
from dashboard.fonts import load_fonts
from dashboard.prefix import Prefix

ASSETS = Path(__file__).parent.parent / "assets"
PACKED = {"br": ".br", "gzip": ".gz"}
"""Codings that lie beside a file, as a proxy looks for them."""


def room_assets(data: Path) -> Assets:
    """Scripts, style sheets and fonts; the fonts are cut once and kept in ``data``."""
    fonts = load_fonts(data / "fonts")
    return Assets.read("/assets/", ASSETS, {**fonts.files, "fonts.css": fonts.css("").encode()})


def write_files(folder: Path, data: Path) -> list[Path]:
    """Write every static file of this release below ``folder``, as the room addresses it, compressed ones beside it."""
    return [path for address, body in _bodies(data) for path in _write(folder / address.lstrip("/"), body)]


def _bodies(data: Path) -> Iterator[tuple[str, Body]]:
    dash = plain_dash(FastAPI(), Prefix())
    dash.layout = []
    assets, suites = room_assets(data), Suites(dash)
    yield from ((assets.prefix + name, body) for name, body in assets.bodies.items())
    yield from ((SUITES + name, body) for name, body in suites.bodies.items())


def _write(path: Path, body: Body) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body.raw)
    yield path
    for coding, ending in PACKED.items():
        packed, used = body.coded(coding)
        if used:
            beside = path.with_name(path.name + ending)
            beside.write_bytes(packed)
            yield beside
