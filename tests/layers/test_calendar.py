"""The working-time clock: worked tables of real weeks, its laws on random moments, and what was known when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.calendar import Calendar, CalendarError
from layers.city import PACKS, City, PackError, load
from layers.deadlines import PROFILES, Deadlines, NoRuleError
from layers.duewords import answered, explained, standing
from layers.freedays import TABLE, YEARS, ramadans
from layers.officehours import NATIONAL, Amount, DeadlineRule, Holiday, Hours, Service, Week, WorkingTime

CITY = load("36.71")
CALENDAR = Calendar.of(CITY)
WIB = CITY.zone


def wib(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=WIB)


def free(day: str, kind: str, known_since: str | None = None, name: str = "uji") -> Holiday:
    return Holiday.model_validate({"date": day, "name": name, "kind": kind, "known_since": known_since})


def with_rows(*rows: Holiday) -> City:
    return CITY.model_copy(update={"holidays": rows})


# Moments of 2023 to 2027, half of them within a minute of an edge where errors live.
SECONDS = st.integers(int(wib("2023-01-01").timestamp()), int(wib("2027-12-01").timestamp()))
EDGES = st.builds(
    lambda day, clock, off: (
        datetime.combine(date(2023, 1, 1) + timedelta(days=day), datetime.min.time(), WIB) + timedelta(minutes=clock, seconds=off)
    ),
    st.integers(0, 1790),
    st.sampled_from([0, 450, 480, 690, 720, 750, 780, 900, 930, 960, 990]),
    st.integers(-60, 60),
)
MOMENTS = st.one_of(SECONDS.map(lambda s: datetime.fromtimestamp(s, UTC)), EDGES)
SERVICES = {
    "pemadam": Service(hours="24 jam"),
    "loket": Service(
        hours=Week.model_validate({"mon_thu": ["08.00-15.00"], "fri": ["08.00-11.00"], "sat": ["08.00-12.00"]}),
        closed_on=("libur",),
    ),
}
OWN = CITY.model_copy(
    update={
        "zone": ZoneInfo("Asia/Jayapura"),
        "calendar": WorkingTime(services=SERVICES, hours=(Hours(week=Week.model_validate({"mon_thu": ["09.00-17.00"]})),)),
    }
)
OFFICES = {
    "kota": CALENDAR,
    "kota, Agustus 2025": Calendar.of(CITY, date(2025, 8, 1)),
    "Jayapura": Calendar.of(OWN),
    "pemadam": Calendar.of(OWN, opd="pemadam"),
    "loket": Calendar.of(OWN, opd="loket"),
}
NAMES = st.sampled_from([*OFFICES])


# --- worked tables: hours ---

HOURS = [
    # from, to, hours of work between
    ("2026-11-23 00:00", "2026-11-30 00:00", 37.5),  # an ordinary week
    ("2026-11-23 07:30", "2026-11-23 16:00", 7.5),
    ("2026-11-23 11:00", "2026-11-23 14:00", 2.0),  # the hour's break does not count
    ("2026-11-27 11:00", "2026-11-27 14:00", 1.5),  # on a Friday it is 90 minutes
    ("2026-11-27 16:00", "2026-11-27 18:00", 0.5),  # and closing is at 16.30
    ("2026-11-23 16:00", "2026-11-24 07:30", 0.0),
    ("2026-03-02 00:00", "2026-03-09 00:00", 32.5),  # a week of Ramadan
    ("2026-02-18 00:00", "2026-02-19 00:00", 7.5),  # the day before it
    ("2026-02-19 00:00", "2026-02-20 00:00", 6.5),  # 1 Ramadan 1447 H
    ("2026-03-06 11:00", "2026-03-06 13:00", 1.0),  # a Friday in it
    ("2026-03-16 00:00", "2026-03-25 00:00", 13.0),  # two days before Nyepi and Idul Fitri
    ("2026-03-25 00:00", "2026-03-26 00:00", 7.5),  # and ordinary hours after it
]


@pytest.mark.parametrize(("start", "stop", "hours"), HOURS, ids=[f"{row[0]} {row[2]}" for row in HOURS])
def test_hours_between(start: str, stop: str, hours: float) -> None:
    assert CALENDAR.working_seconds(wib(start), wib(stop)) == hours * 3600
    assert CALENDAR.working_seconds(wib(stop), wib(start)) == -hours * 3600


def test_a_week_has_the_hours_of_the_regulation() -> None:
    for week, hours in ((NATIONAL.week, 37.5), (NATIONAL.ramadan, 32.5)):
        assert week is not None
        days = [week.on(date(2026, 11, 23) + timedelta(days=n)) for n in range(7)]
        assert sum(stop - start for spans in days for start, stop in spans) == hours * 3600


# --- worked tables: deadlines ---

DUE = [
    # received, working days, due at the same hour, due at closing
    ("2026-11-23 10:00", 3, "2026-11-26 10:00", "2026-11-26 16:00"),
    ("2026-11-20 16:15", 1, "2026-11-23 16:00", "2026-11-23 16:00"),  # Friday 16.15: Monday closes before
    ("2026-11-23 16:00", 1, "2026-11-25 07:30", "2026-11-25 16:00"),  # at closing time it is tomorrow's
    ("2026-11-23 06:00", 1, "2026-11-24 07:30", "2026-11-24 16:00"),
    ("2026-11-21 12:00", 1, "2026-11-24 07:30", "2026-11-24 16:00"),  # a Saturday: received on Monday
    ("2026-11-23 10:00", 0, "2026-11-23 10:00", "2026-11-23 16:00"),
    ("2026-03-18 15:10", 5, "2026-04-01 07:30", "2026-04-01 16:00"),  # cuti bersama; received on the 25th
    ("2026-03-17 14:10", 5, "2026-03-31 14:10", "2026-03-31 16:00"),
    ("2026-03-17 15:10", 5, "2026-04-01 07:30", "2026-04-01 16:00"),  # in Ramadan the office has closed at 15.00
    ("2026-12-23 09:00", 2, "2026-12-29 09:00", "2026-12-29 16:00"),
]


@pytest.mark.parametrize(("received", "days", "same", "closing"), DUE, ids=[f"{row[0]} {row[1]}" for row in DUE])
def test_working_days(received: str, days: int, same: str, closing: str) -> None:
    assert CALENDAR.add(wib(received), days=days).moment == wib(same)
    assert CALENDAR.add(wib(received), days=days, end="tutup_kantor").moment == wib(closing)


def test_every_skipped_day_is_named() -> None:
    due = CALENDAR.add(wib("2026-03-18 15:10"), days=5)
    assert due.since == wib("2026-03-25 07:30")
    assert [(day.day.day, day.kind) for day in due.skipped] == [
        (18, "cuti_bersama"),
        (19, "libur"),
        (20, "cuti_bersama"),
        (21, "libur"),
        (22, "libur"),
        (23, "cuti_bersama"),
        (24, "cuti_bersama"),
        (28, "akhir_pekan"),
        (29, "akhir_pekan"),
    ]
    assert not any(day.estimated for day in due.skipped)
    assert [day.estimated for day in CALENDAR.add(wib("2027-03-09 15:10"), days=1).skipped].count(True) == 2  # Idul Fitri 2027


def test_years_without_a_decree_are_said() -> None:
    assert CALENDAR.add(wib("2027-12-29 10:00"), days=5).undecided == (2028,)
    assert CALENDAR.add(wib("2026-12-29 10:00"), days=5).undecided == ()
    assert Calendar.of(CITY, date(2025, 9, 18)).add(wib("2025-12-29 10:00"), days=5).undecided == (2026,)


def test_exactly_one_amount() -> None:
    with pytest.raises(ValueError, match="salah satu"):
        CALENDAR.add(wib("2026-11-23 10:00"))
    with pytest.raises(ValueError, match="salah satu"):
        CALENDAR.add(wib("2026-11-23 10:00"), days=1, hours=1)


def test_outside_the_calendar() -> None:
    far = datetime(1970, 1, 1, tzinfo=UTC)
    with pytest.raises(CalendarError, match="di luar kalender 2015-2036"):
        CALENDAR.working_seconds(far, wib("2026-11-23"))
    with pytest.raises(CalendarError, match="di luar kalender"):
        CALENDAR.add(wib("2036-12-30 10:00"), days=5)
    with pytest.raises(CalendarError, match="di luar kalender"):
        CALENDAR.add(wib("2036-12-30 10:00"), hours=100)
    with pytest.raises(CalendarError, match="di luar kalender"):
        CALENDAR.works(date(2014, 12, 31))
    times = pl.Series([far, None, wib("2036-12-30 10:00").astimezone(UTC)], dtype=pl.Datetime("us", "UTC"))
    assert CALENDAR.due_column(times, Amount(n=5, unit="hari kerja")).to_list() == [None] * 3
    assert CALENDAR.due_column(times, Amount(n=100, unit="jam kerja")).to_list() == [None] * 3
    assert CALENDAR.seconds_between(times, times).to_list() == [None, None, 0]


# --- laws ---


@given(NAMES, MOMENTS, MOMENTS, MOMENTS)
def test_working_time_adds_up_and_never_runs_back(office: str, a: datetime, b: datetime, c: datetime) -> None:
    calendar = OFFICES[office]
    between = calendar.working_seconds
    assert between(a, c) == between(a, b) + between(b, c)
    assert (between(a, b) >= 0) or b < a
    assert abs(between(a, b)) <= abs((b - a).total_seconds()) + 1


@given(NAMES, MOMENTS, st.integers(0, 400))
def test_hours_added_are_the_hours_between(office: str, a: datetime, hours: int) -> None:
    calendar = OFFICES[office]
    due = calendar.add(a, hours=hours).moment
    assert calendar.working_seconds(a, due) == hours * 3600
    if hours:  # and it is the first such moment
        assert calendar.working_seconds(a, due - timedelta(seconds=1)) == hours * 3600 - 1


@given(NAMES, MOMENTS, MOMENTS, st.integers(0, 80), st.sampled_from(["jam_sama", "tutup_kantor"]))
def test_a_later_receipt_is_never_due_earlier(office: str, a: datetime, b: datetime, days: int, end: Any) -> None:
    calendar = OFFICES[office]
    a, b = sorted((a, b))
    assert calendar.add(a, days=days, end=end).moment <= calendar.add(b, days=days, end=end).moment
    assert calendar.add(a, days=days, end=end).moment < calendar.add(a, days=days + 1, end=end).moment
    assert calendar.add(a, days=days).moment <= calendar.add(a, days=days, end="tutup_kantor").moment


@given(NAMES, MOMENTS, st.integers(0, 80), st.sampled_from(["jam_sama", "tutup_kantor"]))
def test_so_many_worked_days_lie_between(office: str, a: datetime, days: int, end: Any) -> None:
    calendar = OFFICES[office]
    due = calendar.add(a, days=days, end=end)
    first = due.since.astimezone(calendar.zone)
    last = due.moment.astimezone(calendar.zone) - timedelta(seconds=end == "tutup_kantor")  # a close at midnight is that day's
    run = (first.date() + timedelta(days=n) for n in range((last.date() - first.date()).days + 1))
    assert sum(map(calendar.works, run)) == days + 1
    assert calendar.works(first.date())


@given(NAMES, st.dates(date(2023, 1, 1), date(2027, 12, 31)))
def test_a_day_that_is_not_worked_has_no_working_time(office: str, day: date) -> None:
    calendar = OFFICES[office]
    start = datetime.combine(day, datetime.min.time(), calendar.zone)
    stop = datetime.combine(day + timedelta(days=1), datetime.min.time(), calendar.zone)
    assert calendar.working_seconds(start, stop) == sum(b - a for a, b in calendar.spans(day))
    row = calendar.free.get(day)
    if calendar.service is None and row is not None and row.kind in ("libur", "cuti_bersama"):
        assert calendar.working_seconds(start, stop) == 0
        assert not calendar.works(day)


def minutes_worked(calendar: Calendar, a: datetime, b: datetime) -> int:
    """The same question answered minute by minute, by the clock on the wall."""
    n, at = 0, a
    while at < b:
        local = at.astimezone(calendar.zone)
        second = local.hour * 3600 + local.minute * 60
        n += any(start <= second < stop for start, stop in calendar.spans(local.date()))
        at += timedelta(minutes=1)
    return n


@given(NAMES, SECONDS, st.integers(0, 6 * 24 * 60))
def test_it_agrees_with_a_walk_from_minute_to_minute(office: str, start: int, minutes: int) -> None:
    calendar = OFFICES[office]
    a = datetime.fromtimestamp(start // 60 * 60, UTC)
    b = a + timedelta(minutes=minutes)
    assert calendar.working_seconds(a, b) == 60 * minutes_worked(calendar, a, b)


PAUSES = st.lists(st.tuples(st.integers(-20_000, 900_000), st.integers(0, 400_000)), max_size=4)


@given(NAMES, MOMENTS, st.integers(1, 100), PAUSES)
def test_pauses_shift_exactly(office: str, a: datetime, hours: int, drawn: list[tuple[int, int]]) -> None:
    calendar = OFFICES[office]
    a = a.replace(microsecond=0)
    pauses = [(a + timedelta(seconds=start), a + timedelta(seconds=start + length)) for start, length in drawn]
    due = calendar.add(a, hours=hours, pauses=pauses)
    inside = union(pauses, a, due.moment)
    paused = sum(calendar.working_seconds(start, stop) for start, stop in inside)
    assert calendar.working_seconds(a, due.moment) - paused == hours * 3600
    assert calendar.add(a, hours=hours, pauses=[]).moment <= due.moment
    plain = calendar.add(a, days=hours % 20)
    moved = calendar.add(a, days=hours % 20, pauses=pauses)
    assert calendar.working_seconds(plain.moment, moved.moment) == moved.paused
    assert moved.paused == sum(calendar.working_seconds(x, y) for x, y in union(pauses, a, moved.moment) if x < moved.moment)


def union(pauses: Sequence[tuple[datetime, datetime]], first: datetime, last: datetime) -> list[tuple[datetime, datetime]]:
    """The stretches of pauses between two moments, each second once."""
    found: list[tuple[datetime, datetime]] = []
    for start, stop in sorted((max(a, first), min(b, last)) for a, b in pauses):
        start = max(start, found[-1][1]) if found else start
        if stop > start:
            found.append((start, stop))
    return found


def test_a_pause_under_closing_time_ends_at_a_closing_time() -> None:
    pause = (wib("2026-11-24 10:00"), wib("2026-11-24 14:00"))  # three working hours
    due = CALENDAR.add(wib("2026-11-23 10:00"), days=2, pauses=[pause], end="tutup_kantor")
    assert (due.moment, due.paused) == (wib("2026-11-26 16:00"), 3 * 3600)
    assert CALENDAR.add(wib("2026-11-23 10:00"), days=2, pauses=[pause]).moment == wib("2026-11-25 14:00")
    after = (wib("2026-12-01 10:00"), wib("2026-12-02 10:00"))
    assert CALENDAR.add(wib("2026-11-23 10:00"), days=2, pauses=[after]).moment == wib("2026-11-25 10:00")
    with pytest.raises(ValueError, match="jeda"):
        CALENDAR.add(wib("2026-11-23 10:00"), days=2, pauses=[(after[1], after[0])])


@given(NAMES, MOMENTS, st.integers(0, 60), st.integers(0, 30_000))
def test_what_is_left_leads_to_the_due_moment(office: str, a: datetime, days: int, more: int) -> None:
    calendar = OFFICES[office]
    a = a.replace(microsecond=0)
    due = calendar.add(calendar.add(a, days=days).moment, hours=more // 3600).moment
    left = calendar.left(a, due)
    assert not left.over or due < a
    start = calendar.add(a, days=left.days).moment if left.days else a
    assert calendar.working_seconds(start, due) == left.seconds or left.over
    if not left.over and due > calendar.add(a, days=0).moment:
        assert calendar.add(a, days=left.days + 1).moment > due  # no whole day more


# --- columns ---

AMOUNTS = st.builds(Amount, n=st.integers(0, 90), unit=st.sampled_from(["hari kerja", "jam kerja", "hari", "jam"]))


@given(NAMES, st.lists(st.tuples(MOMENTS, MOMENTS), min_size=1, max_size=20), AMOUNTS, st.sampled_from([None, "tutup_kantor"]))
def test_a_column_is_its_moments(office: str, pairs: list[tuple[datetime, datetime]], amount: Amount, end: Any) -> None:
    calendar = OFFICES[office]
    frame = pl.DataFrame(
        {"a": [a.astimezone(UTC) for a, _ in pairs] + [None], "b": [b.astimezone(UTC) for _, b in pairs] + [None]},
        schema=dict.fromkeys("ab", pl.Datetime("us", "UTC")),
    )
    found = frame.select(due=calendar.due_at("a", amount, end=end), hours=calendar.working_hours("a", "b"))
    seconds = [*(calendar.working_seconds(a, b) for a, b in pairs), None]
    assert found["due"].to_list() == [*(calendar.due(a, amount, end=end).moment for a, _ in pairs), None]
    assert calendar.seconds_between(frame["a"], frame["b"]).to_list() == seconds
    assert found["hours"][-1] is None
    assert found["hours"][:-1].to_list() == pytest.approx([n / 3600 for n in seconds[:-1] if n is not None])


def test_a_column_of_another_zone_is_the_same_moments() -> None:
    there = pl.Series([wib("2026-11-23 10:00")]).dt.convert_time_zone("Asia/Jayapura")
    assert CALENDAR.due_column(there, Amount(n=1, unit="hari kerja")).to_list() == [wib("2026-11-24 10:00")]


def test_a_zone_with_summer_time_keeps_the_clock() -> None:
    berlin = Calendar.of(CITY.model_copy(update={"zone": ZoneInfo("Europe/Berlin")}))
    friday = datetime(2026, 3, 27, 10, tzinfo=ZoneInfo("Europe/Berlin"))  # clocks change on Sunday the 29th
    assert berlin.add(friday, days=1).moment == datetime(2026, 3, 30, 10, tzinfo=ZoneInfo("Europe/Berlin"))
    assert berlin.due(friday, Amount(n=7, unit="hari")).moment == datetime(2026, 4, 3, 10, tzinfo=ZoneInfo("Europe/Berlin"))
    assert berlin.due(friday, Amount(n=168, unit="jam")).moment == datetime(2026, 4, 3, 11, tzinfo=ZoneInfo("Europe/Berlin"))


# --- what was known when ---

KNOWN = [
    # day, asked as known at, worked
    ("2025-08-18", "2025-08-06", True),  # added on 7 August of that year
    ("2025-08-18", "2025-08-07", False),
    ("2025-08-18", None, False),
    ("2023-04-26", "2023-03-28", False),  # Idul Fitri 2023: four days ...
    ("2023-04-26", "2023-03-29", True),  # ... became five, and came earlier
    ("2023-04-19", "2023-03-28", True),
    ("2023-04-19", "2023-03-29", False),
    ("2023-04-21", "2023-03-28", False),
    ("2023-06-30", "2023-06-15", True),
    ("2026-03-20", "2025-09-18", True),  # no cuti bersama of 2026 before its decree
    ("2026-03-20", "2025-09-19", False),
    ("2026-03-19", "2024-01-01", False),  # holidays themselves are foreseen
    ("2024-02-14", "2024-02-05", True),
    ("2024-02-14", "2024-02-06", False),
]


@pytest.mark.parametrize(("day", "known_at", "worked"), KNOWN, ids=[f"{row[0]} {row[1]}" for row in KNOWN])
def test_as_known_at(day: str, known_at: str | None, worked: bool) -> None:
    calendar = Calendar.of(CITY, known_at and date.fromisoformat(known_at))
    assert calendar.works(date.fromisoformat(day)) is worked


def test_as_known_at_a_moment_is_its_local_day() -> None:
    midnight = wib("2025-08-07 00:00")
    assert not Calendar.of(CITY, midnight).works(date(2025, 8, 18))
    assert Calendar.of(CITY, midnight - timedelta(seconds=1)).works(date(2025, 8, 18))


def test_calendars_between_two_decrees_are_one() -> None:
    assert Calendar.of(CITY, date(2025, 8, 10)) is Calendar.of(CITY, date(2025, 8, 31))
    assert Calendar.of(CITY, date(2025, 8, 6)) is not Calendar.of(CITY, date(2025, 8, 7))


def test_a_decree_of_august_moves_a_deadline_of_august() -> None:
    received = wib("2025-08-14 10:00")
    assert Calendar.of(CITY, date(2025, 8, 1)).add(received, days=3).moment == wib("2025-08-19 10:00")
    assert CALENDAR.add(received, days=3).moment == wib("2025-08-20 10:00")


def test_every_cuti_bersama_of_the_package_since_2023_has_its_date() -> None:
    found = holidays.country_holidays("ID", categories=("government",), years=range(2023, YEARS[-1] + 1))
    known = Calendar.of(CITY).free
    assert {day for day in found if known[day].known_since is None} == set()
    table = {line.split(",")[0] for line in TABLE.read_text("utf-8").splitlines() if ",cuti_bersama," in line}
    assert table - {day.isoformat() for day in found} == {"2023-04-26"}  # the one that was taken back


def test_without_a_date_all_is_as_the_package_says() -> None:
    package = holidays.country_holidays("ID", categories=("public", "government"), years=YEARS)
    day = date(YEARS[0], 1, 1)
    while day.year in YEARS:
        assert CALENDAR.works(day) is (day.weekday() < 5 and day not in package), day
        day += timedelta(days=1)


def test_ramadan_is_as_decreed_then_as_calculated() -> None:
    starts = ramadans((), None)
    assert {date(2025, 3, 1), date(2026, 2, 19), date(2027, 2, 8)} <= {*starts}
    assert date(2025, 3, 2) not in starts  # the package's calculation
    assert date(2025, 3, 2) in ramadans((), date(2025, 2, 27))
    own = free("2027-02-09", "ramadan")
    assert {date(2027, 2, 8), date(2027, 2, 9)} & {*ramadans((own,), None)} == {date(2027, 2, 9)}


# --- a region's own ---


def test_a_regions_rows_go_over_the_nations() -> None:
    city = with_rows(
        free("2026-02-27", "libur", "2026-01-10", "Hari Jadi Kota"),
        free("2026-03-18", "kerja"),
        free("2026-12-05", "kerja"),
        free("2026-03-18", "libur", "2026-03-01"),
    )
    calendar = Calendar.of(city)
    assert not calendar.works(date(2026, 2, 27))
    assert Calendar.of(city, date(2026, 1, 9)).works(date(2026, 2, 27))
    assert calendar.spans(date(2026, 12, 5)) == NATIONAL.week.mon_thu  # a Saturday that is worked has Monday's hours
    assert Calendar.of(city, date(2026, 2, 28)).works(date(2026, 3, 18))  # without a date: always, over the nation's decree
    assert not calendar.works(date(2026, 3, 18))  # of two rows the later one
    assert CALENDAR.works(date(2026, 2, 27))


def test_own_hours_hold_between_their_dates() -> None:
    week = Week.model_validate({"mon_thu": ["08.00-14.00"], "sat": ["08.00-12.00"]})
    own = WorkingTime(end="tutup_kantor", hours=(Hours(week=week, valid_from=date(2026, 1, 1), valid_to=date(2026, 6, 30)),))
    calendar = Calendar.of(CITY.model_copy(update={"calendar": own}))
    assert calendar.working_seconds(wib("2026-06-29"), wib("2026-06-30")) == 6 * 3600
    assert calendar.working_seconds(wib("2026-07-01"), wib("2026-07-02")) == 7.5 * 3600
    assert (calendar.works(date(2026, 6, 27)), calendar.works(date(2026, 7, 4))) == (True, False)
    assert calendar.add(wib("2026-06-29 09:00"), days=1).moment == wib("2026-06-30 14:00")  # the pack's end of day


def test_services_have_their_own_time() -> None:
    fire, counter = (Calendar.of(OWN, opd=slug) for slug in ("pemadam", "loket"))
    night = datetime(2026, 3, 21, 23, tzinfo=OWN.zone)  # Idul Fitri
    assert fire.add(night, hours=6).moment == night + timedelta(hours=6)
    assert fire.working_seconds(night, night + timedelta(days=3)) == 3 * 86_400
    assert not counter.works(date(2026, 3, 21))
    assert counter.works(date(2026, 3, 20))  # cuti bersama is worked there
    assert Calendar.of(OWN, opd="dinkes") is Calendar.of(OWN)  # without hours of its own: the city's


def test_zones_of_the_country() -> None:
    for zone, hour in (("Asia/Jakarta", 0), ("Asia/Makassar", -1), ("Asia/Jayapura", -2)):
        calendar = Calendar.national(ZoneInfo(zone))
        opens = calendar.add(wib("2026-11-22 12:00"), days=0).moment
        assert opens == wib("2026-11-23 07:30") + timedelta(hours=hour)


PACK = [
    ('[calendar]\nend = "sore"', "calendar.end"),
    ('[calendar.services.bukan_opd]\nhours = "24 jam"', "bukan OPD kota ini: bukan_opd"),
    ('[[calendar.hours]]\nweek = { mon_thu = ["07.30-25.00"] }', "bukan jam: '25.00'"),
    ('[[calendar.hours]]\nweek = { mon_thu = ["13.00-16.00", "07.30-12.00"] }', "berurutan"),
    ("[[calendar.hours]]\nweek = {}", "tidak ada jam kerja"),
    ('[[deadlines.kota]]\nstep = "verifikasi"\namount = "sebentar"\nbasis = "Perwal"', "bukan lama tenggat: 'sebentar'"),
    ('[[deadlines.kota]]\nstep = "Dua Kata"\namount = "2 jam"\nbasis = "Perwal"', "huruf kecil"),
]


def write_pack(folder: Path, more: str, rows: str = "") -> Path:
    for file in PACKS.glob("36.71*"):
        (folder / file.name).write_bytes(file.read_bytes())
    with (folder / "36.71.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{more}\n")
    if rows:
        (folder / "36.71.holidays.csv").write_text(rows, "utf-8")
    return folder


@pytest.mark.parametrize(("text", "message"), PACK, ids=[row[1] for row in PACK])
def test_a_pack_that_cannot_be_used_says_why(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(PackError, match=message):
        load("36.71", packs=[write_pack(tmp_path, text)])


def test_a_pack_states_hours_services_days_and_rules(tmp_path: Path) -> None:
    text = """
