"""Links of offices: three monitors' answers, and probes of real listeners on loopback."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.source import Refused
from connectors.sources._wan_monitors import LATENCY, LOSS, UP
from connectors.sources._wan_probe import Probe, icmp_allowed, probe
from connectors.sources.wan import OUTAGE, Wan, rounded
from layers import clock
from layers.city import City
from layers.model import Kind, Measurement, Outcome, PlacedBy
from layers.settings import Settings
from tests.connectors import server
from tests.connectors.contract import contract_for
from tests.connectors.server import Asked, Reply
from tests.connectors.sources.real import Real, served

TestContract = contract_for("wan")

NOW = datetime(2026, 11, 20, 5, tzinfo=UTC)
OFFICES = [
    {"area": "36.71.01.1001", "host": "kel-sukarasa"},
    {"area": "36.71.01.1002", "host": "kel-sukaasih"},
    {"area": "36.71.01", "host": "kec-tangerang", "stands_in": "36.71.01.1003"},
]
QUICK = {"samples": 3, "timeout": 0.5, "pause": 0}


@pytest.fixture(autouse=True)
def noon(real_clock: None) -> None:
    at(NOW)


def at(moment: datetime) -> None:
    clock.set_clock(clock.SetClock(start=moment, since=0, speed=0))


def links(real: Real) -> dict[str, dict[str, float]]:
    """What holds now: area -> measure -> value."""
    found: dict[str, dict[str, float]] = {}
    for record in real.records(Kind.MEASUREMENT):
        assert isinstance(record, Measurement)
        found.setdefault(record.subject, {})[record.name] = record.value
    return found


def zabbix(answers: Mapping[str, Any], header: str | None = "Bearer rahasia") -> Callable[[Asked], Reply]:
    """A Zabbix that answers each method by its table, and refuses another token as Zabbix does: with HTTP 200."""

    def answer(asked: Asked) -> Reply:
        body = json.loads(asked.body)
        if asked.headers.get("Authorization") != header or (header is None and body.get("auth") != "rahasia"):
            error = {"code": -32602, "message": "Invalid params.", "data": "Not authorized."}
            return Reply(body=json.dumps({"jsonrpc": "2.0", "error": error, "id": 1}).encode())
        return Reply(body=json.dumps({"jsonrpc": "2.0", "result": answers[body["method"]], "id": 1}).encode())

    return answer


def item(host: str, key: str, value: str, ago: int = 30, state: str = "0") -> dict[str, str]:
    seen = int((NOW - timedelta(seconds=ago)).timestamp())
    return {"hostid": host, "key_": key, "lastvalue": value, "lastclock": str(seen), "state": state}


HOSTS = [
    {"hostid": "1", "host": "kel-sukarasa", "name": "Kel. Sukarasa"},
    {"hostid": "2", "host": "kel-sukaasih", "name": "Kel. Sukaasih"},
    {"hostid": "3", "host": "kec-tangerang", "name": "Kec. Tangerang"},
    {"hostid": "9", "host": "sw-inti", "name": "Switch inti"},
]


def test_zabbix_items_and_problems(city: City, settings: Settings) -> None:
    answers = {
        "host.get": HOSTS,
        "item.get": [
            item("1", "icmpping", "1"),
            item("1", "icmppingsec[,4]", "0.0213"),
            item("1", "icmppingloss", "0"),
            item("2", "icmpping", "1", ago=3600),  # too old to be believed
            item("2", "icmpping[10.0.0.1]", "1", state="1"),  # not supported
        ],
        "trigger.get": [{"triggerid": "7", "hosts": [{"hostid": "3"}]}],
    }
    way = {"url": "{base}/api_jsonrpc.php", "token": "rahasia", "problem": "Unavailable by ICMP ping"}
    with served("wan", {"offices": OFFICES, "zabbix": way}, city, settings) as real:
        real.upstream.answer = zabbix(answers)
        run = real.pull()
        assert (run.outcome, run.quarantined) == (Outcome.OK, 0)
        assert dict(run.excluded) == {"bukan_kantor": 1, "tidak_terukur": 3, "terputus": 2}
        assert links(real) == {"36.71.01.1001": {UP: 1, LATENCY: 20, LOSS: 0}, "36.71.01": {UP: 0, OUTAGE: 0.25}}
        kecamatan = real.record(f"36.71.01/{UP}")
        assert (kecamatan.area, kecamatan.placed_by, kecamatan.known_at) == ("36.71.01.1003", PlacedBy.CODE, NOW)
        assert real.record(f"36.71.01.1001/{UP}").known_at == NOW - timedelta(seconds=30)
        head = real.store.head()
        assert (real.pull().outcome, real.store.head()) == (Outcome.NOTHING_NEW, head)


@pytest.mark.parametrize("in_body", [False, True])
def test_zabbix_wants_its_token_where_its_version_reads_it(city: City, settings: Settings, in_body: bool) -> None:
    answers = {"host.get": HOSTS, "item.get": [item("1", "icmpping", "1")]}
    way = {"url": "{base}/api_jsonrpc.php", "token": "rahasia", "in_body": in_body}
    with served("wan", {"offices": OFFICES, "zabbix": way}, city, settings) as real:
        real.upstream.answer = zabbix(answers, None if in_body else "Bearer rahasia")
        assert real.pull().outcome is Outcome.OK
        real.upstream.answer = zabbix(answers, "Bearer lain")
        run = real.pull()
        assert run.outcome is Outcome.AUTH
        assert "Not authorized" in (run.message or "")
        assert "rahasia" not in (run.message or "")


def test_librenms_devices_without_their_secrets(city: City, settings: Settings) -> None:
    def device(name: str, **more: Any) -> dict[str, Any]:
        base = {"hostname": name, "status": 1, "disabled": 0, "ignore": 0, "last_polled": "2026-11-20 11:58:00"}
        return base | {"community": "sangat-rahasia", "last_ping_timetaken": 12.4} | more

    devices = [
        device("kel-sukarasa"),
        device("kel-sukaasih", status="0", last_ping_timetaken=None),
        device("kec-tangerang", last_polled="2026-11-20 09:00:00"),
        device("mati-sengaja", disabled=1),
        device("Router Kel. Tanah Tinggi", status=True),
    ]

    def answer(asked: Asked) -> Reply:
        assert asked.path == "/nms/api/v0/devices"
        if asked.headers.get("X-Auth-Token") != "rahasia":
            return Reply(status=401, body=b'{"message":"Unauthenticated."}')
        return Reply(body=json.dumps({"status": "ok", "devices": devices, "count": len(devices)}).encode())

    way = {"url": "{base}/nms/", "token": "rahasia"}
    config = {"offices": OFFICES, "name": r"\bkel\.?[\s-]+(?P<kelurahan>.+)", "librenms": way}
    with served("wan", config, city, settings) as real:
        real.upstream.answer = answer
        run = real.pull()
        assert (run.outcome, run.quarantined) == (Outcome.OK, 0)
        assert links(real) == {
            "36.71.01.1001": {UP: 1, LATENCY: 12 // 5 * 5},
            "36.71.01.1002": {UP: 0},
            "36.71.01.1003": {UP: 1, LATENCY: 10},
        }
        assert dict(run.excluded) == {"terputus": 1, "tidak_terukur": 2}
        assert "sangat-rahasia" not in json.dumps(real.store.cursor("uji"))
        assert real.pull(librenms={"url": "{base}/nms", "token": "salah"}).outcome is Outcome.AUTH


def series(values: Mapping[str, str]) -> bytes:
    result = [{"metric": {"instance": host}, "value": [NOW.timestamp(), value]} for host, value in values.items()]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()


def test_a_link_has_one_record_and_a_version_for_each_change(city: City, settings: Settings) -> None:
    now = {"up": {"kel-sukarasa": "1"}, "seconds": {"kel-sukarasa": "0.0210"}}

    def answer(asked: Asked) -> Reply:
        return Reply(body=series(now["up" if asked.params["query"] == "probe_success" else "seconds"]))

    with served("wan", {"offices": OFFICES[:1], "prometheus": {"url": "{base}"}}, city, settings) as real:
        real.upstream.answer = answer

        def pull(minutes: int) -> tuple[Outcome, int]:
            at(NOW + timedelta(minutes=minutes))
            run = real.pull()
            return run.outcome, run.kept

        assert pull(0) == (Outcome.OK, 2)
        now["seconds"] = {"kel-sukarasa": "0.0244"}  # noise
        assert pull(1) == (Outcome.NOTHING_NEW, 0)
        fetched = next(facts.fetched_at for facts in real.store.source_states())
        assert fetched == NOW + timedelta(minutes=1), "nothing new, and still live"
        now["up"], now["seconds"] = {"kel-sukarasa": "0"}, {"kel-sukarasa": "5.0"}
        assert pull(2) == (Outcome.OK, 2)
        assert links(real) == {"36.71.01.1001": {UP: 0, OUTAGE: 0.25}}, "an office that is down has no latency"
        assert pull(3) == (Outcome.NOTHING_NEW, 0)
        assert pull(50) == (Outcome.OK, 1)
        assert links(real)["36.71.01.1001"][OUTAGE] == 1, "48 minutes, by quarters of an hour"
        now["up"], now["seconds"] = {"kel-sukarasa": "1"}, {"kel-sukarasa": "0.180"}
        assert pull(55) == (Outcome.OK, 2)
        assert links(real) == {"36.71.01.1001": {UP: 1, LATENCY: 175, OUTAGE: 1}}, "an outage stays on record"
        now["up"] = {"kel-sukarasa": "maybe"}
        assert real.pull().quarantined == 1


@pytest.mark.parametrize("way", ["undeclared", "unknown to the monitor"])
def test_an_office_that_nobody_watches_any_more_is_not_up_for_ever(city: City, settings: Settings, way: str) -> None:
    both = {"kel-sukarasa": "1", "kel-sukaasih": "1"}
    declared = {"name": "kel-(?P<kelurahan>.+)"} if way == "unknown to the monitor" else {"offices": OFFICES[:2]}
    with served("wan", {**declared, "prometheus": {"url": "{base}"}}, city, settings) as real:
        real.upstream.answer = lambda _: Reply(body=series(both))
        real.pull()
        assert set(links(real)) == {"36.71.01.1001", "36.71.01.1002"}
        del both["kel-sukaasih"]
        again = real.pull() if way == "unknown to the monitor" else real.pull(offices=OFFICES[:1])
        assert again.excluded["tidak_diawasi_lagi"] == 2
        assert set(links(real)) == {"36.71.01.1001"}
        assert real.pull(**({} if way == "unknown to the monitor" else {"offices": OFFICES[:1]})).outcome is Outcome.NOTHING_NEW


def test_several_hosts_of_an_office_speak_as_its_best(city: City, settings: Settings) -> None:
    two = [{"area": "36.71.01.1001", "host": "utama"}, {"area": "36.71.01.1001", "host": "cadangan"}]
    with served("wan", {"offices": two, "prometheus": {"url": "{base}"}}, city, settings) as real:
        up, took = series({"utama": "0", "cadangan": "1"}), series({"utama": "5", "cadangan": "0.040"})
        real.upstream.answer = lambda asked: Reply(body=up if asked.params["query"] == "probe_success" else took)
        real.pull()
        assert links(real) == {"36.71.01.1001": {UP: 1, LATENCY: 40}}


def test_a_monitor_that_knows_no_office_is_a_drift(city: City, settings: Settings) -> None:
    with served("wan", {"offices": OFFICES, "prometheus": {"url": "{base}"}}, city, settings) as real:
        real.upstream.answer = lambda _: Reply(body=series({"sw-inti": "1"}))
        run = real.pull()
        assert (run.outcome, run.seen) == (Outcome.DRIFT, 0)
        real.upstream.answer = lambda _: Reply(body=b'{"status":"error","errorType":"timeout","error":"query timed out"}')
        assert real.pull().outcome is Outcome.TRANSIENT


# --- own probes ---------------------------------------------------------------------------------------


@contextmanager
def listener(says: bytes | None = None, *, every: int = 1) -> Iterator[int]:
    """A TCP listener; with ``says`` it answers what it is asked, but hangs up on all but each ``every``-th."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        count = 0

        def serve() -> None:
            nonlocal count
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    count += 1
                    if says is not None and count % every == 0:
                        connection.recv(1000)
                        connection.sendall(says)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()
            thread.join()


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def test_probes_are_records_whether_the_target_lives_or_not(city: City, settings: Settings) -> None:
    ok, gone, asks = b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 502 Bad Gateway\r\n\r\n", b"HTTP/1.0 401 Unauthorized\r\n\r\n"
    with listener() as tcp, listener(ok) as web, listener(gone) as gateway, listener(asks) as login:
        targets = {
            "36.71.01.1001": f"tcp://127.0.0.1:{tcp}",
            "36.71.01.1002": f"http://127.0.0.1:{web}/status",
            "36.71.01.1003": f"tcp://127.0.0.1:{closed_port()}",
            "36.71.01.1004": f"http://127.0.0.1:{gateway}",
            "36.71.01.1005": f"http://127.0.0.1:{login}",
            "36.71.01.1006": "tcp://tidak-ada.invalid:80",
        }
        config = {"offices": [{"area": area, "host": host} for area, host in targets.items()], "probe": QUICK, "noise": 500}
        with served("wan", config, city, settings) as real:
            run = real.pull()
            assert (run.outcome, run.kept, dict(run.excluded)) == (Outcome.OK, 3 * 3 + 3 * 3, {"terputus": 3})
            found = links(real)
            assert {area: values[UP] for area, values in found.items()} == {
                "36.71.01.1001": 1,
                "36.71.01.1002": 1,
                "36.71.01.1003": 0,
                "36.71.01.1004": 0,
                "36.71.01.1005": 1,
                "36.71.01.1006": 0,
            }
            assert [found[area][LOSS] for area in sorted(found)] == [0, 0, 100, 100, 0, 100]
            assert real.pull().outcome is Outcome.NOTHING_NEW


