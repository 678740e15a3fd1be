"""Who may ask what: every route by every role, sessions, screens, and requests that other sites' pages send."""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, cast

import httpx
import orjson
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from dashboard import access as access_module
from dashboard import attempts, stream
from dashboard.access import following
from dashboard.guard import bounded
from dashboard.page import find_page, pages
from dashboard.pages import rows as rows_page
from dashboard.room import Room
from layers import briefs, clock, orders
from layers.model import EXPORTS, Role, Scope
from layers.model import ROWS as ROWS_ROLES
from layers.people import People
from layers.peopleschema import audit
from layers.stills import Stills
from tests.dashboard.server import PASSWORD, Live, room, serving
from tests.dashboard.snapshots import KELURAHAN
from tests.dashboard.test_stills import WATCHED, put

LANDS = "/masuk?lanjut="
ASK = {
    "output": "kartu-html.data",
    "outputs": {"id": "kartu-html", "property": "data"},
    "inputs": [
        {
            "id": "tanya",
            "property": "data",
            "value": {"page": "/dinding", "kpi": "aduan_terbuka", "area": None, "opd": None, "lang": "id", "cut": {}, "n": 1},
        }
    ],
    "changedPropIds": ["tanya.data"],
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    data = tmp_path_factory.mktemp("demo")
    with serving(data, room=watched(data)) as live:
        yield live


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A room that is no demo: nobody is let in without an account or a screen's token."""
    data = tmp_path_factory.mktemp("closed")
    with serving(data, room=watched(data), demo=False) as live:
        yield live


def watched(data: Path) -> Room:
    """A room with a camera that has a picture."""
    put(data)
    return replace(room(data), stills=Stills(WATCHED, data))


def asker(live: Live, role: Role | None) -> httpx.Client:
    """A client in a role; ``None`` for nobody, ``PUBLIC`` only where the room grants it."""
    if role in (None, Role.PUBLIC):
        return live.client()
    if role is Role.SCREEN:
        client = live.client()
        token = live.people.add_screen(f"layar-{clock.now().timestamp()}")
        assert client.get(f"/layar/{token}").status_code == 303
        return client
    return live.signed_in(role)


def callback(output: str, given: str, value: object) -> dict[str, Any]:
    """What a browser posts to ask a callback."""
    return {
        "output": f"{output}.data",
        "outputs": {"id": output, "property": "data"},
        "inputs": [{"id": given, "property": "data", "value": value}],
        "changedPropIds": [f"{given}.data"],
    }


def audited(live: Live) -> list[tuple[str, str]]:
    with live.people.read() as connection:
        return [(line.who, line.what) for line in connection.execute(select(audit).order_by(audit.c.seq))]


# --- every route by every role --------------------------------------------------------------------

OPEN, DATA, OWN, NONE = "open", "data", "own", "none"
STEP, ABSENT = "step", "absent"
BRIEFS, ORDERS, GIVES, ROWS = "briefs", "orders", "gives", "rows"
REPORTS, ASKS, TAKES, NOTES, HANDS, SETTLES = "reports", "asks", "takes", "notes", "hands", "settles"
PERSON, LEAVES, FORM, ACTS, ADMIN, MANAGES = "person", "leaves", "form", "acts", "admin", "manages"
SOME = {
    REPORTS: (frozenset({Role.SCREEN}), 400),
    ROWS: (rows_page.MAY, 200),
    BRIEFS: (briefs.ROLES, 200),
    ORDERS: (orders.READERS, 200),
    GIVES: (orders.GIVERS, 422),
    ASKS: (frozenset(Role) - {Role.SCREEN}, 200),
    TAKES: (frozenset({Role.LEADER, Role.OPD_HEAD, Role.CAMAT, Role.ANALYST, Role.ADMIN}), 503),
    NOTES: (frozenset({Role.LEADER, Role.OPD_HEAD, Role.ANALYST, Role.OPERATOR, Role.ADMIN}), 422),
    HANDS: (frozenset({Role.OPD_HEAD, Role.ADMIN}), 503),
    SETTLES: (frozenset({Role.LEADER, Role.OPD_HEAD, Role.OPERATOR, Role.ADMIN}), 400),
    PERSON: (ROWS_ROLES, 200),
    LEAVES: (ROWS_ROLES, 303),
    FORM: (ROWS_ROLES, 422),
    ACTS: (ROWS_ROLES, 400),
    ADMIN: (frozenset({Role.ADMIN}), 200),
    MANAGES: (frozenset({Role.ADMIN}), 303),
}
"""Kinds that some roles alone are answered, and how; 503 where there are no frames here."""
EXPECTED: dict[str, tuple[str, str]] = {
    "/": ("/", DATA),
    "/_dash-component-suites/{path:path}": ("", OPEN),
    "/_dash-dependencies": ("/_dash-dependencies", DATA),
    "/_dash-layout": ("/_dash-layout", DATA),
    "/_dash-update-component": ("POST", DATA),
    "/_favicon.ico": ("/_favicon.ico", NONE),
    "/_reload-hash": ("/_reload-hash", NONE),
    "/akun": ("/akun", PERSON),
    "/akun/kode": ("/akun/kode", PERSON),
    "/akun/kode/ubah": ("POST", ACTS),
    "/akun/sandi": ("POST", FORM),
    "/akun/sesi": ("POST", NONE),  # whose: test_accountdesk
    "/akun/sesi-lain": ("POST", LEAVES),
    "/alarm": ("/alarm", DATA),
    **{f"/alarm/{act}": ("POST", NONE) for act in ("terima", "diamkan", "bunyikan")},  # who may: test_alarm
    "/analisis": ("/analisis", ASKS),
    "/analisis/simpan": ("POST", FORM),
    **{f"/analisis/{act}": ("POST", NONE) for act in ("ubah", "hapus")},  # whose: the analysis' own tests
    "/api/v1/alarms": ("/api/v1/alarms", DATA),
    "/api/v1/areas": ("/api/v1/areas", DATA),
    "/api/v1/kpis": ("/api/v1/kpis", DATA),
    "/api/v1/openapi.json": ("/api/v1/openapi.json", DATA),
    **{f"/api/v1/{name}": (f"/api/v1/{name}?kpi=aduan_terbuka", DATA) for name in ("ranking", "series")},
    "/api/v1/packages": ("/api/v1/packages", TAKES),
    "/api/v1/rows": ("/api/v1/rows?kpi=aduan_terbuka", TAKES),
    "/api/v1/readings": ("/api/v1/readings", DATA),
    "/api/v1/sources": ("/api/v1/sources", DATA),
    "/arahan": ("/arahan", ORDERS),
    "/arahan/beri": ("POST", GIVES),
    **{f"/arahan/{act}": ("POST", NONE) for act in ("jawab", "selesai", "batal")},  # who may: pages/test_brief
    "/assets/{name}": ("", OPEN),
    "/audit": ("/audit", ADMIN),
    "/baris": ("/baris?kpi=aduan_terbuka", ROWS),
    **{path: (f"{path}?q=sukasari", ASKS) for path in ("/cari", "/cari/hasil")},  # what of it each finds: test_find
    "/dinding": ("/dinding", DATA),
    "/ekspor/{form}": ("/ekspor/csv?halaman=/metrik&bagian=metrik-head", DATA),
    "/gambar/{source}/{camera}": ("", DATA),  # what else can be had there: test_stills
    "/geo/{name}": ("", DATA),
    "/healthz": ("/healthz", OPEN),
    "/kelurahan/{code}": (f"/kelurahan/{KELURAHAN[0]}", DATA),
    "/kecamatan/{code}": ("/kecamatan/36.71.01", DATA),
    "/kecocokan": ("/kecocokan", DATA),
    "/keluar": ("POST", OPEN),
    "/layar-lapor": ("POST", REPORTS),
    "/layar/{token}": ("/layar/x", OPEN),
    "/layar/{token}/denyut": ("/layar/x/denyut", OPEN),
    "/live": ("", DATA),
    "/live/doc": ("/live/doc?page=/dinding", DATA),
    "/masuk": ("/masuk", OPEN),
    **{f"/masuk/{step}": (f"/masuk/{step}", STEP) for step in ("kode", "pasang")},
    **{f"/masuk/{way}": (f"/masuk/{way}", ABSENT) for way in ("oidc", "oidc/kembali")},  # without a provider
    "/metrics": ("/metrics", OWN),
    "/metrik": ("/metrik", DATA),
    "/pengguna": ("/pengguna", ADMIN),
    **{f"/pengguna/{act}": ("POST", MANAGES) for act in ("sesi", "buka", "kode")},
    "/opd": ("/opd", DATA),
    "/opd/{opd}": ("/opd/dlh", DATA),
    "/opd/{opd}/catat": ("POST", NOTES),
    "/opd/{opd}/putuskan": ("POST", SETTLES),
    "/opd/{opd}/sengketa": ("POST", HANDS),
    "/opd/{opd}/serahkan": ("POST", HANDS),
    "/opd/{opd}/tarik": ("POST", NONE),
    "/pengadaan": ("/pengadaan", DATA),
    "/penghargaan": ("/penghargaan", DATA),
    "/penutupan": ("/penutupan", DATA),
    "/peringkat": ("/peringkat", DATA),
    "/perubahan": ("/perubahan", DATA),
    "/readyz": ("/readyz", OPEN),
    "/remote": ("/remote", OPEN),  # what it lets do whom: test_remote
    "/remote/kode": ("POST", OPEN),
    "/ringkasan": ("/ringkasan", BRIEFS),
    "/ringkasan/{opd}": ("/ringkasan/dlh", BRIEFS),
    "/sumber": ("/sumber", DATA),
    "/tampilan.css": ("/tampilan.css", OPEN),
}
"""Each route's address to try and who is answered; a route that is not here fails the test."""

POSTED = ("/keluar", "/remote/kode")
"""Open to a post alone."""


def guard_of(live: Live) -> Any:
    assert live._server is not None
    return live._server.config.app


def test_every_route_has_an_expectation(demo: Live) -> None:
    routes = {route.path for route in guard_of(demo).routes}
    assert routes - set(EXPECTED) == set(), "say in EXPECTED how to ask these, and who is answered"
    assert set(EXPECTED) - routes == set()


def address(live: Live, path: str) -> str:
    tried = EXPECTED[path][0]
    if path == "/gambar/{source}/{camera}":
        return "/gambar/kamera/simpang"
    if path == "/geo/{name}":
        assert live.room is not None
        return f"/geo/{live.room.map.digest}.json"
    if path == "/assets/{name}":
        return guard_of(live).shell.assets.url("live.js")
    if path.startswith("/_dash-component-suites"):
        return guard_of(live).shell.dash_scripts[0]
    return tried


def ask(client: httpx.Client, live: Live, path: str) -> int:
    """The status of a route; a stream is left after its first bytes."""
    if path == "/_dash-update-component":
        return client.post(path, json=ASK).status_code
    if EXPECTED[path][0] == "POST":
        return client.post(path.replace("{opd}", "dlh"), data={"alarm": "x", "arahan": "x"}).status_code
    if path == "/live":
        with client.stream("GET", "/live?page=/dinding&base=1") as answer:
            return answer.status_code
    return client.get(address(live, path)).status_code


ROLES = [None, *Role]


@pytest.fixture(scope="module")
def askers(closed: Live) -> Iterator[dict[Role | None, httpx.Client]]:
    clients = {role: asker(closed, role) for role in ROLES}
    yield clients
    for client in clients.values():
        client.close()


@pytest.mark.parametrize("path", [p for p in EXPECTED if p not in POSTED])
def test_closed_room(closed: Live, askers: dict[Role | None, httpx.Client], path: str) -> None:
    """Without an account or a screen's token only the open routes answer; with one, those of its role."""
    found = {role: ask(client, closed, path) for role, client in askers.items()}
    assert found == {role: expected(path, role) for role in askers}


def expected(path: str, role: Role | None) -> int:
    """How a closed room answers; in one, nobody is public."""
    kind = EXPECTED[path][1]
    if kind in (STEP, ABSENT):
        return 303 if kind == STEP else 404
    if kind == OPEN:
        return 404 if path.startswith("/layar/") else 200
    if role in (None, Role.PUBLIC):
        return 401
    if kind in SOME:
        return SOME[kind][1] if role in SOME[kind][0] else 404
    if kind == NONE or (kind == OWN and role not in (Role.OPERATOR, Role.ADMIN)):
        return 404
    return 303 if path == "/" else 200


@pytest.mark.parametrize("path", [p for p in EXPECTED if p not in POSTED])
def test_demo_on_loopback_is_public(demo: Live, path: str) -> None:
    with demo.client() as client:
        status = ask(client, demo, path)
    kind = EXPECTED[path][1]
    nothing = kind in (NONE, ABSENT) or (kind in SOME and Role.PUBLIC not in SOME[kind][0]) or path.startswith("/layar/")
    assert status == (404 if nothing else 303 if path == "/" or kind == STEP else 200)


@pytest.mark.parametrize("role", [*Role], ids=str)
def test_whoever_is_outside_a_gate_finds_nothing_and_is_logged(
    closed: Live, askers: dict[Role | None, httpx.Client], role: Role, caplog: pytest.LogCaptureFixture
) -> None:
    """By the gates themselves: a route that is added tomorrow is tried too, in every way that it is asked."""
    if role is Role.PUBLIC:  # nobody has this role in a closed room
        return
    guard = guard_of(closed)
    for route in guard.routes:
        gate = guard.gates[route.path]
        if gate is None or role in gate:
            continue
        path = re.sub(r"\{[^}]*\}", "x", route.path)
        for method in route.methods & {"GET", "POST"}:
            caplog.clear()
            answer = askers[role].request(method, path, **({"data": {"x": "y"}} if method == "POST" else {}))
            assert (answer.status_code, role.value in caplog.text, route.path in caplog.text) == (404, True, True), (method, path)


CALLBACKS = {"kartu-html.data", "potongan.data"}


def test_no_callback_opens_a_page_to_whom_its_route_does_not(
    closed: Live, askers: dict[Role | None, httpx.Client], caplog: pytest.LogCaptureFixture
) -> None:
    """Every page by every role: the callback, the stream and the document refuse whom the page's own address refuses."""
    offered = askers[Role.ADMIN].get("/_dash-dependencies").json()
    assert {one["output"] for one in offered if one["clientside_function"] is None} == CALLBACKS, "a new callback: try it below"
    for page in pages():
        address = EXPECTED[page.path][0]
        for role in set(Role) - page.roles - {Role.PUBLIC}:
            caplog.clear()
            value = {"page": address, "lang": "id", "cut": {}, "n": 1}
            asked = [
                askers[role].post("/_dash-update-component", json=callback("potongan", "saring", value)),
                askers[role].get("/live", params={"page": address}),
                askers[role].get("/live/doc", params={"page": address}),
            ]
            assert [answer.status_code for answer in asked] == [404] * 3, (page.path, role)
            assert caplog.text.count(f"refused to role {role.value}") == 3


def test_a_page_is_taken_out_by_whom_it_opens_to_and_rows_by_few(
    closed: Live, askers: dict[Role | None, httpx.Client], caplog: pytest.LogCaptureFixture
) -> None:
    """Every part that can be exported by every role; a part that is added tomorrow is tried too."""
    parts = [(page, part, export) for page in pages() for part, export in page.sheets.items()]
    assert any(export.rows for _, _, export in parts)
    assert {role for role in Role if role in EXPORTS} < ROWS_ROLES
    for page, part, export in parts:
        for role in set(Role) - {Role.PUBLIC}:
            caplog.clear()
            asked = {"halaman": EXPECTED[page.path][0], "bagian": part}
            answer = askers[role].get("/ekspor/json", params=asked)
            may = role in page.roles and (not export.rows or role in EXPORTS)
            assert answer.status_code in ((200, 404, 503) if may else (404,)), (page.path, part, role)  # no frames here
            assert may or f"refused to role {role.value}" in caplog.text, (page.path, part, role)


def test_a_head_of_an_opd_gets_nothing_of_another(closed: Live, caplog: pytest.LogCaptureFixture) -> None:
    """By address, by callback, by stream: absent, with a line in the log and one in the audit."""
    with closing(closed.signed_in(Role.OPD_HEAD)) as client:
        other = {"page": "/ringkasan/dpupr", "lang": "id", "cut": {}, "n": 1}
        answers = [
            client.get("/ringkasan/dpupr"),
            client.get("/live/doc?page=/ringkasan/dpupr"),
            client.post("/_dash-update-component", json=callback("potongan", "saring", other)),
        ]
        assert client.get("/ringkasan/dlh").status_code == 200
    assert [answer.status_code for answer in answers] == [404] * 3
    assert caplog.text.count("refused to role opd") == 3
    for _ in range(100):
        if any(what == "ditolak" for _, what in audited(closed)):
            break
        time.sleep(0.02)
    assert "ditolak" in {what for who, what in audited(closed) if who.startswith("opd-")}


def test_public_only_under_a_loopback_name(demo: Live) -> None:
    """A foreign name that points at this machine gets nothing: no DNS rebinding."""
    with demo.client() as client:
        assert client.get("/api/v1/readings", headers={"host": "jahat.example"}).status_code == 401
        assert client.get("/api/v1/readings", headers={"host": f"localhost:{demo.port}"}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "//dinding",
        "/dinding/",
        "/./dinding",
        "/dinding;x",
        "/DINDING",
        "/dinding.",
        "/%2fdinding",
        "/dinding%00",
        "/assets/../dinding",
        "/x",
    ],
)
def test_path_tricks_are_absent(closed: Live, path: str) -> None:
    """Only the exact path of a route exists; whatever looks like it is absent, for everybody."""
    with closing(closed.signed_in(Role.ADMIN)) as client, closing(HTTPConnection("127.0.0.1", closed.port)) as raw:
        raw.request("GET", path, headers={"cookie": f"liveroom={client.cookies['liveroom']}"})
        assert raw.getresponse().status == 404


