"""Why a figure changed, for whoever asks: split over what they may see, with what is unusual there; remembered for a minute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

import polars as pl

from layers.areas import AreaTree
from layers.catalog import Kpi, When, Window
from layers.city import City
from layers.clock import start_of_day
from layers.contributions import BY, Change, contributions
from layers.drill import within
from layers.evaluate import since, touched_since
from layers.fewparts import veiled, without_few
from layers.frames import Views
from layers.model import Kind, Scope
from layers.notable import windows as daily
from layers.prepared import prepared
from layers.room import Room, of_minute
from layers.runs import SourceFacts
from layers.smallcells import PERSONAL, alone
from layers.unusual import WATCHED, Unusual, unusual

REMEMBERED = 128
"""So many answers are kept; the oldest go first."""

MOST = 12
"""So many parts are named; the others are one."""

LONGEST = 366

Days = tuple[date, date]
"""The first and the last local day of a period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which figure, where, split by what, and between which periods.

    ``days`` is the length of the window and of the one before it; ``now`` and ``before`` are periods of one's choice, of
    which a figure about a moment takes the end. ``daily`` compares as the morning brief does: with when yesterday began, or
    yesterday with the day before. Without any it is the figure's own window. ``ValueError`` for a period
    that ends before it begins, or is longer than :data:`LONGEST` days.
    """

    kpi: str
    area: str | None = None
    opd: str | None = None
    by: tuple[str, ...] = BY
    days: int | None = None
    now: Days | None = None
    before: Days | None = None
    daily: bool = False

    def __post_init__(self) -> None:
        for period in filter(None, (self.now, self.before)):
            if not 0 <= (period[1] - period[0]).days < LONGEST:
                raise ValueError(f"periode {period[0]} sampai {period[1]} tidak dapat dipakai")
        if self.days is not None and not 1 <= self.days <= LONGEST:
            raise ValueError(f"days: {self.days} di luar 1 sampai {LONGEST}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The change and its parts, and what is unusual now among the same rows; a ``daily`` one is not asked that."""

    change: Change
    unusual: tuple[Unusual, ...]
    at: datetime

    def told(self, scope: Scope, city: City, tree: AreaTree) -> Answer:
        """The answer as the asker may be told it: to who sees no rows nothing that could name a person, or with the others."""
        if scope.may_see_rows:
            return self
        if alone(scope, city, tree, area=self.change.area, opd=self.change.opd, category=None):
            return replace(self, change=veiled(self.change), unusual=())
        change = without_few(self.change, city, tree)
        return self if change is self.change else replace(self, change=change)


def explain(
    scope: Scope,
    frames: Views,
    catalog: Mapping[str, Kpi],
    tree: AreaTree,
    city: City,
    question: Question,
    facts: Iterable[SourceFacts],
    now: datetime,
) -> Answer:
    """Answer a question over the rows that the scope may count.

    Raises ``KeyError`` for an unknown KPI, ``ValueError`` for an area that the city does not have.
    """
    room = of_minute(frames, tree, city, facts, now)
    make = partial(_answer, scope, room, catalog, question)
    found = room.once("changes", (question, scope.limits), make, most=REMEMBERED)
    return found.told(scope, city, tree) if catalog[question.kpi].kind in PERSONAL else found


def _answer(scope: Scope, room: Room, catalog: Mapping[str, Kpi], question: Question) -> Answer:
    kpi = catalog[question.kpi]
    windows = periods(kpi, question, room)
    rows = _rows(scope, kpi, windows, room)
    change = contributions(kpi, room, question.by, question.area, question.opd, windows=windows, rows=rows, most=MOST)
    if question.daily:
        return Answer(change=change, unusual=(), at=room.now)

    def seen() -> tuple[Unusual, ...]:
        watched = [catalog[name] for name in WATCHED if name in catalog]
        return unusual(_seen(scope, room.recent(Kind.COMPLAINT), room.tree, Kind.COMPLAINT), room, watched)

    return Answer(change=change, unusual=room.once("unusual", scope.limits, seen), at=room.now)


def periods(kpi: Kpi, question: Question, room: Room) -> tuple[When, When]:
    """The windows (before, now) that a question compares."""
    zone = room.city.zone
    if question.daily:
        return daily(kpi, zone, room.now, weekly=False)
    if question.now is None:
        if question.days is None or kpi.window is Window.NOW:
            when = kpi.window.at(room.now, zone)
            back = when.before() if question.days is None else kpi.window.at(room.now - timedelta(days=question.days), zone)
        else:
            when = Window.DAYS30.at(room.now, zone, question.days)
            back = when.before()
        return (back if question.before is None else _period(kpi, question.before, room)), when
    first, last = question.now
    length = last - first + timedelta(days=1)
    before = question.before or (first - length, first - timedelta(days=1))
    return _period(kpi, before, room), _period(kpi, question.now, room)


def _period(kpi: Kpi, days: Days, room: Room) -> When:
    """From the first midnight to the end of the last day, or to now; of a figure about a moment, its end."""
    zone = room.city.zone
    start = datetime.combine(days[0], time(), zone).astimezone(UTC)
    last = datetime.combine(days[1], time(12), zone)
    end = min(start_of_day(last + timedelta(days=1), zone) - timedelta(microseconds=1), room.now)
    start = min(start, end)
    return When(window=kpi.window, start=end if kpi.window is Window.NOW else start, end=end, zone=zone)


def _rows(scope: Scope, kpi: Kpi, windows: tuple[When, When], room: Room) -> pl.DataFrame:
    """The prepared rows that the windows can reach and the scope may count."""
    frame = room.frame(kpi)
    if kpi.kind in (None, Kind.MEASUREMENT):
        return _seen(scope, frame, room.tree, kpi.kind, kpi.by_opd) if kpi.kind else frame
    reach = min(when.start for when in windows)
    if reach < since(room.now) and kpi.window is not Window.YEAR:
        whole = room.whole[kpi.kind].lazy().filter(touched_since(kpi.kind, reach)).collect()
        frame = prepared(kpi.kind, whole, room.city, room.now)
    return _seen(scope, frame, room.tree, kpi.kind, kpi.by_opd)


def _seen(scope: Scope, rows: pl.DataFrame, tree: AreaTree, kind: Kind, by: str = "opd") -> pl.DataFrame:
    """The rows of a kind that the scope may count, by whose they are (:attr:`layers.catalog.Kpi.by_opd`)."""
    wanted = [pl.col(by).is_in(sorted(scope.opds))] if scope.opds is not None else []
    if scope.areas is not None:
        wanted.append(within(sorted(scope.areas), tree))
    if scope.categories is not None and kind is Kind.COMPLAINT:
        wanted.append(pl.col("category").is_in(sorted(scope.categories)))
    return rows.lazy().filter(wanted).collect() if wanted else rows
