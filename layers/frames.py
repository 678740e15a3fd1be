"""The store's records as columnar frames: immutable Arrow files by kind and local month, memory-mapped by every reader.

One process writes (:meth:`Frames.refresh`), any number read. A file is never changed: a patched month
gets a new file, ``manifest.json`` is replaced last by an atomic rename, and a file that no manifest
names is removed after :data:`GRACE`. Everything here is a copy: what cannot be trusted is built again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import polars as pl
import pyarrow as pa

from layers import holding
from layers.areas import AreaTree
from layers.city import City
from layers.model import PRIVATE, UNPLACED, Kind
from layers.packages import once
from layers.sqltypes import record_fields

GRACE = timedelta(minutes=2)
"""How long a replaced file stays: longer than any reader needs between manifest and file."""

FLUSH_ROWS = 50_000
"""Changes held in memory before the months they touch are written; bounds the memory of a first build."""

SEN = 100
"""Money is whole sen in the frames; divide by this for rupiah."""

_PLAIN = frozenset({"source_id", "title", "plan_id", "provider", "subject", "photo"})
"""Text that hardly repeats; all other text is stored once and pointed to."""

KEY = ["source", "source_id"]
_LEFT_OUT = PRIVATE | {"seen_at", "known_at"}


class Changes(Protocol):
    """What the frames need of the store."""

    def head(self) -> int:
        """The highest change number."""

    def identity(self) -> str:
        """What tells this store from every other one."""

    def changes(self, kind: Kind, since: int, limit: int | None = None) -> Any:
        """Current versions that changed after ``since``, by rising ``seq``, as Arrow record batches with ``moved_from``."""

    def versions(self, seqs: Sequence[int]) -> Any:
        """All versions of the complaints with these change numbers that have several, as an Arrow table; more does no harm."""

    def retold(self, since: int) -> Any:
        """Complaints of which an earlier version came after ``since``, and no newer one: chunks as of :meth:`changes`."""

    def gone(self, kind: Kind, since: int) -> list[tuple[str, str, str]]:
        """(source, source_id, months joined by commas) of records that went after ``since`` and are not back."""


def schema(kind: Kind) -> dict[str, Any]:
    """The columns of a kind's frame: the record's own, then ``kecamatan`` (or null) and the local ``month``.

    Complaints also have what their versions tell (:data:`layers.holding.COLUMNS`).
    """
    columns = {name: _dtype(name, python) for name, (python, _) in record_fields(kind).items() if name not in _LEFT_OUT}
    columns |= holding.COLUMNS if kind is Kind.COMPLAINT else {}
    return columns | {"kecamatan": pl.Categorical, "month": pl.Categorical}


def shaped(kind: Kind, chunk: pl.DataFrame, tree: AreaTree) -> pl.DataFrame:
    """A chunk with the frame's columns and ``moved_from``; a place that is no kelurahan of the city counts as unplaced."""
    kelurahan = [a.code for a in tree.kelurahan]
    kecamatan = {a.code: a.parent for a in tree.kelurahan} | {a.code: a.code for a in tree.kecamatan}
    area = pl.col("area").cast(pl.String)
    placed = chunk.with_columns(
        area=pl.when(area.is_in(kelurahan)).then(area).otherwise(pl.lit(UNPLACED)),
        kecamatan=area.replace_strict(kecamatan, default=None, return_dtype=pl.String),
    )
    columns = schema(kind) | {"moved_from": pl.String}
    return placed.select(pl.col(name).cast(dtype) for name, dtype in columns.items())


def _dtype(name: str, python: type) -> Any:
    if issubclass(python, str):
        return pl.String if name in _PLAIN else pl.Categorical
    return {datetime: pl.Datetime("us", "UTC"), Decimal: pl.Int64, bool: pl.Boolean, int: pl.Int64, float: pl.Float64}[python]


@dataclass(frozen=True, slots=True)
class View:
    """The frames at one version: what one computation reads from first to last."""

    version: int
    seq: int
    _files: Mapping[Kind, Mapping[str, pl.DataFrame]]
    _joined: dict[Kind, pl.DataFrame] = field(default_factory=dict)

    def frame(self, kind: Kind) -> pl.DataFrame:
        """The records of a kind that count: all current ones, and of packages each once (:func:`layers.packages.once`).

        Empty, with its columns, when there are none.
        """
        if kind not in self._joined:
            self._joined[kind] = once(self.told(kind)) if kind is Kind.PACKAGE else self.told(kind)
        return self._joined[kind]

    def told(self, kind: Kind) -> pl.DataFrame:
        """All current records of a kind as every source tells them: what a figure can be walked back to."""
        parts = self.parts(kind)
        return pl.concat(parts, rechunk=False) if parts else pl.DataFrame(schema=schema(kind))

    def parts(self, kind: Kind) -> Sequence[pl.DataFrame]:
        """:meth:`told` month by month: of a month that did not change it is the same object in every view."""
        return list(self._files.get(kind, {}).values())

    def kept(self, files: Mapping[Kind, Mapping[str, pl.DataFrame]]) -> dict[Kind, pl.DataFrame]:
        """What was joined here of the kinds that have the very same files there."""
        joined = dict(self._joined)  # a reader may be joining more
        return {kind: joined[kind] for kind in joined if _same(self._files.get(kind, {}), files.get(kind, {}))}


