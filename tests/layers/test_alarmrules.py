"""A pack changes the room's rules, switches them off, adds its own; what cannot ring is refused with its name."""

from __future__ import annotations

import re
import tomllib
from datetime import date, time
from typing import Any

import pytest
from pydantic import ValidationError

from layers.alarmrules import defaults, in_force
from layers.catalog import CatalogError, catalog
from layers.city import City, load
from layers.citykpis import catalog_of
from tests.conftest import ROOT
from tests.dashboard.snapshots import CITY

DAY = date(2026, 11, 22)
WORDS = {"id": "Serapan rendah", "en": "Low uptake"}
OWN = {"id": "serapan", "kind": "threshold", "kpi": "serapan", "below": 40, "priority": 2, "title": WORDS, "action": WORDS}


def city(**tables: Any) -> City:
    return City.model_validate(CITY.model_dump(exclude={"alarms", "state", "notify"}) | tables)


def test_every_default_rule_asks_somebody_for_something_and_knows_its_figure() -> None:
    rules = load("36.71").alarms
    assert [rule.id for rule in rules] == [rule["id"] for rule in defaults()["alarms"]]
    for rule in rules:
        assert rule.owner
        assert rule.title.id != rule.title.en
        assert rule.action.id != rule.action.en
        assert rule.kpi is None or rule.kpi in catalog()
    assert {rule.kind for rule in rules} == {"threshold", "age", "unusual", "deadline", "mismatch", "screen"}


def test_a_pack_changes_one_and_leaves_the_others() -> None:
    changed = city(alarms=[{"id": "data_terlambat", "priority": 1}, {"id": "selesai_tepat_waktu_opd", "band": "act"}, OWN])
    rules = {rule.id: rule for rule in changed.alarms}
    assert (rules["data_terlambat"].priority, rules["data_terlambat"].state) == (1, "late")
    assert (rules["selesai_tepat_waktu_opd"].band, rules["selesai_tepat_waktu_opd"].below) == ("act", None)
    assert len(rules) == len(CITY.alarms) + 1
    assert city(alarms=changed.model_dump(by_alias=True)["alarms"]).alarms == changed.alarms


def test_a_pack_switches_one_off() -> None:
    assert "lonjakan" not in in_force(city(alarms=[{"id": "lonjakan", "off": True}]).alarms, DAY)


def test_a_rule_changes_on_its_day() -> None:
    entries = [
        {"id": "aduan_lewat_tenggat", "above": 80, "valid_to": "2026-12-31"},
        {"id": "aduan_lewat_tenggat", "above": 60, "valid_from": "2027-01-01"},
    ]
    rules = city(alarms=entries).alarms
    limits = [in_force(rules, day)["aduan_lewat_tenggat"].above for day in (DAY, date(2027, 1, 1))]
    assert limits == [80, 60]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kpi": None}, "threshold memerlukan"),
        ({"above": 50}, "satu dari above"),
        ({"clear": 30}, "clear"),
        ({"priority": 4}, "priority"),
        ({"owner": "bapak budi"}, "bapak budi"),
        ({"untuk": "10m"}, "untuk"),
        ({"kind": "deadline", "below": None, "kpi": None}, "jumlah kasus"),
    ],
)
def test_what_cannot_ring_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        city(alarms=[OWN | change])


def test_a_state_without_a_condition_is_refused_and_one_of_the_pack_replaces_all() -> None:
    with pytest.raises(ValidationError, match="tidak punya syarat"):
        city(state=[{"level": 3}])
    assert [rule.level for rule in city(state=[{"level": 5, "critical": 1}]).state] == [5]


def test_targets_hide_their_address_and_know_their_quiet_hours() -> None:
    (target,) = city(notify=[{"name": "sekda", "url": "mailtos://u:rahasia@surat.id", "quiet": "22.00-06.00"}]).notify
    assert "rahasia" not in repr(target)
    assert target.quiet
    assert [target.quiet.covers(time(h)) for h in (21, 22, 0, 5, 6)] == [False, True, True, True, False]
    with pytest.raises(ValidationError, match="dua kali"):
        city(notify=[{"name": "a", "url": "json://x"}, {"name": "a", "url": "json://y"}])


def test_the_declarations_of_the_documents_are_valid_and_its_state_is_the_rooms() -> None:
    page = (ROOT / "docs" / "alarms.md").read_text("utf-8")
    for block in re.findall(r"```toml\n(.*?)```", page, re.DOTALL):
        tables = tomllib.loads(re.sub(r"\$\{\w+\}", "json://127.0.0.1", block))
        made = city(**tables)
        assert {rule.kpi for rule in made.alarms} - {None} <= {*catalog()}
        if "state" in tables:
            assert made.state == CITY.state
    for rule in CITY.alarms:
        assert f"| `{rule.id}` |" in page


def test_a_rule_about_a_figure_that_is_not_there_is_refused() -> None:
    with pytest.raises(CatalogError, match="serapan"):
        catalog_of(city(alarms=[OWN]))
