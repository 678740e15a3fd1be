"""A figure for any cut: computed from the frames in memory when someone asks, remembered for a minute."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from layers.areas import AreaTree
from layers.catalog import OPDS, Kpi, When, Window, moment
from layers.city import City
from layers.clock import days_back, start_of_day
from layers.evaluate import WHOLE, Cell, since, together, touched_since
from layers.explain import short
from layers.frames import Views
from layers.kpis.complaints import DONE, done_in, open_at_end, overdue_at_end
from layers.model import Kind, Scope
from layers.periods import Period
from layers.prepared import prepared
from layers.readings import reading, watched
from layers.room import Room, of_minute
from layers.runs import SourceFacts
from layers.smallcells import HIDDEN, untold, veil
from layers.snapshot import Reading

TREND_DAYS = 90
MOST_DAYS = 366
REMEMBERED = 256
"""So many answers are kept; the oldest go first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A cut of the complaints: any of its parts may be left open. ``days`` is the length of the window, 1 to 366.

    ``status`` is as it stands now. ``span`` are the moments between which they were received; the second does not belong to it.
    A ``period`` takes the place of the last days; figures about a moment, a day or a year are then those at its end.
    """

    area: str | None = None
    opd: str | None = None
    category: str | None = None
    channel: str | None = None
    days: int = 30
    status: str | None = None
    span: tuple[datetime, datetime] | None = None
    period: Period | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.days <= MOST_DAYS:
            raise ValueError(f"days: {self.days} di luar 1 sampai {MOST_DAYS}")

    @property
    def bound(self) -> bool:
        """Whether it holds rows by what they are now or by days of their own, so that another time compares with none."""
        return self.status is not None or self.span is not None

    def when(self, window: Window, zone: ZoneInfo, now: datetime) -> When:
        """The window of a figure, as the query asks for it."""
        if self.period is None:
            return window.at(now, zone, self.days)
        asked = self.period.when(window, zone, now)
        return asked if window is Window.DAYS30 else window.at(asked.end, zone)

    def before(self, window: Window, zone: ZoneInfo, now: datetime) -> When:
        """The window that it is compared with."""
        earlier = self.period and self.period.against("lalu", window, zone, now)
        return earlier if earlier and window is Window.DAYS30 else self.when(window, zone, now).before()

    def reach(self, zone: ZoneInfo, now: datetime) -> datetime:
        """How far back the windows look that are no whole years."""
        return min(since(now, self.days), self.before(Window.DAYS30, zone, now).start - timedelta(days=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One value of a dimension: received and closed within the window, open and overdue at its end."""

    key: str
    label: str
    received: int
    closed: int
    open: int
    overdue: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """The answer to a :class:`Query`: the complaint KPIs at the cut, its days, and its parts, the most overdue first."""

    query: Query
    at: datetime
    readings: tuple[Reading, ...]
    days: tuple[str, ...]
    received: tuple[int, ...]
    closed: tuple[int, ...]
    by_category: tuple[Slice, ...]
    by_opd: tuple[Slice, ...]
    by_channel: tuple[Slice, ...]
    hidden: str | None = None

    def told(self, scope: Scope, city: City, tree: AreaTree) -> Drill:
        """The answer as the asker may be told it: nothing of counts that could name a person; ``hidden`` says why."""
        cut = self.query
        if not untold(scope, city, tree, area=cut.area, opd=cut.opd, category=cut.category):
            return self
        readings = tuple(veil(reading, HIDDEN) for reading in self.readings)
        nothing: dict[str, Any] = dict.fromkeys(("days", "received", "closed", "by_category", "by_opd", "by_channel"), ())
        return replace(self, readings=readings, hidden=HIDDEN, **nothing)


def drill(
    scope: Scope,
    frames: Views,
    catalog: Mapping[str, Kpi],
    tree: AreaTree,
    city: City,
    query: Query,
    facts: Iterable[SourceFacts],
    now: datetime,
) -> Drill:
    """The complaint figures at any cut, over the rows that the scope may count; veiled where they could name a person.

    Remembered by the version of the frames, the query, the scope's limits and the minute. Raises
    ``ValueError`` for an area that the city does not have.
    """
    room = of_minute(frames, tree, city, facts, now)
    make = partial(_drill, scope, room, catalog, query)
    return room.once("drill", (query, scope.limits), make, most=REMEMBERED).told(scope, city, tree)


