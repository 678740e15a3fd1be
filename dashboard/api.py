"""The read-only REST interface, described by OpenAPI: readings, KPIs, areas and sources.

Every function takes the asker's Scope first and gives aggregates only. An answer carries an ETag; a
client that holds it is told 304.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Generic, TypeVar

from fastapi import FastAPI, Query, Request, Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from dashboard.bodies import Body
from dashboard.feed import Hub
from layers import clock
from layers.catalog import Kpi
from layers.model import Level, Outcome, Scope
from layers.snapshot import Band, Freshness, Reading, Snapshot, SourceState, State

JSON = "application/json"
T = TypeVar("T")
Name = Annotated[str | None, Query(max_length=60)]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class FreshnessOut(Model):
    """How old the data is: ``observed_at`` is what it speaks for, ``fetched_at`` our last answer."""

    observed_at: datetime | None
    fetched_at: datetime | None
    budget_seconds: float
    state: State


class RuleOut(Model):
    """The rule behind a figure and the days on which it holds."""

    name: str
    article: str | None
    valid_from: date
    valid_to: date | None


class EvidenceOut(Model):
    """What a number can be walked back to."""

    formula: Mapping[str, str]
    rule: RuleOut
    sources: tuple[str, ...]
    numerator: float | None
    denominator: float | None
    excluded: Mapping[str, int]
    quarantined: int
    unplaced: int
    low: float | None
    high: float | None
    version: int


class ReadingOut(Model):
    """One number at one cut; ``value`` is null exactly when ``why_none`` says why."""

    kpi: str
    area: str
    opd: str | None
    value: float | None
    why_none: str | None
    unit: str
    n: int
    target: float | None
    band: Band
    change: float | None
    freshness: FreshnessOut
    evidence: EvidenceOut


class KpiOut(Model):
    """What a figure means."""

    id: str
    title: Mapping[str, str]
    short: Mapping[str, str]
    unit: str
    decimals: int
    better: str
    formula: Mapping[str, str]
    rule: RuleOut
    owner: str
    kind: str | None
    window: str


class AreaOut(Model):
    """An administrative area by its Kemendagri code."""

    code: str
    name: str
    level: Level
    parent: str | None


class SourceOut(Model):
    """A source's last run, age, and rows by fate: seen = kept + unchanged + excluded + quarantined."""

    source: str
    title: str
    connector: str
    outcome: Outcome | None
    message: str | None
    freshness: FreshnessOut
    seen: int
    kept: int
    unchanged: int
    excluded: Mapping[str, int]
    quarantined: int
    quarantine_open: int
    records: int
    failures: int
    tested_on_real: bool


class Answer(Model, Generic[T]):
    """What every list answers: the snapshot's version and moment, what it is not, and the rows."""

    version: int
    built_at: datetime
    city: str
    notice: str | None
    data: tuple[T, ...]


def freshness_out(freshness: Freshness, now: datetime) -> FreshnessOut:
    return FreshnessOut(
        observed_at=freshness.observed_at,
        fetched_at=freshness.fetched_at,
        budget_seconds=freshness.budget.total_seconds(),
        state=freshness.state(now),
    )


def rule_out(kpi: Kpi) -> RuleOut:
    rule = kpi.rule
    return RuleOut(name=rule.name, article=rule.article, valid_from=rule.valid_from, valid_to=rule.valid_to)


def reading_out(reading: Reading, kpi: Kpi, version: int, now: datetime) -> ReadingOut:
    proof = reading.evidence
    return ReadingOut(
        kpi=reading.kpi,
        area=reading.area,
        opd=reading.opd,
        value=reading.value,
        why_none=reading.why_none,
        unit=kpi.unit,
        n=reading.n,
        target=reading.target,
        band=reading.band,
        change=reading.change,
        freshness=freshness_out(reading.freshness, now),
        evidence=EvidenceOut(
            formula=kpi.formula,
            rule=rule_out(kpi),
            sources=proof.sources,
            numerator=proof.numerator,
            denominator=proof.denominator,
            excluded=proof.excluded,
            quarantined=proof.quarantined,
            unplaced=proof.unplaced,
            low=proof.low,
            high=proof.high,
            version=version,
        ),
    )


