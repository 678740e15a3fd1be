"""The situation in pictures and short lists: rain by step, what lies on the map, warnings, water, calls, air, quakes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import htpy
from htpy import circle, figcaption, figure, g, h2, i, li, ol, p, path, rect, span, svg

from dashboard import text
from dashboard.parts.dots import Spot
from dashboard.parts.focus import focus
from dashboard.parts.lines import Line, lines
from dashboard.parts.marks import age, band_mark, state_of
from dashboard.parts.scale import pc
from dashboard.parts.tile import hooks
from layers.kpis.situation import HEAVY_MM, NORMAL_LEVEL, STEP
from layers.observed import WET_MM
from layers.snapshot import Band, Observation, Sign, Snapshot, State

if TYPE_CHECKING:
    from dashboard.page import View

KNEE_CM = 71
"""Depth from which PetaBencana counts a flood as high: above the knee."""

FULL_CM, FULL_ISPU, FULL_MM = 200, 300, 50
"""Full length of the bars of a depth, of an air index and of rain in a step."""

CLASSES = ((50, "baik"), (100, "sedang"), (200, "tidak sehat"), (300, "sangat tidak sehat"))
"""Upper ends of the classes of ISPU (Permen LHK 14/2020); above the last it is dangerous."""

LEVELS = {1: "ringan", 2: "sedang", 3: "berat", 4: "ekstrem"}


def of(snapshot: Snapshot, sign: Sign) -> list[Observation]:
    """The observations of one sign, in their order."""
    return [one for one in snapshot.observations if one.sign is sign]


def place(area: str, view: View) -> str:
    """``Gondrong, Cipondoh``, as far as the place is known."""
    parent = view.tree.parent(area) if area in view.tree.areas else None
    name = view.tree.name(area) if area in view.tree.areas else text.say(view.lang, "tanpa lokasi")
    return f"{name}, {view.tree.name(parent)}" if parent and parent in view.tree.areas else name


# --- rain ---------------------------------------------------------------------------------------------


def rain(snapshot: Snapshot, view: View, *, element: str = "rain") -> htpy.Element:
    """The next day's rain in the forecast's steps: how much at the wettest place, and in how many areas."""
    title = text.say(view.lang, "Prakiraan hujan 24 jam, milimeter per 3 jam di tempat terlebat")
    origin, steps = snapshot.reading("hujan_24j"), of(snapshot, Sign.RAIN)
    if origin is None or not steps:
        words = (origin.why_none if origin else None) or text.say(view.lang, "belum ada data")
        return figure(".rain", id=element)[figcaption[h2[title]], p(".empty")[words]]
    if state_of(origin.freshness, view) is State.LIVE and not any(one.values["kelurahan"] for one in steps):
        return figure(".rain.dry", hooks(origin, view), id=element, role="group", aria_label=title)[
            figcaption[h2[title], span(".aside")[age(origin.freshness, view)]],
            p(".empty")[text.say(view.lang, "Tidak ada hujan yang diprakirakan.")],
        ]
    full = max(FULL_MM, *(one.values["mm"] for one in steps))
    return figure(".rain", hooks(origin, view), id=element, role="group", aria_label=title)[
        figcaption[h2[title], span(".aside")[age(origin.freshness, view)]],
        ol[[_step(one, full, view) for one in steps]],
    ]


def _step(one: Observation, full: float, view: View) -> htpy.Element:
    mm, n = one.values["mm"], int(one.values["kelurahan"])
    heavy = mm >= HEAVY_MM
    now = one.at <= view.now < one.at + STEP
    hours = "–".join(text.clock(at, view.city.zone, view.lang) for at in (one.at, one.at + STEP))
    wet = text.say(view.lang, "{n} {unit}", n=text.number(n, 0, view.lang), unit=view.tree.unit)
    return li({"data-band": Band.WATCH.value if heavy else None}, class_="now-step" if now else None)[
        span(".mm")[
            band_mark(Band.WATCH, view) if heavy else None, text.number(mm, 0 if mm >= 10 else 1, view.lang) if n else "0"
        ],
        svg(".column", aria_hidden="true")[
            rect(".fill", width="100%", y=pc(100 - 100 * mm / full), height=pc(100 * mm / full)),
            rect(".foot", width="100%", y="97%", height="3%"),
        ],
        span(".hours")[text.say(view.lang, "kini") if now else hours],
        span(".wet")[wet if n else text.say(view.lang, "kering")],
    ]


def overlay(snapshot: Snapshot, view: View, *, element: str = "map-overlay") -> htpy.Element:
    """On the map: a drop where it rains now, a ring where a flood was reported, a triangle at a gauge on alert."""
    asset = view.map
    wet = [
        area.code
        for area in view.tree.kelurahan
        if (r := snapshot.reading("hujan_kini", area.code)) and r.value is not None and r.value >= WET_MM
    ]
    flooded = [one.area for one in of(snapshot, Sign.FLOOD)]
    alert = [one.area for one in of(snapshot, Sign.GAUGE) if one.values["siaga"] < NORMAL_LEVEL]
    drawn: list[tuple[Callable[[Spot], htpy.Element], list[Spot]]] = [
        (sign, [asset.labels[code] for code in codes if code in asset.labels])
        for sign, codes in ((_drop, wet), (_ring, flooded), (_triangle, alert))
    ]
    inset = asset.inset
    larger = [(sign, [there for x, y in spots if (there := inset.enlarged(x, y))]) for sign, spots in drawn] if inset else []
    return svg(".overlay", id=element, viewBox=f"0 0 {asset.width:g} {asset.height:g}", aria_hidden="true")[
        focus(snapshot.alarms, view),
        [sign(spot) for sign, spots in drawn for spot in spots],
        g(".inset")[[sign(spot) for sign, spots in larger for spot in spots]] if inset else None,
    ]


def _drop(at: Spot) -> htpy.Element:
    x, y = at
    return path(".drop", d=f"M{x:.0f} {y - 11:.0f}c4 6 6 8 6 12a6 6 0 0 1-12 0c0-4 2-6 6-12Z")


def _ring(at: Spot) -> htpy.Element:
    x, y = at
    return g(".rings")[
        circle(".ring", cx=f"{x:.0f}", cy=f"{y:.0f}", r="13"), circle(".core", cx=f"{x:.0f}", cy=f"{y:.0f}", r="4.5")
    ]


def _triangle(at: Spot) -> htpy.Element:
    x, y = at
    return path(".alert", d=f"M{x:.0f} {y - 13:.0f}l13 23h-26Z")


def legend(view: View) -> Sequence[htpy.Element]:
    """The map's own signs in words."""
    signs = (("drop", "hujan kini"), ("ring", "banjir 24 jam"), ("alert", "pos air siaga"))
    return [li[i(class_=f"key {sign}"), span[text.say(view.lang, words)]] for sign, words in signs]


