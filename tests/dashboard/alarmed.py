"""Alarms, a city's state and a log for the dashboard's tests: one of each sort."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from layers.alarmbook import AlarmLog
from layers.alarmrules import AlarmRule
from layers.alarms import Acknowledgement, Acts, Life
from layers.alarmtypes import About, Alarm, AlarmState, CityState
from layers.city import load
from layers.citystate import WORDS

RULES = {rule.id: rule for rule in load("36.71").alarms}
MINUTE = timedelta(minutes=1)


def about(rule: str, **fields: Any) -> About:
    """What an alarm of a rule says, about the city unless ``fields`` say otherwise."""
    found: AlarmRule = RULES[rule]
    given = {"place": "Kota Contoh", "area": "36.71", "opd": None, "owner": "operator", **fields}
    said = {"title": found.title.model_dump(), "action": found.action.model_dump()}
    return About(rule=rule, kind=found.kind, priority=fields.pop("priority", found.priority), **said, **given)


def alarm(name: str, now: datetime, *, minutes: float = 30, facts: dict[str, Any] | None = None, **fields: Any) -> Alarm:
    """One active alarm that began so many minutes ago."""
    rule = name.partition(":")[0]
    said = about(rule, **(facts or {}))
    given = {"state": AlarmState.ACTIVE, "since": now - minutes * MINUTE, "raised_at": now - minutes * MINUTE, **fields}
    return Alarm(**{name: getattr(said, name) for name in said.__slots__}, id=name, **given)


def alarms(now: datetime) -> tuple[Alarm, ...]:
    """A critical one, a late source, one that somebody has taken, a silenced one, one that is over."""
    slow = {"kpi": "respons_112_p90", "value": 11.5, "limit": 10.0, "unit": "menit", "decimals": 1}
    late = {
        "place": "LAKSA: aduan warga",
        "owner": "dlh",
        "detail": {"id": "data terakhir 14.02, batas umurnya 15 menit", "en": "x"},
    }
    overdue = {"owner": "leader", "value": 98.0, "limit": 80.0, "unit": "aduan", "kpi": "aduan_lewat_tenggat"}
    taken = {"acknowledged_by": "Pimpinan", "acknowledged_at": now - 5 * MINUTE, "state": AlarmState.ACKNOWLEDGED}
    soon = {"place": "DLH", "opd": "dlh", "owner": "dlh", "value": 7.0, "limit": 5.0, "unit": "aduan"}
    return (
        alarm("respons_112:36.71", now, minutes=12, facts=slow),
        alarm("data_terlambat:laksa", now, facts=late),
        alarm("aduan_lewat_tenggat:36.71", now, minutes=90, facts=overdue, **taken),
        alarm("tenggat_mendekat:dlh", now, facts=soon, silenced_until=now + 60 * MINUTE),
        alarm("lonjakan:36.71.01.1001", now, minutes=200, facts={"place": "Kel. Melati", "area": "36.71.01.1001"},
              state=AlarmState.CLEARED, cleared_at=now - 20 * MINUTE),
    )  # fmt: skip


STATE = CityState(level=4, word=WORDS[4], reasons=({"id": "1 alarm kritis", "en": "1 critical alarm"},))


def log_of(now: datetime) -> AlarmLog:
    """The last days' alarms: three of one rule within the hour, and one that a person took."""
    late = about("data_terlambat", place="LAKSA: aduan warga", owner="dlh")
    lives = [
        Life(id="data_terlambat:laksa", since=at, about=late, raised=at, rang=at, cleared=at + 5 * MINUTE, ended=at + 5 * MINUTE)
        for at in (now - minutes * MINUTE for minutes in (30, 45, 60))
    ]
    began = now - 2000 * MINUTE
    lives.append(Life(id="aduan_lewat_tenggat:36.71", since=began, about=about("aduan_lewat_tenggat"), raised=began, rang=began))
    taken = Acknowledgement(at=began + MINUTE, who="bu sekda", office="Pimpinan")
    return AlarmLog(lives=lives, acts=Acts(taken={("aduan_lewat_tenggat:36.71", began): taken}))
