"""The paths of ``/api/v1``, their parameters, and their answers as JSON or CSV, a page at a time.

An answer in JSON, or a table of figures, carries an ETag; a client that holds it is told 304. Errors are problem details
(RFC 9457).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, FastAPI, Query, Request, Response

from dashboard.api import data
from dashboard.api.models import (
    AlarmOut,
    Answer,
    AreaOut,
    KpiOut,
    Model,
    Problem,
    RankOut,
    ReadingOut,
    RowOut,
    SeriesOut,
    SourceOut,
    cells,
    reading_cells,
)
from dashboard.bodies import Body
from dashboard.export import table
from dashboard.export.turns import Sent, Turns
from dashboard.feed import Hub
from dashboard.guard import Gate
from dashboard.page import EVERYONE
from dashboard.posted import change
from dashboard.prefix import prefix_of
from layers import clock
from layers.drill import MOST_DAYS
from layers.drill import Query as Cut
from layers.model import Level, Scope
from layers.people import People
from layers.ranking import Ranked

PREFIX = "/api/v1"
JSON, CSV = "application/json", "text/csv"
PAGE = 1000
"""Entries of a page where nobody says how many; a table of figures is whole unless somebody does."""

T = TypeVar("T", bound=Model)

Kpi = Annotated[str | None, Query(min_length=1, max_length=60, description="A KPI by its id (`/kpis`)")]
Area = Annotated[str | None, Query(min_length=1, max_length=40, description="An area by its Kemendagri code (`/areas`)")]
Opd = Annotated[str | None, Query(min_length=1, max_length=60, description="An OPD by its slug")]
Word = Annotated[str | None, Query(min_length=1, max_length=80)]
Days = Annotated[int, Query(ge=1, le=MOST_DAYS, description="Length of the window of figures over 30 days")]
Order = Annotated[str, Query(pattern=r"^-?[a-z_]{2,20}$|^$", description="A column; - before it: falling")]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who asks, and which page of the answer in which form; ``limit`` is ``None`` where nobody says how many."""

    request: Request
    limit: int | None
    offset: int
    form: Literal["json", "csv"] | None

    @property
    def scope(self) -> Scope:
        """The asker's, as the guard found it."""
        scope: Scope = self.request.state.scope
        return scope

    @property
    def table(self) -> bool:
        """Whether a table is asked for: by name, else by an Accept header that wants CSV and no JSON."""
        accept = self.request.headers.get("accept", "")
        return self.form == "csv" if self.form else CSV in accept and JSON not in accept


async def _wanted(
    request: Request,
    limit: Annotated[
        int | None, Query(ge=1, le=10_000, description=f"Entries of a page; in JSON {PAGE} where it is left away")
    ] = None,
    offset: Annotated[int, Query(ge=0, le=10_000_000, description="Entries before the page")] = 0,
    format: Annotated[Literal["json", "csv"] | None, Query(description="Instead of the Accept header")] = None,  # noqa: A002 - its name in the address
) -> Wanted:
    return Wanted(request, limit, offset, format)


Asked = Annotated[Wanted, Depends(_wanted)]

_WHY = {
    401: "Nobody that the room knows",
    404: "Not there, or not the asker's",
    422: "A parameter is not as it must be",
    503: "Not ready yet, or busy",
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": why, "content": {"application/problem+json": {}}} for status, why in _WHY.items()
}
OK: dict[int | str, dict[str, Any]] = {
    200: {"content": {CSV: {"schema": {"type": "string"}}}, "headers": {"ETag": {"schema": {"type": "string"}}}},
    304: {"description": "The client holds this answer already"},
}


def add_routes(api: FastAPI, hub: Hub, people: People, turns: Turns) -> dict[str, Gate]:
    """Add ``/api/v1``; the guard has put the asker's Scope into ``request.state``. Who may ask which."""
    get = partial(api.get, responses=PROBLEMS | OK)
    respond = partial(_respond, hub)

    @get(PREFIX + "/readings", response_model=Answer[ReadingOut])
    async def get_readings(
        asked: Asked,
        kpi: Kpi = None,
        area: Area = None,
        opd: Opd = None,
        level: Level | None = None,
    ) -> Response:
        """Figures with their age and their evidence."""
        found = partial(data.readings, kpi=kpi, area=area, opd=opd, level=level)
        return await respond(asked, ReadingOut, found, flat=partial(reading_cells, tree=hub.room.tree))

    @get(PREFIX + "/series", response_model=Answer[SeriesOut])
    async def get_series(asked: Asked, kpi: Kpi = None, area: Area = None, grain: data.Grain | None = None) -> Response:
        """How figures went: the last 30 days by day, and this year's months of what is counted by the year."""
        return await respond(asked, SeriesOut, partial(data.series, kpi=kpi, area=area, grain=grain), spread=_points)

    @get(PREFIX + "/ranking", response_model=Answer[RankOut])
    async def get_ranking(
        asked: Asked,
        kpi: Annotated[str, Query(min_length=1, max_length=60)],
        level: Ranked = "opd",
    ) -> Response:
        """A figure over OPDs, kecamatan or kelurahan, with the ranks that chance leaves open."""
        return await respond(asked, RankOut, partial(data.ranking, kpi=kpi, level=level))

    @get(PREFIX + "/kpis", response_model=Answer[KpiOut])
    async def get_kpis(asked: Asked) -> Response:
        """What each figure means, by which rule."""
        return await respond(asked, KpiOut, data.kpis)

    @get(PREFIX + "/areas", response_model=Answer[AreaOut])
    async def get_areas(asked: Asked, level: Level | None = None) -> Response:
        """Kota, kecamatan, kelurahan."""
        return await respond(asked, AreaOut, partial(data.areas, level=level))

    @get(PREFIX + "/sources", response_model=Answer[SourceOut])
    async def get_sources(asked: Asked) -> Response:
        """The sources with their last run and age."""
        return await respond(asked, SourceOut, data.sources)

    @get(PREFIX + "/alarms", response_model=Answer[AlarmOut])
    async def get_alarms(asked: Asked) -> Response:
        """The alarms that concern the asker."""
        return await respond(asked, AlarmOut, data.alarms)

    @get(PREFIX + "/rows", response_model=Answer[RowOut])
    async def get_rows(
        asked: Asked,
        kpi: Annotated[str, Query(min_length=1, max_length=60)],
        area: Area = None,
        opd: Opd = None,
        category: Word = None,
        channel: Word = None,
        days: Days = 30,
        order: Order = "",
    ) -> Response:
        """The rows that a figure counts, for who may take rows away; nothing that names a person."""
        cut = Cut(area=area, opd=opd, category=category, channel=channel, days=days)
        return await _rows(hub, people, turns, asked, kpi, cut, order)

    @get(PREFIX + "/packages", response_model=Answer[RowOut])
    async def get_packages(asked: Asked, opd: Opd = None, order: Order = "") -> Response:
        """This budget year's procurement packages, for who may take rows away; money in rupiah."""
        return await _rows(hub, people, turns, asked, data.PACKAGES, Cut(opd=opd), order)

    return {route.path: EVERYONE for route in api.routes if getattr(route, "path", "").startswith(PREFIX + "/")}  # type: ignore[attr-defined]


