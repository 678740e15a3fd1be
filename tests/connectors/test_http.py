"""The client against a real and hostile server: each badness has one outcome and an exact number of requests."""

from __future__ import annotations

import gzip
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.answer import RETRY_AFTER, retry_after
from connectors.http import REDIRECTS, TRIES, Http, origin, origins
from connectors.source import AskForAccess, Config, FormChanged, Refused, SlowDown, SourceError, TryLater
from layers.model import Outcome
from tests.connectors import server
from tests.connectors.server import Asked, Mood, Reply, Upstream

BODY = b'[{"id": 1, "nama": "Jalan berlubang"}, {"id": 2, "nama": "Lampu mati"}]'
GOOD = {"/data": ("application/json", BODY)}
NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


def client(upstream: Upstream, **options: Any) -> Http:
    return Http(frozenset([origin(upstream.url)]), **{"pause": 0.001} | options)


HOSTILE: list[tuple[str, Mood, type[SourceError], Outcome, int]] = [
    ("500", server.status(500), TryLater, Outcome.TRANSIENT, 1),
    ("502", server.status(502), TryLater, Outcome.TRANSIENT, TRIES),
    ("503", server.status(503), TryLater, Outcome.TRANSIENT, TRIES),
    ("504", server.status(504), TryLater, Outcome.TRANSIENT, TRIES),
    ("503 with a time", server.status(503, retry_after="60"), SlowDown, Outcome.RATE_LIMITED, 1),
    ("408", server.status(408), TryLater, Outcome.TRANSIENT, 1),
    ("429", server.status(429), SlowDown, Outcome.RATE_LIMITED, 1),
    ("401", server.status(401), AskForAccess, Outcome.AUTH, 1),
    ("403", server.status(403), AskForAccess, Outcome.AUTH, 1),
    ("404", server.status(404), FormChanged, Outcome.DRIFT, 1),
    ("410", server.status(410), FormChanged, Outcome.DRIFT, 1),
    ("login page", server.html_login, AskForAccess, Outcome.AUTH, 1),
    ("maintenance page", server.html_page, FormChanged, Outcome.DRIFT, 1),
    ("empty", server.always(Reply(body=b"")), TryLater, Outcome.TRANSIENT, 1),
    ("not JSON", server.always(Reply(body=b"a;b;c\n1;2;3")), FormChanged, Outcome.DRIFT, 1),
    ("deep JSON", server.always(Reply(body=b"[" * 100_000 + b"]" * 100_000)), FormChanged, Outcome.DRIFT, 1),
    ("truncated", server.truncated, TryLater, Outcome.TRANSIENT, TRIES),
    ("cut short", server.cut_short, TryLater, Outcome.TRANSIENT, 1),
    ("length too long", server.too_long, TryLater, Outcome.TRANSIENT, TRIES),
    ("hang up", server.reset, TryLater, Outcome.TRANSIENT, TRIES),
    ("elsewhere", server.redirect("http://localhost:9/data"), Refused, Outcome.REFUSED, 1),
    ("other port", server.redirect("http://127.0.0.1:9/data"), Refused, Outcome.REFUSED, 1),
    ("file", server.redirect("file:///etc/passwd"), Refused, Outcome.REFUSED, 1),
    ("circle", server.redirect("/data"), FormChanged, Outcome.DRIFT, REDIRECTS + 1),
    ("bad gzip", server.always(Reply(body=BODY, headers={"Content-Encoding": "gzip"})), FormChanged, Outcome.DRIFT, 1),
    (
        "cut gzip",
        server.always(Reply(body=gzip.compress(BODY)[:-12], headers={"Content-Encoding": "gzip"})),
        TryLater,
        Outcome.TRANSIENT,
        TRIES,
    ),
    ("brotli unasked", server.always(Reply(body=BODY, headers={"Content-Encoding": "br"})), FormChanged, Outcome.DRIFT, 1),
    ("latin-1 as UTF-8", server.always(Reply(body='["Jl. Café"]'.encode("latin-1"))), FormChanged, Outcome.DRIFT, 1),
    (
        "unknown charset",
        server.always(Reply(body=BODY, content_type="application/json; charset=klingon")),
        FormChanged,
        Outcome.DRIFT,
        1,
    ),
]


@pytest.mark.parametrize(("mood", "error", "outcome", "requests"), [case[1:] for case in HOSTILE], ids=[c[0] for c in HOSTILE])
def test_hostile_answers(mood: Mood, error: type[SourceError], outcome: Outcome, requests: int) -> None:
    with Upstream(GOOD, mood=mood) as upstream, client(upstream) as http:
        with pytest.raises(error) as caught:
            http.get(f"{upstream.url}/data?kunci=rahasia").json()
        assert caught.value.outcome is outcome
        assert len(upstream.asked) == http.requests == requests
        assert "rahasia" not in str(caught.value)


