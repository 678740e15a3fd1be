"""What surrounds the parts: the wall's header and footer, the notice and the desk's navigation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import htpy
import orjson
from htpy import a, aside, div, footer, h1, header, li, main, nav, ol, p, span, strong, ul

from dashboard import text
from dashboard.page import find_page
from dashboard.parts.alarmcount import alarm_count
from dashboard.parts.citystate import city_state
from dashboard.parts.marks import sources_line, sources_words
from dashboard.parts.past import past_form, past_line
from dashboard.scene import address, rotation, scenes, shown
from layers.model import Role
from layers.snapshot import AlarmState, Event, Snapshot, State

if TYPE_CHECKING:
    from dashboard.page import View

LINKS = (
    ("/dinding", "Dinding"),
    ("/ringkasan", "Ringkasan"),
    ("/alarm", "Alarm"),
    ("/arahan", "Arahan"),
    ("/kelurahan", "Wilayah"),
    ("/perubahan", "Perubahan"),
    ("/peringkat", "Peringkat"),
    ("/penutupan", "Penutupan"),
    ("/sumber", "Sumber data"),
    ("/metrik", "Metrik"),
    ("/kecocokan", "Kecocokan"),
)
EVENTS = 8

ROLES = {
    Role.PUBLIC: "Publik, data agregat",
    Role.SCREEN: "Layar",
    Role.LEADER: "Pimpinan",
    Role.OPD_HEAD: "Kepala OPD",
    Role.ANALYST: "Analis",
    Role.OPERATOR: "Operator",
    Role.ADMIN: "Admin",
}


def banner(snapshot: Snapshot, *, element: str = "notice") -> htpy.Element:
    """The notice that what is shown is not the live city; an empty, hidden element when it is."""
    return p(".notice", id=element, role="status", hidden=snapshot.notice is None)[snapshot.notice]


def wall_header(snapshot: Snapshot, view: View, *, element: str = "head") -> htpy.Element:
    """Room and city, the sources' state in words, the scene and its turn, the large clock and the date."""
    zone, lang = view.city.zone, view.lang
    worst = {s.freshness.state(view.now) for s in snapshot.sources} - {State.LIVE}
    return header(".head", id=element)[
        div(".room")[
            h1[text.say(lang, "Ruang Kendali"), " ", span[view.city.name]],
            p(".sources-state", {"data-state": "late" if worst else "live"})[
                a(sources_line(snapshot.sources), href="/sumber")[sources_words(snapshot.sources, view)]
            ],
        ],
        div(".middle-head")[turn(view, held(snapshot)), city_state(snapshot.state, view) if snapshot.state else None],
        div(".clock")[
            htpy.time(".hour", {"data-clock": str(zone)}, datetime=view.now.isoformat(timespec="seconds"))[
                text.clock(view.now, zone, lang)
            ],
            p(".date")[f"{text.day(view.now, zone, lang, weekday=True)} · {text.zone_mark(view.now, zone)}"],
        ],
    ]


HOLDS = "kota"
"""The scene that has what needs attention."""


def held(snapshot: Snapshot) -> bool:
    """Whether the rotation stops: a critical alarm that nobody has taken and that may ring, or a flood."""
    critical = (alarm for alarm in snapshot.alarms if alarm.priority == 1 and alarm.state is AlarmState.ACTIVE)
    flood = snapshot.state is not None and snapshot.state.flood is not None
    return flood or any(alarm.silenced_until is None for alarm in critical)


def turn(view: View, hold: bool = False) -> htpy.Element:
    """Which scene this is and whose turn follows: ``assets/wall.js`` finds from it the scene that is due.

    With ``hold`` it is :data:`HOLDS` as long as that lasts, where it is in the rotation.
    """
    here, every = shown(view), rotation(view.city)
    turns = orjson.dumps([[scene.name, scene.seconds] for scene in every]).decode()
    names = {scene.name: scenes()[scene.name].title(view) for scene in every}
    fixed = "diam" in view.params or len(every) == 1 or view.past is not None
    return nav(
        ".turn",
        {"data-turns": turns, "data-fixed": fixed, "data-hold": HOLDS if hold and HOLDS in names else None},
        aria_label=text.say(view.lang, "Adegan"),
    )[
        p(".scene")[names[here.name]],
        ol[
            [
                li[
                    a(
                        href=address(view, scene.name),
                        aria_label=names[scene.name],
                        aria_current="page" if scene == here else None,
                    )
                ]
                for scene in every
            ]
        ]
        if len(every) > 1
        else None,
        p(".paused", hidden=True)[text.say(view.lang, "dijeda")],
    ]


def events(items: Sequence[Event], view: View, *, element: str = "events") -> htpy.Element:
    """What just happened, newest first; as many whole ones as fit."""
    title = text.say(view.lang, "Baru saja terjadi")
    return footer(".events", id=element, aria_label=title)[
        ol[
            [
                li[
                    htpy.time(datetime=e.at.isoformat(timespec="seconds"))[text.clock(e.at, view.city.zone, view.lang)],
                    span[e.text],
                ]
                for e in sorted(items, key=lambda e: e.at, reverse=True)[:EVENTS]
            ]
        ]
        if items
        else p(".empty")[text.say(view.lang, "Belum ada kejadian hari ini.")],
    ]


def desk(view: View, here: str, state: htpy.Element, *content: htpy.Node) -> htpy.Element:
    """A desk page: navigation at the left with the scope and the sources' state, content at the right."""
    return div(".desk")[
        a(".skip", href="#content")[text.say(view.lang, "Langsung ke isi")],
        aside(".side")[
            a(".brand", href="/dinding")[strong[text.say(view.lang, "Ruang Kendali")], span[view.city.name]],
            nav(aria_label=text.say(view.lang, "Menu utama"))[ul[_links(here, view)]],
            div(".side-foot")[
                p[text.say(view.lang, ROLES[view.scope.role])],
                state,
                past_form(view),
                a(href="/masuk")[text.say(view.lang, "Masuk")] if view.scope.role is Role.PUBLIC else None,
            ],
        ],
        main("#content.content", tabindex="-1")[past_line(view), content],
    ]


def _links(here: str, view: View) -> list[htpy.Element]:
    """The pages of the navigation that the asker may open."""
    found = ((href, words, find_page(href)) for href, words in LINKS)
    return [li[_link(href, words, here, view)] for href, words, page in found if page is None or view.scope.role in page[0].roles]


def _link(href: str, words: str, here: str, view: View) -> htpy.Element:
    target = f"/kelurahan/{view.city.code}" if href == "/kelurahan" else href
    count = alarm_count(view) if href == "/alarm" else None
    return a(href=target, aria_current="page" if href == here else None)[text.say(view.lang, words), count]


def sources_state(snapshot: Snapshot, view: View, *, element: str = "sources-state") -> htpy.Element:
    """The one line about the sources at the foot of the navigation."""
    worst = any(s.freshness.state(view.now) is not State.LIVE for s in snapshot.sources)
    return p(".sources-state", {"data-state": "late" if worst else "live"}, id=element)[
        a(sources_line(snapshot.sources), href="/sumber")[sources_words(snapshot.sources, view)]
    ]
