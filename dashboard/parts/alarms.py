"""Alarms as the desk shows them: by priority, each with what is asked of whom, and how good the alarms themselves are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import htpy
from htpy import article, dd, div, dl, dt, form, h2, h3, header, p, section, span, strong

from dashboard import text
from dashboard.parts.marks import band_mark
from dashboard.parts.table import Column, table
from layers import floods
from layers.alarms import LONGEST_SILENCE, Acts, Life, may_act
from layers.alarmtypes import About, Alarm, AlarmState
from layers.citystate import PRIORITIES
from layers.explain import short
from layers.floods import Statistics
from layers.model import OFFICES, Role
from layers.snapshot import Band

if TYPE_CHECKING:
    from dashboard.page import View

HOURS = (1, 2, 4, 8, 24)
HISTORY = 60
"""At most so many rows of the history are drawn."""


def band_of(priority: int) -> Band:
    """Critical asks to act now; what is less urgent is out of bounds."""
    return Band.ACT if priority == 1 else Band.WATCH


def office(owner: str, view: View) -> str:
    """Whose an alarm is: an OPD by its short name, a role by its word, a source's owner as it is written."""
    return text.say(view.lang, OFFICES[Role(owner)]) if owner in OFFICES else short(owner, view.city) or owner


def against(about: About | Alarm, view: View) -> str | None:
    """``98 aduan, batas 80``; ``None`` for an alarm without a figure."""
    if about.value is None:
        return None
    found = text.quantity(about.value, about.unit or "", about.decimals, view.lang).strip(text.NBSP)
    if about.limit is None:
        return found
    whole = float(about.limit).is_integer()
    limit = text.quantity(about.limit, about.unit or "", 0 if whole else about.decimals, view.lang).strip(text.NBSP)
    return f"{found}, {text.say(view.lang, 'batas {limit}', limit=limit)}"


def when(moment: datetime, view: View) -> str:
    """The time of a moment, with its date unless it is today."""
    today = text.day(moment, view.city.zone) == text.day(view.now, view.city.zone)
    return (text.clock if today else text.moment)(moment, view.city.zone, view.lang)


def standing(alarm: Alarm, view: View) -> str:
    """What has become of it: who has taken it since when, until when it is silent."""
    lang = view.lang
    if alarm.silenced_until:
        return text.say(lang, "diam sampai {time}", time=when(alarm.silenced_until, view))
    if alarm.acknowledged_by and alarm.acknowledged_at:
        at = when(alarm.acknowledged_at, view)
        return text.say(lang, "diterima {office} {time}", office=_taker(alarm.acknowledged_by, view), time=at)
    return text.say(lang, "belum diterima")


def _taker(who: str, view: View) -> str:
    return text.say(view.lang, who)


def alarm_list(alarms: Sequence[Alarm], view: View, *, known: bool = True, element: str = "alarm-list") -> htpy.Element:
    """The active alarms under their priorities, then those that are over and were not acknowledged."""
    active = [alarm for alarm in alarms if alarm.active]
    groups = [(PRIORITIES[level][view.lang], [a for a in active if a.priority == level]) for level in PRIORITIES]
    over = [alarm for alarm in alarms if not alarm.active]
    shown = [*groups, (text.say(view.lang, "sudah reda, belum diterima"), over)]
    none = "Tidak ada alarm. Yang reda dan diterima ada di riwayat." if known else "Alarm waktu itu tidak tersimpan lagi."
    empty = p(".panel.empty")[text.say(view.lang, none)]
    return div(".alarms", id=element)[
        [
            section[h2[f"{words[0].upper()}{words[1:]}", span(".aside")[str(len(found))]], [_card(a, view) for a in found]]
            for words, found in shown
            if found
        ]
        or empty
    ]


