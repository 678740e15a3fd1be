"""Evidence photos of closings: looked at once, kept as a perceptual hash; the picture itself is never kept.

A declared ``photo`` is the address of a picture on one of the source's own hosts (or of its ``photo_hosts``), or the name
of a picture that lies in its drop folder. What cannot be read leaves the complaint without a photo, never without a row.
"""

from __future__ import annotations

import io
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

import imagehash
from PIL import Image, ImageStat

from connectors.http import Http
from connectors.source import SourceError
from layers.model import Complaint, Record
from layers.store import Store

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_BYTES = 8 << 20
MAX_PIXELS = 40_000_000
"""A picture that unpacks to more is a bomb, or nothing that a telephone made."""

MOST = 200
"""Pictures that one run asks for,"""

SECONDS = 60.0
"""the time that it takes for them,"""

TROUBLE = 5
"""and how many may fail one after the other: then the host is left alone until the next run."""

RECENT = timedelta(days=30)
"""Pictures of older closings are not fetched: the patterns look at closings of these days."""

FLAT = 4.0
"""Pictures whose brightness spreads less show nothing, and would all be the same."""

_HASH = re.compile(r"[0-9a-f]{16}")


class NoPicture(ValueError):
    """What came is no picture that can be looked at; the message says why in a word."""


def looked_at(body: bytes) -> str:
    """The perceptual hash of a picture, 64 bits as 16 hexadecimal digits (pHash); raises :class:`NoPicture`."""
    try:
        with Image.open(io.BytesIO(body), formats=FORMATS) as picture:
            large = picture.width * picture.height > MAX_PIXELS
            picture.draft("L", (256, 256))  # a JPEG is unpacked small at once
            grey = None if large else picture.convert("L")
    except Exception as error:  # whatever a stranger's file does to the decoder, it is no picture
        raise NoPicture("bukan gambar") from error
    if grey is None:
        raise NoPicture("terlalu besar")
    if ImageStat.Stat(grey).stddev[0] < FLAT:
        raise NoPicture("kosong")
    return str(imagehash.phash(grey))


@dataclass(slots=True, kw_only=True)
class Photos:
    """The photos of one run: ``folder`` is the source's drop folder, ``http`` its client while it is being asked.

    ``fates`` counts what became of those that are not known yet.
    """

    store: Store
    folder: Path
    now: datetime
    http: Http | None = None
    fates: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    failed: int = 0
    spent: float = 0.0

    def settle(self, records: Iterable[Record]) -> None:
        """Put the hash of its photo, or nothing, in place of what each complaint says of it.

        One that is kept with the same closing already keeps its hash, and one without is tried again only when its source
        has told something new of it: nothing is fetched twice.
        """
        said = [record for record in records if isinstance(record, Complaint) and record.photo is not None]
        known = self._known(said)
        for record in said:
            closed, known_at, photo = known.get(record.source_id, (None, None, None))
            tried = record.source_id in known and closed == record.closed and (photo is not None or known_at == record.known_at)
            found = photo if tried else self._find(str(record.photo), record.closed)
            object.__setattr__(record, "photo", found)  # the record is nobody's yet, as in the intake

    @property
    def says(self) -> str | None:
        """What a run says of photos that it did without; ``None`` where there are none."""
        left = {name: n for name, n in sorted(self.fates.items()) if name != "dilihat"}
        return (
            f"{sum(left.values())} foto bukti tidak terbaca ({', '.join(f'{n} {name}' for name, n in left.items())})"
            if left
            else None
        )

    def _known(self, said: Sequence[Complaint]) -> dict[str, tuple[datetime | None, datetime | None, str | None]]:
        return self.store.photos(said[0].source, [record.source_id for record in said]) if said else {}

    def _find(self, said: str, closed: datetime | None) -> str | None:
        if _HASH.fullmatch(said):
            return said
        if closed is None or closed < self.now - RECENT:
            return None  # no evidence of a closing, or of one that nobody compares any more
        try:
            body = self._fetched(said) if re.match(r"https?://", said) else self._read(said)
            found = looked_at(body)
        except NoPicture as error:
            self.fates[str(error)] += 1
            return None
        self.fates["dilihat"] += 1
        return found

    def _fetched(self, url: str) -> bytes:
        if self.http is None or self.asked >= MOST or self.failed >= TROUBLE or self.spent >= SECONDS:
            raise NoPicture("tidak diambil")
        self.asked += 1
        began = monotonic()
        try:
            body = self.http.get(url, most=MAX_BYTES, tries=1).body
        except SourceError as error:
            self.failed += 1
            raise NoPicture("gagal diambil") from error
        finally:
            self.spent += monotonic() - began
        self.failed = 0
        return body

    def _read(self, name: str) -> bytes:
        """A picture of the drop folder: a plain file there, through no link."""
        if name != Path(name).name or name.startswith("."):
            raise NoPicture("bukan nama berkas")
        try:
            with os.fdopen(os.open(self.folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
                body = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise NoPicture("berkas tidak ada") from error
        if len(body) > MAX_BYTES:
            raise NoPicture("terlalu besar")
        return body


def is_picture(name: str) -> bool:
    """Whether a file's name is that of a photo, which is no table to be read."""
    return Path(name).suffix.lower() in (".jpg", ".jpeg", ".png", ".webp")
