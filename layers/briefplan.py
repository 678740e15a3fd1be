"""When briefs are made, as the pack states it: at an hour of the city's clock, on the days that are worked or on named ones."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from layers.facts import Facts

Weekday = Literal["senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu"]
WEEK: tuple[Weekday, ...] = ("senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu")


def _clock(value: object) -> object:
    """``"07.00"`` or ``"07:00"``."""
    match = re.fullmatch(r"(\d\d)[.:](\d\d)", value) if isinstance(value, str) else None
    return f"{match[1]}:{match[2]}" if match else value


Clock = Annotated[time, BeforeValidator(_clock)]
"""An hour of the city's clock."""


class BriefPlan(Facts):
    """``at`` is local time; without ``days`` a brief is made on each working day. ``ahead`` warns of deadlines that pass
    within so many working hours."""

    at: Clock = time(7, 0)
    days: tuple[Weekday, ...] = ()
    ahead: Annotated[int, Field(ge=1, le=75)] = 8
