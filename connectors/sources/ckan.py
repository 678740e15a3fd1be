"""Tables of a CKAN portal (Satu Data): its datastore page by page, or the file of a resource, read by a declared column map."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, model_validator

from connectors.declared import readers
from connectors.declared.columns import identified
from connectors.declared.mapped import Mapped, batches, key, need_columns, parse
from connectors.fields import digest
from connectors.http import Http
from connectors.source import Context, Cursor, FormChanged, Page, Row, Sample, Source
from layers.model import Kind

FORMATS: Mapping[str, readers.Format] = {"csv": "csv", "xlsx": "xlsx", "xls": "xlsx", "ods": "xlsx", "tsv": "tsv", "json": "json"}


class Ckan(Mapped):
    """A column map and where its table is: ``base`` is the portal's address, ``resource`` the id of one resource.

    Instead of a resource, a ``package`` (its id or name) may be named: then its newest resource that has a
    table is read, of those whose name holds the words ``named`` where these are given.
    """

    base: Annotated[str, Field(pattern=r"^https?://")]
    resource: Annotated[str, Field(min_length=1)] | None = None
    package: Annotated[str, Field(min_length=1)] | None = None
    named: str = ""
    token: SecretStr | None = None
    page_size: Annotated[int, Field(ge=1, le=5_000)] = 1_000
    form: readers.Form = readers.Form()

    @model_validator(mode="after")
    def _one_table(self) -> Self:
        if (self.resource is None) == (self.package is None):
            raise ValueError("nyatakan salah satu: resource atau package")
        return self


def pages(http: Http, config: Ckan, cursor: Cursor | None, ctx: Context) -> Iterator[Page]:
    """The whole table when the portal says that it has changed, from the row on where a run was cut off; else nothing."""
    config.reader(ctx.city)
    portal = _Portal(http, config)
    resource = portal.resource()
    changed = str(resource.get("last_modified") or resource.get("metadata_modified") or resource.get("created") or "")
    state = {"mark": digest(config.model_dump_json()), "resource": resource["id"], "changed": changed}
    same = cursor is not None and all(cursor.get(name) == value for name, value in state.items())
    if same and cursor and cursor["done"] and changed:
        return
    skip = cursor["rows"] if same and cursor and not cursor["done"] else 0
    found = portal.records(resource["id"], skip) if resource.get("datastore_active") else portal.file(resource, skip, ctx)
    for count, rows in found:
        skip += count
        yield Page(rows=rows, cursor=state | {"rows": skip, "done": False})
    yield Page(rows=(), cursor=state | {"rows": skip, "done": True})


class _Portal:
    """The portal's action API."""

    def __init__(self, http: Http, config: Ckan) -> None:
        self.http = http
        self.config = config
        self.headers = {} if config.token is None else {"Authorization": config.token.get_secret_value()}

    def resource(self) -> Mapping[str, Any]:
        """The resource to read, as the portal describes it."""
        config = self.config
        if config.resource is not None:
            found = self._ask("resource_show", {"id": config.resource})
            candidates: Any = [found]
        else:
            found = self._ask("package_show", {"id": str(config.package)})
            candidates = found.get("resources") if isinstance(found, Mapping) else None
        if not isinstance(candidates, list) or not all(isinstance(item, Mapping) and item.get("id") for item in candidates):
            raise FormChanged("jawaban CKAN tidak memuat daftar sumber daya (resources)")
        fit = [item for item in candidates if config.resource or _has_table(item, config.named)]
        if not fit:
            raise FormChanged("paket CKAN tidak punya tabel (CSV, XLSX, atau datastore) dengan nama itu")
        return max(fit, key=lambda item: str(item.get("last_modified") or item.get("created") or ""))

    def records(self, resource: str, skip: int) -> Iterator[tuple[int, list[Row]]]:
        """The datastore's rows in the order of their own number, so that pages neither overlap nor leave out."""
        first = True
        while True:
            params = {"resource_id": resource, "limit": self.config.page_size, "offset": skip, "sort": "_id"}
            answer = self._ask("datastore_search", params)
            rows = answer.get("records") if isinstance(answer, Mapping) else None
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise FormChanged("jawaban CKAN tidak memuat baris (records)")
            if first and rows:
                need_columns(rows, self.config.needed, resource)
                first = False
            skip += len(rows)
            if rows:
                yield len(rows), list(identified(rows, self.config))
            total = answer.get("total")
            if not rows or (isinstance(total, int) and skip >= total) or (total is None and len(rows) < self.config.page_size):
                return

    def file(self, resource: Mapping[str, Any], skip: int, ctx: Context) -> Iterator[tuple[int, list[Row]]]:
        """The rows of a resource that is a file only."""
        kind = FORMATS.get(str(resource.get("format") or "").lower())
        form = (
            self.config.form if self.config.form.format or kind is None else self.config.form.model_copy(update={"format": kind})
        )
        url = str(resource.get("url") or "")
        ctx.temp.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=ctx.temp) as folder:
            path = Path(folder) / "rows"
            self.http.save(url, path, headers=self.headers).need_data()
            name = url.rsplit("/", 1)[-1]
            for count, rows in batches(path, form, name, self.config, skip=skip, temp=ctx.temp):
                yield count, list(rows)

    def _ask(self, action: str, params: Mapping[str, Any]) -> Any:
        answer = self.http.get(f"{self.config.base.rstrip('/')}/api/3/action/{action}", params=params, headers=self.headers)
        document = answer.json()
        if not isinstance(document, Mapping) or document.get("success") is not True or "result" not in document:
            raise FormChanged(f"portal CKAN tidak menjawab {action} dengan success: true")
        return document["result"]


