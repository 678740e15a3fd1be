"""What is unusual is found and noise is not: by scipy's own laws, on a simulated year, on free days, with late sources."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from layers.areas import AreaTree
from layers.catalog import catalog
from layers.city import City, SourceConfig, load
from layers.frames import View
from layers.model import Kind, Outcome
from layers.readings import Room
from layers.runs import SourceFacts
from layers.unusual import LEVEL, WEEKS, _corrected, _counted, _shared, stretches, unusual
from tests.layers.made import DAY, HOUR, ZONE
from tests.layers.test_contributions import frame

CITY = load("36.71")
TREE = AreaTree.of(CITY)
KELURAHAN = [area.code for area in TREE.kelurahan]
ARRIVALS = (catalog()["aduan_masuk_hari_ini"],)
NOON = datetime(2026, 11, 19, 5, tzinfo=UTC)
"""A Thursday, 12.00 WIB."""


def room(rows: pl.DataFrame, now: datetime = NOON, city: City = CITY, facts: tuple[SourceFacts, ...] = ()) -> Room:
    return Room(View(1, 1, {Kind.COMPLAINT: {"x": rows}}), TREE, city, facts, now)


def noise(days: int, a_day: float, end: datetime, seed: int, areas: int = 104) -> pl.DataFrame:
    """Complaints that come by chance alone, at any hour, anywhere; half are closed in time."""
    chance = np.random.default_rng(seed)
    n = chance.poisson(a_day * days)
    back = chance.random(n) * days * 86400
    places = chance.integers(0, areas, n)
    start = pl.lit(end).cast(pl.Datetime("us", "UTC"))
    columns = pl.DataFrame({
        "back": back, "area": [KELURAHAN[i] for i in places], "opd": [("dlh", "dpupr", "dishub")[i % 3] for i in places],
        "category": [("Sampah", "Banjir", "PKL", "Jalan")[i] for i in chance.integers(0, 4, n)], "late": chance.random(n) < 0.5,
    })  # fmt: skip
    received = start - pl.duration(microseconds=(pl.col("back") * 1e6).cast(pl.Int64))
    made = columns.with_columns(received=received).with_columns(closed=pl.col("received") + pl.duration(hours=5))
    made = made.with_columns(due=pl.when("late").then(pl.col("closed") - pl.duration(hours=1)).otherwise("closed"))
    made = made.with_columns(status=pl.lit("selesai"), source=pl.lit("laksa"), channel=pl.lit("aplikasi"))
    empty = frame(Kind.COMPLAINT, [])
    filled = made.with_columns(pl.lit(None).alias(name) for name in empty.columns if name not in made.columns)
    return filled.select(pl.col(name).cast(dtype) for name, dtype in empty.schema.items())


def surge(rows: pl.DataFrame, extra: int, at: datetime, area: str) -> pl.DataFrame:
    more = [
        {
            "source": "laksa",
            "received": at,
            "area": area,
            "opd": "dlh",
            "category": "Sampah",
            "channel": "sms",
            "status": "diproses",
        }
    ]
    return pl.concat([rows, frame(Kind.COMPLAINT, more * extra)])


FED = CITY.model_copy(
    update={"sources": (SourceConfig(name="laksa", title="LAKSA", connector="tabular", interval="1m", budget="15m", owner="x"),)}
)
LIVE = SourceFacts(source="laksa", outcome=Outcome.OK, newest=NOON, fetched_at=NOON)


# --- the laws ----------------------------------------------------------------------------------


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.floats(0.2, 60), st.booleans())
def test_counts_follow_the_negative_binomial(seed: int, mean: float, both: bool) -> None:
    chance = np.random.default_rng(seed)
    like, value = chance.poisson(mean, (30, 8)).astype(float), chance.poisson(mean, 30).astype(float)
    found = _counted([str(i) for i in range(30)], value, like, both=both)
    m, usual = (like.sum(1) + 0.5) / 8, like.mean(1, keepdims=True)
    there = np.broadcast_to(usual > 0, like.shape)
    spread = max(1, (((like - usual)[there] ** 2) / np.broadcast_to(usual, like.shape)[there]).sum() / (7 * (usual > 0).sum()))
    law = stats.nbinom(m**2 / (spread * m * 9 / 8 - m), 1 / (spread * 9 / 8))
    assert found.low == pytest.approx(law.ppf(0.025))
    assert found.high == pytest.approx(law.ppf(0.975))
    above = law.sf(value - 1)
    expected = np.minimum(1, 2 * np.minimum(above, law.cdf(value))) if both else above
    assert found.chance == pytest.approx(np.where(np.maximum(value, m) >= 8, expected, 1), abs=1e-9)


def test_shares_follow_the_beta_binomial() -> None:
    chance = np.random.default_rng(5)
    whole = chance.integers(20, 90, (20, 9)).astype(float)
    part = chance.binomial(whole.astype(int), 0.8).astype(float)
    found = _shared([str(i) for i in range(20)], part, whole, 20, both=True)
    usual, known = (part[:, 1:].sum(1) + 0.5) / (whole[:, 1:].sum(1) + 1), whole[:, 1:].sum(1)
    mean = whole[:, 1:] * usual[:, None]
    spread = max(1, (((part[:, 1:] - mean) ** 2) / (mean * (1 - usual[:, None]))).sum() / (20 * 7))
    alike = (spread * (1 + whole[:, 0] / (known + 1)) - 1) / (whole[:, 0] - 1)
    law = stats.betabinom(whole[:, 0].astype(int), usual * (1 / alike - 1), (1 - usual) * (1 / alike - 1))
    assert found.low == pytest.approx(100 * law.ppf(0.025) / whole[:, 0])
    assert found.high == pytest.approx(100 * law.ppf(0.975) / whole[:, 0])
    expected = np.minimum(1, 2 * np.minimum(law.sf(part[:, 0] - 1), law.cdf(part[:, 0])))
    assert found.chance == pytest.approx(expected, abs=1e-8)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_the_correction_is_that_of_benjamini_and_hochberg(chances: list[float]) -> None:
    assert _corrected(np.array(chances)) == pytest.approx(stats.false_discovery_control(chances))


# --- noise and surges --------------------------------------------------------------------------


def test_a_year_of_noise_raises_hardly_anything() -> None:
    """Where nothing is unusual, any find is false: of 80 looks over a year about one may find one, by the level stated."""
    rows = noise(365 + 60, 300, NOON, 11)
    chance = np.random.default_rng(12)
    looks = [NOON - timedelta(hours=float(h)) for h in chance.random(80) * 365 * 24]
    false = 0
    for now in looks:
        near = rows.lazy().filter(pl.col("received").is_between(now - 59 * DAY, now)).collect()
        false += bool(unusual(near, room(rows, now), ARRIVALS))
    assert false <= stats.binom(len(looks), LEVEL).ppf(0.999)


@pytest.mark.parametrize("seed", range(3))
def test_a_threefold_surge_is_found_where_it_is(seed: int) -> None:
    calm = noise(60, 4000, NOON, seed)
    usual = 4000 / 104 / 2  # in half a day
    rows = surge(calm, round(2 * usual), NOON - 3 * HOUR, KELURAHAN[5])
    found = [u for u in unusual(rows, room(rows), ARRIVALS) if u.area]
    assert [(u.area, u.stretch) for u in found] == [(KELURAHAN[5], "today")]
    assert found[0].low <= found[0].expected <= found[0].high < found[0].value
    assert found[0].since.astimezone(ZONE) == datetime(2026, 11, 19, tzinfo=ZONE)


def test_the_share_closed_on_time_falls() -> None:
    rows = noise(60, 900, NOON, 4)
    worse = pl.col("closed").is_between(NOON - 12 * HOUR, NOON) & (pl.col("opd").cast(pl.String) == "dlh")
    rows = rows.with_columns(due=pl.when(worse).then(pl.col("received")).otherwise("due"))
    found = unusual(rows, room(rows, facts=(LIVE,), city=FED), (catalog()["selesai_tepat_waktu"],))
    told = next(u for u in found if u.opd == "dlh" and u.stretch == "today")
    assert told.value == 0
    assert 0 < told.low < told.expected < told.high < 100


# --- when it says nothing ----------------------------------------------------------------------


def test_silence_is_told_of_a_live_source_only() -> None:
    rows = noise(60, 900, NOON, 6).filter(pl.col("received") < NOON - 2 * HOUR)
    silent = [u for u in unusual(rows, room(rows, facts=(LIVE,), city=FED), ARRIVALS) if u.stretch == "hour"]
    assert [(u.value, u.area, u.opd, u.category) for u in silent][:1] == [(0, None, None, None)]
    assert all(u.value < u.low for u in silent)
    old = SourceFacts(source="laksa", outcome=Outcome.OK, newest=NOON - 2 * HOUR, fetched_at=NOON - 2 * HOUR)
    assert unusual(rows, room(rows, facts=(old,), city=FED), ARRIVALS) == ()


@pytest.mark.parametrize(
    ("day", "weekday", "weeks"),
    [
        (date(2026, 11, 19), 3, WEEKS),  # a Thursday like any other
        (date(2026, 11, 22), 6, WEEKS),
        (date(2026, 5, 28), 6, WEEKS),  # cuti bersama on a Thursday: like Sundays
        (date(2026, 6, 4), 3, WEEKS - 2),  # a Thursday after two that were free (14 and 28 May)
    ],
)
def test_working_days_are_compared_with_working_days(day: date, weekday: int, weeks: int) -> None:
    now = datetime(day.year, day.month, day.day, 12, tzinfo=ZONE)
    found = {s.name: s for s in stretches(room(frame(Kind.COMPLAINT, []), now), now - 400 * DAY)}
    assert set(found) == {"hour", "today", "yesterday"}
    assert (found["today"].weekday, len(found["today"].like)) == (weekday, weeks)
    assert all(like.end.astimezone(ZONE).weekday() == weekday for like in found["today"].like)
    assert all(like.end - like.start == 12 * HOUR for like in found["today"].like)


def test_a_room_that_watches_for_three_weeks_says_nothing() -> None:
    rows = surge(noise(21, 900, NOON, 7), 90, NOON - HOUR / 2, KELURAHAN[1])
    assert unusual(rows, room(rows), ARRIVALS) == ()
    nothing = frame(Kind.COMPLAINT, [])
    assert unusual(nothing, room(nothing)) == ()


def test_only_rows_and_shares_of_rows_can_be_watched() -> None:
    with pytest.raises(ValueError, match="lama_penyelesaian"):
        unusual(frame(Kind.COMPLAINT, []), room(frame(Kind.COMPLAINT, [])), (catalog()["lama_penyelesaian"],))
