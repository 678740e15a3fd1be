"""Two dimensions crossed: a pivot with its margins, and the same as a heat map whose cells keep their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import htpy
from htpy import div, figcaption, figure, h2, span, tbody, td, tfoot, th, thead, tr

from dashboard import text
from dashboard.parts.answer import named
from dashboard.parts.map import breaks, class_of
from dashboard.parts.marks import value_words
from layers.analysis.found import Found, Key
from layers.snapshot import Reading

if TYPE_CHECKING:
    from dashboard.page import View


def pivot(found: Found, view: View, *, element: str, heat: bool) -> htpy.Element:
    """The first dimension down, the second across; one dimension alone is one column."""
    lang, title = view.lang, found.kpi.title[view.lang]
    down, across = found.keys[0], found.keys[1] if len(found.keys) > 1 else ()
    ends = breaks([r.value for key, r in found.cells.items() if None not in key and r.value is not None])
    columns: list[str | None] = [*across, None] if across else [None]

    def at(row: str | None, column: str | None) -> Reading:
        key: Key = (row, column) if len(found.keys) > 1 else (row,)
        return found.cells[key]

    head = tr[
        th(scope="col")[found.dimensions[0].title[lang]],
        [th(".num", scope="col")[named(found, 1, c, view) if c is not None else text.say(lang, "Seluruhnya")] for c in columns],
    ]
    body = [
        tr[
            th(scope="row")[named(found, 0, row, view)],
            [
                _cell(
                    found, at(row, c), view, class_of_cell(at(row, c), ends) if heat and (c is not None or not across) else None
                )
                for c in columns
            ],
        ]
        for row in sorted(down, key=lambda row: all(at(row, c).value is None for c in columns))  # what is known comes first
    ]
    foot = tr[th(scope="row")[text.say(lang, "Seluruhnya")], [_cell(found, at(None, c), view, None) for c in columns]]
    return figure(class_="panel table pivot heat" if heat else "panel table pivot", id=element)[
        figcaption[h2[title], span(".aside")[text.say(lang, "lebih gelap: lebih besar") if heat else None]],
        div(".scroll", tabindex="0", role="region", aria_label=title)[htpy.table[thead[head], tbody[body], tfoot[foot]]],
    ]


def class_of_cell(reading: Reading, ends: tuple[float, float, float]) -> str:
    """Its class of colour; hatched where there is no value."""
    return "qn" if reading.value is None else class_of(reading.value, ends)


def _cell(found: Found, reading: Reading, view: View, look: str | None) -> htpy.Element:
    kpi = found.kpi
    if reading.value is None:
        return td(class_=" ".join(filter(None, ("num", "none", look))), title=reading.why_none)["-"]
    shown = text.figure(reading.value, kpi.unit, kpi.decimals, view.lang)
    said = f"{value_words(reading, kpi, view)} · n {text.number(reading.n, 0, view.lang)}"
    return td(class_=" ".join(filter(None, ("num", look))), title=said)["".join(shown) if kpi.unit == "rupiah" else shown[0]]
