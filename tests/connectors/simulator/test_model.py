"""The simulated city is deterministic, and never shows what has not happened yet."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.simulator.model import CATEGORIES, City90
from connectors.simulator.upstream import ADUAN, LAYANAN, PAKET, Upstream
from layers.city import City

NOON = datetime(2026, 11, 20, 5, tzinfo=UTC)  # a Friday, 12.00 in Tangerang


def test_the_same_day_is_the_same_every_time(city: City) -> None:
    assert City90.of(city).cases(date(2026, 11, 20)) == City90.of(city).cases(date(2026, 11, 20))
    assert City90.of(city).cases(date(2026, 11, 20)) != City90.of(city).cases(date(2026, 11, 19))


def test_a_case_goes_forward_in_time_and_its_opd_is_one_of_the_pack(city: City) -> None:
    shorts = {opd.short for opd in city.opds}
    cases = City90.of(city).cases(date(2026, 11, 20))
    assert len(cases) > 200
    for case in cases:
        assert case.received <= case.verified <= case.responded
        assert case.closed is None or case.responded <= case.closed
        assert case.opd in shorts
    assert {c.opd for c in cases} >= {city.opd(slug).short for _, slug, _, _ in CATEGORIES[:6] if city.opd(slug)}  # type: ignore[union-attr]


def test_less_arrives_on_a_sunday(city: City) -> None:
    model = City90.of(city)
    friday, sunday = (sum(len(model.cases(date(2026, 9, d + 7 * w))) for w in range(3)) for d in (4, 6))
    assert sunday < friday * 0.8


@pytest.fixture
def upstream(city: City, tmp_path: Path) -> Upstream:
    return Upstream(city, tmp_path / "upstream.sqlite")


def rows(upstream: Upstream, table: sa.Table) -> list[sa.Row[tuple[object, ...]]]:
    with upstream.engine.connect() as connection:
        return list(connection.execute(sa.select(table)))


def test_nothing_of_the_future_is_written(upstream: Upstream) -> None:
    upstream.advance(NOON)
    now = "2026-11-20 12:00:00"
    columns = ("diterima", "diverifikasi", "direspons", "ditutup", "divalidasi", "diubah")
    cases = rows(upstream, ADUAN)
    assert len(cases) > 30_000
    for row in cases:
        times = [getattr(row, name) for name in columns]
        assert all(t is None or t <= now for t in times)
        assert row.diubah == max(t for t in times[:-1] if t)
        assert (row.status in ("Menunggu", "Diproses")) == (row.ditutup is None)


def test_going_in_steps_ends_where_one_jump_does(city: City, tmp_path: Path) -> None:
    jump, steps = Upstream(city, tmp_path / "a"), Upstream(city, tmp_path / "b")
    start = NOON - timedelta(hours=6)
    for upstream in (jump, steps):
        upstream.advance(start)
    for minutes in range(0, 361, 30):
        steps.advance(start + timedelta(minutes=minutes))
    jump.advance(NOON)
    for table in (ADUAN, PAKET):
        keep = [c for c in table.columns if c.name != "diubah" or table is ADUAN]
        seen = []
        for upstream in (jump, steps):
            with upstream.engine.connect() as connection:
                seen.append(set(connection.execute(sa.select(*keep))))
        assert seen[0] == seen[1]


def test_a_row_that_says_the_same_is_not_delivered_again(upstream: Upstream) -> None:
    upstream.advance(NOON)
    before = {(r.tanggal, r.kelurahan, r.layanan): r.diubah for r in rows(upstream, LAYANAN)}
    upstream.advance(NOON + timedelta(minutes=10))
    after = {(r.tanggal, r.kelurahan, r.layanan): r.diubah for r in rows(upstream, LAYANAN)}
    moved = {key for key in before if before[key] != after[key]}
    assert moved
    assert {key[0] for key in moved} == {"2026-11-20"}
