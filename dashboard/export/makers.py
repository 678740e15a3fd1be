"""Sheets of what pages show most: figures, a figure over areas or OPDs, days, the parts of a total."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from dashboard import text
from dashboard.export.provenance import provenance
from dashboard.export.sheet import Cell, Column, Row, Sheet, Type
from dashboard.parts.changes import part_words
from layers.fewparts import veiled, without_few
from layers.sentences import compared, say_change
from layers.smallcells import PERSONAL, alone, shown

if TYPE_CHECKING:
    from dashboard.page import Page, View
    from layers.catalog import Kpi
    from layers.contributions import Change
    from layers.drill import Slice
    from layers.ranking import Ranking
    from layers.snapshot import Reading, Snapshot


DECIMALS = {Type.NUMBER: 2, Type.SHARE: 1}
"""Decimals of columns whose figure is no KPI's own."""


def narrowed(sheet: Sheet, filters: Iterable[tuple[str, str]]) -> Sheet:
    """The sheet with more choices in its provenance: of a page that asks for more than all pages do."""
    return replace(sheet, about=replace(sheet.about, filters=(*sheet.about.filters, *filters)))


def listed(
    snapshot: Snapshot,
    view: View,
    page: Page,
    title: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
    *,
    name: str,
    **about: Any,
) -> Sheet:
    """Rows of any columns; ``about`` is what :func:`provenance` takes."""
    origin = provenance(snapshot, view, page, title, **about)
    return Sheet(name=name, title=title, columns=tuple(columns), rows=rows, count=len(rows), about=origin)


def heads(view: View, *named: tuple[str, str] | tuple[str, str, Type]) -> tuple[Column, ...]:
    """Columns by their keys, words (Indonesian) and types."""
    found = []
    for key, words, *kind in named:
        type_ = kind[0] if kind else Type.TEXT
        unit = "rupiah" if type_ is Type.MONEY else None
        found.append(Column(key=key, title=text.say(view.lang, words), type=type_, unit=unit, decimals=DECIMALS.get(type_, 0)))
    return tuple(found)


def value_column(kpi: Kpi, lang: str, key: str = "nilai", *, title: str | None = None) -> Column:
    """The column of a KPI's values: of which type they are, in which unit, with how many decimals."""
    types = {"persen": Type.SHARE, "rupiah": Type.MONEY}
    type_ = types.get(kpi.unit) or (Type.WHOLE if kpi.additive and kpi.decimals == 0 else Type.NUMBER)
    return Column(key=key, title=title or kpi.short[lang], type=type_, unit=kpi.unit, decimals=kpi.decimals)  # type: ignore[index]


def figures(
    snapshot: Snapshot,
    view: View,
    page: Page,
    title: str,
    found: Iterable[tuple[Kpi, Reading | None]],
    *,
    name: str = "angka",
) -> Sheet:
    """The figures of a page's cards, one a row: the value, its target and change, the age, and what it means."""
    lang, zone_of = view.lang, [(kpi, reading) for kpi, reading in found]
    say = lambda words: text.say(lang, words)  # noqa: E731 - said for each heading
    columns = (
        Column(key="kpi", title=say("Kode")),
        Column(key="angka", title=say("Angka")),
        Column(key="nilai", title=say("Nilai"), type=Type.NUMBER, decimals=2),
        Column(key="satuan", title=say("Satuan")),
        Column(key="target", title=say("Target"), type=Type.NUMBER, decimals=2),
        Column(key="perubahan", title=say("Perubahan"), type=Type.NUMBER, decimals=2),
        Column(key="n", title="n", type=Type.WHOLE),
        Column(key="data_per", title=say("Data per"), type=Type.MOMENT),
        Column(key="alasan", title=say("Mengapa tidak ada nilai")),
    )
    rows: list[Row] = [
        (
            kpi.id,
            kpi.title[lang],
            r.value if r else None,
            kpi.unit,
            r.target if r else None,
            r.change if r else None,
            r.n if r else None,
            r.freshness.observed_at if r else None,
            (r.why_none if r else say("belum dihitung")),
        )
        for kpi, r in zone_of
    ]
    kpis, readings = [kpi for kpi, _ in zone_of], [r for _, r in zone_of if r]
    return listed(snapshot, view, page, title, columns, rows, name=name, kpis=kpis, readings=readings)


