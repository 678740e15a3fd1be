"""The morning brief of a city and the week's digest of an OPD: what a leader must know before the day begins, on one page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from layers.briefplan import WEEK
from layers.brieftypes import Ahead, Brief, Doubt, Figure, Queue, Standing, Thing, Told, Words
from layers.calendar import Calendar
from layers.catalog import CHANGE, Kpi, Window, moment
from layers.city import City
from layers.clock import start_of_day
from layers.duewords import Lang, standing
from layers.kpis.complaints import SOON, open_at_end
from layers.model import Kind
from layers.notable import Cause, figure, things
from layers.numbers import number
from layers.orders import Order, former_day
from layers.readings import Room
from layers.snapshot import Band, Snapshot, State
from layers.sqltypes import EPOCH

FIGURES = 8
"""A digest shows no more of an OPD's own figures."""

WORSE = 2
"""So many of an OPD's figures that got worse are explained, and one that got better."""

ALARMS = 3
"""So many of the alarms that are active are named."""

NOBODY = "Tanpa OPD"
LANGS: tuple[Lang, ...] = ("id", "en")


def due(city: City, day: date) -> datetime | None:
    """When the brief of a local day is to be made; ``None`` on a day without one."""
    plan = city.brief
    wanted = WEEK[day.weekday()] in plan.days if plan.days else Calendar.of(city).works(day)
    return datetime.combine(day, plan.at, city.zone).astimezone(UTC) if wanted else None


def weekly(city: City, day: date) -> bool:
    """Whether a day's brief is the first of its week: it looks back on a week, and the OPDs have their digests."""
    monday = day - timedelta(days=day.weekday())
    return all(due(city, monday + timedelta(days=n)) is None for n in range(day.weekday()))


def brief(
    snapshot: Snapshot, room: Room, catalog: Mapping[str, Kpi], orders: Iterable[Order], now: datetime, cause: Cause
) -> Brief:
    """The city's brief at ``now``; ``orders`` are those that are open or were given since the working day before."""
    city, day = room.city, now.astimezone(room.city.zone).date()
    week = weekly(city, day)
    return Brief(
        **_head(snapshot, city, now),
        title=city.name,
        opd=None,
        weekly=week,
        standing=_standing(snapshot),
        things=things(snapshot, catalog, city.zone, now, weekly=week, cause=cause),
        figures=(),
        queues=tuple(q for q in queues(room.recent(Kind.COMPLAINT), city, now) if q.overdue or q.soon),
        ahead=deadlines_ahead(room.recent(Kind.COMPLAINT), city, now),
        orders=_told(orders, city, now),
        doubts=tuple(_doubts(snapshot, city, now)),
    )


def digest(
    snapshot: Snapshot, room: Room, catalog: Mapping[str, Kpi], orders: Iterable[Order], now: datetime, cause: Cause, opd: str
) -> Brief:
    """The week of one OPD for its head: own figures against their targets, own queue, own orders.

    Raises ``ValueError`` for an OPD that the city does not have.
    """
    city = room.city
    if (known := city.opd(opd)) is None:
        raise ValueError(f"tidak ada OPD {opd} di {city.name}")
    figures = _figures(snapshot, catalog, now, opd)
    own = room.recent(Kind.COMPLAINT).lazy().filter(pl.col("opd").cast(pl.String) == opd).collect()
    return Brief(
        **_head(snapshot, city, now),
        title=known.name,
        opd=opd,
        weekly=True,
        standing=None,
        things=tuple(_own_things(figures, catalog, room, opd, cause)),
        figures=tuple(figures),
        queues=queues(own, city, now),
        ahead=deadlines_ahead(own, city, now),
        orders=_told((order for order in orders if order.opd == opd), city, now),
        doubts=tuple(_doubts(snapshot, city, now)),
    )


def _head(snapshot: Snapshot, city: City, now: datetime) -> dict[str, Any]:
    day = now.astimezone(city.zone).date()
    return {
        "day": day,
        "city": city.code,
        "due": due(city, day) or now,
        "made": now,
        "version": snapshot.version,
        "built": snapshot.built_at,
        "notice": snapshot.notice,
        "since": former_day(city, now),
    }


# --- who holds what ------------------------------------------------------------------------------


def queues(complaints: pl.DataFrame, city: City, now: datetime) -> tuple[Queue, ...]:
    """What each OPD holds, the most overdue first. ``complaints`` must hold every open one; no row of it goes out."""
    when = Window.NOW.at(now, city.zone)
    today = now.astimezone(city.zone).date()
    ends = {"today": _midnight(today, 1, city), "soon": now + SOON, "week": _midnight(today, 7 - today.weekday(), city)}
    late = pl.col("due") < when.ends
    counted = {name: ((pl.col("due") >= when.ends) & (pl.col("due") < moment(end))).sum() for name, end in ends.items()}
    table = (
        complaints.lazy()
        .filter(open_at_end(when))
        .group_by(pl.col("opd").cast(pl.String))
        .agg(open=pl.len(), overdue=late.sum(), longest=pl.col("due").filter(late).min(), **counted)
        .collect()
    )
    found = (Queue(name=_name(row["opd"], city), **row) for row in table.iter_rows(named=True))
    return tuple(sorted(found, key=lambda q: (-q.overdue, -q.soon, -q.open, q.name)))


