"""Databases as sources, on SQLite and PostgreSQL: increments, ties, nulls, lag; and what can be wrong with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from connectors.declared.columns import ID
from connectors.source import Context, FormChanged, Refused, TryLater
from layers.city import City
from tests.connectors.measured import NOW, last_cursor, measured, pull, rows_of, table


@pytest.fixture
def ctx(city: City, tmp_path: Path) -> Context:
    return Context(source="uji", city=city, now=NOW, data=tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Any]]:
    url = f"sqlite:///{tmp_path}/sumber.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text('CREATE TABLE aduan (nomor INTEGER, tanggal TIMESTAMP, nilai NUMERIC, "diubah pada" TIMESTAMP)'))
    yield url, engine
    engine.dispose()


def insert(engine: Any, *rows: tuple[int, str | None]) -> None:
    stamp = "INSERT INTO aduan VALUES (:n, '2026-11-02 07:31:00', 1.5, :changed)"
    with engine.begin() as connection:
        connection.execute(text(stamp), [{"n": number, "changed": changed} for number, changed in rows])


def test_a_database_gives_new_and_changed_rows_ties_and_nulls_included(database: tuple[str, Any], ctx: Context) -> None:
    url, engine = database
    config = table(database={"url": url, "table": "aduan", "cursor": "diubah pada"})
    assert pull(config, ctx) == []
    insert(engine, (1, "2026-11-02 08:00:00"), (2, "2026-11-02 09:00:00"), (3, None))
    found = pull(config, ctx)
    assert sorted(row[ID] for row in rows_of(found)) == ["1", "2", "3"]
    assert measured(config, ctx, rows_of(found))["1"] == (datetime(2026, 11, 2, 0, 31, tzinfo=UTC), 1.5)
    cursor = json.loads(json.dumps(last_cursor(found)))
    insert(engine, (4, "2026-11-02 09:00:00"), (5, None), (6, "2026-11-03 00:00:00"), (7, "2026-11-01 00:00:00"))
    again = {row[ID] for row in rows_of(pull(config, ctx, cursor))}
    assert again == {"2", "3", "4", "5", "6"}  # 7 was changed before the cursor: only a lag brings it


def test_a_lag_asks_for_the_late_ones_again(database: tuple[str, Any], ctx: Context) -> None:
    url, engine = database
    config = table(database={"url": url, "table": "aduan", "cursor": "diubah pada", "lag": "2d"})
    insert(engine, (1, "2026-11-02 08:00:00"))
    cursor = last_cursor(pull(config, ctx))
    insert(engine, (2, "2026-11-01 00:00:00"), (3, "2026-10-01 00:00:00"))
    assert {row[ID] for row in rows_of(pull(config, ctx, cursor))} == {"1", "2"}


def test_another_database_is_read_from_its_start(ctx: Context, tmp_path: Path) -> None:
    """Its address is masked in the map's dump; user and password may change without harm."""
    for name, number in (("lama", 1), ("baru", 2)):
        engine = create_engine(f"sqlite:///{tmp_path}/{name}.sqlite")
        with engine.begin() as connection:
            connection.execute(
                text('CREATE TABLE aduan (nomor INTEGER, tanggal TIMESTAMP, nilai NUMERIC, "diubah pada" TIMESTAMP)')
            )
        insert(engine, (number, f"2026-11-0{9 - number} 08:00:00"))
        engine.dispose()
    cursor, asked = None, []
    for name in ("lama", "baru"):
        config = table(database={"url": f"sqlite:///{tmp_path}/{name}.sqlite", "table": "aduan", "cursor": "diubah pada"})
        found = pull(config, ctx, cursor)
        cursor = last_cursor(found)
        asked.append([row[ID] for row in rows_of(found)])
    assert asked == [["1"], ["2"]]

    def mark(url: str, name: str = "aduan") -> str:
        return table(database={"url": url, "table": name}).mark

    base = mark("postgresql://u:lama@a/x")
    assert mark("postgresql://v:baru@a/x") == base
    assert mark("postgresql://u:lama@/x?host=a&password=1") == mark("postgresql://u:lama@/x?host=a&password=2")
    others = ["postgresql://u@b/x", "postgresql://u@a/y", "postgresql://u@a:6543/x", "postgresql://u@/x?host=a", "rusak"]
    assert len({base, mark("postgresql://u@a/x", "lain"), *map(mark, others)}) == len(others) + 2


def test_a_wrong_table_or_column_is_another_form(database: tuple[str, Any], ctx: Context) -> None:
    url, engine = database
    insert(engine, (1, None))
    for wrong in ({"table": "tidak_ada"}, {"table": "aduan", "cursor": "tidak ada"}, {"table": 'aduan"; DROP TABLE aduan; --'}):
        with pytest.raises(FormChanged):
            pull(table(database={"url": url} | wrong), ctx)
    assert len(rows_of(pull(table(database={"url": url, "table": "aduan"}), ctx))) == 1


def test_a_database_that_is_away_is_tried_later(ctx: Context, tmp_path: Path) -> None:
    for url in ("postgresql+psycopg://u:rahasia@127.0.0.1:9/x", f"sqlite:///{tmp_path}/belum.sqlite"):
        with pytest.raises(TryLater) as caught:
            pull(table(database={"url": url, "table": "t"}), ctx)
        assert "rahasia" not in str(caught.value)
    assert not (tmp_path / "belum.sqlite").exists()
    for url in ("bukan-alamat", "tidakada://x", "sqlite:////etc/passwd", "sqlite://"):
        with pytest.raises(Refused):
            pull(table(database={"url": url, "table": "t"}), ctx)
