"""What changed and why: one figure between two periods, split over its groups, and what is unusual now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import htpy
from htpy import button, details, div, form, h1, header, input, label, noscript, optgroup, option, p, section, summary  # noqa: A004 - HTML's

from dashboard import text
from dashboard.export.makers import changed, heads, listed
from dashboard.export.sheet import NothingError, Sheet, Type
from dashboard.page import EVERYONE, AreaPaint, Export, Page
from dashboard.parts.changes import RANGE, STRETCHES, distinct, headline, outside, steps, sums
from dashboard.parts.choices import area_options, choice, options
from dashboard.parts.frame import banner, desk, sources_state
from layers.changes import Question
from layers.model import Kind
from layers.sentences import say_change, watched
from layers.snapshot import Snapshot

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi
    from layers.changes import Days

PERIODS = ("since", "until", "since0", "until0")
"""The days of a period of one's choice, and of the one that it is compared with."""
DAYS = ("7", "30", "90", "365")
BY = {"category": "kategori", "area": "wilayah", "opd": "OPD", "channel": "kanal"}


def parts(snapshot: Snapshot, view: View) -> dict[str, htpy.Element]:
    """Everything on the page that a new snapshot or another choice can change."""
    kpi = _chosen(view)
    found = {"notice": banner(snapshot), "sources-state": sources_state(snapshot, view), "filters": _filters(kpi, view)}
    ids = ("change", "change-steps", "change-sums", "unusual")
    if view.changes is None:
        words = text.say(view.lang, "Rincian tersedia setelah data pertama selesai diambil.")
        return found | {name: section(".panel", id=name)[p(".empty")[words]] for name in ids}
    try:
        answer = view.changes(_question(kpi, view))
    except ValueError:
        words = text.say(view.lang, "Wilayah atau periode ini tidak dapat dipakai; periode paling panjang setahun.")
        return found | {ids[0]: section(".panel", id=ids[0])[p(".empty")[words]]} | {i: _nothing(i) for i in ids[1:]}
    change = answer.change
    sentence = say_change(change, view.catalog, view.tree, view.city, view.lang)
    return found | {
        ids[0]: headline(change, kpi, sentence, view, element=ids[0]),
        ids[1]: steps(change, kpi, view, element=ids[1]),
        ids[2]: sums(change, kpi, view, element=ids[2]) or _nothing(ids[2]),
        ids[3]: outside(answer.unusual, view, element=ids[3]),
    }


