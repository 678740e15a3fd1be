"""By what figures can be cut: places, offices, words of the records, calendar periods, and the rounds of week and day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

import polars as pl

from layers.catalog import Kpi, words
from layers.edges import edges
from layers.model import Kind
from layers.periods import Unit
from layers.schema import AT
from layers.windows import When

EVERY = frozenset(Kind)


class Sort(StrEnum):
    """What a dimension is: it decides the order of its values, and which forms can show it."""

    PLACE = "place"
    OFFICE = "office"
    WORD = "word"
    TIME = "time"
    ROUND = "round"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One dimension: ``column`` of the frames of ``kinds``; the ``unit`` of a calendar period; all ``values`` of a round."""

    id: str
    title: Mapping[str, str]
    meaning: Mapping[str, str]
    sort: Sort
    kinds: frozenset[Kind] = EVERY
    column: str = ""
    unit: Unit | None = None
    values: tuple[str, ...] = ()

    @property
    def filters(self) -> bool:
        """Whether rows can be narrowed to one of its values."""
        return self.sort in (Sort.PLACE, Sort.OFFICE, Sort.WORD)


def _word(column: str, kind: Kind | None, title: tuple[str, str], meaning: tuple[str, str], name: str | None = None) -> Dimension:
    kinds = EVERY if kind is None else frozenset({kind})
    return Dimension(id=name or column, column=column, title=words(*title), meaning=words(*meaning), sort=Sort.WORD, kinds=kinds)


def _time(name: str, unit: Unit, title: tuple[str, str]) -> Dimension:
    meaning = words("Angka untuk tiap bagian kurun.", "The figure of each part of the period.")
    return Dimension(id=name, title=words(*title), meaning=meaning, sort=Sort.TIME, unit=unit)


def _round(name: str, values: range, title: tuple[str, str], meaning: tuple[str, str]) -> Dimension:
    found = tuple(map(str, values))
    return Dimension(id=name, title=words(*title), meaning=words(*meaning), sort=Sort.ROUND, values=found)


_DECLARED = (
    Dimension(
        id="kecamatan",
        column="kecamatan",
        title=words("Kecamatan", "District"),
        meaning=words("Kecamatan tempat catatan itu.", "The district of the record."),
        sort=Sort.PLACE,
    ),
    Dimension(
        id="area",
        column="area",
        title=words("Kelurahan atau desa", "Village"),
        meaning=words("Wilayah terkecil tempat catatan itu.", "The smallest area of the record."),
        sort=Sort.PLACE,
    ),
    Dimension(
        id="opd",
        column="opd",
        title=words("OPD", "Office"),
        meaning=words(
            "OPD pemegang; untuk mutu penanganan, yang memegang pada tenggat atau penutupan.",
            "The office that has it; for how it was handled, the one that held it at its deadline or closing.",
        ),
        sort=Sort.OFFICE,
    ),
    _word("category", Kind.COMPLAINT, ("Kategori", "Category"), ("Hal yang diadukan.", "What the complaint is about.")),
    _word("channel", Kind.COMPLAINT, ("Kanal", "Channel"), ("Lewat mana aduan masuk.", "How the complaint came in.")),
    _word("status", Kind.COMPLAINT, ("Status", "Status"), ("Keadaan aduan kini.", "How the complaint stands now.")),
    _word(
        "classification",
        Kind.COMPLAINT,
        ("Klasifikasi", "Classification"),
        ("Jenis aduan menurut SP4N.", "The kind of complaint by SP4N."),
    ),
    _word("service", Kind.SERVICE, ("Layanan", "Service"), ("Jenis layanan.", "The kind of service.")),
    _word("method", Kind.PACKAGE, ("Metode", "Method"), ("Metode pemilihan penyedia.", "How the provider is chosen.")),
    _word("stage", Kind.PACKAGE, ("Tahap", "Stage"), ("Tahap paket kini.", "How far the package has come.")),
    _word("bought", Kind.PACKAGE, ("Jenis pengadaan", "Kind of purchase"), ("Apa yang dibeli.", "What is bought.")),
    _word("year", Kind.PACKAGE, ("Tahun anggaran", "Budget year"), ("Tahun anggaran paket.", "Its budget year."), "budget"),
    _word("name", Kind.MEASUREMENT, ("Ukuran", "Quantity"), ("Apa yang diukur.", "What is measured.")),
    _word("subject", Kind.MEASUREMENT, ("Hal yang diukur", "Subject"), ("Milik siapa nilainya.", "Whose value it is.")),
    _word("source", None, ("Sumber", "Source"), ("Sistem asal catatan.", "The system that the record came from.")),
    _time("y", Unit.YEAR, ("Tahun", "Year")),
    _time("q", Unit.QUARTER, ("Triwulan", "Quarter")),
    _time("month", Unit.MONTH, ("Bulan", "Month")),
    _time("week", Unit.WEEK, ("Minggu", "Week")),
    _time("day", Unit.DAY, ("Hari", "Day")),
    _round("weekday", range(1, 8), ("Hari dalam minggu", "Weekday"), ("Senin sampai Minggu.", "Monday to Sunday.")),
    _round("hour", range(24), ("Jam", "Hour"), ("Jam setempat, 00 sampai 23.", "Local hour, 00 to 23.")),
)

