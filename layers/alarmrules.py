"""Alarm rules as data: when to ring, how urgent, whose it is and what is asked; the city's state; where messages go.

An alarm asks for an action and names who; anything else is a message (EEMUA 191, ISA-18.2). The rules of every city stand in
``alarms.toml``; a pack changes one by naming its ``id``, switches it off (``off = true``), or adds its own (``[[alarms]]``).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from layers.facts import Duration, Facts
from layers.model import Role
from layers.ownkpis import Said

FILE = Path(__file__).with_name("alarms.toml")

SUBJECT = "pemilik"
"""The owner that a rule names when it is the OPD, or the source's owner, that the alarm is about."""

Priority = Literal[1, 2, 3]
"""1 kritis, 2 tinggi, 3 sedang. EEMUA 191 asks for three, of which the highest is rare (about 5, 15 and 80 in a hundred)."""


class AlarmRule(Facts):
    """One rule. What it asks depends on its ``kind``:

    * ``threshold``: the ``kpi`` at a ``cut`` is ``above`` or ``below`` a value, or in the ``band`` of its target that asks
      for an action;
    * ``age``: a source (all, without ``source``) is ``late``, ``stale``, ``never`` heard of, or ``refused`` (it refuses us,
      or its form has changed);
    * ``unusual``: far more came in than is usual there;
    * ``deadline``: an OPD has at least ``above`` open complaints due within so many working ``hours``;
    * ``mismatch``: figures that must agree do not;
    * ``screen``: a declared screen of the wall has stopped reporting.

    It rings once the condition has held for as long as ``for``, and ends when the value is back beyond ``clear`` (of an age:
    that share of the source's budget) for as long as ``calm``; between the two limits it stays as it is.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,40}$")]
    kind: Literal["threshold", "age", "unusual", "deadline", "mismatch", "screen"]
    title: Said
    action: Said
    owner: str = SUBJECT
    priority: Priority
    kpi: str | None = None
    cut: Literal["city", "kecamatan", "kelurahan", "opd"] = "city"
    above: float | None = None
    below: float | None = None
    band: Literal["act"] | None = None
    clear: float | None = None
    source: str | None = None
    state: Literal["late", "stale", "never", "refused"] = "late"
    hours: Annotated[int, Field(ge=1, le=200)] = 4
    lasting: Annotated[Duration, Field(alias="for", ge=timedelta())] = timedelta()
    calm: Annotated[Duration, Field(ge=timedelta())] = timedelta()
    valid_from: date | None = None
    valid_to: date | None = None
    off: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Self:
        limits = [name for name in ("above", "below", "band") if getattr(self, name) is not None]
        if self.kind == "threshold" and (self.kpi is None or len(limits) != 1):
            raise ValueError(f"alarms: {self.id}: threshold memerlukan kpi dan satu dari above, below, band")
        if self.kind == "deadline" and (self.above is None or self.above < 1 or len(limits) != 1):
            raise ValueError(f"alarms: {self.id}: deadline memerlukan above = jumlah kasus, sedikitnya 1")
        inside = {"above": 1, "below": -1}.get(limits[0], 0) if limits else 0
        if self.clear is not None and inside and inside * (getattr(self, limits[0]) - self.clear) < 0:
            raise ValueError(f"alarms: {self.id}: clear berada di luar batasnya")
        return self

    def holds(self, day: date) -> bool:
        """Whether the rule is in force on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


class StateRule(Facts):
    """A level of the city's state, 2 to 5, and what brings it about: any one of its conditions is enough.

    ``critical``, ``high``, ``medium``: so many alarms of that priority, silenced ones too, or more; ``overdue``: more percent of
    the open complaints than that are overdue; ``live``: less percent of the sources than that are live; ``flood``.
    """

    level: Literal[2, 3, 4, 5]
    critical: Annotated[int, Field(ge=1)] | None = None
    high: Annotated[int, Field(ge=1)] | None = None
    medium: Annotated[int, Field(ge=1)] | None = None
    overdue: Annotated[float, Field(ge=0, le=100)] | None = None
    live: Annotated[float, Field(ge=0, le=100)] | None = None
    flood: Literal[True] | None = None

    @model_validator(mode="after")
    def _asks(self) -> Self:
        if not self.model_dump(exclude={"level"}, exclude_none=True):
            raise ValueError(f"state: tingkat {self.level} tidak punya syarat")
        return self


