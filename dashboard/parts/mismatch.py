"""The mark of a figure that does not agree with another way to it: a sign, the word and the difference, never a colour alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import htpy
from htpy import p, path, span, svg

from dashboard import text
from layers.model import UNPLACED
from layers.snapshot import Mismatch, Reading, Snapshot

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi


def unequal(view: View | None = None) -> htpy.Element:
    """The sign that two things are not equal; with ``view`` it is spoken, else words stand beside it."""
    spoken = {"role": "img", "aria-label": text.say(view.lang, "tidak cocok")} if view else {"aria-hidden": "true"}
    return svg(".unequal", spoken, viewBox="0 0 16 16")[path(d="M2 5.8h12M2 10.2h12M11.2 1.6 4.8 14.4")]


def difference_words(size: float, unit: str, view: View, decimals: int = 0) -> str:
    """A difference with its unit; between shares it is in points."""
    if unit == "persen":
        return f"{text.number(size, 2, view.lang)}{text.NBSP}{text.say(view.lang, 'poin')}"
    if unit == "rupiah":
        return text.quantity(size, unit, 0, view.lang)
    return text.number(size, 0 if float(size).is_integer() else max(decimals, 1), view.lang)


def mismatch_words(reading: Reading, kpi: Kpi, view: View) -> str | None:
    """``TIDAK COCOK, selisih 40``; ``None`` where the figure agrees."""
    if reading.mismatch is None:
        return None
    return text.say(view.lang, "TIDAK COCOK, selisih {n}", n=difference_words(reading.mismatch, kpi.unit, view, kpi.decimals))


def mismatch_note(reading: Reading, kpi: Kpi, view: View) -> htpy.Element | None:
    """The line of a tile or a card."""
    words = mismatch_words(reading, kpi, view)
    return p(".mismatch")[unequal(), span[words]] if words else None


def mismatch_sign(reading: Reading, kpi: Kpi, view: View) -> htpy.Element | None:
    """The sign alone, for a row of a table; it is spoken and told in full where the pointer rests."""
    words = mismatch_words(reading, kpi, view)
    return span(".mismatch", title=words)[unequal(view), span(".short")[text.say(view.lang, "tidak cocok")]] if words else None


def touching(reading: Reading, snapshot: Snapshot, view: View) -> list[Mismatch]:
    """The mismatches that mark a reading: at its own cut, or within it."""
    if reading.mismatch is None:
        return []
    return [m for m in snapshot.mismatches if reading.kpi in m.kpis and _within(m, reading, view)]


def _within(found: Mismatch, reading: Reading, view: View) -> bool:
    if reading.opd not in (None, found.opd):
        return False
    if reading.area in (view.city.code, found.area):
        return True
    area = view.tree.areas.get(found.area)
    return area is not None and found.area != UNPLACED and area.parent == reading.area


def cases_words(cases: Iterable[Mismatch], view: View) -> str:
    """What is wrong, in one line: the cases of one subject."""
    return "; ".join(m.title[view.lang] for m in cases).replace(" %", f"{text.NBSP}%")


def by_subject(cases: Sequence[Mismatch]) -> list[list[Mismatch]]:
    """Cases of one identity, those about the same subject at the same place together, in the order given."""
    groups: dict[tuple[str | None, str, str | None, str | None], list[Mismatch]] = {}
    for k, case in enumerate(cases):
        key = (case.subject, case.area, case.opd, case.period) if case.subject else (str(k), "", None, None)
        groups.setdefault(key, []).append(case)
    return list(groups.values())