# --- sessions ---------------------------------------------------------------------------------------


def test_a_page_sends_nobody_to_the_login_and_back(closed: Live) -> None:
    with closed.client(headers={"accept": "text/html"}) as client:
        answer = client.get(f"/kelurahan/{KELURAHAN[0]}?days=7")
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/masuk?lanjut=/kelurahan/{KELURAHAN[0]}%3Fdays%3D7"
        form = client.get(answer.headers["location"])
        assert f'value="/kelurahan/{KELURAHAN[0]}?days=7"' in form.text
        assert "<script" not in form.text


def test_login(closed: Live) -> None:
    closed.people.add_user("rina", PASSWORD, Role.ANALYST)
    with closed.client() as client:
        wrong = client.post("/masuk", data={"nama": "rina", "sandi": "salah-salah-salah-salah", "lanjut": "/sumber"})
        assert wrong.status_code == 401
        assert "tidak cocok" in wrong.text
        assert 'value="/sumber"' in wrong.text
        right = client.post("/masuk", data={"nama": "rina", "sandi": PASSWORD, "lanjut": "/sumber"})
        assert (right.status_code, right.headers["location"]) == (303, "/sumber")
        cookie = right.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Secure" not in cookie
        assert client.get("/sumber").status_code == 200
    with closed.people.read() as connection:
        lines = connection.execute(select(audit).order_by(audit.c.seq)).all()[-2:]
    assert [(line.who, line.what) for line in lines] == [("-", "gagal masuk"), ("rina", "masuk")]
    assert "rina" not in str(lines[0]), "a name that fails may be a password typed in its place"