def test_a_silent_target_takes_its_time_and_no_more() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        target = f"http://127.0.0.1:{mute.getsockname()[1]}"
        started = datetime.now(UTC)
        found = probe([target], Probe(samples=2, timeout=0.2, pause=0))
        assert (found[target].up, found[target].loss, found[target].latency) == (False, 100.0, None)
        assert datetime.now(UTC) - started < timedelta(seconds=3)


def test_some_samples_lost_are_a_loss_and_not_a_cut() -> None:
    with listener(b"HTTP/1.1 204 No Content\r\n\r\n", every=2) as port:
        target = f"http://127.0.0.1:{port}"
        found = probe([target], Probe(samples=4, timeout=1, pause=0))[target]
        assert (found.up, found.loss) == (True, 50.0)
        assert found.latency is not None


def test_many_targets_are_probed_a_few_at_once() -> None:
    """The number under way at one moment never passes ``at_once``."""
    held, most = 0, 0
    lock = threading.Lock()

    def hold(connection: socket.socket) -> None:
        nonlocal held, most
        with connection:
            with lock:
                held += 1
                most = max(most, held)
            connection.recv(100)
            threading.Event().wait(0.05)
            with lock:
                held -= 1
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        threads: list[threading.Thread] = []

        def serve() -> None:
            for _ in range(12):
                threads.append(threading.Thread(target=hold, args=(listening.accept()[0],)))
                threads[-1].start()

        server_thread = threading.Thread(target=serve)
        server_thread.start()
        port = listening.getsockname()[1]
        found = probe([f"http://127.0.0.1:{port}/{n}" for n in range(12)], Probe(samples=1, timeout=5, at_once=3))
        server_thread.join()
        for thread in threads:
            thread.join()
    assert all(samples.up for samples in found.values())
    assert 1 <= most <= 3


