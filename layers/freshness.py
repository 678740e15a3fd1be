"""How old the data behind a figure is: from what the store knows of its sources and what the city expects of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import polars as pl

from layers.city import City, SourceConfig
from layers.runs import SourceFacts
from layers.snapshot import Freshness, SourceState, State

UNCONFIGURED_BUDGET = timedelta(days=1)
"""Rows of a source that is no longer configured still count; they may be a day old before they are late."""

_SEVERITY = {State.LIVE: 0, State.LATE: 1, State.STALE: 2, State.NEVER: 3}


def excluded(facts: SourceFacts) -> Mapping[str, int]:
    """Rows that rightly do not count, by rule: of the last run where it saw the whole source, else of all runs.

    Summed over runs, an export that is read again and again would count the same row each time.
    """
    whole = facts.last is not None and facts.last.seen >= facts.records
    return facts.last.excluded if whole and facts.last else facts.excluded


def freshness(config: SourceConfig | None, facts: SourceFacts | None) -> Freshness:
    """A live source speaks for the moment of its last good answer, an export only up to its newest record."""
    budget = config.budget if config else UNCONFIGURED_BUDGET
    if facts is None:
        return Freshness(observed_at=None, fetched_at=None, budget=budget)
    live = config is not None and config.delivery == "live"
    observed = (facts.fetched_at or facts.newest) if live else facts.newest
    return Freshness(observed_at=observed, fetched_at=facts.fetched_at, budget=budget)


def states(city: City, facts: Iterable[SourceFacts]) -> tuple[SourceState, ...]:
    """Every source: the configured ones in the city's order, those that never ran too, then those only the store knows."""
    known = {f.source: f for f in facts}
    configured = {c.name: c for c in city.sources}
    return tuple(_state(name, configured.get(name), known.get(name)) for name in dict.fromkeys((*configured, *sorted(known))))


def _state(name: str, config: SourceConfig | None, facts: SourceFacts | None) -> SourceState:
    title, connector = (config.title, config.connector) if config else (name, "tidak dikonfigurasi")
    age = freshness(config, facts)
    tested = config.tested_on_real if config else True
    if facts is None:
        facts = SourceFacts(source=name, message="belum pernah ditarik")
    return SourceState(
        source=name,
        title=title,
        connector=connector,
        outcome=facts.outcome,
        freshness=age,
        message=facts.message,
        seen=facts.seen,
        kept=facts.kept,
        unchanged=facts.unchanged,
        excluded=dict(facts.excluded),
        quarantined=facts.quarantined,
        quarantine_open=facts.quarantine_open,
        records=facts.records,
        failures=facts.failures,
        tested_on_real=tested,
    )


def worst(ages: Iterable[Freshness], now: datetime) -> Freshness:
    """The freshness that a figure of several sources has: that of the worst of them; never, when there is none."""

    def badness(age: Freshness) -> tuple[int, float]:
        late = (now - age.observed_at) / age.budget if age.observed_at else 0.0
        return _SEVERITY[age.state(now)], late

    return max(ages, key=badness, default=Freshness(observed_at=None, fetched_at=None, budget=UNCONFIGURED_BUDGET))


def as_frame(states: Iterable[SourceState], city: City, now: datetime) -> pl.DataFrame:
    """The configured sources with their state, one row each: the frame of the KPIs about sources."""
    configured = {c.name for c in city.sources}
    rows = [(s.source, s.freshness.state(now).value) for s in states if s.source in configured]
    return pl.DataFrame(rows, schema={"source": pl.String, "state": pl.String}, orient="row")