def test_a_good_answer_costs_one_request_and_counts_its_bytes() -> None:
    with Upstream(GOOD) as upstream, client(upstream) as http:
        assert [row["id"] for row in http.get(f"{upstream.url}/data").json()] == [1, 2]
        assert (http.requests, http.bytes, len(upstream.asked)) == (1, len(BODY), 1)


def test_parameters_join_those_of_the_address() -> None:
    with Upstream(GOOD) as upstream, client(upstream) as http:
        http.get(f"{upstream.url}/data?a=1", params={"b": 2})
        http.post(f"{upstream.url}/data", data={"start": 100})
        assert [dict(asked.params) for asked in upstream.asked] == [{"a": "1", "b": "2"}, {"start": "100"}]


def test_cookies_live_for_the_run_and_no_longer() -> None:
    def answer(asked: Asked) -> Reply:
        return Reply(body=asked.headers.get("Cookie", "").encode() or b"-", headers={"Set-Cookie": "sesi=1; Path=/"})

    with Upstream(answer=answer) as upstream:
        with client(upstream) as http:
            assert [http.get(f"{upstream.url}/x").text for _ in range(2)] == ["-", "sesi=1"]
        with client(upstream) as http:
            assert http.get(f"{upstream.url}/x").text == "-"


def test_an_unwell_source_that_recovers_is_only_late() -> None:
    with Upstream(GOOD) as upstream, client(upstream) as http:
        upstream.moods = [server.status(503), server.truncated]
        assert len(http.get(f"{upstream.url}/data").json()) == 2
        assert http.requests == 3


def test_only_declared_hosts_are_asked() -> None:
    with Upstream(GOOD) as upstream, client(upstream) as http:
        for url in (f"http://localhost:{upstream.port}/data", "http://127.0.0.1:1/", "ftp://127.0.0.1/", "http:///x", "data:,x"):
            with pytest.raises(Refused):
                http.get(url)
        assert http.requests == len(upstream.asked) == 0


def test_a_redirect_within_the_host_is_followed_as_a_question() -> None:
    def answer(asked: Asked) -> Reply | None:
        return Reply(status=302, headers={"Location": "/data?lama=1"}) if asked.path == "/old" else None

    with Upstream(GOOD, answer=answer) as upstream, client(upstream) as http:
        assert len(http.post(f"{upstream.url}/old", data={"x": 1}).json()) == 2
        assert [(asked.method, asked.path) for asked in upstream.asked] == [("POST", "/old"), ("GET", "/data")]


def test_a_gzip_bomb_stays_small() -> None:
    with Upstream(mood=server.bomb(80)) as upstream, client(upstream, max_bytes=1 << 20) as http:
        with pytest.raises(FormChanged, match="lebih dari 1 MB"):
            http.get(f"{upstream.url}/data")
        assert http.bytes <= 1 << 20


def test_a_gzipped_answer_is_unpacked_even_in_several_members() -> None:
    body = gzip.compress(BODY[:10]) + gzip.compress(BODY[10:])
    with (
        Upstream(mood=server.always(Reply(body=body, headers={"Content-Encoding": "gzip"}))) as upstream,
        client(upstream) as http,
    ):
        assert len(http.get(f"{upstream.url}/data").json()) == 2
        assert http.bytes == len(body)


SLOW = {"body": server.drip(0.05), "head": server.drip(0.05, head=True), "silent": server.silent(20)}


@pytest.mark.parametrize("mood", SLOW.values(), ids=SLOW)
def test_the_wall_clock_ends_a_request_whatever_the_pace(mood: Mood) -> None:
    with Upstream(GOOD, mood=mood) as upstream, client(upstream, request_seconds=0.4) as http:
        started = time.monotonic()
        with pytest.raises(TryLater, match="belum selesai"):
            http.get(f"{upstream.url}/data")
        assert 0.3 < time.monotonic() - started < 3
        assert http.requests == 1


def test_the_deadline_is_for_the_whole_run() -> None:
    with Upstream(GOOD) as upstream, client(upstream, deadline=timedelta(seconds=0.3)) as http:
        http.get(f"{upstream.url}/data")
        time.sleep(0.35)
        with pytest.raises(TryLater, match="tenggat"):
            http.get(f"{upstream.url}/data")
        assert http.requests == 1