DIMENSIONS: Mapping[str, Dimension] = MappingProxyType({each.id: each for each in _DECLARED})
"""Every dimension by its id, as addresses write it."""


def of_kind(kind: Kind | None) -> dict[str, Dimension]:
    """The dimensions of the records of a kind; figures about the sources themselves have none."""
    return {name: each for name, each in DIMENSIONS.items() if kind in each.kinds}


def clock_of(kpi: Kpi, when: When) -> str:
    """The time of a row that puts it into the figure's window, by which it has a weekday and an hour; of several the first."""
    found = edges(kpi.form, kpi.window, when.zone) or ()
    starts = {edge.column for edge in found if not edge.of_end and not edge.shift}
    return min(starts) if starts else AT[kpi.kind] if kpi.kind else ""


def bounded_by(kpi: Kpi, when: When) -> str | None:
    """The one time of a row that alone decides whether it is in the window: then rows can be put into its parts by it."""
    found = edges(kpi.form, kpi.window, when.zone)
    if not found or any(edge.shift for edge in found) or len({edge.column for edge in found}) != 1:
        return None
    return found[0].column if {edge.of_end for edge in found} == {True, False} else None


def column(dimension: Dimension, kpi: Kpi, when: When) -> pl.Expr:
    """The value of a dimension in a row; of a calendar period only for a figure that is :func:`bounded_by` one time."""
    if dimension.sort is Sort.OFFICE:
        return pl.col(kpi.by_opd)
    if dimension.column:
        return pl.col(dimension.column)
    local = _local(clock_of(kpi, when), when)
    if dimension.unit is None:
        return local.dt.weekday() if dimension.id == "weekday" else local.dt.hour()
    every = {Unit.DAY: "1d", Unit.WEEK: "1w", Unit.MONTH: "1mo", Unit.QUARTER: "1q", Unit.YEAR: "1y"}[dimension.unit]
    return local.dt.date().dt.truncate(every)


def _local(name: str, when: When) -> pl.Expr:
    """A time by the clocks of the city. Where they are never set in the window, as nowhere in Indonesia, that is one sum."""
    days = range(0, (when.end - when.start).days + 28, 28)
    offsets = {at.astimezone(when.zone).utcoffset() for at in (when.end, *(when.start + timedelta(days=day) for day in days))}
    if len(offsets) == 1 and (offset := offsets.pop()) is not None:
        return pl.col(name).cast(pl.Datetime("us")) + offset
    return pl.col(name).dt.convert_time_zone(when.zone.key).dt.replace_time_zone(None)