[calendar]
end = "tutup_kantor"
[[calendar.hours]]
valid_from = 2027-01-01
week = { mon_thu = ["08.00-16.30"], fri = ["08.00-15.00"] }
[calendar.services.dinkes]
hours = "24 jam"
[[deadlines.kota]]
step = "penyelesaian"
amount = "2 hari kerja"
categories = ["Lampu jalan"]
valid_from = 2026-01-01
basis = "Perwal 5/2026"
"""
    city = load(
        "36.71", packs=[write_pack(tmp_path, text, "date,name,kind,known_since\n2026-02-27,Hari Jadi,libur,2026-01-10\n")]
    )
    calendar = Calendar.of(city)
    assert not calendar.works(date(2026, 2, 27))
    assert calendar.spans(date(2027, 1, 4)) == ((8 * 3600, 16 * 3600 + 1800),)
    assert Calendar.of(city, opd="dinkes").works(date(2026, 2, 27))
    rules = Deadlines.of(city, "kota")
    due = rules.due("penyelesaian", wib("2026-11-23 10:00"), category="Lampu jalan")
    assert due is not None
    assert due.moment == wib("2026-11-25 16:00")
    assert rules.due("penyelesaian", wib("2026-11-23 10:00"), category="Jalan") is None
    assert rules.due("penyelesaian", wib("2025-11-24 10:00"), category="Lampu jalan") is None
    with pytest.raises(PackError, match="kind"):
        load("36.71", packs=[write_pack(tmp_path, "", "date,name,kind\n2026-02-27,Hari Jadi,pesta\n")])


# --- rules ---

RULES = [
    # profile, step, classification, received, due
    ("sp4n", "verifikasi", None, "2026-11-23 10:00", "2026-11-26 10:00"),
    ("sp4n", "respons", None, "2026-11-23 10:00", "2026-11-30 10:00"),
    ("sp4n", "penyelesaian", "informasi", "2026-11-23 10:00", "2026-11-30 10:00"),
    ("sp4n", "penyelesaian", "normatif", "2026-11-23 10:00", "2026-11-30 10:00"),
    ("sp4n", "penyelesaian", "tidak_berkadar_pengawasan", "2026-11-23 10:00", "2026-12-11 10:00"),
    ("sp4n", "penyelesaian", "berkadar_pengawasan", "2026-11-02 10:00", "2027-01-29 10:00"),
    ("sp4n", "penyelesaian", None, "2026-11-23 10:00", None),  # no classification, no deadline
    ("sp4n", "verifikasi", None, "2018-11-23 10:00", None),  # before the rule
    ("jakarta", "koordinasi", None, "2026-11-21 22:00", "2026-11-22 04:00"),
    ("jakarta", "penyelesaian", None, "2026-11-21 22:00", "2026-11-28 22:00"),
    ("kab_tangerang", "penyelesaian", None, "2026-11-21 22:00", "2026-11-23 22:00"),
    ("perpres_76_2013", "penyelesaian", None, "2026-11-21 22:00", "2027-01-20 22:00"),
]


@pytest.mark.parametrize(
    ("profile", "step", "kind", "received", "due"), RULES, ids=[" ".join(map(str, row[:4])) for row in RULES]
)
def test_rules_of_the_room(profile: str, step: str, kind: str | None, received: str, due: str | None) -> None:
    rules = Deadlines.of(CITY, profile)
    found = rules.due(step, wib(received), classification=kind)
    assert (found and found.moment) == (wib(due) if due else None)
    frame = pl.DataFrame({"a": [wib(received).astimezone(UTC)], "c": [kind]}, schema_overrides={"c": pl.String})
    column = frame.select(rules.due_at(step, pl.col("a"), classification=pl.col("c"))).to_series()
    assert column.to_list() == [found and found.moment]


def test_a_rule_without_its_column_says_nothing() -> None:
    frame = pl.DataFrame({"a": [wib("2026-11-23 10:00").astimezone(UTC)]})
    assert frame.select(Deadlines.of(CITY, "sp4n").due_at("penyelesaian", pl.col("a"))).to_series().to_list() == [None]


def test_the_first_rule_that_fits_decides_for_one_and_for_a_column() -> None:
    stated = [
        {"step": "x", "amount": "1 jam", "categories": ["lampu"], "basis": "a", "valid_to": "2026-11-23"},
        {"step": "x", "amount": "2 x 24 jam", "categories": ["lampu"], "basis": "b"},
        {"step": "x", "amount": "8 jam kerja", "basis": "c", "end": "tutup_kantor"},
    ]
    rules = Deadlines(rules=tuple(map(DeadlineRule.model_validate, stated)), calendar=CALENDAR)
    cases = [("2026-11-23 23:59", "lampu", "a"), ("2026-11-24 00:00", "lampu", "b"), ("2026-11-23 10:00", None, "c")]
    frame = pl.DataFrame({"a": [wib(at).astimezone(UTC) for at, _, _ in cases], "k": [kind for _, kind, _ in cases]})
    column = frame.select(rules.due_at("x", pl.col("a"), category=pl.col("k"))).to_series().to_list()
    for (at, kind, basis), moment in zip(cases, column, strict=True):
        rule, due = rules.rule("x", wib(at), category=kind), rules.due("x", wib(at), category=kind)
        assert rule is not None
        assert due is not None
        assert (rule.basis, due.moment) == (basis, moment)


def test_calendar_time_is_paused_by_the_clock() -> None:
    rules = Deadlines.of(CITY, "kab_tangerang")
    due = rules.due("penyelesaian", wib("2026-11-21 22:00"), pauses=[(wib("2026-11-22 01:00"), wib("2026-11-22 03:00"))])
    assert due is not None
    assert (due.moment, due.paused, due.skipped) == (wib("2026-11-24 00:00"), 7200, ())


def test_an_unknown_profile_is_told() -> None:
    with pytest.raises(NoRuleError, match=r"'entah'; yang ada: .*sp4n"):
        Deadlines.of(CITY, "entah")


def test_every_profile_states_its_ground() -> None:
    assert all(rule.basis for rules in PROFILES.values() for rule in rules)


# --- words ---

STANDING = [
    # now, due, in working time, id, en
    ("2026-11-23 10:00", "2026-11-19 10:00", True, "lewat tenggat Kamis 10.00", "overdue since Thursday 10:00"),
    ("2026-11-23 10:00", "2026-11-23 08:15", True, "lewat tenggat hari ini 08.15", "overdue since today 08:15"),
    ("2026-11-23 10:00", "2026-11-16 10:00", True, "lewat tenggat 16 November 10.00", "overdue since 16 November 10:00"),
    (
        "2026-11-23 10:00",
        "2025-11-17 10:00",
        True,
        "lewat tenggat 17 November 2025 10.00",
        "overdue since 17 November 2025 10:00",
    ),
    ("2026-11-23 10:00", "2026-11-25 14:00", True, "sisa 2 hari kerja 3 jam", "2 working days 3 h left"),
    ("2026-11-23 10:00", "2026-11-24 10:00", True, "sisa 1 hari kerja", "1 working day left"),
    ("2026-11-20 15:00", "2026-11-23 09:00", True, "sisa 3 jam kerja", "3 working h left"),
    ("2026-11-23 10:00", "2026-11-23 11:20", True, "sisa 1 jam 20 menit kerja", "1 working h 20 min left"),
    ("2026-11-23 10:00", "2026-11-23 10:20", True, "sisa 20 menit kerja", "20 working min left"),
    ("2026-11-23 10:00", "2026-11-23 10:00", True, "sisa kurang dari 1 menit", "less than 1 min left"),
    ("2026-11-21 22:00", "2026-11-23 23:00", False, "sisa 2 hari 1 jam", "2 days 1 h left"),
    ("2026-11-21 22:00", "2026-11-22 01:30", False, "sisa 3 jam 30 menit", "3 h 30 min left"),
]


@pytest.mark.parametrize(("now", "due", "working", "indonesian", "english"), STANDING, ids=[row[3] for row in STANDING])
def test_words_on_screen(now: str, due: str, working: bool, indonesian: str, english: str) -> None:
    assert standing(wib(now), wib(due), CALENDAR, working=working) == indonesian
    assert standing(wib(now), wib(due), CALENDAR, "en", working=working) == english


def test_the_command_says_when_and_why() -> None:
    assert answered(CITY, "2026-03-18T15:10", days=5).splitlines() == [
        "Jatuh tempo Rabu 1 April 2026 07.30 WIB:",
        "  5 hari kerja sejak Rabu 18 Maret 2026 15.10 WIB.",
        "  Diterima di luar jam kerja, maka dihitung sejak Rabu 25 Maret 2026 07.30 WIB.",
        "Dilewati:",
        "  Rabu 18 Maret 2026: Cuti Bersama Hari Suci Nyepi (SKB 1497/2025, 2/2025, 5/2025)",
        "  Kamis 19 Maret 2026: Hari Suci Nyepi",
        "  Jumat 20 Maret 2026: Cuti Bersama Hari Raya Idul Fitri (SKB 1497/2025, 2/2025, 5/2025)",
        "  Sabtu 21 Maret 2026: Hari Raya Idul Fitri",
        "  Minggu 22 Maret 2026: Hari kedua dari Hari Raya Idul Fitri",
        "  Senin-Selasa 23-24 Maret 2026: Cuti Bersama Hari Raya Idul Fitri (SKB 1497/2025, 2/2025, 5/2025)",
        "  Sabtu-Minggu 28-29 Maret 2026: akhir pekan",
    ]


def test_the_command_marks_estimates_and_what_is_not_known() -> None:
    text = answered(CITY, "2027-03-05T10:00", days=2)
    assert "Rabu 10 Maret 2027: Hari Raya Idul Fitri (perkiraan)" in text
    assert "belum ditetapkan pemerintah; jatuh tempo dapat berubah" in text
    assert "jam kerja Ramadan" in text
    assert "Cuti bersama 2028 belum diketahui" in answered(CITY, "2027-12-29T10:00", hours=40)
    assert "Sabtu-Minggu 31 Januari - 1 Februari 2026: akhir pekan" in answered(CITY, "2026-01-30T10:00", days=1)
    text = answered(CITY, "2025-08-14T10:00", days=3, known_at="2025-08-01")
    assert "Jatuh tempo Selasa 19 Agustus 2025 10.00 WIB" in text
    assert "sebagaimana diketahui pada 1 Agustus 2025" in text


def test_the_command_knows_rules() -> None:
    text = answered(CITY, "2026-11-23T10:00", rule="sp4n:penyelesaian:informasi", end="tutup_kantor")
    assert text.startswith("Jatuh tempo Senin 30 November 2026 16.00 WIB:")
    assert text.endswith("Aturan: sp4n:penyelesaian:informasi, PermenPANRB 62/2018.")
    assert "48 jam sejak" in answered(CITY, "2026-11-23T10:00", rule="kab_tangerang:penyelesaian")
    with pytest.raises(ValueError, match="sp4n:penyelesaian:berkadar_pengawasan"):
        answered(CITY, "2026-11-23T10:00", rule="sp4n:penyelesaian")
    with pytest.raises(ValueError, match="salah satu"):
        answered(CITY, "2026-11-23T10:00", rule="sp4n:verifikasi", days=3)
    with pytest.raises(ValueError, match="entah"):
        answered(CITY, "2026-11-23T10:00", days=3, opd="entah")


def test_pauses_are_told() -> None:
    pause = (wib("2026-11-24 10:00"), wib("2026-11-24 14:30"))
    text = explained(CALENDAR.add(wib("2026-11-23 10:00"), days=2, pauses=[pause]), CALENDAR)
    assert "Jeda menunggu warga menggeser tenggat 3 jam 30 menit waktu kerja itu." in text
