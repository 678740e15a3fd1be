"""The time machine: what was known at a moment is what the snapshot of that moment said, whatever came later.

``LIVEROOM_MOMENTS`` is at how many moments of a month it is asked (``make soak``: 200).
"""

from __future__ import annotations

import os
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
from layers.privacy import Identity
from layers.publish import build
from layers.runs import SourceFacts
from layers.schema import REPLACED_TABLES, absence, pack
from layers.snapshot import Snapshot
from layers.store import Reject, Store
from tests.layers.made import ANALYST, DAY, HOUR, NOW, OPERATOR, ZONE, complaint, give, new_store, put

MOMENTS = int(os.environ.get("LIVEROOM_MOMENTS", "30"))
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
def test_what_the_snapshot_said_is_what_the_time_machine_says_at_moments_of_a_month(world: World) -> None:
    month(world, runs=320, looks=MOMENTS + 3)
    assert compare(world) >= MOMENTS
    values = {(r.kpi, r.area, r.value) for snapshot, _ in world.said.values() for r in snapshot.readings}
    assert len(values) > 200  # a month in which much happened
    with world.store.read() as connection:
        for table in (*REPLACED_TABLES.values(), absence):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() > 3, table.name


def test_trends_of_the_past_are_those_of_its_snapshots(world: World) -> None:
    month(world, runs=40, looks=4, seed=3)
    assert compare(world) >= 3
    assert all(snapshot.trends for snapshot, _ in list(world.said.values())[1:])


@pytest.mark.usefixtures("no_trends")
def test_on_postgresql_too(small: City, postgres_url: str, tmp_path: Path) -> None:
    world = World(new_store(postgres_url), small, tmp_path)
    month(world, runs=40, looks=6, seed=5)
    assert compare(world) >= 4
    world.store.close()


# --- any history -------------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b", "c"])
STEPS = st.one_of(
    st.tuples(st.just("told"), NAMES, st.none() | st.integers(-3, 0), st.integers(1, 3)),
    st.tuples(st.just("gone"), NAMES),
    st.tuples(st.just("bad"), NAMES),
    st.tuples(st.just("mended")),
    st.tuples(st.just("failed")),
    st.tuples(st.just("look")),
)


