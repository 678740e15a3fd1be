"""Steering the wall from a phone: who may, what each screen was told, and the code on a wall that lets a phone steer it.

The rotation of a screen follows from the server's clock; what a screen is told shifts it: from the moment ``since`` its turn
stands still, ``steps`` scenes further, or at one ``scene``. So the same words hold for screens of different scenes, and one
that was away knows at once where the others are.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, delete, select

from layers import peopleschema as schema
from layers.model import NotYoursError, Role, Scope
from layers.people import People

STEERERS = frozenset({Role.LEADER, Role.OPERATOR, Role.ADMIN})
ALL = "*"
"""Every screen at once; no screen has this name."""

STEP = timedelta(minutes=2)
"""So long a scene stays that was stepped to, as after a key."""
HOLD = timedelta(hours=12)
"""A pause or a pin that nobody ends is over after this."""
CODE = timedelta(minutes=10)
"""A code opens for so long from when it was first shown; the next one is shown after half of it."""
PASS = timedelta(hours=1)
"""So long a phone may steer that typed a code."""
DIGITS = 6


class Act(StrEnum):
    """What a hand does: a step either way, stop here, stay at one scene, let go."""

    NEXT = "maju"
    BACK = "mundur"
    PAUSE = "jeda"
    PIN = "sematkan"
    FREE = "lepas"


@dataclass(frozen=True, slots=True, kw_only=True)
class Steering:
    """What a screen was told ``at`` a moment; it holds ``until`` another, ``None`` for one that was let go."""

    screen: str
    at: datetime
    since: datetime
    steps: int
    scene: str | None
    until: datetime | None

    def holds(self, now: datetime) -> bool:
        return self.until is not None and now < self.until


def in_force(told: Iterable[Steering], screen: str, now: datetime) -> Steering | None:
    """What holds for a screen: the last word to it or to all, while that holds."""
    mine = [one for one in told if one.screen in (screen, ALL)]
    last = max(mine, key=lambda one: one.at, default=None)
    return last if last is not None and last.holds(now) else None


def may_steer(scope: Scope, screen: str) -> bool:
    """Whether the asker may steer a screen: by their role every one, by a code the one that showed it."""
    return scope.role in STEERERS or (screen != ALL and scope == guest(screen))


def guest(screen: str) -> Scope:
    """Who typed the code of a screen; no account has this role."""
    return Scope(user=f"kode:{screen}", role=Role.PUBLIC)


class Remote:
    """What the screens were told, in the people database; ``named`` are the screens of the pack."""

    def __init__(self, people: People, named: Collection[str] = ()) -> None:
        self._people = people
        self._named = tuple(named)

    def screens(self, scope: Scope) -> tuple[str, ...]:
        """The screens that the asker may steer: those of the pack, then those that were registered."""
        return tuple(name for name in self._screens() if may_steer(scope, name))

    def _screens(self) -> tuple[str, ...]:
        with self._people.read() as connection:
            added = connection.execute(select(schema.screen.c.name).order_by(schema.screen.c.name)).scalars().all()
        return tuple(dict.fromkeys((*self._named, *added)))

    def told(self) -> tuple[Steering, ...]:
        """What every screen was told last; nothing of it is anybody's own."""
        with self._people.read() as connection:
            return _told(connection)

    def steer(self, scope: Scope, screen: str, act: Act, now: datetime, scene: str | None = None) -> Steering:
        """Tell a screen, or all, what to do; raises :class:`NotYoursError` for a screen that is not the asker's to steer."""
        if screen not in (ALL, *self.screens(scope)) or not may_steer(scope, screen):
            raise NotYoursError
        table = schema.steering
        with self._people.write(alone=True) as connection:
            told = _next(in_force(_told(connection), screen, now), screen, act, now, scene)
            connection.execute(delete(table).where(table.c.screen == screen))
            connection.execute(table.insert().values(asdict(told)))
            said = {"layar": screen, "adegan": scene} if scene else {"layar": screen}
            self._people.note(connection, scope.user, f"layar: {act.value}", said, now)
        return told

    # --- codes ---------------------------------------------------------------------------------

    def code(self, screen: str, now: datetime) -> str:
        """The code that a screen shows now: six digits that only this room can make."""
        return self._code(screen, _turn(now))

    def opened(self, code: str, now: datetime) -> str | None:
        """The screen whose code it is, or was until a moment ago."""
        found = None
        for screen in self._screens():
            for turn in (_turn(now), _turn(now) - 1):
                if hmac.compare_digest(self._code(screen, turn).encode(), code.encode()):
                    found = screen
        return found

    def _code(self, screen: str, turn: int) -> str:
        digest = self._people.mac(f"kode:{turn}:{screen}".encode())
        return f"{int.from_bytes(digest[:8], 'big') % 10**DIGITS:0{DIGITS}d}"

    def give_pass(self, screen: str, now: datetime) -> str:
        """What a phone keeps that typed a screen's code."""
        until = int((now + PASS).timestamp())
        return f"{until}.{self._seal(screen, until)}.{screen}"

    def holder(self, given: str, now: datetime) -> Scope | None:
        """Who a phone's pass lets steer; ``None`` for one that is over or was not given here."""
        until, _, rest = given.partition(".")
        seal, _, screen = rest.partition(".")
        if not (until.isascii() and until.isdecimal() and len(until) < 12) or now.timestamp() >= int(until):
            return None
        return guest(screen) if hmac.compare_digest(seal.encode(), self._seal(screen, int(until)).encode()) else None

    def _seal(self, screen: str, until: int) -> str:
        return self._people.mac(f"kendali:{until}:{screen}".encode()).hex()[:32]


def _told(connection: Connection) -> tuple[Steering, ...]:
    table = schema.steering
    return tuple(Steering(**row) for row in connection.execute(select(table).order_by(table.c.screen)).mappings())


def _turn(now: datetime) -> int:
    return int(now.timestamp() / (CODE.total_seconds() / 2))


def _next(held: Steering | None, screen: str, act: Act, now: datetime, scene: str | None) -> Steering:
    """What holds after the act, where ``held`` did before it."""
    fresh = Steering(screen=screen, at=now, since=now, steps=0, scene=None, until=None)
    before = replace(held, screen=screen, at=now) if held else fresh
    if act is Act.FREE:
        return fresh
    if act is Act.PIN:
        return replace(fresh, scene=scene, until=now + HOLD)
    if act is Act.PAUSE:
        return replace(before, until=now + HOLD)
    way = 1 if act is Act.NEXT else -1
    return replace(before, steps=before.steps + way, until=max(before.until or now, now + STEP))
