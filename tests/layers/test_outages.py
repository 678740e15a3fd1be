"""The list of what is down is of the rows that the KPIs count, and says since when, and how long in the month."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from layers.areas import AreaTree
from layers.catalog import catalog
from layers.city import City
from layers.frames import Frames
from layers.model import Measurement
from layers.outages import MOST
from layers.publish import build
from layers.snapshot import Outage, Snapshot
from tests.layers.kpis.worked import table
from tests.layers.made import NOW, give, new_store

MELATI, KENANGA = "36.71.01.1001", "36.71.01.1002"
CHECKS = f"""
ukuran             | hal           | kelurahan     | opd      | diukur            | nilai | catatan
jaringan.terhubung | {MELATI}      | {MELATI}      |          | 22 Nov 2026 07.00 | 0     |
jaringan.terhubung | {KENANGA}     | {KENANGA}     |          | 22 Nov 2026 08.00 | 1     |
jaringan.terhubung | 36.71.01      | {KENANGA}     |          | 20 Nov 2026 08.00 | 0     | sebelum hidup
jaringan.terhubung | 36.71.01      | {KENANGA}     |          | 21 Nov 2026 08.00 | 1     |
jaringan.terhubung | 36.71.01      | {KENANGA}     |          | 21 Nov 2026 09.00 | 0     | sejak ini
jaringan.terhubung | 36.71.01      | {KENANGA}     |          | 21 Nov 2026 10.00 | 0     |
jaringan.putus     | {MELATI}      | {MELATI}      |          | 22 Nov 2026 07.00 | 5     |
jaringan.putus     | {MELATI}      | {MELATI}      |          | 03 Nov 2026 07.00 | 2,5   |
jaringan.putus     | {MELATI}      | {MELATI}      |          | 30 Oct 2026 07.00 | 40    | bulan lalu
situs.terjangkau   | dlh.kota      |               | dlh      | 19 Nov 2026 10.00 | 0     |
situs.terjangkau   | dinkes.kota   |               | dinkes   | 19 Nov 2026 10.00 | 1     |
situs.diretas      | dinkes.kota   |               | dinkes   | 19 Nov 2026 10.00 | 0     | bukan keterjangkauan
"""


def snap(folder: Path, city: City, text: str, now: datetime = NOW) -> Snapshot:
    store = new_store(f"sqlite:///{folder}/s.sqlite")
    try:
        give(store, table(Measurement, text))
        tree = AreaTree.of(city)
        frames = Frames(folder / "frames", city, tree)
        frames.refresh(store)
        return build(frames, catalog(), tree, city, store, now, 1)
    finally:
        store.close()


def test_what_is_down_since_when_and_how_long(tmp_path: Path, city: City) -> None:
    shown = snap(tmp_path, city, CHECKS)
    assert shown.outages == (
        Outage(kpi="kantor_terputus", subject=MELATI, area=MELATI, opd="dlh", since=at(22, 7), hours=7.5),
        Outage(kpi="kantor_terputus", subject="36.71.01", area=KENANGA, opd="dlh", since=at(21, 9), hours=None),
        Outage(kpi="situs_mati", subject="dlh.kota", area=MELATI, opd="dlh", since=at(19, 10), hours=None),
    )
    for kpi in ("kantor_terputus", "situs_mati"):
        counted = shown.reading(kpi)
        assert counted is not None
        assert counted.value == sum(outage.kpi == kpi for outage in shown.outages)


def test_what_is_known_only_later_is_not_down_yet(tmp_path: Path, city: City) -> None:
    at_noon = at(21, 9) + timedelta(minutes=30)
    assert [outage.subject for outage in snap(tmp_path, city, CHECKS, at_noon).outages] == ["36.71.01", "dlh.kota"]


@pytest.mark.parametrize("n", [0, MOST + 5])
def test_a_great_failure_keeps_the_list_short(tmp_path: Path, city: City, n: int) -> None:
    rows = "".join(f"situs.terjangkau | situs-{k:03} | dlh | 19 Nov 2026 10.00 | 0\n" for k in range(n))
    shown = snap(tmp_path, city, f"\nukuran | hal | opd | diukur | nilai\n{rows}")
    assert len(shown.outages) == min(n, MOST)


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour - 7, tzinfo=UTC)
