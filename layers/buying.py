"""Packages of this budget year, one by one and by what they have in common: stage, method, OPD, place; public facts all.

Whoever may open the room may read of a package what SiRUP and the LPSE publish of it, so aggregates-only roles see these
rows too; a scope that is limited to OPDs or areas still sees only theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial, reduce

import polars as pl

from layers.catalog import Kpi, When, Window, moment
from layers.drill import Query, where_of
from layers.evaluate import Cell, empty, together
from layers.frames import SEN
from layers.kpis.procurement import LIVE, METHOD, TENDERS, contracted
from layers.kpis.risk import BELOW, HIGH, SCORE, SPLIT
from layers.model import Kind, Scope, Stage
from layers.readings import reading
from layers.room import Room
from layers.snapshot import Reading

PAGE = 25
"""Packages of one page."""

FLAGS: Mapping[str, pl.Expr] = {
    "skor": SCORE >= HIGH,
    "hps": (pl.col("hps") > 0) & (BELOW < 1),
    "tunggal": TENDERS & (pl.col("bidders") == 1),
    "pecah": SPLIT,
}
"""What asks for a second look at a package, as the KPIs of the same meaning count it; a sign of risk, no proof."""

SORTED_BY = ("title", "stage", "method", "opd", "area", "pagu", "value", "provider", "announced", "contracted")
_REACHED = {stage.value: rank for rank, stage in enumerate(Stage)}
_IN, _YES = "+in", "ya"
_TEXT = "+text"
"""Title and provider as words are looked for in them: made once, for people type many words, and each letter asks anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which packages: any part may be left open. ``method`` is written in small letters without marks; ``word`` is looked for
    in title and provider; ``flag`` is one of :data:`FLAGS`."""

    stage: str | None = None
    method: str | None = None
    opd: str | None = None
    area: str | None = None
    flag: str | None = None
    words: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """One package; money in rupiah. ``flags`` are those of :data:`FLAGS` that it has."""

    source: str
    source_id: str
    title: str
    stage: str
    method: str
    opd: str | None
    area: str
    pagu: float | None
    value: float | None
    provider: str | None
    announced: datetime
    contracted: datetime | None
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Packages that have something in common: how many, what was planned for them, what was contracted (rupiah)."""

    key: str
    packages: int
    pagu: float
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Packages:
    """A page of the packages asked for and what all of them come to; ``limited``: the scope leaves some out.

    ``months`` are this year's, each with pagu announced and value contracted up to its end. Groups leave cancelled ones out.
    """

    total: int
    rows: tuple[Bought, ...]
    page: int
    by_method: tuple[Group, ...]
    by_opd: tuple[Group, ...]
    by_area: tuple[Group, ...]
    months: tuple[tuple[int, float, float], ...]
    limited: bool

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE))


def packages(
    scope: Scope, room: Room, wanted: Wanted, *, page: int = 1, order: str = "-pagu", size: int | None = PAGE
) -> Packages:
    """The packages within the scope; ``order`` is one of :data:`SORTED_BY`, ``-`` before it: falling. Without a ``size`` all.

    Raises ``ValueError`` for an unknown area, order or flag.
    """
    by, falling = order.removeprefix("-"), order.startswith("-")
    if by not in SORTED_BY:
        raise ValueError(f"urutan {order!r} tidak dikenal")
    found = _chosen(scope, room, wanted).filter(_IN)
    key = pl.col(by)
    if by in ("stage", "method", "opd", "area"):
        key = key.cast(pl.String)
    if by == "stage":
        key = key.replace_strict(_REACHED, return_dtype=pl.Int8)
    rows = found.sort(key, "source", "source_id", descending=[falling, False, False], nulls_last=True)
    live = found.filter(LIVE)
    return Packages(
        total=found.height,
        rows=tuple(_row(row) for row in rows.slice((page - 1) * (size or 0), size).iter_rows(named=True)),
        page=page,
        by_method=_groups(live, METHOD),
        by_opd=_groups(live, pl.col("opd").cast(pl.String)),
        by_area=_groups(live, pl.col("area").cast(pl.String)),
        months=_months(live, _year(room)),
        limited=scope.limited,
    )


def figures(scope: Scope, room: Room, kpis: Sequence[Kpi], wanted: Wanted) -> dict[str, Reading]:
    """KPIs of packages over those asked for, by id: what counts is decided over all packages, as the published ones are."""
    marked = _chosen(scope, room, wanted, year=False).with_columns(pl.when(_IN).then(pl.lit(_YES)).alias(_IN))
    whens = [kpi.window.at(room.now, room.city.zone) for kpi in kpis]
    cells = together(marked.lazy(), [(kpi.form, when) for kpi, when in zip(kpis, whens, strict=True)], _IN).get(_YES, [])
    found: dict[str, Reading] = {}
    for k, kpi in enumerate(kpis):
        cell: Cell = cells[k] if cells else empty(kpi.form)
        found[kpi.id] = reading(kpi, room, cell, None, area=wanted.area or room.city.code, opd=wanted.opd, part=True)
    return found


