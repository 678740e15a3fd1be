"""Analysis: any figure by any dimension, in any period, compared; the whole question stands in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import htpy
from htpy import div, figcaption, figure, h1, h2, header, p, section, span
from starlette.exceptions import HTTPException

from dashboard import text
from dashboard.access import Refused
from dashboard.export.provenance import provenance
from dashboard.export.sheet import Column, Sheet, Type
from dashboard.page import EVERYONE, AreaPaint, Export, Page
from dashboard.parts.analysisform import PATH, ask_form
from dashboard.parts.answer import bars, links, origin, period_words, pinned, summary_of
from dashboard.parts.answertable import table
from dashboard.parts.dictionary import dictionary
from dashboard.parts.frame import banner, desk, sources_state
from dashboard.parts.funnel import funnel_plot
from dashboard.parts.map import breaks, class_of, map_stage
from dashboard.parts.marks import value_words
from dashboard.parts.multiples import lines, multiples, over_time
from dashboard.parts.pivot import pivot
from dashboard.parts.savedviews import saved_views
from layers.analysis.ask import FILTERS, FORMS, Ask
from layers.analysis.dimensions import DIMENSIONS
from layers.analysis.found import Column as FoundColumn
from layers.analysis.found import Found, label
from layers.analysis.small import without_small
from layers.funnel import funnel
from layers.model import NotYoursError, Role
from layers.periods import Period
from layers.ranking import method, ranking
from layers.snapshot import Reading, Snapshot

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.analysis.desk import Analyst

IDS = ("answer-head", "answer", "answer-table", "answer-origin", "answer-links", "dictionary")


def parts(snapshot: Snapshot, view: View) -> dict[str, htpy.Element]:
    """The question and its answer; what cannot be asked is said where the answer would be."""
    found = {"notice": banner(snapshot), "sources-state": sources_state(snapshot, view)}
    nothing = {name: section(id=name, hidden=True) for name in IDS}
    analyst = view.analyst
    if analyst is None:
        words = text.say(view.lang, "Rincian tersedia setelah data pertama selesai diambil.")
        return found | nothing | {"filters": section(id="filters"), IDS[0]: section(".panel", id=IDS[0])[p(".empty")[words]]}
    try:
        ask = asked(view)
    except ValueError as error:
        return found | nothing | {"filters": ask_form(Ask(), None, analyst, view), IDS[0]: _refused(str(error), view)}
    try:
        kpi = analyst.kpi(ask.kpi)
    except ValueError as error:
        return found | nothing | {"filters": ask_form(ask, None, analyst, view), IDS[0]: _refused(str(error), view)}
    found |= {
        "filters": ask_form(ask, kpi, analyst, view),
        "dictionary": dictionary(analyst.entry(kpi), view, element="dictionary"),
    }
    try:
        answer = _find(ask, analyst, view)
    except ValueError as error:
        return {**nothing, **found, IDS[0]: _refused(str(error), view)}
    return found | {
        IDS[0]: summary_of(answer, view, element=IDS[0]),
        IDS[1]: _shown(answer, view, element=IDS[1]),
        IDS[2]: table(answer, view, element=IDS[2]),
        IDS[3]: section(id=IDS[3])[origin(answer, view)],
        IDS[4]: links(answer, view, element=IDS[4]),
    }


def layout(found: dict[str, htpy.Element], view: View, paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """The question above, the answer below it, its dictionary beside."""
    shape = figure(".panel.map-panel.answer-map")[map_stage(view, paint, None), found["answer"]] if paint else found["answer"]
    return desk(
        view,
        PATH,
        found["sources-state"],
        found["notice"],
        header(".page-head")[h1[text.say(view.lang, "Analisis")]],
        found["filters"],
        div(".split.analysis")[
            div(".answers")[found["answer-head"], shape, found["answer-table"], found["answer-origin"]],
            div(".beside")[saved_views(address(view), view), found["answer-links"], found["dictionary"]],
        ],
    )


def asked(view: View) -> Ask:
    """The question in the address; a period from a day to a day comes as two fields. ``ValueError`` in words."""
    given = dict(view.params)
    if given.get("dari") and given.get("sampai"):
        ends = date.fromisoformat(given["dari"]), date.fromisoformat(given["sampai"])
        given["kurun"] = Period.between(*ends).written
    return Ask.read(given)


def address(view: View) -> str:
    """The question that the page shows as an address has it, with the moment that it is pinned to; empty for none."""
    try:
        given = asked(view).given()
    except ValueError:
        return ""
    return urlencode({**given, **(pinned(view.past) if view.past else {})})


def areas(_snapshot: Snapshot, view: View) -> dict[str, AreaPaint]:
    """The map's colours, where the answer is shown as a map: a kelurahan has its own value or its kecamatan's."""
    if view.analyst is None:
        return {}
    try:
        ask = asked(view)
        if ask.form != "peta" or ask.by not in ("area", "kecamatan"):
            return {}
        answer = _find(ask, view.analyst, view)
    except ValueError:
        return {}
    return _paints(answer, view)


def readings(view: View) -> dict[str, Reading]:
    """The figure of all rows asked for, whose evidence card is about them."""
    try:
        found = _find(asked(view), view.analyst, view) if view.analyst else None
    except ValueError:
        return {}
    return {found.kpi.id: found.total} if found else {}


def _paints(found: Found, view: View) -> dict[str, AreaPaint]:
    rest = (None,) * (len(found.dimensions) - 1)
    own = {key: found.cells[(key, *rest)] for key in found.keys[0]}
    ends = breaks([r.value for r in own.values() if r.value is not None])
    paints = {}
    for area in view.tree.kelurahan:
        reading = own.get(area.code if found.dimensions[0].id == "area" else area.parent or "")
        if reading is None or reading.value is None:
            why = reading.why_none if reading else text.say(view.lang, "di luar saringan")
            paints[area.code] = AreaPaint(cls="qn", value=None, label=f"{area.name}: {why}")
            continue
        said = f"{area.name}: {value_words(reading, found.kpi, view)}"
        paints[area.code] = AreaPaint(cls=class_of(reading.value, ends), value=reading.value, label=said)
    return paints


def _find(ask: Ask, analyst: Analyst, view: View) -> Found:
    """The answer; 404 for what is outside the asker's rights, as for what does not exist."""
    try:
        return analyst.find(ask)
    except NotYoursError:
        raise Refused(view.scope) from None


