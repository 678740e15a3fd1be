"""The menu "Unduh" under a chart or a table, and the one of a whole page: links only, so that no script is needed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import htpy
from htpy import a, details, li, nav, p, span, summary, ul

from dashboard import text

if TYPE_CHECKING:
    from dashboard.page import Page, View

EXPORT = "/ekspor"
PICTURES = (("png", "PNG"), ("svg", "SVG"), ("pdf", "PDF"))
TABLES = (("xlsx", "XLSX"), ("csv", "CSV"), ("parquet", "Parquet"))
MAPS = (("geojson", "GeoJSON"),)
WHOLE = (("pdf", "PDF"), ("xlsx", "XLSX"))
PART = "unduh"
"""The part of a page that offers all of it."""

_DRAWN = re.compile(r'<svg class="(?:plot|lorenz|strip|bar)\b')


def pictured(html: str) -> bool:
    """Whether a part of a page draws a chart."""
    return _DRAWN.search(html) is not None


def page_address(page: Page, view: View) -> str:
    """The page's address with everything that it was asked, so that it shows the same again."""
    return page.address(view.params, view.past and {"pada": view.past.pada, **({"menurut": "kini"} if view.past.now else {})})


def with_menu(html: str, page: Page, part: str, view: View) -> str:
    """A part with its menu as the last thing in it."""
    offered = page.sheets[part]
    pictures = PICTURES if offered.map or pictured(html) else PICTURES[-1:]
    areas = offered.areas(view) if callable(offered.areas) else offered.areas
    kinds = (*pictures, *TABLES, *(MAPS if areas else ()))
    at = html.rindex("</")
    return f"{html[:at]}{_menu(kinds, page, part, view)}{html[at:]}"


def _menu(kinds: tuple[tuple[str, str], ...], page: Page, part: str, view: View) -> htpy.Element:
    asked = {"halaman": page_address(page, view), "bagian": part}
    return details(".download", id=f"{PART}-{part}")[
        summary[text.say(view.lang, "Unduh")],
        ul[[li[a(href=f"{EXPORT}/{kind}?{urlencode(asked)}", download=True)[words]] for kind, words in kinds]],
    ]


def page_menu(page: Page, view: View) -> htpy.Element:
    """Everything on the page at once: a report and a workbook."""
    asked = urlencode({"halaman": page_address(page, view)})
    words = {"pdf": "Laporan (PDF)", "xlsx": "Buku kerja (XLSX)"}
    title = text.say(view.lang, "Unduh halaman ini")
    return nav(".download-page", id=PART, aria_label=title)[
        p[span(".quiet")[title], [[" ", a(href=f"{EXPORT}/{kind}?{asked}", download=True)[text.say(view.lang, words[kind])]]
                                  for kind, _ in WHOLE]]
    ]  # fmt: skip
