"""The migrations make exactly the tables that the code knows, and every type comes back as it was; on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import MetaData, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite

from layers import peopleschema, schema
from layers.database import Database
from layers.model import RECORDS, Kind
from layers.people import People
from layers.schema import AT, RECORD_TABLES, REPLACED_TABLES
from layers.sqltypes import EPOCH, Moment, Money, micros, record_fields, sen
from layers.store import Store
from tests.layers.made import NOW, SECRET, ZONE, give, one_of_each, opened

SQLITE, POSTGRESQL = sqlite.dialect(), postgresql.dialect()  # type: ignore[no-untyped-call]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    found: str = f"sqlite:///{tmp_path}/s.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    return found


def differences(database: Database, metadata: MetaData) -> list[object]:
    options = {"compare_type": True, "version_table": f"{database.branch}_schema"}
    with database.read() as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def test_migrations_make_the_tables_that_the_code_knows_and_may_run_again(url: str) -> None:
    for database, metadata in ((Store(url, ZONE, SECRET), schema.metadata), (People(url, SECRET), peopleschema.people)):
        if database.sqlite and database.branch == "people":
            database = People(url.replace("s.sqlite", "p.sqlite"), SECRET)
        database.open()
        database.open()
        own = set(metadata.tables)
        found = [change for change in differences(database, metadata) if not of_another(change, own)]
        assert found == []
        database.close()


def test_a_store_has_a_name_of_its_own_that_stays(url: str, tmp_path: Path) -> None:
    store, other = Store(url, ZONE, SECRET), Store(f"sqlite:///{tmp_path}/lain.sqlite", ZONE, SECRET)
    for one in (store, other, store):
        one.open()
    again = Store(url, ZONE, SECRET)
    assert store.identity() == again.identity() != other.identity()
    for one in (store, other, again):
        one.close()


def test_a_store_of_the_first_form_gets_its_name_and_keeps_its_records(url: str) -> None:
    with opened(url) as store:
        give(store, one_of_each())
        with store.write() as connection:
            later = (schema.absence, schema.standing, schema.pack, schema.alarm, schema.notice, schema.brief, schema.report)
            for table in (schema.identity, schema.gone, schema.erased, *later, *REPLACED_TABLES.values()):
                table.drop(connection)
            for kind in Kind:
                connection.execute(text(f"ALTER TABLE {kind.value} DROP COLUMN kept_at"))
            connection.execute(text("DROP INDEX quarantine_open"))
            for column in (
                *("complaint DROP COLUMN text", "complaint DROP COLUMN mentions", "service DROP COLUMN reporter"),
                *("package DROP COLUMN bought", "package DROP COLUMN bidders"),
            ):
                connection.execute(text(f"ALTER TABLE {column}"))
            connection.execute(text("DROP INDEX complaint_past"))
            for name in ("reporter", "photo"):
                connection.execute(text(f"ALTER TABLE complaint DROP COLUMN {name}"))
            connection.execute(text("UPDATE store_schema SET version_num = 'store_0001'"))
    with opened(url) as store:
        assert len(store.identity()) == 32
        assert store.gone(Kind.COMPLAINT, 0) == []
        assert store.source_states()[0].records == len(Kind)


def of_another(change: object, own: set[str]) -> bool:
    """Whether a difference is only that the other branch keeps its tables in the same database."""
    kind, thing, *_ = change if isinstance(change, tuple) else (None, None)
    table = getattr(thing, "table", thing)
    return kind in ("remove_table", "remove_index") and getattr(table, "name", None) not in own


def test_a_sqlite_file_is_its_owners_alone_and_has_a_write_ahead_log(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/dalam/s.sqlite", ZONE, SECRET)
    store.open()
    with store.read() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 1}
    assert (tmp_path / "dalam").stat().st_mode & 0o077 == 0
    assert (tmp_path / "dalam" / "s.sqlite").stat().st_mode & 0o077 == 0
    store.close()


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_its_table_with_a_column_for_each_field(kind: Kind) -> None:
    table = RECORD_TABLES[kind]
    for name, (_, optional) in record_fields(kind).items():
        assert table.c[name].nullable is optional
    record = next(record for record in one_of_each() if record.kind is kind)
    assert getattr(record, AT[kind]) == record.at
    assert isinstance(record, RECORDS[kind])


def test_a_moment_is_microseconds_in_sqlite_and_a_timestamp_in_postgresql(url: str) -> None:
    store = Store(url, ZONE, SECRET)
    store.open()
    late = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    early = datetime(1600, 1, 1, 0, 0, 0, 1, tzinfo=timezone(timedelta(hours=7)))
    with store.write() as connection:
        connection.execute(insert(schema.lease).values(source="a", owner="b", until=late))
        connection.execute(insert(schema.lease).values(source="c", owner="d", until=early))
        assert connection.execute(select(schema.lease.c.until).order_by(schema.lease.c.source)).scalars().all() == [late, early]
        raw = connection.exec_driver_sql("SELECT until FROM lease WHERE source = 'a'").scalar()
    assert raw == (micros(late) if store.sqlite else late)
    store.close()


@given(moment=st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.timezones()))  # noqa: DTZ001
def test_every_moment_comes_back(moment: datetime) -> None:
    held = Moment().process_bind_param(moment, SQLITE)
    assert Moment().process_result_value(held, SQLITE) == moment.astimezone(UTC)
    assert EPOCH + timedelta(microseconds=micros(moment)) == moment.astimezone(UTC)
    assert Moment().process_bind_param(moment, POSTGRESQL) is moment


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        Moment().process_bind_param(NOW.replace(tzinfo=None), SQLITE)


@given(amount=st.decimals(min_value=-(10**15), max_value=10**15, places=2))
def test_money_comes_back_to_the_sen(amount: Decimal) -> None:
    assert Money().process_result_value(Money().process_bind_param(amount, SQLITE), SQLITE) == amount


@pytest.mark.parametrize("amount", ["0.001", "1.999", "-0.005", "1E-20"])
def test_money_finer_than_a_sen_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="sen"):
        sen(Decimal(amount))
