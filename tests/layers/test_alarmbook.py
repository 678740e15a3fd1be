"""Alarms survive restarts and are one for all processes; each message is queued once, and sent at least once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from layers import alarmbook, schema
from layers.alarmbook import (
    EARLY,
    FLOODED,
    FULL,
    SILENCE,
    TAKE,
    Act,
    AlarmBook,
    PeopleBook,
    history,
    log_at,
    read_log,
    record_act,
    with_log,
)
from layers.alarmrules import AlarmRule, NotifyTarget
from layers.alarmtypes import Alarm, AlarmState
from layers.areas import AreaTree
from layers.catalog import catalog
from layers.city import City
from layers.findings import Look
from layers.frames import schema as frame
from layers.model import Kind
from layers.notices import Writer
from layers.outbox import CLAIM, GIVEN_UP, UNSENT, claim, put_off, sent, standing
from layers.snapshot import Snapshot
from layers.store import Store
from tests.dashboard.snapshots import CITY, NOW, reading, snapshot
from tests.layers.made import DAY, SECRET, ZONE

MINUTE = timedelta(minutes=1)
TICK = timedelta(seconds=15)
WORDS = {"id": "Tepat waktu rendah", "en": "Few in time"}
RULE: dict[str, Any] = {"id": "rendah", "kind": "threshold", "kpi": "selesai_tepat_waktu", "cut": "opd", "below": 70, "clear": 75}
EMPTY = pl.DataFrame(schema=frame(Kind.COMPLAINT))


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/s.sqlite", f"sqlite:///{tmp_path}/p.sqlite"
    url: str = request.getfixturevalue("postgres_url")
    return url, url


class Rooms:
    """Processes of one room: each look may be another one's."""

    def __init__(self, urls: tuple[str, str], **targets: Any) -> None:
        told = targets or {"sekda": {}}
        rule = AlarmRule.model_validate(RULE | {"title": WORDS, "action": WORDS, "priority": 2})
        notify = tuple(NotifyTarget.model_validate({"name": name, "url": "json://x", **facts}) for name, facts in told.items())
        self.city: City = CITY.model_copy(update={"alarms": (rule,), "notify": notify})
        self.urls, self.now, self.stores = urls, NOW, list[Any]()
        self.book = self.another()

    def another(self) -> AlarmBook:
        store, people = Store(self.urls[0], ZONE, SECRET), PeopleBook(self.urls[1])
        store.open()
        self.stores += [store, people]
        return AlarmBook(store=store, people=people, writer=Writer(city=self.city, link="http://ruang.id/alarm"))

    def look(self, **values: float | None) -> Snapshot:
        self.now += TICK
        shown = tuple(reading("selesai_tepat_waktu", value=value, opd=opd, now=self.now) for opd, value in values.items())
        made = replace(snapshot(), built_at=self.now, readings=shown)
        tree = AreaTree.of(self.city)
        return self.book.watch(Look(snapshot=made, complaints=EMPTY, catalog=catalog(), tree=tree, city=self.city))

    def act(self, alarm: Alarm, what: str, until: datetime | None = None) -> None:
        act = Act(alarm=alarm.id, raised=alarm.raised_at, what=what, who="ani", office="Pimpinan", at=self.now, until=until)
        record_act(self.book.people, act)

    def notices(self) -> list[Any]:
        with self.book.store.read() as connection:
            return list(connection.execute(select(schema.notice).order_by(schema.notice.c.created, schema.notice.c.key)))


@pytest.fixture
def room(urls: tuple[str, str]) -> Iterator[Rooms]:
    rooms = Rooms(urls)
    yield rooms
    for store in rooms.stores:
        store.close()


def test_a_restart_and_another_process_go_on_as_if_nothing_had_been(room: Rooms) -> None:
    (first,) = room.look(dlh=50).alarms
    room.book = room.another()
    (again,) = room.look(dlh=60).alarms
    assert (again.id, again.raised_at, again.value) == (first.id, first.raised_at, 60)
    assert room.look(dlh=72).alarms  # within the hysteresis
    (over,) = room.look(dlh=80).alarms
    assert over.state is AlarmState.CLEARED
    assert [(life.id, life.cleared) for life in history(room.book.store, NOW)] == [("rendah:dlh", room.now)]


