"""The base of everything that is read from a pack."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Facts(BaseModel):
    """Frozen, and a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def _duration(value: object) -> object:
    """``"10s"``, ``"15m"``, ``"2h"``, ``"7d"`` as a timedelta."""
    if isinstance(value, str) and (match := re.fullmatch(r"(\d+)\s*([smhd])", value)):
        unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[match[2]]
        return timedelta(**{unit: int(match[1])})
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