def _has_table(resource: Mapping[str, Any], named: str) -> bool:
    form = str(resource.get("format") or "").lower()
    return named.casefold() in str(resource.get("name") or "").casefold() and bool(
        resource.get("datastore_active") or form in FORMATS
    )


SOURCE = Source(
    name="ckan",
    title={"id": "Portal Satu Data (CKAN)", "en": "Open data portal (CKAN)"},
    kinds=frozenset(Kind),
    config=Ckan,
    pages=pages,
    parse=parse,
    key=key,
    tested_on_real=False,
)

_RECORDS: tuple[dict[str, Any], ...] = (
    {"_id": 1, "tahun": 2025, "kode": "36.71.01", "kecamatan": "Tangerang", "puskesmas": "3"},
    {"_id": 2, "tahun": 2025, "kode": "36.71.04", "kecamatan": "Cipondoh", "puskesmas": "4"},
    {"_id": 3, "tahun": 2025, "kode": "", "kecamatan": "Jumlah", "puskesmas": "7"},
)
_RESOURCE = {
    "id": "b1f0c2d4",
    "name": "Puskesmas",
    "format": "CSV",
    "last_modified": "2026-01-05T03:00:00",
    "datastore_active": True,
}


def _answer(result: Any) -> tuple[str, bytes]:
    return "application/json", json.dumps({"help": "", "success": True, "result": result}).encode()


SAMPLE = Sample(
    config={
        "base": "{base}",
        "package": "jumlah-puskesmas",
        "page_size": 2,
        "kind": "measurement",
        "id": ["tahun", "kecamatan"],
        "fields": {
            "name": {"constant": "kesehatan.puskesmas"},
            "subject": {"column": "kecamatan"},
            "value": {"column": "puskesmas"},
            "unit": {"constant": "buah"},
            "measured": {"column": "tahun", "formats": ["%Y"]},
        },
        "place": {"code": "kode"},
        "exclude": [{"rule": "baris_jumlah", "column": "kecamatan", "values": ["Jumlah"]}],
    },
    rows=tuple({**row, "#id": f"{row['tahun']}/{row['kecamatan']}"} for row in _RECORDS),
    broken=(
        {**_RECORDS[0], "#id": "2025/Benda", "puskesmas": "tiga"},
        {**_RECORDS[0], "#id": "2025/Benda", "tahun": "dua ribu"},
    ),
    responses={
        "/api/3/action/package_show": _answer({"name": "jumlah-puskesmas", "resources": [_RESOURCE]}),
        "/api/3/action/datastore_search?offset=0": _answer({"total": 3, "records": _RECORDS[:2]}),
        "/api/3/action/datastore_search?offset=2": _answer({"total": 3, "records": _RECORDS[2:]}),
        "/api/3/action/datastore_search?offset=3": _answer({"total": 3, "records": []}),
    },
)
