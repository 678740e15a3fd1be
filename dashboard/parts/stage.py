"""What several scenes of the wall are made of: their tiles, the title of the map, a ranking of OPDs or places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import htpy
from htpy import h2, header, span

from dashboard import text
from dashboard.parts.bars import bars, worst_first
from dashboard.parts.marks import age
from dashboard.parts.tile import missing_tile, tile
from layers.explain import short
from layers.ranking import LEVELS, Ranked, at_level, of_level
from layers.snapshot import Reading, Snapshot

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi

RANKED = 12
"""At most so many are drawn; the style shows as many whole rows as there is room for."""


def tiles(snapshot: Snapshot, view: View, names: Sequence[str]) -> dict[str, htpy.Element]:
    """The tiles of the city's readings, with their trends."""
    trends = {trend.kpi: trend for trend in snapshot.trends if trend.area == snapshot.city}
    found: dict[str, htpy.Element] = {}
    for name in names:
        reading = snapshot.reading(name)
        found[f"tile-{name}"] = (
            tile(reading, view.catalog[name], view, trends.get(name)) if reading else missing_tile(view.catalog[name], view)
        )
    return found


def map_title(snapshot: Snapshot, view: View, kpi: Kpi) -> htpy.Element:
    """What the map shows, how many areas, and how old its data are."""
    reading = snapshot.reading(kpi.id)
    words = text.say(view.lang, "{kpi} per {unit}", kpi=kpi.title[view.lang], unit=view.tree.unit)
    counts = text.say(
        view.lang,
        "{kelurahan} {unit} · {kecamatan} kecamatan",
        kelurahan=len(view.tree.kelurahan),
        unit=view.tree.unit,
        kecamatan=len(view.tree.kecamatan),
    )
    sketch = span(".schematic")[text.say(view.lang, "batas skematis")] if view.map.schematic else None
    return header(".part-head", id="map-title")[
        h2[words], span(".aside")[sketch, counts, (" · ", age(reading.freshness, view)) if reading else None]
    ]


def ranking(snapshot: Snapshot, view: View, kpi: Kpi, levels: Sequence[Ranked] = ("opd",)) -> htpy.Element:
    """The places or OPDs by a KPI, the one that most needs to move first; at the first of the ``levels`` at which it is given."""
    level: Ranked = next((level for level in levels if LEVELS[level] in kpi.cuts), "opd")
    ranked, readings = of_level(snapshot, view.tree, kpi, level), at_level(snapshot, view.tree, kpi, level)
    rows = [(_named(r, view), r) for r in worst_first(readings, ranked, kpi.better)]
    words = "{kpi} per OPD" if level == "opd" else "{kpi} per {unit}"
    title = text.say(view.lang, words, kpi=kpi.short[view.lang], unit=view.tree.unit if level == "kelurahan" else level)
    return bars(title, rows, kpi, view, limit=RANKED, panel=False, ranking=ranked)


def _named(reading: Reading, view: View) -> str:
    return (short(reading.opd, view.city) or "") if reading.opd else view.tree.name(reading.area)
