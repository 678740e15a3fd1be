"""Light or dark: the desk follows the device, unless this browser was told otherwise and remembers it.

Pages are shared by all with the same rights, so what one browser prefers is in no page: each links one sheet, and which
colours that has is decided by the cookie that comes with the question. It works without scripts, paints right at once, and
paper is always light.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import htpy
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from dashboard.bodies import Body, whole
from dashboard.text import say

if TYPE_CHECKING:
    from dashboard.guard import Gate
    from dashboard.page import Lang

SHEET = "/tampilan.css"
COOKIE = "liveroom-tampilan"
"""Set by ``assets/look.js``; anything but a known choice counts as none."""
CHOICES = {"": "Otomatis", "terang": "Terang", "gelap": "Gelap"}
WHEN = {"": "screen and (prefers-color-scheme: dark)", "terang": "not all", "gelap": "screen"}
"""Where the dark colours hold, by what was chosen."""
KEPT = "private, no-cache"
"""A browser may hold the sheet but asks each time whether it is still so."""


class LookDesk:
    """The endpoint of the sheet; open to all, the login is dark too."""

    def __init__(self, assets: Path) -> None:
        night = whole(assets / "night.css").decode()
        self._sheets = {
            choice: Body(f"@media {media} {{\n{night}}}\n".encode(), "text/css; charset=utf-8", effort=9).ready()
            for choice, media in WHEN.items()
        }

    def add_routes(self, server: FastAPI) -> dict[str, Gate]:
        """Add it; who may ask."""
        server.add_route(SHEET, self.sheet, ["GET"], include_in_schema=False)
        return {SHEET: None}

    async def sheet(self, request: Request) -> Response:
        """The dark colours, for where this browser wants them."""
        chosen = self._sheets.get(request.cookies.get(COOKIE, ""), self._sheets[""])
        answer = chosen.answer(request, cache=KEPT)
        answer.headers["vary"] = "accept-encoding, cookie"
        return answer


def look(lang: Lang) -> htpy.Element:
    """The choice, in the navigation; a script shows it, since a script keeps it."""
    return htpy.label(".look", hidden=True)[
        htpy.span[say(lang, "Tampilan")],
        htpy.select(data_look=COOKIE)[[htpy.option(value=value)[say(lang, words)] for value, words in CHOICES.items()]],
    ]
