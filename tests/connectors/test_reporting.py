"""Who delivered nothing, as worked tables: which period was the last, who owed something in it, and what is left unsaid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.reporting import last_period, working
from connectors.run import run_once
from layers import clock
from layers.city import REPORTING, City, Report, SourceConfig, load
from layers.clock import SetClock
from layers.model import Complaint, Kind, Measurement, Outcome, PlacedBy, Record, Role, Run, Scope, Service, Status
from layers.settings import Settings
from layers.store import Batch, Store
from tests.connectors.contract import places

ANALYST = Scope(user="uji", role=Role.ANALYST)
WIB = ZoneInfo("Asia/Jakarta")


def wib(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=WIB).astimezone(UTC)


# --- periods ---

PERIODS = [
    # period, working days only, asked at, first day, day after
    ("1d", True, "2026-11-24 10:00", "2026-11-23", "2026-11-24"),  # Tuesday: Monday
    ("1d", True, "2026-11-23 10:00", "2026-11-20", "2026-11-21"),  # Monday: Friday
    ("1d", False, "2026-11-23 10:00", "2026-11-22", "2026-11-23"),
    ("1d", True, "2026-11-24 00:00", "2026-11-23", "2026-11-24"),  # at midnight Monday is over
    ("1d", True, "2026-11-23 23:59", "2026-11-20", "2026-11-21"),
    ("1d", True, "2026-08-18 09:00", "2026-08-14", "2026-08-15"),  # 17 August is a holiday, before it a weekend
    ("7d", True, "2026-11-25 09:00", "2026-11-16", "2026-11-23"),
    ("7d", False, "2026-11-23 00:00", "2026-11-16", "2026-11-23"),
    ("1mo", True, "2026-11-30 09:00", "2026-10-01", "2026-11-01"),
    ("1mo", True, "2026-01-01 09:00", "2025-12-01", "2026-01-01"),
]


@pytest.mark.parametrize(("period", "days", "asked", "first", "after"), PERIODS, ids=[f"{row[0]} {row[2]}" for row in PERIODS])
def test_the_last_complete_period(period: Any, days: bool, asked: str, first: str, after: str, city: City) -> None:
    found = last_period(Report(by="source", period=period, working_days=days), wib(asked), city)
    assert (found.first.isoformat(), found.after.isoformat()) == (first, after)
    assert (found.start, found.end) == (wib(first), wib(after))


def test_a_week_of_holidays_is_not_asked_about(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.reporting.working", lambda day, _: not date(2026, 11, 16) <= day < date(2026, 11, 23))
    found = last_period(Report(by="source", period="7d"), wib("2026-11-25 09:00"), city)
    assert found.first == date(2026, 11, 9)


def test_working_days(city: City) -> None:
    free = {"2026-08-17": "Hari Kemerdekaan", "2026-12-24": "cuti bersama", "2026-12-25": "Natal", "2026-11-22": "Minggu"}
    assert {day: working(date.fromisoformat(day), city) for day in free} == dict.fromkeys(free, False)
    assert working(date(2026, 11, 23), city)


# --- the source ---


class World:
    """A store in which sources have run and delivered, and the room's own source that looks at it."""

    def __init__(self, settings: Settings, city: City, store: Store) -> None:
        self.settings, self.city, self.store = settings, city, store

    def owe(self, **owed: Any) -> None:
        """Declare one source and what it owes."""
        name = owed.pop("name", "loket")
        base = {"name": name, "connector": "tabular", "title": "Uji", "owner": "x", "interval": "1h", "budget": "1d"}
        delivery = owed.pop("delivery", "export")
        source = SourceConfig.model_validate(base | {"delivery": delivery, "reports": [owed]})
        self.city = self.city.model_copy(update={"sources": (*self.city.sources, source, REPORTING)})

    def ran(self, *times: str, source: str = "loket", outcome: Outcome = Outcome.OK, records: tuple[Record, ...] = ()) -> None:
        """Runs that ended at these times; the records came with the first."""
        for at, brought in zip(map(wib, times), (records, *[()] * len(times)), strict=False):
            run = self.store.begin_run(source, at)
            if brought:
                batch = Batch(source=source, run_id=run, records=brought, excluded={}, rejects=(), cursor=None, now=at)
                self.store.upsert_batch(batch)
            self.store.end_run(run, outcome, None, at)

    def ask(self, at: str) -> Run:
        clock.set_clock(SetClock(start=wib(at), since=0.0, speed=0.0))
        run = run_once(REPORTING, self.store, places(), self.city, self.settings)
        assert run is not None
        assert run.outcome.good, run.message
        return run

    def said(self) -> Mapping[str, float]:
        """Value by subject and day, of what is known now."""
        rows = self.store.rows(ANALYST, Kind.MEASUREMENT, limit=10_000)
        return {
            f"{row.subject} {row.measured.astimezone(WIB):%d}": row.value
            for row in rows
            if isinstance(row, Measurement) and row.source == "pelaporan"
        }


