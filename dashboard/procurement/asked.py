"""Which packages the address of ``/pengadaan`` asks for, and the address with something otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from layers import buying
from layers.kpis.procurement import METHODS
from layers.model import Stage

if TYPE_CHECKING:
    from dashboard.page import View

PATH = "/pengadaan"
ORDER = "-pagu"
ASKS = {
    "tahap": "|".join(stage.value for stage in Stage),
    "metode": r"[a-z]{3,40}",
    "wilayah": r"[\w.-]{2,20}",
    "tanda": "|".join(buying.FLAGS),
    "cari": r"[^\x00-\x1f\x7f]{1,60}",
    "halaman": r"[1-9]\d{0,4}",
    "urut": rf"-?({'|'.join(buying.SORTED_BY)})",
}
NARROWING = ("tahap", "metode", "opd", "wilayah", "tanda", "cari")

FLAGS = {
    "skor": ("paket_risiko_tinggi", "skor risiko tinggi"),
    "hps": ("kontrak_dekat_hps", "dekat HPS"),
    "tunggal": ("peserta_tunggal", "penawar tunggal"),
    "pecah": ("paket_dipecah", "mungkin dipecah"),
}
"""Each flag of a package: the figure that counts it, and its words."""

METHOD_WORDS = {method: {"id": said, "en": english} for method, (said, english) in METHODS.items()}


def wanted(view: View) -> buying.Wanted:
    """What is asked for; an area that the city does not have asks for nothing."""
    given = view.params
    return buying.Wanted(
        stage=given.get("tahap"),
        method=given.get("metode"),
        opd=given.get("opd"),
        area=given.get("wilayah"),
        flag=given.get("tanda"),
        words=tuple(given.get("cari", "").split()),
    )


def known(view: View) -> bool:
    """Whether the area asked for is one of the city's."""
    return view.params.get("wilayah", view.city.code) in view.tree.areas


def narrowed(view: View) -> bool:
    """Whether not all of the city's packages are shown, so that the published figures are not theirs."""
    return view.limited or any(view.params.get(name) for name in NARROWING)


def address(view: View, **changes: str | None) -> str:
    """This page with some of what it asks otherwise, from its first page on unless that is changed."""
    asked = {name: view.params.get(name) for name in (*NARROWING, "urut")} | changes
    given = {name: value for name, value in asked.items() if value}
    return f"{PATH}?{urlencode(given)}" if given else PATH


def method_words(method: str, view: View) -> str:
    """A method as officials write it; one that the room does not know as it is."""
    known_as = METHOD_WORDS.get("".join(letter for letter in method.lower() if letter.isalpha()))
    return known_as[view.lang] if known_as else method
