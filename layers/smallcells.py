"""Small counts that could single a person out: left out so that they cannot be worked out either.

On a screen they are kept from who may see no rows, of what is taken away from everybody. An OPD whose name says that it
protects people of such a category stands for it: one case of the office for women and children in a kelurahan names a person
as well as the category does.

Counts of a sensitive category below the kecamatan that are under :data:`LEAST` are not told; where only one is, the next
smallest is not told either, for the total stays exact and one gap could be worked out from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from layers.areas import AreaTree
from layers.city import City
from layers.model import Area, Kind, Level, Scope
from layers.snapshot import Band, Reading

LEAST = 5
PERSONAL = (Kind.COMPLAINT, Kind.SERVICE)
"""Kinds whose rows can be about one person."""

HIDDEN = "disamarkan: hitungan sensitif di satu wilayah kecil dapat menunjuk orang"
"""Why nothing is told of a sensitive category or OPD alone in a small area to who may see no rows."""

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


def sensitive_opd(city: City, slug: str | None) -> bool:
    """Whether single complaints to an OPD could name a person: its name, or one that it goes by, holds such words."""
    opd = city.opd(slug or "")
    return opd is not None and any(map(sensitive, (opd.name, opd.short, *opd.variants)))


def pointed(scope: Scope, city: City, *, opd: str | None, category: str | None) -> bool:
    """Whether all that the scope counts at a cut is sensitive: by what is chosen, else by the scope's own limits."""
    categories = {category} if category else scope.categories
    opds = {opd} if opd else scope.opds
    return bool(categories and all(map(sensitive, categories))) or bool(opds and all(sensitive_opd(city, o) for o in opds))


def alone(scope: Scope, city: City, tree: AreaTree, *, area: str | None, opd: str | None, category: str | None) -> bool:
    """Whether all that the scope counts at a cut is sensitive and of one small area."""
    here = tree.areas.get(area or "")
    if (here is None or not small(here)) and scope.areas is not None and len(scope.areas) == 1:
        here = tree.areas.get(min(scope.areas))
    return here is not None and small(here) and pointed(scope, city, opd=opd, category=category)


def untold(scope: Scope, city: City, tree: AreaTree, *, area: str | None, opd: str | None, category: str | None) -> bool:
    """Whether such counts are kept from the asker, who sees no rows."""
    return not scope.may_see_rows and alone(scope, city, tree, area=area, opd=opd, category=category)


def refuse_few(scope: Scope, city: City, tree: AreaTree, *, area: str | None, opd: str | None, category: str | None) -> None:
    """Raises ``PermissionError`` where counts are kept from the asker (:func:`untold`)."""
    if untold(scope, city, tree, area=area, opd=opd, category=category):
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


def by_place(counts: Mapping[str, int], *, guarded: bool) -> Mapping[str, int | None]:
    """Counts by kelurahan; ``None`` where a count is not told because all of them are ``guarded`` (:func:`pointed`)."""
    return shown(counts, lambda _place: guarded)
