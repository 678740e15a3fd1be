"""How complaints were answered and closed. Offices work 07.30-16.00 (break at 12.00), on Friday to 16.30 (break at 11.30)."""

from __future__ import annotations

from pathlib import Path

import pytest

from layers.city import City
from layers.model import Complaint
from layers.officehours import WorkingTime
from tests.layers.kpis.worked import figure, table

ON_TIME = """
kali | diterima          | tenggat           | selesai           | dibuka lagi       | status   | tepat waktu?
19   | 01 Nov 2026 09.00 | 08 Nov 2026 09.00 | 05 Nov 2026 09.00 |                   | selesai  | ya
1    | 01 Nov 2026 09.00 | 08 Nov 2026 09.00 | 08 Nov 2026 09.00 |                   | selesai  | ya: tepat pada tenggat
3    | 01 Nov 2026 09.00 | 08 Nov 2026 09.00 | 08 Nov 2026 09.01 |                   | selesai  | tidak
2    | 01 Nov 2026 09.00 | 08 Nov 2026 09.00 | 05 Nov 2026 09.00 | 06 Nov 2026 09.00 | selesai  | tidak: dibuka kembali
6    | 01 Nov 2026 09.00 |                   | 05 Nov 2026 09.00 |                   | selesai  | tidak dihitung: tanpa tenggat
5    | 01 Oct 2026 09.00 | 08 Oct 2026 09.00 | 05 Oct 2026 09.00 |                   | selesai  | tidak dihitung: sebelum 30 hari
"""

STRICT = """
kali | diterima          | tenggat           | selesai           | status   | selesai tepat waktu?
18   | 01 Nov 2026 09.00 | 08 Nov 2026 09.00 | 05 Nov 2026 09.00 | selesai  | ya
3    | 01 Nov 2026 09.00 | 08 Nov 2026 09.00 | 09 Nov 2026 09.00 | selesai  | tidak: terlambat
4    | 01 Nov 2026 09.00 | 08 Nov 2026 09.00 |                   | diproses | tidak: belum selesai
6    | 01 Nov 2026 09.00 | 25 Nov 2026 09.00 | 05 Nov 2026 09.00 | selesai  | tidak dihitung: belum jatuh tempo
5    | 01 Nov 2026 09.00 | 08 Nov 2026 09.00 |                   | duplikat | tidak dihitung
"""

VERIFIED = """
kali | diterima          | diverifikasi      | status   | dalam 3 hari kerja?
20   | 12 Nov 2026 09.00 | 17 Nov 2026 09.00 | diproses | ya: Kamis ke Selasa, Sabtu dan Minggu tidak dihitung
2    | 12 Nov 2026 09.00 | 17 Nov 2026 09.01 | diproses | tidak
3    | 12 Nov 2026 09.00 |                   | menunggu | tidak: batasnya sudah lewat
5    | 20 Nov 2026 09.00 |                   | menunggu | belum dihitung: batasnya belum lewat
4    | 12 Nov 2026 09.00 |                   | ditolak  | tidak dihitung
"""

ANSWERED = """
kali | diterima          | dijawab           | status   | dalam 5 hari kerja?
20   | 12 Nov 2026 09.00 | 19 Nov 2026 09.00 | diproses | ya
5    | 12 Nov 2026 09.00 | 19 Nov 2026 09.01 | diproses | tidak
4    | 16 Nov 2026 09.00 |                   | menunggu | belum dihitung: batasnya Senin
"""

REOPENED = """
kali | diterima          | selesai           | dibuka lagi       | status   | dibuka kembali?
20   | 01 Nov 2026 09.00 | 05 Nov 2026 09.00 |                   | selesai  | tidak
4    | 01 Nov 2026 09.00 | 05 Nov 2026 09.00 | 10 Nov 2026 09.00 | diproses | ya
1    | 01 Nov 2026 09.00 | 10 Nov 2026 09.00 | 07 Nov 2026 09.00 | selesai  | ya, lalu ditutup lagi
"""

PROVEN = """
kali | diterima          | selesai           | divalidasi        | dikonfirmasi      | status   | terbukti?
10   | 01 Nov 2026 09.00 | 05 Nov 2026 09.00 | 06 Nov 2026 09.00 |                   | selesai  | ya: divalidasi
4    | 01 Nov 2026 09.00 | 05 Nov 2026 09.00 |                   | 06 Nov 2026 09.00 | selesai  | ya: pelapor setuju
2    | 01 Nov 2026 09.00 | 05 Nov 2026 09.00 | 06 Nov 2026 09.00 | 06 Nov 2026 09.00 | selesai  | ya: keduanya
9    | 01 Nov 2026 09.00 | 05 Nov 2026 09.00 |                   |                   | selesai  | tidak
"""

RESPONSE = """
kali | diterima          | dijawab           | kanal    | status   | jam kerja
10   | 19 Nov 2026 09.00 | 19 Nov 2026 11.00 | aplikasi | diproses | 2
1    | 19 Nov 2026 10.00 | 19 Nov 2026 15.00 | aplikasi | diproses | 4: istirahat satu jam
7    | 19 Nov 2026 15.00 | 20 Nov 2026 09.30 | aplikasi | diproses | 3: malam tidak dihitung
3    | 20 Nov 2026 16.00 | 22 Nov 2026 10.00 | 112      | diproses | 42: 112 dihitung siang malam
3    | 20 Nov 2026 09.00 |                   | aplikasi | menunggu | belum dijawab
"""

