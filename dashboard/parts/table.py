"""A table of rows with its caption and its origin; figures to the right, in figures of one width."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import htpy
from htpy import div, h2, header, p, section, span, tbody, td, th, thead, tr

from dashboard import text
from dashboard.parts.marks import provenance
from layers.snapshot import Reading

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[R]):
    """A column: its heading and what it shows of a row; ``numeric`` sets it to the right."""

    title: str
    cell: Callable[[R], htpy.Node]
    numeric: bool = False


def table(
    title: str,
    columns: Sequence[Column[R]],
    rows: Sequence[R],
    view: View,
    *,
    element: str,
    aside: str | None = None,
    origin: tuple[Reading, Kpi] | None = None,
    empty: str = "Belum ada baris.",
) -> htpy.Element:
    """Rows in the order given; the first column names the row. ``origin`` is the reading that the rows explain."""
    head = tr[[th(class_="num" if c.numeric else None, scope="col")[c.title] for c in columns]]
    body = [tr[[_cell(c, row, first=k == 0) for k, c in enumerate(columns)]] for row in rows]
    return section(".panel.table", id=element)[
        header[h2[title], span(".aside")[aside] if aside else None],
        div(".scroll", tabindex="0", role="region", aria_label=title)[htpy.table[thead[head], tbody[body]]]
        if rows
        else p(".empty")[text.say(view.lang, empty)],
        provenance(*origin, view) if origin else None,
    ]


def _cell(column: Column[R], row: R, *, first: bool) -> htpy.Element:
    kind = "num" if column.numeric else None
    return th(class_=kind, scope="row")[column.cell(row)] if first else td(class_=kind)[column.cell(row)]
