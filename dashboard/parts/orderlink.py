"""The way from a number to an order about it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import htpy

from dashboard import text
from layers.orders import GIVERS

if TYPE_CHECKING:
    from dashboard.page import View


def order_link(view: View, *, kpi: str | None = None, area: str | None = None, opd: str | None = None) -> htpy.Element | None:
    """The button that gives an order about a number; nothing for those who give none, nor of the past."""
    if view.scope.role not in GIVERS or view.past is not None:
        return None
    asked = {name: value for name, value in (("kpi", kpi), ("area", area), ("opd", opd)) if value}
    return htpy.a(".give", href=f"/arahan?{urlencode(asked)}")[text.say(view.lang, "Arahan")]
