"""The profile `pernyataan`: two press releases that do not add up come in as they are, and are flagged with what is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from dashboard.page import document
from dashboard.pages.reconciliation import PAGE
from layers.areas import AreaTree
from layers.catalog import catalog
from layers.city import City
from layers.frames import Frames
from layers.publish import build
from layers.settings import Settings
from layers.snapshot import Band, Snapshot
from tests.connectors.contract import contract_for
from tests.connectors.sources.laid import laid
from tests.connectors.sources.real import declared
from tests.dashboard.views import view

TestPernyataan = contract_for("pernyataan")

HEADINGS = "subject;tanggal;masuk;selesai;diproses;menunggu;bukan_kewenangan;duplikat;ditolak;persen"
RELEASE_A = "Siaran pers A;30/06/2026;14.012;13.421;20;571;;;;95,89"
RELEASE_B = "Siaran pers B;31/10/2026;3.986;3.824;27;175;;;;95,5"
NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)


def published(folder: Path, city: City, settings: Settings, *lines: str) -> Snapshot:
    """The snapshot after a file with these statements was laid into the drop folder."""
    with laid("pernyataan", city, settings) as drop:
        drop.lay("pernyataan.csv", "\n".join((HEADINGS, *lines)).encode())
        tree = AreaTree.of(city)
        frames = Frames(folder / "frames", city, tree)
        frames.refresh(drop.real.store)
        return build(frames, catalog(), tree, city, drop.real.store, NOW, 1)


def test_both_press_releases_are_flagged_with_what_is_wrong(tmp_path: Path, city: City, settings: Settings) -> None:
    snapshot = published(tmp_path, city, settings, RELEASE_A, RELEASE_B)
    said = [(m.subject, m.title["id"], m.unit) for m in snapshot.mismatches]
    assert said == [
        ("Siaran pers B", "bagian berjumlah 4.026, tertulis 3.986, selisih 40", "aduan"),
        ("Siaran pers B", "95,5 % tertulis, 95,94 % atau 94,98 %", "persen"),
        ("Siaran pers A", "95,89 % tertulis, dari bagiannya 95,78 %", "persen"),
    ]
    received, rate = snapshot.reading("pernyataan_masuk"), snapshot.reading("pernyataan_penyelesaian")
    assert received is not None
    assert rate is not None
    assert (received.value, received.mismatch) == (3986, 40)
    assert rate.value is not None
    assert (round(rate.value, 2), round(rate.mismatch or 0, 2)) == (95.94, 0.44)
    flagged = [a for a in snapshot.attention if a.id.startswith("cocok:pernyataan")]
    assert [(a.title, a.band, a.n) for a in flagged] == [
        ("Tidak cocok: Siaran pers B", Band.WATCH, 2),
        ("Tidak cocok: Siaran pers A", Band.WATCH, 1),
    ]


def test_the_page_says_exactly_what_is_wrong(tmp_path: Path, city: City, settings: Settings) -> None:
    snapshot = published(tmp_path, city, settings, RELEASE_A, RELEASE_B)
    drawn = document(PAGE, snapshot, replace(view(), now=NOW)).parts["cocok-pernyataan"].replace("\u00a0", " ")
    assert "95,89 % tertulis, dari bagiannya 95,78 %" in drawn
    assert "bagian berjumlah 4.026, tertulis 3.986, selisih 40; 95,5 % tertulis, 95,94 % atau 94,98 %" in drawn


def test_a_statement_that_adds_up_is_not_flagged(tmp_path: Path, city: City, settings: Settings) -> None:
    lines = (
        "Benar;30/06/2026;14.012;13.421;20;571;;;;95,78",
        "Tanpa persen;30/06/2026;100;90;5;5;;;;",
        "Hanya sebagian;30/06/2026;100;90;;;;;;90",
        "Bukan kewenangan dikeluarkan;30/06/2026;110;95;3;2;5;3;2;95",
    )
    assert published(tmp_path, city, settings, *lines).mismatches == ()


def test_the_page_shows_a_valid_declaration() -> None:
    assert declared("pernyataan")
