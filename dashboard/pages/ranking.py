"""The ranking: one figure over OPDs, kecamatan or kelurahan, what chance leaves open, the funnel plot, how even it is."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import htpy
from htpy import a, button, div, form, h1, h2, header, label, li, ol, optgroup, option, p, section, select, span, strong

from dashboard import text
from dashboard.page import EVERYONE, AreaPaint, Page
from dashboard.parts.evenness import evenness
from dashboard.parts.frame import banner, desk, sources_state
from dashboard.parts.funnel import funnel_plot
from dashboard.parts.standings import number, per, rank_words, said, standings
from dashboard.places.address import area_address
from dashboard.ranked import PATH, SHEETS, chosen, level_words, name_of
from layers.catalog import Share
from layers.equity import equity, measurable
from layers.funnel import funnel
from layers.improvement import improved
from layers.praise import best as best_of
from layers.ranking import LEVELS, Ranked, Ranking, at_level, of_level, rankable
from layers.snapshot import Snapshot

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.catalog import Kpi

PRAISED = 5
EVEN = "laju_aduan"
"""An example of a figure that can be spread evenly or not."""


def parts(snapshot: Snapshot, view: View) -> dict[str, htpy.Element]:
    """What a new snapshot can change."""
    kpi, level = chosen(view)
    ranking = of_level(snapshot, view.tree, kpi, level)
    return {
        "notice": banner(snapshot),
        "sources-state": sources_state(snapshot, view),
        "rank-head": _head(kpi, level, view),
        "rank-form": _form(kpi, level, view),
        "standings": _standings(snapshot, ranking, kpi, level, view),
        "praise": _praise(snapshot, ranking, kpi, level, view),
        "funnel": _funnel(ranking, kpi, level, view),
        "equity": _equity(snapshot, kpi, view),
    }


def layout(found: dict[str, htpy.Element], view: View, _paint: Mapping[str, AreaPaint]) -> htpy.Element:
    """The ranking at the left; at the right who is to be followed, the funnel, how even it is, and the method."""
    return desk(
        view,
        PATH,
        found["sources-state"],
        found["notice"],
        found["rank-head"],
        found["rank-form"],
        div(".ranked")[found["standings"], div(".ranked-side")[found["praise"], found["funnel"], found["equity"], _method(view)]],
    )


def _address(kpi: str, level: str) -> str:
    return f"{PATH}?{urlencode({'kpi': kpi, 'level': level})}"


def _head(kpi: Kpi, level: Ranked, view: View) -> htpy.Element:
    of = " ".join(filter(None, (kpi.title[view.lang], per(kpi, view) if level != "opd" else "")))
    return header(".page-head", id="rank-head")[
        h1[text.say(view.lang, "Peringkat {level}", level=level_words(level, view))],
        p(".lead")[of],
        p(".aside")[kpi.formula[view.lang]],
        p(".aside.own")[text.say(view.lang, "seluruh wilayah")] if view.limited else None,
    ]


def _form(kpi: Kpi, level: Ranked, view: View) -> htpy.Element:
    """Which figure, over whom; it is sent by a button, so that no script is needed."""
    some = [k for k in view.catalog.values() if any(rankable(k, at) for at in LEVELS) or measurable(k)]
    groups = groupby(sorted(some, key=lambda k: (k.concept, k.title[view.lang])), key=lambda k: k.concept)
    return form(".filters", id="rank-form", method="get", action=PATH, aria_label=text.say(view.lang, "Pilih peringkat"))[
        label(".on")[
            text.say(view.lang, "Angka"),
            select(name="kpi")[
                [
                    optgroup(label=concept)[[option(value=k.id, selected=k.id == kpi.id)[k.title[view.lang]] for k in members]]
                    for concept, members in groups
                ]
            ],
        ],
        label(".on")[
            text.say(view.lang, "Menurut"),
            select(name="level")[
                [
                    option(value=at, selected=at == level)[level_words(at, view).capitalize() if at != "opd" else "OPD"]
                    for at in LEVELS
                ]
            ],
        ],
        button(".button", type="submit")[text.say(view.lang, "Tampilkan")],
    ]


def _standings(snapshot: Snapshot, ranking: Ranking | None, kpi: Kpi, level: Ranked, view: View) -> htpy.Element:
    title = text.say(view.lang, "Peringkat, terbaik dahulu")
    if kpi.better == "neutral":
        title = text.say(view.lang, "Urutan, tertinggi dahulu")
    if ranking is None:
        return _unranked(title, kpi, level, view)
    readings = {r.opd or r.area: r for r in at_level(snapshot, view.tree, kpi, level)}
    return standings(
        title,
        ranking,
        readings,
        kpi,
        view,
        name=lambda key: name_of(level, view, key),
        origin=snapshot.reading(kpi.id),
        link=None if level == "opd" else area_address,
    )


def _unranked(title: str, kpi: Kpi, level: Ranked, view: View) -> htpy.Element:
    """Why this figure has no ranking here, and where it has one."""
    others = [at for at in LEVELS if rankable(kpi, at)]
    why = text.say(
        view.lang,
        "{kpi} tidak dapat diperingkat secara adil menurut {level}.",
        kpi=kpi.short[view.lang],
        level=level_words(level, view),
    )
    return section(".panel", id="standings", aria_label=title)[
        header[h2[title]],
        p(".empty")[
            why,
            [
                [" ", a(href=_address(kpi.id, at))[text.say(view.lang, "Lihat menurut {level}", level=level_words(at, view))]]
                for at in others
            ],
        ],
    ]


def _praise(snapshot: Snapshot, ranking: Ranking | None, kpi: Kpi, level: Ranked, view: View) -> htpy.Element:
    """Who certainly became better, and who may be the best of all: only on enough cases, each with its interval."""
    title = text.say(view.lang, "Patut ditiru")
    better = improved(kpi, at_level(snapshot, view.tree, kpi, level)) if isinstance(kpi.form, Share) else ()
    best = best_of(ranking) if ranking and kpi.better != "neutral" else []
    lists = []
    if best and ranking:
        lists.append(
            _list(
                text.say(view.lang, "Terdepan, atau tidak berbeda nyata darinya"),
                [
                    (
                        name_of(level, view, row.key),
                        text.say(
                            view.lang,
                            "{value} ({low} sampai {high}), peringkat {rank}",
                            value=said(row.value, ranking, kpi, view),
                            low=number(row.low, ranking, kpi, view),
                            high=number(row.high, ranking, kpi, view),
                            rank=rank_words(row),
                        ),
                    )
                    for row in best[:PRAISED]
                ],
                len(best) - PRAISED,
                view,
            )
        )
    if better:
        lists.append(
            _list(
                text.say(view.lang, "Membaik secara nyata dari kurun sebelumnya"),
                [
                    (
                        name_of(level, view, x.key),
                        text.say(
                            view.lang,
                            "{change} poin ({low} sampai {high}), kini {value}",
                            change=text.signed(x.change, kpi.decimals, view.lang),
                            low=text.signed(x.low, kpi.decimals, view.lang),
                            high=text.signed(x.high, kpi.decimals, view.lang),
                            value=text.quantity(x.value, kpi.unit, kpi.decimals, view.lang),
                        ),
                    )
                    for x in better[:PRAISED]
                ],
                len(better) - PRAISED,
                view,
            )
        )
    none = p(".empty")[text.say(view.lang, "Belum ada yang nyata lebih baik: tidak ada pujian dari kebetulan.")]
    return section(".panel.praise", id="praise", aria_label=title)[header[h2[title]], lists or none]


def _list(title: str, rows: list[tuple[str, str]], more: int, view: View) -> list[htpy.Element]:
    rest = [li(".aside")[text.say(view.lang, "dan {n} lainnya", n=more)]] if more > 0 else []
    return [p(".kicker")[title], ol[[li[strong[name], span[words]] for name, words in rows], rest]]


def _funnel(ranking: Ranking | None, kpi: Kpi, level: Ranked, view: View) -> htpy.Element:
    title = text.say(view.lang, "Di luar kebetulan?")
    found = funnel(ranking) if ranking else None
    if ranking is None or found is None:
        words = text.say(
            view.lang, "Diagram corong ada untuk bagian dan jumlah per penduduk, dengan sedikitnya tiga yang cukup datanya."
        )
        return section(".panel", id="funnel", aria_label=title)[header[h2[title]], p(".empty")[words]]
    return funnel_plot(title, found, ranking, kpi, view, name=lambda key: name_of(level, view, key))


def _equity(snapshot: Snapshot, kpi: Kpi, view: View) -> htpy.Element:
    title = text.say(view.lang, "Pemerataan antar-{unit}", unit=view.tree.unit)
    if measurable(kpi):
        return evenness(title, equity(kpi, snapshot, view.tree), kpi, view)
    other = view.catalog.get(EVEN)
    link = a(href=_address(other.id, "kelurahan"))[other.title[view.lang]] if other else None
    return section(".panel", id="equity", aria_label=title)[
        header[h2[title]],
        p(".empty")[text.say(view.lang, "Diukur untuk jumlah yang dapat dibagi penduduk, misalnya:"), " ", link],
    ]


def _method(view: View) -> htpy.Element:
    title = text.say(view.lang, "Cara membacanya")
    return section(".panel.method", aria_label=title)[
        header[h2[title]],
        p[
            text.say(
                view.lang,
                "Peringkat 3\N{EN DASH}7 berarti: dua pasti lebih baik, dan siapa di antara yang lain lebih baik "
                "tidak dapat dipastikan dari datanya. Yang kasusnya terlalu sedikit tidak diperingkat, tidak pula disalahkan.",
            ),
            " ",
            span(".aside")[text.say(view.lang, "Metode lengkap: docs/ranking.md")],
        ],
    ]


PAGE = Page(
    path=PATH,
    title={"id": "Peringkat", "en": "Ranking"},
    theme="light",
    roles=EVERYONE,
    parts=parts,
    layout=layout,
    asks={"kpi": "[a-z][a-z0-9_]{2,40}", "level": "|".join(LEVELS)},
    sheets=SHEETS,
)
