"""What pages are drawn with beside the snapshot: the city, and what reads the frames and the other stores for an asker."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from dashboard.page import NO_LOG, Lang, View
from layers import clock
from layers.alarmbook import AlarmLog
from layers.briefs import Shelf
from layers.city import City
from layers.model import Role, Scope
from layers.remote import STEERERS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from dashboard.reach import Reach
    from layers.analysis.desk import Analyst
    from layers.areas import AreaTree
    from layers.boundaries import MapAsset
    from layers.catalog import Kpi
    from layers.changes import Answer, Question
    from layers.drill import Drill, Query
    from layers.orders import Order
    from layers.past import Past
    from layers.remote import Remote
    from layers.room import Room as Figures
    from layers.rows import Rows
    from layers.rowstream import Every
    from layers.savedviews import SavedView
    from layers.screens import Screen
    from layers.stills import Stills
    from layers.suspicion import Suspicion


CODED = STEERERS | {Role.SCREEN, Role.PUBLIC}
"""Who sees a screen's code: the screen itself, who may steer it anyway, and the demo's public on its own machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What pages are drawn with, beside the snapshot. ``drill``, ``changes`` and ``quarantine`` read other stores."""

    city: City
    tree: AreaTree
    map: MapAsset
    catalog: Mapping[str, Kpi]
    drill: Callable[[Scope, Query], Drill] | None = None
    changes: Callable[[Scope, Question], Answer] | None = None
    has_frames: Callable[[], bool] = lambda: True
    quarantine: Callable[[str], Sequence[tuple[str, str, int]] | None] = lambda _source: ()
    store_away: Callable[[], bool] = lambda: False
    rows: Callable[[Scope, str, Query, int, str], Rows] | None = None
    every: Callable[[Scope, str, Query, str], Every] | None = None
    suspicions: Callable[[Scope], Sequence[Suspicion]] | None = None
    past: Past | None = None
    analyst: Callable[[Scope], Analyst] | None = None
    alarm_log: Callable[[Collection[str]], AlarmLog | None] = lambda _alarms: NO_LOG
    orders: Callable[[Scope], Sequence[Order] | None] = lambda _scope: ()
    alarms_at: Callable[[datetime], AlarmLog | None] = lambda _at: NO_LOG
    shelf: Callable[[Scope, str | None, date | None, datetime | None], Shelf | None] = lambda *_asked: Shelf(brief=None, days=())
    """The brief of a subject for a day, of those made until a moment."""
    stills: Stills | None = None
    address: str | None = None
    remote: Remote | None = None
    screens: Callable[[], Sequence[Screen] | None] = lambda: ()
    figures: Callable[[], Figures] | None = None
    saved: Callable[[Scope], Sequence[SavedView] | None] = lambda _scope: ()
    reach: Reach | None = None
    demo: bool = False

    def view(self, scope: Scope, lang: Lang, params: Mapping[str, str]) -> View:
        """What a page is drawn with for one asker; without frames nothing that reads them is offered."""
        given = self
        if not self.has_frames():
            gone = dict.fromkeys(("drill", "changes", "rows", "every", "suspicions", "figures", "analyst"))
            given = replace(self, **gone)
        drill, changes, rows, suspicions = given.drill, given.changes, given.rows, given.suspicions
        return View(
            now=clock.now(),
            city=self.city,
            tree=self.tree,
            map=self.map,
            catalog=self.catalog,
            lang=lang,
            scope=scope,
            params=params,
            drill=(lambda query: drill(scope, query)) if drill else None,
            changes=(lambda question: changes(scope, question)) if changes else None,
            quarantine=self.quarantine,
            rows=partial(rows, scope) if rows else None,
            figures=given.figures,
            every=partial(given.every, scope) if given.every else None,
            analyst=given.analyst(scope) if given.analyst else None,
            suspicions=(lambda: suspicions(scope)) if suspicions and scope.may_see_rows else None,
            alarm_log=self.alarm_log,
            orders=lambda: self.orders(scope),
            shelf=lambda opd, day: self.shelf(scope, opd, day, None),
            stills=partial(self.stills.seen, clock.now()) if self.stills else lambda: (),
            address=self.address,
            code=self.remote.code if self.remote and scope.role in CODED else None,
            screens=self.screens,
            reach=self.reach,
            demo=self.demo,
        )
