"""What can be taken away of an OPD's desk: its figures, the course of the one chosen, its cases and what they are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from dashboard import text
from dashboard.access import Refused
from dashboard.export.makers import changed, daily, figures, heads, listed, narrowed, over, slices, value_column
from dashboard.export.sheet import Column, Row, Sheet, Type
from dashboard.opdcut import BUDGET, CARDS, PATH, Choice, card_readings
from dashboard.page import Export, Page, find_page
from dashboard.parts.beside import among, compared
from dashboard.parts.casequeue import ELEMENT as QUEUE
from dashboard.parts.crossfilter import MEASURE_WORDS, measure_of
from layers.courses import course, year_ago
from layers.crossing import MEASURES, Counts, crossed
from layers.drill import Slice
from layers.model import UNPLACED
from layers.queue import every
from layers.reasons import reasons
from layers.smallcells import alone, by_place, pointed, sensitive, small

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi
    from layers.model import Area
    from layers.room import Room
    from layers.snapshot import Reading, Snapshot

CROSSED = {"category": "Kategori", "channel": "Kanal", "status": "Status"}


def _page(choice: Choice) -> Page:
    found = find_page(f"{PATH}/{choice.opd}")
    if found is None:
        raise LookupError(choice.opd)
    return found[0]


def _asked(snapshot: Snapshot, view: View) -> tuple[Choice, Room, dict[str, Reading]]:
    """The choice, the figures it is made of and the cards; ``LookupError`` while there are no frames.

    404 where all the counts are of what could name a person in the area (:mod:`layers.smallcells`).
    """
    if view.figures is None:
        raise LookupError("rincian belum tersedia")
    choice, room = Choice.of(view.params, view.city.zone), view.figures()
    if alone(view.scope, view.city, view.tree, **choice.place):
        raise Refused(view.scope)
    return choice, room, card_readings(view.scope, view.catalog, snapshot, room, choice)


def _area(choice: Choice, view: View) -> Area | None:
    return view.tree.areas.get(choice.asked.get("area", ""))


def _titled(words: str, choice: Choice, view: View) -> str:
    opd = view.city.opd(choice.opd)
    return f"{opd.name if opd else choice.opd}: {words}"


def _cut(choice: Choice, view: View) -> list[tuple[str, str]]:
    """The choices that no filter of all pages is."""
    area, status = choice.asked.get("area"), choice.asked.get("status")
    days = " – ".join(day.isoformat() for day in choice.span) if choice.span else None
    some = (("Wilayah", view.tree.name(area) if area in view.tree.areas else None), ("Status", status), ("Hari", days))
    return [(text.say(view.lang, name), words) for name, words in some if words]


def _figures(snapshot: Snapshot, view: View) -> Sheet:
    choice, _, found = _asked(snapshot, view)
    some = [(view.catalog[name], found.get(name)) for name in (*CARDS, BUDGET) if name in found or name != BUDGET]
    title = _titled(text.say(view.lang, "Angka").lower(), choice, view)
    return narrowed(figures(snapshot, view, _page(choice), title, some), _cut(choice, view))


def _course(snapshot: Snapshot, view: View) -> Sheet:
    """The OPD's line, and the city's where the two can be compared; where there is no line, no row but why."""
    choice, room, found = _asked(snapshot, view)
    kpi = _kpi(choice, view)
    if (reading := found.get(kpi.id)) is None:
        raise LookupError("rincian belum tersedia")
    line = course(view.scope, room, kpi, choice.query)
    series = {"nilai": (value_column(kpi, view.lang), line.values)}
    if not kpi.additive and any(value is not None for value in line.city):
        series["kota"] = (value_column(kpi, view.lang, "kota", title=text.say(view.lang, "kota")), line.city)
    title = _titled(kpi.title[view.lang], choice, view)
    name = f"{kpi.id}-per-hari"
    days = () if line.why_none else line.days
    sheet = daily(snapshot, view, _page(choice), title, days, series, origin=(reading, kpi), name=name)
    if line.why_none:
        why = text.say(view.lang, line.why_none)
        sheet = replace(sheet, about=replace(sheet.about, notes=(*sheet.about.notes, why)))
    return narrowed(sheet, _cut(choice, view))


def _crossed(name: str, snapshot: Snapshot, view: View) -> Sheet:
    """The values of a dimension under all other choices, the most overdue first."""
    choice, room, readings = _asked(snapshot, view)
    kpi = view.catalog[CARDS[0]]
    reading = readings.get(kpi.id)
    if reading is None:
        raise LookupError("rincian belum tersedia")
    counts = crossed(view.scope, room, choice.query).by[name]
    found = [
        Slice(key=key, label=key, received=c.received, closed=c.closed, open=c.open, overdue=c.overdue)
        for key, c in counts.items()
    ]
    found.sort(key=lambda s: (-s.overdue, -s.open, -s.received, s.key))
    area = _area(choice, view)
    guarded = sensitive if name == "category" and area is not None and small(area) else None
    title = _titled(text.say(view.lang, CROSSED[name]), choice, view)
    sheet = slices(snapshot, view, _page(choice), title, found, (reading, kpi), name=f"menurut-{name}", guarded=guarded)
    return narrowed(sheet, _cut(choice, view))


def _days(snapshot: Snapshot, view: View) -> Sheet:
    """What was received in each stretch of the window, under all other choices."""
    choice, room, readings = _asked(snapshot, view)
    found = crossed(view.scope, room, choice.query).days
    columns = heads(view, ("dari", "Dari", Type.DAY), ("sampai", "Sampai", Type.DAY), ("masuk", "Aduan masuk", Type.WHOLE))
    rows = [(stretch.first, stretch.last, stretch.received) for stretch in found]
    title = _titled(text.say(view.lang, "Aduan masuk menurut hari"), choice, view)
    return _rows(title, "menurut-hari", columns, rows, snapshot, view, choice, readings.values())


def _mapped(snapshot: Snapshot, view: View) -> Sheet:
    """Each kelurahan under all other choices; small counts of a sensitive category or OPD are left out."""
    choice, room, readings = _asked(snapshot, view)
    counts = crossed(view.scope, room, choice.query).by["area"]
    guarded = pointed(view.scope, view.city, opd=choice.opd, category=choice.asked.get("category"))
    codes = [*(area.code for area in view.tree.kelurahan), UNPLACED]
    told = {
        name: by_place({code: getattr(counts.get(code, Counts()), name) for code in codes}, guarded=guarded) for name in MEASURES
    }
    columns = heads(
        view,
        ("kode", "Kode", Type.AREA),
        ("nama", "Nama"),
        *((name, MEASURE_WORDS[name].capitalize(), Type.WHOLE) for name in MEASURES),
    )
    rows = [(code, view.tree.name(code), *(told[name][code] for name in MEASURES)) for code in codes]
    hidden = any(None in row for row in rows)
    notes = ["Hitungan kecil yang sensitif tidak ditampilkan."] if hidden else []
    measured = text.say(view.lang, MEASURE_WORDS[measure_of(choice)])
    title = _titled(f"{text.say(view.lang, 'Per {unit}', unit=view.tree.unit)}, {measured}", choice, view)
    sheet = _rows(title, "peta", columns, rows, snapshot, view, choice, readings.values(), notes)
    return replace(sheet, hidden=hidden)


def _why(snapshot: Snapshot, view: View) -> Sheet:
    """The parts of the change; where it cannot be split, no row but why."""
    choice, room, _ = _asked(snapshot, view)
    kpi = _kpi(choice, view)
    title = _titled(f"{kpi.title[view.lang]}, {text.say(view.lang, 'dari apa perubahan ini tersusun')}", choice, view)
    if choice.query.bound:
        return _rows(title, "perubahan", heads(view, ("kelompok", "Kelompok")), (), snapshot, view, choice, (), [NO_PARTS])
    change = reasons(view.scope, room, kpi, choice.query)
    return narrowed(changed(snapshot, view, _page(choice), title, change, kpi), _cut(choice, view))


def _beside(snapshot: Snapshot, view: View) -> Sheet:
    """The figure now, and with what it is compared, or why there is nothing."""
    choice, room, readings = _asked(snapshot, view)
    kpi = _kpi(choice, view)
    value = value_column(kpi, view.lang)
    gap = replace(value, key="selisih", title=text.say(view.lang, "Selisih"))
    columns = (*heads(view, ("pembanding", "Pembanding")), value, gap, *heads(view, ("alasan", "Mengapa tidak ada nilai")))
    reading, rows = readings.get(kpi.id), []
    if reading is not None and (now := reading.value) is not None:
        rows.append((text.say(view.lang, "Sekarang"), now, None, None))
        found = compared(reading, kpi, year_ago(view.scope, room, kpi, choice.query), snapshot, choice, view)
        for name, other, why in found:
            missing = text.say(view.lang, why) if other is None and why else None
            rows.append((name, other, None if other is None else now - other, missing))
    title = _titled(text.say(view.lang, "Dibandingkan: {kpi}", kpi=kpi.short[view.lang].lower()), choice, view)
    return _rows(title, "pembanding", columns, rows, snapshot, view, choice, [reading] if reading else [], kpi=kpi)


def _others(snapshot: Snapshot, view: View) -> Sheet:
    choice, _, _ = _asked(snapshot, view)
    kpi = _kpi(choice, view)
    title, shown, ranked = among(kpi, snapshot, choice, view)
    names = {opd.slug: opd.short for opd in view.city.opds}
    rows = [(names.get(r.opd or "", r.opd or ""), r) for r in shown]
    said = f"{kpi.title[view.lang]}: {title}"
    return over(snapshot, view, _page(choice), said, kpi, rows, name="opd-lain", ranking=ranked)


def _queue(snapshot: Snapshot, view: View) -> Sheet:
    """Every case of the queue in its order, not only those of the page that is open; what people wrote stays."""
    choice, room, readings = _asked(snapshot, view)
    given, book = choice.asked, view.reach.book(view.scope, choice.opd, None) if view.reach else None
    if "bidang" in given and book is None:
        raise LookupError("kasus tiap bidang belum dapat dibaca")
    handed = book.handed if book else {}
    among_ = [key for key, one in handed.items() if one.division == given["bidang"]] if "bidang" in given else None
    order, urgency, number = given.get("urut", "left"), given.get("urgency"), given.get("cari")
    count, cases = every(view.scope, room, choice.query, order=order, urgency=urgency, number=number, among=among_)
    columns = heads(
        view,
        ("sumber", "Sumber"),
        ("nomor", "Nomor"),
        ("diterima", "Diterima", Type.MOMENT),
        ("kategori", "Kategori"),
        ("wilayah", "Wilayah", Type.AREA),
        ("kanal", "Kanal"),
        ("status", "Status"),
        ("tenggat", "Tenggat", Type.MOMENT),
        ("sisa_jam", "Sisa waktu (jam kerja)", Type.NUMBER),
        ("bidang", "Bidang"),
    )
    rows = (
        (case.source, case.source_id, case.received, case.category, case.area, case.channel, case.status, case.due,
         None if case.left is None else case.left / HOUR, handed[case.key].division if case.key in handed else None)
        for case in cases
    )  # fmt: skip
    said = [(text.say(view.lang, name), given[key]) for key, name in QUEUED.items() if key in given]
    title = _titled(text.say(view.lang, "Antrean tenggat"), choice, view)
    sheet = _rows(title, "antrean", columns, (), snapshot, view, choice, readings.values())
    return narrowed(replace(sheet, rows=rows, count=count), said)


NO_PARTS = "Tidak ada yang dapat diuraikan untuk pilihan ini."
QUEUED = {"urgency": "Sisa waktu", "bidang": "Bidang", "cari": "Cari nomor"}
"""What narrows the queue alone, in words."""
HOUR = 3600


def _kpi(choice: Choice, view: View) -> Kpi:
    """The figure that the page is about."""
    return view.catalog[choice.asked.get("kpi", CARDS[0])]


def _rows(
    title: str,
    name: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
    snapshot: Snapshot,
    view: View,
    choice: Choice,
    readings: Iterable[Reading],
    notes: Sequence[str] = (),
    kpi: Kpi | None = None,
) -> Sheet:
    """A sheet of the desk with its choices."""
    said = [text.say(view.lang, note) for note in notes]
    about = {"readings": readings, "notes": said, "kpis": [kpi] if kpi else []}
    return narrowed(listed(snapshot, view, _page(choice), title, columns, rows, name=name, **about), _cut(choice, view))


SHEETS = {
    "figures": Export(sheet=_figures),
    "course": Export(sheet=_course),
    QUEUE: Export(sheet=_queue, rows=True),
    "why": Export(sheet=_why),
    "map-legend": Export(sheet=_mapped, areas=True, map=True),
    "cross-days": Export(sheet=_days),
    **{f"cross-{name}": Export(sheet=partial(_crossed, name)) for name in CROSSED},
    "beside": Export(sheet=_beside),
    "others": Export(sheet=_others),
}
