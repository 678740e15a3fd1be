"""What the alarm rules see in a snapshot in the making: which subjects are beyond a limit, between both, or not known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import polars as pl

from layers.alarmrules import SUBJECT, AlarmRule, in_force
from layers.alarmtypes import About
from layers.areas import AreaTree
from layers.calendar import Calendar
from layers.catalog import Kpi, Window
from layers.city import City
from layers.clock import start_of_day
from layers.explain import MOST, MOST_OF_A_KIND, place, short, span
from layers.kpis.complaints import open_at_end
from layers.model import UNPLACED, Outcome, Role
from layers.screens import Screen
from layers.snapshot import Mismatch, Reading, Snapshot, SourceState, State

DEADBAND = 0.05
"""A rule without ``clear`` ends this share of its limit inside it: 5 % is what EEMUA 191 suggests for levels and flows
(from memory)."""

CALM_AGE = 0.8
"""An alarm about age ends, without ``clear``, when the data are younger than this share of their budget."""

SURGE = "lonjakan:"
"""How the ids of findings about unusual arrivals begin among what asks for attention."""

REFUSALS = frozenset({Outcome.AUTH, Outcome.DRIFT, Outcome.REFUSED})


class Side(StrEnum):
    """Where a subject stands: beyond the limit, not back beyond the other one, or not to be said."""

    OVER = "over"
    BETWEEN = "between"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One subject of a rule that is not plainly well."""

    side: Side
    about: About


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The findings by alarm id (``<rule>:<subject>``); a subject that is missing is well, unless its rule is ``unknown``."""

    rules: Mapping[str, AlarmRule] = field(default_factory=dict)
    findings: Mapping[str, Finding] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()

    def side(self, alarm: str) -> Side | None:
        """Where a subject stands; ``None`` where it is well."""
        if alarm in self.findings:
            return self.findings[alarm].side
        return Side.UNKNOWN if alarm.partition(":")[0] in self.unknown else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """What the rules look at: the snapshot in the making, the recent complaints behind it, and the screens."""

    snapshot: Snapshot
    complaints: pl.DataFrame
    catalog: Mapping[str, Kpi]
    tree: AreaTree
    city: City
    screens: Sequence[Screen] | None = ()
    """The declared screens and when each last reported; ``None`` where the people's database cannot be asked."""

    @property
    def now(self) -> datetime:
        return self.snapshot.built_at


def find(look: Look) -> Found:
    """Every rule in force today, applied."""
    rules = in_force(look.city.alarms, look.now.astimezone(look.city.zone).date())
    kinds = {
        "threshold": _threshold,
        "age": _age,
        "unusual": _unusual,
        "deadline": _deadline,
        "mismatch": _mismatch,
        "screen": _screen,
    }
    found = {f"{rule.id}:{subject}": finding for rule in rules.values() for subject, finding in kinds[rule.kind](rule, look)}
    return Found(rules=rules, findings=found, unknown=frozenset(rule.id for rule in rules.values() if _blind(rule, look)))


def _blind(rule: AlarmRule, look: Look) -> bool:
    """Whether a subject's absence says nothing: its list was cut off, or the data behind it are too old."""
    if rule.kind == "unusual":
        surges = sum(item.id.startswith(SURGE) for item in look.snapshot.attention)
        return len(look.snapshot.attention) >= MOST or surges >= MOST_OF_A_KIND
    if rule.kind == "deadline":
        behind = look.snapshot.reading("aduan_terbuka")
        return behind is None or _too_old(behind, look.now)
    return rule.kind == "screen" and look.screens is None


def _about(rule: AlarmRule, look: Look, owner: str | None, **facts: object) -> About:
    """What is said of a rule's subject; ``owner`` is whose it is where the rule leaves that to the subject."""
    said = {"place": look.city.name, "area": look.city.code, "opd": None} | facts
    whose = owner or Role.OPERATOR.value if rule.owner == SUBJECT else rule.owner
    return About(
        rule=rule.id,
        kind=rule.kind,
        priority=rule.priority,
        title=rule.title.model_dump(),
        action=rule.action.model_dump(),
        owner=whose,
        **said,  # type: ignore[arg-type]
    )


