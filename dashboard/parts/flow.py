"""Packages on their way through the stages of procurement: how many at each, what they are worth, all of it adding up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import htpy
from htpy import b, button, h2, header, i, li, ol, p, section, span, svg

from dashboard import text
from dashboard.parts.composition import strip
from dashboard.parts.marks import age, clock_mark, value_words
from dashboard.parts.tile import hooks
from layers.snapshot import Reading

if TYPE_CHECKING:
    from dashboard.page import View

SEN = 0.01
"""Rupiah by which a sum of parts may differ from its whole, which is a sum of the same sen in another order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One stage: its word, how many are there, what they are worth, and its look in the strip."""

    label: str
    count: Reading
    worth: Reading
    look: str


def flow(title: str, whole: Sequence[Reading | None], steps: Sequence[Step], view: View, *, element: str) -> htpy.Element:
    """The stages in their order over a strip of their worth; ``whole`` is how many there are in all, and what all are worth.

    Where the stages do not add up to the whole, the difference is said.
    """
    known = [reading for reading in whole if reading is not None and reading.value is not None]
    lacking = next((r for r in (*whole, *(r for step in steps for r in (step.count, step.worth))) if r and r.value is None), None)
    if len(known) < len(whole) or lacking or not steps:
        words = p(".empty")[lacking.why_none if lacking else text.say(view.lang, "belum ada data")]
        return section(".flow", id=element)[header[h2[title]], words]
    count, worth = known
    parts = [sum(step.count.value or 0 for step in steps), sum(step.worth.value or 0 for step in steps)]
    apart = [(r, (r.value or 0) - part) for r, part in zip(known, parts, strict=True) if abs((r.value or 0) - part) > SEN]
    return section(".flow", hooks(worth, view), id=element, aria_label=title)[
        header[
            h2[title, " ", b[_words(count, view)], " ", b[_words(worth, view)]],
            button(".aside", type="button", aria_haspopup="dialog")[
                [span(".bad")[_gap(reading, gap, view), " · "] for reading, gap in apart],
                clock_mark(),
                age(worth.freshness, view),
            ],
        ],
        svg(".strip", aria_hidden="true")[strip([(step.look, step.worth.value or 0) for step in steps], worth.value or 0)],
        ol[[_step(step, worth.value or 0, view) for step in steps]],
    ]


def _words(reading: Reading, view: View) -> str:
    return value_words(reading, view.catalog[reading.kpi], view)


def _gap(reading: Reading, gap: float, view: View) -> str:
    unit = view.catalog[reading.kpi].unit
    return text.say(view.lang, "TIDAK COCOK, selisih {n}", n=text.quantity(gap, unit, 0, view.lang))


def _step(step: Step, total: float, view: View) -> htpy.Element:
    share = 100 * (step.worth.value or 0) / total if total else 0
    return li(hooks(step.worth, view), class_=step.look)[
        p(".word")[i(class_=f"key {step.look}"), step.label],
        p(".figures")[
            b(hooks(step.count, view))[_words(step.count, view)],
            span(".worth")[_words(step.worth, view)],
            span(".part")[text.quantity(share, "persen", 1, view.lang)],
        ],
    ]
