"""Where a sheet came from, made from a page's view and said in lines that every format carries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dashboard import text
from dashboard.export.sheet import Origin, Provenance
from dashboard.page import FILTERS
from dashboard.parts.download import page_address
from layers import clock
from layers.catalog import Window
from layers.snapshot import Freshness, Reading, Snapshot

if TYPE_CHECKING:
    from dashboard.page import Page, View
    from layers.catalog import Kpi

NAMES = {"category": "Kategori", "channel": "Kanal", "opd": "OPD", "days": "Rentang"}
PERIODS = {
    Window.NOW: "keadaan saat ini",
    Window.TODAY: "hari ini",
    Window.DAYS30: "{days} hari terakhir",
    Window.YEAR: "tahun ini",
}


def provenance(
    snapshot: Snapshot,
    view: View,
    page: Page,
    title: str,
    *,
    kpis: Iterable[Kpi] = (),
    readings: Iterable[Reading] = (),
    formula: str | None = None,
    period: str | None = None,
    filters: Iterable[tuple[str, str]] = (),
    notes: Iterable[str] = (),
) -> Provenance:
    """What a sheet of a page rests on.

    ``readings`` are those whose sources, ages and missing values count; ``formula`` is said where the sheet shows more
    than its figures, ``filters`` are choices beside those of the address.
    """
    lang, kpis, readings = view.lang, list(kpis), list(readings)
    said = [(text.say(lang, NAMES[name]), _value(name, value, view)) for name in FILTERS if (value := view.params.get(name))]
    window = next((kpi.window for kpi in kpis), None)
    days = view.params.get("days", "30")
    known = {source.source: source for source in snapshot.sources}
    titles = {source.name: source.title for source in view.city.sources}
    seen: dict[str, Freshness] = {}
    for reading in readings:
        for name in reading.evidence.sources:
            seen.setdefault(name, known[name].freshness if name in known else reading.freshness)
    formulas = [(text.say(lang, "Grafik"), formula)] if formula else []
    return Provenance(
        city=view.city,
        lang=lang,
        title=title,
        page=page.title[lang],
        address=page_address(page, view),
        version=snapshot.version,
        moment=snapshot.built_at,
        taken=clock.now(),
        whose=_whose(view),
        filters=(*said, *filters),
        period=period or (text.say(lang, PERIODS[window], days=days) if window else None),
        formulas=(*formulas, *((kpi.title[lang], kpi.formula[lang]) for kpi in kpis)),
        rules=tuple(dict.fromkeys(rule_words(kpi) for kpi in kpis)),
        sources=tuple(Origin(name=name, title=titles.get(name, name), freshness=age) for name, age in sorted(seen.items())),
        notice=snapshot.notice,
        missing=tuple(dict.fromkeys(r.why_none for r in readings if r.why_none)),
        notes=tuple(notes),
    )


def _value(name: str, value: str, view: View) -> str:
    if name == "opd":
        opd = view.city.opd(value)
        return opd.name if opd else value
    return text.say(view.lang, "{days} hari", days=value) if name == "days" else value


def rule_words(kpi: Kpi) -> str:
    """The rule behind a figure, with its article."""
    rule = kpi.rule
    return ", ".join(filter(None, (rule.name, rule.article)))


def _whose(view: View) -> str:
    """Whose rows the figures count: the whole city's, or those within the asker's rights."""
    scope, said = view.scope, []
    if scope.opds is not None:
        said.append(", ".join(sorted(scope.opds)) or "-")
    if scope.areas is not None:
        said.append(", ".join(view.tree.name(code) for code in sorted(scope.areas)) or "-")
    if scope.categories is not None:
        said.append(", ".join(sorted(scope.categories)) or "-")
    return " · ".join(said) or text.say(view.lang, "seluruh kota")


def lines(about: Provenance) -> list[tuple[str, str]]:
    """The provenance as pairs of a name and its words, in the order in which people ask."""
    lang, zone = about.lang, about.city.zone

    def when(moment: object) -> str:
        return f"{text.moment(moment, zone, lang)} {text.zone_mark(moment, zone)}" if moment else text.say(lang, "belum pernah")  # type: ignore[arg-type]

    found = [
        ("Judul", about.title),
        ("Catatan", about.notice),
        ("Kota", f"{about.city.name} ({about.city.code})"),
        ("Lingkup", about.whose),
        *about.filters,
        ("Periode", about.period),
        *((f"{text.say(lang, 'Rumus')}: {name}", formula) for name, formula in about.formulas),
        *(("Aturan", rule) for rule in about.rules),
        *((f"{text.say(lang, 'Sumber')}: {s.title}", _age(s, about, when(s.freshness.observed_at))) for s in about.sources),
        *(("Nilai yang tidak ada", why) for why in about.missing),
        *(("Keterangan", note) for note in about.notes),
        ("Potret", text.say(lang, "versi {version}, disusun {when}", version=str(about.version), when=when(about.moment))),
        ("Diunduh", when(about.taken)),
        ("Alamat", about.address),
    ]
    return [(text.say(lang, name), " ".join(words.split())) for name, words in found if words]


def _age(source: Origin, about: Provenance, observed: str) -> str:
    if source.freshness.observed_at is None:
        return text.say(about.lang, "belum ada data")
    age = text.age((about.taken - source.freshness.observed_at).total_seconds(), about.lang)
    return text.say(about.lang, "data s.d. {when}", when=observed) + f" ({age})"


def line(about: Provenance) -> str:
    """The one line under a picture: whose figures, of when, from which sources, which snapshot."""
    lang, zone = about.lang, about.city.zone
    sources = ", ".join(source.title for source in about.sources)
    said = [
        about.notice,
        about.city.name,
        about.period,
        *(f"{name}: {value}" for name, value in about.filters),
        f"{text.say(lang, 'sumber')} {sources}" if sources else None,
        f"{text.moment(about.moment, zone, lang)} {text.zone_mark(about.moment, zone)}",
        text.say(lang, "potret {version}", version=str(about.version)),
        about.address,
    ]
    return " · ".join(filter(None, said))
