"""What can be taken away of procurement: its figures, plan against contracts, what packages have in common, the packages."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from dashboard import text
from dashboard.export.makers import figures, heads, listed, narrowed
from dashboard.export.sheet import Column, Row, Sheet, Type
from dashboard.page import Export, Page, find_page
from dashboard.procurement import alike, rows, summary
from dashboard.procurement.asked import ASKS, FLAGS, PATH, known, method_words
from layers.explain import place
from layers.model import UNPLACED

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.buying import Packages
    from layers.snapshot import Reading, Snapshot

GROUPS = {
    "by-method": ("Menurut metode", "by_method"),
    "by-owner": ("Menurut OPD", "by_opd"),
    "by-place": ("Menurut wilayah", "by_area"),
}


def _page() -> Page:
    found = find_page(PATH)
    if found is None:
        raise LookupError(PATH)
    return found[0]


def _found(view: View) -> Packages:
    """The packages asked for; ``LookupError`` while there are none to ask, or for a place that the city does not have."""
    found = rows.page(view) if known(view) else None
    if found is None:
        raise LookupError("rincian belum tersedia")
    return found


def _cut(view: View) -> list[tuple[str, str]]:
    return [(text.say(view.lang, name.capitalize()), value) for name in ASKS if (value := view.params.get(name))]


def _figures(snapshot: Snapshot, view: View) -> Sheet:
    _found(view)
    shown = summary.figures(snapshot, view)
    kpis = [view.catalog[name] for name in (*summary.TILES, *summary.RISKS) if name in view.catalog]
    title = text.say(view.lang, "Pengadaan")
    return narrowed(figures(snapshot, view, _page(), title, [(kpi, shown.get(kpi.id)) for kpi in kpis]), _cut(view))


def _sheet(
    snapshot: Snapshot,
    view: View,
    title: str,
    name: str,
    columns: Sequence[Column],
    found: Sequence[Row],
    notes: Sequence[str] = (),
) -> Sheet:
    shown = summary.figures(snapshot, view)
    told = (summary.BUDGET, summary.CONTRACTS)
    return listed(
        snapshot,
        view,
        _page(),
        title,
        columns,
        found,
        name=name,
        kpis=[view.catalog[kpi] for kpi in told],
        readings=[shown[kpi] for kpi in told if kpi in shown],
        filters=_cut(view),
        notes=notes,
    )


def _money(view: View, *headings: str) -> tuple[Column, ...]:
    return tuple(
        Column(key=words.lower(), title=text.say(view.lang, words), type=Type.MONEY, unit="rupiah") for words in headings
    )


def _year(snapshot: Snapshot, view: View) -> Sheet:
    today = view.now.astimezone(view.city.zone).date()
    found: list[Row] = [
        (min(date(today.year, month, monthrange(today.year, month)[1]), today), pagu, value)
        for month, pagu, value in _found(view).months
    ]
    columns = (Column(key="sampai", title=text.say(view.lang, "Sampai"), type=Type.DAY), *_money(view, "Rencana", "Kontrak"))
    title = text.say(view.lang, "Rencana dan kontrak tahun ini, kumulatif per bulan")
    return _sheet(snapshot, view, title, "rencana-kontrak", columns, found)


def _group(element: str, snapshot: Snapshot, view: View) -> Sheet:
    words, name = GROUPS[element]

    def called(key: str) -> str:
        if element == "by-method":
            return method_words(key, view)
        if element == "by-owner":
            opd = view.city.opd(key)
            return opd.short if opd else key or text.say(view.lang, "belum ada OPD")
        return text.say(view.lang, "Tanpa lokasi") if key in (UNPLACED, "") else place(key, view.tree)

    found: list[Row] = [(g.key, called(g.key), g.packages, g.pagu, g.value) for g in getattr(_found(view), name)]
    columns = (
        Column(key="kode", title=text.say(view.lang, "Kode"), type=Type.AREA if element == "by-place" else Type.TEXT),
        Column(key="nama", title=text.say(view.lang, "Nama")),
        Column(key="paket", title=text.say(view.lang, "Paket"), type=Type.WHOLE),
        *_money(view, "Pagu", "Kontrak"),
    )
    title = f"{text.say(view.lang, 'Pengadaan')}: {text.say(view.lang, words).lower()}"
    return _sheet(snapshot, view, title, f"pengadaan-{element}", columns, found)


def _stages(snapshot: Snapshot, view: View) -> Sheet:
    """How many packages are at each stage and what they are worth, as the strip shows them."""
    _found(view)
    shown = summary.figures(snapshot, view)
    each = [(stage.value, text.say(view.lang, words)) for stage, words, _ in summary.STAGES]
    rows = [(code, words, *(_value(shown, f"{of}_{code}") for of in ("paket", "pagu"))) for code, words in each]
    columns = heads(view, ("kode", "Kode"), ("tahap", "Tahap"), ("paket", "Paket", Type.WHOLE), ("pagu", "Pagu", Type.MONEY))
    return _sheet(snapshot, view, text.say(view.lang, "Paket menurut tahap"), "tahap", columns, rows)


def _value(shown: Mapping[str, Reading], kpi: str) -> float | None:
    return shown[kpi].value if kpi in shown else None


def _packages(snapshot: Snapshot, view: View) -> Sheet:
    """All packages asked for in their order, not only those of the page that is open."""
    _found(view)
    found = rows.every(view)
    columns = heads(
        view,
        ("kode", "Kode"),
        ("sumber", "Sumber"),
        ("paket", "Paket"),
        ("tahap", "Tahap"),
        ("metode", "Metode"),
        ("opd", "OPD"),
        ("wilayah", "Wilayah", Type.AREA),
        ("pagu", "Pagu", Type.MONEY),
        ("nilai", "Nilai", Type.MONEY),
        ("penyedia", "Penyedia"),
        ("diumumkan", "Diumumkan", Type.MOMENT),
        ("kontrak", "Kontrak", Type.MOMENT),
        ("tanda", "Tanda"),
    )
    told = [
        (one.source_id, one.source, one.title, text.say(view.lang, one.stage), method_words(one.method, view), one.opd, one.area,
         one.pagu, one.value, one.provider, one.announced, one.contracted,
         ", ".join(text.say(view.lang, FLAGS[flag][1]) for flag in one.flags) or None)
        for one in found
    ]  # fmt: skip
    notes = [text.say(view.lang, summary.NO_PROOF)] if any(one.flags for one in found) else []
    return _sheet(snapshot, view, text.say(view.lang, "Daftar paket"), "paket", columns, told, notes)


def _alike(element: str, snapshot: Snapshot, view: View) -> Sheet:
    """Packages beside the complaints of their kind, all of them; small counts of a sensitive kind in a kelurahan are left out."""
    told = alike.tables(view)
    if told is None:
        raise LookupError("rincian belum tersedia")
    found = alike.without_few(told[element], view)
    columns = heads(
        view,
        ("wilayah", "Wilayah", Type.AREA if element != alike.KINDS else Type.TEXT),
        ("jenis", "Jenis"),
        ("masuk", "Aduan masuk", Type.WHOLE),
        ("terbuka", "Aduan terbuka", Type.WHOLE),
        ("paket", "Paket", Type.WHOLE),
        ("berkontrak", "Berkontrak", Type.WHOLE),
        ("pagu", "Pagu", Type.MONEY),
    )
    rows = [(r.area or None, r.kind, r.received, r.open, r.packages, r.contracted, r.pagu) for r in found]
    notes = [text.say(view.lang, alike.NO_CAUSE)]
    if len(found) < len(told[element]):
        notes.append(text.say(view.lang, "Hitungan kecil yang sensitif tidak ditampilkan."))
    return _sheet(snapshot, view, text.say(view.lang, alike.TITLES[element]), element, columns, rows, notes)


SHEETS = {
    "figures": Export(sheet=_figures),
    "year": Export(sheet=_year),
    "stages": Export(sheet=_stages),
    **{element: Export(sheet=partial(_group, element), areas=element == "by-place") for element in GROUPS},
    "packages": Export(sheet=_packages, rows=True),
    **{element: Export(sheet=partial(_alike, element)) for element in alike.TITLES},
}
