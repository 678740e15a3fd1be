"""The city's state in one word, 1 normal to 5 darurat, by a rule that everybody can read (``[[state]]``, docs/alarms.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from layers.alarmrules import StateRule
from layers.alarmtypes import Alarm, CityState
from layers.snapshot import Snapshot, State

WORDS = {
    1: {"id": "Normal", "en": "Normal"},
    2: {"id": "Perhatian", "en": "Attention"},
    3: {"id": "Waspada", "en": "Caution"},
    4: {"id": "Siaga", "en": "Alert"},
    5: {"id": "Darurat", "en": "Emergency"},
}
PRIORITIES = {
    1: {"id": "kritis", "en": "critical"},
    2: {"id": "tinggi", "en": "high"},
    3: {"id": "sedang", "en": "medium"},
}
OPEN, OVERDUE, LIVE = "aduan_terbuka", "aduan_lewat_tenggat", "sumber_segar"

Reason = dict[str, str]


def state_of(rules: Sequence[StateRule], snapshot: Snapshot, alarms: Sequence[Alarm], flood: int | None) -> CityState:
    """The highest level of which a condition is met, and which ones; 1 where none is.

    What is not known (old data, no complaints) meets no condition, and is told by the sources' share instead.
    """
    for rule in sorted(rules, key=lambda rule: -rule.level):
        if reasons := tuple(_met(rule, snapshot, alarms, flood)):
            return CityState(level=rule.level, word=WORDS[rule.level], reasons=reasons, flood=flood)
    return CityState(level=1, word=WORDS[1], reasons=(), flood=flood)


def _met(rule: StateRule, snapshot: Snapshot, alarms: Sequence[Alarm], flood: int | None) -> Iterator[Reason]:
    active = Counter(alarm.priority for alarm in alarms if alarm.active)
    for priority, least in ((1, rule.critical), (2, rule.high), (3, rule.medium)):
        if least is not None and (n := active[priority]) >= least:
            words = PRIORITIES[priority]
            yield {"id": f"{n} alarm {words['id']}", "en": f"{n} {words['en']} alarm{'s' if n > 1 else ''}"}
    late, open_ = _value(snapshot, OVERDUE), _value(snapshot, OPEN)
    if rule.overdue is not None and late is not None and open_ and 100 * late / open_ > rule.overdue:
        share = f"{100 * late / open_:.0f} %"
        yield {"id": f"{share} aduan terbuka lewat tenggat", "en": f"{share} of open complaints overdue"}
    live = _value(snapshot, LIVE)
    if rule.live is not None and live is not None and live < rule.live:
        yield {"id": f"{live:.0f} % sumber segar", "en": f"{live:.0f} % of sources live"}
    if rule.flood and flood is not None:
        yield {"id": "banjir alarm", "en": "alarm flood"}


def _value(snapshot: Snapshot, kpi: str) -> float | None:
    """The city's figure, unless it is too old to decide anything."""
    reading = snapshot.reading(kpi)
    known = reading is not None and reading.freshness.state(snapshot.built_at) in (State.LIVE, State.LATE)
    return reading.value if reading and known else None
