"""What changed since yesterday: a sentence each, the figure before and now, its 30 days, and the groups that gave most of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import htpy
from babel.dates import format_date
from htpy import article, button, circle, div, h3, header, line, ol, p, path, rect, section, span, strong, svg

from dashboard import text
from dashboard.parts.marks import age, band_mark, clock_mark, lateness, raw, state_of
from dashboard.parts.scale import line_path, pc, span_of
from dashboard.parts.tile import hooks
from dashboard.parts.trend import FAR, STRETCHED
from layers.catalog import Window
from layers.changes import Question
from layers.contributions import Part
from layers.notable import telling, things
from layers.numbers import LOCALES
from layers.sentences import amount, difference, tellable
from layers.snapshot import Reading, Snapshot, State, Trend

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.brieftypes import Figure, Thing
    from layers.catalog import Kpi

PARTS = 3
"""So many groups are drawn of each change."""

MARGIN = 0.08
"""Left free above and below a line, of its span."""


def moved(snapshot: Snapshot, view: View, *, element: str = "moved") -> htpy.Element:
    """The city's figures that changed most since yesterday, as the morning brief chooses them."""
    lang = view.lang
    told = things(snapshot, view.catalog, view.city.zone, view.now, weekly=False, cause=lambda *_: None)
    trends = {trend.kpi: trend for trend in snapshot.trends if trend.area == snapshot.city}
    rows = [_row(thing, reading, trends[reading.kpi], view) for thing in told if (reading := snapshot.reading(thing.figure.kpi))]
    if not rows:
        known = "Tidak ada angka yang berubah lebih dari biasanya." if trends else "Belum ada data untuk dibandingkan."
        return section(".moved", id=element)[p(".empty")[text.say(lang, known)]]
    names = ("Angkanya", "Yang berubah", "30 hari", "Penyumbang terbesar")
    return section(".moved", id=element)[
        header(aria_hidden="true")[[span[text.say(lang, name)] for name in names]],
        ol[[htpy.li[row] for row in rows]],
    ]


def _row(thing: Thing, reading: Reading, trend: Trend, view: View) -> htpy.Element:
    """One change; ``data-value`` is the value that is told, which of a figure of a day is yesterday's."""
    kpi, told = view.catalog[reading.kpi], thing.figure
    before = told.value - (told.change or 0)
    stale = state_of(reading.freshness, view) is State.STALE
    words = text.say(view.lang, "Asal-usul angka")
    number, unit = text.figure(told.value, kpi.unit, kpi.decimals, view.lang)
    return article(".move", {**hooks(reading, view), "data-value": raw(told.value)})[
        div(".came")[
            strong[
                clock_mark() if stale else band_mark(told.band, view),
                span[span(".num")[number], " ", span(".unit")[unit] if unit else None],
            ],
            p(".was")[text.say(view.lang, "dari {value}", value=amount(before, kpi, view.lang))],
        ],
        div(".said")[
            h3[_sentence(told, kpi, view)],
            p(".aside")[
                _judged(told, view),
                age(reading.freshness, view),
                span(".late-line")[clock_mark(), span(".late")[lateness(reading.freshness, view)]],
            ],
        ],
        _days(told, kpi, trend, view),
        _parts(kpi, view),
        button(".evidence-open", type="button", aria_haspopup="dialog", aria_label=f"{words}: {kpi.short[view.lang]}"),
    ]


def _sentence(told: Figure, kpi: Kpi, view: View) -> str:
    """``Aduan lewat tenggat naik 19 menjadi 87 aduan, sejak awal Jumat 20 November.``"""
    lang, change = view.lang, told.change or 0
    title = kpi.title[lang]
    if kpi.window is Window.TODAY:  # it is yesterday's value that is told
        title = title.removesuffix({"id": " hari ini", "en": " today"}[lang])
    plain = kpi.unit not in ("rupiah", "persen")
    size = text.number(abs(change), kpi.decimals, lang) if plain else difference(abs(change), kpi, lang)
    words = "{what} naik {size} menjadi {value}, {against}." if change > 0 else "{what} turun {size} menjadi {value}, {against}."
    return text.say(lang, words, what=title, size=size, value=amount(told.value, kpi, lang), against=told.against[lang])


