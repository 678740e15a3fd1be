"""Why a figure changed: its parts as steps from then to now, the same in a table that adds up, and what is unusual now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import htpy
from htpy import a, circle, div, h2, header, li, line, ol, p, rect, section, span, strong, svg, tbody, td, tfoot, th, thead, tr

from dashboard import text
from dashboard.parts.scale import pc
from dashboard.places.address import area_address
from layers.contributions import Change, Part, named
from layers.model import UNPLACED
from layers.sentences import SMALL, amount, compared, difference, like, subject, watched
from layers.snapshot import Reading
from layers.unusual import Unusual

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi

MARGIN = 0.08
"""Left free on both sides of the steps, of their span."""


def why_changed(reading: Reading, view: View) -> htpy.Element | None:
    """The way from a figure to what its change is made of; none from a cut that the page of changes does not have."""
    if reading.change is None or view.params.get("category") or view.params.get("channel"):
        return None
    asked = {"kpi": reading.kpi, "area": reading.area, "opd": reading.opd, "days": view.params.get("days")}
    given = {name: value for name, value in asked.items() if value and value != view.city.code}
    return a(href=f"/perubahan?{urlencode(given)}")[text.say(view.lang, "Mengapa berubah?")]


def steps(change: Change, kpi: Kpi, view: View, *, element: str) -> htpy.Element:
    """A waterfall: the value before, what each group gave, the value now; bars begin where the one above ends."""
    title = text.say(view.lang, "Dari apa perubahan ini tersusun")
    if change.before is None or change.now is None or not change.parts:
        words = text.say(view.lang, "Tidak ada yang dapat diuraikan untuk pilihan ini.")
        return section(".panel", id=element)[header[h2[title]], p(".empty")[words]]
    heights = [change.before]
    for part in change.parts:
        heights.append(heights[-1] + part.total)
    low, high = min(heights), max(heights)
    room = (high - low) * MARGIN or 1
    low, width = low - room, high - low + 2 * room

    def at(value: float) -> float:
        return (value - low) / width * 100

    rows = [
        li(".step")[
            _name(part, change, kpi, view),
            _bar(at(heights[i]), at(heights[i + 1]), _look(part.total, kpi)),
            span(".val")[difference(part.total, kpi, view.lang, sign=True)],
        ]
        for i, part in enumerate(change.parts)
    ]
    better = {"bad": "memperburuk", "good": "memperbaiki"} if kpi.better != "neutral" else {}
    keys = [span(".term")[span(class_=f"key {look}"), text.say(view.lang, words)] for look, words in better.items()]
    return section(".panel.steps", id=element)[
        header[h2[title], span(".aside")[keys or text.say(view.lang, "naik atau turun, tanpa arah yang dituju")]],
        ol[
            _end(text.say(view.lang, "Sebelumnya"), change.before, at(change.before), kpi, view),
            rows,
            _end(text.say(view.lang, "Sekarang"), change.now, at(change.now), kpi, view),
        ],
    ]


def _end(name: str, value: float, x: float, kpi: Kpi, view: View) -> htpy.Element:
    mark = svg(".bar", aria_hidden="true")[line(".tick", x1=pc(x), x2=pc(x), y1="0", y2="100%")]
    return li(".step.end")[span(".name")[name], mark, span(".val")[amount(value, kpi, view.lang)]]


def _bar(x0: float, x1: float, look: str) -> htpy.Element:
    left, right = sorted((x0, x1))
    return svg(".bar", aria_hidden="true")[
        rect(class_=look, x=pc(left), width=pc(max(right - left, 0.4)), height="100%"),
        line(".thread", x1=pc(x1), x2=pc(x1), y1="0", y2="100%"),
    ]


def _look(total: float, kpi: Kpi) -> str:
    if kpi.better == "neutral" or total == 0:
        return "plain"
    return "good" if (total > 0) == (kpi.better == "up") else "bad"


def _name(part: Part, change: Change, kpi: Kpi, view: View) -> htpy.Element:
    """A group with the way to its rows' figures, where there is such a page."""
    words = part_words(part, change, view)
    values = dict(zip(change.dimensions, part.by, strict=True)) if part.by else {}
    if not values or kpi.kind != "complaint":
        return span(".name")[words]
    place = (
        values.get("area") or values.get("kecamatan") or (change.area if not {"area", "kecamatan"} & values.keys() else UNPLACED)
    )
    filters = {name: values.get(name) or (change.opd if name == "opd" else None) for name in ("category", "channel", "opd")}
    query = urlencode({name: value for name, value in filters.items() if value})
    return a(".name", href=area_address(place) + (f"?{query}" if query else ""))[words]


def part_words(part: Part, change: Change, view: View) -> str:
    """What a part of a change is: its group, or all the others."""
    if not part.by:
        return text.say(view.lang, "Semua yang lain")
    said = [named(name, value, view.tree, view.city) for name, value in zip(change.dimensions, part.by, strict=True)]
    return " · ".join(word for word in said if word) or text.say(view.lang, "tidak disebut")


MIXED = (
    "Porsi: bobot kelompok berubah. Tingkat: angka kelompok itu sendiri berubah. "
    "Kelompok dengan n di bawah {least} pudar: terlalu kecil untuk dinilai."
)
PLAIN = "Angka ini dapat dijumlahkan, jadi tiap kelompok menyumbang perubahannya sendiri."


