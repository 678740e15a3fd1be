"""The complaints of one OPD that figures of its desk can reach, prepared once for a room: every click goes on from them."""

from __future__ import annotations

import polars as pl

from layers.catalog import When, moment
from layers.drill import MOST_DAYS, Query, where_of
from layers.evaluate import since, touched_since
from layers.model import Kind, Scope
from layers.prepared import prepared
from layers.room import Room

USUAL = 90
"""Windows of up to so many days, and the ones before them, share their rows; longer ones have their own."""


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


def rows_then(scope: Scope, room: Room, query: Query, by: str, when: When) -> pl.DataFrame:
    """The rows of the query's cut that a window of long ago can reach, which those at hand may not hold."""

    def made() -> pl.DataFrame:
        mine = where_of(scope, Query(opd=query.opd), room.tree, by)
        touched = touched_since(Kind.COMPLAINT, when.start), pl.col("received") <= moment(when.end)
        rows = room.whole[Kind.COMPLAINT].lazy().filter(*touched, *mine).collect()
        return prepared(Kind.COMPLAINT, rows, room.city, room.now)

    whole = room.rows_once("rows then", (by, query.opd, scope.limits, when), made)
    return whole.lazy().filter(where_of(scope, query, room.tree, by)).collect()
