"""What a total is made of: one row a category, OPD, channel or area, with what came in, what is open and what is late."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import htpy
from htpy import a, rect, span, svg

from dashboard import text
from dashboard.parts.marks import band_mark
from dashboard.parts.scale import pc
from dashboard.parts.table import Column, table
from layers.snapshot import Band, Reading

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi
    from layers.drill import Slice

SHOWN = 12
"""At most so many rows; how many more there are is said beside the title."""


def breakdown(
    title: str,
    slices: Sequence[Slice],
    origin: tuple[Reading, Kpi],
    view: View,
    *,
    element: str,
    link: Callable[[str], str] | None = None,
) -> htpy.Element:
    """The slices of a drill in the order given; ``link`` turns a slice's key into the address that narrows to it."""
    shown, rest = list(slices[:SHOWN]), slices[SHOWN:]
    most = max((s.received for s in slices), default=0) or 1

    def name(s: Slice) -> htpy.Node:
        return a(href=link(s.key))[s.label] if link else s.label

    def received(s: Slice) -> htpy.Node:
        bar = svg(".bar", aria_hidden="true")[rect(".fill", width=pc(s.received / most * 100), height="100%")]
        return span(".bar-cell")[bar, text.number(s.received, 0, view.lang)]

    def overdue(s: Slice) -> htpy.Node:
        return [band_mark(Band.ACT, view) if s.overdue else None, text.number(s.overdue, 0, view.lang)]

    columns: list[Column[Slice]] = [
        Column(title=text.say(view.lang, "Nama"), cell=name),
        Column(title=text.say(view.lang, "Diterima"), cell=received, numeric=True),
        Column(title=text.say(view.lang, "Terbuka"), cell=lambda s: text.number(s.open, 0, view.lang), numeric=True),
        Column(title=text.say(view.lang, "Lewat tenggat"), cell=overdue, numeric=True),
    ]
    aside = text.say(view.lang, "{n} lainnya tidak ditampilkan", n=len(rest)) if rest else None
    empty = "Tidak ada aduan pada saringan ini."
    return table(title, columns, shown, view, element=element, aside=aside, origin=origin if shown else None, empty=empty)
