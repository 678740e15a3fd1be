"""Parts of a change that could name a person: told together with the others, so that they cannot be worked out either."""

from __future__ import annotations

from dataclasses import replace

from layers.areas import AreaTree
from layers.city import City
from layers.contributions import Change, Part
from layers.smallcells import HIDDEN, LEAST, sensitive, sensitive_opd, small


def veiled(change: Change) -> Change:
    """The change without anything that tells its size."""
    return replace(change, before=None, now=None, change=None, why_none=HIDDEN, n=(0, 0), parts=())


def without_few(change: Change, city: City, tree: AreaTree) -> Change:
    """The change with few cases of a sensitive category or OPD in a kelurahan (:mod:`layers.smallcells`) among all others.

    Where these would be such a part alone, the smallest that is told joins them: else the rest would be that part. The sums stay.
    """
    hidden = [part for part in change.parts if _few(part, change, city, tree)]
    if not hidden:
        return change
    rest = [part for part in change.parts if not part.by]
    told = [part for part in change.parts if part.by and part not in hidden]
    if not rest and len(hidden) == 1 and told:
        told.remove(least := min(told, key=lambda part: sum(part.n)))
        hidden.append(least)
    joined = [*hidden, *rest]
    others = Part(
        by=(),
        label=rest[0].label if rest else "",
        mix=sum(part.mix for part in joined),
        rate=sum(part.rate for part in joined),
        n=(sum(part.n[0] for part in joined), sum(part.n[1] for part in joined)),
    )
    return replace(change, parts=(*told, others))


def _few(part: Part, change: Change, city: City, tree: AreaTree) -> bool:
    """Whether a part is of a sensitive category or OPD in a kelurahan, with few cases before or now."""
    by = dict(zip(change.dimensions, part.by, strict=True)) if part.by else {}
    area = tree.areas.get(by.get("area") or change.area)
    guarded = sensitive(by.get("category") or "") or sensitive_opd(city, by.get("opd") or change.opd)
    return guarded and area is not None and small(area) and any(0 < n < LEAST for n in part.n)
