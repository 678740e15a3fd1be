"""The rows behind a number, for those who may see rows: exactly the ones that its reading counted, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import htpy
from htpy import a, div, h1, h2, header, nav, p, section, span, table, tbody, td, th, thead, tr

from dashboard import text
from dashboard.export.provenance import provenance
from dashboard.export.sheet import Cell, Column, Sheet, Type
from dashboard.page import FILTERS, AreaPaint, Export, Page
from dashboard.parts.behind import ROWS
from dashboard.parts.cells import HEADINGS, NUMERIC, cell
from dashboard.parts.evidence import area_words
from dashboard.parts.frame import banner, desk, sources_state
from dashboard.parts.marks import days, source_titles, value_words
from layers import model
from layers.catalog import Count, Kpi, Ratio, Share, Window
from layers.drill import Query
from layers.model import Kind
from layers.rows import PAGE as SIZE
from layers.rows import SORTED_BY, Row, Rows
from layers.snapshot import Reading, Snapshot

if TYPE_CHECKING:
    from dashboard.page import View

MAY = model.ROWS
ASKS = ("kpi", "area", "halaman", "urut")


def parts(snapshot: Snapshot, view: View) -> dict[str, htpy.Element]:
    """The heading with what is counted, and one page of the rows."""
    common = {"notice": banner(snapshot), "sources-state": sources_state(snapshot, view)}
    kpi, area = _asked(view)
    if kpi is None or area not in view.tree.areas:
        words = "Angka atau wilayah ini tidak ada. Pilih angka di katalog metrik."
        return common | {"baris-head": _lost(words, view), "baris": section(id="baris")}
    if view.rows is None:
        words = "Baris tersedia setelah data pertama selesai diambil."
        return common | {"baris-head": _lost(words, view), "baris": section(id="baris")}
    query, order = _cut(kpi, area, view)
    found = view.rows(kpi.id, query, int(view.params.get("halaman", "1")), order)
    reading = snapshot.reading(kpi.id, area, query.opd) if query == Query(area=area, opd=query.opd) else None
    return common | {"baris-head": _head(kpi, query, found, reading, view), "baris": _table(kpi, found, view)}


def _asked(view: View) -> tuple[Kpi | None, str]:
    return view.catalog.get(view.params.get("kpi", "")), view.params.get("area", view.city.code)


def _cut(kpi: Kpi, area: str, view: View) -> tuple[Query, str]:
    """The cut whose rows are shown, and their order."""
    cut = {name: view.params.get(name) for name in ("opd", "category", "channel")}
    order = view.params.get("urut", "")
    return Query(area=area, days=int(days(view)), **cut), order if order.removeprefix("-") in SORTED_BY[kpi.kind] else ""


def _lost(words: str, view: View) -> htpy.Element:
    return header(".page-head", id="baris-head")[
        h1[text.say(view.lang, "Baris di balik angka")],
        p(".empty")[text.say(view.lang, words)],
        p[a(".back", href="/metrik")[text.say(view.lang, "Katalog metrik")]],
    ]


def _head(kpi: Kpi, query: Query, found: Rows, reading: Reading | None, view: View) -> htpy.Element:
    lang = view.lang
    opd = view.city.opd(query.opd) if query.opd else None
    cut = [area_words(query.area or view.city.code, view), opd.name if opd else None, query.category, query.channel]
    if kpi.window is Window.DAYS30:
        cut.append(text.say(lang, "{days} hari", days=query.days))
    return header(".page-head", id="baris-head")[
        p(".kicker")[text.say(lang, "Baris di balik angka")],
        h1[kpi.title[lang]],
        p(".aside")[" · ".join(filter(None, cut))],
        p(".lead")[_sum(kpi, found, view)],
        p(".quiet")[text.say(lang, "Rumus"), ": ", kpi.formula[lang]],
        p(".aside.own")[text.say(lang, "Hanya baris dalam lingkup Anda; angka kota menghitung lebih banyak.")]
        if found.limited
        else None,
        p(".aside")[
            text.say(lang, "Kartu menunjukkan {value} dengan n = {n}; sejak itu datanya bertambah.",
                     value=value_words(reading, kpi, view), n=text.number(reading.n, 0, lang))
        ]
        if reading and not found.limited and reading.n != found.n
        else None,
        p[a(".back", href=f"/metrik#{kpi.id}")[text.say(lang, "Arti angka ini")]],
    ]  # fmt: skip


def _sum(kpi: Kpi, found: Rows, view: View) -> str:
    """How many rows there are and what they add up to, in words."""
    lang = view.lang

    def number(value: float | None) -> str:
        money = kpi.unit == "rupiah" or (isinstance(kpi.form, Ratio) and kpi.kind == "package")
        if money:
            return text.quantity(value or 0, "rupiah", 0, lang)
        return text.number(value or 0, 0 if float(value or 0).is_integer() else 1, lang)

    rows = text.say(lang, "{n} baris", n=text.number(found.total, 0, lang))
    if isinstance(kpi.form, Share | Ratio):
        return f"{rows} · " + text.say(
            lang, "pembilang {part}, penyebut {whole}", part=number(found.part), whole=number(found.whole)
        )
    if kpi.additive and not isinstance(kpi.form, Count):
        return f"{rows} · " + text.say(lang, "berjumlah {sum}", sum=number(found.part))
    if found.n != found.total:
        return f"{rows} · " + text.say(lang, "{n} yang berbeda", n=text.number(found.n, 0, lang))
    return rows


def _table(kpi: Kpi, found: Rows, view: View) -> htpy.Element:
    lang = view.lang
    share = isinstance(kpi.form, Share | Ratio)
    if not found.rows:
        return section(".panel.table", id="baris")[p(".empty")[text.say(lang, found.why or "Belum ada baris.")]]
    head = tr[
        th(scope="col")[text.say(lang, "Dihitung sebagai")] if share else None,
        [_heading(name, kpi, found, view) for name in found.columns],
        th(scope="col")[text.say(lang, "Sumber")],
    ]
    body = [tr({"data-part": _raw(row.part)})[_cells(row, found, share=share, kpi=kpi, view=view)] for row in found.rows]
    before = (found.page - 1) * SIZE
    first, last, all_ = (text.number(n, 0, lang) for n in (before + 1, before + len(found.rows), found.total))
    which = text.say(lang, "baris {first} sampai {last} dari {all}", first=first, last=last, all=all_)
    title = text.say(lang, "Baris")
    return section(".panel.table", id="baris")[
        header[h2[title], span(".aside")[which]],
        div(".scroll", tabindex="0", role="region", aria_label=title)[table(".rows")[thead[head], tbody[body]]],
        _pages(found, view),
    ]


def _raw(value: float | None) -> str | None:
    return None if value is None else f"{value:g}"


def _heading(name: str, kpi: Kpi, found: Rows, view: View) -> htpy.Element:
    words = text.say(view.lang, HEADINGS[name])
    kind = "num" if name in NUMERIC else None
    if name not in SORTED_BY[kpi.kind]:
        return th(class_=kind, scope="col")[words]
    falling = found.order == f"-{name}"
    sort = {f"-{name}": "descending", name: "ascending"}.get(found.order)
    arrow = {"descending": " ▼", "ascending": " ▲"}.get(sort or "", "")
    target = _address(view, urut=name if falling else f"-{name}", halaman=None)
    return th({"aria-sort": sort}, class_=kind, scope="col")[a(href=target)[words, arrow]]


def _cells(row: Row, found: Rows, *, share: bool, kpi: Kpi, view: View) -> htpy.Node:
    said = _counted_as(row, kpi, view) if share else None
    return [
        td(class_="counted")[said] if share else None,
        [td(class_="num" if name in NUMERIC else None)[cell(name, row.cells, view)] for name in found.columns],
        td(".quiet")[source_titles((row.source,), view)],
    ]


def _counted_as(row: Row, kpi: Kpi, view: View) -> htpy.Node:
    """Whether a row is in the numerator too, said by a sign and a word."""
    if isinstance(kpi.form, Ratio):
        both = row.part is not None and row.whole is not None
        words = "keduanya" if both else "pembilang" if row.part is not None else "penyebut"
        return span(".in" if row.part is not None else ".out")[text.say(view.lang, words)]
    if row.part:
        return span(".in")["● ", text.say(view.lang, "pembilang")]
    return span(".out")["○ ", text.say(view.lang, "penyebut saja")]


def _pages(found: Rows, view: View) -> htpy.Element | None:
    if found.pages == 1:
        return None
    lang, here = view.lang, found.page
    before = a(rel="prev", href=_address(view, halaman=str(here - 1)))[text.say(lang, "Sebelumnya")] if here > 1 else span
    after = (
        a(rel="next", href=_address(view, halaman=str(here + 1)))[text.say(lang, "Berikutnya")] if here < found.pages else span
    )
    words = text.say(lang, "halaman {here} dari {all}", here=text.number(here, 0, lang), all=text.number(found.pages, 0, lang))
    return nav(".pages", aria_label=text.say(lang, "Halaman"))[before, span(".quiet")[words], after]


def _address(view: View, **changes: Any) -> str:
    """This page with another order or page."""
    asked = {name: view.params.get(name) for name in (*ASKS, *FILTERS)} | changes
    return f"{ROWS}?{urlencode({name: value for name, value in asked.items() if value})}"


def layout(found: dict[str, htpy.Element], view: View, _paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """The heading above the rows."""
    return desk(view, ROWS, found["sources-state"], found["notice"], found["baris-head"], found["baris"])


TYPES = {
    "area": Type.AREA,
    **dict.fromkeys(("pagu", "value"), Type.MONEY),
    **dict.fromkeys(("served", "on_time", "queued"), Type.WHOLE),
    "waiting_minutes": Type.NUMBER,
    **dict.fromkeys(("received", "due", "responded", "closed", "announced", "contracted", "measured"), Type.MOMENT),
    "day": Type.DAY,
}
"""What the fields of records are, where they are no words."""


def _plain(name: str, value: Any, view: View) -> Cell:
    """A field as a cell: a day is one of the city's."""
    if TYPES.get(name) is Type.DAY and isinstance(value, datetime):
        return value.astimezone(view.city.zone).date()
    plain: Cell = value.value if isinstance(value, StrEnum) else value
    return plain


