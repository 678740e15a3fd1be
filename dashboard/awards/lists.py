"""The lists of praise, each as rows ready for paper: who, by how much, with which interval, on how many cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from dashboard import text
from dashboard.parts.marks import source_titles
from dashboard.parts.standings import number, rank_words, said
from layers import praise
from layers.catalog import Share
from layers.explain import place, short
from layers.improvement import improved
from layers.ranking import LEAST, at_level, least, of_level
from layers.snapshot import Reading, Snapshot

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi
    from layers.room import Room

IMPROVED = ("selesai_tepat_waktu", "layanan_tepat_waktu")
FASTEST = "lama_penyelesaian"
UPDATED, POSTS = "situs_pembaruan", "medsos_per_minggu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One who is praised; ``n`` is ``None`` where nothing is counted. ``reading`` is what the row can be walked back to.

    ``measured`` is what ``value`` and ``interval`` say, as numbers of the award's ``unit``: the value, its lowest, its highest.
    """

    rank: str
    name: str
    value: str
    interval: str | None
    n: int | None
    measured: tuple[float, float | None, float | None]
    reading: Reading | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """A list: for what it praises, its rows the best first, its rule in words, and how many were compared or too few.

    ``why`` says why there is no row; ``seen`` is the age of the data.
    """

    id: str
    kpi: Kpi
    unit: str
    title: str
    lead: str
    formula: str
    rule: str
    sources: str
    rows: tuple[Row, ...]
    compared: int
    lacking: int
    barred: int
    seen: datetime | None
    why: str | None


def improved_opds(name: str, snapshot: Snapshot, view: View) -> Award | None:
    """OPDs whose share certainly rose, or fell where less is better, against the 30 days before."""
    kpi, lang = view.catalog.get(name), view.lang
    if kpi is None or not isinstance(kpi.form, Share):
        return None
    readings = at_level(snapshot, view.tree, kpi, "opd")
    enough = [
        r for r in readings if r.value is not None and min(r.evidence.denominator or 0, r.evidence.earlier or 0) >= least(kpi)
    ]
    by_opd = {r.opd: r for r in readings}
    rows = tuple(
        Row(
            rank=str(k),
            name=_opd(one.key, view),
            value=text.say(lang, "{change} poin, kini {value}", change=text.signed(one.change, kpi.decimals, lang),
                           value=text.quantity(one.value, kpi.unit, kpi.decimals, lang)),
            interval=_between(text.signed(one.low, kpi.decimals, lang), text.signed(one.high, kpi.decimals, lang), view),
            n=one.n,
            measured=(one.change, one.low, one.high),
            reading=by_opd.get(one.key),
        )
        for k, one in enumerate(improved(kpi, readings), 1)
    )  # fmt: skip
    return _award(
        f"membaik-{name}",
        kpi,
        "poin",
        text.say(lang, "OPD paling membaik: {kpi}", kpi=kpi.short[lang].lower()),
        text.say(lang, "Membaik secara nyata dari 30 hari sebelumnya, yang paling pasti lebih dahulu."),
        text.say(
            lang,
            "Hanya yang selang 95 % perubahannya seluruhnya di atas nol (Newcombe 1998), dengan sedikitnya {n} kasus di "
            "kedua kurun.",
            n=least(kpi),
        ),
        rows,
        readings,
        compared=len(enough),
        lacking=len(readings) - len(enough),
        view=view,
    )


def fastest_places(snapshot: Snapshot, view: View) -> Award | None:
    """Kelurahan that may be the fastest and are certainly faster than the city."""
    kpi, lang = view.catalog.get(FASTEST), view.lang
    ranking = of_level(snapshot, view.tree, kpi, "kelurahan") if kpi else None
    if kpi is None or ranking is None:
        return None
    rows = tuple(
        Row(
            rank=rank_words(row),
            name=place(row.key, view.tree),
            value=said(row.value, ranking, kpi, view),
            interval=_between(number(row.low, ranking, kpi, view), number(row.high, ranking, kpi, view), view),
            n=row.n,
            measured=(row.value, row.low, row.high),
            reading=snapshot.reading(kpi.id, row.key),
        )
        for row in praise.best(ranking)
    )
    return _award(
        "tercepat",
        kpi,
        kpi.unit,
        text.say(lang, "{unit} tercepat menyelesaikan aduan", unit=view.tree.unit.capitalize()),
        text.say(lang, "Terdepan, atau tidak berbeda nyata darinya, dan pasti lebih cepat daripada seluruh wilayah."),
        text.say(
            lang,
            "Sedikitnya {n} kasus; selang 95 % dari urutan data; peringkat 1\N{EN DASH}4 berarti siapa yang lebih cepat di "
            "antara mereka tidak dapat dipastikan.",
            n=least(kpi),
        ),
        rows,
        at_level(snapshot, view.tree, kpi, "kelurahan"),
        compared=len(ranking.rows),
        lacking=len(ranking.lacking),
        view=view,
    )


def active_sites(snapshot: Snapshot, view: View) -> Award | None:
    """Sites updated most recently."""
    lang = view.lang

    def told(site: praise.Active) -> Row:
        return Row(
            rank=_ranks(site),
            name=" · ".join(filter(None, (site.name, short(site.opd, view.city)))),
            value=text.say(lang, "diperbarui {days} hari lalu", days=text.number(site.value, 0, lang)),
            interval=None,
            n=None,
            measured=(site.value, None, None),
        )

    return _active(
        "situs",
        UPDATED,
        "hari",
        praise.sites,
        told,
        text.say(lang, "Situs paling mutakhir"),
        text.say(lang, "Situs yang paling baru diperbarui."),
        text.say(
            lang,
            "Hanya situs yang terjangkau, tidak bertanda diretas atau diparkir, dan diperbarui dalam {n} hari; "
            "yang diperbarui pada hari yang sama berbagi peringkat.",
            n=praise.RECENT,
        ),
        text.say(lang, "hari sejak pembaruan terakhir situs; tiap situs diperiksa, jadi tanpa selang"),
        snapshot,
        view,
    )