def _refused(why: str, view: View) -> htpy.Element:
    advice = text.say(view.lang, "Ubah pilihan di atas, atau mulai dari awal.")
    return section(".panel.answer-head", id="answer-head", role="status")[p(".empty")[f"{why[:1].upper()}{why[1:]}. {advice}"]]


def _shown(found: Found, view: View, *, element: str) -> htpy.Element:
    """The answer in the form asked for, or why it cannot have that form."""
    form = found.ask.shown_as(found.kpi)
    if form == "tabel" or not found.dimensions:
        return section(id=element, hidden=True)
    if form in ("pivot", "panas"):
        return pivot(found, view, element=element, heat=form == "panas")
    if form == "batang":
        return bars(found, view, element=element)
    if form == "corong":
        return _funnel(found, view, element=element)
    if form == "peta":
        return _map(found, view, element=element)
    if form == "kecil" and len(found.dimensions) == 2:
        return multiples(found, view, element=element)
    if form == "garis" and over_time(found) is not None:
        return lines(found, view, element=element)
    needs = {"kecil": "Grafik kecil memerlukan dua dimensi.", "garis": "Garis memerlukan kurun kalender sebagai dimensi."}
    return _unfit(needs[form], found, view, element=element)


def _unfit(words: str, found: Found, view: View, *, element: str) -> htpy.Element:
    return section(".panel", id=element)[header[h2[found.kpi.title[view.lang]]], p(".empty")[text.say(view.lang, words)]]


def _map(found: Found, view: View, *, element: str) -> htpy.Element:
    """What stands below the map; the map itself is in the layout."""
    if found.dimensions[0].id not in ("area", "kecamatan"):
        return _unfit("Peta memerlukan kecamatan atau kelurahan sebagai dimensi pertama.", found, view, element=element)
    values = sorted(r.value for key, r in found.cells.items() if None not in key[:1] and r.value is not None)
    ends = [text.quantity(v, found.kpi.unit, found.kpi.decimals, view.lang) for v in (values[0], values[-1])] if values else []
    return figcaption(id=element)[
        h2[found.kpi.title[view.lang]],
        span(".aside")[text.say(view.lang, "dari {low} (terang) sampai {high} (gelap)", low=ends[0], high=ends[1])]
        if ends
        else None,
    ]


