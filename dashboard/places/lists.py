"""What stands below the figures of a topic: the services one by one, the largest packages, the offices' links, the monograph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import htpy
from htpy import a, dd, details, div, dl, dt, li, ol, p, span, strong, summary, table, tbody, td, th, thead, tr

from dashboard import text
from dashboard.parts.marks import band_mark
from layers import buying, placed
from layers.explain import place
from layers.model import UNPLACED, Area, Level
from layers.snapshot import Band, Observation, Sign, Snapshot

if TYPE_CHECKING:
    from dashboard.page import View

Below = Callable[[Snapshot, Area, "View"], htpy.Node]
MOST = 6
"""So many rows of a list stand in a panel; how many more there are is said."""

STAGES = {
    "rencana": "rencana",
    "pemilihan": "pemilihan",
    "kontrak": "kontrak",
    "selesai": "selesai",
    "batal": "batal",
}
ISIAN: Mapping[str, str] = {
    "luas_ha": "Luas",
    "pemukiman": "Permukiman",
    "sawah": "Sawah",
    "jalur_hijau": "Jalur hijau",
    "industri": "Industri",
    "pertokoan_perdagangan": "Perdagangan",
    "tk": "TK",
    "sd": "SD",
    "smp": "SMP",
    "sma": "SMA",
    "masjid": "Masjid",
    "mushola": "Mushola",
    "gereja": "Gereja",
    "vihara": "Vihara",
    "pura": "Pura",
    "ke_kecamatan": "Jarak ke kecamatan",
}
"""The fields of a monograph that are shown first, in the form's words."""


def nothing(_snapshot: Snapshot, _area: Area, _view: View) -> htpy.Node:
    """No list."""
    return None


def counters(_snapshot: Snapshot, area: Area, view: View) -> htpy.Node:
    """Each service of the place's counters in 30 days."""
    if view.figures is None:
        return None
    found = placed.counters(view.scope, view.figures(), area.code)
    if not found:
        return None
    lang = view.lang

    def number(value: float | None, unit: str, decimals: int) -> htpy.Node:
        return span(".quiet")["–"] if value is None else text.quantity(value, unit, decimals, lang)

    head = tr[
        th(scope="col")[text.say(lang, "Layanan")],
        [th(".num", scope="col")[text.say(lang, w)] for w in ("Dilayani", "Tepat waktu", "Antre (median)")],
    ]
    body = [
        tr[
            th(scope="row")[one.service],
            td(".num")[text.say(lang, "disamarkan") if one.served is None else text.number(one.served, 0, lang)],
            td(".num")[number(one.on_time, "persen", 1)],
            td(".num")[number(one.waiting, "menit", 1)],
        ]
        for one in found[:MOST]
    ]
    last = max(one.last for one in found)
    title = text.say(lang, "Menurut layanan, 30 hari")
    return div(".below", id="daftar-layanan")[
        p(".kicker")[title, _more(len(found), view)],
        div(".scroll", tabindex="0", role="region", aria_label=title)[table[thead[head], tbody[body]]],
        _dated(text.say(lang, "dilayani menurut catatan loket; tepat waktu dari yang mencatat waktu"), last, view),
    ]


def packages(_snapshot: Snapshot, area: Area, view: View) -> htpy.Node:
    """The largest packages of the place, and the way to all of them."""
    if view.figures is None:
        return None
    found = buying.packages(view.scope, view.figures(), buying.Wanted(area=area.code), size=MOST)
    if not found.total:
        return None
    lang = view.lang
    rows = [
        li[
            span(".name")[one.title],
            span(".beside")[text.say(lang, STAGES.get(one.stage, one.stage)), " · ", _owner(one.opd, view)],
            span(".val")[text.quantity(one.pagu, "rupiah", 0, lang) if one.pagu is not None else "–"],
        ]
        for one in found.rows
    ]
    every = f"/pengadaan?{urlencode({'wilayah': area.code})}"
    return div(".below", id="daftar-pengadaan")[
        p(".kicker")[text.say(lang, "Paket terbesar menurut pagu"), _more(found.total, view)],
        ol(".line-rows")[rows],
        p(".links")[a(href=every)[text.say(lang, "Semua paket di sini")]],
    ]


def _owner(slug: str | None, view: View) -> str:
    opd = view.city.opd(slug) if slug else None
    return opd.short if opd else slug or "–"


