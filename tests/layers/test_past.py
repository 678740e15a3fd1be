"""The time machine: what was known at a moment is what the snapshot of that moment said, whatever came later."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sqlalchemy import func, select

from layers import publish, retention, trends
from layers.areas import AreaTree
from layers.catalog import Kpi, catalog
from layers.city import City, SourceConfig, Target
from layers.drill import Query, drill
from layers.frames import Frames, Still
from layers.model import UNPLACED, Kind, Measurement, Outcome, Package, Record, Service, Stage, Status
from layers.packs import keep_pack, pack_at
from layers.past import Past, grain, whole_minute
from layers.publish import build
from layers.runs import SourceFacts
from layers.schema import REPLACED_TABLES, absence
from layers.snapshot import Snapshot
from layers.standings import end_of_minute
from layers.store import Reject, Store
from tests.layers.made import ANALYST, DAY, HOUR, NOW, OPERATOR, SECRET, ZONE, complaint, new_store, put

MINUTE = timedelta(minutes=1)
START = NOW - 31 * DAY
PLACES = ("36.71.01.1001", "36.71.01.1002", "36.71.02.1001", UNPLACED)
SOURCES = ("laksa", "lapor", "spse", "wan")
KPIS = ("aduan_lewat_tenggat", "lama_penyelesaian", "paket_kontrak", "layanan_30h", "latensi_kantor", "sumber_segar")
"""One of each kind of record and of each form, and one about the sources."""


@pytest.fixture(scope="module")
def small(city: City) -> City:
    """Two kecamatan, three kelurahan, two OPDs, four sources, one of them an export."""
    common: dict[str, Any] = {"connector": "tabular", "interval": "5m", "owner": "Diskominfo"}
    sources = tuple(
        SourceConfig(name=name, title=name.upper(), budget="45m", delivery="export" if name == "spse" else "live", **common)
        for name in SOURCES
    )
    areas = tuple(a for a in city.areas if a.code in (*PLACES, "36.71.01", "36.71.02"))
    return city.model_copy(update={"sources": sources, "areas": areas, "opds": city.opds[:2]})


@dataclass
class World:
    """A room that lives on a clock of its own, and remembers what its screens said."""

    store: Store
    city: City
    folder: Path
    now: datetime = START
    kpis: dict[str, Kpi] = field(default_factory=lambda: {name: catalog()[name] for name in KPIS})
    said: dict[datetime, tuple[Snapshot, list[SourceFacts]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tree = AreaTree.of(self.city)
        self.frames = Frames(self.folder / "frames", self.city, self.tree)

    def run(self, source: str, records: Sequence[Record] = (), *, outcome: Outcome = Outcome.OK, **parts: Any) -> None:
        """A run at this moment; a failed one may have kept something before it failed."""
        run = self.store.begin_run(source, self.now)
        if records or parts:
            put(self.store, run, records, source=source, now=self.now, **parts)
        self.store.end_run(run, outcome, None if outcome.good else "tidak dijawab", self.now)
        if not outcome.good:
            self.store.record_failure(source, self.now, self.now + HOUR)

    def look(self) -> None:
        """What the screens say at this moment."""
        self.frames.refresh(self.store)
        snapshot = build(self.frames, self.kpis, self.tree, self.city, self.store, self.now, version=int(self.now.timestamp()))
        self.said[self.now] = snapshot, self.store.source_states()

    def past(self) -> Past:
        self.frames.refresh(self.store)
        return Past(self.store, self.frames, self.city)


@pytest.fixture
def world(tmp_path: Path, small: City) -> Iterator[World]:
    store = new_store(f"sqlite:///{tmp_path}/s.sqlite")
    yield World(store, small, tmp_path)
    store.close()


@pytest.fixture(autouse=True)
def no_memo_of_trends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past days of a trend are remembered for minutes; here each snapshot computes its own."""
    monkeypatch.setattr(trends, "REMEMBERED", timedelta(0))


@pytest.fixture
def no_trends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trends are half of a snapshot's work, and made of the same frames as the readings."""
    monkeypatch.setattr(publish, "trends", lambda *_: ())


@dataclass(frozen=True)
class Stood:
    """How sources stood, in the place of the store."""

    facts: list[SourceFacts]

    def source_states(self) -> list[SourceFacts]:
        return self.facts


def same(a: Any, b: Any) -> bool:
    """Equal, but for the last digits of sums whose rows were added in another order."""
    if is_dataclass(a) and type(a) is type(b):
        return all(same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a) if f.compare)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return a == pytest.approx(b, rel=1e-9, abs=1e-9)
    return bool(a == b)


def differences(a: Snapshot, b: Snapshot) -> list[Any]:
    """What two snapshots say differently."""
    found: list[Any] = []
    for f in fields(a):
        one, other = getattr(a, f.name), getattr(b, f.name)
        if f.compare and not same(one, other):
            parts = zip(one, other, strict=False) if isinstance(one, tuple) and len(one) == len(other) else [(one, other)]
            found += [(f.name, x, y) for x, y in parts if not same(x, y)][:3]
    return found


# --- a month ---------------------------------------------------------------------------------


