"""What can be taken away of a place's other topics: the figures of each, the list below them, the places side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from dashboard import text
from dashboard.export.makers import crosswise, figures, heads, listed
from dashboard.export.sheet import Column, NothingError, Row, Sheet, Type
from dashboard.page import Export, Page, find_page
from dashboard.places import lists
from dashboard.places.address import area_address
from dashboard.places.compare import side_by_side
from dashboard.places.head import title
from dashboard.places.topics import TOPICS, Topic, heading, published
from layers import buying, placed
from layers.explain import place
from layers.model import Level
from layers.smallcells import LEAST
from layers.snapshot import Sign

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.page import View
    from layers.model import Area
    from layers.room import Room
    from layers.snapshot import Snapshot


def page_of(view: View) -> Page:
    """The page of the view's area."""
    found = find_page(area_address(view.params["code"]))
    if found is None:
        raise LookupError(view.params["code"])
    return found[0]


def _figures(topic: Topic, snapshot: Snapshot, view: View) -> Sheet:
    area = view.tree.areas[view.params["code"]]
    found = [(view.catalog[r.kpi], r) for r in published(topic, snapshot, area, view)]
    said = f"{title(area, view)}: {heading(topic, area, view)}"
    return figures(snapshot, view, page_of(view), said, found, name=topic.name)


def _asked(view: View) -> tuple[Area, Room]:
    if view.figures is None:
        raise LookupError("rincian belum tersedia")
    return view.tree.areas[view.params["code"]], view.figures()


def _list(
    words: str, name: str, columns: Sequence[Column], rows: Sequence[Row], snapshot: Snapshot, view: View, **about: Any
) -> Sheet:
    """A list of a place; none where it has no row, as on the page."""
    if not rows:
        raise NothingError
    area = view.tree.areas[view.params["code"]]
    said = f"{title(area, view)}: {text.say(view.lang, words)}"
    return listed(snapshot, view, page_of(view), said, columns, rows, name=name, **about)


def _counters(snapshot: Snapshot, view: View) -> Sheet:
    area, room = _asked(view)
    found = placed.counters(view.scope, room, area.code, away=True)
    columns = heads(
        view,
        ("layanan", "Layanan"),
        ("dilayani", "Dilayani", Type.WHOLE),
        ("tepat_waktu", "Tepat waktu", Type.SHARE),
        ("antre", "Antre (median)", Type.NUMBER),
        ("data_per", "Data per", Type.MOMENT),
    )
    rows = [(one.service, one.served, one.on_time, one.waiting, one.last) for one in found]
    hidden = any(one.served is None for one in found)
    notes = [text.say(view.lang, "Layanan sensitif di bawah {n} orang tidak ditampilkan.", n=LEAST)] if hidden else []
    words = "Menurut layanan, 30 hari"
    formula = text.say(view.lang, "dilayani menurut catatan loket; tepat waktu dari yang mencatat waktu")
    return _list(words, "menurut-layanan", columns, rows, snapshot, view, formula=formula, notes=notes)


def _packages(snapshot: Snapshot, view: View) -> Sheet:
    area, room = _asked(view)
    found = buying.packages(view.scope, room, buying.Wanted(area=area.code), size=lists.MOST)
    columns = heads(view, ("kode", "Kode"), ("paket", "Paket"), ("tahap", "Tahap"), ("opd", "OPD"), ("pagu", "Pagu", Type.MONEY))
    rows = [(one.source_id, one.title, one.stage, one.opd, one.pagu) for one in found.rows]
    rest = found.total - len(rows)
    notes = [text.say(view.lang, "{n} lainnya tidak ditampilkan", n=text.number(rest, 0, view.lang))] if rest else []
    return _list("Paket terbesar menurut pagu", "paket-terbesar", columns, rows, snapshot, view, notes=notes)


