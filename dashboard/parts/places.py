"""The places that a count names, as a list in columns: where something is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import htpy
from htpy import b, button, h2, header, li, ol, p, section, span

from dashboard import text
from dashboard.parts.marks import age, by_state
from dashboard.parts.tile import hooks
from layers.ranking import at_level
from layers.snapshot import Reading, Snapshot, State

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi


def places(
    title: str, snapshot: Snapshot, kpi: Kpi | None, view: View, *, element: str, calm: Mapping[State, str]
) -> htpy.Element:
    """Every kelurahan or desa that the KPI counts; ``calm`` says that there is none, by how old the data are."""
    whole = snapshot.reading(kpi.id) if kpi else None
    if kpi is None or whole is None or whole.value is None:
        words = whole.why_none if whole else text.say(view.lang, "belum dihitung")
        return section(".places", id=element)[header[h2[title]], p(".empty")[words]]
    found = [r for r in at_level(snapshot, view.tree, kpi, "kelurahan") if r.value]
    return section(".places", hooks(whole, view), id=element, aria_label=title)[
        header[
            h2[title, " ", b[text.number(whole.value, kpi.decimals, view.lang)]],
            span(".aside")[age(whole.freshness, view)],
        ],
        ol[[_place(r, view) for r in found]] if found else by_state(whole.freshness, view, calm),
    ]


def _place(reading: Reading, view: View) -> htpy.Element:
    tree, code = view.tree, reading.area
    above = tree.name(tree.parent(code) or code)
    return li(hooks(reading, view))[
        button(".place", type="button", aria_haspopup="dialog")[tree.name(code), " ", span(".quiet")[above]]
    ]
