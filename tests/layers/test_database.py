"""A PostgreSQL server that hangs freezes nobody for ever; two databases may be opened at once."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from layers import database
from layers.database import CONNECT_S, Database
from layers.store import Store
from tests.layers.made import SECRET, ZONE, opened


def test_a_server_that_accepts_and_says_nothing_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        server = Database(f"postgresql+psycopg://u:sandi@127.0.0.1:{silent.getsockname()[1]}/x")
        began = time.monotonic()
        with pytest.raises(OperationalError) as error, server.read():
            pass
        assert time.monotonic() - began < CONNECT_S + 5
        assert "sandi" not in str(error.value)


def test_a_statement_that_takes_too_long_is_ended(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(postgres_url) as store, store.read() as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar() == "1min"
    monkeypatch.setattr(database, "STATEMENT_MS", 200)
    server = Database(postgres_url)
    with pytest.raises(OperationalError, match="statement timeout"), server.read() as connection:
        connection.execute(text("SELECT pg_sleep(20)"))
    server.close()


def test_what_the_url_says_of_the_limits_goes_first(postgres_url: str) -> None:
    server = Database(postgres_url + "&connect_timeout=7&options=-c%20statement_timeout%3D5000")
    with server.read() as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar() == "5s"
    assert "connect_timeout" not in database._patience(server._url)
    server.close()


def test_two_databases_may_be_opened_at_the_same_time(tmp_path: Path) -> None:
    """As the web server does: Alembic itself keeps what it works on in a module's globals."""
    stores = [Store(f"sqlite:///{tmp_path}/{i}.sqlite", ZONE, SECRET) for i in range(4)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(Store.open, stores))
    for store in stores:
        assert store.head() == 0
        store.close()