def test_icmp_is_asked_of_the_kernel_or_refused_with_the_reason(city: City, settings: Settings) -> None:
    config = {"offices": [{"area": "36.71.01.1001", "host": "icmp://127.0.0.1"}], "probe": QUICK}
    with served("wan", config, city, settings) as real:
        run = real.pull()
        if icmp_allowed():
            assert links(real)["36.71.01.1001"][UP] == 1
        else:
            assert run.outcome is Outcome.REFUSED
            assert "net.ipv4.ping_group_range" in (run.message or "")


def test_where_icmp_is_forbidden_a_declared_port_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.sources._wan_probe.icmp_allowed", lambda: False)
    with listener() as port:
        found = probe(["icmp://127.0.0.1"], Probe(samples=2, timeout=1, pause=0, icmp_fallback=port))
        assert found["icmp://127.0.0.1"].up
    with pytest.raises(Refused, match="ping_group_range"):
        probe(["icmp://127.0.0.1"], Probe(samples=1))


@pytest.mark.parametrize(
    "target", ["10.1.2.3", "tcp://10.1.2.3", "icmp://10.1.2.3:80", "ftp://x", "tcp://[::1", "https://x", "file:///etc"]
)
def test_a_target_of_no_known_form_is_refused(target: str) -> None:
    with pytest.raises(Refused, match="bukan sasaran"):
        probe([target], Probe(samples=1))


