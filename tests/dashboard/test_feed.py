"""The hub: what it starts from, what wakes it, what it never does; and the stream that browsers hear."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import htpy
import httpx
import orjson
import pytest

from dashboard import access as access_module
from dashboard import feed as feed_module
from dashboard.bodies import GZIP_HEADER, Event
from dashboard.drawn import key
from dashboard.feed import Hub
from dashboard.page import EVERYONE, Page, document, find_page
from dashboard.stream import Stream
from layers.cache import Cache
from layers.model import Role, Scope
from layers.snapshot import Snapshot
from layers.wire import encode
from tests.dashboard.server import Live, room, serving
from tests.dashboard.snapshots import NOW, PUBLIC, snapshot

WALL = find_page("/dinding")
assert WALL is not None
PAGE, PARAMS = WALL


def write(file: Path, new: Snapshot) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_bytes(encode(new))
    part.replace(file)


async def until(true: Callable[[], Any], seconds: float = 8) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Hub]:
    return lambda cache=None: Hub(room(tmp_path), tmp_path / "frames" / "snapshot.json", cache)


# --- what it holds --------------------------------------------------------------------------------


def test_without_anything_there_is_nothing_and_not_zero(made: Callable[..., Hub]) -> None:
    async def run() -> None:
        hub = made()
        await hub.start()
        assert hub.snapshot is None
        assert await hub.draw(key(PUBLIC, PAGE, PARAMS, "id")) is None
        await hub.stop()

    asyncio.run(run())


def test_starts_from_the_file_and_follows_it(made: Callable[..., Hub], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "LOOK", 0.05)

    async def run() -> None:
        write(tmp_path / "frames" / "snapshot.json", snapshot(3))
        hub = made()
        await hub.start()
        assert hub.snapshot == snapshot(3)
        write(tmp_path / "frames" / "snapshot.json", snapshot(4, values={"aduan_terbuka": 9}))
        await until(lambda: hub.snapshot and hub.snapshot.version == 4)
        (tmp_path / "frames" / "snapshot.json").write_bytes(b"{broken")
        await asyncio.sleep(0.2)
        assert hub.snapshot is not None
        assert hub.snapshot.version == 4, "a broken file takes nothing away"
        write(tmp_path / "frames" / "snapshot.json", snapshot(5))
        await until(lambda: hub.snapshot and hub.snapshot.version == 5)
        await hub.stop()

    asyncio.run(run())


def test_an_unreadable_file_is_told_once_and_never_ends_the_watch(
    made: Callable[..., Hub], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(feed_module, "LOOK", 0.02)
    file = tmp_path / "frames" / "snapshot.json"

    def broken(_raw: bytes) -> Snapshot:
        raise AttributeError("no such thing")

    async def run() -> None:
        write(file, snapshot(3))
        hub = made()
        await hub.start()
        monkeypatch.setattr(feed_module, "decode", broken)
        write(file, snapshot(4))
        await asyncio.sleep(0.3)
        monkeypatch.undo()
        write(file, snapshot(5))
        await until(lambda: hub.snapshot and hub.snapshot.version == 5)
        await hub.stop()

    asyncio.run(run())
    told = [r.getMessage() for r in caplog.records if r.name == feed_module.__name__]
    assert told == ["snapshot.json: AttributeError: no such thing", "snapshot.json: readable again"]


def test_versions_only_rise(made: Callable[..., Hub]) -> None:
    hub = made()
    assert hub.put(snapshot(7))
    assert not hub.put(snapshot(6))
    assert not hub.put(snapshot(7, values={"aduan_terbuka": 1}))
    assert hub.snapshot == snapshot(7)


def test_follows_the_cache_and_outlives_it(
    made: Callable[..., Hub], tmp_path: Path, redis_server: tuple[str, subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "LOOK", 0.05)
    url, process = redis_server
    publisher = Cache(url, "36.71")

    async def run() -> None:
        publisher.publish_snapshot(1, encode(snapshot(1)))
        hub = made(Cache(url, "36.71"))
        await hub.start()
        assert hub.snapshot is not None
        assert hub.snapshot.version == 1
        started = time.monotonic()
        publisher.publish_snapshot(2, encode(snapshot(2)))
        await until(lambda: hub.snapshot and hub.snapshot.version == 2)
        assert time.monotonic() - started < 1
        process.kill()
        process.wait()
        write(tmp_path / "frames" / "snapshot.json", snapshot(3))
        await until(lambda: hub.snapshot and hub.snapshot.version == 3)
        await hub.stop()

    asyncio.run(run())
    publisher.close()


def test_a_cache_that_is_away_does_not_hold_up_the_start(made: Callable[..., Hub], tmp_path: Path) -> None:
    async def run() -> None:
        write(tmp_path / "frames" / "snapshot.json", snapshot(1))
        hub = made(Cache(f"unix://{tmp_path}/nobody", "36.71"))
        started = time.monotonic()
        await hub.start()
        assert time.monotonic() - started < 1
        assert hub.snapshot is not None
        assert hub.cache_down
        await hub.stop()

    asyncio.run(run())


# --- pages --------------------------------------------------------------------------------------


def test_a_page_is_drawn_once_for_all_who_may_see_the_same(made: Callable[..., Hub], monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    real = Hub.render
    monkeypatch.setattr(Hub, "render", lambda hub, wanted, new: (drawn.append(wanted), real(hub, wanted, new))[1])

    async def run() -> None:
        hub = made()
        hub.put(snapshot(1))
        rina, sari = (Scope(user=name, role=Role.ANALYST) for name in ("rina", "sari"))
        first = await asyncio.gather(*(hub.draw(key(scope, PAGE, PARAMS, "id")) for scope in (rina, sari, rina, sari)))
        assert len(drawn) == 1
        assert all(one is first[0] for one in first)
        assert drawn[0].scope.user == "analyst", "what is shared names nobody"
        await hub.draw(key(rina, PAGE, PARAMS, "en"))
        await hub.draw(key(Scope(user="rina", role=Role.ANALYST, opds=frozenset({"dlh"})), PAGE, PARAMS, "id"))
        assert len(drawn) == 3

    asyncio.run(run())


def test_who_asks_while_the_version_before_is_drawn_is_given_the_newest(made: Callable[..., Hub]) -> None:
    async def run() -> None:
        hub = made()
        hub.put(snapshot(1))
        before = asyncio.ensure_future(hub.draw(key(PUBLIC, PAGE, PARAMS, "id")))
        await asyncio.sleep(0)
        hub.put(snapshot(2))
        now = await asyncio.gather(*(hub.draw(key(PUBLIC, PAGE, PARAMS, "id")) for _ in range(3)))
        assert [drawn.document.version for drawn in now if drawn] == [2, 2, 2]
        assert now[0] is now[1] is now[2]
        await before

    asyncio.run(run())


def test_a_page_that_cannot_be_drawn_keeps_its_last_version(made: Callable[..., Hub], monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        hub = made()
        hub.put(snapshot(1))
        good = await hub.draw(key(PUBLIC, PAGE, PARAMS, "id"))
        monkeypatch.setattr(Hub, "render", lambda *_: 1 / 0)
        hub.put(snapshot(2))
        assert await hub.draw(key(PUBLIC, PAGE, PARAMS, "id")) is good

    asyncio.run(run())


def test_a_delta_holds_what_changed_and_names_its_base(made: Callable[..., Hub]) -> None:
    async def run() -> None:
        hub, wanted = made(), key(PUBLIC, PAGE, PARAMS, "id")
        hub.put(snapshot(1))
        await hub.draw(wanted)
        hub.put(snapshot(2, values={"aduan_terbuka": 1235}))
        drawn = await hub.draw(wanted)
        assert drawn is not None
        delta, whole = hub.event(wanted, drawn, 1), hub.event(wanted, drawn, 0)
        assert hub.event(wanted, drawn, 1) is delta, "the same bytes for every browser with that base"
        sent = orjson.loads(delta.raw.split(b"data: ")[1])
        assert (sent["base"], sent["version"]) == (1, 2)
        assert "tile-aduan_terbuka" in sent["parts"]
        assert "1.235" in sent["parts"]["tile-aduan_terbuka"]
        assert "tile-paket_diumumkan" not in sent["parts"]
        assert not sent["areas"]
        everything = orjson.loads(whole.raw.split(b"data: ")[1])
        assert everything["base"] is None
        assert set(everything["parts"]) == set(drawn.document.parts)
        assert set(everything["areas"]) == set(drawn.document.areas)

    asyncio.run(run())


def test_applying_deltas_gives_the_whole(made: Callable[..., Hub]) -> None:
    """Whatever changes between versions, a browser that applies each delta holds what a newcomer is given."""
    view = made().room.view(PUBLIC, "id", {})
    values = ({"aduan_terbuka": n, "selesai_tepat_waktu": 90 + n / 7, "aduan_lewat_tenggat": 80 - n} for n in range(6))
    documents = [document(PAGE, snapshot(n + 1, now=NOW + timedelta(seconds=n), values=v), view) for n, v in enumerate(values)]
    parts, areas = dict(documents[0].parts), dict(documents[0].areas)
    for before, after in pairwise(documents):
        delta = after.since(before)
        parts |= delta.parts
        areas |= delta.areas
        assert (parts, areas) == (after.parts, after.areas)
    assert documents[2].since(documents[2]).parts == {}


def test_long_pages_are_kept_in_smaller_numbers(made: Callable[..., Hub], monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks decides how long a page is: not how much of the memory it takes."""

    async def run() -> None:
        hub = made()
        hub.put(snapshot(1))
        first = await hub.draw(key(PUBLIC, PAGE, PARAMS, "id"))
        assert first
        monkeypatch.setattr(feed_module, "KEPT_LETTERS", 3 * first.letters)
        for n in range(9):
            last = await hub.draw(key(PUBLIC, PAGE, {"category": str(n)}, "id"))
        assert 1 <= len(hub._drawn) <= 4
        assert last in [held[-1] for held in hub._drawn.values()]
        monkeypatch.setattr(feed_module, "KEPT_LETTERS", 1)
        assert await hub.draw(key(PUBLIC, PAGE, {"category": "x"}, "id"))
        assert len(hub._drawn) == 1

    asyncio.run(run())