def sums(change: Change, kpi: Kpi, view: View, *, element: str) -> htpy.Element | None:
    """The parts in figures, mix and rate apart, with the sums that are the change."""
    if not change.parts:
        return None
    lang = view.lang
    mixed = any(part.mix for part in change.parts)

    def figure(value: float) -> str:
        return difference(value, kpi, lang, sign=True) if kpi.unit == "rupiah" else text.signed(value, kpi.decimals + mixed, lang)

    def cells(mix: float, rate: float, n: tuple[int, int], *, few: bool) -> list[htpy.Element]:
        effects = [td(".num")[figure(mix)], td(".num")[figure(rate)]] if mixed else []
        counts = [td(class_="num few" if few else "num")[text.number(count, 0, lang)] for count in n]
        return [*effects, td(".num")[strong[figure(mix + rate)]], *counts]

    names = ["Kelompok", *(["Porsi", "Tingkat"] if mixed else []), "Jumlah", "n dahulu", "n kini"]
    body = [
        tr[
            th(scope="row")[part_words(part, change, view)],
            cells(part.mix, part.rate, part.n, few=mixed and bool(part.by) and (min(part.n) or max(part.n)) < SMALL),
        ]
        for part in change.parts
    ]
    mix, rate = sum(part.mix for part in change.parts), sum(part.rate for part in change.parts)
    n = sum(part.n[0] for part in change.parts), sum(part.n[1] for part in change.parts)
    foot = tr[th(scope="row")[text.say(lang, "Perubahan seluruhnya")], cells(mix, rate, n, few=False)]
    title = text.say(lang, "Angkanya")
    how = MIXED if mixed else PLAIN
    return section(".panel.table.sums", id=element)[
        header[h2[title], span(".aside")[_unit(kpi, view)]],
        div(".scroll", tabindex="0", role="region", aria_label=title)[
            htpy.table[
                thead[
                    tr[[th(class_=None if k == 0 else "num", scope="col")[text.say(lang, name)] for k, name in enumerate(names)]]
                ],
                tbody[body],
                tfoot[foot],
            ]
        ],
        p(".provenance")[text.say(lang, how, least=SMALL)],
    ]


def _unit(kpi: Kpi, view: View) -> str | None:
    if kpi.unit == "rupiah":
        return None
    return text.say(view.lang, "dalam {unit}", unit=text.say(view.lang, "poin" if kpi.unit == "persen" else kpi.unit))


RANGE = "Kisaran 95 % dari 8 pekan; dikoreksi untuk banyaknya perbandingan, sehingga paling banyak 1 % kebetulan."


def distinct(found: Sequence[Unusual]) -> list[Unusual]:
    """Each value once, at its least likely."""
    return list({(u.kpi, u.area, u.opd, u.category): u for u in reversed(found)}.values())[::-1]


def outside(found: Sequence[Unusual], view: View, *, element: str, most: int = 12) -> htpy.Element:
    """Values outside their expected range, each with the range, what is usual and the value drawn on one line."""
    lang = view.lang
    title = text.say(lang, "Tidak biasa saat ini")
    aside = text.say(lang, "dibanding hari dan jam yang sama")
    found = distinct(found)
    if not found:
        words = text.say(lang, "Semua dalam kisaran wajar, atau belum cukup pekan untuk membandingkannya.")
        return section(".panel", id=element)[header[h2[title], span(".aside")[aside]], p(".empty")[words]]
    more = text.say(lang, "{n} lainnya tidak ditampilkan", n=len(found) - most) if len(found) > most else aside
    return section(".panel.odds", id=element)[
        header[h2[title], span(".aside")[more]],
        ol[[_outside(u, view) for u in found[:most]]],
        p(".provenance")[text.say(lang, RANGE)],
    ]


STRETCHES = {"hour": "1 jam terakhir", "today": "hari ini", "yesterday": "kemarin"}


def _outside(u: Unusual, view: View) -> htpy.Element:
    kpi, lang = view.catalog[u.kpi], view.lang
    full = max(u.value, u.high) * 1.12 or 1

    def at(value: float) -> str:
        return pc(value / full * 100)

    values = {name: text.number(getattr(u, name), kpi.decimals, lang) for name in ("low", "high")}
    return li(".odd")[
        div(".what")[strong[watched(u, kpi, view.tree, view.city, lang)], span(".quiet")[text.say(lang, STRETCHES[u.stretch])]],
        svg(".bar.range", role="img", aria_label=text.say(lang, "wajarnya {low} sampai {high}", **values))[
            rect(".track", width="100%", height="100%"),
            rect(".fill", x=at(u.low), width=pc((u.high - u.low) / full * 100), height="100%"),
            line(".tick", x1=at(u.expected), x2=at(u.expected), y1="0", y2="100%"),
            circle(".dot-value", cx=at(u.value), cy="50%", r=".38em"),
        ],
        div(".said")[
            strong[amount(u.value, kpi, lang)],
            span(".quiet")[text.say(lang, "wajarnya {low} sampai {high}", **values), f" · {like(u, lang)}"],
        ],
    ]


def headline(change: Change, kpi: Kpi, sentence: str, view: View, *, element: str) -> htpy.Element:
    """The change as one large figure, and what it is in a sentence or two."""
    look, moved = "none", text.say(view.lang, "tidak ada pembanding")
    if change.change is not None:
        look, moved = _look(change.change, kpi), difference(change.change, kpi, view.lang, sign=True)
    return section(".panel.headline-change", id=element)[
        p(".kicker")[f"{subject(change, kpi, view.lang)} · {compared(change, view.city, view.lang)}"],
        p(".moved", {"data-look": look})[moved],
        p(".sentence")[sentence],
    ]