def _card(alarm: Alarm, view: View) -> htpy.Element:
    lang, since = view.lang, alarm.since.isoformat(timespec="seconds")
    facts = [
        (text.say(lang, "Nilai"), against(alarm, view)),
        (text.say(lang, "Pemilik"), office(alarm.owner, view)),
        (text.say(lang, "Keadaan"), standing(alarm, view)),
    ]
    band = band_of(alarm.priority) if alarm.active else Band.NORMAL
    detail = (alarm.detail or {}).get(lang) or (alarm.detail or {}).get("id")
    return article(".alarm.panel", {"data-band": band.value, "data-alarm": alarm.id, "data-state": None})[
        header[
            h3[band_mark(band, view), alarm.title[lang], ": ", alarm.place],
            p(".since")[
                text.say(lang, "sejak {when}", when=when(alarm.since, view)),
                " · ",
                htpy.time({"data-observed": since}, datetime=since)[text.age((view.now - alarm.since).total_seconds(), lang)],
                [" · ", text.say(lang, "reda {time}", time=when(alarm.cleared_at, view))] if alarm.cleared_at else None,
            ],
        ],
        p(".asked")[strong[alarm.action[lang]]],
        p(".detail")[detail] if detail else None,
        dl[[div[dt[name], dd[words]] for name, words in facts if words]],
        _buttons(alarm, view) if _may_act(alarm, view) else None,
    ]


def _may_act(alarm: Alarm, view: View) -> bool:
    """Whether the asker may do something about it; of the past nobody can."""
    return view.past is None and may_act(view.scope, alarm)


def _names(alarm: Alarm) -> list[htpy.Element]:
    return [
        htpy.input(type="hidden", name="alarm", value=alarm.id),
        htpy.input(type="hidden", name="raised", value=alarm.raised_at.isoformat()),
    ]


def _buttons(alarm: Alarm, view: View) -> htpy.Element:
    """What may be done: take it, silence it or change until when, let it ring again."""
    lang, silent = view.lang, alarm.silenced_until is not None
    silence = text.say(lang, "Ubah waktu diam…" if silent else "Diamkan sampai…")
    named = f"{alarm.title[lang]}, {alarm.place}"
    return div(".acts")[
        _post("/alarm/terima", text.say(lang, "Terima"), alarm, named) if alarm.state is not AlarmState.ACKNOWLEDGED else None,
        htpy.a(".button.second", href=f"/alarm?pilih={alarm.id}#diamkan", aria_label=f"{silence} {named}")[silence]
        if alarm.active
        else None,
        _post("/alarm/bunyikan", text.say(lang, "Bunyikan lagi"), alarm, named) if silent else None,
    ]


def _post(action: str, words: str, alarm: Alarm, named: str) -> htpy.Element:
    return form(method="post", action=action)[
        _names(alarm), htpy.button(".button", type="submit", aria_label=f"{words}: {named}")[words]
    ]


def silence_form(alarm: Alarm | None, view: View, *, element: str = "diamkan") -> htpy.Element:
    """The form that silences the chosen alarm for a while, with a reason; hidden where none is chosen."""
    if alarm is None or not _may_act(alarm, view) or not alarm.active:
        return section(".panel.silence", id=element, hidden=True)
    lang, most = view.lang, int(LONGEST_SILENCE / timedelta(hours=1))
    return section(".panel.silence", id=element)[
        h2[text.say(lang, "Diamkan: {alarm}, {place}", alarm=alarm.title[lang], place=alarm.place)],
        p[text.say(lang, "Alarm tetap terlihat dan dihitung, tetapi tidak berbunyi. Paling lama {n} jam.", n=most)],
        form(method="post", action="/alarm/diamkan")[
            _names(alarm),
            htpy.label[
                text.say(lang, "Lama"),
                htpy.select(name="jam")[[htpy.option(value=str(n))[text.say(lang, "{n} jam", n=n)] for n in HOURS]],
            ],
            htpy.label(".wide")[
                text.say(lang, "Alasan"),
                htpy.input(name="alasan", required=True, minlength="3", maxlength="200", autocomplete="off"),
            ],
            htpy.button(".button", type="submit")[text.say(lang, "Diamkan")],
            htpy.a(".button.second", href="/alarm")[text.say(lang, "Batal")],
        ],
    ]


