"""The lists of the situation: what stands in them, in which order, and that they stay short."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from layers.catalog import catalog
from layers.city import City
from layers.model import Complaint, Measurement, Package, Record
from layers.observed import EACH, observations
from layers.readings import readings
from layers.snapshot import Observation, Sign
from layers.trends import courses
from tests.layers.kpis.worked import room, table
from tests.layers.made import NOW

WATER = """
ukuran         | hal           | kelurahan     | diukur            | nilai | catatan
banjir.laporan | 1             | 36.71.01.1001 | 22 Nov 2026 08.00 | 1     |
banjir.laporan | 2             | 36.71.01.1001 | 22 Nov 2026 09.00 | 1     |
banjir.tinggi  | 1             | 36.71.01.1001 | 22 Nov 2026 08.00 | 40    |
banjir.tinggi  | 2             | 36.71.01.1001 | 22 Nov 2026 09.00 | 70    |
banjir.laporan | 3             | 36.71.05.1001 | 22 Nov 2026 11.00 | 1     | tanpa tinggi
banjir.laporan | 4             | 36.71.05.1002 | 20 Nov 2026 11.00 | 1     | sudah lama
banjir.tinggi  | 4             | 36.71.05.1002 | 20 Nov 2026 11.00 | 150   |
banjir.keadaan | SUKARASA RW 9 | 36.71.01.1002 | 20 Nov 2026 11.00 | 4     | masih tergenang
banjir.tinggi  | SUKARASA RW 9 | 36.71.01.1002 | 20 Nov 2026 11.00 | 151   |
banjir.keadaan | SUKASARI RW 2 | 36.71.01.1003 | 22 Nov 2026 11.00 | 0     | sudah surut
banjir.siaga   | pos A         | 36.71.05.1001 | 22 Nov 2026 08.00 | 4     |
banjir.siaga   | pos B         | 36.71.05.1001 | 22 Nov 2026 08.00 | 3     | lalu naik
banjir.siaga   | pos B         | 36.71.05.1001 | 22 Nov 2026 09.00 | 2     |
banjir.muka_air | pos B        | 36.71.05.1001 | 22 Nov 2026 09.00 | 265   |
"""

SKY = """
ukuran          | hal       | kelurahan     | diukur            | nilai | catatan
cuaca.hujan     | a         | 36.71.01.1001 | 22 Nov 2026 10.00 | 0,4   | langkah ini
cuaca.hujan     | b         | 36.71.01.1002 | 22 Nov 2026 10.00 | 9     |
cuaca.hujan     | a         | 36.71.01.1001 | 22 Nov 2026 13.00 | 31    |
cuaca.hujan     | b         | 36.71.01.1002 | 22 Nov 2026 13.00 | 2     |
cuaca.hujan     | a         | 36.71.01.1001 | 22 Nov 2026 07.00 | 99    | sudah lewat
cuaca.hujan     | a         | 36.71.01.1001 | 24 Nov 2026 07.00 | 99    | masih jauh
gempa.dirasakan | g1        |               | 20 Nov 2026 02.00 | 3     |
gempa.magnitudo | g1        |               | 20 Nov 2026 02.00 | 4,6   |
gempa.jarak     | g1        |               | 20 Nov 2026 02.00 | 38    |
gempa.magnitudo | g2        |               | 21 Nov 2026 02.00 | 6,6   | tidak dirasakan
gempa.dirasakan | g3        |               | 01 Oct 2026 02.00 | 5     | lebih dari 30 hari
udara.ispu      | Stasiun A | 36.71.01.1001 | 22 Nov 2026 11.00 | 80    |
udara.pm25      | Stasiun A | 36.71.01.1001 | 22 Nov 2026 11.00 | 41,5  |
udara.ispu      | Stasiun B | 36.71.01.1001 | 22 Nov 2026 11.00 | 140   |
udara.ispu      | Stasiun C | 36.71.01.1001 | 20 Nov 2026 11.00 | 300   | mati dua hari
"""

CALLS = """
kanal    | category  | diterima          | dijawab           | kali | catatan
112      | Kebakaran | 22 Nov 2026 11.00 | 22 Nov 2026 11.06 | 1    |
112      | Kebakaran | 22 Nov 2026 10.00 | 22 Nov 2026 10.12 | 1    |
112      | Pohon     | 22 Nov 2026 11.30 |                   | 3    | belum tiba
112      | Banjir    | 22 Nov 2026 05.00 | 22 Nov 2026 05.09 | 9    | lebih dari 6 jam lalu
aplikasi | Sampah    | 22 Nov 2026 11.00 |                   | 9    | bukan panggilan darurat
"""


def seen(folder: Path, city: City, records: list[Record], sign: Sign) -> list[Observation]:
    return [one for one in observations(room(folder, city, records)) if one.sign is sign]


def test_floods_are_told_by_kelurahan_the_deepest_first(tmp_path: Path, city: City) -> None:
    found = seen(tmp_path, city, table(Measurement, WATER), Sign.FLOOD)
    assert [(one.area, dict(one.values)) for one in found] == [
        ("36.71.01.1002", {"laporan": 0, "tinggi": 151}),
        ("36.71.01.1001", {"laporan": 2, "tinggi": 70}),
        ("36.71.05.1001", {"laporan": 1}),
    ]
    assert all(one.subject is None for one in found), "where exactly is nobody's business on a wall"
    assert found[1].at == NOW - timedelta(hours=3)


def test_gauges_as_they_stand_the_worst_first(tmp_path: Path, city: City) -> None:
    found = seen(tmp_path, city, table(Measurement, WATER), Sign.GAUGE)
    assert [(one.subject, dict(one.values)) for one in found] == [
        ("pos B", {"siaga": 2, "muka_air": 265}),
        ("pos A", {"siaga": 4}),
    ]


def test_rain_in_the_steps_of_the_forecast(tmp_path: Path, city: City) -> None:
    found = seen(tmp_path, city, table(Measurement, SKY), Sign.RAIN)
    assert [(one.area, dict(one.values)) for one in found] == [
        ("36.71.01.1002", {"mm": 9, "kelurahan": 1}),
        ("36.71.01.1001", {"mm": 31, "kelurahan": 2}),
    ]


def test_quakes_count_where_they_were_felt(tmp_path: Path, city: City) -> None:
    (quake,) = seen(tmp_path, city, table(Measurement, SKY), Sign.QUAKE)
    assert dict(quake.values) == {"magnitudo": 4.6, "jarak": 38, "dirasakan": 3}


def test_air_stations_that_still_speak_the_dirtiest_first(tmp_path: Path, city: City) -> None:
    found = seen(tmp_path, city, table(Measurement, SKY), Sign.AIR)
    assert [(one.subject, dict(one.values)) for one in found] == [
        ("Stasiun B", {"ispu": 140}),
        ("Stasiun A", {"ispu": 80, "pm25": 41.5}),
    ]


def test_calls_by_kind_with_the_time_to_the_scene(tmp_path: Path, city: City) -> None:
    found = seen(tmp_path, city, table(Complaint, CALLS), Sign.CALLS)
    assert [(one.subject, dict(one.values)) for one in found] == [
        ("Pohon", {"panggilan": 3}),
        ("Kebakaran", {"panggilan": 2, "tiba": 9}),
    ]


def test_the_lists_stay_short(tmp_path: Path, city: City) -> None:
    lines = [
        f"banjir.laporan | {n} | {area.code} | 22 Nov 2026 09.00 | 1"
        for n, area in enumerate(city.areas)
        if area.code.count(".") == 3
    ]
    many = table(Measurement, "\n".join(["ukuran | hal | kelurahan | diukur | nilai", *lines]))
    assert len(many) > EACH
    assert len(seen(tmp_path, city, many, Sign.FLOOD)) == EACH


def test_without_any_source_there_is_nothing_to_list(tmp_path: Path, city: City) -> None:
    assert observations(room(tmp_path, city, table(Complaint, "kanal | diterima\nsms | 22 Nov 2026 09.00"))) == ()


BOUGHT = """
tahun | diumumkan         | berkontrak        | tahap   | pagu | nilai | catatan
2026  | 20 Dec 2025 09.00 |                   | rencana | 100  |       | sudah diumumkan sebelum tahunnya
2026  | 10 Mar 2026 09.00 | 01 May 2026 09.00 | kontrak | 50   | 40    |
2026  | 01 Apr 2026 00.00 |                   | rencana | 7    |       | menit pertama April
2026  | 10 Nov 2026 09.00 | 22 Nov 2026 09.00 | kontrak | 20   | 20    | bulan ini
"""


def test_the_year_month_by_month_ends_with_the_figure_of_now(tmp_path: Path, city: City) -> None:
    here = room(tmp_path, city, table(Package, BOUGHT))
    shown = tuple(readings([catalog()[name] for name in ("pagu_diumumkan", "nilai_kontrak")], here))
    found = {course.kpi: course for course in courses(catalog(), here, shown)}
    assert found["pagu_diumumkan"].months[0] == "2026-01-01"
    assert found["pagu_diumumkan"].values == (100, 100, 150, 157, 157, 157, 157, 157, 157, 157, 177)
    assert found["nilai_kontrak"].values == (0, 0, 0, 0, 40, 40, 40, 40, 40, 40, 60)
