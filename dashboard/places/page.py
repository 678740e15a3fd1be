"""The page of a place: a kelurahan, a kecamatan, the whole city, or what has no place; its complaints narrowed by filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import htpy
from htpy import div, h2, header, section, span

from dashboard import text
from dashboard.page import EVERYONE, AreaPaint, Page
from dashboard.parts.frame import banner, desk, sources_state
from dashboard.parts.map import map_legend, map_stage, paints
from dashboard.places import complaints, topics
from dashboard.places.address import area_address
from dashboard.places.compare import COMPARED, beside, compare
from dashboard.places.head import head
from dashboard.places.printed import print_foot
from dashboard.places.sheets import SHEETS
from layers.snapshot import Snapshot

if TYPE_CHECKING:
    from dashboard.page import View


def parts(snapshot: Snapshot, view: View) -> dict[str, htpy.Element]:
    """Everything on the page that a new snapshot or another filter can change."""
    area = view.tree.areas[view.params["code"]]
    drill = view.drill(complaints.query(area, view)) if view.drill else None
    cards = complaints.readings(snapshot, area, drill, view)
    told = [r for r in cards.values() if r] + topics.shown(snapshot, area, view)
    return {
        "notice": banner(snapshot),
        "sources-state": sources_state(snapshot, view),
        "area-head": head(area, view),
        "filters": complaints.filters(drill, view),
        **complaints.cards(snapshot, area, cards, view),
        **complaints.charts(drill, cards[complaints.OPEN], view),
        "map-legend": map_legend(snapshot, view, view.catalog[COMPARED], signs=False),
        "compare": compare(snapshot, area, view),
        **topics.topics(snapshot, area, view),
        "beside": beside(snapshot, area, view),
        "print-foot": print_foot(area_address(area.code), told, snapshot, view),
    }


def areas(snapshot: Snapshot, view: View) -> dict[str, AreaPaint]:
    """Colours of the small map."""
    return paints(snapshot, view, view.catalog[COMPARED])


def layout(found: dict[str, htpy.Element], view: View, paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """Cards above, the trend beside the map, below them what the total is made of, and then every other topic of the place."""
    title = text.say(view.lang, "{kpi} per {unit}", kpi=view.catalog[COMPARED].short[view.lang], unit=view.tree.unit)
    whole = text.say(view.lang, "seluruh wilayah") if view.limited else None
    sketch = span(".schematic")[text.say(view.lang, "batas skematis")] if view.map.schematic else None
    map_panel = section(".panel.map-panel")[
        header[h2[title], span(".aside")[sketch, whole] if sketch or whole else None],
        map_stage(view, paint, None, selected=view.params.get("code")),
        found["map-legend"],
    ]
    return desk(
        view,
        "/kelurahan",
        found["sources-state"],
        found["notice"],
        found["area-head"],
        found["filters"],
        div(".kpis")[[part for key, part in found.items() if key.startswith("tile-")]],
        div(".split")[found["trend"], map_panel],
        div(".quarters")[found["by-category"], found["by-opd"], found["by-channel"], found["compare"]],
        h2(".topics-head")[
            text.say(view.lang, "Layanan, pengadaan, dan keadaan"),
            " ",
            span(".aside")[text.say(view.lang, "tidak mengikuti saringan aduan")],
        ],
        div(".topics")[[part for key, part in found.items() if key.startswith("topik-")]],
        found["beside"],
        found["print-foot"],
    )


def place_page(path: str, title: Mapping[str, str]) -> Page:
    """The page at one address; what it shows depends on the area alone."""
    return Page(
        path=path,
        title={"id": title["id"], "en": title["en"]},
        theme="light",
        roles=EVERYONE,
        parts=parts,
        layout=layout,
        areas=areas,
        sheets=SHEETS,
    )
