"""The demo's simulated systems from first start to end: prepared, filled with their past, served and kept going."""

from __future__ import annotations

import json
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from connectors.simulator.faults import Faults
from connectors.simulator.serve import Clockwork, Server, application
from connectors.simulator.upstreams import Upstream, upstreams
from connectors.simulator.world import World
from layers import clock
from layers.settings import Settings

STEP = 1.0
"""Seconds between two looks at what has happened meanwhile."""

SAVE = 10.0
"""Seconds after which it is noted how far the systems have come: so much is at most told again after a hard end."""

TEMPLATES = Path(__file__).parent / "sources"

log = logging.getLogger(__name__)


def prepare(data: Path) -> None:
    """Make ``data`` a demo's folder: its sources are declared in ``DATA/demo/sources``, as people declare theirs.

    The port is the last start's unless another program has taken it; the token is made once.
    """
    demo = data.resolve() / "demo"
    sources = demo / "sources"
    sources.mkdir(parents=True, exist_ok=True, mode=0o700)
    given = {
        "${LIVEROOM_DEMO_FOLDER}": demo.as_posix(),
        "${LIVEROOM_DEMO_URL}": f"http://127.0.0.1:{_port(demo)}",
        "${LIVEROOM_DEMO_TOKEN}": _token(demo),
        "${LIVEROOM_DEMO_SINCE}": _since(demo),
    }
    templates = {template.name: template.read_text("utf-8") for template in sorted(TEMPLATES.glob("*.toml"))}
    for name, text in templates.items():
        for variable, value in given.items():
            text = text.replace(variable, value)
        (sources / name).write_text(text, "utf-8")
    for gone in {path.name for path in sources.glob("demo_*.toml")} - set(templates):
        (sources / gone).unlink()


def fill(settings: Settings) -> Systems:
    """Lay down the past of every system that has none yet, before anyone asks for it."""
    started = time.monotonic()
    systems = Systems(settings)
    systems.fill()
    log.info("simulated systems ready: %d in %.1f s", len(systems.known), time.monotonic() - started)
    return systems


def run(settings: Settings) -> None:
    """The demo's process: fills and serves the systems and goes on with the clock, until it is told to end."""
    demo = settings.data / "demo"
    systems = fill(settings)
    app = application(systems.world, systems.known, systems.faults, _token(demo))
    ending = threading.Event()
    stepper = threading.Thread(target=systems.go_on, args=[ending], name="langkah")
    stepper.start()
    try:
        Server(app, int((demo / "port").read_text("ascii")) if (demo / "port").exists() else _port(demo)).run()
    finally:
        ending.set()
        stepper.join()


class Systems:
    """The systems that write by themselves, and how far each has come (``DATA/demo/until.json``)."""

    def __init__(self, settings: Settings, known: Mapping[str, Upstream] | None = None) -> None:
        self.known = upstreams() if known is None else known
        self.world = World.of(settings.city)
        self._demo = settings.data / "demo"
        self.faults = Faults(self._demo)
        self._clockwork = Clockwork(self.world, self.faults)
        self._path = self._demo / "until.json"
        self._until: dict[str, datetime] = {}
        self._troubled: set[str] = set()
        if self._path.exists():
            noted = json.loads(self._path.read_text("utf-8"))
            self._until = {name: datetime.fromisoformat(moment) for name, moment in noted.items()}

    def fill(self) -> None:
        """Give each new system its past; one that has it already is left to :meth:`step`."""
        for name, upstream in self.known.items():
            if name in self._until:
                continue
            started, now = time.monotonic(), self._clockwork.now(name)
            try:
                if upstream.fill is not None:
                    upstream.fill(self.world, self._folder(name), now)
            except Exception:  # the others begin without it, and it is tried again at the next start
                log.exception("event=isi sistem=%s", name)
                continue
            self._until[name] = now
            self._save()
            log.info("event=isi sistem=%s detik=%.1f", name, time.monotonic() - started)

    def step(self) -> None:
        """Let each system write what has happened since; one in trouble is tried again next time, and says so once."""
        for name, upstream in self.known.items():
            fault = self.faults.of(name)
            since, until = self._until.get(name), self._clockwork.now(name)
            if upstream.step is None or since is None or until <= since or (fault is not None and fault.kind in ("mati", "beku")):
                continue
            try:
                upstream.step(self.world, self._folder(name), since, until)
            except Exception:  # one system's trouble is not the others'
                if name not in self._troubled:
                    log.exception("event=langkah sistem=%s", name)
                self._troubled.add(name)
            else:
                self._troubled.discard(name)
                self._until[name] = until

    def go_on(self, ending: threading.Event) -> None:
        """Step until told to end."""
        saved = time.monotonic()
        while not ending.is_set():
            self.step()
            if time.monotonic() - saved > SAVE:
                self._save()
                saved = time.monotonic()
            ending.wait(STEP)
        self._save()

    def _folder(self, name: str) -> Path:
        folder = self._demo / name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def _save(self) -> None:
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps({name: moment.isoformat() for name, moment in self._until.items()}), "utf-8")
        part.replace(self._path)


def _port(demo: Path) -> int:
    """The port of the last start where it is still to be had, else another."""
    path = demo / "port"
    wanted = int(path.read_text("ascii")) if path.exists() else 0
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found = int(probe.getsockname()[1])
            path.write_text(f"{found}\n", "ascii")
            return found
    raise OSError("no free port on loopback")


def _since(demo: Path) -> str:
    """Where the demo's history begins, for systems that are asked from a moment on: stated at the first start."""
    path = demo / "since"
    if not path.exists():
        first = clock.now() - timedelta(days=World.HISTORY_DAYS)
        path.write_text(f"{first:%Y-%m-%d}T00:00:00+00:00\n", "ascii")
    return path.read_text("ascii").strip()


def _token(demo: Path) -> str:
    """The token that the simulated systems ask for: made at the first start, for its owner alone."""
    path = demo / "token"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(24))
    return path.read_text("ascii").strip()
