"""The day's arrivals per channel, stacked over the hours, with a line at "sekarang"."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import htpy
from htpy import figcaption, figure, g, h2, i, li, line, path, span, svg, ul

from dashboard import text
from dashboard.parts.marks import age, by_state
from dashboard.parts.scale import area_path, pc, ticks
from dashboard.parts.trend import STRETCHED
from layers.clock import start_of_day
from layers.snapshot import Arrivals, Reading, State

if TYPE_CHECKING:
    from dashboard.page import View

SHOWN = 5
"""At most so many channels have a colour of their own; the rest are summed as "lainnya"."""
NOTHING = {
    State.LIVE: "Belum ada aduan masuk hari ini.",
    State.LATE: "Belum ada yang tercatat hari ini; datanya belum mutakhir.",
    State.STALE: "Belum ada yang tercatat hari ini; datanya belum mutakhir.",
}
DAY = 24 * 60
LATE_IN_DAY = 0.85
"""Share of the day after which the words stand before the line; so too in ``assets/live.js``, which moves both."""
HOURS = range(0, 24, 3)
SMOOTH = 30
"""Minutes that one step of the drawing sums up: shorter slots would only show noise from a distance."""


def arrivals(day: Arrivals, total: Reading | None, view: View, *, element: str = "arrivals") -> htpy.Element:
    """Counts of today per channel; ``total`` is the same day's reading and brings the origin and the age.

    Drawn up to the moment that the channels speak for: after it there is nothing, which is not the same as zero.
    A channel that speaks for less says until when; one whose sources have said nothing of today yet is named too.
    """
    title = text.say(view.lang, "Aduan masuk hari ini per kanal")
    seen = total.freshness.observed_at if total else None
    if total is None or seen is None:
        return figure(".arrivals", id=element, role="group", aria_label=title)[
            figcaption[h2[title]], _nothing("belum ada data", view)
        ]
    channels = _channels(day, view)
    until = {name: min(moment, view.now) for name, moment in day.until.items()}
    end = max((until[name] for name, _ in channels if name in until), default=min(seen, view.now))
    stacks = [[0.0] * (_minutes(end, view) // SMOOTH)]
    for _, values in channels:
        stacks.append([below + value for below, value in zip(stacks[-1], values, strict=False)])
    return figure(".arrivals", {"data-kpi": total.kpi, "data-scope": total.area}, id=element, role="group", aria_label=title)[
        figcaption[
            h2[title],
            age(total.freshness, view),
            ul(".legend")[
                [_entry(k, name, values, until.get(name), end, view) for k, (name, values) in enumerate(channels)],
                _silent({name: moment for name, moment in until.items() if name not in dict(channels)}, view),
            ],
        ],
        _plot(stacks, view) if channels else by_state(total.freshness, view, NOTHING),
    ]


def _nothing(words: str, view: View) -> htpy.Element:
    return htpy.p(".empty")[text.say(view.lang, words)]


def _channels(day: Arrivals, view: View) -> list[tuple[str, list[float]]]:
    """Channels from most to least, in steps of :data:`SMOOTH` minutes up to now."""
    per = max(SMOOTH // day.minutes, 1)
    steps = _minutes(view.now, view) // SMOOTH + 1
    rows = [
        (name, [float(sum(counts[at * per : (at + 1) * per])) for at in range(steps)]) for name, counts in day.channels.items()
    ]
    rows = sorted((row for row in rows if sum(row[1])), key=lambda row: (-sum(row[1]), row[0]))
    if len(rows) > SHOWN:
        rest = [sum(values) for values in zip(*(values for _, values in rows[SHOWN - 1 :]), strict=True)]
        rows = [*rows[: SHOWN - 1], (text.say(view.lang, "lainnya"), rest)]
    return rows


def _minutes(moment: datetime, view: View) -> int:
    """Whole minutes of a moment since today's local midnight, never negative."""
    return max(0, int((moment - start_of_day(view.now, view.city.zone)).total_seconds() // 60))


def _entry(k: int, name: str, values: list[float], until: datetime | None, end: datetime, view: View) -> htpy.Element:
    behind = until is not None and end - until > timedelta(minutes=SMOOTH)
    return li[
        i(class_=f"key c{k}"),
        span[name],
        " ",
        htpy.b[text.number(sum(values), 0, view.lang)],
        span(".until")[_said_until(until, view)] if until is not None and behind else None,
    ]


def _silent(until: Mapping[str, datetime], view: View) -> list[htpy.Element]:
    """The channels whose sources have not spoken of today yet."""
    midnight = start_of_day(view.now, view.city.zone)
    behind = sorted((name, moment) for name, moment in until.items() if moment < midnight)
    return [li[i(".key.none"), span[name], span(".until")[_said_until(moment, view)]] for name, moment in behind]


def _said_until(moment: datetime, view: View) -> str:
    today = moment >= start_of_day(view.now, view.city.zone)
    when = text.clock(moment, view.city.zone, view.lang) if today else text.day(moment, view.city.zone, view.lang)
    return text.say(view.lang, "data s.d. {when}", when=when)


def _plot(stacks: list[list[float]], view: View) -> htpy.Element:
    """The stretches that are over; the one that runs would seem a fall, so only its line "sekarang" shows."""
    elapsed = _minutes(view.now, view)
    slots = len(stacks[0])
    high = ticks(0, max(stacks[-1], default=0) or 1)[-1]
    now = pc(elapsed / DAY * 100)
    return svg(".plot", aria_hidden="true")[
        g(".grid")[[line(x1="0", x2="100%", y1=pc(100 - f * 100), y2=pc(100 - f * 100)) for f in (0, 0.5, 1)]],
        g(".axis.x")[
            [htpy.text(x=pc(h / 24 * 100), y="100%", dy="1.5em")[f"{h:02d}{'.' if view.lang == 'id' else ':'}00"] for h in HOURS]
        ],
        g(".axis.y")[
            [htpy.text(x="0", y=pc(100 - f * 100), dx="-8", dy=".33em")[text.number(high * f, 0, view.lang)] for f in (0, 1)]
        ],
        svg({**STRETCHED, "width": pc(slots * SMOOTH / DAY * 100)})[
            [path(class_=f"c{k}", d=area_path(low, up, high, slots)) for k, (low, up) in enumerate(pairwise(stacks))]
        ],
        g(data_now=str(view.city.zone))[
            line(".now", x1=now, x2=now, y1="0", y2="100%"),
            htpy.text(
                ".now-words",
                x=now,
                y="0",
                dx="6" if elapsed < DAY * LATE_IN_DAY else "-6",
                dy=".8em",
                text_anchor="start" if elapsed < DAY * LATE_IN_DAY else "end",
            )[text.say(view.lang, "sekarang"), " ", htpy.tspan[text.clock(view.now, view.city.zone, view.lang)]],
        ],
    ]
