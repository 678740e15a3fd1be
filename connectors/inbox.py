"""The drop folder: files that people lay into ``DATA/inbox/<source>/`` are read, archived, and answered beside the file."""

from __future__ import annotations

import hashlib
import logging
import os
import stat
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from connectors.job import Job, connector
from connectors.lease import LeaseLostError
from connectors.photos import is_picture
from connectors.report import Refusal, Said, instructions, unread, written
from connectors.source import Config, Context, FormChanged, Refused, SourceError
from layers import clock
from layers.city import SourceConfig
from layers.quarantine import cause
from layers.runs import RunClosedError
from layers.vault import Vault

SETTLE = 3.0
"""Seconds for which a file must have stood still: one that is being copied grows all the while."""

KEPT = timedelta(days=30)
"""How long a file that was read is kept (encrypted), one that could not be read, and the answers to both."""

MAX_BYTES = 32 << 20
"""A person's file is not larger; what is belongs to ``path`` or ``url``."""

ARCHIVE, FAILED, ANSWER, README = "arsip", "gagal", ".hasil.txt", "BACA-SAYA.txt"
SEALED = ".tersandi"

LONGEST_NAME = 200

_UNFINISHED = (".part", ".partial", ".filepart", ".crdownload", ".download", ".tmp", ".swp", ".lock", "~")
_OWN = (ANSWER, README)

log = logging.getLogger(__name__)


Mark = tuple[int, int, int, int]
"""What changes when a file does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A file that waits, and how it stood when it was looked at."""

    name: str
    facts: os.stat_result = field(repr=False)

    @property
    def mark(self) -> Mark:
        return self.facts.st_ino, self.facts.st_size, self.facts.st_mtime_ns, self.facts.st_ctime_ns

    @property
    def still(self) -> float:
        """Seconds since anything was written to it, by the clock of the file system: its own time may be a copy's original."""
        return time.time() - self.facts.st_ctime


def folder(data: Path, source: str) -> Path:
    """The drop folder of a source."""
    return data / "inbox" / source


def prepare(configured: SourceConfig, config: Config, data: Path) -> Path:
    """Make a source's drop folder with a note for those who use it; raises :class:`Refused` where it leads elsewhere."""
    place = folder(data, configured.name)
    for part in (place, place / ARCHIVE, place / FAILED):
        part.mkdir(parents=True, exist_ok=True)
        if part.resolve() != data.resolve() / part.relative_to(data):
            raise Refused(f"folder inbox tidak boleh berupa tautan ke tempat lain: {part.relative_to(data)}")
    text = instructions(configured.title, config.headings_asked(), MAX_BYTES)
    note = place / README
    if not note.exists() or note.read_text("utf-8", "replace") != text:
        _write(note, _bytes(text))
    return place


def prepare_all(sources: Sequence[SourceConfig], data: Path) -> None:
    """Make the drop folders of all sources that take files. One that cannot be made is said, and keeps no other from its own."""
    for configured in sources:
        try:
            source, config = connector(configured)
            if source.drop is not None and config.takes_files():
                prepare(configured, config, data)
        except (OSError, SourceError) as error:
            log.warning("event=inbox source=%s galat=%s", configured.name, type(error).__name__)


def waiting(place: Path) -> list[Waiting]:
    """The files that wait to be read, oldest first: no hidden, temporary or own ones, and nothing of the subfolders."""
    found = []
    with suppress(FileNotFoundError), os.scandir(place) as entries:
        for entry in entries:
            name = entry.name
            if name.startswith((".", "~$")) or name.lower().endswith(_UNFINISHED) or name.endswith(_OWN):
                continue
            with suppress(FileNotFoundError):  # whoever laid it down may take it away again
                facts = entry.stat(follow_symlinks=False)
                if not stat.S_ISDIR(facts.st_mode):
                    found.append(Waiting(name=name, facts=facts))
    return sorted(found, key=lambda file: (file.facts.st_mtime_ns, file.name))


