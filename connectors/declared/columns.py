"""A declared column map -> one lean function from a row to a record; compiled once for a source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, get_type_hints
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from connectors.declared.cells import Reader, Type, as_text, filled, reader, remembering
from connectors.declared.derived import Derived, Make, Name, bounded, maker
from connectors.source import BadRow, Config, Context, Excluded, Kept, Place, Row
from layers.city import City
from layers.model import RECORDS, Kind, Stage, Status

ID = "#id"
"""Key under which a row carries its own identifier, joined from the declared columns when it was read."""

TORN = "#sel"
"""Key under which a row says how many cells it had, when that is not the number of headings."""

NOT_FILLED = "tidak_diisi"
"""The rule by which an empty cell of an :class:`Unpivot` does not count."""

Names = Name | Annotated[tuple[Name, ...], Field(min_length=1)]

_OWN = frozenset({"source", "source_id", "seen_at", "area", "placed_by", "mentions"})
"""What the room itself gives to a record."""

_TYPES: Mapping[Any, Type] = {str: "text", int: "int", float: "float", Decimal: "money", datetime: "time", bool: "bool"}
_CODES: Mapping[Any, frozenset[str]] = {kind: frozenset(kind) for kind in (Status, Stage)}

Get = Callable[[Row], Any]


class Column(Derived):
    """Where one field of a record comes from: a column, a constant, or several columns (:class:`Derived`).

    ``column`` is a heading, or several of which the first filled one counts; ``constant`` stands instead
    of a column, ``default`` where the column is empty. ``values`` is a code table (without regard to
    case), or ``"opd"`` for the names and codes of the city's own OPDs; ``unknown`` says what a value does
    that it lacks: ``quarantine`` the row, leave the field ``empty``, or ``keep`` the value as it is.
    ``zone`` is the zone of times without an offset, ``decimal`` the decimal sign of numbers in text;
    ``between`` are the bounds of a number.
    """

    column: Names | None = None
    constant: str | int | float | bool | None = None
    default: str | int | float | bool | None = None
    type: Type | None = None
    formats: tuple[str, ...] = ()
    zone: ZoneInfo | None = None
    decimal: Literal[".", ","] = "."
    values: Mapping[str, str] | Literal["opd"] | None = None
    unknown: Literal["quarantine", "empty", "keep"] = "quarantine"
    between: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        made = (self.filled, self.minutes_between, self.within, self.joined or None)
        if sum(origin is not None for origin in (self.column, self.constant, *made)) != 1:
            raise ValueError("nyatakan salah satu saja: column, constant, filled, minutes_between, within atau joined")
        return self

    @property
    def headings(self) -> tuple[str, ...]:
        return as_names(self.column)


class Exclude(Config):
    """A rule with a name: rows whose ``column`` holds one of ``values`` do not count."""

    rule: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,60}$")]
    column: Name
    values: Annotated[tuple[str, ...], Field(min_length=1)]


class Shift(Config):
    """Degrees that are added to every coordinate: for data of another city in a rehearsal."""

    dlat: Annotated[float, Field(ge=-180, le=180)]
    dlon: Annotated[float, Field(ge=-360, le=360)]


class PlaceColumns(Config):
    """The columns that say where a row belongs."""

    code: Name | None = None
    lat: Name | None = None
    lon: Name | None = None
    kelurahan: Name | None = None
    kecamatan: Name | None = None
    shift: Shift | None = None


class Unpivot(Config):
    """A wide row read as several narrow ones: one for each of ``columns`` (heading -> label).

    Each holds the label in the cell ``name`` and the wide row's value in the cell ``value``; where that is
    empty, the narrow row is excluded by the rule :data:`NOT_FILLED`.
    """

    columns: Annotated[Mapping[Name, Name], Field(min_length=1, max_length=200)]
    name: Name
    value: Name


class ColumnMap(Config):
    """What the columns of a table mean; see :class:`Column`. ``zone`` is the city's unless declared."""

    kind: Kind
    id: Names
    fields: Mapping[str, Column]
    place: PlaceColumns = PlaceColumns()
    exclude: tuple[Exclude, ...] = ()
    unpivot: Unpivot | None = None
    zone: ZoneInfo | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        target = {f.name: f for f in fields(RECORDS[self.kind])}
        if unknown := sorted(set(self.fields) - (set(target) - _OWN)):
            raise ValueError(f"bukan isian {self.kind.value}: {', '.join(unknown)}")
        needed = {name for name, f in target.items() if f.default is MISSING} - _OWN
        if lacking := sorted(needed - set(self.fields)):
            raise ValueError(f"isian wajib {self.kind.value} belum dipetakan: {', '.join(lacking)}")
        if (self.place.lat is None) != (self.place.lon is None):
            raise ValueError("place: lat dan lon harus dinyatakan bersama")
        hints = get_type_hints(RECORDS[self.kind])
        for name, column in self.fields.items():
            codes = _CODES.get(_bare(hints[name]))
            if codes and column.constant is None and not isinstance(column.values, Mapping):
                raise ValueError(f"{name}: perlu tabel values ke {', '.join(sorted(codes))}")
            given = set(column.values.values()) if isinstance(column.values, Mapping) else set()
            given |= {str(fixed) for fixed in (column.constant, column.default) if fixed is not None}
            if codes and (wrong := sorted(given - codes)):
                raise ValueError(f"{name}: {', '.join(wrong)} bukan salah satu dari {', '.join(sorted(codes))}")
        if self.unpivot is not None and self.unpivot.name not in as_names(self.id):
            raise ValueError(f"id: harus memuat {self.unpivot.name!r}, karena satu baris dibaca menjadi beberapa (unpivot)")
        return self

    @property
    def headings(self) -> tuple[str, ...]:
        """Every column that the map names, each once."""
        named = [*as_names(self.id), *(h for column in self.fields.values() for h in (*column.headings, *column.made_of))]
        place = self.place
        named += [h for h in (place.code, place.lat, place.lon, place.kelurahan, place.kecamatan) if h]
        named += [rule.column for rule in self.exclude]
        wide = self.unpivot
        if wide is not None:
            named = [heading for heading in [*named, *wide.columns] if heading not in (wide.name, wide.value)]
        return tuple(dict.fromkeys(named))

    @property
    def needed(self) -> tuple[tuple[str, ...], ...]:
        """For each use of columns the alternatives, of which a table must have at least one."""
        there = set(self.headings)
        ids = ((name,) for name in as_names(self.id) if name in there)
        used = {column.headings for column in self.fields.values() if there.intersection(column.headings)}
        alone = {(heading,) for heading in there if not any(heading in names for names in used)}
        return tuple(dict.fromkeys([*ids, *sorted(used), *sorted(alone)]))


