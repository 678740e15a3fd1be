"""Lists that praise, ready for an award: who improved, who is fastest, who tells most; one list alone prints on one sheet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import htpy
from htpy import a, button, div, h1, h2, header, li, nav, ol, p, section, span, strong

from dashboard import text
from dashboard.awards.lists import IDS, Award, Row, awards, known_as
from dashboard.awards.sheets import PATH, SHEETS
from dashboard.page import EVERYONE, AreaPaint, Page
from dashboard.parts.frame import banner, desk, sources_state
from dashboard.parts.qr import qr
from dashboard.parts.tile import hooks
from layers.snapshot import Snapshot

if TYPE_CHECKING:
    from dashboard.page import View

DAYS = timedelta(days=30)
SHOWN = 10


def parts(snapshot: Snapshot, view: View) -> dict[str, htpy.Element]:
    """The lists, or the one that is asked for."""
    one = view.params.get("daftar")
    found = [award for award in awards(snapshot, view) if one in (None, award.id)]
    return {
        "notice": banner(snapshot),
        "sources-state": sources_state(snapshot, view),
        "award-head": _head(snapshot, view),
        **{f"award-{award.id}": _award(award, snapshot, view, alone=one is not None) for award in found},
        "award-foot": _foot(snapshot, view),
    }


def _period(snapshot: Snapshot, view: View) -> str:
    """From when to when the lists speak."""
    zone, lang = view.city.zone, view.lang
    at = view.past.at if view.past else snapshot.built_at
    since, until = (f"{text.day(t, zone, lang)} {text.clock(t, zone, lang)}" for t in (at - DAYS, at))
    return text.say(lang, "Periode {since} sampai {until} {zone}", since=since, until=until, zone=text.zone_mark(at, zone))


def _head(snapshot: Snapshot, view: View) -> htpy.Element:
    lang, zone, chosen = view.lang, view.city.zone, view.params.get("daftar")
    first = view.now.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    before = urlencode({**({"daftar": chosen} if chosen else {}), "pada": text.local(first, zone)})
    names = {None: text.say(lang, "Semua"), **known_as(view)}
    return header(".page-head.place-head", id="award-head")[
        div[
            h1[text.say(lang, "Penghargaan")],
            p(".lead")[_period(snapshot, view)],
            p(".aside")[text.say(lang, "Hanya yang datanya cukup, dan hanya yang bukan kebetulan.")],
            nav(".award-nav.no-print", aria_label=text.say(lang, "Daftar"))[
                [
                    a(href=f"{PATH}?daftar={name}" if name else PATH, aria_current="page" if name == chosen else None)[words]
                    for name, words in names.items()
                ],
                None if view.past else a(href=f"{PATH}?{before}")[text.say(lang, "Bulan lalu")],
            ],
        ],
        button(".print.button", type="button", data_print=True)[text.say(lang, "Cetak A4")],
    ]


def _award(award: Award, snapshot: Snapshot, view: View, *, alone: bool) -> htpy.Element:
    lang = view.lang
    rest = 0 if alone else len(award.rows) - SHOWN
    seen = text.moment(award.seen, view.city.zone, lang) if award.seen else None
    facts = (
        (text.say(lang, "Periode"), _period(snapshot, view).partition(" ")[2]),
        (text.say(lang, "Rumus"), award.formula),
        (text.say(lang, "Aturan"), award.rule),
        (
            text.say(lang, "Dibandingkan"),
            text.say(lang, "{n} dibandingkan, {few} belum cukup data", n=award.compared, few=award.lacking)
            + (", " + text.say(lang, "{n} mati atau bertanda", n=award.barred) if award.barred else ""),
        ),
        (text.say(lang, "Sumber"), award.sources),
        (text.say(lang, "Umur data"), text.say(lang, "data s.d. {when}", when=seen) if seen else None),
    )
    return section(".panel.award", id=f"award-{award.id}", aria_label=award.title)[
        header[h2[award.title], None if alone else a(href=f"{PATH}?daftar={award.id}")[text.say(lang, "Satu lembar")]],
        p(".lead")[award.lead],
        ol(".award-rows")[
            [_row(row, view) for row in award.rows[: None if alone else SHOWN]],
            li(".aside")[text.say(lang, "dan {n} lainnya", n=rest)] if rest > 0 else None,
        ]
        if award.rows
        else p(".empty")[award.why],
        htpy.dl(".award-facts")[[[htpy.dt[name], htpy.dd[words]] for name, words in facts if words]],
    ]


def _row(row: Row, view: View) -> htpy.Element:
    words = [strong(".name")[row.name], span(".val")[row.value]]
    n = None if row.n is None else f"n = {text.number(row.n, 0, view.lang)}"
    beside = " · ".join(filter(None, (row.interval, n)))
    return li(".award-row", hooks(row.reading, view) if row.reading else {})[
        span(".rank")[row.rank],
        button(".who", type="button", aria_haspopup="dialog")[words] if row.reading else span(".who")[words],
        span(".beside")[beside],
    ]


def _foot(snapshot: Snapshot, view: View) -> htpy.Element:
    """On paper: which snapshot it was, and the way back."""
    lang, zone, chosen = view.lang, view.city.zone, view.params.get("daftar")
    built = f"{text.moment(snapshot.built_at, zone, lang)} {text.zone_mark(snapshot.built_at, zone)}"
    path = f"{PATH}?daftar={chosen}" if chosen else PATH
    address = f"{view.address}{path}" if view.address else None
    return htpy.footer(".print-foot", id="award-foot")[
        p[
            strong[
                text.say(
                    lang, "Potret versi {version}, disusun {when}", version=text.number(snapshot.version, 0, lang), when=built
                )
            ],
            f". {snapshot.notice}" if snapshot.notice else None,
        ],
        p[text.say(lang, "Halaman ini: {address}", address=address or path)],
        qr(address, view, text.say(lang, "Kode QR: buka halaman ini, {address}", address=address)) if address else None,
    ]


def layout(found: dict[str, htpy.Element], view: View, _paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """The lists side by side."""
    shown = [part for key, part in found.items() if key.startswith("award-") and key not in ("award-head", "award-foot")]
    return desk(
        view,
        PATH,
        found["sources-state"],
        found["notice"],
        found["award-head"],
        div(".awards.alone" if "daftar" in view.params else ".awards")[shown],
        found["award-foot"],
    )


PAGE = Page(
    path=PATH,
    title={"id": "Penghargaan", "en": "Awards"},
    theme="light",
    roles=EVERYONE,
    parts=parts,
    layout=layout,
    asks={"daftar": "|".join(IDS)},
    sheets=SHEETS,
)
