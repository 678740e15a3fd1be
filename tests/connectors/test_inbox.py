"""The drop folder: whatever people lay down is read once, archived and answered, and nothing of it is lost or told to others."""

from __future__ import annotations

import dataclasses
import io
import os
import random
import shutil
import signal
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from cryptography.fernet import InvalidToken
from hypothesis import HealthCheck, given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from connectors import inbox
from connectors.declared import sheets
from connectors.job import connector
from connectors.run import run_once
from connectors.runner import Runner
from connectors.source import SourceError
from layers import clock
from layers.city import City, SourceConfig
from layers.clock import SetClock
from layers.model import Kind, Outcome, Role, Run, Scope
from layers.settings import Settings
from layers.store import Store
from tests.connectors.contract import places

OPERATOR = Scope(user="uji", role=Role.OPERATOR)
NIK = "3671014507900003"
HEADINGS = ("Nomor", "Tanggal Masuk", "Kategori", "Kelurahan", "Status")
GOOD = ("L-1", date(2026, 11, 2), "Jalan", "Sukasari", "Selesai")
FORM = {
    "kind": "complaint",
    "inbox": True,
    "id": "Nomor",
    "fields": {
        "received": {"column": "Tanggal Masuk", "formats": ["%d/%m/%Y"]},
        "status": {"column": "Status", "values": {"Selesai": "selesai", "Proses": "diproses"}},
        "category": {"column": "Kategori"},
        "channel": {"constant": "Loket"},
    },
    "place": {"kelurahan": "Kelurahan"},
    "exclude": [{"rule": "uji_coba", "column": "Status", "values": ["Uji coba"]}],
}


def source(**changes: Any) -> SourceConfig:
    base = {"name": "uji_inbox", "connector": "tabular", "title": "Aduan loket", "owner": "diskominfo"}
    return SourceConfig.model_validate(base | {"interval": "1d", "budget": "2d", "config": FORM | changes})


