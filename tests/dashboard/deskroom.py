"""A room over a real store for the desks of OPDs: four months of complaints, one OPD falling for three causes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

from dashboard.questions import Questions
from dashboard.reach import Reach
from dashboard.room import Room
from layers.areas import AreaTree
from layers.boundaries import load_boundaries
from layers.catalog import catalog
from layers.city import City, SourceConfig, load
from layers.frames import Frames
from layers.model import Complaint, Status
from layers.opdbook import read_book
from layers.orders import Orders
from layers.people import People
from layers.publish import build
from layers.rows import Rooms
from layers.snapshot import Snapshot
from layers.store import Store
from tests.layers.made import DAY, HOUR, NOW, complaint, give, new_store

CATEGORIES = {
    "dlh": ("Pengangkutan sampah", "Pohon tumbang", "Bau limbah", "TPS liar"),
    "dpupr": ("Jalan rusak", "Drainase"),
    "dishub": ("Lampu jalan", "Parkir liar"),
}
CHANNELS = ("LAKSA", "SP4N-LAPOR!", "112", "SMS", "Loket")
CAUSES = (("Pengangkutan sampah", "36.71.05"), ("Pengangkutan sampah", "36.71.02"), ("Pohon tumbang", "36.71.01"))
"""Category and kecamatan of the groups whose closings became late in the last 30 days."""
SINCE = 27
"""Days since the fall began."""


@dataclass
class Made:
    """The room, what it published, and where its people are once there are some."""

    room: Room
    snapshot: Snapshot
    city: City
    store: Store
    people: list[People] = field(default_factory=list)

    def attach(self, people: People) -> None:
        """Let the desks read and write what people did."""
        self.people[:] = [people]


def records(n: int, tree: AreaTree) -> list[Complaint]:
    """The complaints, by rule: the same each time."""
    dice, found = random.Random(3671), []
    places = list(tree.kelurahan)
    for i in range(n):
        opd = dice.choices(("dlh", "dpupr", "dishub"), (6, 3, 2))[0]
        category, area = dice.choice(CATEGORIES[opd]), dice.choice(places)
        if dice.random() < 0.3 and opd == "dlh":
            category, kecamatan = dice.choice(CAUSES)
            area = dice.choice([place for place in places if place.parent == kecamatan])
        received = NOW - timedelta(minutes=dice.randrange(2, 125 * 1440))
        falling = (category, area.parent) in CAUSES and NOW - received < SINCE * DAY
        late = dice.random() < (0.75 if falling else 0.06)
        took = dice.randrange(150, 240) if late else dice.randrange(4, 90)
        closed = received + took * HOUR
        done = closed < NOW and dice.random() < 0.97
        found.append(
            complaint(
                f"L-{i:06}",
                area=area.code,
                opd=opd,
                category=category,
                channel=dice.choice(CHANNELS),
                received=received,
                due=received + 5 * DAY,
                responded=received + dice.randrange(1, 20) * HOUR,
                closed=closed if done else None,
                reopened=closed + DAY if done and i % 23 == 0 and closed + DAY < NOW else None,
                status=Status.DONE if done else dice.choice((Status.WAITING, Status.IN_PROCESS)),
                text=f"{category} di {area.name}, sudah {1 + i % 9} hari belum ditangani",
            )
        )
    return found


def made_room(folder: Path, n: int = 2500) -> Made:
    """The room at noon of 22 November 2026."""
    config = SourceConfig(name="laksa", title="LAKSA", connector="tabular", owner="Diskominfo", interval=HOUR, budget=DAY)
    city = load("36.71").model_copy(update={"sources": (config,)})
    tree, kpis = AreaTree.of(city), catalog()
    store = new_store(f"sqlite:///{folder}/s.sqlite")
    give(store, records(n, tree))
    frames = Frames(folder / "frames", city, tree)
    frames.refresh(store)
    snapshot = build(frames, kpis, tree, city, store, NOW, 1, "Data contoh")
    facts = list(store.source_states())
    rooms = Rooms(frames, tree, city, lambda: facts)
    people: list[People] = []

    reach = Reach(book=lambda scope, opd, at: read_book(scope, people[0], opd, at=at), texts=store.texts)
    questions = Questions(
        city=city, tree=tree, catalog=kpis, frames=frames, facts=lambda: facts, now=lambda: NOW, figures=partial(rooms.at, NOW)
    )
    room = Room(
        **questions.answered(),
        map=load_boundaries(city, folder).asset,
        orders=lambda scope: Orders(people[0]).seen(scope),
        reach=reach,
    )
    return Made(room=room, snapshot=snapshot, city=city, store=store, people=people)
