"""The complaints of one OPD that figures of its desk can reach, prepared once for a room: every click goes on from them."""

from __future__ import annotations

import threading
from weakref import WeakKeyDictionary

import polars as pl

from layers.drill import MOST_DAYS, Query, where_of
from layers.evaluate import since, touched_since
from layers.model import Kind, Limits, Scope
from layers.prepared import prepared
from layers.room import Room

USUAL = 90
"""Windows of up to so many days, and the ones before them, share their rows; longer ones have their own."""

_Key = tuple[str | None, *Limits, int]
_memo: WeakKeyDictionary[Room, dict[_Key, pl.DataFrame]] = WeakKeyDictionary()
_lock = threading.Lock()


def own_rows(scope: Scope, room: Room, query: Query) -> pl.DataFrame:
    """The rows of the query's OPD that the scope may count, by whom they are now or were held by, whatever else is asked."""
    reach = USUAL if query.days <= USUAL else MOST_DAYS
    key = query.opd, *scope.limits, reach
    with _lock:
        held = _memo.setdefault(room, {})
        if (found := held.get(key)) is not None:
            return found
    has, held_it = (pl.all_horizontal(where_of(scope, Query(opd=query.opd), room.tree, by)) for by in ("opd", "holder"))
    touched = touched_since(Kind.COMPLAINT, since(room.now, reach))
    rows = room.whole[Kind.COMPLAINT].lazy().filter(has | held_it, touched).collect()
    found = prepared(Kind.COMPLAINT, rows, room.city, room.now)
    with _lock:
        held[key] = found
    return found
