"""The configuration of docs/real-input, as its page says: real payloads over real HTTP and files, by the command line."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import polars as pl
import pytest
from playwright.sync_api import Browser

from layers.areas import AreaTree
from layers.catalog import catalog
from layers.city import load
from layers.drill import Query
from layers.frames import Frames
from layers.model import Kind, PlacedBy, Role, Run, Scope
from layers.publish import build
from layers.readings import Room
from layers.rows import rows
from layers.snapshot import Snapshot
from layers.store import Store
from tests.conftest import ROOT, SECRET

EXPECTED = {
    # source: (seen, kept, excluded by rule, quarantined by (field, reason))
    "boston_311": (121_245, 121_048, {}, {("closed", "ditutup sebelum diterima"): 197}),
    "pengadaan_kota": (4_597, 4_023, {"tabel_acuan": 93, "belum_diumumkan": 345, "tidak_aktif": 136}, {}),
    "lkpp": (
        1_291,
        604,
        {"digabung_ke_paket_yang_diumumkan": 145, "tanpa_angka": 97, "tabel_acuan": 285, "tabel_jadwal": 160},
        {},
    ),
    "lpse": (53, 53, {}, {}),
    "open311_chicago": (2, 2, {}, {}),
    "open311_toronto": (2, 2, {}, {}),
}


@pytest.fixture(scope="module")
def environment(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A data folder with the real boundaries, and the recorded upstreams on a free port."""
    data = tmp_path_factory.mktemp("real")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "connectors.simulator.recorded", str(shared / "samples"), str(port)]
    upstream = subprocess.Popen(command, cwd=ROOT)
    env = {
        **os.environ,
        "LIVEROOM_DATA": str(data),
        "LIVEROOM_SECRET": SECRET,
        "LIVEROOM_SOURCES": str(ROOT / "docs" / "real-input" / "sources"),
        "RECORDINGS": str(shared / "samples"),
        "UPSTREAM": f"http://127.0.0.1:{port}",
    }
    try:
        wait_until(lambda: httpx.get(env["UPSTREAM"]).status_code == 404)
        room("areas", "import", str(shared / "reference" / "kelurahan_3671_kota_tangerang.geojson"), env=env)
        room("pull", "--once", env=env)
        yield env
    finally:
        upstream.terminate()
        upstream.wait()


def wait_until(there: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for a server to answer as it should."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if there():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail("the server did not come up")


def room(*words: str, env: Mapping[str, str], typed: str = "") -> str:
    """Run the command line; it must succeed."""
    command = [sys.executable, "-m", "liveroom", *words]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False, input=typed)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def store(environment: dict[str, str]) -> Iterator[Store]:
    city = load("36.71")
    store = Store(f"sqlite:///{environment['LIVEROOM_DATA']}/liveroom.sqlite", city.zone, SECRET)
    store.open()
    yield store
    store.close()


def runs(store: Store) -> dict[str, Run]:
    return {facts.source: facts.last for facts in store.source_states() if facts.last}


def test_every_row_of_every_source_is_accounted_for(store: Store) -> None:
    found = {facts.source: facts for facts in store.source_states()}
    assert set(found) == {"boston_311", "pengadaan_kota", "lkpp", "lpse", "open311_chicago", "open311_toronto"}
    for facts in found.values():
        assert facts.seen > 0
        assert facts.seen == facts.kept + facts.unchanged + sum(facts.excluded.values()) + facts.quarantined
        assert all(re.fullmatch(r"[a-z_]+", rule) for rule in facts.excluded)


@pytest.mark.parametrize("source", EXPECTED)
def test_what_became_of_the_rows(store: Store, source: str) -> None:
    seen, kept, excluded, reasons = EXPECTED[source]
    facts = next(f for f in store.source_states() if f.source == source)
    assert (facts.seen, facts.kept) == (seen, kept)
    assert {(field, reason): n for field, reason, n in store.quarantine_reasons(source)} == reasons
    assert facts.excluded == excluded