def _every(snapshot: Snapshot, view: View) -> Sheet:
    """All rows of the page, not only those that it lists; ``LookupError`` while there are none to ask."""
    kpi, area = _asked(view)
    if kpi is None or view.every is None or area not in view.tree.areas:
        raise LookupError("baris belum tersedia")
    query, order = _cut(kpi, area, view)
    found = view.every(kpi.id, query, order)
    package = kpi.kind is Kind.PACKAGE

    def column(name: str) -> Column:
        type_ = Type.NUMBER if name == "value" and not package else TYPES.get(name, Type.TEXT)
        unit = "rupiah" if type_ is Type.MONEY else None
        return Column(key=name, title=text.say(view.lang, HEADINGS[name]), type=type_, unit=unit, decimals=2 * (name == "value"))

    more = [] if "source" in found.columns else ["source"]

    def cells(row: Row) -> list[Cell]:
        return [
            *(_plain(name, row.cells[name], view) for name in found.columns),
            *(row.source for _ in more),
            row.part,
            row.whole,
        ]

    counted = (("pembilang", "Pembilang"), ("penyebut", "Penyebut"))
    columns = [*map(column, (*found.columns, *more))]
    columns += [Column(key=key, title=text.say(view.lang, words), type=Type.NUMBER, decimals=2) for key, words in counted]
    place = (text.say(view.lang, "Wilayah"), area_words(area, view))
    reading = snapshot.reading(kpi.id, area, query.opd)
    about = provenance(
        snapshot, view, PAGE, kpi.title[view.lang], kpis=[kpi], readings=[reading] if reading else (), filters=[place]
    )
    title = text.say(view.lang, "Baris di balik angka")
    return Sheet(
        name=f"baris-{kpi.id}",
        title=title,
        columns=tuple(columns),
        rows=map(cells, found.part(0, None)),
        count=found.count,
        about=about,
    )


PAGE = Page(
    path=ROWS,
    title={"id": "Baris di balik angka", "en": "Rows behind a figure"},
    theme="light",
    roles=MAY,
    parts=parts,
    layout=layout,
    asks={
        "kpi": r"[a-z][a-z0-9_]{2,40}",
        "area": r"[\w.-]{2,20}",
        "halaman": r"[1-9]\d{0,5}",
        "urut": r"-?[a-z_]{2,20}",
    },
    sheets={"baris": Export(sheet=_every, rows=True)},
)
