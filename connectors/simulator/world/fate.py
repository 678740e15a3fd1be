"""What goes wrong in the simulated city, by spells: an OPD that slows down, a silent counter, dead websites."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from math import pi, sin

import numpy as np

Rng = Callable[..., np.random.Generator]

WORSE, SILENT, DEAD = 270, 40, 15
"""Days of a spell: within the first part of each, one OPD is slow, one counter silent, one website dead."""


def slow_one(rng: Rng, troubled: Sequence[str], spell: int) -> str:
    """The OPD that has its bad months in a spell."""
    return troubled[int(rng("pace", spell).integers(len(troubled)))]


def pace(slow: Callable[[int], str], opd: str, day: date) -> float:
    """How slowly an OPD works on a day: 1.0 is its normal; in its bad months it rises to about 2.3 and comes back."""
    spell, at = divmod(day.toordinal(), WORSE)
    share = at / (0.75 * WORSE)
    return 1.0 + 1.3 * sin(pi * share) if share < 1 and slow(spell) == opd else 1.0


def silent(rng: Rng, counters: Sequence[str], day: date) -> str | None:
    """The counter that delivers nothing on a day."""
    number, at = divmod(day.toordinal(), SILENT)
    draw = rng("silent", number)
    which, first, days = int(draw.integers(len(counters))), int(draw.integers(0, 15)), int(draw.integers(6, 22))
    return counters[which] if first <= at < first + days else None


def dead(rng: Rng, sites: Sequence[str], day: date) -> frozenset[str]:
    """The OPDs whose website is down on a day: one for weeks, sometimes another for a few days."""
    found = set()
    for spell, longest in ((DEAD, 5), (4 * DEAD, 50)):
        number, at = divmod(day.toordinal(), spell)
        draw = rng("dead", spell, number)
        which, first = int(draw.integers(len(sites))), int(draw.integers(0, spell // 3))
        if first <= at < first + int(draw.integers(longest // 3, longest + 1)):
            found.add(sites[which])
    return frozenset(found)
