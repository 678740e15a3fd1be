"""What a page may ask for one asker: answers, what can be chosen, and what a figure and its fields mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import polars as pl

from layers.analysis.ask import Ask
from layers.analysis.dimensions import DIMENSIONS, Dimension, Sort, clock_of, of_kind
from layers.analysis.engine import analyse, units
from layers.analysis.found import Found
from layers.analysis.measures import measure
from layers.analysis.plan import reads
from layers.areas import AreaTree
from layers.catalog import Kpi
from layers.city import City
from layers.frames import Views
from layers.memo import kept
from layers.model import Kind, Scope
from layers.readings import Room
from layers.runs import SourceFacts

MOST_VALUES = 200
"""So many values of a dimension are offered, the most frequent ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of the records: what it is, and in which part of them it is filled (``None``: there are no records)."""

    name: str
    title: Mapping[str, str]
    meaning: Mapping[str, str] | None
    filled: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The dictionary's entry of a figure: where it comes from, since when, and the fields that it reads or is cut by."""

    kpi: Kpi
    sources: tuple[str, ...]
    since: datetime | None
    records: int
    clock: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyst:
    """Somebody who asks, with their rights; all answers speak of one moment."""

    scope: Scope
    frames: Views
    catalog: Mapping[str, Kpi]
    tree: AreaTree
    city: City
    facts: Callable[[], Iterable[SourceFacts]]
    now: datetime

    def find(self, ask: Ask) -> Found:
        """The answer; raises what :func:`layers.analysis.engine.analyse` raises."""
        return analyse(self.scope, self.frames, self.catalog, self.tree, self.city, ask, self.facts(), self.now)

    def kpi(self, name: str) -> Kpi:
        """The figure of an id; ``ValueError`` where there is none."""
        return measure(name, self.catalog, self.units())

    def units(self) -> Mapping[str, str]:
        """The measurements that there are, each with its unit."""
        return units(self._whole())

    def values(self, kpi: Kpi, name: str) -> tuple[str, ...]:
        """What a dimension of words can be narrowed to, the most frequent first."""
        dimension = DIMENSIONS[name]
        if kpi.kind is None or kpi.kind not in dimension.kinds or dimension.sort is not Sort.WORD:
            return ()
        whole = self._whole()[kpi.kind]

        def made() -> tuple[str, ...]:
            counted = whole.lazy().drop_nulls(dimension.column).group_by(pl.col(dimension.column)).len()
            top = counted.sort("len", descending=True).limit(MOST_VALUES).collect()
            return tuple(top[dimension.column].cast(pl.String).to_list())

        mine = self.scope.categories if name == "category" else None
        return tuple(each for each in kept(whole, ("values", name), made) if mine is None or each in mine)

    def entry(self, kpi: Kpi) -> Entry:
        """What the dictionary says of a figure."""
        room = Room(self.frames.view(), self.tree, self.city, self.facts(), self.now)
        origin, when = room.origin(kpi), kpi.window.at(self.now, self.city.zone)
        if kpi.kind is None:
            return Entry(kpi=kpi, sources=origin.evidence.sources, since=None, records=0, clock="", fields=())
        whole = self._whole()[kpi.kind]
        named = {each.column: each for each in of_kind(kpi.kind).values() if each.column}
        columns = [name for name in dict.fromkeys((*sorted(reads(kpi.form, when)), *named)) if name in whole.columns]
        shares = kept(whole, "filled", partial(_filled, whole))
        fields = tuple(_field(name, named.get(name), shares.get(name)) for name in columns)
        since, clock = room.begun(kpi), clock_of(kpi, when)
        return Entry(kpi=kpi, sources=origin.evidence.sources, since=since, records=whole.height, clock=clock, fields=fields)

    def _whole(self) -> Mapping[Kind, pl.DataFrame]:
        view = self.frames.view()
        return {kind: view.frame(kind) for kind in Kind}


def _filled(whole: pl.DataFrame) -> dict[str, float]:
    """In which share of the records each field is filled."""
    if not whole.height:
        return {}
    nulls = whole.null_count().row(0, named=True)
    return {name: 1 - empty / whole.height for name, empty in nulls.items()}


def _field(name: str, dimension: Dimension | None, filled: float | None) -> Field:
    title = dimension.title if dimension else {"id": name, "en": name}
    return Field(name=name, title=title, meaning=dimension.meaning if dimension else None, filled=filled)
