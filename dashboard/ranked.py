"""What the address of the ranking asks for, and what can be taken away of it: the ranking, who is praised, how even it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from dashboard import text
from dashboard.export.makers import heads, listed, over, value_column
from dashboard.export.sheet import Row, Sheet, Type
from dashboard.page import Export, Page, find_page
from layers.catalog import Share
from layers.equity import equity
from layers.explain import short
from layers.improvement import improved
from layers.model import Level
from layers.praise import best
from layers.ranking import Ranked, at_level, of_level

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi
    from layers.snapshot import Snapshot

PATH = "/peringkat"


def chosen(view: View) -> tuple[Kpi, Ranked]:
    """The figure and the level that the address asks for."""
    kpi = view.catalog.get(view.params.get("kpi", "")) or view.catalog[view.city.wall.ranking]
    return kpi, cast("Ranked", view.params.get("level", "opd"))


def level_words(level: Ranked, view: View) -> str:
    """What is ranked, in words."""
    return {"opd": "OPD", "kecamatan": text.say(view.lang, "kecamatan"), "kelurahan": view.tree.unit}[level]


def name_of(level: Ranked, view: View, key: str) -> str:
    """One that is ranked, as it is called."""
    if level == "opd":
        return short(key, view.city) or key
    area = view.tree.areas.get(key)
    if area is None or area.level is not Level.KELURAHAN:
        return view.tree.name(key)
    return f"{area.name}, {view.tree.name(area.parent or key)}"


def _page() -> Page:
    found = find_page(PATH)
    if found is None:
        raise LookupError(PATH)
    return found[0]


def _title(words: str, kpi: Kpi, level: Ranked, view: View) -> str:
    return f"{text.say(view.lang, words, level=level_words(level, view))}: {kpi.title[view.lang]}"


def _ranked(snapshot: Snapshot, view: View) -> Sheet:
    """Everybody of the level in the order of the ranking, those without a rank after them."""
    kpi, level = chosen(view)
    ranking = of_level(snapshot, view.tree, kpi, level)
    order = {row.key: k for k, row in enumerate(ranking.rows)} if ranking else {}
    readings = sorted(
        at_level(snapshot, view.tree, kpi, level), key=lambda r: (order.get(r.opd or r.area, len(order)), r.opd or r.area)
    )
    rows = [(name_of(level, view, r.opd or r.area), r) for r in readings]
    title = _title("Peringkat {level}", kpi, level, view)
    return over(snapshot, view, _page(), title, kpi, rows, name=f"peringkat-{level}", ranking=ranking)


def _praised(snapshot: Snapshot, view: View) -> Sheet:
    """Who may be the best of all, and who certainly became better; no row where nobody is."""
    kpi, level = chosen(view)
    ranking, readings = of_level(snapshot, view.tree, kpi, level), at_level(snapshot, view.tree, kpi, level)
    rows: list[Row] = []
    if ranking and kpi.better != "neutral":
        leads = text.say(view.lang, "Terdepan, atau tidak berbeda nyata darinya")
        rows += [(leads, r.key, name_of(level, view, r.key), r.value, None, r.low, r.high, r.n) for r in best(ranking)]
    if isinstance(kpi.form, Share):
        rose = text.say(view.lang, "Membaik secara nyata dari kurun sebelumnya")
        rows += [
            (rose, x.key, name_of(level, view, x.key), x.value, x.change, x.low, x.high, x.n) for x in improved(kpi, readings)
        ]
    columns = (
        *heads(view, ("mengapa", "Mengapa"), ("kode", "Kode", Type.TEXT if level == "opd" else Type.AREA), ("nama", "Nama")),
        value_column(kpi, view.lang),
        *heads(
            view,
            ("perubahan", "Perubahan", Type.NUMBER),
            ("bawah", "Batas bawah 95 %", Type.NUMBER),
            ("atas", "Batas atas 95 %", Type.NUMBER),
            ("n", "n", Type.WHOLE),
        ),
    )
    title = f"{text.say(view.lang, 'Patut ditiru')}: {kpi.title[view.lang]}"
    return listed(snapshot, view, _page(), title, columns, rows, name="patut-ditiru", kpis=[kpi], readings=readings)


def _even(snapshot: Snapshot, view: View) -> Sheet:
    """Lorenz's curve, with the measures in the notes; no row where it cannot be measured, but why."""
    kpi, _ = chosen(view)
    found = equity(kpi, snapshot, view.tree)
    columns = heads(view, ("penduduk", "Bagian penduduk", Type.SHARE), ("bagian", "Bagian dari jumlah", Type.SHARE))
    rows = [(100 * people, 100 * amount) for people, amount in found.lorenz]
    measures = {
        "Gini (0 merata, 1 timpang)": found.gini,
        "Theil T": found.theil,
        "antar-kecamatan": found.between,
        "di dalam kecamatan": found.within,
        "Theil T dari kebetulan saja": found.chance,
        "P90/P10": found.p90_p10,
    }
    notes = [
        f"{text.say(view.lang, words)}: {text.number(value, 3, view.lang)}"
        for words, value in measures.items()
        if value is not None
    ]
    title = f"{text.say(view.lang, 'Pemerataan antar-{unit}', unit=view.tree.unit)}: {kpi.title[view.lang]}"
    readings = at_level(snapshot, view.tree, kpi, "kelurahan")
    return listed(snapshot, view, _page(), title, columns, rows, name="pemerataan", kpis=[kpi], readings=readings, notes=notes)


def _places(view: View) -> bool:
    return chosen(view)[1] != "opd"


SHEETS = {
    **{part: Export(sheet=_ranked, areas=_places) for part in ("standings", "funnel")},
    "praise": Export(sheet=_praised, areas=_places),
    "equity": Export(sheet=_even),
}