def test_a_login_makes_a_new_session_and_a_logout_ends_it_on_the_server(closed: Live) -> None:
    with closing(closed.signed_in(Role.LEADER)) as client:
        first = client.cookies["liveroom"]
        assert client.get("/api/v1/kpis").status_code == 200
        assert client.post("/keluar", data={"keluar": "1"}).status_code == 303
        assert "liveroom" not in client.cookies
        client.cookies.set("liveroom", first, domain="127.0.0.1")
        assert client.get("/api/v1/kpis").status_code == 401


def test_a_session_ends_when_it_is_idle(closed: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_module, "REMEMBER", 0.0)
    with closing(closed.signed_in(Role.LEADER)) as client:
        assert client.get("/api/v1/kpis").status_code == 200
        later = clock.now() + timedelta(minutes=31)
        monkeypatch.setattr(clock, "now", lambda: later)
        assert client.get("/api/v1/kpis").status_code == 401


def test_a_revoked_screen_is_let_in_no_more(closed: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_module, "REMEMBER", 0.0)
    token = closed.people.add_screen("dicabut")
    with closed.client() as client:
        assert client.get(f"/layar/{token}").headers["location"] == "/dinding?layar=dicabut"
        assert client.get("/dinding").status_code == 200
        closed.people.revoke_screen("dicabut")
        assert client.get("/dinding").status_code == 401
        assert client.get(f"/layar/{token}").status_code == 404