class Life:
    """What happens in the city: by one stream of chance, so that a failure can be looked at again."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.told: dict[tuple[str, str], Record] = {}
        self.bad: list[dict[str, Any]] = []

    def step(self, world: World) -> None:
        """One run of one source: new, late, corrected and withdrawn records, bad rows, failures."""
        source, now = self.chance.choice(SOURCES), world.now
        if self.chance.random() < 0.12:
            some = self._records(source, now)[:1] if self.chance.random() < 0.5 else []
            world.run(source, some, outcome=self.chance.choice([Outcome.TRANSIENT, Outcome.AUTH, Outcome.DRIFT]))
            return
        records = self._records(source, now)
        parts: dict[str, Any] = {"excluded": {"uji coba": 1}} if self.chance.random() < 0.2 else {}
        if self.chance.random() < 0.2:
            self.bad.append({"id": f"{source}-{len(self.bad)}", "closed": "?"})
            reject = Reject(source_id=self.bad[-1]["id"], field="closed", reason="bukan waktu", original=self.bad[-1])
            parts["rejects"] = [reject]
        mine = [(r.kind, r.source_id) for (s, _), r in self.told.items() if s == source and r not in records]
        if mine and self.chance.random() < 0.25:
            parts["gone"] = self.chance.sample(mine, min(len(mine), 3))
        world.run(source, records, **parts)
        if self.chance.random() < 0.15 and (rows := world.store.quarantine(OPERATOR, source)):
            world.store.resolve_quarantine([rows[0].id], now)

    def _records(self, source: str, now: datetime) -> list[Record]:
        count = self.chance.choice([0, 1, 1, 2, 4])
        found = {r.source_id: r for r in (self._record(source, now) for _ in range(count))}
        self.told |= {(source, name): record for name, record in found.items()}
        return list(found.values())

    def _record(self, source: str, now: datetime) -> Record:
        mine = [record for (s, _), record in self.told.items() if s == source]
        if not mine or self.chance.random() < 0.5:
            return self._first(source, f"{source}-{len(mine)}", now)
        return self._again(self.chance.choice(mine), now)

    def _first(self, source: str, name: str, now: datetime) -> Record:
        at = now - self.chance.choice([MINUTE, HOUR, 3 * DAY, 20 * DAY])  # late rows speak of long ago
        common: dict[str, Any] = {
            "source": source,
            "seen_at": now,
            "known_at": None if source == "lapor" else at,
            "area": self.chance.choice(PLACES),
            "opd": self.chance.choice(["dlh", None]),
        }
        if source == "spse":
            plan = f"R{self.chance.randrange(9)}"
            return Package(
                source_id=name,
                announced=at,
                year=2026,
                title="Jalan",
                method="tender",
                stage=Stage.PLANNED,
                plan_id=plan,
                **common,
            )
        if source == "wan" and self.chance.random() < 0.7:
            return Measurement(
                source_id=name,
                name="jaringan.latensi",
                subject=f"S{name}",
                value=self.chance.random(),
                unit="ms",
                measured=at,
                **common,
            )
        if source == "wan":
            return Service(source_id=name, day=at, service="KTP", served=self.chance.randrange(9), **common)
        due = at + self.chance.choice([HOUR, 5 * DAY])
        point = {"lat": -6.2, "lon": 106.6} if self.chance.random() < 0.5 else {}
        return complaint(name, received=at, due=due, category=self.chance.choice(["Sampah", "Banjir"]), **common, **point)

    def _again(self, record: Record, now: datetime) -> Record:
        """Another story of a record: a later version, an older one that comes late, or a correction of the same moment."""
        known = record.known_at
        if known is not None:
            known = self.chance.choice([known, known, now, known - HOUR, known + timedelta(minutes=self.chance.randrange(90))])
        changed: dict[str, Any] = {"seen_at": now, "known_at": known and min(known, now), "area": self.chance.choice(PLACES)}
        match record.kind:
            case Kind.COMPLAINT:
                done = self.chance.random() < 0.4
                changed |= {
                    "status": Status.DONE if done else Status.IN_PROCESS,
                    "closed": now if done else None,
                    "responded": now,
                }
            case Kind.PACKAGE:
                changed |= {"stage": self.chance.choice(list(Stage)), "contracted": now}
            case Kind.MEASUREMENT:
                changed |= {"value": self.chance.random()}
            case Kind.SERVICE:
                changed |= {"served": self.chance.randrange(99)}
        return replace(record, **changed)


def month(world: World, runs: int, looks: int, seed: int = 7) -> None:
    """A month of runs, with looks at the screens at whole minutes between them."""
    life, minutes = Life(seed), 30 * 24 * 60
    moments = life.chance.sample(range(1, minutes), looks)
    todo = [(m, "look") for m in moments] + [
        (life.chance.randrange(minutes) + life.chance.randrange(1, 60) / 60, "run") for _ in range(runs)
    ]
    for at, what in sorted(todo):
        world.now = START + timedelta(minutes=at)
        life.step(world) if what == "run" else world.look()
    world.now = START + 30 * DAY


def compare(world: World) -> int:
    """Ask the past for every moment at which somebody looked; return how many there were."""
    past, begins = world.past(), world.store.begins()
    watched = [at for at in world.said if begins is not None and begins <= at]
    for at in watched:
        snapshot, facts = world.said[at]
        stood = past.facts(at)
        assert stood == facts
        again = build(Still(past.view(at)), world.kpis, world.tree, world.city, Stood(stood), at, snapshot.version)
        assert differences(snapshot, again) == []
    return len(watched)


@pytest.mark.usefixtures("no_trends")
def test_what_the_snapshot_said_is_what_the_time_machine_says_at_200_moments_of_a_month(world: World) -> None:
    month(world, runs=320, looks=203)
    assert compare(world) >= 200
    values = {(r.kpi, r.area, r.value) for snapshot, _ in world.said.values() for r in snapshot.readings}
    assert len(values) > 200  # a month in which much happened
    with world.store.read() as connection:
        for table in (*REPLACED_TABLES.values(), absence):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() > 3, table.name


def test_trends_of_the_past_are_those_of_its_snapshots(world: World) -> None:
    month(world, runs=60, looks=6, seed=3)
    assert compare(world) >= 5
    assert all(snapshot.trends for snapshot, _ in list(world.said.values())[1:])
