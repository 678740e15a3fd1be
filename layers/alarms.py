"""The life of alarms: from findings, former lives, what people did and the time, to what rings now. Pure.

The states are those of ISA-18.2: a condition that holds long enough rings (active, unacknowledged); somebody takes it (active,
acknowledged); it is over (and, where nobody had taken it, stays in sight as cleared until somebody does). A silenced alarm
is seen and counted, and does not ring until its time is over. Nothing here depends on the order of findings or on which
process looks: the lives are kept whole, so that a restart at any moment goes on as if there had been none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from layers.alarmtypes import About, Alarm, AlarmState
from layers.findings import Found, Side
from layers.model import Role, Scope

KEPT = timedelta(hours=24)
"""A cleared alarm that nobody acknowledged leaves the list after this long; the history keeps it."""

LONGEST_SILENCE = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Who took one occurrence of an alarm. ``office`` is a role or an OPD; the person's name is for those with rights."""

    at: datetime
    who: str
    office: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Until when an alarm must not ring; ``at`` is when that was decided."""

    at: datetime
    until: datetime
    who: str
    office: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """What people did: acknowledgements by ``(alarm, raised_at)``, the last silence of each alarm."""

    taken: Mapping[tuple[str, datetime], Acknowledgement] = field(default_factory=dict)
    silent: Mapping[str, Silence] = field(default_factory=dict)

    def silenced_until(self, alarm: str, now: datetime) -> datetime | None:
        """When the alarm may ring again; ``None`` where it may now."""
        silence = self.silent.get(alarm)
        return silence.until if silence and silence.until > now else None

    def taken_at(self, life: Life) -> Acknowledgement | None:
        return self.taken.get((life.id, life.raised)) if life.raised else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One occurrence of an alarm.

    The condition holds ``since`` then and was ``raised`` when that had lasted long enough; it ``rang`` then too unless it
    was silenced, and rings again when a silence ends. It is ``calm`` since the condition is gone, ``cleared`` when that has
    lasted, and ``ended`` when nobody needs to see it any more.
    """

    id: str
    since: datetime
    about: About
    raised: datetime | None = None
    rang: datetime | None = None
    calm: datetime | None = None
    cleared: datetime | None = None
    ended: datetime | None = None

    @property
    def waits(self) -> bool:
        return self.raised is None

    def at(self, moment: datetime) -> Life:
        """A life that was raised by then as it stood at that moment; of several rings before it only the first is known."""

        def by_then(when: datetime | None) -> datetime | None:
            return None if when and when > moment else when

        rang = self.raised if self.rang and self.rang > moment else self.rang
        return replace(self, rang=rang, calm=by_then(self.calm), cleared=by_then(self.cleared), ended=by_then(self.ended))


def step(lives: Iterable[Life], found: Found, acts: Acts, now: datetime) -> tuple[Life, ...]:
    """The lives after a look at ``now``: those that go on, new ones, and those that ended just now.

    One whose condition went before it had lasted long enough is not among them: it never was an alarm.
    """
    former: dict[str, list[Life]] = {}
    for life in lives:
        if life.ended is None:
            former.setdefault(life.id, []).append(life)
    later = [one for name in sorted({*former, *found.findings}) for one in _one(name, former.get(name, ()), found, acts, now)]
    return tuple(later)


def _one(name: str, lives: Sequence[Life], found: Found, acts: Acts, now: datetime) -> Iterator[Life]:
    """The lives of one alarm: at most one whose condition holds or waits, and one that is over but not acknowledged."""
    side, rule = found.side(name), found.rules.get(name.partition(":")[0])
    open_ = next((life for life in lives if life.cleared is None), None)
    over = [life for life in lives if life.cleared is not None]
    if open_ is None and side is Side.OVER:
        open_ = Life(id=name, since=now, about=found.findings[name].about)
    if open_ is not None and name in found.findings and side is not Side.UNKNOWN:
        open_ = replace(open_, about=found.findings[name].about)
    if open_ is not None and open_.waits:
        open_ = _waiting(open_, side, now - open_.since >= (rule.lasting if rule else timedelta()), now)
    elif open_ is not None:
        open_ = _raised(open_, side, rule.calm if rule else timedelta(), now)
    if open_ is not None:
        yield _rung(open_, acts, now)
    again = open_ is not None and not open_.waits and open_.cleared is None
    for life in over:
        done = again or acts.taken_at(life) or now - (life.cleared or now) >= KEPT
        yield replace(life, ended=now) if done else life