class Quiet(Facts):
    """Local hours in which only priority 1 is sent; what else rings waits for their end."""

    since: time
    until: time

    def covers(self, at: time) -> bool:
        if self.since <= self.until:
            return self.since <= at < self.until
        return at >= self.since or at < self.until


def _quiet(value: object) -> object:
    """``"22.00-06.00"``."""
    if isinstance(value, str) and (match := re.fullmatch(r"(\d\d)[.:](\d\d)\s*-\s*(\d\d)[.:](\d\d)", value)):
        return {"since": f"{match[1]}:{match[2]}", "until": f"{match[3]}:{match[4]}"}
    return value


class NotifyTarget(Facts):
    """Who is told, by an Apprise address: ``mailtos://``, ``tgram://``, ``whatsapp://``, ``json://`` and a hundred others.

    Alarms of ``min_priority`` and more urgent ones; with ``owners`` only those that are theirs.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")]
    url: SecretStr
    min_priority: Priority = 2
    owners: tuple[str, ...] = ()
    quiet: Annotated[Quiet, BeforeValidator(_quiet)] | None = None

    def free(self, now: datetime, zone: ZoneInfo) -> datetime:
        """Now, or the end of the quiet hours."""
        local = now.astimezone(zone)
        if self.quiet is None or not self.quiet.covers(local.time()):
            return now
        ends = datetime.combine(local.date(), self.quiet.until, zone)
        return ends if ends > local else ends + timedelta(days=1)


@cache
def defaults() -> dict[str, tuple[dict[str, Any], ...]]:
    """The tables ``alarms`` and ``state`` of the room itself."""
    found = tomllib.loads(FILE.read_text("utf-8"))
    return {name: tuple(found[name]) for name in ("alarms", "state")}


def completed(given: object) -> object:
    """A pack's rules with those of the room before them: an entry with the id of one of these changes it."""
    if not isinstance(given, Sequence) or not all(isinstance(entry, dict) for entry in given):
        return given
    own: dict[object, list[dict[str, Any]]] = {}
    for entry in given:
        own.setdefault(entry.get("id"), []).append(entry)
    room = [changed for rule in defaults()["alarms"] for changed in _changed(rule, own.pop(rule["id"], [{}]))]
    return [*room, *(entry for entries in own.values() for entry in entries)]


_LIMITS = frozenset({"above", "below", "band"})


def _changed(rule: dict[str, Any], entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """A limit of the pack takes the place of the rule's own, of whichever sort, with its return."""
    kept = ({name: value for name, value in rule.items() if not (_LIMITS & {*entry} and name in {*_LIMITS, "clear"})} | entry
            for entry in entries)  # fmt: skip
    return list(kept)


Alarms = Annotated[tuple[AlarmRule, ...], BeforeValidator(completed)]
States = Annotated[tuple[StateRule, ...], BeforeValidator(lambda given: given or defaults()["state"])]


def owners_of(opds: Iterable[str]) -> frozenset[str]:
    """What a rule or a target may name as owner: an OPD, a role, or the subject's own."""
    return frozenset({*opds, SUBJECT, Role.LEADER.value, Role.OPERATOR.value, Role.ADMIN.value})


def in_force(rules: Iterable[AlarmRule], day: date) -> dict[str, AlarmRule]:
    """The rules that ring on a day: of several with one id the first that is valid then."""
    found: dict[str, AlarmRule] = {}
    for rule in rules:
        if rule.holds(day):
            found.setdefault(rule.id, rule)
    return {name: rule for name, rule in found.items() if not rule.off}
