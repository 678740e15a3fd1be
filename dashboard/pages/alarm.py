"""The alarm page: what rings, what is asked of whom, who has taken it; the last seven days and how good the alarms were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import htpy
from htpy import div, h1, h2, header, p, section, span

from dashboard import text
from dashboard.export.makers import heads, listed
from dashboard.export.sheet import Cell, Sheet, Type
from dashboard.page import EVERYONE, AreaPaint, Export, Page
from dashboard.parts.alarms import alarm_list, history, office, quality, silence_form, standing
from dashboard.parts.citystate import city_state, state_rules
from dashboard.parts.frame import banner, desk, sources_state
from layers import floods
from layers.alarmbook import SHOWN_DAYS, AlarmLog
from layers.alarms import Life, concerns, with_acts
from layers.alarmtypes import About, Alarm
from layers.citystate import PRIORITIES
from layers.floods import Statistics, statistics
from layers.snapshot import Snapshot

if TYPE_CHECKING:
    from dashboard.page import View


def parts(snapshot: Snapshot, view: View) -> dict[str, htpy.Element]:
    """Every part that a new snapshot, or an act of somebody, can change."""
    log, mine, lives = _mine(snapshot, view)
    chosen = next((alarm for alarm in mine if alarm.id == view.params.get("pilih")), None)
    titles = {life.id: f"{life.about.title[view.lang]} {life.about.place}" for life in lives or ()}
    return {
        "notice": banner(snapshot),
        "sources-state": sources_state(snapshot, view),
        "alarm-head": _head(snapshot, mine, view),
        "diamkan": silence_form(chosen, view),
        "alarm-list": alarm_list(mine, view, known=log is not None or view.past is None),
        "alarm-quality": quality(_figures(lives, view), titles, view),
        "alarm-history": history(lives, (log or AlarmLog()).acts, view),
    }


def _mine(snapshot: Snapshot, view: View) -> tuple[AlarmLog | None, tuple[Alarm, ...], list[Life] | None]:
    """The log, the alarms of the asker with what was done about them, and their last days; ``None``: it cannot be read."""
    log = view.alarm_log([alarm.id for alarm in snapshot.alarms])
    alarms = with_acts(snapshot.alarms, log.acts, view.now) if log else snapshot.alarms
    mine = tuple(alarm for alarm in alarms if concerns(view.scope, alarm))
    lives = [life for life in log.lives if concerns(view.scope, life.about)] if log else None
    return log, mine, lives


def _figures(lives: Sequence[Life] | None, view: View) -> Statistics | None:
    rings = [(life.id, life.rang) for life in lives or () if life.rang]
    return statistics(rings, view.now - SHOWN_DAYS, view.now) if lives is not None else None


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
    """What rings at the left, how good it was and the rule of the state at the right; the history below."""
    lang = view.lang
    rules = section(".panel.state-rules")[
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
        div(".split")[div(".stack")[found["alarm-list"], found["alarm-history"]], div(".stack")[found["alarm-quality"], rules]],
    )


def _active(snapshot: Snapshot, view: View) -> Sheet:
    """What rings, and what is over and was not acknowledged; offices, never who."""
    say, columns = partial(text.say, view.lang), (*ABOUT, ("sejak", "Sejak", Type.MOMENT), ("keadaan", "Keadaan"))
    rows = [(*_about(alarm, view), alarm.since, standing(alarm, view)) for alarm in _mine(snapshot, view)[1]]
    return listed(snapshot, view, PAGE, say("Alarm"), heads(view, *columns), rows, name="alarm")


def _history(snapshot: Snapshot, view: View) -> Sheet:
    """The alarms of the last days; offices that took them, never who."""
    log, _, lives = _mine(snapshot, view)
    if log is None or lives is None:
        raise LookupError("riwayat belum dapat dibaca")
    times = (("berbunyi", "Berbunyi", Type.MOMENT), ("reda", "Reda", Type.MOMENT), ("diterima", "Diterima", Type.MOMENT))
    say, taken = partial(text.say, view.lang), [log.acts.taken_at(life) for life in lives]
    rows = [
        (
            *_about(life.about, view),
            life.raised or life.since,
            life.cleared,
            act and act.at,
            act and text.say(view.lang, act.office),
        )
        for life, act in zip(lives, taken, strict=True)
    ]
    columns = heads(view, *ABOUT, *times, ("oleh", "Oleh"))
    return listed(snapshot, view, PAGE, say("Riwayat 7 hari"), columns, rows, name="riwayat-alarm")


def _quality(snapshot: Snapshot, view: View) -> Sheet:
    found = _figures(_mine(snapshot, view)[2], view)
    if found is None:
        raise LookupError("riwayat belum dapat dibaca")
    columns = heads(view, ("ukuran", "Ukuran"), ("nilai", "Nilai", Type.NUMBER), ("batas", "Batas", Type.NUMBER))
    measures = (
        ("Rata-rata per 10 menit", found.per_window, floods.ACCEPTABLE),
        ("Terbanyak dalam 10 menit", found.busiest, floods.FLOOD),
        ("Waktu dalam banjir (persen)", found.flood_share, floods.MOST_IN_FLOOD),
    )
    rows = [(text.say(view.lang, words), value, limit) for words, value, limit in measures]
    title, notes = text.say(view.lang, "Mutu alarm"), [text.say(view.lang, "7 hari, EEMUA 191 dan ISA-18.2")]
    return listed(snapshot, view, PAGE, title, columns, rows, name="mutu-alarm", notes=notes)


ABOUT = (
    ("alarm", "Alarm"),
    ("tempat", "Tempat"),
    ("prioritas", "Prioritas"),
    ("pemilik", "Pemilik"),
    ("nilai", "Nilai", Type.NUMBER),
    ("batas", "Batas", Type.NUMBER),
    ("satuan", "Satuan"),
)
"""What an alarm is about."""


def _about(one: About | Alarm, view: View) -> tuple[Cell, ...]:
    words = PRIORITIES[one.priority][view.lang]
    return one.title[view.lang], one.place, words, office(one.owner, view), one.value, one.limit, one.unit


PAGE = Page(
    path="/alarm",
    title={"id": "Alarm", "en": "Alarms"},
    theme="light",
    roles=EVERYONE,
    parts=parts,
    layout=layout,
    asks={"pilih": r"[\w.:-]{1,80}"},
    sheets={
        "alarm-list": Export(sheet=_active),
        "alarm-quality": Export(sheet=_quality),
        "alarm-history": Export(sheet=_history),
    },
)