def _waiting(life: Life, side: Side | None, long_enough: bool, now: datetime) -> Life | None:
    if side is Side.UNKNOWN:
        return life
    if side is not Side.OVER:
        return None
    return replace(life, raised=now) if long_enough else life


def _raised(life: Life, side: Side | None, calm_for: timedelta, now: datetime) -> Life:
    if side is Side.UNKNOWN:
        return life
    if side is not None:
        return replace(life, calm=None) if life.calm else life
    calm = life.calm or now
    return replace(life, calm=calm, cleared=now if now - calm >= calm_for else None)


def _rung(life: Life, acts: Acts, now: datetime) -> Life:
    """Ring, unless it is silenced or somebody has it; once more when a silence that came after has ended."""
    if life.waits:
        return life
    if acts.taken_at(life):
        return replace(life, ended=now) if life.cleared else life
    if life.cleared or acts.silenced_until(life.id, now):
        return life
    silence = acts.silent.get(life.id)
    due = life.rang is None or (silence is not None and silence.until > life.rang)
    return replace(life, rang=now) if due else life


def shown(lives: Iterable[Life], acts: Acts, now: datetime) -> tuple[Alarm, ...]:
    """The alarms of a snapshot: raised ones that have not ended, the most urgent first."""
    alarms = (_alarm(life, acts, now) for life in lives if life.raised is not None and life.ended is None)
    return tuple(sorted(alarms, key=urgency))


def _alarm(life: Life, acts: Acts, now: datetime) -> Alarm:
    taken = acts.taken_at(life)
    state = AlarmState.CLEARED if life.cleared else AlarmState.ACKNOWLEDGED if taken else AlarmState.ACTIVE
    return Alarm(
        **asdict(life.about),
        id=life.id,
        state=state,
        since=life.since,
        raised_at=life.raised or life.since,
        cleared_at=life.cleared,
        acknowledged_at=taken.at if taken else None,
        acknowledged_by=taken.office if taken else None,
        silenced_until=acts.silenced_until(life.id, now),
    )


def urgency(alarm: Alarm) -> tuple[bool, int, bool, bool, float, str]:
    """What is still out of bounds, by priority; of equals what nobody has taken, what is not silenced, the newest."""
    taken = alarm.state is not AlarmState.ACTIVE
    return not alarm.active, alarm.priority, taken, alarm.silenced_until is not None, -alarm.raised_at.timestamp(), alarm.id


def with_acts(alarms: Iterable[Alarm], acts: Acts, now: datetime) -> tuple[Alarm, ...]:
    """A snapshot's alarms with what people did since: a page shows an act at once, not only with the next snapshot."""
    later = []
    for alarm in alarms:
        taken = acts.taken.get((alarm.id, alarm.raised_at))
        if taken and not alarm.active:
            continue
        if taken:
            alarm = replace(alarm, state=AlarmState.ACKNOWLEDGED, acknowledged_at=taken.at, acknowledged_by=taken.office)
        later.append(replace(alarm, silenced_until=acts.silenced_until(alarm.id, now)))
    return tuple(sorted(later, key=urgency))


class Owned(Protocol):
    """What says whose an alarm is."""

    @property
    def opd(self) -> str | None: ...
    @property
    def owner(self) -> str: ...
    @property
    def area(self) -> str: ...


def concerns(scope: Scope, about: Owned) -> bool:
    """Whether an alarm is within a scope: of its OPDs, as subject or as owner, and of its areas."""
    mine = scope.opds is None or bool(scope.opds & {about.opd, about.owner})
    inside = scope.areas is None or any(about.area == code or about.area.startswith(f"{code}.") for code in scope.areas)
    return mine and inside


ACTING = frozenset({Role.LEADER, Role.OPD_HEAD, Role.OPERATOR, Role.ADMIN})
"""Who may acknowledge and silence: leaders, operators and admins any alarm, the head of an OPD its own."""


def may_act(scope: Scope, about: Owned) -> bool:
    """Whether somebody may acknowledge or silence an alarm."""
    return scope.role in ACTING and concerns(scope, about)
