"""What each kind of rule sees: beyond, between both limits, or not known, for the right subject and owner."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from layers.alarmrules import AlarmRule
from layers.alarmtypes import AlarmState
from layers.areas import AreaTree
from layers.catalog import catalog
from layers.city import City, SourceConfig, Target
from layers.citystate import state_of
from layers.findings import Found, Look, Side, find
from layers.frames import schema
from layers.model import Kind, Outcome
from layers.snapshot import Band, Freshness, Mismatch, Snapshot
from tests.dashboard.alarmed import alarm
from tests.dashboard.snapshots import CITY, NOW, reading, snapshot, source

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
WORDS = {"id": "Aturan", "en": "Rule"}
EMPTY = pl.DataFrame(schema=schema(Kind.COMPLAINT))
STALE = Freshness(observed_at=NOW - 3 * HOUR, fetched_at=NOW, budget=10 * MINUTE)


def rule(**fields: Any) -> AlarmRule:
    return AlarmRule.model_validate({"id": "aturan", "title": WORDS, "action": WORDS, "priority": 2, **fields})


def look(
    by: AlarmRule, shown: Snapshot | None = None, complaints: pl.DataFrame = EMPTY, city: City = CITY, now: datetime = NOW
) -> Found:
    ours = city.model_copy(update={"alarms": (by,)})
    made = replace(shown or snapshot(), built_at=now)
    return find(Look(snapshot=made, complaints=complaints, catalog=catalog(), tree=AreaTree.of(ours), city=ours))


def sides(found: Found) -> dict[str, Side]:
    return {name.partition(":")[2]: finding.side for name, finding in found.findings.items()}


def shares(*values: tuple[str | None, float | None], **fields: Any) -> Snapshot:
    readings = [reading("selesai_tepat_waktu", value=value, opd=opd, **fields) for opd, value in values]
    return replace(snapshot(), readings=tuple(readings))


# --- threshold -------------------------------------------------------------------------------


def test_below_a_limit_and_back_beyond_the_other() -> None:
    by = rule(kind="threshold", kpi="selesai_tepat_waktu", cut="opd", below=70, clear=75)
    shown = shares(("a", 69.9), ("b", 70), ("c", 74.9), ("d", 75), ("e", None), (None, 10))
    assert sides(look(by, shown)) == {"a": Side.OVER, "b": Side.BETWEEN, "c": Side.BETWEEN, "e": Side.UNKNOWN}


def test_above_a_limit_ends_five_percent_inside_it_unless_the_rule_says_otherwise() -> None:
    by = rule(kind="threshold", kpi="aduan_terbuka", above=100)
    seen = [sides(look(by, snapshot(values={"aduan_terbuka": v}))) for v in (101, 100, 95.1, 95)]
    assert seen == [{"36.71": Side.OVER}, {"36.71": Side.BETWEEN}, {"36.71": Side.BETWEEN}, {}]


@pytest.mark.parametrize(("cut", "n"), [("city", 1), ("kecamatan", 2), ("kelurahan", 5), ("opd", 0)])
def test_a_rule_looks_at_its_cut_alone(cut: str, n: int) -> None:
    by = rule(kind="threshold", kpi="aduan_terbuka", cut=cut, above=0)
    assert len(look(by).findings) == n  # four kelurahan and the unplaced


def test_the_band_of_a_target_is_its_limit_to_act() -> None:
    city = CITY.model_copy(update={"targets": {"selesai_tepat_waktu": (Target(target=95, act=85, valid_from=NOW.date()),)}})
    by = rule(kind="threshold", kpi="selesai_tepat_waktu", band="act", cut="opd", clear=90)
    shown = shares(("a", 84), ("b", 86), ("c", 91), target=95.0, band=Band.WATCH)
    found = look(by, shown, city=city)
    assert sides(found) == {"a": Side.OVER, "b": Side.BETWEEN}
    assert found.findings["aturan:a"].about.limit == 85
    assert sides(look(by, shares(("a", 84)), city=city)) == {}  # a figure that has no target of its own


def test_old_data_say_nothing() -> None:
    by = rule(kind="threshold", kpi="selesai_tepat_waktu", below=70)
    assert sides(look(by, shares((None, 10), freshness=STALE))) == {"36.71": Side.UNKNOWN}


def test_whose_it_is() -> None:
    by = rule(kind="threshold", kpi="selesai_tepat_waktu", cut="opd", below=70)
    assert look(by, shares(("dlh", 1))).findings["aturan:dlh"].about.owner == "dlh"
    theirs = by.model_copy(update={"owner": "leader"})
    assert look(theirs, shares(("dlh", 1))).findings["aturan:dlh"].about.owner == "leader"


# --- age -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "age", "expected"),
    [
        ("late", 7, None),
        ("late", 9, Side.BETWEEN),
        ("late", 11, Side.OVER),
        ("late", 31, Side.OVER),
        ("stale", 11, Side.BETWEEN),
        ("stale", 31, Side.OVER),
        ("never", 31, None),
        ("never", None, Side.OVER),
        ("late", None, None),
    ],
)
def test_the_age_of_a_source(state: str, age: int | None, expected: Side | None) -> None:
    config = SourceConfig(name="laksa", connector="rest", title="LAKSA", owner="Diskominfo", interval="1m", budget="10m")  # type: ignore[arg-type]
    city = CITY.model_copy(update={"sources": (config,)})
    seen = source("laksa") if age is None else source("laksa", age=age * MINUTE)
    if age is None:
        seen = replace(seen, freshness=replace(seen.freshness, observed_at=None))
    found = look(rule(kind="age", state=state), replace(snapshot(), sources=(seen, source("asing", age=HOUR))), city=city)
    assert sides(found) == ({"laksa": expected} if expected else {})
    if expected:
        assert (found.findings["aturan:laksa"].about.place, found.findings["aturan:laksa"].about.owner) == ("LAKSA", "Diskominfo")


def test_a_source_whose_first_run_is_under_way_is_not_late() -> None:
    config = SourceConfig(name="laksa", connector="rest", title="LAKSA", owner="d", interval="1m", budget="10m")  # type: ignore[arg-type]
    city = CITY.model_copy(update={"sources": (config,)})
    shown = replace(snapshot(), sources=(source("laksa", age=HOUR, outcome=None),))
    assert sides(look(rule(kind="age"), shown, city=city)) == {}


def test_a_source_that_refuses_us() -> None:
    config = SourceConfig(name="laksa", connector="rest", title="LAKSA", owner="d", interval="1m", budget="10m")  # type: ignore[arg-type]
    city = CITY.model_copy(update={"sources": (config,)})
    for outcome, expected in ((Outcome.AUTH, {"laksa": Side.OVER}), (Outcome.TRANSIENT, {}), (Outcome.OK, {})):
        shown = replace(snapshot(), sources=(source("laksa", outcome=outcome),))
        assert sides(look(rule(kind="age", state="refused"), shown, city=city)) == expected


# --- complaints ------------------------------------------------------------------------------


def cases(*due: tuple[str, timedelta], status: str = "menunggu") -> pl.DataFrame:
    rows = [{"opd": opd, "due": NOW + ahead, "status": status, "received": NOW - HOUR} for opd, ahead in due]
    return pl.concat(
        [EMPTY, pl.DataFrame(rows, schema={k: EMPTY.schema[k] for k in ("opd", "due", "status", "received")})], how="diagonal"
    )


def test_deadlines_ahead_by_working_hours() -> None:
    """It is Sunday 14.32: four working hours end on Monday at 11.30, 07.30 + 4 h."""
    by = rule(kind="deadline", hours=4, above=2, clear=1)
    monday = 20 * HOUR + 58 * MINUTE
    shown = cases(("dlh", monday - MINUTE), ("dlh", monday), ("dpupr", monday), ("dpupr", monday + MINUTE), ("x", -MINUTE))
    found = look(by, complaints=shown)
    assert sides(found) == {"dlh": Side.OVER}
    assert found.findings["aturan:dlh"].about.value == 2
    assert sides(look(by, complaints=cases(("dlh", HOUR), ("dlh", HOUR), status="selesai"))) == {}


def test_a_surge_is_taken_from_what_asks_for_attention_and_a_list_cut_off_ends_none() -> None:
    by, few = rule(kind="unusual"), snapshot()
    surge = replace(few.attention[0], id="lonjakan:36.71.01.1001")
    found = look(by, replace(few, attention=(surge,)))
    assert sides(found) == {"36.71.01.1001": Side.OVER}
    assert found.side("aturan:36.71.02.1001") is None
    full = tuple(replace(surge, id=f"lewat:{k}") for k in range(12))
    assert look(by, replace(few, attention=full)).side("aturan:36.71.01.1001") is Side.UNKNOWN


# --- the city's state ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("priorities", "values", "flood", "level", "why"),
    [
        ([], {}, None, 1, ()),
        ([2], {}, None, 2, ("1 alarm tinggi",)),
        ([2] * 5, {}, None, 3, ("5 alarm tinggi",)),
        ([1, 2], {}, None, 4, ("1 alarm kritis",)),
        ([1, 1, 1], {}, None, 5, ("3 alarm kritis",)),
        ([], {"aduan_lewat_tenggat": 400}, None, 3, ("32 % aduan terbuka lewat tenggat",)),
        ([], {"sumber_segar": 40}, None, 4, ("40 % sumber segar",)),
        ([], {}, 12, 3, ("banjir alarm",)),
    ],
)
def test_the_state_is_the_highest_level_met(
    priorities: list[int], values: dict[str, float], flood: int | None, level: int, why: tuple[str, ...]
) -> None:
    alarms = [alarm(f"lonjakan:{k}", NOW) for k in range(len(priorities))]
    alarms = [replace(one, priority=p) for one, p in zip(alarms, priorities, strict=True)]
    shown = snapshot(values={"sumber_segar": 100, "aduan_lewat_tenggat": 0, **values})
    state = state_of(CITY.state, shown, alarms, flood)
    assert (state.level, tuple(reason["id"] for reason in state.reasons)) == (level, why)


def test_what_is_over_does_not_count_and_what_is_too_old_decides_nothing() -> None:
    over = alarm("lonjakan:1", NOW, state=AlarmState.CLEARED, cleared_at=NOW)
    assert state_of(CITY.state, snapshot(values={"sumber_segar": 100, "aduan_lewat_tenggat": 0}), [over] * 9, None).level == 1
    old = replace(snapshot(), readings=(reading("aduan_lewat_tenggat", value=900, freshness=STALE),))
    assert state_of(CITY.state, old, [], None).level == 1


def test_figures_that_do_not_agree_are_one_alarm_for_each_identity() -> None:
    broken = [
        Mismatch(
            identity="status", title={"id": "Status tidak berjumlah", "en": "Statuses do not add up"}, left=10.0, right=10.0 + k,
            difference=float(-k), unit="aduan", kpis=("aduan_terbuka",), area=area, owner="Diskominfo",
        )
        for k, area in ((2, "36.71.01"), (5, "36.71.02"))
    ]  # fmt: skip
    found = look(rule(kind="mismatch"), replace(snapshot(), mismatches=tuple(broken)))
    assert sides(found) == {"status": Side.OVER}
    about = found.findings["aturan:status"].about
    assert (about.place, about.value, about.owner) == ("Kec. Kecamatan Dua", -5, "Diskominfo")