def deadlines_ahead(complaints: pl.DataFrame, city: City, now: datetime, hours: int | None = None) -> tuple[Ahead, ...]:
    """What passes its deadline within so many working hours of each OPD's own calendar, the first to pass first.

    ``hours`` is the pack's ``[brief] ahead`` unless given. A deadline that has passed is a matter of :func:`queues`.
    """
    hours = city.brief.ahead if hours is None else hours
    when = Window.NOW.at(now, city.zone)
    table = (
        complaints.lazy()
        .filter(open_at_end(when) & (pl.col("due") >= when.ends))
        .select(pl.col("opd").cast(pl.String), "due")
        .collect()
    )
    names = table["opd"].unique().to_list()
    limits = {opd: Calendar.of(city, now, opd=opd).add(now, hours=hours).moment for opd in names}
    until = pl.DataFrame({"opd": list(limits), "until": list(limits.values())}, {"opd": pl.String, "until": table.schema["due"]})
    near = (
        table.lazy()
        .join(until.lazy(), on="opd", nulls_equal=True)
        .filter(pl.col("due") <= pl.col("until"))
        .group_by("opd")
        .agg(n=pl.len(), first=pl.col("due").min(), until=pl.col("until").first())
        .collect()
    )
    found = (Ahead(name=_name(row["opd"], city), hours=hours, **row) for row in near.iter_rows(named=True))
    return tuple(sorted(found, key=lambda a: (a.first, -a.n, a.name)))


def _midnight(today: date, days: int, city: City) -> datetime:
    day = today + timedelta(days=days)
    return start_of_day(datetime(day.year, day.month, day.day, 12, tzinfo=city.zone), city.zone)


def _name(opd: str | None, city: City) -> str:
    known = city.opd(opd) if opd else None
    return known.short if known else opd or NOBODY


def _told(orders: Iterable[Order], city: City, now: datetime) -> tuple[Told, ...]:
    """Orders of the working day before and since, and older ones that wait for an answer; the unanswered first."""
    since = former_day(city, now)
    told = (_tell(o, city, now) for o in orders if o.given >= since or o.state.open)
    return tuple(sorted(told, key=lambda t: (t.answered is not None or not t.state.open, t.due, t.id)))


def _tell(order: Order, city: City, now: datetime) -> Told:
    calendar = Calendar.of(city, now, opd=order.opd)
    return Told(
        id=order.id,
        given=order.given,
        role=order.giver_role,
        opd=order.opd,
        name=_name(order.opd, city),
        text=order.text,
        due=order.due,
        standing={lang: standing(now, order.due, calendar, lang) for lang in LANGS},
        state=order.state,
        answer=order.answer,
        answered=order.answered,
        kpi=order.about.kpi,
        area=order.about.area,
    )


# --- an OPD's own figures ------------------------------------------------------------------------

_URGENCY = {Band.ACT: 0, Band.WATCH: 1, Band.NORMAL: 2}


def _figures(snapshot: Snapshot, catalog: Mapping[str, Kpi], now: datetime, opd: str) -> list[Figure]:
    """The OPD's figures, those beyond their targets first, then those with a target."""
    found = []
    for kpi in catalog.values():
        reading = snapshot.reading(kpi.id, opd=opd)
        if reading is not None and reading.value is not None and reading.n and kpi.beside is None:
            found.append(figure(reading, kpi, now, reading.change, CHANGE[kpi.window]))
    return sorted(found, key=lambda f: (_URGENCY[f.band], f.target is None))[:FIGURES]


def _own_things(figures: Iterable[Figure], catalog: Mapping[str, Kpi], room: Room, opd: str, cause: Cause) -> Iterator[Thing]:
    """What made the OPD's figures worse, and one that got better."""
    worse, better = ([f for f in figures if f.good is good] for good in (False, True))
    for told in (*worse[:WORSE], *better[:1]):
        kpi = catalog[told.kpi]
        when = kpi.window.at(room.now, room.city.zone)
        if (why := cause(kpi, opd, (when.before(), when))) is not None:
            yield Thing(figure=told, cause=why)


# --- what can be relied on -----------------------------------------------------------------------


def _standing(snapshot: Snapshot) -> Standing | None:
    """The city's state as published, what met its rule, and the alarms that are most urgent."""
    state = snapshot.state
    if state is None:
        return None
    urgent = sorted((a for a in snapshot.alarms if a.active), key=lambda a: (a.priority, a.raised_at, a.id))
    named: list[Words] = [{lang: f"{alarm.title[lang]}: {alarm.place}" for lang in LANGS} for alarm in urgent[:ALARMS]]
    return Standing(level=state.level, name=dict(state.word), reasons=(*state.reasons, *named))


def _doubts(snapshot: Snapshot, city: City, now: datetime) -> Iterator[Doubt]:
    """Figures that do not agree, then sources that are not live, the longest silent first."""
    for found in sorted(snapshot.mismatches, key=lambda m: (m.identity, m.area, m.subject or "")):
        decimals = 0 if float(found.difference).is_integer() else 2
        size = {lang: number(found.difference, decimals, lang) for lang in LANGS}
        why = {"id": f"TIDAK COCOK, selisih {size['id']} {found.unit}", "en": f"DOES NOT AGREE by {size['en']}"}
        yield Doubt(what=found.title["id"], owner=found.owner, why=why)
    owners = {config.name: config.owner for config in city.sources}
    silent = [s for s in snapshot.sources if s.freshness.state(now) is not State.LIVE]
    for source in sorted(silent, key=lambda s: (s.freshness.observed_at or EPOCH, s.title)):
        yield Doubt(what=source.title, owner=owners.get(source.source), observed=source.freshness.observed_at)