def over(
    snapshot: Snapshot,
    view: View,
    page: Page,
    title: str,
    kpi: Kpi,
    rows: Sequence[tuple[str, Reading]],
    *,
    name: str,
    ranking: Ranking | None = None,
    notes: Iterable[str] = (),
) -> Sheet:
    """One figure over areas or OPDs in the order given, with what each value rests on and the ranks that chance leaves open."""
    lang, places = view.lang, any(r.opd is None for _, r in rows)
    say = lambda words: text.say(lang, words)  # noqa: E731 - said for each heading
    standing = {row.key: row for row in ranking.rows} if ranking else {}
    lacking = {row.key: row.why for row in ranking.lacking} if ranking else {}
    value = value_column(kpi, lang)

    def alike(key: str, words: str) -> Column:
        return Column(key=key, title=say(words), type=value.type, unit=value.unit, decimals=value.decimals)

    columns = (
        Column(key="kode", title=say("Kode"), type=Type.AREA if places else Type.TEXT),
        Column(key="nama", title=say("Nama")),
        value,
        Column(key="n", title="n", type=Type.WHOLE),
        alike("target", "Target"),
        alike("bawah", "Batas bawah 95 %"),
        alike("atas", "Batas atas 95 %"),
        alike("perubahan", "Perubahan"),
        *(
            (
                Column(key="peringkat_dari", title=say("Peringkat dari"), type=Type.WHOLE),
                Column(key="peringkat_sampai", title=say("Peringkat sampai"), type=Type.WHOLE),
            )
            if ranking
            else ()
        ),
        Column(key="data_per", title=say("Data per"), type=Type.MOMENT),
        Column(key="alasan", title=say("Mengapa tidak ada nilai atau peringkat")),
    )

    def row(called: str, r: Reading) -> Row:
        key = r.opd or r.area
        place = standing.get(key)
        ranks = ((place.first, place.last) if place else (None, None)) if ranking else ()
        proof = r.evidence
        low, high = (proof.low, proof.high) if proof.low is not None else (None, None)
        why = r.why_none or lacking.get(key)
        return (key, called, r.value, r.n, r.target, low, high, r.change, *ranks, r.freshness.observed_at, why)

    found, readings = [row(called, r) for called, r in rows], [r for _, r in rows]
    return listed(snapshot, view, page, title, columns, found, name=name, kpis=[kpi], readings=readings, notes=notes)


def crosswise(
    snapshot: Snapshot,
    view: View,
    page: Page,
    title: str,
    kpis: Sequence[Kpi],
    rows: Sequence[tuple[str, str, Mapping[str, Reading]]],
    *,
    name: str,
    places: bool = False,
) -> Sheet:
    """Several figures of areas or OPDs side by side: (key, name, readings by KPI) a row; each value with on how many cases it
    rests."""
    columns = [
        Column(key="kode", title=text.say(view.lang, "Kode"), type=Type.AREA if places else Type.TEXT),
        Column(key="nama", title=text.say(view.lang, "Nama")),
    ]
    for kpi in kpis:
        columns += [value_column(kpi, view.lang, kpi.id), Column(key=f"{kpi.id}_n", title="n", type=Type.WHOLE)]

    def cells(found: Mapping[str, Reading]) -> Iterator[Cell]:
        for kpi in kpis:
            r = found.get(kpi.id)
            yield from (r.value, r.n) if r else (None, None)

    table = [(key, called, *cells(found)) for key, called, found in rows]
    readings = [found[kpi.id] for kpi in kpis for *_, found in rows if kpi.id in found]
    return listed(snapshot, view, page, title, columns, table, name=name, kpis=kpis, readings=readings)