def active_accounts(snapshot: Snapshot, view: View) -> Award | None:
    """OPDs that told the most on their official accounts."""
    lang = view.lang

    def told(opd: praise.Active) -> Row:
        return Row(
            rank=_ranks(opd),
            name=_opd(opd.name, view),
            value=text.say(lang, "{posts} kiriman dari {n} akun", posts=text.number(opd.value, 0, lang), n=opd.n),
            interval=_between(text.number(opd.low or 0, 0, lang), text.number(opd.high or 0, 0, lang), view),
            n=int(opd.value),
            measured=(opd.value, opd.low, opd.high),
        )

    return _active(
        "medsos",
        POSTS,
        "kiriman",
        praise.accounts,
        told,
        text.say(lang, "Media sosial paling aktif"),
        text.say(lang, "OPD dengan kiriman terbanyak, atau tidak berbeda nyata darinya."),
        text.say(lang, "Sedikitnya {n} kiriman; selang 95 % Poisson (Garwood 1936) menentukan peringkat yang mungkin.", n=LEAST),
        text.say(lang, "kiriman semua akun resmi OPD dalam 30 x 24 jam terakhir"),
        snapshot,
        view,
    )


def awards(snapshot: Snapshot, view: View) -> tuple[Award, ...]:
    """Every list that the catalogue of the city has."""
    asked: list[Callable[[], Award | None]] = [
        *(lambda name=name: improved_opds(name, snapshot, view) for name in IMPROVED),  # type: ignore[misc]
        lambda: fastest_places(snapshot, view),
        lambda: active_sites(snapshot, view),
        lambda: active_accounts(snapshot, view),
    ]
    return tuple(award for ask in asked if (award := ask()) is not None)


IDS = (*(f"membaik-{name}" for name in IMPROVED), "tercepat", "situs", "medsos")


def _opd(slug: str, view: View) -> str:
    opd = view.city.opd(slug)
    return opd.name if opd else slug


def _ranks(one: praise.Active) -> str:
    return str(one.first) if one.first == one.last else f"{one.first}\N{EN DASH}{one.last}"


def _between(low: str, high: str, view: View) -> str:
    return text.say(view.lang, "{low} sampai {high}", low=low, high=high)


def _award(
    id: str,  # noqa: A002 - the award's
    kpi: Kpi,
    unit: str,
    title: str,
    lead: str,
    rule: str,
    rows: tuple[Row, ...],
    readings: Sequence[Reading],
    *,
    compared: int,
    lacking: int,
    view: View,
) -> Award:
    some = next((r for r in readings if r.freshness.observed_at), None)
    none = next((r.why_none for r in readings if r.why_none), None) if compared == 0 else None
    nobody = text.say(view.lang, "Belum ada yang nyata lebih baik: tidak ada pujian dari kebetulan.")
    return Award(
        id=id,
        kpi=kpi,
        unit=unit,
        title=title,
        lead=lead,
        formula=kpi.formula[view.lang],
        rule=rule,
        sources=source_titles(some.evidence.sources if some else (), view),
        rows=rows,
        compared=compared,
        lacking=lacking,
        barred=0,
        seen=some.freshness.observed_at if some else None,
        why=None if rows else none or nobody,
    )


def _active(
    id: str,  # noqa: A002 - the award's
    name: str,
    unit: str,
    find: Callable[[Room], praise.Activity],
    told: Callable[[praise.Active], Row],
    title: str,
    lead: str,
    rule: str,
    formula: str,
    snapshot: Snapshot,
    view: View,
) -> Award | None:
    """A list of who was active, or ``None`` where the city has no such figure; each row leads back to the OPD's reading."""
    kpi = view.catalog.get(name)
    if kpi is None or view.figures is None:
        return None
    found = find(view.figures())
    rows = tuple(replace(told(one), reading=snapshot.reading(kpi.id, opd=one.opd) if one.opd else None) for one in found.rows)
    whole = snapshot.reading(kpi.id)
    few = "Belum ada yang cukup datanya untuk dipuji."
    old = "Belum ada yang nyata lebih aktif dari yang lain, atau yang terakhir aktif sudah terlalu lama."
    down = "Semua yang diperiksa tidak terjangkau atau bertanda diretas atau diparkir."
    nobody = text.say(view.lang, old if found.compared else down if found.barred and not found.lacking else few)
    return Award(
        id=id,
        kpi=kpi,
        unit=unit,
        title=title,
        lead=lead,
        formula=formula,
        rule=rule,
        sources=source_titles(found.sources, view),
        rows=rows,
        compared=found.compared,
        lacking=found.lacking,
        barred=found.barred,
        seen=whole.freshness.observed_at if whole else None,
        why=None if rows else (whole.why_none if whole and whole.why_none and not found.compared else nobody),
    )


def known_as(view: View) -> Mapping[str, str]:
    """Short names of the lists, for the choice of one."""
    words = ("OPD membaik: aduan", "OPD membaik: layanan", "Tercepat", "Situs", "Media sosial")
    return {name: text.say(view.lang, said_) for name, said_ in zip(IDS, words, strict=True)}
