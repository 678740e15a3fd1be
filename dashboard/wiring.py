"""The room of a city wired to where it reads: its frames, its store and the accounts, each question with the asker's Scope."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from dashboard.away import Attempt, facts_of
from dashboard.reach import Reach
from dashboard.room import Room
from layers import clock
from layers.alarmbook import SHOWN_DAYS, log_at, read_log
from layers.analysis.desk import Analyst
from layers.areas import AreaTree
from layers.boundaries import load_boundaries
from layers.briefs import Briefs
from layers.changes import Answer, Question, explain
from layers.citykpis import catalog_of
from layers.drill import Drill, Query, drill
from layers.frames import Frames
from layers.model import Scope
from layers.opdbook import read_book
from layers.orders import Orders
from layers.past import Past
from layers.people import People
from layers.remote import Remote
from layers.room import Room as Figures
from layers.rows import Rooms, Rows, rows
from layers.rowstream import Every, every
from layers.runs import SourceFacts
from layers.savedviews import SavedViews
from layers.screens import Screens
from layers.settings import Settings
from layers.snapshot import Snapshot
from layers.stills import Stills
from layers.store import Store
from layers.suspicion import suspicions


def furnished(settings: Settings, store: Store, people: People, newest: Callable[[], Snapshot | None]) -> Room:
    """What pages are drawn with; ``newest`` is the snapshot that is shown. A database that is away answers ``None``."""
    city, tree, kpis = settings.city, AreaTree.of(settings.city), catalog_of(settings.city)
    frames = Frames(settings.data / "frames", city, tree)
    attempt, asked = Attempt(), Attempt()  # the store and the accounts may be away one without the other

    def cut(scope: Scope, query: Query) -> Drill:
        return drill(scope, frames, kpis, tree, city, query, known(), clock.now())

    def changes(scope: Scope, question: Question) -> Answer:
        return explain(scope, frames, kpis, tree, city, question, known(), clock.now())

    def known() -> Iterable[SourceFacts]:
        """What the store says of the sources; while it is away, what the snapshot said."""
        facts = attempt(store.source_states)
        if facts is None:
            snapshot = newest()
            return facts_of(snapshot.sources) if snapshot else []
        return facts

    def behind(scope: Scope, kpi: str, query: Query, page: int, order: str) -> Rows:
        return rows(scope, figures(), kpis[kpi], query, page=page, order=order)

    def figures() -> Figures:
        """At the moment of the snapshot that is shown, so that they are the rows that it counted."""
        snapshot = newest()
        return rooms.at(snapshot.built_at if snapshot else clock.now())

    def whole(scope: Scope, kpi: str, query: Query, order: str) -> Every:
        return every(scope, figures(), kpis[kpi], query, order)

    def analyst(scope: Scope) -> Analyst:
        return Analyst(scope=scope, frames=frames, catalog=kpis, tree=tree, city=city, facts=known, now=clock.now())

    rooms = Rooms(frames, tree, city, known)
    return Room(
        city=city,
        tree=tree,
        map=load_boundaries(city, settings.data).asset,
        catalog=kpis,
        drill=cut,
        changes=changes,
        has_frames=lambda: frames.version > 0,
        quarantine=lambda source: attempt(partial(store.quarantine_reasons, source)),
        store_away=lambda: attempt.away,
        rows=behind,
        figures=figures,
        every=whole,
        suspicions=lambda scope: suspicions(scope, frames, city.suspicion, clock.now()),
        past=Past(store, frames, city),
        analyst=analyst,
        alarm_log=lambda alarms: attempt(partial(read_log, store, people, clock.now() - SHOWN_DAYS, alarms)),
        orders=lambda scope: asked(partial(Orders(people).seen, scope)),
        shelf=lambda scope, opd, day, until: attempt(partial(Briefs(store).read, scope, city.code, opd, day, until)),
        alarms_at=lambda at: attempt(partial(log_at, store, people, at, clock.now())),
        stills=Stills(city, settings.data),
        address=settings.url and settings.address,
        remote=Remote(people, [screen.name for screen in city.wall.screens]),
        screens=lambda: asked(Screens(people).all),
        saved=lambda scope: asked(partial(SavedViews(people).seen, scope)),
        reach=Reach(
            book=lambda scope, opd, at: asked(partial(read_book, scope, people, opd, at=at)),
            texts=lambda scope, cases: attempt(partial(store.texts, scope, cases)),
        ),
    )
