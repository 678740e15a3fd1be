"""What the REST interface answers with: the forms that OpenAPI describes, and how each is made of what the room knows.

A form says its fields itself, also where they are those of a type of the room: programs rely on them, so they change only
when somebody means to change them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from layers.alarmtypes import Alarm, AlarmState
from layers.areas import AreaTree
from layers.catalog import Kpi
from layers.model import Level, Outcome
from layers.ranking import Lacking, Standing
from layers.rows import Row
from layers.snapshot import Band, Freshness, Reading, SourceState, State

T = TypeVar("T")
Value = str | int | float | bool | datetime | None


class Model(BaseModel):
    """What every form has in common: it stays as it was made."""

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


class SeriesOut(Model):
    """A figure over time at one area, oldest first: ``grain`` day or month; a value that is not known is null."""

    kpi: str
    area: str
    grain: str
    times: tuple[str, ...]
    values: tuple[float | None, ...]


class RankOut(Model):
    """One in a ranking: the ranks ``first`` to ``last`` that chance leaves open, 1 is best; or why it has none.

    ``low`` and ``high`` bound the value with 95 %; ``against`` is 1 where it is certainly better than the whole city, -1 worse.
    """

    kpi: str
    level: str
    key: str
    name: str
    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    first: int | None = None
    last: int | None = None
    against: int | None = None
    why_none: str | None = None


class AlarmOut(Model):
    """An alarm with its life (ISA-18.2); ``acknowledged_by`` is an office, never a person."""

    id: str
    rule: str
    kind: str
    priority: int
    title: Mapping[str, str]
    action: Mapping[str, str]
    place: str
    area: str
    opd: str | None
    owner: str
    value: float | None
    limit: float | None
    unit: str | None
    kpi: str | None
    state: AlarmState
    since: datetime
    raised_at: datetime
    cleared_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    silenced_until: datetime | None


class RowOut(Model):
    """One row behind a figure: its fields by name, its source, and what it adds to numerator and denominator."""

    fields: Mapping[str, Value]
    source: str
    numerator: float | None
    denominator: float | None


class Answer(Model, Generic[T]):
    """What every list answers: the snapshot's version and moment, what it is not, how many there are, and a page of them.

    ``next`` is the address of the next page, null on the last.
    """

    version: int
    built_at: datetime
    city: str
    notice: str | None
    total: int
    next: str | None
    data: tuple[T, ...]


class Problem(Model):
    """Why there is no answer (RFC 9457); ``instance`` is the number to name when asking for help."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str
    errors: tuple[Mapping[str, str], ...] = Field(default=(), description="Which parameters are not as they must be, and why")


def freshness_out(freshness: Freshness, now: datetime) -> FreshnessOut:
    """The age of data as it is at ``now``."""
    return FreshnessOut(
        observed_at=freshness.observed_at,
        fetched_at=freshness.fetched_at,
        budget_seconds=freshness.budget.total_seconds(),
        state=freshness.state(now),
    )


def rule_out(kpi: Kpi) -> RuleOut:
    """The rule that a KPI follows."""
    rule = kpi.rule
    return RuleOut(name=rule.name, article=rule.article, valid_from=rule.valid_from, valid_to=rule.valid_to)


def reading_out(reading: Reading, kpi: Kpi, version: int, now: datetime) -> ReadingOut:
    """A reading of the snapshot ``version``, with what its KPI says of it."""
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
    """A KPI of the catalogue."""
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
    """A source as it stands at ``now``."""
    names = (name for name in SourceOut.model_fields if name != "freshness")
    return SourceOut(freshness=freshness_out(state.freshness, now), **{name: getattr(state, name) for name in names})


def rank_out(kpi: str, level: str, name: str, found: Standing | Lacking) -> RankOut:
    """A place in the ranking of a KPI, or why there is none; ``name`` is the key as people read it."""
    if isinstance(found, Lacking):
        return RankOut(kpi=kpi, level=level, key=found.key, name=name, n=found.n, why_none=found.why)
    facts = {field: getattr(found, field) for field in ("n", "value", "low", "high", "first", "last", "against")}
    return RankOut(kpi=kpi, level=level, key=found.key, name=name, **facts)


def alarm_out(alarm: Alarm) -> AlarmOut:
    """An alarm, without its words that only pages show."""
    return AlarmOut(**{name: getattr(alarm, name) for name in AlarmOut.model_fields})


def row_out(row: Row) -> RowOut:
    """A row behind a figure."""
    return RowOut(fields=row.cells, source=row.source, numerator=row.part, denominator=row.whole)


# --- as a table -------------------------------------------------------------------------------


def reading_cells(reading: ReadingOut, tree: AreaTree) -> dict[str, Any]:
    """A reading as a row of a table, with the area's name and the age, without what only a program follows."""
    named = ("kpi", "area", "opd", "value", "why_none", "unit", "n", "target", "band", "change")
    proof = reading.evidence
    return {
        **{name: getattr(reading, name) for name in named},
        "area_name": tree.name(reading.area) if reading.area in tree.areas else None,
        "numerator": proof.numerator,
        "denominator": proof.denominator,
        "low": proof.low,
        "high": proof.high,
        "observed_at": reading.freshness.observed_at,
        "state": reading.freshness.state,
        "sources": " ".join(proof.sources),
        "version": proof.version,
    }


def cells(model: Model) -> dict[str, Any]:
    """A model as a row of a table: what it holds by name is spread, lists are left away."""
    found: dict[str, Any] = {}
    for name, value in model.model_dump().items():
        if isinstance(value, Mapping):
            found |= {f"{name}_{key}": part for key, part in value.items() if not isinstance(part, Mapping | tuple)}
        elif not isinstance(value, tuple):
            found[name] = value
    return found