# --- lists --------------------------------------------------------------------------------------------


def warnings(snapshot: Snapshot, view: View, *, element: str = "warnings") -> htpy.Element:
    """Kecamatan under a weather warning, the most severe first."""
    found = []
    for kecamatan in view.tree.kecamatan:
        level, count = (snapshot.reading(name, kecamatan.code) for name in ("peringatan_tertinggi", "peringatan_cuaca"))
        if level and level.value:
            found.append((int(level.value), int(count.value or 0) if count else 0, kecamatan.name))
    shown = [
        Line(
            name=name,
            value=text.say(view.lang, LEVELS.get(level, "ekstrem")),
            beside=text.say(view.lang, "{n} {unit}", n=n, unit=view.tree.unit),
            band=Band.ACT if level >= 3 else Band.WATCH,
        )
        for level, n, name in sorted(found, key=lambda one: (-one[0], -one[1], one[2]))
    ]
    nothing = "Tidak ada peringatan dini cuaca."
    title = text.say(view.lang, "Peringatan dini cuaca")
    return lines(title, snapshot.reading("peringatan_cuaca"), shown, nothing, view, element=element)


def water(snapshot: Snapshot, view: View, *, element: str = "water") -> htpy.Element:
    """Where it is flooded and how deep, and the gauges on alert."""
    shown = [_gauge(one, view) for one in of(snapshot, Sign.GAUGE) if one.values["siaga"] < NORMAL_LEVEL]
    shown += [_flood(one, view) for one in of(snapshot, Sign.FLOOD)]
    nothing = "Tidak ada laporan banjir 24 jam, semua pos air normal."
    origin = snapshot.reading("laporan_banjir_24j")
    return lines(text.say(view.lang, "Banjir dan pos air"), origin, shown, nothing, view, element=element)