# --- the mapping ------------------------------------------------------------------------------------


def test_patterns_name_the_hosts_of_a_level(city: City, settings: Settings) -> None:
    config = {"every": {"kelurahan": "kel-{digits}", "kecamatan": "kec-{code}"}, "prometheus": {"url": "{base}", "latency": None}}
    with served("wan", config, city, settings) as real:
        real.upstream.answer = lambda _: Reply(body=series({"KEL-3671011001": "1", "kec-36.71.13": "0"}))
        run = real.pull()
        assert run.kept == 3
        assert dict(run.excluded) == {"tidak_terukur": len(city.areas) - 2}
        assert links(real) == {"36.71.01.1001": {UP: 1}, "36.71.13": {UP: 0, OUTAGE: 0.25}}


@pytest.mark.parametrize(
    "config",
    [
        {"offices": OFFICES},
        {"offices": OFFICES, "probe": {}, "prometheus": {"url": "http://x"}},
        {"probe": {}},
        {"name": "(?P<kelurahan>.*)", "probe": {}},
        {"offices": OFFICES, "probe": {"samples": 0}},
        {"every": {"rw": "x"}, "probe": {}},
    ],
)
def test_a_wrong_configuration_is_an_error(config: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Wan.model_validate(config)


@pytest.mark.parametrize(
    "offices",
    [[{"area": "36.71.99.1001", "host": "x"}], [{"area": "36.71.01.1001", "host": "x"}, {"area": "36.71.01.1002", "host": "x"}]],
)
def test_an_area_that_is_not_the_citys_is_refused(city: City, settings: Settings, offices: list[dict[str, str]]) -> None:
    with served("wan", {"offices": offices, "prometheus": {"url": "{base}"}}, city, settings) as real:
        assert real.pull().outcome is Outcome.REFUSED
        assert not real.upstream.asked


@given(st.floats(0, 60_000), st.floats(0, 60_000), st.sampled_from([LATENCY, LOSS]))
def test_what_holds_gives_way_only_to_what_is_clearly_another(value: float, held: float, name: str) -> None:
    first = rounded(name, held, None, 5)
    assert rounded(name, first, None, 5) == first, "a step is its own step"
    after = rounded(name, value, first, 5)
    assert after in (first, rounded(name, value, None, 5))
    assert rounded(name, value, after, 5) == after, "the same again is no change"
    if abs(value - first) > max(5, first / 4):
        assert after == rounded(name, value, None, 5)


def test_a_gigantic_answer_is_no_flood(city: City, settings: Settings) -> None:
    with served("wan", {"offices": OFFICES, "prometheus": {"url": "{base}"}}, city, settings) as real:
        real.upstream.mood = server.bomb(70)
        assert real.pull().outcome is Outcome.DRIFT
