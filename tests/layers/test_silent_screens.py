"""A screen of the wall that has stopped reporting rings, is told to whoever is told of alarms, and is well again by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import select

from layers import alarmbook, schema
from layers.alarmbook import AlarmBook, PeopleBook
from layers.alarmrules import AlarmRule, NotifyTarget, defaults
from layers.alarmtypes import AlarmState
from layers.areas import AreaTree
from layers.catalog import catalog
from layers.findings import Look
from layers.frames import schema as frame
from layers.model import Kind
from layers.notices import Writer
from layers.people import People
from layers.screens import SILENT, Screens
from layers.snapshot import Snapshot
from layers.store import Store
from tests.dashboard.snapshots import CITY, NOW, snapshot
from tests.layers.made import SECRET, ZONE
from tests.layers.test_screens import REPORT

MINUTE = timedelta(minutes=1)
RULE = AlarmRule.model_validate(next(rule for rule in defaults()["alarms"] if rule["id"] == "layar_diam"))
TARGET = NotifyTarget.model_validate({"name": "sekda", "url": "json://x", "min_priority": 3})
ROOM = CITY.model_copy(update={"alarms": (RULE,), "notify": (TARGET,)})


class Hall:
    """A room with screens, and the process that looks at them."""

    def __init__(self, folder: Path) -> None:
        self.people = People(f"sqlite:///{folder}/p.sqlite", SECRET)
        self.people.open()
        self.screens, self.store = Screens(self.people), Store(f"sqlite:///{folder}/s.sqlite", ZONE, SECRET)
        self.store.open()
        for name in ("lobby utama", "aula"):
            self.people.add_screen(name, NOW)
        writer = Writer(city=ROOM, link="http://ruang.id/alarm")
        self.book = AlarmBook(store=self.store, people=PeopleBook(f"sqlite:///{folder}/p.sqlite"), writer=writer)

    def look(self, at: datetime) -> Snapshot:
        empty = pl.DataFrame(schema=frame(Kind.COMPLAINT))
        made = replace(snapshot(), built_at=at)
        return self.book.watch(Look(snapshot=made, complaints=empty, catalog=catalog(), tree=AreaTree.of(ROOM), city=ROOM))


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    hall = Hall(tmp_path)
    yield hall
    for database in (hall.people, hall.store, hall.book.people):
        database.close()


def test_a_silent_screen_rings_is_told_and_is_over_when_it_reports(hall: Hall) -> None:
    hall.screens.heard("lobby utama", REPORT, NOW)
    silent = NOW + SILENT + MINUTE
    assert hall.look(silent).alarms == (), "five minutes may pass: a browser that restarts takes its time"
    (alarm,) = hall.look(silent + RULE.lasting).alarms
    assert (alarm.id, alarm.place, alarm.owner) == ("layar_diam:lobby-utama", "lobby utama", "operator")
    assert alarm.detail == {"id": "terakhir melapor 22-11-2026 14.32", "en": "last reported 22-11-2026 14.32"}
    with hall.store.read() as connection:
        (told,) = connection.execute(select(schema.notice)).all()
    assert (told.target, told.alarm) == ("sekda", alarm.id)
    assert "lobby utama" in f"{told.title} {told.body}"
    again = silent + RULE.lasting + MINUTE
    hall.screens.heard("lobby utama", REPORT, again)
    (over,) = hall.look(again).alarms
    assert over.state is AlarmState.CLEARED


def test_a_screen_that_was_never_hung_up_or_is_revoked_is_no_alarm(hall: Hall) -> None:
    hall.screens.heard("lobby utama", REPORT, NOW)
    late = NOW + timedelta(hours=1)
    hall.look(late)
    hall.people.revoke_screen("lobby utama")
    assert hall.look(late + RULE.lasting).alarms == ()


def test_while_the_accounts_are_away_nobody_knows_and_nothing_waits(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    hall.screens.heard("lobby utama", REPORT, NOW)
    late = NOW + timedelta(hours=1)
    hall.look(late)
    (rings,) = hall.look(late + RULE.lasting).alarms
    hall.book.people.close()
    asked = []

    def away(_self: object) -> None:
        asked.append(1)
        raise alarmbook.SQLAlchemyError

    monkeypatch.setattr(PeopleBook, "read", away)
    (still,) = hall.look(late + RULE.lasting + MINUTE).alarms
    assert (still.id, still.state) == (rings.id, AlarmState.ACTIVE), "not to be known is neither an alarm nor its end"
    assert len(asked) == 1, "one that does not answer is asked once in a look"
