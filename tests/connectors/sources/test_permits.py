"""The profile `permits`: a daily recap, online or at the counter."""

from __future__ import annotations

from typing import Any

from layers.city import City
from layers.model import Kind
from layers.settings import Settings
from tests.connectors.contract import contract_for
from tests.connectors.sources.laid import laid
from tests.connectors.sources.real import declared

TestPermits = contract_for("permits")

LINES = (
    "Tanggal;Jenis Izin;Saluran;Permohonan Masuk;Izin Terbit;Terbit Sesuai SOP",
    "02/11/2026;Izin Reklame;Daring;5;5;4",
    "02/11/2026;Izin Reklame;Loket;2;1;1",
    "02/11/2026;Izin Reklame;Kantor pos;2;1;1",
)


def test_one_kind_of_permit_by_two_ways(city: City, settings: Settings) -> None:
    with laid("permits", city, settings) as drop:
        done = drop.lay("rekap.csv", "\r\n".join(LINES).encode("cp1252"))
        assert (done.kept, done.quarantined) == (2, 1)
        found: list[Any] = drop.real.records(Kind.SERVICE)
        assert {(r.service, r.online, r.queued, r.served, r.on_time) for r in found} == {
            ("Izin Reklame", True, 5, 5, 4),
            ("Izin Reklame", False, 2, 1, 1),
        }
        assert '- baris 4, kolom "Saluran": nilai tidak ada di tabel' in drop.answer("rekap.csv")


def test_the_page_shows_a_valid_declaration() -> None:
    assert declared("permits")
