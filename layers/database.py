"""A database by URL, SQLite or PostgreSQL: one engine, short write transactions, migrations safe against each other."""

from __future__ import annotations

import fcntl
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Text, bindparam, create_engine, event, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import QueuePool

BUSY_MS = 30_000
"""How long a SQLite writer waits for another one: longer than any batch."""

CONNECT_S = 3
"""How long a PostgreSQL server may take to answer a new connection."""

STATEMENT_MS = 60_000
"""How long PostgreSQL may work (or wait for a lock) on one statement; longer than any batch, and never for ever."""

_KEEPALIVE = {"keepalives": 1, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}
"""A host that is gone (power, network) is noticed within half a minute; a local socket ignores this."""

PRAGMAS = (f"busy_timeout={BUSY_MS}", "synchronous=NORMAL", "foreign_keys=ON", "cache_size=-32768", "wal_autocheckpoint=4000")


class Database:
    """One database and its schema branch (``store`` or ``people``); the URL never appears in its ``repr``.

    On SQLite a write takes the file's write lock at its start (``BEGIN IMMEDIATE``), on PostgreSQL an
    advisory lock of the branch where it asks for one, so that writers form one row.
    """

    branch: str

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._engine = _engine(self._url)
        # SQLite's own waiting is by chance: of many writers at once some would wait beyond any limit.
        self._turn: AbstractContextManager[Any] = threading.Lock() if self.sqlite else nullcontext()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._url.get_backend_name()})"

    @property
    def sqlite(self) -> bool:
        return self._engine.dialect.name == "sqlite"

    @property
    def begun(self) -> bool:
        """Whether something may be in it; a file that nobody has made yet holds nothing."""
        return not self.sqlite or Path(self._url.database or "").is_file()

    def open(self) -> None:
        """Bring the schema up to date; several processes may do so at once."""
        from layers.migrations import upgrade

        if self.sqlite:
            _prepare_file(self._url, self._engine)
        with self.write(alone=True) as connection:
            upgrade(connection, self.branch)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def write(self, *, alone: bool = False) -> Iterator[Connection]:
        """One transaction that writes; ``alone`` queues it behind every other such writer until commit."""
        with self._turn, self._engine.connect().execution_options(writes=True) as connection, connection.begin():
            if alone and not self.sqlite:
                connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"liveroom.{self.branch}"))))
            yield connection

    def among(self, column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
        """Whether a text is one of many thousand: as one parameter, where IN would be one for each."""
        if self.sqlite:
            return column.in_(select(func.json_each(json.dumps(values)).table_valued("value").c.value))
        return column == func.any(bindparam(None, list(values), type_=ARRAY(Text)))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One transaction that only reads."""
        with self._engine.connect() as connection, connection.begin():
            yield connection


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, connect_args=_patience(url), pool_pre_ping=True, hide_parameters=True)
    # As many connections as there are threads: a file has no limit of them, and nobody waits for one.
    engine = create_engine(
        url, connect_args={"timeout": BUSY_MS / 1000}, poolclass=QueuePool, max_overflow=-1, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def prepare(raw: Any, _record: object) -> None:
        raw.isolation_level = None  # the driver opens no transactions of its own: "begin" below does
        for pragma in PRAGMAS:
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")

    return engine


def _patience(url: URL) -> dict[str, Any]:
    """The limits of a PostgreSQL connection; what the URL itself says of them goes first."""
    given = url.query.get("options", "")
    options = f"-c statement_timeout={STATEMENT_MS} {given if isinstance(given, str) else ' '.join(given)}".strip()
    limits: dict[str, Any] = {"connect_timeout": CONNECT_S, **_KEEPALIVE}
    return {name: value for name, value in limits.items() if name not in url.query} | {"options": options}


def _prepare_file(url: URL, engine: Engine) -> None:
    """Make the file's folder and set the write-ahead log, once; SQLite's own lock does not cover that change."""
    if not url.database or url.database == ":memory:":
        raise ValueError("basis data SQLite harus berupa berkas, bukan memori")
    path = Path(url.database)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.with_name(path.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path.touch(mode=0o600)
        raw = engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA journal_mode=WAL").close()
        finally:
            raw.close()
