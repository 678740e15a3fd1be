"""How cases were closed: ditutup, divalidasi, dikonfirmasi and dibuka kembali kept apart, and closings to be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import htpy
from htpy import div, h1, h2, header, p, section

from dashboard import text
from dashboard.export.makers import crosswise, figures, heads, listed
from dashboard.export.sheet import Column as Field
from dashboard.export.sheet import Sheet, Type
from dashboard.page import EVERYONE, AreaPaint, Export, Page
from dashboard.parts.cases import counted, findings, opd_name
from dashboard.parts.frame import banner, desk, sources_state
from dashboard.parts.table import Column, table
from dashboard.parts.tile import missing_tile, tile
from layers.snapshot import Reading, Snapshot
from layers.suspicion import NO_PROOF, PATTERNS

if TYPE_CHECKING:
    from dashboard.page import View

FUNNEL = ("aduan_ditutup_30h", "penutupan_divalidasi", "penutupan_dikonfirmasi", "aduan_dibuka_kembali", "bolak_balik_disposisi")
OPD = ("selesai_tepat_waktu", "lama_dipegang_opd")
"""What stands beside the funnel for each OPD."""


def parts(snapshot: Snapshot, view: View) -> dict[str, htpy.Element]:
    """The funnel for the city and each OPD, the patterns with their counts, and for those who may see rows their cases."""
    trends = {t.kpi: t for t in snapshot.trends if t.area == view.city.code}
    tiles = {}
    for name in FUNNEL:
        found, kpi = snapshot.reading(name), view.catalog.get(name)
        if kpi is not None:
            tiles[f"tile-{name}"] = tile(found, kpi, view, trends.get(name)) if found else missing_tile(kpi, view)
    return {
        "notice": banner(snapshot),
        "sources-state": sources_state(snapshot, view),
        "closing-head": _head(view),
        **tiles,
        "closing-opds": _opds(snapshot, view),
        "patterns": _patterns(snapshot, view),
        "findings": _findings(view),
    }


def _head(view: View) -> htpy.Element:
    return header(".page-head", id="closing-head")[
        h1[text.say(view.lang, "Penutupan aduan")],
        p(".aside")[text.say(view.lang, "30 hari terakhir, menurut OPD yang memegang aduan saat tenggat atau selesai")],
        p(".lead")[
            text.say(
                view.lang,
                "Ditutup belum berarti terbukti: petugas lain memvalidasi, pelapor mengonfirmasi, atau aduan dibuka kembali.",
            )
        ],
    ]


def _opds(snapshot: Snapshot, view: View) -> htpy.Element:
    """A line for each OPD that closed anything, most closings first."""
    by = {(r.kpi, r.opd): r for r in snapshot.of(*FUNNEL, *OPD) if r.opd is not None}
    closings = {opd: r for (kpi, opd), r in by.items() if kpi == FUNNEL[0] and r.value}
    rows = sorted(closings, key=lambda opd: (-(closings[opd].value or 0), str(opd)))

    def column(name: str) -> Column[str | None]:
        kpi = view.catalog[name]
        return Column(title=kpi.short[view.lang], cell=lambda opd: counted(by.get((name, opd)), kpi, view), numeric=True)

    shown = [name for name in (*FUNNEL, *OPD) if name in view.catalog]
    name: Column[str | None] = Column(title="OPD", cell=lambda opd: opd_name(opd, view))
    title = text.say(view.lang, "Dari ditutup sampai terbukti, tiap OPD")
    return table(title, [name, *map(column, shown)], rows, view, element="closing-opds", empty="Belum ada aduan yang ditutup.")


def _patterns(snapshot: Snapshot, view: View) -> htpy.Element:
    """How many cases each pattern names in the city, and in which OPDs most."""
    names = [f"curiga_{pattern}" for pattern in PATTERNS if f"curiga_{pattern}" in view.catalog]

    def most(name: str) -> str:
        each = [r for r in snapshot.of(name) if r.opd is not None and r.value]
        first = sorted(each, key=lambda r: -(r.value or 0))[:3]
        return ", ".join(f"{opd_name(r.opd, view)} {text.number(r.value or 0, 0, view.lang)}" for r in first) or "-"

    def city(name: str) -> Reading | None:
        return snapshot.reading(name)

    columns: list[Column[str]] = [
        Column(title=text.say(view.lang, "Pola"), cell=lambda name: view.catalog[name].title[view.lang]),
        Column(title=text.say(view.lang, "Aduan"), cell=lambda name: counted(city(name), view.catalog[name], view), numeric=True),
        Column(title=text.say(view.lang, "Terbanyak pada"), cell=most),
        Column(title=text.say(view.lang, "Cara menghitung"), cell=lambda name: view.catalog[name].formula[view.lang]),
    ]
    return table(text.say(view.lang, "Pola yang perlu diperiksa"), columns, names, view, element="patterns")


def _findings(view: View) -> htpy.Element:
    said: htpy.Node = p(".empty")[text.say(view.lang, "Daftar kasus hanya tampil bagi yang berhak melihat baris aduan.")]
    if view.scope.may_see_rows:
        found = view.suspicions() if view.suspicions else None
        said = (
            findings(found, view) if found is not None else _none(view, "Rincian tersedia setelah data pertama selesai diambil.")
        )
    return section(".panel.findings", id="findings")[
        header[h2[text.say(view.lang, "Kasus menurut pola")]], p(".lead")[text.say(view.lang, NO_PROOF)], said
    ]


def _none(view: View, words: str) -> htpy.Element:
    return p(".empty")[text.say(view.lang, words)]


def layout(found: dict[str, htpy.Element], view: View, _paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """The funnel above, the OPDs below it, then the patterns and their cases."""
    return desk(
        view,
        "/penutupan",
        found["sources-state"],
        found["notice"],
        found["closing-head"],
        div(".kpis")[[part for key, part in found.items() if key.startswith("tile-")]],
        div(".stack")[found["closing-opds"], found["patterns"], found["findings"]],
    )


def _funnel(snapshot: Snapshot, view: View) -> Sheet:
    found = [(view.catalog[name], snapshot.reading(name)) for name in FUNNEL if name in view.catalog]
    return figures(snapshot, view, PAGE, view.city.name, found)


def _each(snapshot: Snapshot, view: View) -> Sheet:
    """The funnel and what stands beside it, an OPD a row: the value of each figure and on how many cases it rests."""
    kpis = [view.catalog[name] for name in (*FUNNEL, *OPD) if name in view.catalog]
    by: dict[str, dict[str, Reading]] = {}
    for r in snapshot.of(*FUNNEL, *OPD):
        if r.opd is not None:
            by.setdefault(r.opd, {})[r.kpi] = r
    title = text.say(view.lang, "Dari ditutup sampai terbukti, tiap OPD")
    rows = [(opd, opd_name(opd, view), by[opd]) for opd in sorted(by)]
    return crosswise(snapshot, view, PAGE, title, kpis, rows, name="penutupan-opd")


def _counts(snapshot: Snapshot, view: View) -> Sheet:
    """The patterns with their counts, for the city and each OPD."""
    kpis = [view.catalog[name] for pattern in PATTERNS if (name := f"curiga_{pattern}") in view.catalog]
    found = [(kpi, r) for kpi in kpis for r in snapshot.of(kpi.id) if r.area == view.city.code]
    columns = (
        Field(key="pola", title=text.say(view.lang, "Pola")),
        Field(key="opd", title="OPD"),
        Field(key="aduan", title=text.say(view.lang, "Aduan"), type=Type.WHOLE, unit="aduan"),
        Field(key="alasan", title=text.say(view.lang, "Mengapa tidak ada nilai")),
    )
    whole = text.say(view.lang, "seluruh kota")
    rows = [(kpi.title[view.lang], opd_name(r.opd, view) if r.opd else whole, r.value, r.why_none) for kpi, r in found]
    title = text.say(view.lang, "Pola yang perlu diperiksa")
    about = {"kpis": kpis, "readings": [r for _, r in found], "notes": [text.say(view.lang, NO_PROOF)]}
    return listed(snapshot, view, PAGE, title, columns, rows, name="pola", **about)


def _cases(snapshot: Snapshot, view: View) -> Sheet:
    """The cases that the patterns name, as the page lists them; a pattern names cases, not guilt."""
    found = view.suspicions() if view.suspicions else None
    if found is None:
        raise LookupError("rincian belum tersedia")
    columns = heads(
        view,
        ("pola", "Pola"),
        ("nomor", "Nomor"),
        ("wilayah", "Wilayah", Type.AREA),
        ("opd", "OPD"),
        ("kategori", "Kategori"),
        ("ditutup", "Ditutup", Type.MOMENT),
        ("tenggat", "Tenggat", Type.MOMENT),
    )
    rows = [
        (one.pattern, case.source_id, case.area, case.opd, case.category, case.closed, case.due)
        for one in found
        for case in one.cases
    ]
    title, more = text.say(view.lang, "Kasus menurut pola"), sum(one.n - len(one.cases) for one in found)
    notes = [text.say(view.lang, NO_PROOF)]
    if more:
        notes.append(text.say(view.lang, "{n} lagi tidak ditampilkan", n=text.number(more, 0, view.lang)))
    return listed(snapshot, view, PAGE, title, columns, rows, name="kasus-pola", notes=notes)


PAGE = Page(
    path="/penutupan",
    title={"id": "Penutupan aduan", "en": "Closings"},
    theme="light",
    roles=EVERYONE,
    parts=parts,
    layout=layout,
    sheets={
        "figures": Export(sheet=_funnel),
        "closing-opds": Export(sheet=_each),
        "patterns": Export(sheet=_counts),
        "findings": Export(sheet=_cases, rows=True),
    },
)
