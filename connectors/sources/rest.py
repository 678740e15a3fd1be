"""Rows of a JSON API by a declared column map: token or login, pages of five kinds, only what is new, the past as one file."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from connectors.answer import Answer
from connectors.declared import readers
from connectors.declared.cells import reader
from connectors.declared.columns import ID, as_names, identified
from connectors.declared.derived import Name
from connectors.declared.mapped import ROWS, Mapped, batches, digest, key, need_columns, parse
from connectors.declared.paging import Paging
from connectors.declared.service import Auth, Fault, Query, Service, Url, found
from connectors.fields import digest as fingerprint
from connectors.http import Http
from connectors.source import Config, Context, Cursor, FormChanged, Page, Row, Sample, Source, TryLater
from layers.facts import Duration
from layers.model import RECORDS, Kind
from layers.snapshot import AHEAD

DEEP = 8
"""Objects within objects that are laid flat; what lies deeper is nobody's column."""

YEAR = "{tahun}"
"""Stands in an address or a parameter for the year that it is in the city."""


class Since(Config):
    """Ask only for what is new: the parameter ``name`` gets the newest value met of ``column``, less ``lag``.

    The stretch ``lag`` is asked for again each time: rows come late, and a row that says the same changes
    nothing. ``format`` is how the parameter is written (``iso``, ``epoch`` or strftime, in the source's zone), ``formats``
    how the column is; ``start`` is where the first question begins, without which it asks for everything.
    """

    name: Name
    column: Name
    format: str = "iso"
    formats: tuple[str, ...] = ()
    lag: Duration = timedelta(minutes=10)
    start: AwareDatetime | None = None


class Export(Config):
    """The past as one file, read by the same column map before the first question."""

    url: Url
    form: readers.Form = readers.Form()


class Rest(Mapped):
    """A column map over the objects of a JSON answer, the objects inside them laid flat (``lokasi.lat``).

    ``rows`` says where their list stands. ``params``, and those of ``paging`` and ``since``, go into the query, or with
    ``method = "POST"`` into the JSON body; :data:`YEAR` stands for the year. ``sparse`` is for a service that leaves out
    fields without a value; ``blank`` says what an empty answer means: it is unwell (``later``), or there are no rows
    (``none``).
    """

    url: Url
    method: Literal["GET", "POST"] = "GET"
    params: Mapping[str, Any] = Field(default_factory=dict)
    headers: Mapping[str, str] = Field(default_factory=dict)
    auth: Auth = Auth()
    rows: Query = "@"
    error: Fault | None = None
    paging: Paging = Paging()
    since: Since | None = None
    export: Export | None = None
    sparse: bool = False
    blank: Literal["later", "none"] = "later"

    @property
    def mark(self) -> str:
        """A digest of the map and of the place of its rows: they are read again when either has changed."""
        said = self.model_dump_json(exclude={"auth", "headers", "photo_hosts"})  # a new token is no new map
        return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()

    @property
    def checked(self) -> tuple[tuple[str, ...], ...]:
        """The columns that have to be in an answer's rows: all, or of a sparse service those that each row needs."""
        needed = self.needed
        if self.sparse:
            must = {f.name for f in fields(RECORDS[self.kind]) if f.default is MISSING}
            used = {column.headings for name, column in self.fields.items() if name in must and column.default is None}
            needed = tuple(names for names in needed if names in used or names[0] in as_names(self.id))
        marked = () if self.since is None else ((self.since.column,),)
        return tuple(dict.fromkeys((*needed, *marked)))


def pages(http: Http, config: Rest, cursor: Cursor | None, ctx: Context) -> Iterator[Page]:
    """The past, once; then what is new since the newest row met. A walk over pages that was cut off is gone on with."""
    config.reader(ctx.city)
    mark = config.mark
    state: Mapping[str, Any] = cursor if cursor and cursor.get("map") == mark else {"map": mark}
    service = Service(http, config.auth, config.headers, config.error)
    if config.export is not None and state.get("export") != "done":
        for page in _past(service, config.export, config, state, ctx):
            state = page.cursor or state
            yield page
    yield from _present(service, config, state, ctx)


# --- the past ------------------------------------------------------------------------------------


def _past(service: Service, export: Export, config: Rest, state: Cursor, ctx: Context) -> Iterator[Page]:
    """The rows of the export; of one that is still the same, those after the last row that was taken."""
    ctx.temp.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ctx.temp) as folder:
        path = Path(folder) / "rows"
        name = service.save(export.url, path).url.rsplit("/", 1)[-1]
        known, file, top = state.get("export") or {}, digest(path), state.get("top")
        done = known["rows"] if known.get("digest") == file else 0
        for count, rows in batches(path, export.form, name, config, skip=done, temp=ctx.temp, shape=flat):
            done, top = done + count, _newest(rows, config, top, ctx)
            yield Page(rows=rows, cursor={**state, "top": top, "export": {"digest": file, "rows": done}})
        yield Page(rows=(), cursor={**state, "top": top, "export": "done"})


