"""Open cases by category, channel or OPD as bars: how many are open, and how many of these are late."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import htpy
from htpy import h2, header, i, li, ol, p, rect, section, span, svg, ul

from dashboard import text
from dashboard.parts.marks import age, band_mark
from dashboard.parts.scale import pc
from layers.snapshot import Band, Freshness

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.drill import Slice


def kinds(title: str, slices: Sequence[Slice], data: Freshness, view: View, *, element: str, limit: int = 12) -> htpy.Element:
    """The kinds with the most open cases first; ``data`` says how old the rows are."""
    shown = sorted((s for s in slices if s.open), key=lambda s: (-s.open, s.label))[:limit]
    most = max((s.open for s in shown), default=1)
    return section(".kinds.bars", id=element, aria_label=title)[
        header[h2[title], span(".aside")[age(data, view)]],
        ol[[_row(s, most, view) for s in shown]] if shown else p(".empty")[text.say(view.lang, "Tidak ada aduan terbuka.")],
        ul(".legend")[
            li[i(".key.open"), text.say(view.lang, "terbuka")],
            li[i(".key.late"), text.say(view.lang, "di antaranya lewat tenggat")],
        ]
        if shown
        else None,
    ]


def _row(s: Slice, most: int, view: View) -> htpy.Element:
    late = text.number(s.overdue, 0, view.lang)
    return li(".bar-row", {"data-band": Band.ACT.value if s.overdue else Band.NORMAL.value})[
        span(".name")[s.label],
        svg(".bar", aria_hidden="true")[
            rect(".track", width="100%", height="100%"),
            rect(".open", width=pc(s.open / most * 100), height="100%"),
            rect(".late", width=pc(s.overdue / most * 100), height="100%"),
        ],
        span(".val")[text.number(s.open, 0, view.lang)],
        span(".n")[band_mark(Band.ACT, view), " ", late] if s.overdue else span(".n")["–"],
    ]
