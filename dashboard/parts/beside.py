"""A figure of an OPD beside others: the days before, the same days a year ago, the city, and every other OPD."""

from __future__ import annotations

from typing import TYPE_CHECKING

import htpy
from htpy import h2, header, p, section, table, tbody, td, th, tr

from dashboard import text
from dashboard.parts.bars import bars, worst_first
from dashboard.parts.marks import target_words, value_words
from layers.courses import BOUND
from layers.numbers import signed
from layers.ranking import Ranking, ranking
from layers.snapshot import Reading, Snapshot

if TYPE_CHECKING:
    from dashboard.opdcut import Choice
    from dashboard.page import View
    from layers.catalog import Kpi

LIMIT = 14
YearAgo = tuple[float | None, str | None]


def compared(
    reading: Reading, kpi: Kpi, ago: YearAgo, snapshot: Snapshot, choice: Choice, view: View
) -> list[tuple[str, float | None, str | None]]:
    """With what the figure is compared: the name, the value there, or why there is none."""
    lang, city = view.lang, snapshot.reading(kpi.id)
    known = reading.value is not None and reading.change is not None
    before = reading.value - reading.change if known else None  # type: ignore[operator]
    days = choice.days
    why = BOUND if choice.query.bound else "periode pembanding dimulai sebelum data pertama"
    rows: list[tuple[str, float | None, str | None]] = [
        (
            text.say(lang, "{days} hari sebelumnya", days=days)
            if kpi.window.value == "days30"
            else text.say(lang, "24 jam lalu"),
            before,
            text.say(lang, why),
        ),
        (text.say(lang, "Periode sama tahun lalu"), ago[0], ago[1]),
    ]
    if city is not None and not kpi.additive:
        rows.append((text.say(lang, "Kota, 30 hari"), city.value, city.why_none))
    return rows


def beside(reading: Reading | None, kpi: Kpi, ago: YearAgo, snapshot: Snapshot, choice: Choice, view: View) -> htpy.Element:
    """Four lines: now, before, a year ago, the city; each with its distance to now."""
    lang = view.lang
    head = header[h2[text.say(lang, "Dibandingkan: {kpi}", kpi=kpi.short[lang].lower())]]
    if reading is None or reading.value is None:
        why = reading.why_none if reading else None
        return section(".panel.table.beside", id="beside")[
            head, p(".empty")[text.say(lang, why or "Belum ada data pada rentang ini.")]
        ]
    now, rows = reading.value, compared(reading, kpi, ago, snapshot, choice, view)
    return section(".panel.table.beside", id="beside")[
        head,
        table[
            tbody[
                tr(".here")[
                    th(scope="row")[text.say(lang, "Sekarang")],
                    td(".num")[value_words(reading, kpi, view)],
                    td(".num.quiet")[target_words(reading, kpi, view)],
                ],
                [_row(name, value, why, now, kpi, view) for name, value, why in rows],
            ]
        ],
    ]


def _row(name: str, value: float | None, why: str | None, now: float, kpi: Kpi, view: View) -> htpy.Element:
    lang = view.lang
    if value is None:
        return tr[th(scope="row")[name], td(".quiet", colspan="2")[text.say(lang, why or "Belum ada data pada rentang ini.")]]
    unit = text.say(lang, "poin") if kpi.unit == "persen" else text.say(lang, kpi.unit)
    return tr[
        th(scope="row")[name],
        td(".num")[text.quantity(value, kpi.unit, kpi.decimals, lang)],
        td(".num")[f"{signed(now - value, kpi.decimals, lang)} {unit}"],
    ]


def among(kpi: Kpi, snapshot: Snapshot, choice: Choice, view: View) -> tuple[str, list[Reading], Ranking | None]:
    """Every OPD's published figure, the worst first; while the page is narrowed this one is left out, for its own is another."""
    readings = [r for opd in view.city.opds if (r := snapshot.reading(kpi.id, view.city.code, opd.slug))]
    if choice.plain is False:
        readings = [r for r in readings if r.opd != choice.opd]
    readings = [r for r in readings if r.value is not None and (r.n or r.opd == choice.opd)]
    ranked = ranking(kpi, readings, people=None)
    window = text.say(view.lang, "30 hari") if kpi.window.value == "days30" else text.say(view.lang, "kini")
    title = text.say(view.lang, "Dibanding OPD lain, {window}", window=window)
    return title, worst_first(readings, ranked, kpi.better), ranked


def others(kpi: Kpi, snapshot: Snapshot, choice: Choice, view: View) -> htpy.Element:
    """The figure of every OPD as bars, this one always among them."""
    title, shown, ranked = among(kpi, snapshot, choice, view)
    names = {opd.slug: opd.short for opd in view.city.opds}
    kept = shown[:LIMIT] + [r for r in shown[LIMIT:] if r.opd == choice.opd]
    links = [None if view.scope.opds is not None and r.opd not in view.scope.opds else f"/opd/{r.opd}" for r in kept]
    rows = [(names.get(r.opd or "", r.opd or ""), r) for r in kept]
    return bars(title, rows, kpi, view, element="others", links=links, here=names[choice.opd], ranking=ranked, limit=LIMIT + 1)
