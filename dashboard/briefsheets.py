"""What can be taken away of a brief: what changed, an OPD's figures, and what is overdue with whom; as it was made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from dashboard import text
from dashboard.export.makers import heads, listed
from dashboard.export.sheet import NothingError, Sheet, Type
from dashboard.page import Export, find_page
from dashboard.parts.brief import Desk
from layers import briefwords as words
from layers.briefs import may_read

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.brieftypes import Brief, Figure
    from layers.snapshot import Snapshot

PATH = "/ringkasan"


def chosen_day(view: View) -> date | None:
    """The day in the address; one that does not exist is none."""
    try:
        return date.fromisoformat(view.params["tanggal"])
    except (KeyError, ValueError):
        return None


def own(view: View) -> list[str]:
    """The OPDs whose digests are the asker's, by their slugs."""
    return sorted(view.scope.opds or ()) if view.scope.areas is None else []


def _brief(view: View) -> Brief:
    """The brief that the page shows: of the OPD in the address, of the city, or of the only OPD that the asker leads."""
    opd = view.params.get("opd")
    if opd is None and not may_read(view.scope):
        if len(slugs := own(view)) != 1:
            raise NothingError
        opd = slugs[0]
    shelf = view.shelf(opd, chosen_day(view))
    if shelf is None:
        raise LookupError("ringkasan belum dapat dibaca")
    if shelf.brief is None:
        raise NothingError
    return shelf.brief


def _sheet(brief: Brief, title: str, name: str, columns: Any, rows: Sequence[Any], snapshot: Snapshot, view: View) -> Sheet:
    """The notes say when the brief was made, and of which snapshot."""
    page = find_page(f"{PATH}/{view.params['opd']}" if "opd" in view.params else PATH)
    if page is None:
        raise NothingError
    tell = Desk(view)
    said = f"{words.title(brief, tell)}, {tell.day(brief.day)}: {title}"
    return listed(snapshot, view, page[0], said, columns, rows, name=name, notes=[words.made(brief, tell)])


def _figures(found: Sequence[tuple[Figure, str | None]], brief: Brief, title: str, snapshot: Snapshot, view: View) -> Sheet:
    columns = heads(
        view,
        ("kpi", "Kode"),
        ("angka", "Angka"),
        ("wilayah", "Wilayah", Type.AREA),
        ("opd", "OPD"),
        ("nilai", "Nilai", Type.NUMBER),
        ("satuan", "Satuan"),
        ("n", "n", Type.WHOLE),
        ("perubahan", "Perubahan", Type.NUMBER),
        ("terhadap", "Dibandingkan"),
        ("target", "Target", Type.NUMBER),
        ("data_per", "Data per", Type.MOMENT),
        ("sebab", "Penyumbang"),
    )
    rows = [
        (
            f.kpi,
            f.title[view.lang],
            f.area,
            f.opd,
            f.value,
            f.unit,
            f.n,
            f.change,
            f.against[view.lang],
            f.target,
            f.observed,
            why,
        )
        for f, why in found
    ]
    return _sheet(brief, title, "angka", columns, rows, snapshot, view)


def _things(snapshot: Snapshot, view: View) -> Sheet:
    brief = _brief(view)
    found = [(thing.figure, thing.cause[view.lang] if thing.cause else None) for thing in brief.things]
    return _figures(found, brief, words.changes_title(brief, Desk(view)), snapshot, view)


def _own_figures(snapshot: Snapshot, view: View) -> Sheet:
    brief = _brief(view)
    if brief.opd is None:
        raise NothingError
    return _figures([(f, None) for f in brief.figures], brief, text.say(view.lang, "Angka OPD terhadap target"), snapshot, view)


def _queues(snapshot: Snapshot, view: View) -> Sheet:
    brief = _brief(view)
    columns = heads(
        view,
        ("opd", "OPD"),
        ("nama", "Nama"),
        ("terbuka", "Terbuka", Type.WHOLE),
        ("lewat", "Lewat tenggat", Type.WHOLE),
        ("terlama", "Terlama sejak", Type.MOMENT),
        ("hari_ini", "Hari ini", Type.WHOLE),
        ("jam72", "72 jam", Type.WHOLE),
    )
    rows = [(q.opd, q.name, q.open, q.overdue, q.longest, q.today, q.soon) for q in brief.queues]
    return _sheet(brief, text.say(view.lang, "Lewat tenggat, pada siapa"), "lewat-tenggat", columns, rows, snapshot, view)


SHEETS = {
    "ringkasan-things": Export(sheet=_things),
    "ringkasan-figures": Export(sheet=_own_figures),
    "ringkasan-queues": Export(sheet=_queues),
}