def _judged(told: Figure, view: View) -> htpy.Element | None:
    """Whether it is for the better, in a word."""
    if told.good is None:
        return None
    words = "membaik" if told.good else "memburuk"
    return span(".judged", {"data-good": str(told.good).lower()})[text.say(view.lang, words)]


# --- the two small charts ------------------------------------------------------------------------


def _days(told: Figure, kpi: Kpi, trend: Trend, view: View) -> htpy.Element:
    """The 30 days with the two days that are compared, and the target where it is near."""
    values = trend.values[:-1] if kpi.window is Window.TODAY else trend.values
    days = trend.days[: len(values)]
    back = 1 if kpi.window is Window.TODAY else 2  # yesterday began at the end of the day before it
    low, high = span_of(values) or (0.0, 1.0)
    far = FAR * (high - low)
    target = told.target if told.target is not None and low - far <= told.target <= high + far else None
    if target is not None:
        low, high = min(low, target), max(high, target)
    room = (high - low) * MARGIN or 1.0
    low, high = low - room, high + room

    def y(value: float) -> str:
        return pc(100 - (value - low) / (high - low) * 100)

    last = len(values) - 1
    before = told.value - (told.change or 0)
    return div(".days", role="img", aria_label=text.say(view.lang, "30 hari, dari {a} sampai {b}", **_ends(values, kpi, view)))[
        svg(".line", {"data-band": told.band.value}, aria_hidden="true")[
            line(".target-line", x1="0", x2="100%", y1=y(target), y2=y(target)) if target is not None else None,
            svg(STRETCHED)[path(d=line_path(values, low, high))],
            circle(".then", cx=pc((last - back) / max(last, 1) * 100), cy=y(before), r=".32em"),
            circle(".last", cx="100%", cy=y(told.value), r=".32em"),
        ],
        p(".ends")[[span[_day(day, view)] for day in (days[0], days[-1])]],
    ]


def _ends(values: Sequence[float | None], kpi: Kpi, view: View) -> dict[str, str]:
    known = [value for value in values if value is not None]
    return {name: amount(value, kpi, view.lang) for name, value in zip("ab", (known[0], known[-1]), strict=True)}


def _day(day: str, view: View) -> str:
    return format_date(date.fromisoformat(day), "d MMM", locale=LOCALES[view.lang])


def _parts(kpi: Kpi, view: View) -> htpy.Element:
    """The groups that gave most, as bars from no change; or in words why that cannot be said."""
    lang = view.lang
    if view.changes is None or view.limited or view.past is not None:
        return div(".gave")[p(".empty")[text.say(lang, "Uraian tersedia di halaman Perubahan.")]]
    ask = view.changes
    change = telling(lambda by: ask(Question(kpi=kpi.id, by=by, daily=True)).change)
    parts = tellable(change, kpi)[:PARTS]
    if not parts:
        why = change.why_none or text.say(lang, "Tersebar pada banyak kelompok kecil.")
        return div(".gave")[p(".empty")[why]]
    low, high = min(0.0, *(part.total for part in parts)), max(0.0, *(part.total for part in parts))
    return ol(".gave")[[_part(part, low, high, kpi, view) for part in parts]]


def _gave(total: float, kpi: Kpi, view: View) -> str:
    """Without its unit, which the sentence has."""
    if kpi.unit == "rupiah":
        return difference(total, kpi, view.lang, sign=True)
    return text.signed(total, kpi.decimals, view.lang)


def _part(part: Part, low: float, high: float, kpi: Kpi, view: View) -> htpy.Element:
    def at(value: float) -> float:
        return (value - low) / (high - low) * 100

    left, right = sorted((at(0), at(part.total)))
    return htpy.li[
        span(".name")[part.label],
        svg(".bar", aria_hidden="true")[
            rect(".fill", x=pc(left), width=pc(max(right - left, 0.6)), height="100%"),
            line(".tick", x1=pc(at(0)), x2=pc(at(0)), y1="-15%", y2="115%"),
        ],
        span(".val")[_gave(part.total, kpi, view)],
    ]
