"""The right to be forgotten (UU 27/2022 art. 8): find one person's data, erase it, and account for it without naming anybody."""

from __future__ import annotations

import getpass
import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.fernet import InvalidToken

from layers import clock
from layers.model import Role, Scope
from layers.people import People
from layers.privacy import Identity, identify, mask, searcher
from layers.settings import Settings
from layers.store import Store
from layers.tombstones import Traces
from layers.vault import Vault
from layers.zipped import UNREADABLE

ERASABLE = {"nik": "NIK atau No. KK", "telepon": "nomor telepon", "surel": "surel"}
MOST_UNPACKED = 256 << 20
"""Bytes of one unpacked file that are searched; a larger one cannot be told to be clean."""

_SEARCHED = (".xml", ".csv", ".txt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search or an erasure met: in the store, and the inbox's copies that hold the person or cannot be searched."""

    kind: str
    traces: Traces
    holding: tuple[Path, ...]
    closed: tuple[Path, ...]
    overwritten: bool = False


def ask(prompt: Callable[[str], str]) -> Identity:
    """Whose data is meant; ``ValueError`` (which does not quote it) for what is no NIK, telephone number or e-mail."""
    who = identify(prompt("NIK, nomor telepon, atau surel (tidak ditampilkan)"))
    if who is None or who.kind not in ERASABLE or (who.kind != "surel" and not 9 <= len(who.value) <= 16):
        raise ValueError("isi satu NIK, nomor telepon, atau surel")
    return who


def me() -> Scope:
    """Whoever works at this machine, by the name of the account there."""
    return Scope(user=f"mesin:{getpass.getuser()}", role=Role.OPERATOR)


def find(settings: Settings, scope: Scope, who: Identity) -> Found:
    """Where somebody's data is; nothing is changed."""
    store = Store.of(settings)
    try:
        traces = store.find_person(scope, who)
        holding, closed = _copies(settings.data, store.vault, who)
    finally:
        store.close()
    return Found(kind=who.kind, traces=traces, holding=holding, closed=closed)


def erase(settings: Settings, scope: Scope, who: Identity, now: datetime) -> Found:
    """Erase somebody's data in the store and the inbox, with a line in the audit.

    Copies that cannot be searched are left: the report names them.
    """
    store, people = Store.of(settings), People.of(settings)
    try:
        traces = store.erase_person(scope, who)
        holding, closed = _copies(settings.data, store.vault, who)
        for path in holding:
            path.unlink(missing_ok=True)
        counts = {"rekaman": traces.records, "versi": traces.versions, "karantina": traces.quarantined, "berkas": len(holding)}
        people.audit(scope.user, "hapus data pribadi", {"jenis": who.kind} | counts, now)
        return Found(kind=who.kind, traces=traces, holding=holding, closed=closed, overwritten=store.scour())
    finally:
        people.close()
        store.close()


def find_and_say(settings: Settings, who: Identity) -> str:
    """The command ``person find``."""
    return "\n".join(_report(find(settings, me(), who), settings.data, "ditemukan"))


def erase_and_say(settings: Settings, who: Identity) -> str:
    """The command ``person erase``."""
    done = erase(settings, me(), who, clock.now())
    lines = [
        *_report(done, settings.data, "dihapus"),
        "Isi teks, pelapor, dan titiknya dihapus; kasusnya tetap terhitung. Yang datang lagi disaring saat masuk.",
        "Sistem asal dan cadangan (backup) masih memuatnya: lihat bagian Data pribadi di docs/security.md.",
    ]
    if not done.overwritten:
        lines.append("! Berkas -wal belum dikosongkan karena masih dibaca proses lain; ulangi perintah ini nanti.")
    return "\n".join(lines)


def _report(found: Found, data: Path, what: str) -> Iterator[str]:
    """Counts, for the person who asked and for the file; nobody is named."""
    traces = found.traces
    yield f"Data menurut {ERASABLE[found.kind]} yang {what}:"
    yield f"  {traces.records} rekaman dalam {traces.versions} versi"
    yield f"  {traces.quarantined} baris karantina"
    yield f"  {len(found.holding)} berkas di inbox"
    if traces.unreadable:
        yield f"! {traces.unreadable} baris karantina tidak terbuka dengan LIVEROOM_SECRET ini, jadi tidak diperiksa"
    yield from (f"! tidak dapat diperiksa, periksa sendiri: {mask(str(path.relative_to(data)))}" for path in found.closed)


# --- the inbox's copies ----------------------------------------------------------------------------------


def _copies(data: Path, vault: Vault, who: Identity) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """The files that the inbox keeps after they were read and that hold an identifier, and those that cannot be searched."""
    holds = searcher(who)
    holding: list[Path] = []
    closed: list[Path] = []
    for path in sorted([*(data / "inbox").glob("*/arsip/*"), *(data / "inbox").glob("*/gagal/*")]):
        if path.is_symlink() or not path.is_file():
            continue
        verdict: bool | None = None
        with suppress(OSError, InvalidToken):
            content = path.read_bytes()
            verdict = _contains(vault.unseal_bytes(content) if path.suffix == ".tersandi" else content, holds)
        if verdict is not False:
            (closed if verdict is None else holding).append(path)
    return tuple(holding), tuple(closed)


def _contains(content: bytes, holds: Callable[[str], bool]) -> bool | None:
    """Whether a text, a table of text or a workbook holds it; ``None`` where the form hides what is in it."""
    if not content.startswith(b"PK\x03\x04"):
        return holds(text) if (text := _text(content)) is not None else None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(member.file_size for member in packed.infolist()) > MOST_UNPACKED:
                return None
            parts = [_text(packed.read(member)) for member in packed.infolist() if member.filename.endswith(_SEARCHED)]
    except UNREADABLE:
        return None
    return any(part is not None and holds(part) for part in parts)


def _text(content: bytes) -> str | None:
    """Bytes as text, or ``None`` for what is none: old workbooks and the like hold bytes of zero."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    return None if b"\0" in content else content.decode("utf-8", "replace")