# --- what is new ---------------------------------------------------------------------------------


def _present(service: Service, config: Rest, state: Cursor, ctx: Context) -> Iterator[Page]:
    """One walk over the pages of one question; its place stands in the cursor while it is under way.

    Numbered pages shift when rows change between two questions, and a row may slip past: such a walk is due once more.
    """
    base = {name: value for name, value in state.items() if name not in ("walk", "digest")}
    walk = state.get("walk") or {
        "since": _since(config, state.get("top"), ctx),
        "at": None,
        "got": 0,
        "began": ctx.now.isoformat(),
    }
    resumed, top = "walk" in state, state.get("top")
    while True:
        try:
            answer = _ask(service, config, walk, ctx)
        except FormChanged:
            if not resumed:
                raise
            walk, resumed = {**walk, "at": None, "got": 0}, False  # the place may be forgotten there: from its beginning
            continue
        resumed = False
        seen = {"digest": fingerprint(answer.body)} if config.paging.kind == "none" and config.since is None else {}
        if seen and seen["digest"] == state.get("digest"):
            return
        document, found_rows = _rows(answer, config)
        rows = identified(found_rows, config)
        top = _newest(rows, config, top, ctx)
        got = walk["got"] + len(found_rows)
        after = config.paging.following(walk["at"], len(found_rows), got, answer, document, config.url)
        due = after is not None or _shifted(config, walk, top)
        walk = {**walk, "at": after, "got": got} if after is not None else {"since": walk["since"], "at": None, "got": 0}
        cursor = {**base, "top": top, **seen} | ({"walk": walk} if due else {})
        for start in range(0, len(rows) or int(cursor != state), ROWS):
            yield Page(rows=rows[start : start + ROWS], cursor=cursor if start + ROWS >= len(rows) else None)
        if after is None:
            return
        state = cursor


def _shifted(config: Rest, walk: Mapping[str, Any], top: str | None) -> bool:
    """Whether rows changed while a walk went over several numbered pages; of one that is walked again it is not asked."""
    since, began = config.since, walk.get("began")
    if since is None or top is None or began is None or walk["at"] is None or config.paging.kind not in ("page", "offset"):
        return False
    return datetime.fromisoformat(top) >= datetime.fromisoformat(began) - since.lag


def _ask(service: Service, config: Rest, walk: Mapping[str, Any], ctx: Context) -> Answer:
    if config.paging.kind == "link" and walk["at"] is not None:
        return service.get(str(walk["at"]), {})
    year = str(ctx.now.astimezone(config.zone or ctx.city.zone).year)
    url = config.url.replace(YEAR, year)
    params = {name: value.replace(YEAR, year) if isinstance(value, str) else value for name, value in config.params.items()}
    params |= config.paging.params(walk["at"])
    if config.since is not None and walk["since"] is not None:
        params[config.since.name] = walk["since"]
    return service.post(url, params) if config.method == "POST" else service.get(url, params)


def _rows(answer: Answer, config: Rest) -> tuple[Any, list[dict[str, Any]]]:
    """An answer's document and its rows laid flat; raises where it is not of the agreed form."""
    if not answer.body.strip():
        if answer.status == 204 or config.blank == "none":
            return None, []
        raise TryLater(f"jawaban kosong: {answer.url}")
    document = answer.json()
    if config.error is not None and config.error.judge(document):
        return document, []
    rows = found(config.rows, document)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise FormChanged(f"tidak ada daftar baris di {config.rows!r} (rows): {answer.url}")
    laid = [flat(row) for row in rows]
    if laid:
        there = set().union(*laid)
        needed = [names for names in config.checked if not any(_within(name, there) for name in names)]
        need_columns(laid, needed, answer.url.rsplit("/", 1)[-1])
    return document, laid


def _within(name: str, there: set[str]) -> bool:
    """Whether an object that would hold the column is there, empty: ``lokasi`` is null, so ``lokasi.lat`` is not missing."""
    steps = name.split(".")
    return any(".".join(steps[:end]) in there for end in range(1, len(steps)))


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """An object with the objects inside it laid flat: ``{"lokasi": {"lat": 1}}`` is ``{"lokasi.lat": 1}``."""
    if not any(isinstance(value, dict) for value in row.values()):
        return dict(row)
    laid: dict[str, Any] = {}
    waiting = [("", row, 0)]
    while waiting:
        before, inner, depth = waiting.pop()
        for name, value in inner.items():
            if isinstance(value, dict) and value and depth < DEEP:
                waiting.append((f"{before}{name}.", value, depth + 1))
            else:
                laid[f"{before}{name}"] = value if value != {} else None
    return laid