def workbook(*rows: tuple[Any, ...], headings: tuple[str, ...] = HEADINGS, **sheets: list[tuple[Any, ...]]) -> bytes:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    for row in (headings, *rows):
        first.append(row)
    for title, lines in sheets.items():
        sheet = book.create_sheet(title)
        for line in lines:
            sheet.append(line)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a file has to stand still is tested by itself."""
    monkeypatch.setattr(inbox, "SETTLE", 0.0)


@pytest.fixture
def store(settings: Settings, city: City) -> Iterator[Store]:
    store = Store(settings.database_url, city.zone, settings.secret)
    store.open()
    yield store
    store.close()


@pytest.fixture
def place(settings: Settings) -> Path:
    place = inbox.folder(settings.data, "uji_inbox")
    place.mkdir(parents=True)
    return place


@pytest.fixture
def run(store: Store, settings: Settings, city: City) -> Callable[..., Run]:
    def go(*, ask: bool = True, **changes: Any) -> Run:
        done = run_once(source(**changes), store, places(), city, settings, ask=ask)
        assert done is not None
        return done

    return go


def lay(place: Path, name: str, content: bytes) -> None:
    """Lay a file down whole, as those who copy it well do."""
    (place / ".baru").write_bytes(content)
    (place / ".baru").rename(place / name)


def answer(place: Path, name: str) -> str:
    return (place / f"{name}.hasil.txt").read_text("utf-8")


def ids(store: Store) -> set[str]:
    return {record.source_id for record in store.rows(OPERATOR, Kind.COMPLAINT, limit=10_000)}


def complaints(store: Store) -> list[Any]:
    return list(store.rows(OPERATOR, Kind.COMPLAINT, limit=10))


def fates(done: Run) -> tuple[int, int, int, int, int]:
    return done.seen, done.kept, done.unchanged, sum(done.excluded.values()), done.quarantined


# --- a good day ---


def test_a_workbook_is_taken_archived_and_answered_by_line(run: Callable[..., Run], place: Path, store: Store) -> None:
    rows = (
        GOOD,
        (None, None, None, None, None),
        ("L-2", "31/02/2026", "Jalan", "Sukasari", "Proses"),
        ("L-3", date(2026, 11, 3), "Sampah", "Cipondoh", "Uji coba"),
        ("L-4", date(2026, 11, 3), "Sampah", "Cipondoh", "Entah"),
        ("L-5", date(2026, 11, 3), None, "Cipondoh", "Proses"),
    )
    content = workbook(*rows)
    lay(place, "november.xlsx", content)
    done = run()
    assert (done.outcome, fates(done)) == (Outcome.OK, (5, 1, 0, 1, 3))
    assert ids(store) == {"L-1"}
    text = answer(place, "november.xlsx")
    for said in (
        "Hasil  : DITERIMA SEBAGIAN",
        "diambil           : 1",
        "tidak dihitung    : 1 (uji coba: 1)",
        "ditolak           : 3",
        '- baris 4, kolom "Tanggal Masuk": bukan waktu yang dikenal',
        '- baris 6, kolom "Status": nilai tidak ada di tabel',
        '- baris 7, kolom "Kategori": kosong (isi sel itu)',
        "Perbaiki baris itu, lalu taruh lagi berkas ini",
    ):
        assert said in text, said
    assert not (place / "november.xlsx").exists()
    (sealed,) = (place / "arsip").iterdir()
    assert content[:40] not in sealed.read_bytes()
    assert store.vault.unseal_bytes(sealed.read_bytes()) == content


def test_an_operator_opens_an_archived_file(run: Callable[..., Run], place: Path, settings: Settings, tmp_path: Path) -> None:
    content = workbook(GOOD)
    lay(place, "a.xlsx", content)
    run()
    (sealed,) = (place / "arsip").iterdir()
    inbox.open_archived(sealed, tmp_path / "asli.xlsx", settings.secret)
    assert (tmp_path / "asli.xlsx").read_bytes() == content
    assert (tmp_path / "asli.xlsx").stat().st_mode & 0o077 == 0
    with pytest.raises(FileExistsError):
        inbox.open_archived(sealed, tmp_path / "asli.xlsx", settings.secret)
    with pytest.raises(InvalidToken):
        inbox.open_archived(sealed, tmp_path / "lain.xlsx", settings.secret[::-1])


def test_the_same_file_twice_does_no_harm_and_a_mended_one_is_taken(run: Callable[..., Run], place: Path, store: Store) -> None:
    first, mended = (
        workbook(GOOD, ("L-2", "31/02/2026", "Jalan", "", "Proses")),
        workbook(GOOD, ("L-2", "28/02/2026", "Jalan", "", "Proses")),
    )
    for content, expected in ((first, (2, 1, 0, 0, 1)), (first, (2, 0, 1, 0, 1)), (mended, (2, 1, 1, 0, 0))):
        lay(place, "a.xlsx", content)
        assert fates(run()) == expected
    assert "DITERIMA SELURUHNYA" in answer(place, "a.xlsx")
    assert ids(store) == {"L-1", "L-2"}
    assert store.quarantine(OPERATOR) == []
    assert len(list((place / "arsip").iterdir())) == 2


def test_of_two_files_the_later_one_is_believed(run: Callable[..., Run], place: Path, store: Store) -> None:
    """Whatever their names: both are read in one run, and the older must not win by chance."""
    clock.set_clock(SetClock(start=datetime(2026, 11, 22, tzinfo=UTC), since=time.time(), speed=0))
    for number, kind in enumerate(("Sampah", "Banjir", "Lampu")):
        lay(place, f"{9 - number}.xlsx", workbook(("L-1", date(2026, 11, 2), kind, "Sukasari", "Proses")))
        os.utime(place / f"{9 - number}.xlsx", (1_700_000_000 + number,) * 2)
    assert fates(run())[:2] == (3, 3)
    (record,) = store.rows(OPERATOR, Kind.COMPLAINT, limit=10)
    assert record.category == "Lampu"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_as_any_spreadsheet_writes_it(
    run: Callable[..., Run], place: Path, store: Store, delimiter: str, encoding: str
) -> None:
    lines = [
        HEADINGS,
        ("L-1", "02/11/2026", '"Jalan\nrusak – é"', "Sukasari", "Proses"),
        (),
        ("L-2", "x", "Jalan", "", "Proses"),
        ("L-3", "1"),
    ]
    lay(place, "ekspor.csv", "\r\n".join(delimiter.join(line) for line in lines).encode(encoding))
    assert fates(run()) == (3, 1, 0, 0, 2)
    (record,) = store.rows(OPERATOR, Kind.COMPLAINT, limit=10)
    assert record.category == "Jalan rusak – é"
    text = answer(place, "ekspor.csv")
    assert '- baris 4, kolom "Tanggal Masuk"' in text, "a spreadsheet shows a cell of two lines as one row, and empty rows too"
    assert "- baris 5: jumlah sel 2 tidak sama" in text


def test_every_sheet_with_the_headings_is_read_and_the_others_are_named(run: Callable[..., Run], place: Path) -> None:
    more = [HEADINGS, ("L-2", date(2026, 12, 1), "Jalan", "", "Proses"), ("L-3", "kapan", "Jalan", "", "Proses")]
    lay(place, "setahun.xlsx", workbook(GOOD, Desember=more, Rekap=[("Nomor", "Jumlah"), ("1", 2)], Kosong=[]))
    clock.set_clock(SetClock(start=datetime(2026, 12, 22, tzinfo=UTC), since=time.time(), speed=1))
    assert fates(run()) == (3, 2, 0, 0, 1)
    text = answer(place, "setahun.xlsx")
    assert "- lembar 'Desember', baris 3, kolom \"Tanggal Masuk\"" in text
    assert "- lembar 'Rekap' tidak dibaca: kolom yang tidak ada: " in text
    assert "Kosong" not in text


def test_a_sheet_that_people_do_not_see_is_not_read(run: Callable[..., Run], place: Path, store: Store) -> None:
    """Last month's copy stays hidden in many a workbook; of the same rows it would tell another story."""
    book = openpyxl.load_workbook(io.BytesIO(workbook(GOOD, Lama=[HEADINGS, (GOOD[0], *GOOD[1:2], "Sampah", *GOOD[3:])])))
    book["Lama"].sheet_state = "hidden"
    file = io.BytesIO()
    book.save(file)
    lay(place, "a.xlsx", file.getvalue())
    assert fates(run()) == (1, 1, 0, 0, 0)
    assert [record.category for record in complaints(store)] == [GOOD[2]]
    assert "- lembar 'Lama' tersembunyi, maka tidak dibaca" in answer(place, "a.xlsx")