def test_a_rate_spaces_the_requests_of_a_run_tries_included() -> None:
    with Upstream(GOOD) as upstream, client(upstream, every=timedelta(seconds=0.2)) as http:
        upstream.moods = [None, server.status(503)]
        started = time.monotonic()
        for _ in range(2):
            http.get(f"{upstream.url}/data")
        assert 0.4 <= time.monotonic() - started < 3
        assert http.requests == 3


def test_a_rate_that_the_deadline_does_not_allow_ends_the_run_at_once() -> None:
    with Upstream(GOOD) as upstream, client(upstream, every=timedelta(minutes=1), deadline=timedelta(seconds=20)) as http:
        started = time.monotonic()
        http.get(f"{upstream.url}/data")
        with pytest.raises(TryLater, match="batas laju"):
            http.get(f"{upstream.url}/data")
        assert time.monotonic() - started < 5
        assert http.requests == 1


@pytest.mark.parametrize("tries", [1, 5])
def test_a_source_is_tried_as_often_as_it_says(tries: int) -> None:
    with Upstream(GOOD, mood=server.status(503)) as upstream, client(upstream, tries=tries) as http:
        with pytest.raises(TryLater, match=f"dicoba {tries} kali"):
            http.get(f"{upstream.url}/data")
        assert len(upstream.asked) == tries


def test_a_dead_host_is_tried_and_left() -> None:
    with Upstream() as upstream:
        url = upstream.url
    with Http(frozenset([origin(url)]), pause=0.001) as http:
        with pytest.raises(TryLater, match="dicoba 3 kali"):
            http.get(url)
        assert http.requests == TRIES


def test_a_large_answer_goes_to_a_file(tmp_path: Path) -> None:
    body = b"a,b\n" + b"1,2\n" * 500_000
    with Upstream({"/big": ("text/csv", body)}) as upstream, client(upstream, max_bytes=1000) as http:
        answer = http.save(f"{upstream.url}/big", tmp_path / "big.csv")
        assert (tmp_path / "big.csv").read_bytes() == body
        assert len(answer.body) < len(body)
        with pytest.raises(FormChanged):
            http.get(f"{upstream.url}/big")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("0", RETRY_AFTER[0]),
        ("-30", RETRY_AFTER[0]),
        ("999999999", RETRY_AFTER[1]),
        ("inf", RETRY_AFTER[1]),
        ("nan", None),
        ("Sun, 22 Nov 2026 05:00:20 GMT", 20.0),
        ("Sun, 22 Nov 2026 04:00:00 GMT", RETRY_AFTER[0]),
        ("Mon, 22 Nov 2027 05:00:00 GMT", RETRY_AFTER[1]),
        ("Sun, 22 Nov 2026 12:00:20 +0700", 20.0),
        ("besok", None),
        ("", None),
        ("Sun, 99 Foo 2026 99:00:00 GMT", None),
    ],
)
def test_retry_after_in_every_form(text: str | None, seconds: float | None) -> None:
    assert retry_after(text, NOW) == seconds


def test_the_wait_that_a_source_asks_for_is_told() -> None:
    with Upstream(mood=server.status(429, retry_after="120")) as upstream, client(upstream) as http:
        with pytest.raises(SlowDown) as caught:
            http.get(f"{upstream.url}/data")
        assert caught.value.retry_after == 120


@pytest.mark.parametrize("encoded", ["utf-8-sig", "utf-16", "utf-8"])
def test_a_byte_order_mark_tells_the_encoding(encoded: str) -> None:
    with Upstream(mood=server.always(Reply(body='["Café"]'.encode(encoded)))) as upstream, client(upstream) as http:
        assert http.get(f"{upstream.url}/data").json() == ["Café"]


@pytest.mark.parametrize(
    "body",
    [
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>',
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
        b"bukan xml",
    ],
    ids=["entities", "external", "text"],
)
def test_dangerous_xml_is_another_form(body: bytes) -> None:
    mood = server.always(Reply(body=body, content_type="text/xml"))
    with Upstream(mood=mood) as upstream, client(upstream) as http, pytest.raises(FormChanged):
        http.get(f"{upstream.url}/data").xml()


def test_cut_xml_is_worth_another_try() -> None:
    mood = server.always(Reply(body=b"<a><b>teks</b><c", content_type="text/xml"))
    with Upstream(mood=mood) as upstream, client(upstream) as http, pytest.raises(TryLater):
        http.get(f"{upstream.url}/data").xml()


def test_a_configuration_allows_what_it_names_and_nothing_else() -> None:
    class Nested(Config):
        base: str
        more: tuple[dict[str, str], ...]
        note: str = "lihat http saja"

    config = Nested(base="https://a.example/x", more=({"u": "http://b.example:8080/y?z=1"},))
    assert origins(config) == {("https", "a.example", 443), ("http", "b.example", 8080)}
