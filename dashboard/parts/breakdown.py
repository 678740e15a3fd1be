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
from layers import smallcells
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
    guarded: Callable[[str], bool] | None = None,
) -> htpy.Element:
    """The slices of a drill in the order given; ``link`` turns a slice's key into the address that narrows to it.

    In a small area small counts of ``guarded`` keys are veiled (:mod:`layers.smallcells`).
    """
    told = {name: {s.key: getattr(s, name) for s in slices} for name in ("received", "open", "overdue")}
    if guarded:
        told = {name: dict(smallcells.shown(counts, guarded)) for name, counts in told.items()}
    shown, rest = list(slices[:SHOWN]), slices[SHOWN:]
    most = max((n for n in told["received"].values() if n is not None), default=0) or 1

    def number(n: int | None) -> htpy.Node:
        return text.say(view.lang, "disamarkan") if n is None else text.number(n, 0, view.lang)

    def name(s: Slice) -> htpy.Node:
        return a(href=link(s.key))[s.label] if link else s.label

    def received(s: Slice) -> htpy.Node:
        n = told["received"][s.key]
        bar = svg(".bar", aria_hidden="true")[rect(".fill", width=pc((n or 0) / most * 100), height="100%")]
        return span(".bar-cell")[bar, number(n)]

    def overdue(s: Slice) -> htpy.Node:
        n = told["overdue"][s.key]
        return [band_mark(Band.ACT, view) if n else None, number(n)]

    columns: list[Column[Slice]] = [
        Column(title=text.say(view.lang, "Nama"), cell=name),
        Column(title=text.say(view.lang, "Diterima"), cell=received, numeric=True),
        Column(title=text.say(view.lang, "Terbuka"), cell=lambda s: number(told["open"][s.key]), numeric=True),
        Column(title=text.say(view.lang, "Lewat tenggat"), cell=overdue, numeric=True),
    ]
    aside = text.say(view.lang, "{n} lainnya tidak ditampilkan", n=len(rest)) if rest else None
    empty = "Tidak ada aduan pada saringan ini."
    return table(title, columns, shown, view, element=element, aside=aside, origin=origin if shown else None, empty=empty)
