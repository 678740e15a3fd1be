"""What connectors of measurements share: a state that stands between changes, and a number that can be so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.source import BadRow, Row

State = str | int | float | None


class Steady:
    """Since when each state has the value that it has, so that one which did not change makes no new version.

    ``cursor`` is what the next run is given back.

    States that are not asked for in a run are forgotten, so that the memory is bounded by what is declared.
    """

    def __init__(self, cursor: Mapping[str, Any] | None) -> None:
        self._before: Mapping[str, Any] = (cursor or {}).get("states") or {}
        self._now: dict[str, list[Any]] = {}

    def held(self, key: str) -> State:
        """The value that the state had in the last run, ``None`` for a new one."""
        before = self._before.get(key)
        return before[0] if before else None

    def knows(self, key: str) -> bool:
        """Whether the last run said anything of the state, if only that it is not known."""
        return key in self._before

    def since(self, key: str, value: State, at: datetime) -> str:
        """Since when the state has this value, ISO in UTC; ``at`` (aware) is when it was seen to have it.

        A clock that went back does not put a change before the state that it ends.
        """
        before = self._before.get(key)
        if before and before[0] == value:
            moment = before[1]
        else:
            earliest = datetime.fromisoformat(before[1]) + timedelta(seconds=1) if before else at
            moment = max(at, earliest).astimezone(UTC).isoformat(timespec="seconds")
        self._now[key] = [value, moment]
        return str(moment)

    @property
    def gone(self) -> list[str]:
        """The states with a value that the last run spoke of and this one does not: whose they were is not declared any more."""
        return [key for key, (value, _) in self._before.items() if value is not None and key not in self._now]

    @property
    def cursor(self) -> dict[str, Any]:
        return {"states": dict(self._now)}


def number(row: Row, field: str, low: float, high: float) -> float:
    """The field as a number between two bounds; raises :class:`BadRow`."""
    raw = row.get(field)
    try:
        value = float(raw) if isinstance(raw, str | int | float) and not isinstance(raw, bool) else None
    except (ValueError, OverflowError):
        value = None
    if value is None or not low <= value <= high:
        raise BadRow(field, f"bukan nilai antara {low} dan {high}: {str(raw)[:40]!r}")
    return value