def test_a_browser_is_brought_on_from_whichever_drawing_of_a_version_it_holds(
    made: Callable[..., Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new visitor's page is drawn again; what the clock alone changed in it must still reach those who came before."""
    monkeypatch.setattr(feed_module, "OLD", -1.0)
    at = {"now": NOW}
    monkeypatch.setattr(feed_module.clock, "now", lambda: at["now"])

    async def run() -> None:
        hub, wall = made(), key(PUBLIC, PAGE, PARAMS, "id")
        hub.put(snapshot(1))
        first = await hub.draw(wall)
        at["now"] += timedelta(days=1)  # another date in the header
        again = await hub.draw(wall, fresh=True)
        assert first is not None
        assert again is not None
        assert first.document.parts["head"] != again.document.parts["head"]
        hub.put(snapshot(2, values={"aduan_terbuka": 4321}))
        new = await hub.draw(wall)
        assert new is not None
        assert new.document.parts["head"] == again.document.parts["head"]
        sent = orjson.loads(hub.event(wall, new, 1).raw.split(b"data: ")[1])
        assert sent["base"] == 1
        assert sent["parts"]["head"] == new.document.parts["head"]

    asyncio.run(run())


WORDS = {"now": "lama"}
MADE = Page(
    path="/uji",
    title={"id": "Uji", "en": "Test"},
    theme="dark",
    roles=EVERYONE,
    parts=lambda _snapshot, _view: {"kata": htpy.p(id="kata")[WORDS["now"]]},
    layout=lambda parts, _view, _paint: parts["kata"],
)


def test_what_changed_without_a_new_version_reaches_who_came_before(made: Callable[..., Hub]) -> None:
    """Somebody takes an alarm: the page is drawn anew for that person, and the others' next delta brings them what they lack."""

    async def run() -> None:
        hub, wanted = made(), key(PUBLIC, MADE, {}, "id")
        WORDS["now"] = "lama"
        hub.put(snapshot(1))
        before = await hub.draw(wanted)
        WORDS["now"] = "baru"
        hub.forget(MADE.path)
        after = await hub.draw(wanted)
        assert before is not None
        assert after is not None
        assert ("lama" in before.document.parts["kata"], "baru" in after.document.parts["kata"]) == (True, True)
        assert await hub.draw(wanted) is after
        hub.put(snapshot(2))
        new = await hub.draw(wanted)
        assert new is not None
        sent = orjson.loads(hub.event(wanted, new, 1).raw.split(b"data: ")[1])
        assert (sent["base"], sent["parts"]) == (1, {"kata": new.document.parts["kata"]})

    asyncio.run(run())


def test_a_drawing_that_was_begun_before_a_change_is_given_to_nobody_after_it(made: Callable[..., Hub]) -> None:
    began, go = threading.Event(), threading.Event()

    def slowly(_snapshot: Snapshot, _view: Any) -> dict[str, htpy.Element]:
        word = WORDS["now"]
        began.set()
        go.wait(5)
        return {"kata": htpy.p(id="kata")[word]}

    async def run() -> None:
        hub, wanted = made(), key(PUBLIC, replace(MADE, parts=slowly), {}, "id")
        WORDS["now"] = "lama"
        hub.put(snapshot(1))
        first = asyncio.ensure_future(hub.draw(wanted))
        await asyncio.to_thread(began.wait, 5)
        WORDS["now"] = "baru"
        hub.forget(MADE.path)
        second = asyncio.ensure_future(hub.draw(wanted))
        await asyncio.sleep(0.05)
        go.set()
        await first
        drawn = await second
        assert drawn is not None
        assert "baru" in drawn.document.parts["kata"]

    asyncio.run(run())


def test_long_pages_that_are_watched_all_come_and_leave_room_for_who_asks(made: Callable[..., Hub]) -> None:
    """More of them than may wait: each is drawn at the new version, one after the other, and a person's question is answered."""
    slow = replace(
        MADE, long=True, fresh=True, parts=lambda _snapshot, _view: (time.sleep(0.02), {"kata": htpy.p(id="kata")["ya"]})[1]
    )
    heard: dict[int, list[int]] = {n: [] for n in range(14)}

    async def watch(hub: Hub, n: int) -> None:
        async def send(message: Any) -> None:
            for line in message.get("body", b"").split(b"\n"):
                if line.startswith(b'data: {"version"'):
                    heard[n].append(orjson.loads(line[6:])["version"])

        async def receive() -> Any:
            await asyncio.sleep(60)

        async def still() -> bool:
            return True

        await Stream(hub, key(PUBLIC, slow, {"n": str(n)}, "id"), 1, False, still)({}, receive, send)

    async def run() -> None:
        hub = made()
        hub.put(snapshot(1))
        watching = [asyncio.ensure_future(watch(hub, n)) for n in heard]
        await asyncio.sleep(0.01)
        hub.put(snapshot(2))
        await asyncio.sleep(0)
        assert await hub.draw(key(PUBLIC, slow, {"n": "lain"}, "id"), fresh=True)
        await until(lambda: all(versions == [2] for versions in heard.values()))
        assert not [task for task in watching if task.done()]
        hub.close()
        await asyncio.gather(*watching)

    asyncio.run(run())


def test_memory_is_bounded(made: Callable[..., Hub], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "KEPT_PAGES", 5)

    async def run() -> None:
        hub = made()
        for version in range(1, 12):
            hub.put(snapshot(version))
            for n in range(9):
                await hub.draw(key(PUBLIC, PAGE, {"category": str(n)}, "id"))
            await hub.draw(key(PUBLIC, PAGE, PARAMS, "id"))
        assert len(hub._drawn) == 5
        assert max(len(held) for held in hub._drawn.values()) <= feed_module.KEPT_VERSIONS
        assert not hub._drawing

    asyncio.run(run())


# --- streams ------------------------------------------------------------------------------------


def test_events_compressed_once_fit_into_every_stream() -> None:
    first, second = Event("beat", b'{"now":1}'), Event("doc", b'{"parts":"' + b"abc" * 5000 + b'"}')
    for order in ([first, second], [second, first, second]):
        reader = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        stream = GZIP_HEADER + b"".join(event.packed() for event in order)
        assert reader.decompress(stream) == b"".join(event.raw for event in order)
    assert len(second.packed()) < 200


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    with serving(tmp_path) as running:
        yield running


def events(answer: httpx.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    name = ""
    for line in answer.iter_lines():
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            yield name, orjson.loads(line[6:])


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_the_stream_brings_a_beat_and_each_change(live: Live, coding: str) -> None:
    with (
        live.client(headers={"accept-encoding": coding}) as client,
        client.stream("GET", "/live?page=/dinding&lang=id&base=1") as answer,
    ):
        assert answer.headers["content-type"] == "text/event-stream"
        assert answer.headers.get("content-encoding", "identity") == coding
        heard = events(answer)
        name, beat = next(heard)
        assert name == "beat"
        assert abs(beat["now"] / 1000 - time.time()) < 5
        live.publish(snapshot(2, values={"aduan_terbuka": 4321}))
        name, doc = next(heard)
        assert name == "doc"
        assert (doc["base"], doc["version"]) == (1, 2)
        assert 'data-value="4321"' in doc["parts"]["tile-aduan_terbuka"]


def test_a_stream_that_was_held_up_says_what_time_it_is_and_not_what_it_was(live: Live) -> None:
    drawn: list[float] = []
    render = live.hub.render

    def slowly(*asked: Any) -> Any:
        for _ in range(2):  # the first makes the stream wait for the page, the second finds it waiting
            live.beat()
            time.sleep(2 * feed_module.LATE)
        drawn.append(time.time())
        return render(*asked)

    with live.client() as client, client.stream("GET", "/live?page=/dinding&base=1") as answer:
        heard = events(answer)
        next(heard)
        live.hub.render = slowly  # type: ignore[method-assign]
        live.publish(snapshot(2))
        _, beat = (next(said for name, said in heard if name == "beat") for _ in range(2))
    assert beat["now"] >= int(drawn[0] * 1000)


def test_a_browser_without_its_base_is_sent_the_whole(live: Live) -> None:
    with live.client() as client:
        for base in ("0", "", "x"):
            with client.stream("GET", f"/live?page=/dinding&base={base}") as answer:
                heard = events(answer)
                next(heard)
                name, doc = next(heard)
                assert (name, doc["base"], doc["version"]) == ("doc", None, 1)


def test_a_browser_that_another_server_brought_further_is_sent_nothing_older(live: Live) -> None:
    """Of several processes one may be a moment behind: its streams wait for what is newer than what the browser has."""
    with live.client() as client, client.stream("GET", "/live?page=/dinding&base=99") as answer:
        heard = events(answer)
        next(heard)
        for version in (2, 100):
            live.publish(snapshot(version))
        name, doc = next(event for event in heard if event[0] == "doc")
        assert (name, doc["base"], doc["version"]) == ("doc", None, 100)


def test_ticks_are_coalesced(live: Live) -> None:
    """A hundred versions in a moment are a few documents, the last of them the newest."""
    with live.client() as client, client.stream("GET", "/live?page=/dinding&base=1") as answer:
        heard = events(answer)
        next(heard)
        for version in range(2, 102):
            live._loop.call_soon_threadsafe(live.hub.put, snapshot(version, values={"aduan_terbuka": version}))
        versions = []
        while not versions or versions[-1] < 101:
            versions.append(next(heard)[1]["version"])
    assert len(versions) < 60
    assert versions == sorted(set(versions))


def test_a_stream_ends_with_its_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_module, "REMEMBER", 0.0)
    monkeypatch.setattr(feed_module, "BEAT", 0.1)
    with serving(tmp_path, demo=False) as live, live.client() as client:
        client.get(f"/layar/{live.people.add_screen('lobi')}")
        with client.stream("GET", "/live?page=/dinding&base=1") as answer:
            heard = events(answer)
            assert [next(heard)[0] for _ in range(3)] == ["beat"] * 3
            live.people.revoke_screen("lobi")
            assert len(list(heard)) <= 2, "it ends by itself"


def test_a_stop_does_not_wait_for_browsers(tmp_path: Path) -> None:
    with serving(tmp_path) as live, live.client() as client, client.stream("GET", "/live?page=/dinding&base=1") as answer:
        next(events(answer))
        started = time.monotonic()
        live.stop()
        assert time.monotonic() - started < 2
        assert live.hub.connections == 0


def test_a_browser_that_left_leaves_nothing(live: Live) -> None:
    for _ in range(20):
        with live.client() as client, client.stream("GET", "/live?page=/dinding&base=1") as answer:
            next(events(answer))
    deadline = time.monotonic() + 5
    while live.hub.connections and time.monotonic() < deadline:
        time.sleep(0.05)
    assert live.hub.connections == 0


def test_a_thousand_streams_are_small_and_quick(made: Callable[..., Hub]) -> None:
    """1,000 streams of one page: a few KB each, and one update reaches all of them well within a second."""

    async def run() -> None:
        hub = made()
        wanted = key(PUBLIC, PAGE, PARAMS, "id")
        hub.put(snapshot(1))
        await hub.draw(wanted)
        heard = [0]
        leave = asyncio.Event()

        async def send(message: Any) -> None:
            heard[0] += b"event: doc" in message.get("body", b"")

        async def receive() -> Any:
            await leave.wait()
            return {"type": "http.disconnect"}

        async def still() -> bool:
            return True

        gc.collect()
        tracemalloc.start()
        tasks = [asyncio.create_task(Stream(hub, wanted, 1, packed=False, still=still)({}, receive, send)) for _ in range(1000)]
        await until(lambda: hub.connections == 1000)
        each = tracemalloc.get_traced_memory()[0] / 1000
        tracemalloc.stop()
        assert each < 12_000, f"{each:.0f} bytes a stream"
        started = time.monotonic()
        hub.put(snapshot(2, values={"aduan_terbuka": 5}))
        await until(lambda: heard[0] == 1000)
        assert time.monotonic() - started < 1
        leave.set()
        await asyncio.gather(*tasks)
        assert hub.connections == 0

    asyncio.run(run())