def test_over_https_cookies_are_bound_to_the_host(closed: Live) -> None:
    """uvicorn believes a proxy on loopback that says https."""
    closed.people.add_user("sari", PASSWORD, Role.LEADER)
    with closed.client(headers={"x-forwarded-proto": "https"}) as client:
        answer = client.post("/masuk", data={"nama": "sari", "sandi": PASSWORD})
    assert answer.headers["set-cookie"].startswith("__Host-liveroom=")
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        ("/sumber", "/sumber"),
        (f"/kelurahan/{KELURAHAN[0]}?days=7", f"/kelurahan/{KELURAHAN[0]}?days=7"),
        ("", "/dinding"),
        ("//jahat.example/dinding", "/dinding"),
        ("https://jahat.example/dinding", "/dinding"),
        ("/\\jahat.example", "/dinding"),
        ("javascript:alert(1)", "/dinding"),
        ("/sumber\r\nset-cookie: a=b", "/dinding"),
        ("/keluar", "/dinding"),
        ("http://[", "/dinding"),
    ],
)
def test_where_a_login_leads(asked: str, goes: str) -> None:
    assert following(asked) == goes


# --- other sites' pages ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://jahat.example"}, 403),
        ({"origin": "null"}, 403),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({"content-type": "multipart/form-data; boundary=x"}, 415),
        ({"content-type": ""}, 415),
    ],
)
def test_a_callback_is_answered_to_our_own_pages_only(demo: Live, headers: dict[str, str], status: int) -> None:
    sent = {"content-type": "application/json"} | headers
    with demo.client() as client:
        assert client.post("/_dash-update-component", content=orjson.dumps(ASK), headers=sent).status_code == status


