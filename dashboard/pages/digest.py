"""The week's digest of one OPD for its head, as it was made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import htpy

from dashboard.briefsheets import SHEETS
from dashboard.page import AreaPaint, Page
from dashboard.pages.brief import ASKS, page_of, parts
from dashboard.parts.frame import desk
from layers.briefs import ROLES

if TYPE_CHECKING:
    from dashboard.page import View


def layout(found: dict[str, htpy.Element], view: View, _paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """The digest of the OPD in the address."""
    notice = found["notice"] if view.past else None
    return desk(view, "/ringkasan", found["sources-state"], notice, page_of(view, view.params["opd"]))


PAGE = Page(
    path="/ringkasan/{opd}",
    title={"id": "Ringkasan OPD", "en": "Agency digest"},
    theme="light",
    roles=ROLES,
    parts=parts,
    layout=layout,
    asks=ASKS,
    fresh=True,
    sheets=SHEETS,
)
