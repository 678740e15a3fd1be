"""How evenly a figure is spread: Theil, Gini and P90/P10 in plain words, and Lorenz's curve."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import htpy
from htpy import dd, div, dl, dt, figcaption, figure, h2, line, p, path, span, svg

from dashboard import text
from dashboard.parts.scale import SPAN
from layers.equity import Equity

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi

HALF = 0.5


def evenness(title: str, found: Equity, kpi: Kpi, view: View, *, element: str = "equity") -> htpy.Element:
    """The measures, or why there are none."""
    if found.theil is None or found.gini is None:
        return figure(".panel.evenness", id=element, role="group", aria_label=title)[
            figcaption[h2[title]], p(".empty")[found.why_none]
        ]
    unit = text.say(view.lang, "{n} {unit}, menurut penduduknya", n=found.places, unit=view.tree.unit)
    return figure(".panel.evenness", id=element, role="group", aria_label=title)[
        figcaption[h2[title], span(".aside")[unit]],
        div(".evenness-body")[_curve(found, view), dl[_facts(found, view)]],
        p(".plain-words")[_words(found, view)],
        p(".aside")[
            text.say(
                view.lang, "Tidak ikut: {n} tanpa lokasi.", n=text.quantity(found.unplaced, kpi.unit, kpi.decimals, view.lang)
            )
        ]
        if found.unplaced
        else None,
    ]


def _facts(found: Equity, view: View) -> list[htpy.Node]:
    theil, within, between = (found.theil or 0.0, found.within or 0.0, found.between or 0.0)
    third = lambda value: text.number(value, 3, view.lang)  # noqa: E731 - said four times
    out: list[tuple[str, str]] = [
        (text.say(view.lang, "Gini (0 merata, 1 timpang)"), third(found.gini or 0.0)),
        (text.say(view.lang, "Theil T"), third(theil)),
        (text.say(view.lang, "antar-kecamatan"), third(between)),
        (text.say(view.lang, "di dalam kecamatan"), third(within)),
        (
            text.say(view.lang, "P90/P10"),
            text.say(view.lang, "{n} kali", n=text.number(found.p90_p10, 1, view.lang))
            if found.p90_p10
            else found.why_no_ratio or "",
        ),
    ]
    if found.chance is not None:
        out.insert(4, (text.say(view.lang, "Theil T dari kebetulan saja"), third(found.chance)))
    return [item for name, value in out for item in (dt[name], dd[value])]


def _words(found: Equity, view: View) -> str:
    """The two things that a reader should take away."""
    half = next(b[0] - (b[1] - HALF) * (b[0] - a[0]) / (b[1] - a[1]) for a, b in pairwise(found.lorenz) if b[1] >= HALF)
    said = [
        text.say(
            view.lang,
            "Separuh dari semuanya ada pada {part} % penduduk yang wilayahnya paling banyak mendapat.",
            part=text.number(100 * (1 - half), 0, view.lang),
        )
    ]
    if found.theil and found.between is not None:
        said.append(
            text.say(
                view.lang,
                "{part} % ketimpangan itu antar-kecamatan, sisanya di dalam kecamatan.",
                part=text.number(100 * found.between / found.theil, 0, view.lang),
            )
        )
    if found.chance is not None and found.theil is not None and found.theil < 2 * found.chance:
        said.append(text.say(view.lang, "Jumlahnya sedikit: sebagian besar ketimpangan ini dapat karena kebetulan."))
    return " ".join(said)


def _curve(found: Equity, view: View) -> htpy.Element:
    d = "M" + "L".join(f"{x * SPAN:.0f} {SPAN - y * SPAN:.0f}" for x, y in found.lorenz)
    spoken = text.say(view.lang, "Kurva Lorenz: Gini {gini}", gini=text.number(found.gini or 0.0, 3, view.lang))
    return div(".lorenz-box")[
        svg(".lorenz", viewBox=f"0 0 {SPAN} {SPAN}", role="img", aria_label=spoken)[
            path(".gap", d=f"{d}Z"),
            line(".even", x1="0", y1=str(SPAN), x2=str(SPAN), y2="0"),
            path(".curve", d=d),
        ],
        p(".aside")[text.say(view.lang, "mendatar: penduduk; tegak: bagiannya")],
    ]
