"""Who delivered nothing: a source of the room's own, that asks the store whether each one's records of a period came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from connectors.fields import digest
from connectors.http import Http
from connectors.source import Config, Context, Cursor, Excluded, Kept, Page, Place, Refused, Row, Source
from layers import schema
from layers.calendar import Calendar
from layers.city import City, Report, SourceConfig
from layers.clock import month_of
from layers.model import Kind, Measurement, Outcome
from layers.schema import AT, RECORD_TABLES
from layers.store import Store

SEEN_DAYS = 30
"""A subject is expected when it was heard of in so many days before the period's end."""

LONGEST_KEY = 80
"""Characters of a subject in a record's identifier; of a longer one a digest stands there."""

_GOOD = [outcome.value for outcome in Outcome if outcome.good]


class Nothing(Config):
    """Nothing to configure: what is owed stands in the sources' own ``reports``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A complete period: from local midnight of ``first`` to local midnight of ``after``."""

    first: date
    after: date
    start: datetime
    end: datetime


def pages(_: Http, __: Nothing, ___: Cursor | None, ctx: Context) -> Iterator[Page]:
    """One page for each thing that is owed: who of those expected delivered in the last complete period."""
    if ctx.store is None:
        raise Refused("sumber ini membaca penyimpanan ruang kendali sendiri, hanya dalam penarikan")
    for source in ctx.city.sources:
        for report in source.reports:
            period = last_period(report, ctx.now, ctx.city)
            yield Page(rows=list(_answers(ctx.store, source, report, period, ctx.city)))


def parse(row: Row, _: Nothing, ctx: Context) -> Kept | Excluded:
    record = Measurement(
        source=ctx.source,
        source_id=key(row) or "",
        seen_at=ctx.now,
        opd=row["key"] if row["by"] == "opd" else None,
        name=f"pelaporan.{row['by']}",
        subject=f"{row['source']}/{row['key']}",
        value=float(row["delivered"]),
        unit="ya/tidak",
        measured=datetime.fromisoformat(row["start"]),
    )
    return Kept(record=record, place=Place(code=row["key"] if row["by"] in ("kecamatan", "kelurahan") else None))


def key(row: Row) -> str | None:
    """``<by>/<source>/<first day>/<key>``: asked again, the same period gives the same record.

    In this order, for the code of an area before a day has the digits of a NIK.
    """
    name = row["key"] if len(row["key"]) <= LONGEST_KEY else digest(row["key"])
    return f"{row['by']}/{row['source']}/{row['first']}/{name}"


# --- periods -----------------------------------------------------------------------------------


def working(day: date, city: City) -> bool:
    """Whether offices of the city work on a day, by its calendar; holidays of years ahead are partly estimates there."""
    return Calendar.of(city).works(day)


def last_period(report: Report, now: datetime, city: City) -> Period:
    """The last period that is over; with ``working_days`` the last one with a working day in it."""
    today = now.astimezone(city.zone).date()
    first = _first(report, today)
    while True:
        after, first = first, _first(report, first - timedelta(days=1))
        days = (first + timedelta(days=n) for n in range((after - first).days))
        if not report.working_days or any(working(day, city) for day in days):
            start, end = (datetime.combine(day, time.min, city.zone).astimezone(UTC) for day in (first, after))
            return Period(first=first, after=after, start=start, end=end)


def _first(report: Report, day: date) -> date:
    """The first day of the period that holds a day."""
    if report.period == "1mo":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if report.period == "7d" else day


# --- who delivered -----------------------------------------------------------------------------


def _answers(store: Store, source: SourceConfig, report: Report, period: Period, city: City) -> Iterator[Row]:
    """A row for each one expected; who is silent gets one only where the source itself was well, for else nobody knows."""
    came = delivered(store, source, report, period, city)
    heard = reached(store, source.name, period)
    for name in sorted(expected(store, source, report, period, city)):
        if name in came or heard:
            yield {
                "by": report.by,
                "source": source.name,
                "key": name,
                "first": period.first.isoformat(),
                "start": period.start.isoformat(),
                "delivered": name in came,
            }


def reached(store: Store, source: str, period: Period) -> bool:
    """Whether the source was read well both within the period and after it: only then its silence says something."""
    run = schema.run.c
    well = and_(run.source == source, run.outcome.in_(_GOOD), run.finished >= period.start)
    within = and_(run.finished >= period.start, run.finished < period.end)
    query = select(func.count().filter(within), func.count().filter(run.finished >= period.end)).where(well)
    with store.read() as connection:
        return all(connection.execute(query).one())


def expected(store: Store, source: SourceConfig, report: Report, period: Period, city: City) -> set[str]:
    """Who owes something: the pack's OPDs, kecamatan or kelurahan; the subjects heard of lately; the source itself."""
    match report.by:
        case "source":
            return {source.name}
        case "opd":
            return {opd.slug for opd in city.opds}
        case "subject":
            return _found(store, source, report, period.end - timedelta(days=SEEN_DAYS), period.end, city)
        case "kecamatan" | "kelurahan":
            dots = 2 if report.by == "kecamatan" else 3
            return {area.code for area in city.areas if area.code.count(".") == dots}


def delivered(store: Store, source: SourceConfig, report: Report, period: Period, city: City) -> set[str]:
    """Who has a record whose time lies in the period.

    A live source that says "nothing has changed" has spoken too: it delivered where a good run of the period saw rows.
    """
    came = _found(store, source, report, period.start, period.end, city)
    if report.by == "source" and source.delivery == "live" and not came:
        run = schema.run.c
        spoke = and_(run.outcome.in_(_GOOD), run.kept + run.unchanged > 0)
        query = select(run.id).where(run.source == source.name, run.finished >= period.start, run.finished < period.end, spoke)
        with store.read() as connection:
            if connection.execute(query.limit(1)).first():
                return {source.name}
    return came


def _found(store: Store, source: SourceConfig, report: Report, start: datetime, end: datetime, city: City) -> set[str]:
    """Those named by the source's current records of a stretch of time."""
    found: set[str] = set()
    for kind, table in RECORD_TABLES.items():
        named = _named(kind, report)
        if named is None:
            continue
        at = table.c[AT[kind]]
        months = table.c.month.in_(_months(start, end, city))  # by its index: the past stays out of it
        mine = (table.c.source == source.name, table.c.known_to.is_(None), months, at >= start, at < end)
        with store.read() as connection:
            found |= {name for name in connection.execute(select(named).where(*mine).distinct()).scalars() if name}
    if report.by == "kecamatan":
        return {code.rpartition(".")[0] if code.count(".") == 3 else code for code in found}
    return found


def _named(kind: Kind, report: Report) -> ColumnElement[Any] | None:
    """The column by which a record names who delivered it."""
    columns = RECORD_TABLES[kind].c
    name = {"source": "source", "opd": "opd", "subject": "subject"}.get(report.by, "area")
    return columns.get(name)


def _months(start: datetime, end: datetime, city: City) -> list[str]:
    return sorted({month_of(start + timedelta(days=n), city.zone) for n in range((end - start).days + 1)})


SOURCE = Source(
    name="pelaporan",
    title={"id": "Kelengkapan pelaporan", "en": "Completeness of reporting"},
    kinds=frozenset({Kind.MEASUREMENT}),
    config=Nothing,
    pages=pages,
    parse=parse,
    key=key,
)
