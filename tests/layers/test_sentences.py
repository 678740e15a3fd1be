"""The same change always gives the same words, and they say no more than the figures do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from layers.areas import AreaTree
from layers.catalog import When, Window, catalog
from layers.city import load
from layers.contributions import Change, Part
from layers.numbers import NBSP
from layers.sentences import like, say_change, watched
from layers.unusual import Unusual
from tests.layers.made import DAY, HOUR, NOW

CITY = load("36.71")
TREE = AreaTree.of(CITY)
BY = ("category", "kecamatan", "opd")
WASTE = Part(by=("Sampah", "36.71.05", "dlh"), label="", mix=-0.2, rate=-1.7, n=(210, 190))
ROADS = Part(by=("Jalan rusak", "36.71.01", "dpupr"), label="", mix=-0.5, rate=-0.1, n=(100, 140))
FLOOD = Part(by=("Banjir", None, None), label="", mix=0.1, rate=0.9, n=(60, 50))
TINY = Part(by=("PKL", "36.71.02", None), label="", mix=0.0, rate=-1.9, n=(7, 3))
REST = Part(by=(), label="Lainnya (40 kelompok)", mix=-0.3, rate=0.2, n=(600, 600))


def windows(kpi: str) -> tuple[When, When]:
    now = catalog()[kpi].window.at(NOW, CITY.zone)
    return now.before(), now


def change(kpi: str, before: float | None, now: float | None, *parts: Part, **fields: Any) -> Change:
    moved = None if before is None or now is None else now - before
    given = {"area": CITY.code, "opd": None, "dimensions": BY, "windows": windows(kpi), "why_none": None, "n": (1000, 1000)}
    return Change(kpi=kpi, before=before, now=now, change=moved, parts=parts, **(given | fields))


def words(found: Change, lang: Any = "id") -> str:
    return say_change(found, catalog(), TREE, CITY, lang).replace(NBSP, " ")


GOLDEN = {
    "a share falls": (
        change("selesai_tepat_waktu", 84.6, 81.4, WASTE, TINY, FLOOD, ROADS, REST),
        (
            "Selesai tepat waktu turun 3,2 poin menjadi 81,4 % (memburuk), dibanding 30 hari sebelumnya. "
            "Penyumbang terbesar: Sampah di Kec. Cipondoh, DLH −1,9 poin (tingkatnya turun); "
            "Jalan rusak di Kec. Tangerang, DPUPR −0,6 poin (porsinya naik). "
            "Ke arah sebaliknya: Banjir di Tanpa lokasi +1,0 poin (tingkatnya naik)."
        ),
        (
            "Closed on time fell by 3.2 points to 81.4 % (worse), compared with the 30 days before. "
            "Largest contributions: Sampah in Kec. Cipondoh, DLH −1.9 points (its rate fell); "
            "Jalan rusak in Kec. Tangerang, DPUPR −0.6 points (its share grew). "
            "The other way: Banjir in Tanpa lokasi +1.0 points (its rate rose)."
        ),
    ),
    "a count rises": (
        change(
            "aduan_lewat_tenggat",
            1272,
            1284,
            replace(WASTE, mix=0, rate=14),
            replace(ROADS, mix=0, rate=-2),
            area="36.71.07",
            opd="dlh",
        ),
        (
            "Aduan lewat tenggat di Kec. Karawaci, DLH naik 12 aduan menjadi 1.284 aduan (memburuk), dibanding 24 jam lalu. "
            "Penyumbang terbesar: Sampah di Kec. Cipondoh, DLH +14 aduan."
        ),
        (
            "Overdue complaints in Kec. Karawaci, DLH rose by 12 to 1,284 (worse), compared with 24 hours ago. "
            "Largest contributions: Sampah in Kec. Cipondoh, DLH +14."
        ),
    ),
    "a time falls": (
        change("lama_penyelesaian", 9.5, 8, replace(WASTE, mix=-0.1, rate=-1.4)),
        (
            "Lama penyelesaian (median) turun 1,5 jam kerja menjadi 8,0 jam kerja (membaik), dibanding 30 hari sebelumnya. "
            "Penyumbang terbesar: Sampah di Kec. Cipondoh, DLH −1,5 jam kerja (lebih cepat)."
        ),
        (
            "Time to resolution (median) fell by 1.5 working hours to 8.0 working hours (better), "
            "compared with the 30 days before. "
            "Largest contributions: Sampah in Kec. Cipondoh, DLH −1.5 working hours (faster)."
        ),
    ),
    "money": (
        change("nilai_kontrak", 1.1e12, 1.42e12, replace(WASTE, by=("Tender", "36.71.05", "dpupr"), mix=0, rate=320e9)),
        (
            "Nilai kontrak tahun ini naik Rp320 M menjadi Rp1,42 T, dibanding tahun lalu, tanggal yang sama. "
            "Penyumbang terbesar: Tender di Kec. Cipondoh, DPUPR +Rp320 M."
        ),
        (
            "Contract value this year rose by Rp320 bn to Rp1.42 tn, compared with last year, same date. "
            "Largest contributions: Tender in Kec. Cipondoh, DPUPR +Rp320 bn."
        ),
    ),
    "only small groups": (
        change("selesai_tepat_waktu", 84.6, 81.4, TINY, REST),
        (
            "Selesai tepat waktu turun 3,2 poin menjadi 81,4 % (memburuk), dibanding 30 hari sebelumnya. "
            "Tidak ada kelompok yang menonjol: perubahan tersebar pada banyak kelompok kecil."
        ),
        (
            "Closed on time fell by 3.2 points to 81.4 % (worse), compared with the 30 days before. "
            "No group stands out: the change is spread over many small groups."
        ),
    ),
    "nothing moved": (
        change("selesai_tepat_waktu", 81.41, 81.4, WASTE),
        "Selesai tepat waktu tetap 81,4 %, dibanding 30 hari sebelumnya.",
        "Closed on time stayed at 81.4 %, compared with the 30 days before.",
    ),
    "no comparison": (
        change("selesai_tepat_waktu", None, None, why_none="periode ini: belum cukup data: n = 7, perlu 20"),
        "Selesai tepat waktu tidak dapat dibandingkan: periode ini: belum cukup data: n = 7, perlu 20.",
        "Closed on time cannot be compared: periode ini: belum cukup data: n = 7, perlu 20.",
    ),
}


@pytest.mark.parametrize("case", GOLDEN)
def test_a_change_in_words(case: str) -> None:
    found, indonesian, english = GOLDEN[case]
    assert words(found) == indonesian
    assert words(found, "en") == english


def test_the_period_that_it_is_compared_with_is_said() -> None:
    kpi = catalog()["aduan_masuk_30h"]
    week = kpi.window.at(NOW, CITY.zone, 7)
    moved = replace(change("aduan_masuk_30h", 10, 12), windows=(week.before(), week))
    assert "dibanding 7 hari sebelumnya" in words(moved)
    year_ago = kpi.window.at(NOW - timedelta(days=365), CITY.zone, 7)
    assert "dibanding 15 November 2025 sampai 22 November 2025" in words(replace(moved, windows=(year_ago, week)))


@pytest.mark.parametrize("kpi", ["aduan_masuk_hari_ini", "aduan_masuk_30h", "nilai_kontrak", "layanan_30h"])
def test_a_figure_named_for_a_stretch_is_not_called_so_over_another(kpi: str) -> None:
    found = change(kpi, 40.0, 52.0)
    named, week = found.windows[1], Window.DAYS30.at(NOW, CITY.zone, 7)
    titles = catalog()[kpi].title
    assert all(words(found, lang).startswith(titles[lang]) for lang in titles)
    for windows in ((week.before(), week), (named.before(), replace(named, start=named.start - DAY))):
        other = replace(found, windows=windows)
        assert not any(words(other, lang).startswith(titles[lang]) for lang in titles)


def test_an_unusual_value_says_what_it_is_of_and_what_it_was_compared_with() -> None:
    found = Unusual(
        kpi="aduan_masuk_hari_ini", area="36.71.05.1004", opd=None, category=None, value=41, n=41, low=0, high=7, expected=2.44,
        stretch="hour", since=NOW - HOUR, until=NOW, weekday=6, weeks=8, chance=1e-6,
    )  # fmt: skip
    late = replace(found, kpi="selesai_tepat_waktu", opd="dlh", area=None)
    received, done = (catalog()[one.kpi] for one in (found, late))
    assert [watched(found, received, TREE, CITY, lang) for lang in ("id", "en")] == [
        "Aduan masuk di Kel. Gondrong, Cipondoh",
        "Complaints received in Kel. Gondrong, Cipondoh",
    ]
    assert watched(late, done, TREE, CITY, "id") == "Selesai tepat waktu, DLH"
    assert like(found, "id") == "Minggu pada jam yang sama, 8 pekan terakhir"
    assert like(found, "en") == "Sunday at the same hours, last 8 weeks"


def test_no_word_of_a_cause() -> None:
    said = " ".join(words(found, lang) for found, *_ in GOLDEN.values() for lang in ("id", "en")).lower()
    assert not {"karena", "akibat", "menyebabkan", "because", "caused"} & set(said.replace(",", " ").split())