def _drill(scope: Scope, room: Room, catalog: Mapping[str, Kpi], query: Query) -> Drill:
    now, zone, where = room.now, room.city.zone, _where(scope, query, room.tree)
    mine = {by: _mine(scope, query, by) for by in OPDS}
    where = [*where, pl.any_horizontal(*mine.values())]
    cut = room.whole[Kind.COMPLAINT].lazy().filter(where)
    reach = query.reach(zone, now)
    near = min(since(now), now - timedelta(days=TREND_DAYS + 1))  # the rows that most drills look at
    if near <= reach:
        rows = room.near(Kind.COMPLAINT, near).lazy().filter(where).collect()
    else:
        rows = prepared(Kind.COMPLAINT, cut.filter(touched_since(Kind.COMPLAINT, reach)).collect(), room.city, now)
    days = days_back(now, zone, TREND_DAYS)
    flags = _flags(rows, query, room, mine)
    own = rows.filter(mine["opd"])
    return Drill(
        query=query,
        at=now,
        readings=tuple(_readings(catalog, room, rows, cut, query, mine)),
        days=tuple(day.isoformat() for day in days),
        received=_per_day(own, "received", days, room),
        closed=_per_day(own.lazy().filter(DONE).collect(), "closed", days, room),
        by_category=_slices(flags, "category", lambda key: key),
        by_opd=_slices(flags, "opd", lambda key: short(key, room.city) or key),
        by_channel=_slices(flags, "channel", lambda key: key),
    )


def readings_at(scope: Scope, room: Room, kpis: Mapping[str, Kpi], query: Query, rows: pl.DataFrame) -> dict[str, Reading]:
    """Some complaint KPIs about less than a year at a cut, over prepared ``rows`` that hold all of it: as a drill gives them."""
    mine = {by: _mine(scope, query, by) for by in OPDS}
    cut = rows.lazy().filter(*_where(scope, query, room.tree), pl.any_horizontal(*mine.values())).collect()
    hidden = untold(scope, room.city, room.tree, area=query.area, opd=query.opd, category=query.category)
    found = _readings(kpis, room, cut, cut.lazy(), query, mine)
    return {r.kpi: veil(r, HIDDEN) if hidden else r for r in found}


def where_of(scope: Scope, query: Query, tree: AreaTree, by: str = "opd", kind: Kind = Kind.COMPLAINT) -> list[pl.Expr]:
    """The rows of the cut that the scope may count, by whose they are: see :func:`_mine`.

    Categories and channels are those of complaints: they limit no rows of another kind.
    """
    if kind is not Kind.COMPLAINT:
        scope, query = replace(scope, categories=None), replace(query, category=None, channel=None)
    return [*_where(scope, query, tree), _mine(scope, query, by)]


def _where(scope: Scope, query: Query, tree: AreaTree) -> list[pl.Expr]:
    """The rows of the cut that the scope may count, whosever they are: see :func:`_mine`."""
    wanted = [pl.col(name) == value for name in ("category", "channel", "status") if (value := getattr(query, name)) is not None]
    if query.span is not None:
        wanted.append(pl.col("received").is_between(moment(query.span[0]), moment(query.span[1]), closed="left"))
    if query.area is not None:
        wanted.append(within([query.area], tree))
    if scope.areas is not None:
        wanted.append(within(sorted(scope.areas), tree))
    if scope.categories is not None:
        wanted.append(pl.col("category").is_in(sorted(scope.categories)))
    return wanted


def _mine(scope: Scope, query: Query, by: str) -> pl.Expr:
    """The rows of the OPD asked for and of those that the scope may count, by who has them (``opd``) or had them (``holder``)."""
    wanted = [pl.lit(value=True)]
    if query.opd is not None:
        wanted.append(pl.col(by) == query.opd)
    if scope.opds is not None:
        wanted.append(pl.col(by).is_in(sorted(scope.opds)))
    return pl.all_horizontal(*wanted).fill_null(value=False)


