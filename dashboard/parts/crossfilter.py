"""Charts that are filters: each bar, day and area is a link that narrows the whole page, and widens it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

import htpy
from babel.dates import format_date
from htpy import a, div, figcaption, figure, g, h2, header, li, nav, ol, p, path, rect, section, span, svg, ul

from dashboard import text
from dashboard.page import AreaPaint
from dashboard.parts.map import NO_DATA, breaks, class_of
from dashboard.parts.marks import band_mark
from dashboard.parts.scale import pc
from layers import smallcells
from layers.crossing import MEASURES, Counts, Crossed, Stretch
from layers.model import UNPLACED
from layers.snapshot import Band

if TYPE_CHECKING:
    from dashboard.opdcut import Choice
    from dashboard.page import View

SHOWN = 9
MEASURE_WORDS = {"overdue": "lewat tenggat", "open": "terbuka", "received": "masuk", "closed": "selesai"}
NAMES = {"category": "Kategori", "channel": "Kanal", "status": "Status", "area": "Wilayah", "since": "Hari diterima"}


def measure_of(choice: Choice) -> str:
    """What the bars and the map count."""
    return choice.asked.get("measure", MEASURES[0])


def periods(choice: Choice, view: View, days: Sequence[str]) -> htpy.Element:
    """The lengths of the window, and what is counted, each a link."""
    lang, here = view.lang, str(choice.days)
    return nav(".segments", aria_label=text.say(lang, "Rentang"))[
        [
            a(
                href=choice.address(days=None if n == "30" else n, since=None, until=None),
                data_turn=True,
                aria_current="true" if n == here else None,
            )[text.say(lang, "{days} hari", days=n)]
            for n in days
        ]
    ]


def measures(choice: Choice, view: View) -> htpy.Element:
    """What is counted, each a link."""
    here = measure_of(choice)
    said = text.say(view.lang, "Batang dan peta menghitung")
    return div(".measures")[
        span[said],
        nav(".segments", aria_label=said)[
            [
                a(
                    href=choice.address(measure=None if name == MEASURES[0] else name),
                    data_turn=True,
                    aria_current="true" if name == here else None,
                )[text.say(view.lang, MEASURE_WORDS[name])]
                for name in MEASURES
            ]
        ],
    ]


def chips(choice: Choice, view: View) -> htpy.Element | None:
    """What is chosen, each with the way to take it back."""
    lang = view.lang
    said = {name: value_of(name, value, choice, view) for name in NAMES if (value := choice.asked.get(name))}
    if not said:
        return p(".chips.hint")[text.say(lang, "Klik batang, hari atau wilayah untuk menyaring seluruh halaman.")]
    cleared = {"since": {"since": None, "until": None}}
    return ul(".chips", aria_label=text.say(lang, "Saringan aktif"))[
        [
            li[
                a(href=choice.address(**cleared.get(name, {name: None})), data_turn=True)[
                    f"{text.say(lang, NAMES[name])}: {words}",
                    span(aria_hidden="true")[" ×"],
                    span(".unseen")[text.say(lang, "hapus")],
                ]
            ]
            for name, words in said.items()
        ],
        li[
            a(".reset", href=choice.address(**dict.fromkeys((*NAMES, "until"))), data_turn=True)[text.say(lang, "Hapus saringan")]
        ],
    ]


def value_of(name: str, value: str, choice: Choice, view: View) -> str:
    """A chosen value as people say it."""
    match name:
        case "area":
            return (
                view.tree.name(value) if value in view.tree.areas and value != UNPLACED else text.say(view.lang, "Tanpa lokasi")
            )
        case "status":
            return text.say(view.lang, value.replace("_", " "))
        case "since" if choice.span is not None:
            return span_words(*choice.span, view)
        case _:
            return value


def span_words(first: date, last: date, view: View) -> str:
    """``12 Okt`` or ``12 Okt–18 Okt``."""
    return "–".join(_day_words(day, view.lang) for day in dict.fromkeys((first, last)))


@lru_cache(1024)
def _day_words(day: date, lang: str) -> str:
    return format_date(day, "d MMM", locale=lang)


def bars(
    name: str, title: str, found: Mapping[str, Counts], choice: Choice, view: View, label: Callable[[str], str] | None = None
) -> htpy.Element:
    """One dimension's values by what is counted, the most first; the one chosen stays marked among the others."""
    measure, lang = measure_of(choice), view.lang
    ranked = sorted(found.items(), key=lambda item: (-getattr(item[1], measure), -item[1].open, item[0]))
    chosen = choice.asked.get(name)
    if chosen is not None and chosen not in found:  # that nothing of it is left must not hide the way back
        ranked.append((chosen, Counts()))
    shown = ranked[:SHOWN] + [item for item in ranked[SHOWN:] if item[0] == chosen]
    told: Mapping[str, int | None] = {key: getattr(counts, measure) for key, counts in ranked}
    area = view.tree.areas.get(choice.asked.get("area", ""))
    few = name == "category" and area is not None and smallcells.small(area) and not view.scope.may_see_rows
    if few:
        told = smallcells.shown({key: n or 0 for key, n in told.items()})
    most = max((n for key, _ in shown if (n := told[key]) is not None), default=0) or 1
    rest = len(ranked) - len(shown)
    return section(".panel.cross", id=f"cross-{name}")[
        header[h2[text.say(lang, title)], span(".aside")[text.say(lang, MEASURE_WORDS[measure])]],
        ol[
            [
                _row(name, key, told[key], None if few else counts.overdue, most, choice, view, label or str)
                for key, counts in shown
            ]
        ]
        if shown
        else p(".empty")[text.say(lang, "Tidak ada aduan pada saringan ini.")],
        p(".aside")[text.say(lang, "{n} lainnya tidak ditampilkan", n=rest)] if rest else None,
    ]


