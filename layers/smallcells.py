"""Small counts that could single a person out: left out so that they cannot be worked out either.

On a screen they are kept from who may see no rows, of what is taken away from everybody.

Counts of a sensitive category below the kecamatan that are under :data:`LEAST` are not told; where only one is, the next
smallest is not told either, for the total stays exact and one gap could be worked out from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from layers.model import Area, Level, Scope
from layers.snapshot import Band, Reading

LEAST = 5
HIDDEN = "disamarkan: hitungan kategori sensitif di satu wilayah kecil dapat menunjuk orang"
"""Why nothing is told of a sensitive category alone in a small area to who may see no rows."""

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


def alone(area: Area | None, category: str | None) -> bool:
    """Whether all counts of a cut are of one category that could name a person in the area."""
    return area is not None and small(area) and sensitive(category or "")


def untold(scope: Scope, area: Area | None, category: str | None) -> bool:
    """Whether such counts are kept from the asker, who sees no rows."""
    return not scope.may_see_rows and alone(area, category)


def refuse_few(scope: Scope, area: Area | None, category: str | None) -> None:
    """Raises ``PermissionError`` where counts are kept from the asker (:func:`untold`)."""
    if untold(scope, area, category):
        raise PermissionError(HIDDEN)


def veil(reading: Reading, why: str) -> Reading:
    """A reading without anything that tells its size."""
    proof = replace(reading.evidence, numerator=None, denominator=None, unplaced=0, low=None, high=None, earlier=None)
    return replace(reading, value=None, why_none=why, n=0, evidence=proof, change=None, band=Band.NORMAL)


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