# --- history and quality ---------------------------------------------------------------------


def quality(found: Statistics | None, titles: dict[str, str], view: View, *, element: str = "alarm-quality") -> htpy.Element:
    """How the alarms of the last seven days were, against the figures of EEMUA 191 and ISA-18.2."""
    lang = view.lang
    head = header[h2[text.say(lang, "Mutu alarm")], span(".aside")[text.say(lang, "7 hari, EEMUA 191 dan ISA-18.2")]]
    if found is None:
        return section(".panel", id=element)[head, p(".empty")[text.say(lang, "Riwayat tidak dapat dibaca saat ini.")]]

    def row(name: str, value: str, limit: str, *, good: bool) -> htpy.Element:
        return div[dt[name], dd[None if good else band_mark(Band.WATCH, view), strong[value], " ", span(".quiet")[limit]]]

    chatter = ", ".join(f"{titles.get(name, name)} ({n}x)" for name, n in found.chattering[:3])
    return section(".panel", id=element)[
        head,
        dl(".facts")[
            row(
                text.say(lang, "Rata-rata per 10 menit"),
                text.number(found.per_window, 2, lang),
                text.say(lang, "batas {limit}", limit=text.number(floods.ACCEPTABLE, 0, lang)),
                good=found.per_window <= floods.ACCEPTABLE,
            ),
            row(
                text.say(lang, "Terbanyak dalam 10 menit"),
                str(found.busiest),
                text.say(lang, "banjir mulai {n}", n=floods.FLOOD),
                good=found.busiest < floods.FLOOD,
            ),
            row(
                text.say(lang, "Waktu dalam banjir"),
                text.quantity(found.flood_share, "persen", 1, lang),
                text.say(lang, "batas {limit}", limit=text.quantity(floods.MOST_IN_FLOOD, "persen", 0, lang)),
                good=found.flood_share <= floods.MOST_IN_FLOOD,
            ),
            row(text.say(lang, "Berulang-ulang"), chatter or text.say(lang, "tidak ada"), "", good=not chatter),
        ],
    ]


def history(lives: Sequence[Life] | None, acts: Acts, view: View, *, element: str = "alarm-history") -> htpy.Element:
    """The alarms of the last seven days, the newest first; names of persons only for those who may act."""
    lang = view.lang
    named = view.scope.may_see_rows

    def taken(life: Life) -> str:
        act = acts.taken_at(life)
        if act is None:
            return text.say(lang, "tidak diterima") if life.ended else text.say(lang, "belum diterima")
        who = f"{_taker(act.office, view)} ({act.who})" if named else _taker(act.office, view)
        return f"{who}, {when(act.at, view)}"

    columns: list[Column[Life]] = [
        Column(title=text.say(lang, "Alarm"), cell=lambda life: f"{life.about.title[lang]}: {life.about.place}"),
        Column(title=text.say(lang, "Prioritas"), cell=lambda life: PRIORITIES[life.about.priority][lang]),
        Column(title=text.say(lang, "Berbunyi"), cell=lambda life: when(life.raised or life.since, view)),
        Column(title=text.say(lang, "Reda"), cell=lambda life: when(life.cleared, view) if life.cleared else "–"),
        Column(title=text.say(lang, "Diterima"), cell=taken),
    ]
    shown = list(lives or ())[:HISTORY]
    aside = text.say(lang, "{n} alarm", n=len(lives)) if lives else None
    gone = "Riwayat tidak dapat dibaca saat ini."
    empty = "Tidak ada alarm dalam 7 hari." if lives is not None else gone
    return table(text.say(lang, "Riwayat 7 hari"), columns, shown, view, element=element, aside=aside, empty=empty)