def test_boston_says_what_its_file_says(store: Store) -> None:
    """121,245 real cases, by configuration alone: their times in New York's zone, their OPDs, their shifted places."""
    chunks = (chunk.to_pylist() for chunk in store.changes(Kind.COMPLAINT, 0, None))
    cases = {row["source_id"]: row for rows in chunks for row in rows if row["source"] == "boston_311"}
    kept = EXPECTED["boston_311"][1]
    assert len(cases) == kept
    first = cases["101000295613"]
    assert first["received"] == datetime(2011, 7, 1, 5, 32, 33, tzinfo=UTC)  # 01:32:33 AM in New York's summer
    assert first["due"] == datetime(2011, 7, 15, 5, 32, 32, tzinfo=UTC)
    assert (first["opd"], first["channel"], first["category"]) == ("dpupr", "Employee Generated", "Street Light Outages")
    assert (first["lat"], first["lon"]) == (pytest.approx(42.2715 - 48.50), pytest.approx(-71.0772 + 177.72))
    assert sum(case["status"] == "diproses" for case in cases.values()) == 19_874
    assert sum(case["due"] is None for case in cases.values()) == pytest.approx(27_051, abs=197)
    assert sum(case["placed_by"] == PlacedBy.POINT for case in cases.values()) > kept / 2


def test_pulled_again_nothing_changes(environment: dict[str, str], store: Store) -> None:
    before, head = {f.source: f.records for f in store.source_states()}, store.head()
    room("pull", "--once", env=environment)
    assert {f.source: f.records for f in store.source_states()} == before
    assert store.head() == head
    assert all(run.kept == 0 for run in runs(store).values())


def test_packages_find_their_opd_and_their_kelurahan(store: Store) -> None:
    scope = Scope(user="uji", role=Role.OPERATOR)
    packages = [p for p in store.rows(scope, Kind.PACKAGE, limit=10_000) if p.source == "pengadaan_kota"]
    assert sum(p.opd is not None for p in packages) > 0.9 * len([p for p in packages if p.source_id.startswith("swakelola")])
    assert any(p.area.count(".") == 3 for p in packages)


# --- what the cards and the checks reveal ------------------------------------------------------

