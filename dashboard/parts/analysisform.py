"""What an analyst chooses: the figure, by what, in which period, of which rows, compared with what, and how it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import htpy
from htpy import a, button, details, div, form, input, label, noscript, optgroup, option, summary  # noqa: A004 - HTML's

from dashboard import text
from dashboard.parts.choices import area_options, choice, options
from layers.analysis.ask import FILTERS, Ask
from layers.analysis.dimensions import DIMENSIONS, Sort, of_kind
from layers.analysis.found import label as named
from layers.analysis.measures import groups
from layers.periods import RUNNING

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.analysis.desk import Analyst
    from layers.catalog import Kpi

PATH = "/analisis"
DAYS = ("7h", "30h", "90h", "365h")
AGAINST = {"": "Tanpa pembanding", "lalu": "Kurun sebelumnya", "tahun": "Kurun yang sama tahun lalu"}
SHAPES = {
    "tabel": "Tabel",
    "batang": "Batang",
    "garis": "Garis",
    "peta": "Peta",
    "panas": "Peta panas",
    "pivot": "Pivot",
    "kecil": "Grafik kecil",
    "corong": "Corong",
}
NAMED = {
    "hari-ini": "Hari ini",
    "kemarin": "Kemarin",
    "minggu-ini": "Minggu ini",
    "minggu-lalu": "Minggu lalu",
    "bulan-ini": "Bulan ini",
    "bulan-lalu": "Bulan lalu",
    "triwulan-ini": "Triwulan ini",
    "triwulan-lalu": "Triwulan lalu",
    "tahun-ini": "Tahun ini",
    "tahun-lalu": "Tahun lalu",
}


def ask_form(ask: Ask, kpi: Kpi | None, analyst: Analyst, view: View, *, element: str = "filters") -> htpy.Element:
    """The choices, in the order in which they stand in the address; without scripts a button asks."""
    lang = view.lang
    known = of_kind(kpi.kind) if kpi else {}
    dimensions = {name: each.title[lang] for name, each in known.items()}
    return form(".filters.asking", id=element, method="get", action=PATH, data_ask=True, aria_label=text.say(lang, "Pilih"))[
        choice("kpi", "Angka", _kpis(ask, analyst, view), view, chosen=True),
        choice("by", "Menurut", options({"": text.say(lang, "Seluruhnya"), **dimensions}, ask.by), view, chosen=bool(ask.by)),
        choice(
            "per", "dan", options({"": text.say(lang, "tanpa"), **_second(dimensions, ask)}, ask.per), view, chosen=bool(ask.per)
        )
        if ask.by
        else None,
        choice("kurun", "Kurun", _periods(ask, kpi, view), view, chosen=ask.period is not None),
        choice(
            "banding",
            "Dibanding",
            options({k: text.say(lang, v) for k, v in AGAINST.items()}, ask.against),
            view,
            chosen=bool(ask.against),
        ),
        choice(
            "bentuk",
            "Bentuk",
            options({"": text.say(lang, "yang sesuai"), **{k: text.say(lang, v) for k, v in SHAPES.items()}}, ask.form),
            view,
            chosen=ask.form is not None,
        ),
        details(".periods", open=bool(ask.where))[
            summary[text.say(lang, "Saringan")],
            div(".narrow")[[_filter(name, ask, kpi, analyst, view) for name in FILTERS if name in known]],
        ]
        if kpi and kpi.kind
        else None,
        details(".periods")[
            summary[text.say(lang, "Kurun dari tanggal sampai tanggal")],
            label[text.say(lang, "Dari"), input(type="date", name="dari")],
            label[text.say(lang, "sampai"), input(type="date", name="sampai")],
            button(".button", type="submit")[text.say(lang, "Terapkan")],
        ],
        noscript[button(".button", type="submit")[text.say(lang, "Terapkan")]],
        a(".reset", href=PATH)[text.say(lang, "Mulai dari awal")] if view.params else None,
    ]


def _second(dimensions: Mapping[str, str], ask: Ask) -> dict[str, str]:
    """A second dimension is another one, and not a second calendar."""
    timed = ask.by is not None and DIMENSIONS[ask.by].sort is Sort.TIME
    return {k: v for k, v in dimensions.items() if k != ask.by and not (timed and DIMENSIONS[k].sort is Sort.TIME)}


def _kpis(ask: Ask, analyst: Analyst, view: View) -> list[htpy.Element]:
    found = groups(analyst.catalog, analyst.units())
    return [
        optgroup(label=text.say(view.lang, name))[
            [option(value=each.id, selected=each.id == ask.kpi)[each.title[view.lang]] for each in those]
        ]
        for name, those in found.items()
        if those
    ]


def _periods(ask: Ask, kpi: Kpi | None, view: View) -> list[htpy.Element]:
    lang, written = view.lang, ask.period.written if ask.period else ""
    own = {"now": "saat ini", "today": "hari ini", "days30": "30 hari terakhir", "year": "tahun ini"}
    mine = text.say(lang, own[kpi.window.value]) if kpi else "-"
    found = {"": text.say(lang, "kurun angkanya sendiri: {own}", own=mine)}
    found |= {days: text.say(lang, "{days} hari terakhir", days=days.removesuffix("h")) for days in DAYS}
    found |= {name: text.say(lang, NAMED[name]) for name in RUNNING}
    return options(found if written in found else {**found, written: written.replace("..", " - ")}, written)


def _filter(name: str, ask: Ask, kpi: Kpi | None, analyst: Analyst, view: View) -> htpy.Element | None:
    """One filter; a dimension of words offers the values that there are."""
    lang, chosen, dimension = view.lang, dict(ask.where).get(name, ""), DIMENSIONS[name]
    if name == "area":
        return choice(name, "Wilayah", area_options(chosen, view), view, chosen=bool(chosen))
    if name == "opd":
        mine = {o.slug: o.short for o in view.city.opds if view.scope.opds is None or o.slug in view.scope.opds}
        return choice(name, "OPD", options({"": text.say(lang, "Semua OPD"), **mine}, chosen), view, chosen=bool(chosen))
    values = analyst.values(kpi, name) if kpi else ()
    if len(values) < 2 and not chosen:
        return None
    words = {
        each: named(dimension, each, view.city, view.tree, lang) for each in dict.fromkeys((*values, *filter(None, [chosen])))
    }
    return choice(name, dimension.title[lang], options({"": text.say(lang, "semua"), **words}, chosen), view, chosen=bool(chosen))
