"""An alarm rings when a condition lasts, once, until somebody takes it or it is over; restarts and order change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.alarmrules import AlarmRule
from layers.alarms import KEPT, Acknowledgement, Acts, Life, Silence, concerns, may_act, shown, step, with_acts
from layers.alarmtypes import About, AlarmState
from layers.findings import Finding, Found, Side
from layers.model import Role, Scope
from tests.layers.made import NOW

TICK = timedelta(seconds=15)
SUBJECTS = ("a", "b", "c")
SIDES = st.sampled_from([Side.OVER, Side.BETWEEN, Side.UNKNOWN, None])
LOOKS = st.lists(st.fixed_dictionaries(dict.fromkeys(SUBJECTS, SIDES)), min_size=1, max_size=25)


def rule(**fields: Any) -> AlarmRule:
    words = {"id": "Aturan", "en": "Rule"}
    facts = {"id": "aturan", "kind": "unusual", "title": words, "action": words, "priority": 2, **fields}
    return AlarmRule.model_validate(facts)


def about(subject: str = "a", **fields: Any) -> About:
    said = {"title": {"id": "Aturan", "en": "Rule"}, "action": {"id": "Aturan", "en": "Rule"}, "priority": 2, **fields}
    return About(rule="aturan", kind="unusual", place=subject, area="36.71", opd=None, **({"owner": "dlh"} | said))


def found(sides: dict[str, Side | None], by: AlarmRule) -> Found:
    seen = {f"aturan:{name}": Finding(side=side, about=about(name)) for name, side in sides.items() if side}
    return Found(rules={"aturan": by}, findings=seen)


@dataclass
class Watched:
    """A room that looks every 15 seconds."""

    rule: AlarmRule
    lives: tuple[Life, ...] = ()
    now: datetime = NOW
    acts: Acts = field(default_factory=Acts)

    def look(self, *sides: Side | None, every: timedelta = TICK) -> tuple[Life, ...]:
        for side in sides:
            self.now += every
            self.lives = step(self.lives, found({"a": side}, self.rule), self.acts, self.now)
        return self.lives

    @property
    def state(self) -> AlarmState | None:
        alarms = shown(self.lives, self.acts, self.now)
        assert len(alarms) <= 1
        return alarms[0].state if alarms else None

    def take(self) -> None:
        (alarm,) = shown(self.lives, self.acts, self.now)
        done = Acknowledgement(at=self.now, who="ani", office="Operator")
        self.acts = replace(self.acts, taken={**self.acts.taken, (alarm.id, alarm.raised_at): done})

    def silence(self, length: timedelta) -> None:
        silence = Silence(at=self.now, until=self.now + length, who="ani", office="Operator", reason="uji")
        self.acts = replace(self.acts, silent={"aturan:a": silence})


def test_it_rings_when_the_condition_has_lasted_and_not_before() -> None:
    room = Watched(rule(**{"for": "1m"}))
    room.look(Side.OVER, Side.OVER, Side.OVER, Side.OVER)
    assert room.state is None
    (life,) = room.look(Side.OVER)
    assert room.state is AlarmState.ACTIVE
    assert life.raised == life.rang == room.now
    assert life.since == NOW + TICK


def test_a_condition_that_goes_before_was_no_alarm() -> None:
    room = Watched(rule(**{"for": "1m"}))
    room.look(Side.OVER, Side.OVER, None)
    assert room.lives == ()
    room.look(*[Side.OVER] * 4)
    assert room.state is None  # counted anew


def test_it_ends_beyond_the_other_limit_when_that_has_lasted_too() -> None:
    room = Watched(rule(calm="1m"))
    room.look(Side.OVER, None, None, None)
    assert room.state is AlarmState.ACTIVE
    room.look(Side.BETWEEN, None, None, None, None)
    assert room.state is AlarmState.ACTIVE  # calm began anew
    room.look(None)
    assert room.state is AlarmState.CLEARED


def test_what_is_not_known_neither_rings_nor_ends() -> None:
    room = Watched(rule())
    room.look(Side.UNKNOWN)
    assert room.state is None
    room.look(Side.OVER, *[Side.UNKNOWN] * 50)
    assert room.state is AlarmState.ACTIVE


def test_one_that_nobody_took_stays_in_sight_and_leaves_when_taken_or_old() -> None:
    room = Watched(rule())
    room.look(Side.OVER, None, None)
    assert room.state is AlarmState.CLEARED
    other = replace(room)
    room.take()
    room.look(None)
    assert room.state is None
    other.look(None, every=KEPT)
    assert other.state is None


def test_one_that_comes_back_rings_again_as_another_occurrence() -> None:
    room = Watched(rule())
    room.look(Side.OVER)
    room.take()
    room.look(None, Side.OVER)
    assert room.state is AlarmState.ACTIVE
    assert [life.ended is None for life in room.lives] == [True]


def test_a_silenced_one_is_seen_and_rings_when_its_time_is_over() -> None:
    room = Watched(rule())
    room.silence(timedelta(minutes=1))
    room.look(Side.OVER)
    assert room.lives[0].rang is None
    assert room.state is AlarmState.ACTIVE
    room.look(Side.OVER, every=timedelta(minutes=1))
    assert room.lives[0].rang == room.now


def test_one_silenced_after_it_rang_rings_once_more_unless_somebody_took_it() -> None:
    room = Watched(rule())
    room.look(Side.OVER)
    first = room.lives[0].rang
    room.silence(timedelta(minutes=1))
    taken = replace(room)
    room.look(*[Side.OVER] * 10)
    assert room.lives[0].rang == first + timedelta(minutes=1) if first else False
    taken.take()
    taken.look(*[Side.OVER] * 10)
    assert taken.lives[0].rang == first


# --- laws ------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from([Side.OVER, Side.BETWEEN, Side.UNKNOWN]), max_size=40))
def test_within_the_hysteresis_nothing_chatters(sides: Sequence[Side]) -> None:
    room = Watched(rule())
    room.look(Side.OVER)
    (first,) = room.lives
    room.look(*sides)
    assert [(life.raised, life.rang, life.cleared) for life in room.lives] == [(first.raised, first.rang, None)]


@given(LOOKS, st.integers(0, 24))
def test_acknowledged_stays_acknowledged_until_it_is_over(looks: Sequence[dict[str, Side | None]], at: int) -> None:
    room = Watched(rule())
    room.look(Side.OVER)
    room.take()
    for look in looks[:at]:
        room.look(look["a"])
        if look["a"] is None:
            break
        assert room.state is AlarmState.ACKNOWLEDGED


@given(LOOKS, st.integers(1, 30))
def test_a_silenced_one_never_rings(looks: Sequence[dict[str, Side | None]], ticks: int) -> None:
    room = Watched(rule())
    room.silence(ticks * TICK)
    until = room.now + ticks * TICK
    for look in looks:
        room.look(look["a"])
        assert all(life.rang is None or life.rang >= until for life in room.lives)


@given(LOOKS, st.randoms(use_true_random=False))
def test_the_order_of_findings_and_lives_does_not_matter(looks: Sequence[dict[str, Side | None]], chance: Any) -> None:
    by, now = rule(**{"for": "30s"}), NOW
    lives: tuple[Life, ...] = ()
    for look in looks:
        now += TICK
        mixed = list(look.items())
        chance.shuffle(mixed)
        shuffled = list(lives)
        chance.shuffle(shuffled)
        later = step(lives, found(look, by), Acts(), now)
        assert step(shuffled, found(dict(mixed), by), Acts(), now) == later
        lives = later


@given(LOOKS, st.sets(st.integers(0, 24)))
def test_only_what_is_kept_decides(looks: Sequence[dict[str, Side | None]], restarts: set[int]) -> None:
    """Two processes that take turns say the same as one: what ended is forgotten, what goes on is read back."""
    by = rule(**{"for": "30s", "calm": "30s"})
    one: tuple[Life, ...] = ()
    other: tuple[Life, ...] = ()
    for n, look in enumerate(looks):
        now = NOW + n * TICK
        if n in restarts:
            other = tuple(replace(life) for life in other if life.ended is None)
        one, other = (step(lives, found(look, by), Acts(), now) for lives in (one, other))
        assert shown(one, Acts(), now) == shown(other, Acts(), now)
        live = [life for life in one if life.ended is None]
        assert len({(life.id, life.cleared is None) for life in live}) == len(live)


# --- what is shown ---------------------------------------------------------------------------


def test_the_most_urgent_comes_first_and_what_is_over_last() -> None:
    lives = [
        Life(id=f"aturan:{n}", since=NOW, about=about(priority=priority), raised=NOW, cleared=cleared)
        for n, (priority, cleared) in enumerate([(3, None), (1, NOW), (1, None), (2, None)])
    ]
    assert [alarm.id[-1] for alarm in shown(lives, Acts(), NOW)] == ["2", "3", "0", "1"]


def test_an_act_shows_at_once() -> None:
    room = Watched(rule())
    alarms = shown(room.look(Side.OVER), room.acts, room.now)
    room.take()
    room.silence(timedelta(hours=1))
    (alarm,) = with_acts(alarms, room.acts, room.now)
    assert (alarm.state, alarm.acknowledged_by) == (AlarmState.ACKNOWLEDGED, "Operator")
    assert alarm.silenced_until == room.now + timedelta(hours=1)
    over = replace(alarms[0], state=AlarmState.CLEARED)
    assert with_acts([over], room.acts, room.now) == ()


@pytest.mark.parametrize(
    ("scope", "seen", "acts"),
    [
        (Scope(user="a", role=Role.PUBLIC), True, False),
        (Scope(user="a", role=Role.SCREEN), True, False),
        (Scope(user="a", role=Role.ANALYST), True, False),
        (Scope(user="a", role=Role.LEADER), True, True),
        (Scope(user="a", role=Role.OPERATOR), True, True),
        (Scope(user="a", role=Role.OPD_HEAD, opds=frozenset({"dlh"})), True, True),
        (Scope(user="a", role=Role.OPD_HEAD, opds=frozenset({"dpupr"})), False, False),
        (Scope(user="a", role=Role.OPERATOR, areas=frozenset({"36.71.01"})), False, False),
    ],
)
def test_who_sees_and_who_acts(scope: Scope, seen: bool, acts: bool) -> None:
    assert (concerns(scope, about()), may_act(scope, about())) == (seen, acts)
