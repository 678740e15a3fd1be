"""The profile `social_activity`: that a post was made, never what it says."""

from __future__ import annotations

from typing import Any

from layers.city import City
from layers.model import Kind
from layers.settings import Settings
from tests.connectors.contract import contract_for
from tests.connectors.sources.laid import laid
from tests.connectors.sources.real import declared

TestSocialActivity = contract_for("social_activity")

LINES = (
    "ID Kiriman;Platform;Akun;OPD;Waktu;Isi",
    "A1;Instagram;@dlh.kota;DLH;02/11/2026 09.15;Pak Budi 081234567890 melapor",
    "A1;X;@dlh.kota;DLH;02/11/2026 09:15;sama",
    "A2;X;@lain;Bukan OPD;02/11/2026 10:00;sama",
)


def test_a_post_counts_once_on_each_platform(city: City, settings: Settings) -> None:
    with laid("social_activity", city, settings) as drop:
        assert drop.lay("ekspor.csv", "\n".join(LINES).encode()).kept == 3
        found: list[Any] = drop.real.records(Kind.MEASUREMENT)
    assert {(r.source_id, r.subject, r.value, r.opd) for r in found} == {
        ("Instagram/A1", "Instagram/@dlh.kota", 1, "dlh"),
        ("X/A1", "X/@dlh.kota", 1, "dlh"),
        ("X/A2", "X/@lain", 1, None),
    }
    assert "Budi" not in repr(found)


def test_the_page_shows_a_valid_declaration() -> None:
    assert declared("social_activity")