ANALYST = Scope(user="uji", role=Role.ANALYST)
NEW_YEAR = datetime(2016, 1, 1, 4, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def frames(environment: dict[str, str], store: Store) -> Frames:
    city = load("36.71")
    frames = Frames(Path(environment["LIVEROOM_DATA"]) / "frames", city, AreaTree.of(city))
    frames.refresh(store)
    return frames


def published(frames: Frames, store: Store, now: datetime) -> Snapshot:
    city = load("36.71")
    return build(frames, catalog(), AreaTree.of(city), city, store, now, 1)


def told(snapshot: Snapshot, kpi: str) -> tuple[float | None, float | None, float | None]:
    found = snapshot.reading(kpi)
    assert found is not None
    return found.value and round(found.value, 1), found.evidence.numerator, found.evidence.denominator


def test_every_identity_holds_on_real_rows(frames: Frames, store: Store) -> None:
    for year in (2016, 2020, 2021, 2026):  # the ends of the years that the payloads speak of
        assert published(frames, store, datetime(year, 1, 1, 4, 30, tzinfo=UTC) - timedelta(hours=12)).mismatches == ()


def test_on_time_flatters_while_what_was_never_closed_does_not_count(frames: Frames, store: Store) -> None:
    """Of those closed 77.4 % were on time, of those that were due only 64.9 %: the card of one names the other."""
    snapshot = published(frames, store, NEW_YEAR)
    assert told(snapshot, "selesai_tepat_waktu") == (77.4, 4392, 5674)
    assert told(snapshot, "selesai_tepat_waktu_ketat") == (64.9, 4534, 6983)


def test_a_source_s_own_on_time_counts_22_124_cases_that_had_no_deadline(frames: Frames, shared: Path) -> None:
    """The file says 81.1 % of those closed were on time; of those closed that had a deadline 76.2 % were, by the rows."""
    said = pl.read_csv(shared / "samples" / "311" / "boston_311_2015.csv.gz", infer_schema_length=0)
    closed = said.filter(pl.col("CLOSED_DT").is_not_null())
    on_time = closed.filter(pl.col("OnTime_Status") == "ONTIME")
    assert round(100 * on_time.height / closed.height, 1) == 81.1
    assert on_time.filter(pl.col("TARGET_DT").is_null()).height == 22_124
    city = load("36.71")
    room = Room(frames.view(), AreaTree.of(city), city, [], NEW_YEAR + timedelta(days=1))
    found = rows(ANALYST, room, catalog()["selesai_tepat_waktu"], Query(days=366))
    assert found.part is not None
    assert found.whole is not None
    assert round(100 * found.part / found.whole, 1) == 76.2
    assert found.n == found.total == found.whole


def test_a_budget_adds_up_to_what_its_owner_states(frames: Frames, shared: Path) -> None:
    """The parts of 67 units are Rp3,12 T, their stated totals to the rupiah; 98 units state nothing."""
    stated = json.loads((shared / "samples" / "lkpp_isb" / "RUP-StrukturAnggaranPD.json").read_text("utf-8"))
    totals = [float(unit["total_belanja"] or 0) for unit in stated if unit["total_belanja"]]
    lines = frames.frame(Kind.MEASUREMENT).filter(pl.col("source") == "lkpp")
    assert lines["value"].sum() == pytest.approx(sum(totals), abs=0.5)
    assert round(sum(totals) / 1e12, 2) == 3.12


def test_orders_of_a_city_never_say_that_they_were_finished(frames: Frames, store: Store) -> None:
    snapshot = published(frames, store, datetime(2020, 12, 31, 10, tzinfo=UTC))
    assert told(snapshot, "epurchasing_selesai") == (0.0, 0, 1805)
    plans = published(frames, store, datetime(2019, 12, 31, 10, tzinfo=UTC)).reading("paket_diumumkan")
    assert plans is not None
    assert (plans.value, plans.evidence.unplaced) == (2218, 2143), "97 of 100 plans name no kelurahan"


PASSWORD = "kereta pagi ke stasiun poris"


@pytest.fixture(scope="module")
def web(environment: dict[str, str]) -> Iterator[str]:
    """The room over the pulled data, its clock set to the end of the year of the complaints; it asks for a login."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = environment | {"LIVEROOM_PORT": str(port), "LIVEROOM_CLOCK": "2016-01-01T11:30:00+07:00"}
    room("user", "add", "ana", "--role", "analyst", env=env, typed=f"{PASSWORD}\n{PASSWORD}\n")
    server = subprocess.Popen([sys.executable, "-m", "liveroom", "up"], env=env, cwd=ROOT)
    try:
        wait_until(lambda: httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def test_wall_kelurahan_and_sources_show_it(web: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.goto(f"{web}/dinding?adegan=kota&diam")
    assert page.url.startswith(f"{web}/masuk"), "nothing is shown without a login"
    page.fill("#nama", "ana")
    page.fill("#sandi", PASSWORD)
    page.click("button[type=submit]")
    tile = page.locator("[data-kpi='aduan_masuk_hari_ini'][data-value]")
    tile.first.wait_for()
    page.wait_for_function("document.querySelector('[data-kpi=aduan_masuk_hari_ini]').dataset.value > 0")
    found = page.request.get(f"{web}/api/v1/readings?area=36.71&kpi=aduan_terbuka").json()["data"]
    city = next(r for r in found if r["opd"] is None)
    assert city["evidence"]["sources"] == ["boston_311", "open311_chicago", "open311_toronto"]
    assert city["evidence"]["unplaced"] > 0
    assert float(page.locator("[data-kpi='aduan_terbuka']").first.get_attribute("data-value") or 0) == city["value"]
    assert page.locator("svg [data-area]").count() >= 104
    assert "Jam ruang kendali disetel" in page.content()
    page.goto(f"{web}/sumber")
    text = page.content()
    assert "121.245" in text
    assert "ditutup sebelum diterima" in text
    assert "digeser" in text
    page.goto(f"{web}/kelurahan/36.71.04.1001")
    assert page.locator("[data-kpi='aduan_terbuka']").first.get_attribute("data-value") not in (None, "")
    page.close()