@pytest.fixture
def world(settings: Settings, city: City) -> Iterator[World]:
    store = Store.of(settings)
    yield World(settings, city.model_copy(update={"sources": ()}), store)
    store.close()


def ticket(number: str, day: str, area: str = "36.71.01.1001", opd: str | None = None, source: str = "loket") -> Service:
    at = wib(day)
    return Service(
        source=source,
        source_id=number,
        seen_at=at,
        area=area,
        placed_by=PlacedBy.CODE,
        opd=opd,
        day=at,
        service="KTP",
        served=1,
    )


def link(subject: str, day: str) -> Measurement:
    facts: dict[str, Any] = {"source": "loket", "name": "jaringan.latensi", "value": 1.0, "unit": "ms"}
    return Measurement(source_id=f"{subject} {day}"[-60:], seen_at=wib(day), subject=subject, measured=wib(day), **facts)


def test_kelurahan_that_delivered_and_those_that_did_not(world: World) -> None:
    world.owe(by="kelurahan")
    came = (ticket("1", "2026-11-23 08:00"), ticket("2", "2026-11-23 23:59", area="36.71.01.1002"))
    late = (ticket("3", "2026-11-22 23:59", area="36.71.01.1003"), ticket("4", "2026-11-24 00:00", area="36.71.01.1004"))
    world.ran("2026-11-23 16:00", "2026-11-24 00:20", records=(*came, *late))
    run = world.ask("2026-11-24 00:30")
    assert run.kept == 104
    said = world.said()
    assert sorted(name for name, value in said.items() if value) == ["loket/36.71.01.1001 23", "loket/36.71.01.1002 23"]
    assert list(said.values()).count(0.0) == 102
    rows = [row for row in world.store.rows(ANALYST, Kind.MEASUREMENT, area="36.71.01.1003") if isinstance(row, Measurement)]
    (row,) = rows
    assert (row.name, row.unit, row.placed_by, row.source_id) == (
        *("pelaporan.kelurahan", "ya/tidak", PlacedBy.CODE),
        "kelurahan/loket/2026-11-23/36.71.01.1003",
    )


def test_kecamatan_opd_and_the_source_itself(world: World) -> None:
    world.owe(by="kecamatan", name="satu")
    world.owe(by="opd", name="dua")
    world.owe(by="source", name="tiga")
    for name in ("satu", "dua", "tiga"):
        brought = (ticket("1", "2026-11-23 09:00", opd="dlh", source=name),) if name != "tiga" else ()
        world.ran("2026-11-23 16:00", "2026-11-24 00:20", source=name, records=brought)
    world.ask("2026-11-24 00:30")
    said = world.said()
    assert [name for name, value in sorted(said.items()) if value] == ["dua/dlh 23", "satu/36.71.01 23"]
    assert said["tiga/tiga 23"] == 0.0
    assert len([name for name in said if name.startswith("satu")]) == 13
    assert len([name for name in said if name.startswith("dua")]) == len(world.city.opds)
    (dlh,) = world.store.rows(ANALYST, Kind.MEASUREMENT, opd="dlh")
    assert (dlh.source_id, dlh.area) == ("opd/dua/2026-11-23/dlh", "tanpa-lokasi")


def test_a_subject_is_expected_for_a_month_after_it_was_heard_of(world: World) -> None:
    world.owe(by="subject", working_days=False)
    records = (link("lama", "2026-10-24 12:00"), link("diam", "2026-10-26 12:00"), link("hidup", "2026-11-23 12:00"))
    world.ran("2026-11-23 16:00", "2026-11-24 00:20", records=records)
    world.ask("2026-11-24 00:30")
    assert world.said() == {"loket/diam 23": 0.0, "loket/hidup 23": 1.0}


