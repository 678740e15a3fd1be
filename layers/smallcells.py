"""Small counts that could single a person out: left out of what is taken away, so that they cannot be worked out either.

Counts of a sensitive category below the kecamatan that are under :data:`LEAST` are not told; where only one is, the next
smallest is not told either, for the total stays exact and one gap could be worked out from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from layers.model import Area, Level

LEAST = 5

_SENSITIVE = re.compile(
    r"kekerasan|kdrt|perempuan dan anak|perlindungan anak|pelecehan|\b(?:hiv|aids|tbc?|odgj|napza)\b|kesehatan jiwa|narkoba"
    r"|disabilitas|bunuh diri",
    re.IGNORECASE,
)
"""Words of categories whose single cases everybody in a kelurahan would recognise."""


def sensitive(category: str) -> bool:
    """Whether single complaints of a category could name a person."""
    return _SENSITIVE.search(category) is not None


def small(area: Area) -> bool:
    """Whether an area is small enough for that: below the kecamatan."""
    return area.level is Level.KELURAHAN


def shown(counts: Mapping[str, int], guarded: Callable[[str], bool] = sensitive) -> Mapping[str, int | None]:
    """Counts by category, or of ``guarded`` keys of another kind; ``None`` where a count is not told."""
    hidden = {name for name, n in counts.items() if guarded(name) and 0 < n < LEAST}
    if len(hidden) == 1:
        others = sorted((n, name) for name, n in counts.items() if name not in hidden and n > 0)
        hidden |= {name for _, name in others[:1]}
    return {name: None if name in hidden else n for name, n in counts.items()}


def by_place(counts: Mapping[str, int], category: str | None) -> Mapping[str, int | None]:
    """Counts of one category, or of all, by kelurahan; ``None`` where a count is not told."""
    guarded = sensitive(category or "")
    return shown(counts, lambda _place: guarded)
