"""The configuration of docs/real-input, as its page says: real payloads over real HTTP and files, by the command line."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from layers.city import load
from layers.model import Kind, Role, Run, Scope
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
    page.goto(f"{web}/dinding")
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
