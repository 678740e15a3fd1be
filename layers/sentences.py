"""What changed, in a sentence or two, and what is unusual, by name: the same figures always give the same words.

The words say what gave how much ("penyumbang"), never what caused it: a split of a sum is no proof of a cause. A group of
fewer than :data:`SMALL` cases is not named for a share or a time. Bahasa Indonesia first, English second.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from babel.dates import format_date

from layers.areas import AreaTree
from layers.catalog import CHANGE, Count, Kpi, Rate, Total, Window
from layers.city import City
from layers.contributions import Change, Part
from layers.explain import place, short
from layers.numbers import LOCALES, NBSP, Lang, money, number, signed
from layers.unusual import Unusual

SMALL = 20
NAMED = 2
OPPOSED = 0.25
"""A part against the direction of the change is named if it is at least so large beside it."""

_WORDS: Mapping[Lang, Mapping[str, str]] = {
    "id": {
        "up": "{what} naik {size} menjadi {value}",
        "down": "{what} turun {size} menjadi {value}",
        "same": "{what} tetap {value}",
        "none": "{what} tidak dapat dibandingkan: {why}.",
        "better": " (membaik)",
        "worse": " (memburuk)",
        "against what": "dibanding {what}",
        "days": "dibanding {days} hari sebelumnya",
        "dates": "dibanding {since} sampai {until}",
        "at": "dibanding {until}",
        "most": "Penyumbang terbesar: {parts}.",
        "against": "Ke arah sebaliknya: {parts}.",
        "spread": "Tidak ada kelompok yang menonjol: perubahan tersebar pada banyak kelompok kecil.",
        "unsplit": "Perubahan ini tidak dapat diuraikan: {why}.",
        "in": "{what} di {place}",
        "rate up": "tingkatnya naik",
        "rate down": "tingkatnya turun",
        "time up": "lebih lama",
        "time down": "lebih cepat",
        "value up": "nilainya naik",
        "value down": "nilainya turun",
        "share up": "porsinya naik",
        "share down": "porsinya turun",
        "share": "porsinya berubah",
        "unknown": "tidak disebut",
        "like": "{weekday} pada jam yang sama, {weeks} pekan terakhir",
    },
    "en": {
        "up": "{what} rose by {size} to {value}",
        "down": "{what} fell by {size} to {value}",
        "same": "{what} stayed at {value}",
        "none": "{what} cannot be compared: {why}.",
        "better": " (better)",
        "worse": " (worse)",
        "against what": "compared with {what}",
        "days": "compared with the {days} days before",
        "dates": "compared with {since} to {until}",
        "at": "compared with {until}",
        "most": "Largest contributions: {parts}.",
        "against": "The other way: {parts}.",
        "spread": "No group stands out: the change is spread over many small groups.",
        "unsplit": "This change cannot be split: {why}.",
        "in": "{what} in {place}",
        "rate up": "its rate rose",
        "rate down": "its rate fell",
        "time up": "slower",
        "time down": "faster",
        "value up": "its value rose",
        "value down": "its value fell",
        "share up": "its share grew",
        "share down": "its share shrank",
        "share": "its share changed",
        "unknown": "not stated",
        "like": "{weekday} at the same hours, last {weeks} weeks",
    },
}
_UNITS: Mapping[str, tuple[str, str]] = {"jam": ("jam", "hours"), "menit": ("menit", "minutes"), "hari": ("hari", "days")}
"""Units of time; of the others English says none, since the figure's title tells what is counted."""


def say_change(change: Change, catalog: Mapping[str, Kpi], tree: AreaTree, city: City, lang: Lang) -> str:
    """The change in words: how far, to what, for better or worse, and which groups gave most of it."""
    kpi, words = catalog[change.kpi], _WORDS[lang]
    what = titled(
        subject(change, kpi, lang), change.area if change.area != city.code else None, change.opd, None, tree, city, lang
    )
    if change.change is None or change.now is None:
        return words["none"].format(what=what, why=change.why_none)
    value = amount(change.now, kpi, lang)
    moved = round(change.change, kpi.decimals) if kpi.unit != "rupiah" else change.change
    way = "up" if moved > 0 else "down" if moved < 0 else "same"
    said = words[way].format(what=what, size=difference(abs(moved), kpi, lang), value=value)
    if moved and kpi.better != "neutral":
        said += words["better" if way == kpi.better else "worse"]
    said += f", {compared(change, city, lang)}."
    if not moved:
        return said
    if change.why_none is not None:
        return f"{said} {words['unsplit'].format(why=change.why_none)}"
    return " ".join((said, *_causes(change, kpi, tree, city, lang)))


def say_parts(change: Change, catalog: Mapping[str, Kpi], tree: AreaTree, city: City, lang: Lang) -> str:
    """Only which groups gave most of a change, for where the figure and its change are told already."""
    return " ".join(_causes(change, catalog[change.kpi], tree, city, lang))


_STRETCH: Mapping[Lang, str] = {"id": r" (dalam )?30 hari\b| (hari|tahun) ini\b", "en": r" in 30 days\b| today\b| this year\b"}
"""How titles name the stretch of time that a figure speaks of."""


def subject(change: Change, kpi: Kpi, lang: Lang) -> str:
    """What changed; without the stretch that the figure is named for where another one was asked about."""
    before, now = change.windows
    own = now.window is kpi.window and now == now.window.at(now.end, now.zone) and before == now.before()
    return kpi.title[lang] if own else _timeless(kpi, lang)


def _timeless(kpi: Kpi, lang: Lang) -> str:
    return re.sub(_STRETCH[lang], "", kpi.title[lang], count=1)


def watched(found: Unusual, kpi: Kpi, tree: AreaTree, city: City, lang: Lang) -> str:
    """What an unusual value is of; a figure named for today is said without it, as another stretch may be meant."""
    return titled(_timeless(kpi, lang), found.area, found.opd, found.category, tree, city, lang)


