"""The profile `front_office`: tickets of a queueing system's database, with what no column of theirs holds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from layers.city import City
from layers.model import Kind
from layers.settings import Settings
from tests.connectors.contract import contract_for
from tests.connectors.sources.real import declared, served

TestFrontOffice = contract_for("front_office")

COLUMNS = "nomor, kode_kelurahan, kelurahan, layanan, ambil, dipanggil, selesai, standar_menit, status, nik, diubah"
NIK = "3671014507900003"


def ticket(number: str, called: str | None, done: str | None, status: str = "Selesai") -> tuple[Any, ...]:
    times = ("2026-11-02 08:00:00", called, done)
    return (number, "36.71.01.1003", "x", "Surat", *times, 15, status, NIK, done or called or times[0])


def test_waiting_and_the_standard_are_made_of_the_times(city: City, settings: Settings) -> None:
    tickets = [
        ticket("quick", "2026-11-02 08:07:30", "2026-11-02 08:22:30"),
        ticket("slow", "2026-11-02 08:07:30", "2026-11-02 08:22:31"),
        ticket("called", "2026-11-02 08:10:00", None, "Dilayani"),
        ticket("waits", None, None, "Menunggu"),
        ticket("gone", None, None, "Batal"),
        ticket("absurd", "2026-11-02 07:59:59", None, "Dilayani"),
    ]
    path = settings.data / "loket.sqlite"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE TABLE tiket ({COLUMNS})")
        database.executemany("INSERT INTO tiket VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", tickets)
    with served("front_office", {"database": {"url": f"sqlite:///{path}"}}, city, settings) as real:
        done = real.pull()
        assert (done.kept, dict(done.excluded), done.quarantined) == (4, {"antrean_batal": 1}, 1)
        assert real.reasons() == [("waiting_minutes", "dipanggil lebih awal dari ambil", 1)]
        found: dict[str, Any] = {record.source_id: record for record in real.records(Kind.SERVICE)}
        assert {key: (r.queued, r.served, r.on_time, r.waiting_minutes) for key, r in found.items()} == {
            "quick": (1, 1, 1, 7.5),
            "slow": (1, 1, 0, 7.5),
            "called": (1, 0, None, 10.0),
            "waits": (1, 0, None, None),
        }
        assert len({r.reporter for r in found.values()}) == 1
        assert NIK not in repr(found)


@pytest.mark.parametrize("unknown", [{"within": ["a", "b"]}, {"filled": "a", "column": "b"}, {}])
def test_a_field_has_one_origin(unknown: dict[str, Any]) -> None:
    from connectors.declared.columns import Column

    with pytest.raises(ValueError, match=r"within|salah satu"):
        Column.model_validate(unknown)


def test_the_page_shows_a_valid_declaration() -> None:
    assert declared("front_office")
