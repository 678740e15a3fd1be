"""What may happen to a wall in a week, made to happen: a cable that is pulled, a cache and a server that die, time that flies."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from layers.cache import Embedded, server_command
from tests.conftest import ROOT

FLIES = """(() => {
  // The machine's own clock, the one that people set, and every timer; skip(ms) is time that went by, lag(ms)
  // time that went by while no timer could fire, jump(ms) a clock that was set.
  const own = performance.now.bind(performance), wall = Date.now;
  const later = setTimeout.bind(window), never = clearTimeout.bind(window);
  const timers = new Map();
  let ahead = 0, set = 0, last = 0;
  performance.now = () => own() + ahead;
  Date.now = () => Math.round(wall() + ahead + set);
  const arm = timer => { timer.real = later(fire, Math.max(0, timer.at - performance.now()), timer); };
  function fire(timer) {
    if (timer.every) { timer.at = performance.now() + timer.every; arm(timer); } else timers.delete(timer.id);
    timer.run();
  }
  const start = again => (run, ms = 0, ...given) => {
    const timer = { id: last += 1, at: performance.now() + ms, every: again && Math.max(ms, 1), run: () => run(...given) };
    timers.set(timer.id, timer);
    arm(timer);
    return timer.id;
  };
  const stop = id => { const timer = timers.get(id); if (timer) { never(timer.real); timers.delete(id); } };
  Object.assign(window, { setTimeout: start(false), setInterval: start(true), clearTimeout: stop, clearInterval: stop });
  window.skip = ms => {
    ahead += ms;
    for (const timer of [...timers.values()]) {
      if (!timers.has(timer.id) || timer.at > performance.now()) continue;
      never(timer.real);
      fire(timer);
    }
  };
  window.lag = ms => { ahead += ms; };
  window.jump = ms => { set += ms; };
})()"""
"""For a page: its clocks go on when they are told to, and each timer that is due by then fires once, as in a throttled tab."""


class Time:
    """The true time: the machine's, and what was skipped."""

    def __init__(self, start: datetime) -> None:
        self._ahead = start - datetime.now(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def skip(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)

    def setting(self) -> str:
        """As ``LIVEROOM_CLOCK`` has it."""
        since = time.time()
        return f"{(datetime.fromtimestamp(since, UTC) + self._ahead).isoformat()} x1 @{since:.6f}"


class Server:
    """The wall's server as a process."""

    def __init__(self, data: Path, port: int, cache: str, true: Time) -> None:
        self._command = [sys.executable, "-m", "tests.dashboard.wallserver", str(data), str(port), cache]
        self._true = true
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        env = {**os.environ, "LIVEROOM_CLOCK": self._true.setting()}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen(self._command, cwd=ROOT, env=env, text=True, **pipes)
        assert self._process.stdout
        assert self._process.stdout.readline() == "ready\n"

    def tell(self) -> None:
        """The time, and a heartbeat for every screen; returns once it knows."""
        if self._process and self._process.stdin and self._process.stdout:
            self._process.stdin.write(self._true.setting() + "\n")
            self._process.stdin.flush()
            assert self._process.stdout.readline() == "told\n"

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe:
                    pipe.close()
        self._process = None


class CacheServer:
    """A real server of the Redis protocol."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "s"
        self.url = f"unix://{self._path}"
        self._server: Embedded | None = None

    def start(self) -> None:
        self._path.unlink(missing_ok=True)
        self._server = Embedded(self.url, subprocess.Popen(server_command(self._path), stdout=subprocess.DEVNULL))
        while not self._path.exists():
            time.sleep(0.02)

    def kill(self) -> None:
        if self._server:
            self._server.process.kill()
            self._server.process.wait()
        self._server = None


class Cable:
    """A TCP proxy: pulled, it takes everything and passes nothing on; put back, what hung in it is torn."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._pulled = False
        self._ends: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._call(asyncio.start_server(self._carry, "127.0.0.1", 0))
        self.port = int(self._server.sockets[0].getsockname()[1])

    def _call(self, what: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(10)

    def pull(self) -> None:
        self._pulled = True

    def put_back(self) -> None:
        self._pulled = False
        self._call(self._tear())

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nothing passes meanwhile, and all of it after."""
        self._call(self._hold())
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._flows.set)

    async def _hold(self) -> None:
        self._flows.clear()

    def close(self) -> None:
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _tear(self) -> None:
        for end in [*self._ends]:
            end.transport.abort()

    async def _end(self) -> None:
        self._server.close()
        await self._tear()
        if carrying := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(carrying, timeout=5)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, both ways, until either end goes."""
        ends = {writer}
        self._ends |= ends
        try:
            if self._pulled:
                await reader.read(-1)
                return
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
            ends.add(far_writer)
            self._ends.add(far_writer)
            ways = [asyncio.ensure_future(self._pass(*way)) for way in ((reader, far_writer), (far_reader, writer))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
        except OSError:
            return
        finally:
            self._ends -= ends
            for end in ends:
                end.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1 << 16):
                await self._flows.wait()
                if self._pulled:
                    continue
                writer.write(data)
                await writer.drain()
        except OSError:
            return