def kpi_out(kpi: Kpi) -> KpiOut:
    return KpiOut(
        id=kpi.id,
        title=kpi.title,
        short=kpi.short,
        unit=kpi.unit,
        decimals=kpi.decimals,
        better=kpi.better,
        formula=kpi.formula,
        rule=rule_out(kpi),
        owner=kpi.owner,
        kind=kpi.kind,
        window=kpi.window,
    )


def source_out(state: SourceState, now: datetime) -> SourceOut:
    names = (name for name in SourceOut.model_fields if name != "freshness")
    return SourceOut(freshness=freshness_out(state.freshness, now), **{name: getattr(state, name) for name in names})


# --- what an asker may see --------------------------------------------------------------------


def readings(
    _scope: Scope, hub: Hub, *, kpi: str | None, area: str | None, opd: str | None, level: Level | None
) -> Answer[ReadingOut]:
    """Published readings; aggregates, so every role sees all. 404 for a KPI, area or OPD that does not exist."""
    snapshot, room, now = _held(hub), hub.room, clock.now()
    if kpi not in (None, *room.catalog) or area not in (None, *room.tree.areas) or (opd and not room.city.opd(opd)):
        raise HTTPException(404)
    levels = {code: a.level for code, a in room.tree.areas.items()} if level else {}
    found = (
        reading_out(r, room.catalog[r.kpi], snapshot.version, now)
        for r in snapshot.readings
        if kpi in (None, r.kpi)
        and area in (None, r.area)
        and opd in (None, r.opd)
        and (level is None or levels.get(r.area) is level)
        and r.kpi in room.catalog
    )
    return _answer(Answer[ReadingOut], snapshot, tuple(found))


def kpis(_scope: Scope, hub: Hub) -> Answer[KpiOut]:
    """The catalogue of figures."""
    return _answer(Answer[KpiOut], _held(hub), tuple(kpi_out(k) for k in hub.room.catalog.values()))


def areas(_scope: Scope, hub: Hub, *, level: Level | None) -> Answer[AreaOut]:
    """The areas of the city, the one for records without a place included."""
    found = (a for a in hub.room.tree.areas.values() if level in (None, a.level))
    return _answer(
        Answer[AreaOut], _held(hub), tuple(AreaOut(code=a.code, name=a.name, level=a.level, parent=a.parent) for a in found)
    )


def sources(_scope: Scope, hub: Hub) -> Answer[SourceOut]:
    """How the sources stand."""
    snapshot, now = _held(hub), clock.now()
    return _answer(Answer[SourceOut], snapshot, tuple(source_out(s, now) for s in snapshot.sources))


def _held(hub: Hub) -> Snapshot:
    if hub.snapshot is None:
        raise HTTPException(503)
    return hub.snapshot


def _answer(form: type[Answer[T]], snapshot: Snapshot, data: tuple[T, ...]) -> Answer[T]:
    return form(version=snapshot.version, built_at=snapshot.built_at, city=snapshot.city, notice=snapshot.notice, data=data)


# --- routes -----------------------------------------------------------------------------------


PREFIX = "/api/v1"


def add_routes(api: FastAPI, hub: Hub) -> None:
    """Add ``/api/v1``; the guard has put the asker's Scope into ``request.state``."""

    @api.get(PREFIX + "/readings", response_model=Answer[ReadingOut])
    async def get_readings(
        request: Request, kpi: Name = None, area: Name = None, opd: Name = None, level: Level | None = None
    ) -> Response:
        """Figures with their age and their evidence."""
        scope: Scope = request.state.scope
        found = await asyncio.to_thread(readings, scope, hub, kpi=kpi, area=area, opd=opd, level=level)
        return _json(request, found)

    @api.get(PREFIX + "/kpis", response_model=Answer[KpiOut])
    async def get_kpis(request: Request) -> Response:
        """What each figure means, by which rule."""
        return _json(request, kpis(request.state.scope, hub))

    @api.get(PREFIX + "/areas", response_model=Answer[AreaOut])
    async def get_areas(request: Request, level: Level | None = None) -> Response:
        """Kota, kecamatan, kelurahan."""
        return _json(request, areas(request.state.scope, hub, level=level))

    @api.get(PREFIX + "/sources", response_model=Answer[SourceOut])
    async def get_sources(request: Request) -> Response:
        """The sources with their last run and age."""
        return _json(request, sources(request.state.scope, hub))


def _json(request: Request, answer: BaseModel) -> Response:
    return Body(answer.model_dump_json().encode(), JSON, effort=4).answer(request)