@pytest.mark.parametrize("path", ["/masuk", "/keluar"])
def test_forms_are_taken_from_our_own_pages_only(demo: Live, path: str) -> None:
    with demo.client() as client:
        assert client.post(path, data={}, headers={"sec-fetch-site": "cross-site"}).status_code == 403
        assert client.post(path, json={}).status_code == 415
        assert (
            client.post(path, content=b"x" * 70_000, headers={"content-type": "application/x-www-form-urlencoded"}).status_code
            == 413
        )


@pytest.mark.parametrize("more", [{}, {"content-length": "10"}])
def test_a_form_of_unknown_length_is_not_read(demo: Live, more: dict[str, str]) -> None:
    with demo.client() as client:
        headers = {"content-type": "application/x-www-form-urlencoded", "transfer-encoding": "chunked"} | more
        assert client.post("/masuk", content=iter([b"x" * 10]), headers=headers).status_code in (400, 411)


def test_one_account_holds_so_many_streams_open(demo: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST", 1)
    path = "/live?page=/dinding&base=1"
    with (
        closing(demo.signed_in(Role.LEADER)) as leader,
        closing(demo.signed_in(Role.LEADER)) as other,
        demo.client() as public,
        leader.stream("GET", path) as first,
        public.stream("GET", path) as one,
    ):
        heard = first.iter_raw(), one.iter_raw()  # held: what reads a stream no longer closes it
        for one_of_them in heard:
            next(one_of_them)
        full = leader.get(path)
        assert (full.status_code, full.headers["retry-after"]) == (503, "30")
        with other.stream("GET", path) as another, public.stream("GET", path) as two:
            assert {another.status_code, two.status_code} == {200}
    places = stream.Places()
    scope = Scope(user="a", role=Role.LEADER)
    with places.taken("a"):
        assert places.full(scope)
    assert not places.full(scope)


def test_what_takes_hashing_has_threads_of_its_own_and_few_wait_for_it() -> None:
    access = access_module.Access(cast("People", None), public_by_default=False)
    request = Request({"type": "http", "headers": [], "client": ("192.0.2.1", 1)})
    thread = asyncio.run(access.hashed(request, lambda: threading.current_thread().name))
    assert thread is not None
    assert thread.startswith("passwords")
    access._verifying = access_module.VERIFYING + access_module.WAITING
    with pytest.raises(HTTPException, match="503"):
        asyncio.run(access.hashed(request, lambda: True))


def test_a_body_is_bounded_while_it_is_received() -> None:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"x" * 40_000, "more_body": True}

    received = bounded(receive)  # type: ignore[arg-type]
    asyncio.run(received())  # type: ignore[arg-type]
    with pytest.raises(HTTPException, match="413"):
        asyncio.run(received())  # type: ignore[arg-type]