def test_what_people_did_holds_and_ends_what_is_over(room: Rooms) -> None:
    (alarm,) = room.look(dlh=50).alarms
    room.act(alarm, TAKE)
    (taken,) = room.look(dlh=50).alarms
    assert (taken.state, taken.acknowledged_by, taken.acknowledged_at) == (AlarmState.ACKNOWLEDGED, "Pimpinan", room.now - TICK)
    room.act(alarm, SILENCE, until=room.now + 10 * MINUTE)
    (silent,) = room.look(dlh=50).alarms
    assert silent.silenced_until == room.now - TICK + 10 * MINUTE
    assert room.look(dlh=90).alarms == ()
    log = read_log(room.book.store, room.book.people, NOW, [])
    assert [act.who for life in log.lives if (act := log.acts.taken_at(life))] == ["ani"]


def test_while_the_people_are_away_what_was_known_of_them_holds(room: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    (alarm,) = room.look(dlh=50).alarms
    room.act(alarm, TAKE)
    room.look(dlh=50)

    def away(*_: object) -> None:
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(alarmbook, "acts_on", away)
    (alarm,) = room.look(dlh=50).alarms
    assert alarm.state is AlarmState.ACKNOWLEDGED


def test_a_look_that_changes_nothing_writes_nothing(room: Rooms) -> None:
    room.look(dlh=50)

    def forbidden(**_: object) -> None:
        raise AssertionError

    room.book.store.write = forbidden  # type: ignore[method-assign,assignment]
    room.look(dlh=51)


# --- messages --------------------------------------------------------------------------------


def test_each_state_is_told_once_to_each_target(room: Rooms) -> None:
    for value in (50, 51, 52, 80, 80):
        room.look(dlh=value)
        if value == 52:
            message = claim(room.book.store, "sekda", room.now)
            assert message
            sent(room.book.store, message, room.now)
    ring, over = room.notices()
    assert ring.title == "[TINGGI] Tepat waktu rendah: 50 % (batas 70 %), DLH · Kota Contoh"
    assert ring.body.splitlines()[:3] == ["Tempat: DLH", "Pemilik: DLH", "Tindakan: Tepat waktu rendah"]
    assert ring.body.endswith("http://ruang.id/alarm")
    assert over.title.startswith("[REDA] Tepat waktu rendah")


def test_who_is_told_what(urls: tuple[str, str]) -> None:
    room = Rooms(urls, semua={"min_priority": 3}, kritis={"min_priority": 1}, dlh={"owners": ["dlh"]}, pu={"owners": ["dpupr"]})
    room.look(dlh=50)
    assert {notice.target for notice in room.notices()} == {"semua", "dlh"}
    for store in room.stores:
        store.close()


def test_quiet_hours_hold_a_message_and_drop_it_when_the_alarm_is_over_before(urls: tuple[str, str]) -> None:
    room = Rooms(urls, sekda={"quiet": "14.00-16.00"})  # it is 14.32
    room.look(dlh=50)
    assert claim(room.book.store, "sekda", room.now) is None
    (held,) = room.notices()
    assert held.due == datetime(2026, 11, 22, 16, tzinfo=ZONE)
    room.look(dlh=90)
    assert [notice.dropped for notice in room.notices()] == [EARLY]
    for store in room.stores:
        store.close()


def test_priority_one_is_never_held(urls: tuple[str, str]) -> None:
    room = Rooms(urls, sekda={"quiet": "14.00-16.00"})
    critical = room.city.alarms[0].model_copy(update={"priority": 1})
    room.city = room.city.model_copy(update={"alarms": (critical,)})
    room.look(dlh=50)
    assert claim(room.book.store, "sekda", room.now)
    for store in room.stores:
        store.close()


def test_a_flood_is_one_message_and_one_when_it_is_over(room: Rooms) -> None:
    bad = {f"o{k}": 10.0 for k in range(23)}
    shown = room.look(**bad)
    assert shown.state
    assert shown.state.flood == 23
    (summary,) = room.notices()
    assert summary.title.startswith("[BANJIR ALARM] 23 alarm dalam 10 menit")
    assert "23 x Tepat waktu rendah (tinggi)" in summary.body
    room.look(**bad, baru=10)
    assert len(room.notices()) == 1
    room.now += 11 * MINUTE
    after = room.look(**bad, baru=10)
    assert after.state
    assert after.state.flood is None
    assert [notice.title.split(" · ")[0] for notice in room.notices()][1:] == ["[BANJIR REDA] 24 alarm masih aktif"]
    room.book = room.another()
    room.look(**bad, baru=10)
    assert len(room.notices()) == 2


def test_messages_that_waited_go_into_the_summary(room: Rooms) -> None:
    room.look(a=1)
    room.look(**{f"o{k}": 10.0 for k in range(12)})
    assert [notice.dropped for notice in room.notices()] == [FLOODED, None]


def test_what_waited_is_told_by_the_summary_of_whom_it_was_for(urls: tuple[str, str]) -> None:
    """Nothing that a summary does not tell may be dropped for it."""
    room = Rooms(urls, sekda={}, dlh={"owners": ("a",)}, malam={"quiet": "00.00-23.59"})
    bad = {f"o{k}": 10.0 for k in range(12)}
    room.look(a=1)
    room.now += 11 * MINUTE
    room.look(a=1, b=1)
    room.look(a=1, b=1, **bad)
    told = {notice.target: notice for notice in room.notices() if notice.key.startswith("banjir@")}
    assert {name: notice.body.partition(" x ")[0] for name, notice in told.items()} == {"sekda": "13", "malam": "13"}
    kept = [(n.target, n.alarm, n.dropped) for n in room.notices() if n.key.startswith("bunyi:rendah:")]
    assert {(target, alarm) for target, alarm, dropped in kept if dropped} == {("malam", "rendah:b"), ("sekda", "rendah:b")}
    for store in room.stores:
        store.close()


def test_the_books_tell_how_alarms_stood_at_any_minute(room: Rooms) -> None:
    moments = []
    for values in ({"a": 1.0}, {"a": 1.0, "b": 1.0}, {"a": 90.0, "b": 1.0}, {"a": 90.0, "b": 90.0}, {"a": 1.0, "b": 90.0}):
        shown = room.look(**values)
        for alarm in shown.alarms[:1]:
            room.act(alarm, TAKE)
        shown = room.look(**values)
        moments.append((room.now, shown))
    for at, shown in moments:
        log = log_at(room.book.store, room.book.people, at, room.now)
        assert log is not None
        then = with_log(replace(snapshot(), built_at=at), log, room.city.state)
        assert [replace(a, value=None) for a in then.alarms] == [replace(a, value=None) for a in shown.alarms]
    assert log_at(room.book.store, room.book.people, room.now - 91 * DAY, room.now) is None


def test_no_target_has_more_waiting_than_it_may(room: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarmbook, "MOST_WAITING", 2)
    for names in ("a", "ab", "abc"):
        room.look(**dict.fromkeys(names, 1.0))
    assert [notice.dropped for notice in room.notices() if ":rendah:a@" in notice.key] == [FULL]
    assert standing(room.book.store)["sekda"].waiting == 2


def test_a_message_is_claimed_by_one_and_comes_again_when_its_sender_died(room: Rooms) -> None:
    room.look(dlh=50)
    store, now = room.book.store, room.now
    first = claim(store, "sekda", now)
    assert claim(store, "sekda", now) is None
    again = claim(store, "sekda", now + CLAIM)
    assert first
    assert again
    assert (again.key, again.tries) == (first.key, 2)
    sent(store, again, now)
    assert claim(store, "sekda", now + timedelta(days=2)) is None


def test_a_message_that_cannot_be_sent_waits_longer_each_time_and_is_given_up(room: Rooms) -> None:
    room.look(dlh=50)
    store, now, waits = room.book.store, room.now, []
    while (message := claim(store, "sekda", now)) is not None:
        put_off(store, message, now)
        due = room.notices()[0].due
        waits.append(due - now)
        now = due
    assert waits[:4] == [timedelta(seconds=s) for s in (15, 30, 60, 120)]
    assert max(waits) == timedelta(hours=1)
    assert room.notices()[0].dropped == UNSENT
    assert timedelta() <= now - room.now - GIVEN_UP < timedelta(hours=1)


def test_no_message_holds_an_identifier(room: Rooms) -> None:
    opd = room.city.opds[0].model_copy(update={"short": "DLH 0812-3456-7890"})
    room.book.writer = Writer(city=room.city.model_copy(update={"opds": (opd,)}), link="http://ruang.id/alarm")
    room.city = room.book.writer.city
    room.look(dlh=50)
    (notice,) = room.notices()
    assert "3456" not in notice.title + notice.body


def test_what_is_old_leaves_the_books(room: Rooms) -> None:
    room.look(dlh=50)
    room.look(dlh=90)
    room.now += timedelta(days=92)
    room.look()
    room.now += timedelta(days=92)
    room.look(dpupr=50)
    with room.book.store.read() as connection:
        kept = connection.execute(text("SELECT count(*) FROM alarm")).scalar_one()
    assert kept == 1
    assert len(room.notices()) == 1
