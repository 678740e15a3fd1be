"""Whether the figures agree: every identity that is checked at a publication, and exactly what is wrong where one fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import htpy
from htpy import a, div, h1, h2, header, li, ol, p, section, span, strong

from dashboard import text
from dashboard.export.provenance import provenance
from dashboard.export.sheet import Column, Row, Sheet, Type
from dashboard.page import EVERYONE, AreaPaint, Export, Page
from dashboard.parts.evidence import area_words
from dashboard.parts.frame import banner, desk, sources_state
from dashboard.parts.marks import source_titles
from dashboard.parts.mismatch import by_subject, cases_words, unequal
from layers.reconcile import IDENTITIES, Identity
from layers.snapshot import Mismatch, Snapshot

if TYPE_CHECKING:
    from dashboard.page import View

PANEL = "cocok-"


def parts(snapshot: Snapshot, view: View) -> dict[str, htpy.Element]:
    """The heading and one panel for each identity, the failing ones first."""
    failing = {identity.id: [m for m in snapshot.mismatches if m.identity == identity.id] for identity in IDENTITIES}
    ordered = sorted(IDENTITIES, key=lambda identity: not failing[identity.id])
    return {
        "notice": banner(snapshot),
        "sources-state": sources_state(snapshot, view),
        "cocok-head": _head(snapshot, failing, view),
        **{f"{PANEL}{identity.id}": _panel(identity, failing[identity.id], view) for identity in ordered},
    }


def _head(snapshot: Snapshot, failing: Mapping[str, Sequence[Mismatch]], view: View) -> htpy.Element:
    wrong = sum(bool(cases) for cases in failing.values())
    moment = text.moment(snapshot.built_at, view.city.zone, view.lang)
    words = (
        text.say(view.lang, "{n} dari {all} pemeriksaan menemukan angka yang tidak cocok", n=wrong, all=len(failing))
        if wrong
        else text.say(view.lang, "Semua {all} pemeriksaan cocok", all=len(failing))
    )
    return header(".page-head", id="cocok-head")[
        h1[text.say(view.lang, "Kecocokan angka")],
        p(".aside")[f"{words} · {moment} {text.zone_mark(snapshot.built_at, view.city.zone)}"],
        p(".lead")[
            text.say(view.lang, "Diperiksa setiap kali angka diterbitkan. Yang tidak cocok ditunjukkan, tidak disembunyikan.")
        ],
    ]


def _panel(identity: Identity, cases: Sequence[Mismatch], view: View) -> htpy.Element:
    n = sum(case.n for case in cases)
    state = (
        span(".mismatch")[unequal(), span[text.say(view.lang, "TIDAK COCOK: {n} hal", n=text.number(n, 0, view.lang))]]
        if cases
        else span(".agrees")[span(aria_hidden="true")["="], " ", text.say(view.lang, "cocok")]
    )
    return section(".panel.identity-panel", {"data-holds": "false" if cases else "true"}, id=f"{PANEL}{identity.id}")[
        header[h2[identity.title[view.lang]], state],
        ol(".cases")[[_case(group, view) for group in by_subject(cases)]] if cases else None,
    ]


def _case(group: Sequence[Mismatch], view: View) -> htpy.Element:
    """One case: what is wrong, of what, whose it is to settle, and the figures that it touches."""
    first = group[0]
    return li(".mismatch-case", {"data-difference": f"{first.difference:g}"})[
        div(".what")[
            strong[first.subject] if first.subject and first.identity in ("pernyataan", "total_sumber") else None,
            p(".said")[cases_words(group, view)],
            p(".quiet")[" · ".join(filter(None, (_where(first, view), *_about(first, view))))],
        ],
        div(".touches")[
            span(".quiet")[text.say(view.lang, "Perlu diselesaikan oleh")], " ", strong[first.owner],
            _touched(group, view),
        ],
    ]  # fmt: skip


def _where(case: Mismatch, view: View) -> str:
    opd = view.city.opd(case.opd) if case.opd else None
    return " · ".join(filter(None, (area_words(case.area, view), opd.name if opd else case.opd)))


def _about(case: Mismatch, view: View) -> list[str]:
    said = []
    if case.since:
        said.append(text.day(case.since, view.city.zone, view.lang))
    if case.sources:
        said.append(f"{text.say(view.lang, 'sumber')} {source_titles(case.sources, view)}")
    return said


def _touched(group: Sequence[Mismatch], view: View) -> htpy.Element | None:
    known = [name for name in dict.fromkeys(name for case in group for name in case.kpis) if name in view.catalog]
    if not known:
        return None
    links = [a(href=f"/metrik#{name}")[view.catalog[name].short[view.lang]] for name in known]
    return p(".links")[text.say(view.lang, "Menyentuh angka"), ": ", [[", " if k else "", link] for k, link in enumerate(links)]]


def layout(found: dict[str, htpy.Element], view: View, _paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """The checks in one column beside the navigation."""
    return desk(
        view,
        "/kecocokan",
        found["sources-state"],
        found["notice"],
        found["cocok-head"],
        section(".cards")[[found[key] for key in found if key.startswith(PANEL) and key != "cocok-head"]],
    )


def _cases(snapshot: Snapshot, view: View) -> Sheet:
    """Every case that does not agree, and every check that does, with what should be equal."""
    lang = view.lang
    titles = {identity.id: identity.title[lang] for identity in IDENTITIES}
    kinds = {"kiri": Type.NUMBER, "kanan": Type.NUMBER, "beda": Type.NUMBER, "n": Type.WHOLE, "sejak": Type.MOMENT}
    headings = (
        ("pemeriksaan", "Pemeriksaan"), ("keadaan", "Keadaan"), ("wilayah", "Wilayah"), ("opd", "OPD"), ("hal", "Hal"),
        ("kiri", "Tertulis"), ("kanan", "Seharusnya"), ("beda", "Selisih"), ("satuan", "Satuan"), ("n", "n"), ("sejak", "Sejak"),
        ("pemilik", "Perlu diselesaikan oleh"),
    )  # fmt: skip
    columns = tuple(
        Column(
            key=key, title=text.say(lang, words), type=kinds.get(key, Type.TEXT), decimals=2 * (key in ("kiri", "kanan", "beda"))
        )
        for key, words in headings
    )
    failing = {case.identity for case in snapshot.mismatches}
    rows: list[Row] = [
        (titles.get(c.identity, c.identity), text.say(lang, "tidak cocok"), area_words(c.area, view), c.opd, c.subject,
         c.left, c.right, c.difference, c.unit, c.n, c.since, c.owner)
        for c in snapshot.mismatches
    ]  # fmt: skip
    good = text.say(lang, "cocok")
    rows += [(title, good, *(None,) * 10) for name, title in titles.items() if name not in failing]
    title = text.say(lang, "Kecocokan angka")
    about = provenance(snapshot, view, PAGE, title, period=None)
    return Sheet(name="kecocokan", title=title, columns=columns, rows=rows, count=len(rows), about=about)


PAGE = Page(
    path="/kecocokan",
    title={"id": "Kecocokan angka", "en": "Whether figures agree"},
    theme="light",
    roles=EVERYONE,
    parts=parts,
    layout=layout,
    sheets={"cocok-head": Export(sheet=_cases)},
)
