"""Deadline rules by profile: how long each step of a complaint may take, and the moment at which that is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

import polars as pl

from layers.calendar import Calendar, Due, Pause
from layers.city import City
from layers.officehours import DeadlineRule

_SP4N = {"basis": "PermenPANRB 62/2018", "valid_from": "2019-01-01"}
_CRM = {"basis": "Jakarta CRM, menurut pers"}


def _rules(*stated: dict[str, Any]) -> tuple[DeadlineRule, ...]:
    return tuple(DeadlineRule.model_validate(rule) for rule in stated)


PROFILES: Mapping[str, tuple[DeadlineRule, ...]] = MappingProxyType(
    {
        "sp4n": _rules(
            _SP4N | {"step": "verifikasi", "amount": "3 hari kerja"},
            _SP4N | {"step": "respons", "amount": "5 hari kerja"},
            _SP4N | {"step": "penyelesaian", "amount": "5 hari kerja", "classifications": ["informasi", "normatif"]},
            _SP4N | {"step": "penyelesaian", "amount": "14 hari kerja", "classifications": ["tidak_berkadar_pengawasan"]},
            _SP4N | {"step": "penyelesaian", "amount": "60 hari kerja", "classifications": ["berkadar_pengawasan"]},
        ),
        "perpres_76_2013": _rules(
            {"step": "penyelesaian", "amount": "60 hari", "basis": "Perpres 76/2013, sejak berkas lengkap"}
        ),
        "jakarta": _rules(
            _CRM | {"step": "koordinasi", "amount": "6 jam"},
            _CRM | {"step": "penyelesaian", "amount": "7 hari"},
        ),
        "kab_tangerang": _rules({"step": "penyelesaian", "amount": "2 x 24 jam", "basis": "Kabupaten Tangerang, menurut pers"}),
    }
)
"""The profiles that come with the room; a pack's ``[[deadlines.<name>]]`` replaces one of the same name or adds one."""


class NoRuleError(ValueError):
    """A profile that does not exist; the message names those that do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """One profile's rules with the calendar by which they count."""

    rules: tuple[DeadlineRule, ...]
    calendar: Calendar

    @classmethod
    def of(cls, city: City, profile: str, known_at: date | datetime | None = None, *, opd: str | None = None) -> Deadlines:
        """A profile of the pack or of the room; raises :class:`NoRuleError` for an unknown one."""
        profiles = {**PROFILES, **city.deadlines}
        if profile not in profiles:
            raise NoRuleError(f"tidak ada profil tenggat {profile!r}; yang ada: {', '.join(sorted(profiles))}")
        return cls(rules=profiles[profile], calendar=Calendar.of(city, known_at, opd=opd))

    def rule(
        self, step: str, received: datetime, *, classification: str | None = None, category: str | None = None
    ) -> DeadlineRule | None:
        """The first rule that speaks about such a complaint received then; ``None`` where none does: no deadline is known."""
        day = received.astimezone(self.calendar.zone).date()
        rules = (rule for rule in self.rules if rule.step == step)
        return next((rule for rule in rules if rule.fits(day, classification, category)), None)

    def due(
        self,
        step: str,
        received: datetime,
        *,
        classification: str | None = None,
        category: str | None = None,
        pauses: Sequence[Pause] = (),
    ) -> Due | None:
        """When a step is due, and why then; ``None`` without a rule."""
        rule = self.rule(step, received, classification=classification, category=category)
        return None if rule is None else self.calendar.due(received, rule.amount, pauses=pauses, end=rule.end)

    def due_at(
        self, step: str, received: pl.Expr, *, classification: pl.Expr | None = None, category: pl.Expr | None = None
    ) -> pl.Expr:
        """:meth:`due` for columns, as an expression; ``received`` is aware, null where no rule speaks."""
        day = received.dt.convert_time_zone(self.calendar.zone.key).dt.date()
        found: pl.Expr = pl.lit(None, dtype=pl.Datetime("us", "UTC"))
        for rule in reversed([rule for rule in self.rules if rule.step == step]):
            fits = _fits(rule, day, classification, category)
            found = pl.when(fits).then(self.calendar.due_at(received, rule.amount, end=rule.end)).otherwise(found)
        return found


def _fits(rule: DeadlineRule, day: pl.Expr, classification: pl.Expr | None, category: pl.Expr | None) -> pl.Expr:
    """:meth:`DeadlineRule.fits` for columns."""
    tests = [pl.lit(True)]
    tests += [day >= rule.valid_from] if rule.valid_from else []
    tests += [day <= rule.valid_to] if rule.valid_to else []
    for named, column in ((rule.classifications, classification), (rule.categories, category)):
        if named:
            tests.append(pl.lit(False) if column is None else column.is_in(named).fill_null(value=False))
    return pl.all_horizontal(tests)
