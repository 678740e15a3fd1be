"""Now, days and months of a zone, and times as sources write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers import clock
from layers.clock import SetClock, TimeError, days_back, month_of, parse_time, read_clock, start_of_day
from tests.layers.made import NOW

WIB, WIT = ZoneInfo("Asia/Jakarta"), ZoneInfo("Asia/Jayapura")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text + "+00:00")


# --- now ---------------------------------------------------------------------------------------


def test_now_is_aware_and_in_utc() -> None:
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert not clock.is_set()


@pytest.mark.parametrize(("speed", "passed"), [(1.0, 10), (60.0, 600), (0.0, 0)])
def test_a_set_clock_runs_at_its_speed(speed: float, passed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layers.clock.time.time", lambda: 1010.0)
    clock.set_clock(SetClock(start=NOW, since=1000.0, speed=speed))
    assert clock.is_set()
    assert clock.now() == NOW + timedelta(seconds=passed)
    clock.set_clock(None)
    assert not clock.is_set()


def test_a_clock_is_read_with_its_speed_and_when_it_was_set() -> None:
    assert read_clock("2026-06-30T12:00:00+07:00 x60 @1000.5") == SetClock(start=utc("2026-06-30T05:00"), since=1000.5, speed=60)
    assert read_clock("2026-06-30T12:00:00Z x0").speed == 0
    assert read_clock(" 2026-06-30T12:00:00Z ").speed == 1


@pytest.mark.parametrize("text", ["", "2026-06-30T12:00:00", "kemarin", "2026-06-30T12:00:00Z 60", "2026-06-30T12:00:00Z x1.2.3"])
def test_a_clock_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_clock(text)


# --- days and months ---------------------------------------------------------------------------


def test_a_day_and_a_month_begin_at_local_midnight() -> None:
    assert start_of_day(utc("2026-11-22T16:59:59"), WIB) == utc("2026-11-21T17:00")
    assert start_of_day(utc("2026-11-22T17:00"), WIB) == utc("2026-11-22T17:00")
    assert month_of(utc("2026-10-31T16:59:59"), WIB) == "2026-10"
    assert month_of(utc("2026-10-31T17:00"), WIB) == "2026-11"
    assert month_of(utc("2026-10-31T15:00"), WIT) == "2026-11"


def test_days_back_end_today_and_cross_years() -> None:
    assert days_back(utc("2026-12-31T17:00"), WIB, 3) == [date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 1)]


@given(moment=st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_moment_lies_in_its_own_day(moment: datetime) -> None:
    start = start_of_day(moment, WIB)
    assert timedelta(0) <= moment - start < timedelta(days=1)
    assert days_back(moment, WIB, 1) == [start.astimezone(WIB).date()]


# --- times as sources write them ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22T14:32:05+07:00", "2026-11-22T07:32:05"),
        ("2026-11-22T07:32:05Z", "2026-11-22T07:32:05"),
        (" 2026-11-22 14:32 ", "2026-11-22T07:32"),
        ("2026-11-22 14:32:05 WIB", "2026-11-22T07:32:05"),
        ("2026-11-22 14:32 WITA", "2026-11-22T06:32"),
        ("2026-11-22 14:32 wit", "2026-11-22T05:32"),
        ("2026-11-22 14:32 UTC", "2026-11-22T14:32"),
        ("2026-11-22", "2026-11-21T17:00"),
        ("22 November 2026", "2026-11-21T17:00"),
        ("Minggu, 22 November 2026 pukul 14.32 WIB", "2026-11-22T07:32"),
        ("Jum'at, 20 Nopember 2026, 14:32:05", "2026-11-20T07:32:05"),
        ("3 Pebruari 2026 08.00 wita", "2026-02-03T00:00"),
        ("22-Agt-2026", "2026-08-21T17:00"),
        ("Nov 7, 2016 2:05:26 PM", "2016-11-07T07:05:26"),
        ("November 7, 2016 12:05 AM", "2016-11-06T17:05"),
        ("Nov 7, 2016, 12:05 PM", "2016-11-07T05:05"),
        ("Nov 7, 2016", "2016-11-06T17:00"),
    ],
)
def test_times_as_people_and_systems_write_them(text: str, moment: str) -> None:
    assert parse_time(text, WIB) == utc(moment)


def test_declared_formats_alone_decide_which_is_the_day() -> None:
    assert parse_time("03/04/2026", WIB, ["%d/%m/%Y"]) == utc("2026-04-02T17:00")
    assert parse_time("03/04/2026", WIB, ["%m/%d/%Y"]) == utc("2026-03-03T17:00")
    assert parse_time("03/04/2026 01:02:03 PM", WIB, ["%d/%m/%Y", "%m/%d/%Y %I:%M:%S %p"]) == utc("2026-03-04T06:02:03")
    with pytest.raises(TimeError):
        parse_time("03/04/2026", WIB)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "0000-00-00",
        "0000-00-00 00:00:00",
        "2026-02-30",
        "31 Februari 2026",
        "32 November 2026",
        "22 Brumaire 2026",
        "22 November 2026 25.00",
        "22 November 2026 14.32 XYZ",
        "Nov 7, 2016 13:05 PM",
        "Nov 7, 2016 0:05 AM",
        "1700000000",
        "0001-01-01",
        "1 Jan 0001",
        "0001-01-01T00:00:00",
        "9999-12-31T23:59:59-05:00",
        "kemarin",
        "2026-11-22T14:32:05+99:00",
    ],
)
def test_what_is_no_time_is_refused_and_never_guessed(text: str) -> None:
    with pytest.raises(TimeError):
        parse_time(text, WIB)


@given(text=st.text(max_size=40) | st.from_regex(r"\A\d{1,4}[-/ .]\w{1,9}[-/ .]\d{1,4}( \d\d[:.]\d\d)? ?\w{0,4}\Z"))
def test_any_text_is_a_time_in_utc_or_refused(text: str) -> None:
    try:
        moment = parse_time(text, WIB)
    except TimeError:
        return
    assert moment.tzinfo is UTC


@given(moment=st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.timezones()))  # noqa: DTZ001
def test_iso_with_an_offset_comes_back(moment: datetime) -> None:
    offset = moment.utcoffset()
    if offset is not None and offset.microseconds == 0:
        assert parse_time(moment.isoformat(), WIT) == moment.astimezone(UTC)