def test_a_workbook_without_anything_in_it_is_said_to_have_no_rows(run: Callable[..., Run], place: Path) -> None:
    file = io.BytesIO()
    openpyxl.Workbook().save(file)
    lay(place, "kosong.xlsx", file.getvalue())
    run()
    assert "TIDAK ADA BARIS DI BAWAH JUDUL KOLOM" in answer(place, "kosong.xlsx")


def test_a_workbook_is_looked_through_once_however_many_sheets_it_has(
    run: Callable[..., Run], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    check = sheets._check
    monkeypatch.setattr(sheets, "_check", lambda path, name: (looked.append(name), check(path, name)))
    for name in ("satu.xlsx", "dua.xlsx"):
        lay(place, name, workbook(GOOD, **{f"Lembar {n}": [HEADINGS, GOOD] for n in range(5)}))
    run()
    assert sorted(looked) == ["dua.xlsx", "satu.xlsx"]


def test_a_wide_row_is_answered_by_its_own_column(run: Callable[..., Run], place: Path) -> None:
    config = {
        "kind": "measurement",
        "id": ["Unit", "unsur"],
        "fields": {
            "name": {"column": "unsur"},
            "subject": {"column": "Unit"},
            "value": {"column": "nilai"},
            "unit": {"constant": "skor"},
            "measured": {"column": "Tanggal"},
        },
        "unpivot": {"columns": {"U1 Persyaratan": "ikm.persyaratan", "U2 Biaya": "ikm.biaya"}, "name": "unsur", "value": "nilai"},
        "place": {},
        "exclude": [],
    }
    content = workbook(("Kec. A", date(2026, 1, 2), 3.2, "bagus"), headings=("Unit", "Tanggal", "U1 Persyaratan", "U2 Biaya"))
    lay(place, "skm.xlsx", content)
    assert fates(run(**config)) == (2, 1, 0, 0, 1)
    assert '- baris 2, kolom "U2 Biaya": bukan bilangan' in answer(place, "skm.xlsx")


def test_the_folder_says_what_it_wants_before_anything_is_laid_down(settings: Settings) -> None:
    inbox.prepare_all([source(), source(inbox=False, path="x.csv")], settings.data)
    (place,) = (settings.data / "inbox").iterdir()
    note = (place / "BACA-SAYA.txt").read_text("utf-8")
    assert "Aduan loket" in note
    for heading in HEADINGS:
        assert f"- {heading}" in note
    assert inbox.waiting(place) == []


# --- what is not touched ---


@pytest.mark.parametrize(
    "name", ["~$a.xlsx", ".a.xlsx", "a.xlsx.part", "a.csv.crdownload", "a.csv~", "x.hasil.txt", "BACA-SAYA.txt"]
)
def test_hidden_and_unfinished_files_are_left_alone(run: Callable[..., Run], place: Path, name: str) -> None:
    (place / name).write_bytes(workbook(GOOD))
    assert (run().outcome, (place / name).exists()) == (Outcome.NOTHING_NEW, True)
    assert not list((place / "arsip").iterdir())


def test_a_file_that_still_grows_has_its_turn_later(
    run: Callable[..., Run], place: Path, monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    monkeypatch.setattr(inbox, "SETTLE", 0.4)
    script = (
        "import sys, time\nwith open(sys.argv[1], 'wb', 0) as f:\n"
        "  for part in sys.argv[2:]:\n    f.write(part.encode()); time.sleep(.15)\n"
    )
    lines = [f"L-{n},02/11/2026,Jalan,Sukasari,Proses\n" for n in range(12)]
    with subprocess.Popen([sys.executable, "-c", script, str(place / "a.csv"), ",".join(HEADINGS) + "\n", *lines]) as copying:
        while not inbox.waiting(place):
            time.sleep(0.02)
        assert run().seen == 0
        copying.wait()
    assert run().kept == 12
    assert ids(store) == {f"L-{n}" for n in range(12)}


def test_an_old_time_stamp_does_not_make_a_copy_look_finished(place: Path) -> None:
    (place / "a.csv").write_bytes(b"x")
    os.utime(place / "a.csv", (1_000_000_000,) * 2)
    (file,) = inbox.waiting(place)
    assert file.still < 60


def test_links_and_pipes_are_refused_and_what_they_lead_to_is_not_read(
    run: Callable[..., Run], place: Path, tmp_path: Path, store: Store
) -> None:
    secret = tmp_path / "rahasia.csv"
    secret.write_bytes(workbook(GOOD))
    (place / "a.xlsx").symlink_to(secret)
    os.mkfifo(place / "b.csv")
    done = run()
    assert (done.outcome, done.seen, ids(store)) == (Outcome.DRIFT, 0, set())
    assert "hanya tautan" in answer(place, "a.xlsx")
    assert "bukan berkas biasa" in answer(place, "b.csv")
    assert secret.exists()
    assert {path.name for path in (place / "gagal").iterdir()} == {"a.xlsx", "b.csv"}


def test_an_archive_that_leads_elsewhere_is_not_written_to(run: Callable[..., Run], place: Path, tmp_path: Path) -> None:
    (place / "arsip").symlink_to(tmp_path)
    lay(place, "a.xlsx", workbook(GOOD))
    before = set(tmp_path.iterdir())
    done = run()
    assert (done.outcome, done.seen) == (Outcome.DRIFT, 0)
    assert "tidak boleh berupa tautan" in str(done.message)
    assert set(tmp_path.iterdir()) == before
    assert (place / "a.xlsx").exists()


# --- what cannot be read ---

OLE = bytes.fromhex("d0cf11e0a1b11ae1")
UNREADABLE = [
    ("a.xlsx", OLE + bytes(900) + "EncryptedPackage".encode("utf-16-le") + bytes(900), "dilindungi kata sandi"),
    ("a.xlsx", b"%PDF-1.7 isi", "jenisnya lain dari namanya"),
    ("a.xls", b"<table><tr><td>1</td></tr></table>", "jenisnya lain dari namanya"),
    ("a.xlsx", workbook(GOOD)[:3000], "terpotong"),
    ("a.pdf", b"%PDF-1.7 isi", "jenis berkas tidak dikenal; simpan sebagai XLSX"),
    ("a.xlsx", b"", "berkas kosong"),
    ("a.csv", b"Nomor,Tanggal Masuk\n1,2\n", "kolom yang tidak ada: "),
    ("a.csv", b'Nomor,"Tanggal', "bukan CSV"),
    ("a.ods", b"PK\x03\x04", "terpotong"),
]


@pytest.mark.parametrize(("name", "content", "why"), UNREADABLE, ids=[f"{n}-{w[:12]}" for n, _, w in UNREADABLE])
def test_what_cannot_be_read_is_set_aside_with_its_reason(
    run: Callable[..., Run], place: Path, name: str, content: bytes, why: str
) -> None:
    lay(place, name, content)
    done = run()
    assert done.outcome is Outcome.DRIFT
    assert "1 berkas inbox tidak terbaca" in str(done.message)
    text = answer(place, name)
    assert "TIDAK DAPAT DIBACA" in text
    assert why in text.replace("\n", "; ")
    assert (place / "gagal" / name).read_bytes() == content
    assert inbox.waiting(place) == []


def test_renamed_columns_are_said_with_those_that_were_found(run: Callable[..., Run], place: Path) -> None:
    lay(place, "a.xlsx", workbook(GOOD, headings=("Nomor", "Tgl", "Kategori", "Desa", "Status")))
    run()
    text = answer(place, "a.xlsx")
    assert "kolom yang tidak ada: Tanggal Masuk, Kelurahan" in text
    assert "kolom yang ditemukan: Nomor, Tgl, Kategori, Desa, Status" in text


def test_a_table_without_headings_does_not_put_its_first_row_into_the_answer(run: Callable[..., Run], place: Path) -> None:
    lay(place, "a.xlsx", workbook(GOOD, headings=("L-0", "Siti Aminah", NIK, "Jl. Melati 3", "-")))
    run()
    text = answer(place, "a.xlsx")
    assert "baris 1 bukan baris judul kolom" in text
    assert not any(told in text for told in ("Siti", NIK, "Melati"))


def test_a_file_too_large_is_not_read(run: Callable[..., Run], place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "MAX_BYTES", 1000)
    lay(place, "a.xlsx", workbook(GOOD))
    assert run().outcome is Outcome.DRIFT
    assert "bagi menjadi beberapa berkas" in answer(place, "a.xlsx")


def test_what_was_taken_before_the_end_of_the_readable_is_said(run: Callable[..., Run], place: Path, store: Store) -> None:
    lines = [",".join(HEADINGS), *(f"L-{n},02/11/2026,Jalan,Sukasari,Proses" for n in range(6000)), 'L-x,"02/11/2026,']
    lay(place, "a.csv", "\n".join(lines).encode())
    done = run()
    assert (done.outcome, done.kept) == (Outcome.DRIFT, 5000)
    text = answer(place, "a.csv")
    assert "Yang sudah diambil sebelum berhenti:" in text
    assert "diambil           : 5000" in text


def test_a_bad_file_stands_in_no_other_s_way_nor_in_that_of_the_source(
    run: Callable[..., Run], place: Path, settings: Settings, store: Store
) -> None:
    path = settings.data / "harian.csv"
    path.write_text(",".join(HEADINGS) + "\nP-1,02/11/2026,Jalan,Sukasari,Proses\n")
    lay(place, "buruk.xlsx", b"bukan")
    lay(place, "baik.xlsx", workbook(GOOD))
    done = run(path="harian.csv")
    assert (done.outcome, done.kept, ids(store)) == (Outcome.DRIFT, 2, {"L-1", "P-1"})
    assert store.failures("uji_inbox") == 0
    assert run(path="harian.csv").outcome is Outcome.NOTHING_NEW


def test_a_failing_source_does_not_keep_its_files_waiting(
    run: Callable[..., Run], place: Path, store: Store, settings: Settings
) -> None:
    """Nor does a good file hide that the source fails."""
    for _ in range(4):
        run(path="tidak-ada.csv")
    failures, retry_at = store.failures("uji_inbox"), store.breaker("uji_inbox").retry_at
    assert failures == 4
    assert retry_at is not None
    lay(place, "a.xlsx", workbook(GOOD))
    room = Runner(dataclasses.replace(settings), [source(path="tidak-ada.csv")])
    done = room.turn(room.sources[0])
    assert done is not None
    assert (done.outcome, done.kept) == (Outcome.OK, 1)
    (facts,) = store.source_states()
    assert (facts.outcome, facts.failures, facts.retry_at) == (Outcome.TRANSIENT, failures, retry_at)
    assert room.turn(room.sources[0]) is None
    room.close()


def test_the_runner_looks_between_two_turns_and_not_in_vain_for_ever(settings: Settings, place: Path, city: City) -> None:
    room = Runner(settings, [source()])
    room.look()
    assert room.store.source_states() == []
    lay(place, "a.xlsx", workbook(GOOD))
    room.look()
    assert ids(room.store) == {"L-1"}
    (place / "arsip" / "penghalang").mkdir()
    shutil.rmtree(place / "arsip")
    (place / "arsip").symlink_to(settings.data)
    lay(place, "b.xlsx", workbook(GOOD))
    room.look()
    run = room.store.source_states()[0].last
    room.look()
    assert run is not None
    assert room.store.source_states()[0].last == run
    room.close()


# --- persons ---


def test_the_answer_and_the_archive_name_nobody(run: Callable[..., Run], place: Path, store: Store) -> None:
    rows = (
        (f"L-{NIK}", "Siti Aminah", "Jalan", "Sukasari", "Proses"),
        ("L-2", date(2026, 11, 2), "Jalan", "", f"Budi 0812-3456-7890 {NIK}"),
    )
    lay(place, f"laporan {NIK}.xlsx", workbook(*rows))
    run()
    text = answer(place, f"laporan {NIK}.xlsx")
    assert "- baris 2" in text
    assert "- baris 3" in text
    assert not any(told in text for told in ("Siti", "Aminah", "Budi", "0812", NIK))
    (sealed,) = (place / "arsip").iterdir()
    assert NIK.encode() not in sealed.read_bytes()


def test_after_thirty_days_nothing_of_a_file_is_left(run: Callable[..., Run], place: Path, settings: Settings) -> None:
    start = datetime(2026, 11, 22, tzinfo=UTC)
    clock.set_clock(SetClock(start=start, since=time.time(), speed=0))
    lay(place, "a.xlsx", workbook(GOOD))
    lay(place, "b.xlsx", b"rusak")
    os.utime(place / "b.xlsx", (1_000_000_000,) * 2)
    run()
    assert inbox.purge([source()], settings.data, start + timedelta(days=29, hours=23)) == 0
    assert inbox.purge([source()], settings.data, start + timedelta(days=30, seconds=1)) == 4
    left = {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}
    assert left == {"BACA-SAYA.txt"}


# --- accidents ---


@contextmanager
def somebody_else(data: Path) -> Iterator[None]:
    """The owner of all of ``data`` and no more than that: root may do anything, and so could show nothing."""
    if os.geteuid() != 0:
        yield
        return
    for path in (data, *data.rglob("*")):
        os.chown(path, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_permissions_that_lack_are_said_and_nothing_is_lost(settings: Settings, city: City) -> None:
    data = Path(tempfile.mkdtemp(prefix="lr-inbox-", dir="/tmp"))
    settings = dataclasses.replace(settings, data=data, database_url=f"sqlite:///{data}/x.sqlite")
    place = inbox.folder(data, "uji_inbox")
    place.mkdir(parents=True)
    store = Store.of(settings)

    def said() -> tuple[Outcome, str | None]:
        run = run_once(source(), store, places(), city, settings)
        assert run is not None
        return run.outcome, run.message

    try:
        lay(place, "a.xlsx", workbook(GOOD))
        assert said() == (Outcome.OK, None)
        for name in ("b.xlsx", "c.xlsx"):
            lay(place, name, workbook(GOOD))
        (place / "b.xlsx").chmod(0)
        with somebody_else(data):
            assert said() == (Outcome.DRIFT, "1 berkas inbox tidak terbaca: tidak ada izin membuka berkas ini")
            assert "simpan ulang berkas itu dengan izin baca" in answer(place, "b.xlsx")
            lay(place, "d.xlsx", workbook(GOOD))
            place.chmod(0o500)
            assert said() == (
                Outcome.DRIFT,
                "tidak ada izin membaca dan menulis di folder inbox/uji_inbox: berkas di sana belum dibaca",
            )
            place.chmod(0o700)
            assert (place / "d.xlsx").exists()
            assert said() == (Outcome.NOTHING_NEW, None)
            assert inbox.waiting(place) == []
    finally:
        store.close()
        shutil.rmtree(data)


CHILD = """
import sys
from connectors import inbox
from connectors.run import run_once
from layers.areas import AreaTree, Places
from layers.boundaries import load_boundaries
from layers.city import SourceConfig
from layers.settings import from_environment
from layers.store import Store
inbox.SETTLE = 0.0
settings = from_environment()
store = Store.of(settings)
places = Places(AreaTree.of(settings.city), load_boundaries(settings.city, settings.data))
configured = SourceConfig.model_validate_json(sys.argv[1])
print("siap", flush=True)
run_once(configured, store, places, settings.city, settings)
print("selesai", flush=True)
"""


def test_killed_at_any_moment_no_row_is_lost_and_every_file_is_answered(
    run: Callable[..., Run], place: Path, settings: Settings, store: Store
) -> None:
    environment = {**os.environ, "LIVEROOM_DATA": str(settings.data), "LIVEROOM_SECRET": settings.secret}
    chance, expected, hits = random.Random(7), set(), 0
    for round_ in range(5):
        for number in range(4):
            names = [f"{round_}-{number}-{row}" for row in range(750)]
            expected |= set(names)
            lines = [",".join(HEADINGS), *(f"{name},02/11/2026,Jalan,Sukasari,Proses" for name in names)]
            lay(place, f"{round_}-{number}.csv", "\n".join(lines).encode())
        command = [sys.executable, "-c", CHILD, source().model_dump_json()]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "siap\n"
            time.sleep(chance.uniform(0.02, 0.5))
            child.send_signal(signal.SIGKILL)
            hits += child.stdout.read() == ""
        assert run().outcome.good
        assert inbox.waiting(place) == []
        assert len(list(place.glob(f"{round_}-*.hasil.txt"))) == 4
        (facts,) = store.source_states()
        assert facts.records == len(expected)
    assert hits >= 2
    assert not list(place.rglob("*.part"))


@given(st.binary(max_size=300), st.sampled_from(["xlsx", "xls", "ods", "csv", "txt"]), st.booleans())
@given_settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_bytes_at_all_break_a_run(run: Callable[..., Run], place: Path, junk: bytes, suffix: str, spoil: bool) -> None:
    """Any bytes, or a good workbook with some overwritten: read or set aside, never an error or a file left lying."""
    content = junk
    if spoil and junk:
        good = bytearray(workbook(GOOD))
        at = int.from_bytes(junk[:2]) % len(good)
        good[at : at + len(junk)] = junk
        content = bytes(good)
    lay(place, f"a.{suffix}", content)
    assert run().outcome in (Outcome.OK, Outcome.NOTHING_NEW, Outcome.DRIFT)
    assert inbox.waiting(place) == []
    assert "Hasil  :" in answer(place, f"a.{suffix}")


@given(st.text(st.sampled_from(string.ascii_letters + string.digits + " .-_()[]'é…"), min_size=1, max_size=240))
@given_settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_name_that_a_file_can_have(run: Callable[..., Run], place: Path, name: str) -> None:
    name = f"x{name}"[: 240 // max(len(c.encode()) for c in name)] + ".csv"
    lay(place, name, (",".join(HEADINGS) + "\nL-1,02/11/2026,Jalan,Sukasari,Proses\n").encode())
    assert run().seen == 1
    assert inbox.waiting(place) == []


def test_a_source_without_any_door_is_refused() -> None:
    with pytest.raises(SourceError, match="inbox = true"):
        connector(source(inbox=False))