def changed(**value: object) -> dict[str, Any]:
    first = ASK["inputs"][0]
    return ASK | {"inputs": [first | {"value": first["value"] | value}]}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (ASK | {"output": "lain.data"}, 404),
        ([], 400),
        ({"output": "kartu-html.data"}, 400),
        (changed(kpi="tidak_ada"), 404),
        (changed(area="36.99"), 404),
        (changed(kpi=7), 400),
        (changed(cut={"days": "9999"}), 400),
        (changed(cut={"opd": "bukan_opd"}), 404),
        (changed(n="x"), 400),
        (changed(role="admin", scope={"role": "admin"}), 200),
    ],
)
def test_what_a_callback_is_sent_is_checked(demo: Live, body: object, status: int) -> None:
    with demo.client() as client:
        answer = client.post("/_dash-update-component", json=body)
    assert answer.status_code == status
    if status != 200:
        assert set(answer.json()["error"]) == {"status", "message", "id"}


def test_a_callback_does_not_believe_the_page_it_is_told(closed: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """A screen may not open a page by naming it in a callback."""
    real = find_page("/sumber")
    assert real is not None
    narrow = {
        "output": "potongan.data",
        "outputs": {"id": "potongan", "property": "data"},
        "inputs": [{"id": "saring", "property": "data", "value": {"page": "/sumber", "lang": "id", "cut": {}, "n": 1}}],
        "changedPropIds": ["saring.data"],
    }
    with closing(asker(closed, Role.SCREEN)) as client:
        allowed = client.post("/_dash-update-component", json=narrow).status_code
        object.__setattr__(real[0], "roles", frozenset({Role.ADMIN}))
        try:
            refused = client.post("/_dash-update-component", json=narrow).status_code
            stream = client.get("/live?page=/sumber").status_code
            document = client.get("/live/doc?page=/sumber").status_code
        finally:
            object.__setattr__(real[0], "roles", frozenset(Role))
    assert (allowed, refused, stream, document) == (200, 404, 404, 404)


# --- proxies, floods and logs ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["x-forwarded-for", "forwarded", "via"])
def test_the_demo_is_not_public_behind_a_proxy(demo: Live, name: str) -> None:
    with demo.client() as client:
        assert client.get("/api/v1/readings", headers={name: "203.0.113.9"}).status_code == 401


def failures(live: Live) -> list[tuple[str, str]]:
    with live.people.read() as connection:
        lines = connection.execute(select(audit).where(audit.c.who == "-").order_by(audit.c.seq)).all()
    return [(line.what, line.detail) for line in lines]


def test_failed_logins_are_limited_and_told_in_few_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "TOLD_IN", 2.0)
    monkeypatch.setattr(attempts, "TRIES", 12)
    with serving(tmp_path, demo=False) as live, live.client() as client:
        statuses = [client.post("/masuk", data={"nama": f"x{n}", "sandi": "y" * 12}).status_code for n in range(14)]
        assert statuses == [401] * 12 + [429] * 2
        refused = client.post("/masuk", data={"nama": "x", "sandi": "y" * 12})
        assert 0 < int(refused.headers["retry-after"]) <= 301
        assert "Terlalu banyak percobaan" in refused.text
        deadline = time.monotonic() + 8
        while len(failures(live)) < 6 and time.monotonic() < deadline:
            time.sleep(0.05)
        told = failures(live)
        assert [what for what, _ in told] == ["gagal masuk"] * 5 + ["gagal masuk, ringkasan"]
        assert '"jumlah": 7' in told[-1][1]