def _newest(rows: Sequence[Row], config: Rest, top: str | None, ctx: Context) -> str | None:
    """The newest time of the rows and of those before; what lies ahead of us is not believed, or nothing would be new again."""
    if config.since is None:
        return None
    read = reader("time", config.zone or ctx.city.zone, config.since.formats, ".")
    newest = None if top is None else datetime.fromisoformat(top)
    for row in rows:
        try:
            moment = read(row.get(config.since.column))
        except ValueError:
            continue  # the row goes to quarantine if the map reads this column
        if moment is not None and moment <= ctx.now + AHEAD and (newest is None or moment > newest):
            newest = moment
    return None if newest is None else newest.isoformat()


def _since(config: Rest, top: str | None, ctx: Context) -> str | None:
    """The value of the parameter for what is new; ``None`` to ask for everything."""
    since = config.since
    if since is None:
        return None
    moment = since.start if top is None else datetime.fromisoformat(top) - since.lag
    if moment is None:
        return None
    if since.format in ("epoch", "%s"):  # strftime would count in the zone of this machine
        return str(int(moment.timestamp()))
    local = moment.astimezone(config.zone or ctx.city.zone)
    return local.isoformat(timespec="seconds") if since.format == "iso" else local.strftime(since.format)


SOURCE = Source(
    name="rest",
    title={"id": "Layanan JSON (REST)", "en": "JSON service (REST)"},
    kinds=frozenset(Kind),
    config=Rest,
    pages=pages,
    parse=parse,
    key=key,
)

_AGREED = ("nomor", "diterima", "diubah", "selesai", "status", "kategori", "kanal")
_CELLS = (
    (
        "A-1",
        "2026-11-02T07:31:00+07:00",
        "2026-11-02T09:02:00+07:00",
        "2026-11-02T09:02:00+07:00",
        "selesai",
        "Jalan rusak",
        "Web",
    ),
    ("A-2", "2026-11-02T08:10:00+07:00", "2026-11-02T08:10:00+07:00", None, "proses", "Sampah", "Aplikasi"),
    ("A-3", "2026-11-03T10:45:00+07:00", "2026-11-03T11:00:00+07:00", None, "menunggu", "Lampu jalan", "Aplikasi"),
    ("A-4", "2026-11-03T11:00:00+07:00", "2026-11-04T08:00:00+07:00", None, "uji", "Uji coba", "Web"),
)


def _sample_row(cells: tuple[str | None, ...], kelurahan: str | None = "Sukasari") -> Row:
    return dict(zip(_AGREED, cells, strict=True)) | {"lokasi.kelurahan": kelurahan, ID: cells[0]}


def _answer(cells: Sequence[tuple[str | None, ...]]) -> tuple[str, bytes]:
    rows = [dict(zip(_AGREED, row, strict=True)) | {"lokasi": {"kelurahan": "Sukasari"}} for row in cells]
    return "application/json", json.dumps({"data": {"items": rows, "total": len(_CELLS)}}).encode()


SAMPLE = Sample(
    config={
        "kind": "complaint",
        "url": "{base}/api/aduan",
        "auth": {"token": "contoh"},
        "rows": "data.items",
        "paging": {"kind": "page", "size": 3, "total": "data.total"},
        "since": {"name": "diubah_sejak", "column": "diubah"},
        "id": "nomor",
        "fields": {
            "known_at": {"column": "diubah"},
            "received": {"column": "diterima"},
            "closed": {"column": "selesai"},
            "status": {"column": "status", "values": {"selesai": "selesai", "proses": "diproses", "menunggu": "menunggu"}},
            "category": {"column": "kategori"},
            "channel": {"column": "kanal"},
        },
        "place": {"kelurahan": "lokasi.kelurahan"},
        "exclude": [{"rule": "uji_coba", "column": "status", "values": ["uji"]}],
    },
    rows=tuple(map(_sample_row, _CELLS)),
    broken=(
        _sample_row(("A-5", "kemarin", "2026-11-03T11:00:00+07:00", None, "proses", "Banjir", "Web")),
        _sample_row(("A-6", "2026-11-03T10:00:00+07:00", None, "2026-11-02T10:00:00+07:00", "selesai", "Banjir", "Web")),
        _sample_row(("A-7", "2026-11-03T10:00:00+07:00", None, None, "entah", "Banjir", "Web")),
    ),
    responses={"/api/aduan?page=1": _answer(_CELLS[:3]), "/api/aduan?page=2": _answer(_CELLS[3:])},
)
