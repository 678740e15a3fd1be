"""What an asker may read by the REST interface. Every function takes the asker's Scope first.

Figures are aggregates and open to all who are let in; rows only to who may take rows away, within their limits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from starlette.exceptions import HTTPException

from dashboard.access import Refused
from dashboard.api.models import (
    AlarmOut,
    AreaOut,
    KpiOut,
    RankOut,
    ReadingOut,
    RowOut,
    SeriesOut,
    SourceOut,
    alarm_out,
    kpi_out,
    rank_out,
    reading_out,
    row_out,
    source_out,
)
from dashboard.feed import Hub
from layers import clock
from layers.alarms import concerns
from layers.catalog import Kpi
from layers.drill import Query
from layers.explain import short
from layers.model import Level, Scope
from layers.ranking import Ranked, of_level
from layers.rights import inside
from layers.snapshot import Snapshot

PACKAGES = "paket_diumumkan"
"""The figure whose rows the packages are."""
Grain = Literal["day", "month"]


def held(hub: Hub) -> Snapshot:
    """The snapshot that is shown; 503 while there is none."""
    if hub.snapshot is None:
        raise HTTPException(503, headers={"retry-after": "5"})
    return hub.snapshot


def readings(
    _scope: Scope, hub: Hub, *, kpi: str | None, area: str | None, opd: str | None, level: Level | None
) -> list[ReadingOut]:
    """Published readings; aggregates, so every role sees all. 404 for a KPI, area or OPD that does not exist."""
    snapshot, room, now = held(hub), hub.room, clock.now()
    _known(hub, kpi=kpi, area=area, opd=opd)
    levels = {code: a.level for code, a in room.tree.areas.items()} if level else {}
    return [
        reading_out(r, room.catalog[r.kpi], snapshot.version, now)
        for r in snapshot.readings
        if kpi in (None, r.kpi)
        and area in (None, r.area)
        and opd in (None, r.opd)
        and (level is None or levels.get(r.area) is level)
        and r.kpi in room.catalog
    ]


def series(_scope: Scope, hub: Hub, *, kpi: str | None, area: str | None, grain: Grain | None) -> list[SeriesOut]:
    """How published figures went: the last 30 days at an area, and this year's months of the city."""
    snapshot = held(hub)
    _known(hub, kpi=kpi, area=area)
    daily = [SeriesOut(kpi=t.kpi, area=t.area, grain="day", times=t.days, values=t.values) for t in snapshot.trends]
    monthly = [SeriesOut(kpi=c.kpi, area=snapshot.city, grain="month", times=c.months, values=c.values) for c in snapshot.courses]
    return [s for s in (*daily, *monthly) if kpi in (None, s.kpi) and area in (None, s.area) and grain in (None, s.grain)]


def ranking(_scope: Scope, hub: Hub, *, kpi: str, level: Ranked) -> list[RankOut]:
    """A figure's ranking, the best first, those without a rank after them; empty where it cannot be ranked fairly."""
    snapshot, room = held(hub), hub.room
    _known(hub, kpi=kpi)
    found = of_level(snapshot, room.tree, room.catalog[kpi], level)

    def name(key: str) -> str:
        return short(key, room.city) or key if level == "opd" else room.tree.name(key)

    return [rank_out(kpi, level, name(row.key), row) for row in (*found.rows, *found.lacking)] if found else []


def kpis(_scope: Scope, hub: Hub) -> list[KpiOut]:
    """The catalogue of figures."""
    return [kpi_out(kpi) for kpi in hub.room.catalog.values()]


def areas(_scope: Scope, hub: Hub, *, level: Level | None) -> list[AreaOut]:
    """The areas of the city, the one for records without a place included."""
    found = (a for a in hub.room.tree.areas.values() if level in (None, a.level))
    return [AreaOut(code=a.code, name=a.name, level=a.level, parent=a.parent) for a in found]


def sources(_scope: Scope, hub: Hub) -> list[SourceOut]:
    """How the sources stand."""
    snapshot, now = held(hub), clock.now()
    return [source_out(s, now) for s in snapshot.sources]


def alarms(scope: Scope, hub: Hub) -> list[AlarmOut]:
    """The alarms that concern the asker: of their OPDs and areas, all of them for who has no limits."""
    return [alarm_out(alarm) for alarm in held(hub).alarms if concerns(scope, alarm)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Rows behind a figure: how many there are, and those that were asked for."""

    kpi: Kpi
    total: int
    columns: tuple[str, ...]
    rows: Iterator[RowOut]


def rows(scope: Scope, hub: Hub, kpi: str, query: Query, order: str, *, offset: int, limit: int | None) -> Found:
    """The rows behind a figure, within what the asker may count.

    404 for what is not there, an order that the rows do not have too; noted where it is not the asker's, or no row is.
    """
    room, _ = hub.room, held(hub)
    _known(hub, kpi=kpi, area=query.area, opd=query.opd)
    if not scope.may_export_rows or not inside(scope, opd=query.opd, area=query.area, category=query.category):
        raise Refused(scope)
    if room.every is None or not room.has_frames():
        raise HTTPException(503, headers={"retry-after": "10"})
    try:
        found = room.every(scope, kpi, query, order)
    except ValueError as error:
        raise HTTPException(404) from error
    some = found.part(offset, limit)
    return Found(kpi=room.catalog[kpi], total=found.count, columns=found.columns, rows=map(row_out, some))


def _known(hub: Hub, *, kpi: str | None = None, area: str | None = None, opd: str | None = None) -> None:
    """404 for what the city does not have."""
    room = hub.room
    if kpi not in (None, *room.catalog) or area not in (None, *room.tree.areas) or (opd and not room.city.opd(opd)):
        raise HTTPException(404)
