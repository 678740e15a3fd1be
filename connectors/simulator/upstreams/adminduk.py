"""Disdukcapil: the sums of past months, and each working day's recap by kelurahan and service, typed by a clerk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

from connectors.simulator.upstreams import Upstream
from connectors.simulator.upstreams._desk import kecamatan
from connectors.simulator.upstreams._office import SHORT_HISTORY, due, end_of, lay_book, lay_text, mistyped, months
from connectors.simulator.world import World

HEADINGS = ("Tanggal", "Kecamatan", "Kelurahan", "Jenis Layanan", "Permohonan", "Selesai", "Tepat Waktu")
SERVICES = (("KTP-el", 7.0), ("Kartu keluarga", 5.0), ("Akta kelahiran", 2.2), ("Surat pindah", 1.2))
EVENING = time(16, 40)
ERRORS = 0.002


def fill(world: World, folder: Path, now: datetime) -> None:
    """The archive of months, and the last weeks day by day."""
    first = now.date() - timedelta(days=SHORT_HISTORY)
    rows = [row for month in months(world, now) if end_of(month) < first for row in _rows(world, end_of(month), 20)]
    if rows:
        lay_text(folder, "arsip-bulanan.csv", [HEADINGS, *rows])
    days = [first + timedelta(days=n) for n in range(SHORT_HISTORY)]
    lay_book(folder, "rekap-harian.xlsx", {"Rekap": [HEADINGS, *(row for day in days for row in _rows(world, day, 1))]})


def step(world: World, folder: Path, since: datetime, until: datetime) -> None:
    for day in due(world, EVENING, since, until):
        if world.working(day):
            lay_book(folder, f"rekap-{day}.xlsx", {"Rekap": [HEADINGS, *_rows(world, day, 1)]})


def _rows(world: World, day: date, days: int) -> Iterator[Sequence[object]]:
    """A day, or the sum of so many working days; with the line of sums that clerks put under every table."""
    if days == 1 and not world.working(day):
        return
    chance = world.rng("adminduk", day.isoformat())
    above = kecamatan(world.city)
    slow = world.pace(world.opd("disdukcapil"), day)
    total = 0
    for area in world.kelurahan:
        for service, usual in SERVICES:
            asked = int(chance.poisson(usual * days))
            done = int(chance.binomial(asked, 0.97))
            good = int(chance.binomial(done, min(0.93 / slow, 1)))
            total += asked
            yield f"{day:%d/%m/%Y}", above[area.code], area.name, service, asked, mistyped(chance, done, ERRORS), good
    yield f"{day:%d/%m/%Y}", "JUMLAH", "", "", total, "", ""


UPSTREAM = Upstream(name="adminduk", fill=fill, step=step)