def _year(room: Room) -> When:
    return Window.YEAR.at(room.now, room.city.zone)


def _chosen(scope: Scope, room: Room, wanted: Wanted, *, year: bool = True) -> pl.DataFrame:
    """All packages with their flags, and :data:`_IN` where they are asked for and within the scope."""
    if wanted.flag is not None and wanted.flag not in FLAGS:
        raise ValueError(f"tanda {wanted.flag!r} tidak dikenal")
    when = _year(room)
    asked = where_of(scope, Query(area=wanted.area, opd=wanted.opd), room.tree, kind=Kind.PACKAGE)
    if year:
        asked.append((pl.col("year") == when.year) & when.by_end("announced"))
    if wanted.stage:
        asked.append(pl.col("stage") == wanted.stage)
    if wanted.method:
        asked.append(METHOD.eq(wanted.method))
    if wanted.flag:
        asked.append(pl.col(f"+{wanted.flag}"))
    asked += [pl.col(_TEXT).str.contains(f" {word.lower()}", literal=True) for word in wanted.words]
    if wanted.kind:
        asked.append(holds(("title", "bought"), wanted.kind))
    frame = room.rows_once("flagged packages", when, partial(_flagged, room, when))
    return frame.with_columns(pl.all_horizontal(asked).fill_null(value=False).alias(_IN))


def _flagged(room: Room, when: When) -> pl.DataFrame:
    signed = contracted(when)
    marks = {f"+{name}": (signed & flag).fill_null(value=False) for name, flag in FLAGS.items()}
    return room.whole[Kind.PACKAGE].with_columns(pl.concat_str(_padded(("title", "provider"))).alias(_TEXT), **marks)


def holds(columns: Sequence[str], words: Sequence[str]) -> pl.Expr:
    """Whether one of the columns holds one of the words, at the beginning of a word and whatever its case."""
    each = [text.str.contains(f" {word.lower()}", literal=True) for text in _padded(columns) for word in words]
    return reduce(lambda a, b: a | b, each)


def _padded(columns: Sequence[str]) -> list[pl.Expr]:
    """The columns in small letters, one blank before each word and no marks."""
    told = [pl.col(name).cast(pl.String).fill_null("").str.to_lowercase() for name in columns]
    return [pl.concat_str(pl.lit(" "), text.str.replace_all(r"[^\p{L}\p{N}]+", " ")) for text in told]


def _groups(rows: pl.DataFrame, by: pl.Expr) -> tuple[Group, ...]:
    """By the key, the largest plan first; packages without it under an empty one."""
    signed = pl.col("value").filter(pl.col("contracted").is_not_null())
    table = (
        rows.lazy()
        .group_by(key=by.fill_null(""))
        .agg(packages=pl.len(), pagu=pl.col("pagu").sum() / SEN, value=signed.sum() / SEN)
        .sort("pagu", "key", descending=[True, False])
        .collect()
    )
    return tuple(Group(**row) for row in table.iter_rows(named=True))


def _months(rows: pl.DataFrame, when: When) -> tuple[tuple[int, float, float], ...]:
    """For each month of the year up to now: pagu announced and value contracted up to its end (rupiah)."""
    zone = when.zone.key
    start = moment(when.start)
    sums: list[dict[int, float]] = []
    for at, money in (("announced", "pagu"), ("contracted", "value")):
        early = pl.when(pl.col(at) < start).then(1).otherwise(pl.col(at).dt.convert_time_zone(zone).dt.month())
        table = rows.lazy().filter(when.by_end(at)).group_by(month=early).agg(pl.col(money).sum() / SEN).collect()
        sums.append(dict(table.iter_rows()))
    found, pagu, value = [], 0.0, 0.0
    for month in range(1, when.end.astimezone(when.zone).month + 1):
        pagu, value = pagu + sums[0].get(month, 0.0), value + sums[1].get(month, 0.0)
        found.append((month, pagu, value))
    return tuple(found)


def _row(row: Mapping[str, object]) -> Bought:
    money = {name: None if row[name] is None else float(str(row[name])) / SEN for name in ("pagu", "value")}
    flags = tuple(name for name in FLAGS if row[f"+{name}"])
    named = ("source", "source_id", "title", "stage", "method", "opd", "area", "provider", "announced", "contracted")
    return Bought(**{name: row[name] for name in named}, **money, flags=flags)  # type: ignore[arg-type]
