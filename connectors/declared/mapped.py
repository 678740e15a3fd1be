"""What the connectors over a declared column map share: the map compiled for a city, and a file's rows in checked batches."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from connectors.declared import readers
from connectors.declared.columns import ID, ColumnMap, as_names, compile_map, identified
from connectors.source import Context, Excluded, FormChanged, Kept, Refused, Row
from layers.city import City

ROWS = 5_000


class Mapped(ColumnMap):
    """A column map that is compiled once for each city that asks.

    ``photo_hosts`` (``https://media.kota.go.id``) give evidence photos beside the source's own host: :mod:`connectors.photos`.
    """

    photo_hosts: tuple[Annotated[str, Field(pattern=r"^https?://[^/]+$")], ...] = ()

    def objection(self, title: str) -> str | None:
        if self.place.shift is not None and "digeser" not in title.casefold():
            return "koordinatnya digeser, maka judul sumber harus menyebut kata 'digeser'"
        return None

    def heading(self, field: str, row: Row) -> str:
        """The column as it stands in the file; of a wide row that was spread, the one that this part of it came from."""
        wide, column = self.unpivot, self.fields.get(field)
        named = (column.headings or column.made_of) if column else as_names(self.id) if field == "source_id" else ()
        if wide is not None and wide.value in named:
            return next((heading for heading, label in wide.columns.items() if label == row.get(wide.name)), wide.value)
        return "/".join(named) or getattr(self.place, field, None) or field

    def headings_asked(self) -> Sequence[str]:
        return ["/".join(names) for names in self.needed]

    @cached_property
    def compiled(self) -> dict[str, Callable[[Row, Context], Kept | Excluded]]:
        """The map compiled for each city that asked; made once, for it is used for every row."""
        return {}

    def reader(self, city: City) -> Callable[[Row, Context], Kept | Excluded]:
        """The compiled map; raises :class:`Refused` for a constant that is not of its field's type."""
        if city.code not in self.compiled:
            try:
                self.compiled[city.code] = compile_map(self, city)
            except ValueError as error:
                raise Refused(f"peta kolom salah: {error}") from error
        return self.compiled[city.code]


def parse(row: Row, config: Mapped, ctx: Context) -> Kept | Excluded:
    return (config.compiled.get(ctx.city.code) or config.reader(ctx.city))(row, ctx)


def key(row: Row) -> str | None:
    found = row.get(ID)
    return found if isinstance(found, str) and found else None


def digest(path: Path) -> str:
    """A file's fingerprint."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:32]


def batches(
    path: Path,
    form: readers.Form,
    name: str,
    columns: ColumnMap,
    *,
    skip: int,
    temp: Path,
    shape: Callable[[readers.Cells], readers.Cells] = lambda row: row,
) -> Iterator[tuple[int, Sequence[Row]]]:
    """The rows after the first ``skip``, each with its identifier, in batches with the number of the file's own rows.

    The headings are checked first. ``shape`` is what each row is passed through before it is looked at.
    """
    rows = map(shape, readers.rows_of(path, form, name, temp))
    at_once = ROWS if columns.unpivot is None else max(ROWS // len(columns.unpivot.columns), 1)
    first = True
    while batch := list(islice(rows, at_once)):
        if first:
            need_columns(batch, columns.needed, name)
            first = False
        if skip >= len(batch):
            skip -= len(batch)
            continue
        batch, skip = batch[skip:], 0
        yield len(batch), identified(batch, columns)


def need_columns(rows: Sequence[Mapping[str, Any]], needed: Sequence[tuple[str, ...]], name: str) -> None:
    """Raise when a declared column is in none of the first rows: a renamed one must not pass for an empty one."""
    there = set().union(*rows)
    if lacking := ["/".join(names) for names in needed if there.isdisjoint(names)]:
        raise FormChanged(f"{name}: kolom hilang: {', '.join(lacking)}")
