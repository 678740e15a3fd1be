"""The REST interface: what a reading carries, filters, and the description of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from layers import clock
from layers.model import Level
from tests.dashboard.server import Live, serving
from tests.dashboard.snapshots import AREAS, KELURAHAN, TILES, snapshot


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("api"), snapshot(1, now=clock.now())) as running:
        yield running


@pytest.fixture
def client(live: Live) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=live.url + "/api/v1") as client:
        yield client


def test_a_reading_carries_its_age_and_its_origin(client: httpx.Client) -> None:
    answer = client.get("/readings", params={"kpi": "selesai_tepat_waktu", "area": "36.71"}).json()
    assert (answer["version"], answer["city"], answer["notice"]) == (1, "36.71", "Data contoh")
    reading = next(r for r in answer["data"] if r["opd"] is None)
    assert reading["value"] == 91.25
    assert reading["why_none"] is None
    assert reading["unit"] == "persen"
    assert reading["n"] == 20
    assert (reading["target"], reading["band"], reading["change"]) == (95, "watch", 3)
    assert reading["freshness"]["state"] == "live"
    assert reading["freshness"]["budget_seconds"] == 600
    assert reading["freshness"]["observed_at"].endswith(("Z", "+00:00"))
    evidence = reading["evidence"]
    assert (evidence["numerator"], evidence["denominator"]) == (73, 80)
    assert (evidence["excluded"], evidence["quarantined"], evidence["unplaced"]) == ({"duplikat": 4}, 2, 1)
    assert evidence["sources"] == ["laksa", "lpse"]
    assert evidence["version"] == 1
    assert set(evidence["formula"]) == {"id", "en"}
    assert evidence["rule"]["name"]


def test_no_value_has_its_reason_and_is_never_zero(client: httpx.Client) -> None:
    readings = client.get("/readings", params={"kpi": "lama_penyelesaian"}).json()["data"]
    assert {r["value"] for r in readings} == {None}
    assert {r["why_none"] for r in readings} == {"Belum cukup data (n = 3, perlu 20)"}
    zero = client.get("/readings", params={"kpi": "aduan_masuk_hari_ini", "area": "36.71"}).json()["data"]
    assert [(r["value"], r["why_none"]) for r in zero] == [(0, None)]


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({}, len(TILES) * len(AREAS) + 2),
        ({"kpi": "aduan_terbuka"}, len(AREAS)),
        ({"area": KELURAHAN[0]}, len(TILES)),
        ({"opd": "dlh"}, 1),
        ({"kpi": "aduan_terbuka", "level": "kecamatan"}, 2),
        ({"kpi": "aduan_terbuka", "level": "kota"}, 1),
    ],
)
def test_filters(client: httpx.Client, filters: dict[str, str], count: int) -> None:
    assert len(client.get("/readings", params=filters).json()["data"]) == count


@pytest.mark.parametrize(
    ("filters", "status"),
    [({"kpi": "x"}, 404), ({"area": "36.72"}, 404), ({"opd": "x"}, 404), ({"level": "planet"}, 422), ({"kpi": "x" * 61}, 422)],
)
def test_filters_that_do_not_exist(client: httpx.Client, filters: dict[str, str], status: int) -> None:
    answer = client.get("/readings", params=filters)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["instance"]
    assert [e["parameter"] for e in problem["errors"]] == (list(filters) if status == 422 else [])


def test_kpis_areas_sources(client: httpx.Client) -> None:
    kpis = {k["id"]: k for k in client.get("/kpis").json()["data"]}
    assert set(TILES) <= set(kpis)
    assert kpis["aduan_lewat_tenggat"]["better"] == "down"
    areas = client.get("/areas").json()["data"]
    assert {a["code"] for a in areas} == set(AREAS)
    assert len(client.get("/areas", params={"level": Level.KECAMATAN.value}).json()["data"]) == 2
    sources = {s["source"]: s for s in client.get("/sources").json()["data"]}
    assert sources["laksa"]["freshness"]["state"] == "live"
    assert sources["lpse"]["freshness"]["state"] == "stale"
    assert sources["lpse"]["failures"] == 3
    for source in sources.values():
        assert source["seen"] == source["kept"] + source["unchanged"] + sum(source["excluded"].values()) + source["quarantined"]


def test_the_state_moves_with_the_clock_while_the_snapshot_stands(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot that nobody renews gets late, then stale; and the tag says that the answer is another."""
    params = {"kpi": "aduan_terbuka", "area": "36.71"}
    first = client.get("/readings", params=params)
    assert client.get("/readings", params=params, headers={"if-none-match": first.headers["etag"]}).status_code == 304
    for minutes, state in ((15, "late"), (45, "stale")):
        later = clock.now() + timedelta(minutes=minutes)
        with monkeypatch.context() as patch:
            patch.setattr(clock, "now", lambda later=later: later)
            answer = client.get("/readings", params=params, headers={"if-none-match": first.headers["etag"]})
        assert answer.status_code == 200
        assert answer.json()["data"][0]["freshness"]["state"] == state
        assert answer.json()["data"][0]["value"] == 1234, "the number stays"


def test_the_description(client: httpx.Client) -> None:
    described = client.get("/openapi.json").json()
    names = ("readings", "series", "ranking", "kpis", "areas", "sources", "alarms", "rows", "packages")
    assert described["openapi"].startswith("3.1")
    assert set(described["paths"]) == {f"/api/v1/{name}" for name in names}
    asked = {p["name"] for p in described["paths"]["/api/v1/readings"]["get"]["parameters"]}
    assert asked == {"kpi", "area", "opd", "level", "limit", "offset", "format"}
    reading = described["components"]["schemas"]["ReadingOut"]["properties"]
    assert {"kpi", "area", "value", "why_none", "unit", "n", "freshness", "evidence"} <= set(reading)
