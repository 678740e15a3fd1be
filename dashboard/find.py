"""Search over what the asker may open: places, OPDs, figures, pages, and the packages of their Scope.

Only names are looked in, and titles and providers of packages as SiRUP and the LPSE publish them: nothing of a citizen's can be
found, and nothing that is typed is kept or logged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from dashboard import text
from dashboard.opdcut import PATH as DESK
from dashboard.page import find_page
from dashboard.parts.findbox import Found, Group, Kind
from dashboard.parts.frame import MENU, open_to, target_of
from dashboard.places.address import area_address
from dashboard.procurement import asked as procurement
from layers import buying
from layers.areas import region, unit
from layers.explain import place
from layers.finding import LONGEST, Index, closeness, words
from layers.model import ROWS, UNPLACED, Level, Role, Scope
from layers.remote import STEERERS

if TYPE_CHECKING:
    from dashboard.page import View
    from layers.areas import AreaTree
    from layers.catalog import Kpi
    from layers.city import City, Opd
    from layers.model import Area

FEW, MANY = 5, 25
"""Things of one kind as one types, and on the page."""
BEGUN = 3
"""Packages are looked for from so many letters on: there are thousands, and almost all have a word with any two."""
UNFITTING = 9.0
"""The cost of a package that its provider's name led to: after those whose own title fits."""

NEAR = {
    "/dinding": "layar monitor screen display",
    "/ringkasan": "laporan pagi harian morning report digest",
    "/alarm": "siaga peringatan bunyi warning",
    "/arahan": "disposisi perintah tugas instruction task",
    "/opd": "dinas badan perangkat daerah agency office",
    "/kelurahan": "kota kecamatan kelurahan desa peta city map district",
    "/perubahan": "mengapa sebab naik turun why cause",
    "/peringkat": "pemerataan perbandingan funnel equity",
    "/penutupan": "selesai validasi foto done proof",
    "/pengadaan": "paket tender lelang kontrak rup penyedia package contract provider",
    "/penghargaan": "pujian terbaik praise best",
    "/analisis": "grafik tabel pivot peta chart table map",
    "/sumber": "konektor umur data karantina connector quarantine age",
    "/metrik": "rumus aturan target definisi formula rule kpi",
    "/kecocokan": "rekonsiliasi beda siaran pers reconciliation mismatch",
    "/akun": "kata sandi sesi kode keluar password session",
    "/pengguna": "akun peran hak account role right",
    "/audit": "catatan jejak log",
    "/remote": "kemudi ponsel dinding steer telephone wall",
}
"""Words that lead to a page beside its name, in both languages."""
OWN = (
    ("/akun", "Akun saya", "Akun", ROWS),
    ("/pengguna", "Pengguna", "Akun", {Role.ADMIN}),
    ("/audit", "Catatan audit", "Akun", {Role.ADMIN}),
    ("/remote", "Kemudi dinding", "Hari ini", STEERERS),
)
"""Pages outside the menu, with who may open them."""


@dataclass(frozen=True, slots=True)
class _Link:
    href: str
    said: str
    about: str
    open_to: Callable[[Scope], bool]


class Names:
    """The names of a city's things; what somebody may open of them is decided at each search."""

    def __init__(self, city: City, tree: AreaTree, catalog: Mapping[str, Kpi]) -> None:
        self._places, self._opds, self._figures, self._pages = Index["Area"](), Index["Opd"](), Index["Kpi"](), Index[_Link]()
        variants = {facts.code: facts.variants for facts in city.areas}
        for area in (tree.city, *tree.kecamatan, *tree.kelurahan, tree.unplaced):
            self._places.add(area, (area.name, *variants.get(area.code, ()), area.code), _around(area, tree))
        for opd in city.opds:
            self._opds.add(opd, (opd.short, opd.name, *opd.variants), (opd.slug, "opd"))
        for kpi in catalog.values():
            names = (*kpi.title.values(), *kpi.short.values())
            self._figures.add(kpi, names, (kpi.id.replace("_", " "), kpi.concept, kpi.definition, "kpi metrik"))
        for link in _pages():
            page = find_page(link.href)
            titles = page[0].title.values() if page else ()
            self._pages.add(link, (link.said, text.say("en", link.said), *titles), (NEAR[link.href],))

    def search(self, view: View, asked: str, most: int) -> tuple[Group, ...]:
        """What the asker may open of all that bears the words ``asked``, the kind with the closest first.

        At most ``most`` of a kind; of no words nothing. Raises what the rows of packages raise while they are read.
        """
        scope, asked = view.scope, asked[:LONGEST]
        kinds: tuple[tuple[Kind, list[tuple[float, Found]]], ...] = (
            ("place", [(hit.cost, _place(hit.thing, view)) for hit in self._places.find(asked)]),
            ("opd", [(hit.cost, _opd(hit.thing)) for hit in self._opds.find(asked) if _mine(hit.thing, scope)]),
            ("figure", [(hit.cost, _figure(hit.thing, view)) for hit in self._figures.find(asked)]),
            ("page", [(hit.cost, _page(hit.thing, view)) for hit in self._pages.find(asked) if hit.thing.open_to(scope)]),
        )
        ranked = [_packages(view, asked, most)]
        for kind, costed in kinds:
            hits = [(cost, one) for cost, one in costed if kind == "page" or open_to(one.href.partition("?")[0], scope)]
            ranked.append((hits[0][0], Group(kind, tuple(one for _, one in hits[:most]), len(hits))) if hits else None)
        return tuple(group for _, group in sorted(filter(None, ranked), key=lambda each: each[0]))

    def first(self, view: View) -> tuple[Group, ...]:
        """Before anything was typed: one's own places and OPDs, where one is limited to some, and the pages."""
        scope = view.scope
        own = [_place(view.tree.areas[code], view) for code in sorted(scope.areas or ())]
        opds = [_opd(opd) for opd in view.city.opds if scope.opds and _mine(opd, scope)]
        pages = [_page(link, view) for link in _pages() if link.open_to(scope)]
        groups: tuple[tuple[Kind, list[Found]], ...] = (("place", own[:FEW]), ("opd", opds[:FEW]), ("page", pages))
        return tuple(Group(kind, tuple(found), len(found)) for kind, found in groups if found)


