"""An address as a QR code: dark modules on a light ground with its quiet zone, drawn as one path."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import htpy
import segno
from htpy import figure, path, rect, svg

from dashboard import text

if TYPE_CHECKING:
    from dashboard.page import View

QUIET = 4
"""Modules of the light margin that readers need, as the standard asks."""


def qr(address: str, view: View, says: str | None = None) -> htpy.Element:
    """The code of an address; ``says`` is what it is read out as, by itself the scene on a phone.

    ``--modules`` is its width: the style gives each at least four pixels at 1080p.
    """
    width, drawn = _drawn(address)
    return figure(".qr", style=f"--modules: {width}")[
        svg(
            viewBox=f"0 0 {width} {width}",
            shape_rendering="crispEdges",
            role="img",
            aria_label=says or text.say(view.lang, "Kode QR: buka adegan ini di ponsel, {address}", address=address),
        )[rect(".light", width=width, height=width), path(".dark", d=drawn)]
    ]


@lru_cache(64)
def _drawn(address: str) -> tuple[int, str]:
    """Width in modules with the quiet zone, and a run of dark modules as one bar each."""
    code = segno.make_qr(address, error="l", boost_error=True)
    out: list[str] = []
    for y, row in enumerate(code.matrix):
        x = 0
        while x < len(row):
            start = x
            while x < len(row) and row[x]:
                x += 1
            if x > start:
                out.append(f"M{start + QUIET} {y + QUIET}h{x - start}v1h-{x - start}z")
            x += 1
    return len(code.matrix) + 2 * QUIET, "".join(out)