@pytest.fixture(scope="module")
def lasting(small: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One room for all examples: each has a source and hours of its own."""
    folder = tmp_path_factory.mktemp("lasting")
    store = new_store(f"sqlite:///{folder}/s.sqlite")
    yield World(store, small, folder)
    store.close()


def held(frames: Any, source: str) -> list[dict[str, Any]]:
    rows = [row for row in frames.view().told(Kind.COMPLAINT).to_dicts() if row["source"] == source]
    return sorted(rows, key=lambda row: str(row["source_id"]))


@given(st.lists(st.tuples(st.integers(0, 3), STEPS), min_size=1, max_size=12))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_the_past_is_what_was_seen(lasting: World, steps: list[tuple[int, tuple[Any, ...]]]) -> None:
    world = lasting
    world.now = whole_minute(world.now) + HOUR
    source, start = f"s{int(world.now.timestamp())}", world.now
    said: dict[datetime, tuple[list[dict[str, Any]], SourceFacts | None]] = {}

    def facts(found: list[SourceFacts]) -> SourceFacts | None:
        return next((f for f in found if f.source == source), None)

    for number, (minutes, (what, *told)) in enumerate([*steps, (1, ("look",))]):
        world.now = whole_minute(world.now) + minutes * MINUTE + timedelta(seconds=number + 1)
        match what:
            case "told":
                name, known, story = told
                at = None if known is None else start + known * MINUTE
                world.run(source, [complaint(name, source=source, seen_at=world.now, known_at=at, area=PLACES[story])])
            case "gone":
                world.run(source, gone=[(Kind.COMPLAINT, told[0])])
            case "bad":
                world.run(source, rejects=[Reject(source_id=told[0], field="closed", reason="?", original={"id": told[0]})])
            case "mended":
                world.store.resolve_quarantine([row.id for row in world.store.quarantine(OPERATOR, source)], world.now)
            case "failed":
                world.run(source, outcome=Outcome.TRANSIENT)
            case _:
                world.now = whole_minute(world.now) + MINUTE
                world.frames.refresh(world.store)
                said[world.now] = held(world.frames, source), facts(world.store.source_states())
    past = world.past()
    for at, seen in said.items():
        assert (held(Still(past.view(at)), source), facts(past.facts(at))) == seen


# --- what is said of a moment --------------------------------------------------------------------


def test_the_two_accounts_differ_where_data_came_late(world: World) -> None:
    noon = START + 12 * HOUR
    world.now = noon - MINUTE
    world.run("laksa", [complaint("1", received=noon - HOUR, due=noon - MINUTE, area=PLACES[0])])
    world.now = noon + 2 * DAY
    late = [complaint(str(n), received=noon - 2 * HOUR, due=noon - HOUR, area=PLACES[1]) for n in range(2, 5)]
    after = complaint("9", received=noon + HOUR, due=noon + 2 * HOUR)
    world.run("laksa", [replace(record, seen_at=world.now, known_at=record.received) for record in (*late, after)])
    moment = world.past().moment(noon + timedelta(seconds=59), world.now)
    assert moment.at == noon
    values = [told.snapshot.reading("aduan_lewat_tenggat").value for told in (moment.then, moment.now)]  # type: ignore[union-attr]
    assert values == [1, 4]  # and never what happened afterwards
    ages = [told.snapshot.sources[0].freshness.observed_at for told in (moment.then, moment.now)]
    assert ages == [noon - MINUTE, noon]
    for told, expected in ((moment.then, 0), (moment.now, 3)):
        query = Query(area=PLACES[1])
        found = drill(ANALYST, told.frames, moment.catalog, moment.tree, moment.city, query, told.facts, moment.at)
        assert next(r.value for r in found.readings if r.kpi == "aduan_lewat_tenggat") == expected


def test_before_the_first_sight_and_ahead_there_is_no_answer(world: World) -> None:
    assert world.past().begins() is None
    with pytest.raises(ValueError, match="tidak dapat ditanyakan"):
        world.past().moment(START, NOW)
    world.run("laksa", [complaint()])
    past = world.past()
    assert past.begins() == START
    for at in (START - MINUTE, NOW + MINUTE):
        with pytest.raises(ValueError, match="tidak dapat ditanyakan"):
            past.moment(at, NOW)
    assert past.moment(START, NOW) is past.moment(START + timedelta(seconds=30), NOW)


def test_the_pack_of_the_day_applies_and_holds_no_secret(world: World) -> None:
    def aiming(target: float) -> City:
        targets = {"aduan_lewat_tenggat": (Target(target=target, valid_from=START.date() - 99 * DAY),)}
        secret = tuple(source.model_copy(update={"config": {"token": "rahasia-sekali"}}) for source in world.city.sources)
        return world.city.model_copy(update={"targets": targets, "sources": secret})

    world.run("laksa", [complaint(received=START - HOUR, due=START)])
    keep_pack(world.store, aiming(5), START + DAY)
    keep_pack(world.store, aiming(5), START + 2 * DAY)
    keep_pack(world.store, aiming(7), START + 3 * DAY)
    past, shown = world.past(), {}
    for days in (0, 1, 2, 3, 4):
        moment = past.moment(START + days * DAY, NOW)
        reading = moment.then.snapshot.reading("aduan_lewat_tenggat")
        assert reading is not None
        shown[days] = reading.target, moment.pack_since
    assert shown == {0: (5, START + DAY), 1: (5, None), 2: (5, None), 3: (7, None), 4: (7, None)}
    with world.store.read() as connection:
        bodies = connection.execute(select(pack.c.body)).scalars().all()
    assert len(bodies) == 2
    assert not any("rahasia-sekali" in body for body in bodies)
    found = pack_at(world.store, START + DAY)
    assert found is not None
    assert found.city.model_copy(update={"sources": (), "targets": {}}) == world.city.model_copy(
        update={"sources": (), "targets": {}}
    )


def test_a_pack_that_no_release_can_read_any_more_gives_way_to_the_next(world: World) -> None:
    keep_pack(world.store, world.city, START + DAY)
    with world.store.write() as connection:
        connection.execute(pack.insert().values(since=START, digest="?", body="{}"))
    found = pack_at(world.store, START + HOUR)
    assert found is not None
    assert found.since == START + DAY


# --- what is forgotten ---------------------------------------------------------------------------


def link(value: float, known_at: datetime) -> Measurement:
    facts: dict[str, Any] = {"source": "wan", "source_id": "k", "seen_at": known_at, "known_at": known_at, "measured": known_at}
    return Measurement(name="jaringan.latensi", subject="Karawaci", value=value, unit="ms", **facts)


@pytest.mark.parametrize(("back", "step", "grains"), [(20, HOUR, "jam"), (120, DAY, "hari")])
def test_what_was_thinned_is_as_it_was_at_full_hours_and_midnights(world: World, back: int, step: timedelta, grains: str) -> None:
    start = datetime.combine((NOW - back * DAY).date(), datetime.min.time(), ZONE).astimezone(NOW.tzinfo)
    for number in range(40):
        world.now = start + number * step / 8 + timedelta(seconds=7)
        known = world.now if number % 3 else start + max(0, number - 1) * step / 8  # every third corrects the one before
        world.run("wan", [replace(link(float(number), known), seen_at=world.now)])
    ends = [start + n * step for n in range(1, 6)]
    past = world.past()

    def answers() -> list[Any]:
        return [(past.view(at).told(Kind.MEASUREMENT)["value"].to_list(), past.facts(at)) for at in ends]

    before = answers()
    assert len({str(answer) for answer in before}) == len(ends)
    keep = world.city.retention
    gone = retention.thin(world.store, keep, ZONE, NOW), retention.thin_books(world.store, keep, ZONE, NOW)
    assert min(gone) > 10
    assert answers() == before
    assert [grain(at, NOW, world.city) for at in (ends[0], ends[0] + 20 * MINUTE)] == [None, grains]
    assert grain(NOW - DAY, NOW, world.city) is None


def test_an_erasure_reaches_what_was_replaced(world: World) -> None:
    who = Identity("nik", "3671014511900001")
    facts: dict[str, Any] = {"known_at": START, "reporter": world.store.vault.name(*who), "text": "hubungi [nik]", "lat": -6.2}
    give(world.store, [complaint("1", seen_at=START, **facts)], now=START)
    give(world.store, [complaint("1", seen_at=START + HOUR, known_at=START)], now=START + HOUR)
    assert world.store.find_person(OPERATOR, who).versions == 2
    world.store.erase_person(OPERATOR, who)
    table = REPLACED_TABLES[Kind.COMPLAINT]
    with world.store.read() as connection:
        (row,) = connection.execute(select(table.c.reporter, table.c.text, table.c.lat, table.c.area))
    assert (row.reporter, row.text, row.lat, row.area) == (None, None, None, "36.71.01.1001")
    assert world.past().view(START).told(Kind.COMPLAINT)["lat"].to_list() == [None]