def settled(place: Path) -> frozenset[Mark]:
    """The marks of the files that may be read now: whether a run is worth while, at the price of a look into a folder."""
    return frozenset(file.mark for file in waiting(place) if file.still >= SETTLE)


def take(job: Job, configured: SourceConfig) -> str | None:
    """Read the files of a source's drop folder; return what its run says of those that could not be read.

    A file goes through the same gate as any row, in the same run. Only when its rows are committed is it
    archived, then answered, then removed: a process that is killed in between leaves it where it was, and
    reading it again does no harm. Errors of the store are raised, none of the files' is.
    """
    if job.source.drop is None or not job.config.takes_files():
        return None
    try:
        place = prepare(configured, job.config, job.ctx.data)
        denied = not os.access(place, os.R_OK | os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids)
        ready = [file for file in _ready(place) if not (job.photographed and is_picture(file.name))] if not denied else []
        failed = [reason for file in ready if (reason := _one(job, configured, place, file))]
    except PermissionError:
        denied = True
    except (OSError, SourceError) as error:
        return str(error) if isinstance(error, SourceError) else f"folder inbox/{configured.name} galat ({type(error).__name__})"
    if denied:
        return f"tidak ada izin membaca dan menulis di folder inbox/{configured.name}: berkas di sana belum dibaca"
    return f"{len(failed)} berkas inbox tidak terbaca: {failed[0].partition('; ')[0]}" if failed else None


def purge(sources: Sequence[SourceConfig], data: Path, now: datetime) -> int:
    """Delete what was archived, failed or answered :data:`KEPT` ago or earlier, and photos; return how many files went."""
    gone = 0
    for configured in sources:
        place = folder(data, configured.name)
        photos = [path for path in place.glob("*") if is_picture(path.name)]
        for path in [*place.glob(f"{ARCHIVE}/*"), *place.glob(f"{FAILED}/*"), *place.glob(f"*{ANSWER}"), *photos]:
            with suppress(OSError):
                facts = path.lstat()
                if facts.st_mtime <= (now - KEPT).timestamp() and not stat.S_ISDIR(facts.st_mode):
                    path.unlink()
                    gone += 1
    return gone


def open_archived(sealed: Path, target: Path, secret: str) -> None:
    """Write an archived file as it was to ``target``, for its owner alone; an existing file is not overwritten.

    Raises ``cryptography.fernet.InvalidToken`` for a file that was altered or sealed with another secret.
    """
    content = Vault(secret).unseal_bytes(sealed.read_bytes())
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


# --- one file ----------------------------------------------------------------------------------------


def _ready(place: Path) -> Iterator[Waiting]:
    """The files that stand still. For those that do not yet, it waits once; what then still grows has its turn later."""
    files = waiting(place)
    if any(file.still < SETTLE for file in files):
        time.sleep(min(SETTLE, max(SETTLE - file.still for file in files)))
        files = waiting(place)
    yield from (file for file in files if file.still >= SETTLE)


def _one(job: Job, configured: SourceConfig, place: Path, file: Waiting) -> str | None:
    """Read, archive and answer one file; return the reason if it cannot be read."""
    job.ctx = replace(
        job.ctx, now=max(clock.now(), job.ctx.now + timedelta(microseconds=1))
    )  # each file is news of its own moment
    said = Said(file=file.name, title=configured.title, at=job.ctx.now.astimezone(job.ctx.city.zone))
    try:
        copy = _copy(place / file.name, job.ctx)
        _read(job, copy, file.name, said)
    except (LeaseLostError, RunClosedError, SQLAlchemyError):
        raise
    except FileNotFoundError:
        return None
    except Exception as error:  # noqa: BLE001 - whatever people lay down, they are told what became of it
        reason = _reason(error, file.name)
        _write(place / f"{_short(file.name)}{ANSWER}", _bytes(unread(said, reason)), job.ctx.now)
        if _same(place / file.name, file):
            (place / file.name).replace(place / FAILED / file.name)
            os.utime(place / FAILED / file.name, (job.ctx.now.timestamp(),) * 2, follow_symlinks=False)
        return reason
    content = copy.read_bytes()
    mark = hashlib.blake2b(content, digest_size=6).hexdigest()
    _write(place / ARCHIVE / f"{_short(file.name)}.{mark}{SEALED}", job.store.vault.seal_bytes(content), job.ctx.now)
    _write(place / f"{_short(file.name)}{ANSWER}", _bytes(written(said)), job.ctx.now)
    if _same(place / file.name, file):
        (place / file.name).unlink()
    return None


