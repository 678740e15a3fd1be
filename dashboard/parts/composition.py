"""What a total is made of, as one strip: parts in their order, each with its number and its word, adding up to the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import htpy
from htpy import b, h2, header, i, li, ol, p, rect, section, span, svg

from dashboard import text
from dashboard.parts.marks import age
from dashboard.parts.scale import pc
from dashboard.parts.tile import hooks
from layers.snapshot import Reading

if TYPE_CHECKING:
    from dashboard.page import View

LEAST = 1.2
"""Percent of the strip below which a part that is there would not be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One part of the whole: its word, its reading and its look (``done``, ``doing``, ``open`` or ``out``)."""

    label: str
    reading: Reading
    look: str


def composition(title: str, whole: Reading | None, pieces: Sequence[Piece], view: View, *, element: str) -> htpy.Element:
    """The strip. Where the parts do not add up to the whole, the difference is said and nothing is drawn as if they did."""
    known = [piece for piece in pieces if piece.reading.value is not None]
    total = whole.value if whole else None
    if whole is None or total is None or len(known) < len(pieces):
        reason = whole.why_none if whole else None
        words = p(".empty")[reason or text.say(view.lang, "belum ada data")]
        return section(".composition", id=element)[header[h2[title]], words]
    gap = total - sum(piece.reading.value or 0 for piece in known)
    return section(".composition", hooks(whole, view), id=element, aria_label=title)[
        header[
            h2[title, " ", b[text.number(total, 0, view.lang)]],
            span(".aside")[
                span(".bad")[text.say(view.lang, "TIDAK COCOK, selisih {n}", n=text.number(gap, 0, view.lang)), " · "]
                if gap
                else None,
                age(whole.freshness, view),
            ],
        ],
        svg(".strip", aria_hidden="true")[strip([(piece.look, piece.reading.value or 0) for piece in known], total)],
        ol[[_piece(piece, total, view) for piece in known]],
    ]


def strip(parts: Sequence[tuple[str, float]], total: float) -> list[htpy.Element]:
    """One rectangle a part, side by side; one that is there is never thinner than :data:`LEAST`."""
    wide = [max(100 * value / total, LEAST) if value and total else 0.0 for _, value in parts]
    whole = sum(wide) or 1
    ends = list(accumulate((100 * w / whole for w in wide), initial=0.0))
    return [
        rect(class_=look, x=pc(start), width=pc(end - start), height="100%")
        for (look, _), (start, end) in zip(parts, pairwise(ends), strict=True)
        if end > start
    ]


def _piece(piece: Piece, total: float, view: View) -> htpy.Element:
    value = piece.reading.value or 0
    return li(hooks(piece.reading, view), class_=piece.look)[
        span(".word")[i(class_=f"key {piece.look}"), piece.label],
        b[text.number(value, 0, view.lang)],
        span(".part")[text.quantity(100 * value / total if total else 0, "persen", 1, view.lang)],
    ]
