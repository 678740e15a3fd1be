"""An analyst's answer on the page: what was asked in words, the figure of all rows, bars, and what it rests on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import htpy
from htpy import a, button, figcaption, figure, h2, header, li, line, ol, p, rect, section, span, strong, svg

from dashboard import text
from dashboard.parts.analysisform import AGAINST, PATH
from dashboard.parts.marks import age, band_mark, source_titles, value_words
from dashboard.parts.scale import pc
from dashboard.parts.tile import hooks
from layers.analysis.dimensions import Sort
from layers.analysis.found import Found, change
from layers.model import UNPLACED
from layers.periods import Period
from layers.snapshot import Reading

if TYPE_CHECKING:
    from dashboard.page import Bygone, View
    from layers.catalog import When

MINUTE = timedelta(minutes=1)
MOST_BARS = 40
FEW_BARS = 24
"""Of more values than this, those without any case are left to the table."""


def span_words(when: When, view: View) -> str:
    """The days of a window: ``1 Oktober 2026 - 31 Oktober 2026``."""
    zone, lang = view.city.zone, view.lang
    first, last = (text.day(at, zone, lang) for at in (when.start, when.end))
    return first if first == last else f"{first} - {last}"


def words_of(found: Found, view: View) -> str:
    """What was asked, in one line: by what, when, of which rows."""
    where = dict(found.ask.where)
    cut = [view.tree.name(where["area"]) if "area" in where else view.city.name]
    cut += [value for name, value in where.items() if name not in ("area", "opd")]
    if "opd" in where:
        opd = view.city.opd(where["opd"])
        cut.append(opd.short if opd else where["opd"])
    return " · ".join([*cut, period_words(found, view)])


def period_words(found: Found, view: View) -> str:
    """The days that the figure speaks of, or the moment at their end."""
    if found.at_end:
        return text.say(view.lang, "per {at}", at=text.moment(found.when.end, view.city.zone, view.lang))
    return span_words(found.when, view)


def summary_of(found: Found, view: View, *, element: str) -> htpy.Element:
    """The figure of all rows asked for, beside what it is compared with."""
    lang, total = view.lang, found.total
    before = found.before.get((None,) * len(found.dimensions))
    shown = band_mark(total.band, view), value_words(total, found.kpi, view)
    proof = found.kpi.id in view.catalog
    value = button(".answer-value", type="button", aria_haspopup="dialog")[shown] if proof else strong(".answer-value")[shown]
    return section(".panel.answer-head", id=element)[
        p(".kicker")[words_of(found, view)],
        p(".answer-line", hooks(total, view) if proof else {})[
            value if total.value is not None else span(".why")[total.why_none], *_compared(found, before, view)
        ],
        _other_period(found, view),
        p(".aside")[text.say(lang, "Hanya baris dalam lingkup Anda; angka kota menghitung lebih banyak.")]
        if found.limited
        else None,
        p(".aside")[text.say(lang, "{n} sel disamarkan karena terlalu sedikit kasusnya.", n=found.hidden)]
        if found.hidden
        else None,
    ]


def _other_period(found: Found, view: View) -> htpy.Element | None:
    """That the figure's own window, of which its name and formula speak, is not the one asked for."""
    if found.ask.period is None:
        return None
    words = (
        "Keadaan pada akhir kurun yang dipilih."
        if found.at_end
        else "Kurun yang dipilih menggantikan kurun dalam nama dan rumus angka."
    )
    return p(".aside")[text.say(view.lang, words)]


def _compared(found: Found, before: Reading | None, view: View) -> list[htpy.Node]:
    if found.why_earlier:
        return [span(".aside")[found.why_earlier]]
    if before is None or found.earlier is None:
        return []
    moved = change_text(found, found.total, before, view)
    against = text.say(view.lang, AGAINST[found.ask.against]).lower()
    return [
        span(".moved")[moved or ""],
        span(".aside")[f"{against} ({span_words(found.earlier, view)}): {value_words(before, found.kpi, view)}"],
    ]


def change_text(found: Found, now: Reading, before: Reading | None, view: View) -> str | None:
    """``▲ 19`` or ``▼ 1,2 poin``; ``tetap`` where it did not move; ``None`` where either is unknown."""
    moved = change(now, before)
    if moved is None:
        return None
    kpi = found.kpi
    if round(moved, kpi.decimals) == 0:
        return text.say(view.lang, "tetap")
    unit = text.say(view.lang, "poin") if kpi.unit == "persen" else ""
    size = (
        text.quantity(abs(moved), kpi.unit, kpi.decimals, view.lang)
        if kpi.unit == "rupiah"
        else f"{text.number(abs(moved), kpi.decimals, view.lang)} {unit}".strip()
    )
    return f"{'▲' if moved > 0 else '▼'} {size}"


def narrower(found: Found, index: int, key: str) -> str | None:
    """The address of one value looked at by itself; ``None`` where there is nothing more to see."""
    then = "month" if found.kpi.history else None
    ask = found.ask.into(found.dimensions[index].id, key, then=then)
    return here(ask.query()) if ask else None


def here(query: str) -> str:
    """An address of this page."""
    return f"{PATH}?{query}" if query else PATH


def named(found: Found, index: int, key: str, view: View) -> htpy.Element:
    """A value of a dimension, as a link to itself."""
    words = found.label(index, key, view.city, view.tree, view.lang)
    href = narrower(found, index, key)
    return a(".name", href=href)[words] if href else span(".name")[words]


# --- bars --------------------------------------------------------------------------------------


