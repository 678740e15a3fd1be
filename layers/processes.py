"""Starts and watches the room's processes: what dies is started again, and one end ends all."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType

from layers.boundaries import import_boundaries
from layers.cache import end_leftover, server_command, socket_path
from layers.settings import Settings

FIRST_PAUSE, LONGEST_PAUSE, STEADY = 0.5, 30.0, 60.0
"""Seconds: the pause before a restart doubles from the first to the longest, and begins anew after a steady run."""

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Child:
    """One process of the room."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    due: float = 0.0
    ready: Callable[[], bool] = lambda: True

    def start(self, now: float) -> None:
        self.process = subprocess.Popen(self.command, env={**os.environ, **self.environment})
        self.started = now

    def look(self, now: float) -> None:
        """Start what is due; note a death once, with the pause before the next try."""
        if self.process is None:
            if now >= self.due and self.ready():
                self.start(now)
            return
        code = self.process.poll()
        if code is None:
            return
        if now - self.started > STEADY:
            self.pause = FIRST_PAUSE
        log.warning("%s ended with code %s; starting again in %.1f s", self.name, code, self.pause)
        self.process, self.due = None, now + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE)


@dataclass(slots=True)
class Supervisor:
    """Keeps children alive until it is told to end, then ends them within ``grace`` seconds."""

    children: list[Child] = field(default_factory=list)
    grace: float = 10.0
    ending: bool = False

    def add(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        ready: Callable[[], bool] | None = None,
    ) -> None:
        """Start a child, at once or when ``ready`` says that what it needs is there."""
        child = Child(name=name, command=command, environment=environment or {})
        if ready is None:
            child.start(time.monotonic())
        else:
            child.ready = ready
        self.children.append(child)

    def watch(self) -> None:
        """Watch until SIGTERM or SIGINT, then end the children."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        try:
            while not self.ending:
                for child in self.children:
                    child.look(time.monotonic())
                time.sleep(0.2)
        finally:
            self.stop()

    def _end(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the form that signal asks for
        self.ending = True

    def stop(self) -> None:
        alive = [child.process for child in self.children if child.process and child.process.poll() is None]
        for process in alive:
            process.terminate()
        deadline = time.monotonic() + self.grace
        for process in alive:
            try:
                process.wait(max(deadline - time.monotonic(), 0))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def run_room(settings: Settings) -> None:
    """Start cache, connectors and web (and the demo's upstream) and watch them until told to end."""
    me = [sys.executable, "-m", "liveroom"]
    if settings.boundaries:
        for line in import_boundaries(settings.boundaries, settings.city, settings.data).lines:
            log.info("%s", line)
    supervisor = Supervisor()
    if settings.redis_url is None:
        path = socket_path(settings.data)
        end_leftover(path)
        supervisor.add("cache", server_command(path))
    if settings.demo:
        supervisor.add("simulator", [*me, "simulate"])
    simulated = partial(_answers, settings.data / "demo" / "port") if settings.demo else None
    supervisor.add("connectors", [*me, "pull"], ready=simulated)
    supervisor.add("web", [*me, "serve"])
    log.info("Live Room %s: http://%s:%d", settings.city.name, settings.host, settings.port)
    supervisor.watch()


def _answers(port: Path) -> bool:
    """Whether the program whose port stands in a file takes connections on this machine."""
    try:
        with socket.create_connection(("127.0.0.1", int(port.read_text("ascii"))), timeout=1):
            return True
    except (OSError, ValueError):
        return False
