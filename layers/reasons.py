"""Why a figure of a cut changed: the change against the days before, split exactly over categories and places."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from layers.catalog import Kpi, Window
from layers.contributions import Change, contributions
from layers.drill import Query
from layers.fewparts import without_few
from layers.model import Scope
from layers.ownrows import cut_rows
from layers.room import Room
from layers.smallcells import refuse_few

BY = ("category", "kecamatan")
MOST = 6
"""So many groups are named; the others are one."""


def reasons(scope: Scope, room: Room, kpi: Kpi, query: Query) -> Change:
    """The change of a complaint figure at the cut, as far as the scope may count: its window against the one before.

    A figure about a moment is compared with how it stood when the window began. In a chosen area the places are kelurahan.
    To who sees no rows few cases that could name a person are told with the others.
    """
    refuse_few(scope, room.city, room.tree, area=query.area, opd=query.opd, category=query.category)
    found = room.once("reasons", (kpi.id, scope.limits, query), partial(_reasons, scope, room, kpi, query))
    return found if scope.may_see_rows else without_few(found, room.city, room.tree)


def _reasons(scope: Scope, room: Room, kpi: Kpi, query: Query) -> Change:
    zone = room.city.zone
    now = kpi.window.at(room.now, zone) if kpi.window is Window.NOW else Window.DAYS30.at(room.now, zone, query.days)
    before = kpi.window.at(room.now - timedelta(days=query.days), zone) if kpi.window is Window.NOW else now.before()
    rows = cut_rows(scope, room, query, kpi.by_opd)
    by = ("category", "area") if query.area else BY
    return contributions(kpi, room, by, query.area, query.opd, windows=(before, now), rows=rows, most=MOST)
