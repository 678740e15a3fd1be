"""Ranking as horizontal bars: value, target tick, n and interval; "belum cukup data" where there are too few cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import htpy
from htpy import a, button, h2, header, li, line, ol, p, rect, section, span, svg

from dashboard import text
from dashboard.parts.marks import band_mark, provenance, target_words, value_words
from dashboard.parts.scale import pc
from dashboard.parts.tile import hooks
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
) -> htpy.Element:
    """Bars of (label, reading) in the order given; ``links`` makes the labels links, ``here`` is the row that the page is
    about, ``origin`` is told below."""
    shown = list(rows[:limit])
    full = LOOK.get(kpi.unit) or max((r.evidence.high or r.value or 0 for _, r in shown), default=0) or 1
    some = next((r for _, r in shown if r.target is not None), None)
    hrefs = list(links or [None] * len(shown))
    look = " ".join(filter(None, ("panel" if panel else None, "bars", "counts" if kpi.additive else None)))
    return section(class_=look, id=element, aria_label=title)[
        header[h2[title], span(".aside")[target_words(some, kpi, view) if some else None]],
        ol[
            [
                _row(name, r, kpi, view, full=full, href=href, here=name == here)
                for (name, r), href in zip(shown, hrefs, strict=False)
            ]
        ]
        if shown
        else p(".empty")[text.say(view.lang, "Belum ada data pada rentang ini.")],
        provenance(origin, kpi, view) if origin else None,
    ]


def _row(name: str, reading: Reading, kpi: Kpi, view: View, *, full: float, href: str | None, here: bool) -> htpy.Element:
    look = "bar-row here" if here else "bar-row"
    label = a(".name", href=href)[name] if href else span(".name")[name]
    if reading.value is None:
        return li(hooks(reading, view), class_=f"{look} none")[
            label, span(".why")[reading.why_none], None if kpi.additive else _n(reading, view)
        ]
    number = text.figure(reading.value, kpi.unit, kpi.decimals, view.lang)[0]
    return li(hooks(reading, view), class_=look)[
        label,
        _bar(reading, full),
        button(".val", type="button", aria_haspopup="dialog", aria_label=f"{name}: {value_words(reading, kpi, view)}")[
            band_mark(reading.band, view), number
        ],
        None if kpi.additive else _n(reading, view),
    ]


def _n(reading: Reading, view: View) -> htpy.Element:
    """On how many cases the value rests; a count is its own n."""
    return span(".n")[f"n {text.number(reading.n, 0, view.lang)}"]


def _bar(reading: Reading, full: float) -> htpy.Element:
    def at(value: float) -> str:
        return pc(min(max(value / full * 100, 0), 100))

    low, high = reading.evidence.low, reading.evidence.high
    return svg(".bar", aria_hidden="true")[
        rect(".track", width="100%", height="100%"),
        rect(".fill", width=at(reading.value or 0), height="100%"),
        [line(class_=kind, x1=at(low), x2=at(high), y1="50%", y2="50%") for kind in ("whisker halo", "whisker")]
        if low is not None and high is not None
        else None,
        line(".tick", x1=at(reading.target), x2=at(reading.target), y1="0", y2="100%") if reading.target is not None else None,
    ]


def rank(readings: Sequence[Reading], better: str) -> list[Reading]:
    """Worst first; those without a value last, by how many cases they have."""
    known = sorted(
        (r for r in readings if r.value is not None), key=lambda r: (r.value or 0, r.opd or r.area), reverse=better == "down"
    )
    return known + sorted((r for r in readings if r.value is None), key=lambda r: (-r.n, r.opd or r.area))