def as_names(names: Names | None) -> tuple[str, ...]:
    return () if names is None else (names,) if isinstance(names, str) else names


def row_id(row: Row, names: tuple[str, ...]) -> str:
    """The identifier of a row: its columns joined by ``/``, or empty where one of them is."""
    if len(names) == 1:
        value = filled(row.get(names[0]))
        return "" if value is None else _id_text(value)
    parts = [filled(row.get(name)) for name in names]
    return "" if None in parts else "/".join(map(_id_text, parts))


def identified(rows: Sequence[dict[str, Any]], columns: ColumnMap) -> Sequence[Row]:
    """Rows as :func:`compile_map` reads them: each with its identifier, a wide one spread into its narrow ones."""
    ids, wide = as_names(columns.id), columns.unpivot
    if wide is not None:
        rows = [
            {
                **{heading: cell for heading, cell in row.items() if heading not in wide.columns},
                wide.name: label,
                wide.value: value,
            }
            for row in rows
            for label, value in ((label, row.get(heading)) for heading, label in wide.columns.items())
        ]
    for row in rows:
        row[ID] = row_id(row, ids)
    return rows


def _id_text(value: Any) -> str:
    try:
        return as_text(value)
    except ValueError:
        return ""


def _bare(hint: Any) -> Any:
    """``X`` of ``X | None``."""
    return next((part for part in getattr(hint, "__args__", (hint,)) if part is not type(None)), hint)


# --- compiling ---------------------------------------------------------------------------------


