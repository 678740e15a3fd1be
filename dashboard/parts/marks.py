"""Small signs that every part shares: the band's shape, the age of the data, how late it is, figures and changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import htpy
import orjson
from htpy import span, svg

from dashboard import text
from layers.catalog import CHANGE, Window
from layers.snapshot import Band, Freshness, Reading, SourceState, State

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi

_SHAPES = {
    Band.WATCH: ("M8 1.5 15.5 14.5H.5Z", "di luar target"),
    Band.ACT: ("M8 .4 15.6 8 8 15.6.4 8Z", "perlu tindakan"),
}

PERIODS = {
    Window.NOW: "dari kemarin",
    Window.TODAY: "dari kemarin jam ini",
    Window.DAYS30: "dari periode lalu",
    Window.YEAR: "dari tahun lalu",
}
"""What a reading's change is measured against, short enough for a tile; :data:`layers.catalog.CHANGE` says it in full."""


STATES = {
    State.LIVE: "segar",
    State.LATE: "terlambat",
    State.STALE: "data belum mutakhir",
    State.NEVER: "belum ada data",
}


def band_shape(band: Band) -> str:
    """The path of a band's shape, in a square of 16."""
    return _SHAPES[band][0]


def band_mark(band: Band, view: View) -> htpy.Element | None:
    """Triangle (out of target) or diamond (act now), so that colour never stands alone; nothing when normal."""
    if band not in _SHAPES:
        return None
    shape, words = _SHAPES[band]
    return svg(".mark", {"data-band": band.value}, viewBox="0 0 16 16", role="img", aria_label=text.say(view.lang, words))[
        htpy.path(d=shape)
    ]


def clock_mark() -> htpy.Element:
    """The mark of a number whose data is late."""
    return svg(".clock-mark", viewBox="0 0 16 16", aria_hidden="true")[
        htpy.circle(cx="8", cy="8", r="6.6"), htpy.path(d="M8 4.2V8l2.7 1.9")
    ]


def state_of(freshness: Freshness, view: View) -> State:
    """Live, late, stale or never at the moment of the view."""
    return freshness.state(view.now)


def age(freshness: Freshness, view: View) -> htpy.Element:
    """The age of the data, ticking in the browser: ``12 dtk``; ``belum ada data`` before the first."""
    if freshness.observed_at is None:
        return span(".age")[text.say(view.lang, "belum ada data")]
    observed = freshness.observed_at.isoformat(timespec="seconds")
    return htpy.time(
        ".age",
        {"data-observed": observed, "data-budget": f"{freshness.budget.total_seconds():.0f}"},
        datetime=observed,
        title=text.say(view.lang, "Data per {when}", when=text.moment(freshness.observed_at, view.city.zone, view.lang)),
    )[text.age((view.now - freshness.observed_at).total_seconds(), view.lang)]


def lateness(freshness: Freshness, view: View) -> str | None:
    """In words how far the data is beyond its budget; ``None`` while it is live."""
    if freshness.observed_at is None:
        return text.say(view.lang, "belum pernah ada data")
    beyond = (view.now - freshness.observed_at - freshness.budget).total_seconds()
    if beyond <= 0:
        return None
    return text.say(view.lang, "data terlambat {age}", age=text.age(beyond, view.lang))


def freshness_chip(freshness: Freshness, view: View) -> htpy.Element:
    """Age and state of one source or reading, in words."""
    # Every word is there and the style shows one: a browser that loses the server still lets the state age.
    return span(".chip", {"data-state": state_of(freshness, view).value})[
        clock_mark(),
        [span(data_when=state.value)[text.say(view.lang, words)] for state, words in STATES.items()],
        age(freshness, view) if freshness.observed_at else None,
    ]


def by_state(freshness: Freshness, view: View, words: Mapping[State, str]) -> htpy.Element:
    """A sentence that depends on how old the data is: all are there and the style shows one, as in :func:`freshness_chip`."""
    return htpy.p(".empty", {"data-state": state_of(freshness, view).value})[
        [span(data_when=state.value)[text.say(view.lang, said)] for state, said in words.items()],
        htpy.span(hidden=True)[age(freshness, view)],
    ]


def raw(value: float | None) -> str:
    """A number for a ``data-`` attribute: no grouping, no trailing zeros; empty for none."""
    return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".")


