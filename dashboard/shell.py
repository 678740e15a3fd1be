"""The HTML around a page: head, banner, dialog, and Dash's root, whose scripts come after the first paint."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import htpy
from markupsafe import Markup

from dashboard.bodies import Assets
from dashboard.look import SHEET
from dashboard.page import Lang, Page
from dashboard.prefix import Prefix
from dashboard.text import say

CURTAIN = 120
"""Seconds without the server after which a screen draws a curtain over its figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """What every page's frame needs: addresses of the assets, Dash's configuration and its scripts in order."""

    assets: Assets
    zone: ZoneInfo
    dash_config: str
    dash_scripts: tuple[str, ...]
    prefix: Prefix

    @property
    def build(self) -> str:
        """Names this release's scripts and styles, so that a page left open for weeks loads the next one's."""
        return hashlib.sha256(" ".join((*sorted(self.assets.bodies), *self.dash_scripts)).encode()).hexdigest()[:12]

    def page(
        self, page: Page, layout: str, *, path: str, lang: Lang, version: int, cut: str, when: Mapping[str, str] | None = None
    ) -> bytes:
        """A whole page with its layout already drawn; ``cut`` are its filters, ``when`` marks one of the past."""
        body = htpy.body(
            when or {},
            data_page=path,
            data_root=self.prefix.path,
            data_version=str(version),
            data_cut=cut,
            data_dash=" ".join(self.prefix.path + script for script in self.dash_scripts),
            data_zone=str(self.zone),
            data_curtain=str(CURTAIN),
            data_late=say(lang, "data terlambat {age}"),
            data_fresh=say(lang, "{live} dari {all} sumber segar"),
            data_gone=say(lang, "Terputus sejak {time}: angka di layar tidak lagi diperbarui"),
            data_loading=say(lang, "Memuat asal-usul angka…"),
            data_failed=say(lang, "Asal-usul angka tidak dapat dimuat. Tutup, lalu coba lagi."),
        )[
            Markup(layout),  # noqa: S704 - drawn by htpy
            htpy.div("#terputus", hidden=True, role="alert"),
            htpy.dialog("#kartu", aria_label=say(lang, "Asal-usul angka")),
            htpy.div("#react-entry-point", hidden=True),
            htpy.script("#_dash-config", type="application/json")[Markup(self.dash_config)],  # noqa: S704 - to_json escapes it
            [htpy.script(src=self.assets.url(name), defer=True) for name in self.assets.names(".js")],
        ]
        return self._html(page.title[lang], page.theme, lang, body)

    def still(self, title: str, lang: Lang, layout: htpy.Element) -> bytes:
        """A desk page that nothing changes while it is open: it has the script of search alone."""
        return self._html(title, "light", lang, htpy.body[layout, htpy.script(src=self.assets.url("find.js"), defer=True)])

    def plain(self, title: str, lang: Lang, content: htpy.Node, theme: str = "light") -> bytes:
        """A page without figures: login, error."""
        return self._html(title, theme, lang, htpy.body(".plain")[htpy.main[content]])

    def _html(self, title: str, theme: str, lang: Lang, body: htpy.Element) -> bytes:
        known = set(self.assets.names(".css"))
        sheets = [name for name in ("fonts.css", "base.css", f"{theme}.css") if name in known]
        html = htpy.html(lang=lang, data_theme=theme)[
            htpy.head[
                htpy.meta(charset="utf-8"),
                htpy.meta(name="viewport", content="width=device-width, initial-scale=1"),
                htpy.title[f"{title} · Live Room"],
                htpy.link(rel="icon", href="data:,"),
                [htpy.link(rel="stylesheet", href=self.assets.url(name)) for name in sheets],
                htpy.link(rel="stylesheet", href=SHEET, data_night=True) if theme == "light" else None,
            ],
            body,
        ]
        return self.prefix.markup(str(html)).encode()


def trouble(*, lang: Lang, heading: str, advice: str, reference: str) -> htpy.Node:
    """The body of an error page: what happened, what to do, and the number to name when asking for help."""
    return [
        htpy.h1[heading],
        htpy.p[advice],
        htpy.p[htpy.a(href="/")[say(lang, "Ke halaman utama")]],
        htpy.p(".reference")[say(lang, "Nomor rujukan: {id}", id=reference)],
    ]