def like(found: Unusual, lang: Lang) -> str:
    """What an unusual value was compared with."""
    weekday = LOCALES[lang].days["format"]["wide"][found.weekday]
    return _WORDS[lang]["like"].format(weekday=weekday, weeks=found.weeks)


def titled(title: str, area: str | None, opd: str | None, category: str | None, tree: AreaTree, city: City, lang: Lang) -> str:
    """A figure's title with its cut: ``Aduan terbuka di Kec. Benda``, ``Selesai tepat waktu, DLH``."""
    if area is not None:
        title = _WORDS[lang]["in"].format(what=title, place=place(area, tree))
    return ", ".join(filter(None, (title, category, short(opd, city))))


def amount(value: float, kpi: Kpi, lang: Lang) -> str:
    """A value with its unit: ``81,4 %``, ``Rp1,42 T``, ``4,5 jam kerja``."""
    if kpi.unit == "rupiah":
        return NBSP.join(filter(None, money(value, lang)))
    return NBSP.join(filter(None, (number(value, kpi.decimals, lang), "%" if kpi.unit == "persen" else _unit(kpi, lang))))


def difference(value: float, kpi: Kpi, lang: Lang, *, sign: bool = False) -> str:
    """A difference with its unit, where ``sign`` with its sign; a share changes by points."""
    if kpi.unit == "rupiah":
        plus = "+" if sign and value > 0 else ""
        return plus + NBSP.join(filter(None, money(value, lang)))
    unit = {"id": "poin", "en": "points"}[lang] if kpi.unit == "persen" else _unit(kpi, lang)
    return NBSP.join(filter(None, ((signed if sign else number)(value, kpi.decimals, lang), unit)))


def compared(change: Change, city: City, lang: Lang) -> str:
    """The window that a change is measured from, in words."""
    words, (before, now) = _WORDS[lang], change.windows
    length = now.end - now.start
    if before == now.before():
        if now.window is not Window.DAYS30 or length.days == 30:
            return words["against what"].format(what=CHANGE[now.window][lang].partition(" ")[2])
        return words["days"].format(days=length.days)

    def day(moment: datetime) -> str:
        return format_date(moment.astimezone(city.zone).date(), "d MMMM y", locale=LOCALES[lang])

    return words["at" if before.start == before.end else "dates"].format(since=day(before.start), until=day(before.end))


def _unit(kpi: Kpi, lang: Lang) -> str:
    known = _UNITS.get(kpi.unit)
    if known is None:
        return kpi.unit if lang == "id" else ""
    working = kpi.unit == "jam" and "jam kerja" in kpi.formula["id"]
    if lang == "id":
        return f"{known[0]} kerja" if working else known[0]
    return f"working {known[1]}" if working else known[1]


def _causes(change: Change, kpi: Kpi, tree: AreaTree, city: City, lang: Lang) -> Sequence[str]:
    """The sentences that name the largest parts, and the largest against them."""
    moved = change.change or 0
    told = tellable(change, kpi)
    along = [part for part in told if part.total * moved > 0][:NAMED]
    against = [part for part in told if part.total * moved < 0 and abs(part.total) >= OPPOSED * abs(moved)][:1]

    def listed(parts: Sequence[Part]) -> str:
        return "; ".join(_part(part, change, kpi, tree, city, lang) for part in parts)

    words = _WORDS[lang]
    sentences = [words["most"].format(parts=listed(along)) if along else words["spread"]]
    if against:
        sentences.append(words["against"].format(parts=listed(against)))
    return sentences


def tellable(change: Change, kpi: Kpi) -> list[Part]:
    """The parts that may be named, the largest first: no rest, nothing that rounds away, no share or time of a few cases."""
    return [
        part
        for part in change.parts
        if part.by and not _lost(part, kpi) and (_additive(kpi) or (min(part.n) or max(part.n)) >= SMALL)
    ]


def _additive(kpi: Kpi) -> bool:
    return isinstance(kpi.form, Count | Total | Rate)


def _lost(part: Part, kpi: Kpi) -> bool:
    """Whether the part rounds away."""
    return kpi.unit != "rupiah" and round(part.total, kpi.decimals) == 0


def _part(part: Part, change: Change, kpi: Kpi, tree: AreaTree, city: City, lang: Lang) -> str:
    """``Sampah di Kec. Cipondoh, DLH −1,9 poin (tingkatnya turun)``."""
    words = _WORDS[lang]
    values = dict(zip(change.dimensions, part.by, strict=True))
    where = next((name for name in ("area", "kecamatan") if name in values), None)
    rest = [values.get(name) for name in ("category", "channel") if values.get(name)]
    first = ", ".join(str(value) for value in rest) or (None if where else words["unknown"])
    if where:
        area = place(values[where], tree)
        first = words["in"].format(what=first, place=area) if first else area
    group = ", ".join(filter(None, (first, short(values.get("opd"), city))))
    said = f"{group} {difference(part.total, kpi, lang, sign=True)}"
    return said if _additive(kpi) else f"{said} ({words[_reason(part, change, kpi)]})"


def _reason(part: Part, change: Change, kpi: Kpi) -> str:
    """Which of the two effects gave more, and which way it went."""
    if abs(part.rate) >= abs(part.mix):
        kind = "rate" if kpi.unit == "persen" else "time" if kpi.unit in _UNITS else "value"
        return f"{kind} {'up' if part.rate > 0 else 'down'}"
    if not all(change.n):
        return "share"
    shares = [n / whole for n, whole in zip(part.n, change.n, strict=True)]
    return "share up" if shares[1] > shares[0] else "share down" if shares[1] < shares[0] else "share"
