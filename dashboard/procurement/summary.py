"""Packages in sum: stages, plan against contracts, what asks for a second look, and by method, OPD and place."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import htpy
from htpy import a, div, p, rect, section, span, svg

from dashboard import text
from dashboard.parts.flow import Step, flow
from dashboard.parts.scale import pc
from dashboard.parts.table import Column, table
from dashboard.parts.tile import missing_tile, tile
from dashboard.parts.trend import Series, trend
from dashboard.places.facts import facts
from dashboard.procurement.asked import FLAGS, address, method_words, narrowed, wanted
from layers import buying
from layers.buying import Group, Packages
from layers.explain import place
from layers.model import UNPLACED, Stage
from layers.snapshot import Reading, Snapshot

if TYPE_CHECKING:
    from dashboard.page import View

COUNT, BUDGET, CONTRACTS = "paket_diumumkan", "pagu_diumumkan", "nilai_kontrak"
TILES = (COUNT, BUDGET, CONTRACTS, "realisasi_pengadaan", "lama_pemilihan", "epurchasing_nilai")
RISKS = ("skor_risiko_pengadaan", *(kpi for kpi, _ in FLAGS.values()), "kontrak_desember")
STAGES = (
    (Stage.PLANNED, "Rencana", "out"),
    (Stage.SELECTION, "Pemilihan", "waiting"),
    (Stage.CONTRACT, "Kontrak", "doing"),
    (Stage.DONE, "Selesai", "done"),
)
NO_PROOF = "Tanda risiko bukan bukti pelanggaran: ia menunjukkan paket mana yang patut dilihat lebih dahulu."
EACH = 10
"""So many methods, OPDs or places are listed; how many more there are is said."""

_STAGED = tuple(f"{of}_{stage.value}" for of in ("paket", "pagu") for stage, *_ in STAGES)


def readings(view: View) -> Mapping[str, Reading]:
    """The page's figures where it is narrowed; else nothing, for then they are the published ones."""
    if not narrowed(view) or view.figures is None:
        return {}
    kpis = [view.catalog[name] for name in dict.fromkeys((*TILES, *RISKS, *_STAGED)) if name in view.catalog]
    return buying.figures(view.scope, view.figures(), kpis, wanted(view))


def figures(snapshot: Snapshot, view: View) -> dict[str, Reading]:
    """The readings that the page shows, by KPI."""
    found = dict(readings(view))
    if narrowed(view):
        return found
    return {name: r for name in (*TILES, *RISKS, *_STAGED) if name in view.catalog and (r := snapshot.reading(name))}


def tiles(shown: Mapping[str, Reading], view: View) -> dict[str, htpy.Element]:
    """The cards."""
    return {
        f"tile-{name}": tile(shown[name], view.catalog[name], view) if name in shown else missing_tile(view.catalog[name], view)
        for name in TILES
        if name in view.catalog
    }


def stages(shown: Mapping[str, Reading], view: View) -> htpy.Element:
    """How many packages are at each stage and what they are worth; each stage narrows to itself."""
    known = [
        (stage, name, look, shown.get(f"paket_{stage.value}"), shown.get(f"pagu_{stage.value}")) for stage, name, look in STAGES
    ]
    steps = [Step(label=text.say(view.lang, n), count=c, worth=w, look=look) for _, n, look, c, w in known if c and w]
    title = text.say(view.lang, "Paket menurut tahap")
    links = [a(href=address(view, tahap=stage.value))[text.say(view.lang, name)] for stage, name, *_ in known]
    cancelled = a(href=address(view, tahap=Stage.CANCELLED.value))[text.say(view.lang, "Batal")]
    return section(".panel.stages", id="stages")[
        flow(title, (shown.get(COUNT), shown.get(BUDGET)), steps, view, element="flow"),
        p(".links")[text.say(view.lang, "Tampilkan:"), [[" ", link] for link in (*links, cancelled)]],
    ]