RESOLUTION = """
kali | diterima          | selesai           | status   | jam kerja
10   | 19 Nov 2026 09.00 | 19 Nov 2026 15.00 | selesai  | 5
9    | 17 Nov 2026 09.00 | 19 Nov 2026 09.00 | selesai  | 15: dua hari
1    | 13 Nov 2026 16.30 | 16 Nov 2026 07.30 | selesai  | 0: hanya akhir pekan
4    | 19 Nov 2026 09.00 | 20 Nov 2026 09.00 | ditolak  | tidak dihitung
"""

SCENE = """
kali | diterima          | dijawab           | kanal    | menit
18   | 21 Nov 2026 23.00 | 21 Nov 2026 23.06 | 112      | 6
2    | 21 Nov 2026 23.00 | 21 Nov 2026 23.26 | 112      | 26
5    | 19 Nov 2026 09.00 | 19 Nov 2026 15.00 | aplikasi | tidak dihitung
"""

UNANSWERED = """
kali | diterima          | dijawab           | selesai           | status  | tanpa jawaban?
3    | 01 Nov 2026 09.00 |                   | 05 Nov 2026 09.00 | selesai | ya
5    | 01 Nov 2026 09.00 | 02 Nov 2026 09.00 | 05 Nov 2026 09.00 | selesai | tidak
2    | 01 Nov 2026 09.00 |                   | 05 Nov 2026 09.00 | ditolak | tidak dihitung
"""


@pytest.mark.parametrize(
    ("kpi", "text", "parts"),
    [
        ("selesai_tepat_waktu", ON_TIME, (20, 25)),
        ("selesai_tepat_waktu_ketat", STRICT, (18, 25)),
        ("verifikasi_tepat_waktu", VERIFIED, (20, 25)),
        ("respons_5_hari_kerja", ANSWERED, (20, 25)),
        ("aduan_dibuka_kembali", REOPENED, (5, 25)),
        ("penutupan_terbukti", PROVEN, (16, 25)),
        ("penutupan_divalidasi", PROVEN, (12, 25)),
        ("penutupan_dikonfirmasi", PROVEN, (6, 25)),
    ],
)
def test_shares_keep_their_parts(tmp_path: Path, city: City, kpi: str, text: str, parts: tuple[int, int]) -> None:
    part, whole = parts
    reading = figure(tmp_path, city, kpi, table(Complaint, text))
    assert reading.value == pytest.approx(100 * part / whole)
    assert (reading.evidence.numerator, reading.evidence.denominator, reading.n) == (part, whole, whole)
    assert (reading.evidence.low or 0) < reading.value < (reading.evidence.high or 0)


@pytest.mark.parametrize(
    ("kpi", "text", "expected"),
    [
        ("respons_pertama", RESPONSE, (3, 21)),
        ("respons_pertama_p90", RESPONSE, (42, 21)),  # the 19th of 21 in order
        ("lama_penyelesaian", RESOLUTION, (5, 20)),
        ("lama_penyelesaian_p90", RESOLUTION, (15, 20)),
        ("respons_112_p90", SCENE, (8, 20)),  # 18.1 of 20 in order: a tenth of the way from 6 to 26
        ("aduan_ditutup_tanpa_jawaban", UNANSWERED, (3, 3)),
    ],
)
def test_times_and_counts(tmp_path: Path, city: City, kpi: str, text: str, expected: tuple[float, int]) -> None:
    reading = figure(tmp_path, city, kpi, table(Complaint, text))
    assert (reading.value, reading.n) == (pytest.approx(expected[0]), expected[1])


@pytest.mark.parametrize(
    ("kpi", "text", "reason"),
    [
        ("selesai_tepat_waktu", ON_TIME.replace("19   |", "1    |").replace("3    |", "0    |"), "n = 4, perlu 20"),
        ("respons_pertama", RESPONSE.replace("10   |", "1    |"), "n = 12, perlu 20"),
        ("penutupan_terbukti", RESOLUTION, "belum ada sumber yang memberi validasi atau konfirmasi pelapor"),
    ],
)
def test_a_miss_is_never_a_zero(tmp_path: Path, city: City, kpi: str, text: str, reason: str) -> None:
    reading = figure(tmp_path, city, kpi, table(Complaint, text))
    assert reading.value is None
    assert reason in (reading.why_none or "")


def test_an_office_that_never_closes_counts_calendar_hours(tmp_path: Path, city: City) -> None:
    """dlh is on duty day and night here: the same rows, 18.5 hours instead of 3."""
    always = WorkingTime.model_validate({"services": {"dlh": {"hours": "24 jam"}}})
    reading = figure(tmp_path, city.model_copy(update={"calendar": always}), "respons_pertama", table(Complaint, RESPONSE))
    assert reading.value == 5  # the 11th of ten of 2, one of 5, seven of 18.5 and three of 42
