"""Programs that read the REST interface: their tokens, pages, tables and rows, and that it keeps what it describes."""

from __future__ import annotations

import csv
import io
import logging
import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from sqlalchemy import select

from dashboard import access
from layers import clock
from layers import peopleschema as schema
from layers.model import EXPORTS, Role
from layers.tokens import Tokens, listing
from tests.dashboard.server import Live, serving
from tests.dashboard.trusted import Trusted, trusted

DOCS = Path(__file__).parents[3] / "docs" / "api.md"
EXAMPLES = 5
"""Questions to each path, of each kind."""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Trusted:
    return trusted(tmp_path_factory.mktemp("programs"))


@pytest.fixture(scope="module")
def live(shown: Trusted, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """No demo: nobody comes in without a token or a session. Of the readings those of the city, so that questions are quick."""
    few = replace(
        shown.snapshot, readings=tuple(r for r in shown.snapshot.readings if r.area == "36.71" and r.opd in (None, "dlh"))
    )
    with serving(tmp_path_factory.mktemp("programs-web"), few, room=shown.room, demo=False) as running:
        yield running


def client_of(live: Live, name: str, role: Role, **limits: object) -> httpx.Client:
    token = Tokens(live.people).add(name, role, clock.now(), **limits)  # type: ignore[arg-type]
    return httpx.Client(base_url=live.url + "/api/v1", headers={"authorization": f"Bearer {token}"}, timeout=20)


@pytest.fixture(scope="module")
def analyst(live: Live) -> Iterator[httpx.Client]:
    with closing(client_of(live, "analis", Role.ANALYST)) as client:
        yield client


def test_without_a_token_nobody_reads(live: Live) -> None:
    for headers in ({}, {"authorization": "Bearer salah"}, {"authorization": "Basic ???"}):
        answer = httpx.get(live.url + "/api/v1/areas", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic")
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_token_ends_with_its_day_and_when_it_is_taken_back(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "REMEMBER", 0.0)
    tokens, now = Tokens(live.people), clock.now()
    short = tokens.add("Sehari", Role.PUBLIC, now, until=now + timedelta(days=1))
    assert tokens.scope(short, now) is not None
    assert tokens.scope(short, now + timedelta(days=1)) is None
    kept = tokens.add("buku kerja", Role.PUBLIC, now)
    headers = {"authorization": f"Bearer {kept}"}
    assert httpx.get(live.url + "/api/v1/areas", headers=headers).status_code == 200
    assert "buku kerja: public, tanpa batas waktu, dipakai" in listing(tokens.all())
    assert kept not in listing(tokens.all())
    tokens.revoke("buku kerja", clock.now())
    assert httpx.get(live.url + "/api/v1/areas", headers=headers).status_code == 401
    for wrong in ("", "sehari"):
        with pytest.raises(ValueError, match="token"):
            tokens.add(wrong, Role.PUBLIC, now)
    with pytest.raises(ValueError, match="OPD"):
        tokens.add("lain", Role.OPD_HEAD, now)


def test_a_token_reads_and_does_nothing_else(live: Live) -> None:
    token = Tokens(live.people).add("tulis", Role.ADMIN, clock.now())
    headers = {"authorization": f"Bearer {token}"}
    assert httpx.get(live.url + "/alarm", headers=headers).status_code == 401
    assert httpx.post(live.url + "/arahan/beri", headers=headers, data={"opd": "dlh"}).status_code == 401
    assert httpx.put(live.url + "/api/v1/areas", headers=headers).status_code == 405
    exported = {"halaman": "/metrik", "bagian": "metrik-head"}
    assert httpx.get(live.url + "/ekspor/csv", headers=headers, params=exported).status_code == 200


def test_a_spreadsheet_program_with_name_and_password(live: Live) -> None:
    token = Tokens(live.people).add("lembar", Role.ANALYST, clock.now())
    basic = b64encode(f"siapa saja:{token}".encode()).decode()
    answer = httpx.get(live.url + "/api/v1/readings?format=csv&kpi=aduan_terbuka", headers={"authorization": f"Basic {basic}"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert {row["kpi"] for row in rows} == {"aduan_terbuka"}
    assert next(row["area_name"] for row in rows if row["area"] == "36.71" and not row["opd"]) == "Kota Tangerang"


@pytest.mark.parametrize("path", ["readings?kpi=aduan_terbuka", "kpis", "areas", "rows?kpi=aduan_masuk_30h", "series"])
def test_pages_add_up_to_the_whole(analyst: httpx.Client, path: str) -> None:
    whole = analyst.get(f"/{path}", params={"limit": "10000"} if "?" not in path else None).json()
    seen, address = [], f"{path}{'&' if '?' in path else '?'}limit=40"
    while address:
        page = analyst.get(address.removeprefix("/api/v1/")).json()
        assert page["total"] == whole["total"]
        assert len(page["data"]) <= 40
        seen += page["data"]
        address = page["next"]
    assert len(seen) == whole["total"]
    assert seen[: len(whole["data"])] == whole["data"]


def test_a_client_that_holds_an_answer_is_told_so(analyst: httpx.Client) -> None:
    for form in ("json", "csv"):
        first = analyst.get("/kpis", params={"format": form})
        again = analyst.get("/kpis", params={"format": form}, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_a_table_is_empty_with_its_headings(analyst: httpx.Client) -> None:
    assert analyst.get("/alarms", headers={"accept": "text/csv"}).text.startswith("id,rule,kind,priority,")


def test_the_same_number_everywhere(analyst: httpx.Client, shown: Trusted) -> None:
    reading = shown.snapshot.reading("selesai_tepat_waktu")
    assert reading is not None
    found = analyst.get("/readings", params={"kpi": "selesai_tepat_waktu", "area": "36.71"}).json()["data"]
    assert next(r["value"] for r in found if r["opd"] is None) == reading.value
    rows = list(csv.DictReader(io.StringIO(analyst.get("/rows?kpi=selesai_tepat_waktu&format=csv").text)))
    assert sum(float(row["numerator"]) for row in rows) == reading.evidence.numerator
    assert sum(float(row["denominator"]) for row in rows) == reading.evidence.denominator


def test_rows_are_within_the_scope_and_stand_in_the_audit(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    with closing(client_of(live, "dinas", Role.OPD_HEAD, opds=["dlh"])) as head:
        found = head.get("/rows?kpi=aduan_masuk_30h&nik=3671010101010001").json()["data"]
        assert {row["fields"]["opd"] for row in found} == {"dlh"}
        assert "text" not in found[0]["fields"]
        with live.people.read() as connection:
            last = connection.execute(select(schema.audit).order_by(schema.audit.c.seq.desc()).limit(1)).one()
        assert (last.who, last.what) == ("token:dinas", "ekspor")
        assert "?kpi=aduan_masuk_30h&days=30&offset=0" in last.detail
        with caplog.at_level(logging.WARNING, "dashboard.access"):
            assert head.get("/rows?kpi=aduan_masuk_30h&opd=dpupr").status_code == 404
    with closing(client_of(live, "umum", Role.PUBLIC)) as public:
        assert public.get("/rows?kpi=aduan_masuk_30h").status_code == 404
        assert public.get("/packages").status_code == 404
    assert len([record for record in caplog.records if "refused" in record.message]) >= 1


def test_the_example_of_the_documents_runs(live: Live, capsys: pytest.CaptureFixture[str]) -> None:
    token = Tokens(live.people).add("contoh", Role.ANALYST, clock.now())
    code = re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)[0]
    given: dict[str, object] = {"ADDRESS": live.url, "TOKEN": token}
    exec(compile(code, str(DOCS), "exec"), given)  # noqa: S102 - our own document
    told = capsys.readouterr().out
    assert told.splitlines() == ["100.0 persen live Data contoh", "304"]
    room, readings = given["room"], given["readings"]
    assert isinstance(room, httpx.Client)
    room.close()
    assert isinstance(readings, list)
    assert len(readings) == httpx.get(f"{live.url}/api/v1/readings", headers={"authorization": f"Bearer {token}"}).json()["total"]


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_it_keeps_what_it_describes(live: Live, mode: GenerationMode) -> None:
    """Schemathesis asks every path what the description allows, and what it does not, and finds no failure."""
    token = Tokens(live.people).add(f"uji {mode.value}", Role.ANALYST, clock.now())
    headers = {"authorization": f"Bearer {token}"}
    described = schemathesis.openapi.from_url(live.url + "/api/v1/openapi.json", headers=headers)
    asked = set()
    for operation in (found.ok() for found in described.get_all_operations()):

        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(operation.as_strategy(generation_mode=mode))
        def holds(case: schemathesis.Case) -> None:
            asked.add(case.operation.path)
            case.call_and_validate(headers=headers)

        holds()
    assert len(asked) == 9


# --- limits by category ----------------------------------------------------------------------------

LIMITED = {
    Role.BIDANG: {"opds": ["dlh"]},
    Role.OPD_HEAD: {"opds": ["dlh"]},
    Role.CAMAT: {"areas": ["36.71.01"]},
    Role.ANALYST: {},
    Role.LEADER: {},
    Role.OPERATOR: {},
    Role.ADMIN: {},
    Role.PUBLIC: {},
}
ROWS = "/baris?kpi=aduan_masuk_30h"
FILES = (("/kelurahan/36.71.01", "by-category"), ("/opd/dlh", "cross-category"), ("/analisis?by=category", "answer"))


def categories(answer: httpx.Response, column: str) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {row[column] for row in csv.DictReader(io.StringIO(answer.text))}


@pytest.mark.parametrize("role", LIMITED, ids=str)
def test_a_token_of_some_categories_reads_no_others_anywhere(live: Live, role: Role, caplog: pytest.LogCaptureFixture) -> None:
    """By the API, by every file of a page with categories, and by name: what is outside is absent and noted."""
    with closing(client_of(live, f"kategori {role}", role, categories=["Sampah"], **LIMITED[role])) as client:

        def file(page: str, part: str) -> httpx.Response:
            return client.get(f"{live.url}/ekspor/csv", params={"halaman": page, "bagian": part, "bersih": "1"})

        may = role in EXPORTS
        for page, part in FILES:
            assert categories(file(page, part), "category" if "analisis" in page else "kode") <= {"Sampah"}, page
            named = f"{page}{'&' if '?' in page else '?'}category=Banjir"
            assert file(named, part).status_code == 404, named
        found = client.get("/rows?kpi=aduan_masuk_30h&format=csv")
        assert found.status_code == (200 if may else 404)
        for answer, name in ((found, "category"), (file(ROWS, "baris"), "category")) if may else ():
            assert categories(answer, name) == {"Sampah"}
        for outside in (client.get("/rows?kpi=aduan_masuk_30h&category=Banjir"), file(f"{ROWS}&category=Banjir", "baris")):
            assert outside.status_code == 404
        assert client.get("/readings?kpi=aduan_terbuka").status_code == 200, "figures of the whole city are for all"
        assert caplog.text.count(f"refused to role {role.value}") >= len(FILES) + 2


def test_the_command_gives_categories_and_the_list_says_so(live: Live) -> None:
    tokens = Tokens(live.people)
    scope = tokens.scope(tokens.add("bidang sampah", Role.BIDANG, clock.now(), opds=["dlh"], categories=["Sampah"]), clock.now())
    assert scope is not None
    assert scope.limits == (frozenset({"dlh"}), None, frozenset({"Sampah"}))
    assert "bidang sampah: bidang Sampah, dlh" in listing(tokens.all())
    with pytest.raises(ValueError, match="kategori"):
        tokens.add("bidang lain", Role.BIDANG, clock.now(), opds=["dlh"])
