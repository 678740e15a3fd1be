"""The complaints of an area: its cards, the filters that narrow them, and what the total is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import htpy
from htpy import a, button, form, label, noscript, option, p, section, select

from dashboard import text
from dashboard.page import FILTERS, checked, own
from dashboard.parts.breakdown import breakdown
from dashboard.parts.marks import days
from dashboard.parts.tile import missing_tile, tile
from dashboard.parts.trend import Series, trend
from dashboard.places.address import area_address
from layers.drill import Query
from layers.model import Area
from layers.smallcells import sensitive, sensitive_opd, small
from layers.snapshot import Reading, Snapshot

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.drill import Drill, Slice

CARDS = (
    "aduan_terbuka",
    "aduan_lewat_tenggat",
    "selesai_tepat_waktu",
    "respons_pertama",
    "lama_penyelesaian",
    "aduan_masuk_30h",
)
OPEN = "aduan_terbuka"
MONTH = "aduan_masuk_30h"
"""Its name says 30 days, so it is not shown for another stretch."""
DAYS = ("7", "30", "90", "365")
DAILY = "Aduan masuk dan selesai per hari, 90 hari"
DAILY_FORMULA = "aduan yang diterima, dan yang ditutup sebagai selesai, pada tiap hari setempat"
GROUPS = {
    "category": ("Menurut kategori", "by_category"),
    "opd": ("Menurut OPD", "by_opd"),
    "channel": ("Menurut kanal", "by_channel"),
}
"""What the total is split by: its title, and where a drill has it."""
CHARTS = ("trend", "by-category", "by-opd", "by-channel")


def query(area: Area, view: View) -> Query:
    """What the page's filters ask for at an area."""
    given = {name: view.params.get(name) for name in ("opd", "category", "channel")}
    return Query(area=area.code, days=int(days(view)), **given)


def readings(snapshot: Snapshot, area: Area, drill: Drill | None, view: View) -> dict[str, Reading | None]:
    """The cards' figures at the cut: of a limited scope its own alone, for what the whole city shows is not theirs."""
    drilled = {reading.kpi: reading for reading in drill.readings} if drill else {}
    cards = [name for name in CARDS if name != MONTH or days(view) == "30"]
    if view.limited:
        return {name: own(drilled[name]) if name in drilled else None for name in cards}
    found = {name: drilled.get(name) or snapshot.reading(name, area.code) for name in cards}
    return found if narrowed(view) else {name: checked(r, snapshot) if r else None for name, r in found.items()}


def narrowed(view: View) -> bool:
    """Whether the complaints shown are not all of the area's."""
    return view.limited or any(view.params.get(name) for name in FILTERS)


def cards(snapshot: Snapshot, area: Area, found: dict[str, Reading | None], view: View) -> dict[str, htpy.Element]:
    """A tile for each figure; with the last 30 days where they are the area's own."""
    trends = {} if narrowed(view) else {t.kpi: t for t in snapshot.trends if t.area == area.code}
    return {
        f"tile-{name}": tile(r, view.catalog[name], view, trends.get(name)) if r else missing_tile(view.catalog[name], view)
        for name, r in found.items()
    }


def filters(drill: Drill | None, view: View) -> htpy.Element:
    """Three or four controls; the choices are what the data of this cut holds."""
    groups = {
        "category": (("Kategori", "Semua kategori"), drill.by_category if drill else ()),
        "channel": (("Kanal", "Semua kanal"), drill.by_channel if drill else ()),
        "opd": (("OPD", "Semua OPD"), drill.by_opd if drill else ()),
    }
    chosen = {name: view.params.get(name, "") for name in FILTERS}
    return form(".filters", id="filters", method="get", data_cut=True, aria_label=text.say(view.lang, "Saring"))[
        [_choice(name, words, slices, chosen[name], view) for name, (words, slices) in groups.items()],
        label(class_="on" if chosen["days"] else None)[
            text.say(view.lang, "Rentang"),
            select(name="days")[
                [
                    option(value="" if n == "30" else n, selected=chosen["days"] == n)[text.say(view.lang, "{days} hari", days=n)]
                    for n in ("30", *(d for d in DAYS if d != "30"))
                ]
            ],
        ],
        noscript[button(".button", type="submit")[text.say(view.lang, "Terapkan")]],
        a(".reset", href=area_address(view.params["code"]))[text.say(view.lang, "Hapus saringan")]
        if any(chosen.values())
        else None,
    ]


def _choice(name: str, words: tuple[str, str], slices: Sequence[Slice], chosen: str, view: View) -> htpy.Element:
    known = {chosen: _label(name, chosen, view)} if chosen else {}
    known |= {s.key: s.label for s in slices}
    return label(class_="on" if chosen else None)[
        text.say(view.lang, words[0]),
        select(name=name)[
            option(value="")[text.say(view.lang, words[1])],
            [
                option(value=key, selected=key == chosen)[known_as]
                for key, known_as in sorted(known.items(), key=lambda item: item[1])
            ],
        ],
    ]


def _label(name: str, value: str, view: View) -> str:
    opd = view.city.opd(value) if name == "opd" else None
    return opd.short if opd else value


def guarded(name: str, view: View) -> Callable[[str], bool] | None:
    """Which values of a group could name a person where they are few (:mod:`layers.smallcells`)."""
    return {"category": sensitive, "opd": partial(sensitive_opd, view.city)}.get(name)


def charts(drill: Drill | None, origin: Reading | None, view: View) -> dict[str, htpy.Element]:
    """The trend, and what the total is made of; each says so where there are no rows to cut."""
    if drill is None or origin is None or drill.hidden:
        why = drill.hidden if drill else None
        words = text.say(view.lang, why or "Rincian tersedia setelah data pertama selesai diambil.")
        return {name: section(".panel", id=name)[p(".empty")[words]] for name in CHARTS}
    kpi = view.catalog[origin.kpi]
    lines = [
        Series(label=text.say(view.lang, "masuk"), values=drill.received, look="a"),
        Series(label=text.say(view.lang, "selesai"), values=drill.closed, look="b"),
    ]
    formula = text.say(view.lang, DAILY_FORMULA)
    found = {"trend": trend(text.say(view.lang, DAILY), drill.days, lines, (origin, kpi), view, formula=formula)}
    few = small(view.tree.areas[origin.area]) and not view.scope.may_see_rows
    for name, (words, key) in GROUPS.items():
        found[f"by-{name}"] = breakdown(
            text.say(view.lang, words),
            getattr(drill, key),
            (origin, kpi),
            view,
            element=f"by-{name}",
            link=partial(_narrow, name, view),
            guarded=guarded(name, view) if few else None,
        )
    return found


def _narrow(name: str, view: View, key: str) -> str:
    """The address of this page narrowed to one value more."""
    given = {**{n: view.params[n] for n in FILTERS if n in view.params}, name: key}
    return f"{area_address(view.params['code'])}?{urlencode(given)}"
