"""Rows of a file, of an address or of a database, by a declared column map: CSV, TSV, XLSX, JSON, Parquet, SQLAlchemy."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from connectors.declared import dropped, readers, tables
from connectors.declared.columns import ID, identified
from connectors.declared.mapped import Mapped, batches, digest, key, parse
from connectors.http import Http
from connectors.source import Context, Cursor, Page, Refused, Row, Sample, Source, TryLater
from layers.model import Kind


class Tabular(Mapped):
    """A column map and where its table is: one of ``path``, ``url`` and ``database``, or only the drop folder.

    ``path`` is a file or a pattern (``masuk/*.csv.gz``) inside ``folder``, by default the data folder.
    With ``inbox`` people may lay files into the source's drop folder, alone or beside the others.
    """

    path: Annotated[str, Field(min_length=1)] | None = None
    folder: Path | None = None
    url: Annotated[str, Field(pattern=r"^https?://")] | None = None
    headers: Mapping[str, str] = Field(default_factory=dict)
    database: tables.Database | None = None
    form: readers.Form = readers.Form()
    inbox: bool = False

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        places = sum(given is not None for given in (self.path, self.url, self.database))
        if places > 1 or not (places or self.inbox):
            raise ValueError("nyatakan salah satu: path, url atau database; atau inbox = true")
        return self

    def takes_files(self) -> bool:
        return self.inbox

    @property
    def mark(self) -> str:
        """A digest of the map and of the place of its table: rows are read again when either has changed."""
        place = "" if self.database is None else tables.place(self.database)  # its address is a secret, and masked in the dump
        return hashlib.blake2b((self.model_dump_json(exclude={"photo_hosts"}) + place).encode(), digest_size=8).hexdigest()


def pages(http: Http, config: Tabular, cursor: Cursor | None, ctx: Context) -> Iterator[Page]:
    """New rows since the cursor: of a database by its cursor column, of files those that have changed.

    A file that has changed is read again whole, which does no harm; one that was being read when the run
    ended is gone on with at the same row.
    """
    config.reader(ctx.city)
    if config.database is not None:
        yield from _database_pages(config.database, config, cursor, ctx)
    elif config.url is not None:
        yield from _url_pages(http, config.url, config, cursor, ctx)
    elif config.path is not None:
        yield from _file_pages(config.path, config, cursor, ctx)


def drop(path: Path, name: str, config: Tabular, ctx: Context) -> Iterator[Page]:
    """The rows of a file that a person laid into the drop folder."""
    return dropped.pages(path, name, config.form, config, ctx)


# --- files -------------------------------------------------------------------------------------


def _file_pages(pattern: str, config: Tabular, cursor: Cursor | None, ctx: Context) -> Iterator[Page]:
    folder = (config.folder or ctx.data).resolve()
    files = files_in(pattern, folder)
    mark = config.mark
    held: Mapping[str, Any] = (cursor or {}).get("files", {})
    state = {name: held[name] for name in files if name in held and held[name]["map"] == mark}
    for name, path in files.items():
        stat = path.stat()
        stamp = [stat.st_size, stat.st_mtime_ns]
        known = state.get(name, {})
        if known.get("done") and known["stamp"] == stamp:
            continue
        found = digest(path)
        same = known.get("digest") == found
        skip = known["rows"] if same else 0
        if not (same and known.get("done")):
            for count, rows in batches(path, config.form, name, config, skip=skip, temp=ctx.temp):
                skip += count
                state[name] = {"map": mark, "stamp": stamp, "digest": found, "rows": skip, "done": False}
                yield Page(rows=rows, cursor={"files": dict(state)})
        state[name] = {"map": mark, "stamp": stamp, "digest": found, "rows": skip, "done": True}
        yield Page(rows=(), cursor={"files": dict(state)})


def files_in(pattern: str, folder: Path) -> dict[str, Path]:
    """The files of a pattern by their path inside the folder; raises :class:`Refused` for one outside of it."""
    relative = Path(pattern)
    if relative.is_absolute():
        if not relative.is_relative_to(folder):
            raise Refused(f"berkas di luar folder yang diizinkan: {pattern}")
        relative = relative.relative_to(folder)
    if ".." in relative.parts:
        raise Refused(f"berkas di luar folder yang diizinkan: {pattern}")
    found = [path for path in sorted(folder.glob(str(relative))) if path.is_file()]
    if outside := [path.name for path in found if not path.resolve().is_relative_to(folder)]:
        raise Refused(f"berkas di luar folder yang diizinkan: {', '.join(outside)}")
    if not found and not any(sign in pattern for sign in "*?["):
        raise TryLater(f"berkas belum ada: {pattern}")
    return {path.relative_to(folder).as_posix(): path for path in found}


# --- addresses ---------------------------------------------------------------------------------


def _url_pages(http: Http, url: str, config: Tabular, cursor: Cursor | None, ctx: Context) -> Iterator[Page]:
    """One file of an address; where the server knows that it has not changed, nothing is transferred."""
    mark = config.mark
    known: Mapping[str, Any] = cursor if cursor and cursor.get("map") == mark else {}
    headers = dict(config.headers)
    if known.get("done"):
        headers |= {name: known[field] for name, field in _CONDITIONS.items() if known.get(field)}
    ctx.temp.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ctx.temp) as folder:
        path = Path(folder) / "rows"
        answer = http.save(url, path, headers=headers)
        if answer.status == 304:
            return
        answer.need_data()
        found = digest(path)
        same = known.get("digest") == found
        if same and known.get("done"):
            return
        skip = known["rows"] if same else 0
        state = {"map": mark, "digest": found}
        state |= {name: answer.headers[header] for header, name in _STAMPS.items() if header in answer.headers}
        name = answer.url.rsplit("/", 1)[-1]
        for count, rows in batches(path, config.form, name, config, skip=skip, temp=ctx.temp):
            skip += count
            yield Page(rows=rows, cursor=state | {"rows": skip, "done": False})
        yield Page(rows=(), cursor=state | {"rows": skip, "done": True})


_STAMPS = {"ETag": "etag", "Last-Modified": "modified"}
_CONDITIONS = {"If-None-Match": "etag", "If-Modified-Since": "modified"}


# --- databases ---------------------------------------------------------------------------------


def _database_pages(database: tables.Database, config: Tabular, cursor: Cursor | None, ctx: Context) -> Iterator[Page]:
    folders = [folder.resolve() for folder in (ctx.data, config.folder) if folder is not None]
    mark = config.mark
    last = cursor["last"] if cursor and cursor.get("map") == mark else None
    for rows in tables.rows_of(database, config.headings, last, folders):
        if database.cursor is not None:
            last = next((marked for row in reversed(rows) if (marked := tables.mark(row[database.cursor]))), last)
        yield Page(rows=identified([dict(row) for row in rows], config), cursor={"map": mark, "last": last} if last else None)


SOURCE = Source(
    name="tabular",
    title={"id": "Tabel (CSV, XLSX, JSON, Parquet, basis data)", "en": "Table (CSV, XLSX, JSON, Parquet, database)"},
    kinds=frozenset(Kind),
    config=Tabular,
    pages=pages,
    parse=parse,
    key=key,
    drop=drop,
)

_ROWS = (
    ("A-1", "02/11/2026 07:31", "02/11/2026 09:02", "Selesai", "Jalan berlubang", "LAKSA", "Sukasari"),
    ("A-2", "02/11/2026 08:10", "", "Proses", "Sampah menumpuk", "LAKSA", "Cipondoh"),
    ("A-3", "03/11/2026 10:45", "-", "Menunggu", "Lampu jalan mati", "SP4N-LAPOR!", ""),
    ("A-4", "03/11/2026 11:00", "04/11/2026 08:00", "Uji coba", "Uji coba", "LAKSA", ""),
)
_HEADINGS = ("nomor", "masuk", "selesai", "status", "kategori", "kanal", "kelurahan")


def _sample_row(cells: tuple[str, ...]) -> Row:
    return {ID: cells[0], **dict(zip(_HEADINGS, cells, strict=True))}


SAMPLE = Sample(
    config={
        "kind": "complaint",
        "path": "masuk/aduan.csv",
        "id": "nomor",
        "form": {"delimiter": ";"},
        "fields": {
            "received": {"column": "masuk", "formats": ["%d/%m/%Y %H:%M"]},
            "closed": {"column": "selesai", "formats": ["%d/%m/%Y %H:%M"]},
            "status": {"column": "status", "values": {"Selesai": "selesai", "Proses": "diproses", "Menunggu": "menunggu"}},
            "category": {"column": "kategori"},
            "channel": {"column": "kanal"},
        },
        "place": {"kelurahan": "kelurahan"},
        "exclude": [{"rule": "uji_coba", "column": "status", "values": ["Uji coba"]}],
    },
    rows=tuple(map(_sample_row, _ROWS)),
    broken=(
        _sample_row(("A-5", "31/02/2026 10:00", "", "Proses", "Banjir", "LAKSA", "Sukasari")),
        _sample_row(("A-6", "03/11/2026 10:00", "02/11/2026 10:00", "Selesai", "Banjir", "LAKSA", "Sukasari")),
        _sample_row(("A-7", "03/11/2026 10:00", "", "Entah", "Banjir", "LAKSA", "Sukasari")),
    ),
    files={"masuk/aduan.csv": "\n".join(";".join(cells) for cells in (_HEADINGS, *_ROWS)).encode()},
)
