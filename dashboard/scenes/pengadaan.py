"""Procurement and budget: packages by stage, plan and contracts by month, spending of each OPD, what asks for a second look."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import htpy
from htpy import div, section

from dashboard import text
from dashboard.page import AreaPaint
from dashboard.parts.bars import bars, worst_first
from dashboard.parts.flow import Step, flow
from dashboard.parts.lines import figures
from dashboard.parts.map import map_legend, map_overlay, map_stage
from dashboard.parts.marks import value_words
from dashboard.parts.stage import RANKED, map_title, tiles
from dashboard.parts.trend import Series, trend
from dashboard.scene import Scene, Shown, titled
from layers.city import City, SceneConfig
from layers.explain import short
from layers.model import Stage
from layers.ranking import at_level
from layers.snapshot import Snapshot

if TYPE_CHECKING:
    from dashboard.page import View

PACKAGES, BUDGET, CONTRACTS = "paket_diumumkan", "pagu_diumumkan", "nilai_kontrak"
SPENT, APART = "serapan_anggaran", "deviasi_kas"
TILES = (CONTRACTS, "realisasi_pengadaan", SPENT, APART, "epurchasing_nilai", "epurchasing_selesai", "porsi_pdn", "porsi_umk")
WHERE_THERE = ("porsi_pdn", "porsi_umk")
"""Tiles that stand only where some source tells of them."""

FLAGS = (
    "skor_risiko_pengadaan", "paket_risiko_tinggi", "kontrak_dekat_hps", "peserta_tunggal", "paket_dipecah", "kontrak_desember",
)  # fmt: skip
RISK = "Skor tinggi berarti risiko, bukan bukti."
STAGES = (
    (Stage.PLANNED, "Rencana", "out"),
    (Stage.SELECTION, "Pemilihan", "waiting"),
    (Stage.CONTRACT, "Kontrak", "doing"),
    (Stage.DONE, "Selesai", "done"),
)


def usual(city: City) -> SceneConfig:
    return SceneConfig(
        name="pengadaan",
        tiles=tuple(name for name in TILES if name not in city.kpis_off),
        map=BUDGET,
        ranking=SPENT,
    )


def parts(snapshot: Snapshot, view: View, shown: Shown) -> dict[str, htpy.Element]:
    """Every part of the scene that a new snapshot can change."""
    kpi = view.catalog[shown.map or BUDGET]
    there = {name for name in WHERE_THERE if (reading := snapshot.reading(name)) and reading.value is not None}
    told = [name for name in shown.tiles if name not in WHERE_THERE or name in there]
    flags = [reading for name in FLAGS if (reading := snapshot.reading(name)) and name in view.catalog]
    return {
        **tiles(snapshot, view, told),
        "stages": _stages(snapshot, view),
        "map-title": map_title(snapshot, view, kpi),
        "map-legend": map_legend(snapshot, view, kpi, signs=False),
        "map-overlay": map_overlay((), (), view),
        "year": _year(snapshot, view),
        "ranking": _spending(snapshot, view, shown.ranking or SPENT),
        "flags": figures(
            text.say(view.lang, "Tanda bahaya pengadaan"),
            flags,
            view.catalog,
            view,
            element="flags",
            sentence=text.say(view.lang, RISK),
        ),
    }


def _stages(snapshot: Snapshot, view: View) -> htpy.Element:
    known = [
        (name, look, snapshot.reading(f"paket_{stage.value}"), snapshot.reading(f"pagu_{stage.value}"))
        for stage, name, look in STAGES
    ]
    steps = [Step(label=text.say(view.lang, n), count=c, worth=w, look=look) for n, look, c, w in known if c and w]
    title = text.say(view.lang, "Paket pengadaan tahun ini")
    return flow(title, (snapshot.reading(PACKAGES), snapshot.reading(BUDGET)), steps, view, element="stages")


def _year(snapshot: Snapshot, view: View) -> htpy.Element:
    """What was announced and what was contracted since 1 January, month by month."""
    title = text.say(view.lang, "Rencana dan kontrak tahun ini, kumulatif per bulan")
    courses, origin = {course.kpi: course for course in snapshot.courses}, snapshot.reading(CONTRACTS)
    if not courses or origin is None or CONTRACTS not in view.catalog:
        words = (origin.why_none if origin else None) or text.say(view.lang, "belum ada data")
        return section(".panel.chart", id="year")[htpy.h2[title], htpy.p(".empty")[words]]
    today = view.now.astimezone(view.city.zone).date()
    days = [min(_last(date.fromisoformat(month)), today).isoformat() for month in next(iter(courses.values())).months]
    labels = {BUDGET: ("rencana", "b"), CONTRACTS: ("kontrak", "a")}
    series = [
        Series(label=text.say(view.lang, words), values=courses[kpi].values, look=look)
        for kpi, (words, look) in labels.items()
        if kpi in courses
    ]
    formula = text.say(view.lang, "pagu yang diumumkan dan nilai yang dikontrakkan sampai akhir tiap bulan")
    return trend(title, days, series, (origin, view.catalog[CONTRACTS]), view, formula=formula, element="year")


def _last(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])


def _spending(snapshot: Snapshot, view: View, name: str) -> htpy.Element:
    """The OPDs by what they spent of their budget, the one that most needs to move first; beside each its cash deviation."""
    kpi, apart = view.catalog[name], view.catalog.get(APART)
    told = {r.opd: r for r in at_level(snapshot, view.tree, apart, "opd") if r.value is not None} if apart else {}
    rows = [
        (short(r.opd or "", view.city) or "", r) for r in worst_first(at_level(snapshot, view.tree, kpi, "opd"), None, kpi.better)
    ]
    title = text.say(view.lang, "{kpi} per OPD", kpi=kpi.short[view.lang])
    if not told or apart is None or name != SPENT:
        return bars(title, rows, kpi, view, limit=RANKED, panel=False)
    beside = {opd or "": f"± {value_words(r, apart, view)}" for opd, r in told.items()}
    return bars(f"{title}, ± {apart.short[view.lang].lower()}", rows, kpi, view, limit=RANKED, panel=False, beside=beside)


def layout(found: Mapping[str, htpy.Element], view: View, shown: Shown, paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """The stages over everything; below them tiles, the year over the map, the OPDs over the flags."""
    return htpy.main(".scene-grid.pengadaan")[
        found["stages"],
        section(".tiles", aria_label=text.say(view.lang, "Kondisi terkini"))[
            [found[tile] for name in shown.tiles if (tile := f"tile-{name}") in found]
        ],
        div(".middle")[
            section(".hero")[found["map-title"], map_stage(view, paint, found["map-overlay"]), found["map-legend"]],
            found["year"],
        ],
        div(".right")[found["ranking"], found["flags"]],
    ]


def main(found: Mapping[str, htpy.Element], _view: View, _shown: Shown, _paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """From afar: how far the year's packages have come."""
    return found["stages"]


SCENE = Scene(
    order=4,
    title=titled("Pengadaan dan anggaran", "Procurement and budget"),
    usual=usual,
    parts=parts,
    layout=layout,
    main=main,
)
