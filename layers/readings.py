"""Every figure of one moment as a Reading: with its age, its evidence, its target and its change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from layers.catalog import CUTS, Kpi, Rate, When
from layers.city import Target
from layers.edges import recalled
from layers.evaluate import WHOLE, Ask, Cell, Cells, Cut, empty, per_head, stated
from layers.explain import wilson
from layers.memo import kept
from layers.room import Origin, Room
from layers.snapshot import Band, Evidence, Reading

__all__ = ["Room", "band", "reading", "readings", "watched_before"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Basis:
    """All that the readings of a KPI rest on: while it is the same, so are they."""

    origin: Origin
    target: Target | None
    cells: tuple[Cells | None, Cells | None]

    def holds(self, other: _Basis) -> bool:
        """Whether the other rests on the very same cells, and on an equal rest."""
        same = all(mine is its for mine, its in zip(self.cells, other.cells, strict=True))
        return same and (self.origin, self.target) == (other.origin, other.target)


def readings(kpis: Iterable[Kpi], room: Room) -> Iterator[Reading]:
    """The KPIs at each of their cuts; where nothing feeds one, each cut says so instead of showing a zero."""
    wanted = tuple(kpis)
    known = _figures(wanted, room)
    for kpi in wanted:
        cells = known.get((kpi.id, False)), known.get((kpi.id, True))
        if kpi.kind is None or isinstance(kpi.form, Rate):
            yield from _at_cuts(kpi, room, *cells)
            continue
        basis = _Basis(origin=room.origin(kpi), target=room.target(kpi), cells=cells)
        shown = kept(room.whole[kpi.kind], "readings", dict[str, tuple[_Basis, Kpi, tuple[Reading, ...]]], of=room.city)
        held = shown.get(kpi.id)
        if held is None or held[1] is not kpi or not held[0].holds(basis):
            held = shown[kpi.id] = basis, kpi, tuple(_at_cuts(kpi, room, *cells))
        yield from held[2]


def _at_cuts(kpi: Kpi, room: Room, now: Cells | None, before: Cells | None) -> Iterator[Reading]:
    for cut in kpi.cuts if kpi.kind else CUTS[:1]:
        by = kpi.by_opd if cut == "opd" else cut
        current = now[by] if now else {}
        former = before[by] if before else None
        for key in _keys(cut, room, current):
            area, opd = (room.city.code, key) if cut == "opd" else (key or room.city.code, None)
            cell = current.get(key) or empty(kpi.form)
            earlier = None if former is None else former.get(key) or empty(kpi.form)
            yield reading(kpi, room, cell, earlier, area=area, opd=opd)


def _figures(kpis: Sequence[Kpi], room: Room) -> dict[tuple[str, bool], Cells]:
    """The cells of each KPI now and, where it can be compared, before: those of one frame and its cuts in one pass."""
    passes: dict[tuple[int, tuple[Cut, ...]], tuple[pl.DataFrame, list[tuple[str, bool]], list[Ask]]] = {}
    for kpi in kpis:
        if room.origin(kpi).why_none is not None:
            continue
        frame, when = room.frame(kpi), kpi.window.at(room.now, room.city.zone)
        cuts: tuple[Cut, ...] = tuple(kpi.by_opd if cut == "opd" else cut for cut in kpi.cuts) if kpi.kind else CUTS[:1]
        _, names, asks = passes.setdefault((id(frame), cuts), (frame, [], []))
        for earlier in (False, True) if watched_before(kpi, when, room) else (False,):
            names.append((kpi.id, earlier))
            asks.append((kpi.form, when.before() if earlier else when))
    found: dict[tuple[str, bool], Cells] = {}
    for (_, cuts), (frame, names, asks) in passes.items():
        found |= zip(names, recalled(frame, names, asks, cuts), strict=True)
    return found


def _keys(cut: str | None, room: Room, found: Mapping[str, Cell]) -> Iterable[str]:
    """Every area and OPD of the pack, with rows or without; and OPDs that only the records know."""
    if cut is None:
        return (WHOLE,)
    if cut == "opd":
        return dict.fromkeys((*(opd.slug for opd in room.city.opds), *sorted(found)))
    areas = room.tree.kecamatan if cut == "kecamatan" else (*room.tree.kelurahan, room.tree.unplaced)
    return [area.code for area in areas]


def watched_before(kpi: Kpi, when: When, room: Room) -> bool:
    """Whether the window before lies after the first record, and the records still tell of it: only then there is a change."""
    if kpi.kind is None or not kpi.history:
        return False
    begun = room.begun(kpi)
    return begun is not None and begun <= when.before().start


def reading(
    kpi: Kpi, room: Room, cell: Cell, before: Cell | None, *, area: str, opd: str | None = None, part: bool = False
) -> Reading:
    """A cell with its age, evidence, target and change; ``part`` says that it is not the whole of its area."""
    origin = room.origin(kpi)
    if origin.why_none is not None:
        cell, before = empty(kpi.form), None
    if isinstance(kpi.form, Rate):
        people = room.people(area)
        cell, before = per_head(kpi.form, cell, people), before and per_head(kpi.form, before, people)
    value, why = stated(kpi, cell) if origin.why_none is None else (None, origin.why_none)
    earlier = stated(kpi, before)[0] if before else None
    target = room.target(kpi)
    if kpi.additive and (part or opd or area != room.city.code):
        target = None
    low, high = (None, None) if value is None else (cell.low, cell.high)
    if kpi.interval and value is not None and cell.whole:
        low, high = wilson(cell.part or 0, cell.whole)
    return Reading(
        kpi=kpi.id,
        area=area,
        opd=opd,
        value=value,
        why_none=why,
        n=cell.n,
        freshness=origin.freshness,
        evidence=Evidence(
            sources=origin.evidence.sources,
            excluded=origin.evidence.excluded,
            quarantined=origin.evidence.quarantined,
            numerator=cell.part,
            denominator=cell.whole,
            unplaced=cell.unplaced,
            low=low,
            high=high,
            earlier=before.whole if kpi.interval and before and earlier is not None else None,
        ),
        target=target.target if target else None,
        band=band(kpi, value, target),
        change=value - earlier if value is not None and earlier is not None else None,
    )


def band(kpi: Kpi, value: float | None, target: Target | None) -> Band:
    """Normal at the target or better, act beyond the limit that asks for it, watch between."""
    if value is None or target is None or kpi.better == "neutral":
        return Band.NORMAL
    sign = 1 if kpi.better == "up" else -1
    if sign * value >= sign * target.target:
        return Band.NORMAL
    return Band.ACT if target.act is not None and sign * value < sign * target.act else Band.WATCH
