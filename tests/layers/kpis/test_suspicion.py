"""How many cases each suspicious pattern names; the patterns themselves are tested in ``tests/layers/test_suspicion.py``."""

from __future__ import annotations

from pathlib import Path

import pytest

from layers.catalog import catalog
from layers.city import City
from layers.clock import parse_time
from layers.drill import Query
from layers.model import Complaint, Status
from layers.rows import rows
from tests.layers.kpis.worked import figures, room, table
from tests.layers.made import ANALYST, ZONE, complaint

BULK = """
kali | diterima          | tenggat           | selesai           | status  | massal?
9    | 01 Nov 2026 09.00 | 20 Nov 2026 16.00 | 20 Nov 2026 15.00 | selesai | ya: bersepuluh dalam sepuluh menit
1    | 01 Nov 2026 09.00 | 20 Nov 2026 16.00 | 20 Nov 2026 15.10 | selesai | ya
9    | 01 Nov 2026 09.00 | 22 Nov 2026 16.00 | 20 Nov 2026 15.00 | selesai | tidak: tenggatnya masih jauh
9    | 01 Nov 2026 09.00 | 19 Nov 2026 16.00 | 19 Nov 2026 15.00 | selesai | tidak: hanya sembilan
9    | 01 Nov 2026 09.00 | 19 Nov 2026 16.00 | 19 Nov 2026 17.00 | selesai | tidak: sudah lewat tenggat
"""

LAST_MINUTE = """
kali | diterima          | tenggat           | selesai           | status  | menit terakhir?
6    | 01 Nov 2026 09.00 | 10 Nov 2026 09.00 | 10 Nov 2026 08.30 | selesai | ya: 6 dari 20, bila merata 0,1
14   | 01 Nov 2026 09.00 | 10 Nov 2026 09.00 | 05 Nov 2026 08.30 | selesai | tidak
"""

PHOTO = """
kali | kelurahan     | diterima          | selesai           | photo            | status  | dipakai lagi?
1    | 36.71.01.1001 | 01 Nov 2026 09.00 | 10 Nov 2026 08.30 | 0f0f0f0f0f0f0f0f | selesai | ya
1    | 36.71.01.1002 | 01 Nov 2026 09.00 | 11 Nov 2026 08.30 | 0f0f0f0f0f0f0f3f | selesai | ya: dua bit berbeda
1    | 36.71.01.1002 | 01 Aug 2026 09.00 | 12 Sep 2026 08.30 | 0f0f0f0f0f0f0f0f | selesai | tidak dihitung: lebih dari 30 hari
1    | 36.71.01.1002 | 01 Nov 2026 09.00 | 11 Nov 2026 08.30 | f0f0f0f0f0f0f0f0 | selesai | tidak
2    | 36.71.01.1002 | 01 Nov 2026 09.00 | 11 Nov 2026 08.30 |                  | selesai | tidak
"""

AGAIN = """
kali | diterima          | selesai           | dibuka lagi       | status   | segera?
3    | 01 Nov 2026 09.00 | 05 Nov 2026 09.00 | 12 Nov 2026 09.00 | diproses | ya: tujuh hari
2    | 01 Nov 2026 09.00 | 05 Nov 2026 09.00 | 12 Nov 2026 09.01 | diproses | tidak
4    | 01 Nov 2026 09.00 | 05 Nov 2026 09.00 |                   | selesai  | tidak
"""

CLOSED = """
kali | diterima          | selesai           | dibuka lagi       | status   | ditutup?
5    | 01 Nov 2026 09.00 | 05 Nov 2026 09.00 |                   | selesai  | ya
2    | 01 Nov 2026 09.00 | 05 Nov 2026 09.00 | 06 Nov 2026 09.00 | diproses | ya, walau dibuka kembali
3    | 01 Nov 2026 09.00 | 05 Nov 2026 09.00 |                   | duplikat | tidak dihitung
4    | 01 Oct 2026 09.00 | 05 Oct 2026 09.00 |                   | selesai  | tidak: sebelum 30 hari
"""


@pytest.mark.parametrize(
    ("kpi", "text", "count"),
    [
        ("curiga_massal", BULK, 10),
        ("curiga_menjelang_tenggat", LAST_MINUTE, 6),
        ("curiga_foto_sama", PHOTO, 2),
        ("curiga_segera_dibuka_lagi", AGAIN, 3),
        ("aduan_ditutup_30h", CLOSED, 7),
    ],
)
def test_cases_are_counted_for_the_city_and_for_who_held_them(
    tmp_path: Path, city: City, kpi: str, text: str, count: int
) -> None:
    found = figures(tmp_path, city, kpi, table(Complaint, text))
    assert (found[city.code, None].value, found[city.code, "dlh"].value, found[city.code, "dpupr"].value) == (count, count, 0)
    assert (found[city.code, None].change, found["36.71.01", None].value) == (None, count)


@pytest.mark.parametrize(
    ("kpi", "reason"),
    [("curiga_foto_sama", "foto bukti penutupan"), ("curiga_segera_dibuka_lagi", "waktu dibuka kembali")],
)
def test_what_no_source_tells_is_no_zero(tmp_path: Path, city: City, kpi: str, reason: str) -> None:
    reading = figures(tmp_path, city, kpi, table(Complaint, BULK))[city.code, None]
    assert (reading.value, reading.why_none) == (None, f"belum ada sumber yang memberi {reason}")


def test_a_deadline_put_later_with_another_category_late_in_its_time(tmp_path: Path, city: City) -> None:
    """Of nine days the last three count: one moved on the seventh day, one on the second, one without another category."""
    received, due, later = (parse_time(f"{day} Nov 2026 09.00", ZONE) for day in ("01", "10", "19"))

    def told(name: str, day: str, category: str) -> list[Complaint]:
        usual = {
            "received": received,
            "status": Status.IN_PROCESS,
            "due": later,
            "known_at": parse_time(f"{day} Nov 2026 10.00", ZONE),
        }
        first = complaint(name, source="contoh", **(usual | {"due": due, "known_at": received}))
        return [first, complaint(name, source="contoh", category=category, **usual)]

    records = [*told("akhir", "08", "Jalan"), *told("awal", "02", "Jalan"), *told("tetap", "08", "Sampah")]
    records.append(complaint("selesai", source="contoh", due=due, closed=due, received=received, status=Status.DONE))
    found = figures(tmp_path, city, "curiga_tenggat_mundur", records)
    assert (found[city.code, None].value, found[city.code, "dlh"].value) == (1, 1)


def test_the_rows_behind_a_pattern_are_its_cases(tmp_path: Path, city: City) -> None:
    behind = rows(ANALYST, room(tmp_path, city, table(Complaint, PHOTO)), catalog()["curiga_foto_sama"], Query())
    assert (behind.total, len(behind.rows)) == (2, 2)