def value_words(reading: Reading, kpi: Kpi, view: View) -> str:
    """The value with its unit on one line, or why there is none."""
    if reading.value is None:
        return reading.why_none or ""
    return text.quantity(reading.value, kpi.unit, kpi.decimals, view.lang)


def target_words(reading: Reading, kpi: Kpi, view: View) -> str | None:
    """``target 95 %`` or, where less is better, ``batas 40 aduan``."""
    if reading.target is None:
        return None
    whole = float(reading.target).is_integer()
    limit = text.quantity(reading.target, kpi.unit, 0 if whole else kpi.decimals, view.lang)
    return text.say(view.lang, "batas {limit}" if kpi.better == "down" else "target {limit}", limit=limit)


def change_words(reading: Reading, kpi: Kpi, view: View, *, full: bool = False) -> str | None:
    """``▲ 19 dari kemarin``; a share changes by points; ``tetap`` when it did not move."""
    if reading.change is None or reading.value is None:
        return None
    period = text.say(view.lang, PERIODS[kpi.window])
    if full and kpi.window is Window.DAYS30:
        period = text.say(view.lang, "dari {days} hari sebelumnya", days=days(view))
    elif full:
        period = CHANGE[kpi.window][view.lang]
    if round(reading.change, kpi.decimals) == 0:
        return text.say(view.lang, "tetap {period}", period=period)
    unit = text.say(view.lang, "poin") if kpi.unit == "persen" else ""
    size = (
        text.quantity(abs(reading.change), kpi.unit, kpi.decimals, view.lang)
        if kpi.unit == "rupiah"
        else f"{text.number(abs(reading.change), kpi.decimals, view.lang)} {unit}".strip()
    )
    return f"{'▲' if reading.change > 0 else '▼'} {size} {period}"


def days(view: View) -> str:
    """Length of the window in days that the page shows."""
    return view.params.get("days", "30")


def compared(window: int | str, view: View) -> str:
    """What a page's figures speak of, and what they are compared with: those of a moment with the day before."""
    words = "{days} hari terakhir, dibanding {days} hari sebelumnya; keadaan kini dibanding 24 jam lalu"
    return text.say(view.lang, words, days=window)


def source_titles(names: tuple[str, ...], view: View) -> str:
    """Titles of the sources as the pack names them."""
    titles = {source.name: source.title for source in view.city.sources}
    return ", ".join(titles.get(name, name) for name in names) or text.say(view.lang, "belum ada sumber")


def provenance(reading: Reading, kpi: Kpi, view: View, *, formula: str | None = None) -> htpy.Element:
    """The one line under a chart: formula, sources, n and age; ``formula`` where the chart shows more than the KPI."""
    parts = [
        f"{text.say(view.lang, 'Rumus')}: {formula or kpi.formula[view.lang]}",
        f"{text.say(view.lang, 'sumber')} {source_titles(reading.evidence.sources, view)}",
        *([] if formula else [f"n = {text.number(reading.n, 0, view.lang)}"]),
    ]
    return htpy.p(".provenance", {"data-kpi": reading.kpi, "data-scope": reading.area, "data-opd": reading.opd})[
        " · ".join(parts),
        " · ",
        age(reading.freshness, view),
        " · ",
        htpy.button(type="button", aria_haspopup="dialog")[text.say(view.lang, "asal-usul")],
    ]


def sources_words(sources: tuple[SourceState, ...], view: View) -> str:
    """The state of all sources in words: ``11 dari 12 sumber segar · Serapan APBD terlambat 2 jam``."""
    if not sources:
        return text.say(view.lang, "belum ada sumber yang diatur")
    live = [s for s in sources if s.freshness.state(view.now) is State.LIVE]
    words = text.say(view.lang, "{live} dari {all} sumber segar", live=len(live), all=len(sources))
    late = [s for s in sources if s not in live and s.freshness.observed_at]
    if late:
        worst = max(late, key=lambda s: view.now - (s.freshness.observed_at or view.now) - s.freshness.budget)
        words += f" · {worst.title}: {lateness(worst.freshness, view)}"
    return words


def sources_line(sources: tuple[SourceState, ...]) -> dict[str, str]:
    """What marks the element that says :func:`sources_words`, so that the browser goes on saying it by the clock."""
    seen = [
        (s.title, s.freshness.observed_at and int(s.freshness.observed_at.timestamp()), s.freshness.budget.total_seconds())
        for s in sources
    ]
    return {"data-sources": orjson.dumps(seen).decode()} if seen else {}