def _flood(one: Observation, view: View) -> Line:
    depth, reports = one.values.get("tinggi"), one.values.get("laporan", 0)
    return Line(
        name=place(one.area, view),
        value=text.say(view.lang, "banjir") if depth is None else text.quantity(depth, "cm", 0, view.lang),
        beside=" ".join(
            filter(
                None, (f"{text.number(reports, 0, view.lang)}×" if reports else "", text.clock(one.at, view.city.zone, view.lang))
            )
        ),
        size=0 if depth is None else 100 * depth / FULL_CM,
        band=Band.ACT if depth is not None and depth >= KNEE_CM else Band.WATCH,
    )


def _gauge(one: Observation, view: View) -> Line:
    level, height = one.values["siaga"], one.values.get("muka_air")
    return Line(
        name=text.say(view.lang, "Pos {name}", name=one.subject or ""),
        value=text.say(view.lang, "siaga {n}", n=f"{level:.0f}"),
        beside=text.quantity(height, "cm", 0, view.lang) if height is not None else "",
        band=Band.ACT if level < NORMAL_LEVEL - 1 else Band.WATCH,
    )


def calls(snapshot: Snapshot, view: View, *, element: str = "calls") -> htpy.Element:
    """Emergency calls of the last hours by kind: how many, and the median time to the scene."""
    found, origin, scene = of(snapshot, Sign.CALLS), snapshot.reading("panggilan_112_6j"), snapshot.reading("tiba_112_24j")
    limit = scene.target if scene else None
    most = max((one.values["panggilan"] for one in found), default=1)
    shown = [
        Line(
            name=one.subject or "",
            value=text.number(one.values["panggilan"], 0, view.lang),
            beside="–" if (minutes := one.values.get("tiba")) is None else text.quantity(minutes, "menit", 0, view.lang),
            size=100 * one.values["panggilan"] / most,
            band=Band.WATCH if limit is not None and minutes is not None and minutes > limit else Band.NORMAL,
        )
        for one in found
    ]
    title, note = text.say(view.lang, "Panggilan 112, 6 jam"), text.say(view.lang, "median tiba di lokasi")
    return lines(title, origin, shown, "Tidak ada panggilan dalam 6 jam.", view, element=element, note=note)


def air(snapshot: Snapshot, view: View, *, element: str = "air") -> htpy.Element:
    """What each air station read last, in the words of its class."""
    shown = [
        Line(
            name=(one.subject or place(one.area, view)),
            value=text.number(index, 0, view.lang),
            beside=text.say(view.lang, next((words for end, words in CLASSES if index <= end), "berbahaya")),
            size=100 * index / FULL_ISPU,
            band=Band.NORMAL if index <= 100 else Band.WATCH if index <= 200 else Band.ACT,
        )
        for one in of(snapshot, Sign.AIR)
        if (index := one.values.get("ispu")) is not None
    ]
    nothing = "Tidak ada stasiun yang melapor dalam 24 jam."
    return lines(text.say(view.lang, "Udara, ISPU"), snapshot.reading("ispu_tertinggi"), shown, nothing, view, element=element)


def quakes(snapshot: Snapshot, view: View, *, element: str = "quakes") -> htpy.Element:
    """Earthquakes that were felt here in the last 30 days, the last first."""
    shown = [
        Line(
            name=" · ".join(
                filter(None, (f"M {text.number(m, 1, view.lang)}" if (m := one.values.get("magnitudo")) is not None else "",
                              text.quantity(km, "km", 0, view.lang) if (km := one.values.get("jarak")) is not None else ""))
            ),
            value=f"{text.number(one.values['dirasakan'], 0, view.lang)} MMI",
            beside=text.age((view.now - one.at).total_seconds(), view.lang),
        )
        for one in of(snapshot, Sign.QUAKE)
        if "dirasakan" in one.values
    ]  # fmt: skip
    title, nothing = text.say(view.lang, "Gempa dirasakan, 30 hari"), "Tidak ada gempa yang dirasakan."
    return lines(title, snapshot.reading("gempa_dirasakan_30h"), shown, nothing, view, element=element)
