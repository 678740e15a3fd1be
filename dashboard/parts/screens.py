"""The room's screens, for those who look after them: which live, since when, what they show, and which are silent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import htpy
from htpy import div, h2, header, p, section, span, table, tbody, td, th, thead, tr

from dashboard import text
from dashboard.parts.marks import band_mark
from dashboard.scene import scenes
from layers.screens import SILENT, Screen
from layers.snapshot import Band

if TYPE_CHECKING:
    from dashboard.page import View

HEADS = ("Layar", "Laporan terakhir", "Menampilkan", "Hidup sejak", "Versi angka", "Peramban")
MEGA = 2**20


def screens(every: Sequence[Screen] | None, view: View, *, element: str = "screens") -> htpy.Element:
    """The table, silent screens first; ``None`` where the accounts' database cannot be asked."""
    title = text.say(view.lang, "Layar dinding")
    if not every:
        words = "Daftar layar tidak dapat dibaca saat ini." if every is None else "Belum ada layar yang didaftarkan."
        return section(".panel.screens", id=element, aria_label=title)[h2[title], p(".empty")[text.say(view.lang, words)]]
    silent = sum(screen.silent(view.now) for screen in every)
    counts = text.say(view.lang, "{n} layar, {silent} diam", n=len(every), silent=silent)
    return section(".panel.screens", id=element, aria_label=title)[
        header[h2[title], span(".aside")[counts]],
        div(".scroll", tabindex="0", role="region", aria_label=title)[
            table[
                thead[tr[[th(scope="col")[text.say(view.lang, head)] for head in HEADS]]],
                tbody[[_row(screen, view) for screen in sorted(every, key=lambda s: (not s.silent(view.now), s.name))]],
            ]
        ],
    ]


def _row(screen: Screen, view: View) -> htpy.Element:
    silent, report, lang = screen.silent(view.now), screen.report, view.lang
    size = screen.panel
    declared = (
        text.say(
            lang,
            "{inches} inci dari {metres} m",
            inches=text.number(size.inches, 0, lang),
            metres=text.number(size.metres, 1, lang),
        )
        if size
        else text.say(lang, "ukuran belum dinyatakan")
    )
    state = [band_mark(Band.ACT, view), " ", text.say(lang, "diam"), " · "] if silent else None
    first = [th(scope="row")[screen.name, p(".quiet")[declared]]]
    if screen.heard is None or report is None:
        return tr(data_screen=screen.name, data_silent="ya")[
            first, td(colspan="5")[state, text.say(lang, "belum pernah melapor")]
        ]
    memory = text.say(lang, "memori tidak diketahui") if report.heap is None else f"{text.number(report.heap / MEGA, 0, lang)} MB"
    return tr(data_screen=screen.name, data_silent="ya" if silent else None)[
        first,
        td[state, _ago(screen.heard, view, SILENT)],
        td[scenes()[report.scene].title(view) if report.scene in scenes() else report.scene],
        td[_ago(screen.heard - timedelta(seconds=report.started), view)],
        td[
            text.number(report.version, 0, lang),
            p(".quiet")[text.say(lang, "baru sejak"), " ", _ago(screen.heard - timedelta(seconds=report.since_version), view)],
        ],
        td[
            f"{report.width} × {report.height} · {memory}",
            p(".quiet")[
                text.say(lang, "{n} simpul", n=text.number(report.nodes, 0, lang)), " · ", _errors(report.errors, view),
                f" · {report.release}" if report.release else None,
            ],
        ],
    ]  # fmt: skip


def _ago(moment: datetime, view: View, budget: timedelta | None = None) -> htpy.Element:
    """How long ago, ticking in the browser."""
    marks = {
        "data-observed": moment.isoformat(timespec="seconds"),
        "data-budget": f"{budget.total_seconds():.0f}" if budget else None,
    }
    words = text.age((view.now - moment).total_seconds(), view.lang)
    return htpy.time(".age", marks, datetime=moment.isoformat(timespec="seconds"))[words]


def _errors(n: int, view: View) -> htpy.Element:
    return span(class_="bad" if n else None)[text.say(view.lang, "{n} galat", n=n)]
