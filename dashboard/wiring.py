"""The room of a city wired to where it reads: its frames, its store and the accounts, each question with the asker's Scope."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from dashboard.away import Attempt, facts_of, open_soon
from dashboard.feed import Hub
from dashboard.questions import Questions
from dashboard.reach import Reach
from dashboard.room import Room
from layers import clock
from layers.alarmbook import SHOWN_DAYS, log_at, read_log
from layers.areas import AreaTree
from layers.boundaries import load_boundaries
from layers.briefs import Briefs
from layers.cache import Cache, cache_url
from layers.citykpis import catalog_of
from layers.frames import Frames
from layers.opdbook import read_book
from layers.orders import Orders
from layers.past import Past
from layers.people import People
from layers.remote import Remote
from layers.room import Room as Figures
from layers.rows import Rooms
from layers.runs import SourceFacts
from layers.savedviews import SavedViews
from layers.screens import Screens
from layers.settings import Settings
from layers.snapshot import Snapshot
from layers.stills import Stills
from layers.store import Store


def opened(settings: Settings) -> tuple[Hub, People]:
    """A room's hub, whose pages read its stores, and its accounts."""
    store = Store(settings.database_url, settings.city.zone, settings.secret)
    people = People(settings.people_url, settings.secret)
    for database in (store, people):
        open_soon(database)
    cache = Cache(cache_url(settings), settings.city.code)
    room = furnished(settings, store, people, lambda: hub.snapshot)
    hub = Hub(room, settings.data / "frames" / "snapshot.json", cache)
    return hub, people


def furnished(settings: Settings, store: Store, people: People, newest: Callable[[], Snapshot | None]) -> Room:
    """What pages are drawn with; ``newest`` is the snapshot that is shown. A database that is away answers ``None``."""
    city, tree = settings.city, AreaTree.of(settings.city)
    frames = Frames(settings.data / "frames", city, tree)
    ask_store, ask_people = Attempt(), Attempt()  # the store and the accounts may be away one without the other

    def known() -> Iterable[SourceFacts]:
        """What the store says of the sources; while it is away, what the snapshot said."""
        facts = ask_store(store.source_states)
        if facts is None:
            snapshot = newest()
            return facts_of(snapshot.sources) if snapshot else []
        return facts

    def figures() -> Figures:
        """At the moment of the snapshot that is shown, so that they are the rows that it counted."""
        snapshot = newest()
        return rooms.at(snapshot.built_at if snapshot else clock.now())

    rooms = Rooms(frames, tree, city, known)
    questions = Questions(
        city=city, tree=tree, catalog=catalog_of(city), frames=frames, facts=known, now=clock.now, figures=figures
    )
    return Room(
        **questions.answered(),
        map=load_boundaries(city, settings.data).asset,
        has_frames=lambda: frames.version > 0,
        quarantine=lambda source: ask_store(partial(store.quarantine_reasons, source)),
        store_away=lambda: ask_store.away,
        past=Past(store, frames, city),
        alarm_log=lambda alarms: ask_store(partial(read_log, store, people, clock.now() - SHOWN_DAYS, alarms)),
        orders=lambda scope: ask_people(partial(Orders(people).seen, scope)),
        shelf=lambda scope, opd, day, until: ask_store(partial(Briefs(store).read, scope, city.code, opd, day, until)),
        alarms_at=lambda at: ask_store(partial(log_at, store, people, at, clock.now())),
        stills=Stills(city, settings.data),
        demo=settings.public_by_default,
        address=settings.url and settings.address,
        remote=Remote(people, [screen.name for screen in city.wall.screens]),
        screens=lambda: ask_people(Screens(people).all),
        saved=lambda scope: ask_people(partial(SavedViews(people).seen, scope)),
        reach=Reach(
            book=lambda scope, opd, at: ask_people(partial(read_book, scope, people, opd, at=at)),
            texts=lambda scope, cases: ask_store(partial(store.texts, scope, cases)),
        ),
    )
