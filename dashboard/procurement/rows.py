"""The packages one by one: sorted and paged by the address, each with the signs that it has; and the form that narrows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import htpy
from htpy import (
    a,
    button,
    code,
    div,
    form,
    h2,
    header,
    label,
    nav,
    noscript,
    option,
    p,
    section,
    select,
    span,
    table,
    tbody,
    td,
    th,
    thead,
    tr,
)  # fmt: skip

from dashboard import text
from dashboard.places.address import area_address
from dashboard.procurement.asked import FLAGS, METHOD_WORDS, NARROWING, ORDER, PATH, address, method_words, narrowed, wanted
from dashboard.procurement.summary import NO_PROOF
from layers import buying
from layers.buying import PAGE, Bought, Packages
from layers.explain import place
from layers.model import UNPLACED, Stage

if TYPE_CHECKING:
    from dashboard.page import View

COLUMNS: Mapping[str, str] = {
    "title": "Paket",
    "stage": "Tahap",
    "method": "Metode",
    "opd": "OPD",
    "area": "Wilayah",
    "pagu": "Pagu",
    "value": "Nilai",
    "provider": "Penyedia",
    "announced": "Diumumkan",
    "contracted": "Kontrak",
}
NUMERIC = ("pagu", "value")


def asking(view: View) -> htpy.Element:
    """The form that narrows the page; it works without scripts."""
    lang, given = view.lang, view.params
    choices: dict[str, tuple[str, str, list[tuple[str, str]]]] = {
        "tahap": ("Tahap", "Semua tahap", [(stage.value, text.say(lang, stage.value)) for stage in Stage]),
        "metode": ("Metode", "Semua metode", [(key, words[lang]) for key, words in METHOD_WORDS.items()]),
        "opd": ("OPD", "Semua OPD", [(opd.slug, opd.short) for opd in view.city.opds]),
        "wilayah": ("Wilayah", "Semua wilayah", _areas(view)),
        "tanda": ("Tanda", "Semua paket", [(flag, text.say(lang, words)) for flag, (_, words) in FLAGS.items()]),
    }
    return form(".filters", id="buying-form", method="get", action=PATH, data_ask=True, aria_label=text.say(lang, "Saring"))[
        [
            label(class_="on" if given.get(name) else None)[
                text.say(lang, words),
                select(name=name)[
                    option(value="")[text.say(lang, all_)],
                    [option(value=key, selected=key == given.get(name))[shown] for key, shown in listed],
                ],
            ]
            for name, (words, all_, listed) in choices.items()
        ],
        label(class_="on" if given.get("cari") else None)[
            text.say(lang, "Cari"),
            htpy.input(
                type="search",
                name="cari",
                value=given.get("cari", ""),
                maxlength="60",
                placeholder=text.say(lang, "nama, penyedia"),
            ),
        ],
        htpy.input(type="hidden", name="urut", value=given["urut"]) if given.get("urut") else None,
        noscript[button(".button", type="submit")[text.say(lang, "Terapkan")]],
        a(".reset", href=PATH)[text.say(lang, "Hapus saringan")] if any(given.get(name) for name in NARROWING) else None,
    ]


def _areas(view: View) -> list[tuple[str, str]]:
    """The kecamatan, the one that is asked for at another level, and what has no place."""
    here = view.params.get("wilayah")
    some = [(area.code, f"Kec. {area.name}") for area in view.tree.kecamatan]
    if here in view.tree.areas and here not in {code_ for code_, _ in some} | {UNPLACED}:
        some.insert(0, (here, place(here, view.tree)))
    return [*some, (UNPLACED, text.say(view.lang, "Tanpa lokasi"))]


def rows(found: Packages | None, view: View) -> htpy.Element:
    """One page of the packages."""
    lang, title = view.lang, text.say(view.lang, "Daftar paket")
    if found is None or not found.rows:
        words = "Rincian tersedia setelah data pertama selesai diambil." if found is None else _nothing(found, view)
        return section(".panel.table", id="packages")[header[h2[title]], p(".empty")[text.say(lang, words)]]
    first = (found.page - 1) * PAGE + 1
    which = text.say(
        lang,
        "paket {first} sampai {last} dari {all}",
        first=text.number(first, 0, lang),
        last=text.number(first + len(found.rows) - 1, 0, lang),
        all=text.number(found.total, 0, lang),
    )
    head = tr[[_heading(name, words, view) for name, words in COLUMNS.items()], th(scope="col")[text.say(lang, "Tanda")]]
    flagged = any(one.flags for one in found.rows)
    return section(".panel.table", id="packages")[
        header[h2[title], span(".aside")[which]],
        p(".aside.own")[text.say(lang, "Hanya paket dalam lingkup Anda.")] if found.limited else None,
        div(".scroll", tabindex="0", role="region", aria_label=title)[
            table(".rows")[thead[head], tbody[[_row(one, view) for one in found.rows]]]
        ],
        p(".sentence")[text.say(lang, NO_PROOF)] if flagged else None,
        _pages(found, view),
    ]


def _nothing(found: Packages, view: View) -> str:
    if found.total:
        return "Halaman ini melewati paket terakhir."
    return "Tidak ada paket pada saringan ini." if narrowed(view) else "Belum ada paket tahun anggaran ini."


def _heading(name: str, words: str, view: View) -> htpy.Element:
    order = view.params.get("urut", ORDER)
    falling = order == f"-{name}"
    sort = {f"-{name}": "descending", name: "ascending"}.get(order)
    arrow = {"descending": " ▼", "ascending": " ▲"}.get(sort or "", "")
    target = address(view, urut=name if falling else f"-{name}")
    return th({"aria-sort": sort}, class_="num" if name in NUMERIC else None, scope="col")[
        a(href=target)[text.say(view.lang, words), arrow]
    ]


def _row(one: Bought, view: View) -> htpy.Element:
    lang, opd = view.lang, view.city.opd(one.opd or "")
    placed = one.area != UNPLACED
    return tr[
        th(scope="row")[one.title, " ", code[one.source_id]],
        td[text.say(lang, one.stage)],
        td[method_words(one.method, view)],
        td[opd.short if opd else one.opd or _none()],
        td[a(href=area_address(one.area))[place(one.area, view.tree)] if placed else text.say(lang, "Tanpa lokasi")],
        [td(".num")[_none() if money is None else text.quantity(money, "rupiah", 0, lang)] for money in (one.pagu, one.value)],
        td[one.provider or _none()],
        [td(".when")[_none() if at is None else text.day(at, view.city.zone, lang)] for at in (one.announced, one.contracted)],
        td[[span(".flag")["⚑ ", text.say(lang, FLAGS[flag][1])] for flag in one.flags] or _none()],
    ]


def _none() -> htpy.Element:
    return span(".quiet")["–"]


def _pages(found: Packages, view: View) -> htpy.Element | None:
    if found.pages == 1:
        return None
    lang, here = view.lang, found.page
    before = a(rel="prev", href=address(view, halaman=str(here - 1)))[text.say(lang, "Sebelumnya")] if here > 1 else span
    after = a(rel="next", href=address(view, halaman=str(here + 1)))[text.say(lang, "Berikutnya")] if here < found.pages else span
    words = text.say(lang, "halaman {here} dari {all}", here=text.number(here, 0, lang), all=text.number(found.pages, 0, lang))
    return nav(".pages", aria_label=text.say(lang, "Halaman"))[before, span(".quiet")[words], after]


def every(view: View) -> tuple[Bought, ...]:
    """All packages that the address asks for, in its order; none while there are no rows."""
    order = view.params.get("urut", ORDER)
    return buying.packages(view.scope, view.figures(), wanted(view), order=order, size=None).rows if view.figures else ()


def page(view: View) -> Packages | None:
    """The packages that the address asks for; ``None`` while there are no rows."""
    if view.figures is None:
        return None
    params = view.params
    order, number = params.get("urut", ORDER), int(params.get("halaman", "1"))
    return buying.packages(view.scope, view.figures(), wanted(view), page=number, order=order)