def bars(found: Found, view: View, *, element: str) -> htpy.Element:
    """One bar a value, the longest first (periods and rounds in their order), with a mark where it was before."""
    lines = list(found.lines())
    if found.dimensions[0].sort in (Sort.PLACE, Sort.OFFICE):
        lines.sort(key=lambda each: (each[1].value is None, -(each[1].value or 0)))
    some = [each for each in lines if each[1].n or (each[2] and each[2].n)] if len(lines) > FEW_BARS else lines
    shown = some[:MOST_BARS] or lines[:FEW_BARS]
    values = [abs(r.value) for _, now, before in shown for r in (now, before) if r is not None and r.value is not None]
    full = 100.0 if found.kpi.unit == "persen" and max(values, default=0) <= 100 else max(values, default=0) or 1
    rows = [_bar(found, key, now, before, full, view) for key, now, before in shown]
    left = len(lines) - len(shown)
    return figure(".panel.bars.answer-bars", id=element, role="group", aria_label=found.kpi.title[view.lang])[
        figcaption[h2[found.kpi.title[view.lang]], span(".aside")[_marks(found, view)]],
        ol[rows] if rows else p(".empty")[text.say(view.lang, "Belum ada data pada rentang ini.")],
        p(".aside")[text.say(view.lang, "{n} lagi di tabel", n=left)] if left else None,
    ]


def _marks(found: Found, view: View) -> str | None:
    return (
        text.say(view.lang, "garis tegak: {what}", what=text.say(view.lang, AGAINST[found.ask.against]).lower())
        if found.before
        else None
    )


def _bar(found: Found, key: tuple[str, ...], now: Reading, before: Reading | None, full: float, view: View) -> htpy.Element:
    label = [named(found, k, value, view) for k, value in enumerate(key)]
    called = ", ".join(found.label(k, value, view.city, view.tree, view.lang) for k, value in enumerate(key))
    name = span(".name")[label[0], " · ", label[1]] if len(label) > 1 else label[0]
    if now.value is None:
        return li(".bar-row.none")[name, span(".why")[now.why_none]]
    said = value_words(now, found.kpi, view)
    shown = band_mark(now.band, view), text.figure(now.value, found.kpi.unit, found.kpi.decimals, view.lang)[0]
    proof = _published(found, key, view)
    return li(".bar-row", hooks(now, view) if proof else {})[
        name,
        svg(".bar", aria_hidden="true")[
            htpy.title[said],
            rect(".track", width="100%", height="100%"),
            rect(".fill", width=pc(min(abs(now.value) / full * 100, 100)), height="100%"),
            _tick(before.value / full * 100) if before and before.value is not None else None,
        ],
        button(".val", type="button", aria_haspopup="dialog", aria_label=f"{called}: {said}")[shown]
        if proof
        else span(".val")[shown],
        span(".n")[(change_text(found, now, before, view) if before else None) or _n(found, now, view)],
    ]


def _published(found: Found, key: tuple[str, ...], view: View) -> bool:
    """Whether the snapshot has the very same figure, so that its evidence card can be opened."""
    ask, cuts = found.ask, found.kpi.cuts
    own = ask.period is None and not ask.where and not found.limited and found.hidden == 0
    return own and found.kpi.id in view.catalog and len(key) == 1 and bool(key[0]) and ask.by in cuts and key[0] != UNPLACED


def _tick(at: float) -> htpy.Element:
    x = pc(min(max(at, 0), 100))
    return line(".tick", x1=x, x2=x, y1="0", y2="100%")


def _n(found: Found, reading: Reading, view: View) -> str | None:
    return None if found.kpi.additive else f"n {text.number(reading.n, 0, view.lang)}"


def origin(found: Found, view: View) -> htpy.Element:
    """The line under the answer: formula, sources, n, how old the data are, and of which version of them it speaks."""
    total, lang = found.total, view.lang
    words = [
        f"{text.say(lang, 'Rumus')}: {found.kpi.formula[lang]}",
        f"{text.say(lang, 'sumber')} {source_titles(total.evidence.sources, view)}",
        f"n = {text.number(total.n, 0, lang)}",
        text.say(lang, "versi data {version}, {at}", version=found.version, at=text.moment(found.at, view.city.zone, lang)),
    ]
    return p(".provenance")[" · ".join(words), " · ", age(total.freshness, view)]


def pinned(past: Bygone) -> dict[str, str]:
    """What an address says of the moment that it is pinned to."""
    return {"pada": past.pada} | ({"menurut": "kini"} if past.now else {})


def links(found: Found, view: View, *, element: str) -> htpy.Element:
    """The question as a link, and the same pinned to a moment, so that it shows the same numbers for as long as they are kept."""
    lang, zone, given = view.lang, view.city.zone, found.ask.given()
    if view.past is not None:
        words = text.say(lang, "Terkunci pada {at}; angkanya tetap.", at=text.moment(view.past.at, zone, lang))
        return section(".panel.answer-links", id=element)[header[h2[text.say(lang, "Tautan")]], p[words]]
    day = found.when.end.astimezone(zone).date()
    over = found.at - found.when.end > MINUTE and found.ask.period is not None
    fixed = given | {"kurun": Period.between(found.when.start.astimezone(zone).date(), day).written} if over else given
    version = str(int(found.at.timestamp()))
    rows = [
        (given, "Pertanyaan ini, selalu dengan angka terbaru"),
        (given | {"pada": text.local(found.at, zone)}, "Terkunci pada saat ini: angkanya tetap"),
        (given | {"versi": version}, "Terkunci pada potret versi {version}"),
        (fixed | {"pada": text.local(found.when.end, zone)}, "Sebagaimana diketahui pada akhir kurun") if over else None,
    ]
    return section(".panel.answer-links", id=element)[
        header[h2[text.say(lang, "Tautan")]],
        htpy.ul[[li[a(href=f"{PATH}?{urlencode(row[0])}")[text.say(lang, row[1], version=version)]] for row in rows if row]],
    ]