def lines(_snapshot: Snapshot, area: Area, view: View) -> htpy.Node:
    """The links and sites of the place's offices, those that do not answer first."""
    if view.figures is None or area.level is Level.KOTA:
        return None
    found = placed.lines(view.scope, view.figures(), area.code)
    if not found:
        return None
    lang = view.lang
    rows = [
        li[
            span(".name")[
                None if one.up else band_mark(Band.ACT, view),
                place(one.name, view.tree) if one.name in view.tree.areas else one.name,
            ],
            span(".beside")[
                text.say(lang, "situs" if one.site else "jaringan kantor"),
                f" · {text.quantity(one.latency, 'milidetik', 0, lang)}" if one.latency is not None else None,
            ],
            span(".val")[text.say(lang, "terhubung" if one.up else "terputus")],
        ]
        for one in found[: 2 * MOST]
    ]
    rest = _more(len(found), view, 2 * MOST)
    return div(".below", id="daftar-jaringan")[
        p(".kicker")[text.say(lang, "Keadaan terakhir"), rest],
        ol(".line-rows")[rows],
        _dated(text.say(lang, "hasil pemeriksaan terakhir tiap kantor dan situs"), min(one.seen for one in found), view),
    ]


def monograph(_snapshot: Snapshot, area: Area, view: View) -> htpy.Node:
    """The form of a kelurahan: the fields asked for most, then the others; counts of people stand in the figures above."""
    if view.figures is None or not has_form(area):
        return None
    found = placed.form(view.scope, view.figures(), area.code)
    if found is None:
        return None
    first = {name: found.values[name] for name in ISIAN if name in found.values}
    rest = {name: value for name, value in found.values.items() if name not in first}

    def listed(fields: Mapping[str, tuple[float, str]]) -> htpy.Element:
        return dl(".fields")[
            [
                div[
                    dt[field_words(name, view)],
                    dd[text.number(value, 0 if value.is_integer() else 1, view.lang), f" {unit}"],
                ]
                for name, (value, unit) in fields.items()
            ]
        ]

    return div(".below", id="daftar-monografi")[
        p(".kicker")[text.say(view.lang, "Isian monografi")],
        listed(first),
        details(".no-print")[summary[text.say(view.lang, "{n} isian lain", n=len(rest))], listed(rest)] if rest else None,
        _dated(text.say(view.lang, "isian formulir monografi terakhir"), found.at, view),
    ]


def has_form(area: Area) -> bool:
    """Whether a place writes a monograph of its own."""
    return area.level is Level.KELURAHAN and area.code != UNPLACED


def field_words(name: str, view: View) -> str:
    """A field of a monograph in the form's words."""
    return text.say(view.lang, ISIAN[name]) if name in ISIAN else name.replace("_", " ")


def observed(snapshot: Snapshot, area: Area, view: View) -> list[Observation]:
    """What was seen of floods and gauges at a place, the newest first."""
    below = {area.code} | {k.code for k in view.tree.kelurahan if k.code.startswith(f"{area.code}.")}
    seen = [o for o in snapshot.observations if o.area in below and o.sign in (Sign.FLOOD, Sign.GAUGE)]
    return sorted(seen, key=lambda o: o.at, reverse=True)


def weather(snapshot: Snapshot, area: Area, view: View) -> htpy.Node:
    """The rain that is forecast step by step, and what was seen here of floods."""
    lang, zone = view.lang, view.city.zone
    steps = placed.forecast(view.scope, view.figures(), area.code) if view.figures else ()
    seen = observed(snapshot, area, view)
    if not steps and not seen:
        return None
    ahead = [li[span(".name")[text.clock(at, zone, lang)], span(".val")[text.quantity(mm, "mm", 1, lang)]] for at, mm in steps]
    floods = [
        li[
            span(".name")[text.say(lang, "banjir" if o.sign is Sign.FLOOD else "pos duga air"), " ", o.subject],
            span(".beside")[
                [f"{text.say(lang, name.replace('_', ' '))} {text.number(n, 0, lang)} " for name, n in o.values.items()]
            ],
            span(".val")[text.moment(o.at, zone, lang)],
        ]
        for o in seen[:MOST]
    ]
    words = ("Prakiraan hujan tiap langkah 3 jam, sampai 24 jam ke depan", "Yang teramati di sini")
    rain, water = (p(".kicker")[text.say(lang, said)] for said in words)
    return div(".below")[
        div(id="daftar-hujan")[rain, ol(".rain-steps")[ahead]] if steps else None,
        div(id="daftar-banjir")[water, ol(".line-rows")[floods]] if seen else None,
    ]


def _more(total: int, view: View, shown: int = MOST) -> str | None:
    rest = total - shown
    return f" · {text.say(view.lang, '{n} lainnya tidak ditampilkan', n=text.number(rest, 0, view.lang))}" if rest > 0 else None


def _dated(words: str, at: datetime, view: View) -> htpy.Element:
    """The line under a list: what it counts, and up to when."""
    when = text.moment(at, view.city.zone, view.lang)
    return p(".provenance")[
        text.say(view.lang, "Rumus"), ": ", words, " · ", strong[text.say(view.lang, "data s.d. {when}", when=when)]
    ]