def _lines(snapshot: Snapshot, view: View) -> Sheet:
    area, room = _asked(view)
    found = () if area.level is Level.KOTA else placed.lines(view.scope, room, area.code)
    columns = heads(
        view,
        ("nama", "Nama"),
        ("wilayah", "Wilayah", Type.AREA),
        ("jenis", "Jenis"),
        ("keadaan", "Keadaan"),
        ("latensi", "milidetik", Type.NUMBER),
        ("data_per", "Data per", Type.MOMENT),
    )
    say = partial(text.say, view.lang)
    rows = [
        (
            place(one.name, view.tree) if one.name in view.tree.areas else one.name,
            one.area,
            say("situs" if one.site else "jaringan kantor"),
            say("terhubung" if one.up else "terputus"),
            one.latency,
            one.seen,
        )
        for one in found
    ]
    formula = say("hasil pemeriksaan terakhir tiap kantor dan situs")
    return _list("Keadaan terakhir", "jaringan-kantor", columns, rows, snapshot, view, formula=formula)


def _monograph(snapshot: Snapshot, view: View) -> Sheet:
    area, room = _asked(view)
    found = placed.form(view.scope, room, area.code) if lists.has_form(area) else None
    columns = heads(
        view, ("isian", "Isian"), ("nilai", "Nilai", Type.NUMBER), ("satuan", "Satuan"), ("data_per", "Data per", Type.MOMENT)
    )
    rows = [(lists.field_words(name, view), *value, found.at) for name, value in found.values.items()] if found else []
    formula = text.say(view.lang, "isian formulir monografi terakhir")
    return _list("Isian monografi", "isian-monografi", columns, rows, snapshot, view, formula=formula)


def _rain(snapshot: Snapshot, view: View) -> Sheet:
    area, room = _asked(view)
    columns = heads(view, ("waktu", "Waktu", Type.MOMENT), ("hujan", "Hujan (mm)", Type.NUMBER))
    rows = placed.forecast(view.scope, room, area.code)
    words = "Prakiraan hujan tiap langkah 3 jam, sampai 24 jam ke depan"
    return _list(words, "prakiraan-hujan", columns, rows, snapshot, view)


def _floods(snapshot: Snapshot, view: View) -> Sheet:
    columns = heads(
        view,
        ("waktu", "Waktu", Type.MOMENT),
        ("jenis", "Jenis"),
        ("nama", "Nama"),
        ("wilayah", "Wilayah", Type.AREA),
        ("ukuran", "Ukuran"),
        ("nilai", "Nilai", Type.NUMBER),
    )
    rows = [
        (
            o.at,
            text.say(view.lang, "banjir" if o.sign is Sign.FLOOD else "pos duga air"),
            o.subject,
            o.area,
            text.say(view.lang, name.replace("_", " ")),
            n,
        )
        for o in lists.observed(snapshot, view.tree.areas[view.params["code"]], view)
        for name, n in o.values.items()
    ]
    return _list("Yang teramati di sini", "banjir", columns, rows, snapshot, view)


def _beside(snapshot: Snapshot, view: View) -> Sheet:
    area = view.tree.areas[view.params["code"]]
    words, codes, told = side_by_side(snapshot, area, view)
    rows = [(code, view.tree.name(code), {name: cells[code] for name, cells in told.items() if code in cells}) for code in codes]
    said = f"{title(area, view)}: {text.say(view.lang, words, unit=view.tree.unit)}"
    kpis = [view.catalog[name] for name in told]
    return crosswise(snapshot, view, page_of(view), said, kpis, rows, name="berdampingan", places=True)


LISTS: Mapping[str, Callable[[Snapshot, View], Sheet]] = {
    "daftar-layanan": _counters,
    "daftar-pengadaan": _packages,
    "daftar-jaringan": _lines,
    "daftar-monografi": _monograph,
    "daftar-hujan": _rain,
    "daftar-banjir": _floods,
}

TOPIC_SHEETS: Mapping[str, Export] = {
    **{f"topik-{topic.name}": Export(sheet=partial(_figures, topic), words="Unduh angka") for topic in TOPICS},
    **{key: Export(sheet=sheet, words="Unduh daftar", rows=sheet is _packages) for key, sheet in LISTS.items()},
    "beside": Export(sheet=_beside, areas=True),
}
