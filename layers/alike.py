"""Complaints and packages of the same kind in the same place, side by side: a coincidence to look at, never a cause."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from layers.alikerules import Alike
from layers.buying import holds
from layers.catalog import Window
from layers.drill import Query, where_of
from layers.frames import SEN
from layers.kpis.complaints import open_at_end
from layers.kpis.procurement import CONTRACTS, announced
from layers.memo import kept
from layers.model import UNPLACED, Kind, Scope
from layers.room import Room


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A kind at a place: complaints received in 30 days and open now; this year's packages, their pagu and contracts (rupiah)."""

    kind: str
    area: str
    received: int
    open: int
    packages: int
    contracted: int
    pagu: float


FIGURES = ("received", "open", "packages", "contracted", "pagu")


def beside(scope: Scope, room: Room, rules: tuple[Alike, ...], area: str | None = None) -> tuple[Beside, ...]:
    """Each kind at each kelurahan of ``area`` within the scope where there is anything, the most open complaints first.

    What has no place is told under :data:`layers.model.UNPLACED`. Raises ``ValueError`` for an unknown area.
    """
    complaints = room.recent(Kind.COMPLAINT)
    name, key = ("alike", area, scope.limits), (room.now, rules)  # it does not change with what else a page is narrowed by
    return kept(complaints, name, lambda: _beside(scope, room, rules, area), key=key, of=room.whole[Kind.PACKAGE])


def _beside(scope: Scope, room: Room, rules: tuple[Alike, ...], area: str | None) -> tuple[Beside, ...]:
    mine = {kind: where_of(scope, Query(area=area), room.tree, kind=kind) for kind in (Kind.COMPLAINT, Kind.PACKAGE)}
    now, month = (window.at(room.now, room.city.zone) for window in (Window.NOW, Window.DAYS30))
    year = Window.YEAR.at(room.now, room.city.zone)
    complaints = room.recent(Kind.COMPLAINT).lazy().filter(*mine[Kind.COMPLAINT])
    packages = room.whole[Kind.PACKAGE].lazy().filter(*mine[Kind.PACKAGE]).filter(announced(year))
    categories = room.recent(Kind.COMPLAINT).select(pl.col("category").unique().cast(pl.String))  # few: no row is read for words
    parts = []
    for rule in rules:
        named = categories.filter(holds(("category",), rule.complaints))["category"].to_list()
        asked = complaints.filter(pl.col("category").is_in(named)).group_by(pl.col("area").cast(pl.String))
        bought = holds(("title", "bought"), rule.packages)
        if rule.but_not:
            bought &= ~holds(("title",), rule.but_not)
        got = packages.filter(bought).group_by(pl.col("area").cast(pl.String))
        parts += [
            asked.agg(received=month.holds("received").sum(), open=open_at_end(now).sum()).with_columns(kind=pl.lit(rule.name)),
            got.agg(packages=pl.len(), contracted=CONTRACTS.rows.sum(), pagu=pl.col("pagu").sum() / SEN).with_columns(
                kind=pl.lit(rule.name)
            ),
        ]
    if not parts:
        return ()
    table = (
        pl.concat(parts, how="diagonal_relaxed")
        .group_by("kind", "area")
        .agg(pl.col(FIGURES).sum())
        .filter(pl.any_horizontal(pl.col("received", "open", "packages") > 0))
        .sort(["open", "received", "kind", "area"], descending=[True, True, False, False])
        .collect()
    )
    return tuple(Beside(**row) for row in table.select("kind", "area", *FIGURES).iter_rows(named=True))


def by_kind(found: tuple[Beside, ...]) -> tuple[Beside, ...]:
    """The kinds over all places, the most open complaints first."""
    kinds = {row.kind: [other for other in found if other.kind == row.kind] for row in found}
    sums = [
        Beside(kind=kind, area="", **{name: sum(getattr(row, name) for row in rows) for name in FIGURES})
        for kind, rows in kinds.items()
    ]
    return tuple(sorted(sums, key=lambda row: (-row.open, row.kind)))


def coincident(found: tuple[Beside, ...]) -> tuple[Beside, ...]:
    """Those that have a place, with open complaints there."""
    return tuple(row for row in found if row.open and row.area != UNPLACED)
