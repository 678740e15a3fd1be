"""The read-only REST interface, described by OpenAPI: readings, KPIs, areas and sources.

Every function takes the asker's Scope first and gives aggregates only. An answer carries an ETag; a
client that holds it is told 304.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, TypeAdapter
from starlette.exceptions import HTTPException

from dashboard.bodies import Body
from dashboard.feed import Hub
from layers import clock
from layers.catalog import Kpi
from layers.model import Band, Freshness, Level, Outcome, Reading, Scope, Snapshot, SourceState, State

JSON = "application/json"


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
    kind: str
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


class Answer[T](Model):
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
