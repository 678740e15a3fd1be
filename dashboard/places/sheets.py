"""What can be taken away of an area's page: its figures and charts as sheets."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from dashboard import text
from dashboard.access import Refused
from dashboard.export.makers import daily, figures, over, slices
from dashboard.export.sheet import Column, Sheet, Type
from dashboard.page import Export
from dashboard.places import complaints
from dashboard.places.compare import COMPARED, compared_to
from dashboard.places.head import title
from dashboard.places.topicsheets import TOPIC_SHEETS, page_of
from layers.smallcells import alone, small

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi
    from layers.drill import Drill
    from layers.model import Area
    from layers.snapshot import Reading, Snapshot


def _area(view: View) -> tuple[Area, Drill | None]:
    """The area and its drill; 404 where all counts are of what could name a person (:mod:`layers.smallcells`)."""
    area = view.tree.areas[view.params["code"]]
    opd, category = (view.params.get(name) for name in ("opd", "category"))
    if alone(view.scope, view.city, view.tree, area=area.code, opd=opd, category=category):
        raise Refused(view.scope)
    return area, view.drill(complaints.query(area, view)) if view.drill else None


def _figures(snapshot: Snapshot, view: View) -> Sheet:
    area, drill = _area(view)
    found = complaints.readings(snapshot, area, drill, view)
    return figures(snapshot, view, page_of(view), title(area, view), [(view.catalog[name], r) for name, r in found.items()])


def _cut(snapshot: Snapshot, view: View) -> tuple[Area, Drill, tuple[Reading, Kpi]]:
    """The drill of the page; ``LookupError`` where there is none yet."""
    area, drill = _area(view)
    origin = complaints.readings(snapshot, area, drill, view).get(complaints.OPEN)
    if drill is None or origin is None:
        raise LookupError("rincian belum tersedia")
    return area, drill, (origin, view.catalog[complaints.OPEN])


def _daily(snapshot: Snapshot, view: View) -> Sheet:
    area, drill, origin = _cut(snapshot, view)
    series = {
        name: (Column(key=name, title=text.say(view.lang, name), type=Type.WHOLE, unit="aduan"), values)
        for name, values in (("masuk", drill.received), ("selesai", drill.closed))
    }
    return daily(
        snapshot,
        view,
        page_of(view),
        f"{title(area, view)}: {text.say(view.lang, complaints.DAILY)}",
        drill.days,
        series,
        origin=origin,
        formula=text.say(view.lang, complaints.DAILY_FORMULA),
        name="per-hari",
    )


def _parts_of(name: str, snapshot: Snapshot, view: View) -> Sheet:
    area, drill, origin = _cut(snapshot, view)
    words, key = complaints.GROUPS[name]
    said = f"{title(area, view)}: {text.say(view.lang, words).lower()}"
    guarded = complaints.guarded(name, view) if small(area) else None
    return slices(snapshot, view, page_of(view), said, getattr(drill, key), origin, name=key, guarded=guarded)


def _comparison(snapshot: Snapshot, view: View) -> Sheet:
    heading, shown, ranked = compared_to(snapshot, _area(view)[0], view)
    rows = [(view.tree.name(r.area), r) for r in shown]
    return over(snapshot, view, page_of(view), heading, view.catalog[COMPARED], rows, name="pembanding", ranking=ranked)


def _mapped(snapshot: Snapshot, view: View) -> Sheet:
    kpi = view.catalog[COMPARED]
    said = text.say(view.lang, "{kpi} per {unit}", kpi=kpi.short[view.lang], unit=view.tree.unit)
    rows = [(area.name, r) for area in view.tree.kelurahan if (r := snapshot.reading(COMPARED, area.code))]
    return over(snapshot, view, page_of(view), said, kpi, rows, name="peta")


SHEETS: Mapping[str, Export] = {
    "figures": Export(sheet=_figures),
    "trend": Export(sheet=_daily),
    "map-legend": Export(sheet=_mapped, areas=True, map=True),
    **{f"by-{name}": Export(sheet=partial(_parts_of, name)) for name in complaints.GROUPS},
    "compare": Export(sheet=_comparison, areas=True),
    **TOPIC_SHEETS,
}
