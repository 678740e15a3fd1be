"""The LR-1 dashboard, made of the product's own parts: 8 tiles, 104 areas, 90 days, 30 bars, the 50 oldest overdue cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import htpy
import polars as pl
from htpy import div, h2, header, section

from dashboard.page import EVERYONE, AreaPaint, Page, View
from dashboard.parts.bars import bars
from dashboard.parts.frame import banner, desk, sources_state
from dashboard.parts.map import map_legend, map_stage, paints
from dashboard.parts.table import Column, table
from dashboard.parts.tile import tile
from dashboard.parts.trend import Series, trend
from layers.areas import AreaTree
from layers.drill import Query
from layers.frames import Frames
from layers.model import Kind, Level, Status
from layers.settings import from_environment
from layers.snapshot import Reading, Snapshot

TILES = (
    "aduan_terbuka",
    "aduan_masuk_hari_ini",
    "aduan_selesai_hari_ini",
    "selesai_tepat_waktu",
    "lama_penyelesaian",
    "aduan_lewat_tenggat",
    "respons_pertama",
    "aduan_masuk_30h",
)
PER_HEAD = "aduan_masuk_30h"
MAP = "aduan_lewat_tenggat"
COLUMNS = ("source_id", "area", "category", "opd", "channel", "status", "received", "due")
OPEN = (Status.WAITING.value, Status.IN_PROCESS.value)


@cache
def _frames() -> Frames:
    settings = from_environment()
    return Frames(settings.data / "frames", settings.city, AreaTree.of(settings.city))


def _oldest(view: View, code: str) -> list[dict[str, Any]]:
    """The 50 overdue cases whose deadline passed first."""
    frame = _frames().frame(Kind.COMPLAINT)
    wanted = pl.col("status").cast(pl.String).is_in(OPEN) & (pl.col("due") < view.now)
    if view.tree.areas[code].level is Level.KELURAHAN:
        wanted &= pl.col("area") == code
    return frame.lazy().filter(wanted).select(COLUMNS).sort("due", "source_id").head(50).collect().to_dicts()


def parts(snapshot: Snapshot, view: View) -> dict[str, htpy.Element]:
    code = view.params["code"]
    assert view.drill
    drill = view.drill(Query(area=code))
    readings: dict[str, Reading] = {r.kpi: r for r in drill.readings}
    readings |= {name: r for name in TILES if name not in readings and (r := snapshot.reading(name, code))}
    received = readings[PER_HEAD]
    if view.city.population and received.value is not None:  # per 1,000 residents of the whole workload
        readings[PER_HEAD] = replace(received, value=received.value / view.city.population * 1000, change=None)
    origin = (readings["aduan_terbuka"], view.catalog["aduan_terbuka"])
    opds = [
        (s.label, replace(origin[0], opd=s.key, value=float(s.open), n=s.open, change=None))
        for s in sorted(drill.by_opd, key=lambda s: s.open)
    ]
    lines = [Series(label="masuk", values=drill.received), Series(label="selesai", values=drill.closed, look="b")]
    columns = [Column(title=name, cell=lambda row, name=name: str(row[name])) for name in COLUMNS]
    return {
        "notice": banner(snapshot),
        "sources-state": sources_state(snapshot, view),
        **{f"tile-{name}": tile(readings[name], view.catalog[name], view) for name in TILES},
        "map-legend": map_legend(snapshot, view, view.catalog[MAP], signs=False),
        "trend": trend("Masuk dan selesai per hari", drill.days, lines, origin, view),
        "ranking": bars("Terbuka per OPD", opds, origin[1], view),
        "oldest": table("50 yang paling lama lewat", columns, _oldest(view, code), view, element="oldest"),
    }


def areas(snapshot: Snapshot, view: View) -> dict[str, AreaPaint]:
    return paints(snapshot, view, view.catalog[MAP])


def layout(found: dict[str, htpy.Element], view: View, paint: Mapping[str, AreaPaint]) -> htpy.Element:
    return desk(
        view,
        "/lr1",
        found["sources-state"],
        found["notice"],
        div(".kpis")[[found[f"tile-{name}"] for name in TILES]],
        div(".split")[
            found["trend"],
            section(".panel.map-panel")[
                header[h2["Lewat tenggat"]], map_stage(view, paint, None, selected=None), found["map-legend"]
            ],
        ],
        div(".split")[found["oldest"], found["ranking"]],
    )


PAGE = Page(
    path="/lr1/{code}",
    title={"id": "LR-1", "en": "LR-1"},
    theme="light",
    roles=EVERYONE,
    parts=parts,
    layout=layout,
    areas=areas,
)