def _same(some: Mapping[str, pl.DataFrame], others: Mapping[str, pl.DataFrame]) -> bool:
    return some.keys() == others.keys() and all(others[month] is frame for month, frame in some.items())


class Views(Protocol):
    """What figures are computed from: the frames, or those of a moment gone by."""

    def view(self) -> View:
        """The frames at one version."""


class Still:
    """Frames that stay as they are."""

    def __init__(self, view: View) -> None:
        self._view = view

    def view(self) -> View:
        return self._view


class Frames:
    """Frames in ``directory`` for one city; the same object can write and read.

    Raises nothing for a missing or damaged copy: a reader sees empty frames at version 0 until a
    writer has built them.
    """

    def __init__(self, directory: Path, city: City, tree: AreaTree) -> None:
        self.directory = directory
        self._zone = city.zone
        self._tree = tree
        codes = [a.code for a in tree.kelurahan]
        form = [sorted((k, sorted((c, str(t)) for c, t in schema(k).items())) for k in Kind), codes, city.zone.key]
        self._form = hashlib.sha256(json.dumps(form).encode()).hexdigest()[:16]
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._open: dict[str, pl.DataFrame] = {}
        self._view = View(0, 0, {})

    # --- reading -----------------------------------------------------------------------------

    @property
    def version(self) -> int:
        return self.view().version

    @property
    def seq(self) -> int:
        """The store's change number up to which the frames speak."""
        return self.view().seq

    def frame(self, kind: Kind) -> pl.DataFrame:
        """The kind's frame at the newest version; for several kinds at one version use :meth:`view`."""
        return self.view().frame(kind)

    def view(self) -> View:
        """The newest version; only files that changed are opened again."""
        with self._lock:
            for _ in range(5):
                try:
                    return self._reload()
                except FileNotFoundError:  # replaced and removed between manifest and file
                    continue
            return self._view

    def _reload(self) -> View:
        try:
            stat = self._manifest.stat()
        except FileNotFoundError:
            return self._view
        if (stamp := (stat.st_mtime_ns, stat.st_ino)) != self._stamp:
            manifest = self._read()
            if not manifest.get("whole"):  # a refresh is under way or was killed: no figure from half of the changes
                return self._view
            opened: dict[str, pl.DataFrame] = {}
            files: dict[Kind, dict[str, pl.DataFrame]] = {}
            for kind, entry in manifest["kinds"].items():
                for month, name in sorted(entry["months"].items()):
                    opened[name] = self._open[name] if name in self._open else self._map(name)
                    files.setdefault(Kind(kind), {})[month] = opened[name]
            self._open, self._stamp = opened, stamp
            self._view = View(manifest["version"], manifest["seq"], files, self._view.kept(files))
        return self._view

    def _map(self, name: str) -> pl.DataFrame:
        return pl.DataFrame(pl.from_arrow(pa.ipc.open_file(pa.memory_map(str(self.directory / name))).read_all()))

    @property
    def _manifest(self) -> Path:
        return self.directory / "manifest.json"

    def _read(self) -> dict[str, Any]:
        """The manifest, or that of no frames at all when there is none, it is damaged or of another form."""
        try:
            found = json.loads(self._manifest.read_text("utf-8"))
        except (FileNotFoundError, ValueError):  # ValueError: neither JSON nor UTF-8
            found = None
        if not isinstance(found, dict):
            return self._none(0)
        return found if found.get("form") == self._form else self._none(found.get("version", 0))

    def _none(self, version: int) -> dict[str, Any]:
        """The manifest of no frames at all, to build from."""
        return {"form": self._form, "version": version, "seq": 0, "store": None, "whole": False, "kinds": {}}

    # --- writing -----------------------------------------------------------------------------

    def refresh(self, store: Changes) -> bool:
        """Bring the frames up to the store's head; return whether anything changed.

        Safe to call from several processes: they take turns. Killed at any moment it leaves the last
        whole version, and the next call goes on from there.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        with self._turn():
            manifest, head, identity = self._read(), store.head(), store.identity()
            other = manifest.get("store") != identity or manifest["seq"] > head  # also this store, put back from a copy
            if other or not self._whole(manifest):
                manifest = self._none(manifest["version"]) | {"store": identity}
            if manifest.get("whole") and manifest["seq"] == head:
                return False
            manifest["whole"] = False
            for kind in Kind:
                self._catch_up(kind, store, manifest)
            self._commit(manifest | {"seq": head, "whole": True})
            self._sweep()
            return True

    def _catch_up(self, kind: Kind, store: Changes, manifest: dict[str, Any]) -> None:
        entry = manifest["kinds"].setdefault(kind.value, {"seq": manifest["seq"], "months": {}})
        held: list[pl.DataFrame] = []
        rows = last = 0
        since = max(entry["seq"], manifest["seq"])
        for chunk in chain(store.retold(since) if kind is Kind.COMPLAINT else (), store.changes(kind, since)):
            frame = pl.DataFrame(pl.from_arrow(chunk))
            if frame.height:
                last = max(last, int(frame["seq"].max()))  # type: ignore[arg-type]
                if kind is Kind.COMPLAINT:
                    versions = store.versions(frame["seq"].to_list())
                    frame = holding.told(frame, pl.DataFrame(pl.from_arrow(versions)))
                held.append(shaped(kind, frame, self._tree))
                rows += frame.height
            if rows >= FLUSH_ROWS:
                self._patch(kind, held, last, manifest)
                held, rows = [], 0
        left = store.gone(kind, manifest["seq"])  # after the changes: what went while they were read is taken out again
        if held or left:
            self._patch(kind, held, max(last, entry["seq"]), manifest, left)

    def _patch(
        self, kind: Kind, held: list[pl.DataFrame], seq: int, manifest: dict[str, Any], ended: Sequence[tuple[str, str, str]] = ()
    ) -> None:
        """Put the changed rows into their months; take their former versions and what ended out of those that held them."""
        columns = schema(kind) | {"moved_from": pl.String}
        over = pl.DataFrame(
            ended, schema={"source": pl.Categorical, "source_id": pl.String, "moved_from": pl.String}, orient="row"
        )
        fresh = pl.concat([pl.DataFrame(schema=columns), *held]).unique(KEY, keep="last", maintain_order=True)
        fresh = fresh.join(over, on=KEY, how="anti")
        arriving = {str(month): part for (month,), part in fresh.drop("moved_from").partition_by("month", as_dict=True).items()}
        left = pl.concat([fresh.select(*KEY, "moved_from"), over]).with_columns(pl.col("moved_from").str.split(","))
        left = left.explode("moved_from").drop_nulls("moved_from")
        leaving = {str(month): part for (month,), part in left.partition_by("moved_from", as_dict=True).items()}
        entry = manifest["kinds"][kind.value]
        months: dict[str, str] = dict(entry["months"])
        for month in sorted({*arriving, *(leaving.keys() & months.keys())}):
            parts = [arriving[month]] if month in arriving else []
            if month in months:
                gone = pl.concat([part.select(KEY) for part in (*parts, leaving.get(month)) if part is not None])
                parts.insert(0, self._map(months[month]).join(gone, on=KEY, how="anti"))
            rows = pl.concat(parts)
            name = self._write(kind, month, rows) if rows.height else None
            if month in months:
                os.utime(self.directory / months.pop(month))  # its grace begins
            if name:
                months[month] = name
        manifest["kinds"][kind.value] = {"seq": seq, "months": months}
        self._commit(manifest)

    def _write(self, kind: Kind, month: str, frame: pl.DataFrame) -> str:
        """Write a month under the hash of its content, so that a name never means two things."""
        part = self.directory / f"{kind.value}.{month}.part"
        frame.rechunk().write_ipc(part, compression="uncompressed")
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=10)).hexdigest()
        name = f"{kind.value}.{month}.{digest}.arrow"
        part.replace(self.directory / name)
        return name

    def _commit(self, manifest: dict[str, Any]) -> None:
        manifest["version"] += 1
        part = self._manifest.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            json.dump(manifest, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._manifest)

    def _named(self, manifest: dict[str, Any]) -> set[str]:
        return {name for entry in manifest["kinds"].values() for name in entry["months"].values()}

    def _whole(self, manifest: dict[str, Any]) -> bool:
        """Whether every file that the manifest names is there and ends as an Arrow file does."""
        for name in self._named(manifest):
            try:
                with (self.directory / name).open("rb") as file:
                    file.seek(-6, os.SEEK_END)
                    if file.read() != b"ARROW1":
                        return False
            except OSError:
                return False
        return True

    def _sweep(self) -> None:
        """Remove files that no manifest names, once they have been so for :data:`GRACE`."""
        named, latest = self._named(self._read()), time.time() - GRACE.total_seconds()
        for path in self.directory.glob("*.arrow"):
            if path.name not in named and path.stat().st_mtime < latest:
                path.unlink()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with (self.directory / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