def _row(
    name: str,
    key: str,
    n: int | None,
    overdue: int | None,
    most: int,
    choice: Choice,
    view: View,
    label: Callable[[str], str],
) -> htpy.Element:
    measure, chosen = measure_of(choice), choice.asked.get(name)
    late = overdue if measure != "overdue" else None
    said = text.say(view.lang, "{n} lewat tenggat", n=text.number(late, 0, view.lang)) if late else None
    return li(class_="off" if chosen not in (None, key) else None)[
        a(href=choice.turned(name, key), data_turn=True, aria_current="true" if chosen == key else None, title=said)[
            span(".name")[label(key)],
            svg(".bar", aria_hidden="true")[
                rect(".track", width="100%", height="100%"), rect(".fill", width=pc((n or 0) / most * 100), height="100%")
            ],
            span(".val", {"data-value": None if n is None else str(n)})[
                band_mark(Band.ACT, view) if measure == "overdue" and n else None,
                text.say(view.lang, "disamarkan") if n is None else text.number(n, 0, view.lang),
            ],
        ]
    ]


def days(found: Sequence[Stretch], choice: Choice, view: View) -> htpy.Element:
    """What was received in each stretch of the window; a stretch narrows the page to its days."""
    lang, most = view.lang, max((stretch.received for stretch in found), default=0) or 1
    wide = 100 / max(len(found), 1)
    chosen = choice.span
    each = [_day(k, stretch, wide, most, chosen, choice, view) for k, stretch in enumerate(found)]
    names = {0: found[0].first, len(found) // 2: found[len(found) // 2].first, len(found) - 1: found[-1].last} if found else {}
    return figure(".panel.cross.days", id="cross-days", role="group", aria_label=text.say(lang, "Aduan masuk menurut hari"))[
        figcaption[h2[text.say(lang, "Aduan masuk menurut hari")], span(".aside")[text.say(lang, "klik untuk menyaring")]],
        div(".day-box")[svg(".day-plot")[each]],
        div(".day-names", aria_hidden="true")[[span[_day_words(day, lang)] for day in names.values()]],
    ]


def _day(
    k: int, stretch: Stretch, wide: float, most: int, chosen: tuple[date, date] | None, choice: Choice, view: View
) -> htpy.Element:
    here = chosen == (stretch.first, stretch.last)
    to = dict.fromkeys(("since", "until")) if here else {"since": stretch.first.isoformat(), "until": stretch.last.isoformat()}
    height = stretch.received / most * 100
    words = text.say(
        view.lang,
        "{days}: {n} aduan",
        days=span_words(stretch.first, stretch.last, view),
        n=text.number(stretch.received, 0, view.lang),
    )
    look = "here" if here else "off" if chosen else None
    return a(href=choice.address(**to), data_turn=True, class_=look, aria_label=words, aria_current="true" if here else None)[
        rect(".reach", x=pc(k * wide), width=pc(wide), height="100%")[htpy.title[words]],
        rect(".fill", x=pc((k + 0.12) * wide), width=pc(wide * 0.76), y=pc(100 - height), height=pc(height)),
    ]


# --- the map ---------------------------------------------------------------------------------------


def paints(found: Crossed, choice: Choice, view: View) -> dict[str, AreaPaint]:
    """Class, value and spoken label of every kelurahan, by what is counted under all other choices."""
    measure, lang = measure_of(choice), view.lang
    counts = {area.code: getattr(found.by["area"].get(area.code, Counts()), measure) for area in view.tree.kelurahan}
    values = counts if view.scope.may_see_rows else smallcells.by_place(counts, guarded=_pointed(choice, view))
    ends = breaks([n for n in values.values() if n is not None])

    def paint(code: str, n: int | None) -> AreaPaint:
        if n is None:
            return AreaPaint(cls=NO_DATA, value=None, label=f"{_place(code, view)}: {text.say(lang, 'disamarkan')}")
        said = f"{text.number(n, 0, lang)} {text.say(lang, MEASURE_WORDS[measure])}"
        return AreaPaint(cls=class_of(n, ends), value=float(n), label=f"{_place(code, view)}: {said}")

    return {code: paint(code, n) for code, n in values.items()}


def _pointed(choice: Choice, view: View) -> bool:
    """Whether few cases in one kelurahan could name a person, under all other choices."""
    return smallcells.pointed(view.scope, view.city, opd=choice.opd, category=choice.asked.get("category"))


def _place(code: str, view: View) -> str:
    return f"{view.tree.name(code)}, Kec. {view.tree.name(view.tree.parent(code) or code)}"


def unpainted(view: View, words: str) -> dict[str, AreaPaint]:
    """The map while there is nothing to count, or nothing that may be told; the words say which."""
    why = text.say(view.lang, words)
    return {
        area.code: AreaPaint(cls=NO_DATA, value=None, label=f"{view.tree.name(area.code)}: {why}") for area in view.tree.kelurahan
    }


def chosen_area(choice: Choice, view: View) -> htpy.Element:
    """The outline of the area that is chosen, over the shapes."""
    asset, code = view.map, choice.asked.get("area", "")
    d = asset.paths.get(code) or asset.kecamatan.get(code)
    return svg(".overlay", id="map-overlay", viewBox=f"0 0 {asset.width:g} {asset.height:g}", aria_hidden="true")[
        g[path(".selected", d=d)] if d else None
    ]


def legend(found: Crossed | None, choice: Choice, view: View) -> htpy.Element:
    """What the classes mean, and how many cases have no place."""
    lang, measure = view.lang, measure_of(choice)
    counts = found.by["area"] if found else {}
    placed = {key: getattr(c, measure) for key, c in counts.items() if key != UNPLACED}
    told = placed if view.scope.may_see_rows else smallcells.by_place(placed, guarded=_pointed(choice, view))
    ends = breaks([n for n in told.values() if n is not None])
    entries, low = [], 1
    for k, end in enumerate((*ends, None), start=1):
        words = (
            text.say(lang, "lebih dari {end}", end=text.number(ends[-1], 0, lang))
            if end is None
            else str(int(end))
            if low >= end
            else f"{low}–{int(end)}"
        )
        if end is None or end >= low:
            entries.append(li[htpy.i(class_=f"key q{k}"), span[words]])
        low = int(end or low) + 1
    lost = getattr(counts.get(UNPLACED, Counts()), measure)
    return section(".legend-row", id="map-legend", aria_label=text.say(lang, "Keterangan peta"))[
        ul(".legend")[li[htpy.i(class_="key q0"), span[text.say(lang, "tidak ada")]], entries if ends[-1] else None],
        a(".unplaced", href=choice.turned("area", UNPLACED), data_turn=True)[
            f"{text.say(lang, 'tanpa lokasi')} {text.number(lost, 0, lang)}"
        ]
        if lost
        else None,
    ]
