"""One source tried without keeping anything: what an operator is told."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors import check, doctor, registry
from connectors.declared import profiles
from connectors.declared.samples import fill
from connectors.sources.rest import flat
from layers.city import City, SourceConfig
from layers.settings import Settings
from layers.store import Store
from tests.connectors.server import Upstream, html_login, reset, status

NIK, PHONE = "3671010101900001", "081200000001"


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "PAUSE", 0.001)


@pytest.fixture
def laksa() -> Iterator[Upstream]:
    with Upstream(registry.sample("laksa").responses) as upstream:
        yield upstream


def configured(url: str, connector: str = "laksa", config: Mapping[str, Any] | None = None, **changes: Any) -> SourceConfig:
    given: dict[str, Any] = {
        "name": "aduan",
        "connector": connector,
        "title": "Aduan",
        "owner": "diskominfo",
        "interval": timedelta(minutes=5),
        "budget": timedelta(minutes=15),
        "config": fill(config or registry.sample(connector).config, url),
    }
    return SourceConfig(**given | changes)


def test_a_source_that_is_right_is_shown_as_it_is_understood_and_nobody_in_it(settings: Settings, laksa: Upstream) -> None:
    said, good = check.check_source(settings, configured(laksa.url))
    assert good
    assert "belum diuji pada sistem asli" in said
    assert "✓ konfigurasi: dapat dibaca; rahasia terisi: auth.token" in said
    assert f"✓ alamat dan akses: {laksa.url} menjawab" in said
    assert "✓ baris: 2 pertama dibaca: 2 diterima, 0 dikecualikan, 0 ditolak" in said
    assert "tempat: 2 dari 2 (100 %) punya kelurahan" in said
    assert "OPD: 1 dari 2 dikenali" in said
    assert "status=selesai, category=Jalan berlubang" in said
    assert "terisi tetapi tidak ditampilkan: mentions, reporter, text" in said
    assert "contoh" not in said.replace("cocokkan contoh", "")
    assert NIK not in said
    assert PHONE not in said
    assert len(said.splitlines()) <= 24


def test_nothing_is_kept(settings: Settings, laksa: Upstream, city: City) -> None:
    check.check_source(settings, configured(laksa.url))
    store = Store.of(settings)
    try:
        assert list(store.source_states()) == []
    finally:
        store.close()


@pytest.mark.parametrize(
    ("mood", "what", "action"),
    [
        (status(401), "✗ akses: sumber menolak akses (HTTP 401)", "periksa token"),
        (html_login, "✗ akses: sumber menampilkan halaman masuk", "periksa token"),
        (reset, "✗ alamat: sambungan ke sumber gagal", "periksa alamat dan jaringan"),
        (status(429, retry_after="9"), "✗ alamat: sumber meminta jeda", "coba lagi nanti"),
        (status(404), "✗ bentuk data: sumber tidak mengenal permintaan", "samakan peta kolom"),
    ],
    ids=["401", "login", "away", "429", "404"],
)
def test_what_is_wrong_is_named_with_what_to_do(settings: Settings, laksa: Upstream, mood: Any, what: str, action: str) -> None:
    laksa.mood = mood
    said, good = check.check_source(settings, configured(laksa.url))
    assert not good
    assert what in said
    assert action in said


def test_a_mistake_in_the_file_is_named_before_anything_is_asked(settings: Settings, laksa: Upstream) -> None:
    said, good = check.check_source(settings, configured(laksa.url, config={"url": "{base}/api", "auth": {"tokn": "x"}}))
    assert not good
    assert "✗ konfigurasi: konfigurasi sumber salah: auth.tokn: tidak dikenal; mungkin salah ketik" in said
    assert laksa.asked == []


def test_rows_that_are_refused_are_counted_by_reason_and_masked(settings: Settings) -> None:
    rows = [
        {"nomor": f"L-{number}", "status": status, "dibuat_pada": "2026-11-02T07:31:00+07:00", "kategori": "Sampah"}
        for number, status in enumerate(["Baru", "Baru", f"Entah {NIK}", f"Entah {NIK}"])
    ]
    body = json.dumps({"data": rows}).encode()
    pages = {"/api/v1/aduan?page=1": ("application/json", body), "/api/v1/aduan": ("application/json", b'{"data": []}')}
    with Upstream(pages) as up:
        config = {"url": "{base}/api/v1/aduan", "sparse": True, "since": False}
        said, good = check.check_source(settings, configured(up.url, config=config))
    assert not good
    assert "✗ baris: 4 pertama dibaca: 2 diterima, 0 dikecualikan, 2 ditolak" in said
    assert "✗ 2 ditolak: status: nilai tidak ada di tabel" in said
    assert "misalnya baris L-2" in said
    assert NIK not in said


def test_no_row_at_all_is_not_right(settings: Settings) -> None:
    with Upstream({"/api/v1/aduan": ("application/json", b'{"data": []}')}) as up:
        said, good = check.check_source(settings, configured(up.url))
    assert not good
    assert "✗ baris: tidak ada satu pun" in said


def test_an_export_that_is_older_than_its_budget_is_said(settings: Settings) -> None:
    sample = registry.sample("lapor")
    for name, content in sample.files.items():
        (settings.data / name).parent.mkdir(parents=True, exist_ok=True)
        (settings.data / name).write_bytes(content)
    said, _ = check.check_source(settings, configured("", connector="lapor", delivery="export", title="Aduan"))
    assert "✓ sumber: terbaca di mesin" in said
    assert "✗ umur data" in said


def test_the_new_and_the_past_of_a_service_are_both_tried(settings: Settings, laksa: Upstream) -> None:
    laksa.responses["/ekspor.csv"] = ("text/csv", b"nomor,status\n1,Baru\n")
    config = dict(registry.sample("laksa").config) | {"export": {"url": "{base}/ekspor.csv"}}
    said, good = check.check_source(settings, configured(laksa.url, config=config))
    assert not good
    assert "-- yang baru" in said
    assert "✓ baris: 2 pertama dibaca" in said
    assert "✗ bentuk data: ekspor.csv: kolom hilang" in said


def test_nothing_new_beside_a_past_is_right(settings: Settings, laksa: Upstream) -> None:
    rows = [flat(row) for row in profiles.load(profiles.paths()["laksa"]).sample.rows]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    laksa.responses = {
        "/api/v1/aduan": ("application/json", b'{"data": []}'),
        "/ekspor.csv": ("text/csv", out.getvalue().encode()),
    }
    config = dict(registry.sample("laksa").config) | {"export": {"url": "{base}/ekspor.csv"}}
    said, good = check.check_source(settings, configured(laksa.url, config=config))
    assert good
    assert "✓ baris: belum ada yang baru" in said
    assert "✓ baris: 2 pertama dibaca" in said


def test_the_list_of_sources_says_who_has_not_met_the_real_system(settings: Settings, city: City) -> None:
    sources = (
        configured("http://x", name="satu"),
        configured("http://x", name="dua", tested_on_real=True),
        configured("http://x", connector="open311", name="tiga"),
    )
    listed = doctor.list_sources(replace(settings, city=city.model_copy(update={"sources": sources})))
    marked = [line for line in listed.splitlines() if " *" in line]
    assert len(marked) == 1
    assert marked[0].startswith("satu")
    assert "belum diuji pada sistem asli (1 sumber)" in listed


def test_the_example_of_a_profile_is_printed() -> None:
    said = doctor.sample("laksa")
    assert "LAKSA" in said
    assert "dibuat_pada" in said
