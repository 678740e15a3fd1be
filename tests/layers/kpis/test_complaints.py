"""Complaints: each table says which rows count, and the figure follows from it by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from layers.catalog import catalog
from layers.city import City
from layers.model import Complaint, Measurement, Record
from layers.snapshot import Band
from tests.layers.kpis.worked import figure, figures, table

OPEN = """
diterima          | selesai           | status           | terbuka sekarang? | terbuka kemarin 12.00?
20 Nov 2026 09.00 |                   | menunggu         | ya                | ya
21 Nov 2026 18.00 |                   | diproses         | ya                | belum masuk
19 Nov 2026 09.00 | 22 Nov 2026 08.00 | selesai          | tidak             | ya
19 Nov 2026 09.00 | 21 Nov 2026 08.00 | selesai          | tidak             | sudah selesai
20 Nov 2026 10.00 |                   | duplikat         | tidak             | tidak
20 Nov 2026 10.00 |                   | bukan_kewenangan | tidak             | tidak
20 Nov 2026 10.00 |                   | ditolak          | tidak             | tidak
"""

OVERDUE = """
diterima          | tenggat           | selesai           | status   | lewat tenggat sekarang?
10 Nov 2026 09.00 | 20 Nov 2026 09.00 |                   | diproses | ya, dan kemarin juga
10 Nov 2026 09.00 | 22 Nov 2026 11.59 |                   | menunggu | ya, sejak tadi; kemarin belum
10 Nov 2026 09.00 | 22 Nov 2026 12.00 |                   | menunggu | tidak: tenggatnya tepat sekarang
10 Nov 2026 09.00 | 25 Nov 2026 09.00 |                   | menunggu | tidak: belum tenggat
10 Nov 2026 09.00 |                   |                   | menunggu | tidak: tanpa tenggat
10 Nov 2026 09.00 | 20 Nov 2026 09.00 | 22 Nov 2026 08.00 | selesai  | tidak lagi, tetapi kemarin ya
"""

ARRIVED = """
diterima          | status   | hari ini? | kemarin sampai 12.00?
21 Nov 2026 23.59 | menunggu | tidak     | tidak: sesudah 12.00
22 Nov 2026 00.00 | menunggu | ya        | tidak
22 Nov 2026 11.30 | duplikat | ya        | tidak
21 Nov 2026 00.00 | menunggu | tidak     | ya
21 Oct 2026 11.00 | menunggu | tidak     | tidak
"""

CLOSED = """
diterima          | selesai           | status   | selesai hari ini?
20 Nov 2026 09.00 | 22 Nov 2026 00.10 | selesai  | ya
20 Nov 2026 09.00 | 21 Nov 2026 11.00 | selesai  | kemarin
20 Nov 2026 09.00 | 22 Nov 2026 08.00 | ditolak  | tidak: ditolak
20 Nov 2026 09.00 | 22 Nov 2026 08.00 | diproses | tidak: dibuka kembali
"""

RATE = """
kali | diterima          | selesai           | status           | masuk hitungan?
18   | 10 Feb 2026 09.00 | 12 Feb 2026 09.00 | selesai          | ya, selesai
2    | 10 Feb 2026 09.00 |                   | diproses         | ya, belum
4    | 10 Feb 2026 09.00 |                   | menunggu         | ya, belum
3    | 10 Feb 2026 09.00 |                   | duplikat         | tidak
2    | 10 Feb 2026 09.00 |                   | bukan_kewenangan | tidak
1    | 10 Feb 2026 09.00 |                   | ditolak          | tidak
7    | 30 Dec 2025 09.00 | 12 Jan 2026 09.00 | selesai          | tidak: masuk tahun lalu
"""

SOON = """
diterima          | tenggat           | selesai           | status   | dalam 72 jam?
10 Nov 2026 09.00 | 22 Nov 2026 11.59 |                   | menunggu | tidak: sudah lewat
10 Nov 2026 09.00 | 22 Nov 2026 12.00 |                   | menunggu | ya: tepat sekarang
10 Nov 2026 09.00 | 25 Nov 2026 12.00 |                   | diproses | ya: tepat 72 jam lagi
10 Nov 2026 09.00 | 25 Nov 2026 12.01 |                   | diproses | tidak: lebih dari 72 jam
10 Nov 2026 09.00 | 23 Nov 2026 09.00 | 20 Nov 2026 09.00 | selesai  | tidak: sudah selesai
"""

OLD = """
diterima          | selesai           | status   | terbuka lebih dari 60 hari?
23 Sep 2026 11.59 |                   | diproses | ya
23 Sep 2026 12.00 |                   | diproses | tidak: tepat 60 hari
01 Jan 2026 09.00 | 20 Nov 2026 09.00 | selesai  | tidak lagi
01 Jan 2026 09.00 |                   | menunggu | ya
"""

CALLS = """
kali | diterima          | kanal    | panggilan 112 dalam 30 hari?
3    | 20 Nov 2026 09.00 | 112      | ya
2    | 20 Nov 2026 09.00 | aplikasi | tidak: kanal lain
1    | 01 Oct 2026 09.00 | 112      | tidak: lebih dari 30 hari
"""

STATUSES = """
kali | diterima          | status           | tahun ini?
7    | 10 Feb 2026 09.00 | menunggu         | ya
6    | 10 Feb 2026 09.00 | diproses         | ya
5    | 10 Feb 2026 09.00 | selesai          | ya
4    | 10 Feb 2026 09.00 | bukan_kewenangan | ya
3    | 10 Feb 2026 09.00 | duplikat         | ya
2    | 10 Feb 2026 09.00 | ditolak          | ya
9    | 31 Dec 2025 23.59 | menunggu         | tidak
"""

FOLLOWED = """
kali | diterima          | dijawab           | status           | dijawab?
15   | 10 Feb 2026 09.00 | 11 Feb 2026 09.00 | diproses         | ya, walau belum selesai
3    | 10 Feb 2026 09.00 | 11 Feb 2026 09.00 | selesai          | ya
6    | 10 Feb 2026 09.00 |                   | menunggu         | belum
4    | 10 Feb 2026 09.00 | 11 Feb 2026 09.00 | bukan_kewenangan | tidak dihitung
"""


def rows(text: str) -> list[Record]:
    return table(Complaint, text)


@pytest.mark.parametrize(
    ("kpi", "text", "expected"),
    [
        ("aduan_terbuka", OPEN, (2, 0)),
        ("aduan_lewat_tenggat", OVERDUE, (2, 0)),
        ("aduan_masuk_hari_ini", ARRIVED, (2, 1)),
        ("aduan_selesai_hari_ini", CLOSED, (1, 0)),
        ("aduan_masuk_30h", ARRIVED, (4, None)),
        ("aduan_jatuh_tempo", SOON, (2, 0)),
        ("aduan_di_atas_60_hari", OLD, (2, 1)),
        ("aduan_112_30h", CALLS, (3, None)),
        ("aduan_masuk_tahun_ini", STATUSES, (27, None)),
        ("aduan_status_menunggu", STATUSES, (7, None)),
        ("aduan_status_diproses", STATUSES, (6, None)),
        ("aduan_status_selesai", STATUSES, (5, None)),
        ("aduan_status_bukan_kewenangan", STATUSES, (4, None)),
        ("aduan_status_duplikat", STATUSES, (3, None)),
        ("aduan_status_ditolak", STATUSES, (2, None)),
    ],
)
def test_counts(tmp_path: Path, city: City, kpi: str, text: str, expected: tuple[float, float | None]) -> None:
    reading = figure(tmp_path, city, kpi, rows(text))
    assert (reading.value, reading.change) == expected
    assert reading.n == reading.value


@pytest.mark.parametrize(
    ("kpi", "text", "parts"), [("tingkat_penyelesaian", RATE, (18, 24)), ("tingkat_tindak_lanjut", FOLLOWED, (18, 24))]
)
def test_shares_keep_their_parts(tmp_path: Path, city: City, kpi: str, text: str, parts: tuple[int, int]) -> None:
    part, whole = parts
    reading = figure(tmp_path, city, kpi, rows(text))
    assert reading.value == pytest.approx(100 * part / whole)
    assert (reading.evidence.numerator, reading.evidence.denominator, reading.n) == (part, whole, whole)
    assert reading.evidence.low is not None
    assert reading.evidence.high is not None
    assert reading.evidence.low < reading.value < reading.evidence.high


def test_a_rate_that_is_below_the_limit_asks_for_an_action(tmp_path: Path, city: City) -> None:
    reading = figure(tmp_path, city, "tingkat_penyelesaian", rows(RATE))
    assert (reading.target, reading.band) == (95, Band.ACT)  # below the pack's limit of 85 percent


def test_the_follow_up_rate_is_never_shown_alone() -> None:
    assert catalog()["tingkat_tindak_lanjut"].beside == "tingkat_penyelesaian"


PEOPLE = """
kali | ukuran          | hal                  | kelurahan     | diukur            | nilai
1    | penduduk.jumlah | DKB semester I 2026  | 36.71.01.1001 | 30 Jun 2026 00.00 | 20.000
1    | penduduk.jumlah | proyeksi lama        | 36.71.01.1001 | 30 Jun 2024 00.00 | 10.000
"""


def test_rates_need_a_dated_population_of_that_area(tmp_path: Path, city: City) -> None:
    """50 complaints, two of them duplicates, among the latest 20,000 residents; nobody counted the other kelurahan."""
    text = """
    kali | diterima          | status   | kelurahan
    48   | 20 Nov 2026 09.00 | diproses | 36.71.01.1001
    2    | 20 Nov 2026 09.00 | duplikat | 36.71.01.1001
    5    | 20 Nov 2026 09.00 | diproses | 36.71.01.1002
    """
    people = [replace(record, source="dkb") for record in table(Measurement, PEOPLE)]
    found = figures(tmp_path, city, "laju_aduan", [*rows(text), *people])
    counted = found["36.71.01.1001", None]
    assert counted.value == pytest.approx(1000 * 48 / 20_000)
    assert (counted.evidence.numerator, counted.evidence.denominator, counted.n) == (48, 20_000, 48)
    why = "belum ada jumlah penduduk bertanggal untuk wilayah ini"
    assert {found[area, None].why_none for area in ("36.71.01.1002", "36.71.01", "tanpa-lokasi")} == {why}
    assert found[city.code, None].value == pytest.approx(1000 * 53 / 1_957_349)  # the pack's own, of 2024


@pytest.mark.parametrize(
    ("kpi", "text", "reason"),
    [
        ("tingkat_penyelesaian", OPEN, "belum cukup data: n = 4, perlu 20"),
        ("aduan_lewat_tenggat", OPEN, "belum ada sumber yang memberi tenggat"),
        ("respons_pertama", OPEN, "belum ada sumber yang memberi waktu respons pertama"),
    ],
)
def test_a_miss_is_never_a_zero(tmp_path: Path, city: City, kpi: str, text: str, reason: str) -> None:
    reading = figure(tmp_path, city, kpi, rows(text))
    assert (reading.value, reading.why_none) == (None, reason)


def test_nothing_ever_came_is_not_zero_but_nothing_today_is(tmp_path: Path, city: City) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    never = figure(tmp_path / "a", city, "aduan_masuk_hari_ini", [])
    assert (never.value, never.why_none) == (None, "belum ada sumber")
    quiet = figure(tmp_path / "b", city, "aduan_masuk_hari_ini", rows(RATE))
    assert (quiet.value, quiet.why_none) == (0, None)


def test_the_parts_of_the_city_add_up(tmp_path: Path, city: City) -> None:
    """Each row has one kelurahan or none, and one OPD; a place outside the city is unplaced."""
    text = """
    diterima          | kelurahan     | opd
    20 Nov 2026 09.00 | 36.71.01.1001 | dlh
    20 Nov 2026 09.00 | 36.71.01.1002 | dlh
    20 Nov 2026 09.00 | 36.71.05.1001 | dpupr
    20 Nov 2026 09.00 | tanpa-lokasi  | dlh
    20 Nov 2026 09.00 | 31.71.01.1001 | dlh
    20 Nov 2026 09.00 | 36.71.05      | bukan-di-paket
    """
    found = figures(tmp_path, city, "aduan_terbuka", rows(text))
    value = {key: reading.value for key, reading in found.items()}
    whole = value[city.code, None]
    assert whole == 6
    assert (
        sum(v or 0 for (area, opd), v in value.items() if opd is None and (area.count(".") == 3 or area == "tanpa-lokasi"))
        == whole
    )
    assert sum(v or 0 for (_, opd), v in value.items() if opd) == whole
    assert (value["tanpa-lokasi", None], value["36.71.01", None], value["36.71.05", None]) == (3, 2, 2)
    assert found[city.code, None].evidence.unplaced == 3
    assert (value[city.code, "bukan-di-paket"], value[city.code, "dishub"]) == (1, 0)


EMERGENCIES = """
kanal    | diterima          | dijawab           | kali | catatan
112      | 22 Nov 2026 11.00 | 22 Nov 2026 11.06 | 9    |
112      | 22 Nov 2026 06.00 | 22 Nov 2026 06.30 | 1    | tepat 6 jam lalu
112      | 22 Nov 2026 07.00 |                   | 1    | belum tiba
112      | 21 Nov 2026 11.00 | 21 Nov 2026 13.00 | 1    | kemarin
aplikasi | 22 Nov 2026 11.00 | 22 Nov 2026 11.59 | 5    | bukan panggilan darurat
"""


def test_emergency_calls_of_the_last_hours(tmp_path: Path, city: City) -> None:
    calls = figure(tmp_path, city, "panggilan_112_6j", table(Complaint, EMERGENCIES))
    assert calls.value == 10


def test_how_soon_they_were_there(tmp_path: Path, city: City) -> None:
    scene = figure(tmp_path, city, "tiba_112_24j", table(Complaint, EMERGENCIES))
    assert (scene.value, scene.n) == (pytest.approx(8.4), 10)  # between the ninth, six minutes, and the last, thirty


def test_few_calls_give_no_time(tmp_path: Path, city: City) -> None:
    few = table(Complaint, EMERGENCIES.replace("| 9    |", "| 2    |"))
    assert figure(tmp_path, city, "tiba_112_24j", few).why_none == "belum cukup data: n = 3, perlu 10"
