"""What asks for an action: alarms first, by priority, then the rest; each with its place, its owner and since when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import htpy
from htpy import div, h2, header, li, ol, p, section, span, strong

from dashboard import text
from dashboard.parts.alarms import against, band_of, office, standing
from dashboard.parts.marks import band_mark, by_state
from layers.alarmtypes import Alarm
from layers.citystate import PRIORITIES
from layers.snapshot import Attention, Band, Freshness, State

if TYPE_CHECKING:
    from dashboard.page import View

CALM = {
    State.LIVE: "Tidak ada yang menunggu tindakan.",
    State.LATE: "Tidak ada yang tercatat, tetapi datanya belum mutakhir.",
    State.STALE: "Tidak ada yang tercatat, tetapi datanya belum mutakhir.",
    State.NEVER: "Belum ada data. Daftar ini terisi setelah sumber pertama diambil.",
}
NAMED = 3
"""So many places of one cause are named in a flood."""

SHOWN = 8
"""At most so many are drawn; the style shows as many whole ones as there is room for."""


def attention(
    items: Sequence[Attention],
    data: Freshness,
    view: View,
    *,
    alarms: Sequence[Alarm] = (),
    flood: int | None = None,
    element: str = "attention",
) -> htpy.Element:
    """The list, the most urgent first. ``data`` is what it is made from: silence is only calm while that is live.

    In a ``flood`` (so many rang in ten minutes) the alarms are grouped by their rule, for nobody reads them one by one.
    """
    ringing = [alarm for alarm in alarms if alarm.active]
    others = [item for item in items if item.id not in {_same(alarm) for alarm in ringing}]
    groups = _grouped(ringing) if flood is not None else [[alarm] for alarm in ringing]
    rows = [_group(group, view) if len(group) > 1 else _alarm(group[0], view) for group in groups]
    act = sum(item.band is Band.ACT for item in others) + sum(alarm.priority == 1 for alarm in ringing)
    count, lang = len(ringing) + len(others), view.lang
    title = text.say(lang, "Perlu perhatian") if flood is None else text.say(lang, "BANJIR ALARM: {n} dalam 10 menit", n=flood)
    return section(".attention", {"data-flood": flood}, id=element, aria_label=text.say(lang, "Perlu perhatian"))[
        header[
            h2[band_mark(Band.ACT, view) if flood is not None else None, title],
            span(".aside")[text.say(lang, "{n} hal, {act} mendesak", n=count, act=act) if count else None],
        ],
        ol[[*rows, *(_item(item, view) for item in others)][:SHOWN]] if count else by_state(data, view, CALM),
    ]


def _same(alarm: Alarm) -> str:
    """The id under which the list below would say the same once more."""
    subject = alarm.id.partition(":")[2]
    said = {"age": "sumber", "unusual": "lonjakan", "mismatch": "cocok"}
    return f"{said[alarm.kind]}:{subject}" if alarm.kind in said else ""


def _alarm(alarm: Alarm, view: View) -> htpy.Element:
    """One alarm: what, where, against which limit, what is asked of whom, and who has it."""
    value, since = against(alarm, view), alarm.since.isoformat(timespec="seconds")
    where = f"{alarm.place} · {value}" if value else alarm.place
    taken = standing(alarm, view) if alarm.acknowledged_by or alarm.silenced_until else None
    said = f"{PRIORITIES[alarm.priority][view.lang].capitalize()} · {taken or alarm.action[view.lang]}"
    return li(".case.ringing", {"data-band": band_of(alarm.priority).value, "data-case": alarm.id, "data-taken": taken and "ya"})[
        band_mark(band_of(alarm.priority), view),
        div(".what")[strong[alarm.title[view.lang]], p[where], p(".detail")[said]],
        div(".who")[
            strong[office(alarm.owner, view)],
            htpy.time({"data-observed": since}, datetime=since)[text.age((view.now - alarm.since).total_seconds(), view.lang)],
        ],
    ]


def _grouped(alarms: Sequence[Alarm]) -> list[list[Alarm]]:
    """The alarms of each rule together, the most urgent rules first."""
    groups: dict[tuple[int, str], list[Alarm]] = {}
    for alarm in alarms:
        groups.setdefault((alarm.priority, alarm.rule), []).append(alarm)
    return [groups[key] for key in sorted(groups, key=lambda key: (key[0], -len(groups[key]), key[1]))]


def _group(alarms: Sequence[Alarm], view: View) -> htpy.Element:
    """One cause with how often it rings, and where it does."""
    first, n = alarms[0], len(alarms)
    band, since = band_of(first.priority), min(alarm.since for alarm in alarms).isoformat(timespec="seconds")
    places = ", ".join(dict.fromkeys(alarm.place for alarm in alarms[:NAMED])) + (f" +{n - NAMED}" if n > NAMED else "")
    owners = {office(alarm.owner, view) for alarm in alarms}
    who = owners.pop() if len(owners) == 1 else text.say(view.lang, "{n} pemilik", n=len(owners))
    return li(".case.ringing", {"data-band": band.value, "data-case": first.rule})[
        band_mark(band, view),
        div(".what")[
            strong[f"{n} x {first.title[view.lang]}"],
            p[places],
            p(".detail")[f"{PRIORITIES[first.priority][view.lang].capitalize()} · {first.action[view.lang]}"],
        ],
        div(".who")[
            strong[who],
            htpy.time({"data-observed": since}, datetime=since)[
                text.age((view.now - min(alarm.since for alarm in alarms)).total_seconds(), view.lang)
            ],
        ],
    ]


def _item(item: Attention, view: View) -> htpy.Element:
    owner = view.city.opd(item.owner) if item.owner else None
    who = owner.short if owner else item.owner or text.say(view.lang, "belum ada pemilik")
    since = item.since.isoformat(timespec="seconds")
    return li(".case", {"data-band": item.band.value, "data-case": item.id})[
        band_mark(item.band, view),
        div(".what")[strong[item.title], p[item.place], p(".detail")[item.detail] if item.detail else None],
        div(".who")[
            strong[who],
            htpy.time({"data-observed": since}, datetime=since)[text.age((view.now - item.since).total_seconds(), view.lang)],
        ],
    ]