def _around(area: Area, tree: AreaTree) -> tuple[str, ...]:
    """Words near an area's name: what it is, and what it lies in."""
    if area.code == UNPLACED:
        return ("unplaced", "lokasi")
    if area.level is Level.KELURAHAN:
        return (unit(area.code), "kel village", tree.name(area.parent or tree.city.code))
    return ("kecamatan kec district",) if area.level is Level.KECAMATAN else (region(area.code), "city wilayah")


def _pages() -> Iterator[_Link]:
    for about, links in MENU:
        for href, said in links:
            yield _Link(href, said, about, lambda scope, href=href: open_to(href, scope))  # type: ignore[misc]
    for href, said, about, roles in OWN:
        yield _Link(href, said, about, lambda scope, roles=roles: scope.role in roles)  # type: ignore[misc]


def _place(area: Area, view: View) -> Found:
    about = {
        Level.KELURAHAN: [unit(area.code).capitalize(), f"Kec. {view.tree.name(area.parent)}" if area.parent else None],
        Level.KECAMATAN: ["Kecamatan", None],
    }.get(area.level, [region(area.code).capitalize(), None])
    if area.code == UNPLACED:
        about = [text.say(view.lang, "rekaman yang tidak dapat ditempatkan")]
    return Found(href=area_address(area.code), title=area.name, about=" · ".join(filter(None, about)))


def _mine(opd: Opd, scope: Scope) -> bool:
    return scope.opds is None or opd.slug in scope.opds


def _opd(opd: Opd) -> Found:
    return Found(href=f"{DESK}/{opd.slug}", title=opd.name, about=opd.short)


def _figure(kpi: Kpi, view: View) -> Found:
    return Found(href=f"/metrik?{urlencode({'cari': kpi.id})}", title=kpi.title[view.lang], about=kpi.concept)


def _page(link: _Link, view: View) -> Found:
    href, said = target_of(link.href, link.said, view)
    return Found(href=href, title=text.say(view.lang, said), about=text.say(view.lang, link.about))


def _packages(view: View, asked: str, most: int) -> tuple[float, Group] | None:
    """The packages of the asker's Scope, by the function behind their page; none for who may not open that."""
    given = words(asked)
    if not open_to(procurement.PATH, view.scope) or view.figures is None or sum(map(len, given)) < BEGUN:
        return None
    found = buying.packages(view.scope, view.figures(), buying.Wanted(words=given), size=MANY)
    if not found.rows:
        return None
    costs = [(closeness(asked, one.title), one) for one in found.rows]
    ranked = sorted(((UNFITTING if cost is None else cost, one) for cost, one in costs), key=lambda each: each[0])
    listed = tuple(_package(one, view) for _, one in ranked[:most])
    return ranked[0][0], Group("package", listed, found.total, _listed(" ".join(given)))


def _package(one: buying.Bought, view: View) -> Found:
    opd = view.city.opd(one.opd or "")
    about = (opd.short if opd else one.opd, place(one.area, view.tree), text.say(view.lang, one.stage))
    return Found(href=_listed(" ".join(words(one.title))), title=one.title, about=" · ".join(filter(None, about)))


def _listed(given: str) -> str:
    """The list of packages that bear the words, as many whole ones as its address takes."""
    if len(given) > LONGEST:
        given = given[: LONGEST + 1].rpartition(" ")[0]
    return f"{procurement.PATH}?{urlencode({'cari': given})}"
