"""What every answer carries: headers, compression, caching, errors that give nothing away, health and metrics."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import logging
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import brotli
import pytest
from fastapi import FastAPI

from dashboard import app as app_module
from dashboard.bodies import Assets, Body, accepted
from dashboard.guard import HEADERS
from layers.model import Role
from layers.settings import from_environment
from tests.dashboard.server import SECRET, Live, serving
from tests.dashboard.snapshots import KELURAHAN, snapshot

BUDGET = 400_000
"""Bytes over the wire of a first load of the wall, Dash's scripts included."""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("app")) as running:
        yield running


def guard_of(live: Live) -> Any:
    assert live._server is not None
    return live._server.config.app


def everything(live: Live) -> dict[str, int]:
    """An address of each kind and the status that it answers with."""
    assert live.room is not None
    shell = guard_of(live).shell
    return {
        "/": 303,
        "/dinding": 200,
        f"/kelurahan/{KELURAHAN[0]}": 200,
        "/kelurahan/36.71.99.9999": 404,
        "/sumber": 200,
        "/masuk": 200,
        "/tidak/ada": 404,
        "/live/doc?page=/dinding": 200,
        "/live?page=/tidak": 404,
        "/api/v1/readings": 200,
        "/api/v1/readings?level=planet": 422,
        f"/geo/{live.room.map.digest}.json": 200,
        "/geo/lain.json": 404,
        shell.assets.url("live.js"): 200,
        "/assets/live.js": 404,
        shell.dash_scripts[0]: 200,
        "/_dash-component-suites/dash/dcc/async-graph.js": 404,
        "/_dash-layout": 200,
        "/healthz": 200,
        "/readyz": 200,
        "/metrics": 200,
        "/_reload-hash": 404,
    }


def test_every_answer_carries_the_headers(live: Live) -> None:
    with live.client() as client:
        for path, status in everything(live).items():
            answer = client.get(path)
            assert answer.status_code == status, path
            for name, value in HEADERS.items():
                if name != "cache-control":
                    assert answer.headers[name] == value, (path, name)
            static = path.startswith(("/assets/", "/geo/", "/_dash-component-suites")) and status == 200
            assert answer.headers["cache-control"] == ("private, max-age=31536000, immutable" if static else "no-store"), path
        assert client.post("/dinding").status_code == 415
        assert client.put("/dinding", content=b"").headers["x-content-type-options"] == "nosniff"


def test_the_content_policy_allows_nothing_but_ourselves() -> None:
    policy = HEADERS["content-security-policy"]
    assert "unsafe-eval" not in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert "*" not in policy


def test_pages_have_no_inline_script(live: Live) -> None:
    with live.client() as client:
        for path in ("/dinding", f"/kelurahan/{KELURAHAN[0]}", "/sumber", "/masuk"):
            html = client.get(path).text
            scripts = re.findall(r"<script([^>]*)>([^<]*)</script>", html)
            assert all(not body or 'type="application/json"' in attributes for attributes, body in scripts)
            assert not re.search(r"\son\w+=", html)
            assert "http://" not in re.sub(r'xmlns="[^"]*"', "", html)


# --- errors -------------------------------------------------------------------------------------


def test_an_error_names_a_reference_and_nothing_else(
    live: Live, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("rahasia dalam pesan galat")

    monkeypatch.setattr("dashboard.web.check_filters", broken)
    with caplog.at_level(logging.ERROR), live.client() as client:
        answer = client.get("/dinding")
        page = client.get("/dinding", headers={"accept": "text/html"})
    error = answer.json()["error"]
    assert (answer.status_code, error["status"], error["message"]) == (500, 500, "Terjadi gangguan")
    assert re.fullmatch(r"[0-9a-f]{12}", error["id"])
    assert "rahasia" not in answer.text + page.text
    assert "Nomor rujukan" in page.text
    assert error["id"] in caplog.text
    assert "rahasia dalam pesan galat" in caplog.text


def test_an_absent_page_says_what_to_do(live: Live) -> None:
    with live.client(headers={"accept": "text/html"}) as client:
        answer = client.get("/tidak/ada?lang=en")
    assert answer.status_code == 404
    assert "does not exist, or is not open to your role" in answer.text


def test_a_log_line_cannot_be_forged(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), live.client() as client:
        client.get("/x%0d%0aERROR%20palsu")
    assert all("\n" not in record.getMessage() for record in caplog.records)


# --- compression --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("", None),
        ("identity", None),
        ("gzip;q=0.0", None),
    ],
)
def test_a_body_in_the_best_coding(header: str, coding: str | None) -> None:
    raw = b"aduan " * 1000
    content, used = Body(raw, "text/plain").coded(header)
    assert used == coding
    assert {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding](content) == raw


def test_a_body_is_compressed_once() -> None:
    body = Body(b"aduan " * 1000, "text/plain")
    assert body.coded("br")[0] is body.coded("gzip, br")[0]
    assert Body(b"kecil", "text/plain").coded("br") == (b"kecil", None)
    assert accepted("br;q=0") == set()


def test_assets_are_named_by_their_content() -> None:
    first = Assets("/assets/", {"a.css": b'@font-face{src:url("f.woff2")}', "f.woff2": b"\0" * 900})
    second = Assets("/assets/", {"a.css": b'@font-face{src:url("f.woff2")}', "f.woff2": b"\1" * 900})
    assert first.url("f.woff2") != second.url("f.woff2")
    assert first.url("a.css") != second.url("a.css"), "a sheet that names another file is another sheet"
    assert Path(first.url("f.woff2")).name.encode() in first.bodies[first.url("a.css").removeprefix("/assets/")].raw
    with pytest.raises(KeyError):
        first.url("lain.css")


