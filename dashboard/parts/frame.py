"""What surrounds the parts: the wall's header and footer, the notice and the desk's navigation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import htpy
import orjson
from htpy import a, aside, div, footer, h1, header, li, main, nav, ol, p, section, span, strong, ul

from dashboard import text
from dashboard.look import look
from dashboard.page import find_page
from dashboard.parts.account import account
from dashboard.parts.alarmcount import alarm_count
from dashboard.parts.citystate import city_state
from dashboard.parts.findbox import dialog_of, opener
from dashboard.parts.guide import guide
from dashboard.parts.marks import sources_line, sources_words
from dashboard.parts.past import past_form, past_line
from dashboard.scene import address, ahead, rotation, scenes, shown
from layers.model import Role, Scope
from layers.snapshot import Event, Snapshot, State

if TYPE_CHECKING:
    from dashboard.page import View

MENU = (
    ("Hari ini", (("/dinding", "Dinding"), ("/ringkasan", "Ringkasan"), ("/alarm", "Alarm"), ("/arahan", "Arahan"))),
    (
        "Telusuri",
        (
            ("/opd", "OPD"),
            *(("/kelurahan", "Wilayah"), ("/perubahan", "Perubahan"), ("/peringkat", "Peringkat"), ("/penutupan", "Penutupan")),
            *(("/pengadaan", "Pengadaan"), ("/penghargaan", "Penghargaan"), ("/analisis", "Analisis")),
        ),
    ),
    ("Dasar angka", (("/sumber", "Sumber data"), ("/metrik", "Metrik"), ("/kecocokan", "Kecocokan"))),
)
"""The pages of the navigation, by what one comes for."""

PRESENT = frozenset({"/akun", "/pengguna", "/audit", "/cari"})
"""Pages about now alone: the time machine has nothing to say of them."""
EVENTS = 8


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
            div[
                p(".date")[f"{text.day(view.now, zone, lang, weekday=True)} · {text.zone_mark(view.now, zone)}"],
                remote_code(view),
            ],
        ],
    ]


def remote_code(view: View) -> htpy.Element | None:
    """What a phone is to type at ``/remote`` to steer this screen; only on a screen that has a name."""
    screen = view.params.get("layar")
    if screen is None or view.code is None or view.past is not None:
        return None
    code = view.code(screen, view.now)
    return p(".remote-code")[text.say(view.lang, "{screen} · kode /remote", screen=screen), " ", strong[f"{code[:3]} {code[3:]}"]]


HOLDS = "kota"
"""The scene that has what needs attention."""


def held(snapshot: Snapshot) -> bool:
    """Whether the rotation stops: a critical alarm that nobody has taken and that may ring, or a flood."""
    flood = snapshot.state is not None and snapshot.state.flood is not None
    return flood or any(alarm.waits for alarm in snapshot.alarms if alarm.priority == 1)


def turn(view: View, hold: bool = False) -> htpy.Element:
    """Which scene this is and whose turn follows: ``assets/wall.js`` finds from it the scene that is due.

    With ``hold`` it is :data:`HOLDS` as long as that lasts, where it is in the rotation.
    """
    screen = view.params.get("layar")
    here, every = shown(view), rotation(view.city, screen)
    turns = orjson.dumps([[scene.name, scene.seconds] for scene in every]).decode()
    names = {scene.name: scenes()[scene.name].title(view) for scene in every}
    names.setdefault(here.name, scenes()[here.name].title(view))
    return nav(
        ".turn",
        {
            "data-turns": turns,
            "data-ahead": str(ahead(view.city, screen)),
            "data-screen": screen,
            "data-fixed": "diam" in view.params or view.past is not None,
            "data-hold": HOLDS if hold and HOLDS in names else None,
        },
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
            opener(view) if view.scope.role is not Role.SCREEN else None,
            a(".menu-open", href="#menu")[text.say(view.lang, "Menu")],
            div("#menu.menu")[
                nav(aria_label=text.say(view.lang, "Menu utama"))[_menu(here, view)],
                div(".side-foot")[
                    past_form(view) if here not in PRESENT else None,
                    look(view.lang),
                    account(view),
                ],
                a(".menu-close", href="#content")[text.say(view.lang, "Tutup menu")],
            ],
            state,
        ],
        main("#content.content", tabindex="-1")[past_line(view), content],
        dialog_of(view) if view.scope.role is not Role.SCREEN else None,
        guide(here, view),
    ]


def _menu(here: str, view: View) -> list[htpy.Element]:
    """The pages that the asker may open, under short headings."""
    groups = ((words, [link for link in links if open_to(link[0], view.scope)]) for words, links in MENU)
    return [
        section[p(".menu-head")[text.say(view.lang, words)], ul[[li[_link(*link, here, view)] for link in links]]]
        for words, links in groups
        if links
    ]


def open_to(href: str, scope: Scope) -> bool:
    """Whether the asker may open an address of the menu."""
    page = find_page(href)
    return page is None or scope.role in page[0].roles


def target_of(href: str, words: str, view: View) -> tuple[str, str]:
    """Where an entry of the menu leads this asker, and its words: who has one OPD comes to its desk."""
    own = next(iter(view.scope.opds)) if view.scope.opds and len(view.scope.opds) == 1 else None
    if href == "/opd" and own:
        return f"/opd/{own}", "OPD saya"
    return f"/kelurahan/{view.city.code}" if href == "/kelurahan" else href, words


def _link(href: str, words: str, here: str, view: View) -> htpy.Element:
    target, words = target_of(href, words, view)
    count = alarm_count(view) if href == "/alarm" else None
    return a(href=target, aria_current="page" if href == here else None)[text.say(view.lang, words), count]


def sources_state(snapshot: Snapshot, view: View, *, element: str = "sources-state") -> htpy.Element:
    """The one line about the sources at the foot of the navigation."""
    worst = any(s.freshness.state(view.now) is not State.LIVE for s in snapshot.sources)
    return p(".sources-state", {"data-state": "late" if worst else "live"}, id=element)[
        a(sources_line(snapshot.sources), href="/sumber")[sources_words(snapshot.sources, view)]
    ]
