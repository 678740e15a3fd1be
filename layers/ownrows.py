"""The complaints of one OPD that figures of its desk can reach, prepared once for a room: every click goes on from them."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from layers.catalog import moment
from layers.drill import MOST_DAYS, Query, where_of
from layers.evaluate import since, touched_since
from layers.model import Kind, Scope
from layers.prepared import prepared
from layers.room import Room

USUAL = 90
"""Windows of up to so many days, and the ones before them, share their rows; longer ones have their own."""
YEAR = 365


def own_rows(scope: Scope, room: Room, query: Query) -> pl.DataFrame:
    """The rows of the query's OPD that the scope may count, by whom they are now or were held by, whatever else is asked."""
    reach = USUAL if query.days <= USUAL else MOST_DAYS

    def made() -> pl.DataFrame:
        has, held_it = (pl.all_horizontal(where_of(scope, Query(opd=query.opd), room.tree, by)) for by in ("opd", "holder"))
        touched = touched_since(Kind.COMPLAINT, since(room.now, reach))
        rows = room.whole[Kind.COMPLAINT].lazy().filter(has | held_it, touched).collect()
        return prepared(Kind.COMPLAINT, rows, room.city, room.now)

    return room.rows_once("own rows", (query.opd, scope.limits, reach), made)


def cut_rows(scope: Scope, room: Room, query: Query, by: str) -> pl.DataFrame:
    """Of these the rows of the query's cut, by who has them (``opd``) or had them (``holder``)."""

    def made() -> pl.DataFrame:
        return own_rows(scope, room, query).lazy().filter(where_of(scope, query, room.tree, by)).collect()

    return room.rows_once("cut rows", (by, scope.limits, query), made)


def rows_of_year_ago(scope: Scope, room: Room, query: Query, by: str) -> pl.DataFrame:
    """The rows of the query's cut that its window could reach a year ago."""
    end = room.now - timedelta(days=YEAR)
    start = end - timedelta(days=query.days)

    def made() -> pl.DataFrame:
        mine = where_of(scope, Query(opd=query.opd), room.tree, by)
        touched = touched_since(Kind.COMPLAINT, start), pl.col("received") <= moment(end)
        rows = room.whole[Kind.COMPLAINT].lazy().filter(*touched, *mine).collect()
        return prepared(Kind.COMPLAINT, rows, room.city, room.now)

    whole = room.rows_once("rows of a year ago", (by, query.opd, scope.limits, query.days), made)
    return whole.lazy().filter(where_of(scope, query, room.tree, by)).collect()
