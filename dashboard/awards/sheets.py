"""What can be taken away of the lists that praise: each with its values, intervals and rule."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from dashboard import text
from dashboard.awards.lists import IDS, awards
from dashboard.export.makers import heads, listed
from dashboard.export.sheet import NothingError, Sheet, Type
from dashboard.page import Export, Page, find_page

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.snapshot import Snapshot

PATH = "/penghargaan"


def _page() -> Page:
    found = find_page(PATH)
    if found is None:
        raise LookupError(PATH)
    return found[0]


def _award(name: str, snapshot: Snapshot, view: View) -> Sheet:
    """A list with all of its rows; none where the page shows another one alone, or the city has no such figure."""
    if view.params.get("daftar") not in (None, name):
        raise NothingError
    award = next((award for award in awards(snapshot, view) if award.id == name), None)
    if award is None:
        raise NothingError
    say = partial(text.say, view.lang)
    columns = heads(
        view,
        ("peringkat", "Peringkat"),
        ("nama", "Nama"),
        ("nilai", "Nilai", Type.NUMBER),
        ("satuan", "Satuan"),
        ("bawah", "Batas bawah 95 %", Type.NUMBER),
        ("atas", "Batas atas 95 %", Type.NUMBER),
        ("n", "n", Type.WHOLE),
        ("keterangan", "Keterangan"),
    )
    rows = [(row.rank, row.name, row.measured[0], say(award.unit), *row.measured[1:], row.n, row.value) for row in award.rows]
    compared = say("{n} dibandingkan, {few} belum cukup data", n=award.compared, few=award.lacking)
    return listed(
        snapshot,
        view,
        _page(),
        award.title,
        columns,
        rows,
        name=name,
        kpis=[award.kpi],
        readings=[found] if (found := snapshot.reading(award.kpi.id)) else [],
        formula=award.formula,
        notes=[note for note in (award.lead, award.rule, compared, award.why) if note],
    )


SHEETS = {f"award-{name}": Export(sheet=partial(_award, name)) for name in IDS}