def compile_map(columns: ColumnMap, city: City) -> Callable[[Row, Context], Kept | Excluded]:
    """The function that reads one row; it raises :class:`BadRow` naming the record's field."""
    record_type: Any = RECORDS[columns.kind]
    hints = get_type_hints(record_type)
    required = {f.name for f in fields(record_type) if f.default is MISSING}
    zone = columns.zone or city.zone
    getters = [
        (name, _field(name, column, _bare(hints[name]), column.zone or zone, city), name in required)
        for name, column in columns.fields.items()
    ]
    rules = [(rule.rule, rule.column, frozenset(value.casefold() for value in rule.values)) for rule in columns.exclude]
    locate = _place(columns.place)
    value_of = columns.unpivot.value if columns.unpivot else None
    keeps_point = {"lat", "lon"} <= set(hints) and not {"lat", "lon"} & set(columns.fields)

    def read(row: Row, ctx: Context) -> Kept | Excluded:
        if TORN in row:
            raise BadRow("baris", f"jumlah sel {row[TORN]} tidak sama dengan jumlah judul kolom")
        for rule, column, values in rules:
            if str(row.get(column, "")).strip().casefold() in values:
                return Excluded(rule=rule, ends=columns.kind)
        if value_of is not None and filled(row.get(value_of)) is None:
            return Excluded(rule=NOT_FILLED)
        source_id = row.get(ID)
        if not source_id or not isinstance(source_id, str):
            raise BadRow("source_id", "kosong")
        given: dict[str, Any] = {}
        for name, get, must in getters:
            value = get(row)
            if value is not None:
                given[name] = value
            elif must:
                raise BadRow(name, "kosong")
        place = locate(row)
        if keeps_point and place.lat is not None:
            given["lat"], given["lon"] = place.lat, place.lon
        return Kept(record=record_type(source=ctx.source, source_id=source_id, seen_at=ctx.now, **given), place=place)

    return read


def _field(name: str, column: Column, target: Any, zone: ZoneInfo, city: City) -> Get:
    """The getter of one field, with its code table, its default and its type."""
    codes = target if target in _CODES else None
    kind = column.type or _TYPES.get(target, "text")
    read = reader(kind, zone, column.formats, column.decimal)
    if column.constant is not None:
        constant = codes(column.constant) if codes else _believe(name, "constant", read, column.constant)
        return lambda _: constant
    fallback = column.default
    default = None if fallback is None else codes(fallback) if codes else _believe(name, "default", read, fallback)
    table = _table(column, city)
    if table is not None:
        known = {key: codes(value) if codes else read(value) for key, value in table.items()}
        read = remembering(_lookup(known, column.unknown, read))
    if column.between is not None:
        read = bounded(read, *column.between)
    make = maker(column, reader("time", zone, column.formats, column.decimal), zone, column.decimal)
    if make is not None:
        return _made(name, make, read, default)
    first, *others = column.headings

    def get(row: Row) -> Any:
        try:
            value = read(row.get(first))
            for heading in others:
                if value is None:
                    value = read(row.get(heading))
        except (ValueError, ArithmeticError) as error:
            raise BadRow(name, str(error)) from None
        return default if value is None else value

    return get


def _made(name: str, make: Make, read: Reader, default: Any) -> Get:
    def get(row: Row) -> Any:
        try:
            value = read(make(row))
        except (ValueError, ArithmeticError) as error:
            raise BadRow(name, str(error)) from None
        return default if value is None else value

    return get


def _believe(name: str, what: str, read: Reader, value: Any) -> Any:
    try:
        return read(value)
    except ValueError as error:
        raise ValueError(f"{name}: {what}: {error}") from error


def _table(column: Column, city: City) -> Mapping[str, str] | None:
    if column.values is None:
        return None
    if column.values == "opd":
        names = ((opd.slug, (opd.slug, opd.short, opd.name, *opd.codes, *opd.variants)) for opd in city.opds)
        return {name.strip().casefold(): slug for slug, known in names for name in known}
    return {key.strip().casefold(): value for key, value in column.values.items()}


def _lookup(table: Mapping[str, Any], unknown: str, read: Reader) -> Reader:
    def look(value: Any) -> Any:
        text = as_text(value)
        found = table.get(text.casefold())
        if found is not None or unknown == "empty":
            return found
        if unknown == "keep":
            return read(value)
        raise ValueError(f"nilai tidak ada di tabel: {text[:60]!r}")

    return look


def _place(columns: PlaceColumns) -> Callable[[Row], Place]:
    lat_column, lon_column = columns.lat, columns.lon
    dlat, dlon = (columns.shift.dlat, columns.shift.dlon) if columns.shift else (0.0, 0.0)
    names = [(key, column) for key in ("code", "kelurahan", "kecamatan") if (column := getattr(columns, key))]

    def locate(row: Row) -> Place:
        said: dict[str, Any] = {}
        if lat_column is not None and lon_column is not None:
            lat, lon = filled(row.get(lat_column)), filled(row.get(lon_column))
            if lat is not None and lon is not None:
                try:
                    said["lat"], said["lon"] = round(float(lat) + dlat, 6), round(float(lon) + dlon, 6)
                except (TypeError, ValueError, OverflowError):
                    raise BadRow("lat", "koordinat bukan bilangan") from None
        for key, column in names:
            value = filled(row.get(column))
            if value is not None:
                try:
                    said[key] = as_text(value)
                except ValueError:
                    raise BadRow(key, "bukan teks") from None
        return Place(**said)

    return locate
