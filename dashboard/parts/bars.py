"""Ranking as horizontal bars: value, target tick, n and interval; "belum cukup data" where there are too few cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import htpy
from htpy import a, button, h2, header, li, line, ol, p, rect, section, span, svg

from dashboard import text
from dashboard.parts.marks import band_mark, provenance, target_words, value_words
from dashboard.parts.mismatch import mismatch_sign
from dashboard.parts.scale import pc
from dashboard.parts.standings import rank_words
from dashboard.parts.tile import hooks
from layers.ranking import Ranking, Standing
from layers.snapshot import Reading

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi

LOOK = {"persen": 100.0}
"""Full length of the bars where the unit has one; else the longest bar or interval is the full length."""


def bars(
    title: str,
    rows: Sequence[tuple[str, Reading]],
    kpi: Kpi,
    view: View,
    *,
    element: str = "ranking",
    limit: int | None = None,
    links: Sequence[str | None] | None = None,
    here: str | None = None,
    origin: Reading | None = None,
    panel: bool = True,
    ranking: Ranking | None = None,
    beside: Mapping[str, str] | None = None,
) -> htpy.Element:
    """Bars of (label, reading) in the order given; ``links`` makes the labels links, ``here`` is the row that the page is
    about, ``origin`` is told below. ``ranking`` adds the ranks that chance leaves open, and the intervals of counts.
    ``beside`` puts other words at the end of a row than n, by OPD or area."""
    shown = list(rows[:limit])
    full = LOOK.get(kpi.unit) or max((r.evidence.high or r.value or 0 for _, r in shown), default=0) or 1
    some = next((r for _, r in shown if r.target is not None), None)
    hrefs = list(links or [None] * len(shown))
    look = " ".join(filter(None, ("panel" if panel else None, "bars", _kind(kpi, ranking))))
    standing = {row.key: row for row in ranking.rows} if ranking else {}
    return section(class_=look, id=element, aria_label=title)[
        header[h2[title], span(".aside")[_aside(some, ranking, kpi, view)]],
        ol[
            [
                _row(
                    name,
                    r,
                    kpi,
                    view,
                    full=full,
                    href=href,
                    here=name == here,
                    standing=standing.get(r.opd or r.area),
                    beside=beside,
                )
                for (name, r), href in zip(shown, hrefs, strict=False)
            ]
        ]
        if shown
        else p(".empty")[text.say(view.lang, "Belum ada data pada rentang ini.")],
        provenance(origin, kpi, view) if origin else None,
    ]


def _kind(kpi: Kpi, ranking: Ranking | None) -> str | None:
    return "ranks" if ranking and ranking.rows else "counts" if kpi.additive else None


def _aside(some: Reading | None, ranking: Ranking | None, kpi: Kpi, view: View) -> str:
    """The target, and what the signs of the rows mean."""
    ranks = text.say(view.lang, "# peringkat") if ranking and ranking.rows else None
    return " · ".join(filter(None, (target_words(some, kpi, view) if some else None, ranks)))


def _row(
    name: str,
    reading: Reading,
    kpi: Kpi,
    view: View,
    *,
    full: float,
    href: str | None,
    here: bool,
    standing: Standing | None,
    beside: Mapping[str, str] | None,
) -> htpy.Element:
    look = "bar-row here" if here else "bar-row"
    label = a(".name", href=href)[name] if href else span(".name")[name]
    if reading.value is None:
        return li(hooks(reading, view), class_=f"{look} none")[
            label, span(".why")[reading.why_none], None if kpi.additive else _n(reading, None, kpi, view)
        ]
    number = text.figure(reading.value, kpi.unit, kpi.decimals, view.lang)[0]
    return li(hooks(reading, view), class_=look)[
        label,
        _bar(reading, full, standing),
        button(".val", type="button", aria_haspopup="dialog", aria_label=f"{name}: {value_words(reading, kpi, view)}")[
            mismatch_sign(reading, kpi, view), band_mark(reading.band, view), number
        ],
        span(".n")[beside.get(reading.opd or reading.area)]
        if beside is not None
        else _n(reading, standing, kpi, view)
        if standing or not kpi.additive
        else None,
    ]


def _n(reading: Reading, standing: Standing | None, kpi: Kpi, view: View) -> htpy.Element:
    """On how many cases the value rests (a count is its own n), and the ranks that chance leaves open."""
    n = None if kpi.additive else f"n {text.number(reading.n, 0, view.lang)}"
    if standing is None:
        return span(".n")[n]
    return span(".n")[n, " " if n else None, span(".rank")[f"#{rank_words(standing)}"]]


def _bar(reading: Reading, full: float, standing: Standing | None) -> htpy.Element:
    def at(value: float) -> str:
        return pc(min(max(value / full * 100, 0), 100))

    low, high = reading.evidence.low, reading.evidence.high
    if low is None and standing is not None and standing.exposure == 1:  # a count, whose interval is not published
        low, high = standing.low, standing.high
    return svg(".bar", aria_hidden="true")[
        rect(".track", width="100%", height="100%"),
        rect(".fill", width=at(reading.value or 0), height="100%"),
        [line(class_=kind, x1=at(low), x2=at(high), y1="50%", y2="50%") for kind in ("whisker halo", "whisker")]
        if low is not None and high is not None
        else None,
        line(".tick", x1=at(reading.target), x2=at(reading.target), y1="0", y2="100%") if reading.target is not None else None,
    ]


def worst_first(readings: Sequence[Reading], ranking: Ranking | None, better: str) -> list[Reading]:
    """The ranked from the last to the first; those without a rank after them, by their value, then by their cases."""
    place = {row.key: k for k, row in enumerate(reversed(ranking.rows))} if ranking else {}
    sign = -1 if better == "down" else 1
    last = len(place)

    def order(r: Reading) -> tuple[int, bool, float, int, str]:
        key = r.opd or r.area
        return place.get(key, last), r.value is None, sign * (r.value or 0), -r.n, key

    return sorted(readings, key=order)
