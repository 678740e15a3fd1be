"""Rows of a database by a SQLAlchemy URL: declared columns of one declared table, read only, incremental by a cursor column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Connection, Select, column, create_engine, or_, select, table
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from connectors.declared.derived import Name
from connectors.source import AskForAccess, Config, FormChanged, Refused, Row, TryLater
from layers.facts import Duration

ROWS = 5_000

Among = tuple[str, Sequence[Any]]
"""A column that is asked for, and the values wanted in it."""


class Database(Config):
    """A table of a database. ``cursor`` is a column that only rises; ``lag`` is asked for once more each time.

    Rows whose cursor equals the last one are asked for again (they may be new), and so are rows without one.
    """

    url: SecretStr
    table: Name
    namespace: Name | None = None
    cursor: Name | None = None
    lag: Duration = timedelta(0)


def rows_of(
    database: Database, headings: Sequence[str], since: Any, folders: Sequence[Path], among: Among | None = None
) -> Iterator[Sequence[Row]]:
    """Rows in batches, in the order of the cursor column.

    ``since`` is what :func:`mark` made of an earlier row; ``among`` asks only for rows with one of some values in a
    column. Raises the errors of :mod:`connectors.source`.
    """
    names = list(dict.fromkeys([*headings, *([database.cursor] if database.cursor else [])]))
    with _connection(database, folders) as connection:
        found = connection.execution_options(stream_results=True, yield_per=ROWS).execute(_query(database, names, since, among))
        for part in found.mappings().partitions(ROWS):
            yield [{name: row[name] for name in names} for row in part]


def place(database: Database) -> str:
    """Which table of which database this is, without what may change there (user, password) or is a secret."""
    try:
        url = make_url(database.url.get_secret_value())
    except (ArgumentError, ValueError):
        return ""
    where = [(name, url.query[name]) for name in ("host", "port", "dbname", "service", "odbc_connect") if name in url.query]
    return repr((url.get_backend_name(), url.host, url.port, url.database, where, database.namespace, database.table))


def mark(value: Any) -> list[str] | None:
    """A cursor value as JSON: its type and its text; ``None`` for nothing."""
    kind = next((name for name, types in _KINDS.items() if isinstance(value, types[0])), None)
    return None if kind is None else [kind, value.isoformat() if isinstance(value, date) else str(value)]


_KINDS: Mapping[str, tuple[type, Any]] = {
    "waktu": (datetime, datetime.fromisoformat),
    "tanggal": (date, date.fromisoformat),
    "bulat": (int, int),
    "desimal": (Decimal, Decimal),
    "pecahan": (float, float),
    "teks": (str, str),
}


def _since(marked: Sequence[str], lag: timedelta) -> Any:
    """The value to go on from: the mark, less the lag where it is a time."""
    kind, text = marked
    value = _KINDS[kind][1](text)
    if not lag:
        return value
    if isinstance(value, date):
        return value - lag
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Refused("lag hanya untuk kolom kursor yang berupa waktu") from None
    return (moment - lag).isoformat(sep=text[10] if len(text) > 10 else "T")[: max(len(text), 10)]


def _query(database: Database, names: Sequence[str], since: Any, among: Among | None = None) -> Select[Any]:
    source = table(database.table, *map(column, names), schema=database.namespace)
    query = select(*(source.c[name] for name in names))
    if among is not None:
        query = query.where(source.c[among[0]].in_(among[1]))
    if database.cursor is None:
        return query
    rising = source.c[database.cursor]
    if since is not None:
        query = query.where(or_(rising >= _since(since, database.lag), rising.is_(None)))
    return query.order_by(rising)


@contextmanager
def _connection(database: Database, folders: Sequence[Path]) -> Iterator[Connection]:
    """A read-only connection; what goes wrong is raised by the action that it asks for, without the URL."""
    try:
        url = _read_only(make_url(database.url.get_secret_value()), folders)
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise Refused(f"alamat basis data tidak sah ({type(error).__name__})") from None
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection = connection.execution_options(postgresql_readonly=True)
            yield connection
    except DBAPIError as error:
        raise _meaning(error) from None
    except SQLAlchemyError as error:
        raise FormChanged(f"basis data tidak terbaca ({type(error).__name__})") from None
    finally:
        engine.dispose()


def _read_only(url: URL, folders: Sequence[Path]) -> URL:
    """A SQLite file has to be there, inside an allowed folder, and is never written to."""
    if url.get_backend_name() != "sqlite":
        return url
    path = Path(url.database or "").resolve()
    if not any(path.is_relative_to(folder) for folder in folders):
        raise Refused("berkas SQLite di luar folder yang diizinkan")
    if not path.is_file():
        raise TryLater(f"berkas SQLite belum ada: {path.name}")
    return url.set(database=f"file:{path}", query={"mode": "ro", "uri": "true"})


def _meaning(error: DBAPIError) -> Exception:
    state = str(getattr(error.orig, "sqlstate", None) or "")
    text = str(error.orig)
    if state.startswith("28") or state == "42501" or "authentication failed" in text or "Access denied" in text:
        return AskForAccess("basis data sumber menolak akses")
    if state.startswith("42") or "no such" in text:
        return FormChanged(f"tabel atau kolom yang dinyatakan tidak ada ({text.splitlines()[0][:120]})")
    if isinstance(error, OperationalError) or error.connection_invalidated:
        return TryLater(f"basis data sumber tidak dapat dihubungi ({type(error.orig).__name__})")
    return FormChanged(f"basis data sumber menolak pertanyaan ({type(error.orig).__name__})")