def test_a_first_load_stays_within_the_budget(live: Live) -> None:
    """Everything that the wall asks for, as the browser gets it."""
    shell = guard_of(live).shell
    with live.client() as client:
        html = client.get("/dinding").text
    linked = re.findall(r'(?:href|src)="(/assets/[^"]+)"', html)
    assert len(linked) >= 4
    fonts = [shell.assets.url(name) for name in shell.assets.names(".woff2")]
    paths = ["/dinding", *linked, *fonts, *shell.dash_scripts, "/_dash-layout", "/_dash-dependencies"]
    with live.client(headers={"accept-encoding": "gzip"}) as client:
        total = 0
        for path in paths:
            with client.stream("GET", path) as answer:
                total += sum(len(part) for part in answer.iter_raw())
    assert total < BUDGET, f"{total} bytes"


def test_a_page_held_already_is_not_sent_again(live: Live) -> None:
    with live.client() as client:
        first = client.get("/live/doc?page=/dinding")
        again = client.get("/live/doc?page=/dinding", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["x-clock"]


# --- pages --------------------------------------------------------------------------------------


def test_the_wall_arrives_complete(live: Live) -> None:
    with live.client() as client:
        html = client.get("/dinding").text
    assert '<html lang="id" data-theme="dark">' in html
    assert 'data-page="/dinding"' in html
    assert 'data-version="1"' in html
    assert re.search(r'data-kpi="aduan_terbuka"[^>]*data-value="1234"', html)
    for code in KELURAHAN:
        assert f'data-area="{code}"' in html


def test_english_is_remembered(live: Live) -> None:
    with live.client() as client:
        assert '<html lang="en"' in client.get("/dinding?lang=en").text
        assert '<html lang="en"' in client.get("/sumber").text
        assert '<html lang="id"' in client.get("/sumber?lang=id").text


@pytest.mark.parametrize("query", ["days=0", "days=9999", "days=x", "category=" + "x" * 81, "category=%00"])
def test_filters_that_nobody_can_have_meant(live: Live, query: str) -> None:
    with live.client() as client:
        assert client.get(f"/kelurahan/{KELURAHAN[0]}?{query}").status_code == 400


def test_geometry_is_the_map_itself(live: Live) -> None:
    assert live.room is not None
    with live.client() as client:
        content = client.get(f"/geo/{live.room.map.digest}.json").content
    assert hashlib.sha256(content).hexdigest().startswith(live.room.map.digest)


# --- health and metrics -------------------------------------------------------------------------


def test_without_a_snapshot_it_lives_but_is_not_ready(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    live = Live(tmp_path)
    live.start()
    with live.client() as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503
        assert client.get("/api/v1/readings").status_code == 503
        waiting = client.get("/dinding", headers={"accept": "text/html"})
        assert waiting.status_code == 503
        assert not [record for record in caplog.records if record.exc_info], "a room that is not ready yet is no surprise"
        assert waiting.headers["refresh"] == "5"
        assert "Data belum tersedia" in waiting.text
        assert "liveroom_snapshot_version" not in client.get("/metrics").text
        live.publish(snapshot(5))
        assert client.get("/readyz").json()["version"] == 5
        assert client.get("/dinding").status_code == 200
    live.stop()
    live.people.close()


def test_metrics(live: Live) -> None:
    with live.client() as client, client.stream("GET", "/live?page=/dinding&base=1") as stream:
        heard = stream.iter_raw()
        next(heard)
        client.get("/dinding")
        with live.client() as scraper:
            text = scraper.get("/metrics").text
    lines = {line.partition("{")[0]: line for line in text.splitlines() if not line.startswith("#")}
    assert lines["liveroom_snapshot_version"].endswith(" 1.0")
    assert float(lines["liveroom_connections"].rpartition(" ")[2]) >= 1
    assert 'route="/dinding"' in text
    assert re.search(r'source_up\{.*source="laksa".*\} 1.0', text)
    assert re.search(r'source_up\{.*source="lpse".*\} 0.0', text)
    assert re.search(r'source_failures\{.*source="lpse".*\} 3.0', text)
    assert re.search(r'source_quarantined\{.*source="laksa".*\} 2.0', text)


def test_metrics_for_a_scraper_with_the_derived_token(tmp_path: Path) -> None:
    token = hmac.digest(SECRET.encode(), b"metrics", "sha256").hex()
    with serving(tmp_path, demo=False) as live, live.client() as client:
        assert client.get("/metrics").status_code == 401
        assert client.get("/metrics", headers={"authorization": "Bearer x"}).status_code == 401
        assert client.get("/metrics", headers={"authorization": f"Bearer {token}"}).status_code == 200
        ready = client.get("/readyz").json()
        assert ready == {"ready": True}, "nobody is told more"
        with closing(live.signed_in(Role.OPERATOR)) as operator:
            assert operator.get("/readyz").json()["version"] == 1


def test_the_server_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``create()`` builds the whole room of the pack from the environment alone."""
    monkeypatch.setenv("LIVEROOM_DATA", str(tmp_path))
    monkeypatch.setenv("LIVEROOM_SECRET", SECRET)
    built: Any = app_module.create()
    assert built.shell.zone == from_environment().city.zone
    assert "/dinding" in built.gates


def test_a_route_without_a_gate_stops_the_start(live: Live) -> None:
    server = FastAPI(openapi_url=None)
    server.add_api_route("/lupa", lambda: None)
    web = type("Web", (), {"__getattr__": lambda self, _name: self})()
    web_like: Any = web
    with pytest.raises(RuntimeError, match="without a gate"):
        app_module._routes(server, web_like, web_like, {})
