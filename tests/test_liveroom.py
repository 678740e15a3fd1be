"""The command line as an operator uses it, each command in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from layers.people import People
from layers.settings import from_environment
from tests.conftest import ROOT, SECRET

CSV = "nomor,masuk,status,kategori\n1,2026-11-01 08:00,Baru,Jalan\n2,2026-11-02 09:00,Entah,Jalan\n"
SOURCE = """\
connector = "tabular"
title = "Aduan"
owner = "diskominfo"
interval = "1h"
budget = "1d"

[config]
kind = "complaint"
path = "aduan.csv"
id = "nomor"

[config.fields]
received = { column = "masuk" }
category = { column = "kategori" }
channel = { constant = "Loket" }
status = { column = "status", values = { Baru = "menunggu" } }
"""


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """A data folder with one source of two rows, of which one has a status that nobody declared."""
    data = tmp_path / "data"
    (data / "sources").mkdir(parents=True)
    (data / "aduan.csv").write_text(CSV)
    (data / "sources" / "aduan.toml").write_text(SOURCE)
    return data


def run(data: Path, *words: str, typed: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("LIVEROOM_")}
    env |= {"LIVEROOM_DATA": str(data), "LIVEROOM_SECRET": SECRET, "LIVEROOM_PORT": "1"} | more
    command = [sys.executable, "-m", "liveroom", *words]
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, input=typed, check=False, timeout=60)


def test_check_says_what_would_happen_and_keeps_nothing(room: Path) -> None:
    checked = run(room, "sources", "check", "aduan")
    assert checked.returncode == 1
    assert "1 diterima" in checked.stdout
    assert "1 ditolak: status" in checked.stdout
    listed = run(room, "sources", "list")
    assert "BELUM PERNAH" in listed.stdout


def test_pull_list_mend_and_replay(room: Path) -> None:
    assert run(room, "pull", "--once").returncode == 0
    assert "2 = 1 + 0 + 0 + 1" in run(room, "sources", "list").stdout
    declared = room / "sources" / "aduan.toml"
    declared.write_text(SOURCE.replace('Baru = "menunggu"', 'Baru = "menunggu", Entah = "diproses"'))
    assert "1 disimpan" in run(room, "sources", "replay", "aduan").stdout
    assert "0 baris dibaca ulang" in run(room, "sources", "replay", "aduan").stdout


def test_doctor_names_what_is_wrong_and_says_so_by_its_exit_code(room: Path) -> None:
    report = run(room, "doctor")
    assert report.returncode == 1
    assert "✓ paket kota: 36.71 Kota Tangerang: 13 kecamatan, 104 kelurahan" in report.stdout
    assert "✗ cache" in report.stdout
    assert "✗ sumber aduan: BELUM PERNAH" in report.stdout
    assert "✗ web" in report.stdout
    assert "✓ catatan audit: utuh" in report.stdout
    assert SECRET not in report.stdout + report.stderr


def test_a_weak_secret_is_refused_in_one_plain_line(room: Path) -> None:
    refused = run(room, "sources", "list", LIVEROOM_SECRET="changeme" * 5)
    assert refused.returncode == 2
    assert "LIVEROOM_SECRET lemah" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "changeme" not in refused.stderr


def test_a_source_that_is_not_configured_is_named_with_those_that_are(room: Path) -> None:
    refused = run(room, "pull", "aduhan", "--once")
    assert refused.returncode == 2
    assert "aduhan" in refused.stderr
    assert "yang ada: aduan" in refused.stderr


def test_a_user_and_a_screen_are_added_and_the_password_is_never_an_argument(room: Path) -> None:
    password = "kereta pagi ke stasiun poris"
    added = run(room, "user", "add", "siti", "--role", "operator", typed=f"{password}\n{password}\n")
    assert added.returncode == 0, added.stderr
    address = run(room, "screen", "add", "lobby").stdout.strip()
    assert "/layar/" in address
    people = People.of(from_environment({"LIVEROOM_DATA": str(room), "LIVEROOM_SECRET": SECRET}))
    try:
        assert people.verify("siti", password) is not None
        assert people.screen(address.rsplit("/", 1)[-1]) is not None
        run(room, "screen", "revoke", "lobby")
        assert people.screen(address.rsplit("/", 1)[-1]) is None
    finally:
        people.close()


def test_an_account_for_an_opd_or_area_that_the_city_lacks_is_refused(room: Path) -> None:
    refused = run(room, "user", "add", "budi", "--role", "opd", "--opd", "dlhh", "--area", "36.71.99")
    assert refused.returncode == 2
    assert "dlhh" in refused.stderr
    assert "36.71.99" in refused.stderr


def test_sample_shows_a_declaration(room: Path) -> None:
    shown = run(room, "sources", "sample", "tabular")
    assert shown.returncode == 0, shown.stderr
    assert '"kind": "complaint"' in shown.stdout


def test_accounts_are_made_listed_and_removed_at_the_machine(room: Path) -> None:
    typed = "kuda-benar-baterai\nkuda-benar-baterai\n"
    refused = run(room, "user", "add", "kabid", "--role", "bidang", "--opd", "dlh", typed=typed)
    assert (refused.returncode, "satu kategori" in refused.stderr) == (2, True)
    made = run(room, "user", "add", "kabid", "--role", "bidang", "--opd", "dlh", "--kategori", "Sampah", typed=typed)
    assert made.returncode == 0, made.stderr
    assert run(room, "user", "list").stdout.startswith("kabid\tbidang\tdlh,Sampah\ttanpa kode kedua\t0 sesi")
    assert run(room, "user", "remove", "kabid").returncode == 0
    gone = run(room, "user", "remove", "kabid")
    assert (gone.returncode, "tidak ada akun kabid" in gone.stderr) == (2, True)
    told = run(room, "audit").stdout.splitlines()
    assert [line.split("\t")[2:4] for line in told] == [["konsol", "akun dihapus"], ["konsol", "akun dibuat"]]
