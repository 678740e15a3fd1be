"""What a profile's sample rows come in: the file, the table or the answers that its source would give."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel
from sqlalchemy.engine import make_url

from connectors.declared.readers import Form
from connectors.sources.rest import Rest
from connectors.sources.tabular import Tabular

Rows = Sequence[Mapping[str, Any]]
Answers = dict[str, tuple[str, bytes]]


def fill(value: Any, base: str, data: str = "{data}") -> Any:
    """A sample's configuration with ``{base}`` replaced by a server's address and ``{data}`` by a data folder."""
    if isinstance(value, str):
        return value.replace("{base}", base).replace("{data}", data)
    if isinstance(value, Mapping):
        return {key: fill(item, base, data) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [fill(item, base, data) for item in value]
    return value


def answers(config: BaseModel, rows: Rows) -> Answers:
    """What a server answers to a profile's questions; nothing for one that asks no server."""
    if isinstance(config, Tabular) and config.url is not None:
        return {_path(config.url): ("text/csv", _text(config.form, Path(urlsplit(config.url).path), rows))}
    return _service(config, rows) if isinstance(config, Rest) else {}


def files(config: BaseModel, rows: Rows) -> dict[str, bytes]:
    """A profile's file or SQLite database, by its path under the data folder; nothing for one that asks a server."""
    if not isinstance(config, Tabular) or config.url is not None:
        return {}
    if config.database is not None:
        name = make_url(config.database.url.get_secret_value()).database or ""
        return {name.removeprefix("{data}/"): _database(config.database.table, rows)}
    path = (config.path or "").replace("*", "contoh")
    return {path: _text(config.form, Path(path), rows)}


def _headings(rows: Rows) -> list[str]:
    return list(dict.fromkeys(heading for row in rows for heading in row))


def _text(form: Form, path: Path, rows: Rows) -> bytes:
    if (form.format or path.suffix.lstrip(".")) == "json":
        return json.dumps(_at(form.records or "@", list(rows)), default=str).encode()
    out = io.StringIO("\n" * form.skip)
    out.seek(0, io.SEEK_END)
    writer = csv.DictWriter(out, _headings(rows), delimiter=form.delimiter or ",", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(form.encoding)


def _database(table: str, rows: Rows) -> bytes:
    names = _headings(rows)
    columns = ", ".join('"{}"'.format(name.replace('"', '""')) for name in names)
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f'CREATE TABLE "{table}" ({columns})')
        marks = ", ".join("?" * len(names))
        connection.executemany(f'INSERT INTO "{table}" VALUES ({marks})', [[row.get(name) for name in names] for row in rows])  # noqa: S608
        return connection.serialize()


def _service(config: Rest, rows: Rows) -> Answers:
    paging, path = config.paging, _path(config.url)
    document = _at(config.rows, [_nested(row) for row in rows])
    nothing = _at(config.rows, [])
    for place in (paging.total,) if paging.total else ():
        document, nothing = _merged(document, _at(place, len(rows))), _merged(nothing, _at(place, len(rows)))
    made = {path: _json(document)}
    if paging.kind in ("page", "offset"):
        first = "&".join(f"{name}={value}" for name, value in paging.params(None).items() if name != paging.size_name)
        made = {f"{path}?{first}": _json(document), path: _json(nothing)}
    if config.export is not None:
        made[_path(config.export.url)] = ("text/csv", _text(config.export.form, Path(_path(config.export.url)), rows))
    if config.auth.login is not None:
        made[_path(config.auth.login.url)] = _json(_at(config.auth.login.token, "contoh"))
    return made


def _path(url: str) -> str:
    return urlsplit(url).path or "/"


def _json(document: Any) -> tuple[str, bytes]:
    return "application/json", json.dumps(document, default=str).encode()


def _at(place: str, value: Any) -> Any:
    """A document in which ``value`` stands at a place of plain names (``data.items``)."""
    for step in reversed([] if place == "@" else place.split(".")):
        value = {step: value}
    return value


def _merged(one: Any, other: Any) -> Any:
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return one
    return one | {name: _merged(one[name], value) if name in one else value for name, value in other.items()}


def _nested(row: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for heading, value in row.items():
        nested = _merged(nested, _at(heading, value))
    return nested