def test_a_flood_of_logins_holds_up_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are checked by two threads; eighteen more logins wait or are sent away, and pages go on."""
    leave = threading.Event()
    with serving(tmp_path) as live:
        monkeypatch.setattr(live.people, "verify", lambda *_: leave.wait(20) and None)
        statuses: list[int] = []

        def flood() -> None:
            with live.client() as client:
                statuses.append(client.post("/masuk", data={"nama": "x", "sandi": "y" * 12}).status_code)

        threads = [threading.Thread(target=flood) for _ in range(40)]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 10
        while len(statuses) < 22 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert statuses == [503] * 22
        started = time.monotonic()
        with live.client() as client:
            assert client.get("/sumber").status_code == 200
            assert client.get("/dinding", headers={"cookie": "liveroom=x"}).status_code == 200
        assert time.monotonic() - started < 3
        leave.set()
        for thread in threads:
            thread.join(10)
        assert sorted(statuses) == [401] * 18 + [503] * 22


def test_a_wall_stays_on_while_the_accounts_are_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_module, "REMEMBER", 0.0)

    def away(*_: object, **__: object) -> None:
        raise OperationalError("select", {}, Exception("away"))

    with serving(tmp_path, demo=False) as live, live.client() as client, live.client() as stranger:
        client.get(f"/layar/{live.people.add_screen('lobi')}")
        monkeypatch.setattr(live.people, "screen", away)
        assert client.get("/dinding").status_code == 200
        stranger.cookies.set("liveroom-layar", "y" * 43)
        assert stranger.get("/dinding").status_code == 503
        monkeypatch.setattr(access_module, "HELD", 0.0)
        assert client.get("/dinding").status_code == 503


@pytest.mark.parametrize("path", ["/layar/{}", "/layar/{}/", "/LAYAR/{}"])
def test_a_screens_token_is_never_logged(
    closed: Live, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("x")

    monkeypatch.setattr(closed.people, "screen", broken)
    with caplog.at_level(logging.DEBUG, "dashboard"), closed.client() as client:
        client.get(path.format("rahasia-token"))
    assert caplog.records
    assert "rahasia-token" not in caplog.text