def plan(found: Packages | None, shown: Mapping[str, Reading], view: View) -> htpy.Element:
    """What was announced and what was contracted since 1 January, month by month."""
    title = text.say(view.lang, "Rencana dan kontrak tahun ini, kumulatif per bulan")
    origin = shown.get(CONTRACTS)
    if found is None or origin is None:
        words = text.say(view.lang, "Rincian tersedia setelah data pertama selesai diambil.")
        return section(".panel.chart", id="year")[htpy.h2[title], p(".empty")[words]]
    today = view.now.astimezone(view.city.zone).date()
    ends = [date(today.year, month, monthrange(today.year, month)[1]) for month, *_ in found.months]
    series = [
        Series(label=text.say(view.lang, "rencana"), values=[pagu for _, pagu, _ in found.months], look="b"),
        Series(label=text.say(view.lang, "kontrak"), values=[value for *_, value in found.months], look="a"),
    ]
    formula = text.say(
        view.lang, "pagu yang diumumkan dan nilai yang dikontrakkan sampai akhir tiap bulan, paket tahun anggaran ini"
    )
    days = [min(end, today).isoformat() for end in ends]
    return trend(title, days, series, (origin, view.catalog[CONTRACTS]), view, formula=formula, element="year")


def risks(snapshot: Snapshot, shown: Mapping[str, Reading], view: View) -> htpy.Element:
    """The red flags with the sentence without which they must not be shown, and the way to their packages."""
    links = [a(href=address(view, tanda=flag))[text.say(view.lang, words)] for flag, (_, words) in FLAGS.items()]
    below = div(".below")[
        p(".sentence")[text.say(view.lang, NO_PROOF)],
        p(".links")[text.say(view.lang, "Paketnya:"), [[" ", link] for link in links]],
    ]
    title = text.say(view.lang, "Tanda yang patut dilihat")
    some = [shown[name] for name in RISKS if name in shown]
    return facts(title, some, snapshot, view, element="risks", people={}, more=below)


def groups(found: Packages | None, shown: Mapping[str, Reading], view: View) -> dict[str, htpy.Element]:
    """By method, OPD and place; each row narrows to itself."""
    kinds: dict[str, tuple[str, Sequence[Group], Callable[[str], str], str]] = {
        "by-method": ("Menurut metode", found.by_method if found else (), lambda key: method_words(key, view), "metode"),
        "by-owner": ("Menurut OPD", found.by_opd if found else (), lambda key: _opd(key, view), "opd"),
        "by-place": ("Menurut wilayah", found.by_area if found else (), lambda key: _place(key, view), "wilayah"),
    }
    return {
        element: _group(title, rows, name, asked, shown.get(COUNT), view, element)
        for element, (title, rows, name, asked) in kinds.items()
    }


def _opd(key: str, view: View) -> str:
    opd = view.city.opd(key)
    return opd.short if opd else key or text.say(view.lang, "belum ada OPD")


def _place(key: str, view: View) -> str:
    return text.say(view.lang, "Tanpa lokasi") if key in (UNPLACED, "") else place(key, view.tree)


def _group(
    title: str,
    rows: Sequence[Group],
    name: Callable[[str], str],
    asked: str,
    origin: Reading | None,
    view: View,
    element: str,
) -> htpy.Element:
    lang, most = view.lang, max((row.pagu for row in rows), default=0) or 1

    def label(row: Group) -> htpy.Node:
        follows = asked != "opd" or view.city.opd(row.key) is not None
        return a(href=address(view, **{asked: row.key}))[name(row.key)] if row.key and follows else name(row.key)

    def budget(row: Group) -> htpy.Node:
        bar = svg(".bar", aria_hidden="true")[rect(".fill", width=pc(row.pagu / most * 100), height="100%")]
        return span(".bar-cell")[bar, text.quantity(row.pagu, "rupiah", 0, lang)]

    columns: list[Column[Group]] = [
        Column(title=text.say(lang, "Nama"), cell=label),
        Column(title=text.say(lang, "Paket"), cell=lambda row: text.number(row.packages, 0, lang), numeric=True),
        Column(title=text.say(lang, "Pagu"), cell=budget, numeric=True),
        Column(title=text.say(lang, "Kontrak"), cell=lambda row: text.quantity(row.value, "rupiah", 0, lang), numeric=True),
    ]
    rest = len(rows) - EACH
    aside = text.say(lang, "{n} lainnya tidak ditampilkan", n=rest) if rest > 0 else None
    return table(
        text.say(lang, title),
        columns,
        rows[:EACH],
        view,
        element=element,
        aside=aside,
        origin=(origin, view.catalog[COUNT]) if origin and rows else None,
        empty="Tidak ada paket pada saringan ini.",
    )
