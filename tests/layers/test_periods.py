"""Periods as officials say them: what they span on a given day, what stands before them, and how they fall into parts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.periods import RUNNING, Period, Unit, buckets
from layers.windows import Window
from tests.layers.made import ZONE

SUNDAY = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
"""Noon in Jakarta."""

WORKED = [
    # written, from, to; the one before; a year ago
    ("hari-ini", "2026-11-22T00", "2026-11-22T12", "2026-11-21T00", "2026-11-21T12", "2025-11-22T00", "2025-11-22T12"),
    ("kemarin", "2026-11-21T00", "2026-11-22T00", "2026-11-20T00", "2026-11-21T00", "2025-11-21T00", "2025-11-22T00"),
    ("minggu-ini", "2026-11-16T00", "2026-11-22T12", "2026-11-09T00", "2026-11-15T12", "2025-11-16T00", "2025-11-22T12"),
    ("bulan-ini", "2026-11-01T00", "2026-11-22T12", "2026-10-01T00", "2026-10-22T12", "2025-11-01T00", "2025-11-22T12"),
    ("bulan-lalu", "2026-10-01T00", "2026-11-01T00", "2026-09-01T00", "2026-10-01T00", "2025-10-01T00", "2025-11-01T00"),
    ("triwulan-lalu", "2026-07-01T00", "2026-10-01T00", "2026-04-01T00", "2026-07-01T00", "2025-07-01T00", "2025-10-01T00"),
    ("tahun-ini", "2026-01-01T00", "2026-11-22T12", "2025-01-01T00", "2025-11-22T12", "2025-01-01T00", "2025-11-22T12"),
    ("2026-02", "2026-02-01T00", "2026-03-01T00", "2026-01-01T00", "2026-02-01T00", "2025-02-01T00", "2025-03-01T00"),
    ("2025", "2025-01-01T00", "2026-01-01T00", "2024-01-01T00", "2025-01-01T00", "2024-01-01T00", "2025-01-01T00"),
    ("2026-T1", "2026-01-01T00", "2026-04-01T00", "2025-10-01T00", "2026-01-01T00", "2025-01-01T00", "2025-04-01T00"),
    (
        "2026-11-01..2026-11-09",
        "2026-11-01T00",
        "2026-11-10T00",
        "2026-10-23T00",
        "2026-11-01T00",
        "2025-11-01T00",
        "2025-11-10T00",
    ),
    ("7h", "2026-11-15T12", "2026-11-22T12", "2026-11-08T12", "2026-11-15T12", "2025-11-15T12", "2025-11-22T12"),
]


def local(moment: datetime) -> str:
    """A moment as the table has it: what ends a tick before midnight ends at midnight."""
    return f"{(moment + timedelta(microseconds=1)).astimezone(ZONE):%Y-%m-%dT%H}"


@pytest.mark.parametrize("row", WORKED, ids=lambda row: row[0])
def test_a_period_and_what_it_is_compared_with(row: tuple[str, ...]) -> None:
    written, *ends = row
    period = Period.read(written)
    windows = [
        period.when(Window.DAYS30, ZONE, SUNDAY),
        *(period.against(how, Window.DAYS30, ZONE, SUNDAY) for how in ("lalu", "tahun")),  # type: ignore[arg-type]
    ]
    assert [local(edge) for when in windows if when for edge in (when.start, when.end)] == ends


@pytest.mark.parametrize(
    "written", ["", "0h", "4000h", "bulan", "bulan-depan", "2026-13", "2026-T5", "0001", "9999", "2026-11-10..2026-11-01"]
)
def test_what_is_no_period_is_refused_in_words(written: str) -> None:
    with pytest.raises(ValueError, match="tulis misalnya"):
        Period.read(written)


moments = st.datetimes(datetime(2001, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
periods = st.sampled_from([*RUNNING, "7h", "365h", "2026-10", "2024-02", "2026-T3", "2026", "2024-02-29..2024-03-10"]).map(
    Period.read
)


@given(moments, periods, st.sampled_from(Unit))
def test_the_parts_of_a_period_lie_in_it_without_gap_or_overlap(now: datetime, period: Period, unit: Unit) -> None:
    when = period.when(Window.DAYS30, ZONE, now)
    if when.start >= when.end:
        return  # a period that has not begun
    parts = buckets(unit, when)
    assert (parts[0][1].start, parts[-1][1].end) == (when.start, when.end)
    for (day, part), (after, following) in pairwise(parts):
        assert unit.step(day) == after
        assert part.end + timedelta(microseconds=1) == following.start
    assert all(unit.start(day) == day for day, _ in parts)


@given(moments, periods)
def test_what_it_is_compared_with_comes_before_and_is_as_long_as_the_calendar_allows(now: datetime, period: Period) -> None:
    when, before = period.when(Window.DAYS30, ZONE, now), period.against("lalu", Window.DAYS30, ZONE, now)
    assert before is not None
    if when.start < when.end:
        assert before.start < before.end < when.start or period.days is not None
        assert abs((when.end - when.start) - (before.end - before.start)) <= timedelta(days=4)
    assert when.end <= now


@pytest.mark.parametrize(
    ("written", "first", "after"),
    [
        ("2025-02", (2024, 2, 1), (2024, 3, 1)),
        ("2024-02", (2023, 2, 1), (2023, 3, 1)),
        ("2028-02", (2027, 2, 1), (2027, 3, 1)),
        ("2024-02-01..2024-02-28", (2023, 2, 1), (2023, 3, 1)),
        ("2025-T1", (2024, 1, 1), (2024, 4, 1)),
    ],
)
def test_a_year_ago_of_what_is_over_is_whole(written: str, first: tuple[int, int, int], after: tuple[int, int, int]) -> None:
    when = Period.read(written).against("tahun", Window.DAYS30, ZONE, datetime(2028, 6, 1, tzinfo=UTC))
    assert when is not None
    ends = [datetime(*day, tzinfo=ZONE) for day in (first, after)]
    assert [when.start, when.end + timedelta(microseconds=1)] == ends


def test_a_leap_day_has_a_day_a_year_ago() -> None:
    when = Period.between(date(2024, 2, 29), date(2024, 2, 29)).against("tahun", Window.DAYS30, ZONE, SUNDAY)
    assert when is not None
    assert local(when.start) == "2023-02-28T00"
