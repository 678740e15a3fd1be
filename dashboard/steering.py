"""What every screen was told from a telephone, as the walls are sent it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import orjson

from dashboard.bodies import Event
from layers.remote import Steering


def steering(told: Sequence[Steering]) -> Event:
    """What every screen was told, as an event for all of them."""
    return Event("steering", steering_words(told))


def steering_words(told: Sequence[Steering]) -> bytes:
    """What every screen was told, by its name, as JSON: moments in milliseconds."""

    def ms(moment: datetime | None) -> int | None:
        return None if moment is None else int(moment.timestamp() * 1000)

    every = {
        one.screen: {"at": ms(one.at), "since": ms(one.since), "steps": one.steps, "scene": one.scene, "until": ms(one.until)}
        for one in told
    }
    return orjson.dumps(every)


UNSTEERED = steering(())
"""While no screen was ever told anything; no browser needs to hear it."""