def changed(snapshot: Snapshot, view: View, page: Page, title: str, change: Change, kpi: Kpi, **about: Any) -> Sheet:
    """The parts of a change, mix and rate apart, those that could name a person among the others (:mod:`layers.fewparts`).

    ``about`` is what :func:`provenance` takes beside the figure and its periods.
    """
    told = change
    if kpi.kind in PERSONAL:
        here = alone(view.scope, view.city, view.tree, area=change.area, opd=change.opd, category=None)
        told = veiled(change) if here else without_few(change, view.city, view.tree)
    value = value_column(kpi, view.lang)
    headings = (("porsi", "Porsi"), ("tingkat", "Tingkat"), ("jumlah", "Jumlah"))
    columns = (
        *heads(view, ("kelompok", "Kelompok")),
        *(replace(value, key=key, title=text.say(view.lang, words)) for key, words in headings),
        *heads(view, ("n_dahulu", "n dahulu", Type.WHOLE), ("n_kini", "n kini", Type.WHOLE)),
    )
    rows = [(part_words(part, change, view), part.mix, part.rate, part.total, *part.n) for part in told.parts]
    about |= {
        "kpis": [kpi],
        "period": compared(change, view.city, view.lang),
        "notes": [say_change(told, view.catalog, view.tree, view.city, view.lang)],
    }
    sheet = listed(snapshot, view, page, title, columns, rows, name="perubahan", **about)
    return replace(sheet, title=text.say(view.lang, "Angkanya"), hidden=told is not change)


def daily(
    snapshot: Snapshot,
    view: View,
    page: Page,
    title: str,
    days: Sequence[str],
    series: Mapping[str, tuple[Column, Sequence[float | None]]],
    *,
    origin: tuple[Reading, Kpi],
    formula: str | None = None,
    name: str = "per-hari",
) -> Sheet:
    """Values by local day (ISO), a column for each series."""
    columns = (Column(key="hari", title=text.say(view.lang, "Hari"), type=Type.DAY), *(column for column, _ in series.values()))
    values = [some for _, some in series.values()]
    rows = [(date.fromisoformat(day), *(some[k] for some in values)) for k, day in enumerate(days)]
    kpis = [] if formula else [origin[1]]
    period = f"{days[0]} – {days[-1]}" if days else "-"
    about = {"kpis": kpis, "readings": [origin[0]], "formula": formula, "period": period}
    return listed(snapshot, view, page, title, columns, rows, name=name, **about)


SLICED = ("received", "closed", "open", "overdue")


def slices(
    snapshot: Snapshot,
    view: View,
    page: Page,
    title: str,
    found: Sequence[Slice],
    origin: tuple[Reading, Kpi],
    *,
    name: str,
    guarded: Callable[[str], bool] | None = None,
) -> Sheet:
    """What a total is made of, every part of it; in a small area small counts of ``guarded`` keys are left out
    (:mod:`layers.smallcells`)."""
    lang = view.lang
    heads = zip(
        ("diterima", "selesai", "terbuka", "lewat_tenggat"), ("Diterima", "Selesai", "Terbuka", "Lewat tenggat"), strict=True
    )
    columns = (
        Column(key="kode", title=text.say(lang, "Kode")),
        Column(key="nama", title=text.say(lang, "Nama")),
        *(Column(key=key, title=text.say(lang, words), type=Type.WHOLE, unit="aduan") for key, words in heads),
    )
    counts = [{s.key: getattr(s, figure) for s in found} for figure in SLICED]
    if guarded:
        counts = [dict(shown(counted, guarded)) for counted in counts]
    rows = [(s.key, s.label, *(counted[s.key] for counted in counts)) for s in found]
    hidden = any(None in row for row in rows)
    notes = [text.say(lang, "Hitungan kecil yang sensitif tidak ditampilkan.")] if hidden else []
    reading, kpi = origin
    sheet = listed(snapshot, view, page, title, columns, rows, name=name, kpis=[kpi], readings=[reading], notes=notes)
    return replace(sheet, hidden=hidden)
