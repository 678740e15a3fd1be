"""A fair ranking as rows: the ranks that chance leaves open, the value with its whisker, and apart who has too few cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import htpy
from htpy import a, button, circle, details, h2, header, li, line, ol, p, section, span, strong, summary, svg

from dashboard import text
from dashboard.parts.marks import provenance
from dashboard.parts.scale import pc
from dashboard.parts.tile import hooks
from layers.catalog import Count
from layers.ranking import PER, Lacking, Ranking, Standing
from layers.snapshot import Reading

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi

AGAINST = {1: ("better", "nyata lebih baik"), -1: ("worse", "nyata lebih buruk")}
"""Against the whole city."""

ABOVE, BELOW = "nyata di atas", "nyata di bawah"
LISTED = 12
"""So many without a rank are named at once; more are folded away."""


def standings(
    title: str,
    ranking: Ranking,
    readings: Mapping[str, Reading],
    kpi: Kpi,
    view: View,
    *,
    name: Callable[[str], str],
    link: Callable[[str], str] | None = None,
    origin: Reading | None = None,
    element: str = "standings",
) -> htpy.Element:
    """The rows of a ranking, the best first; ``readings`` are what each row rests on, for its evidence card."""
    rows, low, high = ranking.rows, *_axis(ranking, kpi)
    return section(".panel.standings", id=element, aria_label=title)[
        header[h2[title], span(".aside")[_city(ranking, kpi, view)]],
        p(".lead")[_verdict(ranking, view)]
        if rows
        else p(".empty")[text.say(view.lang, "Belum ada yang cukup datanya untuk diperingkat.")],
        _key(ranking, view) if rows else None,
        ol[[_row(row, ranking, readings[row.key], kpi, view, span_=(low, high), name=name, link=link) for row in rows]],
        _lacking(ranking.lacking, view, name),
        provenance(origin, kpi, view) if origin else None,
    ]


def rank_words(row: Standing) -> str:
    """``3`` where the rank is certain, ``3\N{EN DASH}7`` where chance leaves those open."""
    return str(row.first) if row.first == row.last else f"{row.first}\N{EN DASH}{row.last}"


def said(value: float, ranking: Ranking, kpi: Kpi, view: View) -> str:
    """A value of the ranking with its unit: a count that was divided by the residents is one of 1,000 of them."""
    if ranking.method == "rate" and isinstance(kpi.form, Count):
        return text.quantity(value, "per 1.000 penduduk", 2, view.lang)
    return text.quantity(value, kpi.unit, kpi.decimals, view.lang)


def number(value: float, ranking: Ranking, kpi: Kpi, view: View) -> str:
    """The same without its unit."""
    if ranking.method == "rate" and isinstance(kpi.form, Count):
        return text.number(value, 2, view.lang)
    return text.figure(value, kpi.unit, kpi.decimals, view.lang)[0]


def _axis(ranking: Ranking, kpi: Kpi) -> tuple[float, float]:
    values = [v for row in ranking.rows for v in (row.low, row.high)] + ([ranking.city] if ranking.city is not None else [])
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    room = (high - low) * 0.04 or abs(high) * 0.1 or 1.0
    most = 100.0 if kpi.unit == "persen" and ranking.method == "share" else high + room
    return (0.0 if low >= 0 and low < high * 0.35 else low - room), min(high + room, most)


def _city(ranking: Ranking, kpi: Kpi, view: View) -> str | None:
    if ranking.city is None:
        return None
    return text.say(view.lang, "seluruh kota {value}", value=said(ranking.city, ranking, kpi, view))


def _verdict(ranking: Ranking, view: View) -> str:
    """In one sentence how much of the order is certain."""
    m = len(ranking.rows)
    if m < 2:
        return text.say(view.lang, "Hanya satu yang cukup datanya: belum ada yang dapat dibandingkan.")
    if ranking.undecided:
        return text.say(view.lang, "Tidak ada yang berbeda nyata: urutan apa pun dapat timbul karena kebetulan.")
    top, sure = sum(row.first == 1 for row in ranking.rows), sum(row.first == row.last for row in ranking.rows)
    return (
        text.say(
            view.lang, "{top} dari {all} mungkin yang terbaik; peringkat {sure} di antaranya pasti.", top=top, all=m, sure=sure
        )
        if sure
        else text.say(view.lang, "{top} dari {all} mungkin yang terbaik; tidak satu pun peringkat yang pasti.", top=top, all=m)
    )


def _key(ranking: Ranking, view: View) -> htpy.Element:
    """What the signs of a row mean."""
    words = [
        span[
            svg(".key-dot", viewBox="0 0 10 10", aria_hidden="true")[circle(cx="5", cy="5", r="4")], text.say(view.lang, "nilai")
        ]
    ]
    if ranking.method != "whole":
        words.append(
            span[
                svg(".key-line", viewBox="0 0 20 10", aria_hidden="true")[line(x1="0", x2="20", y1="5", y2="5")],
                text.say(view.lang, "selang 95 %"),
            ]
        )
    if ranking.method in ("share", "rate"):
        ring = svg(".key-ring", viewBox="0 0 10 10", aria_hidden="true")[circle(cx="5", cy="5", r="3.6")]
        words.append(span[ring, text.say(view.lang, "perkiraan tersusut")])
    if ranking.city is not None:
        words.append(
            span[
                svg(".key-city", viewBox="0 0 4 10", aria_hidden="true")[line(x1="2", x2="2", y1="0", y2="10")],
                text.say(view.lang, "seluruh kota"),
            ]
        )
    return p(".row-key")[words]


def _row(
    row: Standing, ranking: Ranking, reading: Reading, kpi: Kpi, view: View, *, span_: tuple[float, float],
    name: Callable[[str], str], link: Callable[[str], str] | None,
) -> htpy.Element:  # fmt: skip
    called, value = name(row.key), said(row.value, ranking, kpi, view)
    look, words = AGAINST.get(row.against, ("same", ""))
    if kpi.better == "neutral" and row.against:
        look, words = "same", ABOVE if row.against > 0 else BELOW
    spoken = text.say(
        view.lang, "{name}: peringkat {rank} dari {all}, {value}, selang {low} sampai {high}",
        name=called, rank=rank_words(row), all=len(ranking.rows), value=value,
        low=number(row.low, ranking, kpi, view), high=said(row.high, ranking, kpi, view),
    )  # fmt: skip
    return li(hooks(reading, view), class_=f"standing {look}")[
        span(".rank", title=text.say(view.lang, "peringkat yang mungkin"))[rank_words(row)],
        a(".name", href=link(row.key))[called] if link else span(".name")[called],
        _strip(row, ranking, span_),
        button(".val", type="button", aria_haspopup="dialog", aria_label=spoken)[number(row.value, ranking, kpi, view)],
        span(".n")[f"n {text.number(row.n, 0, view.lang)}"],
        span(".verdict")[text.say(view.lang, words)] if words else span(".verdict"),
    ]


def _strip(row: Standing, ranking: Ranking, span_: tuple[float, float]) -> htpy.Element:
    low, high = span_

    def at(value: float) -> str:
        return pc(min(max((value - low) / (high - low) * 100, 0), 100))

    shrunk = ranking.method in ("share", "rate")
    return svg(".strip", aria_hidden="true")[
        line(".ground", x1="0", x2="100%", y1="50%", y2="50%"),
        line(".city", x1=at(ranking.city), x2=at(ranking.city), y1="0", y2="100%") if ranking.city is not None else None,
        line(".whisker", x1=at(row.low), x2=at(row.high), y1="50%", y2="50%") if row.low < row.high else None,
        circle(".shrunk", cx=at(row.shrunk), cy="50%", r="4.5") if shrunk else None,
        circle(".dot", cx=at(row.value), cy="50%", r="4.5"),
    ]


def _lacking(some: tuple[Lacking, ...], view: View, name: Callable[[str], str]) -> htpy.Element | None:
    """Those without a rank, with the reason; none of them is blamed or praised."""
    if not some:
        return None
    rows = ol(".lacking")[[li[span(".name")[name(x.key)], span(".why")[x.why]] for x in some]]
    title = text.say(view.lang, "Tanpa peringkat: {n}", n=len(some))
    if len(some) <= LISTED:
        return section(".without")[strong[title], rows]
    reasons = dict.fromkeys(x.why.partition(":")[0] for x in some)
    return details(".without")[summary[strong[title], " · ", "; ".join(reasons)], rows]


def per(kpi: Kpi, view: View) -> str:
    """What a count is divided by."""
    return text.say(view.lang, "per {n} penduduk", n=text.number(PER, 0, view.lang)) if isinstance(kpi.form, Count) else ""