def _copy(path: Path, ctx: Context) -> Path:
    """A private copy: what is read is what is archived, whoever writes to the file meanwhile. No link is followed."""
    if path.is_symlink():
        raise FormChanged("berkas ini hanya tautan (shortcut); taruh berkas aslinya")
    ctx.temp.mkdir(parents=True, exist_ok=True)
    copy = ctx.temp / "inbox"
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as source:
        if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
            raise FormChanged("ini bukan berkas biasa")
        content = source.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise FormChanged(f"berkas lebih dari {MAX_BYTES >> 20} MiB; bagi menjadi beberapa berkas")
    if not content:
        raise FormChanged("berkas kosong")
    copy.write_bytes(content)
    return copy


def _read(job: Job, path: Path, name: str, said: Said) -> None:
    """Take a file's rows page by page, and note what becomes of them."""
    assert job.source.drop is not None  # noqa: S101 - asked before
    _guard(path)
    before = Counter(job.fates)
    try:
        for page in job.source.drop(path, name, job.config, job.ctx):
            said.notes.extend(page.notes)
            if not page.rows:
                continue
            where = dict(zip(map(id, page.rows), page.where, strict=True))
            for reject in job.commit(page.rows, None, may_drift=False).rejects:
                heading = job.config.heading(reject.field, reject.original)
                said.refusals.append(Refusal(where=where[id(reject.original)], heading=heading, reason=cause(reject.reason)))
    finally:
        said.fates = job.fates - before


_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_LOCKED = "EncryptedPackage".encode("utf-16-le")


def _guard(path: Path) -> None:
    """Raise for a workbook under a password: it is a container of the old form, with the workbook as a sealed part."""
    content = path.read_bytes()
    if content.startswith(_OLE) and _LOCKED in content:
        raise FormChanged("berkas dilindungi kata sandi; simpan tanpa kata sandi")


def _reason(error: Exception, name: str) -> str:
    """Why a file cannot be read, in the words of the one who wrote it; it quotes no cell."""
    if isinstance(error, PermissionError):
        return "tidak ada izin membuka berkas ini; simpan ulang berkas itu dengan izin baca"
    if isinstance(error, FormChanged):
        return str(error).removeprefix(f"{name}: ")
    return str(error) if isinstance(error, SourceError) else f"isi berkas tidak dapat dibaca ({type(error).__name__})"


def _same(path: Path, file: Waiting) -> bool:
    """Whether it is still the file that was read; one that was laid down anew meanwhile stays for the next look."""
    try:
        return Waiting(name=file.name, facts=path.lstat()).mark == file.mark
    except FileNotFoundError:
        return False


def _short(name: str) -> str:
    """A name to which an ending can be added: file systems take 255 bytes."""
    return name if len(os.fsencode(name)) <= LONGEST_NAME else name[: LONGEST_NAME // 4]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")  # a name may hold bytes that are no text


def _write(path: Path, content: bytes, at: datetime | None = None) -> None:
    """Write a file whole or not at all, through no link; ``at`` is its time from which :data:`KEPT` counts."""
    part = path.with_name(".tulis.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if at is not None:
        os.utime(part, (at.timestamp(),) * 2)
    part.replace(path)
