"""The catalogue of one city: the room's KPIs without those it switched off, and the ones that its pack declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import reduce

import polars as pl

from layers.catalog import (
    CatalogError,
    Count,
    Form,
    Kpi,
    Quantile,
    Ratio,
    Rule,
    Share,
    Total,
    When,
    Window,
    catalog,
    registry,
    words,
)
from layers.city import City
from layers.frames import SEN, schema
from layers.model import Kind
from layers.ownkpis import Filter, OwnKpi

CLOCKED = ("jam_respons", "jam_penyelesaian", "jam_dipegang")
"""Columns of complaints beside their own, in windows of up to 30 days."""

MONEY = ("pagu", "hps", "value", "pdn", "umk")


def catalog_of(city: City) -> Mapping[str, Kpi]:
    """Raises :class:`CatalogError` for a KPI of the pack that is faulty, repeated, or named there without being in it."""
    room = catalog()
    if strange := {*city.kpis_off} - {*room}:
        raise CatalogError(f"kpis_off: tidak ada KPI {', '.join(sorted(strange))}")
    alarmed = {rule.kpi for rule in city.alarms if rule.kpi}
    if strange := alarmed - {*room} - {own.id for own in city.kpis}:
        raise CatalogError(f"alarms: tidak ada KPI {', '.join(sorted(strange))}")
    return registry([*(kpi for kpi in room.values() if kpi.id not in city.kpis_off), *map(declared, city.kpis)])


def declared(own: OwnKpi) -> Kpi:
    """A KPI of the pack as one of the catalogue; raises :class:`CatalogError` for a column that the records do not have."""
    kind = Kind(own.kind)
    columns = {*schema(kind), *(CLOCKED if kind is Kind.COMPLAINT and own.window != "year" else ())}
    used = {*own.filter, *own.part, *(name for name in (own.time, own.value, own.whole) if name)}
    if strange := used - columns:
        raise CatalogError(
            f"KPI {own.id!r}: tidak ada kolom {', '.join(sorted(strange))}; yang ada: {', '.join(sorted(columns))}"
        )
    return Kpi(
        id=own.id,
        title=words(own.title.id, own.title.en),
        short=words(own.title.id, own.title.en),
        unit=own.unit,
        decimals=own.decimals,
        better=own.better,
        formula=words(own.formula.id, own.formula.en),
        rule=Rule(name="Ketetapan kota", article="-", valid_from=date(2025, 1, 1)),
        owner=own.owner,
        kind=kind,
        window=Window(own.window),
        form=_form(own, kind),
        concept="KPI kota",
        definition=own.definition,
        classification="Ketetapan kota",
        names=tuple(own.filter["name"]) if kind is Kind.MEASUREMENT else (),
        n_min=own.n_min,
        by_opd=own.by_opd,
        interval=own.form == "share",
        history=own.time is not None,
    )


def _form(own: OwnKpi, kind: Kind) -> Form:
    where, value, whole = _where(own), pl.col(own.value or ""), pl.col(own.whole or "")
    per = SEN if kind is Kind.PACKAGE and own.value in MONEY else 1
    match own.form:
        case "count":
            return Count(where=where)
        case "share":
            return Share(where=where, part=_within(own.part))
        case "median":
            return Quantile(where=where, value=value / per)
        case "total":
            return Total(where=where, value=value, per=per)
        case "ratio":
            return Ratio(where=where, part=value, whole=whole, per=per)


def _where(own: OwnKpi) -> Callable[[When], pl.Expr]:
    chosen = _within(own.filter)
    return lambda when: chosen if own.time is None else chosen & when.holds(own.time)


def _within(wanted: Filter) -> pl.Expr:
    each = [pl.col(name).cast(pl.String).is_in(values).fill_null(value=False) for name, values in wanted.items()]
    return reduce(lambda a, b: a & b, each, pl.lit(value=True))