# --- threshold -------------------------------------------------------------------------------


def _threshold(rule: AlarmRule, look: Look) -> Iterator[tuple[str, Finding]]:
    kpi = look.catalog.get(str(rule.kpi))
    if kpi is None:  # switched off by the pack, as a rule of its own about a KPI that is not there is refused
        return
    for reading in look.snapshot.of(kpi.id):
        if _cut(reading, look) == rule.cut:
            limits = _limits(rule, reading, kpi, look)
            if limits is None:
                continue
            limit, back, sign = limits
            side = _side(reading, limit, back, sign, look.now)
            if side is not None:
                yield reading.opd or reading.area, Finding(side=side, about=_of_reading(rule, reading, limit, kpi, look))


def _cut(reading: Reading, look: Look) -> str:
    if reading.opd:
        return "opd"
    if reading.area == look.city.code:
        return "city"
    return "kecamatan" if reading.area.count(".") == 2 and reading.area != UNPLACED else "kelurahan"


def _limits(rule: AlarmRule, reading: Reading, kpi: Kpi, look: Look) -> tuple[float, float, int] | None:
    """The limit, where it is back, and +1 where more is worse; ``None`` without a target that says when to act."""
    if rule.band:
        target = look.city.target(kpi.id, look.now.astimezone(look.city.zone).date())
        if reading.target is None or target is None or target.act is None or kpi.better == "neutral":
            return None
        limit, sign = target.act, 1 if kpi.better == "down" else -1
    else:
        limit, sign = (rule.above, 1) if rule.above is not None else (rule.below or 0.0, -1)
    return limit, limit - sign * DEADBAND * abs(limit) if rule.clear is None else rule.clear, sign


def _side(reading: Reading, limit: float, back: float, sign: int, now: datetime) -> Side | None:
    """Old data and no data say nothing: they neither raise an alarm nor end one."""
    if reading.value is None or _too_old(reading, now):
        return Side.UNKNOWN
    if sign * reading.value > sign * limit:
        return Side.OVER
    return Side.BETWEEN if sign * reading.value > sign * back else None


def _too_old(reading: Reading, now: datetime) -> bool:
    return reading.freshness.state(now) in (State.STALE, State.NEVER)


def _of_reading(rule: AlarmRule, reading: Reading, limit: float, kpi: Kpi, look: Look) -> About:
    where = short(reading.opd, look.city) if reading.opd else place(reading.area, look.tree)
    return _about(
        rule, look, reading.opd, place=where, area=reading.area, opd=reading.opd,
        value=reading.value, limit=limit, unit=kpi.unit, decimals=kpi.decimals, kpi=kpi.id,
    )  # fmt: skip


# --- sources ---------------------------------------------------------------------------------


def _age(rule: AlarmRule, look: Look) -> Iterator[tuple[str, Finding]]:
    owners = {config.name: config.owner for config in look.city.sources}
    for source in look.snapshot.sources:
        if source.source in owners and rule.source in (None, source.source):
            side = _of_source(rule, source, look.now)
            if side is not None:
                about = _about(rule, look, owners[source.source], place=source.title, detail=_age_words(source, look))
                yield source.source, Finding(side=side, about=about)


def _of_source(rule: AlarmRule, source: SourceState, now: datetime) -> Side | None:
    state = source.freshness.state(now)
    match rule.state:
        case "never":
            return Side.OVER if state is State.NEVER else None
        case "refused":
            return Side.OVER if source.outcome in REFUSALS else None
    observed = source.freshness.observed_at
    if observed is None or source.outcome is None:  # the first run is under way: what it has brought so far is its oldest
        return None
    if state is State.STALE or (rule.state == "late" and state is State.LATE):
        return Side.OVER
    calm = source.freshness.budget * (CALM_AGE if rule.clear is None else rule.clear)
    return Side.BETWEEN if now - observed > calm else None


