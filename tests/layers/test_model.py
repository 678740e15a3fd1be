"""The types that travel keep their promises by themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import FrozenInstanceError, fields, replace
from datetime import timedelta
from pathlib import Path

import pytest

from layers.model import LIMITS, RECORDS, Kind, Outcome, Role, Run, Scope
from layers.snapshot import AHEAD, STALE_AFTER, Arrivals, Evidence, Freshness, Reading, Readings, Snapshot, State
from tests.layers.made import HOUR, NOW, one_of_each

FRESH = Freshness(observed_at=NOW, fetched_at=NOW, budget=HOUR)
READING = Reading(
    kpi="aduan_terbuka", area="36.71", value=3.0, why_none=None, n=3, freshness=FRESH, evidence=Evidence(sources=("laksa",))
)


def test_a_number_without_age_and_origin_cannot_be_made() -> None:
    for missing in ("freshness", "evidence"):
        facts = {f.name: getattr(READING, f.name) for f in fields(READING) if f.name != missing}
        with pytest.raises(TypeError, match=missing):
            Reading(**facts)


@pytest.mark.parametrize(("value", "why"), [(None, None), (1.0, "belum cukup data")])
def test_a_reading_has_a_value_or_a_reason(value: float | None, why: str | None) -> None:
    with pytest.raises(ValueError, match="not both or neither"):
        replace(READING, value=value, why_none=why)
    assert replace(READING, value=None, why_none="belum dipantau").value is None


@pytest.mark.parametrize(
    ("age", "state"),
    [
        (-AHEAD, State.LIVE),
        (-AHEAD - timedelta(microseconds=1), State.STALE),
        (-HOUR, State.STALE),
        (HOUR, State.LIVE),
        (HOUR + timedelta(microseconds=1), State.LATE),
        (HOUR * STALE_AFTER, State.LATE),
        (HOUR * STALE_AFTER + timedelta(microseconds=1), State.STALE),
    ],
)
def test_data_is_live_for_one_budget_then_late_then_stale(age: timedelta, state: State) -> None:
    assert FRESH.state(NOW + age) is state


def test_without_data_it_never_was() -> None:
    assert replace(FRESH, observed_at=None).state(NOW) is State.NEVER


def test_a_run_accounts_for_every_row() -> None:
    run = Run(
        source="laksa",
        started=NOW,
        finished=NOW,
        outcome=Outcome.OK,
        seen=10,
        kept=4,
        unchanged=3,
        excluded={"a": 1, "b": 1},
        quarantined=1,
    )
    with pytest.raises(ValueError, match="sum of its parts 10"):
        replace(run, seen=11)


def test_only_two_outcomes_are_good() -> None:
    assert {outcome for outcome in Outcome if outcome.good} == {Outcome.OK, Outcome.NOTHING_NEW}


def test_rights_follow_the_role() -> None:
    """The table in docs/security.md is what holds."""
    text = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| `(\w+)` \|[^|]*\| ([^|]*) \| (yes|no) \| (yes|no) \| (yes|no) \| (yes|no) \|$", text, re.MULTILINE)
    words = {"opds": "OPD", "areas": "areas", "categories": "categories"}
    limits = {name: frozenset({"x"}) for name in words}
    holds = [
        (
            role.value,
            ", ".join(words[name] for name in LIMITS.get(role, ())) or "-",
            *(
                "yes" if right else "no"
                for right in (scope.may_see_rows, scope.free_text, scope.may_export_rows, scope.may_operate)
            ),
        )
        for role in Role
        for scope in [Scope(user="x", role=role, **limits)]
    ]
    assert table == holds


@pytest.mark.parametrize("role", LIMITS)
def test_a_role_without_the_limit_that_it_needs_sees_no_rows(role: Role) -> None:
    needed = {name: frozenset({"x"}) for name in LIMITS[role]}
    assert Scope(user="x", role=role, **needed).may_see_rows
    for name in needed:
        scope = replace(Scope(user="x", role=role, **needed), **{name: None})
        assert not any((scope.may_see_rows, scope.free_text, scope.may_export_rows))


def test_a_scope_is_limited_by_any_of_its_limits() -> None:
    assert not Scope(user="x", role=Role.ADMIN).limited
    for name in ("opds", "areas", "categories"):
        assert Scope(user="x", role=Role.ADMIN, **{name: frozenset()}).limited


def snapshot_of(readings: Sequence[Reading]) -> Snapshot:
    return Snapshot(
        version=1,
        city="36.71",
        built_at=NOW,
        notice=None,
        readings=readings,
        trends=(),
        arrivals=Arrivals(minutes=30, channels={}),
        attention=(),
        events=(),
        dots=(),
        sources=(),
    )


def test_a_snapshot_finds_a_reading_by_its_cut() -> None:
    of_opd = replace(READING, opd="dlh", value=1.0)
    snapshot = snapshot_of((READING, of_opd))
    assert snapshot.reading("aduan_terbuka") is READING
    assert snapshot.reading("aduan_terbuka", "36.71", "dlh") is of_opd
    assert snapshot.reading("aduan_terbuka", "36.71.01") is None
    assert snapshot.reading("lain") is None


def test_the_readings_of_a_kpi_are_made_without_all_others() -> None:
    cuts = [("aduan_terbuka", "36.71", None), ("lama", "36.71", None), ("aduan_terbuka", "36.71", "dlh")]
    made: list[int] = []

    def make(number: int) -> Reading:
        made.append(number)
        kpi, area, opd = cuts[number]
        return replace(READING, kpi=kpi, area=area, opd=opd)

    found = list(snapshot_of(Readings(cuts, make)).of("aduan_terbuka", "tidak_ada"))
    assert ([r.opd for r in found], made) == ([None, "dlh"], [0, 2])


def test_what_travels_is_frozen_and_says_its_kind() -> None:
    for record in one_of_each():
        assert RECORDS[record.kind] is type(record)
        with pytest.raises(FrozenInstanceError):
            record.source = "lain"  # type: ignore[misc]
    assert {record.kind for record in one_of_each()} == set(Kind)
