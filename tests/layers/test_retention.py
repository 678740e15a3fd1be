"""Old measurements keep the last version of each hour, later of each day; what was known at the end of each is unchanged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as given_settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from layers import retention
from layers.city import Retention
from layers.model import Kind, Measurement
from layers.schema import RECORD_TABLES
from layers.store import Store
from tests.layers.made import DAY, HOUR, NOW, ZONE, give, opened

TABLE = RECORD_TABLES[Kind.MEASUREMENT]
KEEP = Retention()
MINUTE = timedelta(minutes=1)
LONG_AGO = NOW - 400 * DAY
"""When the store took in what these tests give it: so long ago that only what the versions speak of matters."""

Version = tuple[datetime, datetime | None, float]


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path}/s.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with opened(url) as store:
        yield store


def link(known_at: datetime, value: float, subject: str = "karawaci") -> Measurement:
    return Measurement(
        source="wan",
        source_id=subject,
        seen_at=NOW,
        known_at=known_at,
        name="jaringan.latensi",
        subject=subject,
        value=value,
        unit="ms",
        measured=known_at,
    )


def chains(store: Store) -> dict[str, list[Version]]:
    query = select(TABLE.c.source_id, TABLE.c.known_from, TABLE.c.known_to, TABLE.c.value).order_by(TABLE.c.known_from)
    found: dict[str, list[Version]] = defaultdict(list)
    with store.read() as connection:
        for source_id, *version in connection.execute(query):
            found[source_id].append(tuple(version))  # type: ignore[arg-type]
    return found


def known(chain: list[Version], moment: datetime) -> float | None:
    """What was known at a moment."""
    return next((value for since, until, value in chain if since <= moment and (until is None or moment < until)), None)


def test_a_worked_table(store: Store) -> None:
    """20 days ago in one hour 3 versions, in the next one; 100 days ago three hours of one day; and the present."""
    far = datetime(2026, 8, 14, 2, 0, tzinfo=UTC)  # 09.00 WIB
    near = datetime(2026, 11, 2, 7, 0, tzinfo=UTC)
    times = [far, far + HOUR, far + 2 * HOUR, near, near + 10 * MINUTE, near + 40 * MINUTE, near + 70 * MINUTE, NOW - HOUR]
    give(store, [link(at, float(number)) for number, at in enumerate(times)], now=LONG_AGO)
    head = store.head()
    assert retention.thin(store, KEEP, ZONE, NOW) == 4
    assert chains(store)["karawaci"] == [
        (far + 2 * HOUR, near + 40 * MINUTE, 2.0),  # it covers what went after it
        (near + 40 * MINUTE, near + 70 * MINUTE, 5.0),
        (near + 70 * MINUTE, NOW - HOUR, 6.0),
        (NOW - HOUR, None, 7.0),
    ]
    assert store.head() == head
    assert retention.thin(store, KEEP, ZONE, NOW) == 0


def test_a_day_is_local(store: Store) -> None:
    """23.00 and 01.00 WIB are two days, though one in UTC."""
    evening = datetime(2026, 8, 14, 16, 0, tzinfo=UTC)
    give(store, [link(evening, 1.0), link(evening + 2 * HOUR, 2.0), link(NOW, 3.0)], now=LONG_AGO)
    assert retention.thin(store, KEEP, ZONE, NOW) == 0


def test_what_ended_lately_and_what_is_known_now_stay(store: Store) -> None:
    start = NOW - 13 * DAY
    give(store, [link(start + number * MINUTE, float(number)) for number in range(30)], now=LONG_AGO)
    give(store, [link(NOW - 200 * DAY, 1.0, "diam")])
    assert retention.thin(store, KEEP, ZONE, NOW) == 0
    assert retention.thin(store, Retention(raw=DAY), ZONE, NOW) > 0
    assert len(chains(store)["diam"]) == 1


def test_other_kinds_and_many_records_in_small_transactions(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "CHAINS", 2)
    monkeypatch.setattr(retention, "ROWS", 7)
    start = (NOW - 20 * DAY).replace(minute=0)
    records = [link(start + number * MINUTE, float(number), f"kel-{who}") for who in range(5) for number in range(20)]
    give(store, records, now=LONG_AGO)
    assert retention.thin(store, KEEP, ZONE, NOW) == 5 * 19
    assert all(len(chain) == 1 for chain in chains(store).values())


def test_a_time_when_nothing_was_known_stays_one(store: Store) -> None:
    start = (NOW - 20 * DAY).replace(minute=1)
    give(store, [link(start, 1.0)], now=start)
    give(store, gone=[(Kind.MEASUREMENT, "karawaci")], source="wan", now=start + 5 * MINUTE)
    give(store, [link(start + 30 * MINUTE, 2.0), link(start + 40 * MINUTE, 3.0)], now=start + 41 * MINUTE)
    before = chains(store)["karawaci"]
    assert known(before, start + 10 * MINUTE) is None
    retention.thin(store, KEEP, ZONE, NOW)
    after = chains(store)["karawaci"]
    assert after == before[-1:]


MOMENTS = st.integers(0, 120 * 24 * 12).map(lambda fives: NOW - fives * 5 * MINUTE)


@given(st.lists(st.tuples(MOMENTS, st.sampled_from(["a", "b"])), min_size=1, max_size=60, unique=True), st.integers(0, 3))
@given_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_at_the_end_of_each_hour_or_day_the_answer_is_as_before(
    store: Store, versions: list[tuple[datetime, str]], rounds: int
) -> None:
    """Thinned at once or day after day: chains hold together, the newest stays, and every answer at an end is the same."""
    with store.write() as connection:
        connection.execute(delete(TABLE))
    give(store, [link(at, float(number), who) for number, (at, who) in enumerate(versions)], now=LONG_AGO)
    before = chains(store)
    for back in range(rounds, -1, -1):
        retention.thin(store, KEEP, ZONE, NOW - back * 20 * DAY)
    after = chains(store)
    assert after.keys() == before.keys()
    for who, chain in after.items():
        assert {v[0] for v in chain} <= {v[0] for v in before[who]}
        assert [v[1] for v in chain[:-1]] == [v[0] for v in chain[1:]]
        assert (chain[-1][0], chain[-1][2]) == (before[who][-1][0], before[who][-1][2])
        young = [v for v in before[who] if v[1] is None or v[1] > NOW - KEEP.raw]
        assert {v[0] for v in young} <= {v[0] for v in chain}
        for since, until, _ in before[who]:
            if until is None:
                continue
            local = since.astimezone(ZONE)
            ends = local.replace(minute=0, second=0) + HOUR
            if until <= NOW - KEEP.hourly:
                ends = local.replace(hour=0, minute=0, second=0) + DAY
            moment = ends.astimezone(UTC) - timedelta(seconds=1)
            assert known(chain, moment) == known(before[who], moment)
