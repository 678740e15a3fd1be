"""Steering the wall: who may, what holds for which screen and how long, and what a code opens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from layers import peopleschema as schema
from layers.model import NotYoursError, Role, Scope
from layers.people import People
from layers.remote import ALL, CODE, HOLD, PASS, STEP, Act, Remote, guest, in_force, may_steer
from tests.layers.made import SECRET

NOW = datetime(2026, 11, 22, 7, 32, tzinfo=UTC)
LEADER = Scope(user="walikota", role=Role.LEADER)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    found = People(f"sqlite:///{tmp_path}/p.sqlite", SECRET, PasswordHasher(1, 8, 1))
    found.open()
    yield found
    found.close()


@pytest.fixture
def remote(people: People) -> Remote:
    people.add_screen("lobi")
    return Remote(people, ("kiri", "kanan"))


@pytest.mark.parametrize("role", Role)
def test_who_may_steer(role: Role, remote: Remote) -> None:
    scope = Scope(user="x", role=role)
    may = role in (Role.LEADER, Role.OPERATOR, Role.ADMIN)
    assert may_steer(scope, ALL) is may_steer(scope, "kiri") is may
    assert remote.screens(scope) == (("kiri", "kanan", "lobi") if may else ())
    if not may:
        with pytest.raises(NotYoursError):
            remote.steer(scope, "kiri", Act.NEXT, NOW)


def test_a_code_opens_the_screen_that_shows_it_and_no_other(remote: Remote) -> None:
    assert remote.screens(guest("kiri")) == ("kiri",)
    remote.steer(guest("kiri"), "kiri", Act.NEXT, NOW)
    for other in ("kanan", ALL, "tidak ada"):
        with pytest.raises(NotYoursError):
            remote.steer(guest("kiri"), other, Act.NEXT, NOW)
    assert not may_steer(Scope(user="layar:kiri", role=Role.SCREEN), "kiri"), "a screen's own token is read-only"


def test_steps_add_up_and_are_over_by_themselves(remote: Remote) -> None:
    remote.steer(LEADER, "kiri", Act.NEXT, NOW)
    remote.steer(LEADER, "kiri", Act.NEXT, NOW + MINUTE)
    told = remote.steer(LEADER, "kiri", Act.BACK, NOW + MINUTE)
    assert (told.steps, told.since, told.until) == (1, NOW, NOW + MINUTE + STEP)
    assert in_force(remote.told(), "kiri", NOW + MINUTE) == told
    assert in_force(remote.told(), "kanan", NOW + MINUTE) is None
    assert in_force(remote.told(), "kiri", NOW + MINUTE + STEP) is None
    assert remote.steer(LEADER, "kiri", Act.NEXT, NOW + HOLD).steps == 1, "what is over does not count"


def test_a_pause_stays_through_steps_until_it_is_let_go(remote: Remote) -> None:
    remote.steer(LEADER, "kiri", Act.PAUSE, NOW)
    told = remote.steer(LEADER, "kiri", Act.NEXT, NOW + MINUTE)
    assert (told.steps, told.until) == (1, NOW + HOLD)
    assert in_force(remote.told(), "kiri", NOW + HOLD - MINUTE) is not None
    remote.steer(LEADER, "kiri", Act.FREE, NOW + 2 * MINUTE)
    assert in_force(remote.told(), "kiri", NOW + 2 * MINUTE) is None


def test_the_last_word_holds_whether_to_one_screen_or_to_all(remote: Remote) -> None:
    remote.steer(LEADER, ALL, Act.PIN, NOW, "aduan")
    held = in_force(remote.told(), "kiri", NOW)
    assert held is not None
    assert held.scene == "aduan"
    assert remote.steer(LEADER, "kiri", Act.NEXT, NOW + MINUTE).scene == "aduan", "it goes on from what it shows"
    remote.steer(LEADER, "kanan", Act.FREE, NOW + MINUTE)
    assert in_force(remote.told(), "kanan", NOW + MINUTE) is None
    assert in_force(remote.told(), "lobi", NOW + MINUTE) == held
    remote.steer(LEADER, ALL, Act.FREE, NOW + 2 * MINUTE)
    assert all(in_force(remote.told(), name, NOW + 2 * MINUTE) is None for name in ("kiri", "kanan", "lobi"))


def test_every_press_stands_in_the_audit(remote: Remote, people: People) -> None:
    remote.steer(LEADER, ALL, Act.PIN, NOW, "aduan")
    remote.steer(guest("kiri"), "kiri", Act.FREE, NOW)
    with people.read() as connection:
        lines = connection.execute(select(schema.audit.c.who, schema.audit.c.what, schema.audit.c.detail)).all()
    assert [(line.who, line.what) for line in lines] == [("walikota", "layar: sematkan"), ("kode:kiri", "layar: lepas")]
    assert '"adegan": "aduan"' in lines[0].detail
    assert people.audit_broken_at() is None


def test_a_code_lives_ten_minutes_from_when_it_was_first_shown(remote: Remote) -> None:
    first = next(NOW + k * MINUTE for k in range(6) if remote.code("kiri", NOW + k * MINUTE) != remote.code("kiri", NOW))
    code = remote.code("kiri", first)
    assert len(code) == 6
    assert code.isdecimal()
    assert remote.opened(code, first) == "kiri"
    assert remote.opened(code, first + CODE - MINUTE) == "kiri"
    assert remote.opened(code, first + CODE + MINUTE) is None
    assert remote.opened(remote.code("kanan", first), first) == "kanan"
    for wrong in ("", "000", "angka é", code + "0"):
        assert remote.opened(wrong, first) is None


def test_another_room_cannot_make_its_codes(remote: Remote, tmp_path: Path) -> None:
    other = Remote(People(f"sqlite:///{tmp_path}/o.sqlite", SECRET[::-1], PasswordHasher(1, 8, 1)))
    times = [NOW + k * CODE for k in range(4)]
    assert [other.code("kiri", at) for at in times] != [remote.code("kiri", at) for at in times]


def test_a_pass_is_for_its_screen_and_its_hour(remote: Remote) -> None:
    given = remote.give_pass("lobi", NOW)
    assert remote.holder(given, NOW) == guest("lobi")
    assert remote.holder(given, NOW + PASS) is None
    until, seal, _ = given.split(".", 2)
    for forged in (f"{until}.{seal}.kiri", f"{int(until) + 9}.{seal}.lobi", "", "1.2.3", "é.é.é", f"{until}..lobi"):
        assert remote.holder(forged, NOW) is None