async def _respond(
    hub: Hub,
    asked: Wanted,
    model: type[T],
    find: Callable[[Scope, Hub], Sequence[T]],
    *,
    flat: Callable[[T], dict[str, Any]] = cells,
    spread: Callable[[T], Iterable[dict[str, Any]]] | None = None,
) -> Response:
    """A page of what was found in the form that is asked for; ``flat`` makes a row of a table of each, ``spread`` several."""

    def made() -> Body:
        found = find(asked.scope, hub)
        limit = asked.limit or (None if asked.table else PAGE)
        shown = found[asked.offset : asked.offset + limit] if limit else found[asked.offset :]
        if not asked.table:
            return _json(hub, asked, model, shown, len(found), limit or PAGE)
        rows = [row for each in shown for row in (spread(each) if spread else (flat(each),))]
        heads = list(dict.fromkeys(name for row in rows for name in row)) or list(model.model_fields)
        body = b"".join(table.plain(heads, ([row.get(name) for name in heads] for row in rows), hub.room.city.zone))
        return Body(body, f"{CSV}; charset=utf-8", effort=4)

    body = await asyncio.to_thread(made)
    return body.answer(asked.request)


def _json(hub: Hub, asked: Wanted, model: type[T], shown: Sequence[T], total: int, limit: int) -> Body:
    """A page of ``total`` entries as JSON."""
    snapshot, request = data.held(hub), asked.request
    after = asked.offset + len(shown)
    following = {**request.query_params, "offset": str(after), "limit": str(limit)}
    answer = Answer[model](  # type: ignore[valid-type]
        version=snapshot.version,
        built_at=snapshot.built_at,
        city=snapshot.city,
        notice=snapshot.notice,
        total=total,
        next=f"{prefix_of(request)}{request.url.path}?{urlencode(following)}" if after < total and shown else None,
        data=tuple(shown),
    )
    return Body(answer.model_dump_json().encode(), JSON, effort=4)


async def _rows(hub: Hub, people: People, turns: Turns, asked: Wanted, kpi: str, cut: Cut, order: str) -> Response:
    """Rows; a table of them is sent as it is read, whatever its length, in its turn. Each time stands in the audit."""
    scope, request, limit = asked.scope, asked.request, asked.limit
    most = limit if asked.table else limit or PAGE
    checked = {"kpi": kpi, **asdict(cut), "order": order, "limit": limit, "offset": asked.offset, "format": asked.form}
    kept = urlencode({name: value for name, value in checked.items() if value not in (None, "")})
    done = await turns.take(scope) if asked.table else None
    try:
        found = await asyncio.to_thread(data.rows, scope, hub, kpi, cut, order, offset=asked.offset, limit=most)
        detail = {"alamat": f"{request.url.path}?{kept}", "baris": found.total}
        await change(partial(people.audit, scope.user, "ekspor", detail, clock.now()))
    except BaseException:
        if done:
            done()
        raise
    if done:
        more = [] if "source" in found.columns else ["source"]
        heads = (*found.columns, *more, "numerator", "denominator")
        rows = ((*row.fields.values(), *(row.source for _ in more), row.numerator, row.denominator) for row in found.rows)
        return Sent(table.plain(heads, rows, hub.room.city.zone), {}, f"{CSV}; charset=utf-8", done)
    body = await asyncio.to_thread(lambda: _json(hub, asked, RowOut, list(found.rows), found.total, limit or PAGE))
    return body.answer(request)


def _points(series: SeriesOut) -> Iterable[dict[str, Any]]:
    """A series as rows: one for each time."""
    for time, value in zip(series.times, series.values, strict=True):
        yield {"kpi": series.kpi, "area": series.area, "grain": series.grain, "time": time, "value": value}
