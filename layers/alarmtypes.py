"""An alarm as it travels, and the city's state that alarms and figures decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AlarmState(StrEnum):
    """Where an alarm stands (ISA-18.2): rings, rings and somebody has taken it, or is over and nobody had taken it."""

    ACTIVE = "aktif"
    ACKNOWLEDGED = "diterima"
    CLEARED = "reda"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What an alarm says; ``owner`` is an OPD's slug or a role, words are in both languages."""

    rule: str
    kind: str
    priority: int
    title: Mapping[str, str]
    action: Mapping[str, str]
    place: str
    area: str
    opd: str | None
    owner: str
    value: float | None = None
    limit: float | None = None
    unit: str | None = None
    decimals: int = 0
    kpi: str | None = None
    detail: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm(About):
    """Something out of bounds that asks somebody for an action (:mod:`layers.alarms`).

    ``since`` is when the condition began, ``raised_at`` when it had held long enough; ``acknowledged_by`` is an office, never
    a person.
    """

    id: str
    state: AlarmState
    since: datetime
    raised_at: datetime
    cleared_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    silenced_until: datetime | None = None

    @property
    def active(self) -> bool:
        return self.state is not AlarmState.CLEARED

    @property
    def waits(self) -> bool:
        """Whether it rings and nobody has taken it."""
        return self.state is AlarmState.ACTIVE and self.silenced_until is None


@dataclass(frozen=True, slots=True, kw_only=True)
class CityState:
    """The city's state by its published rule: 1 normal to 5 emergency, what decided it, in both languages.

    ``flood`` is the number of alarms that rang in the last ten minutes while they are a flood, else ``None``.
    """

    level: int
    word: Mapping[str, str]
    reasons: tuple[Mapping[str, str], ...]
    flood: int | None = None
