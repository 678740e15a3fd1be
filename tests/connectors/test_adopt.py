"""``liveroom adopt`` as an operator uses it: files and addresses, what it says, the declarations that it leaves."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest

from connectors import adopt as command
from connectors.adopt import Wanted, adopt_city
from connectors.registry import sources
from layers.adopt.pack import TEMPLATES
from layers.city import load
from tests.conftest import ROOT
from tests.connectors.server import Asked, Reply, Upstream

TABLE = "reference/kode_wilayah_21_32_33_36.csv.gz"
SQL = "samples/wilayah_boundaries/kel_36.71.sql"


def test_addresses_are_fetched_and_everything_is_said(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {
        "/db/wilayah.csv": ("text/plain", gzip.decompress((shared / TABLE).read_bytes())),
        "/db/36/kel_36.71.sql": ("text/plain", (shared / SQL).read_bytes()),
    }
    with Upstream(answers) as upstream:
        monkeypatch.setattr(command, "TABLES", f"{upstream.url}/db/wilayah.csv")
        monkeypatch.setattr(command, "BOUNDARIES", upstream.url + "/db/{province}/kel_{code}.sql")
        made = adopt_city(Wanted(code="36.71"), tmp_path)
        assert made.ok, made.lines
        assert [asked.path for asked in upstream.asked] == ["/db/wilayah.csv", "/db/36/kel_36.71.sql"]
    assert made.lines[0] == f"Diambil: {upstream.url}/db/wilayah.csv"
    assert made.lines[-1].endswith("make live CITY=36.71")
    assert "wilayah.csv" in (tmp_path / "36.71.toml").read_text("utf-8")
    assert load("36.71", packs=[tmp_path]).boundaries == tmp_path / "36.71.boundaries.geojson"


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(status=404, body=b"404: Not Found"), "unduh berkasnya dengan peramban"),
        (Reply(status=302, headers={"Location": "http://lain.contoh/x"}), "mengalihkan ke alamat lain"),
        (Reply(body=b"<html><form><input type=password></form></html>", content_type="text/html"), "Berhenti"),
        (Reply(body=b"\x1f\x8b rusak"), "gzip rusak"),
        (Reply(body=b""), "Berhenti"),
    ],
)
def test_what_an_address_answers_instead_is_said_and_nothing_is_written(
    shared: Path, tmp_path: Path, reply: Reply, words: str
) -> None:
    def answer(_: Asked) -> Reply:
        return reply

    with Upstream(answer=answer) as upstream:
        wanted = Wanted(code="36.71", tables=f"{upstream.url}/tabel", boundaries=str(shared / SQL))
        made = adopt_city(wanted, tmp_path / "packs")
    assert not made.ok
    assert words in made.lines[-1]
    assert not (tmp_path / "packs").exists()


def test_only_http_is_fetched(tmp_path: Path) -> None:
    made = adopt_city(Wanted(code="36.71", tables="file:///etc/passwd", boundaries="x"), tmp_path)
    assert not made.ok
    assert "bukan alamat http(s)" in made.lines[-1]


def run(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("LIVEROOM_")} | {"PYTHONPATH": str(ROOT)} | more
    command = [sys.executable, "-m", "liveroom", *words]
    return subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def test_the_command_makes_a_pack_that_the_next_command_finds(shared: Path, tmp_path: Path) -> None:
    batam = str(shared / "reference/kelurahan_2171_kota_batam.topojson")
    made = run(tmp_path, "adopt", "21.71", "--tables", str(shared / TABLE), "--boundaries", batam)
    assert made.returncode == 0, made.stdout + made.stderr
    assert "21.71 Kota Batam: 12 kecamatan, 64 kelurahan" in made.stdout
    assert "Penduduk: tidak diberi" in made.stdout
    secret = {"LIVEROOM_SECRET": "q7Jm2vXw9LkT4sRz8bNc1yHd6gPf3aUe5oWi0tZx"}
    report = run(tmp_path, "doctor", LIVEROOM_CITY="21.71", **secret).stdout
    assert "paket kota: 21.71 Kota Batam: 12 kecamatan, 64 kelurahan" in report
    assert "peta: batas dari berkas" in report
    assert (tmp_path / "data-21.71" / "city").read_text() == "21.71"
    refused = run(tmp_path, "doctor", LIVEROOM_DATA="data-21.71", **secret)
    assert refused.returncode == 2
    assert "milik 21.71, bukan 36.71" in refused.stderr


def test_a_wrong_code_is_one_plain_sentence(shared: Path, tmp_path: Path) -> None:
    refused = run(tmp_path, "adopt", "3215", "--tables", str(shared / TABLE), "--boundaries", str(shared / SQL))
    assert refused.returncode == 1
    assert "'3215' bukan kode kabupaten atau kota" in refused.stdout
    assert "Traceback" not in refused.stderr


@pytest.fixture(scope="module")
def examples(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packs")
    made = adopt_city(Wanted(code="36.71", tables=str(shared / TABLE), boundaries=str(shared / SQL)), folder)
    assert made.ok, made.lines
    return folder / "36.71.sources"


@pytest.mark.parametrize("name", sorted(path.stem for path in (TEMPLATES / "sources").glob("*.toml")))
def test_each_declaration_to_fill_in_is_right_once_filled_in(
    examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    text = (examples / f"{name}.toml").read_text("utf-8")
    assert text.startswith("# ")
    assert "@" not in text.replace("@10.0.0.", "")
    assert "Kota Tangerang" in text or name == "cuaca_bmkg"
    for variable in ("LOKET_SANDI", "SMS_SANDI"):
        monkeypatch.setenv(variable, "rahasia-pembaca")
    (tmp_path / f"{name}.toml").write_text(text, "utf-8")
    (declared,) = load("36.71", [tmp_path]).sources
    sources()[declared.connector].config.model_validate(dict(declared.config))