def layout(found: dict[str, htpy.Element], view: View, _paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """The question, the answer in words, its steps beside what is unusual, and the figures."""
    aside = text.say(view.lang, "Uraian ini menunjukkan siapa menyumbang berapa, bukan sebab-akibat.")
    return desk(
        view,
        "/perubahan",
        found["sources-state"],
        found["notice"],
        header(".page-head")[h1[text.say(view.lang, "Apa yang berubah, dan dari mana")], p(".aside")[aside]],
        found["filters"],
        found["change"],
        div(".split.changes")[div[found["change-steps"], found["change-sums"]], found["unusual"]],
    )


def _nothing(element: str) -> htpy.Element:
    return section(id=element, hidden=True)


def comparable(view: View) -> dict[str, Kpi]:
    """The figures whose records tell how they stood earlier: those on the wall first."""
    known = {name: kpi for name, kpi in view.catalog.items() if kpi.kind is not None and kpi.history}
    return {name: known[name] for name in (*view.city.wall.tiles, *known) if name in known}


def _chosen(view: View) -> Kpi:
    kpis = comparable(view)
    return kpis.get(view.params.get("kpi", "")) or next(iter(kpis.values()))


def _question(kpi: Kpi, view: View) -> Question:
    """What the filters ask for; a period counts once both of its days are given."""
    area, by = view.params.get("area"), view.params.get("by")
    place = "kecamatan" if area in (None, view.city.code) else "area"
    wanted = [place if name == "area" else name for name in ((by,) if by else ("category", "area", "opd"))]
    if wanted == ["channel"] and kpi.kind is not Kind.COMPLAINT:
        wanted = ["category"]
    days = view.params.get("days")
    return Question(
        kpi=kpi.id,
        area=area,
        opd=view.params.get("opd"),
        by=tuple(wanted),
        days=int(days) if days else None,
        now=_period(view, *PERIODS[:2]),
        before=_period(view, *PERIODS[2:]),
    )


def _period(view: View, first: str, last: str) -> Days | None:
    given = [view.params.get(first), view.params.get(last)]
    days = [date.fromisoformat(day) for day in given if day]
    return (days[0], days[1]) if len(days) == 2 else None


# --- the question ------------------------------------------------------------------------------


def _filters(kpi: Kpi, view: View) -> htpy.Element:
    """The choices, in the order in which they stand in the address; without scripts a button asks."""
    lang, params = view.lang, view.params
    opds = {opd.slug: opd.short for opd in view.city.opds if view.scope.opds is None or opd.slug in view.scope.opds}
    days = {"": _own(kpi, view), **{n: text.say(lang, "{days} hari terakhir", days=n) for n in DAYS}}
    by = {"": text.say(lang, "kategori, wilayah dan OPD"), **{name: text.say(lang, words) for name, words in BY.items()}}
    if kpi.kind is not Kind.COMPLAINT:
        by.pop("channel")
    return form(".filters", id="filters", method="get", data_ask=True, aria_label=text.say(lang, "Pilih"))[
        choice("kpi", "Angka", _kpis(kpi, view), view, chosen=True),
        choice("area", "Wilayah", area_options(params.get("area", ""), view), view, chosen="area" in params),
        choice(
            "opd", "OPD", options({"": text.say(lang, "Semua OPD"), **opds}, params.get("opd", "")), view, chosen="opd" in params
        ),
        choice("days", "Rentang", options(days, params.get("days", "")), view, chosen="days" in params),
        choice("by", "Uraikan menurut", options(by, params.get("by", "")), view, chosen="by" in params),
        details(".periods", open=any(name in params for name in PERIODS))[
            summary[text.say(lang, "Periode lain")],
            [
                label[text.say(lang, words), input(type="date", name=name, value=params.get(name, ""))]
                for name, words in zip(PERIODS, ("Dari", "sampai", "dibanding dari", "sampai"), strict=True)
            ],
            button(".button", type="submit")[text.say(lang, "Terapkan")],
        ],
        noscript[button(".button", type="submit")[text.say(lang, "Terapkan")]],
        htpy.a(".reset", href="/perubahan")[text.say(lang, "Hapus saringan")] if params else None,
    ]


def _own(kpi: Kpi, view: View) -> str:
    words = {"now": "kini dan 24 jam lalu", "today": "hari ini dan kemarin", "year": "tahun ini dan tahun lalu"}
    return text.say(view.lang, words.get(kpi.window.value, "{days} hari terakhir"), days="30")


def _kpis(kpi: Kpi, view: View) -> list[htpy.Element]:
    kpis, wall = comparable(view), set(view.city.wall.tiles)
    groups: dict[str, list[Kpi]] = {}
    for each in kpis.values():
        group = text.say(view.lang, "Di dinding") if each.id in wall else each.concept
        groups.setdefault(group, []).append(each)
    return [
        optgroup(label=name)[[option(value=each.id, selected=each.id == kpi.id)[each.title[view.lang]] for each in those]]
        for name, those in groups.items()
    ]


def _sums(snapshot: Snapshot, view: View) -> Sheet:
    """The parts of the change, mix and rate apart; ``LookupError`` where there is nothing to split."""
    kpi, lang = _chosen(view), view.lang
    try:
        change = view.changes(_question(kpi, view)).change if view.changes else None
    except ValueError:
        change = None
    if change is None:
        raise LookupError("rincian belum tersedia")
    reading = snapshot.reading(kpi.id, change.area, change.opd)
    return changed(
        snapshot,
        view,
        PAGE,
        f"{kpi.title[lang]}: {text.say(lang, 'dari apa perubahan ini tersusun')}",
        change,
        kpi,
        readings=[reading] if reading else (),
        filters=[(text.say(lang, "Wilayah"), view.tree.name(change.area))],
    )


def _outside(snapshot: Snapshot, view: View) -> Sheet:
    """Values outside their expected range, all of them, the least likely first."""
    if view.changes is None:
        raise LookupError("rincian belum tersedia")
    try:
        found = distinct(view.changes(_question(_chosen(view), view)).unusual)
    except ValueError:
        raise NothingError from None
    columns = heads(
        view,
        ("kpi", "Kode"),
        ("hal", "Hal"),
        ("wilayah", "Wilayah", Type.AREA),
        ("opd", "OPD"),
        ("kategori", "Kategori"),
        ("kurun", "Kurun"),
        ("nilai", "Nilai", Type.NUMBER),
        ("wajarnya", "Wajarnya", Type.NUMBER),
        ("bawah", "Batas bawah 95 %", Type.NUMBER),
        ("atas", "Batas atas 95 %", Type.NUMBER),
    )
    kpis = {u.kpi: view.catalog[u.kpi] for u in found}
    rows = [
        (u.kpi, watched(u, kpis[u.kpi], view.tree, view.city, view.lang), u.area, u.opd, u.category,
         text.say(view.lang, STRETCHES[u.stretch]), u.value, u.expected, u.low, u.high)
        for u in found
    ]  # fmt: skip
    title = text.say(view.lang, "Tidak biasa saat ini")
    notes = [text.say(view.lang, RANGE)]
    return listed(snapshot, view, PAGE, title, columns, rows, name="tidak-biasa", kpis=kpis.values(), notes=notes)


PAGE = Page(
    path="/perubahan",
    title={"id": "Perubahan", "en": "Changes"},
    theme="light",
    roles=EVERYONE,
    parts=parts,
    layout=layout,
    asks={"kpi": r"[a-z][a-z0-9_]{2,40}", "area": r"[\w.-]{1,40}", "by": "|".join(BY)}
    | dict.fromkeys(PERIODS, r"\d{4}-\d\d-\d\d"),
    sheets={
        "change-steps": Export(sheet=_sums),
        "change-sums": Export(sheet=_sums),
        "unusual": Export(sheet=_outside),
    },
)