def within(codes: Sequence[str], tree: AreaTree) -> pl.Expr:
    """Whether a row lies in one of the areas, of whatever level."""
    for code in codes:
        if code not in tree.areas:
            raise ValueError(f"wilayah {code!r} tidak dikenal")
    if tree.city.code in codes:
        return pl.lit(value=True)
    return pl.col("area").is_in(list(codes)) | pl.col("kecamatan").is_in(list(codes)).fill_null(value=False)


def _readings(
    catalog: Mapping[str, Kpi], room: Room, rows: pl.DataFrame, cut: pl.LazyFrame, query: Query, mine: Mapping[str, pl.Expr]
) -> Iterator[Reading]:
    """Every complaint KPI at the cut, by whose the rows are: over the near rows, and for what speaks of a whole year.

    Among rows chosen by how they stand now, or by their days, nothing earlier can be compared.
    """
    part = query.bound or query.category is not None or query.channel is not None
    kpis = [k for k in catalog.values() if k.kind is Kind.COMPLAINT and k.pattern is None]
    whens = {k.id: query.when(k.window, room.city.zone, room.now) for k in kpis}
    befores = {k.id: query.before(k.window, room.city.zone, room.now) for k in kpis}
    pairs: dict[str, tuple[Cell, Cell]] = {}
    whoever = mine["opd"].meta.eq(mine["holder"])  # then one pass does for both
    for (frame, year), by in product(((rows.lazy(), False), (cut, True)), OPDS[:1] if whoever else OPDS):
        some = [k for k in kpis if (k.window is Window.YEAR) is year and (whoever or k.by_opd == by)]
        if not some:
            continue
        asks = [(k.form, when) for k in some for when in (whens[k.id], befores[k.id])]
        found = together(frame.filter(mine[by]), asks)[WHOLE]
        pairs |= {k.id: (found[2 * i], found[2 * i + 1]) for i, k in enumerate(some)}
    for name in whens:
        now, before = pairs[name]
        compared = before if not query.bound and watched(catalog[name], befores[name], room) else None
        yield reading(catalog[name], room, now, compared, area=query.area or room.city.code, opd=query.opd, part=part)


def _flags(rows: pl.DataFrame, query: Query, room: Room, mine: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """Each row's dimensions, and what it counts as: overdue for who held it at its deadline, else for who has it."""
    current, window = (query.when(each, room.city.zone, room.now) for each in (Window.NOW, Window.DAYS30))
    figures = {
        "received": window.holds("received") & mine["opd"],
        "closed": done_in(window) & mine["opd"],
        "open": open_at_end(current) & mine["opd"],
        "overdue": overdue_at_end(current) & mine["holder"],
    }
    return rows.lazy().select("area", *OPDS, "category", "channel", **figures).filter(pl.any_horizontal(*figures)).collect()


def _slices(flags: pl.DataFrame, by: str, label: Callable[[str], str]) -> tuple[Slice, ...]:
    figures = ["received", "closed", "open", "overdue"]
    held = "holder" if by == "opd" else by
    parts = [
        flags.drop_nulls(column).group_by(key=pl.col(column)).agg(pl.col(names).sum()).with_columns(pl.col("key").cast(pl.String))
        for column, names in ((by, figures[:3]), (held, figures[3:]))
    ]
    table = pl.concat(parts, how="diagonal").group_by("key").agg(pl.col(figures).sum())
    table = table.filter(pl.any_horizontal(pl.col(figures) > 0))
    table = table.sort(["overdue", "open", "received", "key"], descending=[True, True, True, False])
    return tuple(Slice(label=label(row["key"]), **row) for row in table.iter_rows(named=True))


def _per_day(rows: pl.DataFrame, column: str, days: Sequence[date], room: Room) -> tuple[int, ...]:
    """How many on each local day, up to now."""
    zone, start = room.city.zone, start_of_day(room.now - timedelta(days=len(days) - 1), room.city.zone)
    table = (
        rows.lazy()
        .filter(pl.col(column).is_between(moment(start), moment(room.now)))
        .group_by(pl.col(column).dt.convert_time_zone(zone.key).dt.date())
        .len()
        .collect()
    )
    counts = dict(table.iter_rows())
    return tuple(counts.get(day, 0) for day in days)
