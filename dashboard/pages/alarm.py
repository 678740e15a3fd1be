"""The alarm page: what rings, what is asked of whom, who has taken it; the last seven days and how good the alarms were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import htpy
from htpy import div, h1, h2, header, p, section, span

from dashboard import text
from dashboard.page import EVERYONE, AreaPaint, Page
from dashboard.parts.alarms import alarm_list, history, quality, silence_form
from dashboard.parts.citystate import city_state, state_rules
from dashboard.parts.frame import banner, desk, sources_state
from layers.alarmbook import SHOWN_DAYS, AlarmLog
from layers.alarms import concerns, with_acts
from layers.alarmtypes import Alarm
from layers.floods import statistics
from layers.snapshot import Snapshot

if TYPE_CHECKING:
    from dashboard.page import View


def parts(snapshot: Snapshot, view: View) -> dict[str, htpy.Element]:
    """Every part that a new snapshot, or an act of somebody, can change."""
    log = view.alarm_log([alarm.id for alarm in snapshot.alarms])
    alarms = with_acts(snapshot.alarms, log.acts, view.now) if log else snapshot.alarms
    mine = tuple(alarm for alarm in alarms if concerns(view.scope, alarm))
    lives = [life for life in log.lives if concerns(view.scope, life.about)] if log else None
    chosen = next((alarm for alarm in mine if alarm.id == view.params.get("pilih")), None)
    titles = {life.id: f"{life.about.title[view.lang]} {life.about.place}" for life in lives or ()}
    rings = [(life.id, life.rang) for life in lives or () if life.rang]
    figures = statistics(rings, view.now - SHOWN_DAYS, view.now) if lives is not None else None
    return {
        "notice": banner(snapshot),
        "sources-state": sources_state(snapshot, view),
        "alarm-head": _head(snapshot, mine, view),
        "diamkan": silence_form(chosen, view),
        "alarm-list": alarm_list(mine, view, known=log is not None or view.past is None),
        "alarm-quality": quality(figures, titles, view),
        "alarm-history": history(lives, (log or AlarmLog()).acts, view),
    }


def _head(snapshot: Snapshot, mine: Sequence[Alarm], view: View) -> htpy.Element:
    lang, state = view.lang, snapshot.state
    active, waiting = sum(alarm.active for alarm in mine), sum(alarm.waits for alarm in mine)
    words = text.say(lang, "{n} aktif, {waiting} belum diterima", n=active, waiting=waiting)
    return header(".page-head.alarm-head", id="alarm-head")[
        div[h1[text.say(lang, "Alarm")], p(".aside")[words]],
        city_state(state, view, limit=9) if state else None,
        p(".flood", role="status")[text.say(lang, "BANJIR ALARM: {n} dalam 10 menit", n=state.flood)]
        if state and state.flood is not None
        else None,
    ]


def layout(found: dict[str, htpy.Element], view: View, _paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """What rings at the left, how good it was and the rule of the state at the right, the history below."""
    lang = view.lang
    rules = section(".panel")[
        header[h2[text.say(lang, "Aturan kondisi kota")], span(".aside")[text.say(lang, "alarm yang didiamkan ikut dihitung")]],
        state_rules(view),
    ]
    return desk(
        view,
        "/alarm",
        found["sources-state"],
        found["notice"],
        found["alarm-head"],
        found["diamkan"],
        div(".split")[found["alarm-list"], div(".stack")[found["alarm-quality"], rules]],
        found["alarm-history"],
    )


PAGE = Page(
    path="/alarm",
    title={"id": "Alarm", "en": "Alarms"},
    theme="light",
    roles=EVERYONE,
    parts=parts,
    layout=layout,
    asks={"pilih": r"[\w.:-]{1,80}"},
)