def _funnel(found: Found, view: View, *, element: str) -> htpy.Element:
    words = "Corong memerlukan satu dimensi, dan angka yang berupa bagian atau laju dengan cukup kasus."
    if len(found.dimensions) != 1 or method(found.kpi, per_head=False) not in ("share", "rate"):
        return _unfit(words, found, view, element=element)
    keys = found.keys[0]
    ranked = ranking(found.kpi, [replace(found.cells[(key,)], opd=str(k)) for k, key in enumerate(keys)], city=found.total)
    plot = funnel(ranked)
    if plot is None:
        return _unfit(words, found, view, element=element)

    def name(k: str) -> str:
        return found.label(0, keys[int(k)], view.city, view.tree, view.lang)

    return funnel_plot(found.kpi.title[view.lang], plot, ranked, found.kpi, view, name=name, element=element)


def _sheet(snapshot: Snapshot, view: View) -> Sheet:
    """The answer as it is shown, all rows of it, without small cells for who takes no rows away; 404 for what cannot be asked."""
    try:
        ask = asked(view)
        found = _find(ask, view.analyst, view) if view.analyst else None
    except ValueError:
        found = None
    if found is None:
        raise HTTPException(404)
    if not view.scope.may_export_rows:
        found = without_small(found)
    code = [Column(key="kode", title=text.say(view.lang, "Kode"), type=Type.AREA)] if _placed(view) else []
    table = found.rows(view.city, view.tree, view.lang)
    about = provenance(
        snapshot,
        view,
        PAGE,
        found.kpi.title[view.lang],
        kpis=[found.kpi],
        readings=[found.total],
        period=period_words(found, view),
        filters=[
            (
                text.say(view.lang, "Wilayah") if name == "area" else DIMENSIONS[name].title[view.lang],
                label(DIMENSIONS[name], value, view.city, view.tree, view.lang),
            )
            for name, value in found.ask.where
            if name not in ("opd", "category", "channel")
        ],
        notes=[text.say(view.lang, "{n} sel disamarkan karena terlalu sedikit kasusnya.", n=found.hidden)]
        if found.hidden
        else [],
    )
    return Sheet(
        name=f"analisis-{found.kpi.id.replace(':', '-').replace('.', '-')}",
        title=found.kpi.title[view.lang],
        columns=(*code, *(_column(column, view) for column in found.columns)),
        rows=((*key[: len(code)], *row) for (key, *_), row in zip(found.lines(), table, strict=True)),
        about=about,
        count=sum(1 for _ in found.lines()),
        hidden=found.hidden > 0,
    )


def _placed(view: View) -> bool:
    """Whether the rows are places."""
    return view.params.get("by") in ("area", "kecamatan")


def _as_map(view: View) -> bool:
    return _placed(view) and view.params.get("bentuk") == "peta"


def _column(column: FoundColumn, view: View) -> Column:
    kinds = {"text": Type.TEXT, "date": Type.DAY, "whole": Type.WHOLE, "number": Type.NUMBER}
    money = {"persen": Type.SHARE, "rupiah": Type.MONEY}
    kind = money.get(column.unit or "", kinds[column.type]) if column.key in ("value", "before") else kinds[column.type]
    unit = text.say(view.lang, column.unit) if column.unit and column.unit not in money else None
    return Column(key=column.key, title=column.title[view.lang], type=kind, unit=unit, decimals=column.decimals)


VALUE = r"[^\x00-\x1f]{1,80}"
PAGE = Page(
    path=PATH,
    title={"id": "Analisis", "en": "Analysis"},
    theme="light",
    roles=EVERYONE - {Role.SCREEN},
    parts=parts,
    layout=layout,
    areas=areas,
    asks={
        "kpi": r"[a-z][a-z0-9_]{2,40}|nilai:[\w.]{1,60}",
        "by": "|".join(DIMENSIONS),
        "per": "|".join(DIMENSIONS),
        "kurun": r"[\w.-]{1,24}",
        "dari": r"\d{4}-\d\d-\d\d",
        "sampai": r"\d{4}-\d\d-\d\d",
        "banding": "lalu|tahun",
        **{name: VALUE for name in FILTERS if name not in ("opd", "category", "channel")},
        "bentuk": "|".join(FORMS),
        "urut": r"-?[a-z]{1,12}",
    },
    fresh=True,
    long=True,
    readings=readings,
    sheets={
        "answer": Export(sheet=_sheet, areas=_placed, map=_as_map),
        "answer-table": Export(sheet=_sheet, areas=_placed),
    },
)