REACHED = [
    # what became of the source's runs by their end, and whether its silence says something
    ({"2026-11-23 12:00": Outcome.NOTHING_NEW, "2026-11-24 00:10": Outcome.NOTHING_NEW}, {"loket/loket 23": 0.0}),
    ({"2026-11-23 12:00": Outcome.TRANSIENT, "2026-11-24 00:10": Outcome.OK}, {}),
    ({"2026-11-23 12:00": Outcome.OK, "2026-11-24 00:10": Outcome.AUTH}, {}),
    ({"2026-11-22 12:00": Outcome.OK, "2026-11-24 00:10": Outcome.OK}, {}),
    ({"2026-11-23 12:00": Outcome.OK}, {}),
    ({}, {}),
]


@pytest.mark.parametrize(("runs", "said"), REACHED)
def test_a_source_that_could_not_be_reached_is_unknown_and_not_silent(
    runs: dict[str, Outcome], said: dict[str, float], world: World
) -> None:
    world.owe(by="source")
    for at, outcome in runs.items():
        world.ran(at, outcome=outcome)
    world.ask("2026-11-24 00:30")
    assert world.said() == said


def test_what_was_delivered_counts_even_when_the_source_went_away(world: World) -> None:
    world.owe(by="kelurahan")
    world.ran("2026-11-23 16:00", records=(ticket("1", "2026-11-23 08:00"),))
    world.ran("2026-11-24 00:10", outcome=Outcome.TRANSIENT)
    world.ask("2026-11-24 00:30")
    assert world.said() == {"loket/36.71.01.1001 23": 1.0}


def test_a_live_source_that_saw_its_rows_unchanged_has_spoken(world: World) -> None:
    world.owe(by="source", delivery="live")
    state = Complaint(
        source="loket",
        source_id="1",
        seen_at=wib("2026-11-02 08:00"),
        known_at=wib("2026-11-02 08:00"),
        received=wib("2026-11-02 08:00"),
        status=Status.WAITING,
        category="Jalan",
        channel="LAKSA",
    )
    for at in ("2026-11-02 09:00", "2026-11-23 12:00", "2026-11-24 00:20"):
        world.ran(at, records=(state,))
    world.ask("2026-11-24 00:30")
    assert world.said() == {"loket/loket 23": 1.0}


def test_asked_each_hour_it_says_the_same_and_mends_what_came_late(world: World) -> None:
    world.owe(by="source")
    world.ran("2026-11-23 12:00", "2026-11-24 00:20")
    assert world.ask("2026-11-24 00:30").kept == 1
    assert world.ask("2026-11-24 01:30").outcome is Outcome.NOTHING_NEW
    world.ran("2026-11-24 02:00", records=(ticket("1", "2026-11-23 08:00"),))
    assert world.ask("2026-11-24 02:30").kept == 1
    assert world.said() == {"loket/loket 23": 1.0}
    world.ran("2026-11-24 12:00", "2026-11-25 00:20")
    world.ask("2026-11-25 00:30")
    assert world.said() == {"loket/loket 23": 1.0, "loket/loket 24": 0.0}


def test_it_is_configured_as_soon_as_a_source_owes_something(tmp_path: Path) -> None:
    text = 'connector = "tabular"\ntitle = "Uji"\nowner = "x"\ninterval = "1h"\nbudget = "1d"\n'
    (tmp_path / "loket.toml").write_text(text)
    assert [source.name for source in load("36.71", [tmp_path]).sources] == ["loket"]
    (tmp_path / "loket.toml").write_text(text + 'reports = [{by = "kelurahan"}, {by = "source", period = "1mo"}]\n')
    assert [source.name for source in load("36.71", [tmp_path]).sources] == ["loket", "pelaporan"]


def test_long_subjects_stay_apart(world: World) -> None:
    world.owe(by="subject", working_days=False)
    records = tuple(link("a" * 150 + end, "2026-11-23 12:00") for end in "xy")
    world.ran("2026-11-23 16:00", "2026-11-24 00:20", records=records)
    assert world.ask("2026-11-24 00:30").kept == 2