def _age_words(source: SourceState, look: Look) -> Mapping[str, str]:
    """When the data end, and how old they may be; without anything that moves by itself."""
    allowed = span(source.freshness.budget)
    english = allowed.replace("hari", "days").replace("jam", "hours").replace("menit", "minutes")
    if source.freshness.observed_at is None:
        return {"id": "belum ada data", "en": "no data yet"}
    last = source.freshness.observed_at.astimezone(look.city.zone)
    today = start_of_day(look.now, look.city.zone) <= source.freshness.observed_at
    at = f"{last:%H.%M}" if today else f"{last:%d-%m-%Y %H.%M}"
    return {"id": f"data terakhir {at}, batas umurnya {allowed}", "en": f"last data {at}, at most {english} old"}


# --- complaints ------------------------------------------------------------------------------


def _unusual(rule: AlarmRule, look: Look) -> Iterator[tuple[str, Finding]]:
    for item in look.snapshot.attention:
        if item.id.startswith(SURGE):
            said = {"id": f"{item.title}, {item.detail}" if item.detail else item.title}
            about = _about(
                rule, look, item.owner, place=item.place, area=item.area, value=float(item.n), unit="aduan", detail=said
            )
            yield item.id.removeprefix(SURGE), Finding(side=Side.OVER, about=about)


def _deadline(rule: AlarmRule, look: Look) -> Iterator[tuple[str, Finding]]:
    """OPDs with open complaints that fall due within the rule's working hours, by each OPD's own calendar."""
    now, limit = look.now, rule.above or 1
    back = limit * (1 - DEADBAND) if rule.clear is None else rule.clear
    waiting = (
        look.complaints.lazy()
        .filter(open_at_end(Window.NOW.at(now, look.city.zone)), pl.col("due") >= now, pl.col("opd").is_not_null())
        .select(pl.col("opd").cast(pl.String), "due")
        .collect()
    )
    for (opd,), cases in sorted(waiting.group_by("opd"), key=lambda group: str(group[0][0])):
        until = Calendar.of(look.city, now, opd=str(opd)).add(now, hours=rule.hours).moment
        soon = cases.filter(pl.col("due") <= until)["due"]
        if soon.len() > back:
            first = str(soon.dt.convert_time_zone(str(look.city.zone)).min().strftime("%d-%m-%Y %H.%M"))  # type: ignore[union-attr]
            about = _about(
                rule, look, str(opd), place=short(str(opd), look.city) or str(opd), opd=str(opd),
                value=float(soon.len()), limit=float(limit), unit="aduan",
                detail={"id": f"dalam {rule.hours} jam kerja, yang pertama {first}",
                        "en": f"within {rule.hours} working hours, the first {first}"},
            )  # fmt: skip
            yield str(opd), Finding(side=Side.OVER if soon.len() >= limit else Side.BETWEEN, about=about)


def _mismatch(rule: AlarmRule, look: Look) -> Iterator[tuple[str, Finding]]:
    """One alarm for each identity that does not hold, however many cuts it touches."""
    broken: dict[str, list[Mismatch]] = {}
    for mismatch in look.snapshot.mismatches:
        broken.setdefault(mismatch.identity, []).append(mismatch)
    for identity, cases in broken.items():
        worst = max(cases, key=lambda case: abs(case.difference))
        about = _about(
            rule, look, worst.owner, place=place(worst.area, look.tree), area=worst.area, opd=worst.opd,
            value=worst.difference, unit=worst.unit, detail=dict(worst.title),
        )  # fmt: skip
        yield identity, Finding(side=Side.OVER, about=about)


def _screen(rule: AlarmRule, look: Look) -> Iterator[tuple[str, Finding]]:
    """Screens that did report and no longer do; one that never has is not hung up yet."""
    for screen in look.screens or ():
        if screen.heard and screen.silent(look.now):
            last = f"{screen.heard.astimezone(look.city.zone):%d-%m-%Y %H.%M}"
            said = {"id": f"terakhir melapor {last}", "en": f"last reported {last}"}
            yield screen.slug, Finding(side=Side.OVER, about=_about(rule, look, None, place=screen.name, detail=said))
