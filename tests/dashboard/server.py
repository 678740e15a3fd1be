"""A real server for the dashboard's tests: uvicorn in a thread, the tiny city's snapshots, accounts on SQLite."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from argon2 import PasswordHasher

from dashboard.app import create_app
from dashboard.feed import Hub
from dashboard.room import Room
from layers.areas import AreaTree
from layers.boundaries import load_boundaries
from layers.cache import Cache
from layers.catalog import catalog
from layers.entry import Entry
from layers.model import LIMITS, Role
from layers.people import People
from layers.remote import Remote
from layers.settings import Settings
from layers.snapshot import Snapshot
from layers.wire import encode
from tests.dashboard.snapshots import CITY, snapshot

FONTS = Path(tempfile.gettempdir()) / f"liveroom-fonts-{os.getuid()}"
"""The cut fonts, shared by the tests: cutting them takes two seconds."""
SECRET = "q7Jm2vXw9LkT4sRz8bNc1yHd6gPf3aUe5oWi0tZx"
LIMITED = {"opds": ["dlh"], "areas": ["36.71.01"], "categories": ["Sampah"]}
PASSWORD = "kuda-benar-baterai-staples"


@dataclass
class Live:
    """One running server and what a test needs to know of it."""

    data: Path
    demo: bool = True
    host: str = "127.0.0.1"
    port: int = 0
    cache: Cache | None = None
    room: Room | None = None
    entry: Entry = field(default_factory=Entry)
    prefix: str = ""
    hub: Hub = field(init=False)
    people: People = field(init=False)
    _clients: list[httpx.Client] = field(default_factory=list)
    _server: uvicorn.Server | None = None
    _thread: threading.Thread | None = None

    def __post_init__(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        FONTS.mkdir(exist_ok=True)
        with contextlib.suppress(FileExistsError):
            (self.data / "fonts").symlink_to(FONTS)
        self.people = People(f"sqlite:///{self.data / 'people.sqlite'}", SECRET, PasswordHasher(1, 8, 1))
        self.people.open()
        self.room = self.room or room(self.data)
        self.room = replace(self.room, remote=Remote(self.people, [screen.name for screen in self.room.city.wall.screens]))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def file(self) -> Path:
        return self.data / "frames" / "snapshot.json"

    def publish(self, new: Snapshot) -> None:
        """Write the snapshot's file as the publisher does, and hand it to the hub at once."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        part = self.file.with_suffix(".part")
        part.write_bytes(encode(new))
        part.replace(self.file)
        if self._server:
            self._loop.call_soon_threadsafe(self.hub.put, new)

    def beat(self) -> None:
        """A heartbeat now, between those that come by themselves."""
        self._loop.call_soon_threadsafe(self.hub.beat)

    def start(self) -> None:
        """Start on the port of before, or on a free one; returns once it answers."""
        settings = Settings(
            city=CITY,
            data=self.data,
            host=self.host,
            demo=self.demo,
            database_url="sqlite://",
            people_url=f"sqlite:///{self.data / 'people.sqlite'}",
            secret=SECRET,
            port=self.port or 8050,
            entry=self.entry,
            prefix=self.prefix,
        )
        assert self.room is not None
        self.hub = Hub(self.room, self.file, self.cache)
        app: Any = create_app(settings, self.room, self.people, self.cache, self.hub)
        config = uvicorn.Config(
            app, host="127.0.0.1", port=self.port, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=1
        )
        self._server = server = uvicorn.Server(config)

        async def run() -> None:
            self._loop = asyncio.get_running_loop()
            await server.serve()
            for connection in list(server.server_state.connections):  # those that came while it was stopping
                connection.transport.abort()
            await asyncio.sleep(0)

        self._thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 20
        while not server.started:
            assert self._thread.is_alive(), "the server ended while starting"
            assert time.monotonic() < deadline, "the server did not start in 20 s"
            time.sleep(0.01)
        self.port = server.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        if self._server and self._thread:
            self._loop.call_soon_threadsafe(self.hub.close)
            self._server.should_exit = True
            self._thread.join(10)
            assert not self._thread.is_alive(), "the server did not stop"
        self._server = None

    def client(self, **options: Any) -> httpx.Client:
        made = httpx.Client(base_url=self.url, timeout=10, **options)
        self._clients.append(made)
        return made

    def signed_in(self, role: Role, **limits: Any) -> httpx.Client:
        """A client with a session of its own of an account in this role, with the limits that it needs."""
        name = f"{role.value}-{time.monotonic_ns()}"
        limits = {limit: LIMITED[limit] for limit in LIMITS.get(role, ())} | limits
        self.people.add_user(name, PASSWORD, role, **limits)
        client = self.client()
        answer = client.post("/masuk", data={"nama": name, "sandi": PASSWORD})
        assert answer.status_code == 303, answer.text
        return client


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def room(data: Path, **parts: Any) -> Room:
    """The tiny city's room."""
    return Room(city=CITY, tree=AreaTree.of(CITY), map=load_boundaries(CITY, data).asset, catalog=catalog(), **parts)


@contextlib.contextmanager
def serving(data: Path, first: Snapshot | None = None, **options: Any) -> Iterator[Live]:
    """A server that shows ``first`` (version 1 by default), stopped at the end."""
    live = Live(data, **options)
    live.publish(first or snapshot(1))
    live.start()
    try:
        yield live
    finally:
        live.stop()
        live.people.close()
        for client in live._clients:  # no test leaves a connection behind
            client.close()
