"""Real servers and real data for the tests: PostgreSQL, a Redis-protocol server, Chromium, a city, the shared samples."""

from __future__ import annotations

import os
import pwd
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import hypothesis
import orjson
import psycopg
import pytest
from playwright.sync_api import Browser, sync_playwright

from layers import clock, mapasset, schematic
from layers.city import City, load
from layers.database import Database
from layers.settings import Settings, from_environment

# machines are shared and noisy: no test is timed; and all of them together have a quarter of an hour
hypothesis.settings.register_profile("room", deadline=None, max_examples=25)
hypothesis.settings.load_profile("room")
pytest.register_assert_rewrite("tests.connectors.contract")

ROOT = Path(__file__).parent.parent
SECRET = "q7Jm2vXw9LkT4sRz8bNc1yHd6gPf3aUe5oWi0tZx"


LONG = (
    "test_week",
    "test_past",
    "test_queue",
    "test_real_input",
    "test_axe",
    "test_liveroom",
    "test_kill",
    "test_inbox",
    "test_frames",
)
"""Files whose few tests take longest: they go first, so that no worker is left with one of them at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.stem not in LONG)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real boundaries, codes and payloads; only a checkout without it skips."""
    folder = Path(os.environ.get("LIVEROOM_SHARED", ROOT.parent / "shared")).resolve()
    if not folder.is_dir():
        pytest.skip("real payloads are not beside this checkout (set LIVEROOM_SHARED)")
    return folder


@pytest.fixture(scope="session")
def city() -> City:
    return load("36.71")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a demo on loopback with an empty data folder."""
    (tmp_path / "data" / "demo").mkdir(parents=True)
    return from_environment({"LIVEROOM_DATA": str(tmp_path / "data"), "LIVEROOM_SECRET": SECRET})


@pytest.fixture(scope="session", autouse=True)
def migrated_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A new SQLite database is a copy of the first one that was brought up to date: that takes long, and thousands are made."""
    folder, real = tmp_path_factory.mktemp("migrated"), Database.open

    def opened(self: Database) -> None:
        path, made = Path(self._url.database or ""), folder / f"{self.branch}.sqlite"
        new = self.sqlite and path.name not in ("", ":memory:") and not path.exists()
        if new and made.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            copy = folder / uuid4().hex
            shutil.copyfile(made, copy)
            copy.chmod(0o600)
            if self.branch == "store":  # each has a name of its own
                with sqlite3.connect(copy) as connection:
                    connection.execute("UPDATE identity SET id = ?", (uuid4().hex,))
                connection.close()
            with suppress(FileExistsError):  # another thread's
                path.hardlink_to(copy)
            copy.unlink()
        real(self)
        if new and not made.exists():
            with sqlite3.connect(path) as connection:
                connection.execute("VACUUM INTO ?", (str(made),))
            connection.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "open", opened)
        yield


@pytest.fixture(scope="session", autouse=True)
def drawn_once() -> Iterator[None]:
    """A city without a file of boundaries is drawn once: the drawing depends on its facts alone, and takes half a second."""
    draw, make_asset = schematic.draw, mapasset.make_asset
    drawings: dict[bytes, Any] = {}
    assets: dict[tuple[Any, ...], Any] = {}

    def drawn(city: City) -> Any:
        facts = orjson.dumps([city.code, city.outline, [area.model_dump() for area in city.areas]])
        if facts not in drawings:
            drawings[facts] = draw(city)
        return drawings[facts]

    def asset(code: str, shapes: Mapping[str, Any], areas: Any, **how: Any) -> Any:
        key = (code, *((name, shape.wkb) for name, shape in shapes.items()), repr(areas), *how.items())
        if key not in assets:
            assets[key] = make_asset(code, shapes, areas, **how)
        return assets[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schematic, "draw", drawn)
        patch.setattr(mapasset, "make_asset", asset)
        yield


@pytest.fixture(autouse=True)
def real_clock() -> Iterator[None]:
    """No test leaves a set clock behind."""
    yield
    clock.set_clock(None)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL of its own, on a unix socket; it refuses to run as root, so then under another user."""
    found = [*Path("/usr/lib/postgresql").glob("*/bin/initdb"), *([Path(p)] if (p := shutil.which("initdb")) else [])]
    assert found, "PostgreSQL is missing: run `make test`, which brings it, or install the package postgresql"
    binaries = max(found).resolve().parent
    folder = Path(tempfile.mkdtemp(prefix="lr-pg-", dir="/tmp"))
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        owner = pwd.getpwnam(user)
        os.chown(folder, owner.pw_uid, owner.pw_gid)

    def run(*command: str) -> None:
        subprocess.run([str(binaries / command[0]), *command[1:]], user=user, check=True, capture_output=True, cwd=folder)

    run("initdb", "-D", f"{folder}/db", "-U", "liveroom", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c full_page_writes=off"
    run("pg_ctl", "-D", f"{folder}/db", "-w", "-l", f"{folder}/log", "-o", options, "start")
    try:
        yield str(folder)
    finally:
        run("pg_ctl", "-D", f"{folder}/db", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty database in the session's PostgreSQL."""
    name = f"t{time.monotonic_ns()}"
    with psycopg.connect(host=postgres_server, user="liveroom", dbname="postgres", autocommit=True) as connection:
        connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        yield f"postgresql+psycopg://liveroom@/{name}?host={postgres_server}"
        connection.execute(psycopg.sql.SQL("DROP DATABASE {} WITH (FORCE)").format(psycopg.sql.Identifier(name)))


@pytest.fixture
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A real Redis-protocol server on a unix socket: its URL and its process, for tests that stop or kill it."""
    binary = shutil.which("redis-server") or shutil.which("valkey-server")
    assert binary, "no redis-server on PATH: run `make test`, which brings it"
    folder = Path(tempfile.mkdtemp(prefix="lr-r-", dir="/tmp"))
    path = folder / "s"
    process = subprocess.Popen(
        [binary, "--port", "0", "--unixsocket", str(path), "--save", "", "--appendonly", "no", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    for _ in range(200):
        if path.exists():
            break
        time.sleep(0.02)
    try:
        yield f"unix://{path}", process
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def redis_url(redis_server: tuple[str, subprocess.Popen[bytes]]) -> str:
    return redis_server[0]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium from the system, never a download; for a module, as its loop would stand in the way of others'."""
    binary = next((b for n in ("chromium", "chromium-browser", "google-chrome") if (b := shutil.which(n))), None)
    assert binary, "Chromium is missing: run `make test`, which brings it, or install the package chromium"
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    flags += ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=binary, args=flags)
        yield chromium
        chromium.close()
