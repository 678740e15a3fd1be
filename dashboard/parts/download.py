"""The menu "Unduh" under a chart or a table, and the one of a whole page: links only, so that no script is needed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import htpy
from htpy import a, details, nav, p, span, summary, ul
from markupsafe import Markup

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

_LINK = Markup('<li><a href="{}/{}?{}" download>{}</a></li>')  # a page has a hundred of them
_DRAWN = re.compile(r'<svg class="(?:plot|lorenz|strip|bar)\b')


def pictured(html: str) -> bool:
    """Whether a part of a page draws a chart."""
    return _DRAWN.search(html) is not None


def page_address(page: Page, view: View) -> str:
    """The page's address with everything that it was asked, so that it shows the same again."""
    return page.address(view.params, view.past and {"pada": view.past.pada, **({"menurut": "kini"} if view.past.now else {})})


def element(html: str, key: str) -> tuple[int, int] | None:
    """Where the element of an id begins in a part, and where its end tag does; ``None`` for one that is not there.

    The markup is htpy's: every element has its end, and no text holds a bare ``<`` or ``>``.
    """
    found = re.search(rf'<(\w+)[^<>]*\sid="{re.escape(key)}"[^<>]*>', html)
    if found is None:
        return None
    depth = 1
    for tag in re.compile(rf"<(/?){found[1]}\b").finditer(html, found.end()):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return found.start(), tag.start()
    return None


def drawn_in(parts: Mapping[str, str], key: str) -> str | None:
    """The markup of a part, or of an element in one, by its id."""
    if key in parts:
        return parts[key]
    for html in parts.values():
        if f'id="{key}"' in html and (found := element(html, key)):
            return html[slice(*found)]
    return None


def with_menus(parts: Mapping[str, str], page: Page, view: View) -> dict[str, str]:
    """Parts of a page with a menu at the end of each element that can be taken out by the asker and has none yet."""
    done = dict(parts)
    for key, export in page.sheets.items():
        if export.rows and not view.scope.may_export_rows:
            continue
        for name, html in done.items():
            if f'id="{key}"' in html and f'id="{PART}-{key}"' not in html and (found := element(html, key)):
                menu = _menu(_kinds(html[slice(*found)], page, key, view), page, key, view)
                done[name] = f"{html[: found[1]]}{menu}{html[found[1] :]}"
                break
    return done


def _kinds(html: str, page: Page, part: str, view: View) -> tuple[tuple[str, str], ...]:
    """The formats of a part: pictures where it draws something, boundaries where its rows are areas."""
    offered = page.sheets[part]
    pictures = PICTURES if offered.mapped(view) or pictured(html) else PICTURES[-1:]
    areas = offered.areas(view) if callable(offered.areas) else offered.areas
    return (*pictures, *TABLES, *(MAPS if areas else ()))


def _menu(kinds: tuple[tuple[str, str], ...], page: Page, part: str, view: View) -> htpy.Element:
    asked = urlencode({"halaman": page_address(page, view), "bagian": part})
    return details(".download", id=f"{PART}-{part}")[
        summary[text.say(view.lang, page.sheets[part].words)],
        ul[[_LINK.format(EXPORT, kind, asked, words) for kind, words in kinds]],
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
