"""An analyst's answer as a table: every cell with what it rests on, sorted by the column that was asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import htpy
from htpy import a, div, h2, header, p, section, span, tbody, td, tfoot, th, thead, tr

from dashboard import text
from dashboard.parts.answer import change_text, here, named
from dashboard.parts.marks import value_words
from layers.analysis.found import Found, change
from layers.snapshot import Reading

if TYPE_CHECKING:
    from dashboard.page import View

MOST_ROWS = 400
"""Rows of the table on the screen; an export has them all."""


def table(found: Found, view: View, *, element: str) -> htpy.Element:
    """Every cell with what it rests on, and the sum of all below; sorted by a column where asked."""
    lang, title = view.lang, text.say(view.lang, "Tabel")
    if found.ask.shown_as(found.kpi) in ("pivot", "panas"):  # which is a table already
        return section(id=element, hidden=True)
    lines = _sorted(found)
    body = [tr[[th(scope="row")[named(found, k, v, view)] for k, v in enumerate(key)], _figures(found, now, before, view)]
            for key, now, before in lines[:MOST_ROWS]]  # fmt: skip
    total = found.before.get((None,) * len(found.dimensions))
    foot = tr[
        th(scope="row", colspan=max(len(found.dimensions), 1))[text.say(lang, "Seluruhnya")],
        _figures(found, found.total, total, view),
    ]
    left = len(lines) - MOST_ROWS
    return section(".panel.table.answer-table", id=element)[
        header[h2[title], span(".aside")[text.say(lang, "{n} baris", n=text.number(len(lines), 0, lang))]],
        div(".scroll", tabindex="0", role="region", aria_label=title)[
            htpy.table[thead[_heads(found, view)], tbody[body] if found.dimensions else None, tfoot[foot]]
        ],
        p(".aside")[text.say(lang, "{n} baris lagi tidak ditampilkan; persempit saringannya.", n=left)] if left > 0 else None,
    ]


def _sorted(found: Found) -> list[tuple[tuple[str, ...], Reading, Reading | None]]:
    lines, by = list(found.lines()), found.ask.order.removeprefix("-")
    keys = {
        "value": lambda now, _before: now.value,
        "n": lambda now, _before: now.n,
        "before": lambda _now, before: before.value if before else None,
        "change": change,
    }
    if by not in keys:
        return lines
    falling = found.ask.order.startswith("-")

    def order(each: tuple[tuple[str, ...], Reading, Reading | None]) -> tuple[bool, float]:
        value = keys[by](each[1], each[2])
        return value is None, (-1 if falling else 1) * (value or 0)

    return sorted(lines, key=order)


def _heads(found: Found, view: View) -> htpy.Element:
    heads = []
    for column in found.columns:
        if column.key == "why":
            continue
        words = column.title[view.lang]
        sorts = column.key in ("value", "n", "before", "change")
        order = f"-{column.key}" if found.ask.order != f"-{column.key}" else column.key
        cell = a(href=here(_ordered(found, order)))[words] if sorts and found.dimensions else words
        state = {column.key: "ascending", f"-{column.key}": "descending"}
        heads.append(
            th(scope="col", class_=None if column.type in ("text", "date") else "num")[cell]
            if found.ask.order not in state or column.key not in found.ask.order
            else th(scope="col", class_="num", aria_sort=state[found.ask.order])[cell]
        )
    if not found.dimensions:
        heads.insert(0, th(scope="col")[text.say(view.lang, "Baris")])
    return tr[heads]


def _ordered(found: Found, order: str) -> str:
    return replace(found.ask, order=order).query()


def _figures(found: Found, now: Reading, before: Reading | None, view: View) -> list[htpy.Element]:
    """The cells of a row after its names, in the order of the columns."""
    lang, kpi = view.lang, found.kpi

    def number(value: float | None) -> str:
        if value is None:
            return "-"
        money = kpi.unit == "rupiah" or (kpi.kind == "package" and not float(value).is_integer())
        return (
            text.quantity(value, "rupiah", 0, lang) if money else text.number(value, 0 if float(value).is_integer() else 1, lang)
        )

    cells = {
        "value": value_words(now, kpi, view) if now.value is not None else span(".quiet", title=now.why_none)[now.why_none],
        "n": text.number(now.n, 0, lang),
        "numerator": number(now.evidence.numerator),
        "denominator": number(now.evidence.denominator),
        "before": value_words(before, kpi, view) if before and before.value is not None else "-",
        "change": change_text(found, now, before, view) or "-",
    }
    return [td(".num")[cells[column.key]] for column in found.columns if column.key in cells]
