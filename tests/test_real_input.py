"""The configuration of docs/real-input, as its page says: real payloads over real HTTP and files, by the command line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
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
        1_427,
        860,
        {"digabung_ke_paket_yang_diumumkan": 145, "tanpa_angka": 97, "tabel_acuan": 165, "tabel_jadwal": 160},
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
    import socket

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
        for _ in range(200):
            try:
                httpx.get(env["UPSTREAM"])
                break
            except httpx.TransportError:
                time.sleep(0.05)
        room("areas", "import", str(shared / "reference" / "kelurahan_3671_kota_tangerang.geojson"), env=env)
        room("pull", "--once", env=env)
        yield env
    finally:
        upstream.terminate()
        upstream.wait()


def room(*words: str, env: Mapping[str, str]) -> str:
    """Run the command line; it must succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "liveroom", *words], env=env, cwd=ROOT, capture_output=True, text=True, check=False
    )
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


@pytest.fixture(scope="module")
def web(environment: dict[str, str]) -> Iterator[str]:
    """The room's web server over the pulled data, with its clock set into the year of the data."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (Path(environment["LIVEROOM_DATA"]) / "demo").mkdir(exist_ok=True)  # public on loopback, and the screens say so
    env = environment | {"LIVEROOM_PORT": str(port), "LIVEROOM_CLOCK": "2015-07-01T09:00:00+07:00"}
    room("pull", "--once", env=env)
    server = subprocess.Popen([sys.executable, "-m", "liveroom", "serve"], env=env, cwd=ROOT)
    try:
        for _ in range(300):
            try:
                if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def test_wall_kelurahan_and_sources_show_it(web: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.goto(f"{web}/dinding")
    tiles = page.locator("[data-kpi][data-value]")
    shown = {tiles.nth(i).get_attribute("data-kpi"): tiles.nth(i).get_attribute("data-value") for i in range(tiles.count())}
    api = httpx.get(f"{web}/api/v1/readings", params={"area": "36.71", "kpi": "aduan_terbuka"}).json()
    rows = api["readings"] if isinstance(api, dict) else api
    assert float(shown["aduan_terbuka"] or 0) == next(r["value"] for r in rows if r["opd"] is None)
    assert page.locator("svg [data-area]").count() >= 104
    page.goto(f"{web}/sumber")
    text = page.content()
    assert "121.245" in text
    assert "ditutup sebelum diterima" in text
    assert "digeser" in text
    page.goto(f"{web}/kelurahan/36.71.04.1001")
    assert page.locator("[data-kpi='aduan_terbuka']").first.get_attribute("data-value") not in (None, "")
    page.close()
