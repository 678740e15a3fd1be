"""The command that erases one person: what it asks, deletes, leaves, says, and notes in the audit."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from layers import peopleschema, schema
from layers.erasure import ask, erase_and_say, find_and_say
from layers.model import Kind
from layers.people import People
from layers.privacy import Identity
from layers.settings import Settings
from layers.store import Reject, Store
from liveroom import app
from tests.conftest import SECRET
from tests.layers.made import OPERATOR, complaint, give

SITI = Identity("telepon", "6281234567890")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    made = Store.of(settings)
    yield made
    made.close()


def workbook(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f"<sst><si><t>{text}</t></si></sst>")
        archive.writestr("xl/media/image1.png", b"\0" * 10)
    return packed.getvalue()


def damaged(packed: bytes) -> bytes:
    """The same archive, its first part no longer to be unpacked."""
    start = packed.index(b"xl/sharedStrings.xml") + len("xl/sharedStrings.xml")
    return packed[:start] + b"\xff" * 4 + packed[start + 4 :]


def audit(settings: Settings) -> list[tuple[str, str, str]]:
    people = People.of(settings)
    with people.read() as connection:
        lines = [(row.who, row.what, row.detail) for row in connection.execute(select(peopleschema.audit))]
    assert people.audit_broken_at() is None
    people.close()
    return lines


@pytest.mark.parametrize("typed", ["0812-3456-7890", "+62 812 3456 7890", " siti@contoh.id ", "3671.0123.0987.0004"])
def test_one_identifier_is_asked_for(typed: str) -> None:
    assert ask(lambda _: typed).kind in ("telepon", "surel", "nik")


@pytest.mark.parametrize("typed", ["", "Siti Aminah", "12345", "36710123098700041", "a@b"])
def test_anything_else_is_refused_and_not_repeated(typed: str) -> None:
    with pytest.raises(ValueError, match="isi satu NIK, nomor telepon, atau surel") as caught:
        ask(lambda _: typed)
    assert not typed or typed not in str(caught.value)


def test_what_is_found_is_erased_and_accounted_for(settings: Settings, store: Store) -> None:
    give(store, [complaint("1", text="isi", reporter=store.vault.name(*SITI), lat=-6.1, lon=106.6), complaint("2", text="lain")])
    give(store, rejects=[Reject(source_id=None, field="x", reason="y", original={"hp": "+62 812 3456 7890"})])
    found = find_and_say(settings, SITI)
    assert "1 rekaman dalam 1 versi" in found
    assert "1 baris karantina" in found
    assert audit(settings) == []
    assert store.find_person(OPERATOR, SITI).records == 1
    said = erase_and_say(settings, SITI)
    assert "yang dihapus" in said
    assert "-wal" not in said
    assert store.find_person(OPERATOR, SITI).records == 0
    texts = {record.source_id: getattr(record, "text", "") for record in store.rows(OPERATOR, Kind.COMPLAINT)}
    assert texts == {"1": None, "2": "lain"}
    ((who, what, detail),) = audit(settings)
    assert (who[:6], what) == ("mesin:", "hapus data pribadi")
    assert detail == '{"berkas": 0, "jenis": "telepon", "karantina": 1, "rekaman": 1, "versi": 1}'
    assert "81234567890" not in f"{found}{said}{detail}"


def test_the_inbox_s_copies_go_and_those_that_cannot_be_searched_are_named(settings: Settings, store: Store) -> None:
    inbox = settings.data / "inbox" / "laksa"
    seal = store.vault.seal_bytes
    files = {
        "arsip/a.csv.1.tersandi": seal(b"nama,hp\nSiti,081234567890\n"),
        "arsip/b.xlsx.2.tersandi": seal(workbook("hubungi 0812.3456.7890")),
        "arsip/c.csv.3.tersandi": seal("hp\n0812 3456 7890".encode("utf-16")),
        "arsip/d.csv.4.tersandi": seal(b"nama,hp\nBudi,081234567891\n"),
        "arsip/e.xlsx.5.tersandi": seal(workbook("tanpa nomor")),
        "arsip/f.xls.6.tersandi": seal(b"\xd0\xcf\x11\xe0\0\0081234567890"),
        "arsip/g.csv.7.tersandi": b"rusak",
        "gagal/h.csv": b"rusak;6281234567890",
        "gagal/i.xlsx": b"PK\x03\x04 terpotong",
        "gagal/j.xlsx": damaged(workbook("hubungi 081234567890")),
        "menunggu.csv": b"081234567890",
    }
    for name, content in files.items():
        (inbox / name).parent.mkdir(parents=True, exist_ok=True)
        (inbox / name).write_bytes(content)
    said = erase_and_say(settings, SITI)
    assert "4 berkas di inbox" in said
    left = {str(path.relative_to(inbox)) for path in inbox.rglob("*") if path.is_file()}
    assert left == set(files) - {"arsip/a.csv.1.tersandi", "arsip/b.xlsx.2.tersandi", "arsip/c.csv.3.tersandi", "gagal/h.csv"}
    closed = [line.rpartition("/")[2] for line in said.splitlines() if line.startswith("! tidak dapat diperiksa")]
    assert closed == ["f.xls.6.tersandi", "g.csv.7.tersandi", "i.xlsx", "j.xlsx"]


def test_sqlite_keeps_no_byte_of_what_was_erased(settings: Settings, store: Store) -> None:
    secret = "kalimat-yang-harus-hilang-sama-sekali"
    rejects = [Reject(source_id=None, field="x", reason="y", original={"hp": "081234567890", "n": n}) for n in range(50)]
    give(store, [complaint(str(n), text=f"{secret} {n}", reporter=store.vault.name(*SITI)) for n in range(200)], rejects=rejects)
    file = settings.data / "liveroom.sqlite"

    def held() -> int:
        parts = (path for path in (file, Path(f"{file}-wal")) if path.exists())
        return sum(path.read_bytes().count(secret.encode()) for path in parts)

    assert held() >= 200
    erase_and_say(settings, SITI)
    assert held() == 0


def test_a_reader_who_does_not_let_go_is_told_of(settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layers.database.PRAGMAS", ("busy_timeout=50",))
    give(store, [complaint("1", text="isi", reporter=store.vault.name(*SITI))])
    with store.read() as connection:
        connection.execute(select(schema.run)).all()
        assert "ulangi perintah ini nanti" in erase_and_say(settings, SITI)
    assert "-wal" not in erase_and_say(settings, SITI)


def test_the_command_asks_and_never_takes_it_from_the_command_line(settings: Settings, store: Store) -> None:
    give(store, [complaint("1", text="isi", reporter=store.vault.name(*SITI))])
    env = {"LIVEROOM_DATA": str(settings.data), "LIVEROOM_SECRET": SECRET}
    run = CliRunner()
    assert run.invoke(app, ["person", "erase", "081234567890"], env=env).exit_code == 2
    found = run.invoke(app, ["person", "find"], env=env, input="081234567890\n")
    assert found.exit_code == 0
    assert "1 rekaman" in found.output
    kept = run.invoke(app, ["person", "erase"], env=env, input="081234567890\nn\n")
    assert kept.exit_code == 1
    assert store.find_person(OPERATOR, SITI).records == 1
    done = run.invoke(app, ["person", "erase"], env=env, input="081234567890\ny\n")
    assert done.exit_code == 0
    assert "yang dihapus" in done.output
    assert store.find_person(OPERATOR, SITI).records == 0
    assert all("81234567890" not in result.output for result in (found, kept, done))
